package live

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
	"strings"
	"unicode"

	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// What of a text is shown, and what of it is looked at.
const (
	mostShown = 120     // characters
	mostRead  = 4 << 10 // bytes
)

// quote is a text of a host's own, in quotes.
func (p *Prober) quote(t Target, s string) string {
	return `"` + strings.ReplaceAll(p.clean(t, s), `"`, "'") + `"`
}

// clean is a text that a host sent: nothing of it where it holds some of the token
// that the host was sent, in whatever form; without what looks like another secret
// or steers a terminal; and not longer than a line can bear.
func (p *Prober) clean(t Target, s string) string {
	whole := len(s) <= mostRead
	s = strings.ToValidUTF8(s[:min(len(s), mostRead)], "\uFFFD")
	if holds(s, strings.TrimSpace(t.Token.Peek())) {
		return secret.Mask
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '\uFFFD'
		}
		return r
	}, secret.Redact(s))
	if r := []rune(s); len(r) > mostShown || !whole {
		s = string(r[:min(len(r), mostShown)]) + "…"
	}
	return s
}

// telling is how many characters in a row are some of a token; what is shorter than
// least is no secret.
const (
	telling = 12
	least   = 4
)

// holds reports whether a text has some of a token in it: in upper or lower case,
// with anything in between, escaped for an address, for HTML or JSON, in hex or
// base64.
func holds(s, token string) bool {
	if len(bare(token)) < least {
		return false
	}
	forms := []string{token, hex.EncodeToString([]byte(token))}
	for i := range min(3, len(token)) { // as it may lie among other bytes
		n := (len(token) - i) / 3 * 3
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte(token[i:i+n])))
	}
	texts := []string{bare(s)}
	for range 2 { // a text may be escaped twice
		s = unescape(s)
		texts = append(texts, bare(s))
	}
	for _, form := range forms {
		form = bare(form)
		n := min(telling, len(form))
		for i := 0; n >= least && i+n <= len(form); i++ {
			for _, text := range texts {
				if strings.Contains(text, form[i:i+n]) {
					return true
				}
			}
		}
	}
	return false
}

// bare is a text without everything but letters and digits, in lower case.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		}
		return -1
	}, s)
}

// unescape undoes %41, \u0041, \x41 and &#65;.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		skip, digits := 0, 0
		switch {
		case s[i] == '%':
			skip, digits = 1, 2
		case strings.HasPrefix(s[i:], `\u`):
			skip, digits = 2, 4
		case strings.HasPrefix(s[i:], `\x`):
			skip, digits = 2, 2
		}
		if end := i + skip + digits; skip > 0 && end <= len(s) {
			if n, err := strconv.ParseUint(s[i+skip:end], 16, 16); err == nil {
				b.WriteRune(rune(n))
				i = end
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return html.UnescapeString(b.String())
}
