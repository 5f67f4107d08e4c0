package report

import (
	"io"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// The shapes of `-o json`, schema version 1: things are only ever added.
type (
	jsonTool struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	jsonFile struct {
		Path        string   `json:"path"`
		Format      string   `json:"format,omitempty"`
		Consumers   []string `json:"consumers"`
		Connections int      `json:"connections"`
		ReadAs      *jsonAs  `json:"read_as,omitempty"`
	}
	// jsonAs are the versions that a file was read as. Source is a flag, a place in
	// a file of the project, Airflow's constraints, or "assumed" with a reason.
	jsonAs struct {
		Known        bool         `json:"known"`
		Airflow      jsonVersions `json:"airflow"`
		Provider     jsonVersions `json:"provider"`
		HTTPProvider jsonVersions `json:"http_provider"`
		Astro        jsonVersions `json:"astro"`
	}
	jsonVersions struct {
		Versions []string `json:"versions"`
		Source   string   `json:"source"`
	}
	jsonFinding struct {
		Rule        string        `json:"rule"`
		Name        string        `json:"name"`
		Variant     string        `json:"variant,omitempty"`
		Severity    string        `json:"severity"`
		Message     string        `json:"message"`
		Hint        string        `json:"hint,omitempty"`
		Path        string        `json:"path"`
		ConnID      string        `json:"conn_id,omitempty"`
		Field       string        `json:"field,omitempty"`
		Pointer     string        `json:"pointer,omitempty"`
		Fields      []string      `json:"fields,omitempty"`
		Location    Location      `json:"location"`
		Consumers   []string      `json:"consumers,omitempty"`
		Refuses     bool          `json:"refuses_document,omitempty"`
		Related     []jsonRelated `json:"related,omitempty"`
		Fingerprint string        `json:"fingerprint"`
		URL         string        `json:"url"`
	}
	jsonRelated struct {
		Message  string   `json:"message"`
		Path     string   `json:"path"`
		Location Location `json:"location"`
	}
	// jsonLive is a connection that dbt Cloud has taken. Jobs is absent where the
	// connection names no account; reaches are then the accounts of the token.
	jsonLive struct {
		Path      string   `json:"path"`
		ConnID    string   `json:"conn_id"`
		Host      string   `json:"host"`
		AccountID int64    `json:"account_id,omitempty"`
		Account   string   `json:"account,omitempty"`
		Plan      string   `json:"plan,omitempty"`
		Jobs      *int     `json:"jobs,omitempty"`
		Reaches   []string `json:"reaches,omitempty"`
	}
	jsonError struct {
		Path    string `json:"path"`
		Message string `json:"message"`
	}
	// Location is a range of a file; its end is exclusive.
	Location struct {
		Start Place `json:"start"`
		End   Place `json:"end"`
	}
	// Place is a byte offset from 0, with line and column (code points) from 1.
	Place struct {
		Offset int `json:"offset"`
		Line   int `json:"line"`
		Column int `json:"column"`
	}
)

// LocationOf is a span as programs are told of it.
func LocationOf(f *source.File, s source.Span) Location {
	place := func(off int) Place {
		p := f.Position(off)
		return Place{p.Offset, p.Line, p.Column}
	}
	return Location{place(s.Start), place(s.End)}
}

// writeJSON is for programs.
func writeJSON(w io.Writer, r *Run) error {
	s := newStream(w)
	s.open('{')
	s.key("schema_version").value(1)
	s.key("tool").value(jsonTool{"dbtconn-lint", r.Version})
	s.key("files").open('[')
	for i := range r.Results {
		if !r.Results[i].Beside {
			s.value(fileJSON(&r.Results[i]))
		}
	}
	s.close(']')
	s.key("findings").open('[')
	for res, f := range r.all() {
		s.value(toJSON(res, f))
	}
	s.close(']')
	s.key("live").open('[')
	for _, l := range r.Live {
		s.value(toLive(&l))
	}
	s.close(']')
	s.key("errors").open('[')
	for _, e := range r.Errors {
		s.value(jsonError(e))
	}
	s.close(']')
	s.key("summary").value(r.Summary())
	s.close('}')
	return s.flush()
}

// writeJSONLines is for programs that read line by line. The type of a line is
// finding, live, error or, of the last one, summary; its other members are those of JSON.
func writeJSONLines(w io.Writer, r *Run) error {
	s := newStream(w)
	for res, f := range r.all() {
		s.lineOf(struct {
			Type string `json:"type"`
			jsonFinding
		}{"finding", toJSON(res, f)})
	}
	for i := range r.Live {
		s.lineOf(struct {
			Type string `json:"type"`
			jsonLive
		}{"live", toLive(&r.Live[i])})
	}
	for _, e := range r.Errors {
		s.lineOf(struct {
			Type string `json:"type"`
			jsonError
		}{"error", jsonError(e)})
	}
	s.lineOf(struct {
		Type          string   `json:"type"`
		SchemaVersion int      `json:"schema_version"`
		Tool          jsonTool `json:"tool"`
		Summary
	}{"summary", 1, jsonTool{"dbtconn-lint", r.Version}, r.Summary()})
	return s.flush()
}

func toLive(l *Live) jsonLive {
	j := jsonLive{Path: l.Path, ConnID: l.ConnID, Host: l.Host, AccountID: l.AccountID, Account: l.Account, Plan: l.Plan, Reaches: l.Reaches}
	if l.Jobs >= 0 {
		j.Jobs = &l.Jobs
	}
	return j
}

func fileJSON(res *lint.Result) jsonFile {
	f := jsonFile{Path: res.Doc.File.Path, Format: res.Doc.Format.String(), Consumers: res.Consumers, Connections: res.Connections}
	if f.Consumers == nil {
		f.Consumers = []string{}
	}
	if t := &res.Targets; len(f.Consumers) > 0 && !res.Doc.Format.IsRecord() {
		f.ReadAs = &jsonAs{
			Known:        t.Known,
			Airflow:      jsonVersions{t.Airflows(), t.From.Airflow},
			Provider:     jsonVersions{t.Providers(), t.From.Provider},
			HTTPProvider: jsonVersions{t.HTTPProviders(), t.From.HTTPProvider},
			Astro:        jsonVersions{[]string{t.List[0].Astro.Name}, t.From.Astro},
		}
	}
	return f
}

func toJSON(res *lint.Result, f *lint.Finding) jsonFinding {
	file := res.Doc.File
	j := jsonFinding{
		Rule: f.Rule.ID, Name: f.Rule.Name, Variant: f.Variant, Severity: f.Level.String(), Message: f.Message, Hint: f.Hint, Path: file.Path,
		ConnID: f.ConnID, Field: f.Field.String(), Pointer: f.Pointer, Location: LocationOf(file, f.Span), Consumers: f.Consumers,
		Refuses: f.RefusesDocument, Fingerprint: f.Fingerprint, URL: f.Rule.URL(),
	}
	for _, field := range f.Fields {
		j.Fields = append(j.Fields, connection.Field.String(field))
	}
	for _, rel := range f.Related {
		j.Related = append(j.Related, jsonRelated{rel.Message, rel.In(file).Path, LocationOf(rel.In(file), rel.Span)})
	}
	return j
}
