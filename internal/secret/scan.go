package secret

import (
	"slices"
	"strings"
)

// Range is a half-open range of byte offsets in a text.
type Range = [2]int

// Scan finds everything in a text that may be a secret: texts of a known token
// shape, values after sensitive keys (in JSON, also inside JSON strings, in YAML,
// env lines, query strings and command lines), and the passwords of URIs, however
// malformed. It is greedy on purpose: it runs on lines that nobody has parsed, and
// where the end of a secret is in doubt it takes the later one. The ranges are
// sorted and apart from each other. It takes time linear in the text.
func Scan(s string) []Range {
	var rs []Range
	for _, t := range FindTokens(s) {
		rs = append(rs, Range{t.Start, t.End})
	}
	rs = scanKeys(rs, s)
	rs = scanOptions(rs, s)
	rs = scanURIs(rs, s)
	return join(rs)
}

// join sorts ranges and makes one of those that touch.
func join(rs []Range) []Range {
	if len(rs) < 2 {
		return rs
	}
	slices.SortFunc(rs, func(a, b Range) int { return a[0] - b[0] })
	n := 0
	for _, r := range rs[1:] {
		if r[0] <= rs[n][1] {
			rs[n][1] = max(rs[n][1], r[1])
			continue
		}
		n++
		rs[n] = r
	}
	return rs[:n+1]
}

// CredentialStart is where the secret begins in a value of a secret field: after
// the word of an authorization scheme, which is no secret, else at 0.
func CredentialStart(s string) int {
	for _, word := range [...]string{"token", "bearer", "basic"} {
		if len(s) > len(word) && strings.EqualFold(s[:len(word)], word) && isBlank(s[len(word)]) {
			if rest := strings.TrimLeft(s[len(word):], " \t"); rest != "" {
				return len(s) - len(rest)
			}
		}
	}
	return 0
}

// longestKey is how far back a key is looked for: no sensitive name is longer,
// and a line may be 100 MB long.
const longestKey = 200

// setting says how the key of a value stands in the text, which decides where the
// value ends.
type setting uint8

const (
	alone    setting = iota // at the start of a line or after a blank: YAML, env
	inFlow                  // quoted, or after a bracket or comma: JSON
	inQuery                 // after ? or &
	inParams                // after ;
	inQuotes                // right after a quote that the value stands inside
)

// scanKeys finds the values after sensitive keys.
func scanKeys(rs []Range, s string) []Range {
	for i := 0; i < len(s); i++ {
		j := strings.IndexAny(s[i:], ":=")
		if j < 0 {
			break
		}
		i += j
		key, in := keyBefore(s, i)
		if key == "" || strings.HasPrefix(s[i+1:], "//") || !SensitiveKey(key) {
			continue
		}
		start, end := valueAt(s, i+1, in)
		if start < end {
			rs = append(rs, Range{start, end})
			i = end - 1
		}
	}
	return rs
}

// keyBefore is the key that ends before the separator at i.
func keyBefore(s string, i int) (string, setting) {
	first := max(0, i-longestKey)
	end := i
	for end > first && isBlank(s[end-1]) {
		end--
	}
	if end > first && isQuote(s[end-1]) {
		quote := s[end-1]
		end--
		for end > first && s[end-1] == '\\' {
			end--
		}
		open := strings.LastIndexByte(s[first:end], quote)
		return s[first+open+1 : end], inFlow
	}
	start := end
	for start > first && isKeyByte(s[start-1]) {
		start--
	}
	if start == 0 {
		return s[start:end], alone
	}
	switch c := s[start-1]; {
	case isBlank(c), isBreak(c):
		// {password: x, token: y} is YAML, too.
		if before := strings.TrimRight(s[first:start], " \t\r\n"); before != "" && strings.IndexByte("{[,", before[len(before)-1]) >= 0 {
			return s[start:end], inFlow
		}
		return s[start:end], alone
	case c == '?' || c == '&':
		return s[start:end], inQuery
	case c == ';':
		return s[start:end], inParams
	case isQuote(c):
		return s[start:end], inQuotes
	case strings.IndexByte("{[(,", c) >= 0:
		return s[start:end], inFlow
	}
	return "", alone
}

