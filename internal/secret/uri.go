package secret

import (
	"iter"
	"slices"
	"strings"
)

// ScanURI is [Scan] for a text that is a URI or was meant to be one, all of it: its
// password ends at the last @, whatever stands before that.
func ScanURI(s string) []Range {
	rs := Scan(s)
	from := max(0, authority(s))
	if strings.HasPrefix(s[from:], "[") {
		from += max(0, strings.IndexByte(s[from:], ']')) // an IPv6 address
	}
	colon := strings.IndexByte(s[from:], ':')
	if colon < 0 || strings.ContainsAny(s[from:from+colon], "/?#") {
		return rs
	}
	if colon += from; colon < strings.LastIndexByte(s, '@') {
		rs = join(append(rs, Range{colon + 1, strings.LastIndexByte(s, '@')}))
	}
	return rs
}

// shortestPiece is how long a piece of a password is that would tell it.
const shortestPiece = 4

// mostPieces is how many of them are looked for one by one.
const mostPieces = 200

// Leftovers are the pieces of a URI's secrets that a consumer has not taken for the
// password: where the URI is not read as it was meant, they stand in other fields,
// in keys, in errors, in lower case or encoded. A piece is a run of letters and
// digits, by which each of these can be told.
func Leftovers(uri, password string) []string {
	var pieces []string
	known := map[string]bool{}
	for piece := range runs(password) {
		known[piece] = true
	}
	for _, r := range ScanURI(uri) {
		text := uri[r[0]:r[1]]
		for _, s := range [...]string{text, unescaped(text)} {
			for piece := range runs(s) {
				if len(piece) >= shortestPiece && !known[piece] {
					known[piece] = true
					pieces = append(pieces, piece)
				}
			}
		}
	}
	// The longer ones first, since one may be part of another.
	slices.SortStableFunc(pieces, func(a, b string) int { return len(b) - len(a) })
	return pieces
}

// runs are the runs of letters and digits in a text.
func runs(s string) iter.Seq[string] {
	return strings.FieldsFuncSeq(s, func(r rune) bool { return r < 0x80 && !isAlnum(byte(r)) })
}

// unescaped has a blank for each %XX, since what it stands for is no matter here.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte(' ')
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// Without is a text in which each of the pieces is masked, in any case of its
// letters.
func Without(s string, pieces []string) string {
	if len(pieces) > mostPieces && s != "" {
		return Mask // nobody writes such a URI, and to look for them all would take long
	}
	for _, piece := range pieces {
		if len(piece) > len(s) {
			continue
		}
		var b strings.Builder
		from := 0
		for i := 0; i+len(piece) <= len(s); {
			if !strings.EqualFold(s[i:i+len(piece)], piece) {
				i++
				continue
			}
			b.WriteString(s[from:i])
			b.WriteString(Mask)
			i += len(piece)
			from = i
		}
		if from > 0 {
			s = b.String() + s[from:]
		}
	}
	return s
}
