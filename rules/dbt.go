package rules

import (
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

var dbt = []*lint.Rule{
	&wrongConnType, &missingToken, &tokenMisplaced, &tokenWithPrefix, &tokenNotSendable,
	&tenantMissing, &tenantHasScheme, &tenantHasPath, &tenantInSchema, &tenantNotAPIHost, &tenantRetiredDomain, &tenantInvalid, &tenantPrefixMismatch, &tenantTypo,
	&accountIDMissing, &accountIDNotNumeric, &accountIDOdd, &tokenAndAccountSwapped, &extraIgnored,
}

// The examples of this family differ in one line each.
const exampleToken = "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01"

// settings is an example export with one dbt Cloud connection made of these lines.
func settings(lines ...string) string {
	return "-- airflow_settings.yaml --\nairflow:\n  connections:\n    - conn_id: dbt_cloud_default\n      " + strings.Join(lines, "\n      ") + "\n"
}

const (
	typeLine  = "conn_type: dbt_cloud"
	hostLine  = "conn_host: ab123.us1.dbt.com"
	loginLine = `conn_login: "12345"`
	tokenLine = "conn_password: " + exampleToken
)

// goodExample is the connection that all of the family are content with.
var goodExample = settings(typeLine, hostLine, loginLine, tokenLine)

// unreadable reports whether the entry's URI is not read as it was meant: then its
// parts are in the wrong fields, and a URI rule says why.
func unreadable(v *lint.View) bool { return misread(v) }

var wrongConnType = lint.Rule{
	ID: "DBT001", Name: "wrong-conn-type", Level: lint.Warning, Since: since, Applies: lint.DbtRelated,
	Variants: []lint.Variant{{Name: "http", Level: lint.Note, When: "an http connection with a dbt host and no token: legal for HTTP operators"}},
	Summary:  "The type of a dbt Cloud connection is not dbt_cloud",
	Why: "Operators and sensors name their hook and run all the same. get_hook(), the Test button and the connection form go by the type: " +
		"they fail, or pick another hook. Testing an http connection sends account id and token in clear text.",
	Remedy: "Write dbt_cloud.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt, all versions; airflow.models.connection.get_hook; observed.",
	Before: settings("conn_type: dbt Cloud", hostLine, loginLine, tokenLine),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			t := v.Type.Text.Peek()
			if unreadable(v) || t == dbtcloud.ConnType || v.Failure != nil && v.Failure.Reason == connection.InvalidURI {
				return
			}
			const fails = "get_hook(), the Test button and the form do not find the dbt Cloud hook; operators run"
			switch _, known := conntype.Lookup(t); {
			case v.Type.Kind == connection.Absent || t == "":
				return // CON004
			case strings.TrimSpace(t) == dbtcloud.ConnType && t != dbtcloud.ConnType:
				return // VAL008
			case t == "http" && !hasDbtToken(v):
				v.ReportWhole(connection.Type, "an http connection to dbt Cloud: right for HTTP operators, not for the dbt Cloud ones").Cause(lint.TypeName).Variant("http")
			case t == "http":
				v.ReportWhole(connection.Type, "type http for a dbt Cloud connection: the Test button would send account id and token in clear text").
					Cause(lint.TypeName).Write(dbtcloud.ConnType)
			case known && !dbtcloud.IsTypeSpelling(t):
				v.ReportWhole(connection.Type, "type %s for a dbt Cloud connection: get_hook() and the Test button pick another hook", v.Show(connection.Type)).
					Cause(lint.TypeName).Write(dbtcloud.ConnType)
			default:
				v.ReportWhole(connection.Type, "%s is no connection type: %s", v.Show(connection.Type), fails).Cause(lint.TypeName).Write(typeAsWritten(v))
			}
		})
	},
}

// typeAsWritten is dbt_cloud as this place takes it: a scheme has a hyphen.
func typeAsWritten(v *lint.View) string {
	if v.URI.IsText() {
		return "dbt-cloud"
	}
	return dbtcloud.ConnType
}

