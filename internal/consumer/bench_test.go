package consumer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// exports are documents of n entries as people have them: most entries are in
// order, some have a mistake that every version, or only some, make something of.
var exports = []struct {
	name, path string
	format     export.Format
	write      func(n int) string
}{
	{"JSON", "connections.json", export.AirflowJSON, func(n int) string { return "{" + joined(n, ",\n", objectEntry) + "}" }},
	{"YAML", "connections.yaml", export.AirflowYAML, func(n int) string { return joined(n, "\n", yamlEntry) + "\n" }},
	{"env file", "connections.env", export.AirflowEnv, func(n int) string {
		return joined(n, "\n", func(i int) string { return fmt.Sprintf("conn_%d=%s", i, uri(i)) }) + "\n"
	}},
	{"dotenv", ".env", export.Dotenv, func(n int) string {
		return joined(n, "\n", func(i int) string {
			if i%2 == 0 {
				return fmt.Sprintf("AIRFLOW_CONN_%d='%s'", i, object(i))
			}
			return fmt.Sprintf("AIRFLOW_CONN_%d='%s'", i, uri(i))
		}) + "\n"
	}},
	{"settings", "airflow_settings.yaml", export.AstroSettings, func(n int) string {
		return "airflow:\n  connections:\n" + joined(n, "\n", settingsEntry) + "\n"
	}},
}

func joined(n int, sep string, entry func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(entry(i))
	}
	return b.String()
}

func objectEntry(i int) string {
	if i%7 == 3 {
		return fmt.Sprintf(`"conn_%d": %q`, i, uri(i))
	}
	return fmt.Sprintf(`"conn_%d": %s`, i, object(i))
}

func object(i int) string {
	switch i % 10 {
	case 4: // a number, and an extra that is an object
		return fmt.Sprintf(`{"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": %d, "password": "dbtc_EXAMPLE", "extra": {"a": %d}}`, 10000+i, i)
	case 8: // what Airflow 2 takes and Airflow 3 does not would end the comparison
		return fmt.Sprintf(`{"conn_type": "http", "host": "naïve%d.example.com", "extra": "{\"a\": \"\\u00e9\"}"}`, i)
	}
	return fmt.Sprintf(`{"conn_type": "postgres", "description": "of team %d", "login": "loader", "password": "EXAMPLE-password", "host": "db.example.com", "port": 5432, "schema": "raw", "extra": "{\"sslmode\": \"require\"}"}`, i)
}

func uri(i int) string {
	switch i % 10 {
	case 1: // typed in newer versions
		return fmt.Sprintf("postgres://loader:EXAMPLE%%2Fpassword@db.example.com:5432/raw?retries=%d", i)
	case 5: // misread
		return fmt.Sprintf("dbt_cloud://%d:dbtc_EXAMPLE@ab123.us1.dbt.com", 10000+i)
	}
	return fmt.Sprintf("dbt-cloud://%d:dbtc_EXAMPLE@ab123.us1.dbt.com/?a=b", 10000+i)
}

func yamlEntry(i int) string {
	if i%7 == 3 {
		return fmt.Sprintf("conn_%d: %s", i, uri(i))
	}
	login, extra := fmt.Sprintf("%q", fmt.Sprint(10000+i)), "null"
	switch i % 10 {
	case 4:
		login = "0" + fmt.Sprint(70000+i%7)
	case 6:
		extra = "{a: b, c: [1, 2]}"
	case 8:
		extra = `'{"a": "b"}'`
	}
	return fmt.Sprintf("conn_%d:\n  conn_type: dbt_cloud\n  description: of team %d\n  host: ab123.us1.dbt.com\n  login: %s\n  password: dbtc_EXAMPLE\n  schema: ''\n  port: null\n  extra: %s", i, i, login, extra)
}

func settingsEntry(i int) string {
	login := fmt.Sprint(10000 + i)
	if i%10 == 4 {
		login = "070403"
	}
	return fmt.Sprintf("    - conn_id: conn_%d\n      conn_type: dbt_cloud\n      conn_host: ab123.us1.dbt.com\n      conn_schema:\n      conn_login: %s\n      conn_password: dbtc_EXAMPLE\n      conn_port: 443\n      conn_extra: {a: b}", i, login)
}

func document(path, text string, format export.Format) *export.Document {
	return export.Open(&source.File{Path: path, Data: text}, export.Options{Named: true, IsType: conntype.Known, Format: format})
}

func targets(tb testing.TB, airflow ...string) consumer.Targets {
	t, _, err := consumer.Resolve(consumer.Asked{Airflow: airflow})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// BenchmarkTargets reads a document for one Airflow, and for all of them. All may
// take at most twice as long as one.
func BenchmarkTargets(b *testing.B) {
	const n = 5_000
	for _, e := range exports {
		text := e.write(n)
		for _, which := range []string{"3.3", "all"} {
			t := targets(b, which)
			b.Run(e.name+"/"+which, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					doc := document(e.path, text, e.format)
					if len(doc.Entries) != n {
						b.Fatalf("%d entries", len(doc.Entries))
					}
					b.StartTimer()
					t.Read(doc)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
			})
		}
	}
	for _, text := range []string{uri(0), uri(1), uri(5), object(0), object(4)} {
		for _, which := range []string{"3.3", "all"} {
			t, doc := targets(b, which), document("value", text, export.AirflowValue)
			name, _, _ := strings.Cut(strings.NewReplacer("://", ":", " ", "", "/", "").Replace(text), "@")
			b.Run("value "+name[:min(20, len(name))]+"/"+which, func(b *testing.B) {
				for b.Loop() {
					t.Read(doc)
				}
			})
		}
	}
}
