package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

// policy compiles one schema.
func policy(text string) (*schema.Policy, error) {
	ps, err := schema.Policies(map[string]*source.File{"t": {Path: "policy/t.schema.json", Data: text}})
	return ps["t"], err
}

// document is a JSON text as a policy gets it.
func document(t *testing.T, text string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// nested is an open text n times, something, and a close text n times.
func nested(n int, before, inside, after string) string {
	return strings.Repeat(before, n) + inside + strings.Repeat(after, n)
}

// TestHostile gives the validator what hangs, crashes or opens something when it is
// not guarded: each ends soon, in an error that says where, or in a finding.
func TestHostile(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	server.Config.ConnState = func(net.Conn, http.ConnState) { asked.Add(1) }
	file := filepath.ToSlash(filepath.Join(t.TempDir(), "other.json"))
	if err := os.WriteFile(file, []byte("true"), 0o600); err != nil {
		t.Fatal(err)
	}

	// doubling refers twice from each level to the next.
	doubling := func(word string) string {
		var b strings.Builder
		b.WriteString(`{"$ref": "#/$defs/a0", "$defs": {`)
		for i := range 40 {
			fmt.Fprintf(&b, `"a%d": {%q: [{"$ref": "#/$defs/a%d"}, {"$ref": "#/$defs/a%d"}]}, `, i, word, i+1, i+1)
		}
		return b.String() + `"a40": {"type": "null"}}}`
	}
	long := `{"login": "` + strings.Repeat("a", 200_000) + `b"}`
	const (
		one  = `{"login": "x"}`
		huge = `{"port": 1e10000000}`
	)
	deep := func(n int) string { return nested(n, `{"extra":`, `1`, `}`) }
	const recursive = `{"properties": {"extra": {"$ref": "#"}}, "type": "object"}`
	const unnamed = "refers to a schema that the configuration does not name"

	for _, c := range []struct {
		name, schema, document string
		want                   string // in the error, of compiling or judging, or "finding" or "met"
	}{
		{"self reference", `{"$ref": "#"}`, one, "refers to itself without end"},
		{"self reference in allOf", `{"allOf": [{"$ref": "#"}]}`, one, "refers to itself without end"},
		{"self reference in not", `{"not": {"$ref": "#"}}`, one, "refers to itself without end"},
		{"two that refer to each other", `{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}`, one, "refers to itself without end"},
		{"dynamic self reference", `{"$dynamicAnchor": "a", "$dynamicRef": "#a"}`, one, "refers to itself without end"},
		{"recursive self reference", `{"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": true, "$recursiveRef": "#"}`, one, "refers to itself without end"},
		{"dynamic loop behind if", `{"if": {"$dynamicRef": "#a"}, "$defs": {"x": {"$dynamicAnchor": "a", "anyOf": [{"$ref": "#"}]}}}`, one, "refers to itself without end"},
		{"sound recursion", recursive, `{"extra": {"extra": {"extra": 1}}}`, "finding"},
		{"remote reference", `{"$ref": "` + server.URL + `/a.json"}`, one, unnamed},
		{"remote reference that is not reached", `{"properties": {"nobody": {"$ref": "` + server.URL + `/a.json#/x"}}}`, one, unnamed},
		{"remote draft", `{"$schema": "` + server.URL + `/schema"}`, one, unnamed},
		{"remote by its id", `{"$id": "` + server.URL + `/", "$ref": "other.json"}`, one, unnamed},
		{"remote dynamic reference", `{"$dynamicRef": "` + server.URL + `/a.json#a"}`, one, unnamed},
		{"https", `{"$ref": "https://schemas.example.com/a.json"}`, one, unnamed},
		{"file reference", `{"$ref": "file://` + file + `"}`, one, unnamed},
		{"file by its id", `{"$id": "file://` + file + `", "properties": {"a": {"$ref": "./other2.json"}}}`, one, unnamed},
		{"relative file", `{"$ref": "other.json"}`, one, unnamed},
		{"absolute file", `{"$ref": "` + file + `"}`, one, unnamed},
		{"relative file above", `{"$ref": "../../../../../../etc/hostname"}`, one, unnamed},
		{"reference to nothing", `{"$ref": "#/$defs/nothing"}`, one, "refers to something that is not there"},
		{"lookahead", `{"properties": {"login": {"pattern": "^(?!x)"}}}`, one, "is no regular expression that can be used here"},
		{"back-reference", `{"properties": {"login": {"pattern": "(a+)\\1"}}}`, one, "is no regular expression that can be used here"},
		{"catastrophic pattern", `{"properties": {"login": {"pattern": "^(a+)+$"}}}`, long, "finding"},
		{"catastrophic alternatives", `{"properties": {"login": {"pattern": "^(a|a|aa)*$"}}}`, long, "finding"},
		{"repetition of a repetition", `{"properties": {"login": {"pattern": "^((a{0,30}){0,30}){0,30}$"}}}`, long, "is no regular expression"},
		{"many repetitions", `{"properties": {"login": {"pattern": "` + strings.Repeat("a{0,900}", 50) + `$"}}}`, long, "too large to search with"},
		{"many repetitions of keys", `{"patternProperties": {"` + strings.Repeat("a{0,900}", 50) + `$": true}}`, long, "too large to search with"},
		{"dear pattern, many texts", `{"items": {"pattern": "` + strings.Repeat("a{0,900}", 2) + `$"}}`, `["` + strings.Repeat(strings.Repeat("a", 999)+`","`, 250) + `"]`, "takes too long"},
		{"large exponent", `{"properties": {"port": {"type": "integer"}}}`, huge, "no number that can be computed with"},
		{"large exponent, minimum", `{"properties": {"port": {"minimum": 1}}}`, huge, "no number that can be computed with"},
		{"small exponent", `{"properties": {"port": {"multipleOf": 2}}}`, `{"port": 1e-10000000}`, "no number that can be computed with"},
		{"many digits", `{"properties": {"port": {"multipleOf": 2}}}`, `{"port": ` + strings.Repeat("9", 100_000) + `}`, "no number that can be computed with"},
		{"large exponent in the schema", `{"properties": {"port": {"maximum": 1e10000000}}}`, one, "too large to compute with"},
		{"large exponent in a length", `{"properties": {"login": {"maxLength": 1e10000000}}}`, one, "too large to compute with"},
		{"large exponent in an enum", `{"properties": {"port": {"enum": [1, 1e10000000]}}}`, `{"port": 1}`, "too large to compute with"},
		{"no number", `{"maxProperties": NaN}`, one, "is no number that JSON has"},
		{"doubling allOf", doubling("allOf"), one, "takes too long"},
		{"doubling anyOf", doubling("anyOf"), one, "takes too long"},
		{"doubling oneOf", doubling("oneOf"), one, "takes too long"},
		{"doubling with the document", `{"properties": {"extra": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "type": "object"}`, deep(60), "takes too long"},
		{"unique items", `{"properties": {"extra": {"uniqueItems": true}}}`, `{"extra": [` + strings.Repeat(`{"a": 1}, `, 9_000) + `2]}`, "more than 10000 values"},
		{"deep document", recursive, deep(9_999), "nested deeper than 100"},
		{"deep list", `{"items": {"$ref": "#"}}`, nested(9_999, "[", "1", "]"), "nested deeper than 100"},
		{"wide document", recursive, `{"extra": [` + strings.Repeat("1, ", 20_000) + `1]}`, "more than 10000 values"},
		{"long text", recursive, `{"login": "` + strings.Repeat("a", 1<<20) + `"}`, "longer than 256 KiB"},
		{"deep schema", nested(10_000, `{"not":`, `true`, `}`), one, "nested deeper than 200"},
		{"deep enum", `{"enum": ` + nested(10_000, `[`, ``, `]`) + `}`, one, "nested deeper than 200"},
		{"large schema", `{"title": "` + strings.Repeat("a", 300_000) + `"}`, one, "larger than the 256 KiB"},
		{"schema of many objects", `{"properties": {` + strings.Repeat(`"a": {}, `, 6_000) + `"b": {}}}`, one, "more than the 5000 objects"},
		{"no JSON", `{"type": "object",}`, one, "comma"},
		{"no schema", `["type"]`, one, "is no JSON Schema"},
		{"empty", ``, one, "empty"},
		{"wrong keyword", `{"properties": {"port": {"type": "int"}}}`, one, "properties/port/type is not what JSON Schema allows there"},
		{"unknown vocabulary", `{"$vocabulary": {"https://schemas.example.com/vocabulary": true}}`, one, "is no JSON Schema that can be used"},
		{"two parts of one id", `{"$defs": {"a": {"$id": "x.json"}, "b": {"$id": "x.json"}}}`, one, "is no JSON Schema that can be used"},
		{"JSON Schema itself", `{"$ref": "https://json-schema.org/draft/2020-12/schema"}`, `{"type": "int"}`, "finding"},
		{"nothing is allowed", `false`, one, "finding"},
		{"everything is allowed", `true`, one, "met"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			got := "met"
			p, err := policy(c.schema)
			if err == nil {
				var vs []schema.Violation
				vs, err = p.Check(document(t, c.document))
				if len(vs) > 0 {
					got = "finding"
				}
			} else if e := (*schema.Error)(nil); !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "policy/t.schema.json:") {
				t.Errorf("an error without a place: %v", err)
			}
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %.300s", got)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
			if len(got) > 500 || strings.Contains(got, "jsonschema") {
				t.Errorf("words of the validator: %.600s", got)
			}
		})
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("something was fetched, %d times", n)
	}
}

