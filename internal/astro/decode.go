package astro

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// decoder does what mapstructure does with WeaklyTypedInput: it turns scalars
// into the type of their field, and collects what cannot be turned.
type decoder struct {
	Profile
	placeless bool // nobody asks for the places of values

	problems []problem
	printed  strings.Builder
	section  string              // connections, pools or variables
	item     int                 // index in the section
	entry    int                 // index in the document's entries, or -1
	stop     *connection.Failure // what ends the loading before the first connection
}

// fail notes a problem with a value; name is that of the field.
func (d *decoder) fail(name string, n syntax.Node, f connection.Field, reason connection.Reason, format string, args ...any) {
	path := "airflow"
	if d.section != "" {
		path = fmt.Sprintf("airflow.%s[%d]", d.section, d.item)
		if name != "" {
			path += "." + name
		}
	}
	d.problems = append(d.problems, problem{
		class:   decodeError,
		message: fmt.Sprintf(format, append([]any{path}, args...)...),
		at:      n.Span(),
		reason:  reason,
		field:   f,
		entry:   d.entry,
	})
}

// isMap reports whether a node can be decoded into a struct. Null leaves the
// struct empty, and so does a time.Time, which is a struct itself.
func (d *decoder) isMap(name string, n syntax.Node) bool {
	switch n.Kind() {
	case syntax.Mapping:
		return true
	case 0, syntax.Null, syntax.Date, syntax.Timestamp:
	default:
		kind := "slice"
		if n.Kind() != syntax.Sequence {
			kind = fmt.Sprintf("%T", goScalar(n))
		}
		d.fail(name, n, connection.NoField, connection.BadValueType, "'%s' expected a map, got '%s'", kind)
	}
	return false
}

// text decodes a string field. An empty text is absent: nothing is posted.
func (d *decoder) text(name string, n syntax.Node, f connection.Field) connection.Value {
	v := connection.Value{}
	if n.IsZero() {
		return v
	}
	v.Place = n.Span()
	var text string
	switch n.Kind() {
	case syntax.Null:
		return v
	case syntax.Bool:
		text = "0"
		if n.Bool() {
			text = "1"
		}
	case syntax.Float:
		text = strconv.FormatFloat(n.Float(), 'f', -1, 64)
	case syntax.String:
		text = n.Value()
	case syntax.Int, syntax.Binary:
		if text = n.Value(); !isDecimal(n) {
			text = fmt.Sprint(goScalar(n))
		}
	default:
		return d.unconvertible(name, n, f, "string")
	}
	v.Src = d.source(n)
	if text == "" {
		return v
	}
	v.Kind = connection.Text
	v.Text = secret.New(validUTF8(text))
	v.Cause = cause(n, text)
	return v
}

// integer decodes a port or a pool's slots. 0 is absent: it is not posted.
func (d *decoder) integer(name string, n syntax.Node, f connection.Field) connection.Value {
	v := connection.Value{}
	if n.IsZero() {
		return v
	}
	v.Place = n.Span()
	var i int64
	switch n.Kind() {
	case syntax.Null:
		return v
	case syntax.Int:
		if isDecimal(n) {
			i, _ = strconv.ParseInt(n.Value(), 10, 64)
		} else if i = n.Int().Int64(); !n.Int().IsInt64() {
			i = int64(n.Int().Uint64())
		}
	case syntax.Float:
		i = int64(n.Float())
	case syntax.Bool:
		if n.Bool() {
			i = 1
		}
	case syntax.String, syntax.Binary:
		text := fmt.Sprint(goScalar(n))
		if text == "" {
			break
		}
		var err error
		if i, err = strconv.ParseInt(text, 0, 64); err != nil {
			d.fail(name, n, f, connection.BadPort, "cannot parse '%s' as int: %s", err)
			return dropped(n)
		}
	default:
		return d.unconvertible(name, n, f, "int")
	}
	v.Src = d.source(n)
	if i == 0 {
		if v.Src.Len() > 0 {
			v.Cause = connection.Dropped
		}
		return v
	}
	text := strconv.FormatInt(i, 10)
	v.Kind, v.Text = connection.Int, secret.New(text)
	switch v.Cause = cause(n, text); {
	case v.Cause == connection.YAMLFloat && n.Float() != float64(i):
		v.Cause = connection.WeakTruncated
	case v.Cause == connection.Unchanged && text != v.Src.String():
		v.Cause = connection.PortConverted
	}
	return v
}

// source is the text of a node with its places, if they count.
func (d *decoder) source(n syntax.Node) source.Text {
	if d.placeless {
		return source.Text{}
	}
	return n.Text()
}

// isDecimal reports whether an integer is written as it is.
func isDecimal(n syntax.Node) bool {
	s := n.Value()
	const most = 18
	return !n.Tagged() && len(s) <= most && digits(s) && (len(s) == 1 || s[0] != '0')
}

// unconvertible notes a value of a type that no scalar is made of.
func (d *decoder) unconvertible(name string, n syntax.Node, f connection.Field, want string) connection.Value {
	reason := connection.CollectionValue
	if !n.IsCollection() {
		reason = connection.DateValue
	}
	value, _ := goValue(n)
	d.fail(name, n, f, reason, "'%s' expected type '%s', got unconvertible type '%T', value: '%v'", want, value, value)
	return dropped(n)
}

