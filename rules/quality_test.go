package rules_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// corpus is the real files with an expert's labels. They are not part of the
// repository; where they are absent the test is skipped.
const corpus = "../../shared/corpus"

type label struct {
	Path, As string
	Expect   []expectation
	Allow    []string
}

type expectation struct {
	Rule   string
	ConnID *string `json:"conn_id"`
	Field  string
	Line   int
	Lines  []int
	Alt    []string
	Group  string
}

// labels are those of the corpus; without one the test is skipped.
func labels(t *testing.T) []label {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpus, "labels.json"))
	if err != nil {
		t.Skip("no corpus beside the repository: ", err)
	}
	var all struct{ Files []label }
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all.Files
}

// TestQuality compares what the rules say of the corpus with the labels and
// prints precision and recall. Only rules that exist count.
func TestQuality(t *testing.T) {
	files := labels(t)
	exists := map[string]bool{}
	for _, r := range rules.All() {
		exists[r.ID] = true
	}
	type tally struct{ hits, misses, alarms int }
	per := map[string]*tally{}
	count := func(id string) *tally {
		if per[id] == nil {
			per[id] = &tally{}
		}
		return per[id]
	}
	for _, l := range files {
		text, err := os.ReadFile(filepath.Join(corpus, l.Path))
		if err != nil {
			t.Fatal(err)
		}
		res := check(t, l.As, string(text))
		used := make([]bool, len(res.Findings))
		groups := map[string]bool{}
		missed := map[string]expectation{}
		for _, e := range l.Expect {
			key := e.Rule + e.Group
			if e.Group == "" {
				key = fmt.Sprint(e)
			}
			hit := false
			for i, f := range res.Findings {
				if matches(res, f, e) {
					used[i], hit = true, true
				}
			}
			if hit {
				groups[key] = true
			} else if exists[e.Rule] {
				missed[key] = e
			}
		}
		for key, e := range missed {
			if groups[key] {
				continue
			}
			count(e.Rule).misses++
			t.Logf("missed %s %s %d", l.Path, e.Rule, e.Line)
		}
		for i, f := range res.Findings {
			switch {
			case used[i]:
				count(f.Rule.ID).hits++
			case f.Level < lint.Warning || slices.Contains(l.Allow, f.Rule.ID):
			default:
				count(f.Rule.ID).alarms++
				at := res.Doc.File.Position(f.Span.Start)
				t.Logf("false alarm %s:%d:%d %s %s", l.Path, at.Line, at.Column, f.Rule.ID, f.Message)
			}
		}
	}
	var ids []string
	var sum tally
	for id, c := range per {
		ids = append(ids, id)
		sum.hits += c.hits
		sum.misses += c.misses
		sum.alarms += c.alarms
	}
	sort.Strings(ids)
	for _, id := range ids {
		t.Logf("%-8s hits %3d  misses %3d  false alarms %3d", id, per[id].hits, per[id].misses, per[id].alarms)
	}
	var absent []string
	for _, r := range rules.All() {
		if per[r.ID] == nil {
			absent = append(absent, r.ID)
		}
	}
	t.Logf("not in the corpus, and not alarmed there: %s", strings.Join(absent, " "))
	precision := float64(sum.hits) / float64(max(1, sum.hits+sum.alarms))
	recall := float64(sum.hits) / float64(max(1, sum.hits+sum.misses))
	t.Logf("precision %.3f, recall %.3f over %d files", precision, recall, len(files))
	if precision < 0.99 || recall < 0.98 {
		t.Errorf("precision %.3f (at least 0.99), recall %.3f (at least 0.98)", precision, recall)
	}
}

// matches reports whether a finding is what a label expects.
func matches(res lint.Result, f lint.Finding, e expectation) bool {
	if f.Rule.ID != e.Rule && !slices.Contains(e.Alt, f.Rule.ID) {
		return false
	}
	if e.ConnID != nil && f.ConnID != "" && !strings.EqualFold(*e.ConnID, f.ConnID) {
		return false
	}
	line := res.Doc.File.Position(f.Span.Start).Line
	switch {
	case len(e.Lines) == 2:
		return line >= e.Lines[0] && line <= e.Lines[1]
	case e.Line > 0:
		return line == e.Line
	}
	return true
}

// TestQualityTracked prints how often the rules about tracked files speak when git
// has all of the corpus, and where. The corpus is anonymised, so that its tokens have
// lost their shapes, and a note, once per file, is all that can be said of them. When
// each of the 12 was last looked at (2026-11), all were passwords of hosts elsewhere,
// and a file of placeholders.
func TestQualityTracked(t *testing.T) {
	files := labels(t)
	told := map[string]int{}
	speaking := 0
	for _, l := range files {
		text, err := os.ReadFile(filepath.Join(corpus, l.Path))
		if err != nil {
			t.Fatal(err)
		}
		res := checkTracked(t, l.As, string(text))
		spoke, notes := false, 0
		for _, f := range res.Findings {
			if !ofTracked(f.Rule.ID) {
				continue
			}
			spoke = true
			name := f.Rule.ID + " " + f.Level.String()
			told[name]++
			if f.Rule.ID == "SEC001" && f.Level == lint.Note {
				notes++
			}
			t.Logf("%s:%d %s %s", l.Path, res.Doc.File.Position(f.Span.Start).Line, name, f.Message)
		}
		if spoke {
			speaking++
		}
		if notes > 1 {
			t.Errorf("%s: %d notes, one for a file is enough", l.Path, notes)
		}
	}
	t.Logf("in %d of %d files: %v", speaking, len(files), told)
}