// valueAt is the value that begins at or after i, without its quotes; empty where
// there is none or it is a null.
func valueAt(s string, i int, in setting) (int, int) {
	for i < len(s) && (isBlank(s[i]) || in == inFlow && isBreak(s[i])) {
		i++
	}
	if i == len(s) {
		return i, i
	}
	if s[i] == '{' || s[i] == '[' {
		return i + 1, closingBracket(s, i)
	}
	q := i
	for q < len(s) && s[q] == '\\' {
		q++
	}
	start := i
	var end int
	if q < len(s) && isQuote(s[q]) && (in != inQuotes || q > i) {
		start = q + 1
		end = closingQuote(s, start, s[q], q-i)
	} else {
		end = plainEnd(s, i, in)
		switch v := s[i:end]; {
		case v == "null", v == "None", v == "~", isBlockHeader(v):
			return i, i
		}
	}
	return start + CredentialStart(s[start:end]), end
}

// plainEnd is the end of an unquoted value.
func plainEnd(s string, i int, in setting) int {
	end := i
	for end < len(s) && !isBreak(s[end]) && !ends(s, end, in) {
		end++
	}
	for end > i && isBlank(s[end-1]) {
		end--
	}
	return end
}

func ends(s string, i int, in setting) bool {
	switch in {
	case inFlow:
		return strings.IndexByte(",}]", s[i]) >= 0 || closes(s, i)
	case inQuery:
		return s[i] == '&' || closes(s, i)
	case inParams:
		return s[i] == ';' || closes(s, i)
	case inQuotes:
		return closes(s, i)
	}
	return false
}

// isBlockHeader reports whether a YAML value is but the head of a block: its text
// stands on the next lines.
func isBlockHeader(s string) bool {
	return s != "" && (s[0] == '|' || s[0] == '>') && strings.Trim(s[1:], "+-123456789") == ""
}

// closingQuote is the end of a quoted text that began before i with that many
// backslashes before its quote. One that never ends goes to the end of the text.
func closingQuote(s string, i int, quote byte, slashes int) int {
	for j := i; j < len(s); j++ {
		k := strings.IndexByte(s[j:], quote)
		if k < 0 {
			break
		}
		j += k
		run := 0
		for j-run > i && s[j-run-1] == '\\' {
			run++
		}
		switch {
		case run < slashes: // a quote of an outer text
			return j - run
		case run%(2*slashes+2) != slashes: // an escaped one
		case quote == '\'' && j+1 < len(s) && s[j+1] == quote: // YAML's ''
			j++
		case closes(s, j):
			return j - slashes
		}
	}
	return len(s)
}

// closingBracket is the end of the inside of a bracket that opens at i.
func closingBracket(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return i
}

// scanOptions finds the values of options of a command: --conn-password x.
func scanOptions(rs []Range, s string) []Range {
	for i := 0; ; {
		j := strings.Index(s[i:], "--")
		if j < 0 {
			return rs
		}
		i += j + 2
		start := i
		for i < len(s) && i-start < longestKey && isKeyByte(s[i]) {
			i++
		}
		if i == len(s) || !isBlank(s[i]) || !SensitiveKey(s[start:i]) {
			continue
		}
		for i < len(s) && isBlank(s[i]) {
			i++
		}
		from := i
		if i < len(s) && isQuote(s[i]) {
			from++
			i = closingQuote(s, from, s[i], 0)
		} else {
			for i < len(s) && !isBlank(s[i]) && !isBreak(s[i]) {
				i++
			}
		}
		if from < i {
			rs = append(rs, Range{from, i})
		}
	}
}

// reach is how far beyond the blanks in it a URI is looked for its @.
const reach = 4096

