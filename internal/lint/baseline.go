package lint

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Baseline is a list of findings that are no news. They are told apart by their
// file and fingerprint, so they may move in it; no value is written down.
type Baseline struct {
	// File that it was read from.
	File *source.File
	// RelPath is the path of a file as the baseline names it: from its own folder.
	RelPath func(path string) string

	lines []baselineLine
	known map[baselineKey]int // its line
}

type baselineKey struct{ path, fingerprint string }

type baselineLine struct {
	BaselineFinding
	at          source.Span
	used, stale bool
}

// BaselineFinding is how a finding stands in a baseline. The rule, connection and
// field are for people.
type BaselineFinding struct {
	Path        string `json:"path"`
	Rule        string `json:"rule"`
	Connection  string `json:"connection,omitempty"`
	Field       string `json:"field,omitempty"`
	Fingerprint string `json:"fingerprint"`
}

const baselineVersion = 1

// ReadBaseline reads what [WriteBaseline] has written.
func ReadBaseline(file *source.File, relPath func(string) string) (*Baseline, error) {
	b := &Baseline{File: file, RelPath: relPath, known: map[baselineKey]int{}}
	tree, bad := syntax.ParseJSON(file.Text())
	if bad != nil {
		return nil, fmt.Errorf("%s: %s", place(file, bad.Span.Start), bad.Problem)
	}
	root := tree.Root()
	findings := root.Lookup("findings")
	version := root.Lookup("schema_version")
	if version.Kind() != syntax.Int || findings.Kind() != syntax.Sequence {
		return nil, fmt.Errorf("%s is no baseline; dbtconn-lint baseline writes one", file.Path)
	}
	if version.Raw() != fmt.Sprint(baselineVersion) {
		return nil, fmt.Errorf("%s: a baseline of another version than %d, which is all that is known here", place(file, version.Span().Start), baselineVersion)
	}
	for n := range findings.Items() {
		var l baselineLine
		l.at = n.Span()
		if err := json.Unmarshal([]byte(n.Raw()), &l.BaselineFinding); err != nil || l.Path == "" || l.Fingerprint == "" {
			return nil, errors.New(place(file, l.at.Start) + ": no finding of a baseline")
		}
		b.known[baselineKey{l.Path, l.Fingerprint}] = len(b.lines)
		b.lines = append(b.lines, l)
	}
	return b, nil
}

func place(file *source.File, off int) string {
	p := file.Position(off)
	return fmt.Sprintf("%s:%d:%d", file.Path, p.Line, p.Column)
}

// WriteBaseline writes a baseline of findings, one in each line, so that changes of
// it are easy to read.
func WriteBaseline(w io.Writer, findings []BaselineFinding) error {
	slices.SortStableFunc(findings, func(a, b BaselineFinding) int {
		return slices.Compare([]string{a.Path, a.Connection, a.Rule, a.Field, a.Fingerprint}, []string{b.Path, b.Connection, b.Rule, b.Field, b.Fingerprint})
	})
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "{\n  \"schema_version\": %d,\n  \"findings\": [", baselineVersion)
	for i, f := range findings {
		if i > 0 {
			fmt.Fprint(b, ",")
		}
		line, err := marshal(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n    %s", line)
	}
	if len(findings) > 0 {
		fmt.Fprint(b, "\n  ")
	}
	fmt.Fprint(b, "]\n}\n")
	return b.Flush()
}

func marshal(f BaselineFinding) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(f)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// Baseline are the findings of the result as a baseline names them.
func (r *Result) Baseline(relPath func(string) string) []BaselineFinding {
	var list []BaselineFinding
	for i := range r.Findings {
		f := &r.Findings[i]
		list = append(list, BaselineFinding{relPath(r.Doc.File.Path), f.Rule.ID, f.ConnID, f.Field.String(), f.Fingerprint})
	}
	return list
}

// Left are the findings of the baseline that are not stale, and the number of those
// that are, once a run has been settled.
func (b *Baseline) Left() (left []BaselineFinding, stale int) {
	for i := range b.lines {
		if b.lines[i].stale {
			stale++
		} else {
			left = append(left, b.lines[i].BaselineFinding)
		}
	}
	return left, stale
}

// leaveOutKnown takes out the findings that stand in the baseline.
func (r *Result) leaveOutKnown(p *Policy) {
	b := p.Baseline
	if b == nil || len(r.Findings) == 0 {
		return
	}
	name := b.RelPath(r.Doc.File.Path)
	r.suppress(func(f *Finding) bool {
		i, known := b.known[baselineKey{name, f.Fingerprint}]
		if known {
			b.lines[i].used = true
		}
		return known
	})
}

// staleLines are the lines of baselines that match nothing any more, as far as the
// run can know.
func staleLines(policies []*Policy, rules []*Rule) []*Ignore {
	var stale []*Ignore
	for i, p := range policies {
		b := p.Baseline
		if b == nil || slices.ContainsFunc(policies[:i], func(o *Policy) bool { return o.Baseline == b }) {
			continue
		}
		var shared []*Policy // by files that have other settings
		for _, o := range policies[i:] {
			if o.Baseline == b {
				shared = append(shared, o)
			}
		}
		for j := range b.lines {
			l := &b.lines[j]
			if l.used || slices.ContainsFunc(shared, func(o *Policy) bool { return !o.wouldFind(l, rules) }) {
				continue
			}
			l.stale = true
			if !p.Prune {
				ig := &Ignore{At: l.at, File: b.File, Baseline: true, Rules: []IgnoredRule{{Name: l.Rule, At: l.at}}}
				stale = append(stale, ig)
			}
		}
	}
	return stale
}

// wouldFind reports whether the run would have met the finding of a line again.
func (p *Policy) wouldFind(l *baselineLine, rules []*Rule) bool {
	b := p.Baseline
	if !p.Walked || p.Partial || p.Narrowed || !p.Reached(path.Join(path.Dir(b.File.Path), l.Path)) || slices.ContainsFunc(p.Unread, func(unread string) bool { return b.RelPath(unread) == l.Path }) {
		return false
	}
	i := slices.IndexFunc(rules, func(r *Rule) bool { return r.ID == l.Rule })
	if i >= 0 && (slices.Contains(p.unsure, rules[i]) || p.NoIgnores && rules[i].Scope == Ignores) {
		return false
	}
	return i < 0 || p.runs(Selector{rule: rules[i]}, rules)
}
