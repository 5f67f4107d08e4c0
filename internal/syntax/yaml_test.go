package syntax

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// TestBrokenYAML has the exact bytes that an error shows: between « and ». What
// yaml.v3 reads or shows otherwise stands beside it.
func TestBrokenYAML(t *testing.T) {
	const accepted = "accepted"
	for _, c := range []struct{ py, goyaml, problem string }{
		// indentation and tabs
		{"a:\n«\t»b: c", "", "a tab in the indentation"},
		{"a:\n«\t\t»b: c", "", "a tab in the indentation"},
		{"«\t»a: b", "", "a tab in the indentation"},
		{"a: b\n«\t»c: d", "", "a tab in the indentation"},
		{"-«\t»a", "", "a tab in the indentation"},
		{"a: |\n«\t»x", "", "a tab in the indentation"},
		{"a:\n  b: 1\n «c»: 2", "", "the indentation of this line fits none"},
		{"a:\n   b: 1\n  «c»: 2\nd: 3", "", "the indentation of this line fits none"},
		{" a: 1\n«b»: 2", accepted, "the document ends before this line"},
		{"- a\n«b»: c", "", "a line that does not fit: the list"},
		{"- a: 1\n «b»: 2", "", "a line that does not fit: the list"},
		{"a: b\n c«:» d", "", "a key cannot stand here"},
		{"é: 1\n  ü«:» 2\n", "", "a key cannot stand here"},
		{"a: |\n    \n  «b»", "", "the indentation of this line fits none"},
		{"a: |\n   x\n  «y»\n", "", "the indentation of this line fits none"},
		{"a: b # c\n  «d»", "", "the indentation of this line fits none"},
		{"a: 1\n«-» b\n", "", "a list item where a key is due"},
		// colons
		{"x: y«:» z\n", "", "a second colon"},
		{"é: x«:» y", "", "a second colon"},
		{"a: 'b'«:» c", "", "a second colon"},
		{"a«:»b\nc: d", "", "a blank is missing after this colon"},
		{"c: d\na«:»b\n", "", "a blank is missing after this colon"},
		{"c: d\na«=»b\n", "", "a colon and a blank are due"},
		{"A__B«=»postgres://u@h/x\n\n\nc: d\n", "", "a colon and a blank are due"},
		{"a«=»b\r\nc: d\r\n", "", "a colon and a blank are due"},
		{"a b=c\nd«:» e\n", "", "a key cannot stand here"},
		{"c: d\n«word»\ne: f", "", "this line has no colon"},
		{"c: d\n«word» # x\ne: f", "", "this line has no colon"},
		{"c: d\n«日本»", "", "this line has no colon"},
		{"a:\n  - b\n  «-»c\n", "", "a blank is missing after the -"},
		{"«:» a", "", "a key is missing before this colon"},
		{"{a«:»[b]}", "{a:«[»b]}", "a blank is missing after this colon"},
		{"{a«:»,b}", accepted, "a blank is missing after this colon"},
		{strings.Repeat("k", 1025) + "«:» v", "", "a key is longer than 1024 characters"},
		// characters that begin no text
		{"a: «@»x", "", "no text without quotes begins with @"},
		{"a: «`»x", "", "no text without quotes begins with `"},
		{"a: «%»x", "", "no text without quotes begins with %"},
		{"«%»x: a", "", "a line that begins with % is a directive"},
		{"é: 1\r\nb: «@»\r\n", "", "no text without quotes begins with @"},
		{"é: 1\rb: «@»\r", "", "no text without quotes begins with @"},
		{"a: 1\u0085b: «@»", "", "no text without quotes begins with @"},
		{"\ufeffa: «@»", "", "no text without quotes begins with @"},
		{"{a: «|»\n b}", "", "a text cannot begin with | between brackets"},
		{"[«>» a]", "", "a text cannot begin with > between brackets"},
		{"a: «|»x", "", "behind | and > the line ends"},
		{"a: «>»https://h", "", "behind | and > the line ends"},
		{"a: |«0»\n x", "", "an indentation of 0"},
		{"a: «-» b", "", "a list cannot begin in the same line"},
		{"a: «?» b", "", "a key cannot begin here"},
		// anchors, aliases, tags
		{"a: «*x»", "", "a word that begins with * is an alias"},
		{"a: «*»***", "", "a word that begins with * is an alias"},
		{"a: «*»x/y", "", "a word that begins with * is an alias"},
		{"a: «&»x/y z", "", "a word that begins with & is an anchor"},
		{"a: «&» x", "", "a word that begins with & is an anchor"},
		{"a: &x 1\nb: «&x» 2", accepted, "this anchor is there twice"},
		{"a: &x «&y» 1", "", "no more than one anchor"},
		{"a: «!x»", accepted, "a word that begins with ! is a tag"},
		{"a: «!x» b", accepted, "a word that begins with ! is a tag"},
		{"a: «!x!y» b", "", "a word that begins with ! is a tag"},
		{"a: «!<x» b", "", "a word that begins with ! is a tag"},
		{"a: «!a%zz»", "", "a word that begins with ! is a tag"},
		{"a: «!a{b»", "", "a word that begins with ! is a tag"},
		{"a: [«!!str[b]»", "a: [!!str[b]«»", "a word that begins with ! is a tag"},
		{"a: «!!python/tuple» [b]", accepted, "a word that begins with ! is a tag"},
		// quotes
		{"a: 'b\nc: d\n«»", "", "the file ends inside a text in quotes"},
		{"a: \"b\nc: d«»", "", "the file ends inside a text in quotes"},
		{"日本: 'a\n«»", "", "the file ends inside a text in quotes"},
		{"a: 'it'«s»", "", "text follows the closing quote"},
		{"a: 'it'«s» x'", "", "text follows the closing quote"},
		{"a: \"b\" «c»", "", "text follows the closing quote"},
		{"a: \"b«\\d»\"", "", "YAML has no such escape"},
		{"a: \"b«\\é»\"", "", "YAML has no such escape"},
		{"a: \"C:«\\'»\"", accepted, "YAML has no such escape"},
		{"a: \"/\\/\"", "a: \"/«\\/»\"", ""},
		{"a: \"«\\ud83d»\\ude00\"", "", "this escape stands for no character"},
		{"a: \"é«\\U00110000»\"", "", "this escape stands for no character"},
		{"a: \"«\\x4»\"", "", `\x wants two hex digits`},
		{"'a\n«-»--\nb'", "", "a document ends inside a text in quotes"},
		// brackets
		{"a: [b\nc«:» d", "", "a comma is missing before this, or the closing bracket"},
		{"a: {b: 1\nc«:» d", "", "a comma is missing before this, or the closing bracket"},
		{"[a, b«»", "", "the file ends inside a list"},
		{"{a: b\n«»", "", "the file ends inside an object"},
		{"[a«}»", "", "} closes what was opened as a list"},
		{"{a«]»", "", "] closes what was opened as an object"},
		{"a: «]»", "", "a closing bracket that nothing opened"},
		{"a: b\n«}»", "", "a closing bracket that nothing opened"},
		{"a: [b] «c»", "", "text follows the closing bracket"},
		{"a: {{ x }}«/»y", "", "text follows the closing bracket"},
		{"[a, «-» b]", "", "a list item with - cannot stand between brackets"},
		{"[a,«,»b]", "", "a value is missing before this"},
		{"[a: b«:» c]", "", "a comma or the end of the list"},
		{"{a: b} «x»", accepted, "the document ends before this"},
		// keys, merges and values
		{"a: {«{» x }}", "", "{{ is read as an object"},
		{"{«[»a]: b}", "", "a list or an object cannot be a key"},
		{"? «-» a\n: b", "", "a list or an object cannot be a key"},
		{"a: 1\nb: 2\na: 3", "a: 1\nb: 2\n«a»: 3", ""},
		{"a: {<<: «b»}", "", "<< takes in"},
		{"a: {<<: [{b: c}, «d»]}", "", "<< takes in"},
		{"a: «<<»", accepted, "<< stands here for no merge"},
		{"a: «=»", accepted, "PyYAML cannot read a lone ="},
		{"a: «2001-02-30»", accepted, "this is no date or time"},
		{"a: !!int «abc»", "", ""},
		{"a: !!bool «maybe»", "", ""},
		{"a: !!bool yes", "a: !!bool «yes»", ""},
		{"a: !!binary «x»", "", ""},
		{"a: &a [*a]", "a: &a [«*a»]", ""},
		// documents and characters
		{"a: 1\n...\n«@»", "", "no text without quotes begins with @"},
		{"a: 1\n... «b»", accepted, "the document ends before this"},
		{"«%YAML 2.0»\n--- a", "", "this version of YAML is not read"},
		{"%YAML 1.2\n--- a", "«%YAML 1.2»\n--- a", ""},
		{"%YAML 1.1\n«»", "", "after a directive"},
		{"a: 1\n\ufeff«b»: 2", accepted, ""},
		{"a: «\x01»", "", "a control character (U+0001)"},
		{"a: é«\u0080»", "", "a control character (U+0080)"},
		{"a: «\x7f»", "", "a control character (U+007F)"},
		{"a: é«\xff»", "", "the text is not UTF-8"},
		{"a: é«\xed»\xa0\x80", "", "the text is not UTF-8"},
		{"«\xff»\xfea\x00", "", "the text is UTF-16"},
	} {
		for _, d := range []Dialect{PyYAML, GoYAML} {
			want := c.py
			if d == GoYAML && c.goyaml != "" {
				want = c.goyaml
			}
			in := strings.NewReplacer("«", "", "»", "").Replace(c.py)
			if want == accepted {
				want = in
			}
			_, e := parseText(in, d)
			got := in
			if e != nil {
				got = in[:e.Span.Start] + "«" + in[e.Span.Start:e.Span.End] + "»" + in[e.Span.End:]
			}
			if got != want {
				t.Errorf("dialect %d: %q, want %q (%v)", d, got, want, e)
			} else if e != nil && want == c.py && !strings.HasPrefix(e.Problem, c.problem) {
				t.Errorf("dialect %d: %q: %s", d, in, e.Problem)
			}
		}
	}
}

