package airflow

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// envPrefix is what the names of connection variables begin with
// (secrets/environment_variables.py).
const envPrefix = "AIRFLOW_CONN_"

// environment reads values of variables, each for itself.
func (p *Profile) environment(doc *export.Document) *connection.Reading {
	r := &connection.Reading{RefusedBy: -1, Outcomes: make([]connection.Outcome, len(doc.Entries))}
	r.Load = func(i int, c *connection.Connection) {
		c.Reset()
		p.variable(doc, i, c)
		openExtra(&object{}, c)
	}
	last := make(map[string]int, len(doc.Entries))
	var c connection.Connection
	for i := range doc.Entries {
		c.Reset()
		out := &r.Outcomes[i]
		switch given := p.variable(doc, i, &c); {
		case !given:
			out.Status = connection.Skipped
		case c.Failure != nil:
			out.Status, out.Failure = connection.Failed, c.Failure
		}
		id := c.ID.Text.Peek()
		if j, again := last[id]; again {
			r.Outcomes[j] = connection.Outcome{Status: connection.Overridden, By: i}
		}
		last[id] = i
	}
	return r
}

// variable reads entry i; it answers false for an empty value, which is as good
// as none.
func (p *Profile) variable(doc *export.Document, i int, c *connection.Connection) bool {
	id, value := variableOf(doc, i)
	if value.Len() == 0 {
		c.ID = id
		return false
	}
	err := p.deserialize(value, id, c)
	if err == nil && p.LookupBuildsURI {
		_, err = GetURI(c, *p)
	}
	notFound := func() *connection.Failure {
		return failure("AirflowNotFoundException", connection.BadID, connection.ID, id.Span(), "The conn_id `%s` isn't defined", id.Text.Peek())
	}
	switch {
	case err != nil:
		c.Failure = notFound()
		c.Failure.Reason, c.Failure.Field, c.Failure.Place, c.Failure.Cause = err.Reason, err.Field, err.Place, err
	case p.RefusesTeamID && isTeamID(id.Text.Peek()):
		c.Failure = notFound()
	}
	return true
}

// variableOf is the id and the value of entry i.
func variableOf(doc *export.Document, i int) (id connection.Value, value source.Text) {
	e := &doc.Entries[i]
	if e.Line >= 0 {
		line := &doc.Lines[e.Line]
		return part(lowerText(line.Key.From(len(envPrefix)))), line.Value
	}
	name := doc.ConnID
	if name == "" {
		name = "x"
	}
	return connection.Value{Kind: connection.Text, Text: secret.New(name)}, doc.Value
}

// deserialize is BaseSecretsBackend.deserialize_connection.
func (p *Profile) deserialize(value source.Text, id connection.Value, c *connection.Connection) *connection.Failure {
	if err := p.identify(id, c); err != nil {
		return err
	}
	value = strip(value)
	s := value.String()
	if s == "" {
		return failure("IndexError", connection.InvalidURI, connection.URI, value.Whole(), "string index out of range")
	}
	if strings.HasPrefix(s, "{") {
		return p.fromJSON(value, c)
	}
	return p.fromURI(part(value), c)
}

// fromJSON is Connection.from_json.
func (p *Profile) fromJSON(value source.Text, c *connection.Connection) *connection.Failure {
	tree, bad := syntax.ParseJSON(value)
	if bad != nil {
		line, column, char := pythonPosition(value.String(), bad.Offset)
		return failure("JSONDecodeError", connection.BadSyntax, connection.NoField, bad.Span, "%s: line %d column %d (char %d)", bad.Message, line, column, char)
	}
	if tree.Depth() > p.JSONDepth {
		return failure("RecursionError", connection.TooDeep, connection.NoField, value.Whole(), "maximum recursion depth exceeded while decoding a JSON object from a unicode string")
	}
	o := objectOf(tree.Root())
	typ, port := ValueOf(o.node[keyType]), ValueOf(o.node[keyPort])
	for _, k := range [...]key{keyExtra, keyType, keyPort} {
		// Before the class sees them, empty ones are dropped.
		if v := ValueOf(o.node[k]); !v.Truthy() {
			o.node[k] = syntax.Node{}
		}
	}
	err := first(normalised(&typ), converted(&port), p.arguments(&o))
	if built := p.construct(&o, c); err == nil {
		err = built
	}
	if c.URI.Kind == connection.Absent {
		c.Type, c.Port = typ, port
	}
	openExtra(&o, c)
	return err
}

