package rules_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

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
func lintLarge(tb testing.TB, data string, targets consumer.Targets, list []*lint.Rule) {
	doc := export.Open(&source.File{Path: "connections.json", Data: data}, export.Options{Named: true, IsType: conntype.Known})
	results := []lint.Result{lint.Run(context.Background(), doc, lint.Options{Rules: list, Targets: targets})}
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
		lintLarge(b, data, targets, rules.All())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/connection")
}

// BenchmarkRules is what the rules add to the reading of 100,000 connections: to
// parse the file, read it as every targeted consumer does and put side by side
// what they hold of each entry. The two take turns; the limit is 30 %.
func BenchmarkRules(b *testing.B) {
	const n = 100_000
	data := largeExport(n)
	targets := resolve(b, asked())
	var with, without time.Duration
	for b.Loop() {
		start := time.Now()
		lintLarge(b, data, targets, nil)
		read := time.Now()
		lintLarge(b, data, targets, rules.All())
		without += read.Sub(start)
		with += time.Since(read)
	}
	b.ReportMetric(100*(with.Seconds()/without.Seconds()-1), "%more")
}

// settings is an airflow_settings.yaml of n connections, as people write them, none
// of which has a finding.
func settings(n int) string {
	var b strings.Builder
	b.WriteString("airflow:\n  connections:\n")
	for i := range n {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, "    - conn_id: dbt_%06d\n      conn_type: dbt_cloud\n      conn_host: ab123.us1.dbt.com\n      conn_schema:\n      conn_login: %d\n      conn_password: dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample%08d\n      conn_port:\n      conn_extra:\n", i, 10000+i, i)
		case 1:
			fmt.Fprintf(&b, "    - conn_id: aws_%06d\n      conn_type: aws\n      conn_host:\n      conn_password: example%d\n      conn_extra:\n        region_name: eu-central-1\n        role_arn: arn:aws:iam::123456789012:role/x%d\n", i, i, i)
		default:
			fmt.Fprintf(&b, "    - conn_id: pg_%06d\n      conn_type: postgres\n      conn_host: db%d.internal.example\n      conn_schema: dwh\n      conn_login: etl\n      conn_password: example%d\n      conn_port: 5432\n      conn_extra: '{\"sslmode\": \"require\"}'\n", i, i, i)
		}
	}
	return b.String()
}

// BenchmarkSettings is a lint run over 10,000 connections in settings, to bare
// decoding of the same bytes into nodes by yaml.v3. The two take turns; the limit is
// 1.5 times.
func BenchmarkSettings(b *testing.B) {
	data := settings(10_000)
	targets := resolve(b, asked())
	var lints, bare time.Duration
	for b.Loop() {
		start := time.Now()
		var root yaml.Node
		if err := yaml.Unmarshal([]byte(data), &root); err != nil {
			b.Fatal(err)
		}
		decoded := time.Now()
		doc := export.Open(&source.File{Path: "airflow_settings.yaml", Data: data}, export.Options{Named: true, IsType: conntype.Known})
		results := []lint.Result{lint.Run(context.Background(), doc, lint.Options{Rules: rules.All(), Targets: targets})}
		lint.Across(results)
		if found := results[0].Findings; len(found) != 0 {
			b.Fatalf("%d findings, such as %s: %s", len(found), found[0].Rule.ID, found[0].Message)
		}
		bare += decoded.Sub(start)
		lints += time.Since(decoded)
	}
	b.ReportMetric(lints.Seconds()/bare.Seconds(), "times")
}

// BenchmarkEnvComments is a lint run over env files with a comment above each line,
// each of which ignores something: a line must not cost more in a longer file.
func BenchmarkEnvComments(b *testing.B) {
	targets := resolve(b, asked())
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var data strings.Builder
			for i := range n {
				fmt.Fprintf(&data, "# dbtconn-lint: ignore DBT -- moves in Q%d\nAIRFLOW_CONN_PG_%d=postgres://etl:example%d@db.internal.example/dwh\n", i%4+1, i, i)
			}
			for b.Loop() {
				doc := export.Open(&source.File{Path: ".env", Data: data.String()}, export.Options{Named: true, IsType: conntype.Known})
				lint.Run(context.Background(), doc, lint.Options{Rules: rules.All(), Targets: targets})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/line")
		})
	}
}