// TestErrorHoldsNoValue looks for a secret in all that an error says.
func TestErrorHoldsNoValue(t *testing.T) {
	const token = "dbtc_EXAMPLEtoken"
	for _, in := range []string{"a: !" + token, "a: *" + token, "a: &" + token + "/", "a: x: " + token, token + ": [", "a: @" + token, "a: '" + token, "a: \"\\d" + token,
		"a: &" + token + " 1\nb: &" + token + " 2", "a: !!int " + token, "a: !!float " + token, "a: !!binary é" + token, "{? [" + token + "]}", token + ": 1\n" + token + ": 2",
		"a: !" + token + "! x", "a: {<<: " + token + "}", "%" + token, "a: [b\n" + token + ": c", "a: 1\n" + token} {
		for _, d := range []Dialect{PyYAML, GoYAML} {
			_, e := parseText(in, d)
			if e == nil {
				continue
			}
			if said := fmt.Sprint(e.Message, e.Problem, e.Hint, e.Context, e.RelatedText, e.PyYAML()); strings.Contains(said, token) {
				t.Errorf("%q: %s", in, said)
			}
		}
	}
}

// TestGoYAML compares with yaml.v3 itself, on the texts of the PyYAML oracle.
func TestGoYAML(t *testing.T) {
	for _, row := range oracle(t) {
		if diff := compareGoYAML(row.Text); diff != "" {
			t.Errorf("%q: %s", row.Text, diff)
		}
	}
}

