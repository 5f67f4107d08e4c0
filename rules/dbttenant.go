package rules

import (
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
)

// accessAddress tells where the right tenant stands.
const accessAddress = "write the access address of the account (Account settings in dbt)"

// adviseHost says what to write for a host: what was surely meant, or where it stands.
func adviseHost(d *lint.Draft, h dbtcloud.Host) {
	if h.Suggestion != "" {
		d.Write(h.Suggestion)
	} else {
		d.Hint(accessAddress)
	}
}

var tenantMissing = lint.Rule{
	ID: "DBT010", Name: "tenant-missing", Level: lint.Warning, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Summary: "No tenant",
	Why:     "Without a host the hook calls cloud.getdbt.com, which only old accounts in the United States may still use; for others it answers 401, as for a wrong token.",
	Remedy:  "Put the access address of the account (Account settings in dbt) into host, without https://.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt.DbtCloudHook._get_tenant_domain; observed.",
	Before:  settings(typeLine, loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) || v.Host.Truthy() || lost(v) || leftOut(p, &v.Host) || tenantElsewhere(p, v) {
				return
			}
			takesDefault := func(_ string, t consumer.Target) bool {
				return t.Provider.Profile.Tenant(v.Connection) == dbtcloud.DefaultHost
			}
			which := "only old accounts may still use"
			if hasCellAccount(v) {
				which = "likely does not have account " + v.Show(connection.Login) // DBT024 for a host that is written
			}
			v.Narrow(takesDefault, func(*lint.View) {
				p.Report(connection.Host, p.Place(), "no tenant: the hook calls %s, which %s", dbtcloud.DefaultHost, which).Hint(accessAddress)
			})
		})
	},
}

// ignoresSchema reports whether the provider of a target leaves schema alone.
func ignoresSchema(_ string, t consumer.Target) bool { return !t.Provider.Profile.TenantInSchema }

// tenantElsewhere reports whether another rule says where the tenant went.
func tenantElsewhere(p *lint.Pass, v *lint.View) bool {
	if schema := v.Schema.Text.Peek(); schema != "" && isTenant(schema) {
		return true // DBT013
	}
	if inExtra(v, connection.Host) {
		return true // DBT030
	}
	return isGiven(standIn(p, connection.Host)) // CON001
}

// isTenant reports whether a text is a host of dbt's, with or without a scheme.
func isTenant(s string) bool {
	h := dbtcloud.ParseHost(s)
	if h.Suggestion != "" {
		s = h.Suggestion
	}
	return dbtcloud.IsDbtDomain(s)
}

// checkHost reports the hosts that have one of the problems.
func checkHost(p *lint.Pass, report func(v *lint.View, h dbtcloud.Host), problems ...dbtcloud.HostProblem) {
	eachHost(p, func(h dbtcloud.Host) bool { return slices.Contains(problems, h.Problem) }, report)
}

// eachHost calls back with every tenant that is wanted and can be judged.
func eachHost(p *lint.Pass, wanted func(dbtcloud.Host) bool, f func(v *lint.View, h dbtcloud.Host)) {
	p.Each(func(v *lint.View) {
		text := v.Host.Text.Peek()
		if v.Host.Kind != connection.Text || text == "" || !wanted(v.Tenant()) || unreadable(v) || holdsDbtToken(text) {
			return // or DBT003
		}
		if i, j, _ := placeholder.Find(text); i < j {
			return // VAL009
		}
		if i, j := controlIn(connection.Host, &v.Host); i < j {
			return // VAL010
		}
		f(v, v.Tenant())
	})
}

var tenantHasScheme = lint.Rule{
	ID: "DBT011", Name: "tenant-has-scheme", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Summary: "The tenant carries a URL scheme",
	Why:     "The hook prepends https:// itself and would look up a host called https.",
	Remedy:  "Write the host alone.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt.DbtCloudHook.get_conn; observed with all versions from 2.3.1 on.",
	Before:  settings(typeLine, "conn_host: https://ab123.us1.dbt.com", loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			text := v.Host.Text.Peek()
			d := v.Report(connection.Host, h.Start, h.End, "tenant has a scheme: the hook would call https://%s", strings.Trim(v.ShowText(connection.Host, text), `"`)).Cause(lint.Scheme)
			if h.Suggestion == "" {
				d.Hint("remove")
			}
			writeHost(p, v, d, h)
		}, dbtcloud.HasScheme)
	},
}

