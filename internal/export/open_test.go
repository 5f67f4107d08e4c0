package export_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

func open(name, data string, o export.Options) *export.Document {
	o.IsType = isType
	return export.Open(&source.File{Path: name, Data: data}, o)
}

// describe writes what became of a document: its format, its shape, the ids, and
// the bytes that show the shape or stop the parser.
// utf16 is an ASCII text as Windows writes it.
func utf16(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(s[i:i+1] + "\x00")
	}
	return b.String()
}

func describe(d *export.Document) string {
	s := d.Format.String()
	if d.Format == export.Unknown {
		s = "none"
	}
	if d.Shape != export.Plain {
		s += " " + shapes[d.Shape]
		if at := d.ShapeAt; at.Len() > 0 {
			s += fmt.Sprintf("@%d", d.File.Position(at.Start).Line)
		}
	}
	if d.Err != nil {
		return s + fmt.Sprintf(" error@%d", d.File.Position(d.Err.Span.Start).Line)
	}
	for i := range d.Entries {
		s += " [" + d.IDText(i).String() + "]"
		if d.Entries[i].Template {
			s += "template"
		}
	}
	return s
}

var shapes = map[export.Shape]string{
	export.NotAnExport: "other", export.EmptyDocument: "empty", export.BareConnection: "bare", export.VariablesExport: "variables",
	export.PoolsExport: "pools", export.ComposeFile: "compose", export.VaultSecret: "vault", export.AirflowConfig: "config",
	export.ShellScript: "script", export.OtherSource: "source", export.NothingToRead: "nothing", export.MissingAirflow: "no-airflow",
	export.EmptySections: "empty-sections", export.NotAnObject: "no-object", export.SeveralDocuments: "several", export.ListOfEntries: "list",
	export.WrappedEntries: "wrapped", export.KeyedEntries: "keyed", export.MixedEnvKeys: "mixed",
}