// compareGoYAML is what ParseYAML and yaml.Unmarshal see differently.
func compareGoYAML(s string) string {
	var want any
	err := yaml.Unmarshal([]byte(s), &want)
	tree, e := parseText(s, GoYAML)
	switch {
	case e != nil && e.Kind == DepthError, err != nil && strings.Contains(err.Error(), "exceeded max depth"):
		return ""
	case strings.HasPrefix(s, bom+bom), e != nil && e.Kind == EncodingError: // it may not read that far
		return ""
	case e != nil && err == nil && forgetsKey(s):
		return ""
	case e != nil && err == nil:
		return "refused: " + e.Problem
	case e == nil && err != nil:
		return "accepted; yaml.v3 says " + err.Error()
	case e != nil:
		return ""
	}
	if got := goPlain(tree.Root(), 0); !sameGo(got, want) {
		return fmt.Sprintf("is %#v, want %#v", got, want)
	}
	return ""
}

// forgetsKey reports what we know that we see otherwise than yaml.v3: of a key that
// is {} or holds a "?", as in [? a]: b, it takes the key for the whole document.
func forgetsKey(s string) bool {
	var doc yaml.Node
	err := yaml.Unmarshal([]byte(s), &doc)
	return err == nil && len(doc.Content) == 1 && doc.Content[0].Style&yaml.FlowStyle != 0
}

