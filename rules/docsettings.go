package rules

import (
	"path"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

var missingAirflowKey = lint.Rule{
	ID: "DOC003", Name: "missing-airflow-key", Level: lint.Error, Since: since, Scope: lint.Document,
	Variants: []lint.Variant{{Name: "empty", Level: lint.Note, When: "the lists are empty: there is nothing to lose"}},
	Summary:  "Settings without the key airflow: above them",
	Why:      "The Astro CLI reads what stands under airflow: and nothing else. connections: at the top level is passed over without a word.",
	Remedy:   "Put airflow: above and indent the rest.",
	Source:   "astro-cli settings/types.go; observed (4 of 123 public files).",
	Before: `-- airflow_settings.yaml --
connections:
  - conn_id: warehouse
    conn_type: postgres
    conn_host: db.internal.example
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
`,
	Check: func(p *lint.Pass) {
		switch p.Doc.Shape {
		case export.EmptySections:
			p.Report(connection.NoField, p.Doc.ShapeAt, "this stands beside airflow:, not under it: the Astro CLI does not read it").Variant("empty")
		case export.MissingAirflow:
			p.Report(connection.NoField, p.Doc.ShapeAt, "this is not under airflow: the Astro CLI loads nothing of it").Hint("write airflow: above and indent the rest").Cause(lint.Own)
		}
	},
}

var fileNotRead = lint.Rule{
	ID: "DOC004", Name: "file-not-read", Level: lint.Warning, Since: since, Scope: lint.Document,
	Summary: "A file name that the Astro CLI never reads",
	Why:     "The CLI cuts the name at its first dot and puts .yaml behind it: airflow_settings.dev.yaml opens airflow_settings.yaml, and a .yml file is never read.",
	Remedy:  "Rename the file.",
	Source:  "astro-cli settings/settings.go, observed.",
	Before: `-- airflow_settings.yml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
`,
	Check: func(p *lint.Pass) {
		name := path.Base(p.Doc.File.Path)
		if p.Doc.Format != export.AstroSettings || name == "-" {
			return
		}
		stem, rest, _ := strings.Cut(name, ".")
		if rest == "yaml" {
			return
		}
		at := source.Span{}
		if len(p.Doc.Entries) > 0 {
			at = p.Doc.EntryPlace(0)
		}
		p.Report(connection.NoField, at, "the Astro CLI never reads a file of this name: it opens %s", lint.Show(stem+".yaml")).Hint("rename it to " + stem + ".yaml")
	},
}
