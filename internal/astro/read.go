package astro

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Read is what the Astro CLI posts of settings: a loaded connection has the
// fields of its body, those that are left out are absent. An id that is there
// twice is posted twice; what comes of that is Airflow's business.
//
// A value that the CLI passes over in silence is absent with the cause Dropped:
// an extra of the wrong type, a URI beside other fields. A URI with that cause
// that is still a text did not parse, and the body has nothing but the id.
//
// Printed has what is printed about connections, not the lines about pools and
// variables.
func (p Profile) Read(doc *export.Document) *connection.Reading {
	r := &connection.Reading{
		RefusedBy: -1,
		Outcomes:  make([]connection.Outcome, len(doc.Entries)),
		Load: func(i int, into *connection.Connection) {
			(&decoder{Profile: p}).connection(doc.Entries[i].Node, into)
		},
	}
	if doc.Err != nil {
		r.Refusal = syntaxFailure(doc.Err)
		return r
	}
	d := decoder{Profile: p, entry: -1, placeless: !p.Shell}
	if doc.Tree != nil {
		d.settings(doc, r)
	}
	if len(d.problems) > 0 && (p.AllOrNothing || d.problems[0].class == readError) {
		r.Refusal, r.RefusedBy = refusal(d.problems)
		for _, p := range d.problems {
			if p.at != r.Refusal.Place {
				r.Also(p.failure(p.message), p.entry)
			}
		}
		return r
	}
	if d.stop != nil {
		r.Refusal = d.stop
		return r
	}
	r.Printed = secret.New(d.printed.String())
	return r
}

// settings decodes the whole document, as mapstructure does, and sets what
// becomes of each entry.
func (d *decoder) settings(doc *export.Document, r *connection.Reading) {
	var under, connections syntax.Node
	switch root := doc.Tree.Root(); root.Kind() {
	case 0, syntax.Null:
	case syntax.Mapping:
		under = lookup(root, "airflow")
		if !d.isMap("airflow", under) {
			under = syntax.Node{}
		}
		connections = lookup(under, "connections")
		// viper finds a nested key by its path, written with dots, too.
		if dotted := lookup(root, "airflow.connections"); !dotted.IsZero() {
			connections = dotted
		}
	default:
		d.problems = append(d.problems, problem{
			class: readError,
			message: fmt.Sprintf("unmarshal errors:\n  line %d: cannot unmarshal %s into map[string]interface {}",
				doc.File.Position(root.Span().Start).Line, tagOf(root)),
			at: root.Span(), reason: connection.NotAnObject, entry: -1,
		})
	}
	for i := range r.Outcomes {
		r.Outcomes[i].Status = connection.Skipped
	}
	r.IDs = make([]secret.Text, len(r.Outcomes))
	ordinary := make([]bool, len(r.Outcomes))
	if !d.Shell {
		r.Alike = func(i int) int {
			if ordinary[i] {
				return airflow.Ordinary
			}
			return 0
		}
	}
	// The entries of a document that lacks `airflow:` are none to the CLI.
	entry := 0
	var c connection.Connection
	d.section = "connections"
	for item, n := range items(connections) {
		d.item, d.entry = item, -1
		if entry < len(doc.Entries) && doc.Entries[entry].Node.Same(n) {
			d.entry = entry
			entry++
		}
		c.Reset()
		if !d.connection(n, &c) || d.entry < 0 {
			continue
		}
		r.Outcomes[d.entry] = connection.Outcome{Status: connection.Loaded}
		r.IDs[d.entry], ordinary[d.entry] = c.ID.Text, airflow.IsOrdinary(&c)
		if c.Failure != nil {
			r.Outcomes[d.entry] = connection.Outcome{Status: connection.Failed, Failure: c.Failure}
		}
	}
	d.entry = -1
	d.plain("pools", lookup(under, "pools"))
	d.plain("variables", lookup(under, "variables"))
}

// plain decodes a section that is not about connections: it only matters whether
// that, or what is done with it, fails.
func (d *decoder) plain(section string, list syntax.Node) {
	d.section = section
	for item, n := range items(list) {
		d.item = item
		if !d.isMap("", n) {
			continue
		}
		values := map[string]connection.Value{}
		for m := range members(n) {
			switch section + "." + m.name {
			case "pools.pool_name", "pools.pool_description", "variables.variable_name", "variables.variable_value":
				values[m.name] = d.text(m.name, m.value, connection.NoField)
			case "pools.pool_slot":
				values[m.name] = d.integer(m.name, m.value, connection.NoField)
			}
		}
		d.set(section, values)
	}
}

