// Package rules is the catalogue of checks. It exports the list of them and
// promises no other API.
package rules

import (
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// All are the rules in the order of their ids within each family.
func All() []*lint.Rule {
	var all []*lint.Rule
	for _, family := range [][]*lint.Rule{doc, val, con, uri, dbt, prj, sec, sup, pol, live} {
		all = append(all, family...)
	}
	return all
}

// since is the version that has the rules of the first release.
const since = "0.1.0"

// textFields are the fields that hold text and nothing else.
var textFields = [...]connection.Field{connection.Type, connection.Description, connection.Host, connection.Login, connection.Password, connection.Schema}

// object is the entry as an object, however it is written: in a file, as the one
// element of a list, as the JSON text of an environment variable. Absent for a
// URI.
func object(p *lint.Pass) syntax.Node {
	n := p.Doc.Entries[p.Entry].Node
	switch n.Kind() {
	case syntax.Mapping:
		return n
	case syntax.Sequence:
		if n.Len() == 1 {
			for item := range n.Items() {
				if item.Kind() == syntax.Mapping {
					return item
				}
			}
		}
	case 0:
		value := trimmed(entryValue(p.Doc, p.Entry))
		if isEnvironment(p.Doc.Format) && strings.HasPrefix(value.String(), "{") {
			if t, err := syntax.ParseJSON(value); err == nil {
				return t.Root()
			}
		}
	}
	return syntax.Node{}
}

// fieldOf is the field that a key of the entry's object has; NoField for another.
func fieldOf(p *lint.Pass, key syntax.Node) connection.Field {
	if key.Kind() != syntax.String {
		return connection.NoField
	}
	name := key.Value()
	if p.Doc.Format != export.AstroSettings {
		return connection.FieldNamed(name)
	}
	switch name = strings.ToLower(name); name { // the CLI lower-cases all keys
	case "conn_id", "conn_type":
		return connection.FieldNamed(name)
	}
	name, ok := strings.CutPrefix(name, "conn_")
	if f := connection.FieldNamed(name); ok && f != connection.Description {
		return f
	}
	return connection.NoField
}

// fieldNode is the value that the entry's object has for a field; absent where it
// has none.
func fieldNode(p *lint.Pass, f connection.Field) syntax.Node {
	var found syntax.Node
	for k, v := range object(p).Members() {
		if fieldOf(p, k) == f {
			found = v
		}
	}
	return found
}

// entryValue is the text of an entry that is no node of a tree: a line's value, or
// the document's.
func entryValue(d *export.Document, i int) source.Text {
	if l := d.Entries[i].Line; l >= 0 {
		return d.Lines[l].Value
	}
	return d.Value
}

// trimmed is a text without white space around it.
func trimmed(t source.Text) source.Text {
	s := t.String()
	core := strings.TrimSpace(s)
	at := strings.Index(s, core)
	return t.Slice(at, at+len(core))
}

// isAirflowFile reports whether the file reader's formats are meant.
func isAirflowFile(f export.Format) bool {
	return f == export.AirflowJSON || f == export.AirflowYAML || f == export.AirflowEnv
}

// isEnvironment reports whether the environment reader's formats are meant.
func isEnvironment(f export.Format) bool {
	return f == export.Dotenv || f == export.AirflowValue || f == export.AirflowURI
}

// fieldLabel is what people call a field of this connection.
func fieldLabel(p *lint.Pass, f connection.Field) string {
	if p.IsDbt() {
		switch f {
		case connection.Login:
			return "account id"
		case connection.Host:
			return "tenant"
		case connection.Password:
			return "API token"
		}
	}
	return f.String()
}
