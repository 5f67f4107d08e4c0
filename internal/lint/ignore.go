package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Ignore is what keeps findings of some rules out of a report: a comment in an
// export, an entry of the configuration, or a line of a baseline.
type Ignore struct {
	// Rules that it names, each with its place.
	Rules []IgnoredRule
	// At is where it stands, in File.
	At   source.Span
	File *source.File
	// Fault says what is wrong with a comment that names no rule; such a one ignores
	// nothing.
	Fault string
	// Reason that is given for it; Until is its last day (UTC), zero for no end.
	Reason  string
	Until   time.Time
	UntilAt source.Span
	// Expired is set where its last day is over: it ignores nothing any more.
	Expired bool
	// Baseline is set for a line of a baseline.
	Baseline bool
	// Covers reports whether a finding in a file (by its path) is among those that
	// are meant, whatever its rule.
	Covers func(path string, f *Finding) bool
}

// IgnoredRule is one of the rules that an [Ignore] names.
type IgnoredRule struct {
	Selector
	At source.Span
	// Name is the rule as it is written.
	Name string

	used, doubtful bool
}

const directive = "dbtconn-lint:"

// inlineIgnores are the ignores that comments of a document ask for. JSON has no
// comments.
func inlineIgnores(doc *export.Document, rules []*Rule) []*Ignore {
	if !strings.Contains(doc.File.Data, directive) {
		return nil
	}
	var ignores []*Ignore
	places := doc.Places()
	for _, at := range comments(doc) {
		text := doc.File.Data[at.Start:at.End]
		body := strings.TrimLeft(text, "# \t")
		rest, ok := strings.CutPrefix(body, directive)
		if !ok {
			continue
		}
		line := doc.File.Line(doc.File.Position(at.Start).Line)
		alone := strings.TrimSpace(doc.File.Data[line.Start:at.Start]) == ""
		ig := parseComment(doc.File, at, at.Start+len(text)-len(rest), rules)
		switch {
		case ig.Covers != nil: // the whole file
		case alone:
			ig.Covers = coversEntry(doc, places, at)
		default:
			ig.Covers = func(_ string, f *Finding) bool { return f.Span.Overlaps(line) }
		}
		ignores = append(ignores, ig)
	}
	return ignores
}

// comments are the places of a document's comments; in an env file those on a line
// of their own, since there are no others.
func comments(doc *export.Document) []source.Span {
	if doc.Tree != nil {
		return doc.Tree.Comments()
	}
	if doc.Format != export.AirflowEnv && doc.Format != export.Dotenv {
		return nil
	}
	var list []source.Span
	lines := doc.Lines // that do not end before the one we are at
	for n := 1; n <= doc.File.Lines(); n++ {
		at := doc.File.Line(n)
		text := doc.File.Data[at.Start:at.End]
		if core := strings.TrimLeft(text, " \t"); strings.HasPrefix(core, "#") {
			at.Start += len(text) - len(core)
			for len(lines) > 0 && lines[0].Span.End <= at.Start {
				lines = lines[1:]
			}
			// A # inside a value over several lines begins no comment.
			if len(lines) == 0 || at.Start <= lines[0].Span.Start {
				list = append(list, at)
			}
		}
	}
	return list
}

// parseComment reads what stands behind the name of the tool: the word ignore or
// ignore-file, rules, and a reason behind two dashes.
func parseComment(file *source.File, at source.Span, begin int, rules []*Rule) *Ignore {
	ig := &Ignore{At: at, File: file}
	text := file.Data[begin:at.End]
	text, ig.Reason, _ = strings.Cut(text, "--")
	ig.Reason = strings.TrimSpace(ig.Reason)
	verb := true
	for i := 0; i < len(text); {
		word := text[i:]
		if n := strings.IndexAny(word, " \t,"); n >= 0 {
			word = word[:n]
		}
		if word == "" {
			i++
			continue
		}
		span := source.Span{Start: begin + i, End: begin + i + len(word)}
		i += len(word)
		if verb {
			switch verb = false; word {
			case "ignore":
			case "ignore-file":
				ig.Covers = func(string, *Finding) bool { return true }
			default:
				ig.At, ig.Fault = span, "a comment says ignore or ignore-file, not "+Show(word)
				return ig
			}
			continue
		}
		s, err := ParseSelector(rules, word)
		if err != nil {
			ig.At, ig.Fault = span, err.Error()
			return ig
		}
		ig.Rules = append(ig.Rules, IgnoredRule{Selector: s, At: span, Name: word})
	}
	if len(ig.Rules) == 0 {
		ig.Fault = "it names no rule"
	}
	return ig
}

// coversEntry covers the findings of the entry that a comment on a line of its own
// is about: the one that it stands in, or else the next.
func coversEntry(doc *export.Document, places export.Places, at source.Span) func(string, *Finding) bool {
	entry := places.At(at)
	if entry < 0 {
		entry = places.After(at.Start)
	}
	if entry < 0 {
		return func(string, *Finding) bool { return false }
	}
	span := doc.EntrySpan(entry)
	return func(_ string, f *Finding) bool {
		return f.entry == entry || f.entry < 0 && f.Span.Overlaps(span)
	}
}

