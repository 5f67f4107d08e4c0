package airflow

import (
	"fmt"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
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
	return fmt.Sprintf("\x00%d%s", v.Kind, v.Repr())
}

// className is str() of a value's Python type.
func className(v *connection.Value) string {
	name := v.Kind.Class()
	if v.Kind == connection.Date || v.Kind == connection.Datetime {
		name = "datetime." + name
	}
	return "<class '" + name + "'>"
}
