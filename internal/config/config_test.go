package config_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/config"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

func parse(text string) error {
	_, err := config.Parse(&source.File{Path: config.Name, Data: text}, ".", rules.All())
	return err
}

// TestCommented takes the comment signs off what config init writes: every example
// has to be in order, alone and with the others.
func TestCommented(t *testing.T) {
	var all strings.Builder
	for line := range strings.Lines(config.Commented()) {
		if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "  ") {
			line = rest
		}
		all.WriteString(line)
	}
	if err := parse(all.String()); err != nil {
		t.Errorf("%v\n%s", err, all.String())
	}
	for _, k := range config.Keys {
		if !strings.Contains(all.String(), "\n"+k.Name+":") {
			t.Errorf("%s is not shown", k.Name)
		}
		if err := parse(k.Name + ": " + k.Example); err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
}

var update = flag.Bool("update", false, "write the keys into docs/configuration.md")

// TestDocumented holds that docs/configuration.md shows all keys, as config init writes
// them.
func TestDocumented(t *testing.T) {
	const name, begin, end = "../../docs/configuration.md", "## All keys\n\n```yaml\n", "```\n"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(data), begin)
	keys, after, found := strings.Cut(rest, end)
	switch {
	case !found:
		t.Fatal("no place for the keys")
	case *update:
		if err := os.WriteFile(name, []byte(before+begin+config.Commented()+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	case keys != config.Commented():
		t.Error("not the keys that there are; go test ./internal/config -update writes them")
	}
}

// TestEncodings holds that a byte order mark and the line ends of Windows are nothing
// to a configuration.
func TestEncodings(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeffversion: 1\r\nuse: import\r\n": "",
		"\xff\xfev\x00":                       config.Name + ":1:1: the text is UTF-16; it must be UTF-8; save it as UTF-8",
		"use: imp\xff":                        config.Name + ":1:9: the text is not UTF-8 from here on; save it as UTF-8",
		"use: \"a\x00b\"":                     config.Name + ":1:8: ",
	} {
		got := ""
		if err := parse(text); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// FuzzParse wants a configuration or an error with a place, and no panic.
func FuzzParse(f *testing.F) {
	f.Add(config.Commented())
	f.Add("ignores:\n  - {rules: [1], until: x}\noverrides: [[], {paths: a}]\n")
	f.Add("severity: &a {? [1] : *a}\ndbt_cloud: [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		if err := parse(text); err != nil && !strings.HasPrefix(err.Error(), config.Name+":") {
			t.Errorf("an error without a place: %v", err)
		}
	})
}
