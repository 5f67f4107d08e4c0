package syntax

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// oracleRow is what the real PyYAML made of a text; testdata/oracle/pyyaml.py
// wrote it.
type oracleRow struct {
	Text      string
	Value     any
	Cyclic    bool
	Error     string
	Context   *string
	ContextAt *[2]int `json:"context_at"`
	Problem   *string
	At        *[2]int
	Position  int
}

func oracle(t testing.TB) []oracleRow {
	data, err := os.ReadFile("testdata/oracle/pyyaml.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []oracleRow
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func parseText(s string, d Dialect) (*Tree, *Error) {
	return ParseYAML((&source.File{Data: s}).Text(), d)
}

// TestPyYAML compares what PyYAML made of 3,489 scalars and documents: the value
// that it loads, or the exception with its words and its place.
func TestPyYAML(t *testing.T) {
	for _, row := range oracle(t) {
		tree, e := parseText(row.Text, PyYAML)
		if diff := compareOracle(row, tree, e); diff != "" {
			t.Errorf("%q: %s", row.Text, diff)
		}
	}
}

func compareOracle(row oracleRow, tree *Tree, e *Error) string {
	if e == nil {
		docs := tree.Documents()
		if row.Context != nil && *row.Context == "expected a single document in the stream" {
			if len(docs) < 2 {
				return "one document only"
			}
			return ""
		}
		if row.Error != "" {
			return fmt.Sprintf("is refused: %s", describe(row))
		}
		if len(docs) > 1 {
			return "two documents"
		}
		if row.Cyclic {
			return ""
		}
		var got any
		if len(docs) == 1 {
			got = plainValue(docs[0], 0)
		}
		sortSets(row.Value)
		if !reflect.DeepEqual(got, row.Value) {
			return fmt.Sprintf("is %v, want %v", got, row.Value)
		}
		return ""
	}
	if row.Error == "" {
		return "refused: " + e.Problem
	}
	kinds := map[string]ErrorKind{"ReaderError": CharacterError, "ValueError": ValueError, "KeyError": KeyError, "IndexError": IndexError, "AttributeError": AttributeError}
	if e.Kind != kinds[row.Error] {
		return fmt.Sprintf("kind %d for %s", e.Kind, row.Error)
	}
	if row.At == nil {
		return ""
	}
	if got := [2]int{e.Mark.Line, e.Mark.Column}; got != *row.At {
		return fmt.Sprintf("at %v, want %s", got, describe(row))
	}
	// Where PyYAML quotes the text, we say less.
	if !strings.HasPrefix(*row.Problem, e.Message) || e.Message == "" {
		return fmt.Sprintf("says %q, want %s", e.Message, describe(row))
	}
	context := ""
	if row.Context != nil {
		context = *row.Context
	}
	if e.Context != context {
		return fmt.Sprintf("context %q, want %s", e.Context, describe(row))
	}
	if row.ContextAt != nil && context != "" {
		if got := [2]int{e.ContextMark.Line, e.ContextMark.Column}; got != *row.ContextAt {
			return fmt.Sprintf("context at %v, want %s", got, describe(row))
		}
	}
	return ""
}

func describe(row oracleRow) string {
	data, _ := json.Marshal(row)
	return string(data)
}

// plainValue is a node in the oracle's shape, as Go's JSON decoder has it.
func plainValue(n Node, depth int) any {
	if depth > 500 {
		return "too deep"
	}
	switch n.Kind() {
	case Null:
		return nil
	case Bool:
		return n.Bool()
	case Int:
		s := n.Int().String()
		if len(strings.TrimPrefix(s, "-")) > 100 {
			s = fmt.Sprintf("%#x", n.Int())
		}
		return map[string]any{"int": s}
	case Float:
		return map[string]any{"float": pythonHex(n.Float())}
	case String:
		return n.Text().String()
	case Binary:
		return map[string]any{"bytes": base64.StdEncoding.EncodeToString(n.Bytes())}
	case Date:
		m, _ := n.Time()
		return map[string]any{"date": m.Format("2006-01-02")}
	case Timestamp:
		m, zone := n.Time()
		layout := "2006-01-02T15:04:05"
		if m.Nanosecond() > 0 {
			layout += ".000000"
		}
		if zone {
			layout += "-07:00"
		}
		return map[string]any{"datetime": m.Format(layout)}
	case Sequence:
		items := []any{}
		for item := range n.Items() {
			items = append(items, plainValue(item, depth+1))
		}
		return items
	case OrderedMap:
		items := []any{}
		for k, v := range n.Members() {
			items = append(items, []any{plainValue(k, depth+1), plainValue(v, depth+1)})
		}
		return items
	}
	var keys []string
	pairs := []any{}
	for k, v := range n.Members() {
		id := pythonKey(k)
		if i := slices.Index(keys, id); i >= 0 {
			pairs[i].([]any)[1] = plainValue(v, depth+1)
			continue
		}
		keys = append(keys, id)
		pairs = append(pairs, []any{plainValue(k, depth+1), plainValue(v, depth+1)})
	}
	if n.Kind() == Set {
		items := []any{}
		for _, p := range pairs {
			items = append(items, p.([]any)[0])
		}
		set := map[string]any{"set": items}
		sortSets(set)
		return set
	}
	return map[string]any{"dict": pairs}
}

// sortSets brings the members of sets into an order.
func sortSets(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			sortSets(e)
		}
	case map[string]any:
		for _, e := range v {
			sortSets(e)
		}
		if set, ok := v["set"].([]any); ok {
			slices.SortFunc(set, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
}

// pythonKey is equal for keys that are equal in Python.
func pythonKey(n Node) string {
	switch n.Kind() {
	case Bool:
		if n.Bool() {
			return "n1/1"
		}
		return "n0/1"
	case Int:
		return "n" + new(big.Rat).SetInt(n.Int()).String()
	case Float:
		if r := new(big.Rat); r.SetFloat64(n.Float()) != nil {
			return "n" + r.String()
		}
	}
	data, _ := json.Marshal(plainValue(n, 0))
	return string(data)
}

// pythonHex is float.hex.
func pythonHex(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	case f == 0 && math.Signbit(f):
		return "-0x0.0p+0"
	case f == 0:
		return "0x0.0p+0"
	}
	s := strconv.FormatFloat(f, 'x', 13, 64) // Go writes p-02 where Python has p-2
	mantissa, exponent, _ := strings.Cut(s, "p")
	e, _ := strconv.Atoi(exponent)
	if e < -1022 { // Python leaves these subnormal
		return fmt.Sprintf("0x0.%013xp-1022", math.Float64bits(f)&(1<<52-1))
	}
	return fmt.Sprintf("%sp%+d", mantissa, e)
}
