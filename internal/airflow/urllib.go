package airflow

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// urlParts are the parts of a URL as urllib.parse.urlsplit cuts them.
type urlParts struct {
	url                 source.Text // what was split
	scheme              string      // lower-cased
	schemeLen           int         // of the scheme in url, which it begins
	netloc, path, query source.Text
	netlocAt            int // where netloc begins in url
}

// urlError is a ValueError of urllib.
type urlError struct {
	message string
	at      source.Span
}

// urlsplit is urllib.parse.urlsplit of the profile's Python.
func (p *Profile) urlsplit(url source.Text) (urlParts, *urlError) {
	url = cleanURL(url)
	u := urlParts{url: url}
	s := url.String()
	rest := 0
	if n := p.schemeLen(s); n > 0 {
		u.schemeLen, u.scheme = n, strings.ToLower(s[:n])
		rest = n + 1
	}
	if strings.HasPrefix(s[rest:], "//") {
		rest += 2
		u.netlocAt = rest
		if n := strings.IndexAny(s[rest:], "/?#"); n >= 0 {
			rest += n
		} else {
			rest = len(s)
		}
		u.netloc = url.Slice(u.netlocAt, rest)
		if err := p.checkBrackets(u.netloc); err != nil {
			return u, err
		}
	}
	u.path, _, _ = cut(url.From(rest), '#')
	u.path, u.query, _ = cut(u.path, '?')
	return u, checkNetloc(u.netloc)
}

// cut is str.split(sep, 1) of a text.
func cut(t source.Text, sep byte) (before, after source.Text, found bool) {
	i := strings.IndexByte(t.String(), sep)
	if i < 0 {
		return t, source.Text{}, false
	}
	return t.Slice(0, i), t.From(i + 1), true
}

// cleanURL drops what browsers drop: control characters and blanks in front, and
// tabs and line ends anywhere.
func cleanURL(url source.Text) source.Text {
	s := url.String()
	lead := 0
	for lead < len(s) && s[lead] <= ' ' {
		lead++
	}
	url, s = url.From(lead), s[lead:]
	if !strings.ContainsAny(s, "\t\r\n") {
		return url
	}
	b := source.NewBuilder(url, nil)
	for i := range len(s) {
		switch s[i] {
		case '\t', '\r', '\n':
			b.Put(i, i+1, "")
		default:
			b.Copy(i, i+1)
		}
	}
	return b.Text()
}

// schemeLen is the length of the scheme that Python sees in front of the first
// colon, 0 for none.
func (p *Profile) schemeLen(s string) int {
	n := strings.IndexByte(s, ':')
	if n <= 0 {
		return 0
	}
	for i := range n {
		if c := s[i]; !isLetter(c) && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return 0
		}
	}
	if !isLetter(s[0]) && !p.Has(LooseSchemes) {
		return 0
	}
	if rest := s[n+1:]; s[:n] != "http" && rest != "" && strings.Trim(rest, "0123456789") == "" && p.Has(PortIsNoScheme) {
		return 0
	}
	return n
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// checkBrackets refuses brackets that are not paired and, in newer Pythons, what
// is no IPv6 address between them.
func (p *Profile) checkBrackets(netloc source.Text) *urlError {
	s := netloc.String()
	open, shut := strings.IndexByte(s, '['), strings.IndexByte(s, ']')
	switch {
	case open < 0 && shut < 0:
		return nil
	case open < 0 || shut < 0:
		at := max(open, shut)
		return &urlError{"Invalid IPv6 URL", netloc.Span(at, at+1)}
	}
	if err := checkAddress(netloc, open); err != nil && p.Has(ChecksBrackets) {
		return err
	}
	return nil
}

// checkAddress refuses what is no IPv6 address between brackets.
func checkAddress(netloc source.Text, open int) *urlError {
	s := netloc.String()
	host, _, _ := strings.Cut(s[open+1:], "]")
	at := netloc.Span(open, min(open+len(host)+2, len(s)))
	if strings.HasPrefix(host, "v") {
		version, rest, ok := strings.Cut(host[1:], ".")
		if !ok || version == "" || rest == "" || strings.Trim(version, "0123456789abcdefABCDEF") != "" {
			return &urlError{"IPvFuture address is invalid", at}
		}
		return nil
	}
	_, zone, _ := strings.Cut(host, "%")
	switch a, err := netip.ParseAddr(host); {
	case err != nil || strings.Contains(zone, "%"): // which netip would take
		return &urlError{python.Repr(host) + " does not appear to be an IPv4 or IPv6 address", at}
	case a.Is4():
		return &urlError{"An IPv4 address cannot be in brackets", at}
	}
	return nil
}

// checkNetloc refuses characters that Unicode's compatibility form turns into
// ones that part a URL.
func checkNetloc(netloc source.Text) *urlError {
	s := netloc.String()
	at := 0
	for at < len(s) && s[at] < utf8.RuneSelf {
		at++
	}
	if at == len(s) {
		return nil
	}
	plain := strings.NewReplacer("@", "", ":", "", "#", "", "?", "").Replace(s)
	if n := norm.NFKC.String(plain); n == plain || !strings.ContainsAny(n, "/?#@:") {
		return nil
	}
	bad := netloc.Whole()
	for i, r := range s {
		if r >= utf8.RuneSelf && strings.ContainsAny(norm.NFKC.String(string(r)), "/?#@:") {
			bad = netloc.Span(i, i+utf8.RuneLen(r))
			break
		}
	}
	return &urlError{"netloc '" + s + "' contains invalid characters under NFKC normalization", bad}
}

