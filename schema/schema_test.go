package schema_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/cli"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

// published compiles one of the published schemas; change may make it stricter.
func published(t testing.TB, name string, change func(m map[string]any)) *jsonschema.Schema {
	t.Helper()
	i := slices.IndexFunc(schema.All(), func(p schema.Published) bool { return p.Name == name })
	var doc any
	if err := json.Unmarshal([]byte(schema.All()[i].Text), &doc); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		walkObjects(doc, change)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.CompileString(name+".json", string(text))
	if err != nil {
		t.Fatalf("%#v", err)
	}
	return s
}

func walkObjects(doc any, f func(m map[string]any)) {
	switch doc := doc.(type) {
	case map[string]any:
		f(doc)
		for _, v := range doc {
			walkObjects(v, f)
		}
	case []any:
		for _, v := range doc {
			walkObjects(v, f)
		}
	}
}

// TestMetaSchema holds that each published schema is one of draft 2020-12, and has
// what editors show: an id, and a title or description wherever there is a choice.
func TestMetaSchema(t *testing.T) {
	for _, p := range schema.All() {
		var doc map[string]any
		if err := json.Unmarshal([]byte(p.Text), &doc); err != nil {
			t.Fatal(err)
		}
		if err := jsonschema.MustCompile(jsonschema.Draft2020.URL()).Validate(doc); err != nil {
			t.Errorf("%s: %#v", p.Name, err)
		}
		id, _ := doc["$id"].(string)
		if doc["$schema"] != jsonschema.Draft2020.URL() || !strings.HasSuffix(id, "/schema/"+p.Name+".schema.json") || doc["title"] == nil || doc["description"] == nil {
			t.Errorf("%s: without its draft, id, title or description", p.Name)
		}
		if _, err := os.Stat(p.Name + ".schema.json"); err != nil {
			t.Error(err) // where the id says
		}
		published(t, p.Name, nil)
	}
}

// example is a file of testdata, with the ids of rules that it is made for.
type example struct {
	name, file, text string
	bad              string // the rule that it breaks
}

func examples(t *testing.T) []example {
	t.Helper()
	var list []example
	exports, err := filepath.Glob("../testdata/exports/*")
	if err != nil || len(exports) == 0 {
		t.Fatal("no exports", err)
	}
	for _, name := range exports {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, example{name: name, file: filepath.Base(name), text: string(data)})
	}
	archives, err := filepath.Glob("../testdata/rules/*/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range archives {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		id := filepath.Base(filepath.Dir(name))
		for _, f := range ar.Files {
			e := example{name: id + "/" + f.Name, file: filepath.Base(f.Name), text: string(f.Data)}
			if strings.HasPrefix(f.Name, "bad/") {
				e.bad = id
			}
			list = append(list, e)
		}
	}
	return list
}

// corpus is the real files that stand outside of the repository; none where they are
// absent.
func corpus(t *testing.T) []example {
	t.Helper()
	names, err := filepath.Glob("../../shared/corpus/*/*")
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Base(name)
		if filepath.Base(filepath.Dir(name)) == "settings" {
			file = "airflow_settings.yaml"
		}
		list = append(list, example{name: name, file: file, text: string(data)})
	}
	return list
}

// lintFile is what the rules say of a text.
func lintFile(t *testing.T, file, text string) lint.Result {
	t.Helper()
	targets, _, err := consumer.Resolve(consumer.Asked{})
	if err != nil {
		t.Fatal(err)
	}
	doc := export.Open(&source.File{Path: file, Data: text}, export.Options{Named: true, IsType: conntype.Known})
	return lint.Run(context.Background(), doc, lint.Options{Rules: rules.All(), Targets: targets})
}

// asHeld is a tree as a schema sees it, typed as the consumer types it. A date, which
// JSON has not, is an object.
func asHeld(n syntax.Node) any {
	switch n.Kind() {
	case syntax.Bool:
		return n.Bool()
	case syntax.Int:
		return json.Number(n.Int().String())
	case syntax.Float:
		return n.Float()
	case syntax.String:
		return n.Text().String()
	case syntax.Date, syntax.Timestamp, syntax.Binary:
		return map[string]any{"$date": n.Raw()}
	case syntax.Sequence:
		list := []any{}
		for item := range n.Items() {
			list = append(list, asHeld(item))
		}
		return list
	case syntax.Mapping, syntax.Set, syntax.OrderedMap:
		object := map[string]any{}
		for k, v := range n.Members() {
			object[k.Text().String()] = asHeld(v)
		}
		return object
	}
	return nil
}

