package rules_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// FuzzRules writes a text where rules look closest: as a URI, for both readers of
// them, and as host, login, proxy and password of dbt Cloud connections. Whatever it
// is, places lie within the file, and no message shows a password.
func FuzzRules(f *testing.F) {
	for _, s := range []string{
		"", "%", "#", "@", "://", "a://", "a://[", "a://]:1", "a://::1", "a://u:p@h?x=1&x=2#%", "'a://b'", "a+b://c", "a:b@c", "http://https://h", "a://\xff@\uff03", "a://u:1/x@h:2",
		"a://h:${P}", "{{ x }}", "ab123.us1.dbt.com:443", "cloud.getdbt.com", "70403103916099", token, "dbtc_ab…", "Token x", "eyJ" + strings.Repeat("EXAMPLE", 5), "http://proxy:1", "socks5://p", "#x", "http://u:p[w@p:1",
	} {
		f.Add(s)
	}
	targets := resolve(f, asked())
	f.Fuzz(func(t *testing.T, s string) {
		quoted, err := json.Marshal(s)
		if err != nil {
			t.Skip()
		}
		q := string(quoted)
		files := []*source.File{
			{Path: "value", Data: s},
			{Path: "airflow_settings.yaml", Data: "airflow:\n  connections:\n    - conn_id: a\n      conn_uri: " + q + "\n"},
			{Path: "connections.json", Data: `{"h": {"conn_type": "dbt_cloud", "host": ` + q + `, "login": "70403103916099", "password": "` + token + `"},
"l": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": ` + q + `, "schema": ` + q + `, "password": "` + token + `", "extra": {"proxies": {"https": ` + q + `}}}}`},
			{Path: "mixed.json", Data: `{"m": {"conn_type": "postgres", "host": "db.example", "login": "etl", "uri": ` + q + `}}`},
			{Path: "other.json", Data: `{"p": {"conn_type": "dbt_cloud", "host": "cd456.eu1.dbt.com", "login": "12345", "password": ` + q + `}}`},
		}
		var results []lint.Result
		for i, file := range files {
			format := export.Unknown
			if i == 0 {
				format = export.AirflowValue
			}
			of, _ := withheld([]*source.File{file}, format, targets)
			for id, found := range of {
				t.Errorf("%s is not shown where it finds %s", id, found)
			}
			doc := export.Open(file, export.Options{Named: true, Format: format, IsType: conntype.Known})
			results = append(results, lint.Run(context.Background(), doc, lint.Options{Rules: rules.All(), Targets: targets}))
		}
		lint.Across(results)
		inside := func(at source.Span, file *source.File) bool {
			return at.Start >= 0 && at.Start <= at.End && at.End <= len(file.Data)
		}
		for i, res := range results {
			for _, found := range res.Findings {
				if !inside(found.Span, files[i]) {
					t.Errorf("%s stands at %v of %q", found.Rule.ID, found.Span, files[i].Data)
				}
				for _, rel := range found.Related {
					if rel.File != nil && !inside(rel.Span, rel.File) {
						t.Errorf("%s is related to %v of %q", found.Rule.ID, rel.Span, rel.File.Data)
					}
				}
				if i == len(files)-1 && len(s) > 12 && strings.Contains(found.Message+found.Hint, s) {
					t.Errorf("%s shows the password: %s", found.Rule.ID, found.Message)
				}
			}
		}
	})
}
