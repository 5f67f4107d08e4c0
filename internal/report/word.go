package report

import (
	"strings"
	"unicode/utf8"
)

// Word is a text as one word of a command that somebody may copy: a path with blanks
// stands in quotes. A shell takes what it gets; so do those of Windows, where they can.
func Word(s string) string {
	const safe = letters + "0123456789_./:%+-"
	switch {
	case strings.HasPrefix(s, "-") && s != "-":
		return Word("./" + s) // no flag
	case s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < utf8.RuneSelf && !strings.ContainsRune(safe, r) }):
		return s
	case strings.ContainsAny(s, "\"$`!") || strings.Contains(s, `\\`) || strings.HasSuffix(s, `\`):
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" // what counts in double quotes, too
	}
	return `"` + s + `"`
}
