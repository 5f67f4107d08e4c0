package rules_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// TestFormOnly: a rule that is not shown plain entries would have found nothing in
// them, whatever texts of the rules' own cases stand in whatever field.
func TestFormOnly(t *testing.T) {
	var shown []*lint.Rule // all rules, each shown everything
	for _, r := range rules.All() {
		c := *r
		c.FormOnly = false
		shown = append(shown, &c)
	}
	targets := resolve(t, consumer.Asked{Airflow: []string{"2.3", "2.11", "3.0", "3.3"}})
	for _, typ := range []string{"dbt_cloud", "postgres", "http", "nothing"} {
		data := plainEntries(t, typ)
		doc := export.Open(&source.File{Path: "connections.json", Data: data}, export.Options{Named: true, IsType: conntype.Known})
		run := func(list []*lint.Rule) map[string]int {
			found := map[string]int{}
			for _, f := range lint.Run(context.Background(), doc, lint.Options{Rules: list, Targets: targets}).Findings {
				found[fmt.Sprintf("%s %s %d", f.Rule.ID, f.Field, f.Span.Start)]++
			}
			return found
		}
		got, want := run(rules.All()), run(shown)
		if len(want) < 100 {
			t.Errorf("%d findings in entries of %s", len(want), typ)
		}
		bad := map[string]string{}
		for f := range want {
			if got[f] != want[f] {
				id, _, _ := strings.Cut(f, " ")
				bad[id] = f
			}
		}
		for id, f := range bad {
			t.Errorf("%s, of form only, finds %s in an entry of %s that is plain", id, f, typ)
		}
	}
}

// plainEntries is an export of entries of a type, each with one text of the rules'
// cases in one field.
func plainEntries(t *testing.T, typ string) string {
	t.Helper()
	archives, err := filepath.Glob("../testdata/rules/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{"": true}
	for _, name := range archives {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			for _, word := range strings.FieldsFunc(string(f.Data), func(r rune) bool { return strings.ContainsRune("\n,\"'", r) }) {
				word = strings.TrimSpace(word)
				_, value, _ := strings.Cut(word, ": ")
				_, env, _ := strings.Cut(word, "=")
				for _, s := range []string{word, value, env} {
					if len(s) < 300 && !strings.Contains(s, `\`) {
						texts[s] = true
					}
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("{")
	n := 0
	add := func(field, value string) {
		entry := map[string]any{"conn_type": typ, "host": "ab123.us1.dbt.com", "login": "12345", "password": "example-Token-1", "schema": nil, "port": 443, "extra": ""}
		entry[field] = value
		if n++; n > 1 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `"c%d": %s`, n, plainJSON(t, entry))
	}
	for s := range texts {
		for _, field := range []string{"conn_type", "host", "login", "password", "schema", "description"} {
			add(field, s)
			add(field, " "+s)
		}
		add("extra", plainJSON(t, map[string]any{"token": s, "proxies": map[string]string{"https": s}}))
		add("extra", plainJSON(t, map[string]any{s: "value"}))
	}
	b.WriteString("}")
	return b.String()
}

// plainJSON is JSON with as few escapes as can be.
func plainJSON(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}
