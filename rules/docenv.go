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

// connPrefix begins the name of an environment variable that is a connection.
const connPrefix = "AIRFLOW_CONN_"

var envKeyForm = lint.Rule{
	ID: "DOC012", Name: "env-key-form", Level: lint.Error, Since: since, Scope: lint.Document,
	Summary: "A key that the reader takes literally",
	Why: "In connections.env the key is the conn_id itself: AIRFLOW_CONN_X=, export X= and blanks around = all become part of the id. " +
		"In an environment file it is the other way round: only AIRFLOW_CONN_X is looked up.",
	Remedy: "Write the id alone (connections.env) or AIRFLOW_CONN_ID (.env).",
	Source: "airflow.secrets.local_filesystem, airflow.secrets.environment_variables; observed.",
	Before: `-- connections.env --
warehouse=postgres://etl:example@db.internal.example/dwh
AIRFLOW_CONN_LAKE=aws://example:example@
`,
	After: `-- connections.env --
warehouse=postgres://etl:example@db.internal.example/dwh
lake=aws://example:example@
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format == export.Dotenv {
			for i := range p.Doc.Lines { // those that are no entries
				l := &p.Doc.Lines[i]
				if name := missedName(l); name != "" {
					d := p.Report(connection.ID, l.Key.Whole(), "a connection, but no variable of this name is looked up: only names that begin with %s are", connPrefix)
					writeName(d, l.Key.String(), name)
				}
			}
			return
		}
		for i := range p.Doc.Entries {
			id := p.Doc.IDText(i)
			if from, to, what := literalKey(p.Doc.Format, id.String()); what != "" {
				p.ReportEntry(i, connection.ID, id.Span(from, to), "%s is part of the id here: Airflow knows the connection as %s", what, lint.Show(id.String())).Hint("remove")
			}
		}
	},
}

// writeName offers a name for the one that is written, unless that looks like a
// secret: in capitals nobody would know it for one.
func writeName(d *lint.Draft, written, name string) {
	if secret.Redact(written) == written {
		d.Write(name)
	}
}

// literalKey finds what was not meant to be part of an id, but is in an Airflow
// file, whose reader takes keys to the letter: its range, and what it is.
func literalKey(f export.Format, id string) (from, to int, what string) {
	const shell = "export "
	switch {
	case !isAirflowFile(f):
	case strings.HasPrefix(id, connPrefix):
		return 0, len(connPrefix), connPrefix
	case f != export.AirflowEnv:
	case strings.HasPrefix(id, shell):
		return 0, len(shell), "the word export"
	default:
		if from, to, where := blanks(id); where != "" {
			return from, to, "a blank"
		}
	}
	return 0, 0, ""
}

// missedName is the name that the variable of a dotenv's line should have, which
// is one of a connection by all other signs. Applications have variables with
// URIs, too, so it takes more than one of a known type.
func missedName(l *syntax.EnvLine) string {
	key, value := l.Key.String(), strings.TrimSpace(l.Value.String())
	if l.NoEquals || l.Err != nil || strings.HasPrefix(key, connPrefix) || key == strings.ToUpper(key) {
		return ""
	}
	id := key
	if len(key) > len(connPrefix) && strings.EqualFold(key[:len(connPrefix)], connPrefix) {
		id = key[len(connPrefix):]
	}
	scheme, _, isURI := strings.Cut(value, "://")
	conn := conntype.Normalise(strings.ToLower(scheme))
	switch {
	case strings.HasPrefix(value, "{") && strings.Contains(value, `"conn_type"`):
	case isURI && conntype.Known(conn) && (conn == dbtcloud.ConnType || id != key || strings.HasSuffix(key, "_default")):
	default:
		return ""
	}
	return connPrefix + python.Upper(id)
}

var envJSONNotRead = lint.Rule{
	ID: "DOC013", Name: "env-json-not-read", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "JSON in a file whose values are read as URIs",
	Why:     "connections.env holds URIs only: a JSON value, as `connections export --serialization-format json` writes it, is imported as garbage with success reported, or refused with the whole file.",
	Remedy:  "Export as .json, or with --serialization-format uri.",
	Source:  "airflow.secrets.local_filesystem, all releases to 3.3 (apache/airflow#73083); observed.",
	Before: `-- connections.env --
warehouse={"conn_type": "postgres", "host": "db.internal.example"}
`,
	After: `-- connections.env --
warehouse=postgres://db.internal.example
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format != export.AirflowEnv {
			return
		}
		value := entryValue(p.Doc, p.Entry)
		if !looksLikeJSON(value.String()) {
			return
		}
		p.Report(connection.URI, value.Whole(), "JSON is not read here: Airflow takes the text for a URI, and its parts land in other fields").
			Cause(lint.URIForm).Hint("write a URI, or put the object into a .json file")
	},
}