// sameGo compares decoded values, but not the types of maps and keys: a key with a
// custom tag makes yaml.v3 choose another.
func sameGo(a, b any) bool { return fmt.Sprintf("%#v", untype(a)) == fmt.Sprintf("%#v", untype(b)) }

func untype(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[any]any{}
		for k, e := range v {
			m[k] = untype(e)
		}
		return m
	case map[any]any:
		m := map[any]any{}
		for k, e := range v {
			m[k] = untype(e)
		}
		return m
	case []any:
		items := []any{}
		for _, e := range v {
			items = append(items, untype(e))
		}
		return items
	}
	return v
}

// goPlain is a node as yaml.v3 decodes it into an empty interface.
func goPlain(n Node, depth int) any {
	if depth > 1000 {
		return nil
	}
	switch n.Kind() {
	case Bool:
		return n.Bool()
	case Int:
		if v := n.Int(); !v.IsInt64() {
			return v.Uint64()
		}
		return int(n.Int().Int64())
	case Float:
		return n.Float()
	case String:
		return n.Text().String()
	case Timestamp:
		m, _ := n.Time()
		return m
	case Binary:
		return string(n.Bytes())
	case Sequence:
		items := []any{}
		for item := range n.Items() {
			items = append(items, goPlain(item, depth+1))
		}
		return items
	case Mapping:
		all, texts := map[any]any{}, true
		for k := range n.Written() {
			texts = texts && (k.Kind() == String || n.tree.isMerge(k.i))
		}
		for k, v := range n.Members() {
			key := goPlain(k, depth+1)
			if texts { // a map with text keys makes texts of what is merged
				key = k.Text().String()
			}
			all[key] = goPlain(v, depth+1)
		}
		return all
	}
	return nil
}

// awkward are texts whose places are easy to get wrong.
var awkward = []string{
	"é: ü\n日本: [a, 'ö''ö', \"\\u00e9x\\n\"]\n",
	"\ufeffa: 1\r\nb: 'x\r\n  y'\r\nc: |\r\n  one\r\n  two\r\nd: z\r\n",
	"a: x\r  y\rb: \"p\\\r   q\"\rc: >-\r  f\r  g\r",
	"a: one\n  two\n\n  three # c\nb: {k: v w\n  x, l: m}\n",
	"a: &x !!str tagged\nb: *x\nc: !!str\nd: &e\ne: *e\n",
	"a:\n- \n- b:\n- - 1\n  - \n",
	"? complex\n: value\n? other\n",
	"{a: , b, c: ~, \"d\":1}\n",
	"[a: b, ? c : d, ? e]\n",
	"--- a\n--- |\n b\n...\n--- [c]\n",
	"a:\t'tab'\t# c\nb: [\t1,\t2\t]\n",
	"a: |+\n  x\n\n\nb: >2\n    y\n  z\n\nc: |-\n    \n  \n    w\n",
	"a: 1\u0085b: x\u2028c: y\nd: \"p\u2029  q\"\ne: |\n  r\u2028  s\n",
	"a: \"\\x41\\u00e9\\U0001F600\\t\\e\\N\\_\\L\\P\\/\\ \\\"\\\\ end\"\n",
	"%YAML 1.2\n%TAG !e! tag:yaml.org,2002:\n--- # c\na: !e!int \"12\"\nb: !!str 012\n...\n",
	"a: [b?c, ?d, e ?f]\n",
	"base: &b {x: 1}\nuse: {<<: *b, y: 2}\nlist: {<<: [*b, {z: 3}], w: 4}\n",
	"a: >\n  folded\n  text\n\n    more\n  less\n\n\n  end\n",
	"\"a\": 'b c'\n'd': \"\"\ne: ''\n",
	"- \"one\n  \n\n  two \\\n  three\"\n- 'x\n\n\n  y'\n",
	"&0:000000\n00",
}

// yamlInputs are all texts that the tests have.
func yamlInputs(t testing.TB) []string {
	inputs := slices.Clone(awkward)
	for _, row := range oracle(t) {
		inputs = append(inputs, row.Text)
	}
	for _, c := range readerVectors(t) {
		inputs = append(inputs, c.Input)
	}
	data, err := os.ReadFile("../../testdata/vectors/astro-settings.json")
	if err != nil {
		t.Fatal(err)
	}
	var settings []struct{ Input string }
	if err := json.Unmarshal(data, &settings); err != nil {
		t.Fatal(err)
	}
	for _, c := range settings {
		inputs = append(inputs, c.Input)
	}
	files, _ := filepath.Glob("../../../shared/corpus/*/*.y*ml")
	if len(files) == 0 {
		t.Log("the corpus is absent: its files are not tried")
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, string(data))
	}
	return inputs
}

