package inspect

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
)

// WriteTable is for people: a connection's fields in rows, the consumers in
// columns. Connections that all consumers hold alike are shown once, or counted
// where others differ, unless everything is asked for.
func WriteTable(w io.Writer, files []File, everything bool) error {
	var b bytes.Buffer
	for i := range files {
		if i > 0 {
			fmt.Fprintln(&b)
		}
		writeFile(&b, &files[i], everything)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// column is a set of consumers that hold the same.
type column struct {
	title   string
	reading *Reading
}

func writeFile(b *bytes.Buffer, f *File, everything bool) {
	fmt.Fprintf(b, "%s", report.Plain(f.Path))
	if f.Format == "" {
		fmt.Fprintf(b, "   no export of connections\n")
		return
	}
	fmt.Fprintf(b, "   %s\n", f.Format)
	columns := group(f.Readings)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "\t")
	for _, c := range columns {
		fmt.Fprintf(t, "\t%s", c.title)
	}
	fmt.Fprintln(t)
	fmt.Fprint(t, "whole document\t")
	for _, c := range columns {
		if e := c.reading.Error; e != nil {
			fmt.Fprintf(t, "\tNONE loaded: %s", brief(e))
		} else {
			fmt.Fprintf(t, "\t%d loaded", loaded(c.reading))
		}
	}
	fmt.Fprintln(t)
	alike, lost := 0, ""
	for _, c := range columns {
		if c.reading.Error != nil {
			lost = ", lost with the document elsewhere"
		}
	}
	for _, id := range ids(columns) {
		shown := 0
		for _, r := range rowsOf(columns, id) {
			if everything || len(columns) == 1 || !r.same || r.name == dbtRow {
				fmt.Fprintf(t, "%s\t%s\t%s\n", report.Plain(id), r.name, strings.Join(r.cells, "\t"))
				shown++
			}
		}
		if shown == 0 {
			alike++
		}
	}
	_ = t.Flush() // into a buffer
	if alike > 0 {
		fmt.Fprintf(b, "%s alike wherever they are loaded%s (--all shows them)\n", report.Count(alike, "other"), lost)
	}
}

// group makes one column of readings that are equal but for their name.
func group(readings []Reading) []column {
	var columns []column
	at := map[string]int{}
	for i := range readings {
		r := &readings[i]
		key := pythonJSON(r.Error) + pythonJSON(connections(r))
		if j, ok := at[key]; ok {
			columns[j].title += ", " + r.Consumer
			continue
		}
		at[key] = len(columns)
		columns = append(columns, column{r.Consumer, r})
	}
	return columns
}

func connections(r *Reading) any {
	list := make([]any, len(r.Connections))
	for i, c := range r.Connections {
		list[i] = c
	}
	return list
}

func loaded(r *Reading) int {
	n := 0
	for _, c := range r.Connections {
		if c.Error == nil {
			n++
		}
	}
	return n
}

func ids(columns []column) []string {
	var list []string
	seen := map[string]bool{}
	for _, c := range columns {
		for _, conn := range c.reading.Connections {
			if !seen[conn.ID] {
				seen[conn.ID] = true
				list = append(list, conn.ID)
			}
		}
	}
	return list
}

// row is one field of a connection: a cell for each column. It is the same where
// all readings that loaded the document agree.
type row struct {
	name  string
	cells []string
	same  bool
}

// dbtRow is the name of the row that says what the dbt Cloud hook does.
const dbtRow = "dbt Cloud"

// rowsOf are the rows of one connection that have something in them.
func rowsOf(columns []column, id string) []row {
	var rows []row
	found := make([]*Connection, len(columns))
	for i, c := range columns {
		for j := range c.reading.Connections {
			if c.reading.Connections[j].ID == id {
				found[i] = &c.reading.Connections[j]
			}
		}
	}
	add := func(name string, cell func(*Connection) string) {
		r := row{name, make([]string, len(found)), true}
		empty, first := true, -1
		for i, c := range found {
			r.cells[i] = "-"
			if c != nil {
				r.cells[i] = cell(c)
			}
			empty = empty && (r.cells[i] == "" || r.cells[i] == "-")
			if columns[i].reading.Error != nil {
				continue
			}
			if first < 0 {
				first = i
			}
			r.same = r.same && r.cells[i] == r.cells[first]
		}
		if !empty {
			rows = append(rows, r)
		}
	}
	add("error", func(c *Connection) string {
		if c.Error == nil {
			return ""
		}
		return brief(c.Error)
	})
	for _, name := range [...]string{"conn_type", "description", "host", "login", "password", "schema", "port", "extra"} {
		add(name, func(c *Connection) string {
			for _, m := range c.Fields {
				if m.Key == name && m.Value != nil {
					return report.Plain(short(pythonJSON(m.Value)))
				}
			}
			return ""
		})
	}
	add(dbtRow, func(c *Connection) string {
		for _, q := range c.Dbt {
			if q.Error != nil {
				return brief(q.Error)
			}
			if q.URL != nil {
				return report.Plain("GET " + *q.URL + "  " + q.Authorization)
			}
		}
		return ""
	})
	return rows
}

func brief(e *Error) string {
	for e.Cause != nil {
		e = e.Cause
	}
	s := e.Class + ": " + short(e.Message)
	if e.Location != nil {
		s += fmt.Sprintf(" (%d:%d)", e.Location.Start.Line, e.Location.Start.Column)
	}
	return report.Plain(s)
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}
