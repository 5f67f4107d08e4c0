package airflow

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// recursionError is the class of what Python raises where something is nested too
// deep for it.
const recursionError = "RecursionError"

// failure makes a Failure; the message is the real program's.
func failure(class string, reason connection.Reason, field connection.Field, at source.Span, format string, args ...any) *connection.Failure {
	return &connection.Failure{
		Class:   class,
		Reason:  reason,
		Field:   field,
		Place:   at,
		Message: secret.New(fmt.Sprintf(format, args...)),
	}
}

// key is a name that may stand in the object of a connection.
type key uint8

const (
	keyConnID key = iota
	keyType
	keyDescription
	keyHost
	keyLogin
	keyPassword
	keySchema
	keyPort
	keyExtra
	keyURI
	keyExtraDejson
	keyTeamName
	noKey
)

// keyNamed is the key with this name, noKey for another.
func keyNamed(name string) key {
	switch name {
	case "conn_id":
		return keyConnID
	case "conn_type":
		return keyType
	case "description":
		return keyDescription
	case "host":
		return keyHost
	case "login":
		return keyLogin
	case "password":
		return keyPassword
	case "schema":
		return keySchema
	case "port":
		return keyPort
	case "extra":
		return keyExtra
	case "uri":
		return keyURI
	case "extra_dejson":
		return keyExtraDejson
	case "team_name":
		return keyTeamName
	}
	return noKey
}

// object is the dict that a connection is made of, by its keys.
type object struct {
	node    [noKey]syntax.Node
	other   []syntax.Node // keys that are none of ours
	teamKey syntax.Node   // the key team_name, which some versions refuse
}

// objectOf sorts a mapping's members; of equal keys the last wins.
func objectOf(n syntax.Node) object {
	var o object
	for k, v := range n.Members() {
		name := nameOf(k)
		if name == noKey {
			o.other = append(o.other, k)
			continue
		}
		if name == keyTeamName {
			o.teamKey = k
		}
		o.node[name] = v
	}
	return o
}

// nameOf is the key that a node is. Hardly any is written with escapes, so it is
// looked up as it stands first.
func nameOf(n syntax.Node) key {
	if n.Kind() != syntax.String {
		return noKey
	}
	raw := n.Raw()
	if len(raw) > 2 && (raw[0] == '"' || raw[0] == '\'') {
		raw = raw[1 : len(raw)-1]
	}
	if name := keyNamed(raw); name != noKey {
		return name
	}
	return keyNamed(n.Value())
}

func (o *object) has(k key) bool { return !o.node[k].IsZero() }

// extra is the node that extra is made of.
func (o *object) extra() syntax.Node {
	if o.has(keyExtraDejson) {
		return o.node[keyExtraDejson]
	}
	return o.node[keyExtra]
}

// construct is Connection.__init__ of an object, the id set before. It fills in
// all that it can, whether or not it fails. Sources: models/connection.py, and
// task-sdk's definitions/connection.py for workers.
func (p *Profile) construct(o *object, c *connection.Connection) *connection.Failure {
	c.Description = ValueOf(o.node[keyDescription])
	c.TeamName = ValueOf(o.node[keyTeamName])
	uri := ValueOf(o.node[keyURI])
	if err := p.storedExtra(o, c); err != nil {
		p.fields(o, c)
		return err
	}
	if uri.Kind == connection.Absent {
		p.fields(o, c)
		return first(p.checkPassword(c), p.checkExtra(c))
	}
	if p.Has(SDKClass) {
		return p.constructSDK(o, c, uri)
	}
	if !uri.Truthy() {
		p.fields(o, c)
		return first(p.checkPassword(c), p.checkExtra(c))
	}
	for _, k := range [...]key{keyType, keyHost, keyLogin, keyPassword, keySchema, keyPort} {
		if v := ValueOf(o.node[k]); v.Truthy() {
			return p.mixed(o, c, uri)
		}
	}
	if c.Extra.Truthy() {
		return p.mixed(o, c, uri)
	}
	return p.fromURI(uri, c)
}

