// Package python does to texts what Python does to them, to the letter. A str is
// kept as UTF-8; a lone surrogate, which Python allows, as the three bytes of
// WTF-8.
package python

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits is the longest number that int() takes (sys.get_int_max_str_digits;
// the limit came to the older lines as a security fix).
const maxDigits = 4300

// Int is int() of a str: blanks around it are dropped; a sign, single underscores
// between digits and the decimal digits of every script are taken. It answers
// false where int() raises ValueError; [IntFault] has its words.
func Int(s string) (*big.Int, bool) {
	// Nearly all numbers are short and plain, and there are many of them.
	if len(s) <= 18 && s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseInt(s, 10, 64)
		return big.NewInt(n), err == nil
	}
	s = strings.TrimFunc(s, isIntSpace)
	sign := ""
	if s != "" && (s[0] == '+' || s[0] == '-') {
		sign, s = s[:1], s[1:]
	}
	digits, rest := scanDigits(s)
	if rest != "" || len(digits) == 0 || len(digits) > maxDigits {
		return nil, false
	}
	return new(big.Int).SetString(strings.TrimPrefix(sign, "+")+string(digits), 10)
}

// IntFault is the message of the ValueError for a text that [Int] refuses. It
// quotes the text, which may be a secret.
func IntFault(s string) string {
	number := strings.TrimLeft(strings.TrimFunc(s, isIntSpace), "+-")
	if digits, _ := scanDigits(number); len(digits) > maxDigits {
		return fmt.Sprintf("Exceeds the limit (%d digits) for integer string conversion: value has %d digits; use sys.set_int_max_str_digits() to increase the limit", maxDigits, len(digits))
	}
	const most = 200 // of the repr: the format of the error has %.200R
	quoted := Repr(s)
	if utf8.RuneCountInString(quoted) > most {
		quoted = string([]rune(quoted)[:most])
	}
	return "invalid literal for int() with base 10: " + quoted
}

// scanDigits takes digits off the front of a text, with single underscores
// between them, and answers what is left.
func scanDigits(s string) (digits []byte, rest string) {
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		if r == '_' && len(digits) > 0 {
			r, n = utf8.DecodeRuneInString(s[1:])
			n++
		}
		d, ok := digit(r)
		if !ok {
			break
		}
		digits, s = append(digits, d), s[n:]
	}
	return digits, s
}

// isIntSpace is what int() drops around a number: unlike str.strip() it keeps the
// separators U+001C to U+001F.
func isIntSpace(r rune) bool { return unicode.IsSpace(r) }

// digit is the decimal value of a digit of any script, as an ASCII digit.
func digit(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r), true
	}
	if r < utf8.RuneSelf || !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	// Decimal digits stand in rows of ten that begin at a zero. Only the rows of
	// mathematics, from U+1D7CE on, and those of a few scripts touch each other.
	first := r
	for unicode.Is(unicode.Nd, first-1) {
		first--
	}
	return '0' + byte((r-first)%10), true
}

// Repr is repr() of a str.
func Repr(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteByte(quote)
	for s != "" {
		r, n := DecodeRune(s)
		s = s[n:]
		switch {
		case r == rune(quote), r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
	}
	b.WriteByte(quote)
	return b.String()
}

// BytesRepr is repr() of bytes.
func BytesRepr(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteByte('b')
	b.WriteByte(quote)
	for i := range len(s) {
		switch c := s[i]; {
		case c == quote, c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c >= ' ' && c < 0x7F:
			b.WriteByte(c)
		default:
			b.WriteString(escape(rune(c)))
		}
	}
	b.WriteByte(quote)
	return b.String()
}

// escape is how repr() writes a character that it does not show.
func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r <= 0xFF:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Latin1 is str.encode("latin-1"). Where that fails, fault is the message of the
// UnicodeEncodeError; it shows no more than one character of the text.
func Latin1(s string) (encoded, fault string) {
	var b strings.Builder
	first, last := -1, -1
	var bad rune
	for at := 0; s != ""; at++ {
		r, n := DecodeRune(s)
		s = s[n:]
		switch {
		case r > 0xFF && first < 0:
			first, last, bad = at, at, r
		case r > 0xFF && last == at-1:
			last = at
		case r <= 0xFF:
			b.WriteByte(byte(r))
		}
		if first >= 0 && last < at {
			break
		}
	}
	switch {
	case first < 0:
		return b.String(), ""
	case first == last:
		return "", fmt.Sprintf("'latin-1' codec can't encode character '%s' in position %d: ordinal not in range(256)", escape(bad), first)
	}
	return "", fmt.Sprintf("'latin-1' codec can't encode characters in position %d-%d: ordinal not in range(256)", first, last)
}

// DecodeRune is the first character of a text as Python has it: surrogates are
// characters, and a byte that is no UTF-8 is the surrogate U+DC80 to U+DCFF
// (surrogateescape).
func DecodeRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r != utf8.RuneError || n != 1 { // of an empty text, n is 0
		return r, n
	}
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return 0xDC00 | rune(s[0]), 1
}
