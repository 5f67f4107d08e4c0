package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

var pol = []*lint.Rule{&policyViolation}

var policyViolation = lint.Rule{
	ID: "POL001", Name: "policy-violation", Level: lint.Error, Since: since,
	Variants: []lint.Variant{{Name: "unjudged", Level: lint.Warning, When: "the connection is too large, too deep or too costly for its policy to be judged, or the policy refers to itself without end"}},
	Summary:  "The connection does not meet the policy of the configuration",
	Why: "The configuration binds a JSON Schema to the connection's type (schemas). It is applied to what a consumer holds after reading: " +
		"an object of conn_id, conn_type, description, host, login, password, schema, port and extra, in which extra is decoded, and what is null or absent is left out. " +
		"The message is the title or description of the schema that is not met. What is masked, or not told by a record, is not judged.",
	Remedy: "Do as the policy says; whoever wrote it knows why.",
	Source: "the configuration; JSON Schema draft 2020-12 (2019-09, 7, 6 and 4 where $schema says so; formats are judged in the last three only).",
	Before: `-- .dbtconn-lint.yaml --
version: 1
schemas: {snowflake: policy/snowflake.schema.json}
-- policy/snowflake.schema.json --
{
  "properties": {
    "extra": {
      "properties": {"role": {"title": "roles of pipelines begin with PIPE_", "pattern": "^PIPE_"}},
      "required": ["role"]
    }
  },
  "required": ["extra"]
}
-- connections.json --
{"warehouse": {"conn_type": "snowflake", "login": "loader", "password": "EXAMPLE", "extra": {"account": "ab12345", "role": "ACCOUNTADMIN"}}}
`,
	After: `-- .dbtconn-lint.yaml --
version: 1
schemas: {snowflake: policy/snowflake.schema.json}
-- policy/snowflake.schema.json --
{
  "properties": {
    "extra": {
      "properties": {"role": {"title": "roles of pipelines begin with PIPE_", "pattern": "^PIPE_"}},
      "required": ["role"]
    }
  },
  "required": ["extra"]
}
-- connections.json --
{"warehouse": {"conn_type": "snowflake", "login": "loader", "password": "EXAMPLE", "extra": {"account": "ab12345", "role": "PIPE_LOADER"}}}
`,
	Check: func(p *lint.Pass) {
		if len(p.Schemas) == 0 {
			return
		}
		p.Each(func(v *lint.View) {
			policy := p.Schemas[v.Type.Text.Peek()]
			if policy == nil || v.Type.Kind != connection.Text {
				return
			}
			v.Loaded(func(v *lint.View) { judge(p, v, policy) })
		})
	},
}

// judge reports what of a connection does not meet its policy: all that is said of
// one value in one finding.
func judge(p *lint.Pass, v *lint.View, policy *schema.Policy) {
	violations, err := policy.Check(held(v.Connection))
	var unjudged *schema.Unjudged
	if errors.As(err, &unjudged) {
		at := lookUp(p, v, unjudged.Keys)
		p.Report(at.field, at.span, "the policy for %s cannot be judged: %s", v.Show(connection.Type), unjudged.Reason).Pointer(at.keys...).Variant("unjudged")
		return
	}
	for len(violations) > 0 {
		keys := violations[0].Keys
		n := 1
		for n < len(violations) && slices.Equal(violations[n].Keys, keys) {
			n++
		}
		at := lookUp(p, v, keys)
		if violations[0].Unknown && at.key.Len() > 0 {
			at.span = at.key
		}
		if !at.untold {
			var says, where []string
			for i := range violations[:n] {
				if s := saying(&violations[i]); !slices.Contains(says, s) {
					says = append(says, s)
				}
				where = append(where, asks(&violations[i]))
			}
			const most = 5 // more say the same
			d := p.Report(at.field, at.span, "%s", strings.Join(says[:min(most, len(says))], "; ")).Pointer(at.keys...)
			d.Hint("asked for at " + strings.Join(where[:min(most, len(where))], ", "))
		}
		violations = violations[n:]
	}
}

