package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

var val = []*lint.Rule{
	&numberRewritten, &booleanRewritten, &dateValue, &wrongType, &commentCut, &extraKeyCaseLost, &extraDropped, &strayWhitespace, &unexpandedPlaceholder,
	&controlCharacter, &versionDependent,
}

var numberRewritten = lint.Rule{
	ID: "VAL001", Name: "number-rewritten", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A number arrives as another text than was written",
	Why: "YAML reads an unquoted 012345 as octal and hands over 5349; 1.10 arrives as 1.1, 1_000 as 1000, 0x1F as 31, and, " +
		"in Airflow's own files, 1:30 as 90. Account ids, passwords and versions of that form are changed without a word.",
	Remedy: "Put the value in quotes.",
	Source: "PyYAML 6.0 (YAML 1.1) for Airflow's files, gopkg.in/yaml.v3 and weak decoding for the Astro CLI 1.45; both observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: dbt_cloud_default
      conn_type: dbt_cloud
      conn_host: ab123.us1.dbt.com
      conn_login: 070403
      conn_password: dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: dbt_cloud_default
      conn_type: dbt_cloud
      conn_host: ab123.us1.dbt.com
      conn_login: "70403"
      conn_password: dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			for _, f := range typedFields {
				value := v.Field(f)
				what := numberForm(value.Cause)
				if f == connection.Port && value.Cause != connection.YAMLOctal && value.Cause != connection.YAMLSexagesimal {
					continue // another way to write the number that is meant
				}
				if what == "" || value.Text.Peek() == value.Src.String() || f == connection.ID && value.Kind != connection.Text {
					continue // a key that is no text is CON003's
				}
				if f == connection.Password {
					v.ReportWhole(f, "the unquoted password is %s in YAML: another value arrives", what).Cause(lint.Rewritten).Hint("put it in quotes")
					continue
				}
				src := value.Src.String()
				d := v.ReportWhole(f, "%s is %s in YAML: Airflow gets %s %s", src, what, fieldLabel(p, f), strings.Trim(v.Show(f), `"`)).Cause(lint.Rewritten)
				switch trimmed := strings.TrimLeft(src, "0"); {
				case f == connection.Port:
					d.Write(trimmed)
				case value.Cause == connection.YAMLOctal && p.IsDbt() && f == connection.Login && trimmed != "":
					d.Write(`"` + trimmed + `" (or "` + src + `" to keep the zero)`)
				default:
					d.Write(`"` + src + `"`)
				}
			}
		})
	},
}

// typedFields are the fields whose text YAML may take for something else than is
// meant.
var typedFields = [...]connection.Field{connection.ID, connection.Type, connection.Description, connection.Host, connection.Login, connection.Password, connection.Schema, connection.Port}

// numberForm says what kind of number YAML takes a text for.
func numberForm(c connection.Cause) string {
	switch c {
	case connection.YAMLOctal:
		return "octal"
	case connection.YAMLHex:
		return "hexadecimal"
	case connection.YAMLBinary:
		return "binary"
	case connection.YAMLUnderscore:
		return "a number with underscores"
	case connection.YAMLSexagesimal:
		return "a number of base 60"
	case connection.YAMLFloat:
		return "a floating-point number"
	case connection.YAMLInteger:
		return "a number"
	}
	return ""
}

var booleanRewritten = lint.Rule{
	ID: "VAL002", Name: "boolean-rewritten", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A word that YAML reads as a boolean stands where text is wanted",
	Why:     "PyYAML reads yes, no, on, off, true and false as booleans: Airflow gets True or False. The Astro CLI turns true into the text 1 and false into 0.",
	Remedy:  "Put the word in quotes.",
	Source:  "PyYAML 6.0 resolver; Astro CLI 1.45 (mapstructure's weak decoding), observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
      conn_login: etl
      conn_schema: true
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
      conn_login: etl
      conn_schema: "true"
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			for _, f := range typedFields {
				value := v.Field(f)
				if f == connection.Password && value.Cause == connection.Dropped && p.Doc.Format == export.AirflowYAML {
					v.ReportWhole(f, "the unquoted password is false in YAML: no password arrives").Cause(lint.Rewritten).Hint("put it in quotes")
					continue
				}
				boolean := value.Kind == connection.Bool && p.Doc.Format == export.AirflowYAML || value.Cause == connection.WeakBoolean
				if !boolean || f == connection.Port || f == connection.ID && value.Kind != connection.Text {
					continue
				}
				if f == connection.Password {
					v.ReportWhole(f, "the unquoted password is a boolean in YAML: another value arrives").Cause(lint.Rewritten).Hint("put it in quotes")
					continue
				}
				v.ReportWhole(f, "%s is a boolean in YAML: Airflow gets %s %s", value.Src.String(), fieldLabel(p, f), strings.Trim(v.Show(f), `"`)).
					Cause(lint.Rewritten).Write(`"` + value.Src.String() + `"`)
			}
		})
	},
}

