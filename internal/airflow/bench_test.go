package airflow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// BenchmarkRead reads an export of plain connections, once for what becomes of
// the entries and once for their fields.
func BenchmarkRead(b *testing.B) {
	const n = 10_000
	var s strings.Builder
	for i := range n {
		sep := ", "
		if i == 0 {
			sep = "{"
		}
		fmt.Fprintf(&s, `%s"conn_%d": {"conn_type": "dbt_cloud", "description": null, "login": "12345", "password": "dbtc_EXAMPLE", "host": "h.us1.dbt.com", "port": 443, "schema": "", "extra": "{\"a\": \"b\"}"}`, sep, i)
	}
	s.WriteString("}")
	doc := export.Open(&source.File{Path: "connections.json", Data: s.String()}, export.Options{Format: export.AirflowJSON})
	for _, name := range []string{"2.11", "3.3"} {
		v, _, _ := airflow.VersionFor(name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := v.Server.Read(doc)
				var c connection.Connection
				for i := range r.Outcomes {
					r.Load(i, &c)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
		})
	}
}
