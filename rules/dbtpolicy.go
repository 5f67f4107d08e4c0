package rules

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// allowing is an example of a configuration that allows one account, with an export.
func allowing(host, account string) string {
	return "-- .dbtconn-lint.yaml --\nversion: 1\ndbt_cloud:\n  allowed_hosts: [\"*.us1.dbt.com\"]\n  account_ids: [12345]\n" +
		settings(typeLine, "conn_host: "+host, "conn_login: \""+account+"\"", tokenLine)
}

var hostNotAllowed = lint.Rule{
	ID: "DBT025", Name: "host-not-allowed", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "A tenant or an account that the configuration does not allow",
	Why: "The hook sends the token to whatever host stands there, and works in whatever account: production's connection in a test's export is one mistake away. " +
		"dbt_cloud.allowed_hosts and dbt_cloud.account_ids of the configuration say which ones are yours. An empty tenant is DBT010, an empty account id DBT020.",
	Remedy: "Write the tenant and account that is meant, or allow this one in .dbtconn-lint.yaml.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt, all versions (nothing checks the host); the user's own configuration.",
	Before: allowing("cd456.eu1.dbt.com", "12345"),
	After:  allowing("ab123.us1.dbt.com", "12345"),
	// Other than a policy (POL001), it also judges what a refused file would bring, as all
	// rules of its family do: one run shows everything.
	Check: func(p *lint.Pass) {
		if hosts := p.Declared.AllowedHosts; len(hosts) > 0 {
			eachHost(p, func(dbtcloud.Host) bool { return true }, func(v *lint.View, h dbtcloud.Host) {
				host := v.Host.Text.Peek()
				if h.Suggestion != "" {
					host = h.Suggestion // what is wrong with its form, another rule says
				} else if h.Problem == dbtcloud.HasScheme || h.Problem == dbtcloud.HasPath || h.Problem == dbtcloud.NotAHost {
					return
				}
				name, _, _ := strings.Cut(strings.ToLower(host), ":")
				if !slices.ContainsFunc(hosts, func(glob string) bool { return doublestar.MatchUnvalidated(strings.ToLower(glob), name) }) {
					v.ReportWhole(connection.Host, "tenant %s is none of dbt_cloud.allowed_hosts", v.ShowText(connection.Host, name)).Hint("allowed: " + strings.Join(hosts, ", "))
				}
			})
		}
		if accounts := p.Declared.Accounts; len(accounts) > 0 {
			p.Each(func(v *lint.View) {
				if unreadable(v) || !v.Login.Truthy() {
					return
				}
				id, failure := dbtcloud.AccountOf(v.Connection)
				if failure == nil && id != nil && !slices.Contains(accounts, id.String()) { // DBT021 where it is no number
					v.ReportWhole(connection.Login, "account id %s is none of dbt_cloud.account_ids", v.Show(connection.Login)).Hint("allowed: " + strings.Join(accounts, ", "))
				}
			})
		}
	},
}
