package dbtcloud

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
)

// What stands here follows the clients that the hook calls, as far as they judge
// a request before they look up a name: requests 2.34 on urllib3 2.8, and aiohttp
// 3.14 on yarl 1.25. Older ones differ in the words of their errors, and urllib3
// before 2.8 percent-encodes blanks in a host instead of refusing them.

// fault is an exception of a client.
type fault struct{ class, message string }

// prepare is requests' PreparedRequest.prepare_url: the URL that is sent.
func prepare(url string) (string, *fault) {
	rest := strings.TrimPrefix(url, "https://")
	end := strings.IndexAny(rest, `\/?#`)
	if end < 0 {
		end = len(rest)
	}
	authority, rest := rest[:end], rest[end:]
	auth, hostPort := "", authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		auth, hostPort = authority[:i], authority[i+1:]
	}
	host, port, message := splitPort(hostPort, url)
	if message == "" {
		host, message = normaliseHost(host)
	}
	switch {
	case message != "":
		return "", &fault{"InvalidURL", "Failed to parse: " + message}
	case host == "":
		return "", &fault{"InvalidURL", "Invalid URL " + python.Repr(url) + ": No host supplied"}
	case host[0] == '*' || host[0] == '.':
		return "", &fault{"InvalidURL", "URL has an invalid label."}
	}
	var b strings.Builder
	b.WriteString("https://")
	if auth != "" {
		b.WriteString(encode(auth, userinfoMarks) + "@")
	}
	b.WriteString(host)
	if port != 0 {
		b.WriteString(":" + strconv.Itoa(port))
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	path, query, _ := strings.Cut(rest, "?")
	if path = encode(withoutDots(path), pathMarks); !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	b.WriteString(path)
	if query != "" {
		b.WriteString("?" + encode(query, queryMarks))
	}
	if fragment != "" {
		b.WriteString("#" + encode(fragment, queryMarks))
	}
	return requote(b.String()), nil
}

// judgeProxy is what requests makes of a proxy before it calls it; none is asked for by
// what is empty.
func judgeProxy(v *connection.Value) *fault {
	switch {
	case !v.Truthy():
		return nil
	case v.Kind != connection.Text:
		return &fault{"TypeError", "expected string or bytes-like object, got '" + v.Kind.Class() + "'"}
	}
	return judgeAddress(v.Text.Peek())
}

// judgeAddress is what requests and urllib3 make of the address of a proxy: http is
// assumed, but what stands before a first colon is taken for a scheme where it may be
// one (proxy:3128). SOCKS needs a further package, and is left alone.
func judgeAddress(address string) *fault {
	scheme, rest := "http", address
	if i := strings.IndexByte(address, ':'); i > 0 && isScheme(address[:i]) {
		scheme, rest = strings.ToLower(address[:i]), address[i+1:]
	} else if address != "" && address[0] != '/' {
		rest = "//" + address
	}
	authority, ok := strings.CutPrefix(rest, "//")
	if end := strings.IndexAny(authority, `\/?#`); end >= 0 {
		authority = authority[:end]
	}
	if !ok {
		authority = ""
	}
	if strings.HasPrefix(scheme, "socks") {
		return nil
	}
	host, _, message := splitPort(authority[strings.LastIndexByte(authority, '@')+1:], address)
	if known := scheme == "http" || scheme == "https"; message == "" && known {
		host, message = normaliseHost(host)
	} else if message == "" && host != "" {
		return &fault{"InvalidURL", "Proxy URL had unsupported scheme " + scheme + ", should use http:// or https://"}
	}
	switch {
	case message != "":
		return &fault{"InvalidURL", "Failed to parse: " + message}
	case host == "":
		return &fault{"InvalidProxyURL", "Please check proxy URL. It is malformed and could be missing the host."}
	case hasLoneBracket(authority):
		return &fault{"ValueError", "Invalid IPv6 URL"} // of urlsplit
	case !canLookUp(host):
		return &fault{"LocationParseError", "Failed to parse: '" + host + "', label empty or too long"}
	}
	return nil
}

// hasLoneBracket reports whether an authority has one sort of bracket only, which
// neither urlsplit nor yarl reads, wherever it stands.
func hasLoneBracket(authority string) bool {
	return strings.Contains(authority, "[") != strings.Contains(authority, "]")
}