// saying is the message for a violation: what its schema says of itself, else what
// its keyword wants.
func saying(v *schema.Violation) string {
	if v.Says != "" {
		const most = 300
		s := []rune(secret.Redact(strings.Join(strings.Fields(v.Says), " ")))
		if len(s) > most {
			s = append(s[:most], '…')
		}
		return string(s)
	}
	what := "the connection"
	if len(v.Keys) > 0 {
		what = lint.Show(strings.Join(v.Keys, "."))
	}
	switch {
	case v.Missing:
		return what + " is missing, which the policy asks for"
	case v.Unknown:
		return what + " is no key that the policy allows"
	case v.Keyword == "pattern":
		return what + " does not match the pattern of the policy"
	case v.Keyword == "type":
		return what + " is not of the type that the policy asks for"
	case v.Keyword == "enum" || v.Keyword == "const":
		return what + " is no value that the policy allows"
	}
	return what + " does not meet the policy"
}

// asks is where the policy says it.
func asks(v *schema.Violation) string {
	return fmt.Sprintf("%s:%d:%d", v.Path, v.At.Line, v.At.Column)
}

// held is a connection as a policy sees it. What is absent is left out, so that
// required means what it says.
func held(c *connection.Connection) map[string]any {
	doc := map[string]any{}
	for _, f := range connection.Fields {
		value := c.Field(f)
		if f == connection.Extra && c.ExtraObject().Kind != connection.Absent {
			value = c.ExtraObject()
		}
		if value.Kind != connection.Absent {
			doc[f.String()] = plain(value)
		}
	}
	return doc
}

// plain is a value as JSON has it. Dates and bytes, which JSON has not, are texts.
func plain(v *connection.Value) any {
	switch v.Kind {
	case connection.Absent:
		return nil
	case connection.Bool:
		return v.Text.Peek() == "True"
	case connection.Int, connection.Float:
		return json.Number(v.Text.Peek())
	case connection.List, connection.Set:
		list := make([]any, len(v.Items))
		for i := range v.Items {
			list[i] = plain(&v.Items[i].Value)
		}
		return list
	case connection.Map:
		object := make(map[string]any, len(v.Items))
		for i := range v.Items {
			object[v.Items[i].Key.Text.Peek()] = plain(&v.Items[i].Value)
		}
		return object
	}
	return v.Text.Peek()
}

// spot is where a value of a policy's document stands in the file.
type spot struct {
	field connection.Field
	keys  []string // inside the field
	span  source.Span
	key   source.Span // of the value in extra, if it has one
	// untold is set where the value is masked, or the record does not tell it.
	untold bool
}

// lookUp finds the value that keys lead to: of one that is missing, the place of
// what it is missing from.
func lookUp(p *lint.Pass, v *lint.View, keys []string) spot {
	at := spot{span: p.Place()}
	if len(keys) == 0 {
		return at
	}
	at.field = connection.FieldNamed(keys[0])
	value := v.Field(at.field)
	at.untold = leftOut(p, value) && value.Kind == connection.Absent || isMasked(value.Text.Peek())
	if value.Kind == connection.Absent {
		return at
	}
	at.span, at.keys = value.Span(), keys[1:]
	if at.field != connection.Extra {
		return at
	}
	value = v.ExtraObject()
	at.untold = at.untold || p.Doc.Format.IsRecord() && value.Kind == connection.Absent // not told as JSON
	for _, key := range at.keys {
		item := member(value, key)
		if item == nil {
			return at
		}
		value, at.key = &item.Value, item.Key.Span()
		if span := value.Span(); span.Len() > 0 {
			at.span = span
		} else if at.key.Len() > 0 {
			at.span = at.key
		}
		at.untold = value.Cause == connection.Masked || isMasked(value.Text.Peek())
	}
	return at
}

// member is the last item of a collection with this key or index.
func member(v *connection.Value, key string) *connection.Item {
	if v.Kind != connection.Map {
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(v.Items) {
			return &v.Items[i]
		}
		return nil
	}
	for i := range slices.Backward(v.Items) {
		if v.Items[i].Key.Text.Peek() == key {
			return &v.Items[i]
		}
	}
	return nil
}
