package rules_test

import (
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
)

// TestVersions: what a rule says depends on the versions that are targeted, and
// it names them where not all are hit.
func TestVersions(t *testing.T) {
	long := strings.Repeat("x", 501)
	query := "AIRFLOW_CONN_A=http://h.example?retries=3\n"
	settings := func(entries ...string) string {
		return "airflow:\n  connections:\n    - " + strings.Join(entries, "\n    - ") + "\n"
	}
	twice := `{"a": {"conn_type": "http", "extra": "\"{}\""}}`
	for _, c := range []struct {
		name, file, data string
		airflow, want    string
	}{
		{"login and password before 2.8", "connections.json", `{"a": {"conn_type": "http", "login": "` + long + `", "password": "` + strings.Repeat(long, 8) + `"}}`, "2.7 3.3",
			"CON015 error (Airflow 2.7 only), CON015 error (Airflow 2.7 only)"},
		{"login and password from 2.8 on", "connections.json", `{"a": {"conn_type": "http", "login": "` + long + `", "password": "` + strings.Repeat(long, 8) + `"}}`, "2.8.0", ""},
		{"a password that just fits", "connections.json", `{"a": {"conn_type": "http", "password": "` + strings.Repeat("x", 3679) + `"}}`, "2.7", ""},
		{"host", "connections.json", `{"a": {"conn_type": "http", "host": "` + long + `"}}`, "2.7 3.3", "CON015 error"},
		{"id over 250 characters, posted to v1", "airflow_settings.yaml", settings("{conn_id: " + long + ", conn_type: http}"), "2.11", "CON003 error"},
		{"number as login, looked up by URI", "connections.json", `{"a": {"conn_type": "http", "login": 5}}`, "2.6 2.7", "VAL004 error (Airflow 2.7 only)"},
		{"number as login, handed to the hook", "connections.json", `{"a": {"conn_type": "http", "login": 5}}`, "2.6", ""},
		{"number as login in a variable", ".env", `AIRFLOW_CONN_A={"conn_type": "http", "login": 5}`, "2.6 2.7", "VAL004 error (Airflow 2.7 only)"},
		{"number as password", "connections.json", `{"a": {"conn_type": "http", "password": 5}}`, "2.6", "VAL004 error"},
		{"team, file", "connections.json", `{"a": {"conn_type": "http", "team_name": null}}`, "3.1 3.2", "CON001 error (Airflow 3.1 only)"},
		{"uri and description, worker", ".env", `AIRFLOW_CONN_A={"uri": "http://h.example", "description": "d"}`, "3.0 3.2", "CON008 error (Airflow 3.2 only)"},
		{"query, one reader", ".env", query, "2.11", ""},
		{"query, server and worker", ".env", query, "3.3", "VAL011 warning"},
		{"query, before it was typed", ".env", query, "2.11 3.1.5", ""},
		{"query in a file has no worker", "connections.json", `{"a": "http://h.example?retries=3"}`, "3.3", ""},
		{"host with a scheme", "connections.json", `{"a": "http://https://h.example"}`, "2.5 3.3", "URI005 error (Airflow 2.5 only)"},
		{"encoded twice, Airflow 2", "connections.json", twice, "2.11", "CON010 error"},
		{"encoded twice, both", "connections.json", twice, "2.11 3.3", "CON010 error"},
		{"entries after a refused id", "airflow_settings.yaml", settings("{conn_id: a b, conn_type: http}", "{conn_id: c, conn_type: http}"), "3.3", "CON003 error"},
		{"entries that are merged", "airflow_settings.yaml", settings("{conn_id: a, conn_type: http, conn_host: h.example}", "{conn_id: a, conn_type: http, conn_host: 'i.example '}"), "3.3", "CON011 error, VAL008 error"},
		{"refused entries after a refused one", "airflow_settings.yaml", settings("{conn_id: a, conn_type: http, conn_extra: no json}", "{conn_id: b, conn_type: http}", "{conn_id: c, conn_type: http, conn_extra: no json}"), "3.3",
			"CON009 error, CON009 error"},
	} {
		var got []string
		for _, f := range checkAs(t, c.file, c.data, export.Unknown, asked(strings.Fields(c.airflow)...)).Findings {
			only := ""
			if i := strings.LastIndex(f.Message, " (Airflow "); i >= 0 {
				only = f.Message[i:]
			}
			got = append(got, f.Rule.ID+" "+f.Level.String()+only)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", c.name, strings.Join(got, ", "), c.want)
		}
	}
}

// TestDroppedMaps: the Astro CLI 1.24 drops a map, which is a loss where something
// stands in it.
func TestDroppedMaps(t *testing.T) {
	for extra, want := range map[string]string{"{a: b}": "VAL007", "{}": "", "{a: .inf}": "VAL007"} {
		data := "airflow:\n  connections:\n    - {conn_id: a, conn_type: aws, conn_extra: " + extra + "}\n"
		got := ""
		for _, f := range checkAs(t, "airflow_settings.yaml", data, export.Unknown, consumer.Asked{Astro: []string{"1.24"}}).Findings {
			got += f.Rule.ID
		}
		if got != want {
			t.Errorf("%s: %q, want %q", extra, got, want)
		}
	}
}
