package project

import (
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// readTerraform takes airflow_version of Amazon MWAA, image_version of Cloud
// Composer, and Composer's pypi_packages: a name and a value in quotes on one
// line. What is an expression says nothing.
func (d *folder) readTerraform(file *source.File) {
	if !concerns(file.Data) {
		return
	}
	comment := false
	eachLine(file.Text(), 0, func(line source.Text) {
		s := line.String()
		text := strings.TrimSpace(s)
		switch {
		case comment || strings.HasPrefix(text, "/*"):
			comment = !strings.Contains(text, "*/")
			return
		case strings.HasPrefix(text, "#"), strings.HasPrefix(text, "//"):
			return
		}
		key, value, ok := strings.Cut(s, "=")
		open := strings.IndexByte(value, '"')
		if !ok || open < 0 || strings.TrimSpace(value[:open]) != "" {
			return
		}
		literal, _, closed := strings.Cut(value[open+1:], `"`)
		if !closed || strings.Contains(literal, "${") {
			return
		}
		start := len(key) + 1 + open + 1
		at := Place{file, line.Span(start, start+len(literal))}
		switch key = unquoted(strings.TrimSpace(key)); {
		case key == "airflow_version":
			pin := Pin{At: at}
			if pin.take(literal); len(pin.Versions) > 0 {
				d.airflow = append(d.airflow, pin)
			}
		case key == "image_version":
			if img, pin, ok := composer(literal, at); ok {
				d.images = append(d.images, img)
				d.airflow = append(d.airflow, pin)
			}
		case concerns(key) && (literal == "" || strings.IndexByte("=<>!~[", literal[0]) >= 0):
			name := strings.Index(s, key)
			d.require(key+literal, Required, file, func(i, j int) source.Span {
				if j > len(key) {
					return line.Span(name, start+len(literal))
				}
				return line.Span(name+i, name+j)
			})
		}
	})
}
