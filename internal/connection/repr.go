package connection

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
)

// Str is what Python's str() makes of the value.
func (v *Value) Str() string {
	switch v.Kind {
	case Text, Date, Datetime:
		return v.Text.Peek()
	}
	return v.Repr()
}

// Repr is what Python's repr() makes of the value. A set's members keep the order of
// the document.
func (v *Value) Repr() string {
	switch v.Kind {
	case Absent:
		return "None"
	case Text:
		return python.Repr(v.Text.Peek())
	case Bytes:
		return python.BytesRepr(v.Text.Peek())
	case Date:
		return "datetime.date(" + dateArguments(v.Text.Peek()) + ")"
	case Datetime:
		return "datetime.datetime(" + datetimeArguments(v.Text.Peek()) + ")"
	case List, Tuple, Map, Set:
		return reprItems(v)
	}
	return v.Text.Peek()
}

// dateArguments are those of datetime.date's repr, of 2001-01-04.
func dateArguments(s string) string {
	parts := strings.Split(s, "-")
	for i := range parts {
		parts[i] = strings.TrimLeft(parts[i], "0")
	}
	return strings.Join(parts, ", ")
}

// datetimeArguments are those of datetime.datetime's repr, of what its str() is:
// 2001-01-04 21:59:43.100000+01:00.
func datetimeArguments(s string) string {
	date, clock, _ := strings.Cut(s, " ")
	zone := ""
	if i := strings.IndexAny(clock, "+-"); i >= 0 {
		clock, zone = clock[:i], clock[i:]
	}
	parts := strings.FieldsFunc(clock, func(r rune) bool { return r == ':' || r == '.' })
	for i := range parts {
		if parts[i] = strings.TrimLeft(parts[i], "0"); parts[i] == "" {
			parts[i] = "0"
		}
	}
	if len(parts) == 3 && parts[2] == "0" {
		parts = parts[:2]
	}
	s = dateArguments(date) + ", " + strings.Join(parts, ", ")
	if zone == "" {
		return s
	}
	offset := 0
	for i, part := range strings.Split(zone[1:], ":") {
		n, _ := strconv.Atoi(part) // digits, as str() writes them
		offset += n * [...]int{3600, 60, 1}[min(i, 2)]
	}
	const day = 24 * 3600
	switch {
	case offset == 0:
		return s + ", tzinfo=datetime.timezone.utc"
	case zone[0] == '-':
		return fmt.Sprintf("%s, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=%d))", s, day-offset)
	}
	return fmt.Sprintf("%s, tzinfo=datetime.timezone(datetime.timedelta(seconds=%d))", s, offset)
}

func reprItems(v *Value) string {
	if v.Kind == Set && len(v.Items) == 0 {
		return "set()"
	}
	var b strings.Builder
	brackets := "{}"
	switch v.Kind {
	case List:
		brackets = "[]"
	case Tuple:
		brackets = "()"
	}
	b.WriteByte(brackets[0])
	for i := range v.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		if v.Kind == Map {
			b.WriteString(v.Items[i].Key.Repr())
			b.WriteString(": ")
		}
		b.WriteString(v.Items[i].Value.Repr())
	}
	b.WriteByte(brackets[1])
	return b.String()
}