var dateValue = lint.Rule{
	ID: "VAL003", Name: "date-value", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "An unquoted date stands where text is wanted",
	Why:     "YAML reads 2024-01-31 as a date. Airflow's file reader keeps the date object, which no hook can use; in a map of extra the Astro CLI writes it anew as 2024-01-31T00:00:00Z.",
	Remedy:  "Put the date in quotes.",
	Source:  "PyYAML 6.0, airflow.secrets.local_filesystem; Astro CLI 1.45, observed.",
	Before: `-- connections.yaml --
warehouse:
  conn_type: postgres
  host: db.internal.example
  schema: 2024-01-31
`,
	After: `-- connections.yaml --
warehouse:
  conn_type: postgres
  host: db.internal.example
  schema: "2024-01-31"
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			for _, f := range textFields {
				value := v.Field(f)
				if value.Kind != connection.Date && value.Kind != connection.Datetime || f == connection.Description || refuses(v, value.Span()) {
					continue // nobody does anything with a description
				}
				d := v.ReportWhole(f, "the unquoted %s is a date in YAML, not text: no hook can use it", fieldLabel(p, f)).Cause(lint.Rewritten)
				if f == connection.Password {
					d.Hint("put it in quotes")
				} else {
					d.Write(`"` + value.Src.String() + `"`)
				}
			}
			if p.Doc.Format == export.AirflowJSON {
				return // JSON has no dates
			}
			eachLeaf(v.ExtraObject(), func(keys []string, leaf *connection.Value) {
				if leaf.Cause == connection.YAMLDate && !refuses(v, leaf.Span()) {
					p.Report(connection.Extra, leaf.Span(), "an unquoted date in extra is written anew: the hook gets another text").
						Cause(lint.Rewritten).Pointer(keys...).Hint("put it in quotes")
				}
			})
		})
	},
}

// refuses reports whether the failure of the view is caused by these bytes.
func refuses(v *lint.View, at source.Span) bool {
	return v.Failure != nil && v.Failure.Place.Len() > 0 && v.Failure.Place.Overlaps(at)
}

// deepest is how deep a walk through an extra goes. They are shallow; the depth is
// bounded all the same.
const deepest = 64

// eachLeaf calls f for every scalar of a value, with the keys that lead to it.
func eachLeaf(v *connection.Value, f func(keys []string, leaf *connection.Value)) {
	var walk func(v *connection.Value, keys []string)
	walk = func(v *connection.Value, keys []string) {
		if len(v.Items) == 0 || len(keys) == deepest {
			if v.Kind != connection.Absent && len(v.Items) == 0 {
				f(keys, v)
			}
			return
		}
		for i := range v.Items {
			walk(&v.Items[i].Value, append(keys[:len(keys):len(keys)], v.Items[i].Key.Text.Peek()))
		}
	}
	walk(v, nil)
}

var wrongType = lint.Rule{
	ID: "VAL004", Name: "wrong-type", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A number, boolean, list or object stands where the consumer needs text",
	Why: "Airflow does not convert: a login that is a number breaks get_uri(), so from Airflow 2.7 on the connection is reported as not defined; " +
		"a password that is a number fails at once. An account id is text, too.",
	Remedy: "Put the value in quotes.",
	Source: "airflow.models.connection (2.7 and later: the lookup calls get_uri(); earlier ones hand the number to the hook); observed on 2.3 to 3.3.",
	Before: `-- connections.json --
{"dbt_cloud_default": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": 70403, "password": "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01"}}
`,
	After: `-- connections.json --
{"dbt_cloud_default": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "70403", "password": "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01"}}
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format == export.AstroSettings || p.Doc.Format.IsRecord() {
			return // the Astro CLI converts; lists and maps refuse the document
		}
		p.Each(func(v *lint.View) {
			for _, f := range textFields {
				value := v.Field(f)
				scalar := value.Kind == connection.Int || value.Kind == connection.Float || value.Kind == connection.Bool
				switch value.Kind {
				case connection.Absent, connection.Text, connection.Date, connection.Datetime:
					continue
				}
				if scalar && f == connection.Description {
					continue // nobody does anything with it
				}
				report := func(v *lint.View) {
					d := v.ReportWhole(f, "%s is %s, and Airflow needs text: %s", fieldLabel(p, f), value.Kind, consequence(v, f)).Cause(lint.Rewritten)
					switch {
					case !scalar:
						d.Hint("write text")
					case f == connection.Password:
						d.Hint("put it in quotes")
					default:
						d.Write(`"` + value.Src.String() + `"`)
					}
				}
				if v.Failure != nil {
					report(v)
					continue
				}
				// The reader of files holds it; who asks the reader does not get it.
				v.Narrow(func(name string, t consumer.Target) bool {
					if name != consumer.Airflow || !t.Airflow.Server.Has(airflow.LookupBuildsURI) {
						return false
					}
					_, err := airflow.GetURI(v.Connection, t.Airflow.Server)
					return err != nil
				}, report)
			}
		})
	},
}

