package rules

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

var con = []*lint.Rule{
	&unknownField, &missingConnID, &invalidConnID, &missingConnType, &unknownConnType, &typeNotNormalised, &invalidPort, &uriAndFields, &extraNotObject,
	&extraDoubleEncoded, &duplicateConnID, &templateLeftover, &legacyExtraPrefix, &renamedConnType, &fieldTooLong, &emptyExtraObject,
}

var unknownField = lint.Rule{
	ID: "CON001", Name: "unknown-field", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Variants: []lint.Variant{{Name: "description", Level: lint.Note, When: "a description in a settings file: the CLI drops it, nothing else is lost"}},
	Summary:  "A key that is no field of a connection",
	Why:      "The Astro CLI drops unknown keys without a word: host instead of conn_host leaves the connection without a host. Airflow refuses them, and with them the whole file.",
	Remedy:   "Use the name of the field that is meant.",
	Source:   "airflow.secrets.local_filesystem (illegal keys; team_name from 3.2 on); airflow.models.connection, airflow.sdk.definitions.connection (unexpected keyword argument); astro-cli settings/types.go.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      host: db.internal.example
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format.IsRecord() {
			return
		}
		n := object(p)
		if n.IsZero() {
			return
		}
		settings := p.Doc.Format == export.AstroSettings
		var names []string
		var field connection.Field
		var at source.Span
		var writes []string
		onlyDescription := true
		for k, v := range n.Members() {
			if k.Kind() != syntax.String {
				continue
			}
			name := k.Value()
			if isField(p.Doc.Format, name) || settings && v.Kind() == syntax.Null {
				continue
			}
			if p.Doc.Shape == export.MissingAirflow && isField(export.AirflowYAML, name) {
				continue // an Airflow file under a settings name: DOC003 says what is wrong
			}
			meant := meantField(name, p.IsDbt() || isDbtObject(n, settings))
			if len(names) == 0 {
				at, field = k.Text().Whole(), meant
			}
			if name := fieldKey(meant, settings); len(writes) == len(names) && isField(p.Doc.Format, name) {
				writes = append(writes, name) // up to the first key that is not clear
			}
			onlyDescription = onlyDescription && meant == connection.Description
			names = append(names, lint.Show(name))
		}
		if len(names) == 0 {
			// A field that not every consumer knows.
			p.Each(func(v *lint.View) {
				if v.Failure == nil || v.Failure.Reason != connection.IllegalKey {
					return
				}
				for k := range n.Members() {
					if k.Is("team_name") {
						p.Report(connection.NoField, k.Text().Whole(), "%s is no field of a connection here: refused by %s", lint.Show("team_name"), v.Readers()).Cause(lint.Key).Hint("remove")
					}
				}
			})
			return
		}
		are, them := "is no field", "it"
		if len(names) > 1 {
			are, them = "are no fields", "them"
		}
		const most = 5
		if len(names) > most {
			names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
		}
		what := "Airflow refuses " + them
		if settings {
			what = "the Astro CLI drops " + them
		}
		d := p.Report(field, at, "%s %s of a connection: %s", strings.Join(names, ", "), are, what).Cause(lint.Key)
		switch {
		case settings && onlyDescription:
			d.Variant("description").Hint("remove")
		case len(writes) > 0:
			d.Write(strings.Join(writes, ", "))
		default:
			d.Hint("remove, or put it into " + fieldKey(connection.Extra, settings))
		}
	},
}

// isField reports whether a consumer of the format takes the key.
func isField(f export.Format, key string) bool {
	switch f {
	case export.AstroSettings:
		switch strings.ToLower(key) { // the CLI lower-cases all keys
		case "conn_id", "conn_type", "conn_host", "conn_schema", "conn_login", "conn_password", "conn_port", "conn_uri", "conn_extra":
			return true
		}
		return false
	case export.Dotenv, export.AirflowValue:
		// The constructor's own arguments: the id is given already.
		switch key {
		case "conn_type", "description", "host", "login", "password", "schema", "port", "extra", "uri", "team_name":
			return true
		}
		return false
	}
	switch key {
	case "conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra", "uri", "extra_dejson", "team_name":
		return true
	}
	return false
}

// isDbtObject reports whether the object says that it is for dbt Cloud, before
// any consumer has read it: one that is refused has no effective type.
func isDbtObject(n syntax.Node, settings bool) bool {
	t := n.Lookup(fieldKey(connection.Type, settings))
	return t.Kind() == syntax.String && dbtcloud.IsTypeSpelling(t.Value())
}

