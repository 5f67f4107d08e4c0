package astro

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// parseURI takes conn_uri apart with net/url, which is what the CLI does. Where
// it does not parse, the CLI posts the bare id without a word.
//
// Source: parseConnectionURI of settings.go.
func parseURI(c *connection.Connection) {
	u, err := url.Parse(c.URI.Text.Peek())
	if err != nil {
		c.URI.Cause = connection.Dropped
		return
	}
	s := split(&c.URI, u)
	c.Type = s.part(s.scheme, u.Scheme)
	c.Host = s.part(s.host, u.Hostname())
	if u.User != nil {
		c.Login = s.part(s.user, u.User.Username())
		if password, ok := u.User.Password(); ok {
			c.Password = s.part(s.password, password)
		}
	}
	if text := u.Port(); text != "" {
		if port, err := strconv.Atoi(text); err == nil {
			c.Port = s.part(s.port, text)
			c.Port.Kind, c.Port.Text = connection.Int, secret.New(strconv.Itoa(port))
			if c.Port.Text.Peek() != text {
				c.Port.Cause = connection.PortConverted
			}
		}
	}
	if u.Path != "" {
		c.Schema = s.part(s.path, strings.TrimPrefix(u.Path, "/"))
	}
	if u.RawQuery != "" {
		s.extra(c)
	}
}

// pieces are the ranges of a URI that net/url has found the parts in.
type pieces struct {
	uri                                             *connection.Value
	scheme, user, password, host, port, path, query piece
}

type piece struct{ lo, hi int }

// split finds the ranges of the parts of a URI that net/url has accepted.
func split(uri *connection.Value, u *url.URL) pieces {
	s := uri.Text.Peek()
	end := index(s, 0, len(s), "#")
	question := index(s, 0, end, "?")
	p := pieces{uri: uri, query: piece{min(question+1, end), end}}
	rest := 0
	if u.Scheme != "" {
		p.scheme.hi = len(u.Scheme)
		rest = p.scheme.hi + 1
	}
	slash := rest
	if after := s[rest:question]; strings.HasPrefix(after, "//") && (u.Scheme != "" || !strings.HasPrefix(after, "///")) {
		slash = index(s, rest+2, question, "/")
		p.authority(s, rest+2, slash)
	} else {
		p.host = piece{rest, rest}
	}
	p.path = piece{slash, question}
	switch path := s[slash:question]; {
	case strings.HasPrefix(path, "/"):
		p.path.lo++
	case len(path) > 2 && strings.EqualFold(path[:3], "%2f"): // it is taken from the decoded path
		p.path.lo += 3
	}
	return p
}

// authority finds the parts of user:password@host:port.
func (p *pieces) authority(s string, lo, hi int) {
	if at := strings.LastIndexByte(s[lo:hi], '@'); at >= 0 {
		colon := index(s, lo, lo+at, ":")
		p.user = piece{lo, colon}
		p.password = piece{min(colon+1, lo+at), lo + at}
		lo += at + 1
	}
	end := hi
	if strings.HasPrefix(s[lo:hi], "[") {
		end = lo + strings.LastIndexByte(s[lo:hi], ']')
		lo++
	} else if colon := strings.LastIndexByte(s[lo:hi], ':'); colon >= 0 {
		end = lo + colon
	}
	p.host = piece{lo, end}
	p.port = piece{index(s, end, hi, ":"), hi}
	p.port.lo = min(p.port.lo+1, hi)
}

// index is where sep stands in s[lo:hi], or hi.
func index(s string, lo, hi int, sep string) int {
	if i := strings.Index(s[lo:hi], sep); i >= 0 {
		return lo + i
	}
	return hi
}

// part is a part of the URI, decoded. Its text is what net/url says it is; where
// our own decoding of the range agrees, the text keeps its places.
func (p *pieces) part(at piece, want string) connection.Value {
	want = validUTF8(want)
	v := connection.Value{Kind: connection.Text, Text: secret.New(want), Place: p.uri.Place, Cause: p.uri.Cause}
	if !p.uri.Written() {
		return v
	}
	t := p.uri.Src.Slice(at.lo, at.hi)
	v.Place = t.Whole()
	switch t := unescape(t, false); {
	case t.String() == want:
		v.Src = t
	case strings.EqualFold(t.String(), want):
		v.Src, v.Cause = t, connection.TypeNormalised
	default:
		v.Place, v.Cause = p.uri.Place, connection.URIMisread
	}
	return v
}