// dropped is an absent value whose node the CLI does not take.
func dropped(n syntax.Node) connection.Value {
	return connection.Value{Place: n.Span(), Src: n.Text(), Cause: connection.Dropped}
}

// cause says why a scalar's text is not the one that is written.
func cause(n syntax.Node, text string) connection.Cause {
	raw := n.Value()
	switch {
	case raw == text || n.Kind() == syntax.String:
		return connection.Unchanged
	case n.Tagged() || n.Kind() == syntax.Binary:
		return connection.YAMLTag
	case n.Kind() == syntax.Bool:
		return connection.WeakBoolean
	case n.Kind() == syntax.Float:
		return connection.YAMLFloat
	case n.Kind() == syntax.Date || n.Kind() == syntax.Timestamp:
		return connection.YAMLDate
	}
	switch digits := strings.ToLower(strings.TrimLeft(raw, "+-")); {
	case strings.HasPrefix(digits, "0x"):
		return connection.YAMLHex
	case strings.HasPrefix(digits, "0b"):
		return connection.YAMLBinary
	case len(digits) > 1 && digits[0] == '0':
		return connection.YAMLOctal
	case strings.Contains(digits, "_"):
		return connection.YAMLUnderscore
	}
	return connection.YAMLInteger
}

// items are the elements of a section with their indices. A map is taken for a
// list of one, and so is a scalar, which then cannot be decoded; an empty text is
// an empty list.
func items(section syntax.Node) iter.Seq2[int, syntax.Node] {
	return func(yield func(int, syntax.Node) bool) {
		switch section.Kind() {
		case 0, syntax.Null:
		case syntax.Sequence:
			i := 0
			for n := range section.Items() {
				if !yield(i, n) {
					return
				}
				i++
			}
		default:
			if section.Is("") || section.Kind() == syntax.Mapping && section.Len() == 0 {
				return
			}
			yield(0, section)
		}
	}
}

// member is a key of a map, as viper lower-cases it, and its value.
type member struct {
	name       string
	key, value syntax.Node
}

// members are those of a map, in an order in which of equal names the last wins.
// Of keys that become equal viper lets one win that is not in lower case.
//
// Source: insensitiviseMap of viper's util.go.
func members(n syntax.Node) iter.Seq[member] {
	return func(yield func(member) bool) {
		if n.Kind() != syntax.Mapping {
			return
		}
		changed := false
		for k, v := range n.Members() {
			text := keyText(k)
			name := strings.ToLower(text)
			if name != text {
				changed = true
			} else if !yield(member{name, k, v}) {
				return
			}
		}
		if !changed {
			return
		}
		for k, v := range n.Members() {
			text := keyText(k)
			if name := strings.ToLower(text); name != text && !yield(member{name, k, v}) {
				return
			}
		}
	}
}

// lookup is the value of a name in a map; absent where there is none.
func lookup(n syntax.Node, name string) syntax.Node {
	var found syntax.Node
	for m := range members(n) {
		if m.name == name {
			found = m.value
		}
	}
	return found
}

// keyText is cast.ToString of a key.
func keyText(n syntax.Node) string {
	switch n.Kind() {
	case syntax.String:
		return n.Value()
	case syntax.Null:
		return ""
	case syntax.Float:
		return strconv.FormatFloat(n.Float(), 'f', -1, 64)
	}
	if n.IsCollection() {
		return ""
	}
	return fmt.Sprint(goScalar(n))
}

// goScalar is the Go value that yaml.v3 makes of a scalar.
func goScalar(n syntax.Node) any {
	switch n.Kind() {
	case syntax.Bool:
		return n.Bool()
	case syntax.Int:
		if n.Int().IsInt64() {
			return int(n.Int().Int64())
		}
		return n.Int().Uint64()
	case syntax.Float:
		return n.Float()
	case syntax.String:
		return n.Value()
	case syntax.Binary:
		return string(n.Bytes())
	case syntax.Date, syntax.Timestamp:
		t, _ := n.Time()
		return t
	}
	return nil
}

// What yaml.v3 itself goes to: nesting, and values after all aliases are
// expanded.
const (
	maxDepth  = 10_000
	maxValues = 4_000_000
)

// goValue is the Go value that yaml.v3 makes of a node, after viper has
// lower-cased the keys. It answers false where aliases make it too large.
func goValue(n syntax.Node) (any, bool) {
	e := expander{left: maxValues}
	v := e.value(n, 0)
	return v, e.left > 0
}

type expander struct{ left int }

func (e *expander) value(n syntax.Node, depth int) any {
	e.left--
	if depth > maxDepth {
		e.left = 0
	}
	if e.left <= 0 {
		return nil
	}
	switch n.Kind() {
	case syntax.Sequence:
		list := []any{}
		for item := range n.Items() {
			list = append(list, e.value(item, depth+1))
		}
		return list
	case syntax.Mapping:
		object := map[string]any{}
		for m := range members(n) {
			object[m.name] = e.value(m.value, depth+1)
		}
		return object
	}
	return goScalar(n)
}

// validUTF8 is a text as encoding/json writes it: each byte that is no UTF-8
// becomes U+FFFD.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
