package export_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// isType stands in for the registry of connection types.
func isType(name string) bool {
	return slices.Contains([]string{"postgres", "mysql", "dbt_cloud", "http", "aws", "generic", "ssh", "slack", "snowflake", "databricks", "google_cloud_platform"}, name)
}

// shared is the folder of facts beside the repository; tests that need it are
// skipped where it is absent.
func shared(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", filepath.FromSlash(name))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not there", name)
	}
	return path
}

type label struct {
	Path      string
	As        string
	Format    string
	FormatAlt []string `json:"format_alt"`
	Entries   int
	Template  int
	Expect    []struct{ Rule string }
}

// unread reports whether the labels leave the number of entries open.
func (l label) unread() bool {
	for _, e := range l.Expect {
		if e.Rule == "DOC001" || e.Rule == "DOC002" || e.Rule == "DOC003" {
			return true
		}
	}
	return l.Format == "not-an-export"
}

func TestCorpus(t *testing.T) {
	data, err := os.ReadFile(shared(t, "corpus/labels.json"))
	if err != nil {
		t.Fatal(err)
	}
	var labels struct{ Files []label }
	if err := json.Unmarshal(data, &labels); err != nil {
		t.Fatal(err)
	}
	for _, l := range labels.Files {
		t.Run(l.Path, func(t *testing.T) {
			content, err := os.ReadFile(shared(t, "corpus/"+l.Path))
			if err != nil {
				t.Fatal(err)
			}
			d := export.Open(&source.File{Path: l.As, Data: string(content)}, export.Options{Named: true, IsType: isType})
			format := d.Format.String()
			if d.Format == export.Unknown {
				format = "not-an-export"
			}
			if format != l.Format && !slices.Contains(l.FormatAlt, format) {
				t.Errorf("format %s, want %s or %s; shape %d", format, l.Format, l.FormatAlt, d.Shape)
			}
			if l.unread() {
				return
			}
			if d.Err != nil {
				t.Fatalf("does not parse: %v at %v", d.Err, d.File.Position(d.Err.Span.Start))
			}
			if n := len(d.Entries); n != l.Entries {
				t.Errorf("%d entries, want %d", n, l.Entries)
			}
			if n := len(d.Entries) - d.ConnCount(); n != l.Template {
				t.Errorf("%d untouched templates, want %d", n, l.Template)
			}
		})
	}
}
