package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

var doc = []*lint.Rule{
	&syntaxError, &unrecognisedExport, &missingAirflowKey, &fileNotRead, &documentRefused, &extraDocument, &duplicateKey, &caseCollidingKeys, &maskedSecret,
	&exportWithoutSecrets, &badEncoding, &envKeyForm, &envJSONNotRead, &envNameNotRead, &envQuotesKept, &unknownSection,
	&unknownVariableOrPoolField, &wrongShape, &multiLineEnvValue, &emptyEnvValue,
}

var syntaxError = lint.Rule{
	ID: "DOC001", Name: "syntax-error", Level: lint.Error, Since: since, Scope: lint.Document,
	Summary: "The document does not parse",
	Why:     "The consumer's parser refuses the document, and with it all of its connections: JSON as Python's json reads it, YAML as PyYAML reads it for Airflow and as yaml.v3 does for the Astro CLI, env lines as Airflow's file backend splits them.",
	Remedy:  "Mend the place that the finding shows.",
	Source:  "airflow.secrets.local_filesystem; astro-cli settings (viper); observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example",}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example"}}
`,
	Check: func(p *lint.Pass) {
		if e := p.Doc.Err; e != nil {
			if isBadEncoding(p.Doc, e) {
				return // DOC011
			}
			d := p.Report(connection.NoField, e.Span, "%s", e.Problem).Hint(e.Hint).Cause(lint.Own)
			if e.RelatedText != "" {
				d.Related(e.Related, e.RelatedText)
			}
			return
		}
		if p.Doc.Shape == export.ListOfEntries || p.Doc.Shape == export.WrappedEntries {
			return // DOC018
		}
		eachRefusal(p, func(f *connection.Failure, _ int, who string) {
			switch {
			case f.Reason == connection.NotAnObject && p.Doc.Shape == export.MissingAirflow: // DOC003
			case f.Reason == connection.NotAnObject:
				p.Report(connection.NoField, f.Place, "the document is no object of connections: %s refuses it", who).Cause(lint.Refusal)
			case f.Reason == connection.BadLine:
				p.Report(connection.NoField, f.Place, "%s: %s refuses the file", badLine(f), who).Cause(lint.Refusal)
			case p.Doc.Shape == export.SeveralDocuments && f.Place == p.Doc.ShapeAt:
				p.Report(connection.NoField, source.Span{Start: f.Place.Start, End: f.Place.Start + 1}, "a second YAML document: %s refuses a file that has more than one", who).Cause(lint.Refusal).Hint("join them into one")
			}
		})
		if isEnvironment(p.Doc.Format) {
			for i := range p.Doc.Entries {
				reportBrokenJSON(p, i)
			}
		}
	},
}

// badLine says in plain words what an env line lacks.
func badLine(f *connection.Failure) string {
	if strings.Contains(f.Message.Peek(), "equal sign") {
		return "a line without an equal sign"
	}
	return "a line without a key or a value"
}

// eachRefusal calls f for everything that makes a consumer load nothing: the
// failure, the entry that causes it (or -1), and who the consumer is.
func eachRefusal(p *lint.Pass, f func(failure *connection.Failure, by int, who string)) {
	p.EachReading(func(r *consumer.Reading) {
		if r.Refusal == nil {
			return
		}
		who := "Airflow"
		if p.Doc.Format == export.AstroSettings {
			who = "the Astro CLI"
		}
		f(r.Refusal, r.RefusedBy, who)
		for _, further := range r.Further {
			f(further.Failure, further.By, who)
		}
	})
}

// reportBrokenJSON reports a JSON value of a variable that does not parse. The
// other variables are not touched by it.
func reportBrokenJSON(p *lint.Pass, i int) {
	value := trimmed(entryValue(p.Doc, i))
	if !strings.HasPrefix(value.String(), "{") {
		return
	}
	if _, err := syntax.ParseJSON(value); err != nil {
		p.ReportEntry(i, connection.NoField, err.Span, "the JSON of this connection does not parse: %s", err.Problem).Hint(err.Hint)
	}
}

// isBadEncoding reports whether a document is refused for bytes that are no text:
// a byte order mark, what is no UTF-8, a NUL.
func isBadEncoding(d *export.Document, e *syntax.Error) bool {
	at := d.File.Data[e.Span.Start:]
	return e.Kind == syntax.EncodingError || e.Span.Start == 0 && strings.HasPrefix(at, byteOrderMark) || strings.HasPrefix(at, "\x00")
}

const byteOrderMark = "\ufeff"

var unrecognisedExport = lint.Rule{
	ID: "DOC002", Name: "unrecognised-export", Level: lint.Warning, Since: since, Scope: lint.Document,
	Variants: []lint.Variant{{Name: "unlike", Level: lint.Note, When: "neither the file's name nor its content resembles an export"}},
	Summary:  "A named file is no export of connections that we know",
	Why:      "Nothing in it looks like connections in a form that Airflow or the Astro CLI loads, so nothing was checked.",
	Remedy:   "Name another file, or say with --format what it is.",
	Source:   "airflow.secrets.local_filesystem, airflow.cli.commands.connection_command, astro-cli settings.",
	Before: `-- connections.json --
{"conn_type": "postgres", "host": "db.internal.example"}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example"}}
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format != export.Unknown || !p.Doc.Named || p.Doc.Err != nil || p.Doc.Shape == export.NothingToRead {
			return
		}
		what, hint := resemblance(p.Doc.Shape)
		if strings.HasPrefix(path.Base(p.Doc.File.Path), "airflow_settings") {
			switch p.Doc.Shape {
			case export.ComposeFile:
				hint = "the Astro CLI takes it as docker-compose.override.yml"
			case export.AirflowConfig:
				hint = toDotenv
			}
		}
		d := p.Report(connection.NoField, p.Doc.ShapeAt, "%s", what).Hint(hint)
		if p.Doc.Shape == export.NotAnExport && !p.Doc.NamedLikeExport() {
			d.Variant("unlike")
		}
	},
}

