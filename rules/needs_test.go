package rules_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// needless are all rules, each shown everything.
func needless() []*lint.Rule {
	var all []*lint.Rule
	for _, r := range rules.All() {
		c := *r
		c.Needs = 0
		all = append(all, &c)
	}
	return all
}

// told are the findings of a run over documents that are opened anew.
func told(files []*source.File, format export.Format, list []*lint.Rule, targets consumer.Targets) map[string]int {
	var results []lint.Result
	for _, f := range files {
		doc := export.Open(f, export.Options{Named: true, Format: format, IsType: conntype.Known})
		results = append(results, lint.Run(context.Background(), doc, lint.Options{Rules: list, Targets: targets, Tracked: func() *git.File { return &git.File{Path: f.Path, Staged: f.Data} }}))
	}
	lint.Across(results)
	found := map[string]int{}
	for _, res := range results {
		for _, f := range res.Findings {
			found[fmt.Sprintf("%s %s %s %d %s", f.Rule.ID, f.Field, res.Doc.File.Path, f.Span.Start, f.Message)]++
		}
	}
	return found
}

// withheld are the rules, each with a finding that it would have if it were shown
// all entries, and has not; all are the findings that there would be then.
func withheld(files []*source.File, format export.Format, targets consumer.Targets) (of map[string]string, all map[string]int) {
	got, want := told(files, format, rules.All(), targets), told(files, format, needless(), targets)
	of = map[string]string{}
	for f := range want {
		if got[f] != want[f] {
			id, _, _ := strings.Cut(f, " ")
			of[id] = f
		}
	}
	return of, want
}

// TestNeeds: a rule would have found nothing in entries without the signs that it
// needs, whatever texts of the rules' own cases stand in whatever field.
func TestNeeds(t *testing.T) {
	targets := resolve(t, asked("2.3", "2.11", "3.0", "3.3"))
	for _, typ := range []string{"dbt_cloud", "postgres", "http", "nothing"} {
		entries := plainEntries(t, typ)
		files := []*source.File{{Path: "connections.json", Data: asExport(t, entries)}}
		if typ == "dbt_cloud" {
			files = append(files, &source.File{Path: "airflow_settings.yaml", Data: asSettings(t, entries)})
		}
		for _, f := range files {
			of, all := withheld([]*source.File{f}, export.Unknown, targets)
			if len(all) < 100 {
				t.Errorf("%d findings in entries of %s in %s", len(all), typ, f.Path)
			}
			for id, f := range of {
				t.Errorf("%s is not shown an entry of %s where it finds %s", id, typ, f)
			}
		}
	}
}

// TestNeedsOfCases is the same for the files of the rules' cases and of the corpus.
func TestNeedsOfCases(t *testing.T) {
	var files []*source.File
	for _, name := range archives(t) {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			files = append(files, &source.File{Path: path.Base(f.Name), Data: string(f.Data)})
		}
	}
	if data, err := os.ReadFile(filepath.Join(corpus, "labels.json")); err == nil {
		var all struct{ Files []label }
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
		for _, l := range all.Files {
			text, err := os.ReadFile(filepath.Join(corpus, l.Path))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, &source.File{Path: l.As, Data: string(text)})
		}
	}
	targets := resolve(t, asked())
	heard := map[string]bool{}
	for _, f := range files {
		of, found := withheld([]*source.File{f}, export.Unknown, targets)
		for id, finding := range of {
			t.Errorf("%s is not shown where it finds %s in\n%s", id, finding, f.Data)
		}
		for finding := range found {
			id, _, _ := strings.Cut(finding, " ")
			heard[id] = true
		}
	}
	for _, r := range rules.All() {
		if r.Needs != 0 && !heard[r.ID] {
			t.Errorf("no case of %s is judged here", r.ID)
		}
	}
}

// archives are the files with the rules' cases.
func archives(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("../testdata/rules/*/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases: ", err)
	}
	return names
}

// plainEntry is an object as Airflow writes one.
type plainEntry map[string]any

// asExport is an Airflow export of the entries.
func asExport(t *testing.T, entries []plainEntry) string {
	t.Helper()
	var b strings.Builder
	for i, e := range entries {
		fmt.Fprintf(&b, "%c\n\"c%d\": %s", "{,"[min(i, 1)], i, plainJSON(t, e))
	}
	return b.String() + "}"
}

// asSettings are the entries in settings of the Astro CLI.
func asSettings(t *testing.T, entries []plainEntry) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("airflow:\n  connections:\n")
	for i, e := range entries {
		item := map[string]any{"conn_id": fmt.Sprint("c", i)}
		for k, v := range e {
			item["conn_"+strings.TrimPrefix(k, "conn_")] = v
		}
		fmt.Fprintf(&b, "    - %s\n", plainJSON(t, item))
	}
	return b.String()
}

// plainEntries are entries of a type, each with one text of the rules' cases in one
// field.
func plainEntries(t *testing.T, typ string) (entries []plainEntry) {
	t.Helper()
	texts := map[string]bool{"": true}
	for _, name := range archives(t) {
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
	for i, s := range slices.Sorted(maps.Keys(texts)) {
		add := func(field, value string) {
			entry := plainEntry{"conn_type": typ, "host": "ab123.us1.dbt.com", "login": "12345", "password": token, "schema": nil, "port": nil, "extra": ""}
			if i%2 == 0 {
				entry["password"] = "example-Token-1"
			}
			if i%3 == 0 {
				entry["port"] = 443
			}
			entry[field] = value
			entries = append(entries, entry)
		}
		for _, field := range []string{"conn_type", "host", "login", "password", "schema", "description"} {
			add(field, s)
			add(field, " "+s)
		}
		add("extra", plainJSON(t, map[string]any{"token": s, "proxies": map[string]string{"https": s}}))
		add("extra", plainJSON(t, map[string]any{s: "value"}))
	}
	return entries
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