// consequence says what a value of the wrong type leads to.
func consequence(v *lint.View, f connection.Field) string {
	switch {
	case f == connection.Password:
		return "building the connection fails"
	case v.Has("airflow-import") && !v.Has("airflow"):
		return "the import fails or stores another value"
	}
	return "the connection is not found when a task asks for it"
}

var commentCut = lint.Rule{
	ID: "VAL005", Name: "comment-cut", Level: lint.Warning, Since: since, Needs: lint.OddForm,
	Summary: "A value that # makes a comment of",
	Why:     "In YAML an unquoted # behind a blank begins a comment: of `conn_password: #tok` nothing arrives, of `conn_password: abc #tok` only abc.",
	Remedy:  "Put the value in quotes.",
	Source:  "YAML 1.1 and 1.2, section 6.6; PyYAML 6.0 and gopkg.in/yaml.v3, observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
      conn_login: etl
      conn_password: #example1
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
      conn_login: etl
      conn_password: "#example1"
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format != export.AirflowYAML && p.Doc.Format != export.AstroSettings {
			return
		}
		report := func(f connection.Field, name string, k, v syntax.Node, isSecret bool) *lint.Draft {
			at, shortened := comment(p.Doc.File.Data, k, v)
			switch text := p.Doc.File.Data[at.Start:at.End]; {
			case text == "" || isRemark(text[1:]):
				return nil
			case !shortened:
				return p.Report(f, at, "%s is empty: the # begins a comment", name).Hint("put the value in quotes")
			case isSecret, f == connection.Description && isDigits(text[1:]):
				return p.Report(f, at, "%s ends here: the # begins a comment", name).Hint("put the whole value in quotes")
			}
			return nil
		}
		// No type, host, schema or port begins with #: what stands there is meant as
		// a comment.
		for k, v := range object(p).Written() {
			switch f := fieldOf(p, k); f {
			case connection.Login, connection.Password, connection.Description:
				report(f, fieldLabel(p, f), k, v, f == connection.Password)
			case connection.Extra:
				eachMember(v, func(keys []string, k, v syntax.Node) {
					name := keys[len(keys)-1]
					if d := report(f, lint.Show(name)+" in extra", k, v, secret.SensitiveKey(name)); d != nil {
						d.Pointer(keys...)
					}
				})
			}
		}
	},
}

// comment is the comment of one word behind a key's value, where it touches its #
// and the value is unquoted; shortened is set where there is some value before it.
// Empty where there is none such.
func comment(data string, k, v syntax.Node) (at source.Span, shortened bool) {
	i := k.Span().End
	switch {
	case v.Kind() == syntax.Null && v.Raw() == "":
		colon := strings.IndexByte(data[i:], ':')
		if colon < 0 {
			return source.Span{}, false
		}
		i += colon + 1
	case v.Kind() == syntax.String && v.Style() == syntax.Plain:
		i, shortened = v.Span().End, true
	default:
		return source.Span{}, false
	}
	line, _, _ := strings.Cut(data[i:], "\n")
	rest := strings.TrimLeft(line, " \t")
	i += len(line) - len(rest)
	rest = strings.TrimRight(rest, " \t\r")
	if len(rest) < 2 || rest[0] != '#' || strings.ContainsAny(rest, " \t") {
		return source.Span{}, false
	}
	return source.Span{Start: i, End: i + len(rest)}, shortened
}

// isRemark reports whether a comment of one word is one: it says something about
// the value, or where that is, instead of being it.
func isRemark(s string) bool {
	s = strings.Trim(s, "#-=*!?.:()[]")
	if i, j, _ := placeholder.Find(s); i < j || s == "" || placeholder.IsShellName(s) {
		return true
	}
	if strings.Contains(s, "://") {
		return true // where to read more
	}
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '-' || r == '_' || r == '/' || r == '.' || r == ',' })
	for _, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }) {
			return false
		}
	}
	if len(words) > 1 {
		return true // letters alone, joined: set-in-vault
	}
	for _, w := range [...]string{"password", "passwd", "token", "secret", "user", "login", "name", "value", "default", "optional", "required", "example", "change", "replace"} {
		if strings.Contains(words[0], w) {
			return true
		}
	}
	switch words[0] {
	case "todo", "fixme", "xxx", "tbd", "none", "null", "empty", "blank", "unset", "unused", "hidden", "masked", "redacted", "removed", "ignored", "pass", "key", "here",
		"local", "localhost", "dev", "test", "prod", "staging", "docker":
		return true
	}
	return false
}

