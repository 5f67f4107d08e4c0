package rules

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// uriFault is what is wrong with a URI, told from its text. One text has one
// fault: the first that a reader meets.
type uriFault uint8

const (
	noFault uriFault = iota
	faultUnderscore
	faultUnencoded
	faultMissingAt
	faultPort
	faultNested
	faultNoScheme
	faultQuoted
	faultEscape
	faultIPv6
)

// authority is where the parts of a URI stand that a text gets wrong: what is
// between :// and the first of /?#. Offsets are those of the URI.
type authority struct {
	lo, hi int
	at     int // of the last @ in it, or -1
}

// authorityOf finds it in a URI whose :// stands at sep.
func authorityOf(s string, sep int) authority {
	a := authority{lo: sep + len("://"), hi: len(s)}
	if n := strings.IndexAny(s[a.lo:], "/?#"); n >= 0 {
		a.hi = a.lo + n
	}
	a.at = strings.LastIndexByte(s[a.lo:a.hi], '@')
	if a.at >= 0 {
		a.at += a.lo
	}
	return a
}

// host is where the host begins.
func (a authority) host() int { return max(a.lo, a.at+1) }

// diagnose finds the fault of a URI that its consumer does not read as it was
// meant, and the bytes that show it. It does not parse: parsing is the consumer's,
// this is why it went wrong. The Astro CLI reads by Go's rules (net/url), which
// refuse more.
func diagnose(s string, astro bool) (f uriFault, i, j int) {
	if s == "" {
		return noFault, 0, 0
	}
	if isQuote(s[0]) {
		return faultQuoted, 0, 1
	}
	sep := strings.Index(s, "://")
	if sep <= 0 {
		return faultNoScheme, 0, len(s)
	}
	scheme := s[:sep]
	if strings.Contains(scheme, "_") && isSchemeBut(scheme) {
		return faultUnderscore, 0, sep
	}
	if !isScheme(scheme) {
		return faultNoScheme, 0, sep
	}
	a := authorityOf(s, sep)
	if n := strings.Index(s[a.lo:], "://"); n >= 0 {
		k := a.lo + n
		for k > a.lo && isSchemeByte(s[k-1]) {
			k--
		}
		return faultNested, k, a.lo + n + len("://")
	}
	if cutsUserinfo(s, a) {
		return faultUnencoded, a.hi, a.hi + 1
	}
	if i, j := badCharacter(s, a, astro); i < j {
		return faultUnencoded, i, j
	}
	if astro {
		if i := badEscape(s, '?'); i >= 0 {
			return faultEscape, i, i + 1
		}
	}
	if i, j := badAddress(s, a); i < j {
		return faultIPv6, i, j
	}
	return portFault(s, a)
}

// isFullHost reports whether a text begins with a host of several labels.
func isFullHost(s string) bool {
	if n := strings.IndexAny(s, ":/?#"); n >= 0 {
		s = s[:n]
	}
	return strings.Contains(strings.Trim(s, "."), ".")
}

// cutsUserinfo reports whether the character that ends the authority was meant to
// belong to the login or password: an @ follows it. An @ may as well stand in a
// path or a query (?from_email=a@h), so where what is read as host and port can be
// some, more has to speak for it.
func cutsUserinfo(s string, a authority) bool {
	rest := s[a.hi:]
	at := strings.IndexByte(rest, '@')
	if at < 0 {
		return false
	}
	if a.at >= 0 && (rest[0] == '?' || strings.ContainsAny(rest[:at], "? ") || strings.ContainsAny(s[a.host():a.hi], ".:") || !isFullHost(rest[at+1:])) {
		return false // no second @ of a password, but one of an address behind a whole authority
	}
	if rest[0] == '#' {
		return true // no fragment means anything to a connection
	}
	colon := strings.IndexByte(s[a.lo:a.hi], ':')
	if colon < 0 {
		return false
	}
	if a.at < 0 {
		if !isPort(s[a.lo+colon+1 : a.hi]) {
			return true
		}
		if rest[0] == '?' {
			return !strings.Contains(rest[:at], "=")
		}
	}
	// A host with a port behind the @.
	behind := rest[at+1:]
	if n := strings.IndexAny(behind, "/?#"); n >= 0 {
		behind = behind[:n]
	}
	_, port, ok := strings.Cut(behind, ":")
	return ok && isDigits(port)
}