// TestNoValueIsTold judges a document of canaries by every keyword: none is in what
// the policy says.
func TestNoValueIsTold(t *testing.T) {
	const canary = "c4naryEXAMPLE"
	p, err := policy(`{"properties": {
		"const": {"const": 1}, "enum": {"enum": [1]}, "pattern": {"pattern": "^x$"}, "type": {"type": "null"}, "maxLength": {"maxLength": 1}, "minLength": {"minLength": 99},
		"not": {"not": {}}, "anyOf": {"anyOf": [{"const": 1}, {"type": "null"}]}, "oneOf": {"oneOf": [{}, {}]}, "format": {"format": "email"}, "ref": {"$ref": "#/$defs/no"}, "false": false,
		"items": {"items": {"type": "null"}}, "contains": {"contains": {"type": "null"}}, "uniqueItems": {"uniqueItems": true}, "if": {"if": true, "then": false},
		"propertyNames": {"propertyNames": {"maxLength": 1}}, "additionalProperties": {"additionalProperties": false}, "unevaluatedProperties": {"unevaluatedProperties": false}
	}, "$defs": {"no": {"allOf": [{"type": "null"}]}}}`)
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{}
	for _, k := range []string{"const", "enum", "pattern", "type", "maxLength", "minLength", "not", "anyOf", "oneOf", "format", "ref", "false", "if"} {
		doc[k] = canary
	}
	for _, k := range []string{"items", "contains", "uniqueItems"} {
		doc[k] = []any{canary, canary}
	}
	for _, k := range []string{"propertyNames", "additionalProperties", "unevaluatedProperties"} {
		doc[k] = map[string]any{"key": canary}
	}
	vs, err := p.Check(doc)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, v := range vs {
		told[v.Keys[0]] = true
		if said := fmt.Sprintf("%#v", v); strings.Contains(said, canary) {
			t.Error(said)
		}
	}
	for k := range doc {
		if !told[k] && k != "format" { // which 2020-12 only notes
			t.Errorf("no violation of %s", k)
		}
	}
}

