package cli_test

import (
	"os"
	"strings"
	"testing"
)

// TestAdopting holds the walk-through of docs/adopting.md to the script that runs it:
// each command and each file that it shows stands there.
func TestAdopting(t *testing.T) {
	doc, err := os.ReadFile("../../docs/adopting.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../testdata/script/adopting.txtar")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, block := range strings.Split(string(doc), "\n```") {
		if i%2 == 0 {
			continue // what stands between the blocks
		}
		lang, text, _ := strings.Cut(block, "\n")
		isPart := strings.HasPrefix(text, "ignores:") || strings.HasPrefix(text, "#")
		if lang != "" && !isPart && !strings.Contains(string(script), " --\n"+text+"\n") {
			t.Errorf("no file of the script is\n%s", text)
		}
		for line := range strings.Lines(text) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if !ok {
				continue
			}
			n++
			if !strings.Contains(strings.ReplaceAll(string(script), `"`, "'"), command) {
				t.Errorf("the script does not run %s", command)
			}
		}
	}
	if n < 9 {
		t.Errorf("only %d commands", n)
	}
}
