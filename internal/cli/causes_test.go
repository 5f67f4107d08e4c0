package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
)

// changes are an example of each cause: the input, who reads it, and the change as
// `inspect -o json` has it, with the text that its location covers.
var changes = []struct{ format, input, consumer, field, from, to, cause string }{
	{"astro-settings", setting("login: 012345"), "astro@1.45", "login", "012345", `"5349"`, "yaml-octal"},
	{"airflow-yaml", entry("login: 012345"), "airflow-import@3.3", "login", "012345", `"5349"`, "yaml-octal"},
	{"airflow-yaml", entry("login: 0x1F"), "airflow@3.3", "login", "0x1F", `31`, "yaml-hex"},
	{"airflow-yaml", entry("login: 0b101"), "airflow@3.3", "login", "0b101", `5`, "yaml-binary"},
	{"airflow-yaml", entry("login: 12_345"), "airflow@3.3", "login", "12_345", `12345`, "yaml-underscore"},
	{"airflow-yaml", entry("login: 190:20:30"), "airflow@3.3", "login", "190:20:30", `685230`, "yaml-sexagesimal"},
	{"airflow-yaml", entry("login: 1.50"), "airflow@3.3", "login", "1.50", `1.5`, "yaml-float"},
	{"airflow-yaml", entry("login: +12"), "airflow@3.3", "login", "+12", `12`, "yaml-integer"},
	{"airflow-yaml", entry("login: yes"), "airflow@3.3", "login", "yes", `true`, "yaml-boolean"},
	{"airflow-yaml", entry("login: 2001-12-14"), "airflow@3.3", "login", "2001-12-14", `{"$date":"2001-12-14"}`, "yaml-date"},
	{"airflow-yaml", entry("login: ~"), "airflow@3.3", "login", "~", `null`, "yaml-null"},
	{"airflow-yaml", entry("login: !!float 443"), "airflow@3.3", "login", "443", `443.0`, "yaml-tag"},
	{"airflow-json", `{"a": {"conn_type": "http", "login": 1e3}}`, "airflow@3.3", "login", "1e3", `1000.0`, "json-number"},
	{"airflow-json", `{"a": {"conn_type": "http", "login": true}}`, "airflow-import@3.3", "login", "true", `"1"`, "coerced"},
	{"airflow-json", `{"a": {"conn_type": "http", "port": "443"}}`, "airflow-import@3.3", "port", "443", `443`, "coerced"},
	{"airflow-json", `{"a": {"conn_type": "http", "extra": {"x":1}}}`, "airflow@3.3", "extra", `{"x":1}`, `"{\"x\": 1}"`, "extra-dumped"},
	{"airflow-json", `{"a": {"conn_type": "http", "password": false}}`, "airflow@3.3", "password", "***", `null`, "dropped"},
	{"airflow-value", `{"conn_type": "http", "port": 0}`, "airflow@3.3", "port", "0", `null`, "dropped"},
	{"airflow-value", `{"conn_type": "dbt-cloud"}`, "airflow@3.3", "conn_type", "dbt-cloud", `"dbt_cloud"`, "type-normalised"},
	{"airflow-value", `{"conn_type": "http", "port": "4_43"}`, "airflow@3.3", "port", "4_43", `443`, "port-converted"},
	{"airflow-uri", "http://EXAMPLE.com", "airflow@3.3", "host", "EXAMPLE.com", `"example.com"`, "host-lower-cased"},
	{"airflow-uri", "http://h/?a=1", "airflow@3.3", "extra", "a=1", `"{\"a\": 1}"`, "uri-typed"},
	{"airflow-uri", "dbt_cloud://h", "airflow@3.3", "schema", "bt_cloud://h", `"bt_cloud//h"`, "uri-misread"},
	{"astro-settings", setting("login: true"), "astro@1.45", "login", "true", `"1"`, "weak-boolean"},
	{"astro-settings", setting("port: 443.9"), "astro@1.45", "port", "443.9", `443`, "weak-truncated"},
	{"astro-settings", setting("extra: {Account: 1}"), "astro@1.45", "extra", "{Account: 1}", `"{\"account\":1}"`, "keys-lower-cased"},
	{"astro-settings", setting("login: a''b"), "astro@1.30", "login", "a''b", `"ab"`, "shell-unquoted"},
	{"astro-settings", strings.Replace(setting("login: b"), "http", "dbt Cloud", 1), "--astro=1.30 --airflow=2.11", "conn_type", "dbt Cloud", `"generic"`, "generic-type"},
	{"airflow-rest", `{"connections": [{"connection_id": "a", "conn_type": "http", "login": "***"}], "total_entries": 1}`, "", "login", "***", `"***"`, "masked"},
}

func entry(line string) string { return "a:\n  conn_type: http\n  " + line + "\n" }
func setting(line string) string {
	return "airflow:\n  connections:\n    - conn_id: a\n      conn_type: http\n      conn_" + line + "\n"
}

// TestChanges: every cause on the list can be seen, and no other.
func TestChanges(t *testing.T) {
	_, help, _ := run("", "inspect", "--help")
	seen := map[string]bool{}
	for _, c := range changes {
		seen[c.cause] = true
		args := []string{"inspect", "-o", "json", "--format", c.format}
		switch {
		case strings.HasPrefix(c.consumer, "--"): // all that these say; the last one is meant
			args = append(args, strings.Fields(c.consumer)...)
		case c.consumer != "":
			args = append(args, "--consumer", c.consumer)
		}
		code, stdout, stderr := run(c.input, append(args, "-")...)
		var out struct {
			Files []struct {
				Readings []struct {
					Connections []struct {
						Changes []struct {
							Field, From, Cause string
							To                 json.RawMessage
							Location           struct{ Start, End struct{ Offset int } }
						}
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != 0 {
			t.Fatalf("%s: exit %d, %v\n%s", c.input, code, err, stderr)
		}
		var got []string
		readings := out.Files[0].Readings
		for _, ch := range readings[len(readings)-1].Connections[0].Changes {
			to := strings.Join(strings.Fields(string(ch.To)), "")
			if strings.HasPrefix(string(ch.To), `"`) {
				to = string(ch.To)
			}
			got = append(got, fmt.Sprintf("%s from %s to %s by %s", ch.Field, ch.From, to, ch.Cause))
			if at := c.input[ch.Location.Start.Offset:ch.Location.End.Offset]; at != ch.From && ch.From != "***" {
				t.Errorf("%s: the change from %q stands at %q", c.input, ch.From, at)
			}
		}
		if want := fmt.Sprintf("%s from %s to %s by %s", c.field, c.from, c.to, c.cause); len(got) != 1 || got[0] != want {
			t.Errorf("%s, %s:\n got %s\nwant %s", c.input, c.consumer, got, want)
		}
	}
	for _, c := range connection.Causes() {
		if !seen[c.String()] {
			t.Errorf("no example of %q", c)
		}
		if c.String() == "" || c.Explain() == "" || !strings.Contains(help, "  "+c.String()+" ") || !strings.Contains(help, c.Explain()) {
			t.Errorf("inspect --help does not explain %q", c)
		}
	}
}
