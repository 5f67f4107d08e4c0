package cli_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestPolicyOpensNothing runs check with policies that would fetch something, never
// end or crash, if they were let: each ends soon, in an error or a finding, and
// nobody calls.
func TestPolicyOpensNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var called atomic.Int32
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			called.Add(1)
			_ = c.Close()
		}
	}()
	defer func() { _ = listener.Close() }() // nobody waits for it
	url := "http://" + listener.Addr().String() + "/x.json"
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	write(t, "secret.json", `{"const": "EXAMPLEinaFile"}`)
	write(t, ".dbtconn-lint.yaml", "version: 1\nschemas: {http: policy.json}\n")
	nested := func(before, inside, after string) string {
		return strings.Repeat(before, 10_000) + inside + strings.Repeat(after, 10_000)
	}
	const one = `{"a": {"conn_type": "http", "host": "h.example"}}`
	extra := func(text string) string { return `{"a": {"conn_type": "http", "extra": {"x": ` + text + `}}}` }
	for _, c := range []struct {
		name, schema, export string
		code                 int
		want                 string // in what is printed
	}{
		{"remote", `{"$ref": "` + url + `"}`, one, 2, "policy.json:1:10: refers to a schema that the configuration does not name"},
		{"remote draft", `{"$schema": "` + url + `"}`, one, 2, "does not name"},
		{"remote by id", `{"$id": "` + url + `", "$ref": "y.json"}`, one, 2, "does not name"},
		{"remote in the export", `{"properties": {"extra": {"additionalProperties": {"type": "string"}}}}`, extra(`{"$ref": "` + url + `"}`), 1, "error POL001"},
		{"file", `{"$ref": "file://` + filepath.ToSlash(folder) + `/secret.json"}`, one, 2, "does not name"},
		{"relative file", `{"$ref": "secret.json"}`, one, 2, "does not name"},
		{"self reference", `{"allOf": [{"$ref": "#"}]}`, one, 2, "refers to itself without end"},
		{"pattern", `{"properties": {"host": {"pattern": "^(h+)+$"}}}`, `{"a": {"conn_type": "http", "host": "` + strings.Repeat("h", 200_000) + `x"}}`, 1, "error POL001"},
		{"repetitions", `{"properties": {"host": {"pattern": "((a{0,30}){0,30}){0,30}"}}}`, one, 2, "no regular expression"},
		{"exponent", `{"properties": {"extra": {"properties": {"x": {"minimum": 1}}}}}`, extra(`1e10000000`), 1, "cannot be judged"},
		{"exponent in the schema", `{"properties": {"port": {"multipleOf": 1e10000000}}}`, one, 2, "too large to compute with"},
		{"deep schema", nested(`{"not":`, `true`, `}`), one, 2, "nested deeper"},
		{"deep export", `{"properties": {"extra": {"properties": {"x": {"$ref": "#/$defs/list"}}}}, "$defs": {"list": {"items": {"$ref": "#/$defs/list"}}}}`, extra(strings.Repeat("[", 500) + strings.Repeat("]", 500)), 1, "cannot be judged"},
		{"deeper export", `{}`, extra(nested("[", "", "]")), 1, "DOC005"},
		{"doubling", `{"properties": {"extra": {"allOf": [{"$ref": "#/properties/extra/additionalProperties"}, {"$ref": "#/properties/extra/additionalProperties"}], "additionalProperties": {"additionalProperties": {"allOf": [{"$ref": "#/properties/extra"}, {"$ref": "#/properties/extra"}]}}}}}`,
			extra(strings.Repeat(`{"x":`, 60) + `1` + strings.Repeat(`}`, 60)), 1, "takes too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, "policy.json", c.schema)
			write(t, "c.json", c.export)
			start := time.Now()
			code, stdout, stderr := run("", "check", "-o", "concise", "c.json")
			if out := stdout + stderr; code != c.code || !strings.Contains(out, c.want) || strings.Contains(out, "EXAMPLEinaFile") {
				t.Errorf("exit %d, %.500s", code, out)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
	if n := called.Load(); n > 0 {
		t.Errorf("something was fetched, %d times", n)
	}
}