// fields takes the values of an object as they are.
func (p *Profile) fields(o *object, c *connection.Connection) {
	c.Type = ValueOf(o.node[keyType])
	c.Host = ValueOf(o.node[keyHost])
	c.Login = ValueOf(o.node[keyLogin])
	c.Password = ValueOf(o.node[keyPassword])
	c.Schema = ValueOf(o.node[keySchema])
	c.Port = ValueOf(o.node[keyPort])
}

// mixed refuses a uri beside other values.
func (p *Profile) mixed(o *object, c *connection.Connection, uri connection.Value) *connection.Failure {
	p.fields(o, c)
	c.URI = uri
	return failure("AirflowException", connection.MixedURI, connection.URI, uri.Place,
		"You must create an object using the URI or individual values (conn_type, host, login, password, schema, port or extra)."+
			"You can't mix these two ways to create this object.")
}

// constructSDK is the same with a uri for the Task SDK's class, which takes nothing
// beside it.
func (p *Profile) constructSDK(o *object, c *connection.Connection, uri connection.Value) *connection.Failure {
	for k := range noKey {
		if k != keyURI && k != keyConnID && o.has(k) {
			return p.mixed(o, c, uri)
		}
	}
	return p.fromURI(uri, c)
}

func first(failures ...*connection.Failure) *connection.Failure {
	for _, f := range failures {
		if f != nil {
			return f
		}
	}
	return nil
}

// storedExtra sets what the extra column gets: a text as it is, anything else
// that is not empty as JSON.
func (p *Profile) storedExtra(o *object, c *connection.Connection) *connection.Failure {
	n, always := o.extra(), o.has(keyExtraDejson)
	if n.IsZero() {
		return nil
	}
	if !always && !n.IsCollection() {
		c.Extra = ValueOf(n)
		if c.Extra.Kind == connection.Text || !c.Extra.Truthy() {
			return nil
		}
	}
	if !always && n.IsCollection() && isEmpty(n) {
		c.Extra = ValueOf(n)
		return nil
	}
	text, err := p.dumps(n)
	if err != nil {
		c.Extra = ValueOf(n)
		return err
	}
	c.Extra = connection.Value{Kind: connection.Text, Text: secret.New(text), Place: n.Span(), Cause: connection.ExtraDumped}
	if !n.IsCollection() {
		c.Extra.Src = n.Text()
	}
	return nil
}

func isEmpty(n syntax.Node) bool {
	for range n.Items() {
		return false
	}
	for range n.Members() {
		return false
	}
	return true
}

// checkPassword is the password's setter: None and what is empty are dropped, and
// it must be a text that UTF-8 can encode. The Task SDK's class has none.
func (p *Profile) checkPassword(c *connection.Connection) *connection.Failure {
	v := &c.Password
	if v.Kind == connection.Absent || v.IsText() && utf8.ValidString(v.Text.Peek()) || p.Has(SDKClass) {
		return nil
	}
	if !v.Truthy() {
		*v = dropped(*v)
		return nil
	}
	if v.Kind != connection.Text {
		return failure("TypeError", connection.NotText, connection.Password, v.Place, "encoding without a string argument")
	}
	return encodable(v, connection.Password)
}

// encodable refuses a text with lone surrogates, as str.encode() does.
func encodable(v *connection.Value, f connection.Field) *connection.Failure {
	if utf8.ValidString(v.Text.Peek()) {
		return nil
	}
	return encodeFailure(v, f)
}

// encodeFailure is what str.encode() says of a text with lone surrogates.
func encodeFailure(v *connection.Value, f connection.Field) *connection.Failure {
	message, at, end := encodeError(v.Text.Peek())
	return failure("UnicodeEncodeError", connection.BadEncoding, f, v.At(at, end), "%s", message)
}

// checkExtra is the extra's setter. In Airflow 3 it must be a JSON object; before,
// anything goes. The Task SDK's class has none.
func (p *Profile) checkExtra(c *connection.Connection) *connection.Failure {
	v := &c.Extra
	if !v.Truthy() {
		return nil
	}
	if fault := faultOf(v); fault != nil && !p.Has(SDKClass) && p.Has(ValidatesExtra) {
		return fault(p, c)
	}
	if err := encodable(v, connection.Extra); err != nil && !p.Has(SDKClass) {
		return err
	}
	return nil
}

