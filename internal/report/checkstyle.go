package report

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// writeCheckstyle is for the many programs that read the reports of Checkstyle
// (XMLLogger.java).
func writeCheckstyle(w io.Writer, r *Run) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, xml.Header, `<checkstyle version="10.0">`, "\n")
	for _, e := range r.Errors {
		fmt.Fprintf(b, "  <file name=\"%s\">\n    <error line=\"1\" severity=\"error\" message=\"%s\" source=\"dbtconn-lint.unreadable\"/>\n  </file>\n",
			escapeXML(path.Clean(e.Path)), escapeXML("cannot be read: "+e.Message))
	}
	for i := range r.Results {
		res := &r.Results[i]
		if len(res.Findings) == 0 {
			continue
		}
		fmt.Fprintf(b, "  <file name=\"%s\">\n", escapeXML(path.Clean(res.Doc.File.Path)))
		for j := range res.Findings {
			f := &res.Findings[j]
			at := res.Doc.File.Position(f.Span.Start)
			level := f.Level.String()
			if f.Level == lint.Note {
				level = "info"
			}
			fmt.Fprintf(b, "    <error line=\"%d\" column=\"%d\" severity=\"%s\" message=\"%s\" source=\"dbtconn-lint.%s\"/>\n",
				at.Line, at.Column, level, escapeXML(full(f)), f.Rule.ID)
		}
		fmt.Fprintln(b, "  </file>")
	}
	fmt.Fprintln(b, "</checkstyle>")
	return b.Flush()
}

// escapeXML is a text in XML, without what XML cannot hold or nobody should see.
func escapeXML(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(Plain(s))) // a buffer takes everything
	return b.String()
}