// badCharacter finds a character that the reader does not take where it stands:
// Go none but RFC 3986's in the userinfo, Python no bracket there, and none
// anywhere in the authority whose compatibility form parts a URL.
func badCharacter(s string, a authority, astro bool) (i, j int) {
	for i, r := range s[a.lo:a.hi] {
		i += a.lo
		inUserinfo := i < a.at
		switch {
		case astro && inUserinfo && !isUserinfo(r),
			!astro && inUserinfo && (r == '[' || r == ']'),
			!astro && r >= utf8.RuneSelf && strings.ContainsAny(norm.NFKC.String(string(r)), "/?#@:"):
			_, width := utf8.DecodeRuneInString(s[i:]) // of a byte that is no UTF-8: 1
			return i, i + width
		}
	}
	return 0, 0
}

// isUserinfo is validUserinfo of Go's net/url.
func isUserinfo(r rune) bool {
	return r < utf8.RuneSelf && (isSchemeByte(byte(r)) || strings.ContainsRune("_:~!$&'()*,;=%@", r))
}

// badEscape is where the first percent sign stands that begins no escape, before
// the byte stop; -1 for none.
func badEscape(s string, stop byte) int {
	for i := 0; i < len(s) && s[i] != stop; i++ {
		if s[i] == '%' && (i+2 >= len(s) || !isHexDigit(s[i+1]) || !isHexDigit(s[i+2])) {
			return i
		}
	}
	return -1
}

// badAddress finds brackets that are not paired or hold no IPv6 address, and an
// address without them.
func badAddress(s string, a authority) (i, j int) {
	lo := a.host()
	host := s[lo:a.hi]
	open, shut := strings.IndexByte(host, '['), strings.IndexByte(host, ']')
	switch {
	case open >= 0 && shut > open:
		if inner := host[open+1 : shut]; !isIPv6(inner) {
			return lo + open, lo + shut + 1
		}
	case open >= 0 || shut >= 0:
		k := lo + max(open, shut)
		return k, k + 1
	case strings.Count(host, ":") > 1:
		last := strings.LastIndexByte(host, ':')
		if isIPv6(host) || isIPv6(host[:last]) {
			return lo, a.hi
		}
	}
	return 0, 0
}

func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6()
}

// portFault judges what stands behind the colon of the host.
func portFault(s string, a authority) (f uriFault, i, j int) {
	lo := a.host()
	host := s[lo:a.hi]
	if shut := strings.IndexByte(host, ']'); shut >= 0 {
		lo, host = lo+shut+1, host[shut+1:]
	}
	colon := strings.IndexByte(host, ':')
	if colon < 0 || isPort(host[colon+1:]) {
		return noFault, 0, 0
	}
	port := host[colon+1:]
	from, to, _ := placeholder.Find(port)
	filler := from == 0 && to == len(port)
	switch {
	case a.at >= 0, filler && strings.Contains(strings.ToLower(port), "port"):
	case colon == 0 && lo == a.lo, isDigits(host[:colon]), len(port) > 8 && isWord(port), filler && secret.SensitiveKey(port) && !strings.Contains(host[:colon], "."):
		return faultMissingAt, a.lo, a.hi
	}
	return faultPort, lo + colon + 1, a.hi
}

// isWord reports whether the text has the characters of a token, not those of a
// placeholder or of further hosts.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && !isSchemeByte(c) {
			return false
		}
	}
	return s != ""
}

// refusedByGo says what else Go refuses in a URI, and where.
func refusedByGo(s string) (what string, i, j int) {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7F {
			return "it has a control character", i, i + 1
		}
	}
	a := authorityOf(s, strings.Index(s, "://"))
	for i := a.host(); i < a.hi; i++ {
		switch {
		case s[i] == '%' && s[i:min(i+3, a.hi)] != "%25" && s[i+1] < '8':
			return "Go takes no escape of an ASCII character in a host", i, i + 3
		case strings.IndexByte(" \\^`{|}", s[i]) >= 0:
			return "its host has a character that no host has", i, i + 1
		}
	}
	return "it is none by Go's rules", 0, len(s)
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func isSchemeByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

// isScheme is urllib's rule: a letter, then letters, digits, +, - and dots.
func isScheme(s string) bool {
	for i := range len(s) {
		if !isSchemeByte(s[i]) || i == 0 && (s[i] < 'A' || s[i] == '+' || s[i] == '-' || s[i] == '.') {
			return false
		}
	}
	return s != ""
}

// isSchemeBut reports whether the text is a scheme but for its underscores.
func isSchemeBut(s string) bool { return isScheme(strings.ReplaceAll(s, "_", "-")) }

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isPort is what urlsplit takes: nothing, or a number up to 65535.
func isPort(s string) bool {
	if s == "" {
		return true
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		if n = n*10 + int(s[i]-'0'); n > 65535 {
			return false
		}
	}
	return true
}
