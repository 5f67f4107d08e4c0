package airflow

import (
	"fmt"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Without aliases an object's dump is a few times as long as the object itself is
// in the file. With them it may grow without end, as Python's memory would.
const (
	dumpSpare  = 1 << 20
	dumpFactor = 16
)

// dumper writes nodes as json.dumps writes their Python values: keys and texts in
// ASCII, a blank after each comma and colon. How deep it goes is the limit of
// Python's own recursion.
type dumper struct {
	b     strings.Builder
	depth int
	limit int
	path  []syntax.Node
}

// dumps is json.dumps of a node.
func (p *Profile) dumps(n syntax.Node) (string, *connection.Failure) {
	text, err := dumpsTo(jsonDepth, n)
	if err != nil && err.Class == recursionError && p.Has(DeepJSON) {
		return dumpsTo(jsonDepthDeep, n)
	}
	return text, err
}

// dumpsTo is json.dumps that goes so deep.
func dumpsTo(depth int, n syntax.Node) (string, *connection.Failure) {
	d := dumper{depth: depth, limit: dumpSpare + dumpFactor*n.Span().Len()}
	if err := d.node(n); err != nil {
		return "", err
	}
	return d.b.String(), nil
}

func (d *dumper) fail(n syntax.Node, class, format string, args ...any) *connection.Failure {
	return failure(class, connection.NotSerializable, connection.Extra, n.Span(), format, args...)
}

func (d *dumper) node(n syntax.Node) *connection.Failure {
	switch n.Kind() {
	case syntax.Null, 0:
		d.b.WriteString("null")
	case syntax.Bool:
		if n.Bool() {
			d.b.WriteString("true")
		} else {
			d.b.WriteString("false")
		}
	case syntax.Int:
		d.b.WriteString(intText(n, n.Raw()))
	case syntax.Float:
		d.b.WriteString(jsonFloat(n.Float()))
	case syntax.String:
		writeJSONString(&d.b, n.Value())
	case syntax.Sequence, syntax.Mapping, syntax.OrderedMap:
		return d.collection(n)
	default:
		v := ValueOf(n)
		return d.fail(n, "TypeError", "Object of type %s is not JSON serializable", v.Kind.Class())
	}
	if d.b.Len() > d.limit {
		return d.fail(n, "MemoryError", "")
	}
	return nil
}

func (d *dumper) collection(n syntax.Node) *connection.Failure {
	if _, aliased := n.Alias(); aliased {
		for _, outer := range d.path {
			if outer.Same(n) {
				return d.fail(n, "ValueError", "Circular reference detected")
			}
		}
	}
	if len(d.path) >= d.depth {
		return d.fail(n, recursionError, "maximum recursion depth exceeded while encoding a JSON object")
	}
	d.path = append(d.path, n)
	defer func() { d.path = d.path[:len(d.path)-1] }()
	first := true
	comma := func() {
		if !first {
			d.b.WriteString(", ")
		}
		first = false
	}
	switch n.Kind() {
	case syntax.Sequence:
		d.b.WriteByte('[')
		for item := range n.Items() {
			comma()
			if err := d.node(item); err != nil {
				return err
			}
		}
		d.b.WriteByte(']')
	case syntax.OrderedMap:
		d.b.WriteByte('[')
		for key, value := range n.Members() {
			comma()
			d.b.WriteByte('[')
			if err := d.node(key); err != nil {
				return err
			}
			d.b.WriteString(", ")
			if err := d.node(value); err != nil {
				return err
			}
			d.b.WriteByte(']')
		}
		d.b.WriteByte(']')
	default:
		d.b.WriteByte('{')
		for _, m := range dictOf(n) {
			comma()
			if err := d.key(m.key); err != nil {
				return err
			}
			d.b.WriteString(": ")
			if err := d.node(m.value); err != nil {
				return err
			}
		}
		d.b.WriteByte('}')
	}
	return nil
}

// key writes a key; those that are no text become one.
func (d *dumper) key(n syntax.Node) *connection.Failure {
	switch n.Kind() {
	case syntax.String:
		return d.node(n)
	case syntax.Null, syntax.Bool, syntax.Int, syntax.Float:
		d.b.WriteByte('"')
		err := d.node(n)
		d.b.WriteByte('"')
		return err
	}
	v := ValueOf(n)
	return d.fail(n, "TypeError", "keys must be str, int, float, bool or None, not %s", v.Kind.Class())
}

// jsonKey is the text that json.dumps makes of a key that is none.
func jsonKey(v *connection.Value) string {
	switch v.Kind {
	case connection.Absent:
		return "null"
	case connection.Float:
		return jsonFloatText(v.Text.Peek())
	}
	return strings.ToLower(v.Text.Peek())
}

func jsonFloat(f float64) string { return jsonFloatText(formatFloat(f)) }

// jsonFloatText is a float as json.dumps writes it, of its str().
func jsonFloatText(s string) string {
	switch s {
	case "nan":
		return "NaN"
	case "inf":
		return "Infinity"
	case "-inf":
		return "-Infinity"
	}
	return s
}

// writeJSONString writes a text as json.dumps does: all that is not printable
// ASCII as an escape, characters beyond the first 65,536 as two.
func writeJSONString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := python.DecodeRune(s[i:])
		i += n
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(byte(r))
		case r >= ' ' && r <= '~':
			b.WriteByte(byte(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xD800|r>>10, 0xDC00|r&0x3FF)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
}
