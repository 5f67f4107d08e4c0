package report

import (
	"encoding/json"
	"io"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// The shapes of `-o json`, schema version 1: things are only ever added.
type (
	jsonRun struct {
		SchemaVersion int           `json:"schema_version"`
		Tool          jsonTool      `json:"tool"`
		Files         []jsonFile    `json:"files"`
		Findings      []jsonFinding `json:"findings"`
		Live          []jsonLive    `json:"live"`
		Errors        []jsonError   `json:"errors"`
		Summary       Summary       `json:"summary"`
	}
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
	out := jsonRun{
		SchemaVersion: 1, Tool: jsonTool{"dbtconn-lint", r.Version}, Summary: r.Summary(),
		Files: []jsonFile{}, Findings: []jsonFinding{}, Live: []jsonLive{}, Errors: []jsonError{},
	}
	for i := range r.Results {
		res := &r.Results[i]
		if !res.Beside {
			out.Files = append(out.Files, fileJSON(res))
		}
		for j := range res.Findings {
			out.Findings = append(out.Findings, toJSON(res, &res.Findings[j]))
		}
	}
	for _, l := range r.Live {
		j := jsonLive{Path: l.Path, ConnID: l.ConnID, Host: l.Host, AccountID: l.AccountID, Account: l.Account, Plan: l.Plan, Reaches: l.Reaches}
		if l.Jobs >= 0 {
			j.Jobs = &l.Jobs
		}
		out.Live = append(out.Live, j)
	}
	for _, e := range r.Errors {
		out.Errors = append(out.Errors, jsonError(e))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
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
		Refuses: f.RefusesDocument, Fingerprint: f.Fingerprint,
	}
	for _, field := range f.Fields {
		j.Fields = append(j.Fields, connection.Field.String(field))
	}
	for _, rel := range f.Related {
		j.Related = append(j.Related, jsonRelated{rel.Message, rel.In(file).Path, LocationOf(rel.In(file), rel.Span)})
	}
	return j
}
