package airflow

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Aliases let a small YAML document hold values without end. No judgement needs
// what stands this deep or after so many others.
const (
	maxValueDepth = 128
	maxValues     = 100_000
)

// ValueOf is the Python value of a node: what json.loads makes of JSON, and
// PyYAML of YAML. Collections deeper than 128 or beyond 100,000 values come out
// empty.
func ValueOf(n syntax.Node) connection.Value {
	left := maxValues
	return valueOf(n, 0, &left)
}

func valueOf(n syntax.Node, depth int, left *int) connection.Value {
	if n.IsZero() {
		return connection.Value{}
	}
	*left--
	v := connection.Value{Place: n.Span()}
	if !n.IsCollection() {
		scalar(n, &v)
		return v
	}
	depth++
	deeper := depth <= maxValueDepth && *left > 0
	switch n.Kind() {
	case syntax.Sequence:
		v.Kind = connection.List
		if !deeper {
			break
		}
		for item := range n.Items() {
			v.Items = append(v.Items, connection.Item{Value: valueOf(item, depth, left)})
		}
	case syntax.OrderedMap:
		v.Kind = connection.List
		if !deeper {
			break
		}
		for key, value := range n.Members() {
			pair := connection.Value{Kind: connection.Tuple, Place: source.Span{Start: key.Span().Start, End: value.Span().End}}
			pair.Items = []connection.Item{{Value: valueOf(key, depth+1, left)}, {Value: valueOf(value, depth+1, left)}}
			v.Items = append(v.Items, connection.Item{Value: pair})
		}
	default:
		v.Kind = connection.Map
		set := n.Kind() == syntax.Set
		if set {
			v.Kind = connection.Set
		}
		if !deeper {
			break
		}
		for _, m := range dictOf(n) {
			if set {
				v.Items = append(v.Items, connection.Item{Value: valueOf(m.key, depth, left)})
				continue
			}
			v.Items = append(v.Items, connection.Item{Key: valueOf(m.key, depth, left), Value: valueOf(m.value, depth, left)})
		}
	}
	return v
}

// scalar fills in the value of a scalar.
func scalar(n syntax.Node, v *connection.Value) {
	v.Src = n.Text()
	raw := v.Src.String()
	var text string
	switch n.Kind() {
	case syntax.String:
		v.Kind, text = connection.Text, raw
	case syntax.Null:
		if n.YAML() && raw != "" {
			v.Cause = connection.YAMLNull
		}
		return
	case syntax.Bool:
		v.Kind, text = connection.Bool, "False"
		if n.Bool() {
			text = "True"
		}
		if n.YAML() && raw != strings.ToLower(text) {
			v.Cause = connection.YAMLBoolean
		}
	case syntax.Int:
		v.Kind, text = connection.Int, intText(n, raw)
		if text != raw {
			v.Cause = intCause(n, raw)
		}
	case syntax.Float:
		v.Kind, text = connection.Float, formatFloat(n.Float())
		switch {
		case text == raw:
		case !n.YAML():
			v.Cause = connection.JSONNumber
		case strings.Contains(raw, ":"):
			v.Cause = connection.YAMLSexagesimal
		case strings.Contains(raw, "_"):
			v.Cause = connection.YAMLUnderscore
		default:
			v.Cause = connection.YAMLFloat
		}
	case syntax.Date:
		t, _ := n.Time()
		v.Kind, v.Cause, text = connection.Date, connection.YAMLDate, t.Format("2006-01-02")
	case syntax.Timestamp:
		t, zone := n.Time()
		layout := "2006-01-02 15:04:05"
		if t.Nanosecond() != 0 {
			layout += ".000000"
		}
		if zone {
			layout += "-07:00"
		}
		v.Kind, v.Cause, text = connection.Datetime, connection.YAMLDate, t.Format(layout)
	case syntax.Binary:
		v.Kind, v.Cause, text = connection.Bytes, connection.YAMLTag, string(n.Bytes())
	}
	if n.Tagged() && v.Cause != connection.Unchanged {
		v.Cause = connection.YAMLTag
	}
	v.Text = secret.New(text)
}

// intText is str() of an int. JSON has them in that form but for -0.
func intText(n syntax.Node, raw string) string {
	if !n.YAML() {
		if raw == "-0" {
			return "0"
		}
		return raw
	}
	return n.Int().String()
}

