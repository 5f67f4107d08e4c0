package cli_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadme runs the example that README shows and compares the output.
func TestReadme(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = "testdata/exports/airflow_settings.yaml"
	_, rest, found := strings.Cut(string(readme), "<!-- example:")
	if !found || !strings.Contains(string(readme), "go run ./cmd/dbtconn-lint check "+command) {
		t.Fatal("README has no example, or another command")
	}
	_, rest, _ = strings.Cut(rest, "```\n")
	want, _, _ := strings.Cut(rest, "```\n")
	code, stdout, _ := run("", "check", command)
	if code != 1 || stdout != want {
		t.Errorf("exit %d\n%s\nREADME shows\n%s", code, stdout, want)
	}
}