// whatSchemasSay are the rules that speak of what a schema can say: which keys and
// which types there are, and what form a value has.
var whatSchemasSay = map[string][]string{
	"airflow_settings": {"DOC003", "DOC017", "CON001", "CON007", "VAL002", "VAL007", "DOC005"},
	"connections":      {"DOC018", "DOC005", "CON001", "CON003", "CON007", "CON016", "VAL002", "VAL004", "URI001", "URI006"},
}

// TestAgreement applies the schemas of the two formats to all examples: what a
// schema refuses has a finding, and what the rules say of keys and types, the schema
// refuses.
func TestAgreement(t *testing.T) {
	schemas := map[export.Format]string{export.AstroSettings: "airflow_settings", export.AirflowJSON: "connections", export.AirflowYAML: "connections"}
	compiled := map[string]*jsonschema.Schema{"airflow_settings": published(t, "airflow_settings", nil), "connections": published(t, "connections", nil)}
	judged, refused := 0, 0
	for _, e := range append(examples(t), corpus(t)...) {
		res := lintFile(t, e.file, e.text)
		name := schemas[res.Doc.Format]
		if name == "" || res.Doc.Err != nil {
			continue
		}
		judged++
		err := compiled[name].Validate(asHeld(res.Doc.Tree.Root()))
		var failed []string
		for _, f := range res.Findings {
			if f.Level >= lint.Warning {
				failed = append(failed, f.Rule.ID)
			}
		}
		switch {
		case err != nil && len(res.Findings) == 0 && apart[e.name] == "":
			t.Errorf("%s: the schema refuses what no rule speaks of: %#v\n%s", e.name, err, e.text)
		case err != nil:
			refused++
		case slices.Contains(whatSchemasSay[name], e.bad) && slices.Contains(failed, e.bad):
			if apart[e.name] == "" {
				t.Errorf("%s: the schema has nothing against it\n%s", e.name, e.text)
			}
		}
	}
	if judged < 300 || refused < 30 {
		t.Errorf("only %d examples judged, %d refused", judged, refused)
	}
}

// apart are examples of which schema and rules think otherwise, with the reason.
var apart = map[string]string{
	"CON001/bad/team/connections.json":     "team_name is a field from Airflow 3.2 on: a matter of versions",
	"CON003/bad/x/connections.json":        "a colon is legal from 2.11 on: a matter of versions",
	"CON007/good/connections.yaml":         "port: false is no port for Airflow; nobody means to write it",
	"DOC005/bad/connections.yaml":          "an alias: a schema is shown what it stands for",
	"VAL007/bad/nan/airflow_settings.yaml": "a NaN, which JSON has not",
}

// TestOutput validates what check and inspect print for all examples, with the
// schema as it is and with one that knows no other keys than it names.
func TestOutput(t *testing.T) {
	open, closed := published(t, "output", nil), published(t, "output", func(m map[string]any) {
		if m["type"] == "object" || fmt.Sprint(m["type"]) == "[object null]" {
			if _, said := m["additionalProperties"]; !said && m["if"] == nil {
				m["additionalProperties"] = false
			}
		}
	})
	all := examples(t)
	t.Chdir(t.TempDir())
	n := 0
	for i, e := range all {
		if strings.HasSuffix(e.file, ".schema.json") {
			continue
		}
		file := filepath.Join(fmt.Sprintf("d%04d", i), e.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(e.text), 0o600); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n < 500 {
		t.Fatalf("only %d examples", n)
	}
	if err := os.WriteFile("nothing.json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("d*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "-o", "json", "."}, {"check", "-o", "json", "nothing.json", "not-there.json"},
		append([]string{"inspect", "-o", "json"}, paths...), append([]string{"inspect", "-o", "json", "--diff", "--airflow", "2.3,3.3", "--provider", "2.1,4.11"}, paths...),
	} {
		var out, errs bytes.Buffer
		cli.Main(context.Background(), cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Now: time.Now}, args)
		dec := json.NewDecoder(&out)
		dec.UseNumber()
		var doc any
		if err := dec.Decode(&doc); err != nil {
			t.Fatalf("%.60s: %v %.300s", args, err, errs.String())
		}
		for what, s := range map[string]*jsonschema.Schema{"open": open, "closed": closed} {
			if err := s.Validate(doc); err != nil {
				t.Errorf("%.60s: %s: %v", args, what, firstFault(err))
			}
		}
		// And it says no to what is another thing.
		if m, ok := doc.(map[string]any); ok {
			m["files"] = "none"
			if open.Validate(m) == nil {
				t.Errorf("%.60s: the schema takes anything", args)
			}
		}
	}
}

