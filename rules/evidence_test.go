package rules_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// outcome is a case of testdata/vectors: an input that a real program was given.
type outcome struct {
	Name, Kind, Input string
	InputB64          []byte          `json:"input_b64"`
	FileName          string          `json:"file_name"`
	EnvName           string          `json:"env_name"`
	Connection        json.RawMessage // of dbt-hook
	Provider, Airflow []string
	file              string
}

// readOutcomes are all recorded cases, by "file: name".
func readOutcomes(t *testing.T) map[string]outcome {
	t.Helper()
	all := map[string]outcome{}
	for _, file := range []string{"airflow-readers", "airflow-evidence", "airflow-rest", "astro-settings", "dbt-hook"} {
		data, err := os.ReadFile("../testdata/vectors/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var f struct{ Cases []outcome }
		if data[0] == '[' {
			data = slices.Concat([]byte(`{"Cases": `), data, []byte("}"))
		}
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(file, err)
		}
		for _, o := range f.Cases {
			o.file = file
			all[file+": "+o.Name] = o
		}
	}
	return all
}

// lint lints the input of an outcome as what it was given as. False for a body of
// the REST API, which is no export.
func (o *outcome) lint(t *testing.T) ([]lint.Result, bool) {
	t.Helper()
	if o.InputB64 != nil {
		o.Input = string(o.InputB64)
	}
	versions := asked("2.10", "2.11", "3.3")
	switch {
	case o.file == "astro-settings":
		const name = "airflow_settings.yaml"
		return []lint.Result{checkAs(t, name, o.Input, export.Unknown, versions), checkAs(t, name, o.Input, export.AstroSettings, versions)}, true
	case o.file == "dbt-hook":
		value := string(o.Connection)
		var uri string
		if json.Unmarshal(o.Connection, &uri) == nil {
			value = uri
		}
		return []lint.Result{checkAs(t, "value", value, export.AirflowValue, consumer.Asked{Airflow: o.Airflow[:1], Provider: o.Provider[:1]})}, true
	case o.EnvName != "":
		return []lint.Result{checkAs(t, ".env", o.EnvName+"="+o.Input, export.Dotenv, versions)}, true
	}
	as, ok := map[string]struct {
		name   string
		format export.Format
	}{
		"env": {"value", export.AirflowValue}, "json_file": {"connections.json", export.AirflowJSON},
		"yaml_file": {"connections.yaml", export.AirflowYAML}, "env_file": {"connections.env", export.AirflowEnv},
	}[o.Kind]
	if !ok {
		return nil, false
	}
	if o.FileName != "" {
		as.name = o.FileName
	}
	return []lint.Result{checkAs(t, as.name, o.Input, as.format, versions)}, true
}

// TestEvidence holds docs/evidence.md to the rules and the vectors: every error is
// in one of its tables, all that it names exists, and in the first table the rule
// is found in an input of its row.
func TestEvidence(t *testing.T) {
	page, err := os.ReadFile("../docs/evidence.md")
	if err != nil {
		t.Fatal(err)
	}
	outcomes := readOutcomes(t)
	recorded, others, ok := strings.Cut(string(page), "\n## Not recorded")
	if !ok {
		t.Fatal("the page has no second table")
	}
	row := regexp.MustCompile(`(?m)^\| ([A-Z]{3,4}\d{3}(?:/[a-z0-9-]+)?) \|(.*)$`)
	name := regexp.MustCompile("`([a-z-]+: [^`]+)`")
	seen := map[string]bool{}
	for i, table := range []string{recorded, others} {
		for _, m := range row.FindAllStringSubmatch(table, -1) {
			rule, found := m[1], false
			if seen[rule] {
				t.Errorf("%s is there twice", rule)
			}
			seen[rule] = true
			for _, n := range name.FindAllStringSubmatch(m[2], -1) {
				o, exists := outcomes[n[1]]
				if !exists {
					t.Errorf("%s: there is no outcome %q", rule, n[1])
					continue
				}
				results, _ := o.lint(t)
				for _, res := range results {
					found = found || hasError(res, rule)
				}
			}
			if i == 0 && !found {
				t.Errorf("%s is found, as an error, in none of the inputs of its row", rule)
			}
		}
	}
	errors := map[string]bool{}
	for _, r := range rules.All() {
		if r.Level == lint.Error {
			errors[r.ID] = true
		}
		for _, v := range r.Variants {
			if v.Level == lint.Error {
				errors[r.ID+"/"+v.Name] = true
			}
		}
	}
	for rule := range errors {
		if !seen[rule] {
			t.Errorf("%s is an error without a line in docs/evidence.md", rule)
		}
	}
	for rule := range seen {
		if !errors[rule] {
			t.Errorf("%s is no error", rule)
		}
	}
}

// hasError reports whether a rule, or one variant of it, is found at the level of
// an error.
func hasError(res lint.Result, rule string) bool {
	return slices.ContainsFunc(res.Findings, func(f lint.Finding) bool {
		id := f.Rule.ID
		if f.Variant != "" {
			id += "/" + f.Variant
		}
		return id == rule && f.Level == lint.Error
	})
}
