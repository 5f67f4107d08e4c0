package airflow

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// What stands here does exactly what Python's str and int do. A str is kept as
// UTF-8; a lone surrogate, which Python allows, as the three bytes of WTF-8, and a
// byte of the environment that is no UTF-8 as itself.

// strip is str.strip(): it cuts blanks of all scripts off both ends.
func strip(t source.Text) source.Text {
	s := t.String()
	lo := len(s) - len(strings.TrimLeftFunc(s, isSpace))
	hi := lo + len(strings.TrimRightFunc(s[lo:], isSpace))
	return t.Slice(lo, hi)
}

// isSpace is str.isspace() of one character: what Unicode calls white space, and
// the four separators of ASCII.
func isSpace(r rune) bool {
	return r >= 0x1C && r <= 0x1F || unicode.IsSpace(r)
}

// isWord is \w of Python's re: letters and numbers of all scripts.
func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// isASCIIWord is \w of re2.
func isASCIIWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// isLowerASCII reports whether a text is ASCII without capitals.
func isLowerASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// lower is str.lower().
func lower(s string) string {
	if isLowerASCII(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		l, n := lowerAt(s, i)
		b.WriteString(l)
		i += n
	}
	return b.String()
}

// lowerText is str.lower() of a text that keeps its places.
func lowerText(t source.Text) source.Text {
	s := t.String()
	if isLowerASCII(s) {
		return t
	}
	b := source.NewBuilder(t, nil)
	lowerInto(b, s, 0, len(s))
	return b.Text()
}

// lowerInto lower-cases the bytes i to j of s, which is what b decodes.
func lowerInto(b *source.Builder, s string, i, j int) {
	for i < j {
		l, n := lowerAt(s[:j], i)
		b.Put(i, i+n, l)
		i += n
	}
}

// lowerAt lower-cases the character at i and gives its length. Two characters
// need more than Unicode's simple mapping (Objects/unicodeobject.c, lower_ucs4).
func lowerAt(s string, i int) (string, int) {
	r, n := utf8.DecodeRuneInString(s[i:])
	switch {
	case r == utf8.RuneError && n == 1:
		return s[i : i+1], 1
	case r == 'İ':
		return "i̇", n
	case r == 'Σ':
		if finalSigma(s, i, n) {
			return "ς", n
		}
		return "σ", n
	}
	if l := unicode.ToLower(r); l != r {
		return string(l), n
	}
	return s[i : i+n], n
}

// finalSigma reports whether the sigma at i ends a word: a letter with case
// stands before it and none behind it.
func finalSigma(s string, i, n int) bool {
	before := strings.TrimRightFunc(s[:i], caseIgnorable)
	after := strings.TrimLeftFunc(s[i+n:], caseIgnorable)
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	return before != "" && cased(last) && (after == "" || !cased(next))
}

func cased(r rune) bool {
	return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) || unicode.In(r, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

func caseIgnorable(r rune) bool {
	return strings.ContainsRune("'.:^`¨\u00ad·´’‘․‧︓︰﹒﹕＇．：", r) || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

// truncFloat is int() of a finite float.
func truncFloat(f float64) string {
	i, _ := big.NewFloat(f).Int(nil)
	return i.String()
}

// formatFloat is str() of a float: the shortest digits that read back the same,
// with an exponent below 1e-4 and from 1e16 on.
func formatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// encodeError is the message of the UnicodeEncodeError for a text that has lone
// surrogates, and where the first run of them stands, in bytes.
func encodeError(s string) (message string, at, end int) {
	first, last := -1, -1
	position := 0
	for i := 0; i < len(s); position++ {
		r, n := python.DecodeRune(s[i:])
		if r >= 0xD800 && r < 0xE000 {
			if first < 0 {
				first, at = position, i
			}
			last, end = position, i+n
		} else if first >= 0 {
			break
		}
		i += n
	}
	if last > first {
		return fmt.Sprintf("'utf-8' codec can't encode characters in position %d-%d: surrogates not allowed", first, last), at, end
	}
	r, _ := python.DecodeRune(s[at:])
	return fmt.Sprintf(`'utf-8' codec can't encode character '\u%04x' in position %d: surrogates not allowed`, r, first), at, end
}