// eachMember calls f for the members of a mapping and of the collections in it as
// they stand in the text, with the keys that lead to them.
func eachMember(n syntax.Node, f func(keys []string, k, v syntax.Node)) {
	var walk func(n syntax.Node, keys []string)
	walk = func(n syntax.Node, keys []string) {
		if len(keys) == deepest {
			return
		}
		for item := range n.Items() {
			if _, shared := item.Alias(); !shared {
				walk(item, append(keys[:len(keys):len(keys)], ""))
			}
		}
		for k, v := range n.Written() {
			if _, shared := v.Alias(); shared || k.Kind() != syntax.String {
				continue
			}
			path := slices.Concat(keys, []string{k.Value()})
			f(path, k, v)
			walk(v, path)
		}
	}
	walk(n, nil)
}

var extraKeyCaseLost = lint.Rule{
	ID: "VAL006", Name: "extra-key-case-lost", Level: lint.Warning, Since: since, Needs: lint.OddForm,
	Summary: "Upper-case letters in the keys of a conn_extra map",
	Why:     "The Astro CLI lower-cases every key of the file, at every depth: a hook that looks for authSource finds authsource only. A JSON text keeps its keys as they are.",
	Remedy:  "Write conn_extra as one JSON text in quotes.",
	Source:  "astro-cli settings (viper's insensitiviseMap), astronomer/astro-cli#1737; observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: documents
      conn_type: mongo
      conn_host: mongo.internal.example
      conn_extra:
        authSource: admin
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: documents
      conn_type: mongo
      conn_host: mongo.internal.example
      conn_extra: '{"authSource": "admin"}'
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if v.Extra.Cause != connection.KeysLowerCased {
				return
			}
			var names []string
			var at source.Span
			var path []string
			eachKey(v.ExtraObject(), func(keys []string, key *connection.Value) {
				if key.Cause != connection.KeysLowerCased {
					return
				}
				if len(names) == 0 {
					at, path = key.Span(), keys
				}
				names = append(names, lint.Show(key.Src.String()))
			})
			if len(names) == 0 {
				return
			}
			arrive := "arrives"
			if len(names) > 1 {
				arrive = "arrive"
			}
			const most = 5
			if len(names) > most {
				names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
			}
			p.Report(connection.Extra, at, "%s in extra %s in lower case", strings.Join(names, ", "), arrive).
				Pointer(path...).Hint("write conn_extra as a JSON text in quotes, which keeps the case of its keys")
		})
	},
}

// eachKey calls f for every key of the objects in a value, with the keys that lead
// to it, itself the last.
func eachKey(v *connection.Value, f func(keys []string, key *connection.Value)) {
	var walk func(v *connection.Value, keys []string)
	walk = func(v *connection.Value, keys []string) {
		if len(keys) == deepest {
			return
		}
		for i := range v.Items {
			item := &v.Items[i]
			path := slices.Concat(keys, []string{item.Key.Text.Peek()})
			if v.Kind == connection.Map {
				f(path, &item.Key)
			}
			walk(&item.Value, path)
		}
	}
	walk(v, nil)
}

var extraDropped = lint.Rule{
	ID: "VAL007", Name: "extra-dropped", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "An extra that the Astro CLI does not take",
	Why:     "The Astro CLI posts a conn_extra that is a map or a text. A list, a number or a boolean, and a map with .nan or .inf in it, are dropped: the connection is created without any extra. 1.24 drops every map.",
	Remedy:  "Write a map.",
	Source:  "astro-cli settings/settings.go (jsonString), encoding/json; observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: lake
      conn_type: aws
      conn_extra:
        - region_name: eu-west-1
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
		if p.Doc.Format != export.AstroSettings {
			return
		}
		p.Each(func(v *lint.View) {
			if v.Extra.Cause != connection.Dropped || v.URI.IsText() || refuses(v, v.Extra.Span()) {
				return // beside a URI it is CON008's
			}
			n := fieldNode(p, connection.Extra)
			if n.IsCollection() && n.Len() == 0 {
				return // nothing is lost
			}
			what, at := "neither a map nor a text ("+n.Kind().String()+")", v.Extra.Span()
			if n.Kind() == syntax.Mapping {
				f := notFinite(n)
				if f.IsZero() {
					p.Report(connection.Extra, at, "extra is a map: the Astro CLI takes one from 1.25 on, before, no extra arrives").Hint("write it as a JSON text")
					return
				}
				what, at = "a map with a number that JSON cannot hold", f.Span()
			}
			p.Report(connection.Extra, at, "extra is %s: the Astro CLI drops it, and no extra arrives", what).Hint("write a map of keys and values")
		})
	},
}

