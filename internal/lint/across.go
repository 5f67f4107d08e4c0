package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Kept is what a rule of the scope [AllFiles] keeps of an entry. Both texts may be
// secrets: they are compared, and shown by who knows that they are none.
type Kept struct {
	// Key brings together what is to be compared; Value is what the rule compares.
	Key, Value secret.Text

	rule     *Rule
	entry    int
	field    connection.Field
	at       source.Span
	targets  consumer.Set
	readings []int
	in       *Result // where it was kept; set by Across
}

// Keep hands something that the view says about a field to the rule's Across.
func (v *View) Keep(f connection.Field, key, value secret.Text) {
	p := v.pass
	k := Kept{
		Key: key, Value: value, rule: p.rule, entry: p.Entry, field: f, at: v.Field(f).Span(), targets: v.targets, readings: p.keepReadings(v.readings),
	}
	for i := range p.kept {
		if o := &p.kept[i]; o.rule == k.rule && o.at == k.at && o.Key == k.Key && o.Value == k.Value {
			o.targets |= k.targets
			o.readings = append(o.readings[:len(o.readings):len(o.readings)], k.readings...)
			return
		}
	}
	p.kept = append(p.kept, k)
}

// keepReadings is a copy of a view's readings, which the next entry's are written
// over. Most entries have the same.
func (p *Pass) keepReadings(readings []int) []int {
	if !slices.Equal(p.copied, readings) {
		p.copied = slices.Clone(readings)
	}
	return p.copied
}

// Group is all that was kept under one key, in the order of files and entries.
type Group struct {
	Kept []*Kept

	found map[*Result][]*Draft
}

// SameEntry reports whether two things were kept of one entry, which consumers
// hold in several ways, or of two in one document with one id, of which one wins.
func (k *Kept) SameEntry(o *Kept) bool {
	if k.in != o.in {
		return false
	}
	doc := k.in.run.doc
	return k.entry == o.entry || doc.IDText(k.entry).String() == doc.IDText(o.entry).String()
}

// Report is [Pass.Report] at the place of something kept.
func (g *Group) Report(k *Kept, format string, args ...any) *Draft {
	d := &Draft{rule: k.rule, entry: k.entry, field: k.field, at: k.at, message: fmt.Sprintf(format, args...), targets: k.targets, readings: k.readings}
	g.found[k.in] = append(g.found[k.in], d)
	return d
}

// At is where the thing was kept.
func (k *Kept) At() project.Place { return project.Place{File: k.in.Doc.File, Span: k.at} }

// Across runs the rules of the scope [AllFiles] over what [Run] has kept of each
// document, and adds what they find to the results. It is called once, when all
// are there; their order decides which of two places is the later one.
func Across(results []Result) {
	var all []*Kept
	for i := range results {
		res := &results[i]
		for j := range res.kept {
			res.kept[j].in = res
			all = append(all, &res.kept[j])
		}
	}
	// What belongs together comes to stand together, in the order of the files.
	order := func(a, b *Kept) int {
		return cmp.Or(strings.Compare(a.rule.ID, b.rule.ID), strings.Compare(a.Key.Peek(), b.Key.Peek()))
	}
	slices.SortStableFunc(all, order)
	found := map[*Result][]*Draft{}
	for len(all) > 0 {
		n := 1
		for n < len(all) && order(all[0], all[n]) == 0 {
			n++
		}
		if n > 1 {
			all[0].rule.Across(&Group{Kept: all[:n], found: found})
		}
		all = all[n:]
	}
	for i := range results {
		res := &results[i]
		if drafts := found[res]; drafts != nil {
			res.add(drafts)
		}
		if res.kept = nil; len(res.trials) == 0 {
			res.run = nil
		}
	}
}

// add makes findings of drafts that came after the run of their document.
func (r *Result) add(drafts []*Draft) {
	var more []Finding
	for _, d := range drafts {
		more = append(more, r.run.finding(d))
	}
	slices.SortStableFunc(more, inOrder)
	fingerprints(more, r.run.doc.Format)
	r.Findings = append(r.Findings, more...)
	slices.SortStableFunc(r.Findings, inOrder)
}
