// Package report writes what a run found, in the formats that people and programs
// read. It does not know how findings came to be.
package report

import (
	"io"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// FileError is an input that could not be read.
type FileError struct {
	Path, Message string
}

// Run is one run's outcome.
type Run struct {
	Version string
	Made    time.Time // when it was; the zero time is not shown
	Results []lint.Result
	Errors  []FileError
	// Excluded counts the files and directories that a walk was told to leave out.
	Excluded int
	Notes    bool // text and concise show notes, too
	Quiet    bool // no summary
	Stats    bool // times, and counts of each rule
	Stages   []Stage
	Color    bool
	Links    bool // text links rules to their pages, as terminals do it

	// Root is the repository's folder and Dir the one that paths start from, where a
	// pipeline says so: what it shows is named by paths from the root.
	Root, Dir string
	// ConnIDs are the connections that were asked for; empty: all.
	ConnIDs []string
	// Overviews of the documents, where a format asks for them.
	Overviews []Overview
	// Paths are the arguments, for a command that is suggested.
	Paths []string
	// Tried counts the live test; nil where there was none. Live are its successes.
	Tried *Tried
	Live  []Live
}

// Stage is a part of a run, with the time that it took.
type Stage struct {
	Name string
	Took time.Duration
}

// StageCheck is the stage in which connections are read and judged.
const StageCheck = "read and check"

// Overview is what the consumers of a document make of it, without secrets.
type Overview struct {
	Path string
	// Types of its connections.
	Types map[string]int
	// Consumers, those in one column that hold all alike, and the rows in which they
	// differ. Alike counts the connections without such a row.
	Consumers []string
	Rows      []OverviewRow
	Alike     int
}

// OverviewRow is something of a connection, or of the document where ID is empty,
// as each column holds it. One cell stands for all columns.
type OverviewRow struct {
	ID, Name string
	Cells    []string
}

// Tried counts connections by what the live test made of them.
type Tried struct {
	Verified    int `json:"verified"`
	Failed      int `json:"failed"`
	NotVerified int `json:"not_verified"` // no answer that decides
	NotTested   int `json:"not_tested"`   // nothing was sent
}

// Live is a connection that dbt Cloud has taken.
type Live struct {
	Path, ConnID, Host string
	// AccountID is 0 where the connection names none and the token reaches several,
	// or none.
	AccountID     int64
	Account, Plan string
	// Jobs that the token sees; below 0 where none were asked for.
	Jobs int
	// Reaches are the accounts of the token where there is no one account.
	Reaches []string
}

// Same reports whether two say the same.
func (l Live) Same(o Live) bool {
	return l.Path == o.Path && l.ConnID == o.ConnID && l.Host == o.Host && l.AccountID == o.AccountID && l.Jobs == o.Jobs && slices.Equal(l.Reaches, o.Reaches)
}

// Format is an output format.
type Format struct {
	Name  string
	Write func(io.Writer, *Run) error
	// Mixes is set where the lines may stand among those of another format.
	Mixes bool
	// Documents is set for a format that shows connections without findings, too, and
	// so needs the documents of all; Overviews for one that shows what these hold.
	Documents, Overviews bool
}

// Formats are all output formats; the first is the default.
var Formats = [...]Format{
	{Name: "text", Write: writeText},
	{Name: "concise", Write: writeConcise},
	{Name: "json", Write: writeJSON},
	{Name: "jsonl", Write: writeJSONLines},
	{Name: "sarif", Write: writeSARIF},
	{Name: "github", Write: writeGitHub, Mixes: true},
	{Name: "gitlab", Write: writeGitLab},
	{Name: "junit", Write: writeJUnit, Documents: true},
	{Name: "checkstyle", Write: writeCheckstyle},
	{Name: "rdjsonl", Write: writeRDJSONL},
	{Name: "markdown", Write: writeMarkdown},
	{Name: "html", Write: writeHTML, Documents: true, Overviews: true},
}

// Named finds a format by its name.
func Named(name string) (Format, bool) {
	for _, f := range Formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Names are the names of the formats.
func Names() []string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return names
}

// Summary counts a run.
type Summary struct {
	Files       int `json:"files"`
	Connections int `json:"connections"`
	Errors      int `json:"errors"`
	Warnings    int `json:"warnings"`
	Notes       int `json:"notes"`
	Suppressed  int `json:"suppressed"`
	// Live is there where connections were tried.
	Live *Tried `json:"live,omitempty"`
}

// Summary counts the findings of the run.
func (r *Run) Summary() Summary {
	s := Summary{Live: r.Tried}
	for i := range r.Results {
		if !r.Results[i].Beside {
			s.Files++
		}
		s.Connections += r.Results[i].Connections
		s.Suppressed += r.Results[i].Suppressed
		for j := range r.Results[i].Findings {
			switch r.Results[i].Findings[j].Level {
			case lint.Error:
				s.Errors++
			case lint.Warning:
				s.Warnings++
			case lint.Note:
				s.Notes++
			}
		}
	}
	return s
}

// all are the findings of the run in their order.
func (r *Run) all() iter.Seq2[*lint.Result, *lint.Finding] {
	return func(yield func(*lint.Result, *lint.Finding) bool) {
		for i := range r.Results {
			for j := range r.Results[i].Findings {
				if !yield(&r.Results[i], &r.Results[i].Findings[j]) {
					return
				}
			}
		}
	}
}

// rules are those that found something, by their ids, with the number of their
// findings.
func (r *Run) rules() ([]*lint.Rule, map[*lint.Rule]int) {
	counts := map[*lint.Rule]int{}
	for _, f := range r.all() {
		counts[f.Rule]++
	}
	list := slices.SortedFunc(maps.Keys(counts), func(a, b *lint.Rule) int { return strings.Compare(a.ID, b.ID) })
	return list, counts
}

// inRepository is a path as a pipeline knows it: from the root of the repository,
// if it is known and the file is in it.
func (r *Run) inRepository(p string) string {
	if r.Root == "" || p == "-" {
		return path.Clean(p)
	}
	whole := p
	if !isAbsolute(p) {
		whole = path.Join(r.Dir, p)
	}
	if rest, ok := strings.CutPrefix(path.Clean(whole), strings.TrimSuffix(r.Root, "/")+"/"); ok {
		return rest
	}
	return path.Clean(p)
}

// isAbsolute knows the paths of all systems, with slashes: /x and C:/x.
func isAbsolute(p string) bool {
	return strings.HasPrefix(p, "/") || len(p) > 2 && p[1:3] == ":/"
}

// full is what a finding says in one line: the message, and what to do.
func full(f *lint.Finding) string {
	if f.Hint == "" {
		return f.Message
	}
	return f.Message + "; " + f.Hint
}

// brief is a text that is not longer than a reader can bear.
func brief(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// shown are the findings that text and concise show of a result.
func (r *Run) shown(res *lint.Result) []lint.Finding {
	if r.Notes {
		return res.Findings
	}
	var list []lint.Finding
	for i := range res.Findings {
		if res.Findings[i].Level > lint.Note {
			list = append(list, res.Findings[i])
		}
	}
	return list
}

// Plain is a text that cannot steer what shows it: control characters appear as
// what they are, and nothing looks like a command to the log of a pipeline. GitHub's
// runner obeys :: at the beginning of a line, behind blanks, too, and ##[ anywhere
// (actions/runner, ActionCommand.cs).
func Plain(s string) string {
	clean := utf8.ValidString(s)
	for i, r := range s {
		if !isShown(r) || isCommand(s, i) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	for i, r := range s {
		if isShown(r) && !isCommand(s, i) {
			b.WriteRune(r)
		} else {
			b.WriteRune('\uFFFD')
		}
	}
	return b.String()
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// isCommand reports whether at i stands what makes a command of the text.
func isCommand(s string, i int) bool {
	switch s[i] {
	case '[': // ##[group], ##vso[task.setvariable]
		return strings.HasSuffix(strings.TrimRight(s[:i], letters), "##")
	case ':':
		return strings.HasPrefix(s[i:], "::") && strings.TrimSpace(s[:i]) == ""
	}
	return false
}

// isShown leaves out what moves the cursor, changes colours or the direction of
// the text.
func isShown(r rune) bool {
	if r < 0x7f {
		return r >= ' '
	}
	return unicode.IsPrint(r) && !unicode.Is(unicode.Bidi_Control, r)
}
