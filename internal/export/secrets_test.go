package export_test

import (
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// TestSecrets shows each document with its secrets masked. What must be masked is
// written s3cret, or holds it.
func TestSecrets(t *testing.T) {
	tests := []struct{ name, file, in, want string }{
		{"json", "connections.json",
			`{"a": {"conn_type": "x", "password": "s3cret", "host": "h", "extra": "{\"tok\u0065n\": \"s3cret\", \"x\": 1}"}}`,
			`{"a": {"conn_type": "x", "password": "***", "host": "h", "extra": "{\"tok\u0065n\": \"***\", \"x\": 1}"}}`},
		{"key in escapes", "connections.json",
			`{"a": {"conn_type": "x", "\u0070assword": "s3cret", "port": 1}}`,
			`{"a": {"conn_type": "x", "\u0070assword": "***", "port": 1}}`},
		{"object under a sensitive key", "connections.json",
			"{\"a\": {\"conn_type\": \"x\", \"extra\": {\"keyfile_dict\": {\n  \"a\": [\"s3cret\",\n  12345],\n  \"b\": null}}}}",
			"{\"a\": {\"conn_type\": \"x\", \"extra\": {\"keyfile_dict\": {\n  \"a\": [\"***\",\n  ***],\n  \"b\": null}}}}"},
		{"uri with all sorts", "connections.json",
			`{"a": "dbt-cloud://1:s3 \"c@r\u0065t@h?token=s3cret"}`,
			`{"a": "dbt-cloud://1:***@h?token=***"}`},
		{"yaml block", "connections.yaml",
			"a:\n  conn_type: x\n  password: |\n    s3cret\n    s3cret, too\n  host: h\n",
			"a:\n  conn_type: x\n  password: |\n    ***\n    ***\n  host: h\n"},
		{"yaml over lines", "connections.yaml",
			"a:\n  conn_type: x\n  password: \"s3\n    cret\"\n  host: h\n",
			"a:\n  conn_type: x\n  password: \"***\n    ***\"\n  host: h\n"},
		{"yaml alias", "connections.yaml",
			"a:\n  conn_type: x\n  description: &p s3cret\n  password: *p\n  host: h\n",
			"a:\n  conn_type: x\n  description: &p ***\n  password: ***\n  host: h\n"},
		{"yaml number", "connections.yaml",
			"a:\n  conn_type: x\n  password: 012345\n",
			"a:\n  conn_type: x\n  password: ***\n"},
		{"settings", "airflow_settings.yaml",
			"airflow:\n  connections:\n    - conn_id: a\n      conn_password: Token s3cret\n  variables:\n    - variable_name: v\n      variable_value: s3cret\n",
			"airflow:\n  connections:\n    - conn_id: a\n      conn_password: Token ***\n  variables:\n    - variable_name: v\n      variable_value: ***\n"},
		{"dotenv", ".env",
			"# password: s3cret\nFOO=s3cret\nAIRFLOW_CONN_A='dbt-cloud://1:s3cret@h'\nAIRFLOW_CONN_B={\"conn_type\": \"x\", \"password\": \"s3cret\"}\n",
			"# password: ***\nFOO=***\nAIRFLOW_CONN_A='dbt-cloud://1:***@h'\nAIRFLOW_CONN_B={\"conn_type\": \"x\", \"password\": \"***\"}\n"},
		{"env", "connections.env",
			"a=dbt-cloud://1:s3cr'et@h\nb=dbt_cloud://:s3cret\n",
			"a=dbt-cloud://1:***@h\nb=dbt_cloud://:***\n"},
		{"broken json", "connections.json",
			"{\"a\": {\"conn_type\": \"x\",\n  \"login\": \"s3cret\"\n  \"x\n  s3cret\n  },\n",
			"{\"a\": ***\n  \"login\": ***\n  ***\n  ***\n  },\n"},
		{"broken yaml", "airflow_settings.yaml",
			"airflow:\n  connections:\n  - conn_id: s3cret\n   conn_host: s3cret\n",
			"airflow:\n  connections:\n  - conn_id: ***\n   conn_host: ***\n"},
		{"no export", "notes.json", `{"a": "s3cret"}`, `{"a": ***`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &source.File{Path: tt.file, Data: tt.in}
			doc := export.Open(f, export.Options{Named: true, IsType: func(s string) bool { return s == "dbt-cloud" || s == "dbt_cloud" || s == "x" }})
			var lines []source.Span
			for n := range f.Lines() {
				lines = append(lines, f.Line(n+1))
			}
			if got := redact(tt.in, doc.Secrets(lines)); got != tt.want {
				t.Errorf("as %s\n got %s\nwant %s", doc.Format, got, tt.want)
			}
			// What a line shows does not depend on which others are asked for.
			for _, line := range lines {
				if got := redact(tt.in[line.Start:line.End], shift(doc.Secrets([]source.Span{line}), -line.Start)); strings.Contains(got, "s3") || strings.Contains(got, "cret") {
					t.Errorf("line alone: %s", got)
				}
			}
		})
	}
}

func redact(s string, secrets []source.Span) string {
	var b strings.Builder
	at := 0
	for _, r := range secrets {
		b.WriteString(s[at:r.Start] + "***")
		at = r.End
	}
	return b.String() + s[at:]
}

func shift(spans []source.Span, by int) []source.Span {
	for i := range spans {
		spans[i].Start += by
		spans[i].End += by
	}
	return spans
}