// isScheme reports whether urllib3 takes a text before a colon for a scheme.
func isScheme(s string) bool {
	return s[0] > '9' && !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 || !isAlnum(byte(r)) && r != '+' && r != '-' }) && isAlnum(s[0])
}

// splitPort is the match of urllib3's _HOST_PORT_RE: a bracketed address or
// anything without brackets, colons and stray percents, then a port.
func splitPort(s, url string) (host string, port int, message string) {
	var digits string
	var found, ok bool
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']') + 1
		host, digits = s[:end], s[end:]
		digits, found = strings.CutPrefix(digits, ":")
		ok = end > 0 && isIPv6(host[1:end-1]) && (found || digits == "")
	} else {
		host, digits, found = strings.Cut(s, ":")
		ok = !strings.ContainsAny(host, "[]") && !hasStrayPercent(host)
	}
	if found {
		digits = strings.TrimLeft(digits, "0")
		ok = ok && len(digits) <= 5 && strings.Trim(digits, "0123456789") == ""
	}
	switch {
	case !ok && firstControl(s) >= 0:
		return "", 0, controlMessage(s)
	case !ok:
		return "", 0, python.Repr(s) + " is not a valid host or port"
	}
	if port, _ = strconv.Atoi("0" + digits); port > 65535 {
		return "", 0, url
	}
	return host, port, ""
}

// normaliseHost is urllib3's _normalize_host.
func normaliseHost(host string) (normal, message string) {
	if firstControl(host) >= 0 {
		return "", controlMessage(host)
	}
	if strings.HasPrefix(host, "[") || isOldIPv4(host) {
		return strings.ToLower(host), ""
	}
	decoded, message := decodeHost(host)
	if message != "" {
		return "", message
	}
	labels := strings.Split(decoded, ".")
	for i, label := range labels {
		ascii, ok := asciiLabel(label)
		if !ok {
			return "", "Name '" + label + "' is not a valid IDNA label"
		}
		labels[i] = ascii
	}
	return strings.Join(labels, "."), ""
}

// decodeHost decodes the percent escapes of characters that need none.
func decodeHost(host string) (decoded, message string) {
	if !strings.Contains(host, "%") {
		return host, ""
	}
	var b strings.Builder
	for i := 0; i < len(host); i++ {
		if host[i] != '%' {
			b.WriteByte(host[i])
			continue
		}
		escape := host[i : i+3] // complete: splitPort has looked
		c, _ := strconv.ParseUint(escape[1:], 16, 8)
		switch {
		case c < ' ' || c == 0x7F:
			return "", "Host " + python.Repr(host) + " contains invalid percent-encoded control character " + python.Repr(escape)
		case c < 0x80 && isUnreserved(byte(c)):
			b.WriteByte(byte(c))
		default:
			b.WriteString(strings.ToUpper(escape))
		}
		i += 2
	}
	return b.String(), ""
}

// firstControl is where the first blank or control character of a host stands.
func firstControl(s string) int {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7F })
}

func controlMessage(s string) string {
	i := firstControl(s)
	return "Host " + python.Repr(s) + " contains invalid character " + python.Repr(s[i:i+1])
}

func isIPv6(s string) bool {
	s, zone, hasZone := strings.Cut(s, "%")
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && (!hasZone || strings.TrimPrefix(zone, "25") != "" && !strings.ContainsFunc(zone, func(r rune) bool { return r >= 0x80 || !isUnreserved(byte(r)) }))
}

// isOldIPv4 reports whether a host is one to four decimal or hexadecimal numbers.
func isOldIPv4(host string) bool {
	parts := strings.Split(host, ".")
	return len(parts) <= 4 && !slices.ContainsFunc(parts, func(p string) bool {
		digits := "0123456789"
		if len(p) > 2 && (p[:2] == "0x" || p[:2] == "0X") {
			p, digits = p[2:], digits+"abcdefABCDEF"
		}
		return p == "" || strings.Trim(p, digits) != ""
	})
}

func hasStrayPercent(s string) bool {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return false
		}
		s = s[i+1:]
		if len(s) < 2 || !isHex(s[0]) || !isHex(s[1]) {
			return true
		}
	}
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isUnreserved(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '.' || c == '_' || c == '-' || c == '~'
}