type readerVector struct {
	Name, Kind, Input string
	Expected          struct {
		Error struct {
			Class, Message string
			ParseErrors    []struct {
				Line    int
				Message string
			} `json:"parse_errors"`
		}
	}
}

// readerVectors are the YAML files of the Airflow vectors.
func readerVectors(t testing.TB) []readerVector {
	data, err := os.ReadFile("../../testdata/vectors/airflow-readers.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []readerVector }
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all.Cases, func(c readerVector) bool { return c.Kind != "yaml_file" })
}

// TestAirflowYAMLErrors compares with the words and lines that Airflow showed.
func TestAirflowYAMLErrors(t *testing.T) {
	for _, c := range readerVectors(t) {
		for _, want := range c.Expected.Error.ParseErrors {
			tree, e := parseText(c.Input, PyYAML)
			switch {
			case e != nil:
				// Airflow shows the tag, which may be a secret.
				got := e.PyYAML()
				if message, _, cut := strings.Cut(want.Message, " '"); cut && strings.HasPrefix(got, message) {
					continue
				}
				if got != want.Message || e.Mark.Line != want.Line {
					t.Errorf("%s: %d %q, want %d %q", c.Name, e.Mark.Line, got, want.Line, want.Message)
				}
			case strings.HasPrefix(want.Message, "expected a single document"):
				if len(tree.Documents()) < 2 {
					t.Errorf("%s: one document", c.Name)
				}
			case want.Message != "The file is empty." && tree.Root().Kind() == Mapping:
				t.Errorf("%s: accepted, want %q", c.Name, want.Message)
			}
		}
	}
}

// TestYAMLSpans checks that the bytes under a span are what they are said to be,
// and that texts can be replaced.
func TestYAMLSpans(t *testing.T) {
	for _, in := range yamlInputs(t) {
		for _, d := range []Dialect{PyYAML, GoYAML} {
			if err := checkSpans(in, d); err != "" {
				t.Errorf("dialect %d: %q: %s", d, in, err)
			}
		}
	}
}

func checkSpans(in string, d Dialect) string {
	tree, e := parseText(in, d)
	if e != nil {
		if e.Span.Start < 0 || e.Span.End < e.Span.Start || e.Span.End > len(in) {
			return fmt.Sprintf("an error at %v", e.Span)
		}
		if strings.HasPrefix(e.Problem, "the YAML parsers disagree") && d == PyYAML {
			return e.Problem
		}
		return ""
	}
	if len(tree.yaml.values) > 0 && !strings.HasPrefix(in, bom+bom) { // where yaml.v3 is odd
		return "a value is not decoded as yaml.v3 does"
	}
	for i := range tree.nodes {
		if err := checkSpan(tree, uint32(i)); err != "" {
			return fmt.Sprintf("node %d: %s", i, err)
		}
	}
	for _, c := range tree.Comments() {
		if in[c.Start] != '#' || strings.ContainsAny(in[c.Start:c.End], "\r\n") {
			return fmt.Sprintf("comment at %v", c)
		}
	}
	return ""
}

func checkSpan(tree *Tree, i uint32) string {
	n, s := &tree.nodes[i], tree.text.String()
	raw := s[n.start:n.end]
	open, end := raw[:min(1, len(raw))], raw[max(0, len(raw)-1):]
	switch {
	case n.kind == alias:
		if open != "*" {
			return "no alias: " + raw
		}
	case n.kind >= Sequence && n.style == Flow:
		if n.kind == Sequence && (open != "[" || end != "]") || n.kind == Mapping && open == "{" && end != "}" {
			return "no brackets: " + raw
		}
	case n.kind >= Sequence:
		for j := i + 1; j < n.next; j = tree.nodes[j].next {
			if c := tree.nodes[j]; c.start < n.start || c.end > n.end {
				return fmt.Sprintf("child at %d-%d outside %d-%d", c.start, c.end, n.start, n.end)
			}
		}
	case n.style == DoubleQuoted || n.style == SingleQuoted:
		if want := map[Style]string{DoubleQuoted: `"`, SingleQuoted: "'"}[n.style]; open != want || end != want || len(raw) < 2 {
			return "no quotes: " + raw
		}
	case n.style == LiteralBlock || n.style == FoldedBlock:
		if open != "|" && open != ">" {
			return "no block: " + raw
		}
	case strings.Trim(raw, " \t\r\n") != raw:
		return fmt.Sprintf("blanks around %q", raw)
	}
	if n.kind < Sequence {
		return checkReplace(tree, i)
	}
	return ""
}

