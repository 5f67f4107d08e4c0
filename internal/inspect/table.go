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
	alike := 0
	for _, id := range ids(columns) {
		rows, same := rowsOf(columns, id)
		if same && len(columns) > 1 && !everything {
			alike++
			continue
		}
		for _, r := range rows {
			fmt.Fprintln(t, r)
		}
	}
	_ = t.Flush() // into a buffer
	if alike > 0 {
		fmt.Fprintf(b, "%s alike in all (--all shows them)\n", report.Count(alike, "connection"))
	}
}

// group makes one column of neighbours that are equal but for their name.
func group(readings []Reading) []column {
	var columns []column
	var last string
	for i := range readings {
		r := &readings[i]
		key := fmt.Sprint(r.Error != nil) + pythonJSON(connections(r))
		if len(columns) > 0 && key == last {
			columns[len(columns)-1].title += ", " + r.Consumer
			continue
		}
		last = key
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

// rowsOf are the rows of one connection, and whether all columns agree on it.
func rowsOf(columns []column, id string) (rows []string, same bool) {
	found := make([]*Connection, len(columns))
	for i, c := range columns {
		for j := range c.reading.Connections {
			if c.reading.Connections[j].ID == id {
				found[i] = &c.reading.Connections[j]
			}
		}
	}
	same = true
	row := func(name string, cell func(*Connection) string) {
		cells := make([]string, len(found))
		empty := true
		for i, c := range found {
			cells[i] = "-"
			if c != nil {
				cells[i] = cell(c)
			}
			empty = empty && (cells[i] == "" || cells[i] == "-")
			same = same && cells[i] == cells[0]
		}
		if !empty {
			rows = append(rows, report.Plain(id)+"\t"+name+"\t"+strings.Join(cells, "\t"))
		}
	}
	row("error", func(c *Connection) string {
		if c.Error == nil {
			return ""
		}
		return brief(c.Error)
	})
	for _, name := range [...]string{"conn_type", "description", "host", "login", "password", "schema", "port", "extra"} {
		row(name, func(c *Connection) string {
			for _, m := range c.Fields {
				if m.Key == name && m.Value != nil {
					return report.Plain(short(pythonJSON(m.Value)))
				}
			}
			return ""
		})
	}
	row("dbt Cloud", func(c *Connection) string {
		for _, q := range c.Dbt {
			if q.Error != nil {
				return brief(q.Error)
			}
			if q.URL != nil {
				return report.Plain("GET " + *q.URL)
			}
		}
		return ""
	})
	return rows, same
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
