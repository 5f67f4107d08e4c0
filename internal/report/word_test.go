package report

import (
	"os/exec"
	"strings"
	"testing"
)

// TestWord: what a command gets of a word is the text, in a shell.
func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"a/b.json":        "a/b.json",
		"-":               "-",
		"":                `""`,
		"my files/c.json": `"my files/c.json"`,
		"it's.json":       `"it's.json"`,
		"größe.json":      "größe.json",
		`a\b c`:           `"a\b c"`,
		"a,b":             `"a,b"`,
		"-x.json":         "./-x.json",
		"- x":             `"./- x"`,
		"a;b":             `"a;b"`,
		"$HOME":           `'$HOME'`,
		"`id`":            "'`id`'",
		`it's "q"`:        `'it'\''s "q"'`,
		"wow!":            "'wow!'",
		`a b\`:            `'a b\'`,
		`\\host\c`:        `'\\host\c'`,
	} {
		got := Word(text)
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if sh, err := exec.LookPath("sh"); err == nil {
			out, err := exec.CommandContext(t.Context(), sh, "-c", "printf %s "+got).Output()
			if err != nil || strings.TrimPrefix(string(out), "./") != text {
				t.Errorf("the shell makes %q of %s: %v", out, got, err)
			}
		}
	}
}
