package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

const (
	dbtToken   = "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01"
	slackToken = "xoxb-EXAMPLE0123-example4567EXAMPLE"
	webhook    = "T0INVENTED/B0INVENTED/k3mfzPqwk3mfzPqwk3mfzPqw"
)

// dbtAnd is an export of a dbt Cloud connection with this password, and of one to
// Slack with that.
func dbtAnd(password, slack string) string {
	return fmt.Sprintf(`{"etl": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "12345", "password": "%s"}, "chat": {"conn_type": "slack", "password": "%s"}}`, password, slack)
}

// TestTracked shows what the rules about tracked files say, and which others are
// quiet for them.
func TestTracked(t *testing.T) {
	tests := []struct {
		name, data string
		staged     string // "": as the file is
		local      bool
		elsewhere  bool   // the configuration says so
		none       bool   // git does not have it
		want       string // of SEC001, SEC005, DBT002 and VAL009
	}{
		{name: "git does not have it", data: dbtAnd("", slackToken), none: true, want: "DBT002 error"},
		{name: "no token", data: dbtAnd("", ""), want: "SEC005 note"},
		{name: "a placeholder", data: dbtAnd("${TOKEN}", "${TOKEN}"), want: "SEC005 note"},
		{name: "stars", data: dbtAnd("***", ""), want: ""},
		{name: "a token", data: dbtAnd(dbtToken, "${TOKEN}"), want: "SEC001 warning, VAL009 warning"},
		{name: "a token of another service", data: dbtAnd("", slackToken), want: "SEC005 note, SEC001/elsewhere error"},
		{name: "the address of a webhook", data: dbtAnd("", "https://hooks.slack.com/services/"+webhook), want: "SEC005 note, SEC001/password note"},
		{name: "kept elsewhere", data: dbtAnd("", "${TOKEN}"), none: true, elsewhere: true, want: "SEC005 note"},
		{name: "kept elsewhere, and a token", data: dbtAnd(dbtToken, "${TOKEN}"), elsewhere: true, want: "SEC005 note, SEC001/elsewhere error"},
		{name: "kept elsewhere, and a token in a file of one's own", data: dbtAnd(dbtToken, "a"), none: true, elsewhere: true, want: ""},
		{name: "host, too", data: strings.Replace(dbtAnd("${TOKEN}", ""), "ab123.us1.dbt.com", "${HOST}", 1), want: "SEC005 note, VAL009 warning"},
		{name: "not staged yet", data: dbtAnd(dbtToken, ""), staged: dbtAnd("", ""), want: "SEC001 warning"},
		{name: "never to be staged", data: dbtAnd(dbtToken, ""), staged: dbtAnd("", ""), local: true, want: ""},
		{name: "staged, never to be staged again", data: dbtAnd(dbtToken, ""), staged: dbtAnd(dbtToken, "x"), local: true, want: "SEC001 warning"},
		{name: "a password never to be staged", data: dbtAnd(dbtToken, "k3mfzPqw"), staged: dbtAnd("", ""), local: true, want: ""},
		{name: "staged and gone", data: dbtAnd("", ""), staged: dbtAnd(dbtToken, slackToken), want: "SEC001/elsewhere error, SEC005 note"},
		{name: "staged, another one here", data: dbtAnd(dbtToken, ""), staged: dbtAnd("", slackToken), want: "SEC001 warning, SEC001 warning"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			o := lint.Options{Targets: resolve(t, consumer.Asked{}), SecretsElsewhere: tt.elsewhere, Tracked: func() *git.File {
				asked++
				if tt.none {
					return nil
				}
				f := git.File{Path: "connections.json", Staged: tt.data, Local: tt.local}
				if tt.staged != "" {
					f.Staged = tt.staged
				}
				return &f
			}}
			var got []string
			for _, f := range checkFor(t, "connections.json", tt.data, export.Unknown, o).Findings {
				switch id := f.Rule.ID; id {
				case "SEC001", "SEC005", "DBT002", "VAL009":
					if f.Variant != "" {
						id += "/" + f.Variant
					}
					got = append(got, id+" "+f.Level.String())
				}
				if strings.Contains(f.Message, "EXAMPLE") {
					t.Errorf("a message tells a secret: %s", f.Message)
				}
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("got %s, want %s", s, tt.want)
			}
			if asked > 1 {
				t.Errorf("git was asked %d times", asked)
			}
		})
	}
}

// TestTrackedUnasked: where no secret is found and none misses, nobody asks git.
func TestTrackedUnasked(t *testing.T) {
	for name, data := range map[string]string{
		"no secrets":   `{"api": {"conn_type": "http", "host": "api.internal.example"}}`,
		"stock words":  `{"db": {"conn_type": "postgres", "host": "db.internal.example", "login": "airflow", "password": "airflow"}}`,
		"a host to be": `{"api": {"conn_type": "http", "host": "${HOST}"}}`,
	} {
		checkFor(t, "connections.json", data, export.Unknown, lint.Options{Targets: resolve(t, consumer.Asked{}), Tracked: func() *git.File {
			t.Errorf("%s: git was asked", name)
			return nil
		}})
	}
}