// checkReplace replaces parts of a scalar and reads the text again.
func checkReplace(tree *Tree, i uint32) string {
	h := tree.node(i)
	text := h.Text()
	old := text.String()
	if whole := text.Whole(); whole.Start < 0 || whole.End < whole.Start || whole.End > len(tree.text.String()) {
		return fmt.Sprintf("text at %v", whole)
	}
	if h.Kind() != String || old == "<<" || len(tree.nodes) > 400 {
		return ""
	}
	mid := len(old) / 2
	for mid > 0 && old[mid]&0xC0 == 0x80 {
		mid--
	}
	for _, c := range []struct {
		from, to int
		with     string
	}{{0, len(old), "new"}, {0, mid, ""}, {mid, len(old), "x: 'y' \"z\" #é\n"}, {mid, mid, " "}, {0, len(old), "123"}, {0, len(old), "yes"}} {
		edit, ok := text.Replace(c.from, c.to, c.with)
		if !ok {
			continue
		}
		want := old[:c.from] + c.with + old[c.to:]
		s := tree.text.String()
		again, e := parseText(s[:edit.Span.Start]+edit.New+s[edit.Span.End:], tree.yaml.dialect)
		if e != nil {
			// A key that is then there twice, and the like, are other troubles.
			if e.Kind == SyntaxError && (e.Message == "" || strings.Contains(e.Message, "ambiguous")) {
				continue
			}
			return fmt.Sprintf("%q for %d-%d: %s", c.with, c.from, c.to, e.Problem)
		}
		if len(again.nodes) != len(tree.nodes) {
			return fmt.Sprintf("%q for %d-%d: %d nodes became %d", c.with, c.from, c.to, len(tree.nodes), len(again.nodes))
		}
		if got := again.node(i); got.Kind() != String || got.Text().String() != want {
			return fmt.Sprintf("%q for %d-%d: reads %q, want %q", c.with, c.from, c.to, got.Text().String(), want)
		}
	}
	return ""
}

// TestYAMLText follows single characters through folding, escapes and
// indentation.
func TestYAMLText(t *testing.T) {
	for _, c := range []struct{ in, text, part, at string }{
		{"a: \"x\\u00e9y\"", "xéy", "é", `\u00e9`},
		{"a: \"x\\u00e9y\"", "xéy", "y", "y"},
		{"a: 'it''s'", "it's", "'", "''"},
		{"a: 'it''s'", "it's", "s", "s"},
		{"a: one\n   two", "one two", " ", "\n   "},
		{"a: one\n   two", "one two", "two", "two"},
		{"a: one\r\n\r\n   two", "one\ntwo", "\n", "\r\n\r\n   "},
		{"a: \"one \\\n   two\"", "one two", "two", "two"},
		{"a: |\n  one\n  two\n", "one\ntwo\n", "two", "two"},
		{"a: |\n  one\n  two\n", "one\ntwo\n", "\nt", "\n  t"},
		{"a: >\n  one\n  two\n", "one two\n", "two", "two"},
		{"a: >-\r\n  é\r\n\r\n  two\r\n", "é\ntwo", "two", "two"},
		{"a: \"😀 x\"", "😀 x", "x", "x"},
	} {
		tree, e := parseText(c.in, PyYAML)
		if e != nil {
			t.Fatal(e)
		}
		text := tree.Root().Lookup("a").Text()
		if text.String() != c.text {
			t.Errorf("%q reads %q, want %q", c.in, text.String(), c.text)
			continue
		}
		i := strings.Index(c.text, c.part)
		span := text.Span(i, i+len(c.part))
		if got := c.in[span.Start:span.End]; got != c.at {
			t.Errorf("%q: %q stands at %q, want %q", c.in, c.part, got, c.at)
		}
	}
}

