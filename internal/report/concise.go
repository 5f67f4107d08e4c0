package report

import (
	"bufio"
	"fmt"
	"io"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// writeConcise is a line for each finding, as compilers and grep write them.
func writeConcise(w io.Writer, r *Run) error {
	b := bufio.NewWriter(w)
	for i := range r.Results {
		res := &r.Results[i]
		for j := range res.Findings {
			f := &res.Findings[j]
			if f.Level <= lint.Note && !r.Notes {
				continue
			}
			at := res.Doc.File.Position(f.Span.Start)
			fmt.Fprintf(b, "%s:%d:%d: %s %s %s\n", Plain(res.Doc.File.Path), at.Line, at.Column, f.Level, f.Rule.ID, Plain(f.Message))
		}
	}
	return b.Flush()
}
