package syntax

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

func parseJSON(s string) (*Tree, *Error) { return ParseJSON((&source.File{Data: s}).Text()) }

// jsonCase is what Python's json.loads made of a text; testdata/json/record.py
// wrote it.
type jsonCase struct {
	Text       string
	Value      string
	Error      string
	At         int    // in characters
	ValueError string `json:"value_error"`
}

func jsonCases(t testing.TB) []jsonCase {
	data, err := os.ReadFile("testdata/json/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []jsonCase }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// TestJSONAsPython compares acceptance, values, messages and places.
func TestJSONAsPython(t *testing.T) {
	for _, c := range jsonCases(t) {
		tree, err := parseJSON(c.Text)
		switch {
		case err == nil:
			if got := dumpJSON(tree.Root()); got != c.Value {
				t.Errorf("%.80q: read as %.200s; Python: %.200s %s", c.Text, got, c.Value, c.Error)
			}
		case c.ValueError != "":
			if err.Kind != ValueError || err.Message != c.ValueError {
				t.Errorf("%.80q: %d %q; Python: ValueError %q", c.Text, err.Kind, err.Message, c.ValueError)
			}
		case err.Kind != SyntaxError || err.Message != c.Error || utf8.RuneCountInString(c.Text[:err.Offset]) != c.At:
			t.Errorf("%.80q: %q at %d; Python: %q at %d", c.Text, err.Message, utf8.RuneCountInString(c.Text[:err.Offset]), c.Error, c.At)
		}
		if err != nil {
			checkError(t, c.Text, err)
		}
	}
}

// checkError holds for every refusal: it stands within the text, and says why.
func checkError(t testing.TB, text string, e *Error) {
	t.Helper()
	for _, s := range []source.Span{e.Span, e.Related} {
		if s.Start < 0 || s.End < s.Start || s.End > len(text) {
			t.Errorf("%.80q: span %v lies outside", text, s)
		}
	}
	if e.Problem == "" || e.Offset < 0 || e.Offset > len(text) {
		t.Errorf("%.80q: %+v", text, e)
	}
}

// dumpJSON writes a tree as record.py does.
func dumpJSON(n Node) string {
	var b strings.Builder
	switch n.Kind() {
	case Null:
		return "null"
	case Bool:
		return strconv.FormatBool(n.Bool())
	case Int:
		return n.Int().String()
	case Float:
		if f := n.Float(); f == f {
			return fmt.Sprintf("f%016x", math.Float64bits(f))
		}
		return "nan"
	case String:
		return "'" + hex.EncodeToString([]byte(n.Text().String())) + "'"
	case Mapping:
		b.WriteByte('{')
		for k, v := range n.Members() {
			b.WriteString(dumpJSON(k) + ":" + dumpJSON(v) + ",")
		}
		b.WriteByte('}')
	case Sequence:
		b.WriteByte('[')
		for item := range n.Items() {
			b.WriteString(dumpJSON(item) + ",")
		}
		b.WriteByte(']')
	}
	return b.String()
}

func TestJSONNodes(t *testing.T) {
	const data = ` {"a": [1, {}], "b": "x\ty", "a": null } `
	tree, err := parseJSON(strings.ReplaceAll(data, "\t", `\t`))
	if err != nil {
		t.Fatal(err)
	}
	root := tree.Root()
	if root.Len() != 3 || tree.Depth() != 3 || len(tree.Documents()) != 1 {
		t.Errorf("%d members, depth %d", root.Len(), tree.Depth())
	}
	if a := root.Lookup("a"); a.Kind() != Null {
		t.Errorf("of equal keys the last wins, got %v", a.Kind())
	}
	if b := root.Lookup("b"); !b.Is("x\ty") || b.Raw() != `"x\ty"` || b.Span() != (source.Span{Start: 21, End: 27}) || b.Text().Span(1, 2) != (source.Span{Start: 23, End: 25}) {
		t.Errorf("%s at %v", b.Raw(), b.Span())
	}
	if missing := root.Lookup("c"); !missing.IsZero() || missing.Kind() != 0 || missing.Len() != 0 {
		t.Error("there is no c")
	}
	var raw []string
	for k, v := range root.Written() {
		raw = append(raw, k.Raw()+"="+v.Raw())
	}
	if got := strings.Join(raw, " "); got != `"a"=[1, {}] "b"="x\ty" "a"=null` {
		t.Error(got)
	}
}

// TestJSONProblems pins the places and words that are better than Python's.
func TestJSONProblems(t *testing.T) {
	for _, c := range []struct {
		text, at, problem string
	}{
		{`{"a": 1,}`, `,`, "a comma before the closing bracket; JSON has none after the last item"},
		{`[1, 2, ]`, `,`, "a comma before the closing bracket; JSON has none after the last item"},
		{"{\"a\": 1 // x\n}", `//`, "a comment; JSON has none"},
		{`{'a': 1}`, `'`, "a name stands in single quotes; JSON has double quotes only"},
		{`{"a": True}`, `True`, "True is Python, not JSON"},
		{`{"login": 012345}`, `012345`, "a number with a leading zero; JSON has none"},
		{`{"a": "b"c"}`, `c`, "the value ended before this: a quote inside it needs a backslash, or a comma is missing"},
		{`{"a": [1}`, `}`, `'}' closes what was opened as list`},
		{"{\"a\": \"b\n\"}", "\n", "a line ends inside a text: its closing quote is missing, or the line break must be written \\n"},
		{`{"a": "\d"}`, `\d`, "JSON has no such escape; a backslash itself is written twice"},
		{"\ufeff{}", "\ufeff", "the file begins with a byte order mark (BOM), which the reader refuses"},
		{`{"a": {"b": 1}`, ``, "the text ends before the document does; it is cut off, or a bracket is missing"},
	} {
		_, err := parseJSON(c.text)
		if err == nil {
			t.Errorf("%s: accepted", c.text)
			continue
		}
		if got := c.text[err.Span.Start:err.Span.End]; got != c.at || err.Problem != c.problem {
			t.Errorf("%s: %q at %q", c.text, err.Problem, got)
		}
	}
}

func TestJSONDeep(t *testing.T) {
	for _, depth := range []int{10_000, 1_000_000} {
		for _, pair := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
			inner := "1"
			text := strings.Repeat(pair[0], depth) + inner + strings.Repeat(pair[1], depth)
			tree, err := parseJSON(text)
			if err != nil || tree.Depth() != depth {
				t.Fatalf("depth %d: %v", depth, err)
			}
			if _, err := parseJSON(text[:len(text)-1]); err == nil {
				t.Fatal("accepted without the last bracket")
			} else {
				checkError(t, text, err)
			}
		}
	}
}

func TestJSONLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("100 MB")
	}
	tree, err := parseJSON(`{"a": "` + strings.Repeat("x", 100<<20) + `"}`)
	if err != nil || tree.Root().Lookup("a").Text().Len() != 100<<20 {
		t.Fatal(err)
	}
}