// meantField guesses which field a key stands for.
func meantField(key string, isDbt bool) connection.Field {
	key = strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(key))
	key = strings.TrimPrefix(key, "connection_")
	key = strings.TrimPrefix(key, "conn_")
	if isDbt {
		switch key {
		case "account_id", "account":
			return connection.Login
		case "tenant", "domain", "base_url":
			return connection.Host
		case "token", "api_token", "api_key", "service_token":
			return connection.Password
		}
	}
	switch key {
	case "id", "name":
		return connection.ID
	case "type":
		return connection.Type
	case "description":
		return connection.Description
	case "host", "hostname", "server":
		return connection.Host
	case "login", "user", "username", "user_name":
		return connection.Login
	case "password", "pass", "passwd", "pwd":
		return connection.Password
	case "schema", "database", "db", "dbname":
		return connection.Schema
	case "port":
		return connection.Port
	case "extra", "extras", "extra_dejson", "params":
		return connection.Extra
	case "uri", "url":
		return connection.URI
	}
	return connection.NoField
}

// fieldKey is the key that a format has for a field.
func fieldKey(f connection.Field, settings bool) string {
	if !settings {
		return f.String()
	}
	switch f {
	case connection.ID, connection.Type:
		return f.String()
	}
	return "conn_" + f.String()
}

var missingConnID = lint.Rule{
	ID: "CON002", Name: "missing-conn-id", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A connection without an id",
	Why:     "The Astro CLI passes over an entry without conn_id and says nothing; the connection does not exist.",
	Remedy:  "Give it a conn_id.",
	Source:  "astro-cli settings/settings.go, observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_type: postgres
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
		if p.Doc.Format != export.AstroSettings {
			return
		}
		n := object(p)
		if n.IsZero() || p.ID().Len() > 0 {
			return
		}
		for k := range n.Members() {
			if k.Kind() != syntax.String {
				continue
			}
			key := k.Value()
			// conn_id may be there and empty; a key that means it is CON001's.
			if !isField(p.Doc.Format, key) && meantField(key, false) == connection.ID {
				return
			}
		}
		p.Report(connection.ID, p.Place(), "an entry without conn_id: the Astro CLI passes over it without a word").Hint("add conn_id")
	},
}

var invalidConnID = lint.Rule{
	ID: "CON003", Name: "invalid-conn-id", Level: lint.Error, Since: since,
	Variants: []lint.Variant{{Name: "import", Level: lint.Warning, When: "the file's reader takes the id, `connections import` and the REST API do not, and the configuration does not say use: import"}},
	Summary:  "An id that a consumer refuses or turns into no id at all",
	Why: "`connections import` and the REST API take letters, digits, dots, dashes and underscores, at most 200 of them. " +
		"The connection itself takes some more, and becomes one without an id where it does not: Airflow 2.8.4 to 2.11 know only ASCII letters.",
	Remedy: "Use letters, digits, dots, dashes and underscores.",
	Source: "airflow.models.connection.sanitize_conn_id (2.8.2 and later), airflow.utils.helpers.validate_key (2.6.2 and later); observed.",
	Before: `-- connections.json --
{"my warehouse": {"conn_type": "postgres", "host": "db.internal.example"}}
`,
	After: `-- connections.json --
{"my_warehouse": {"conn_type": "postgres", "host": "db.internal.example"}}
`,
	Check: func(p *lint.Pass) {
		readers, others := false, false
		// lost: the connection is built without its id; refused: it is not built.
		judge := func(v *lint.View) (lost, refused bool) {
			lost = v.HoldsOther && v.HeldID.Kind == connection.Absent
			refused = v.Failure != nil && v.Failure.Field == connection.ID && (v.Failure.Reason == connection.BadID || v.Failure.Reason == connection.TooLong)
			return lost, refused
		}
		p.Each(func(v *lint.View) {
			if lost, refused := judge(v); !lost && !refused {
				return
			}
			if v.Has(consumer.Airflow) || v.Has(consumer.REST) {
				readers = true
			} else {
				others = true
			}
		})
		if !readers && !others {
			return
		}
		p.Each(func(v *lint.View) {
			lost, refused := judge(v)
			if !lost && !refused {
				return
			}
			what := "it is refused"
			if lost && !refused {
				what = "the connection is built without an id"
			}
			if !readers {
				what = "`connections import` refuses it"
			}
			if isLiteralKey(p) {
				return // DOC012
			}
			id := v.ID.Text.Peek()
			i, j := badIDRange(id)
			cause := lint.Own
			if lo, hi, _ := blanks(id); lo <= i && i < hi {
				cause = lint.Whitespace
			} else if hasControl(id[i:j]) {
				cause = lint.Control
			}
			hint := "use letters, digits, dots, dashes and underscores"
			if p.Doc.Format == export.AstroSettings && v.Has(consumer.Airflow) && airflow.InNothingHeld(id) {
				what = "the Astro CLI finds it in \"" + airflow.NothingHeld + "\", which is what an empty Airflow lists, and fails to delete it there"
				hint = "choose a longer one, or update the Astro CLI to 1.42"
			}
			d := v.Report(connection.ID, i, j, "%s is no conn_id that every consumer takes: %s", lint.Show(id), what).
				Cause(cause).Hint(hint)
			if !readers && !p.ForImport() {
				d.Variant("import")
			}
		})
	},
}