// scanURIs finds the passwords in URIs and in what was meant to be some: in each
// word (quotes and blanks are around words) what follows the first colon of the
// authority, up to the last @.
func scanURIs(rs []Range, s string) []Range {
	for i := 0; i < len(s); {
		colon := strings.IndexByte(s[i:], ':')
		if colon < 0 {
			break
		}
		start := i + colon
		for start > i && !isWordEnd(s, start-1) {
			start--
		}
		end := i + colon
		for end < len(s) && !isWordEnd(s, end) {
			end++
		}
		lo, hi := userinfo(s, start, end)
		if lo < hi {
			rs = append(rs, Range{lo, hi})
		}
		i = max(end, hi) + 1
	}
	return rs
}

// userinfo is the password in the word s[start:end].
func userinfo(s string, start, end int) (int, int) {
	word := s[start:end]
	at := start + strings.LastIndexByte(word, '@')
	body := authority(word)
	if body < 0 {
		// user:password@host, or the // was forgotten.
		return start + strings.IndexByte(word, ':') + 1, at
	}
	body += start
	from := body
	if from < end && s[from] == '[' {
		from += max(0, strings.IndexByte(s[from:end], ']')) // an IPv6 address
	}
	colon := strings.IndexByte(s[from:end], ':')
	if colon < 0 {
		return 0, 0
	}
	colon += from
	switch {
	case at > colon:
		if start == 0 {
			// All of the text is the URI, blanks included.
			at = max(at, lastAt(s, end))
		}
		return colon + 1, at
	case isPort(s[colon+1 : end]), strings.ContainsAny(s[body:colon], "/?#"):
		return 0, 0
	}
	if at = lastAt(s, end); at > 0 {
		return colon + 1, at
	}
	return colon + 1, end
}

// authority is where the authority of a URI begins, in a word; of a URI within a
// URI, the inner one's. Slashes may be escaped. It is -1 where there is no URI.
func authority(word string) int {
	at := -1
	for {
		colon := strings.IndexByte(word[max(at, 0):], ':')
		if colon < 0 {
			return at
		}
		colon += max(at, 0)
		if at >= 0 && strings.Trim(word[at:colon], schemeBytes) != "" {
			return at
		}
		i := colon + 1
		for range 2 {
			for i < len(word) && word[i] == '\\' {
				i++
			}
			if i == len(word) || word[i] != '/' {
				return at
			}
			i++
		}
		at = i
	}
}

const schemeBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._"

// lastAt is the last @ after i in the same line and quotes, before a further URI;
// 0 where there is none.
func lastAt(s string, i int) int {
	last := 0
	for end := min(len(s), i+reach); i < end && !isBreak(s[i]) && !closes(s, i) && !strings.HasPrefix(s[i:], "://"); i++ {
		if s[i] == '@' {
			last = i
		}
	}
	return last
}

// isPort reports whether a text begins with a port, as what follows a host does.
func isPort(s string) bool {
	rest := strings.TrimLeft(s, "0123456789")
	return len(rest) < len(s) && (rest == "" || strings.IndexByte(`/?#,;)]}\`, rest[0]) >= 0)
}

// isWordEnd reports whether the byte at i stands between words: a blank, or a
// quote around a word.
func isWordEnd(s string, i int) bool {
	c := s[i]
	if isBlank(c) || isBreak(c) {
		return true
	}
	return isQuote(c) && (i == 0 || isBlank(s[i-1]) || isBreak(s[i-1]) || strings.IndexByte(`{[(:,=\`, s[i-1]) >= 0 || closes(s, i))
}

// closes reports whether at i there is a quote that ends a text: what follows it
// can stand after a text only.
func closes(s string, i int) bool {
	if !isQuote(s[i]) {
		return false
	}
	return i+1 == len(s) || isBlank(s[i+1]) || isBreak(s[i+1]) || strings.IndexByte(`,}]):;&\"'`, s[i+1]) >= 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isBreak(c byte) bool { return c == '\n' || c == '\r' }

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

func isKeyByte(c byte) bool {
	return c >= 0x80 || c == '_' || c == '-' || c == '.' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