// TestTold holds who is blamed, and in whose words.
func TestTold(t *testing.T) {
	for _, c := range []struct{ name, schema, document, want string }{
		{"own title", `{"title": "t", "properties": {"host": {"title": "own", "pattern": "^x"}}}`, `{"host": "y"}`, "host: own (pattern 1:67)"},
		{"description", `{"properties": {"host": {"description": "own", "pattern": "^x"}}}`, `{"host": "y"}`, "host: own (pattern 1:59)"},
		{"around", `{"title": "t", "properties": {"host": {"pattern": "^x"}}}`, `{"host": "y"}`, "host: t (pattern 1:51)"},
		{"nothing", `{"properties": {"host": {"pattern": "^x"}}}`, `{"host": "y"}`, "host:  (pattern 1:37)"},
		{"behind a reference", `{"title": "t", "properties": {"host": {"$ref": "#/$defs/h"}}, "$defs": {"h": {"title": "h", "type": "null"}}}`, `{"host": "y"}`, "host: h (type 1:101)"},
		{"before a reference", `{"title": "t", "properties": {"host": {"title": "ref", "$ref": "#/$defs/h"}}, "$defs": {"h": {"type": "null"}}}`, `{"host": "y"}`, "host: ref (type 1:103)"},
		{"a property called title", `{"properties": {"title": {"type": "null"}}}`, `{"title": "y"}`, "title:  (type 1:35)"},
		{"odd keys", `{"properties": {"a b/c~d%41é": {"properties": {"#?": {"title": "own", "type": "null"}}}}}`, `{"a b/c~d%41é": {"#?": 1}}`, "a b/c~d%41é|#?: own (type 1:79)"},
		{"an empty key, which the validator loses", `{"properties": {"extra": {"properties": {"": {"title": "own", "type": "null"}}}}}`, `{"extra": {"": 1}}`, "extra: own (type 1:71)"},
		{"missing", `{"title": "t", "required": ["a", "b", "c"]}`, `{"b": 1}`, "a: t (required 1:28, missing)\nc: t (required 1:28, missing)"},
		{"depending", `{"dependentRequired": {"a": ["b"]}}`, `{"a": 1}`, "b:  (dependentRequired 1:30, missing)"},
		{"unknown", `{"properties": {"a": {}}, "patternProperties": {"^x": {}}, "additionalProperties": false}`, `{"a": 1, "x1": 1, "b": 1}`, "b:  (additionalProperties 1:84, unknown)"},
		{"name of a key", `{"propertyNames": {"title": "short", "maxLength": 2}}`, `{"abc": 1}`, "abc: short (maxLength 1:51, unknown)"},
		{"branches", `{"anyOf": [{"title": "x", "required": ["a"]}, {"title": "y", "required": ["b"]}], "title": "a or b"}`, `{}`, ": a or b (anyOf 1:11)"},
		{"then", `{"if": {"required": ["a"]}, "then": {"title": "b beside a", "required": ["b"]}}`, `{"a": 1}`, "b: b beside a (required 1:73, missing)"},
		{"order", `{"properties": {"c": false, "a": false, "b": {"items": {"type": "null"}}}}`, `{"a": 1, "b": [1, null, 1], "c": 1}`, "a:  ( 1:34)\nb|0:  (type 1:65)\nb|2:  (type 1:65)\nc:  ( 1:22)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := policy(c.schema)
			if err != nil {
				t.Fatal(err)
			}
			for range 20 { // the validator walks maps
				vs, err := p.Check(document(t, c.document))
				if err != nil {
					t.Fatal(err)
				}
				var lines []string
				for _, v := range vs {
					line := fmt.Sprintf("%s: %s (%s %d:%d", strings.Join(v.Keys, "|"), v.Says, v.Keyword, v.At.Line, v.At.Column)
					if v.Missing {
						line += ", missing"
					}
					if v.Unknown {
						line += ", unknown"
					}
					lines = append(lines, line+")")
				}
				if got := strings.Join(lines, "\n"); got != c.want {
					t.Fatalf("got\n%s\nwant\n%s", got, c.want)
				}
			}
		})
	}
}

// TestReferences holds that files which the configuration names may refer to each
// other, by path or by their ids.
func TestReferences(t *testing.T) {
	ps, err := schema.Policies(map[string]*source.File{
		"a": {Path: "policy/a b.json", Data: `{"properties": {"host": {"$ref": "lib/host.json#/$defs/own"}}}`},
		"b": {Path: "policy/lib/host.json", Data: `{"$id": "https://schemas.example.com/host.json", "$defs": {"own": {"title": "own", "pattern": "\\.example\\.com$"}}, "properties": {"host": {"$ref": "#/$defs/own"}}}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []string{"a", "b"} {
		vs, err := ps[typ].Check(map[string]any{"host": "x"})
		if err != nil || len(vs) != 1 || vs[0].Says != "own" || vs[0].Path != "policy/lib/host.json" {
			t.Errorf("%s: %+v %v", typ, vs, err)
		}
	}
}
