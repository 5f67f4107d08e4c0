package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// writeGitHub is for GitHub Actions: workflow commands, which it shows beside the
// changed lines. It shows the first ten of each level, so the worst come first.
func writeGitHub(w io.Writer, r *Run) error {
	b := bufio.NewWriter(w)
	for _, e := range r.Errors {
		fmt.Fprintf(b, "::error title=unreadable,file=%s::%s\n", property(r.inRepository(e.Path)), data(Plain(e.Message)))
	}
	for level := lint.Error; level > lint.Off; level-- {
		command := level.String()
		if level == lint.Note {
			command = "notice"
		}
		for res, f := range r.all() {
			if f.Level == level {
				r.annotate(b, command, res, f)
			}
		}
	}
	return b.Flush()
}

func (r *Run) annotate(w io.Writer, command string, res *lint.Result, f *lint.Finding) {
	file := res.Doc.File
	from, to := file.Position(f.Span.Start), file.Position(f.Span.End)
	columns := ""
	if from.Line == to.Line { // it refuses columns of several lines
		columns = fmt.Sprintf(",col=%d,endColumn=%d", from.Column, to.Column)
	}
	lines := []string{full(f)}
	for _, rel := range f.Related {
		at := rel.In(file)
		lines = append(lines, fmt.Sprintf("%s:%d: %s", Plain(at.Path), at.Position(rel.Span.Start).Line, rel.Message))
	}
	for i := range lines {
		lines[i] = Plain(lines[i])
	}
	lines = append(lines, f.Rule.URL())
	fmt.Fprintf(w, "::%s title=%s,file=%s,line=%d,endLine=%d%s::%s\n", command,
		property(f.Rule.ID+" "+f.Rule.Name), property(r.inRepository(file.Path)), from.Line, to.Line, columns, data(strings.Join(lines, "\n")))
}

// data is the text of a command, property the value of one of its properties, as
// the runner decodes them (actions/toolkit, packages/core/src/command.ts).
func data(s string) string {
	s = strings.ReplaceAll(s, "%", "%25")
	s = strings.ReplaceAll(s, "\r", "%0D")
	return strings.ReplaceAll(s, "\n", "%0A")
}

func property(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(data(Plain(s)), ":", "%3A"), ",", "%2C")
}