// hasDbtToken reports whether a field holds a token of dbt Cloud's shape.
func hasDbtToken(v *lint.View) bool {
	for _, f := range [...]connection.Field{connection.Password, connection.Login, connection.Extra} {
		for _, t := range secret.FindTokens(v.Field(f).Text.Peek()) {
			if t.Kind.IsDbt() {
				return true
			}
		}
	}
	return false
}

var missingToken = lint.Rule{
	ID: "DBT002", Name: "missing-token", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "No API token",
	Why:     "The hook reads the token from password and fails without one: \"An API token is required to connect to dbt Cloud.\"",
	Remedy:  "Put a service token into password.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt.DbtCloudHook.connection, all versions; observed.",
	Before:  settings(typeLine, hostLine, loginLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		if p.Doc.Format.IsRecord() {
			return // a record need not carry passwords
		}
		p.Each(func(v *lint.View) {
			if unreadable(v) || v.Password.Truthy() || lost(v) {
				return
			}
			if _, _, _, misplaced := strayToken(v); misplaced || isGiven(standIn(p, connection.Password)) {
				return // DBT003, CON001
			}
			p.Report(connection.Password, p.Place(), `no API token: the hook fails with "An API token is required to connect to dbt Cloud."`).Cause(lint.Missing)
		})
	},
}

// leftOut reports whether a record does not tell of a field: then nothing follows
// from its absence. A null is told.
func leftOut(p *lint.Pass, value *connection.Value) bool {
	return p.Doc.Format.IsRecord() && value.Place == (source.Span{})
}

// lost reports whether the consumer could not make a connection at all, so that
// what is absent from it says nothing.
func lost(v *lint.View) bool {
	if v.Failure == nil {
		return false
	}
	switch v.Failure.Reason {
	case connection.InvalidURI, connection.BadSyntax, connection.MixedURI, connection.BadValueType, connection.ManyValues:
		return true
	}
	return false
}

// standIn is the value of a key that means a field but is none, for which CON001
// speaks: api_token for password. Absent where there is no such key; a null only
// where there is nothing else.
func standIn(p *lint.Pass, f connection.Field) syntax.Node {
	var found syntax.Node
	for k, v := range object(p).Members() {
		if k.Kind() != syntax.String {
			continue
		}
		if name := k.Text().String(); !isField(p.Doc.Format, name) && meantField(name, true) == f {
			if v.Kind() != syntax.Null {
				return v
			}
			found = v
		}
	}
	return found
}

// isGiven reports whether a node is there and not null.
func isGiven(n syntax.Node) bool { return !n.IsZero() && n.Kind() != syntax.Null }

// tokenKeys are keys of extra under which people put the token.
var tokenKeys = [...]string{"token", "api_token", "api_key", "apikey", "access_token", "service_token", "dbt_cloud_token", "password"}

// strayToken finds a token in a field that the hook does not read it from: the
// field, the value's place in the extra, and the value.
func strayToken(v *lint.View) (f connection.Field, key string, value *connection.Value, ok bool) {
	for _, f := range [...]connection.Field{connection.Login, connection.Host, connection.Schema} {
		value := v.Field(f)
		for _, t := range secret.FindTokens(value.Text.Peek()) {
			if t.Kind.IsDbt() {
				return f, "", value, true
			}
		}
	}
	for i := range v.ExtraObject().Items {
		item := &v.ExtraObject().Items[i]
		k := item.Key.Text.Peek()
		if item.Value.Kind != connection.Text || item.Value.Text.Len() == 0 {
			continue
		}
		if secret.Classify(item.Value.Text.Peek()).IsDbt() {
			return connection.Extra, k, &item.Value, true
		}
		for _, name := range tokenKeys {
			if strings.EqualFold(k, name) {
				return connection.Extra, k, &item.Value, true
			}
		}
	}
	return connection.NoField, "", nil, false
}

