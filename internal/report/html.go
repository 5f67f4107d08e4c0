package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's style and script
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

//go:embed html.css
var htmlStyle string

//go:embed html.js
var htmlScript string

// mostRows is how many rows of the matrix are written; of more, their number is.
const mostRows = 500

// page writes one page that needs nothing else: no network, no script to be read.
// It is well-formed XML, too, which a test relies on.
type page struct {
	*bufio.Writer
	run    *Run
	rules  []*lint.Rule
	counts map[*lint.Rule]int
}

// writeHTML is for people who did not run the program.
func writeHTML(w io.Writer, r *Run) error {
	p := page{Writer: bufio.NewWriter(w), run: r}
	p.rules, p.counts = r.rules()
	p.head()
	p.totals()
	p.chart()
	p.live()
	p.types()
	p.matrix()
	p.findings()
	p.explain()
	p.printf("</main>\n<footer><p class=\"dim\">Made by <a href=\"%s\">dbtconn-lint</a> %s. Secrets are shown as ***.</p></footer>\n", home, text(r.Version))
	if len(p.rules) > 0 {
		p.printf("<script>%s</script>\n", htmlScript)
	}
	p.printf("</body>\n</html>\n")
	return p.Flush()
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// text is a text of the page.
func text(s string) string { return html.EscapeString(Plain(s)) }

// head begins the page. No script and no style but its own can run in it, and it
// loads nothing.
func (p *page) head() {
	sum := func(s string) string {
		h := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
	}
	p.printf("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
	p.printf("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'\"/>\n", sum(htmlStyle), sum(htmlScript))
	p.printf("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n")
	p.printf("<title>dbtconn-lint: Airflow connections</title>\n<style>%s</style>\n</head>\n<body>\n", htmlStyle)
	p.printf("<a class=\"skip\" href=\"#findings\">To the findings</a>\n<header>\n<h1>Airflow connections</h1>\n")
	if as := readAs(p.run); as != "" {
		p.printf("<p class=\"dim\">%s</p>\n", text(as))
	}
	if at := p.run.Made.UTC(); !at.IsZero() {
		p.printf("<p class=\"dim\">As of <time datetime=\"%s\">%s</time></p>\n", at.Format(time.RFC3339), at.Format("2 January 2006, 15:04 UTC"))
	}
	p.printf("<nav aria-label=\"Sections\"><ul>\n")
	for _, s := range [...][2]string{{"totals", "Totals"}, {"live", "Live test"}, {"types", "Types"}, {"consumers", "Consumers"}, {"findings", "Findings"}, {"rules", "Rules"}} {
		if s[0] == "live" && p.run.Tried == nil {
			continue
		}
		p.printf("<li><a href=\"#%s\">%s</a></li>\n", s[0], s[1])
	}
	p.printf("</ul></nav>\n</header>\n<main>\n")
}

func (p *page) section(id, title string) {
	p.printf("<section aria-labelledby=\"%s\">\n<h2 id=\"%[1]s\">%s</h2>\n", id, title)
}

func (p *page) totals() {
	sum := p.run.Summary()
	p.section("totals", "Totals")
	p.printf("<dl class=\"totals\">\n")
	for _, t := range [...]struct {
		class, what string
		n           int
	}{{"error", "errors", sum.Errors}, {"warning", "warnings", sum.Warnings}, {"note", "notes", sum.Notes}, {"", "connections", sum.Connections}, {"", "files", sum.Files}} {
		p.printf("<div><dt>%s</dt><dd class=\"%s\">%d</dd></div>\n", t.what, t.class, t.n)
	}
	p.printf("</dl>\n")
	for _, e := range p.run.Errors {
		p.printf("<p><b class=\"error\">Cannot be read:</b> %s: %s</p>\n", text(brief(e.Path)), text(brief(e.Message)))
	}
}

// bar is a part of a whole as a picture, besides its number.
func (p *page) bar(class string, n, most int) {
	p.printf("<svg class=\"%s\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"%.1f\" height=\"1\"/></svg>", class, 100*float64(n)/float64(max(1, most)))
}

// chart shows findings by severity and rule; it closes the totals.
func (p *page) chart() {
	type cell struct {
		rule  *lint.Rule
		level lint.Level
	}
	counts := map[cell]int{}
	for _, f := range p.run.all() {
		counts[cell{f.Rule, f.Level}]++
	}
	cells := slices.SortedFunc(maps.Keys(counts), func(a, b cell) int {
		return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(counts[b], counts[a]), strings.Compare(a.rule.ID, b.rule.ID))
	})
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	if len(cells) > 0 {
		p.printf("<table class=\"chart\"><caption>Findings by severity and rule</caption>\n<thead><tr><th scope=\"col\">Severity</th><th scope=\"col\">Rule</th><th scope=\"col\" class=\"name\">Name</th><th scope=\"col\" class=\"number\">Findings</th><td></td></tr></thead>\n<tbody>\n")
		for _, c := range cells {
			p.printf("<tr><td class=\"%s\">%[1]s</td><th scope=\"row\"><a href=\"#%s\">%[2]s</a></th><td class=\"name\">%s</td><td class=\"number\">%d</td><td>", c.level, c.rule.ID, c.rule.Name, counts[c])
			p.bar(c.level.String(), counts[c], most)
			p.printf("</td></tr>\n")
		}
		p.printf("</tbody></table>\n")
	}
	p.printf("</section>\n")
}

// live shows the connections that passed the live test. What did not is among the
// findings.
func (p *page) live() {
	if p.run.Tried == nil {
		return
	}
	p.section("live", "Live test")
	p.printf("<p>%s</p>\n", text(tried(p.run, false)))
	for i := range p.run.Live {
		if i == 0 {
			p.printf("<table class=\"chart\"><thead><tr><th scope=\"col\">Works</th><th scope=\"col\">In</th><th scope=\"col\">What was seen</th></tr></thead>\n<tbody>\n")
		}
		l := &p.run.Live[i]
		if i == mostRows {
			p.printf("<tr><th scope=\"row\">… and %s more</th><td></td><td></td></tr>\n", Count(len(p.run.Live)-i, "connection"))
			break
		}
		p.printf("<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n", text(brief(l.ConnID)), text(brief(l.Path)), text(l.says()))
	}
	if len(p.run.Live) > 0 {
		p.printf("</tbody></table>\n")
	}
	p.printf("</section>\n")
}

// types shows connections by type.
func (p *page) types() {
	counts := map[string]int{}
	for _, o := range p.run.Overviews {
		for t, n := range o.Types {
			counts[t] += n
		}
	}
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	p.section("types", "Connections by type")
	if len(counts) == 0 {
		p.printf("<p>There are no connections.</p>\n</section>\n")
		return
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	p.printf("<table class=\"chart\"><thead><tr><th scope=\"col\">Type</th><th scope=\"col\" class=\"number\">Connections</th><td></td></tr></thead>\n<tbody>\n")
	for i, t := range names {
		if i == mostRows {
			p.printf("<tr><th scope=\"row\">… and %s more</th><td></td><td></td></tr>\n", Count(len(names)-i, "type"))
			break
		}
		p.printf("<tr><th scope=\"row\">%s</th><td class=\"number\">%d</td><td>", text(brief(t)), counts[t])
		p.bar("note", counts[t], most)
		p.printf("</td></tr>\n")
	}
	p.printf("</tbody></table>\n</section>\n")
}

// matrix shows what consumers do not hold alike.
func (p *page) matrix() {
	p.section("consumers", "What each consumer holds")
	p.printf("<p class=\"dim\">A row for everything that consumers of a file do not hold alike, or that fails. What differs from the first column is marked, and begins with ≠.</p>\n")
	left := mostRows
	for i := range p.run.Overviews {
		o := &p.run.Overviews[i]
		if len(o.Consumers) == 0 {
			continue
		}
		if len(o.Consumers) == 1 && len(o.Rows) == 1 {
			p.printf("<p><b>%s</b>: %s, held alike by %s.</p>\n", text(brief(o.Path)), text(o.Rows[0].Cells[0]), text(o.Consumers[0]))
			continue
		}
		p.printf("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Consumers of %s\"><table class=\"matrix\"><caption>%[1]s</caption>\n<thead><tr><th scope=\"col\">Connection</th><td></td>", text(brief(o.Path)))
		for _, c := range o.Consumers {
			p.printf("<th scope=\"col\">%s</th>", text(c))
		}
		p.printf("</tr></thead>\n<tbody>\n")
		rows := o.Rows[:min(left, len(o.Rows))]
		left -= len(rows)
		for _, row := range rows {
			p.row(&row, len(o.Consumers))
		}
		p.printf("</tbody></table></div>\n")
		if hidden := len(o.Rows) - len(rows); hidden > 0 {
			p.printf("<p>… and %s more (dbtconn-lint inspect --diff shows them).</p>\n", Count(hidden, "row"))
		}
		if o.Alike > 0 {
			p.printf("<p>%s held alike.</p>\n", Count(o.Alike, "connection"))
		}
	}
	p.printf("</section>\n")
}

func (p *page) row(row *OverviewRow, columns int) {
	if row.ID == "" {
		p.printf("<tr><th scope=\"row\" colspan=\"2\">%s</th>", text(row.Name))
	} else {
		p.printf("<tr><th scope=\"row\">%s</th><td>%s</td>", text(brief(row.ID)), text(row.Name))
	}
	for _, c := range row.Cells {
		span, class := "", ""
		if len(row.Cells) == 1 && columns > 1 {
			span = fmt.Sprintf(" colspan=\"%d\"", columns)
		}
		lines := strings.Split(c, "\n")
		for k := range lines {
			lines[k] = text(lines[k])
		}
		if c != row.Cells[0] {
			class, lines[0] = " class=\"differs\"", "≠ "+lines[0]
		}
		p.printf("<td%s%s>%s</td>", span, class, strings.Join(lines, "\n"))
	}
	p.printf("</tr>\n")
}

func (p *page) findings() {
	p.section("findings", "Findings")
	if len(p.rules) == 0 {
		p.printf("<p>There are none.</p>\n</section>\n")
		return
	}
	p.printf("<form id=\"filter\" role=\"search\" hidden=\"hidden\">\n<fieldset><legend>Severity</legend>\n")
	for _, l := range [...]lint.Level{lint.Error, lint.Warning, lint.Note} {
		p.printf("<label><input type=\"checkbox\" name=\"%s\" checked=\"checked\"/> %[1]ss</label>\n", l)
	}
	p.printf("</fieldset>\n<label>Rule <select name=\"rule\"><option value=\"\">all</option>\n")
	for _, r := range p.rules {
		p.printf("<option value=\"%s\">%[1]s %s (%d)</option>\n", r.ID, r.Name, p.counts[r])
	}
	p.printf("</select></label>\n<label>Search <input type=\"search\" name=\"words\" autocomplete=\"off\"/></label>\n<output id=\"shown\" aria-live=\"polite\"></output>\n</form>\n")
	for i := range p.run.Results {
		res := &p.run.Results[i]
		if len(res.Findings) == 0 {
			continue
		}
		p.printf("<section class=\"file\" aria-labelledby=\"file%d\">\n<h3 id=\"file%[1]d\">%s</h3>\n", i+1, text(brief(res.Doc.File.Path)))
		m := newMasker(res.Doc, res.Findings)
		for j := range res.Findings {
			p.finding(m, &res.Findings[j])
		}
		p.printf("</section>\n")
	}
	p.printf("</section>\n")
}

func (p *page) finding(m masker, f *lint.Finding) {
	at := m.file.Position(f.Span.Start)
	p.printf("<article class=\"%s\" data-level=\"%[1]s\" data-rule=\"%s\">\n<h4><b class=\"level\">%[1]s</b> <a href=\"#%[2]s\">%[2]s</a> %s</h4>\n", f.Level, f.Rule.ID, text(f.Message))
	p.printf("<p class=\"dim\">line %d, column %d", at.Line, at.Column)
	if f.ConnID != "" {
		p.printf(" · connection %s", text(brief(f.ConnID)))
	}
	if name := f.Field.String(); name != "" {
		p.printf(" · %s", name)
	}
	if len(f.Consumers) > 0 {
		p.printf(" · %s", text(brief(strings.Join(f.Consumers, ", "))))
	}
	s := m.snippet(f.Span)
	p.printf("</p>\n<pre><span class=\"dim\">%d</span> %s<mark>%s</mark>%s</pre>\n", s.line, html.EscapeString(s.text[:s.from]), html.EscapeString(s.text[s.from:s.to]), html.EscapeString(s.text[s.to:]))
	remedy := f.Hint
	if remedy == "" {
		remedy = f.Rule.Remedy
	}
	p.printf("<p>Remedy: %s</p>\n", text(remedy))
	for _, rel := range f.Related {
		at := rel.In(m.file).Position(rel.Span.Start)
		p.printf("<p class=\"dim\">%s:%d:%d %s</p>\n", text(brief(rel.In(m.file).Path)), at.Line, at.Column, text(rel.Message))
	}
	p.printf("</article>\n")
}

// explain says of each rule that found something why, and what to do.
func (p *page) explain() {
	p.section("rules", "Rules")
	if len(p.rules) == 0 {
		p.printf("<p>No rule has found anything.</p>\n")
	}
	for _, r := range p.rules {
		p.printf("<h3 id=\"%s\">%[1]s %s</h3>\n<p>%s.</p>\n<p>%s</p>\n<p>Remedy: %s</p>\n<p><a href=\"%s\">%[6]s</a></p>\n", r.ID, r.Name, text(r.Summary), text(r.Why), text(r.Remedy), r.URL())
	}
	p.printf("</section>\n")
}
