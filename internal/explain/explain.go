// Package explain says what there is to say of a rule, from the rule's own fields:
// as text for a terminal, and as pages of docs/rules.
package explain

import (
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

//go:generate go run ./gen ../../docs/rules

// Text is a rule as `explain` prints it.
func Text(r *lint.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s (%s)\n%s.\n\n%s\n\n%s\n", r.ID, r.Name, r.Level, r.Summary, wrap("", r.Why), wrap("What to do: ", r.Remedy))
	if len(r.Variants) > 0 {
		fmt.Fprintf(&b, "\nLevels: %s, but\n", r.Level)
		for _, v := range r.Variants {
			fmt.Fprintf(&b, "%s\n", wrap(fmt.Sprintf("  %s as %s/%s: ", v.Level, r.ID, v.Name), v.When))
		}
	}
	for _, e := range examples(r) {
		fmt.Fprintf(&b, "\n%s, in %s:\n", e.title, e.name)
		for line := range strings.Lines(e.text) {
			fmt.Fprintf(&b, "    %s", line)
		}
	}
	b.WriteString("\nTo silence it, one of:\n")
	all := ways(r)
	for _, w := range all {
		for i, line := range w.lines {
			if i > 0 {
				w.where = ""
			}
			fmt.Fprintf(&b, "  %-20s %s\n", w.where, line)
		}
	}
	if all[len(all)-1].where == comment {
		b.WriteString(wrap("  ", comments) + "\n")
	}
	fmt.Fprintf(&b, "\n%s\nSince dbtconn-lint %s. Page: %s\n", wrap("Source: ", r.Source), r.Since, r.URL())
	return b.String()
}

// example is one file of a rule's example.
type example struct{ title, name, text string }

func examples(r *lint.Rule) []example {
	var list []example
	for _, e := range [...]struct{ title, text string }{{"Found", r.Before}, {"Right", r.After}} {
		for _, f := range txtar.Parse([]byte(e.text)).Files {
			list = append(list, example{e.title, f.Name, string(f.Data)})
		}
	}
	return list
}

// way is where a rule can be silenced, and what to write there.
type way struct {
	where string
	lines []string
}

// comment is where a comment silences a rule.
const comment = "comment"

// comments says what a comment that silences a rule speaks for.
const comments = "A comment speaks for its line, or, on a line of its own, for the next connection. In env files it needs a line of its own; JSON has no comments."

// ways to silence a rule. What is found beside the exports has no comments.
func ways(r *lint.Rule) []way {
	command, config := way{"command line", []string{"--ignore " + r.ID}}, way{".dbtconn-lint.yaml", []string{"ignore: [" + r.ID + "]"}}
	// A level for the rule is one for all of its cases; a note has only cases to lower.
	name, level := r.ID, r.Level
	for _, v := range r.Variants {
		if level <= lint.Note {
			name, level = r.ID+"/"+v.Name, v.Level
		}
	}
	if level > lint.Note {
		command.lines = append(command.lines, fmt.Sprintf("--severity %s=%s", name, level-1))
		config.lines = append(config.lines, fmt.Sprintf("severity: {%s: %s}", name, level-1))
	}
	what := `connections: ["legacy_*"]`
	if r.Scope == lint.Document || r.Scope == lint.Project {
		what = `paths: ["old/**"]`
	}
	config.lines = append(config.lines, fmt.Sprintf(`ignores: [{rules: [%s], %s, reason: "moves in Q1"}]`, r.ID, what))
	if r.Scope == lint.Project {
		return []way{command, config}
	}
	return []way{command, config, {comment, []string{"# dbtconn-lint: ignore " + r.ID + " -- reason", "# dbtconn-lint: ignore-file " + r.ID + " -- reason"}}}
}

// wrap breaks a text into lines of at most 100 characters, the first of which
// begins with a prefix; the others are set in below a prefix of blanks.
func wrap(prefix, s string) string {
	const most = 100
	indent := strings.Repeat(" ", len(prefix)-len(strings.TrimLeft(prefix, " ")))
	var b strings.Builder
	b.WriteString(prefix)
	n, first := len(prefix), true
	for _, word := range strings.Fields(s) {
		switch {
		case first:
		case n+1+len(word) > most:
			b.WriteString("\n" + indent)
			n = len(indent)
		default:
			b.WriteByte(' ')
			n++
		}
		first = false
		b.WriteString(word)
		n += len(word)
	}
	return b.String()
}