// notFinite is the first number in a value that is not a number or infinite, as
// far as a walk goes.
func notFinite(n syntax.Node) (found syntax.Node) {
	var walk func(n syntax.Node, depth int) bool
	walk = func(n syntax.Node, depth int) bool {
		if n.Kind() == syntax.Float && (math.IsNaN(n.Float()) || math.IsInf(n.Float(), 0)) {
			found = n
			return true
		}
		if depth == deepest {
			return false
		}
		for item := range n.Items() {
			if walk(item, depth+1) {
				return true
			}
		}
		for _, value := range n.Members() {
			if walk(value, depth+1) {
				return true
			}
		}
		return false
	}
	walk(n, 0)
	return found
}

var strayWhitespace = lint.Rule{
	ID: "VAL008", Name: "stray-whitespace", Level: lint.Error, Since: since, Needs: lint.BlankEnds,
	Summary: "A blank or line break at an end of a value is kept",
	Why:     "Nothing trims the values of a connection. A host with a blank is not found, a password with a line break is wrong; a block scalar (|) ends with a line break unless it is written |-.",
	Remedy:  "Remove the blank; write |- instead of |.",
	Source:  "airflow.models.connection, astro-cli settings: no strip anywhere; observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example ", "login": "etl", "password": "example"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "example"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			for _, f := range [...]connection.Field{connection.ID, connection.Type, connection.Host, connection.Login, connection.Password} {
				value := v.Field(f)
				if value.Kind != connection.Text {
					continue
				}
				i, j, where := blanks(value.Text.Peek())
				if where == "" || f == connection.ID && isLiteralKey(p) {
					continue // DOC012
				}
				what, hint := "blank", "remove"
				if strings.ContainsAny(value.Text.Peek()[i:j], "\r\n") {
					what = "line break"
				}
				if value.Written() && strings.HasSuffix(value.Text.Peek(), "\n") && value.Src.Span(i, j).Len() <= 2 {
					hint = "remove the line break; a block scalar ends without one when it is written |-"
				}
				v.Report(f, i, j, "%s %s with a %s, which is kept", fieldLabel(p, f), where, what).Cause(lint.Whitespace).Hint(hint)
			}
		})
	},
}

// blanks finds white space at an end of a text that has anything else: the range
// of bytes, and whether it begins or ends with it.
func blanks(s string) (i, j int, where string) {
	if t := strings.TrimRightFunc(s, unicode.IsSpace); t != s && t != "" {
		return len(t), len(s), "ends"
	}
	if t := strings.TrimLeftFunc(s, unicode.IsSpace); t != s && t != "" {
		return 0, len(s) - len(t), "begins"
	}
	return 0, 0, ""
}

var unexpandedPlaceholder = lint.Rule{
	ID: "VAL009", Name: "unexpanded-placeholder", Level: lint.Warning, Since: since, Needs: lint.Fillers,
	Variants: []lint.Variant{
		{Name: "dotenv", Level: lint.Note, When: "${VAR} in a dotenv, which Compose expands and other readers do not"},
		{Name: "sample", Level: lint.Note, When: "a sample connection of Airflow's, which nobody has touched"},
	},
	Summary: "A placeholder that nothing fills in",
	Why:     "Neither Airflow nor the Astro CLI replaces ${VAR}, {{ x }} or <token> in a connection: the text itself becomes the value. Compose expands ${VAR} in a dotenv, and nothing else does.",
	Remedy:  "Write the value, or fill the file in before it is loaded.",
	Source:  "airflow.models.connection, airflow.secrets.local_filesystem, astro-cli settings; observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "${WAREHOUSE_PASSWORD}"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "example"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			list := placeholders(v)
			if slices.ContainsFunc(list, gap.ofSecret) && p.SecretsElsewhere(hasToken) {
				list = slices.DeleteFunc(list, gap.ofSecret) // SEC005
			}
			if len(list) == 0 || p.IsExample() {
				return
			}
			var fields []connection.Field
			var names []string
			shell := true
			for _, s := range list {
				if !slices.Contains(fields, s.field) {
					fields, names = append(fields, s.field), append(names, fieldLabel(p, s.field))
				}
				shell = shell && s.shell
			}
			what := "nothing fills it in, and the text itself arrives"
			if p.Doc.Format == export.Dotenv && shell {
				what = "Compose fills it in, for others the text itself arrives"
			}
			d := p.Report(fields[0], list[0].value.At(list[0].i, list[0].j), "a placeholder in %s: %s", strings.Join(names, ", "), what).
				Cause(lint.Unexpanded).Pointer(list[0].keys...).Hint("write the value, or fill the file in before it is loaded")
			if len(fields) > 1 {
				d.Fields(fields...)
			}
			switch {
			case p.Doc.Format == export.Dotenv && shell:
				d.Variant("dotenv")
			case isSample(p, v):
				d.Variant("sample").Hint("delete the connection where nobody uses it")
			}
		})
	},
}