var tokenMisplaced = lint.Rule{
	ID: "DBT003", Name: "token-misplaced", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The API token stands in a field that the hook does not read it from",
	Why:     "The hook reads the token from password and nowhere else. Login, host and schema are neither encrypted nor masked.",
	Remedy:  "Move the token to password.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before:  settings(typeLine, hostLine, loginLine, "conn_extra:", "  api_token: "+exampleToken),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) || swapped(v) {
				return
			}
			f, key, value, ok := strayToken(v)
			if !ok {
				return
			}
			d := p.Report(f, value.Span(), "an API token in %s: the hook reads it from password only", f).Cause(lint.Misplaced)
			if key != "" {
				d.Pointer(key)
			}
			if v.Password.Truthy() {
				d.Hint("remove; password has a value of its own")
			} else {
				d.Hint("move it to " + fieldKey(connection.Password, p.Doc.Format == export.AstroSettings))
			}
		})
	},
}

var tokenWithPrefix = lint.Rule{
	ID: "DBT004", Name: "token-with-prefix", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The API token begins with Token or Bearer",
	Why:     "The hook puts \"Token \" in front of the password; the server then sees it twice and answers 401.",
	Remedy:  "Remove the word.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt.TokenAuth, all versions; observed.",
	Before:  settings(typeLine, hostLine, loginLine, "conn_password: Token "+exampleToken),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			token := v.Password.Text.Peek()
			for _, word := range [...]string{"Token", "Bearer"} {
				if len(token) > len(word)+1 && strings.EqualFold(token[:len(word)], word) && token[len(word)] == ' ' {
					v.Report(connection.Password, 0, len(word)+1, `the hook adds "Token " itself and would send "Token %s ***"`, word).Hint("remove")
				}
			}
		})
	},
}

var tokenNotSendable = lint.Rule{
	ID: "DBT005", Name: "token-not-sendable", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Variants: []lint.Variant{{Name: "blank", Level: lint.Warning, When: "blanks at an end: they are sent as they are"}},
	Summary:  "The API token holds a character that no request header can",
	Why:      "A line break or a character outside Latin-1 makes the request fail before it is sent, and Airflow prints the token in the error. A block scalar (|) ends with a line break.",
	Remedy:   "Remove the character; write |- instead of |.",
	Source:   "http.client, aiohttp; observed with all provider versions.",
	Before:   settings(typeLine, hostLine, loginLine, "conn_password: |", "  "+exampleToken),
	After:    settings(typeLine, hostLine, loginLine, "conn_password: |-", "  "+exampleToken),
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			token := v.Password.Text.Peek()
			if v.Password.Kind != connection.Text {
				return
			}
			for i, r := range token {
				switch {
				case r == '\n' || r == '\r':
					d := v.Report(connection.Password, i, i+1, "a line break in the token: the request fails, and the error shows the token").Cause(lint.Whitespace).Hint("remove")
					if strings.TrimRight(token, "\r\n") == token[:i] {
						d.Hint("remove; a block scalar ends without a line break when it is written |-")
					}
					return
				case r < 0x20 && r != '\t' || r == 0x7F:
					v.Report(connection.Password, i, i+1, "a control character (U+%04X) in the token", r).Cause(lint.Control).Hint("remove")
					return
				case r > 0xFF:
					_, width := utf8.DecodeRuneInString(token[i:])
					v.Report(connection.Password, i, i+width, "a character (U+%04X) in the token that a request header cannot hold: the request fails", r).Cause(lint.Control).Hint("remove")
					return
				}
			}
			if i, j, where := blanks(token); where != "" {
				v.Report(connection.Password, i, j, "the token %s with a blank, which is sent with it", where).Cause(lint.Whitespace).Variant("blank").Hint("remove")
			}
		})
	},
}

var tenantMissing = lint.Rule{
	ID: "DBT010", Name: "tenant-missing", Level: lint.Warning, Since: since, Applies: lint.DbtConnection,
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
			for _, provider := range v.Providers() {
				if provider.Profile.Tenant(v.Connection) == dbtcloud.DefaultHost {
					p.Report(connection.Host, p.Place(), "no tenant: the hook calls %s, which only old accounts may still use", dbtcloud.DefaultHost).Cause(lint.Missing)
					return
				}
			}
		})
	},
}

