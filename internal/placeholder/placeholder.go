// Package placeholder knows texts that stand for a value which somebody has yet to
// fill in. It is a leaf.
package placeholder

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Find finds a text that stands for a value: its range of bytes, and
// whether it is one of the ${VAR} form. No range where there is none.
func Find(s string) (i, j int, shell bool) {
	if s == "" || !strings.ContainsAny(s, "$<{") && !strings.ContainsRune("cry", rune(s[0]|0x20)) {
		return 0, 0, false // every text of every export is asked
	}
	for _, form := range [...]struct{ open, close string }{{"${", "}"}, {"{{", "}}"}, {"<", ">"}} {
		i := strings.Index(s, form.open)
		if i < 0 {
			continue
		}
		n := strings.Index(s[i+len(form.open):], form.close)
		if n <= 0 {
			continue
		}
		inner := s[i+len(form.open) : i+len(form.open)+n]
		if form.open == "<" && !isName(inner) {
			continue
		}
		return i, i + len(form.open) + n + len(form.close), form.open == "${"
	}
	if len(s) > 1 && s[0] == '$' && IsShellName(s[1:]) {
		return 0, len(s), true
	}
	switch lower := strings.ToLower(s); {
	case lower == "changeme", lower == "change_me", lower == "change-me", lower == "replace_me", lower == "replace-me", lower == "replaceme":
		return 0, len(s), false
	case hasAnyPrefix(lower, "your-", "your_", "<your") && len(lower) < 60:
		return 0, len(s), false
	}
	return 0, 0, false
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// isName reports whether the inside of <…> is words: not XML, not an
// operator, not an address.
func isName(s string) bool {
	if len(s) > 60 {
		return false
	}
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r), r == '-', r == '_', r == ' ', r == '.':
		default:
			return false
		}
	}
	return letters > 1
}

// IsShellName reports whether the text is a name that a shell variable can have,
// in the capitals that people give them.
func IsShellName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(s) > 1 && utf8.ValidString(s)
}
