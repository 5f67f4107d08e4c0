package airflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// TestVerdictsAreShared holds the survey to what the readers do: where it lets one
// reading stand for several releases, each of them by itself gets the same, and
// where it gives one number, the same is held. The inputs are those of the vectors.
func TestVerdictsAreShared(t *testing.T) {
	data, err := os.ReadFile("../../testdata/vectors/airflow-readers.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Cases []struct {
			Kind, Input string
			FileName    string `json:"file_name"`
			InputB64    []byte `json:"input_b64"`
		}
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	formats := map[string]export.Format{"env": export.AirflowValue, "json_file": export.AirflowJSON, "yaml_file": export.AirflowYAML, "env_file": export.AirflowEnv}
	plain, entries, verdicts := 0, 0, 0
	for _, c := range vectors.Cases {
		if c.InputB64 != nil {
			c.Input = string(c.InputB64)
		}
		doc := export.Open(&source.File{Path: cmp.Or(c.FileName, "connections"), Data: c.Input}, export.Options{Format: formats[c.Kind]})
		var profiles []Profile
		for _, v := range Lines() {
			profiles = append(profiles, v.Server)
			if c.Kind == "env" && v.HasWorker {
				profiles = append(profiles, v.Worker)
			}
		}
		s := Examine(doc, profiles...)
		for i := range doc.Entries {
			entries++
			verdicts += max(1, len(s.verdicts[i]))
			if s.isPlain(i) {
				plain++
			}
		}
		seen, numbers := map[string]string{}, map[string]string{}
		for _, p := range profiles {
			reads := map[string][2]*connection.Reading{"read": {p.Read(doc), p.ReadExamined(s)}}
			if c.Kind != "env" {
				reads["import"] = [2]*connection.Reading{p.Import(doc), p.ImportExamined(s)}
			}
			for name, r := range reads {
				alone, shared := describeReading(r[0]), describeReading(r[1])
				key := name + fmt.Sprint(s.Key(p))
				if alone != shared || seen[key] != "" && seen[key] != alone {
					t.Errorf("%s of %q:\nalone  %s\nshared %s\nbefore %s", name, c.Input, alone, shared, seen[key])
				}
				seen[key] = alone
				for i := range doc.Entries {
					var held connection.Connection
					r[0].Load(i, &held)
					key := fmt.Sprint(i, " ", r[1].Alike(i))
					got := describe(&held)
					if n := r[1].Alike(i); n > 0 && numbers[key] != "" && numbers[key] != got {
						t.Errorf("%s of %q, number %d:\n got %s\nwant %s", name, c.Input, n, got, numbers[key])
					}
					numbers[key] = got
				}
			}
		}
	}
	t.Logf("%d entries, of which %d are plain, have %d verdicts in 17 profiles", entries, plain, verdicts)
	if plain < 20 || verdicts > 3*entries {
		t.Errorf("%d verdicts of %d entries, %d plain ones", verdicts, entries, plain)
	}
}

// TestPlainAsksNothing: what is plain without being read is so when it is read.
func TestPlainAsksNothing(t *testing.T) {
	data, err := os.ReadFile("../../testdata/vectors/airflow-readers.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Cases []struct{ Kind, Input string }
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, c := range vectors.Cases {
		if c.Kind != "json_file" {
			continue
		}
		doc := export.Open(&source.File{Path: "connections.json", Data: c.Input}, export.Options{Format: export.AirflowJSON})
		s := Examine(doc, Lines()[0].Server)
		for i := range doc.Entries {
			if !s.isPlain(i) {
				continue
			}
			for _, v := range Lines() {
				j := judge{Survey: s}
				// Workers do not read files.
				if got := j.read(i, v.Server); got.asked&^SDKClass != 0 || got.status != connection.Loaded || got.row != nil {
					t.Errorf("%s of %q: %+v", v.Name, c.Input, got)
				}
			}
		}
	}
}

func describeReading(r *connection.Reading) string {
	fail := func(f *connection.Failure) string {
		if f == nil {
			return ""
		}
		return fmt.Sprintf("%s %q %v %d", f.Class, f.Message.Peek(), f.Place, f.Reason)
	}
	s := fmt.Sprint(fail(r.Refusal), r.RefusedBy)
	for _, o := range r.Outcomes {
		s += fmt.Sprintf("; %d %s %d", o.Status, fail(o.Failure), o.By)
	}
	return s
}

func describe(c *connection.Connection) string {
	s := fmt.Sprint(c.HoldsOther, c.Failure != nil, c.HeldID.Text.Peek(), c.ExtraError)
	if c.Failure != nil {
		s += c.Failure.Class + c.Failure.Message.Peek()
	}
	for _, f := range connection.Fields {
		v := c.Field(f)
		s += fmt.Sprintf(" %s:%d:%q:%d:%v", f, v.Kind, v.Text.Peek(), v.Cause, v.Place)
	}
	return s
}