// isLiteralKey reports whether DOC011 or DOC012 says what is wrong with the id.
func isLiteralKey(p *lint.Pass) bool {
	id := p.ID().String()
	_, _, what := literalKey(p.Doc.Format, id)
	return what != "" || p.Doc.Format == export.AirflowEnv && strings.HasPrefix(id, byteOrderMark)
}

// badIDRange is the first character of an id outside letters, digits and _.-, or
// all of it.
func badIDRange(s string) (int, int) {
	for i, r := range s {
		if r != '_' && r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			_, width := utf8.DecodeRuneInString(s[i:])
			return i, i + width
		}
	}
	return 0, len(s)
}

var missingConnType = lint.Rule{
	ID: "CON004", Name: "missing-conn-type", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A connection without a type",
	Why:     "Without conn_type no hook can be found; `connections import` dies on it after storing what stands before; the Astro CLI passes over the entry.",
	Remedy:  "Give it a conn_type.",
	Source:  "airflow.models.connection, connection.conn_type NOT NULL; astro-cli settings/settings.go.",
	Before: `-- connections.json --
{"warehouse": {"host": "db.internal.example", "login": "etl"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl"}}
`,
	Check: func(p *lint.Pass) {
		n := object(p)
		empty := n.IsZero() && (p.Doc.Format == export.AirflowJSON || p.Doc.Format == export.AirflowYAML) && p.Doc.Entries[p.Entry].Node.Is("")
		if n.IsZero() && !empty || p.Doc.Format.IsRecord() && n.Lookup("conn_type").IsZero() {
			return // a record need not tell it
		}
		settings := p.Doc.Format == export.AstroSettings
		for k, v := range n.Members() {
			if k.Kind() != syntax.String || v.Kind() == syntax.Null || v.Kind() == syntax.String && v.Is("") {
				continue
			}
			key := k.Value()
			if settings {
				key = strings.ToLower(key)
			}
			switch {
			case key == "conn_type", key == fieldKey(connection.URI, settings):
				return
			case !isField(p.Doc.Format, key):
				if f := meantField(key, false); f == connection.Type || f == connection.URI || p.Doc.Format == export.AstroSettings && f == connection.ID {
					return // CON001 names it
				}
			}
		}
		if settings && p.ID().Len() == 0 {
			return // CON002: the entry is passed over for that
		}
		what := "no hook is found for it"
		switch p.Doc.Format {
		case export.AstroSettings:
			what = "the Astro CLI passes over the entry"
		case export.AirflowJSON, export.AirflowYAML:
			what = "no hook is found, and `connections import` dies on it"
		}
		p.Report(connection.Type, p.Place(), "a connection without conn_type: %s", what).Hint("add conn_type")
	},
}

var unknownConnType = lint.Rule{
	ID: "CON005", Name: "unknown-conn-type", Level: lint.Warning, Since: since, Needs: lint.OddType,
	Variants: []lint.Variant{{Name: "custom", Level: lint.Note, When: "a type that resembles none that we know: the hook of a package of one's own"}},
	Summary:  "A connection type that no provider has",
	Why: "The type picks the hook for get_hook(), the Test button, the form and SQL operators. Operators that name their hook run all the same. " +
		"The form shows display names (Amazon Web Services); the type is another word (aws).",
	Remedy: "Write the provider's id of the type.",
	Source: "provider.yaml of the official providers, 2026-10; airflow.providers_manager.",
	Before: `-- connections.json --
{"aws_default": {"conn_type": "Amazon Web Services", "login": "example", "password": "example"}}
`,
	After: `-- connections.json --
{"aws_default": {"conn_type": "aws", "login": "example", "password": "example"}}
`,
	Check: func(p *lint.Pass) {
		if p.IsDbt() {
			return // DBT001
		}
		p.Each(func(v *lint.View) {
			t := typeOf(v)
			if v.Type.Kind != connection.Text || strings.TrimSpace(t) == "" {
				return
			}
			if _, known := conntype.Lookup(t); known || slices.Contains(p.Declared.ConnTypes, t) {
				return
			}
			if i, j, _ := placeholder.Find(t); i < j {
				return
			}
			if _, known := conntype.Lookup(strings.TrimSpace(t)); known || hasControl(t) || wouldBeNormalised(t) {
				return // VAL008, VAL010, CON006
			}
			id, driver := withoutDriver(t)
			if v.URI.IsText() && (driver || lacksSlashes(v.URI.Text.Peek())) {
				return // URI011, URI006
			}
			why := conntype.UsualMistake
			if !driver {
				id, why = conntype.Suggest(t)
			}
			if why == conntype.NoSuggestion {
				v.ReportWhole(connection.Type, "%s is no type of an official provider", v.ShowText(connection.Type, t)).Cause(lint.TypeName).Variant("custom").
					Hint("nothing to do where a package of yours brings the hook")
				return
			}
			d := v.ReportWhole(connection.Type, "%s is no connection type: get_hook(), the Test button, the form and SQL operators find no hook", v.ShowText(connection.Type, t))
			writeType(p, v, d.Cause(lint.TypeName), id)
		})
	},
}

