package lint

import (
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// Signs tell at a glance what there may be to say of an entry: most have nothing of
// all that rules look for, and are not shown to those that name what they need. They
// may err towards yes.
type Signs uint64

// The signs. Below them are the letters in the texts, whatever their case.
const (
	// OddForm: the entry is not plain, see [Pass.Plain].
	OddForm Signs = 1 << (iota + 32)
	// OddType: a type that is none of today's of an official provider.
	OddType
	// BlankEnds: white space at an end of a field other than extra.
	BlankEnds
	// Controls: control characters.
	Controls
	// Fillers: what stands for a value, as package placeholder finds it.
	Fillers
	// Stars: an asterisk.
	Stars
	// LongText: a hundred bytes or more in one field.
	LongText
	// ExtraNames: extra_ in extra, as in names of the template and of old forms.
	ExtraNames

	// Of a dbt Cloud connection only:

	// OddTenant: no tenant, one with a problem, or with a port.
	OddTenant
	// OddToken: no token, or anything but a whole service token.
	OddToken
	// OddAccount: no account id, or one that is not digits alone.
	OddAccount
	// Unread: a schema, a port or an extra, of which the hook reads the proxies only.
	Unread

	escapes // a backslash, behind which anything may stand in JSON
	braces
	blanks

	anyText = BlankEnds | Controls | Fillers | Stars | LongText | ExtraNames
)

// fillers are the letters of words by which package placeholder knows a filler.
var fillers = [...]Signs{
	1<<('C'&31) | 1<<('H'&31) | 1<<('A'&31) | 1<<('N'&31) | 1<<('G'&31) | 1<<('E'&31),
	1<<('R'&31) | 1<<('E'&31) | 1<<('P'&31) | 1<<('L'&31) | 1<<('A'&31) | 1<<('C'&31),
	1<<('Y'&31) | 1<<('O'&31) | 1<<('U'&31) | 1<<('R'&31),
}

// signs are those of an entry, in all of its views.
func (w *worker) signs(p *Pass) Signs {
	var all Signs
	if !p.plain {
		all = OddForm
	}
	for i := range p.views {
		v := &p.views[i]
		all |= v.Signs()
		if t := &v.Type; t.Kind == connection.Text && (t.Cause != connection.Unchanged || w.types.of(t.Text.Peek(), isOddType)) {
			all |= OddType
		}
		if p.member == dbtcloud.Yes {
			all |= v.dbtSigns()
		}
	}
	return all
}

func isOddType(id string) bool {
	t, known := conntype.Lookup(id)
	return !known || t.Removed
}

func (v *View) dbtSigns() (all Signs) {
	if h := v.Tenant(); !v.Host.IsText() || h.Problem != dbtcloud.HostFine || h.Port != "" {
		all |= OddTenant
	}
	if t := v.Token(); t.Kind != secret.ServiceToken || t.Fault != "" {
		all |= OddToken
	}
	if !dbtcloud.IsPlainAccount(v.Login.Text.Peek()) {
		all |= OddAccount
	}
	if v.Schema.Truthy() || v.Port.Truthy() || v.Extra.Truthy() {
		all |= Unread
	}
	return all
}

// Signs are those of the view's texts.
func (v *View) Signs() Signs {
	if !v.hasSigns {
		v.signs, v.hasSigns = signsOf(v.Connection), true
	}
	return v.signs
}

func signsOf(c *connection.Connection) (all Signs) {
	for _, f := range connection.Fields {
		all |= signsOfField(f, c.Field(f))
	}
	return all | signsOfField(connection.URI, &c.URI)
}

func signsOfField(f connection.Field, value *connection.Value) Signs {
	if len(value.Items) > 0 {
		return anyText
	}
	text := value.Text.Peek()
	if text == "" {
		return 0
	}
	var m Signs
	s := text
	for ; len(s) >= 4; s = s[4:] {
		m |= signOf[s[0]] | signOf[s[1]] | signOf[s[2]] | signOf[s[3]]
	}
	for i := range len(s) {
		m |= signOf[s[i]]
	}
	if (signOf[text[0]]|signOf[text[len(text)-1]])&blanks != 0 {
		m |= BlankEnds
	}
	if m&braces != 0 && (f != connection.Extra || strings.Contains(text, "{{")) {
		m |= Fillers
	}
	if f == connection.Extra {
		if m&escapes != 0 {
			m |= anyText
		}
		if strings.Contains(text, "xtra_") { // x is rare
			m |= ExtraNames
		}
	}
	for _, word := range fillers {
		if m&word == word {
			m |= Fillers
		}
	}
	const long = 100
	if len(text) >= long {
		m |= LongText
	}
	return m
}

// signOf are the signs of each byte. Those beyond ASCII may be of blanks and of
// control characters.
var signOf = [256]Signs{
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
	0x80: BlankEnds | Controls, 0x81: BlankEnds | Controls, 0x82: BlankEnds | Controls, 0x83: BlankEnds | Controls, 0x84: BlankEnds | Controls, 0x85: BlankEnds | Controls, 0x86: BlankEnds | Controls, 0x87: BlankEnds | Controls,
	0x88: BlankEnds | Controls, 0x89: BlankEnds | Controls, 0x8A: BlankEnds | Controls, 0x8B: BlankEnds | Controls, 0x8C: BlankEnds | Controls, 0x8D: BlankEnds | Controls, 0x8E: BlankEnds | Controls, 0x8F: BlankEnds | Controls,
	0x90: BlankEnds | Controls, 0x91: BlankEnds | Controls, 0x92: BlankEnds | Controls, 0x93: BlankEnds | Controls, 0x94: BlankEnds | Controls, 0x95: BlankEnds | Controls, 0x96: BlankEnds | Controls, 0x97: BlankEnds | Controls,
	0x98: BlankEnds | Controls, 0x99: BlankEnds | Controls, 0x9A: BlankEnds | Controls, 0x9B: BlankEnds | Controls, 0x9C: BlankEnds | Controls, 0x9D: BlankEnds | Controls, 0x9E: BlankEnds | Controls, 0x9F: BlankEnds | Controls,
	0xA0: BlankEnds | Controls, 0xA1: BlankEnds | Controls, 0xA2: BlankEnds | Controls, 0xA3: BlankEnds | Controls, 0xA4: BlankEnds | Controls, 0xA5: BlankEnds | Controls, 0xA6: BlankEnds | Controls, 0xA7: BlankEnds | Controls,
	0xA8: BlankEnds | Controls, 0xA9: BlankEnds | Controls, 0xAA: BlankEnds | Controls, 0xAB: BlankEnds | Controls, 0xAC: BlankEnds | Controls, 0xAD: BlankEnds | Controls, 0xAE: BlankEnds | Controls, 0xAF: BlankEnds | Controls,
	0xB0: BlankEnds | Controls, 0xB1: BlankEnds | Controls, 0xB2: BlankEnds | Controls, 0xB3: BlankEnds | Controls, 0xB4: BlankEnds | Controls, 0xB5: BlankEnds | Controls, 0xB6: BlankEnds | Controls, 0xB7: BlankEnds | Controls,
	0xB8: BlankEnds | Controls, 0xB9: BlankEnds | Controls, 0xBA: BlankEnds | Controls, 0xBB: BlankEnds | Controls, 0xBC: BlankEnds | Controls, 0xBD: BlankEnds | Controls, 0xBE: BlankEnds | Controls, 0xBF: BlankEnds | Controls,
	0xC0: BlankEnds | Controls, 0xC1: BlankEnds | Controls, 0xC2: BlankEnds | Controls, 0xC3: BlankEnds | Controls, 0xC4: BlankEnds | Controls, 0xC5: BlankEnds | Controls, 0xC6: BlankEnds | Controls, 0xC7: BlankEnds | Controls,
	0xC8: BlankEnds | Controls, 0xC9: BlankEnds | Controls, 0xCA: BlankEnds | Controls, 0xCB: BlankEnds | Controls, 0xCC: BlankEnds | Controls, 0xCD: BlankEnds | Controls, 0xCE: BlankEnds | Controls, 0xCF: BlankEnds | Controls,
	0xD0: BlankEnds | Controls, 0xD1: BlankEnds | Controls, 0xD2: BlankEnds | Controls, 0xD3: BlankEnds | Controls, 0xD4: BlankEnds | Controls, 0xD5: BlankEnds | Controls, 0xD6: BlankEnds | Controls, 0xD7: BlankEnds | Controls,
	0xD8: BlankEnds | Controls, 0xD9: BlankEnds | Controls, 0xDA: BlankEnds | Controls, 0xDB: BlankEnds | Controls, 0xDC: BlankEnds | Controls, 0xDD: BlankEnds | Controls, 0xDE: BlankEnds | Controls, 0xDF: BlankEnds | Controls,
	0xE0: BlankEnds | Controls, 0xE1: BlankEnds | Controls, 0xE2: BlankEnds | Controls, 0xE3: BlankEnds | Controls, 0xE4: BlankEnds | Controls, 0xE5: BlankEnds | Controls, 0xE6: BlankEnds | Controls, 0xE7: BlankEnds | Controls,
	0xE8: BlankEnds | Controls, 0xE9: BlankEnds | Controls, 0xEA: BlankEnds | Controls, 0xEB: BlankEnds | Controls, 0xEC: BlankEnds | Controls, 0xED: BlankEnds | Controls, 0xEE: BlankEnds | Controls, 0xEF: BlankEnds | Controls,
	0xF0: BlankEnds | Controls, 0xF1: BlankEnds | Controls, 0xF2: BlankEnds | Controls, 0xF3: BlankEnds | Controls, 0xF4: BlankEnds | Controls, 0xF5: BlankEnds | Controls, 0xF6: BlankEnds | Controls, 0xF7: BlankEnds | Controls,
	0xF8: BlankEnds | Controls, 0xF9: BlankEnds | Controls, 0xFA: BlankEnds | Controls, 0xFB: BlankEnds | Controls, 0xFC: BlankEnds | Controls, 0xFD: BlankEnds | Controls, 0xFE: BlankEnds | Controls, 0xFF: BlankEnds | Controls,
}
