package dbtcloud

import (
	"math/big"
	"strings"
	"unicode"
)

// maxDigits is the most digits that Python's int() takes (3.11 and later; the
// limit came to older lines as a security fix).
const maxDigits = 4300

// PythonInt is what Python's int() makes of a text: blanks around it are dropped,
// a sign, single underscores between digits and the decimal digits of every
// script are taken. It answers false where int() raises ValueError.
func PythonInt(s string) (*big.Int, bool) {
	s = strings.TrimFunc(s, isPythonSpace)
	digits := make([]byte, 0, len(s))
	sign := ""
	if s != "" && (s[0] == '+' || s[0] == '-') {
		sign, s = s[:1], s[1:]
	}
	underscore := true // none may stand first
	for _, r := range s {
		if r == '_' {
			if underscore {
				return nil, false
			}
			underscore = true
			continue
		}
		d, ok := decimal(r)
		if !ok {
			return nil, false
		}
		underscore = false
		digits = append(digits, d)
	}
	if underscore || len(digits) > maxDigits {
		return nil, false
	}
	n, ok := new(big.Int).SetString(strings.TrimPrefix(sign, "+")+string(digits), 10)
	return n, ok
}

// isPythonSpace is str.isspace(): Unicode's white space and the separators
// U+001C to U+001F.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }

// decimal is the value of a digit of any script. The digits of a script are ten
// code points in a row, the ranges of Nd start at a zero.
func decimal(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r), true
	}
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte('0' + (r-rune(t.Lo))%10), true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte('0' + (r-rune(t.Lo))%10), true
		}
	}
	return 0, false
}

// OddAccount says what is odd about a login that int() takes but that is no plain
// positive number; empty for a plain one.
func OddAccount(s string, n *big.Int) string {
	switch {
	case strings.TrimFunc(s, isPythonSpace) != s:
		return "blanks around it"
	case strings.HasPrefix(s, "+"):
		return "a plus sign"
	case n.Sign() < 0:
		return "a negative number"
	case n.Sign() == 0:
		return "zero"
	case strings.Contains(s, "_"):
		return "underscores"
	case n.BitLen() > 63:
		return "a number of more than 64 bits"
	}
	for i := range len(s) {
		if s[i] >= 0x80 {
			return "digits of another script"
		}
	}
	if s[0] == '0' {
		return "leading zeros"
	}
	return ""
}

// AccountInAddress is the account id in a text pasted from the browser, as
// digits; empty where there is none. The forms are those of the account settings
// and of the deploy pages (https://HOST/settings/accounts/ID/, /deploy/ID/…).
func AccountInAddress(s string) string {
	for _, route := range [...]string{"/settings/accounts/", "/accounts/", "/deploy/"} {
		i := strings.Index(s, route)
		if i < 0 {
			continue
		}
		rest := s[i+len(route):]
		j := 0
		for j < len(rest) && rest[j] >= '0' && rest[j] <= '9' {
			j++
		}
		if j > 0 {
			return rest[:j]
		}
	}
	return ""
}