var typeNotNormalised = lint.Rule{
	ID: "CON006", Name: "conn-type-not-normalised", Level: lint.Error, Since: since, Needs: lint.OddType,
	Summary: "A type in the spelling of URIs where nothing turns it into the registered one",
	Why: "Airflow makes postgres of postgresql and underscores of hyphens in URIs and in JSON values of the environment and of secrets. In the objects of files and in whatever the Astro CLI posts nothing does: " +
		"the type stays as it is, and get_hook(), the Test button, the form and SQL operators find no hook.",
	Remedy: "Write the type as it is registered.",
	Source: "airflow.models.connection (_normalize_conn_type: _parse_from_uri and from_json only), airflow.secrets.local_filesystem, astro-cli settings/settings.go; observed on 2.3 to 3.3.",
	Before: `-- connections.json --
{"lake": {"conn_type": "google-cloud-platform", "extra": "{\"project\": \"example\"}"}}
`,
	After: `-- connections.json --
{"lake": {"conn_type": "google_cloud_platform", "extra": "{\"project\": \"example\"}"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			t := typeOf(v)
			if v.Type.Kind != connection.Text || !wouldBeNormalised(t) {
				return
			}
			d := v.ReportWhole(connection.Type, "%s stays as it is here: no hook is found for it", v.ShowText(connection.Type, t)).Cause(lint.TypeName)
			id := conntype.Normalise(t)
			if known, _ := conntype.Lookup(id); known.ReplacedBy != "" {
				id = known.ReplacedBy
			}
			writeType(p, v, d, id)
		})
	},
}

// typeOf is the type of a connection, as it is written where `connections add` has
// taken it for generic.
func typeOf(v *lint.View) string {
	if v.Type.Cause == connection.Generic {
		return v.Type.Src.String()
	}
	return v.Type.Text.Peek()
}

// wouldBeNormalised reports whether a type is none, but is one in the form that
// Airflow makes of it where it normalises types.
func wouldBeNormalised(t string) bool {
	id := conntype.Normalise(t)
	return id != t && !conntype.Known(t) && conntype.Known(id)
}

var invalidPort = lint.Rule{
	ID: "CON007", Name: "invalid-port", Level: lint.Error, Since: since,
	Summary: "A port that is no number from 0 to 65535",
	Why:     "Airflow converts the port of a JSON value with int() and loses the connection where that fails; in a file the text stays and breaks the hook. The Astro CLI cuts fractions off.",
	Remedy:  "Write the port's number.",
	Source:  "airflow.models.connection.from_json; astro-cli (weak decoding); observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "port": "5432/tcp"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "port": 5432}}
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format.IsRecord() {
			return
		}
		p.Each(func(v *lint.View) {
			value := &v.Port
			if value.Kind == connection.Absent && (v.Failure == nil || v.Failure.Field != connection.Port) || v.URI.IsText() {
				return // ports of URIs are URI004's
			}
			if p.Doc.Format == export.AstroSettings && v.Failure != nil && v.Failure.Field == connection.Port {
				return // the whole file is refused: DOC005
			}
			src := value.Src.String()
			if text := value.Text.Peek(); value.Kind == connection.Int && text == src && len(text) < len("65535") && isDigits(text) {
				return // most ports
			}
			whole, fraction := isNumber(src)
			what, fate := "", "hooks get it as it is"
			if v.Failure != nil {
				fate = "the connection is lost"
			}
			switch n, ok := python.Int(value.Text.Peek()); {
			case value.Kind == connection.Absent:
				what = "is no number: the connection is lost"
			case value.Kind == connection.List || value.Kind == connection.Map:
				what = "is " + value.Kind.String() + ", no number: " + fate
			case !value.Truthy(), value.Kind == connection.Float && whole:
				return
			case fraction && (value.Cause == connection.WeakTruncated || value.Cause == connection.PortConverted):
				what = "is no whole number: " + who(v) + " cuts it to " + value.Text.Peek()
			case fraction && value.Kind == connection.Float:
				what = "is no whole number: " + fate
			case value.Cause == connection.WeakBoolean || value.Cause == connection.PortConverted && src == "true":
				what = "is a boolean: " + who(v) + " makes 1 of it"
			case !ok:
				what = "is no number: " + fate
			case n.Sign() < 0 || !n.IsInt64() || n.Int64() > 65535:
				what = "is outside 0 to 65535: nothing answers there"
			default:
				return
			}
			at := value.Span()
			if value.Kind == connection.Absent {
				at = v.Failure.Place
			}
			shown := ""
			if src != "" {
				shown = " " + v.ShowText(connection.Port, src)
			}
			p.Report(connection.Port, at, "port%s %s", shown, what).Cause(lint.PortCause).Hint("write a whole number from 0 to 65535")
		})
	},
}

// isNumber reports whether a text is a number without a fraction, or with one.
func isNumber(s string) (whole, fraction bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return false, false
	}
	return f == math.Trunc(f), f != math.Trunc(f)
}

var uriAndFields = lint.Rule{
	ID: "CON008", Name: "uri-and-fields", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A connection with a URI and with fields",
	Why:     "Airflow refuses an object that has both, its workers from 3.1 on also a description or a null beside a URI. The Astro CLI takes the fields and ignores the URI; conn_extra beside a URI alone is dropped.",
	Remedy:  "Keep one of the two.",
	Source:  "airflow.models.connection.__init__; astro-cli settings/settings.go, observed.",
	Before: `-- connections.json --
{"warehouse": {"uri": "postgres://etl:example@db.internal.example/dwh", "host": "db.internal.example"}}
`,
	After: `-- connections.json --
{"warehouse": {"uri": "postgres://etl:example@db.internal.example/dwh"}}
`,
	Check: func(p *lint.Pass) {
		n := object(p)
		if n.IsZero() || p.Doc.Format.IsRecord() {
			return
		}
		settings := p.Doc.Format == export.AstroSettings
		isURI := func(k syntax.Node) bool {
			name := fieldKey(connection.URI, settings)
			return k.Kind() == syntax.String && (k.Is(name) || settings && strings.EqualFold(k.Value(), name))
		}
		isEmpty := func(v syntax.Node) bool { return v.Kind() == syntax.Null || v.Kind() == syntax.String && v.Is("") }
		var uriKey, other, beside syntax.Node
		for k, v := range n.Members() {
			if isURI(k) && !isEmpty(v) {
				uriKey = k
			}
		}
		if uriKey.IsZero() {
			return
		}
		for k, v := range n.Members() {
			if k.Kind() == syntax.String && !k.Is("uri") {
				beside = k
			}
			if k.Kind() != syntax.String || isURI(k) || isEmpty(v) {
				continue
			}
			key := k.Value()
			if settings {
				key = strings.ToLower(key)
			}
			switch {
			case key == "conn_id" || key == "description" || key == "team_name" || !isField(p.Doc.Format, key):
			case v.IsCollection() && v.Len() == 0, v.Kind() == syntax.Int && v.Int().Sign() == 0, v.Kind() == syntax.Bool && !v.Bool():
			default:
				other = k
			}
		}
		if other.IsZero() {
			p.Each(func(v *lint.View) {
				if v.Failure != nil && v.Failure.Reason == connection.MixedURI && !beside.IsZero() {
					p.Report(connection.URI, uriKey.Text().Whole(), "a URI beside %s: %s refuses any other key, empty ones, too", lint.Show(beside.Value()), v.Readers()).
						Hint("leave the other out").Related(beside.Text().Whole(), "the other key")
				}
			})
			return
		}
		what := "Airflow refuses the connection"
		if settings {
			what = "the Astro CLI ignores the URI"
			if strings.EqualFold(other.Value(), "conn_extra") {
				what = "the Astro CLI drops one of the two"
				p.Each(func(v *lint.View) {
					switch {
					case !v.Has(consumer.Airflow): // which gets both, as arguments
					case strings.Contains(v.URI.Text.Peek(), "?"):
						what = "the field replaces the query of the URI"
					default:
						what = ""
					}
				})
			}
		}
		if what == "" {
			return
		}
		p.Report(connection.URI, uriKey.Text().Whole(), "a URI beside the field %s: %s", lint.Show(other.Value()), what).
			Hint("keep one of the two").Related(other.Text().Whole(), "the field")
	},
}

var extraNotObject = lint.Rule{
	ID: "CON009", Name: "extra-not-object", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "An extra that is no JSON object",
	Why:     "Since Airflow 3.0 extra must be the text of a JSON object; anything else is a ValueError, in a file for all its connections. Airflow 2 warned.",
	Remedy:  "Write an object: {\"key\": \"value\"}.",
	Source:  "airflow.models.connection._validate_extra (2.3: DeprecationWarning, 3.0: ValueError), observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "extra": "sslmode=require"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "extra": {"sslmode": "require"}}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if v.Failure == nil || v.Failure.Reason != connection.BadExtra || encodedTwice(v) || isFernet(&v.Extra) || isStars(v.Extra.Text.Peek()) {
				return // or CON010, SEC004, DOC009
			}
			what := "is no JSON"
			switch {
			case v.ExtraObject().Kind == connection.Text:
				what = "is a JSON text, no object"
			case strings.TrimSpace(v.Extra.Text.Peek()) == "null", v.ExtraObject().Kind != connection.Absent || v.Extra.Kind > connection.Text || v.Extra.Cause == connection.Coerced:
				what = "is JSON, but no object"
			}
			at := v.Extra.Span()
			if at.Len() == 0 {
				at = v.Failure.Place
			}
			p.Report(connection.Extra, at, "extra %s: the connection is refused", what).Cause(lint.ExtraForm).Hint(`an object is wanted: {"key": "value"}`)
		})
	},
}

var extraDoubleEncoded = lint.Rule{
	ID: "CON010", Name: "extra-double-encoded", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "An extra that is encoded twice",
	Why:     "The text is the JSON of a text that holds JSON. Airflow 3 refuses it, in a file with all connections; Airflow 2 hands hooks a text where they look for keys.",
	Remedy:  "Encode it once.",
	Source:  "airflow.models.connection (extra_dejson; _validate_extra from 3.0 on); observed on 2.3 to 3.3.",
	Before: `-- connections.json --
{"lake": {"conn_type": "aws", "extra": "\"{\\\"region_name\\\": \\\"eu-west-1\\\"}\""}}
`,
	After: `-- connections.json --
{"lake": {"conn_type": "aws", "extra": "{\"region_name\": \"eu-west-1\"}"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if encodedTwice(v) {
				p.Report(connection.Extra, v.Extra.Span(), "extra is encoded twice: Airflow 3 refuses it, Airflow 2 hands hooks a text instead of an object").
					Cause(lint.ExtraForm).Hint("write the object itself, or its text once")
			}
		})
	},
}

