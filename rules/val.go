package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

var val = []*lint.Rule{&numberRewritten, &booleanRewritten, &dateValue, &wrongType, &strayWhitespace, &unexpandedPlaceholder}

var numberRewritten = lint.Rule{
	ID: "VAL001", Name: "number-rewritten", Level: lint.Error, Since: since,
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
			for _, f := range textFields {
				value := v.Field(f)
				what := numberForm(value.Cause)
				if what == "" || value.Text.Peek() == value.Src.String() {
					continue
				}
				if f == connection.Password {
					v.ReportWhole(f, "the unquoted password is %s in YAML: another value arrives", what).Cause(lint.Rewritten).Hint("put it in quotes")
					continue
				}
				src := value.Src.String()
				d := v.ReportWhole(f, "%s is %s in YAML: Airflow gets %s %s", src, what, fieldLabel(p, f), strings.Trim(v.Show(f), `"`)).Cause(lint.Rewritten)
				if trimmed := strings.TrimLeft(src, "0"); value.Cause == connection.YAMLOctal && p.IsDbt() && f == connection.Login && trimmed != "" {
					d.Write(`"` + trimmed + `" (or "` + src + `" to keep the zero)`)
				} else {
					d.Write(`"` + src + `"`)
				}
			}
		})
	},
}

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
	ID: "VAL002", Name: "boolean-rewritten", Level: lint.Error, Since: since,
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
			for _, f := range textFields {
				value := v.Field(f)
				if f == connection.Password && value.Cause == connection.Dropped && p.Doc.Format == export.AirflowYAML {
					v.ReportWhole(f, "the unquoted password is false in YAML: no password arrives").Cause(lint.Rewritten).Hint("put it in quotes")
					continue
				}
				if value.Cause != connection.YAMLBoolean && value.Cause != connection.WeakBoolean {
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
	ID: "VAL003", Name: "date-value", Level: lint.Error, Since: since,
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
				if value.Kind != connection.Date && value.Kind != connection.Datetime || refuses(v, value.Span()) {
					continue
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

// eachLeaf calls f for every scalar of a value, with the keys that lead to it.
// Extras are shallow; the depth is bounded all the same.
func eachLeaf(v *connection.Value, f func(keys []string, leaf *connection.Value)) {
	const deepest = 64
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
	ID: "VAL004", Name: "wrong-type", Level: lint.Error, Since: since,
	Summary: "A number, boolean, list or object stands where the consumer needs text",
	Why: "Airflow does not convert: a login that is a number breaks get_uri(), so from Airflow 2.7 on the connection is reported as not defined; " +
		"a password that is a number fails at once. An account id is text, too.",
	Remedy: "Put the value in quotes.",
	Source: "airflow.models.connection (2.7 and later: the lookup calls get_uri()); observed on 2.3 to 3.3.",
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
				switch value.Kind {
				case connection.Absent, connection.Text, connection.Date, connection.Datetime:
					continue
				}
				d := v.ReportWhole(f, "%s is %s, and Airflow needs text: %s", fieldLabel(p, f), value.Kind, consequence(v, f)).Cause(lint.Rewritten)
				switch value.Kind {
				case connection.Int, connection.Float, connection.Bool:
					if f == connection.Password {
						d.Hint("put it in quotes")
					} else {
						d.Write(`"` + value.Src.String() + `"`)
					}
				}
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

var strayWhitespace = lint.Rule{
	ID: "VAL008", Name: "stray-whitespace", Level: lint.Error, Since: since,
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
		if p.Doc.Format.IsRecord() {
			return
		}
		p.Each(func(v *lint.View) {
			for _, f := range [...]connection.Field{connection.ID, connection.Type, connection.Host, connection.Login, connection.Password} {
				value := v.Field(f)
				if value.Kind != connection.Text {
					continue
				}
				i, j, where := blanks(value.Text.Peek())
				if where == "" {
					continue
				}
				hint := "remove"
				if value.Written() && strings.HasSuffix(value.Text.Peek(), "\n") && value.Src.Span(i, j).Len() <= 2 {
					hint = "remove the line break; a block scalar ends without one when it is written |-"
				}
				v.Report(f, i, j, "%s %s with a blank that is kept", fieldLabel(p, f), where).Cause(lint.Whitespace).Hint(hint)
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
	ID: "VAL009", Name: "unexpanded-placeholder", Level: lint.Warning, Since: since,
	Variants: []lint.Variant{{Name: "dotenv", Level: lint.Note, When: "${VAR} in a dotenv, which Compose expands and other readers do not"}},
	Summary:  "A placeholder that nothing fills in",
	Why:      "Neither Airflow nor the Astro CLI replaces ${VAR}, {{ x }} or <token> in a connection: the text itself becomes the value.",
	Remedy:   "Write the value, or fill the file in before it is loaded.",
	Source:   "airflow.models.connection, airflow.secrets.local_filesystem, astro-cli settings; observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "${WAREHOUSE_PASSWORD}"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "example"}}
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format.IsRecord() || isExample(p.Doc.File.Path) {
			return
		}
		p.Each(func(v *lint.View) {
			var fields []connection.Field
			var at source.Span
			var keys []string
			shell := true
			found := func(f connection.Field, value *connection.Value, path []string) {
				if value.Kind != connection.Text {
					return
				}
				i, j, isShell := placeholder(value.Text.Peek())
				if i == j {
					return
				}
				if len(fields) == 0 {
					at, keys = value.At(i, j), path
				}
				if len(fields) == 0 || fields[len(fields)-1] != f {
					fields = append(fields, f)
				}
				shell = shell && isShell
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
			if len(fields) == 0 {
				// A URI that is built of variables does not parse at all.
				found(connection.URI, &v.URI, nil)
			}
			if len(fields) == 0 {
				return
			}
			names := make([]string, len(fields))
			for i, f := range fields {
				names[i] = f.String()
			}
			d := p.Report(fields[0], at, "a placeholder in %s: nothing fills it in, and the text itself arrives", strings.Join(names, ", ")).
				Cause(lint.Unexpanded).Pointer(keys...)
			if len(fields) > 1 {
				d.Fields(fields...)
			}
			if p.Doc.Format == export.Dotenv && shell {
				d.Variant("dotenv")
			}
		})
	},
}

// placeholder finds a text that stands for a value: its range of bytes, and
// whether it is one of the ${VAR} form. No range where there is none.
func placeholder(s string) (i, j int, shell bool) {
	for _, form := range [...]struct{ open, close string }{{"${", "}"}, {"{{", "}}"}, {"<", ">"}} {
		i := strings.Index(s, form.open)
		if i < 0 {
			continue
		}
		n := strings.Index(s[i+len(form.open):], form.close)
		if n <= 0 {
			continue
		}
		inner := s[i+len(form.open) : i+len(form.open)+n]
		if form.open == "<" && !isPlaceholderName(inner) {
			continue
		}
		return i, i + len(form.open) + n + len(form.close), form.open == "${"
	}
	if len(s) > 1 && s[0] == '$' && isShellName(s[1:]) {
		return 0, len(s), true
	}
	switch lower := strings.ToLower(s); {
	case lower == "changeme", lower == "change_me", lower == "change-me", lower == "replace_me", lower == "replace-me", lower == "replaceme":
		return 0, len(s), false
	case hasAnyPrefix(lower, "your-", "your_", "<your") && len(lower) < 60:
		return 0, len(s), false
	}
	return 0, 0, false
}

// insidePlaceholder reports whether the byte i of a text belongs to a placeholder.
func insidePlaceholder(s string, i int) bool {
	const longest = 100 // a bound for a line of a megabyte
	s = s[:min(len(s), i+longest)]
	for k := i; k >= max(0, i-longest); k-- {
		if lo, hi, _ := placeholder(s[k:]); lo == 0 && i < k+hi {
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

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// isPlaceholderName reports whether the inside of <…> is words: not XML, not an
// operator, not an address.
func isPlaceholderName(s string) bool {
	if len(s) > 60 {
		return false
	}
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r), r == '-', r == '_', r == ' ', r == '.':
		default:
			return false
		}
	}
	return letters > 1
}

// isShellName reports whether the text is a name that a shell variable can have,
// in the capitals that people give them.
func isShellName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(s) > 1 && utf8.ValidString(s)
}