// writeHost says which host to write for a pasted address, and where the account id
// in it belongs if that is missing.
func writeHost(p *lint.Pass, v *lint.View, d *lint.Draft, h dbtcloud.Host) {
	switch {
	case h.Suggestion != "" && h.AccountID != "" && !v.Login.Truthy():
		d.Hint("write: " + h.Suggestion + ", and the account id " + h.AccountID + " into " + into(p, v, connection.Login))
	case h.Suggestion != "":
		d.Write(h.Suggestion)
	}
}

var tenantHasPath = lint.Rule{
	ID: "DBT012", Name: "tenant-has-path", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Summary: "The tenant holds more than a host",
	Why: "The hook puts the text between https:// and /api/v2/: a path ends up in every address. With a trailing slash deferrable tasks always call //api/…, " +
		"others depending on the version of requests. ? and # make the Test button pass while every job fails.",
	Remedy: "Write the host alone.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt; observed with requests 2.31 to 2.34, aiohttp 3.8 to 3.14.",
	Before: settings(typeLine, "conn_host: ab123.us1.dbt.com/api/v2", loginLine, tokenLine),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			what, has := "it ends up in every address that the hook calls", h.Detail
			switch h.Detail {
			case "a query", "a fragment":
				what = "the Test button passes, every job fails"
			case "userinfo":
				what, has = "deferrable tasks fail", "a login before an @"
			}
			writeHost(p, v, v.Report(connection.Host, h.Start, h.End, "tenant has %s: %s", has, what), h)
		}, dbtcloud.HasPath)
	},
}

var tenantInSchema = lint.Rule{
	ID: "DBT013", Name: "tenant-in-schema", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.Unread,
	Variants: []lint.Variant{{Name: "beside", Level: lint.Warning, When: "beside a host, which the hook calls"}},
	Summary:  "The tenant stands in schema",
	Why:      "Provider 2.x read the tenant from schema; 3.0 and later read host only, and fall back to cloud.getdbt.com without it.",
	Remedy:   "Move it to host, in full: ab123.us1.dbt.com.",
	Source:   "airflow.providers.dbt.cloud.hooks.dbt, changelog 3.0.0; observed.",
	Before:   settings(typeLine, "conn_schema: ab123.us1.dbt.com", loginLine, tokenLine),
	After:    goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			schema := v.Schema.Text.Peek()
			if unreadable(v) || v.Schema.Kind != connection.Text || !isTenant(schema) {
				return
			}
			v.Narrow(ignoresSchema, func(v *lint.View) {
				d := v.ReportWhole(connection.Schema, "the tenant is in schema: the hook of provider 3.0 and later reads host only").Cause(lint.Misplaced)
				if v.Host.Truthy() {
					d.Variant("beside").Hint("remove; host has a value of its own")
				} else {
					d.Hint("move it to " + into(p, v, connection.Host))
				}
			})
		})
	},
}

var tenantNotAPIHost = lint.Rule{
	ID: "DBT014", Name: "tenant-not-api-host", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Summary: "The tenant is another of dbt's hosts",
	Why:     "Jobs are run by the admin API, which answers at the account's access address. The Discovery API, the Semantic Layer, the login pages and the web sites are other hosts.",
	Remedy:  "Write the access address of the account.",
	Source:  "dbt's documentation, access-regions-ip-addresses (2026).",
	Before:  settings(typeLine, "conn_host: ab123.metadata.us1.dbt.com", loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			d := v.Report(connection.Host, h.Start, h.End, "tenant %s is %s, not the API that the hook calls", v.Show(connection.Host), h.Detail)
			adviseHost(d, h)
		}, dbtcloud.NotTheAPI)
	},
}

var tenantRetiredDomain = lint.Rule{
	ID: "DBT015", Name: "tenant-retired-domain", Level: lint.Warning, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Variants: []lint.Variant{{Name: "single-tenant", Level: lint.Note, When: "a single tenant's host below getdbt.com"}},
	Summary:  "The tenant is one of the old hosts",
	Why: "dbt announced the end of the getdbt.com addresses for 2026-11-01; whether it came is not established. Accounts have addresses of their own (ab123.us1.dbt.com), " +
		"whose first part nobody can derive.",
	Remedy: "Take the access address from Account settings in dbt.",
	Source: "dbt's documentation, account-url-migration (2026).",
	Before: settings(typeLine, "conn_host: cloud.getdbt.com", loginLine, tokenLine),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			if h.Problem == dbtcloud.Retired && hasCellAccount(v) {
				return // DBT024
			}
			if h.Problem == dbtcloud.SingleTenant {
				v.Report(connection.Host, h.Start, h.End, "%s is below getdbt.com, whose addresses dbt replaces in 2026", v.Show(connection.Host)).Variant("single-tenant").Hint(accessAddress)
				return
			}
			v.Report(connection.Host, h.Start, h.End, "%s is an old address; its end was announced for 2026-11-01", v.Show(connection.Host)).Hint(accessAddress)
		}, dbtcloud.Retired, dbtcloud.SingleTenant)
	},
}

