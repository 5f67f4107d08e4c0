package explain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/explain"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

const docs = "../../docs/rules"

// TestPages holds docs/rules to the rules: what stands there is what explain says,
// and the tests of the rules run its examples.
func TestPages(t *testing.T) {
	pages, err := explain.Pages(rules.All())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(docs, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(pages) {
		t.Errorf("%d files, want %d; go generate ./internal/explain", len(files), len(pages))
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil || string(got) != want {
			t.Errorf("%s is stale (%v); go generate ./internal/explain", name, err)
		}
	}
}

// TestReadme: the table of the families links to the headings of the index.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.All() {
		if link := "[`" + r.Family() + "`](docs/rules/README.md#" + strings.ToLower(r.Family()) + ")"; !strings.Contains(string(readme), link) {
			t.Fatalf("README has no %s", link)
		}
	}
}

// TestText: nothing that the rule says is left out.
func TestText(t *testing.T) {
	for _, r := range rules.All() {
		text := explain.Text(r)
		parts := []string{r.Summary, r.Why, r.Remedy, r.Source, r.Since, r.URL()}
		for _, v := range r.Variants {
			parts = append(parts, r.ID+"/"+v.Name, v.When)
		}
		flat := strings.Join(strings.Fields(text), " ")
		for _, part := range parts {
			if !strings.Contains(flat, strings.Join(strings.Fields(part), " ")) {
				t.Errorf("explain %s does not say %q", r.ID, part)
			}
		}
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "  ") && len(line) > 110 {
				t.Errorf("explain %s has a line of %d bytes: %s", r.ID, len(line), line)
			}
		}
	}
}
