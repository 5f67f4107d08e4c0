package airflow

import (
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// ReadRecord is what a record says that Airflow holds: the answer of `airflow
// connections list` or `get` (-o json or yaml), or of the REST API. Nothing loads
// it, so nothing is refused.
//
// The list shows every scalar as str() makes it (cli/simple_table.py): a port is
// held as a number all the same, while scalars inside extra_dejson stay the texts
// that they are shown as. It also shows get_uri(), which is no field. Stars stand
// for a secret that is there; such values have the cause Masked.
func ReadRecord(doc *export.Document) *connection.Reading {
	r := &connection.Reading{
		RefusedBy: -1,
		Outcomes:  make([]connection.Outcome, len(doc.Entries)),
		Load: func(i int, into *connection.Connection) {
			record(doc.Entries[i].Node, into)
		},
	}
	for i := range doc.Entries {
		if doc.Entries[i].Node.Kind() != syntax.Mapping {
			r.Outcomes[i].Status = connection.Skipped
		}
	}
	return r
}

// record fills in a connection from the object that shows it.
func record(n syntax.Node, c *connection.Connection) {
	if n.Kind() != syntax.Mapping {
		return
	}
	for _, m := range dictOf(n) {
		if m.key.Kind() != syntax.String {
			continue
		}
		switch name := m.key.Value(); name {
		case "connection_id", "conn_id":
			c.ID = shown(m.value)
		case "extra":
			recordExtra(m.value, c)
		case "extra_dejson":
			recordObject(m.value, c)
		case "port":
			c.Port = shown(m.value)
			if text, ok := laxInt(&c.Port); ok && text == c.Port.Text.Peek() {
				c.Port.Kind = connection.Int
			}
		case "conn_type", "description", "host", "schema", "login", "password":
			*c.Field(connection.FieldNamed(name)) = shown(m.value)
		}
	}
}

// recordExtra takes the text of an extra, as the API shows it.
func recordExtra(n syntax.Node, c *connection.Connection) {
	c.Extra = shown(n)
	if !c.Extra.IsText() || c.Extra.Cause == connection.Masked {
		return
	}
	tree, err := syntax.ParseJSON(c.Extra.Src)
	if c.ExtraError = err != nil; err == nil {
		c.SetExtraObject(ValueOf(tree.Root()))
		markMasked(c.ExtraObject())
	}
}

// recordObject takes an extra that the list shows taken apart. An empty object
// is also what it shows of no extra.
func recordObject(n syntax.Node, c *connection.Connection) {
	if n.Kind() != syntax.Mapping {
		c.Extra = shown(n)
		return
	}
	c.Extra.Place = n.Span()
	if n.Len() == 0 {
		return
	}
	text, err := dumpsTo(restDepth, n)
	if err != nil {
		return
	}
	c.Extra = connection.Value{Kind: connection.Text, Text: secret.New(text), Place: n.Span(), Cause: connection.ExtraDumped}
	c.SetExtraObject(jsonValue(ValueOf(n)))
	markMasked(c.ExtraObject())
}

// shown is a value of a record.
func shown(n syntax.Node) connection.Value {
	v := ValueOf(n)
	markMasked(&v)
	return v
}

// markMasked says of the stars in a value that they are no value.
func markMasked(v *connection.Value) {
	if v.Kind == connection.Text && v.Text.Peek() == secret.Mask {
		v.Cause = connection.Masked
	}
	for i := range v.Items {
		markMasked(&v.Items[i].Value)
	}
}
