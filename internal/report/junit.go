package report

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// suite is a file in JUnit's words: its cases are the findings, and the
// connections without any.
type suite struct {
	name                             string
	tests, failures, errors, skipped int
	names                            map[string]int // in use
	cases                            bytes.Buffer
}

// writeJUnit is for the test reports of a pipeline: a suite for each file. What
// fails no run, a note, is a case that was skipped, since JUnit has no better word.
// A connection that passed the live test has a case for that.
func writeJUnit(w io.Writer, r *Run) error {
	var body bytes.Buffer
	var all suite
	for _, e := range r.Errors {
		s := newSuite(e.Path)
		s.errors++
		s.add("readable", "error", "cannot be read", e.Message)
		s.write(&body, &all)
	}
	for i := range r.Results {
		s := newSuite(r.Results[i].Doc.File.Path)
		s.result(r, &r.Results[i])
		s.write(&body, &all)
	}
	b := bufio.NewWriter(w)
	fmt.Fprint(b, xml.Header)
	fmt.Fprintf(b, "<testsuites name=\"dbtconn-lint\" tests=\"%d\" failures=\"%d\" errors=\"%d\" time=\"0\">\n", all.tests, all.failures, all.errors)
	_, _ = body.WriteTo(b) // Flush has the error
	fmt.Fprintln(b, "</testsuites>")
	return b.Flush()
}

func newSuite(p string) *suite {
	return &suite{name: escapeXML(path.Clean(p)), names: map[string]int{}}
}

func (s *suite) result(r *Run, res *lint.Result) {
	file := res.Doc.File
	found := map[string]bool{}
	for i := range res.Findings {
		f := &res.Findings[i]
		found[f.ConnID] = true
		kind := "failure"
		if f.Level == lint.Note {
			kind = "skipped"
			s.skipped++
		} else {
			s.failures++
		}
		at := file.Position(f.Span.Start)
		place := fmt.Sprintf("%s:%d:%d: ", Plain(file.Path), at.Line, at.Column)
		lines := []string{f.Rule.ID + " " + f.Rule.Name + " (" + f.Level.String() + ")", Plain(f.Rule.Remedy), f.Rule.URL()}
		for _, rel := range f.Related {
			at := rel.In(file).Position(rel.Span.Start)
			lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", Plain(rel.In(file).Path), at.Line, at.Column, Plain(rel.Message)))
		}
		name := f.Rule.ID
		if f.ConnID != "" {
			name = f.ConnID + " " + name
		}
		s.add(name, kind, place+full(f), lines...)
	}
	for _, id := range connections(r, res.Doc) {
		if !found[id] {
			found[id] = true
			s.add(id, "", "")
		}
	}
	for i := range r.Live {
		if l := &r.Live[i]; l.Path == file.Path {
			s.add(l.ConnID+" live", "system-out", Plain(l.says()))
		}
	}
	if s.tests == 0 {
		s.add("no connections", "", "") // a suite without cases looks broken
	}
}

// connections are the ids that a document was judged for, as findings name them.
func connections(r *Run, doc *export.Document) []string {
	var ids []string
	for i := range doc.Entries {
		if !doc.Entries[i].Template && doc.IsAmong(i, r.ConnIDs) {
			ids = append(ids, secret.Redact(doc.IDText(i).String()))
		}
	}
	return ids
}

// add adds a case; its name must be the only one of its kind.
func (s *suite) add(name, kind, message string, lines ...string) {
	name = brief(name)
	s.tests++
	s.names[name]++
	if n := s.names[name]; n > 1 {
		name += fmt.Sprintf(" (%d)", n)
	}
	fmt.Fprintf(&s.cases, "    <testcase name=\"%s\" classname=\"%s\" time=\"0\"", escapeXML(name), s.name)
	switch kind {
	case "":
		fmt.Fprintln(&s.cases, "/>")
	case "skipped", "system-out":
		fmt.Fprintf(&s.cases, ">\n      <%s>%s</%[1]s>\n    </testcase>\n", kind, escapeXML(message))
	default:
		for i := range lines {
			lines[i] = escapeXML(lines[i])
		}
		fmt.Fprintf(&s.cases, ">\n      <%s message=\"%s\" type=\"%[1]s\">%[3]s</%[1]s>\n    </testcase>\n", kind, escapeXML(message), strings.Join(lines, "\n"))
	}
}

// write ends a suite and counts it.
func (s *suite) write(b *bytes.Buffer, all *suite) {
	fmt.Fprintf(b, "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"0\">\n", s.name, s.tests, s.failures, s.errors, s.skipped)
	_, _ = s.cases.WriteTo(b)
	fmt.Fprintln(b, "  </testsuite>")
	all.tests, all.failures, all.errors = all.tests+s.tests, all.failures+s.failures, all.errors+s.errors
}
