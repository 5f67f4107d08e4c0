package lint

import (
	"slices"
	"sort"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Seen is a connection of an export, as the rules of the project around it know
// it: what they need and no values, so that an export need not be kept. Only dbt
// Cloud connections are, and those of exports with a role in the project.
type Seen struct {
	// ID as it is written; of a variable, in lower case.
	ID string
	// Role of the export in its project.
	Role project.Role
	// Dbt is set for a dbt Cloud connection; Type is how it spells its type, and
	// Bare says that it has neither tenant nor token.
	Dbt  bool
	Type string
	Bare bool
	// Tenant and Proxies are set where a targeted provider does not read what is
	// written there, and a later one does.
	Tenant, Proxies bool

	doc   *export.Document
	entry int
}

// At is where the connection stands: its id.
func (s *Seen) At() project.Place {
	return project.Place{File: s.doc.File, Span: s.doc.EntryPlace(s.entry)}
}

// see keeps of an entry what the rules of its project ask for.
func (w *worker) see(p *Pass) {
	if w.Project == nil || w.role == project.NoRole && p.member != dbtcloud.Yes || w.doc.Format.IsRecord() && p.member != dbtcloud.Yes {
		return
	}
	if l := w.doc.Entries[p.Entry].Line; l >= 0 && w.doc.Lines[l].Value.Len() == 0 {
		return // an empty variable is none
	}
	s := Seen{ID: p.ID().String(), Role: w.role, Dbt: p.member == dbtcloud.Yes, doc: w.doc, entry: p.Entry}
	for i := range p.views {
		v := &p.views[i]
		if v.Failure != nil {
			continue
		}
		s.Type, s.Bare = v.Type.Text.Peek(), dbtcloud.IsBare(v.Connection)
		for i := range w.Targets.List {
			if v.targets&(1<<i) != 0 {
				tenant, proxies := w.Targets.List[i].Provider.Profile.Overlooks(v.Connection)
				s.Tenant, s.Proxies = s.Tenant || tenant, s.Proxies || proxies
			}
		}
	}
	w.seen = append(w.seen, s)
}

// HasSeen reports whether the rules of a project may point into the document.
func (r *Result) HasSeen() bool { return len(r.seen) > 0 }

// ProviderPin is where the project names the version of the dbt Cloud provider that
// its exports are judged for; false where something else does.
func (p *Pass) ProviderPin() (project.Pin, bool) {
	if p.Project == nil {
		return project.Pin{}, false
	}
	pin := p.Project.Provider
	return pin, len(pin.Versions) > 0 && p.targets.From.Provider == pin.At.String()
}

// ReportAt is [Pass.Report] for a rule of project scope: a place in a file that
// stands beside the exports.
func (p *Pass) ReportAt(at project.Place, format string, args ...any) *Draft {
	d := p.Report(connection.NoField, at.Span, format, args...)
	d.doc = export.Beside(at.File)
	return d
}

// ReportSeen is [Pass.Report] for a rule of project scope: a connection's id.
func (p *Pass) ReportSeen(s *Seen, format string, args ...any) *Draft {
	d := p.ReportEntry(s.entry, connection.ID, s.At().Span, format, args...)
	d.doc = s.doc
	return d
}

// Beside names a further place, in another file.
func (d *Draft) Beside(at project.Place, message string) *Draft {
	d.related = append(d.related, Related{message, at.Span, at.File})
	return d
}

// Projects runs the rules of project scope over the results of a run, each project
// once. What they find in an export joins its findings; another file gets a result
// of its own, in the order of the paths.
func Projects(results []Result, rules []*Rule) []Result {
	var projects []*project.Project
	for i := range results {
		if p := results[i].project; p != nil && !slices.Contains(projects, p) {
			projects = append(projects, p)
		}
	}
	for _, p := range projects {
		pass := Pass{Entry: -1, Project: p}
		for i := range results {
			if results[i].project == p {
				pass.Seen = append(pass.Seen, results[i].seen...)
				pass.targets = results[i].Targets
			}
		}
		for _, rule := range rules {
			if rule.Scope == Project {
				pass.rule = rule
				rule.Check(&pass)
			}
		}
		results = pass.hand(results, func(r *Result) bool { return r.project == p }, func(_ *export.Document, findings []Finding) []Finding { return findings })
	}
	return results
}

// hand adds what a pass has found in several files to their results, as far as keep
// keeps it; belongs tells the results among which a further file is shown.
func (p *Pass) hand(results []Result, belongs func(*Result) bool, keep func(*export.Document, []Finding) []Finding) []Result {
	for len(p.drafts) > 0 {
		doc := p.drafts[0].doc
		var rest []*Draft
		r := run{doc: doc}
		for _, d := range p.drafts {
			if d.doc.File == doc.File {
				r.drafts = append(r.drafts, d)
			} else {
				rest = append(rest, d)
			}
		}
		if findings := keep(doc, r.finish()); len(findings) > 0 {
			results = join(results, belongs, doc, findings)
		}
		p.drafts = rest
	}
	return results
}

// join puts findings into the result of their file.
func join(results []Result, belongs func(*Result) bool, doc *export.Document, findings []Finding) []Result {
	of := func(r Result) bool { return r.Doc.File.Path == doc.File.Path }
	i := slices.IndexFunc(results, func(r Result) bool { return of(r) && (r.Beside || r.Doc.Format != export.Unknown) })
	if i < 0 {
		// One that was named as if it were an export is shown as nobody knows it.
		if i = slices.IndexFunc(results, of) + 1; i == 0 {
			i = position(results, belongs, doc.File.Path)
		}
		results = slices.Insert(results, i, Result{Doc: doc, Beside: true})
	}
	for _, f := range findings {
		// Several projects may share a file, and say the same of it.
		if !slices.ContainsFunc(results[i].Findings, func(o Finding) bool { return o.Rule == f.Rule && o.Span == f.Span && o.Message == f.Message }) {
			results[i].Findings = append(results[i].Findings, f)
		}
	}
	slices.SortStableFunc(results[i].Findings, inOrder)
	return results
}

// position is where the result of a further file belongs: among those of a walk by
// its path, else behind the last that it belongs to.
func position(results []Result, belongs func(*Result) bool, path string) int {
	walked := func(i int) bool { return i < len(results) && (results[i].Beside || !results[i].Doc.Named) }
	at := func(i int) string { return results[i].Doc.File.Path }
	last := 0
	for i := range results {
		if !belongs(&results[i]) {
			continue
		}
		if last = i + 1; !walked(i) {
			continue
		}
		lo, hi := i, i+1
		for lo > 0 && walked(lo-1) && at(lo-1) < at(lo) {
			lo--
		}
		for walked(hi) && at(hi-1) < at(hi) {
			hi++
		}
		return lo + sort.Search(hi-lo, func(k int) bool { return at(lo+k) > path })
	}
	return last
}

// In is the file of the place; own is that of the finding.
func (r Related) In(own *source.File) *source.File {
	if r.File != nil {
		return r.File
	}
	return own
}
