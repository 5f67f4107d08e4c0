package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// mostMarkdown is how many bytes are written, but for headings and the lines that count
// what is left out: a comment on GitHub holds 65,536 characters.
const mostMarkdown = 65_536 - 512

// leastFinding is how many bytes one takes at least.
const leastFinding = 100

// mostRules is how many rules the table of a comment names.
const mostRules = 30

// writeMarkdown is for the summary of a job or a comment on a merge request. What
// does not fit is counted.
func writeMarkdown(w io.Writer, r *Run) error {
	var p paper
	sum := r.Summary()
	fmt.Fprintf(&p, "## dbtconn-lint\n\n**%s** in %s, %s.", list([]string{Count(sum.Errors, "error"), Count(sum.Warnings, "warning"), Count(sum.Notes, "note")}),
		Count(sum.Connections, "connection"), Count(sum.Files, "file"))
	if as := readAs(r); as != "" {
		p.add(" " + escapeMarkdown(as))
	}
	fmt.Fprintln(&p)
	for i, e := range r.Errors {
		if i == 0 {
			fmt.Fprintln(&p)
		}
		if i == mostRules || !p.add(fmt.Sprintf("- cannot be read: %s: %s\n", escapeMarkdown(brief(e.Path)), escapeMarkdown(brief(e.Message)))) {
			fmt.Fprintf(&p, "- … and %s more\n", Count(len(r.Errors)-i, "unreadable file"))
			break
		}
	}
	if rules, counts := r.rules(); len(rules) > 0 {
		fmt.Fprint(&p, "\n| findings | rule | |\n|---:|---|---|\n")
		for i, rule := range rules {
			if i == mostRules || !p.add(fmt.Sprintf("| %d | [%s](%s) | %s |\n", counts[rule], rule.ID, rule.URL(), escapeMarkdown(rule.Summary))) {
				fmt.Fprintf(&p, "| | … | and %s more |\n", Count(len(rules)-i, "rule"))
				break
			}
		}
	}
	liveMarkdown(&p, r)
	// The most severe come first, so that they are there where not all fit.
	missing := 0
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
			fit := findings[:min(len(findings), max(0, mostMarkdown-p.Len())/leastFinding)]
			m := newMasker(res.Doc, fit)
			for j := range findings {
				if j == len(fit) || !p.add(findingMarkdown(m, &findings[j])) {
					missing += len(findings) - j
					break
				}
			}
		}
	}
	if missing > 0 {
		fmt.Fprintf(&p, "\n… and %s more, which do not fit here.\n", Count(missing, "finding"))
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// paper is a text with a limit.
type paper struct{ strings.Builder }

// add writes a text if there is room for it.
func (p *paper) add(s string) bool {
	if p.Len()+len(s) > mostMarkdown {
		return false
	}
	p.WriteString(s)
	return true
}

// liveMarkdown says how the live test went, with a row for each connection that
// works.
func liveMarkdown(p *paper, r *Run) {
	if r.Tried == nil {
		return
	}
	fmt.Fprintf(p, "\n%s\n", escapeMarkdown(tried(r, false)))
	for i := range r.Live {
		if i == 0 {
			fmt.Fprint(p, "\n| works | what was seen |\n|---|---|\n")
		}
		l := &r.Live[i]
		if i == mostRules || !p.add(fmt.Sprintf("| %s in %s | %s |\n", escapeMarkdown(brief(l.ConnID)), escapeMarkdown(brief(l.Path)), escapeMarkdown(l.says()))) {
			fmt.Fprintf(p, "| … | and %s more |\n", Count(len(r.Live)-i, "connection"))
			break
		}
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
