package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/astro"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// Object is a JSON object that keeps the order of its members.
type Object []Member

// Member of an object.
type Member struct {
	Key   string
	Value any
}

// MarshalJSON writes the members in order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encode(&b, m.Key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encode(&b, m.Value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func encode(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	b.Truncate(len(bytes.TrimRight(b.Bytes(), "\n")))
	return err
}

// MarshalJSON writes the fields between the id and the error.
func (c Connection) MarshalJSON() ([]byte, error) {
	o := Object{{"conn_id", c.ID}}
	if c.Held != nil {
		o = append(o, Member{"held_conn_id", *c.Held})
	}
	o = append(o, c.Fields...)
	o = append(o, Member{"error", c.Error}, Member{"changes", c.Changes})
	if c.Dbt != nil {
		o = append(o, Member{"dbt_cloud", c.Dbt})
	}
	return o.MarshalJSON()
}

// number is a number as it is written.
func number(s string) json.RawMessage { return json.RawMessage(s) }

// idText is an id as it is shown: what is no text says so.
func idText(v *connection.Value) string {
	s := v.Text.Peek()
	switch v.Kind {
	case connection.Text:
		switch {
		case !utf8.ValidString(s):
			return "$wtf8_b64:" + base64.StdEncoding.EncodeToString([]byte(s))
		case readsAsOther(s):
			return "$str:" + s
		}
		return s
	case connection.Bytes:
		return "$bytes_b64:" + base64.StdEncoding.EncodeToString([]byte(s))
	case connection.Absent:
		return "$null:null"
	case connection.Int:
		return "$int:" + s
	case connection.Float:
		return "$float:" + s
	case connection.Bool:
		return "$bool:" + strings.ToLower(s)
	case connection.Date:
		return "$date:" + s
	case connection.Datetime:
		return "$datetime:" + strings.Replace(s, " ", "T", 1)
	}
	return "$other:" + v.Kind.String()
}

// readsAsOther reports whether a text id could be taken for one that is no text.
func readsAsOther(s string) bool {
	for _, kind := range [...]string{"str", "int", "float", "bool", "null", "date", "datetime", "bytes_b64", "wtf8_b64", "other"} {
		if strings.HasPrefix(s, "$"+kind+":") {
			return true
		}
	}
	return false
}

// wtf8 is a text; one with lone surrogates, which JSON cannot hold, is wrapped.
func wtf8(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	return Object{{"$wtf8_b64", base64.StdEncoding.EncodeToString([]byte(s))}}
}

// masked is a value with the type that the consumer holds; hidden hides all texts
// and numbers in it.
func (v *viewer) masked(val *connection.Value, hidden bool) any {
	if isDeeper(val, deepest) {
		return Object{{"$too_deep", true}}
	}
	return v.show(val, hidden && !v.ShowSecrets)
}

// deepest is the nesting that is shown; the golden vectors stop there, too.
const deepest = 100

// isDeeper reports whether collections are nested in the value more than n deep.
func isDeeper(val *connection.Value, n int) bool {
	if val.Kind < connection.List {
		return false
	}
	if n == 0 {
		return true
	}
	for i := range val.Items {
		if isDeeper(&val.Items[i].Value, n-1) {
			return true
		}
	}
	return false
}

// show is a value that is not too deep.
func (v *viewer) show(val *connection.Value, hidden bool) any {
	s := val.Text.Peek()
	if hidden && val.Kind != connection.Absent && val.Kind != connection.Bool && len(val.Items) == 0 {
		return secret.Mask
	}
	switch val.Kind {
	case connection.Absent:
		return nil
	case connection.Text:
		return wtf8(v.hide(s))
	case connection.Int:
		return number(s)
	case connection.Float:
		switch s {
		case "nan", "inf", "-inf":
			return Object{{"$float", s}}
		}
		return number(s)
	case connection.Bool:
		return s == "True"
	case connection.Date:
		return Object{{"$date", s}}
	case connection.Datetime:
		return Object{{"$datetime", strings.Replace(s, " ", "T", 1)}}
	case connection.Bytes:
		return Object{{"$bytes_b64", base64.StdEncoding.EncodeToString([]byte(s))}}
	case connection.List, connection.Tuple, connection.Set:
		list := []any{}
		for i := range val.Items {
			list = append(list, v.show(&val.Items[i].Value, hidden))
		}
		if val.Kind == connection.Set {
			return Object{{"$set", list}}
		}
		return list
	}
	return v.object(val, func(key string) bool { return hidden || !v.ShowSecrets && secret.SensitiveKey(key) })
}

// object is a map: a JSON object where all keys are texts that cannot be taken for
// one of the wrappings, else pairs. What hides says of a key goes for its value.
func (v *viewer) object(val *connection.Value, hides func(key string) bool) Object {
	plain := true
	for i := range val.Items {
		k := &val.Items[i].Key
		plain = plain && k.Kind == connection.Text && !strings.HasPrefix(k.Text.Peek(), "$") && utf8.ValidString(k.Text.Peek())
	}
	out := Object{}
	pairs := []any{}
	for i := range val.Items {
		item := &val.Items[i]
		key := item.Key.Text.Peek()
		value := v.show(&item.Value, hides(key))
		out = append(out, Member{v.hide(key), value})
		pairs = append(pairs, []any{v.show(&item.Key, false), value})
	}
	if !plain {
		return Object{{"$dict", pairs}}
	}
	return out
}

// pythonJSON writes a value as Python's json.dumps spaces it.
func pythonJSON(v any) string {
	switch v := v.(type) {
	case Object:
		parts := make([]string, len(v))
		for i, m := range v {
			parts[i] = pythonJSON(m.Key) + ": " + pythonJSON(m.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = pythonJSON(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var b bytes.Buffer
	if err := encode(&b, v); err != nil {
		return "null"
	}
	return b.String()
}

// body is what the Astro CLI posts.
func (v *viewer) body(b astro.Body) Object {
	var c connection.Connection
	out := Object{}
	for _, m := range b {
		switch m.Key {
		case "conn_type":
			c.Type = m.Value
		case "password":
			c.Password = m.Value
		}
	}
	for _, m := range b {
		val := m.Value
		switch {
		case m.Key == "password":
			out = append(out, Member{m.Key, v.value(&c, connection.Password, &val)})
		case m.Key == "extra" && !v.ShowSecrets:
			out = append(out, Member{m.Key, secret.Mask})
		case m.Key == "schema" && !v.ShowSecrets && val.Kind == connection.Text && strings.Contains(val.Text.Peek(), ":") && strings.Contains(val.Text.Peek(), "@"):
			out = append(out, Member{m.Key, withoutCredentials(val.Text.Peek())}) // what is left of a URI
		default:
			out = append(out, Member{m.Key, v.value(&c, connection.Host, &val)})
		}
	}
	return out
}