// encodedTwice reports whether extra is the JSON of a text that holds the JSON of
// an object, or of such a text again.
func encodedTwice(v *lint.View) bool {
	s := v.Extra.Text.Peek()
	for layers := 0; ; layers++ {
		s = strings.TrimSpace(s)
		if strings.HasPrefix(s, "{") && layers > 0 {
			_, err := syntax.ParseJSON((&source.File{Data: s}).Text())
			return err == nil
		}
		if !strings.HasPrefix(s, `"`) {
			return false // which nearly all are
		}
		tree, err := syntax.ParseJSON((&source.File{Data: s}).Text())
		if err != nil {
			return false
		}
		s = tree.Root().Value()
	}
}

var duplicateConnID = lint.Rule{
	ID: "CON011", Name: "duplicate-conn-id", Level: lint.Error, Since: since, Scope: lint.Document,
	Summary: "Two connections with one id",
	Why: "In an Airflow file the later one silently wins, in connections.env both are refused with the file. The Astro CLI posts both: Airflow then merges them field by field; up to 1.41 the second is refused. " +
		"In the environment ids differ by more than case only.",
	Remedy: "Give each its own id.",
	Source: "airflow.secrets.local_filesystem; astro-cli settings (POST, then PATCH), observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "a.internal.example"}, "warehouse": {"conn_type": "postgres", "host": "b.internal.example"}}
`,
	After: `-- connections.json --
{"warehouse_a": {"conn_type": "postgres", "host": "a.internal.example"}, "warehouse_b": {"conn_type": "postgres", "host": "b.internal.example"}}
`,
	Check: func(p *lint.Pass) {
		if len(p.Doc.Entries) < 2 || p.Doc.Format.IsRecord() {
			return
		}
		for _, ids := range p.Doc.Repeated() {
			first, i := ids[0], ids[1]
			id := p.Doc.IDText(i).String()
			if id == "" {
				continue // CON002
			}
			what := "this one replaces the first"
			switch p.Doc.Format {
			case export.AstroSettings:
				what = "Airflow merges both field by field"
				p.EachReading(func(r *consumer.Reading) {
					if r.Relays {
						what = "`airflow connections add` refuses this one"
					}
				})
			case export.AirflowEnv:
				what = "Airflow refuses the file"
			}
			p.ReportEntry(i, connection.ID, p.Doc.EntryPlace(i), "the id %s is there twice: %s", lint.Show(id), what).
				Related(p.Doc.EntryPlace(first), "the first one").Cause(lint.Own).Hint("give each its own id")
		}
	},
}

var templateLeftover = lint.Rule{
	ID: "CON012", Name: "template-leftover", Level: lint.Warning, Since: since, Needs: lint.ExtraNames,
	Summary: "example_extra_field in a real connection",
	Why: "`astro dev init` writes the key into its example. It means nothing to any hook; keys that were written under it are lost to the hook, which looks for them in extra itself. " +
		"Some hooks pass on what they do not know: postgres to psycopg, which then refuses to connect, http as a header of every request.",
	Remedy: "Remove it, and write the keys under it in its place.",
	Source: "astro-cli airflow/include/airflow_settings.yaml; the hooks of the providers postgres (psycopg2 2.9, psycopg 3.3) and http, observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: lake
      conn_type: aws
      conn_extra:
        example_extra_field:
          region_name: eu-west-1
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: lake
      conn_type: aws
      conn_extra:
        region_name: eu-west-1
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if !strings.Contains(v.Extra.Text.Peek(), templateKey) {
				return
			}
			for i := range v.ExtraObject().Items {
				item := &v.ExtraObject().Items[i]
				if item.Key.Text.Peek() != templateKey {
					continue
				}
				what, hint := "", "remove"
				if item.Value.Kind == connection.Map && len(item.Value.Items) > 0 {
					what, hint = ", and the keys under it are lost", "remove it and write its keys in its place"
				}
				p.Report(connection.Extra, item.Key.Span(), "%s is left over from the template: %s%s", templateKey, useOfTemplate(v), what).Pointer(templateKey).Hint(hint)
			}
		})
	},
}

// useOfTemplate says what the hook of a connection does with a key of extra that
// it does not know.
func useOfTemplate(v *lint.View) string {
	switch v.Type.Text.Peek() {
	case "postgres":
		return "the hook passes it on to psycopg, which refuses to connect"
	case "http":
		return "the hook sends it as a header"
	}
	return "it means nothing to the hook"
}

// templateKey stands in the extra of the example that `astro dev init` writes.
const templateKey = "example_extra_field"

var legacyExtraPrefix = lint.Rule{
	ID: "CON013", Name: "legacy-extra-prefix", Level: lint.Warning, Since: since, Needs: lint.ExtraNames,
	Summary: "A key of extra with the prefix that forms needed up to Airflow 2.2",
	Why: "Forms wrote extra__snowflake__account for account. Since releases of 2022-11 to 2023-01 the providers read the plain name. " +
		"Most still read the other where there is no plain one; jdbc, which renamed its two and reads them only where its configuration allows that, no longer does.",
	Remedy: "Write the name without the prefix, where the provider is not older than that.",
	Source: "The hooks of the providers: google 8.5.0, snowflake 4.0.0, cncf-kubernetes 5.1.0, microsoft-azure 5.0.0, salesforce 5.2.0, slack 7.0.0, grpc 3.1.0, yandex 3.2.0, asana 3.0.0, jdbc 4.0.0.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "snowflake", "login": "etl", "password": "example", "extra": "{\"extra__snowflake__account\": \"example\"}"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "snowflake", "login": "etl", "password": "example", "extra": "{\"account\": \"example\"}"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			const mark = "extra__"
			if !strings.Contains(v.Extra.Text.Peek(), mark) {
				return
			}
			t, known := conntype.Lookup(typeOf(v))
			if !known || t.FormPrefix == "" {
				return
			}
			var first *connection.Value
			var plain string
			n := 0
			for i := range v.ExtraObject().Items {
				key := &v.ExtraObject().Items[i].Key
				name, ok := strings.CutPrefix(key.Text.Peek(), mark+t.FormPrefix+"__")
				if !ok || name == "" {
					continue
				}
				if n == 0 {
					first, plain = key, plainName(name)
				}
				n++
			}
			if n == 0 {
				return
			}
			also := ""
			if n > 1 {
				also = fmt.Sprintf(" (and %d more with it)", n-1)
			}
			key := first.Text.Peek()
			p.Report(connection.Extra, first.Span(), "%s%s has the prefix of old forms: the provider reads %s since its release %s", lint.Show(key), also, lint.Show(plain), t.PlainSince).
				Pointer(key).Write(plain)
		})
	},
}

// plainName is what a field of the old forms is called today. Only jdbc renamed
// some, in 4.0.0.
func plainName(field string) string {
	switch field {
	case "drv_path":
		return "driver_path"
	case "drv_clsname":
		return "driver_class"
	}
	return field
}

var renamedConnType = lint.Rule{
	ID: "CON014", Name: "renamed-conn-type", Level: lint.Warning, Since: since, Needs: lint.OddType,
	Variants: []lint.Variant{{Name: "sample", Level: lint.Note, When: "a sample connection of Airflow's, which nobody has touched"}},
	Summary:  "A connection type that was renamed or removed",
	Why:      "No current provider has the type: get_hook(), the Test button and the form find no hook. Operators that name their hook run all the same.",
	Remedy:   "Write the present type.",
	Source:   "Metadata of the official providers, 2020-11 to 2026-10.",
	Before: `-- connections.json --
{"lake": {"conn_type": "s3", "login": "example", "password": "example"}}
`,
	After: `-- connections.json --
{"lake": {"conn_type": "aws", "login": "example", "password": "example"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			t, known := conntype.Lookup(typeOf(v))
			if v.Type.Kind != connection.Text || !known || !t.Removed {
				return
			}
			d := v.ReportWhole(connection.Type, "no current provider has the type %s", v.ShowText(connection.Type, t.ID)).Cause(lint.TypeName)
			if t.ReplacedBy == "" {
				d.Hint("nothing took its place")
			} else {
				writeType(p, v, d, t.ReplacedBy)
			}
			if isSample(p, v) {
				d.Variant("sample")
			}
		})
	},
}