// tenantElsewhere reports whether another rule says where the tenant went.
func tenantElsewhere(p *lint.Pass, v *lint.View) bool {
	if schema := v.Schema.Text.Peek(); schema != "" && isTenant(schema) {
		return true // DBT013
	}
	for _, key := range [...]string{"tenant", "host", "domain", "base_url", "url"} {
		if v.ExtraObject().Get(key).Truthy() {
			return true // DBT030
		}
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
	p.Each(func(v *lint.View) {
		text := v.Host.Text.Peek()
		if v.Host.Kind != connection.Text || text == "" || unreadable(v) {
			return
		}
		if i, j, _ := placeholder(text); i < j {
			return // VAL009
		}
		if i, j := controlIn(connection.Host, &v.Host); i < j {
			return // VAL010
		}
		h := v.Tenant()
		for _, problem := range problems {
			if h.Problem == problem {
				report(v, h)
			}
		}
	})
}

var tenantHasScheme = lint.Rule{
	ID: "DBT011", Name: "tenant-has-scheme", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
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
			if h.Suggestion != "" {
				d.Write(h.Suggestion)
			} else {
				d.Hint("remove")
			}
		}, dbtcloud.HasScheme)
	},
}

var tenantHasPath = lint.Rule{
	ID: "DBT012", Name: "tenant-has-path", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The tenant holds more than a host",
	Why: "The hook puts the text between https:// and /api/v2/: a path ends up in every address. With a trailing slash deferrable tasks always call //api/…, " +
		"others depending on the version of requests. ? and # make the Test button pass while every job fails.",
	Remedy: "Write the host alone.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt; observed with requests 2.31 to 2.34, aiohttp 3.8 to 3.14.",
	Before: settings(typeLine, "conn_host: ab123.us1.dbt.com/api/v2", loginLine, tokenLine),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			what := "it ends up in every address that the hook calls"
			switch h.Detail {
			case "a query", "a fragment":
				what = "the Test button passes, every job fails"
			case "userinfo":
				what = "deferrable tasks fail"
			}
			d := v.Report(connection.Host, h.Start, h.End, "tenant has %s: %s", h.Detail, what)
			switch {
			case h.Suggestion != "" && h.AccountID != "" && !v.Login.Truthy():
				d.Hint("write: " + h.Suggestion + ", and the account id " + h.AccountID + " into login")
			case h.Suggestion != "":
				d.Write(h.Suggestion)
			}
		}, dbtcloud.HasPath)
	},
}

var tenantInSchema = lint.Rule{
	ID: "DBT013", Name: "tenant-in-schema", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The tenant stands in schema",
	Why:     "Provider 2.x read the tenant from schema; 3.0 and later read host only, and fall back to cloud.getdbt.com without it.",
	Remedy:  "Move it to host, in full: ab123.us1.dbt.com.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, changelog 3.0.0; observed.",
	Before:  settings(typeLine, "conn_schema: ab123.us1.dbt.com", loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			schema := v.Schema.Text.Peek()
			if unreadable(v) || v.Schema.Kind != connection.Text || !isTenant(schema) {
				return
			}
			for _, provider := range v.Providers() {
				if provider.Profile.TenantInSchema {
					continue
				}
				d := v.ReportWhole(connection.Schema, "the tenant is in schema: the hook of provider 3.0 and later reads host only").Cause(lint.Misplaced)
				if v.Host.Truthy() {
					d.Hint("remove; host has a value of its own")
				} else {
					d.Hint("move it to " + fieldKey(connection.Host, p.Doc.Format == export.AstroSettings))
				}
				return
			}
		})
	},
}

