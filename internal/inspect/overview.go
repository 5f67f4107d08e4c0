package inspect

import (
	"slices"

	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
)

// Overview is what a report shows of a document that it does not show in full.
func (f *File) Overview() report.Overview {
	m := compare(f.Readings)
	o := report.Overview{Path: f.Path, Types: map[string]int{}}
	for p := range m.places {
		o.Types[m.typeOf(p)]++
	}
	if len(m.readings) == 0 {
		return o
	}
	var subjects []subject
	differs := map[int]bool{}
	for _, s := range m.all() {
		if !m.same(s, false) || m.fails(s) {
			subjects = append(subjects, s)
			differs[s.place] = true
		}
	}
	t := newTable(m, subjects)
	t.document()
	for _, s := range subjects {
		t.add(s, m.same(s, false) && !m.fails(s), false)
	}
	o.Consumers, o.Alike = t.titles, len(m.places)-len(differs)
	for _, r := range t.rows {
		o.Rows = append(o.Rows, report.OverviewRow{ID: r.id, Name: r.name, Cells: r.cells})
	}
	return o
}

// typeOf is the type that a connection has where it is loaded.
func (m *matrix) typeOf(p int) string {
	for i := range m.readings {
		if c := m.at(i, p); c != nil && c.Error == nil {
			if s, isText := c.member("conn_type").(string); isText && s != "" {
				return s
			}
			if slices.ContainsFunc(c.Fields, func(f Member) bool { return f.Key == "conn_type" }) {
				return "(none)"
			}
		}
	}
	return "(not loaded)"
}
