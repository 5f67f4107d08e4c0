// Package connection is the model of what a consumer holds after it has read an
// export: effective connections, each value with the bytes that it came from and
// the cause of every difference to them.
package connection

import (
	"fmt"

	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Field is one of the nine fields of a connection, or the URI that stands for
// several of them.
type Field uint8

// The fields, in the order in which they are shown.
const (
	NoField Field = iota
	ID
	Type
	Description
	Host
	Login
	Password
	Schema
	Port
	Extra
	URI
)

// Fields are the nine fields in the order in which they are shown.
var Fields = [...]Field{ID, Type, Description, Host, Login, Password, Schema, Port, Extra}

var fieldNames = [...]string{"", "conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra", "uri"}

// String is the name that Airflow gives the field.
func (f Field) String() string { return fieldNames[f] }

// FieldNamed is the field with this name; NoField for another name.
func FieldNamed(name string) Field {
	for f, n := range fieldNames {
		if n == name && n != "" {
			return Field(f)
		}
	}
	return NoField
}

// Kind is the type of a value as the consumer holds it. The names are Python's
// where Python has them.
type Kind uint8

// The kinds of values.
const (
	Absent   Kind = iota // not given, or null: None
	Text                 // str
	Int                  // int, of any size
	Float                // float
	Bool                 // bool
	Date                 // datetime.date
	Datetime             // datetime.datetime
	Bytes                // bytes
	List                 // list
	Tuple                // tuple: a pair of an omap
	Map                  // dict
	Set                  // set
)

func (k Kind) String() string {
	return [...]string{"nothing", "a text", "an integer", "a float", "a boolean", "a date", "a timestamp", "bytes", "a list", "a pair", "an object", "a set"}[k]
}

// Class is the name of the value's class in Python.
func (k Kind) Class() string {
	return [...]string{"NoneType", "str", "int", "float", "bool", "date", "datetime", "bytes", "list", "tuple", "dict", "set"}[k]
}

// Value is one value as the consumer holds it.
type Value struct {
	Kind Kind
	// Text of a Text; of any other scalar what the consumer's str() makes of it
	// (5349, 1.5, True, 2001-12-14). Bytes are raw. Lone surrogates are WTF-8.
	Text secret.Text
	// Src is the source's text of the value, decoded: the digits as they were
	// written, the inside of a quoted string, the part of a URI. Where Cause is
	// none, a Text is equal to it and [Value.At] maps ranges.
	Src source.Text
	// Place is the bytes of the whole value, quotes and brackets included; it is
	// also set for a null and an empty text. Zero for an absent value.
	Place source.Span
	// Items of a List, a Tuple, a Set (Value only) or a Map.
	Items []Item
	// Cause says why the value is not the text as it was written.
	Cause Cause
}

// Item is an element of a collection; a list's has no key.
type Item struct {
	Key   Value
	Value Value
	// Earlier is where the key stands before with another value, which this one
	// replaced or joined: a key that is repeated in the query of a URI. The key is
	// then the last one. Zero for none.
	Earlier source.Span
}

// Repeat takes the key for another one of the same text, that follows later.
func (it *Item) Repeat(key Value) {
	if it.Earlier == (source.Span{}) {
		it.Earlier = it.Key.Span()
	}
	it.Key = key
}

// IsText reports whether the value is a text that is not empty.
func (v *Value) IsText() bool { return v.Kind == Text && v.Text.Len() > 0 }

// Truthy is what Python's bool() makes of the value.
func (v *Value) Truthy() bool {
	switch v.Kind {
	case Absent:
		return false
	case Text, Bytes:
		return v.Text.Len() > 0
	case Int:
		return v.Text.Peek() != "0"
	case Float:
		s := v.Text.Peek()
		return s != "0.0" && s != "-0.0"
	case Bool:
		return v.Text.Peek() == "True"
	case List, Map, Set:
		return len(v.Items) > 0
	}
	return true
}

// Written reports whether the value is a text that stands in the source as it
// is, so that ranges of it are ranges of the source.
func (v *Value) Written() bool { return v.Kind == Text && v.Src.String() == v.Text.Peek() }

// At is the bytes in the file of the range i to j of the value's text. Where the
// consumer changed the text, it is all of the value.
func (v *Value) At(i, j int) source.Span {
	if v.Written() {
		return v.Src.Span(i, j)
	}
	return v.Span()
}

// Span is the bytes of the value in the file: without quotes where it is a text
// that has some.
func (v *Value) Span() source.Span {
	if v.Src.Len() > 0 {
		return v.Src.Whole()
	}
	return v.Place
}

// Get is the value of a key of a Map; absent where there is none.
func (v *Value) Get(key string) *Value {
	for i := range v.Items {
		if k := &v.Items[i].Key; k.Kind == Text && k.Text.Peek() == key {
			return &v.Items[i].Value
		}
	}
	return &Value{}
}

// Connection is an effective connection: what a consumer holds of one entry.
type Connection struct {
	// ID is the id under which the consumer is asked for the connection.
	ID Value
	// HeldID is the id that the object itself has, where HoldsOther is set:
	// absent when the consumer's check of ids rejected it (conn_id is None).
	HeldID     Value
	HoldsOther bool

	Type, Description, Host, Login, Password, Schema, Port Value

	// TeamName is the team that the connection belongs to, from Airflow 3.2 on.
	TeamName Value

	// Extra is the stored text.
	Extra  Value
	object Value                  // see ExtraObject
	unfold func(into *Connection) // makes it, where nobody has asked for it yet

	// ExtraError is set where the text of extra does not parse.
	ExtraError bool

	// URI is the text that the fields were parsed from, where there was one.
	URI Value

	// Failure is set when the consumer cannot use this connection; the fields
	// are then what could be made of the entry all the same.
	Failure *Failure
}

// ExtraObject is what json.loads makes of extra: mostly a Map. Absent where there
// is no extra or it does not parse; ExtraError tells the two apart afterwards.
func (c *Connection) ExtraObject() *Value {
	if unfold := c.unfold; unfold != nil {
		c.unfold = nil
		unfold(c)
	}
	return &c.object
}

// SetExtraObject sets what extra holds.
func (c *Connection) SetExtraObject(v Value) { c.object, c.unfold = v, nil }

// UnfoldExtra lets f set what extra holds when somebody asks for it. Most extras
// are never looked into, and to take one apart costs more than all other fields.
func (c *Connection) UnfoldExtra(f func(into *Connection)) { c.unfold = f }

// Reset empties the connection for its next use.
func (c *Connection) Reset() { *c = Connection{} }

// Field is the value of a field.
func (c *Connection) Field(f Field) *Value {
	switch f {
	case ID:
		return &c.ID
	case Type:
		return &c.Type
	case Description:
		return &c.Description
	case Host:
		return &c.Host
	case Login:
		return &c.Login
	case Password:
		return &c.Password
	case Schema:
		return &c.Schema
	case Port:
		return &c.Port
	case Extra:
		return &c.Extra
	case URI:
		return &c.URI
	}
	return &Value{}
}

// Failure is an error of a consumer.
type Failure struct {
	// Class is the last part of the name of the exception that the user sees.
	Class string
	// Message is the program's own text. It may quote values, so it is a secret.
	Message secret.Text
	// Place is the bytes that cause it; empty and at 0 where it is the document.
	Place source.Span
	// Field that causes it, if one does.
	Field Field
	// Reason is the sort of failure, for rules to tell them apart.
	Reason Reason
	// Cause is the failure that the consumer swallowed, where it did.
	Cause *Failure
}

func (f *Failure) Error() string { return fmt.Sprintf("%s: %s", f.Class, f.Message) }

// Status is what became of an entry in a reading.
type Status uint8

// What may become of an entry.
const (
	Loaded     Status = iota // the consumer holds it
	Failed                   // the consumer cannot use it: its Failure says why
	Skipped                  // passed over without an error
	Overridden               // a later entry of the same id has taken its place
	Unreached                // lost because the consumer stopped before it
)

// Refused is a reason to refuse a document.
type Refused struct {
	*Failure
	// By is the index of the entry that causes it, or -1.
	By int
}

// Outcome is what became of one entry.
type Outcome struct {
	Status Status
	// Failure of a Failed entry, or what stopped the consumer before this one.
	Failure *Failure
	// By is the index of the entry that won, of an Overridden one; of one that
	// was merged into an earlier one of the same id, that one's index.
	By int
}

// Reading is what one consumer makes of one document. The connections are not
// kept: they are made again, one at a time, whenever they are asked for.
type Reading struct {
	// Refusal is set when the consumer loads nothing of the document.
	Refusal *Failure
	// RefusedBy is the index of the entry that causes the refusal, or -1.
	RefusedBy int
	// Further are the other reasons, each of which alone would make the consumer load
	// nothing: who mends the first wants to know the rest.
	Further []Refused
	// Outcomes, one for each entry of the document.
	Outcomes []Outcome
	// Alike, where it is set, numbers what is held of entry i: readings of a document
	// that give it the same number hold the same of it. 0 says nothing.
	Alike func(i int) int
	// Plain, where it is set, reports that entry i is an object with the fields of a
	// connection, each once, with texts or null as values, a number of at most five
	// characters as port, and an extra that is empty, null or the JSON text of a
	// shallow object; and that every release takes its id. Every consumer holds what
	// is written in it. It may err towards no.
	Plain func(i int) bool
	// IDs of the loaded entries, where they are at hand: for who needs nothing else.
	IDs []secret.Text
	// Printed is what the consumer prints while it loads, if it does.
	Printed secret.Text
	// Load fills in the effective connection of entry i; the connection that it gets
	// is empty. It also serves entries
	// that were not loaded, as far as anything can be made of them.
	Load func(i int, into *Connection)
}

// Also notes a further reason for which the document is refused. A hundred of them
// are enough.
func (r *Reading) Also(f *Failure, by int) {
	const enough = 100
	if len(r.Further) < enough {
		r.Further = append(r.Further, Refused{f, by})
	}
}

// Lost counts the entries that the consumer does not load.
func (r *Reading) Lost() int {
	if r.Refusal != nil {
		return len(r.Outcomes)
	}
	n := 0
	for _, o := range r.Outcomes {
		if o.Status != Loaded && o.Status != Overridden {
			n++
		}
	}
	return n
}
