package rules_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/config"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

var update = flag.Bool("update", false, "write the findings into testdata/rules")

// check lints one text under a name, as if it were named on the command line.
func check(t testing.TB, name, data string) lint.Result {
	t.Helper()
	return checkAs(t, name, data, export.Unknown, consumer.Asked{})
}

func checkAs(t testing.TB, name, data string, format export.Format, versions consumer.Asked) lint.Result {
	t.Helper()
	return checkFor(t, name, data, format, lint.Options{Targets: resolve(t, versions)})
}

// checkTracked lints a text as if git had the file, just as it is.
func checkTracked(t testing.TB, name, data string) lint.Result {
	t.Helper()
	return checkFor(t, name, data, export.Unknown, lint.Options{
		Targets: resolve(t, consumer.Asked{}), Tracked: func() *git.File { return &git.File{Path: name, Staged: data} },
	})
}

// checkFor lints one text with all rules.
func checkFor(t testing.TB, name, data string, format export.Format, o lint.Options) lint.Result {
	t.Helper()
	o.Rules = rules.All()
	doc := export.Open(&source.File{Path: name, Data: data}, export.Options{Named: true, Format: format, IsType: conntype.Known})
	results := []lint.Result{lint.Run(context.Background(), doc, o)}
	lint.Across(results)
	return results[0]
}

// policies are those among the files: snowflake.schema.json is for the type
// snowflake, whatever its folder. rest are the other files.
func policies(t testing.TB, files []txtar.File) (bound map[string]*schema.Policy, rest []txtar.File) {
	t.Helper()
	named := map[string]*source.File{}
	for _, f := range files {
		if typ, ok := strings.CutSuffix(path.Base(f.Name), ".schema.json"); ok {
			named[typ] = &source.File{Path: f.Name, Data: string(f.Data)}
		} else {
			rest = append(rest, f)
		}
	}
	bound, err := schema.Policies(named)
	if err != nil {
		t.Fatal(err)
	}
	return bound, rest
}

// ofTracked are the rules that speak of files that git has.
func ofTracked(id string) bool { return id == "SEC001" || id == "SEC005" }

// checkProject lints files that stand together, as if their folder were walked.
func checkProject(t testing.TB, files []txtar.File) []lint.Result {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, f := range files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	w := source.Walker{FS: fsys}
	finder := project.Finder{FS: fsys}
	settings := config.Finder{FS: fsys, Rules: rules.All()}
	var results []lint.Result
	for _, in := range w.Find(context.Background(), []string{"."}) {
		file, err := w.Read(in)
		if err != nil {
			t.Fatal(err)
		}
		doc := export.Open(file, export.Options{IsType: conntype.Known})
		if doc.Passed() {
			continue
		}
		beside := finder.For(file.Path)
		e, err := settings.Load(file.Path)
		if err != nil {
			t.Fatal(err)
		}
		bound, err := settings.Policies(e.File)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, lint.Run(context.Background(), doc, lint.Options{
			Rules: rules.All(), Targets: resolve(t, consumer.Asked{Project: beside}), Project: beside, Declared: e.Declared(), Schemas: bound,
		}))
	}
	results = lint.Projects(results, rules.All())
	policies := map[*config.Effective]*lint.Policy{}
	return lint.Settle(results, rules.All(), func(path string) *lint.Policy {
		e := settings.For(path)
		if policies[e] == nil {
			policies[e] = e.Policy(rules.All())
			policies[e].Walked = true
		}
		return policies[e]
	}, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
}

// checkExample lints the files of an example: each for itself, or together, where
// the rule is about what stands together.
func checkExample(t *testing.T, r *lint.Rule, text string) []lint.Result {
	t.Helper()
	files := txtar.Parse([]byte(text)).Files
	if standTogether(r) {
		return checkProject(t, files)
	}
	bound, exports := policies(t, files)
	var results []lint.Result
	for _, f := range exports {
		switch {
		case r.Scope == lint.Live:
			results = append(results, checkLive(t, f.Name, string(f.Data)))
		case ofTracked(r.ID):
			results = append(results, checkTracked(t, f.Name, string(f.Data)))
		default:
			results = append(results, checkFor(t, f.Name, string(f.Data), export.Unknown, lint.Options{Targets: resolve(t, consumer.Asked{}), Schemas: bound}))
		}
	}
	return results
}

