package rules_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

var update = flag.Bool("update", false, "write the findings into testdata/rules")

// check lints one text under a name, as if it were named on the command line.
func check(t testing.TB, name, data string) lint.Result {
	t.Helper()
	return checkAs(t, name, data, export.Unknown, consumer.Asked{})
}

func checkAs(t testing.TB, name, data string, format export.Format, versions consumer.Asked) lint.Result {
	t.Helper()
	targets := resolve(t, versions)
	doc := export.Open(&source.File{Path: name, Data: data}, export.Options{Named: true, Format: format, IsType: conntype.Known})
	results := []lint.Result{lint.Run(context.Background(), doc, lint.Options{Rules: rules.All(), Targets: targets})}
	lint.Across(results)
	return results[0]
}

func asked(airflow ...string) consumer.Asked { return consumer.Asked{Airflow: airflow} }

func resolve(t testing.TB, versions consumer.Asked) consumer.Targets {
	t.Helper()
	targets, _, err := consumer.Resolve(versions)
	if err != nil {
		t.Fatal(err)
	}
	return targets
}

// TestCatalogue holds the declarations to what explain and the reports need.
func TestCatalogue(t *testing.T) {
	ids, names := map[string]bool{}, map[string]bool{}
	form := regexp.MustCompile(`^(DOC|VAL|CON|URI|DBT|SEC)\d{3}$`)
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, r := range rules.All() {
		if !form.MatchString(r.ID) || !kebab.MatchString(r.Name) {
			t.Errorf("%s %s: not of the form of an id and a name", r.ID, r.Name)
		}
		if ids[r.ID] || names[r.Name] {
			t.Errorf("%s %s is there twice", r.ID, r.Name)
		}
		ids[r.ID], names[r.Name] = true, true
		for what, text := range map[string]string{"summary": r.Summary, "why": r.Why, "remedy": r.Remedy, "source": r.Source, "since": r.Since, "before": r.Before, "after": r.After} {
			if text == "" {
				t.Errorf("%s has no %s", r.ID, what)
			}
		}
		if (r.Scope == lint.AllFiles) != (r.Across != nil) {
			t.Errorf("%s: Across goes with the scope AllFiles", r.ID)
		}
		if strings.HasSuffix(r.Summary, ".") {
			t.Errorf("%s: the summary ends with a full stop", r.ID)
		}
	}
	if !slices.IsSortedFunc(rules.All(), func(a, b *lint.Rule) int {
		if a.Family() != b.Family() {
			return 0
		}
		return strings.Compare(a.ID, b.ID)
	}) {
		t.Error("the rules are not in the order of their ids")
	}
}

// TestExamples runs what explain shows: the example before has the finding, the
// one after has nothing that fails a build.
func TestExamples(t *testing.T) {
	for _, r := range rules.All() {
		t.Run(r.ID, func(t *testing.T) {
			n := 0
			for _, f := range txtar.Parse([]byte(r.Before)).Files {
				for _, found := range check(t, f.Name, string(f.Data)).Findings {
					if found.Rule.ID == r.ID {
						n++
					}
				}
			}
			if n == 0 {
				t.Error("the example before has no such finding")
			}
			for _, f := range txtar.Parse([]byte(r.After)).Files {
				for _, found := range check(t, f.Name, string(f.Data)).Findings {
					if found.Level >= lint.Warning || found.Rule.ID == r.ID {
						t.Errorf("the example after still has %s: %s", found.Rule.ID, found.Message)
					}
				}
			}
		})
	}
}

// TestRules runs testdata/rules/ID/*.txtar. Files under bad/ have findings of the
// rule, those under good/ have none of it. The text above the files is the
// findings of the rule, one a line: place, level and the bytes at the place.
func TestRules(t *testing.T) {
	archives, err := filepath.Glob("../testdata/rules/*/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no cases", err)
	}
	seen := map[string]bool{}
	for _, path := range archives {
		id := filepath.Base(filepath.Dir(path))
		seen[id] = true
		t.Run(id+"/"+strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, f := range ar.Files {
				lines := findingLines(check(t, strings.SplitN(f.Name, "/", 2)[1], string(f.Data)), id, f.Name)
				got.WriteString(lines)
				if bad := strings.HasPrefix(f.Name, "bad/"); bad != (lines != "") {
					t.Errorf("%s: findings of %s: %q", f.Name, id, lines)
				}
			}
			if *update {
				ar.Comment = []byte(got.String())
				if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got.String() != string(ar.Comment) {
				t.Errorf("got\n%s\nwant\n%s", got.String(), ar.Comment)
			}
		})
	}
	for _, r := range rules.All() {
		if !seen[r.ID] {
			t.Errorf("%s has no cases in testdata/rules/%s", r.ID, r.ID)
		}
	}
}

func findingLines(res lint.Result, id, name string) string {
	var b strings.Builder
	for _, f := range res.Findings {
		if f.Rule.ID != id {
			continue
		}
		at := res.Doc.File.Position(f.Span.Start)
		fmt.Fprintf(&b, "%s:%d:%d: %s %q\n", name, at.Line, at.Column, f.Level, res.Doc.File.Data[f.Span.Start:f.Span.End])
	}
	return b.String()
}