const template = `airflow:
  connections:
    - conn_id:
      conn_type:
      conn_host:
      conn_extra:
        example_extra_field: example-value
`

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, data, want string
	}{
		// JSON.
		{"x.json", `{"a": {"conn_type": "http"}, "b": "dbt-cloud://1:t@h"}`, "airflow-json [a] [b]"},
		{"x.json", `{"a": {"host": "h"}, "b": {"conn_id": "b"}}`, "airflow-json [a] [b]"},
		{"x.json", `{"a": {"uri": "foo://h"}}`, "airflow-json [a]"},
		{"x.json", `{"a": {"uri": "foo://h", "title": "x"}}`, "none other@1"},
		{"connections.json", `{"a": [{"conn_type": "http"}, {"conn_type": "ftp"}]}`, "airflow-json [a]"},
		// What uses connections, or has other services, is no export.
		{"jobs.json", `[{"job": 1, "conn_id": "a"}, {"conn_id": "b", "sql": "select 1"}]`, "none other@1"},
		{"ingest.yml", "source:\n  conn_id: a\n  schema: s\n  table: t\ntarget: {conn_id: b, table: t}\n", "none other@1"},
		{"urls.json", `{"docs": "https://h.example", "git": "ssh://git@h.example/x"}`, "none other@1"},
		{"default.json", `{"server": {"host": "h", "port": 80}, "db": {"uri": "postgres://h/d"}}`, "none other@1"},
		{"tasks.yaml", "- conn_id: a\n  host: h\n  login: l\n", "airflow-yaml list@1 [a]"},
		{"x.json", `{"a": "postgres://u:p@h/db"}`, "airflow-json [a]"},
		{"x.json", `{"a": "dbt_cloud://1:t@h"}`, "airflow-json [a]"},
		{"x.json", `{"a": "postgresql://u:p@h/db"}`, "airflow-json [a]"},
		{"x.json", `{"a": "http://u:p@h"}`, "airflow-json [a]"},
		{"x.json", `{"docs": "https://x", "home": "http://x"}`, "none other@1"},
		{"x.json", `{"name": "x", "db": "postgres://h"}`, "none other@1"},
		{"x.json", `{"conn_uri": "postgres://h"}`, "none vault@1"},
		{"x.json", `{"conn_uri": "postgres://h", "b": "postgres://h"}`, "airflow-json [conn_uri] [b]"},
		{"x.json", `{"AIRFLOW_CONN_A": "foo"}`, "airflow-json [AIRFLOW_CONN_A]"},
		{"x.json", `{"a": [{"conn_type": "http"}]}`, "airflow-json [a]"},
		{"x.json", `{"a": {"conn_type": "http"}, "a": {}}`, "airflow-json [a] [a]"},
		{"x.json", `{"a": {`, "airflow-json error@1"},
		{"x.json", `{"name": "x"}`, "none other@1"},
		{"connections.json", `{}`, "airflow-json"},
		{"connections.json", `{"a": {"host": "h", "login": "l"}}`, "airflow-json [a]"},
		{"connections.json", `{"version": 3}`, "none other@1"},
		{"connections.json", `"x"`, "airflow-json no-object@1"},
		{"connections.json", ``, "airflow-json error@1"},
		{"connections.json", " \n", "airflow-json error@2"},
		{"x.json", `[1, 2]`, "none other@1"},
		{"x.json", `[{"conn_id": "a", "conn_type": "http", "host": "h"}, {"conn_type": "x"}]`, "airflow-json list@1 [a] []"},
		{"x.json", `{"version": 1, "connections": [{"conn_id": "a", "host": "h"}]}`, "airflow-json wrapped@1 [a]"},
		{"x.json", `{"connections": {"a": {"conn_type": "http"}, "b": {}}}`, "airflow-json wrapped@1 [a] [b]"},
		{"x.json", `{"connections": {"conn_type": "http"}}`, "airflow-json [connections]"},
		{"x.json", `[{"id": "1", "conn_id": "a", "extra_dejson": {}, "is_encrypted": "True", "get_uri": "http://"}]`, "airflow-list [a]"},
		{"x.json", `[{"conn_id": "a", "conn_type": "http"}]`, "airflow-list [a]"},
		{"x.json", `{"connections": [{"connection_id": "a", "conn_type": "http"}], "total_entries": 1}`, "airflow-rest [a]"},
		{"x.json", `{"connections": [], "total_entries": 0}`, "airflow-rest"},
		{"x.json", `{"connection_id": "a", "conn_type": "http", "host": null}`, "airflow-rest [a]"},
		{"x.json", `{"conn_type": "dbt_cloud", "login": "1"}`, "none bare@1"},
		{"x.json", `{"uri": "postgres://h"}`, "none bare@1"},
		{"x.json", `{"default_pool": {"slots": 128, "description": "d"}}`, "none pools@1"},
		{"variables.json", `{"a": "b"}`, "none variables@1"},
		{"x.json", `{"a": {"value": "b", "description": null}}`, "none variables@1"},
		{"x.json", `{"conn_uri": "foo://h"}`, "none vault@1"},
		{"x.json", `{"data": {"data": {"conn_type": "http"}, "metadata": {}}}`, "none vault@1"},
		{"x.json", `{"engine": "postgres", "username": "u", "password": "p", "host": "h"}`, "none vault@1"},

		// YAML.
		{"x.yaml", "a:\n  conn_type: http\nb: postgres://h\n", "airflow-yaml [a] [b]"},
		{"x.yaml", "a: 1\n", "none other@1"},
		{"x.yaml", "a: {{ x }}\n", "airflow-yaml error@1"},
		{"x.yaml", "!Ref x\n", "none other@1"},
		{"x.yaml", "a: {conn_type: http}\n---\nb: 1\n", "airflow-yaml several@3 [a]"},
		{"x.yml", "# c\n", "none empty@1"},
		{"connections.yaml", "", "airflow-yaml error@1"},
		{"connections.yaml", "airflow:\n  connections: []\n", "astro-settings"},
		{"connections.yaml", "airflow: {config: 1}\n", "astro-settings"},
		{"connections.yaml", "kafka: {port: 9092}\nairflow: {retries: 2}\n", "none other@1"},
		{"connections.yaml", "kafka: {port: 9092}\nairflow:\n  connections: []\n", "astro-settings"},
		{"values.yaml", "airflow:\n  connections:\n    - id: a\n      type: http\n", "none other@1"},
		{"values.yaml", "airflow:\n  connections:\n    - conn_id: a\n", "astro-settings [a]"},
		{"x.yaml", "connections:\n  - conn_id: a\n    conn_host: h\n", "astro-settings no-airflow@1 [a]"},
		{"x.yaml", "connections:\n  - conn_id: a\n    conn_type: http\n    host: h\n", "airflow-yaml wrapped@1 [a]"},
		{"x.yaml", "a:\n  conn_type: http\n  conn_host: h\n", "astro-settings no-airflow@1 [a]"},
		{"x.yaml", "- conn_id: a\n  conn_host: h\n", "astro-settings no-airflow@1 [a]"},
		{"x.yaml", "services:\n  web:\n    image: x\n", "none compose@1"},
		{"docker-compose.yml", "x:\n  AIRFLOW_CONN_A: postgres://h\n", "none compose@1"},
		{"x.yaml", "AIRFLOW_CONN_A: postgres://h\n", "airflow-yaml [AIRFLOW_CONN_A]"},
		{"x.yaml", "connections:\n- connection_id: a\n  conn_type: http\ntotal_entries: 1\n", "airflow-rest [a]"},
		{"x.yaml", "- conn_id: a\n  get_uri: http://\n", "airflow-list [a]"},
		{"airflow_settings.yaml", template, "astro-settings []template"},
		{"airflow_settings.yaml", template + "    - conn_id: a\n      conn_type: http\n", "astro-settings []template [a]"},
		{"airflow_settings.yaml", strings.Replace(template, "conn_host:", "conn_host: h", 1), "astro-settings []"},
		{"airflow_settings.yaml", strings.Replace(template, "example-value", "x", 1), "astro-settings []"},
		{"airflow_settings.yaml", "Airflow:\n  CONNECTIONS:\n    - Conn_ID: a\n", "astro-settings [a]"},
		{"airflow_settings.yaml", "airflow:\n  connections: {conn_id: a, conn_type: http}\n", "astro-settings [a]"},
		{"airflow_settings.yaml", "airflow:\n  connections:\n    -\n    - 5\n", "astro-settings [] []"},
		{"airflow_settings.yaml", "", "astro-settings empty"},
		{"airflow_settings.yaml", "# c\n", "astro-settings empty@1"},
		{"airflow_settings.yml", "connections:\npools:\n", "astro-settings empty-sections@1"},
		{"airflow_settings.dev.yaml", "# c\npools: []\nconnections:\n- conn_id: a\n", "astro-settings no-airflow@3 [a]"},
		{"airflow_settings.yaml", "airflow: {core: {}}\nconnections:\n- conn_id: a\n", "astro-settings no-airflow@2 [a]"},
		{"airflow_settings.yaml", "- conn_id: a\n", "astro-settings no-airflow@1 [a]"},
		{"airflow_settings.yaml", "a: {conn_type: http}\n", "astro-settings no-airflow@1 [a]"},
		{"airflow_settings.yaml", "airflow:\n  connections:\n    a: {conn_type: http}\n    b: {conn_id: c}\n", "astro-settings keyed@3 [a] [b]"},
		{"airflow_settings.yaml", "airflow:\n  connections:\n    conn_type: http\n    a: {conn_type: http}\n", "astro-settings []"},
		{"airflow_settings.yaml", "airflow.connections:\n  - conn_id: a\n    conn_host: h\n", "astro-settings [a]"},
		{"airflow_settings.yaml", "airflw:\n  connections:\n    - conn_id: a\n", "astro-settings"},
		{"airflow_settings.yaml", "airflow:\n  connections:\n\t- conn_id: a\n", "astro-settings error@3"},
		{"airflow_settings.yaml", "airflow:\n  a: 1\n  a: 2\n", "astro-settings error@3"},
		{"connections.yaml", "airflow:\n  connections:\n    - {conn_id: a, conn_id: b}\n", "astro-settings error@3"},
		{"x.yaml", "airflow:\n  connections:\n    - {conn_id: a, conn_host: !x h}\n", "astro-settings [a]"},
		{"airflow_settings.yaml", "core:\n  x: 1\nwebserver:\n  y: 2\n", "none config@1"},
		{"airflow_settings.yaml", "[core]\nx = y\n", "none config@1"},

		// Env files.
		{".env", "AIRFLOW_CONN_ID=pg\nAIRFLOW_CONN_TYPE=postgres\nAIRFLOW_CONN_PASSWORD=\n", "none nothing@1"},
		{".env", "AIRFLOW_CONN_A: http://h?x=y\nAIRFLOW_CONN_B=http://h\n", "dotenv [b]"},
		{".env", "AIRFLOW_CONN_NAME=pg\nAIRFLOW_CONN_HOST=http://h\nAIRFLOW_CONN_EXTRA={}\nAIRFLOW_CONN_URI=x\n", "dotenv [host] [extra] [uri]"},
		{".env", "\xff\xfe" + utf16("AIRFLOW_CONN_A=x\n"), "dotenv error@1"},
		{".env", "\xff\xfe" + utf16("A=x\n"), "none nothing@1"},
		{".env", "AIRFLOW_CONN_A=postgres://h\nDATABASE_URL=postgres://h\n", "dotenv [a]"},
		{".env.example", "export AIRFLOW_CONN_MY_DB='postgres://h'\n", "dotenv [my_db]"},
		{".env", "DATABASE_URL=postgres://h\n", "none nothing@1"},
		{".env", "", "none nothing"},
		{"prod.env", "DATABASE_URL=postgres://h\n", "none nothing@1"},
		{"prod.env", "A=b\n", "none nothing@1"},
		{"export.env", "a=postgres://h\nb=//h\n", "airflow-env [a] [b]"},
		{"connections.env", "AIRFLOW_CONN_A=postgres://h\nX=1\n", "dotenv [a]"},
		{"connections.env", "# c\na=postgres://h\nAIRFLOW_CONN_B=postgres://h\n", "airflow-env mixed@3 [a] [AIRFLOW_CONN_B]"},
		{"prod.env", "a=postgres://h\nAIRFLOW_CONN_B=postgres://h\n", "airflow-env mixed@2 [a] [AIRFLOW_CONN_B]"},
		{"prod.env", "AIRFLOW_UID=50000\nmlflow_uri=http://h\nAIRFLOW_CONN_B=postgres://h\n", "dotenv [b]"},
		{"my_connections.env", "a=foo\n=x\nb\nc=\n", "airflow-env [a] [] [c]"},
		{"connections.env", "", "airflow-env"},
		{"connections.env", "\n# c\n", "none nothing@2"},

		// Anything else.
		{"-", `{"a": {"conn_type": "http"}}`, "airflow-json [a]"},
		{"-", `{"a": {"conn`, "airflow-json error@1"},
		{"-", "airflow:\n  connections:\n    - conn_id: a\n", "astro-settings [a]"},
		{"-", "AIRFLOW_CONN_A=x://y\n", "dotenv [a]"},
		{"-", "a=postgres://u:p@h\n", "airflow-env [a]"},
		{"-", "dbt-cloud://1:t@h\n", "airflow-uri []"},
		{"-", "", "none empty"},
		{"-", "hello\n", "none other@1"},
		{"x.tf", `{ "unfinished`, "none other@1"},
		{"run.sh", "#!/bin/sh\nairflow connections add x\n", "none script@1"},
		{"run.sh", "export AIRFLOW_CONN_A=postgres://h\n", "none script@1"},
		{"Dockerfile", "FROM x\nENV AIRFLOW_CONN_A=postgres://h\n", "none source@1"},
		{"airflow.cfg", "# c\n[core]\nx = y\n", "none config@1"},
		{"logo.png", "\x89PNG\r\n\x1a\n\x00\x00", "none other@1"},
		{"connections.txt", "a:\n  conn_type: http\n", "airflow-yaml [a]"},

		// Bytes.
		{"x.json", "\ufeff{}", "airflow-json error@1"},
		{"x.json", "{\n\"a\": \"\xff\"}", "airflow-json error@2"},
		{"x.json", "\xff\xfe{\x00}\x00", "airflow-json error@1"},
		{"x.json", "{\x00}\x00", "airflow-json error@1"},
		{"x.json", "{\"a\": \"\x00\"}", "airflow-json error@1"},
		{"connections.yaml", "a: \xff\n", "airflow-yaml error@1"},
		{"connections.env", "a=\xff\n", "airflow-env error@1"},
		{".env", "AIRFLOW_CONN_A=\xff\n", "dotenv [a]"},
	} {
		if got := describe(open(c.name, c.data, export.Options{Named: true})); got != c.want {
			t.Errorf("%s: %q\n got %s\nwant %s", c.name, c.data, got, c.want)
		}
	}
}

