package airflow_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// official is a case out of Airflow's own tests; what is expected is partial.
type official struct {
	Kind, Test, Versions string
	Input                json.RawMessage
	Expected             map[string]json.RawMessage
	Unreleased           bool
}

// officialVersions are releases that the words of a case's versions mean.
func (o *official) officialVersions() []string {
	old, new := []string{"2.10", "2.11"}, []string{"3.3"}
	switch v := o.Versions; {
	case o.Unreleased || strings.Contains(v, "PR"):
		return nil
	case strings.HasPrefix(v, "any (2.x - 3.1.5"), strings.HasPrefix(v, "2.x - 3.1.5"):
		return append(old, "3.0")
	case v == "":
		return append(old, "3.0", "3.3")
	case strings.HasPrefix(v, ">=3.1"), strings.HasPrefix(v, ">=3.x"), strings.HasPrefix(v, "3.2+"):
		return new
	case strings.HasPrefix(v, ">=3.0"):
		return []string{"3.0", "3.3"}
	case strings.HasPrefix(v, "2.0 - 2.3-ish"):
		return nil // older than the lines we know
	}
	return old
}

// TestOfficial feeds the cases of Airflow's own test suites, which stay where
// they are.
func TestOfficial(t *testing.T) {
	data, err := os.ReadFile(filepath.FromSlash("../../../shared/vectors/airflow-official.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("airflow-official.json is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []official
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	done := 0
	for i := range cases {
		o := &cases[i]
		for _, name := range o.officialVersions() {
			v, _, err := airflow.VersionFor(name)
			if err != nil {
				t.Fatal(err)
			}
			profile, worker := v.Server, strings.HasSuffix(o.Kind, "_sdk")
			if worker {
				if !v.HasWorker {
					continue
				}
				profile = v.Worker
			}
			problem, known := o.check(profile, worker)
			if !known {
				continue
			}
			done++
			if problem != "" {
				t.Errorf("%s %s %s %s: %s", name, o.Kind, o.Test, o.Input, problem)
			}
		}
	}
	t.Logf("%d official results agree", done)
}

// check runs one case; known is false for the kinds that are no readers' work.
func (o *official) check(p airflow.Profile, worker bool) (problem string, known bool) {
	var text string
	if json.Unmarshal(o.Input, &text) != nil {
		return o.checkObject(p)
	}
	switch o.Kind {
	case "uri": // to the constructor, as a file hands it
		r := p.Read(open(export.AirflowJSON, "connections.json", `{"x": `+string(o.Input)+`}`))
		return o.checkReading(p, r, r.Refusal), true
	case "json", "uri_sdk", "json_sdk":
		doc := open(export.AirflowValue, "value", text)
		r := p.Read(doc)
		if worker {
			r = p.ReadWorker(doc)
		}
		var swallowed *connection.Failure
		if f := r.Outcomes[0].Failure; f != nil {
			swallowed = f.Cause
		}
		return o.checkReading(p, r, swallowed), true
	case "json_file", "yaml_file", "env_file":
		format := kindFormats[o.Kind]
		return o.checkFile(p, p.Read(open(format, "connections", text))), true
	case "conn_id":
		doc := open(export.AirflowValue, "value", "a://b")
		doc.ConnID = text
		var c connection.Connection
		p.Read(doc).Load(0, &c)
		held := c.ID
		if c.HoldsOther {
			held = c.HeldID
		}
		return diff(encode(&held), decoded(o.Expected["conn_id"])), true
	}
	return "", false
}

// checkObject runs a case whose input is a connection's fields.
func (o *official) checkObject(p airflow.Profile) (problem string, known bool) {
	switch o.Kind {
	case "get_uri", "roundtrip_uri", "as_json":
	default:
		return "", false
	}
	var c connection.Connection
	r := p.Read(open(export.AirflowJSON, "connections.json", `{"x": `+string(o.Input)+`}`))
	r.Load(0, &c)
	if o.Kind == "as_json" {
		return diff(airflow.AsJSON(&c), decoded(o.Expected["json"])), true
	}
	uri, err := airflow.GetURI(&c, p)
	if err != nil {
		return err.Error(), true
	}
	if o.Kind == "get_uri" {
		return diff(uri, decoded(o.Expected["uri"])), true
	}
	return o.checkReading(p, p.Read(open(export.AirflowValue, "value", uri)), nil), true
}

func (o *official) checkFile(p airflow.Profile, r *connection.Reading) string {
	if want, ok := decoded(o.Expected["error"]).(string); ok {
		return compareClass(r.Refusal, want)
	}
	if r.Refusal != nil {
		return r.Refusal.Error()
	}
	return ""
}

// compareClass compares a failure with "Class: message". What the tests expect is
// sometimes the parent of what is raised.
func compareClass(f *connection.Failure, want string) string {
	class, _, _ := strings.Cut(want, ":")
	if f != nil && f.Class == "ConnectionNotUnique" && class == "AirflowException" {
		return ""
	}
	return compareFailure(f, &thrown{Class: class})
}

func (o *official) checkReading(p airflow.Profile, r *connection.Reading, f *connection.Failure) string {
	if want, ok := decoded(o.Expected["error"]).(string); ok {
		return compareClass(f, want)
	}
	var c connection.Connection
	r.Load(0, &c)
	got := record(&c, p)
	for name, raw := range o.Expected {
		want := decoded(json.RawMessage(strings.ReplaceAll(string(raw), `"NaN (float)"`, `{"$float": "nan"}`)))
		switch name {
		case "extra":
			if want == "" {
				break // the text itself
			}
			if have := got["extra_dejson"]; !(have == nil && (want == nil || diff(want, map[string]any{}) == "")) {
				if problem := diff(have, want); problem != "" {
					return name + ": " + problem
				}
			}
			continue
		case "extra_raw":
			name = "extra"
		case "conn_id":
			continue
		}
		if problem := diff(got[name], want); problem != "" {
			return name + ": " + problem
		}
	}
	return ""
}

func decoded(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	_ = d.Decode(&v)
	return v
}

func open(f export.Format, name, data string) *export.Document {
	return export.Open(&source.File{Path: name, Data: data}, export.Options{Format: f})
}