// intCause says why a number is written otherwise than it is.
func intCause(n syntax.Node, raw string) connection.Cause {
	if !n.YAML() {
		return connection.JSONNumber
	}
	digits := strings.TrimLeft(raw, "+-")
	switch {
	case strings.Contains(digits, ":"):
		return connection.YAMLSexagesimal
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

// member is a key of a dict and its value.
type member struct{ key, value syntax.Node }

// dictOf is the dict that Python makes of a mapping's members: of equal keys the
// first keeps the place and the spelling, the last gives the value.
func dictOf(n syntax.Node) []member {
	var ms []member
	var index map[string]int
	for key, value := range n.Members() {
		id := dictKey(key)
		at := -1
		if index != nil {
			if i, ok := index[id]; ok {
				at = i
			}
		} else {
			for i := range ms {
				if dictKey(ms[i].key) == id {
					at = i
				}
			}
		}
		if at >= 0 {
			ms[at].value = value
			continue
		}
		if index == nil && len(ms) == 16 {
			index = make(map[string]int, 64)
			for i := range ms {
				index[dictKey(ms[i].key)] = i
			}
		}
		if index != nil {
			index[id] = len(ms)
		}
		ms = append(ms, member{key, value})
	}
	return ms
}

// dictKey is a text that two keys share if Python takes them for equal.
func dictKey(n syntax.Node) string {
	if n.Kind() == syntax.String {
		return n.Value()
	}
	v := ValueOf(n)
	return valueID(&v)
}

// valueID tells values apart as Python's == does for the values that can be keys:
// 1, 1.0 and True are one. A NUL before it sets it apart from texts.
func valueID(v *connection.Value) string {
	text := v.Text.Peek()
	switch v.Kind {
	case connection.Text:
		return text
	case connection.Bool:
		if text == "True" {
			return "\x00n1"
		}
		return "\x00n0"
	case connection.Int:
		return "\x00n" + text
	case connection.Float:
		if whole, ok := strings.CutSuffix(text, ".0"); ok {
			return "\x00n" + strings.TrimPrefix(whole, "-0")
		}
		return "\x00f" + text
	case connection.Absent:
		return "\x00-"
	}
	return fmt.Sprintf("\x00%d%s", v.Kind, pyRepr(v))
}

// className is str() of a value's Python type.
func className(v *connection.Value) string {
	name := v.Kind.Class()
	if v.Kind == connection.Date || v.Kind == connection.Datetime {
		name = "datetime." + name
	}
	return "<class '" + name + "'>"
}

// pyStr is str() of a value.
func pyStr(v *connection.Value) string {
	switch v.Kind {
	case connection.Text, connection.Date, connection.Datetime:
		return v.Text.Peek()
	}
	return pyRepr(v)
}

// pyRepr is python.Repr() of a value. A set's members keep the order of the document.
func pyRepr(v *connection.Value) string {
	switch v.Kind {
	case connection.Absent:
		return "None"
	case connection.Text:
		return python.Repr(v.Text.Peek())
	case connection.Bytes:
		return python.BytesRepr(v.Text.Peek())
	case connection.Date:
		return "datetime.date(" + dateArguments(v.Text.Peek()) + ")"
	case connection.Datetime:
		return "datetime.datetime(" + datetimeArguments(v.Text.Peek()) + ")"
	case connection.List, connection.Tuple, connection.Map, connection.Set:
		return reprItems(v)
	}
	return v.Text.Peek()
}

// dateArguments are those of datetime.date's repr, of 2001-01-04.
func dateArguments(s string) string {
	parts := strings.Split(s, "-")
	for i := range parts {
		parts[i] = strings.TrimLeft(parts[i], "0")
	}
	return strings.Join(parts, ", ")
}

// datetimeArguments are those of datetime.datetime's repr, of what its str() is:
// 2001-01-04 21:59:43.100000+01:00.
func datetimeArguments(s string) string {
	date, clock, _ := strings.Cut(s, " ")
	zone := ""
	if i := strings.IndexAny(clock, "+-"); i >= 0 {
		clock, zone = clock[:i], clock[i:]
	}
	parts := strings.FieldsFunc(clock, func(r rune) bool { return r == ':' || r == '.' })
	for i := range parts {
		if parts[i] = strings.TrimLeft(parts[i], "0"); parts[i] == "" {
			parts[i] = "0"
		}
	}
	if len(parts) == 3 && parts[2] == "0" {
		parts = parts[:2]
	}
	s = dateArguments(date) + ", " + strings.Join(parts, ", ")
	if zone == "" {
		return s
	}
	offset := 0
	for i, part := range strings.Split(zone[1:], ":") {
		n, _ := strconv.Atoi(part) // digits, as str() writes them
		offset += n * [...]int{3600, 60, 1}[min(i, 2)]
	}
	const day = 24 * 3600
	switch {
	case offset == 0:
		return s + ", tzinfo=datetime.timezone.utc"
	case zone[0] == '-':
		return fmt.Sprintf("%s, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=%d))", s, day-offset)
	}
	return fmt.Sprintf("%s, tzinfo=datetime.timezone(datetime.timedelta(seconds=%d))", s, offset)
}

func reprItems(v *connection.Value) string {
	if v.Kind == connection.Set && len(v.Items) == 0 {
		return "set()"
	}
	var b strings.Builder
	brackets := "{}"
	switch v.Kind {
	case connection.List:
		brackets = "[]"
	case connection.Tuple:
		brackets = "()"
	}
	b.WriteByte(brackets[0])
	for i := range v.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		if v.Kind == connection.Map {
			b.WriteString(pyRepr(&v.Items[i].Key))
			b.WriteString(": ")
		}
		b.WriteString(pyRepr(&v.Items[i].Value))
	}
	b.WriteByte(brackets[1])
	return b.String()
}