func TestYAMLComments(t *testing.T) {
	in := "# one\na: b # two\nc: 'x # no' #three\nd: |  # four\n  # no\ne: f#no\n\"g # no\": [1, # five\n 2]\n%no: 1\n"
	in = strings.Replace(in, "%no: 1\n", "# six\r\n#seven", 1)
	tree, e := parseText(in, GoYAML)
	if e != nil {
		t.Fatal(e)
	}
	var got []string
	for _, c := range tree.Comments() {
		got = append(got, in[c.Start:c.End])
	}
	if want := []string{"# one", "# two", "#three", "# four", "# five", "# six", "#seven"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestYAMLAliases(t *testing.T) {
	in := "a: &x {k: v}\nb: *x\n"
	tree, e := parseText(in, PyYAML)
	if e != nil {
		t.Fatal(e)
	}
	a, b := tree.Root().Lookup("a"), tree.Root().Lookup("b")
	if at, ok := b.Alias(); !ok || in[at.Start:at.End] != "*x" || !a.Same(b) || b.Span() != a.Span() {
		t.Errorf("b is no alias of a: %v %v", at, b.Span())
	}
	if _, ok := a.Alias(); ok {
		t.Error("a is an alias")
	}
}

func TestYAMLTag(t *testing.T) {
	in := "a: !!int \"12\"\nb: c\n"
	tree, _ := parseText(in, PyYAML)
	tag, at := tree.Root().Lookup("a").Tag()
	if tag != "!!int" || in[at.Start:at.End] != tag || !tree.Root().Lookup("a").Tagged() {
		t.Errorf("tag %q at %v", tag, at)
	}
	if tag, _ := tree.Root().Lookup("b").Tag(); tag != "" {
		t.Errorf("tag %q", tag)
	}
}

func TestHoldsAnchor(t *testing.T) {
	tree, err := parseText("a: &x {b: 1}\nc:\n  - d: &y 2\ne: *x\nf: [1, \"&z\"]\n", GoYAML)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{"a": true, "c": true, "e": false, "f": false, "none": false} {
		if got := tree.Root().Lookup(key).HoldsAnchor(); got != want {
			t.Errorf("%s: %v", key, got)
		}
	}
}

func TestYAMLDepth(t *testing.T) {
	for _, d := range []Dialect{PyYAML, GoYAML} {
		for _, pair := range []struct{ open, shut string }{{"[", "]"}, {"{a: ", "}"}, {"- ", ""}} {
			deep := func(n int) string { return strings.Repeat(pair.open, n) + strings.Repeat(pair.shut, n) }
			tree, e := parseText(deep(9990), d)
			if e != nil {
				t.Fatalf("%q: %v", pair.open, e)
			}
			if tree.Depth() != 9990 {
				t.Errorf("depth %d", tree.Depth())
			}
			if _, e := parseText(deep(10001), d); e == nil || e.Kind != DepthError {
				t.Errorf("%q 10,001 deep: %v", pair.open, e)
			}
		}
	}
}

// TestYAMLBombs has texts that grow to 10^40 values when their aliases are
// followed: a reader that follows them never ends.
func TestYAMLBombs(t *testing.T) {
	lists, merges := "a0: &a0 [x]\n", "a0: &a0 {k: v}\n"
	for i := range 40 {
		ten := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", ")
		lists += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, ten)
		merges += fmt.Sprintf("a%d: &a%d {<<: [%s]}\n", i+1, i+1, ten)
	}
	if _, e := parseText(lists, PyYAML); e != nil {
		t.Errorf("PyYAML shares what aliases bring: %v", e)
	}
	if _, e := parseText(lists, GoYAML); e == nil {
		t.Error("yaml.v3 refuses excessive aliasing")
	}
	for _, d := range []Dialect{PyYAML, GoYAML} {
		if _, e := parseText(merges, d); e == nil {
			t.Errorf("dialect %d: merges without bound", d)
		}
	}
}

// TestYAMLSecondDocument: PyYAML's users refuse it unread, yaml.v3's do not see it.
func TestYAMLSecondDocument(t *testing.T) {
	in := "a: 1\n---\nb: [\n"
	if tree, e := parseText(in, PyYAML); e != nil || len(tree.Documents()) != 2 {
		t.Errorf("PyYAML: %v", e)
	}
	if tree, e := parseText("a: 1\n---\nb: 2\nc: [\n", GoYAML); e != nil || len(tree.Documents()) != 1 {
		t.Errorf("yaml.v3: %v", e)
	}
	for _, in := range []string{"", "\n", "# c\n"} {
		if tree, e := parseText(in, PyYAML); e != nil || !tree.Root().IsZero() {
			t.Errorf("%q: %v", in, e)
		}
	}
}