// gap is a placeholder in a field: the bytes i to j of a value.
type gap struct {
	field connection.Field
	value *connection.Value
	keys  []string // of an extra
	i, j  int
	shell bool // ${VAR}
}

// placeholders are those of a connection.
func placeholders(v *lint.View) []gap {
	if v.Signs()&lint.Fillers == 0 {
		return nil
	}
	var list []gap
	found := func(f connection.Field, value *connection.Value, keys []string) {
		if value.Kind != connection.Text {
			return
		}
		if i, j, shell := placeholder.Find(value.Text.Peek()); i < j {
			list = append(list, gap{f, value, keys, i, j, shell})
		}
	}
	for _, f := range [...]connection.Field{connection.ID, connection.Type, connection.Host, connection.Login, connection.Password, connection.Schema} {
		found(f, v.Field(f), nil)
	}
	switch {
	case !mayHoldPlaceholder(v.Extra.Text.Peek()):
	case v.ExtraObject().Kind == connection.Map:
		eachLeaf(v.ExtraObject(), func(path []string, leaf *connection.Value) { found(connection.Extra, leaf, path) })
	default:
		found(connection.Extra, &v.Extra, nil)
	}
	if len(list) == 0 {
		// A URI that is built of variables does not parse at all.
		found(connection.URI, &v.URI, nil)
	}
	return list
}

// ofSecret reports whether a secret is to stand where the placeholder does.
func (s gap) ofSecret() bool {
	text := s.value.Text.Peek()
	switch {
	case s.field == connection.Password, s.field == connection.URI && s.j-s.i == len(text):
		return true
	case slices.ContainsFunc(s.keys, secret.SensitiveKey):
		return true
	case s.field != connection.URI && s.field != connection.Extra:
		return false
	}
	return slices.ContainsFunc(secret.Scan(text), func(r secret.Range) bool { return r[0] <= s.i && s.j <= r[1] })
}

// insidePlaceholder reports whether the byte i of a text belongs to a placeholder.
func insidePlaceholder(s string, i int) bool {
	const longest = 100 // a bound for a line of a megabyte
	s = s[:min(len(s), i+longest)]
	for k := i; k >= max(0, i-longest); k-- {
		if lo, hi, _ := placeholder.Find(s[k:]); lo == 0 && i < k+hi {
			return true
		}
	}
	return false
}

// mayHoldPlaceholder tells quickly that there is none in a text: to take an extra
// apart costs more than all other fields.
func mayHoldPlaceholder(s string) bool {
	// Go's JSON, which the Astro CLI writes, has < as an escape.
	if strings.ContainsAny(s, "$<") || strings.Contains(s, "{{") || strings.Contains(s, `\u003c`) {
		return true
	}
	for i := range len(s) {
		switch s[i] | 0x20 {
		case 'c', 'r', 'y':
			for _, word := range [...]string{"change", "replace", "your"} {
				if len(s)-i >= len(word) && strings.EqualFold(s[i:i+len(word)], word) {
					return true
				}
			}
		}
	}
	return false
}

