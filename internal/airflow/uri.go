package airflow

import (
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// extraKey is the query name whose value is all of extra.
const extraKey = "__extra__"

// fromURI is Connection._parse_from_uri with the setters that it calls: the
// fields of a connection out of its URI.
func (p *Profile) fromURI(uri connection.Value, c *connection.Connection) *connection.Failure {
	c.URI = uri
	if uri.Kind != connection.Text {
		return failure("AttributeError", connection.NotText, connection.URI, uri.Place, "'%s' object has no attribute 'count'", uri.Kind.Class())
	}
	rest, nested, err := p.schemes(uri.Src, c)
	if err != nil {
		return err
	}
	u, bad := p.urlsplit(rest)
	if bad != nil {
		return badURI(bad)
	}
	if i := u.params(); i >= 0 && p.Has(SplitsParams) {
		u.path = u.path.Slice(0, i)
	}
	c.Host = hostOf(&u, nested)
	// The first character is a slash if the URI is one.
	_, slash := python.DecodeRune(u.path.String())
	c.Schema = part(unquote(u.path.From(slash)))
	login, password, hasLogin, hasPassword := userinfo(u.netloc)
	if hasLogin {
		c.Login = part(unquote(login))
	}
	if hasPassword {
		c.Password = part(unquote(password))
	}
	if c.Type.Text.Len() == 0 && c.Schema.Text.Len() > 0 {
		c.Schema.Cause = connection.URIMisread
	}
	if err := p.checkPassword(c); err != nil {
		return err
	}
	if _, at := hostAt(u.netloc.String()); at.Len() > 0 {
		port := u.netloc.Slice(at.Start, at.End)
		n, bad := p.parsePort(port)
		if bad != nil {
			return failure("ValueError", connection.BadPort, connection.Port, bad.at, "%s", bad.message)
		}
		c.Port = connection.Value{Kind: connection.Int, Text: secret.New(n), Src: port, Place: port.Whole()}
		if n != port.String() {
			c.Port.Cause = connection.PortConverted
		}
	}
	if u.query.Len() == 0 {
		return nil
	}
	if err := p.queryExtra(u.query, c); err != nil {
		return err
	}
	return p.checkExtra(c)
}

// schemes reads the type off the URI and gives what is left to split; nested is
// set where the host has a scheme of its own.
func (p *Profile) schemes(uri source.Text, c *connection.Connection) (rest source.Text, nested bool, err *connection.Failure) {
	s := uri.String()
	count := strings.Count(s, "://")
	if count > 2 && p.Has(TwoSchemes) {
		third := nth(s, "://", 3)
		return rest, false, p.invalidURI(uri, third, third+3)
	}
	u, bad := p.urlsplit(uri)
	c.Type = typeOf(&u)
	if bad != nil {
		return rest, false, badURI(bad)
	}
	if count == 1 && u.schemeLen > 0 && strings.HasPrefix(u.url.String()[u.schemeLen:], "://") || !p.Has(TwoSchemes) {
		// What is newer takes the scheme off first, and makes the same of one such URI.
		return uri, false, nil
	}
	nested = count == 2
	rest = replaceAll(uri, u.scheme+"://", nested)
	if before, _, _ := strings.Cut(rest.String(), "://"); nested && strings.ContainsAny(before, "@:") {
		second := nth(s, "://", 2)
		return rest, true, p.invalidURI(uri, second, second+3)
	}
	return rest, nested, nil
}

// nth is where the nth sub begins in s.
func nth(s, sub string, n int) int {
	at := -len(sub)
	for range n {
		at += len(sub)
		at += strings.Index(s[at:], sub)
	}
	return at
}

func badURI(bad *urlError) *connection.Failure {
	return failure("ValueError", connection.InvalidURI, connection.URI, bad.at, "%s", bad.message)
}

func (p *Profile) invalidURI(uri source.Text, i, j int) *connection.Failure {
	if p.Has(HidesURI) {
		return failure("AirflowException", connection.InvalidURI, connection.URI, uri.Span(i, j), "Invalid connection string.")
	}
	return failure("AirflowException", connection.InvalidURI, connection.URI, uri.Span(i, j), "Invalid connection string: %s.", uri.String())
}

// replaceAll is uri.replace(scheme + "://", ...): the slashes stay, or nothing
// where a second scheme follows.
func replaceAll(uri source.Text, old string, nested bool) source.Text {
	s := uri.String()
	if !strings.Contains(s, old) {
		return uri
	}
	keep := 2
	if nested {
		keep = 0
	}
	b := source.NewBuilder(uri, nil)
	at := 0
	for {
		i := strings.Index(s[at:], old)
		if i < 0 {
			break
		}
		b.Copy(at, at+i)
		at += i + len(old)
		b.Put(at-len(old), at-keep, "")
		b.Copy(at-keep, at)
	}
	b.Copy(at, len(s))
	return b.Text()
}

// part is a value that is a piece of a URI.
func part(t source.Text) connection.Value {
	return connection.Value{Kind: connection.Text, Text: secret.New(t.String()), Src: t, Place: t.Whole()}
}

// typeOf is the connection's type out of a URI's scheme.
func typeOf(u *urlParts) connection.Value {
	v := part(u.url.Slice(0, u.schemeLen))
	v.Text = secret.New(normaliseType(u.scheme))
	if v.Text.Peek() != v.Src.String() {
		v.Cause = connection.TypeNormalised
	}
	return v
}

// normaliseType is Connection._normalize_conn_type.
func normaliseType(s string) string {
	if s == "postgresql" {
		return "postgres"
	}
	return strings.ReplaceAll(s, "-", "_")
}

// hostOf is _parse_netloc_to_hostname and _create_host: the host is lower-cased
// before it is decoded, unless it then holds a slash; nested puts the scheme that
// the host has of its own before it.
func hostOf(u *urlParts, nested bool) connection.Value {
	netloc := u.netloc.String()
	at, _ := hostAt(netloc)
	if at.Len() == 0 {
		return part(u.netloc.Slice(at.Start, at.End))
	}
	// Behind a % stands an IPv6 zone, or an escape: its case is kept.
	lowered := at.Start + strings.IndexByte(netloc[at.Start:at.End]+"%", '%')
	if strings.Contains(unquote(u.netloc.Slice(at.Start, at.End)).String(), "/") {
		at.Start = strings.LastIndexByte(netloc, '@') + 1
		at.End = at.Start + strings.IndexByte(netloc[at.Start:]+":", ':')
		lowered = at.Start
	}
	host := u.netloc.Slice(at.Start, at.End)
	cause := connection.Unchanged
	protocol := nested && u.scheme != ""
	if lower(netloc[at.Start:lowered]) != netloc[at.Start:lowered] {
		cause = connection.HostLowerCased
	}
	if protocol || cause != connection.Unchanged {
		s := u.url.String()
		b := source.NewBuilder(u.url, nil)
		if protocol {
			b.Put(0, u.schemeLen, u.scheme)
			b.Copy(u.schemeLen, u.schemeLen+3)
		}
		lo := u.netlocAt + at.Start
		lowerInto(b, s, lo, u.netlocAt+lowered)
		b.Copy(u.netlocAt+lowered, u.netlocAt+at.End)
		host = b.Text()
	}
	v := part(unquote(host))
	v.Cause = cause
	return v
}

// queryExtra makes extra out of the query.
func (p *Profile) queryExtra(query source.Text, c *connection.Connection) *connection.Failure {
	pairs := parseQuery(query)
	object := connection.Value{Kind: connection.Map, Place: query.Whole()}
	index := make(map[string]int, len(pairs))
	for _, pair := range pairs {
		name := pair.name.String()
		i, again := index[name]
		if !again {
			i = len(object.Items)
			index[name] = i
			object.Items = append(object.Items, connection.Item{Key: part(pair.name)})
		}
		item := &object.Items[i]
		if again && item.Value.Text.Peek() != pair.value.String() {
			item.Repeat(part(pair.name))
		}
		item.Value = part(pair.value)
	}
	if i, ok := index[extraKey]; ok {
		c.Extra = object.Items[i].Value
		return nil
	}
	var text strings.Builder
	cause := connection.ExtraDumped
	for i := range object.Items {
		it := &object.Items[i]
		text.WriteString(separator(i))
		writeJSONString(&text, it.Key.Text.Peek())
		text.WriteString(": ")
		dumped, err := p.typed(&it.Value)
		if err != nil {
			return err
		}
		if dumped == "" {
			writeJSONString(&text, it.Value.Text.Peek())
			continue
		}
		text.WriteString(dumped)
		cause = connection.URITyped
	}
	text.WriteByte('}')
	if len(object.Items) == 0 {
		text.Reset()
		text.WriteString("{}")
	}
	c.SetExtraObject(object)
	c.Extra = connection.Value{Kind: connection.Text, Text: secret.New(text.String()), Src: query, Place: query.Whole(), Cause: cause}
	return nil
}

// separator stands before the item i of an object.
func separator(i int) string {
	if i == 0 {
		return "{"
	}
	return ", "
}

// typed reads a query value as JSON where it is some, and gives what json.dumps
// makes of it again.
func (p *Profile) typed(v *connection.Value) (string, *connection.Failure) {
	tree, _ := syntax.ParseJSON(v.Src)
	if tree == nil || !p.Has(TypedQuery) {
		return "", nil
	}
	if p.isTooDeep(tree.Depth()) {
		return "", tooDeep(v)
	}
	src, place := v.Src, v.Place
	*v = ValueOf(tree.Root())
	v.Cause, v.Place = connection.URITyped, place
	if v.Kind != connection.Text {
		v.Src = src
	}
	return p.dumps(tree.Root())
}