// extra makes an object of the query: values of a repeated key are joined with
// commas. The CLI quotes keys and values as Go does, which for some control
// characters is not JSON, and writes the keys in random order; here they keep
// theirs.
//
// Source: queryToJSONPairs of settings.go, url.ParseQuery.
func (p *pieces) extra(c *connection.Connection) {
	s := p.uri.Text.Peek()
	object := connection.Value{Kind: connection.Map, Place: p.uri.Place}
	places := p.uri.Src
	if !p.uri.Written() {
		places = loose(s)
	} else {
		object.Place = places.Span(p.query.lo, p.query.hi)
	}
	for lo := p.query.lo; lo < p.query.hi; {
		hi := index(s, lo, p.query.hi, "&")
		if pair := s[lo:hi]; pair != "" && !strings.Contains(pair, ";") {
			equals := index(s, lo, hi, "=")
			p.pair(&object, places.Slice(lo, equals), places.Slice(min(equals+1, hi), hi))
		}
		lo = hi + 1
	}
	var b strings.Builder
	b.WriteByte('{')
	for i := range object.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(object.Items[i].Key.Text.Peek()))
		b.WriteString(": ")
		b.WriteString(strconv.Quote(object.Items[i].Value.Text.Peek()))
	}
	b.WriteByte('}')
	c.Extra = connection.Value{Kind: connection.Text, Text: secret.New(b.String()), Place: object.Place, Cause: connection.ExtraDumped}
	if _, err := syntax.ParseJSON(loose(b.String())); err != nil {
		c.ExtraError = true
		return
	}
	c.SetExtraObject(object)
}

// pair adds a key of the query; one with a bad escape is lost.
func (p *pieces) pair(object *connection.Value, key, value source.Text) {
	name, err1 := url.QueryUnescape(key.String())
	text, err2 := url.QueryUnescape(value.String())
	if err1 != nil || err2 != nil {
		return
	}
	k, v := p.queryValue(key, name), p.queryValue(value, text)
	for i := range object.Items {
		if object.Items[i].Key.Text.Peek() == k.Text.Peek() {
			object.Items[i].Repeat(k)
			old := &object.Items[i].Value
			old.Text = secret.New(old.Text.Peek() + "," + v.Text.Peek())
			old.Src, old.Cause = source.Text{}, connection.ExtraDumped
			return
		}
	}
	object.Items = append(object.Items, connection.Item{Key: k, Value: v})
}

// queryValue is a key or value of the query. Its bytes are kept as they are: what
// is no UTF-8 is quoted as \xff, and there is no JSON.
func (p *pieces) queryValue(t source.Text, text string) connection.Value {
	v := connection.Value{Kind: connection.Text, Text: secret.New(text), Place: p.uri.Place, Cause: p.uri.Cause}
	if p.uri.Written() {
		v.Src, v.Place = unescape(t, true), t.Whole()
	}
	return v
}

// unescape decodes percent escapes, and plus signs where they mean blanks. A byte
// that is no UTF-8 becomes U+FFFD, as encoding/json writes it.
func unescape(t source.Text, plus bool) source.Text {
	s := t.String()
	if !strings.Contains(s, "%") && !(plus && strings.Contains(s, "+")) {
		return t
	}
	b := source.NewBuilder(t, escape)
	for i := 0; i < len(s); {
		switch {
		case s[i] == '+' && plus:
			b.Put(i, i+1, " ")
			i++
		case isEscape(s[i:]):
			raw := ""
			for j := i; isEscape(s[j:]); j += 3 {
				raw += string([]byte{unhex(s[j+1])<<4 | unhex(s[j+2])})
			}
			for at, r := range raw {
				n := 1
				if c := string(r); strings.HasPrefix(raw[at:], c) {
					n = len(c)
				}
				b.Put(i, i+3*n, string(r))
				i += 3 * n
			}
		default:
			b.Copy(i, i+1)
			i++
		}
	}
	return b.Text()
}

// escape writes a text so that it can stand in any part of a URI.
func escape(s string) (string, bool) {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), true
}

func isEscape(s string) bool {
	return len(s) > 2 && s[0] == '%' && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
