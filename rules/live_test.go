package rules_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/live"
	"github.com/dbtconn-lint/dbtconn-lint/internal/live/fakecloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// checkLive is check, with every connection tried against the fake.
func checkLive(t *testing.T, name, data string) lint.Result {
	t.Helper()
	doc := export.Open(&source.File{Path: name, Data: data}, export.Options{Named: true, IsType: conntype.Known})
	results := []lint.Result{lint.Run(t.Context(), doc, lint.Options{Rules: rules.All(), Targets: resolve(t, consumer.Asked{}), Live: true})}
	lint.Across(results)
	res := &results[0]
	synctest.Test(t, func(t *testing.T) { // which need not wait for the clock
		c := fakecloud.New()
		dial, stop := c.InMemory()
		defer stop()
		p, err := live.New(live.Options{CA: c.CA(), Now: time.Now, Getenv: func(string) string { return "" }, Lookup: c.Lookup, Dial: dial})
		if err != nil {
			t.Fatal(err)
		}
		var told []lint.Told
		for i := range res.Trials() {
			trial := &res.Trials()[i]
			v := live.NothingLoads()
			if trial.Connection != nil {
				var target live.Target
				if target, v = p.Target(trial.Connection, trial.Tenant.Peek()); v == nil {
					v = &p.Try(t.Context(), []live.Target{target}, func() {})[0]
				}
			}
			if r := verdictRule(v.Kind); r != nil {
				told = append(told, lint.Told{Trial: trial, Rule: r, Field: v.Field, Message: v.Message, Hint: v.Hint})
			}
		}
		if len(told) > 0 {
			res.Tell(told)
		}
	})
	return *res
}

// verdictRule is the rule of a verdict; nil for none.
func verdictRule(k live.Kind) *lint.Rule {
	for _, r := range rules.All() {
		if r.Scope == lint.Live && r.Name == k.String() {
			return r
		}
	}
	return nil
}

// TestLiveNames: each verdict but a success has a rule of its name, and no rule is
// without a verdict.
func TestLiveNames(t *testing.T) {
	n := 0
	for k := live.Untried; k <= live.NotTestable; k++ {
		if got, want := verdictRule(k) != nil, k != live.Untried && k != live.Verified; got != want {
			t.Errorf("%s: has a rule: %v", k, got)
		} else if got {
			n++
		}
	}
	for _, r := range rules.All() {
		if r.Scope == lint.Live {
			n--
		}
	}
	if n != 0 {
		t.Errorf("%d rules of the live test too few", n)
	}
}
