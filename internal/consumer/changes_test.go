package consumer_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// TestChangesHaveCauses: where a consumer holds something else than the text that
// was written, it says why, and where. The inputs are those of the vectors, and
// the corpus where it is there.
func TestChangesHaveCauses(t *testing.T) {
	targets, _, err := consumer.Resolve(consumer.Asked{Airflow: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	values := 0
	check := func(name, path, text string, format export.Format) {
		doc := export.Open(&source.File{Path: path, Data: text}, export.Options{Named: true, IsType: conntype.Known, Format: format})
		for _, r := range targets.Read(doc) {
			for i, o := range r.Outcomes {
				var c connection.Connection
				if o.Status != connection.Loaded {
					continue
				}
				r.Load(i, &c)
				for _, f := range connection.Fields[1:] {
					if v := c.Field(f); c.Failure == nil && v.Kind < connection.List {
						values++
						if why := unexplained(v); why != "" {
							t.Errorf("%s, %s: %s %s", name, r.Consumers[0], f, why)
						}
					}
				}
			}
		}
	}
	for _, c := range readerInputs(t) {
		check(c.name, c.path, c.text, c.format)
	}
	files, err := filepath.Glob("../../../shared/corpus/*/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Log("the corpus is not here")
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		check(f, f, string(data), export.Unknown)
	}
	t.Logf("%d values", values)
}

// unexplained says what is wrong with a value that is not a collection.
func unexplained(v *connection.Value) string {
	was, is := v.Src.String(), v.Text.Peek()
	switch {
	case v.Cause != connection.Unchanged && v.Span().Len() == 0:
		return "has the cause " + v.Cause.String() + ", and no place"
	case v.Cause != connection.Unchanged, v.Kind == connection.Absent && (was == "" || was == "null"), is == was:
		return ""
	case v.Kind == connection.Bool && strings.EqualFold(is, was): // true is True in Python
		return ""
	}
	return "was " + was + ", is " + v.Kind.String() + ", and nothing says why"
}

type input struct {
	name, path, text string
	format           export.Format
}

// readerInputs are the inputs of the vectors.
func readerInputs(t *testing.T) []input {
	t.Helper()
	read := func(name string, into any) {
		data, err := os.ReadFile(filepath.Join("../../testdata/vectors", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, into); err != nil {
			t.Fatal(err)
		}
	}
	var readers struct {
		Cases []struct {
			Name, Kind, Input string
			InputB64          []byte `json:"input_b64"`
		}
	}
	read("airflow-readers.json", &readers)
	formats := map[string]export.Format{"env": export.AirflowValue, "json_file": export.AirflowJSON, "yaml_file": export.AirflowYAML, "env_file": export.AirflowEnv}
	var list []input
	for _, c := range readers.Cases {
		if c.InputB64 != nil {
			c.Input = string(c.InputB64)
		}
		list = append(list, input{c.Name, "x", c.Input, formats[c.Kind]})
	}
	var settings []struct{ Name, Input string }
	read("astro-settings.json", &settings)
	for _, c := range settings {
		list = append(list, input{c.Name, "airflow_settings.yaml", c.Input, export.AstroSettings})
	}
	return list
}
