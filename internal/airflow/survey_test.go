package airflow

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// TestPlainEntriesAreAlike holds the survey to what the readers do: whatever it
// calls plain, every version reads and imports alike.
func TestPlainEntriesAreAlike(t *testing.T) {
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
	plain := 0
	for _, c := range vectors.Cases {
		if c.Kind != "json_file" {
			continue
		}
		doc := export.Open(&source.File{Path: "connections.json", Data: c.Input}, export.Options{Format: export.AirflowJSON})
		s := Examine(doc)
		for i := range doc.Entries {
			if !s.isPlain(i) {
				continue
			}
			plain++
			want := ""
			for _, v := range Lines() {
				bare := &Survey{doc: doc} // nothing is plain: all is read
				for _, r := range []*connection.Reading{v.Server.ReadExamined(bare), v.Server.ImportExamined(bare)} {
					var held connection.Connection
					r.Load(i, &held)
					got := describe(&held)
					if want == "" {
						want = got
					}
					if got != want || r.Outcomes[i].Status == connection.Failed {
						t.Errorf("%s reads a plain entry of %q otherwise:\n%s\n%s", v.Name, c.Input, got, want)
					}
				}
			}
		}
	}
	if plain < 20 {
		t.Errorf("only %d plain entries in the vectors", plain)
	}
}

func describe(c *connection.Connection) string {
	s := fmt.Sprint(c.HoldsOther, c.Failure != nil)
	for _, f := range connection.Fields {
		v := c.Field(f)
		s += fmt.Sprintf(" %s:%d:%q:%d:%v", f, v.Kind, v.Text.Peek(), v.Cause, v.Place)
	}
	return s
}