var tenantInvalid = lint.Rule{
	ID: "DBT016", Name: "tenant-invalid", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Variants: []lint.Variant{{Name: "address", Level: lint.Warning, When: "an IP address"}},
	Summary:  "The tenant is no host name",
	Why:      "The hook does not check the host: a blank, an underscore, an empty label or a single word end in a failed name lookup, hours later.",
	Remedy:   "Write the host in full: ab123.us1.dbt.com.",
	Source:   "RFC 1123; observed with requests, urllib3 and aiohttp.",
	Before:   settings(typeLine, `conn_host: "ab123.us1.dbt.com "`, loginLine, tokenLine),
	After:    goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			switch h.Problem {
			case dbtcloud.HasBlank:
				if h.Suggestion == "" {
					v.Report(connection.Host, h.Start, h.End, "the tenant is a blank and nothing else: the hook calls that, and no name is found").Cause(lint.Whitespace).Hint(accessAddress)
					return
				}
				v.Report(connection.Host, h.Start, h.End, "a blank at an end of the tenant is kept: the name is not found").Cause(lint.Whitespace).Hint("remove")
			case dbtcloud.IsAddress:
				v.Report(connection.Host, h.Start, h.End, "tenant is an IP address: no certificate of dbt Cloud has it").Variant("address").Hint(accessAddress)
			case dbtcloud.SingleLabel:
				v.Report(connection.Host, h.Start, h.End, "tenant %s is a single word: provider 3.0 and later want the whole host", v.Show(connection.Host)).Hint("write the whole host, such as ab123.us1.dbt.com")
			default:
				v.Report(connection.Host, h.Start, h.End, "tenant is no host name: it has %s", h.Detail).Hint("write the whole host, such as ab123.us1.dbt.com")
			}
		}, dbtcloud.HasBlank, dbtcloud.NotAHost, dbtcloud.IsAddress, dbtcloud.SingleLabel)
	},
}

var tenantPrefixMismatch = lint.Rule{
	ID: "DBT017", Name: "tenant-prefix-mismatch", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Summary: "An account prefix in front of a host that has none",
	Why:     "The old hosts have no account prefixes: the certificate does not cover such a name, and the connection fails. A prefix belongs before a region: ab123.us1.dbt.com.",
	Remedy:  "Take the access address from Account settings in dbt.",
	Source:  "dbt-labs/dbt-mcp#166; observed (certificate mismatch).",
	Before:  settings(typeLine, "conn_host: ab123.cloud.getdbt.com", loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			v.Report(connection.Host, h.Start, h.End, "%s has no account prefixes: its certificate does not cover %s", h.Detail, v.Show(connection.Host)).
				Hint("a prefix belongs before a region: PREFIX.us1.dbt.com")
		}, dbtcloud.PrefixOnOld)
	},
}

var tenantTypo = lint.Rule{
	ID: "DBT018", Name: "tenant-typo", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Summary: "The tenant misses a known host by a letter or two",
	Why:     "No such host exists, or it is somebody else's, who then gets the token.",
	Remedy:  "Take the access address from Account settings in dbt.",
	Source:  "dbt's documentation, access-regions-ip-addresses (2026).",
	Before:  settings(typeLine, "conn_host: us1.ab123.dbt.com", loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			what := "is no host of dbt Cloud, but nearly one"
			if h.Detail != "" {
				what = "is no host of dbt Cloud: " + h.Detail
			}
			d := v.Report(connection.Host, h.Start, h.End, "tenant %s %s", v.Show(connection.Host), what)
			adviseHost(d, h)
		}, dbtcloud.Mistyped)
	},
}

