// Package placeholder knows texts that stand for a value which somebody has yet to
// fill in. It is a leaf.
package placeholder

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Find finds a text that stands for a value: its range of bytes, and
// whether it is one of the ${VAR} form. No range where there is none.
func Find(s string) (i, j int, shell bool) {
	if s == "" || !strings.ContainsAny(s, "$<{") && !strings.ContainsRune("ceiry", rune(s[0]|0x20)) {
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
		j := i + len(form.open) + n + len(form.close)
		if form.open == "<" {
			i = strings.LastIndexByte(s[:j], '<')
			if !isName(s[i+1 : j-1]) {
				continue
			}
			for i > 0 && j < len(s) && s[i-1] == '<' && s[j] == '>' {
				i, j = i-1, j+1 // <<token>>
			}
			if isTag(s, i, j) {
				continue
			}
		}
		return i, j, form.open == "${"
	}
	if len(s) > 1 && s[0] == '$' && IsShellName(s[1:]) {
		return 0, len(s), true
	}
	if s[0] == '<' && s[len(s)-1] == '>' && strings.Contains(s, " ") && !strings.ContainsAny(s[1:len(s)-1], "<>=/!?%{}&;") {
		return 0, len(s), false // <from `terraform output`>, which is no XML
	}
	switch lower := strings.ToLower(s); {
	case lower == "changeme", lower == "change_me", lower == "change-me", lower == "replace_me", lower == "replace-me", lower == "replaceme":
		return 0, len(s), false
	case hasAnyPrefix(lower, "your-", "your_", "<your", "replace-with-", "replace_with_", "enter-your-", "enter_your_", "insert-your-", "insert_your_") && len(lower) < 60:
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

// isTag reports whether what stands around <word> tells that it is none: an end tag,
// or letters on both sides, as in a password.
func isTag(s string, i, j int) bool {
	if strings.Contains(s[j:], "</"+s[i+1:j]) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[j:])
	return isAlphanumeric(before) && isAlphanumeric(after)
}

func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isName reports whether the inside of <…> is words: not XML, not an
// operator (a < b), not an address.
func isName(s string) bool {
	if len(s) > 60 || strings.TrimSpace(s) != s {
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

// ExampleName reports whether a file's name says that its values are to be replaced.
func ExampleName(name string) bool {
	name = strings.ToLower(path.Base(name))
	for _, word := range [...]string{"example", "sample", "template", "dist", "tmpl"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
