package lint

import (
	"fmt"
	"slices"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
	"github.com/dbtconn-lint/dbtconn-lint/internal/repeat"
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
	at := v.Field(f).Span()
	for _, o := range p.keeper.list[p.keptFrom:] {
		if o.rule == p.rule && o.at == at && o.Key == key && o.Value == value {
			o.targets |= v.targets
			o.readings = slices.Concat(o.readings, v.readings)
			return
		}
	}
	p.keeper.keep(Kept{Key: key, Value: value, rule: p.rule, entry: p.Entry, field: f, at: at, targets: v.targets, readings: p.keeper.copyOf(v.readings)})
}

// keeper has what is kept of a document's entries, which may be many.
type keeper struct {
	list     []*Kept
	room     []Kept // that the next ones are put into
	readings []int
}

func (k *keeper) keep(one Kept) {
	if len(k.room) == cap(k.room) {
		const most = 512
		k.room = make([]Kept, 0, min(max(2*cap(k.room), 4), most))
	}
	k.room = append(k.room, one)
	k.list = append(k.list, &k.room[len(k.room)-1])
}

// copyOf is a copy of a view's readings, which the next entry's are written over.
// Most entries have the same.
func (k *keeper) copyOf(readings []int) []int {
	if !slices.Equal(k.readings, readings) {
		k.readings = slices.Clone(readings)
	}
	return k.readings
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
		for _, k := range results[i].kept {
			k.in = &results[i]
		}
		all = append(all, results[i].kept...)
	}
	type key struct {
		rule *Rule
		text secret.Text
	}
	groups := map[key]*Group{}
	var order []*Group
	found := map[*Result][]*Draft{}
	join := func(i int) {
		of := key{all[i].rule, all[i].Key}
		g := groups[of]
		if g == nil {
			g = &Group{found: found}
			groups[of] = g
			order = append(order, g)
		}
		g.Kept = append(g.Kept, all[i])
	}
	// Most keys are there once.
	firsts := map[int]bool{}
	repeat.Each(len(all), func(i int) (string, bool) { return all[i].Key.Peek(), true }, func(first, i int) {
		if !firsts[first] {
			firsts[first] = true
			join(first)
		}
		join(i)
	})
	for _, g := range order {
		if len(g.Kept) > 1 {
			g.Kept[0].rule.Across(g)
		}
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