func TestFormatAskedFor(t *testing.T) {
	for _, c := range []struct {
		format     export.Format
		data, want string
	}{
		{export.AirflowJSON, `{"a": 5}`, "airflow-json [a]"},
		{export.AirflowJSON, `[1]`, "airflow-json no-object@1"},
		{export.AirflowJSON, "a: 1", "airflow-json error@1"},
		{export.AirflowYAML, `{"a": 5}`, "airflow-yaml [a]"},
		{export.AirflowYAML, "# c", "airflow-yaml no-object@1"},
		{export.AirflowEnv, "AIRFLOW_CONN_A=b", "airflow-env [AIRFLOW_CONN_A]"},
		{export.Dotenv, "AIRFLOW_CONN_A=b\nc=d", "dotenv [a]"},
		{export.AirflowValue, `{"conn_type": "http"}`, "airflow-value []"},
		{export.AirflowURI, "x", "airflow-uri []"},
		{export.AirflowList, "- conn_id: a", "airflow-list [a]"},
		{export.AirflowList, `[{"conn_id": "a"}]`, "airflow-list [a]"},
		{export.AirflowREST, `{"connections": [{"connection_id": "a"}]}`, "airflow-rest [a]"},
		{export.AirflowREST, `{"connection_id": "a"}`, "airflow-rest [a]"},
		{export.AstroSettings, "airflow: {connections: [{conn_id: a}]}", "astro-settings [a]"},
		{export.AstroSettings, "", "astro-settings empty"},
	} {
		d := open("x", c.data, export.Options{Format: c.format})
		if got := describe(d); got != c.want || !d.Named {
			t.Errorf("%s: %q\n got %s\nwant %s", c.format, c.data, got, c.want)
		}
		if export.FormatNamed(c.format.String()) != c.format {
			t.Errorf("%s does not come back", c.format)
		}
	}
}

