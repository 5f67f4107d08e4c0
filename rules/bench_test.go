package rules_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// largeExport is what `airflow connections export` writes of n connections.
func largeExport(n int) string {
	var b strings.Builder
	b.WriteString("{\n")
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, `  "dbt_%06d": {"conn_type": "dbt_cloud", "description": "", "login": "%d", "password": "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample%08d", "host": "ab123.us1.dbt.com", "port": null, "schema": "", "extra": ""}`, i, 10000+i, i)
		case 1:
			fmt.Fprintf(&b, `  "aws_%06d": {"conn_type": "aws", "description": null, "login": "", "password": "example", "host": "", "port": null, "schema": "", "extra": "{\"region_name\": \"eu-central-1\", \"role_arn\": \"arn:aws:iam::123456789012:role/x%d\"}"}`, i, i)
		default:
			fmt.Fprintf(&b, `  "pg_%06d": {"conn_type": "postgres", "description": "warehouse %d", "login": "etl", "password": "example%d", "host": "db%d.internal.example", "port": 5432, "schema": "dwh", "extra": "{\"sslmode\": \"require\"}"}`, i, i, i, i)
		}
	}
	b.WriteString("\n}\n")
	return b.String()
}

// lintLarge parses and lints an export of n connections, none of which has a
// finding.
func lintLarge(tb testing.TB, data string, targets consumer.Targets) {
	doc := export.Open(&source.File{Path: "connections.json", Data: data}, export.Options{Named: true, IsType: conntype.Known})
	results := []lint.Result{lint.Run(context.Background(), doc, lint.Options{Rules: rules.All(), Targets: targets})}
	lint.Across(results)
	if found := results[0].Findings; len(found) != 0 {
		tb.Fatalf("%d findings, such as %s: %s", len(found), found[0].Rule.ID, found[0].Message)
	}
}

func BenchmarkLargeExport(b *testing.B) {
	const n = 10_000
	data := largeExport(n)
	targets := resolve(b, asked())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		lintLarge(b, data, targets)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/connection")
}
