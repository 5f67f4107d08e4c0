package explain

import (
	"fmt"
	"path"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// families are the headings of the index, in its order.
var families = [...]struct{ name, about string }{
	{"DOC", "the document as a whole"},
	{"VAL", "the value that arrives is not the one written"},
	{"CON", "any connection"},
	{"URI", "connection URIs"},
	{"DBT", "dbt Cloud connections"},
	{"PRJ", "the project around the exports"},
	{"SEC", "secrets"},
	{"SUP", "ignores and baselines"},
	{"POL", "policies of your own"},
	{"LIVE", "what a live test found"},
}

const generated = "<!-- Made by `go generate ./internal/explain` out of the rules; do not edit. -->\n"

// Pages are the files of docs/rules by their names: a page for each rule, and
// their index.
func Pages(rules []*lint.Rule) (map[string]string, error) {
	pages := map[string]string{}
	for _, r := range rules {
		pages[r.ID+".md"] = page(r)
	}
	index, err := index(rules)
	if err != nil {
		return nil, err
	}
	pages["README.md"] = index
	return pages, nil
}

func index(rules []*lint.Rule) (string, error) {
	var b strings.Builder
	b.WriteString("# The rules\n\n" + generated)
	left := len(rules)
	for _, f := range families {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n| rule | level | what it finds |\n|---|---|---|\n", f.name, sentence(f.about))
		for _, r := range rules {
			if r.Family() == f.name {
				fmt.Fprintf(&b, "| [%s %s](%s.md) | %s | %s |\n", r.ID, r.Name, r.ID, r.Level, markdown(r.Summary))
				left--
			}
		}
	}
	if left != 0 {
		return "", fmt.Errorf("%d rules are of no family that the index has a heading for", left)
	}
	return b.String(), nil
}

func page(r *lint.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n%s\n**%s**, since %s. %s.\n", r.ID, r.Name, generated, r.Level, r.Since, markdown(r.Summary))
	fmt.Fprintf(&b, "\n## Why\n\n%s\n\n## What to do\n\n%s\n", markdown(r.Why), markdown(r.Remedy))
	if len(r.Variants) > 0 {
		fmt.Fprintf(&b, "\n## Levels\n\n| name | level | when |\n|---|---|---|\n| %s | %s | all other cases |\n", r.ID, r.Level)
		for _, v := range r.Variants {
			fmt.Fprintf(&b, "| %s/%s | %s | %s |\n", r.ID, v.Name, v.Level, markdown(v.When))
		}
	}
	title := ""
	for _, e := range examples(r) {
		if e.title != title {
			title = e.title
			fmt.Fprintf(&b, "\n## %s\n", title)
		}
		fmt.Fprintf(&b, "\n`%s`\n\n```%s\n%s```\n", e.name, language(e.name), e.text)
	}
	b.WriteString("\n## How to silence it\n\nOne of these lines:\n")
	all := ways(r)
	for _, w := range all {
		fmt.Fprintf(&b, "\n%s\n\n```\n%s\n```\n", sentence(markdown(w.where)), strings.Join(w.lines, "\n"))
	}
	if all[len(all)-1].where == comment {
		b.WriteString("\n" + comments + "\n")
	}
	fmt.Fprintf(&b, "\n## Source\n\n%s\n\n[All rules](README.md)\n", markdown(r.Source))
	return b.String()
}

// language is what GitHub colours a file as.
func language(name string) string {
	switch path.Ext(name) {
	case ".yaml", ".yml":
		return "yaml"
	case ".json":
		return "json"
	}
	return ""
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// markdown is a plain text with what Markdown would take for its own escaped. A
// text between backticks stays.
func markdown(s string) string {
	special := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `_`, `\_`, `<`, `\<`, `[`, `\[`, `|`, `\|`)
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 {
		return special.Replace(s)
	}
	for i := 0; i < len(parts); i += 2 {
		parts[i] = special.Replace(parts[i])
	}
	return strings.Join(parts, "`")
}
