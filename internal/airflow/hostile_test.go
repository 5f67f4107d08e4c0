package airflow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// hostile are values of about n bytes that are made to be slow.
var hostile = []struct {
	name  string
	value func(n int) string
}{
	{"long password", func(n int) string { return "dbt-cloud://1:" + strings.Repeat("a", n) + "@h" }},
	{"long host", func(n int) string { return "dbt-cloud://1:t@" + strings.Repeat("H", n) }},
	{"colons", func(n int) string { return "dbt-cloud://" + strings.Repeat(":", n) + "@h" }},
	{"at signs", func(n int) string { return "dbt-cloud://1:t" + strings.Repeat("@", n) + "h" }},
	{"brackets", func(n int) string { return "dbt-cloud://1:t@" + strings.Repeat("[", n) + "]" }},
	{"escapes", func(n int) string { return "dbt-cloud://1:" + strings.Repeat("%41", n/3) + "@h" }},
	{"escapes of no text", func(n int) string { return "dbt-cloud://1:" + strings.Repeat("%ff", n/3) + "@h" }},
	{"percent signs", func(n int) string { return "dbt-cloud://1:" + strings.Repeat("%", n) + "@h?" + strings.Repeat("%", n) }},
	{"schemes", func(n int) string { return "dbt-cloud" + strings.Repeat("://", n/3) }},
	{"its own scheme", func(n int) string { return strings.Repeat("a://", n/4) }},
	{"query keys", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "k%d=%d&", i, i)
		}
		return "dbt-cloud://1:t@h?" + b.String()
	}},
	{"one query key", func(n int) string { return "dbt-cloud://1:t@h?" + strings.Repeat("a=1&", n/4) }},
	{"query of JSON", func(n int) string { return "dbt-cloud://1:t@h?a=" + strings.Repeat("[", n) }},
	{"full-width host", func(n int) string { return "dbt-cloud://1:t@" + strings.Repeat("\uff21", n/3) }},
	{"sigmas", func(n int) string { return "dbt-cloud://1:t@" + strings.Repeat("\u03a3", n/2) }},
	{"blanks", func(n int) string { return strings.Repeat(" ", n) + "dbt-cloud://1:t@h" + strings.Repeat("\t", n) }},
	{"digits", func(n int) string { return "dbt-cloud://1:t@h:" + strings.Repeat("1", n) }},
	{"JSON of keys", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, `, "k%d": %d`, i, i)
		}
		return `{"conn_type": "dbt_cloud"` + b.String() + "}"
	}},
	{"one JSON key", func(n int) string { return `{"conn_type": "dbt_cloud"` + strings.Repeat(`, "login": "1"`, n/14) + "}" }},
	{"extra of keys", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, `, "k%d": "%d"`, i, i)
		}
		return `{"conn_type": "dbt_cloud", "extra": {"a": "b"` + b.String() + "}}"
	}},
	{"extra in text", func(n int) string {
		return `{"conn_type": "dbt_cloud", "extra": "{\"a\": \"` + strings.Repeat(`\\u00e9`, n/7) + `\"}"}`
	}},
	{"extra of brackets", func(n int) string {
		return `{"conn_type": "dbt_cloud", "extra": ` + strings.Repeat("[", n/2) + strings.Repeat("]", n/2) + "}"
	}},
	{"long login", func(n int) string { return `{"conn_type": "dbt_cloud", "login": "` + strings.Repeat("1", n) + `"}` }},
	{"long port", func(n int) string { return `{"conn_type": "dbt_cloud", "port": "` + strings.Repeat("1", n) + `"}` }},
	{"long number", func(n int) string { return `{"conn_type": "dbt_cloud", "port": ` + strings.Repeat("1", n) + `}` }},
}

// BenchmarkHostile reads hostile values of several sizes: ns/byte must not grow
// with them.
func BenchmarkHostile(b *testing.B) {
	old, _, _ := airflow.VersionFor("2.11")
	now, _, _ := airflow.VersionFor("3.3")
	for _, h := range hostile {
		for _, by := range []struct {
			name    string
			profile airflow.Profile
			uri     bool
		}{{"2.11", old.Server, false}, {"3.3", now.Server, false}, {"worker", now.Worker, false}, {"get_uri", now.Server, true}} {
			for _, size := range []int{1, 2, 4, 8} {
				n := size << 17
				text := h.value(n)
				doc := export.Open(&source.File{Path: "value", Data: text}, export.Options{Named: true, IsType: conntype.Known, Format: export.AirflowValue})
				b.Run(fmt.Sprintf("%s/%s/%dx", h.name, by.name, size), func(b *testing.B) {
					var c connection.Connection
					by.profile.Read(doc).Load(0, &c)
					c.ExtraObject()
					for b.Loop() {
						if by.uri {
							_, _ = airflow.GetURI(&c, by.profile)
							continue
						}
						var c connection.Connection
						by.profile.Read(doc).Load(0, &c)
						c.ExtraObject()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text)), "ns/byte")
				})
			}
		}
	}
}