// TestYAMLReadAhead: a forbidden character further on than the loader has read
// does not hide what is wrong before it.
func TestYAMLReadAhead(t *testing.T) {
	near, far := "a: @\n\x01", "a: @\n"+strings.Repeat("# long\n", 4000)+"\x01"
	if _, e := parseText(near, PyYAML); e == nil || e.Kind != CharacterError {
		t.Errorf("near: %v", e)
	}
	if _, e := parseText(far, PyYAML); e == nil || e.Kind != SyntaxError {
		t.Errorf("far: %v", e)
	}
}

// BenchmarkYAMLSizes shows whether the time grows with the text and no faster: the
// figures in MB/s of one shape are then alike.
func BenchmarkYAMLSizes(b *testing.B) {
	for shape, unit := range map[string]string{"flow": "k%d: {a: 1, b: 'x', c: [d, e]}\n", "blocks": "- a: |\n    x\n  b%d: y\n", "merges": "k%d: &a%[1]d {x: 1}\nm%[1]d: {<<: *a%[1]d}\n"} {
		for dialect, d := range map[string]Dialect{"PyYAML": PyYAML, "GoYAML": GoYAML} {
			for _, n := range []int{2_000, 20_000} {
				b.Run(fmt.Sprintf("%s/%s/%d", shape, dialect, n), func(b *testing.B) {
					var text strings.Builder
					for i := range n {
						fmt.Fprintf(&text, unit, i)
					}
					b.SetBytes(int64(text.Len()))
					for b.Loop() {
						if _, e := parseText(text.String(), d); e != nil {
							b.Fatal(e)
						}
					}
				})
			}
		}
	}
}

func BenchmarkParseYAML(b *testing.B) {
	var s strings.Builder
	for i := range 15 {
		fmt.Fprintf(&s, "conn_%d:\n  conn_type: dbt_cloud\n  host: cloud.getdbt.com # us\n  login: \"12345\"\n  extra: {a: 1}\n", i)
	}
	file := source.File{Data: s.String()}
	b.SetBytes(int64(s.Len()))
	for b.Loop() {
		if _, e := ParseYAML(file.Text(), PyYAML); e != nil {
			b.Fatal(e)
		}
	}
}

func FuzzYAML(f *testing.F) {
	for _, s := range awkward {
		f.Add(s)
	}
	for _, row := range oracle(f)[:400] {
		f.Add(row.Text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<16 {
			return
		}
		for _, d := range []Dialect{PyYAML, GoYAML} {
			if err := checkSpans(s, d); err != "" {
				t.Errorf("dialect %d: %s", d, err)
			}
		}
		if diff, _ := compareSimple(s); diff != "" {
			t.Error(diff)
		}
		// Merging into a map of texts, yaml.v3 makes texts of the keys, or drops them.
		if diff := compareGoYAML(s); diff != "" && !strings.Contains(s, "<<") {
			t.Error(diff)
		}
	})
}

// TestSimpleYAML: of a simple text yaml.v3 makes what is made of it without asking.
func TestSimpleYAML(t *testing.T) {
	n := 0
	for _, in := range yamlInputs(t) {
		if diff, simple := compareSimple(in); diff != "" {
			t.Errorf("%q: %s", in, diff)
		} else if simple {
			n++
		}
	}
	if n < 100 {
		t.Errorf("%d of the texts are simple", n)
	}
}

// compareSimple says where yaml.v3 reads a simple text in another way.
func compareSimple(s string) (diff string, simple bool) {
	file := source.File{Data: s}
	tree, err := ParseYAML(file.Text(), GoYAML)
	l := layOut(s, GoYAML)
	if err != nil || !l.isSimple() {
		return "", false
	}
	asked := &Tree{text: file.Text(), nodes: l.nodes, roots: l.roots, depth: l.depth, decode: decodeYAML, yaml: &yamlTree{dialect: GoYAML}}
	if !asked.read(l) {
		return "yaml.v3 reads it otherwise", true
	}
	if len(asked.yaml.values) > 0 {
		return "yaml.v3 has other texts", true
	}
	for i := range asked.nodes {
		if asked.nodes[i].kind != tree.nodes[i].kind {
			return fmt.Sprintf("node %d is %v, not %v", i, asked.nodes[i].kind, tree.nodes[i].kind), true
		}
	}
	return "", true
}
