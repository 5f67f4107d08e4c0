package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// paint holds the colours of a terminal.
type paint struct {
	path, err, warning, note, rule, caret, dim func(...any) string
	link                                       func(text, url string) string
}

func paints(on bool) paint {
	of := func(attrs ...color.Attribute) func(...any) string {
		c := color.New(attrs...)
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
		return c.Sprint
	}
	return paint{
		path: of(color.Bold), err: of(color.FgRed, color.Bold), warning: of(color.FgYellow, color.Bold), note: of(color.FgCyan),
		rule: of(color.Faint), caret: of(color.FgGreen), dim: of(color.Faint),
		link: func(text, _ string) string { return text },
	}
}

// hyperlink is a text that a terminal opens a page for (OSC 8).
func hyperlink(text, url string) string { return "\x1b]8;;" + url + "\x1b\\" + text + "\x1b]8;;\x1b\\" }

func (p paint) level(l lint.Level) string {
	switch l {
	case lint.Error:
		return p.err(l)
	case lint.Warning:
		return p.warning(l)
	}
	return p.note(l)
}

// writeText is for people: each finding with its line and a caret under the exact
// characters, then one line that says what was read and as whom.
func writeText(w io.Writer, r *Run) error {
	b := bufio.NewWriter(w)
	p := paints(r.Color)
	if r.Links {
		p.link = hyperlink
	}
	var first string
	grouped := false
	for i := range r.Results {
		res := &r.Results[i]
		findings := r.shown(res)
		if first == "" && len(findings) > 0 {
			first = findings[0].Rule.ID
		}
		m := newMasker(res.Doc, findings)
		if grouped && len(findings) > 0 {
			fmt.Fprintln(b) // between two files
		}
		grouped = grouped || len(findings) > 0
		for j := range findings {
			writeFinding(b, p, m, &findings[j])
		}
	}
	if !r.Quiet {
		for i := range r.Live {
			writeLive(b, p, &r.Live[i])
		}
		if first != "" || len(r.Live) > 0 {
			fmt.Fprintln(b)
		}
		summary(b, r, first)
	}
	if r.Stats {
		stats(b, r)
	}
	return b.Flush()
}

func writeFinding(w io.Writer, p paint, m masker, f *lint.Finding) {
	place := func(file *source.File, at source.Span) string {
		pos := file.Position(at.Start)
		return fmt.Sprintf("%s:%d:%d", Plain(file.Path), pos.Line, pos.Column)
	}
	fmt.Fprintf(w, "%s  %s  %s  %s\n", p.path(place(m.file, f.Span)), p.level(f.Level), p.link(p.rule(f.Rule.ID), f.Rule.URL()), Plain(f.Message))
	s := m.snippet(f.Span)
	gutter := fmt.Sprintf("  %d | ", s.line)
	fmt.Fprintf(w, "%s%s\n%s%s", p.dim(gutter), s.text, strings.Repeat(" ", len(gutter)+s.caret), p.caret(strings.Repeat("^", s.wide)))
	if f.Hint != "" {
		fmt.Fprintf(w, "  %s", Plain(f.Hint))
	}
	fmt.Fprintln(w)
	for _, rel := range f.Related {
		fmt.Fprintf(w, "  %s\n", p.dim(place(rel.In(m.file), rel.Span)+"  "+Plain(rel.Message)))
	}
}

// writeLive says that a connection works.
func writeLive(w io.Writer, p paint, l *Live) {
	fmt.Fprintf(w, "%s  %s  %s\n", p.path(Plain(l.Path)), p.caret("live"), Plain(l.ConnID+": "+l.says()))
}

// says is what was seen of a connection that works, and what that proves.
func (l *Live) says() string {
	what, proves := l.account(), "the token is known there; without an account id no job was asked for"
	if l.Jobs >= 0 {
		what += ", " + Count(l.Jobs, "job")
		if l.Jobs == 0 {
			what += " that the token sees"
		}
		proves = "it may list jobs (Jobs: Read); whether it may run one is not proved"
	}
	return what + " at " + l.Host + "; " + proves
}

// account is what the token reaches, in words.
func (l *Live) account() string {
	switch {
	case l.AccountID == 0 && len(l.Reaches) > 0:
		return "accounts " + phrases(l.Reaches).String()
	case l.AccountID == 0:
		return "no account"
	}
	s := fmt.Sprintf("account %d", l.AccountID)
	if l.Account != "" {
		s += fmt.Sprintf(" %q", l.Account)
	}
	if l.Plan != "" {
		s += " (" + l.Plan + ")"
	}
	return s
}

// tried says how the live test went, or how to make it where nothing else is to be
// said.
func tried(r *Run, clean bool) string {
	if t := r.Tried; t != nil {
		s := fmt.Sprintf("Live: %d verified", t.Verified)
		for _, c := range [...]struct {
			n    int
			what string
		}{{t.Failed, "failed"}, {t.NotVerified, "not verified"}, {t.NotTested, "not tested"}} {
			if c.n > 0 {
				s += fmt.Sprintf(", %d %s", c.n, c.what)
			}
		}
		return s + "."
	}
	var with []string
	for i := range r.Results {
		if res := &r.Results[i]; res.Dbt > 0 && !res.Doc.Format.IsRecord() {
			with = append(with, res.Doc.File.Path)
		}
	}
	if !clean || len(with) == 0 {
		return ""
	}
	if len(with) > 1 || slices.Contains(r.Paths, "-") {
		with = r.Paths
	}
	s := "Token not tried: dbtconn-lint live"
	for _, name := range with {
		s += " " + Word(name)
	}
	return Plain(s)
}

