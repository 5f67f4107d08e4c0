package lint

import (
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
)

// Marks tell quickly what none of the texts of a connection can hold: most have
// nothing of all that rules look for. They may err towards yes.
type Marks uint64

// What a text may hold. Below them are the letters in it, whatever their case.
const (
	// BlankEnds: white space at an end of a field other than extra.
	BlankEnds Marks = 1 << (iota + 32)
	// Controls: control characters.
	Controls
	// Fillers: what stands for a value, as package placeholder finds it.
	Fillers
	// Stars: an asterisk.
	Stars

	escapes // a backslash, behind which anything may stand in JSON
	braces
	blanks
	nonASCII

	anything = BlankEnds | Controls | Fillers | Stars
)

// fillers are the letters of words by which package placeholder knows a filler.
var fillers = [...]Marks{
	1<<('C'&31) | 1<<('H'&31) | 1<<('A'&31) | 1<<('N'&31) | 1<<('G'&31) | 1<<('E'&31),
	1<<('R'&31) | 1<<('E'&31) | 1<<('P'&31) | 1<<('L'&31) | 1<<('A'&31) | 1<<('C'&31),
	1<<('Y'&31) | 1<<('O'&31) | 1<<('U'&31) | 1<<('R'&31),
}

// Marks of all texts of the view.
func (v *View) Marks() Marks {
	if v.marks == 0 {
		v.marks = marksOf(v.Connection) | 1 // they are there
	}
	return v.marks
}

func marksOf(c *connection.Connection) (all Marks) {
	for _, f := range connection.Fields {
		all |= marksOfField(f, c.Field(f))
	}
	return all | marksOfField(connection.URI, &c.URI)
}

func marksOfField(f connection.Field, value *connection.Value) Marks {
	if len(value.Items) > 0 {
		return anything
	}
	s := value.Text.Peek()
	if s == "" {
		return 0
	}
	var m Marks
	for i := range len(s) {
		m |= markOf(s[i])
	}
	if (markOf(s[0])|markOf(s[len(s)-1]))&(blanks|nonASCII) != 0 {
		m |= BlankEnds
	}
	if m&nonASCII != 0 {
		m |= Controls // some begin with C2
	}
	if m&braces != 0 && (f != connection.Extra || strings.Contains(s, "{{")) {
		m |= Fillers
	}
	if m&escapes != 0 && f == connection.Extra {
		m |= anything
	}
	for _, word := range fillers {
		if m&word == word {
			m |= Fillers
		}
	}
	return m
}

func markOf(c byte) Marks {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		return 1 << (c & 31)
	case c >= '0' && c <= '9', c == '"':
		return 0
	case c >= 0x80:
		return nonASCII
	case c == ' ':
		return blanks
	case c < ' ':
		return Controls | blanks
	}
	switch c {
	case '$', '<':
		return Fillers
	case '{':
		return braces
	case '*':
		return Stars
	case '\\':
		return escapes
	case 0x7F:
		return Controls
	}
	return 0
}
