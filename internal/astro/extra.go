package astro

import (
	"encoding/json"
	"fmt"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// extra works out what is posted of conn_extra: a text as it is, a map as the
// JSON that encoding/json makes of it, anything else not at all.
//
// Source: jsonString of settings.go.
func (d *decoder) extra(n syntax.Node, c *connection.Connection) {
	// What is printed leaves the id open when a body is made.
	whose := ""
	if d.Shell {
		whose = c.ID.Text.Peek()
	}
	switch n.Kind() {
	case 0, syntax.Null:
		if n.Kind() == syntax.Null {
			c.Extra.Place = n.Span()
		}
		if d.PrintsNoExtra {
			fmt.Fprintf(&d.printed, "Error converting extra to map for %s, found type: <nil>\n", whose)
		}
	case syntax.String, syntax.Binary:
		c.Extra = d.text(fieldName(connection.Extra), n, connection.Extra)
		if c.Extra.Kind == connection.Absent {
			return
		}
		text := c.Extra.Src
		if !c.Extra.Written() {
			text = loose(c.Extra.Text.Peek())
		}
		c.UnfoldExtra(func(c *connection.Connection) {
			tree, err := syntax.ParseJSON(text)
			if c.ExtraError = err != nil; err == nil {
				c.SetExtraObject(airflow.ValueOf(tree.Root()))
			}
		})
	case syntax.Mapping:
		d.dump(n, c, whose)
	default:
		c.Extra = dropped(n)
		if !d.DropsMaps {
			value, _ := goValue(n)
			fmt.Fprintf(&d.printed, "Error converting extra to map for %s, found type: %T\n", whose, value)
		}
	}
}

// dump makes the JSON of a map.
func (d *decoder) dump(n syntax.Node, c *connection.Connection, whose string) {
	value, ok := goValue(n)
	if !ok {
		c.Extra = dropped(n)
		d.fail(fieldName(connection.Extra), n, connection.Extra, connection.TooDeep, "'%s': document contains excessive aliasing")
		return
	}
	if d.DropsMaps {
		c.Extra = dropped(n)
		return
	}
	data, err := json.Marshal(value)
	if err != nil {
		c.Extra = dropped(n)
		fmt.Fprintf(&d.printed, "Error marshaling extra for %s: %s\n", whose, err)
		return
	}
	c.Extra = connection.Value{Kind: connection.Text, Text: secret.New(string(data)), Place: n.Span(), Cause: connection.ExtraDumped}
	if lowers(n) {
		c.Extra.Cause = connection.KeysLowerCased
	}
	c.UnfoldExtra(func(c *connection.Connection) {
		if tree, err := syntax.ParseJSON(loose(string(data))); err == nil {
			object := airflow.ValueOf(tree.Root())
			attribute(&object, n)
			c.SetExtraObject(object)
		}
	})
}

// lowers reports whether a key loses its case.
func lowers(n syntax.Node) bool {
	for m := range members(n) {
		if keyText(m.key) != m.name || lowers(m.value) {
			return true
		}
	}
	for item := range n.Items() {
		if lowers(item) {
			return true
		}
	}
	return false
}

// loose is a text that stands in no file.
func loose(s string) source.Text { return (&source.File{Data: s}).Text() }

// attribute gives the value that JSON has carried over the places of the node
// that it was made of.
func attribute(v *connection.Value, n syntax.Node) {
	v.Place, v.Src = n.Span(), source.Text{}
	switch v.Kind {
	case connection.Map:
		byName := make(map[string]member, len(v.Items))
		for m := range members(n) {
			byName[m.name] = m
		}
		for i := range v.Items {
			key := &v.Items[i].Key
			m := byName[key.Text.Peek()]
			if m.key.IsZero() {
				// A name that is no UTF-8; JSON has changed it.
				key.Place, key.Src = v.Place, source.Text{}
				attributeAll(&v.Items[i].Value, v.Place)
				continue
			}
			key.Place, key.Src = m.key.Span(), m.key.Text()
			if keyText(m.key) != m.name {
				key.Cause = connection.KeysLowerCased
			}
			attribute(&v.Items[i].Value, m.value)
		}
	case connection.List:
		i := 0
		for item := range n.Items() {
			if i < len(v.Items) {
				attribute(&v.Items[i].Value, item)
			}
			i++
		}
	case connection.Bool, connection.Absent:
		v.Src = n.Text()
	default:
		v.Src = n.Text()
		v.Cause = cause(n, v.Text.Peek())
	}
}

// attributeAll gives all of a value one place.
func attributeAll(v *connection.Value, at source.Span) {
	v.Place, v.Src = at, source.Text{}
	for i := range v.Items {
		attributeAll(&v.Items[i].Key, at)
		attributeAll(&v.Items[i].Value, at)
	}
}