// userinfo are login and password of a netloc; given tells which are there.
func userinfo(netloc source.Text) (login, password source.Text, hasLogin, hasPassword bool) {
	at := strings.LastIndexByte(netloc.String(), '@')
	if at < 0 {
		return
	}
	login, password, hasPassword = cut(netloc.Slice(0, at), ':')
	return login, password, true, hasPassword
}

// hostAt is where host and port stand in a netloc; both may be empty.
func hostAt(netloc string) (host, port source.Span) {
	lo := strings.LastIndexByte(netloc, '@') + 1
	host = source.Span{Start: lo, End: len(netloc)}
	rest := lo
	if i := strings.IndexByte(netloc[lo:], '['); i >= 0 {
		host.Start = lo + i + 1
		rest = len(netloc)
		if i := strings.IndexByte(netloc[host.Start:], ']'); i >= 0 {
			host.End = host.Start + i
			rest = host.End + 1
		}
	}
	port = source.Span{Start: len(netloc), End: len(netloc)}
	if i := strings.IndexByte(netloc[rest:], ':'); i >= 0 {
		port.Start = rest + i + 1
		host.End = min(host.End, rest+i)
	}
	return host, port
}

// parsePort is SplitResult.port of a port that is not empty.
func (p *Profile) parsePort(port source.Text) (string, *urlError) {
	s := port.String()
	n, ok := python.Int(s)
	if !ok || strings.Trim(s, "0123456789") != "" && !p.Has(LoosePorts) {
		return "", &urlError{"Port could not be cast to integer value as " + python.Repr(s), port.Whole()}
	}
	if n.Sign() < 0 || n.BitLen() > 16 {
		return "", &urlError{"Port out of range 0-65535", port.Whole()}
	}
	return n.String(), nil
}

// unquote is urllib.parse.unquote: escapes become bytes, what of them is no UTF-8
// becomes U+FFFD, and a % that begins no escape stays.
func unquote(t source.Text) source.Text {
	return decodePercent(t, false)
}

// unquotePlus is what parse_qsl does to names and values.
func unquotePlus(t source.Text) source.Text {
	return decodePercent(t, true)
}

func decodePercent(t source.Text, plus bool) source.Text {
	s := t.String()
	if !strings.Contains(s, "%") && !(plus && strings.Contains(s, "+")) {
		return t.Literal(encodePercent)
	}
	b := source.NewBuilder(t, encodePercent)
	for i := 0; i < len(s); {
		switch {
		case plus && s[i] == '+':
			b.Put(i, i+1, " ")
			i++
		case s[i] == '%':
			octets := escapes(s[i:])
			if octets == "" {
				b.Copy(i, i+1)
				i++
				continue
			}
			for octets != "" {
				r, n := decodeReplace(octets)
				b.Put(i, i+3*n, r)
				octets = octets[n:]
				i += 3 * n
			}
		default:
			b.Copy(i, i+1)
			i++
		}
	}
	return b.Text()
}

// escapes are the bytes of the percent escapes that s begins with.
func escapes(s string) string {
	var out []byte
	for len(s) >= 3 && s[0] == '%' {
		hi, lo := unhex(s[1]), unhex(s[2])
		if hi < 0 || lo < 0 {
			break
		}
		out = append(out, byte(hi<<4|lo))
		s = s[3:]
	}
	return string(out)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// decodeReplace is the first character of bytes.decode("utf-8", "replace") and
// the number of bytes it stands for. Unlike Go, Python replaces as much of a
// broken sequence as could begin a character by one U+FFFD.
func decodeReplace(s string) (string, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r != utf8.RuneError || n > 1 {
		return s[:n], n
	}
	for n < len(s) && n < 3 && !utf8.FullRuneInString(s[:n+1]) {
		n++
	}
	if n > 1 || !utf8.FullRuneInString(s[:1]) {
		return "\uFFFD", n
	}
	return "\uFFFD", 1
}

const upperHex = "0123456789ABCDEF"

// quote is urllib.parse.quote(s, safe=""); plus writes a blank as "+", as
// quote_plus does.
func quote(s string, plus bool) string {
	clean := true
	for i := 0; clean && i < len(s); i++ {
		clean = isUnreserved(s[i])
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case isUnreserved(c):
			b.WriteByte(c)
		case plus && c == ' ':
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// encodePercent writes a text for any part of a URI.
func encodePercent(s string) (string, bool) { return quote(s, false), true }

// queryPair is a name and its value, decoded.
type queryPair struct{ name, value source.Text }

// parseQuery is urllib.parse.parse_qsl(query, keep_blank_values=True).
func parseQuery(query source.Text) []queryPair {
	var pairs []queryPair
	for query.Len() > 0 {
		var pair source.Text
		pair, query, _ = cut(query, '&')
		if pair.Len() == 0 {
			continue
		}
		name, value, _ := cut(pair, '=')
		pairs = append(pairs, queryPair{unquotePlus(name), unquotePlus(value)})
	}
	return pairs
}