// TestValue leaves one line end to the file.
func TestValue(t *testing.T) {
	for data, want := range map[string]string{"": "", "a": "a", "a\n": "a", "a\r\n": "a", "a\r": "a", "a\n\n": "a\n", " a ": " a ", "\n": ""} {
		if d := open("x", data, export.Options{Format: export.AirflowValue}); d.Value.String() != want {
			t.Errorf("%q has the value %q", data, d.Value.String())
		}
	}
}

func TestErrorKinds(t *testing.T) {
	for _, c := range []struct {
		data   string
		kind   syntax.ErrorKind
		offset int
	}{
		{"\xff\xfe{\x00}\x00", syntax.EncodingError, 0},
		{"{\"a\": \"é\xc3\"}", syntax.EncodingError, 9},
		{"\ufeff{}", syntax.SyntaxError, 0},
		{"{\"a\": \"\x00\"}", syntax.SyntaxError, 7},
		{"{\"a\": " + strings.Repeat("1", 4301) + "}", syntax.ValueError, 6},
	} {
		d := open("x.json", c.data, export.Options{Named: true})
		if d.Err == nil || d.Err.Kind != c.kind || d.Err.Span.Start != c.offset {
			t.Errorf("%.20q: %+v", c.data, d.Err)
		}
	}
}

