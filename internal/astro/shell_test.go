package astro

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// loaded is an answer of astro-shell.json; the key `about` there says what the
// members mean.
type loaded struct {
	Printed string           `json:"printed"`
	Held    []map[string]any `json:"held"`
	Error   string           `json:"error"`
}

// TestShellVectors compares what Airflow holds after commands have added it.
func TestShellVectors(t *testing.T) {
	data, err := os.ReadFile("../../testdata/vectors/astro-shell.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name, Input string
			Expected    []struct {
				Runs   [][2]string
				Answer loaded
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	passed, out := 0, 0
	for _, c := range file.Cases {
		for _, e := range c.Expected {
			for _, run := range e.Runs {
				cli, _, err := VersionFor(run[0])
				if err != nil {
					t.Fatal(err)
				}
				server, _, err := airflow.VersionFor(run[1])
				if err != nil {
					t.Fatal(err)
				}
				doc := export.Open(&source.File{Path: "airflow_settings.yaml", Data: c.Input}, export.Options{Format: export.AstroSettings})
				given := cli.Profile.Read(doc)
				added := server.Server.Add(given, cli.Profile.Stops)
				if runsAnything(given) {
					out++ // what it comes to is not said
					continue
				}
				got, want := holding(added), text(e.Answer.Held)
				if got != want {
					t.Errorf("%s, Astro CLI %s, Airflow %s: held\n%s\nwant\n%s", c.Name, run[0], run[1], got, want)
					continue
				}
				if want := aboutConnections(e.Answer.Printed); given.Refusal == nil && !cli.Profile.Stops && given.Printed.Peek() != want {
					t.Errorf("%s, Astro CLI %s: printed %q, want %q", c.Name, run[0], given.Printed.Peek(), want)
					continue
				}
				unread := given.Refusal != nil && given.Refusal.Class == readError // which is not an error to it
				if failed := e.Answer.Error != ""; cli.Profile.Stops && !unread && failed != hasFailed(added) {
					t.Errorf("%s, Astro CLI %s, Airflow %s: error %q", c.Name, run[0], run[1], e.Answer.Error)
					continue
				}
				passed++
			}
		}
	}
	t.Logf("%d agree, %d run something of a value", passed, out)
}

// runsAnything reports whether the reading leaves open what a command does.
func runsAnything(r *connection.Reading) bool {
	for _, o := range r.Outcomes {
		if o.Failure != nil && o.Failure.Reason == connection.BadArgument && strings.HasPrefix(o.Failure.Message.Peek(), "part of") {
			return true
		}
	}
	return false
}

func hasFailed(r *connection.Reading) bool {
	for _, o := range r.Outcomes {
		if o.Status == connection.Failed {
			return true
		}
	}
	return r.Refusal != nil
}

// holding is what is held, as the vectors have it.
func holding(r *connection.Reading) string {
	rows := []map[string]any{}
	for i, o := range r.Outcomes {
		if r.Refusal != nil || o.Status != connection.Loaded {
			continue
		}
		var c connection.Connection
		r.Load(i, &c)
		row := map[string]any{}
		for _, f := range connection.Fields {
			v := c.Field(f)
			switch {
			case f == connection.ID && c.HoldsOther:
				row["conn_id"] = c.HeldID.Text.Peek()
			case v.Kind == connection.Int:
				row[f.String()] = json.Number(v.Text.Peek())
			case v.Kind != connection.Absent:
				row[f.String()] = v.Text.Peek()
			}
		}
		rows = append(rows, row)
	}
	return text(rows)
}

func text(rows []map[string]any) string {
	var b strings.Builder
	for _, row := range rows {
		data, _ := json.Marshal(row)
		b.Write(append(data, '\n'))
	}
	return b.String()
}

// aboutConnections are the lines that are not about pools and variables.
func aboutConnections(printed string) string {
	var b strings.Builder
	for line := range strings.Lines(printed) {
		for _, skipped := range []string{"Added Pool", "Added Variable", "airflow pools", "Skipping p:", "Skipping Variable"} {
			if strings.HasPrefix(line, skipped) {
				line = ""
			}
		}
		b.WriteString(line)
	}
	return b.String()
}