// TestJSONTruncated cuts a document at every byte, within characters too.
func TestJSONTruncated(t *testing.T) {
	const text = `{"é😀": ["\u00e9\ud83d\ude00\"\\", -1.5e+10, NaN, -Infinity, true, null, {"": {}}]}`
	for i := range len(text) {
		if _, err := parseJSON(text[:i]); err == nil {
			t.Errorf("%q is accepted", text[:i])
		} else {
			checkError(t, text[:i], err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for i, c := range jsonCases(f) {
		if i%5 == 0 && len(c.Text) < 200 {
			f.Add(c.Text)
		}
	}
	f.Add("{\"a\": \"\xff\"}")
	f.Fuzz(func(t *testing.T, s string) {
		tree, err := parseJSON(s)
		if err != nil {
			checkError(t, s, err)
			return
		}
		if tree.Depth() < 1000 {
			_ = dumpJSON(tree.Root())
		}
		for i := range tree.nodes {
			n := tree.node(uint32(i))
			if at := n.Span(); s[at.Start:at.End] != n.Raw() {
				t.Errorf("%q: %v is not %q", s, at, n.Raw())
			}
			if n.Kind() == String {
				checkMapping(t, s, n.Text())
			}
		}
	})
}

// checkMapping holds for every decoded text: its characters stand for bytes that
// lie in order.
func checkMapping(t testing.TB, s string, text source.Text) {
	last := text.Whole().Start
	for i := range text.Len() {
		at := text.Span(i, i+1)
		if at.Start < 0 || at.End > len(s) || at.End <= at.Start || at.Start < last && at.End < last {
			t.Fatalf("%q: byte %d of %q stands at %v", s, i, text.String(), at)
		}
		last = at.Start
	}
}
