package report

import (
	"io"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// The shape of a reviewdog diagnostic (proto/rdf/reviewdog.proto).
type (
	rdDiagnostic struct {
		Message  string      `json:"message"`
		Location rdLocation  `json:"location"`
		Severity string      `json:"severity"`
		Source   rdSource    `json:"source"`
		Code     *rdCode     `json:"code,omitempty"`
		Related  []rdRelated `json:"relatedLocations,omitempty"`
	}
	rdLocation struct {
		Path  string   `json:"path"`
		Range *rdRange `json:"range,omitempty"`
	}
	rdRange struct {
		Start rdPlace `json:"start"`
		End   rdPlace `json:"end"`
	}
	rdPlace struct {
		Line   int `json:"line"`
		Column int `json:"column"`
	}
	rdSource struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	rdCode struct {
		Value string `json:"value"`
		URL   string `json:"url"`
	}
	rdRelated struct {
		Message  string     `json:"message"`
		Location rdLocation `json:"location"`
	}
)

// writeRDJSONL is for reviewdog: a diagnostic in each line. Paths start where the
// command ran, as reviewdog wants them.
func writeRDJSONL(w io.Writer, r *Run) error {
	s := newStream(w)
	tool := rdSource{"dbtconn-lint", home}
	for _, e := range r.Errors {
		s.lineOf(rdDiagnostic{Message: "cannot be read: " + e.Message, Location: rdLocation{Path: e.Path}, Severity: "ERROR", Source: tool})
	}
	for res, f := range r.all() {
		file := res.Doc.File
		d := rdDiagnostic{
			Message: full(f), Location: rdLocationOf(file, f.Span), Source: tool, Code: &rdCode{f.Rule.ID, f.Rule.URL()},
			Severity: map[lint.Level]string{lint.Note: "INFO", lint.Warning: "WARNING", lint.Error: "ERROR"}[f.Level],
		}
		for _, rel := range f.Related {
			d.Related = append(d.Related, rdRelated{rel.Message, rdLocationOf(rel.In(file), rel.Span)})
		}
		s.lineOf(d)
	}
	return s.flush()
}

// rdLocationOf counts columns in bytes.
func rdLocationOf(f *source.File, at source.Span) rdLocation {
	place := func(off int) rdPlace {
		line := f.Position(off).Line
		return rdPlace{line, off - f.Line(line).Start + 1}
	}
	return rdLocation{f.Path, &rdRange{place(at.Start), place(at.End)}}
}
