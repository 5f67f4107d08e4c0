package report

import (
	"bufio"
	"fmt"
	"io"
)

// writeConcise is a line for each finding, as compilers and grep write them; a
// success of the live test has no place.
func writeConcise(w io.Writer, r *Run) error {
	b := bufio.NewWriter(w)
	for i := range r.Results {
		res := &r.Results[i]
		for _, f := range r.shown(res) {
			at := res.Doc.File.Position(f.Span.Start)
			fmt.Fprintf(b, "%s:%d:%d: %s %s %s\n", Plain(res.Doc.File.Path), at.Line, at.Column, f.Level, f.Rule.ID, Plain(f.Message))
		}
	}
	for i := range r.Live {
		if l := &r.Live[i]; !r.Quiet {
			fmt.Fprintf(b, "%s: live %s\n", Plain(l.Path), Plain(l.ConnID+": "+l.says()))
		}
	}
	return b.Flush()
}