var controlCharacter = lint.Rule{
	ID: "VAL010", Name: "control-character", Level: lint.Error, Since: since, Needs: lint.Controls | lint.OddForm,
	Variants: []lint.Variant{{Name: "kept", Level: lint.Warning, When: "one in a login, password, schema, description or extra that no lost backslash explains"}},
	Summary:  "A control character inside a field",
	Why: "It is kept: no hook is found for such a type and no address for such a host, and int() takes no such account id. Mostly it comes of a backslash in a quoted text: " +
		"of \"CORP\\bob\" JSON and YAML make a backspace and ob. The Astro CLI up to 1.41 writes each value into a shell command, in single quotes: " +
		"there ' is a control character, too.",
	Remedy: "Remove it; write a backslash twice in double quotes.",
	Source: "airflow.models.connection, astro-cli settings: nothing is filtered; astro-cli v1.24.0 to v1.41.0 with bash; RFC 8259, YAML 1.1; observed.",
	Before: `-- connections.json --
{"files": {"conn_type": "samba", "host": "files.internal.example", "login": "CORP\bob", "password": "example"}}
`,
	After: `-- connections.json --
{"files": {"conn_type": "samba", "host": "files.internal.example", "login": "CORP\\bob", "password": "example"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			reportArgument(p, v)
			for _, f := range [...]connection.Field{connection.ID, connection.Type, connection.Description, connection.Host, connection.Login, connection.Password, connection.Schema} {
				value := v.Field(f)
				if f == connection.Password && p.IsDbt() {
					continue // DBT005
				}
				if i, j := controlIn(f, value); i < j {
					reportControl(p, f, value, i, j, fieldLabel(p, f))
				}
			}
			if !mayHoldControl(v.Extra.Text.Peek()) {
				return
			}
			eachLeaf(v.ExtraObject(), func(keys []string, leaf *connection.Value) {
				if i, j := controlIn(connection.Extra, leaf); i < j && len(keys) > 0 {
					reportControl(p, connection.Extra, leaf, i, j, lint.Show(keys[len(keys)-1])+" in extra").Pointer(keys...)
				}
			})
		})
	},
}

// reportArgument reports a character that the shell or the command line takes for
// its own, where the Astro CLI adds connections by commands.
func reportArgument(p *lint.Pass, v *lint.View) {
	f, at := connection.NoField, source.Span{}
	var what string
	if v.Failure != nil && v.Failure.Reason == connection.BadArgument {
		f, at = v.Failure.Field, v.Failure.Place
	}
	switch raw := p.Doc.File.Data[at.Start:at.End]; {
	case f == connection.NoField:
		for _, quoted := range connection.Fields {
			if value := v.Field(quoted); value.Cause == connection.ShellUnquoted && f == connection.NoField {
				f, at = quoted, value.Span()
			}
		}
		if f == connection.NoField {
			return
		}
		what = "a ' in it ends the quotes of the shell command that adds the connection, and it arrives without"
	case strings.HasPrefix(raw, "-"):
		what = "it begins with a hyphen, so `airflow connections add` takes it for an option and fails"
	case strings.Contains(raw, "'"):
		what = "the ' ends the quotes of the shell command that adds the connection: the command fails, or the rest of the value is run"
	default:
		return // a control character, which is told anyway
	}
	hint := "choose another value, or update the Astro CLI to 1.42"
	switch f {
	case connection.URI:
		hint = "write it percent-encoded, or update the Astro CLI to 1.42"
	case connection.Extra:
		hint = `write it as \u0027 in a JSON text, or update the Astro CLI to 1.42`
	}
	p.Report(f, at, "%s: %s", fieldLabel(p, f), what).Cause(lint.Control).Hint(hint)
}

// reportControl reports the character i to j of a value.
func reportControl(p *lint.Pass, f connection.Field, value *connection.Value, i, j int, name string) *lint.Draft {
	at := value.At(i, j)
	r, _ := utf8.DecodeRuneInString(value.Text.Peek()[i:j])
	what := ""
	switch {
	case f == connection.ID:
		what = "most consumers refuse such an id"
	case f == connection.Type:
		what = "no hook is found for it"
	case f == connection.Host:
		what = "no such name is found"
	case f == connection.Login && p.IsDbt():
		what = "int() fails"
	}
	raw := p.Doc.File.Data[at.Start:at.End]
	escaped := len(raw) > 1 && raw[0] == '\\' && raw[1] != 'u' && raw[1] != 'x' && raw[1] != '0'
	// What no writer of JSON or YAML makes of a text that has it.
	lost := escaped && r != '\t' && r != '\n' && r != '\r'
	variant := ""
	if what == "" && lost {
		what = "that is what " + raw + " means in quotes"
	} else if what == "" {
		what, variant = "it is kept", "kept"
	}
	d := p.Report(f, at, "a control character (U+%04X) in %s: %s", r, name, what).Cause(lint.Control).Variant(variant).Hint("remove")
	if escaped {
		d.Hint(`write \\ where a backslash is meant`)
	}
	return d
}

// controlIn finds the first control character of a text. Blanks at an end are
// VAL008's. Line breaks and tabs are usual in descriptions and in extra, and line
// breaks in a key that stands in password.
func controlIn(f connection.Field, value *connection.Value) (i, j int) {
	s := value.Text.Peek()
	if value.Kind != connection.Text || !hasControl(s) {
		return 0, 0
	}
	allowed := ""
	switch {
	case f == connection.Description || f == connection.Extra:
		allowed = "\t\r\n"
	case f == connection.Password && (strings.Contains(s, "-----BEGIN ") || strings.HasPrefix(s, "{")):
		allowed = "\t\r\n"
	}
	core := s
	if f != connection.Schema {
		core = strings.TrimSpace(s)
	}
	start := strings.Index(s, core)
	for i, r := range core {
		if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) {
			return start + i, start + i + utf8.RuneLen(r)
		}
	}
	return 0, 0
}

// hasControl tells quickly that there is no control character in a text.
func hasControl(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7F || c == 0xC2 && i+1 < len(s) && s[i+1] < 0xA0 {
			return true
		}
	}
	return false
}

// mayHoldControl tells quickly that there is none in the JSON of an extra: to take
// one apart costs more than all other fields.
func mayHoldControl(s string) bool {
	return hasControl(s) || strings.Contains(s, `\u00`) || strings.Contains(s, `\b`) || strings.Contains(s, `\f`)
}

var versionDependent = lint.Rule{
	ID: "VAL011", Name: "version-dependent-value", Level: lint.Warning, Since: since, Needs: lint.OddForm,
	Summary: "Targeted consumers read different values out of the query of a URI",
	Why: "From Airflow 3.1.6 on the server reads each value of a URI's query as JSON where it is some: true is a boolean, 10 a number, 1.10 becomes 1.1. " +
		"Earlier releases, and the workers of all, keep the text.",
	Remedy: "Write the connection as JSON, whose values have types, or put one JSON text into __extra__.",
	Source: "airflow.models.connection (#59339, 3.1.6); airflow.sdk.definitions.connection; observed on 2.3 to 3.3.",
	Before: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:example@db.internal.example/dwh?keepalives_idle=30
`,
	After: `-- .env --
AIRFLOW_CONN_WAREHOUSE='{"conn_type": "postgres", "login": "etl", "password": "example", "host": "db.internal.example", "schema": "dwh", "extra": {"keepalives_idle": 30}}'
`,
	Check: func(p *lint.Pass) {
		if p.IsDbt() {
			return // the hook reads nothing but proxies of it: DBT030, DBT031
		}
		var read []*lint.View
		p.Each(func(v *lint.View) {
			// What fails, or is read as something else, is another rule's.
			if v.URI.IsText() && v.Failure == nil && !misread(v) && v.Extra.IsText() && v.ExtraObject().Kind == connection.Map {
				read = append(read, v)
			}
		})
		if len(read) < 2 {
			return
		}
		var names []string
		var at *connection.Value
		var key string
		for i := range read[0].ExtraObject().Items {
			item := &read[0].ExtraObject().Items[i]
			name := item.Key.Text.Peek()
			differs := func(v *lint.View) bool { return !sameLeaf(&item.Value, v.ExtraObject().Get(name)) }
			if !slices.ContainsFunc(read, differs) {
				continue
			}
			if at == nil {
				at, key = &item.Value, name
			} else {
				names = append(names, lint.Show(name))
			}
		}
		if at == nil {
			return
		}
		likewise := ""
		if len(names) > 0 {
			likewise = "; " + strings.Join(names, ", ") + " likewise"
		}
		d := p.Report(connection.Extra, at.Span(), "%s arrives %s%s", lint.Show(key), arrivals(read, key), likewise).Pointer(key)
		if p.Doc.Format == export.AirflowEnv || p.Doc.Format == export.AirflowURI {
			d.Hint("write all of the query as one JSON text: __extra__=%7B…%7D")
		} else {
			d.Hint("write the connection as an object, whose values have types")
		}
	},
}