// resemblance says what a document is instead of an export, and what to do.
func resemblance(s export.Shape) (what, hint string) {
	switch s {
	case export.EmptyDocument:
		return "the document holds nothing but blanks or comments: no connection is loaded", ""
	case export.BareConnection:
		return "one connection without an id: Airflow wants an object keyed by id", "put it under its id, or check it with --format airflow-value"
	case export.VariablesExport:
		return "this looks like an export of Airflow variables, not of connections", ""
	case export.PoolsExport:
		return "this looks like an export of Airflow pools, not of connections", ""
	case export.ComposeFile:
		return "this looks like a Compose file; connections in its environment are not read", ""
	case export.VaultSecret:
		return "this looks like the body of a secret in a secrets backend", "check it with --format airflow-value"
	case export.AirflowConfig:
		return "this looks like airflow.cfg, not like connections", ""
	case export.ShellScript:
		return "this makes connections with shell commands, which are not read", "put them into a .env file"
	case export.OtherSource:
		return "this defines connections in a language of its own, which is not read", "put them into a .env file"
	}
	return "no connections in a form that Airflow or the Astro CLI loads", "--format says what a file is"
}

var documentRefused = lint.Rule{
	ID: "DOC005", Name: "document-refused", Level: lint.Error, Since: since, Scope: lint.Document,
	Summary: "One value makes a consumer load nothing at all",
	Why: "A date, list or map where the Astro CLI wants text makes it load none of the file's connections, pools and variables, and it says so in its debug log only. " +
		"Airflow refuses a file for several values under one id, for a value that is neither object nor text, and for an entry that is an alias of another.",
	Remedy: "Change that value: quote a date, write text instead of a list.",
	Source: "astro-cli settings (mapstructure); airflow.secrets.local_filesystem; observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_password: 2024-01-31
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_password: "2024-01-31"
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Shape == export.ListOfEntries || p.Doc.Shape == export.WrappedEntries {
			return // DOC018
		}
		eachRefusal(p, func(f *connection.Failure, by int, who string) {
			if what, hint := refusal(p.Doc, f, by); what != "" {
				p.ReportEntry(by, f.Field, f.Place, "%s: %s refuses the whole document", what, who).Cause(lint.Refusal).Hint(hint)
			}
		})
	},
}

