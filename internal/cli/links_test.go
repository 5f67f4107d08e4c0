package cli_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/cli"
)

// TestLinks: rules are links where a terminal can show them, and nowhere else.
func TestLinks(t *testing.T) {
	for _, test := range []struct {
		terminal, want bool
		term           string
		args           []string
	}{
		{true, true, "xterm", nil},
		{true, false, "linux", nil},
		{true, false, "xterm", []string{"--color", "never"}},
		{false, false, "xterm", []string{"--color", "always"}},
	} {
		var out bytes.Buffer
		env := cli.Env{
			Stdin: strings.NewReader(`{"a": {"conn_type": "dbt_cloud", "host": "https://h"}}`), Stdout: &out, Stderr: &out, OutIsTerminal: test.terminal, Now: time.Now,
			Getenv: func(name string) string { return map[string]string{"TERM": test.term}[name] },
		}
		cli.Main(context.Background(), env, append([]string{"check", "-"}, test.args...))
		if got := strings.Contains(out.String(), "\x1b]8;;https://github.com/dbtconn-lint/dbtconn-lint/blob/main/docs/rules/DBT011.md\x1b\\"); got != test.want {
			t.Errorf("%+v: link %v\n%q", test, got, out.String())
		}
	}
}