// standTogether reports whether the files of a rule's examples are one project.
func standTogether(r *lint.Rule) bool {
	return r.Scope == lint.Project || r.Scope == lint.Ignores || strings.Contains(r.Before, "-- "+config.Name+" --")
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
	form := regexp.MustCompile(`^(DOC|VAL|CON|URI|DBT|PRJ|SEC|SUP|POL|LIVE)\d{3}$`)
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
			for _, res := range checkExample(t, r, r.Before) {
				for _, found := range res.Findings {
					if found.Rule.ID == r.ID {
						n++
					}
				}
			}
			if n == 0 {
				t.Error("the example before has no such finding")
			}
			for _, res := range checkExample(t, r, r.After) {
				for _, found := range res.Findings {
					if found.Level >= lint.Warning || found.Rule.ID == r.ID {
						t.Errorf("the example after still has %s: %s", found.Rule.ID, found.Message)
					}
				}
			}
		})
	}
}

// TestRules runs testdata/rules/ID/*.txtar, with the policies among the files. Files under bad/ have findings of the
// rule, those under good/ have none of it; for a rule about projects, the files of
// each folder below them stand together. The text above the files is the findings
// of the rule, one a line: place, level and the bytes at the place.
func TestRules(t *testing.T) {
	archives, err := filepath.Glob("../testdata/rules/*/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no cases", err)
	}
	seen, ofProjects, ofLive := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range rules.All() {
		ofProjects[r.ID], ofLive[r.ID] = standTogether(r), r.Scope == lint.Live
	}
	for _, name := range archives {
		id := filepath.Base(filepath.Dir(name))
		seen[id] = true
		t.Run(id+"/"+strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			bound, files := policies(t, ar.Files)
			projects := ofProjects[id] && len(bound) == 0
			for _, c := range cases(files, projects) {
				var lines string
				if projects {
					for _, res := range checkProject(t, c.files) {
						lines += findingLines(t, res, id, c.name+"/"+res.Doc.File.Path)
					}
				} else if f := c.files[0]; ofLive[id] {
					lines = findingLines(t, checkLive(t, f.Name, string(f.Data)), id, c.name)
				} else if ofTracked(id) {
					lines = findingLines(t, checkTracked(t, f.Name, string(f.Data)), id, c.name)
				} else {
					lines = findingLines(t, checkFor(t, f.Name, string(f.Data), export.Unknown, lint.Options{Targets: resolve(t, consumer.Asked{}), Schemas: bound}), id, c.name)
				}
				got.WriteString(lines)
				if bad := strings.HasPrefix(c.name, "bad/"); bad != (lines != "") {
					t.Errorf("%s: findings of %s: %q", c.name, id, lines)
				}
			}
			if *update {
				ar.Comment = []byte(got.String())
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
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

// testCase is one file of an archive, or the files of a project.
type testCase struct {
	name  string
	files []txtar.File
}

// cases takes the files apart: bad/x/requirements.txt belongs to the project bad/x.
func cases(files []txtar.File, projects bool) []testCase {
	var list []testCase
	for _, f := range files {
		name, rest := f.Name, strings.SplitN(f.Name, "/", 2)[1]
		if projects {
			var dir string
			dir, rest, _ = strings.Cut(rest, "/")
			name = strings.SplitN(f.Name, "/", 2)[0] + "/" + dir
		}
		f.Name = rest
		if n := len(list); projects && n > 0 && list[n-1].name == name {
			list[n-1].files = append(list[n-1].files, f)
		} else {
			list = append(list, testCase{name, []txtar.File{f}})
		}
	}
	return list
}

// checkWording holds a finding to the grammar of messages, and to a remedy where the
// message is not all that there is to say.
func checkWording(t *testing.T, f lint.Finding) {
	t.Helper()
	const most = 150 // what the document loses by it included
	if n := utf8.RuneCountInString(f.Message); n > most || strings.HasSuffix(f.Message, ".") || strings.Contains(f.Message, "\n") {
		t.Errorf("%s says, in %d characters: %s", f.Rule.ID, n, f.Message)
	}
	switch f.Rule.ID {
	case "DOC001", "DOC002", "POL001": // the place, or nothing, is to be mended; a policy speaks for itself
	default:
		if f.Hint == "" {
			t.Errorf("%s has no remedy for: %s", f.Rule.ID, f.Message)
		}
	}
}

func findingLines(t *testing.T, res lint.Result, id, name string) string {
	t.Helper()
	var b strings.Builder
	for _, f := range res.Findings {
		if f.Rule.ID != id {
			continue
		}
		if f.Rule.Scope != lint.Live { // which quotes an answer
			checkWording(t, f)
		}
		at := res.Doc.File.Position(f.Span.Start)
		fmt.Fprintf(&b, "%s:%d:%d: %s %q\n", name, at.Line, at.Column, f.Level, res.Doc.File.Data[f.Span.Start:f.Span.End])
	}
	return b.String()
}