// refusal says what a consumer refuses; nothing for what DOC001 says.
func refusal(d *export.Document, f *connection.Failure, by int) (what, hint string) {
	settings := d.Format == export.AstroSettings
	switch f.Reason {
	case connection.BadSyntax, connection.BadLine, connection.NotAnObject:
		return "", ""
	case connection.DateValue:
		return "an unquoted date", "put it in quotes"
	case connection.CollectionValue:
		return "a list or map where text is wanted", "write text"
	case connection.BadPort:
		if f.Field != connection.Port {
			return "slots that are no number", "write a number"
		}
		return "a port that is no number", "write a number from 0 to 65535"
	case connection.ManyValues:
		return "several values under one id", "keep one"
	case connection.BadValueType:
		if settings {
			return "a value where a map is wanted", "write keys and values"
		}
		return "a value that is neither an object nor a text", "write an object, or a URI"
	case connection.MismatchedID:
		if by >= 0 {
			if _, aliased := d.Entries[by].Node.Alias(); aliased {
				return "an alias of another connection, which has its own id by then", "write <<: *NAME to take over its fields"
			}
		}
		return "a conn_id that is not the key", "remove it: the key is the id"
	case connection.MixedExtra:
		return "extra beside extra_dejson", "keep one"
	case connection.NotText:
		return "a value that is no text", "put it in quotes"
	case connection.NotSerializable:
		return "a value that JSON cannot hold", "put it in quotes"
	case connection.BadEncoding:
		return "a character that is no Unicode text", ""
	case connection.BadFileName:
		return "a file whose name is but an extension", "rename it"
	case connection.BadArgument:
		return "a pool or variable that breaks the shell command which sets it", "write it without ' and its name without blanks, or update the Astro CLI to 1.42"
	case connection.TooDeep:
		return "a document nested deeper than Python goes", ""
	}
	return "this value", ""
}