func sameLeaf(a, b *connection.Value) bool {
	return a.Kind == b.Kind && a.Text.Peek() == b.Text.Peek()
}

// arrivals says as what the value of a key in extra arrives, and where.
func arrivals(read []*lint.View, key string) string {
	var parts []string
	told := make([]bool, len(read))
	for i, v := range read {
		if told[i] {
			continue
		}
		value := v.ExtraObject().Get(key)
		readers := v.Readers()
		for j := i + 1; j < len(read); j++ {
			if sameLeaf(value, read[j].ExtraObject().Get(key)) {
				readers += " and " + read[j].Readers()
				told[j] = true
			}
		}
		parts = append(parts, "as "+leafShown(v, key, value)+" in "+readers)
	}
	return strings.Join(parts, ", ")
}

// leafShown is a value of extra for a message: what it is, and, where its key is
// no secret's, its text.
func leafShown(v *lint.View, key string, value *connection.Value) string {
	text := v.ShowText(connection.Extra, value.Text.Peek())
	switch {
	case value.Kind == connection.Absent:
		return "nothing"
	case value.Kind > connection.Bool || secret.SensitiveKey(key):
		return value.Kind.String()
	case value.Kind == connection.Text:
		return "the text " + text
	}
	_, kind, _ := strings.Cut(value.Kind.String(), " ")
	return "the " + kind + " " + strings.Trim(text, `"`)
}