func firstFault(err error) string {
	var e *jsonschema.ValidationError
	if !errors.As(err, &e) {
		return err.Error()
	}
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	return e.InstanceLocation + " " + e.KeywordLocation + ": " + e.Message
}

// TestConfiguration holds the schema to what the configuration is: the example of all
// keys, and slips.
func TestConfiguration(t *testing.T) {
	const all = `{"version": 1, "airflow": ["2.11", "3.3"], "provider": ["4.11"], "http_provider": ["6.3"], "astro": "1.45", "fail_on": "warning", "select": ["ALL"], "ignore": ["DBT007", "VAL", "tenant-has-scheme"],
		"severity": {"DBT015": "error", "DBT008/jwt": "error"}, "exclude": ["tests/**"], "dotenv_reader": "compose", "use": "import", "secrets": {"airflow_settings.yaml": "elsewhere"}, "placeholders": "keep",
		"overrides": [{"paths": ["prod/**"], "airflow": ["3.3"], "use": "backend"}], "baseline": ".dbtconn-lint-baseline.json", "conn_types": ["my_company_api"],
		"dbt_cloud": {"allowed_hosts": ["*.us1.dbt.com"], "account_ids": [12345], "connections": ["etl_dbt_*"]},
		"ignores": [{"rules": ["DBT015"], "connections": ["legacy_*"], "paths": ["old/**"], "reason": "moves in Q1", "until": "2027-03-31"}], "schemas": {"snowflake": "policy/snowflake.schema.json"}}`
	s := published(t, "config", nil)
	if err := s.Validate(document(t, all)); err != nil {
		t.Errorf("%#v", err)
	}
	for _, bad := range []string{
		`[]`, `{"version": 2}`, `{"version": "1"}`, `{"version": 1, "airflow": [3.10]}`, `{"version": 1, "astro": 1.45}`, `{"version": 1, "astro": ["1.44", "1.45"]}`, `{"version": 1, "fail_on": "errors"}`, `{"version": 1, "fail-on": "error"}`,
		`{"version": 1, "select": ["DBT999"]}`, `{"version": 1, "ignore": ["DBT008/jwt"]}`, `{"version": 1, "severity": {"DBT008/jwx": "error"}}`, `{"version": 1, "severity": {"DBT008": "fatal"}}`, `{"version": 1, "overrides": [{"use": "import"}]}`,
		`{"version": 1, "overrides": [{"paths": ["x"], "exclude": ["y"]}]}`, `{"version": 1, "secrets": {"x": "here"}}`, `{"version": 1, "ignores": [{"reason": "r"}]}`, `{"version": 1, "ignores": [{"rules": ["DBT015"], "until": "soon"}]}`,
		`{"version": 1, "dbt_cloud": {"account_ids": ["x"]}}`, `{"version": 1, "dbt_cloud": {"hosts": []}}`, `{"version": 1, "schemas": ["x.json"]}`,
	} {
		if s.Validate(document(t, bad)) == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
	for _, r := range rules.All() { // go generate ./schema
		words := []string{r.ID, r.Name, r.Family()}
		for _, w := range words {
			if err := s.Validate(document(t, fmt.Sprintf(`{"version": 1, "select": [%q]}`, w))); err != nil {
				t.Errorf("the schema does not know %s", w)
			}
		}
		for _, v := range r.Variants {
			if err := s.Validate(document(t, fmt.Sprintf(`{"version": 1, "severity": {"%s/%s": "note"}}`, r.ID, v.Name))); err != nil {
				t.Errorf("the schema does not know %s/%s", r.ID, v.Name)
			}
		}
	}
}
