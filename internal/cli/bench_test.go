package cli_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// hostile are files of about n bytes that are made to be slow.
var hostile = []struct {
	name, file string
	text       func(n int) string
}{
	{"long password", "connections.json", func(n int) string { return `{"a": "dbt-cloud://1:` + strings.Repeat("a", n) + `@h"}` }},
	{"long password", ".env", func(n int) string { return "AIRFLOW_CONN_A=dbt-cloud://1:" + strings.Repeat("a", n) + "@h\n" }},
	{"long host", "connections.json", func(n int) string { return `{"a": "dbt-cloud://1:t@` + strings.Repeat("H", n) + `"}` }},
	{"long host", ".env", func(n int) string { return "AIRFLOW_CONN_A=dbt-cloud://1:t@" + strings.Repeat("H", n) + "\n" }},
	{"escapes", "connections.json", func(n int) string { return `{"a": "dbt-cloud://1:` + strings.Repeat("%41", n/3) + `@h"}` }},
	{"percent signs", ".env", func(n int) string { return "AIRFLOW_CONN_A=dbt-cloud://1:" + strings.Repeat("%", n) + "@h\n" }},
	{"schemes", "connections.json", func(n int) string { return `{"a": "dbt-cloud` + strings.Repeat("://", n/3) + `"}` }},
	{"schemes", ".env", func(n int) string { return "AIRFLOW_CONN_A=dbt-cloud" + strings.Repeat("://", n/3) + "\n" }},
	{"query keys", "connections.json", func(n int) string { return `{"a": "dbt-cloud://1:t@h?` + keys(n, "k%d=%[1]d&") + `"}` }},
	{"query keys", ".env", func(n int) string { return "AIRFLOW_CONN_A=dbt-cloud://1:t@h?" + keys(n, "k%d=%[1]d&") + "\n" }},
	{"extra of keys", "connections.json", func(n int) string {
		return `{"a": {"conn_type": "http", "extra": {` + keys(n, `"k%d": %[1]d, `) + `"z": 0}}}`
	}},
	{"extra in text", "connections.json", func(n int) string {
		return `{"a": {"conn_type": "http", "extra": "{` + keys(n, `\"k%d\": %[1]d, `) + `\"z\": 0}"}}`
	}},
	{"scalar of escapes", "connections.yaml", func(n int) string { return `a: {conn_type: http, login: "` + strings.Repeat(`\x41`, n/4) + "\"}\n" }},
	{"folded scalar", "connections.yaml", func(n int) string { return "a: {conn_type: http, login: x" + strings.Repeat("\n  x", n/4) + "}\n" }},
	{"changes", "connections.yaml", func(n int) string { return keys(n, "c%d: {conn_type: http, login: 012345}\n") }},
	{"changes", "airflow_settings.yaml", func(n int) string {
		return "airflow:\n  connections:\n" + keys(n, "    - {conn_id: c%d, conn_type: http, conn_login: 012345}\n")
	}},
}

func keys(n int, format string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// BenchmarkHostile runs commands on hostile files of several sizes: ns/byte must
// not grow with them.
func BenchmarkHostile(b *testing.B) {
	b.Chdir(b.TempDir())
	for _, h := range hostile {
		for _, args := range [][]string{{"check"}, {"check", "--airflow", "all"}, {"inspect"}, {"inspect", "-o", "json"}} {
			for _, size := range []int{1, 2, 4, 8} {
				text := h.text(size << 14)
				if err := os.WriteFile(h.file, []byte(text), 0o600); err != nil {
					b.Fatal(err)
				}
				b.Run(fmt.Sprintf("%s in %s/%s/%dx", h.name, h.file, strings.Join(args, " "), size), func(b *testing.B) {
					for b.Loop() {
						if code, _, stderr := run("", append(args, h.file)...); code > 1 {
							b.Fatalf("exit %d: %s", code, stderr)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text)), "ns/byte")
				})
			}
		}
	}
}