// faultOf is what Connection._validate_extra of Airflow 3 says of an extra; nil
// where it takes it.
func faultOf(v *connection.Value) func(*Profile, *connection.Connection) *connection.Failure {
	if !v.Written() {
		// json.dumps wrote it: it is an object where it begins like one.
		if strings.HasPrefix(v.Text.Peek(), "{") {
			return nil
		}
		return (*Profile).notAnObject
	}
	tree, err := syntax.ParseJSON(v.Src)
	switch {
	case err != nil:
		return (*Profile).notJSON
	case tree.Depth() > jsonDepth:
		return func(p *Profile, c *connection.Connection) *connection.Failure {
			if p.isTooDeep(tree.Depth()) {
				return tooDeep(&c.Extra)
			}
			if tree.Root().Kind() != syntax.Mapping {
				return p.notAnObject(c)
			}
			return nil
		}
	case tree.Root().Kind() != syntax.Mapping:
		return (*Profile).notAnObject
	}
	return nil
}

func (p *Profile) notJSON(c *connection.Connection) *connection.Failure {
	return failure("ValueError", connection.BadExtra, connection.Extra, c.Extra.Span(), "Encountered non-JSON in `extra` field for connection %s.", p.idInError(c))
}

func (p *Profile) notAnObject(c *connection.Connection) *connection.Failure {
	return failure("ValueError", connection.BadExtra, connection.Extra, c.Extra.Span(),
		"Encountered JSON value in `extra` which does not parse as a dictionary in connection %s. "+
			"The `extra` field must contain a JSON representation of a Python dict.", p.idInError(c))
}

func tooDeep(v *connection.Value) *connection.Failure {
	return failure(recursionError, connection.TooDeep, connection.Extra, v.Span(), "maximum recursion depth exceeded while decoding a JSON array from a unicode string")
}

// idInError is how an error about extra names the connection.
func (p *Profile) idInError(c *connection.Connection) string {
	switch {
	case !p.Has(ExtraErrorHasID):
		return "None"
	case c.HoldsOther:
		return c.HeldID.Repr()
	}
	return c.ID.Repr()
}

// openExtra lets extra_dejson be found out when it is asked for, where nothing has
// set it yet.
func openExtra(o *object, c *connection.Connection) {
	if !c.Extra.IsText() || c.ExtraObject().Kind != connection.Absent {
		return
	}
	if !c.Extra.Written() {
		n := o.extra()
		c.UnfoldExtra(func(c *connection.Connection) { c.SetExtraObject(jsonValue(ValueOf(n))) })
		return
	}
	c.UnfoldExtra(func(c *connection.Connection) {
		tree, err := syntax.ParseJSON(c.Extra.Src)
		if err != nil {
			c.ExtraError = true
			return
		}
		c.SetExtraObject(ValueOf(tree.Root()))
	})
}

// extraObject is what extra_dejson is of a connection, however it was made.
func extraObject(c *connection.Connection) *connection.Value {
	if c.ExtraObject().Kind != connection.Absent || c.ExtraError || !c.Extra.IsText() {
		return c.ExtraObject()
	}
	tree, err := syntax.ParseJSON(looseText(c.Extra.Text.Peek()))
	if err != nil {
		return &connection.Value{}
	}
	v := ValueOf(tree.Root())
	return &v
}

// looseText is a text that stands in no file.
func looseText(s string) source.Text { return (&source.File{Data: s}).Text() }

// jsonValue is what a value is after it went through JSON: keys are texts, and
// of keys that became equal the last wins; pairs are lists.
func jsonValue(v connection.Value) connection.Value {
	if v.Kind != connection.Map {
		for i := range v.Items {
			v.Items[i].Value = jsonValue(v.Items[i].Value)
		}
		return v
	}
	index := make(map[string]int, len(v.Items))
	items := v.Items[:0]
	for _, it := range v.Items {
		it.Value = jsonValue(it.Value)
		if k := &it.Key; k.Kind != connection.Text {
			k.Text = secret.New(jsonKey(k))
			k.Kind = connection.Text
		}
		name := it.Key.Text.Peek()
		if i, again := index[name]; again {
			items[i].Value = it.Value
			continue
		}
		index[name] = len(items)
		items = append(items, it)
	}
	v.Items = items
	return v
}