var tenantHasPort = lint.Rule{
	ID: "DBT019", Name: "tenant-has-port", Level: lint.Warning, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant | lint.Unread,
	Variants: []lint.Variant{{Name: "gateway", Level: lint.Note, When: "a port behind a host that is not dbt's"}},
	Summary:  "A port for the tenant",
	Why: "dbt Cloud answers at the port of https, 443. A port behind the host is what the hook calls; the field port is read by no version of the provider, " +
		"so another port there has no effect.",
	Remedy: "Remove the port.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt, 2.0 to 4.11; observed.",
	Before: settings(typeLine, "conn_host: ab123.us1.dbt.com:8443", loginLine, tokenLine),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) {
				return
			}
			if n, ok := portField(v); ok && n != httpsPort {
				v.ReportWhole(connection.Port, "port %d has no effect: the hook does not read it", n).Hint("remove; a port that is wanted stands behind the host")
			}
		})
		eachHost(p, func(h dbtcloud.Host) bool { return h.Port != "" }, func(v *lint.View, h dbtcloud.Host) {
			text := v.Host.Text.Peek()
			d := v.Report(connection.Host, h.PortAt-1, len(text), "tenant has a port, and the hook calls that one").Hint("remove")
			if !dbtcloud.IsDbtDomain(text[:h.PortAt-1]) {
				d.Variant("gateway").Hint("nothing to do where it is a gateway's")
			}
		})
	},
}

const httpsPort = 443

// portField is the port that a field of its own has.
func portField(v *lint.View) (int64, bool) {
	switch v.Port.Kind {
	case connection.Int, connection.Text:
		if n, ok := python.Int(v.Port.Text.Peek()); ok && n.Sign() > 0 && n.BitLen() <= 16 {
			return n.Int64(), true
		}
	}
	return 0, false
}

var tenantForeign = lint.Rule{
	ID: "DBT028", Name: "tenant-foreign", Level: lint.Note, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Variants: []lint.Variant{{Name: "service", Level: lint.Warning, When: "the host of another service that we know"}},
	Summary:  "The tenant is no host of dbt Cloud",
	Why:      "No version of the provider checks the host: the token is sent to whatever stands there. Gateways in front of dbt Cloud exist; a warehouse's host is a mistake.",
	Remedy:   "Write the access address of the account, unless the host is a gateway of yours.",
	Source:   "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before:   settings(typeLine, "conn_host: acme.eu-west-1.snowflakecomputing.com", loginLine, tokenLine),
	After:    goodExample,
	Check: func(p *lint.Pass) {
		if len(p.Declared.AllowedHosts) > 0 {
			return // the configuration says which hosts are right: DBT025
		}
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			name, _, _ := strings.Cut(v.Host.Text.Peek(), ":")
			if what := dbtcloud.OtherService(name); what != "" {
				v.Report(connection.Host, h.Start, h.End, "%s is a host of %s, which gets the token", v.ShowText(connection.Host, name), what).Variant("service").
					Hint(accessAddress)
				return
			}
			v.Report(connection.Host, h.Start, h.End, "%s is no host of dbt Cloud, and gets the token", v.ShowText(connection.Host, name)).Hint("nothing to do where it is a gateway of yours")
		}, dbtcloud.Foreign)
	},
}

var portIgnored = lint.Rule{
	ID: "DBT033", Name: "port-ignored", Level: lint.Note, Since: since, Applies: lint.DbtConnection, Needs: lint.Unread,
	Summary: "The port of https, in a field that is not read",
	Why:     "No version of the provider reads port: it is always https, whose port is 443 anyway.",
	Remedy:  "Leave the port empty.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, 2.0 to 4.11; observed.",
	Before:  settings(typeLine, hostLine, loginLine, tokenLine, "conn_port: 443"),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if n, ok := portField(v); ok && n == httpsPort && !unreadable(v) {
				v.ReportWhole(connection.Port, "port 443 has no effect: the hook does not read it").Hint("remove")
			}
		})
	},
}

var schemaIgnored = lint.Rule{
	ID: "DBT034", Name: "schema-ignored", Level: lint.Note, Since: since, Applies: lint.DbtConnection, Needs: lint.Unread,
	Summary: "A schema, which the hook does not read",
	Why:     "Provider 2.x took the first label of the tenant from schema; 3.0 and later do not look at it. Other types of connections keep http or a database there.",
	Remedy:  "Leave schema empty.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, changelog 3.0.0; observed.",
	Before:  settings(typeLine, hostLine, "conn_schema: https", loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			schema := v.Schema.Text.Peek()
			if unreadable(v) || !v.Schema.IsText() || isTenant(schema) || holdsDbtToken(schema) {
				return // DBT013, DBT003
			}
			if i, j, _ := placeholder.Find(schema); i < j {
				return // VAL009
			}
			v.Narrow(ignoresSchema, func(v *lint.View) {
				v.ReportWhole(connection.Schema, "schema %s has no effect: the hook does not read it", v.Show(connection.Schema)).Hint("remove")
			})
		})
	},
}