// connection decodes an entry and works out what is posted. It answers false if
// the entry is passed over.
func (d *decoder) connection(n syntax.Node, c *connection.Connection) bool {
	if !d.isMap("", n) {
		return false
	}
	var nodes [connection.URI + 1]syntax.Node
	for m := range members(n) {
		if f := fieldNamed(m.name); f != connection.NoField {
			nodes[f] = m.value
		}
	}
	hasFields := false
	for _, f := range [...]connection.Field{connection.ID, connection.Type, connection.Host, connection.Schema, connection.Login, connection.Password, connection.URI} {
		v := c.Field(f)
		*v = d.text(fieldName(f), nodes[f], f)
		hasFields = hasFields || v.Kind != connection.Absent && f != connection.ID && f != connection.URI
	}
	c.Port = d.integer(fieldName(connection.Port), nodes[connection.Port], connection.Port)
	hasFields = hasFields || c.Port.Kind != connection.Absent

	if c.ID.Kind == connection.Absent {
		return false
	}
	if d.Shell {
		return d.command(nodes[connection.Extra], hasFields, c)
	}
	switch {
	case c.Type.Kind == connection.Absent && c.URI.Kind == connection.Absent:
		return d.skip(c)
	case c.URI.Kind != connection.Absent && !hasFields:
		parseURI(c)
		if extra := nodes[connection.Extra]; extra.Kind() > syntax.Null && c.Extra.Kind == connection.Absent {
			c.Extra = dropped(extra)
		}
	default:
		if c.URI.Kind != connection.Absent {
			c.URI = dropped(nodes[connection.URI])
		}
		d.extra(nodes[connection.Extra], c)
	}
	d.added(c.ID.Text.Peek())
	return true
}

// command works out with which values the command is run that adds a connection. A
// URI is one of them, which Airflow takes apart, where there is nothing but an extra
// beside it.
//
// Source: AddConnections of settings.go up to v1.41.0.
func (d *decoder) command(extra syntax.Node, hasFields bool, c *connection.Connection) bool {
	d.extra(extra, c)
	d.delete(c)
	switch {
	case c.Failure != nil:
		return true
	case c.Type.Kind == connection.Absent && c.URI.Kind == connection.Absent:
		return d.skip(c)
	case hasFields && c.URI.Kind != connection.Absent:
		c.URI = connection.Value{Place: c.URI.Place, Src: c.URI.Src, Cause: connection.Dropped}
	}
	id := c.ID.Text.Peek()
	d.pass(c)
	if c.Failure == nil || !d.Stops {
		d.added(id)
	}
	return true
}

func (d *decoder) skip(c *connection.Connection) bool {
	fmt.Fprintf(&d.printed, "Skipping %s: conn_type or conn_uri must be specified.\n", c.ID.Text.Peek())
	return false
}

func (d *decoder) added(id string) { fmt.Fprintf(&d.printed, "Added Connection: %s\n", id) }

// fieldNames are the keys of types.go.
var fieldNames = [...]string{
	connection.ID:       "conn_id",
	connection.Type:     "conn_type",
	connection.Host:     "conn_host",
	connection.Schema:   "conn_schema",
	connection.Login:    "conn_login",
	connection.Password: "conn_password",
	connection.Port:     "conn_port",
	connection.Extra:    "conn_extra",
	connection.URI:      "conn_uri",
}

func fieldName(f connection.Field) string { return fieldNames[f] }

func fieldNamed(name string) connection.Field {
	if !strings.HasPrefix(name, "conn_") {
		return connection.NoField
	}
	return connection.Field(max(0, slices.Index(fieldNames[:], name)))
}

// problem is a value that keeps the settings from being decoded.
type problem struct {
	class   string
	message string
	at      source.Span
	reason  connection.Reason
	field   connection.Field
	entry   int
}

// The types of the two errors that the CLI writes to its debug log.
const (
	readError   = "ConfigParseError" // viper
	decodeError = "Error"            // mapstructure
)

// refusal is the failure of the first problem in the document, in the words that
// the CLI has for all of them.
func refusal(problems []problem) (*connection.Failure, int) {
	first := problems[0]
	messages := make([]string, len(problems))
	for i, p := range problems {
		messages[i] = "* " + p.message
		if p.at.Start < first.at.Start {
			first = p
		}
	}
	message := unreadable + first.message
	if first.class == decodeError {
		slices.Sort(messages)
		message = fmt.Sprintf("unable to decode file: %d error(s) decoding:\n\n%s", len(messages), strings.Join(messages, "\n"))
	}
	return first.failure(message), first.entry
}

func (p *problem) failure(message string) *connection.Failure {
	return &connection.Failure{Class: p.class, Message: secret.New(message), Place: p.at, Field: p.field, Reason: p.reason}
}

const unreadable = "unable to read config file: While parsing config: yaml: "

// syntaxFailure is the failure for a document that yaml.v3 refuses.
func syntaxFailure(err *syntax.Error) *connection.Failure {
	message := unreadable + cmp.Or(err.Message, err.Problem)
	return &connection.Failure{Class: readError, Message: secret.New(message), Place: err.Span, Reason: connection.BadSyntax}
}

// tagOf is how yaml.v3 names a value that it cannot use.
func tagOf(n syntax.Node) string {
	if n.Kind() == syntax.Sequence {
		return "!!seq"
	}
	tag := "!!str"
	switch n.Kind() {
	case syntax.Bool:
		tag = "!!bool"
	case syntax.Int:
		tag = "!!int"
	case syntax.Float:
		tag = "!!float"
	case syntax.Date, syntax.Timestamp:
		tag = "!!timestamp"
	case syntax.Binary:
		tag = "!!binary"
	}
	value := n.Value()
	if len(value) > 10 {
		value = value[:7] + "..."
	}
	return tag + " `" + value + "`"
}