// What urllib3 leaves as it is in the parts of a URL, besides letters and digits.
const (
	userinfoMarks = "!$&'()*+,;=:"
	pathMarks     = userinfoMarks + "@/"
	queryMarks    = pathMarks + "?"
	requoteMarks  = "!#$%&'()*+,/:;=?@[]~"
)

// encode percent-encodes what a part of a URL cannot hold (urllib3's
// _encode_invalid_chars). Escapes stay where all percents of the part begin one.
func encode(s, marks string) string {
	s = upperEscapes(s)
	escaped := !hasStrayPercent(s)
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '%' && escaped, isUnreserved(c) || strings.IndexByte(marks, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// requote is requests' requote_uri: escapes of characters that need none are
// decoded, other characters that no URL holds are encoded.
func requote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			if d, _ := strconv.ParseUint(s[i+1:i+3], 16, 8); d < 0x80 && isUnreserved(byte(d)) {
				b.WriteByte(byte(d))
				i += 2
				continue
			}
		}
		if isUnreserved(c) || strings.IndexByte(requoteMarks, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// withoutDots takes the segments . and .. out of a path, as urllib3 does.
func withoutDots(path string) string {
	if !strings.Contains(path, ".") {
		return path
	}
	var out []string
	for _, segment := range strings.Split(path, "/") {
		switch {
		case segment == ".":
		case segment != "..":
			out = append(out, segment)
		case len(out) > 0:
			out = out[:len(out)-1]
		}
	}
	if strings.HasPrefix(path, "/") && (len(out) == 0 || out[0] != "") {
		out = slices.Insert(out, 0, "")
	}
	if strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") {
		out = append(out, "")
	}
	return strings.Join(out, "/")
}

// asciiLabel is a label of a host name in ASCII and lower case. What IDNA takes
// is told by what a character is, not by IDNA's table: letters and marks, no
// compatibility forms. That is the same for the names that people write.
func asciiLabel(label string) (string, bool) {
	if isASCII(label) {
		return upperEscapes(strings.ToLower(label)), true
	}
	label = python.Lower(label)
	if label[0] == '-' || label[len(label)-1] == '-' || len(label) > 3 && label[2:4] == "--" {
		return "", false
	}
	for i, r := range label {
		switch {
		case r < 0x80 && (r == '-' || isAlnum(byte(r))):
		case r == 0x307 && strings.HasSuffix(label[:i], "i"): // what lower() makes of a capital with a dot
		case r < 0x80, r >= 0x300 && r <= 0x36F, r >= 0xF900 && r <= 0xFFFF, !unicode.In(r, unicode.Ll, unicode.Lo, unicode.Lm, unicode.Mn, unicode.Mc):
			return "", false // not what NFC would have made of it, or no letter
		}
	}
	if !isASCII(label) { // the Kelvin sign becomes a k
		label = "xn--" + punycode(label)
	}
	return label, len(label) <= maxLabel
}

// maxLabel is how many bytes a label of a name has at most.
const maxLabel = 63

// canLookUp reports whether Python's codec idna takes a name of ASCII, as urllib3 asks
// it before the look-up. The last label may be empty.
func canLookUp(host string) bool {
	if strings.HasPrefix(host, "[") {
		return true
	}
	labels := strings.Split(host, ".")
	for i, label := range labels {
		if len(label) > maxLabel || label == "" && i < len(labels)-1 {
			return false
		}
	}
	return true
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }

// upperEscapes writes percent escapes in upper case.
func upperEscapes(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' && isHex(b[i+1]) && isHex(b[i+2]) {
			copy(b[i+1:i+3], strings.ToUpper(s[i+1:i+3]))
			i += 2
		}
	}
	return string(b)
}

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// punycode encodes a label that is not all ASCII (RFC 3492).
func punycode(label string) string {
	const base, tMin, tMax, skew, damp = 36, 1, 26, 38, 700
	runes := []rune(label)
	var out []byte
	for _, r := range runes {
		if r < 0x80 {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(0x80), 0, 72
	for handled := basic; handled < len(runes); {
		next := rune(unicode.MaxRune)
		for _, r := range runes {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (handled + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := min(max(k-bias, tMin), tMax)
				if q < t {
					break
				}
				out = append(out, "abcdefghijklmnopqrstuvwxyz0123456789"[t+(q-t)%(base-t)])
				q = (q - t) / (base - t)
			}
			out = append(out, "abcdefghijklmnopqrstuvwxyz0123456789"[q])
			if handled == basic {
				delta /= damp
			} else {
				delta /= 2
			}
			handled++
			delta += delta / handled
			k := 0
			for ; delta > (base-tMin)*tMax/2; k += base {
				delta /= base - tMin
			}
			bias = k + (base-tMin+1)*delta/(delta+skew)
			delta = 0
		}
		delta++
		n++
	}
	return string(out)
}

// judgeAsync is what aiohttp makes of a URL with a token beside it: it is handed
// on as it is, or refused.
func judgeAsync(url string) *fault {
	s, behind := strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(strings.TrimPrefix(url, "https://")), ""
	if end := strings.IndexAny(s, "/?#"); end >= 0 {
		s, behind = s[:end], s[end:]
	}
	if s == "" {
		// It is read, and found to have no host: the error shows it as it was read.
		shown := strings.ReplaceAll(encode(behind, queryMarks+"#"), "%7Brun_id%7D", "{run_id}")
		return &fault{"InvalidUrlClientError", "https://" + shown}
	}
	user, hostPort, hasUser := "", s, false
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		user, hostPort, hasUser = s[:i], s[i+1:], true
	}
	if !asyncHost(hostPort) || strings.ContainsAny(user, `[]\`) {
		return &fault{"InvalidUrlClientError", url}
	}
	if hasUser && user != "" {
		return &fault{"ValueError", "Cannot combine AUTHORIZATION header with AUTH argument or credentials encoded in URL"}
	}
	return nil
}

// asyncHost reports whether yarl takes a host with its port.
func asyncHost(s string) bool {
	host, port, _ := strings.Cut(s, ":")
	if strings.ContainsAny(s, "[]") {
		end := strings.IndexByte(s, ']')
		if s[0] != '[' || end < 0 || strings.Count(s, "[") > 1 || strings.Count(s, "]") > 1 {
			return false
		}
		host, port = s[1:end], s[end+1:]
		if port != "" && port[0] != ':' || !strings.Contains(host, ":") && !strings.HasPrefix(host, "v") {
			return false
		}
		port = strings.TrimPrefix(port, ":")
	}
	if host == "" || strings.Contains(host, `\`) || strings.ContainsFunc(host, isIgnorable) {
		return false
	}
	if !isASCII(host) {
		host = strings.NewReplacer("\u3002", ".", "\uFF0E", ".", "\uFF61", ".").Replace(host)
		if strings.Contains("."+host, "..") || slices.ContainsFunc(strings.Split(host, "."), isTooLong) || strings.ContainsFunc(host, isProhibited) {
			return false // no IDNA for a label that is empty or too long, nor for these
		}
	}
	if port == "" {
		return true
	}
	n, ok := python.Int(port)
	return ok && n.Sign() >= 0 && n.IsInt64() && n.Int64() <= 65535
}

// isTooLong reports whether a label has too many characters, as IDNA writes it.
func isTooLong(label string) bool {
	ascii, ok := asciiLabel(label)
	return utf8.RuneCountInString(label) > maxLabel || ok && len(ascii) > maxLabel
}

// isProhibited reports whether a character beyond ASCII is in no host, whatever table of
// IDNA is asked: a control character, or one of private use.
func isProhibited(r rune) bool {
	return r >= 0x80 && unicode.In(r, unicode.Cc, unicode.Co) || r >= 0xFFF9 && r <= 0xFFFD
}

// isIgnorable is Unicode's Default_Ignorable_Code_Point: what IDNA drops in
// silence, so that another host would be called.
func isIgnorable(r rune) bool {
	if r < 0xAD {
		return false
	}
	return r == 0xAD || r == 0x1806 || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cf, r) && !unicode.In(r, unicode.Prepended_Concatenation_Mark) && (r < 0xFFF9 || r > 0xFFFB) && (r < 0x13430 || r > 0x1343F)
}