var tenantNotAPIHost = lint.Rule{
	ID: "DBT014", Name: "tenant-not-api-host", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The tenant is another of dbt's hosts",
	Why:     "Jobs are run by the admin API, which answers at the account's access address. The Discovery API, the Semantic Layer, the login pages and the web sites are other hosts.",
	Remedy:  "Write the access address of the account.",
	Source:  "dbt's documentation, access-regions-ip-addresses (2026).",
	Before:  settings(typeLine, "conn_host: ab123.metadata.us1.dbt.com", loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			d := v.Report(connection.Host, h.Start, h.End, "%s is %s, not the API", v.Show(connection.Host), h.Detail)
			if h.Suggestion != "" {
				d.Write(h.Suggestion)
			} else {
				d.Hint("write the access address of the account (Account settings in dbt)")
			}
		}, dbtcloud.NotTheAPI)
	},
}

var tenantRetiredDomain = lint.Rule{
	ID: "DBT015", Name: "tenant-retired-domain", Level: lint.Warning, Since: since, Applies: lint.DbtConnection,
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
			const hint = "write the access address of the account (Account settings in dbt)"
			if h.Problem == dbtcloud.SingleTenant {
				v.Report(connection.Host, h.Start, h.End, "%s is below getdbt.com, whose addresses dbt replaces in 2026", v.Show(connection.Host)).Variant("single-tenant").Hint(hint)
				return
			}
			v.Report(connection.Host, h.Start, h.End, "%s is an old address; its end was announced for 2026-11-01", v.Show(connection.Host)).Hint(hint)
		}, dbtcloud.Retired, dbtcloud.SingleTenant)
	},
}

var tenantInvalid = lint.Rule{
	ID: "DBT016", Name: "tenant-invalid", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
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
				v.Report(connection.Host, h.Start, h.End, "a blank at an end of the tenant is kept: the name is not found").Cause(lint.Whitespace).Hint("remove")
			case dbtcloud.IsAddress:
				v.Report(connection.Host, h.Start, h.End, "tenant is an IP address: no certificate of dbt Cloud has it").Variant("address")
			case dbtcloud.SingleLabel:
				v.Report(connection.Host, h.Start, h.End, "tenant %s is a single word: provider 3.0 and later want the whole host", v.Show(connection.Host)).Hint("write the whole host, such as ab123.us1.dbt.com")
			default:
				v.Report(connection.Host, h.Start, h.End, "tenant is no host name: %s", h.Detail)
			}
		}, dbtcloud.HasBlank, dbtcloud.NotAHost, dbtcloud.IsAddress, dbtcloud.SingleLabel)
	},
}

var tenantPrefixMismatch = lint.Rule{
	ID: "DBT017", Name: "tenant-prefix-mismatch", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
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
	ID: "DBT018", Name: "tenant-typo", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The tenant misses a known host by a letter or two",
	Why:     "No such host exists, or it is somebody else's, who then gets the token.",
	Remedy:  "Take the access address from Account settings in dbt.",
	Source:  "dbt's documentation, access-regions-ip-addresses (2026).",
	Before:  settings(typeLine, "conn_host: us1.ab123.dbt.com", loginLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			what := "is near to a host of dbt Cloud, but none"
			if h.Detail != "" {
				what = "is no host of dbt Cloud: " + h.Detail
			}
			d := v.Report(connection.Host, h.Start, h.End, "%s %s", v.Show(connection.Host), what)
			if h.Suggestion != "" {
				d.Write(h.Suggestion)
			} else {
				d.Hint("write the access address of the account (Account settings in dbt)")
			}
		}, dbtcloud.Mistyped)
	},
}

var accountIDMissing = lint.Rule{
	ID: "DBT020", Name: "account-id-missing", Level: lint.Note, Since: since, Applies: lint.DbtConnection,
	Summary: "No account id",
	Why:     "That is legal: every operator and sensor must then pass account_id, or fails with \"Could not determine the dbt Cloud account.\"",
	Remedy:  "Put the account id into login.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt (fallback_to_default_account), all versions.",
	Before:  settings(typeLine, hostLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) || v.Login.Truthy() || lost(v) || leftOut(p, &v.Login) {
				return
			}
			for _, key := range accountKeys {
				if v.ExtraObject().Get(key).Truthy() {
					return // DBT030
				}
			}
			if !standIn(p, connection.Login).IsZero() {
				return // CON001
			}
			p.Report(connection.Login, p.Place(), "no account id: every task must pass account_id itself").Cause(lint.Missing)
		})
	},
}

