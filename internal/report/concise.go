package report

import (
	"bufio"
	"fmt"
	"io"
)

// writeConcise is a line for each finding, as compilers and grep write them, and nothing
// else: what the live test found in order is no finding.
func writeConcise(w io.Writer, r *Run) error {
	b := bufio.NewWriter(w)
	for i := range r.Results {
		res := &r.Results[i]
		for _, f := range r.shown(res) {
			at := res.Doc.File.Position(f.Span.Start)
			fmt.Fprintf(b, "%s:%d:%d: %s %s %s\n", Plain(res.Doc.File.Path), at.Line, at.Column, f.Level, f.Rule.ID, Plain(f.Message))
		}
	}
	return b.Flush()
}
