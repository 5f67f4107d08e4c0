package inspect

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// Show is how much a table shows.
type Show uint8

// From the least to all.
const (
	// Difference rows only: what consumers do not hold alike.
	OnlyDifferences Show = iota
	// Relevant rows: differences and what the dbt Cloud hook does; all that there is
	// where all consumers agree.
	Relevant
	// Everything there is.
	Everything
)

// WriteTable is for people: a connection's fields in rows, the consumers in
// columns. Consumers that hold all of a document alike share a column.
func WriteTable(w io.Writer, files []File, show Show) error {
	var b bytes.Buffer
	for i := range files {
		if i > 0 {
			b.WriteByte('\n')
		}
		writeFile(&b, &files[i], show)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// table is a document's matrix, one column for readings that are alike.
type table struct {
	*matrix
	columns []int // a reading for each column
	titles  []string
	rows    []row
}

// row is a line of the table. One that is the same in all columns has one cell.
type row struct {
	id, name string
	cells    []string
}

func writeFile(b *bytes.Buffer, f *File, show Show) {
	b.WriteString(report.Plain(f.Path))
	if f.Format == "" {
		b.WriteString("   no export of connections\n")
		return
	}
	m := compare(f.Readings)
	said := []string{f.Format + ", " + report.Count(f.entries, "connection")}
	if f.versions != "" {
		said = append(said, f.versions)
	}
	if m.hasDbt() {
		said = append(said, f.providers)
	}
	fmt.Fprintf(b, "   %s\n", strings.Join(said, "; "))
	subjects := m.all()
	if show == OnlyDifferences {
		if subjects = m.differences(); len(subjects) == 0 && !m.refusalsDiffer() {
			fmt.Fprintf(b, "no difference: %s\n", m.whole(0))
			return
		}
	}
	t := newTable(m, subjects)
	t.document()
	alone := len(t.columns) == 1
	shown := map[int]bool{}
	for _, s := range subjects {
		same := t.same(s, false)
		if show == Relevant && same && !alone && s.aspect != aspectDbt && !t.fails(s) {
			continue
		}
		if t.add(s, same && !t.fails(s), show == Everything) {
			shown[s.place] = true
		}
	}
	t.write(b)
	if alike := len(t.places) - len(shown); alike > 0 && show == Relevant {
		lost := ""
		if slices.ContainsFunc(t.columns, func(i int) bool { return t.readings[i].Error != nil }) {
			lost = ", lost with the document elsewhere"
		}
		fmt.Fprintf(b, "%s alike wherever they are loaded%s (--all shows them)\n", report.Count(alike, "other"), lost)
	}
}

// hasDbt reports whether what the dbt Cloud hook does is part of it.
func (m *matrix) hasDbt() bool {
	for i := range m.readings {
		if slices.ContainsFunc(m.readings[i].Connections, func(c Connection) bool { return c.Dbt != nil }) {
			return true
		}
	}
	return false
}

// all are all subjects.
func (m *matrix) all() []subject {
	list := make([]subject, 0, len(m.places)*len(aspects))
	for p := range m.places {
		for a := range aspects {
			list = append(list, subject{p, a})
		}
	}
	return list
}

// newTable finds the columns: readings that say the same of all subjects share one.
func newTable(m *matrix, subjects []subject) *table {
	t := &table{matrix: m}
	seed := maphash.MakeSeed()
	at := map[uint64]int{}
	var consumers [][]string
	for i := range m.readings {
		var h maphash.Hash
		h.SetSeed(seed)
		writeParts(&h, m.readings[i].Error.key())
		for _, s := range subjects {
			maphash.WriteComparable(&h, m.print(i, s))
		}
		j, again := at[h.Sum64()]
		if !again {
			j = len(t.columns)
			at[h.Sum64()] = j
			t.columns = append(t.columns, i)
			consumers = append(consumers, nil)
		}
		consumers[j] = append(consumers[j], m.readings[i].Consumer)
	}
	for _, list := range consumers {
		t.titles = append(t.titles, title(list))
	}
	return t
}

// title names consumers: airflow, airflow-import 2.3-3.3.
func title(consumers []string) string {
	var names []string
	versions := map[string][]string{}
	for _, c := range consumers {
		name, version, _ := strings.Cut(c, "@")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if version != "" {
			versions[name] = append(versions[name], version)
		}
	}
	var parts []string
	for i, name := range names {
		part, of := name, versions[name]
		if i+1 < len(names) && slices.Equal(of, versions[names[i+1]]) {
			parts = append(parts, part)
			continue
		}
		if len(of) > 0 {
			part += " " + consumer.AirflowRanges(of)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// document adds the rows about all of it.
func (t *table) document() {
	whole, said := row{name: "whole document"}, row{name: "says"}
	silent := true
	for _, i := range t.columns {
		whole.cells = append(whole.cells, t.whole(i))
		var lines []string
		if p := t.readings[i].Printed; p != nil {
			for line := range strings.Lines(*p) {
				// That it added one is no news.
				if !strings.HasPrefix(line, "Added Connection: ") {
					lines = append(lines, report.Plain(short(line)))
				}
			}
		}
		said.cells = append(said.cells, strings.Join(lines, "\n"))
		silent = silent && len(lines) == 0
	}
	t.rows = append(t.rows, whole.joined())
	if !silent {
		t.rows = append(t.rows, said)
	}
}

// joined makes one cell of equal ones.
func (r row) joined() row {
	if !slices.ContainsFunc(r.cells, func(s string) bool { return s != r.cells[0] }) {
		r.cells = r.cells[:1]
	}
	return r
}

// whole says how much a reading loads.
func (m *matrix) whole(reading int) string {
	r := &m.readings[reading]
	switch {
	case r.culprit != nil:
		return "NONE loaded because of " + report.Plain(short(r.culprit.ID))
	case r.Error != nil:
		return "NONE loaded: " + brief(r.Error)
	}
	n := 0
	for _, c := range r.Connections {
		if c.Error == nil {
			n++
		}
	}
	return fmt.Sprintf("%d loaded", n)
}

// add makes the row of a subject, and answers false where there is nothing to put
// into it. Empty texts are nothing unless somebody asked, or they are what differs.
func (t *table) add(s subject, same, everything bool) bool {
	r := row{id: report.Plain(t.places[s.place].id), name: aspects[s.aspect]}
	if s.aspect == aspectDbt {
		r.name = "dbt Cloud"
	}
	empty := true
	prints := map[string][]uint64{} // of what looks alike
	for _, i := range t.columns {
		c := t.at(i, s.place)
		if c == nil || !t.holds(i, s) {
			r.cells = append(r.cells, "-")
			continue
		}
		text := c.text(s.aspect)
		empty = empty && c.isEmpty(s.aspect, everything || !same)
		n := slices.Index(prints[text], t.print(i, s))
		if n < 0 {
			n = len(prints[text])
			prints[text] = append(prints[text], t.print(i, s))
		}
		if n > 0 {
			text += fmt.Sprintf(" (another one, %d)", n+1)
		}
		if same {
			r.cells = []string{text}
			break
		}
		r.cells = append(r.cells, text)
	}
	if !empty {
		t.rows = append(t.rows, r)
	}
	return !empty
}

// isEmpty reports whether there is nothing to say of an aspect; of an empty text
// there is only where all is asked for.
func (c *Connection) isEmpty(aspect int, all bool) bool {
	switch {
	case aspect == aspectError || c.Error != nil:
		return c.Error == nil
	case aspect == aspectHeld:
		return c.Held == nil
	}
	switch v := c.aspect(aspect).(type) {
	case nil:
		return true
	case string:
		return v == "" && !all
	}
	return false
}

// text is an aspect as people read it.
func (c *Connection) text(aspect int) string {
	switch {
	case c.Error != nil:
		return brief(c.Error)
	case aspect == aspectError:
		return "loaded"
	case aspect == aspectHeld && c.Held == nil:
		return ""
	case aspect == aspectDbt:
		return dbtText(c.Dbt)
	}
	v := c.aspect(aspect)
	s, isText := v.(string)
	if !isText || aspects[aspect] != "extra" || !strings.HasPrefix(s, "{") {
		s = pythonJSON(v)
	}
	s = report.Plain(short(s))
	value := s
	for _, ch := range c.Changes {
		// That an object is stored as text goes without saying.
		if ch.Field != aspects[aspect] || ch.Cause == connection.ExtraDumped.String() {
			continue
		}
		s += " (" + ch.Cause
		if from := report.Plain(short(ch.From)); from != secret.Mask && from != value && pythonJSON(from) != value {
			s += " of " + from
		}
		s += ")"
	}
	if aspects[aspect] == "extra" && isText && s != `""` && c.member("extra_dejson") == nil {
		s += " (not readable as JSON)"
	}
	return s
}

// dbtText is what the hook of each provider does; of providers that do the same
// it is said once.
func dbtText(requests []Request) string {
	type group struct {
		text      string
		providers []string
	}
	var groups []group
	for i := 0; i < len(requests); {
		end := i + 1
		for end < len(requests) && requests[end].Provider == requests[i].Provider && requests[end].HTTPProvider == requests[i].HTTPProvider {
			end++
		}
		text := callsText(requests[i:end])
		if n := len(groups) - 1; n >= 0 && groups[n].text == text {
			groups[n].providers = append(groups[n].providers, requests[i].Provider)
		} else {
			groups = append(groups, group{text, []string{requests[i].Provider}})
		}
		i = end
	}
	var lines []string
	for _, g := range groups {
		if len(groups) > 1 {
			g.text = "provider " + consumer.ProviderRanges(slices.Compact(g.providers)) + ": " + g.text
		}
		lines = append(lines, g.text)
	}
	return strings.Join(lines, "\n")
}

// callsText is what becomes of the calls of one provider: the first one, and those
// that end otherwise.
func callsText(calls []Request) string {
	var lines []string
	first := ""
	for i, q := range calls {
		ends := ""
		if q.Error != nil {
			ends = brief(q.Error)
		}
		switch {
		case i == 0:
			first = ends
			text := ends
			if ends == "" && q.URL != nil {
				text = report.Plain("GET " + *q.URL + "  " + q.Authorization)
				if q.Proxies != nil {
					text += "  by a proxy"
				}
			}
			lines = append(lines, text)
		case ends != first && ends == "":
			lines = append(lines, "  "+q.Call+" is sent")
		case ends != first:
			lines = append(lines, "  "+q.Call+": "+ends)
		}
	}
	return strings.Join(lines, "\n")
}

func brief(e *Error) string {
	for e.Cause != nil {
		e = e.Cause
	}
	s := e.Message
	if _, first, ok := strings.Cut(s, " Parse error "); ok {
		// Before it stands which file it is.
		s = strings.TrimLeft(first, " 1=\n")
	}
	if e.Class != "" {
		s = e.Class + ": " + s
	}
	s = short(s)
	if e.Location != nil {
		s += fmt.Sprintf(" (%d:%d)", e.Location.Start.Line, e.Location.Start.Column)
	}
	return report.Plain(s)
}

// short is a text in one line that is not too long.
func short(s string) string {
	const most = 240
	if len(s) > 16*most {
		s = s[:16*most] // its runes need not be counted
	}
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// The width of a table: its cells share what fits in most windows, and each has
// at least some room.
const (
	wideAll   = 140
	wideLeast = 24
	wideID    = 40
)

// write lays the rows out. Cells are broken into lines where a column is too
// narrow; one that is the same in all columns goes over them.
func (t *table) write(b *bytes.Buffer) {
	n := len(t.columns)
	most := max(wideLeast, wideAll/n)
	rows := append([]row{{cells: t.titles}}, t.rows...)
	broken := make([][][]string, len(rows))
	wideIDs, wideNames := 0, 0
	wide := make([]int, n)
	for i := range rows {
		r := &rows[i]
		for k, cell := range r.cells {
			limit := most
			if len(r.cells) == 1 {
				limit = wideAll
			}
			lines := breakLines(cell, limit)
			broken[i] = append(broken[i], lines)
			if len(r.cells) == n {
				for _, line := range lines {
					wide[k] = max(wide[k], widthOf(line))
				}
			}
		}
		wideNames = max(wideNames, widthOf(r.name))
		if r.id != "" {
			r.id = breakLines(r.id, wideID)[0]
			wideIDs = max(wideIDs, widthOf(r.id)+2)
		}
	}
	id := ""
	for i, r := range rows {
		head := pad(r.id, wideIDs)
		if r.id == id && id != "" {
			head = pad("", wideIDs)
		}
		id = r.id
		head += pad(r.name, wideNames)
		for line := 0; ; line++ {
			more := false
			out := head
			for k, cell := range broken[i] {
				text := ""
				if line < len(cell) {
					text, more = cell[line], true
				}
				out += "  " + pad(text, wide[min(k, n-1)])
			}
			if !more {
				break
			}
			b.WriteString(strings.TrimRight(out, " ") + "\n")
			head = pad("", wideIDs+wideNames)
		}
	}
}

func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-widthOf(s))) }

// widthOf is how many columns of a terminal a text takes.
func widthOf(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// breakLines breaks a text into lines that are not wider than the limit, behind a
// blank, slash or comma where there is one in the second half of a line.
func breakLines(s string, limit int) []string {
	var lines []string
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		for widthOf(line) > limit {
			at, w, good := 0, 0, 0
			for i, r := range line {
				if w += runeWidth(r); w > limit {
					break
				}
				at = i + len(string(r))
				if w > limit/2 && strings.ContainsRune(" /,&", r) {
					good = at
				}
			}
			if good > 0 {
				at = good
			}
			lines = append(lines, strings.TrimRight(line[:at], " "))
			line = line[at:]
		}
		lines = append(lines, line)
	}
	return lines
}