var accountKeys = [...]string{"account_id", "account", "accountId", "accountid"}

var accountIDNotNumeric = lint.Rule{
	ID: "DBT021", Name: "account-id-not-numeric", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The account id is no number",
	Why:     "The hook passes login to int(): an address, a name or a number with commas fails with \"invalid literal for int() with base 10\", which quotes the text.",
	Remedy:  "Write the digits alone.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before:  settings(typeLine, hostLine, "conn_login: https://ab123.us1.dbt.com/settings/accounts/12345", tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			login := v.Login.Text.Peek()
			if unreadable(v) || v.Login.Kind != connection.Text || login == "" || swapped(v) {
				return
			}
			if i, j, _ := placeholder(login); i < j {
				return // VAL009
			}
			if i, j := controlIn(connection.Login, &v.Login); i < j {
				return // VAL010
			}
			if _, ok := python.Int(login); ok {
				return
			}
			if len(secret.FindTokens(login)) > 0 {
				return // DBT003
			}
			d := v.ReportWhole(connection.Login, "account id %s is no number: int() fails in every task", v.Show(connection.Login))
			if id := dbtcloud.AccountInAddress(login); id != "" {
				d.Write(id)
			} else if id := strings.NewReplacer(",", "", ".", "", " ", "", "#", "", "/", "").Replace(login); isDigits(id) {
				d.Write(id)
			}
		})
	},
}

var accountIDOdd = lint.Rule{
	ID: "DBT022", Name: "account-id-odd", Level: lint.Warning, Since: since, Applies: lint.DbtConnection,
	Summary: "The account id is accepted by int() but hardly meant so",
	Why:     "int() drops blanks, underscores, a plus sign and leading zeros, and takes digits of every script; a negative number or zero is no account.",
	Remedy:  "Write the digits alone.",
	Source:  "Python's int(); airflow.providers.dbt.cloud.hooks.dbt; observed.",
	Before:  settings(typeLine, hostLine, `conn_login: "012345"`, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			login := v.Login.Text.Peek()
			if unreadable(v) || v.Login.Kind != connection.Text {
				return
			}
			n, ok := python.Int(login)
			if !ok {
				return
			}
			odd := dbtcloud.OddAccount(login, n)
			if odd == "" {
				return
			}
			if i, j, where := blanks(login); where != "" {
				v.Report(connection.Login, i, j, "account id %s with a blank, which int() drops", where).Cause(lint.Whitespace).Hint("remove")
				return
			}
			if n.Sign() <= 0 || n.BitLen() > 63 {
				v.ReportWhole(connection.Login, "account id %s is %s: no account has it", v.Show(connection.Login), odd)
				return
			}
			v.ReportWhole(connection.Login, "account id %s has %s: the hook calls account %s", v.Show(connection.Login), odd, n).Write(n.String())
		})
	},
}

// swapped reports whether token and account id stand in each other's field.
func swapped(v *lint.View) bool {
	return secret.Classify(v.Login.Text.Peek()).IsDbt() && isDigits(v.Password.Text.Peek())
}

var tokenAndAccountSwapped = lint.Rule{
	ID: "DBT023", Name: "token-and-account-swapped", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The token is in login and the account id in password",
	Why:     "The hook passes login to int(), which fails and quotes the token in the task's log, and sends the account id as token.",
	Remedy:  "Swap them: login is the account id, password the token.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before:  settings(typeLine, hostLine, "conn_login: "+exampleToken, `conn_password: "12345"`),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if swapped(v) && !unreadable(v) {
				v.ReportWhole(connection.Login, "login holds a token and password digits: they are swapped").Cause(lint.Misplaced).
					Related(v.Password.Span(), "the account id").Hint("swap login and password")
			}
		})
	},
}

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
				if key == "proxies" || key == stray && stray != "" || key == templateKey || item.Value.Kind == connection.Absent {
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