// summary is the last line: what was found, and as whom the files were read.
func summary(w io.Writer, r *Run, first string) {
	s := r.Summary()
	if s.Files == 0 {
		return
	}
	var found []string
	for _, c := range [...]struct {
		n    int
		what string
	}{{s.Errors, "error"}, {s.Warnings, "warning"}} {
		if c.n > 0 {
			found = append(found, Count(c.n, c.what))
		}
	}
	hidden := ""
	if s.Notes > 0 {
		if r.Notes {
			found = append(found, Count(s.Notes, "note"))
		} else {
			hidden = Count(s.Notes, "note") + " not shown (--notes)."
		}
	}
	suppressed := ""
	if s.Suppressed > 0 {
		suppressed = fmt.Sprintf("%d suppressed.", s.Suppressed)
	}
	unseen := notLookedAt(r)
	if len(found) > 0 {
		where := Count(s.Connections, "connection")
		if s.Connections == 0 {
			where = Count(s.Files, "file")
		}
		fmt.Fprintln(w, sentences(strings.Join(found, ", ")+" in "+where+".", hidden, suppressed, unseen, readAs(r), tried(r, false)))
		fmt.Fprintf(w, "Why: dbtconn-lint explain %s\n", first)
		return
	}
	dbt := 0
	for i := range r.Results {
		dbt += r.Results[i].Dbt
	}
	clean := fmt.Sprintf("%s, %s (%d dbt Cloud): no findings.", Count(s.Files, "file"), Count(s.Connections, "connection"), dbt)
	fmt.Fprintln(w, sentences(clean, hidden, suppressed, unseen, readAs(r), tried(r, true)))
}

// notLookedAt says what nobody has looked at although it may have been meant; empty
// for nothing.
func notLookedAt(r *Run) string {
	var parts []string
	if n := len(r.Errors); n > 0 {
		parts = append(parts, Count(n, "file")+" that could not be read")
	}
	if r.Excluded > 0 {
		parts = append(parts, fmt.Sprintf("%d excluded (--show-files)", r.Excluded))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Not looked at: " + strings.Join(parts, ", ") + "."
}

// sentences joins those that say something.
func sentences(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), " ")
}

// Count is a number with its word.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// readAs says which versions the files were read as, and where these come from.
func readAs(r *Run) string {
	astro := ""
	var airflows, providers phrases
	for i := range r.Results {
		res := &r.Results[i]
		t := &res.Targets
		if !slices.ContainsFunc(res.Consumers, func(c string) bool { return strings.HasPrefix(c, consumer.Airflow) }) {
			continue
		}
		if astro == "" && res.Doc.Format == export.AstroSettings {
			astro = "Astro CLI " + t.List[0].Astro.Name + ", then "
		}
		airflows.add(t.Airflows(), t.From.Airflow)
		if res.Dbt > 0 {
			from := t.From.Provider
			if from == consumer.Assumed && strings.HasPrefix(t.From.Airflow, from) {
				from = "" // said once
			}
			providers.add(t.Providers(), from)
		}
	}
	if len(airflows) == 0 {
		return ""
	}
	s := "Read as " + astro + "Airflow " + airflows.String()
	if len(providers) > 0 {
		s += ", dbt-cloud provider " + providers.String()
	}
	return Plain(s) + "."
}

// phrases are versions with where they come from: "2.11 and 3.3 (assumed)".
type phrases []string

func (p *phrases) add(versions []string, from string) {
	s := list(versions)
	if from != "" {
		s += " (" + from + ")"
	}
	if !slices.Contains(*p, s) {
		*p = append(*p, s)
	}
}

// String names at most some of them: a walk may meet many projects.
func (p phrases) String() string {
	const most = 4
	if len(p) > most {
		return list(append(slices.Clone(p[:most]), Count(len(p)-most, "other")))
	}
	return list(p)
}

// list joins words as a sentence does.
func list(words []string) string {
	if n := len(words) - 1; n > 0 {
		return strings.Join(words[:n], ", ") + " and " + words[n]
	}
	return strings.Join(words, "")
}

// stats tells the time of each stage, and counts the findings of each rule.
func stats(w io.Writer, r *Run) {
	n := r.Summary().Connections
	for _, s := range r.Stages {
		speed := ""
		if s.Name == StageCheck && n > 0 && s.Took > 0 {
			speed = fmt.Sprintf(": %.0f connections per second", float64(n)/s.Took.Seconds())
		}
		fmt.Fprintf(w, "%6.2f s  %s%s\n", s.Took.Seconds(), s.Name, speed)
	}
	rules, counts := r.rules()
	for _, rule := range rules {
		fmt.Fprintf(w, "%6d  %s\n", counts[rule], rule.ID)
	}
}
