package rules_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// checkAll lints several files as one run.
func checkAll(t *testing.T, files ...*source.File) []lint.Result {
	t.Helper()
	var results []lint.Result
	for _, f := range files {
		doc := export.Open(f, export.Options{Named: true, IsType: conntype.Known})
		results = append(results, lint.Run(context.Background(), doc, lint.Options{Rules: rules.All(), Targets: resolve(t, asked())}))
	}
	lint.Across(results)
	return results
}

// TestAcross: what two files say is compared. The finding is the later one's, and
// names the place in the earlier.
func TestAcross(t *testing.T) {
	env := &source.File{Path: ".env", Data: "X=1\nAIRFLOW_CONN_A=dbt-cloud://12345:" + token + "@ab123.us1.dbt.com\n"}
	object := &source.File{Path: "connections.json", Data: `{"b": {"conn_type": "dbt_cloud", "host": "cd456.eu1.dbt.com", "login": "67890", "password": "` + token + `"},
"c": {"conn_type": "dbt_cloud", "host": "cd456.eu1.dbt.com", "login": "12345", "password": "` + token + `"}}`}
	show := func(results []lint.Result) string {
		var b strings.Builder
		for _, r := range results {
			for _, f := range r.Findings {
				fmt.Fprintf(&b, "%s %s %s %s %q", r.Doc.File.Path, f.Rule.ID, f.ConnID, f.Field, r.Doc.File.Data[f.Span.Start:f.Span.End])
				for _, rel := range f.Related {
					fmt.Fprintf(&b, " %s %q", rel.File.Path, rel.File.Data[rel.Span.Start:rel.Span.End])
				}
				fmt.Fprintf(&b, " %s\n", strings.Join(f.Consumers, " "))
			}
		}
		return b.String()
	}
	for _, c := range []struct {
		name  string
		files []*source.File
		want  string
	}{
		{"in order", []*source.File{env, object}, `connections.json DBT026 b login "67890" .env "12345" airflow@2.11 airflow@3.3 airflow-import@2.11 airflow-import@3.3
connections.json DBT027 c host "cd456.eu1.dbt.com" .env "ab123.us1.dbt.com" airflow@2.11 airflow@3.3 airflow-import@2.11 airflow-import@3.3
`},
		{"the other way", []*source.File{object, env}, `connections.json DBT026 c login "12345" connections.json "67890" airflow@2.11 airflow@3.3 airflow-import@2.11 airflow-import@3.3
.env DBT027 a host "ab123.us1.dbt.com" connections.json "cd456.eu1.dbt.com" airflow@2.11 airflow@3.3 airflow-sdk@3.3
`},
		{"alone", []*source.File{env}, ""},
		{"the same twice", []*source.File{env, {Path: "dev.env", Data: env.Data}}, ""},
	} {
		got := show(checkAll(t, c.files...))
		if got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
		if strings.Contains(got, token) {
			t.Errorf("%s: a token is shown", c.name)
		}
	}
}
