package lint

import (
	"strings"
	"unicode/utf8"

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
	bytes := byte(0)
	for i := range len(s) {
		m |= markOf[s[i]]
		bytes |= s[i]
	}
	if bytes >= utf8.RuneSelf {
		m |= BlankEnds | Controls // some are no ASCII
	}
	if (markOf[s[0]]|markOf[s[len(s)-1]])&blanks != 0 {
		m |= BlankEnds
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

// markOf are the marks of each ASCII character.
var markOf = [256]Marks{
	'a': 1 << 1, 'A': 1 << 1, 'b': 1 << 2, 'B': 1 << 2, 'c': 1 << 3, 'C': 1 << 3, 'd': 1 << 4, 'D': 1 << 4, 'e': 1 << 5, 'E': 1 << 5, 'f': 1 << 6, 'F': 1 << 6,
	'g': 1 << 7, 'G': 1 << 7, 'h': 1 << 8, 'H': 1 << 8, 'i': 1 << 9, 'I': 1 << 9, 'j': 1 << 10, 'J': 1 << 10, 'k': 1 << 11, 'K': 1 << 11, 'l': 1 << 12, 'L': 1 << 12,
	'm': 1 << 13, 'M': 1 << 13, 'n': 1 << 14, 'N': 1 << 14, 'o': 1 << 15, 'O': 1 << 15, 'p': 1 << 16, 'P': 1 << 16, 'q': 1 << 17, 'Q': 1 << 17, 'r': 1 << 18, 'R': 1 << 18,
	's': 1 << 19, 'S': 1 << 19, 't': 1 << 20, 'T': 1 << 20, 'u': 1 << 21, 'U': 1 << 21, 'v': 1 << 22, 'V': 1 << 22, 'w': 1 << 23, 'W': 1 << 23, 'x': 1 << 24, 'X': 1 << 24,
	'y': 1 << 25, 'Y': 1 << 25, 'z': 1 << 26, 'Z': 1 << 26,
	0x00: Controls, 0x01: Controls, 0x02: Controls, 0x03: Controls, 0x04: Controls, 0x05: Controls, 0x06: Controls, 0x07: Controls,
	0x08: Controls, 0x09: Controls | blanks, 0x0A: Controls | blanks, 0x0B: Controls | blanks, 0x0C: Controls | blanks, 0x0D: Controls | blanks, 0x0E: Controls, 0x0F: Controls,
	0x10: Controls, 0x11: Controls, 0x12: Controls, 0x13: Controls, 0x14: Controls, 0x15: Controls, 0x16: Controls, 0x17: Controls,
	0x18: Controls, 0x19: Controls, 0x1A: Controls, 0x1B: Controls, 0x1C: Controls | blanks, 0x1D: Controls | blanks, 0x1E: Controls | blanks, 0x1F: Controls | blanks,
	0x7F: Controls, ' ': blanks, '$': Fillers, '<': Fillers, '{': braces, '*': Stars, '\\': escapes,
}
