package cli_test

import (
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/live/fakecloud"
)

// TestLiveConfigured: what a configuration selects keeps the answers of a test that was
// asked for by a flag, unless it ignores them; placeholders are filled before anything
// is sent, and an ignore of a rule of the test is unused only in a run with the test.
func TestLiveConfigured(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		environment := map[string]string{"TOKEN": fakecloud.Token(1)}
		w.Getenv = func(name string) string { return environment[name] }
		const good, wrong = "12345", "54321"
		yaml := func(account, comment string) string {
			return "a: # " + comment + "\n  conn_type: dbt_cloud\n  host: " + cell + "\n  login: \"" + account + "\"\n  password: ${TOKEN}\n"
		}
		const ignore = "dbtconn-lint: ignore-file LIVE005 -- moves"
		for _, c := range []struct {
			name, config, text string
			args               []string
			code               int
			want, not          string
		}{
			{"filled", "placeholders: env", yaml(good, ""), []string{"live"}, 0, "Live: 1 verified", "LIVE"},
			{"filled in vain", "placeholders: env", yaml(wrong, ""), []string{"live"}, 1, "LIVE005", "verified, 1 not"},
			{"kept", "version: 1", yaml(good, ""), []string{"live"}, 0, "LIVE011", "LIVE005"},
			{"selected without the test", "placeholders: env\nselect: [DBT]", yaml(wrong, ""), []string{"check", "--live"}, 1, "error  LIVE005", ""},
			{"one rule", "placeholders: env\nselect: [DBT015]", yaml(wrong, ""), []string{"check", "--live"}, 1, "error  LIVE005", ""},
			{"nothing but the rules of files asked for", "placeholders: env\nselect: [DBT]", yaml(wrong, ""), []string{"check"}, 0, "no findings", "LIVE0"},
			{"ignored by name", "placeholders: env\nselect: [DBT]\nignore: [LIVE005]", yaml(wrong, ""), []string{"check", "--live"}, 0, "1 failed", "LIVE005"},
			{"ignored by family", "placeholders: env\nignore: [LIVE]", yaml(wrong, ""), []string{"check", "--live"}, 0, "1 failed", "LIVE005"},
			{"selected by a flag", "placeholders: env", yaml(wrong, ""), []string{"check", "--live", "--select", "DBT"}, 0, "1 failed", "LIVE005"},
			{"of a level", "placeholders: env\nseverity: {LIVE005: note}", yaml(wrong, ""), []string{"live"}, 0, "note  LIVE005", ""},
			{"ignored by a comment", "placeholders: env", yaml(wrong, ignore), []string{"check", "--live"}, 0, "1 suppressed", "LIVE005"},
			{"a comment without the test", "placeholders: env", yaml(wrong, ignore), []string{"check"}, 0, "no findings", "SUP"},
			{"a comment of no use", "placeholders: env", yaml(good, ignore), []string{"check", "--live"}, 1, "SUP001", "LIVE005  "},
			{"an ignore", "placeholders: env\nignores: [{rules: [account-not-allowed], reason: moves}]", yaml(wrong, ""), []string{"live"}, 0, "1 suppressed", "SUP"},
		} {
			write(t, ".dbtconn-lint.yaml", c.config+"\n")
			write(t, "connections.yaml", c.text)
			args := append(c.args, "--live-ca", "ca.pem", "connections.yaml")
			if c.args[len(c.args)-1] == "check" {
				args = append(c.args, "connections.yaml")
			}
			code, stdout, stderr := w.run(t.Context(), args...)
			if code != c.code || !strings.Contains(stdout, c.want) || c.not != "" && strings.Contains(stdout, c.not) || strings.Contains(stdout+stderr, fakecloud.Token(1)) {
				t.Errorf("%s: exit %d\n%s%s", c.name, code, stdout, stderr)
			}
		}
	})
}
