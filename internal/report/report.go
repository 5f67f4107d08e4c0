// Package report writes what a run found, in the formats that people and programs
// read. It does not know how findings came to be.
package report

import (
	"io"
	"strings"
	"unicode"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// FileError is an input that could not be read.
type FileError struct {
	Path, Message string
}

// Run is one run's outcome.
type Run struct {
	Version string
	Results []lint.Result
	Errors  []FileError
	Notes   bool // text and concise show notes, too
	Quiet   bool // no summary
	Stats   bool // counts of each rule
	Color   bool
}

// Format is an output format.
type Format struct {
	Name  string
	Write func(io.Writer, *Run) error
}

// Formats are all output formats; the first is the default.
var Formats = [...]Format{
	{"text", writeText},
	{"concise", writeConcise},
	{"json", writeJSON},
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
}

// Summary counts the findings of the run.
func (r *Run) Summary() Summary {
	var s Summary
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

// Plain is a text that cannot steer a terminal: control characters are shown as
// what they are.
func Plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	clean := true
	for _, r := range s {
		if !isShown(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isShown(r) {
			b.WriteRune(r)
		} else {
			b.WriteRune('\uFFFD')
		}
	}
	return b.String()
}

// isShown leaves out what moves the cursor, changes colours or the direction of
// the text.
func isShown(r rune) bool {
	return r == ' ' || unicode.IsPrint(r) && !unicode.Is(unicode.Bidi_Control, r)
}
