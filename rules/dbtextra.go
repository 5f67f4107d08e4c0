package rules

import (
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

var extraIgnored = lint.Rule{
	ID: "DBT030", Name: "extra-ignored", Level: lint.Warning, Since: since, Applies: lint.DbtConnection,
	Summary: "A key of extra that the hook does not read",
	Why:     "The hook reads proxies and nothing else from extra: account id, tenant, verify or timeout there have no effect, though an HTTP connection knows some of them.",
	Remedy:  "Account id is login, tenant is host, the token is password; drop the rest.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, 2.0 to 4.11 (get_conn is overridden); observed.",
	Before:  settings(typeLine, hostLine, tokenLine, "conn_extra:", "  account_id: 12345"),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) || v.ExtraObject().Kind != connection.Map {
				return
			}
			_, stray, _, _ := strayToken(v)
			var names []string
			var first *connection.Item
			for i := range v.ExtraObject().Items {
				item := &v.ExtraObject().Items[i]
				key := item.Key.Text.Peek()
				if key == "proxies" || key == stray && stray != "" || key == "example_extra_field" || item.Value.Kind == connection.Absent {
					continue
				}
				if first == nil {
					first = item
				}
				names = append(names, lint.Show(key))
			}
			if first == nil {
				return
			}
			const most = 5
			if len(names) > most {
				names = append(names[:most:most], "…")
			}
			key := first.Key.Text.Peek()
			d := p.Report(connection.Extra, first.Key.Span(), "%s in extra: the hook reads proxies and nothing else", strings.Join(names, ", ")).Pointer(key).Hint("remove")
			settings := p.Doc.Format == export.AstroSettings
			for _, name := range accountKeys {
				if strings.EqualFold(name, key) {
					d.Hint("move it to " + fieldKey(connection.Login, settings))
				}
			}
			switch strings.ToLower(key) {
			case "tenant", "host", "domain", "base_url", "url":
				d.Hint("move it to " + fieldKey(connection.Host, settings))
			}
		})
	},
}