// TestPassed has what a walk says nothing about.
func TestPassed(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       bool
	}{
		{"x.json", `{"name": 1}`, true},
		{"x.json", `{"name": `, true},
		{"x.json", `{"a": {"conn_type": "http"}}`, false},
		{"x.json", `[{"conn_id": "a", "host": "h"}]`, false},
		{"connections.json", `{"name": `, false},
		{"connections.json", `{"name": 1}`, true},
		{"dev_connections.yml", "a: b: c", false},
		{"connections_dev.yaml", "a: b: c", false},
		{"values.yaml", "a: {{ x }}", true},
		{"airflow_settings.yaml", "a: b: c", false},
		{"x/connections/values.yaml", "a: b: c", true},
		{".env", "A=b", true},
		{".env", "AIRFLOW_CONN_A=b", false},
	} {
		if got := open(c.name, c.data, export.Options{}).Passed(); got != c.want {
			t.Errorf("%s: %q is passed by: %v", c.name, c.data, got)
		}
		if open(c.name, c.data, export.Options{Named: true}).Passed() {
			t.Errorf("%s: %q was named", c.name, c.data)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name, data  string
		place, span string
	}{
		{"x.json", `{"é": {"conn_type": "http"}}`, `é`, `"é": {"conn_type": "http"}`},
		{"x.json", `{"": {"conn_type": "http"}}`, `""`, `"": {"conn_type": "http"}`},
		{"airflow_settings.yaml", "airflow:\n  connections:\n    - conn_type: http\n      conn_id: 'a'\n", "a", "conn_type: http\n      conn_id: 'a'"},
		{"airflow_settings.yaml", "airflow:\n  connections:\n    - conn_type: http\n      conn_id:\n", "conn_type", "conn_type: http\n      conn_id:"},
		{"airflow_settings.yaml", "airflow:\n  connections:\n    - text\n", "t", "text"},
		{".env", "export AIRFLOW_CONN_A='x' # c\n", "AIRFLOW_CONN_A", "export AIRFLOW_CONN_A='x'"},
		{"connections.env", "a=b\n", "a", "a=b"},
		{"-", "dbt-cloud://1:t@h\n", "dbt-cloud://1:t@h", "dbt-cloud://1:t@h"},
	} {
		d := open(c.name, c.data, export.Options{Named: true})
		if len(d.Entries) != 1 {
			t.Errorf("%q: %s", c.data, describe(d))
			continue
		}
		at := func(s source.Span) string { return c.data[s.Start:s.End] }
		if got := at(d.EntryPlace(0)); got != c.place {
			t.Errorf("%q: place %q, want %q", c.data, got, c.place)
		}
		if got := at(d.EntrySpan(0)); got != c.span {
			t.Errorf("%q: span %q, want %q", c.data, got, c.span)
		}
	}
	d := open(".env", "AIRFLOW_CONN_ÄB=x", export.Options{})
	if id := d.IDText(0); id.String() != "äb" || id.Whole() != (source.Span{Start: 13, End: 16}) {
		t.Errorf("the id of a dotenv's line is %q at %v", id.String(), id.Whole())
	}
}