// normalised turns the type into the form in which types are registered.
func normalised(v *connection.Value) *connection.Failure {
	if !v.Truthy() {
		*v = connection.Value{Src: v.Src, Place: v.Place}
		return nil
	}
	switch v.Kind {
	case connection.Text:
		if s := normaliseType(v.Text.Peek()); s != v.Text.Peek() {
			v.Text, v.Cause = secret.New(s), connection.TypeNormalised
		}
	case connection.List, connection.Map:
		for i := range v.Items {
			m := &v.Items[i].Value
			if v.Kind == connection.Map {
				m = &v.Items[i].Key
			}
			if m.Kind == connection.Text && m.Text.Peek() == "-" {
				return failure("AttributeError", connection.NotText, connection.Type, v.Place, "'%s' object has no attribute 'replace'", typeName(v))
			}
		}
	default:
		return failure("TypeError", connection.NotText, connection.Type, v.Place, "argument of type '%s' is not iterable", typeName(v))
	}
	return nil
}

// converted turns the port into a number as int() does.
func converted(v *connection.Value) *connection.Failure {
	if !v.Truthy() {
		cause := v.Cause
		if v.Kind == connection.Int {
			cause = connection.Dropped
		}
		*v = connection.Value{Src: v.Src, Place: v.Place, Cause: cause}
		return nil
	}
	n, ok := "", false
	switch s := v.Text.Peek(); v.Kind {
	case connection.Int:
		return nil
	case connection.Bool:
		n, ok = "1", true
	case connection.Text:
		var i *big.Int
		if i, ok = python.Int(s); ok {
			n = i.String()
		}
	case connection.Float:
		if s == "inf" || s == "-inf" {
			return failure("OverflowError", connection.BadPort, connection.Port, v.Span(), "cannot convert float infinity to integer")
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && s != "nan" {
			n, ok = truncFloat(f), true
		}
	default:
		return failure("TypeError", connection.BadPort, connection.Port, v.Place, "int() argument must be a string, a bytes-like object or a real number, not '%s'", typeName(v))
	}
	if !ok {
		return failure("ValueError", connection.BadPort, connection.Port, v.Span(), "Expected integer value for `port`, but got %s instead.", pyRepr(v))
	}
	v.Kind, v.Text = connection.Int, secret.New(n)
	if v.Cause == connection.Unchanged {
		v.Cause = connection.PortConverted
	}
	return nil
}

// arguments refuses what is no argument of the constructor.
func (p *Profile) arguments(o *object) *connection.Failure {
	init := "__init__()"
	if p.SDKClass {
		init = "Connection.__attrs_init__()"
	}
	unknown := func(name string, f connection.Field, n syntax.Node) *connection.Failure {
		return failure("TypeError", connection.IllegalKey, f, n.Span(), "%s got an unexpected keyword argument '%s'", init, name)
	}
	switch {
	case o.has(keyConnID):
		return failure("TypeError", connection.IllegalKey, connection.ID, o.node[keyConnID].Span(), "Connection() got multiple values for keyword argument 'conn_id'")
	case len(o.other) > 0:
		return unknown(o.other[0].Text().String(), connection.NoField, o.other[0])
	case o.has(keyExtraDejson):
		return unknown("extra_dejson", connection.Extra, o.node[keyExtraDejson])
	case o.has(keyTeamName) && !p.AllowsTeamName:
		return unknown("team_name", connection.NoField, o.teamKey)
	}
	return nil
}