var duplicateKey = lint.Rule{
	ID: "DOC007", Name: "duplicate-key", Level: lint.Error, Since: since,
	Summary: "A key that is there twice",
	Why:     "Python's readers of JSON and YAML keep the last of two equal keys and say nothing.",
	Remedy:  "Keep the one that is meant.",
	Source:  "Python's json, PyYAML; observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "a.internal.example", "host": "b.internal.example"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "b.internal.example"}}
`,
	Check: func(p *lint.Pass) {
		if !p.Plain() && p.Doc.Format != export.AstroSettings { // yaml.v3 refuses it: DOC001
			reportDuplicates(p, object(p), connection.NoField)
		}
		p.Each(func(v *lint.View) {
			if v.Extra.Written() && mayHaveDuplicates(v.Extra.Text.Peek()) {
				if t, err := syntax.ParseJSON(v.Extra.Src); err == nil {
					reportDuplicates(p, t.Root(), connection.Extra)
				}
			}
		})
	},
}

// reportDuplicates reports keys that are twice in a mapping of a tree.
func reportDuplicates(p *lint.Pass, root syntax.Node, f connection.Field) {
	open := []syntax.Node{root}
	for len(open) > 0 && len(open) < 1000 {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		for item := range n.Items() {
			if item.IsCollection() {
				open = append(open, item)
			}
		}
		eachDuplicate(n, func(first, again syntax.Node) {
			p.Report(f, again.Text().Whole(), "the key %s is there twice: the first value is dropped", lint.Show(again.Value())).Hint("keep one").
				Related(first.Text().Whole(), "the first one")
		})
		for _, v := range n.Written() {
			if _, shared := v.Alias(); !shared && v.IsCollection() {
				open = append(open, v)
			}
		}
	}
}

// mayHaveDuplicates tells quickly that all keys of a JSON text are different: to
// take an extra apart costs more than all other fields.
func mayHaveDuplicates(s string) bool {
	if strings.Count(s, ":") < 2 {
		return false
	}
	var keys [16]string
	seen := keys[:0]
	for i := 0; i < len(s); {
		open := strings.IndexByte(s[i:], '"')
		if open < 0 {
			break
		}
		start := i + open + 1
		end := start
		for end < len(s) && s[end] != '"' {
			if s[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(s) {
			break
		}
		i = end + 1
		if rest := strings.TrimLeft(s[i:], " \t\r\n"); rest == "" || rest[0] != ':' {
			continue
		}
		key := s[start:end]
		if len(seen) == cap(seen) || strings.IndexByte(key, '\\') >= 0 || slices.Contains(seen, key) {
			return true
		}
		seen = append(seen, key)
	}
	return false
}

// eachDuplicate finds text keys that a mapping has twice as written.
func eachDuplicate(n syntax.Node, f func(first, again syntax.Node)) {
	var keys [16]syntax.Node
	seen := keys[:0]
	var index map[string]syntax.Node // for the rare large mapping
	for k := range n.Written() {
		if k.Kind() != syntax.String {
			continue
		}
		if index == nil && len(seen) == cap(seen) {
			index = make(map[string]syntax.Node, 64)
			for _, o := range seen {
				index[o.Value()] = o
			}
		}
		if index != nil {
			s := k.Value()
			if o, twice := index[s]; twice {
				f(o, k)
			} else {
				index[s] = k
			}
			continue
		}
		twice := false
		for _, o := range seen {
			if len(o.Raw()) == len(k.Raw()) && o.Raw() == k.Raw() || o.Style() != k.Style() && o.Is(k.Value()) {
				f(o, k)
				twice = true
				break
			}
		}
		if !twice {
			seen = append(seen, k)
		}
	}
}

var maskedSecret = lint.Rule{
	ID: "DOC009", Name: "masked-secret", Level: lint.Error, Since: since, Needs: lint.Stars,
	Summary: "Stars where a secret belongs",
	Why:     "The UI, the REST API and `connections list --hide-sensitive` show *** instead of secrets. Loading such an export stores the stars.",
	Remedy:  "Export with `airflow connections export`, which masks nothing, or fill the secret in.",
	Source:  "airflow.utils.log.secrets_masker; apache/airflow#52301, #61670.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "***"}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "example"}}
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format.IsRecord() {
			return
		}
		p.Each(func(v *lint.View) {
			if !strings.Contains(v.Password.Text.Peek(), stars) && !strings.Contains(v.Extra.Text.Peek(), stars) || p.IsExample() {
				return
			}
			if v.Password.Kind == connection.Text && isStars(v.Password.Text.Peek()) {
				v.ReportWhole(connection.Password, "the secret is masked: the stars themselves are stored").Hint("fill in the secret")
			}
			switch extra := v.Extra.Text.Peek(); {
			case isStars(extra):
				v.ReportWhole(connection.Extra, "extra is masked as a whole: the stars are no JSON").Hint("fill in the extra")
				return
			case !strings.Contains(extra, stars):
				return
			}
			eachLeaf(v.ExtraObject(), func(keys []string, leaf *connection.Value) {
				if leaf.Kind == connection.Text && isStars(leaf.Text.Peek()) {
					p.Report(connection.Extra, leaf.Span(), "a masked secret in extra: the stars themselves are stored").Pointer(keys...).Hint("fill in the secret")
				}
			})
		})
	},
}

// stars are what Airflow's masker writes.
const stars = "***"

// isStars reports whether a text is the masker's, or that of a person, who writes more.
func isStars(s string) bool { return len(s) >= len(stars) && secret.IsMask(s) }

var exportWithoutSecrets = lint.Rule{
	ID: "DOC010", Name: "export-without-secrets", Level: lint.Note, Since: since, Scope: lint.Document,
	Summary: "A record that does not tell the secrets",
	Why: "The REST API leaves passwords out or masks them, and `connections list` of Airflow 3.2 and later shows ids and types only. " +
		"Whether a connection has its token cannot be told from such a record, and it cannot be loaded anywhere.",
	Remedy: "Nothing, where it is only to be looked at. `airflow connections export` writes everything.",
	Source: "airflow.api_connexion, airflow.api_fastapi (connections); airflow.cli.commands.connection_command; observed on 2.10 to 3.3.",
	Before: `-- list.json --
[{"conn_id": "warehouse", "conn_type": "postgres"}, {"conn_id": "lake", "conn_type": "aws"}]
`,
	After: `-- list.json --
[{"conn_id": "warehouse", "conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "example", "extra_dejson": {}, "get_uri": "postgres://etl:example@db.internal.example/"}]
`,
	Check: func(p *lint.Pass) {
		if !p.Doc.Format.IsRecord() || len(p.Doc.Entries) == 0 {
			return
		}
		p.EachReading(func(r *consumer.Reading) {
			told := false
			var c connection.Connection
			for i := range p.Doc.Entries {
				c.Reset()
				r.Load(i, &c)
				if at, ok := maskedIn(&c); ok {
					p.Report(connection.NoField, at, "the record shows stars instead of secrets: whether they are right cannot be judged").
						Hint("`airflow connections export` writes the secrets")
					return
				}
				told = told || c.Password.Place != source.Span{}
			}
			if !told {
				p.Report(connection.NoField, p.Doc.FirstContent(), "the record does not tell passwords: whether there is one cannot be judged").
					Hint("`airflow connections export` writes them")
			}
		})
	},
}

// maskedIn is the place of the first stars in a record's connection.
func maskedIn(c *connection.Connection) (source.Span, bool) {
	for _, value := range [...]*connection.Value{&c.Password, &c.Extra} {
		if value.Cause == connection.Masked {
			return value.Span(), true
		}
	}
	var at source.Span
	found := false
	if strings.Contains(c.Extra.Text.Peek(), stars) {
		eachLeaf(c.ExtraObject(), func(_ []string, leaf *connection.Value) {
			if leaf.Cause == connection.Masked && !found {
				at, found = leaf.Span(), true
			}
		})
	}
	return at, found
}

var badEncoding = lint.Rule{
	ID: "DOC011", Name: "bad-encoding", Level: lint.Error, Since: since, Scope: lint.Document,
	Summary: "A byte order mark, or bytes that are no UTF-8 or no text",
	Why: "Airflow opens files as UTF-8 and Python's json refuses a byte order mark; in connections.env it becomes part of the first id. " +
		"Of a variable whose value is no UTF-8 Airflow makes no connection, and docker refuses its file.",
	Remedy: "Save the file as UTF-8 without BOM.",
	Source: "airflow.secrets.local_filesystem; Python's json; docker/cli (kvfile); observed.",
	Before: "-- connections.json --\n\ufeff{\"warehouse\": {\"conn_type\": \"postgres\"}}\n",
	After:  "-- connections.json --\n{\"warehouse\": {\"conn_type\": \"postgres\"}}\n",
	Check: func(p *lint.Pass) {
		if e := p.Doc.Err; e != nil {
			if isBadEncoding(p.Doc, e) {
				p.Report(connection.NoField, e.Span, "%s", e.Problem).Hint(e.Hint)
			}
			return
		}
		if p.Doc.Format == export.Dotenv {
			reportBadBytes(p)
		}
		if p.Doc.Format == export.AirflowEnv && strings.HasPrefix(p.Doc.File.Data, byteOrderMark) {
			p.Report(connection.NoField, source.Span{Start: 0, End: len(byteOrderMark)}, "the file begins with a byte order mark (BOM): it becomes part of the first id").Hint("save it as UTF-8 without BOM")
		}
		p.EachReading(func(r *consumer.Reading) {
			if f := r.Refusal; f != nil && f.Reason == connection.BadEncoding {
				p.Report(connection.NoField, f.Place, "bytes that are no UTF-8: Airflow cannot open the file").Hint("save it as UTF-8")
			}
		})
	},
}

// reportBadBytes reports values of a dotenv that are no text. Its other lines may
// be in any encoding.
func reportBadBytes(p *lint.Pass) {
	for i := range p.Doc.Entries {
		value := entryValue(p.Doc, i)
		s := value.String()
		at := strings.IndexByte(s, 0)
		for j, r := range s {
			if _, width := utf8.DecodeRuneInString(s[j:]); r == utf8.RuneError && width == 1 {
				at = j
				break
			}
		}
		if at >= 0 {
			p.ReportEntry(i, connection.NoField, value.Span(at, at+1), "a byte that is no text in UTF-8: Airflow does not find the connection").Hint("save the file as UTF-8")
		}
	}
}

var wrongShape = lint.Rule{
	ID: "DOC018", Name: "wrong-shape", Level: lint.Error, Since: since, Scope: lint.Document,
	Summary: "Connections in a list where an object keyed by id is wanted, or the other way round",
	Why: "Airflow reads {\"id\": {..}}. A list of objects is refused; a wrapper ({\"connections\": ..}) is read as one connection of that name, and the file is refused. " +
		"The Astro CLI wants a list: an object keyed by id is one connection without an id to it, which it passes over.",
	Remedy: "Make the ids the keys of one object; in airflow_settings.yaml, make each the conn_id of an item.",
	Source: "airflow.secrets.local_filesystem; astro-cli settings (mapstructure); observed.",
	Before: `-- connections.json --
[{"conn_id": "warehouse", "conn_type": "postgres", "host": "db.internal.example"}]
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example"}}
`,
	Check: func(p *lint.Pass) {
		var what string
		switch p.Doc.Shape {
		case export.ListOfEntries:
			what = "a list of connections"
		case export.WrappedEntries:
			what = "a wrapper around the connections"
		case export.KeyedEntries:
			p.Report(connection.NoField, p.Doc.ShapeAt, "connections keyed by their ids: the Astro CLI wants a list and loads none of %s", them(len(p.Doc.Entries))).Write("- conn_id: ID")
			return
		default:
			return
		}
		p.Report(connection.NoField, p.Doc.ShapeAt, "%s: Airflow wants an object keyed by id, and refuses the file", what).
			Write(`{"ID": {"conn_type": …}}`)
	},
}

func them(n int) string {
	if n == 1 {
		return "it"
	}
	return fmt.Sprintf("the %d", n)
}