// Settle applies to the findings of a run what users have decided: which rules
// count, at which level, and what is not to be told. It comes last, since which
// rule owns a cause does not depend on it. The policy of a file is asked for by its
// path; today is the day of the run.
func Settle(results []Result, rules []*Rule, policy func(path string) *Policy, today time.Time) []Result {
	var policies []*Policy
	var told []*Ignore
	for i := range results {
		res := &results[i]
		p := policy(res.Doc.File.Path)
		if !slices.Contains(policies, p) {
			policies = append(policies, p)
		}
		res.Findings = p.applied(res.Findings)
		p.unsure = append(p.unsure, res.unsure...)
		if p.NoIgnores {
			continue
		}
		res.leaveOut(slices.Concat(res.ignores, p.Ignores), today)
		for _, ig := range res.ignores {
			ig.doubt(p, rules, !p.Partial)
		}
		for _, ig := range slices.Concat(res.ignores, p.Ignores) {
			ig.doubtSome(res.unsure)
		}
		told = append(told, res.ignores...)
	}
	for _, p := range policies {
		if p.NoIgnores {
			continue
		}
		for _, ig := range p.Ignores {
			ig.doubt(p, rules, p.Walked && !p.Partial && !p.Narrowed && len(p.Unread) == 0)
			if !slices.Contains(told, ig) {
				told = append(told, ig)
			}
		}
	}
	results = tell(results, rules, told, policy)
	for i := range results {
		res := &results[i]
		p := policy(res.Doc.File.Path)
		if !p.NoIgnores {
			res.leaveOut(slices.Concat(res.ignores, p.Ignores), today) // what was told of ignores
		}
		res.leaveOutKnown(p)
	}
	return tell(results, rules, staleLines(policies, rules), policy)
}

// applied are the findings that count, each at its level.
func (p *Policy) applied(findings []Finding) []Finding {
	kept := findings[:0]
	for _, f := range findings {
		if f.Level = p.level(&f); f.Level != Off {
			kept = append(kept, f)
		}
	}
	return kept
}

// leaveOut takes out the findings that an ignore is about.
func (r *Result) leaveOut(ignores []*Ignore, today time.Time) {
	if len(ignores) == 0 {
		return
	}
	for _, ig := range ignores {
		ig.Expired = !ig.Until.IsZero() && !today.Before(ig.Until.AddDate(0, 0, 1))
	}
	r.suppress(func(f *Finding) bool {
		hit := false
		for _, ig := range ignores {
			hit = ig.hits(r.Doc.File.Path, f) || hit // each that would do is of use
		}
		return hit
	})
}

// suppress takes out findings and counts them.
func (r *Result) suppress(out func(*Finding) bool) {
	n := len(r.Findings)
	r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool { return out(&f) })
	r.Suppressed += n - len(r.Findings)
}

// hits reports whether a finding is meant, and remembers that one was.
func (ig *Ignore) hits(path string, f *Finding) bool {
	if ig.Fault != "" || ig.Expired || !ig.Covers(path, f) {
		return false
	}
	hit := false
	for i := range ig.Rules {
		if r := &ig.Rules[i]; r.covers(f.Rule, f.Variant) > 0 {
			r.used, hit = true, true
		}
	}
	return hit
}

// doubt takes down what keeps us from saying that the ignore is of no use: a rule
// that was not run, or not on everything. One about ignores has yet to come; one that
// compares files needs all of them.
func (ig *Ignore) doubt(p *Policy, rules []*Rule, everything bool) {
	for i := range ig.Rules {
		r := &ig.Rules[i]
		r.doubtful = r.doubtful || !everything || !p.runs(r.Selector, rules) || slices.ContainsFunc(rules, func(rule *Rule) bool {
			wide := rule.Scope == Project || rule.Scope == AllFiles
			return (rule.Scope == Ignores || wide && !p.Walked) && r.covers(rule, r.variant) > 0
		})
	}
}

// doubtSome is doubt about what some rules would say elsewhere.
func (ig *Ignore) doubtSome(unsure []*Rule) {
	for i := range ig.Rules {
		r := &ig.Rules[i]
		r.doubtful = r.doubtful || slices.ContainsFunc(unsure, func(rule *Rule) bool { return r.covers(rule, r.variant) > 0 })
	}
}

// Doubt takes down that comments of the document are of use in another run, one for
// other versions.
func (r *Result) Doubt(other *Result) {
	for _, ig := range r.ignores {
		for i := range ig.Rules {
			rule := &ig.Rules[i]
			rule.doubtful = rule.doubtful || ig.Fault == "" && slices.ContainsFunc(other.Findings, func(f Finding) bool {
				return rule.covers(f.Rule, f.Variant) > 0 && ig.Covers(r.Doc.File.Path, &f)
			})
		}
	}
}

// Unused reports whether a rule of the ignore has kept nothing out although it was
// run on all that the ignore is about.
func (r *IgnoredRule) Unused() bool { return !r.used && !r.doubtful }

// tell runs the rules about ignores, and adds what they find to the results.
func tell(results []Result, rules []*Rule, ignores []*Ignore, policy func(path string) *Policy) []Result {
	if len(ignores) == 0 {
		return results
	}
	pass := Pass{Entry: -1, Ignores: ignores}
	for _, rule := range rules {
		if rule.Scope == Ignores {
			pass.rule = rule
			rule.Check(&pass)
		}
	}
	return pass.hand(results, func(*Result) bool { return true }, func(doc *export.Document, findings []Finding) []Finding {
		return policy(doc.File.Path).applied(findings)
	})
}

// ReportIgnore is [Pass.Report] for a rule about ignores: a place in the file of one.
func (p *Pass) ReportIgnore(ig *Ignore, at source.Span, format string, args ...any) *Draft {
	d := p.Report(connection.NoField, at, format, args...)
	d.doc = export.Beside(ig.File)
	return d
}
