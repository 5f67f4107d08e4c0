//go:build unix

package main

import (
	"context"
	"os"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// rules is how much longer it takes to lint an export than to read it only: to
// parse it, to read it as every targeted consumer does, and to put side by side
// what they hold of each entry. No program does the one without the other, so this
// figure is taken inside of this one.
func (t *table) rules(what string, n int, path string, limit float64) {
	if t.err != nil {
		return
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.err = err
		return
	}
	targets, _, err := consumer.Resolve(consumer.Asked{})
	if err != nil {
		t.err = err
		return
	}
	run := func(list []*lint.Rule) time.Duration {
		start := time.Now()
		doc := export.Open(&source.File{Path: path, Data: string(data)}, export.Options{Named: true, IsType: conntype.Known})
		lint.Across([]lint.Result{lint.Run(context.Background(), doc, lint.Options{Rules: list, Targets: targets})})
		return time.Since(start)
	}
	var with, without []time.Duration
	var more []float64
	for i := -1; i < n; i++ {
		a, b := run(nil), run(rules.All())
		if i < 0 {
			continue // the heap grows
		}
		without, with = append(without, a), append(with, b)
		more = append(more, 100*(ms(b)/ms(a)-1))
	}
	t.line(what, ms(median(with)), ms(median(without)), median(more), "%+.0f %%", limit)
}
