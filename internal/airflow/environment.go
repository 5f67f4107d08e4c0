package airflow

import (
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

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

// load fills in the connection of a variable, for whoever wants to look at it.
func (p *Profile) load(doc *export.Document, i int, c *connection.Connection) {
	c.Reset()
	p.variable(doc, i, c)
	openExtra(&object{}, c)
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
	if err == nil && !buildsURI(c) && p.Has(LookupBuildsURI) {
		_, err = GetURI(c, *p)
	}
	notFound := func() *connection.Failure {
		return failure("AirflowNotFoundException", connection.BadID, connection.ID, id.Span(), "The conn_id `%s` isn't defined", id.Text.Peek())
	}
	switch {
	case err != nil:
		c.Failure = notFound()
		c.Failure.Reason, c.Failure.Field, c.Failure.Place, c.Failure.Cause = err.Reason, err.Field, err.Place, err
	case isTeamID(id.Text.Peek()) && p.Has(RefusesTeamID):
		c.Failure = notFound()
	}
	return true
}

// buildsURI reports whether get_uri() of a connection cannot fail, in any version;
// it may err towards no.
func buildsURI(c *connection.Connection) bool {
	if !c.Type.IsText() || c.Port.Kind != connection.Absent && c.Port.Kind != connection.Int {
		return false
	}
	for _, f := range [...]connection.Field{connection.Type, connection.Host, connection.Login, connection.Password, connection.Schema, connection.Extra} {
		if v := c.Field(f); v.Kind != connection.Absent && (v.Kind != connection.Text || !utf8.ValidString(v.Text.Peek())) {
			return false
		}
	}
	// Escapes in extra may be lone surrogates.
	extra := c.Extra.Text.Peek()
	return !strings.Contains(extra, `\ud`) && !strings.Contains(extra, `\uD`)
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
	if p.isTooDeep(tree.Depth()) {
		return failure(recursionError, connection.TooDeep, connection.NoField, value.Whole(), "maximum recursion depth exceeded while decoding a JSON object from a unicode string")
	}
	o := objectOf(tree.Root())
	typ, port, extra := ValueOf(o.node[keyType]), ValueOf(o.node[keyPort]), ValueOf(o.node[keyExtra])
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
		if !extra.Truthy() {
			c.Extra = dropped(extra)
		}
	}
	openExtra(&o, c)
	return err
}

// dropped is what is left of a value that is passed over because Python takes it
// for false. That of an empty text nothing is left is no change.
func dropped(v connection.Value) connection.Value {
	left := connection.Value{Src: v.Src, Place: v.Place}
	if v.Kind != connection.Absent && v.Kind != connection.Text {
		left.Cause = connection.Dropped
	}
	return left
}

// normalised turns the type into the form in which types are registered.
func normalised(v *connection.Value) *connection.Failure {
	if !v.Truthy() {
		*v = dropped(*v)
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
				return failure("AttributeError", connection.NotText, connection.Type, v.Place, "'%s' object has no attribute 'replace'", v.Kind.Class())
			}
		}
	default:
		return failure("TypeError", connection.NotText, connection.Type, v.Place, "argument of type '%s' is not iterable", v.Kind.Class())
	}
	return nil
}

// converted turns the port into a number as int() does.
func converted(v *connection.Value) *connection.Failure {
	if !v.Truthy() {
		*v = dropped(*v)
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
		return failure("TypeError", connection.BadPort, connection.Port, v.Place, "int() argument must be a string, a bytes-like object or a real number, not '%s'", v.Kind.Class())
	}
	if !ok {
		return failure("ValueError", connection.BadPort, connection.Port, v.Span(), "Expected integer value for `port`, but got %s instead.", v.Repr())
	}
	v.Kind, v.Text = connection.Int, secret.New(n)
	if v.Cause == connection.Unchanged {
		v.Cause = connection.PortConverted
	}
	return nil
}

// arguments refuses what is no argument of the constructor.
func (p *Profile) arguments(o *object) *connection.Failure {
	unknown := func(name string, f connection.Field, n syntax.Node) *connection.Failure {
		init := "__init__()"
		if p.Has(SDKClass) {
			init = "Connection.__attrs_init__()"
		}
		return failure("TypeError", connection.IllegalKey, f, n.Span(), "%s got an unexpected keyword argument '%s'", init, name)
	}
	switch {
	case o.has(keyConnID):
		return failure("TypeError", connection.IllegalKey, connection.ID, o.node[keyConnID].Span(), "Connection() got multiple values for keyword argument 'conn_id'")
	case len(o.other) > 0:
		return unknown(o.other[0].Value(), connection.NoField, o.other[0])
	case o.has(keyExtraDejson):
		return unknown("extra_dejson", connection.Extra, o.node[keyExtraDejson])
	case o.has(keyTeamName) && !p.Has(AllowsTeamName):
		return unknown("team_name", connection.NoField, o.teamKey)
	}
	return nil
}