// isSample reports whether the entry is a sample connection of Airflow's, to which
// nobody has given a password.
func isSample(p *lint.Pass, v *lint.View) bool {
	return !v.Password.Truthy() && conntype.IsSample(p.ID().String(), v.Type.Text.Peek())
}

var fieldTooLong = lint.Rule{
	ID: "CON015", Name: "field-too-long", Level: lint.Error, Since: since, Needs: lint.LongText,
	Summary: "A value that is longer than its column",
	Why: "Type, host and schema have 500 characters in the table of connections, up to Airflow 2.7 login, too, and the encrypted password 5000. " +
		"PostgreSQL and MySQL refuse the row: `connections import` dies on it, the REST API answers with an error. A file or variable that is only read has no limit.",
	Remedy: "Shorten the value; long settings belong into extra.",
	Source: "airflow.models.connection, columns of 2.3 to 3.3 (#32815 in 2.8.0); the REST API of 2.x checks 500 itself; observed.",
	Before: "-- connections.json --\n{\"warehouse\": {\"conn_type\": \"jdbc\", \"host\": \"jdbc:example://" + tooLong + "\"}}\n",
	After:  "-- connections.json --\n{\"warehouse\": {\"conn_type\": \"jdbc\", \"host\": \"jdbc:example://db.internal.example\"}}\n",
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			for _, f := range [...]connection.Field{connection.Type, connection.Host, connection.Login, connection.Password, connection.Schema} {
				const shortest = 500
				value := v.Field(f)
				if value.Text.Len() <= shortest || value.Kind != connection.Text {
					continue
				}
				n := utf8.RuneCountInString(value.Text.Peek())
				if f == connection.Password {
					n = value.Text.Len()
				}
				most := 0
				stored := func(name string, t consumer.Target) bool {
					limit := t.Airflow.ColumnLimit(f)
					// Of settings, Airflow itself holds what `connections add` has stored.
					stores := name == consumer.Import || name == consumer.REST || name == consumer.Airflow && p.Doc.Format == export.AstroSettings
					if !stores || limit == 0 || n <= limit {
						return false
					}
					most = limit
					return true
				}
				v.Narrow(stored, func(v *lint.View) {
					v.ReportWhole(f, "%s is %d characters long, and its column takes %d: PostgreSQL and MySQL refuse the connection", f, n, most).Hint("shorten it")
				})
			}
		})
	},
}

// tooLong is a name of more than 500 characters.
const tooLong = ten + ten + ten + ten + ten + ten
const ten = "example0.example1.example2.example3.example4.example5.example6.example7.example8.example9."

var emptyExtraObject = lint.Rule{
	ID: "CON016", Name: "empty-extra-object", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "An extra that is an empty object or list",
	Why: "Airflow turns an object into JSON text only where there is something in it. The file reads, but `connections import` cannot store the empty one: " +
		"it dies there, after it has stored the connections before and without those after it.",
	Remedy: "Write null, or leave extra out.",
	Source: "airflow.models.connection.__init__ (if extra and not isinstance(extra, str)), `connections import`; observed on 2.3 to 3.3.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "extra": {}}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "extra": null}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if !v.Has(consumer.Import) || v.Extra.Kind < connection.List || len(v.Extra.Items) > 0 {
				return
			}
			_, kind, _ := strings.Cut(v.Extra.Kind.String(), " ")
			p.Report(connection.Extra, v.Extra.Place, "extra is an empty %s: the file reads, but `connections import` dies on it", kind).Cause(lint.ExtraForm).Write("null")
		})
	},
}