// looksLikeJSON reports whether a text is meant as a JSON object, quoted or not.
func looksLikeJSON(s string) bool { return strings.HasPrefix(strings.TrimLeft(s, " \t'\""), "{") }

var envNameNotRead = lint.Rule{
	ID: "DOC014", Name: "env-name-not-read", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Variants: []lint.Variant{{Name: "shell", Level: lint.Warning, When: "a character that no shell allows in a name: Compose and docker can set it"}},
	Summary:  "A variable by whose name no connection is looked up",
	Why: "Airflow looks a connection up under AIRFLOW_CONN_ and its id in capitals, so a name with lower-case letters behind the prefix is never read. " +
		"A name with a dash or a dot is, but no shell can set it.",
	Remedy: "Write the id in capitals; use underscores in ids.",
	Source: "airflow.secrets.environment_variables, all releases; POSIX shell grammar; observed.",
	Before: `-- .env --
AIRFLOW_CONN_warehouse=postgres://etl:example@db.internal.example/dwh
`,
	After: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:example@db.internal.example/dwh
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format != export.Dotenv {
			return
		}
		key := p.Doc.Lines[p.Doc.Entries[p.Entry].Line].Key
		name := key.From(len(connPrefix))
		if p.Doc.NeverRead(p.Entry) {
			d := p.Report(connection.ID, key.Whole(), "a name with lower-case letters is never looked up: Airflow asks for ids in capitals")
			writeName(d, key.String(), python.Upper(key.String()))
			return
		}
		if i := strings.IndexFunc(name.String(), isNoShellName); i >= 0 {
			_, width := utf8.DecodeRuneInString(name.String()[i:])
			p.Report(connection.ID, name.Span(i, i+width), "no shell can set a variable with %s in its name; Compose and docker can", lint.Show(name.String()[i:i+width])).Variant("shell").Hint("use underscores in ids")
		}
	},
}

