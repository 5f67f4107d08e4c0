package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// The shape of GitLab's Code Quality reports.
type (
	gitlabIssue struct {
		Description string         `json:"description"`
		CheckName   string         `json:"check_name"`
		Fingerprint string         `json:"fingerprint"`
		Severity    string         `json:"severity"`
		Location    gitlabLocation `json:"location"`
	}
	gitlabLocation struct {
		Path  string      `json:"path"`
		Lines gitlabLines `json:"lines"`
	}
	gitlabLines struct {
		Begin int `json:"begin"`
		End   int `json:"end"`
	}
)

// writeGitLab is for the Code Quality widget of a merge request.
func writeGitLab(w io.Writer, r *Run) error {
	s := newStream(w)
	seen := map[string]int{}
	issue := func(i gitlabIssue, key string) {
		// Issues with one fingerprint count as one.
		key = i.Location.Path + "\x00" + key
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, seen[key]))
		seen[key]++
		i.Fingerprint = hex.EncodeToString(sum[:])
		s.value(i)
	}
	s.open('[')
	for _, e := range r.Errors {
		issue(gitlabIssue{
			Description: "cannot be read: " + e.Message, CheckName: "unreadable", Severity: "blocker",
			Location: gitlabLocation{r.inRepository(e.Path), gitlabLines{1, 1}},
		}, "unreadable")
	}
	for res, f := range r.all() {
		file := res.Doc.File
		issue(gitlabIssue{
			// GitLab shows no check_name.
			Description: f.Rule.ID + ": " + full(f), CheckName: f.Rule.ID, Severity: gitlabSeverity(f),
			Location: gitlabLocation{r.inRepository(file.Path), gitlabLines{file.Position(f.Span.Start).Line, file.Position(f.Span.End).Line}},
		}, f.Fingerprint)
	}
	s.close(']')
	return s.flush()
}

func gitlabSeverity(f *lint.Finding) string {
	switch {
	case f.Level == lint.Error && isSecurity(f.Rule):
		return "critical"
	case f.Level == lint.Error:
		return "major"
	case f.Level == lint.Warning:
		return "minor"
	}
	return "info"
}
