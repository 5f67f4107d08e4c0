package airflow_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// TestGenuineExports reads what four Airflows exported back to the connections that
// had been imported there. Exports as URIs are left to the vectors: Airflow itself
// does not read them back to the same, or not at all.
func TestGenuineExports(t *testing.T) {
	const dir = "../../../shared/vectors/airflow-exports"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the genuine exports are not here:", err)
	}
	for _, name := range []string{"2.10.5", "2.11.2", "3.0.6", "3.3.2"} {
		p := versionOf(t, name).Server
		want := readBack(t, p, filepath.Join(dir, "source.json"), export.AirflowJSON)
		for file, format := range map[string]export.Format{"export.json": export.AirflowJSON, "export.yaml": export.AirflowYAML} {
			got := readBack(t, p, filepath.Join(dir, name, file), format)
			if len(got) != len(want) {
				t.Errorf("%s %s: %d connections, want %d", name, file, len(got), len(want))
			}
			for id, w := range want {
				if d := diff(got[id], w); d != "" {
					t.Errorf("%s %s: %s: %s", name, file, id, d)
				}
			}
		}
	}
}

// readBack reads an export, and answers the connections by id.
func readBack(t *testing.T, p airflow.Profile, file string, format export.Format) map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Read(export.Open(&source.File{Path: filepath.Base(file), Data: string(data)}, export.Options{Format: format}))
	if r.Refusal != nil {
		t.Fatalf("%s is refused: %s", file, r.Refusal.Message)
	}
	conns := map[string]any{}
	for i := range r.Outcomes {
		var c connection.Connection
		r.Load(i, &c)
		conns[c.ID.Text.Peek()] = record(&c, p)
	}
	return conns
}