// isNoShellName reports whether a character cannot be in a variable's name.
func isNoShellName(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

var envQuotesKept = lint.Rule{
	ID: "DOC015", Name: "env-quotes-kept", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A quote that becomes part of the value",
	Why: "Airflow's reader of connections.env takes values to the letter: 'postgres://h' has no scheme, and the connection comes out as garbage. " +
		"Compose, shells and the Astro CLI take quotes away from a value in .env. Where one has no partner they read on to the next quote, in whatever line it stands, or refuse the file.",
	Remedy: "Remove the quotes, or close the one that is open.",
	Source: "airflow.secrets.local_filesystem; compose-go 2.16 (dotenv), docker/cli (kvfile); observed.",
	Before: `-- connections.env --
warehouse='postgres://etl:example@db.internal.example/dwh'
`,
	After: `-- connections.env --
warehouse=postgres://etl:example@db.internal.example/dwh
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format != export.AirflowEnv && p.Doc.Format != export.Dotenv {
			return
		}
		// The value is as the file's reader hands it over: where one keeps all quotes,
		// as docker does, they are found here.
		l := &p.Doc.Lines[p.Doc.Entries[p.Entry].Line]
		i, j, both := keptQuotes(l.Value.String())
		if i < 0 || p.Doc.Format == export.AirflowEnv && looksLikeJSON(l.Value.String()) {
			return // DOC013
		}
		what := "a quote without a partner"
		switch {
		case l.Err != nil && isShellEnd(p.Doc.File.Data[l.Err.Span.End:]):
			return // a script that is read by a shell
		case l.Err != nil:
			// Which of the quotes is the wrong one, the parser of the line knows.
			p.Report(connection.URI, l.Err.Span, "%s: Compose reads on or refuses the file, others make it part of the value", l.Err.Problem).Cause(lint.Quotes).Hint("close or remove the quote")
			return
		case both:
			what = "quotes around the value"
		}
		d := p.Report(connection.URI, l.Value.Span(i, i+1), "%s: nothing takes them away here, and they become part of the connection", what).Cause(lint.Quotes).Hint("remove")
		if both {
			d.Related(l.Value.Span(j, j+1), "the other one")
		}
	},
}

// isShellEnd reports whether what follows a closing quote ends a command of a
// shell: ; or && or a line that goes on.
func isShellEnd(s string) bool {
	s = strings.TrimLeft(s, " \t")
	return s != "" && strings.IndexByte(";&|)\\", s[0]) >= 0
}

// keptQuotes finds the quote that a value begins with, or ends with although there
// is no other: its offset, that of its partner at the other end, and whether there
// is one. The offset is -1 where the value has no such quote.
func keptQuotes(s string) (i, j int, both bool) {
	i = len(s) - len(strings.TrimLeft(s, " \t"))
	end := len(strings.TrimRight(s, " \t")) - 1
	switch {
	case end < i:
		return -1, -1, false
	case strings.IndexByte(quotes, s[i]) >= 0:
		return i, end, end > i && s[end] == s[i]
	case strings.IndexByte(quotes, s[end]) >= 0 && strings.Count(s, s[end:end+1]) == 1:
		return end, end, false
	}
	return -1, -1, false
}

// quotes are what the readers that strip any strip.
const quotes = `"'`

var multiLineEnvValue = lint.Rule{
	ID: "DOC019", Name: "multi-line-env-value", Level: lint.Warning, Since: since,
	Summary: "A value over several lines of an environment file",
	Why: "Compose, `astro dev start` and shells read a quoted value to its closing quote. `docker --env-file`, which `astro dev pytest` and `astro run` use, and `astro dev start --standalone` " +
		"read line by line: they take the first line, quote included, and refuse or misread the others.",
	Remedy: "Write the value on one line.",
	Source: "compose-go 1.0.8, 2.9 and 2.16 (dotenv; the first two are those of astro-cli 1.24 and 1.45), docker/cli (kvfile): observed; astro-cli pkg/airflowrt/env.go, airflow/docker_image.go.",
	Before: `-- .env --
AIRFLOW_CONN_WAREHOUSE='{
  "conn_type": "postgres",
  "host": "db.internal.example"
}'
`,
	After: `-- .env --
AIRFLOW_CONN_WAREHOUSE='{"conn_type": "postgres", "host": "db.internal.example"}'
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format != export.Dotenv {
			return
		}
		l := &p.Doc.Lines[p.Doc.Entries[p.Entry].Line]
		text := p.Doc.File.Data[l.Span.Start:l.Span.End]
		n := strings.Count(text, "\n")
		if n == 0 {
			return
		}
		open := strings.IndexByte(text, l.Quote)
		p.Report(connection.NoField, source.Span{Start: l.Span.Start + open, End: l.Span.Start + open + 1},
			"a value over %d lines: Compose, astro dev start and shells read it, docker --env-file and astro dev start --standalone do not", n+1).Hint("write it on one line")
	},
}

var emptyEnvValue = lint.Rule{
	ID: "DOC020", Name: "empty-env-value", Level: lint.Note, Since: since, Needs: lint.OddForm,
	Variants: []lint.Variant{{Name: "dbt-cloud", Level: lint.Warning, When: "the id is one of dbt Cloud's: dbt_cloud_default, or one that begins with dbt_cloud_"}},
	Summary:  "A connection's variable without a value",
	Why:      "Airflow takes an empty variable as one that is not defined: the connection is looked for elsewhere and mostly not found. In CI it is what a secret that is not set leaves behind.",
	Remedy:   "Give it a value, or remove the line.",
	Source:   "airflow.secrets.environment_variables, airflow.secrets.base_secrets; observed.",
	Before: `-- .env --
AIRFLOW_CONN_DBT_CLOUD_DEFAULT=
`,
	After: `-- .env --
AIRFLOW_CONN_DBT_CLOUD_DEFAULT=dbt-cloud://12345:dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01@ab123.us1.dbt.com
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format != export.Dotenv || p.IsExample() {
			return
		}
		if strings.TrimSpace(entryValue(p.Doc, p.Entry).String()) != "" {
			return
		}
		d := p.Report(connection.NoField, p.Place(), "an empty value: Airflow takes the connection as not defined").Hint("give it a value, or remove the line")
		if strings.HasPrefix(p.ID().String(), "dbt_cloud_") {
			d.Variant("dbt-cloud")
		}
	},
}