// TestGenuineExports opens what four versions of Airflow wrote.
func TestGenuineExports(t *testing.T) {
	want := map[string]export.Format{
		"export-json.env": export.AirflowEnv, "export-uri.env": export.AirflowEnv, "export.json": export.AirflowJSON, "export.yaml": export.AirflowYAML,
		"get.json": export.AirflowList, "get.yaml": export.AirflowList, "list.json": export.AirflowList, "list.yaml": export.AirflowList,
		"list-show-values.json": export.AirflowList, "list-show-values.yaml": export.AirflowList, "list-hide-sensitive.json": export.AirflowList, "list-hide-sensitive.yaml": export.AirflowList,
	}
	files, err := filepath.Glob(shared(t, "vectors/airflow-exports") + "/*/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := open(filepath.ToSlash(name), string(data), export.Options{})
		n := 22
		if strings.HasPrefix(filepath.Base(name), "get.") {
			n = 1
		}
		if f := want[filepath.Base(name)]; f != d.Format || d.Err != nil || d.Shape != export.Plain && f != export.Unknown {
			t.Errorf("%s: %s, want %s", name, describe(d), f)
		} else if f != export.Unknown && len(d.Entries) != n {
			t.Errorf("%s: %d entries", name, len(d.Entries))
		}
	}
}

func FuzzOpen(f *testing.F) {
	names := []string{"connections.json", "connections.yaml", "airflow_settings.yaml", ".env", "connections.env", "-"}
	for i, seed := range []string{
		`{"a": {"conn_type": "http", "extra": {}}, "b": "dbt-cloud://1:t@h", "c": []}`,
		"a: &x {conn_type: http}\nb: *x\n<<: {c: 1}\n", template, "export AIRFLOW_CONN_A='{\n}' # c\nB=c", "a=postgres://h\n=x\nAIRFLOW_CONN_B=", "dbt-cloud://1:t@h\n",
		"connections:\n- conn_id: a\n  conn_host: h\n", `[{"conn_id": "a"}]`, "\xff\xfe{\x00",
	} {
		f.Add(uint8(i), uint8(0), seed)
	}
	f.Fuzz(func(t *testing.T, name, format uint8, data string) {
		d := open(names[int(name)%len(names)], data, export.Options{Format: export.Format(format % 10)})
		inside := func(s source.Span) {
			if s.Start < 0 || s.End < s.Start || s.End > len(data) {
				t.Fatalf("%q: %v lies outside", data, s)
			}
		}
		inside(d.ShapeAt)
		if d.Err != nil {
			if inside(d.Err.Span); len(d.Entries) > 0 {
				t.Fatalf("%q: entries of what does not parse", data)
			}
		}
		if format == 0 && d.Format == export.Unknown && (d.Shape == export.Plain || d.Shape > export.NothingToRead) {
			t.Fatalf("%q: nothing is said of it", data)
		}
		for i := range d.Entries {
			inside(d.EntryPlace(i))
			inside(d.EntrySpan(i))
			inside(d.IDText(i).Whole())
		}
	})
}
