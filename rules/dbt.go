package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

var dbt = []*lint.Rule{
	&wrongConnType, &missingToken, &tokenMisplaced, &tokenWithPrefix, &tokenNotSendable, &legacyToken, &personalToken, &tokenUnrecognised, &tokenIncomplete,
	&tenantMissing, &tenantHasScheme, &tenantHasPath, &tenantInSchema, &tenantNotAPIHost, &tenantRetiredDomain, &tenantInvalid, &tenantPrefixMismatch, &tenantTypo, &tenantHasPort,
	&accountIDMissing, &accountIDNotNumeric, &accountIDOdd, &tokenAndAccountSwapped, &accountIDHostMismatch, &hostNotAllowed, &oneTokenTwoAccounts, &oneAccountTwoHosts,
	&tenantForeign, &extraIgnored, &proxiesInvalid, &proxiesNotApplied, &portIgnored, &schemaIgnored,
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

// twoConnections is an example export with two dbt Cloud connections, each with a
// line of its own for login or host.
func twoConnections(a, b string) string {
	var s strings.Builder
	s.WriteString("-- airflow_settings.yaml --\nairflow:\n  connections:\n")
	for i, line := range [...]string{a, b} {
		lines := []string{typeLine, hostLine, loginLine, tokenLine}
		field, _, _ := strings.Cut(line, ":")
		for j := range lines {
			if strings.HasPrefix(lines[j], field) {
				lines[j] = line
			}
		}
		fmt.Fprintf(&s, "    - conn_id: dbt_cloud_%d\n      %s\n", i+1, strings.Join(lines, "\n      "))
	}
	return s.String()
}

// unreadable reports whether the entry's URI is not read as it was meant: then its
// parts are in the wrong fields, and a URI rule says why.
func unreadable(v *lint.View) bool { return misread(v) }

var wrongConnType = lint.Rule{
	ID: "DBT001", Name: "wrong-conn-type", Level: lint.Warning, Since: since, Applies: lint.DbtRelated,
	Variants: []lint.Variant{{Name: "http", Level: lint.Note, When: "an http connection with a dbt host, and no token or one in a header: legal for HTTP operators"}},
	Summary:  "The type of a dbt Cloud connection is not dbt_cloud",
	Why: "Operators and sensors name their hook and run all the same. get_hook(), the Test button and the connection form go by the type: " +
		"they fail, or pick another hook. Testing an http connection sends account id and token, in clear text where neither host nor schema says https.",
	Remedy: "Write dbt_cloud.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt, all versions; airflow.models.connection.get_hook; observed.",
	Before: settings("conn_type: dbt Cloud", hostLine, loginLine, tokenLine),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			t := typeOf(v)
			if unreadable(v) || t == dbtcloud.ConnType || v.Failure != nil && v.Failure.Reason == connection.InvalidURI {
				return
			}
			const fails = "get_hook(), the Test button and the form do not find the dbt Cloud hook; operators run all the same"
			var d *lint.Draft
			switch _, known := conntype.Lookup(t); {
			case v.Type.Kind == connection.Absent || t == "":
				return // CON004
			case strings.TrimSpace(t) == dbtcloud.ConnType && t != dbtcloud.ConnType:
				return // VAL008
			case slices.Contains(p.Declared.ConnTypes, t):
				return // a hook of the user's own, which the configuration knows
			case t == "http" && !hasDbtToken(v):
				v.ReportWhole(connection.Type, "an http connection to dbt Cloud: right for HTTP operators, not for the dbt Cloud ones").Cause(lint.TypeName).Variant("http").
					Hint("write dbt_cloud where dbt Cloud operators use it")
				return
			case t == "http" && testsInClear(v):
				d = v.ReportWhole(connection.Type, "type http for a dbt Cloud connection: the Test button would send account id and token in clear text")
			case known && !dbtcloud.IsTypeSpelling(t):
				d = v.ReportWhole(connection.Type, "type %s for a dbt Cloud connection: get_hook() and the Test button pick another hook", v.ShowText(connection.Type, t))
			default:
				d = v.ReportWhole(connection.Type, "%s is no connection type: %s", v.ShowText(connection.Type, t), fails)
			}
			writeType(p, v, d.Cause(lint.TypeName), dbtcloud.ConnType)
		})
	},
}

// hasDbtToken reports whether a field holds a token of dbt Cloud's shape. A header
// of an http connection does not count: that is how HTTP operators send one.
func hasDbtToken(v *lint.View) bool {
	if holdsDbtToken(v.Login.Text.Peek()) || holdsDbtToken(v.Password.Text.Peek()) {
		return true
	}
	for i := range v.ExtraObject().Items {
		item := &v.ExtraObject().Items[i]
		if !strings.EqualFold(item.Key.Text.Peek(), "authorization") && holdsDbtToken(item.Value.Text.Peek()) {
			return true
		}
	}
	return false
}

// testsInClear reports whether HttpHook would send login and password without TLS:
// it sends them where there is a login, and by http:// where neither the host nor the
// schema names a scheme.
func testsInClear(v *lint.View) bool {
	host, scheme := v.Host.Text.Peek(), v.Schema.Text.Peek()
	if before, _, ok := strings.Cut(host, "://"); ok {
		scheme = before
	}
	return v.Login.Truthy() && scheme != "https"
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
		if name := k.Value(); !isField(p.Doc.Format, name) && meantField(name, true) == f {
			if v.Kind() != syntax.Null {
				return v
			}
			found = v
		}
	}
	return found
}

// into says where a field is written: under its key, or in which part of a URI.
func into(p *lint.Pass, v *lint.View, f connection.Field) string {
	if v.URI.IsText() {
		return "the URI's " + f.String() + " (TYPE://LOGIN:PASSWORD@HOST)"
	}
	return fieldKey(f, isAstro(p))
}

// isGiven reports whether a node is there and not null.
func isGiven(n syntax.Node) bool { return !n.IsZero() && n.Kind() != syntax.Null }
