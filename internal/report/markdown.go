package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// mostMarkdown is how many bytes of findings are written: a comment on GitHub holds
// 65,536 characters.
const mostMarkdown = 56 << 10

// leastFinding is how many bytes one takes at least.
const leastFinding = 100

// mostRules is how many rules the table of a comment names.
const mostRules = 30

// writeMarkdown is for the summary of a job or a comment on a merge request. What
// does not fit is counted.
func writeMarkdown(w io.Writer, r *Run) error {
	b := bufio.NewWriter(w)
	sum := r.Summary()
	fmt.Fprintf(b, "## dbtconn-lint\n\n**%s** in %s, %s.", list([]string{Count(sum.Errors, "error"), Count(sum.Warnings, "warning"), Count(sum.Notes, "note")}),
		Count(sum.Connections, "connection"), Count(sum.Files, "file"))
	if as := readAs(r); as != "" {
		fmt.Fprint(b, " ", escapeMarkdown(as))
	}
	fmt.Fprintln(b)
	for i, e := range r.Errors {
		if i == 0 {
			fmt.Fprintln(b)
		}
		if i == mostRules {
			fmt.Fprintf(b, "- … and %s more\n", Count(len(r.Errors)-i, "unreadable file"))
			break
		}
		fmt.Fprintf(b, "- cannot be read: %s: %s\n", escapeMarkdown(brief(e.Path)), escapeMarkdown(brief(e.Message)))
	}
	if rules, counts := r.rules(); len(rules) > 0 {
		fmt.Fprint(b, "\n| findings | rule | |\n|---:|---|---|\n")
		for i, rule := range rules {
			if i == mostRules {
				fmt.Fprintf(b, "| | … | and %s more |\n", Count(len(rules)-i, "rule"))
				break
			}
			fmt.Fprintf(b, "| %d | [%s](%s) | %s |\n", counts[rule], rule.ID, rule.URL(), escapeMarkdown(rule.Summary))
		}
	}
	liveMarkdown(b, r)
	// The most severe come first, so that they are there where not all fit.
	left, missing := mostMarkdown, 0
	for level := lint.Error; level > lint.Off; level-- {
		for i := range r.Results {
			res := &r.Results[i]
			var findings []lint.Finding
			for j := range res.Findings {
				if res.Findings[j].Level == level {
					findings = append(findings, res.Findings[j])
				}
			}
			if missing > 0 {
				missing += len(findings)
				continue
			}
			fit := findings[:min(len(findings), left/leastFinding+1)]
			m := newMasker(res.Doc, fit)
			for j := range findings {
				text := ""
				if left > 0 {
					text = findingMarkdown(m, &findings[j])
				}
				if left -= len(text); left <= 0 {
					missing += len(findings) - j
					break
				}
				fmt.Fprint(b, text)
			}
		}
	}
	if missing > 0 {
		fmt.Fprintf(b, "\n… and %s more, which do not fit here.\n", Count(missing, "finding"))
	}
	return b.Flush()
}

// liveMarkdown says how the live test went, with a row for each connection that
// works.
func liveMarkdown(w io.Writer, r *Run) {
	if r.Tried == nil {
		return
	}
	fmt.Fprintf(w, "\n%s\n", escapeMarkdown(tried(r, false)))
	for i := range r.Live {
		if i == 0 {
			fmt.Fprint(w, "\n| works | what was seen |\n|---|---|\n")
		}
		if i == mostRules {
			fmt.Fprintf(w, "| … | and %s more |\n", Count(len(r.Live)-i, "connection"))
			break
		}
		l := &r.Live[i]
		fmt.Fprintf(w, "| %s in %s | %s |\n", escapeMarkdown(brief(l.ConnID)), escapeMarkdown(brief(l.Path)), escapeMarkdown(l.says()))
	}
}

func findingMarkdown(m masker, f *lint.Finding) string {
	var b strings.Builder
	at := m.file.Position(f.Span.Start)
	fmt.Fprintf(&b, "\n**%s** [%s](%s) %s:%d:%d  \n%s\n\n", f.Level, f.Rule.ID, f.Rule.URL(), escapeMarkdown(brief(m.file.Path)), at.Line, at.Column, escapeMarkdown(f.Message))
	s := m.snippet(f.Span)
	fence := "```"
	for strings.Contains(s.text, fence) {
		fence += "`"
	}
	gutter := fmt.Sprintf("%d | ", s.line)
	fmt.Fprintf(&b, "%stext\n%s%s\n%s%s\n%s\n", fence, gutter, s.text, strings.Repeat(" ", len(gutter)+s.caret), strings.Repeat("^", s.wide), fence)
	remedy := f.Hint
	if remedy == "" {
		remedy = f.Rule.Remedy
	}
	fmt.Fprintf(&b, "\n%s\n", escapeMarkdown(remedy))
	for _, rel := range f.Related {
		at := rel.In(m.file).Position(rel.Span.Start)
		fmt.Fprintf(&b, "- %s:%d:%d %s\n", escapeMarkdown(brief(rel.In(m.file).Path)), at.Line, at.Column, escapeMarkdown(rel.Message))
	}
	return b.String()
}

// escapeMarkdown is a text that reads as itself in GitHub's and GitLab's Markdown:
// no markup, no HTML, no link, nobody is mentioned.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range Plain(s) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@', r == '#', r == '!', r == '~', r == '%', r == '$':
			// A mention or a reference is found in the text after the escapes are read.
			// What has no width keeps it from that.
			b.WriteString(`\` + string(r) + "\u200b")
		case r < 0x80 && r != ' ' && !isAlphanumeric(byte(r)):
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isAlphanumeric(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' }
