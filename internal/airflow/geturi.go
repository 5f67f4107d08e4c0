package airflow

import (
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// GetURI is Connection.get_uri(): the connection as one text. It fails where a
// field that goes into it is no text.
func GetURI(c *connection.Connection, p Profile) (string, *connection.Failure) {
	var b strings.Builder
	if err := p.uriScheme(&b, &c.Type); err != nil {
		return "", err
	}
	host, protocol, err := p.uriHost(c)
	if err != nil {
		return "", err
	}
	if protocol != "" {
		b.WriteString(protocol + "://")
	}
	authority := ""
	if c.Login.Kind != connection.Absent {
		if authority, err = quoteValue(&c.Login, connection.Login); err != nil {
			return "", err
		}
	}
	if c.Password.Kind != connection.Absent {
		q, err := quoteValue(&c.Password, connection.Password)
		if err != nil {
			return "", err
		}
		authority += ":" + q
	}
	if authority != "" {
		authority += "@"
	}
	block := ""
	if host.Truthy() {
		if block, err = quoteValue(host, connection.Host); err != nil {
			return "", err
		}
	}
	if c.Port.Truthy() {
		if block == "" && (authority == "" || !p.Has(SeesAuthority)) {
			block = "@"
		}
		block += ":" + c.Port.Str()
	}
	if c.Schema.Truthy() {
		q, err := quoteValue(&c.Schema, connection.Schema)
		if err != nil {
			return "", err
		}
		block += "/" + q
	}
	b.WriteString(authority + block)
	if !c.Extra.Truthy() {
		return b.String(), nil
	}
	if !c.Schema.Truthy() && p.Has(SlashBeforeQuery) {
		b.WriteByte('/')
	}
	query, err := p.uriQuery(c)
	if err != nil {
		return "", err
	}
	b.WriteString("?" + query)
	return b.String(), nil
}

func (p *Profile) uriScheme(b *strings.Builder, v *connection.Value) *connection.Failure {
	switch {
	case v.Kind >= connection.List && p.Has(TypelessURIFails):
		// Looked into for a "_", then formatted.
		b.WriteString(strings.ReplaceAll(lower(v.Str()), "_", "-") + "://")
	case v.Kind == connection.Text && (v.Text.Len() > 0 || p.Has(TypelessURIFails)):
		b.WriteString(strings.ReplaceAll(lower(v.Text.Peek()), "_", "-") + "://")
	case v.Truthy() || p.Has(TypelessURIFails):
		return notText(v, connection.Type)
	default:
		b.WriteString("//")
	}
	return nil
}

// uriHost is the host, and the protocol that is taken off it.
func (p *Profile) uriHost(c *connection.Connection) (host *connection.Value, protocol string, err *connection.Failure) {
	v := &c.Host
	if !v.Truthy() || v.Kind == connection.Text && !strings.Contains(v.Text.Peek(), "://") || !p.Has(SplitsHost) {
		return v, "", nil
	}
	switch v.Kind {
	case connection.Text:
	case connection.List, connection.Tuple, connection.Map, connection.Set:
		return v, "", nil // "://" in it is asked of its members
	default:
		return nil, "", notText(v, connection.Host)
	}
	protocol, rest, found := strings.Cut(v.Text.Peek(), "://")
	if !found || c.Type.Kind == connection.Text && c.Type.Text.Peek() == protocol && p.Has(KeepsOwnProtocol) {
		return v, "", nil
	}
	return &connection.Value{Kind: connection.Text, Text: secret.New(rest), Place: v.Place}, protocol, nil
}

// uriQuery is extra as a query: each item for itself where all are texts, else
// the whole text.
func (p *Profile) uriQuery(c *connection.Connection) (string, *connection.Failure) {
	object := extraObject(c)
	// Before it is used re2 masks it, an engine that wants UTF-8.
	if err := encodableStrings(object); err != nil && p.Has(RE2) {
		return "", err
	}
	var b strings.Builder
	plain := object.Kind == connection.Map && len(object.Items) > 0
	for i := range object.Items {
		if object.Kind != connection.Map {
			break
		}
		it := &object.Items[i]
		for _, v := range [...]*connection.Value{&it.Key, &it.Value} {
			if v.Kind != connection.Text {
				plain = false
				continue
			}
			if !utf8.ValidString(v.Text.Peek()) {
				return "", encodeFailure(v, connection.Extra)
			}
		}
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(quote(it.Key.Text.Peek(), true) + "=" + quote(it.Value.Text.Peek(), true))
	}
	if plain {
		return b.String(), nil
	}
	text, err := quotePlus(&c.Extra)
	return extraKey + "=" + text, err
}

// encodableStrings refuses lone surrogates in the texts of a value, not in keys.
func encodableStrings(v *connection.Value) *connection.Failure {
	if v.Kind == connection.Text && !utf8.ValidString(v.Text.Peek()) {
		return encodeFailure(v, connection.Extra)
	}
	for i := range v.Items {
		if err := encodableStrings(&v.Items[i].Value); err != nil {
			return err
		}
	}
	return nil
}

// quoteValue is urllib.parse.quote of a value: texts and bytes can be.
func quoteValue(v *connection.Value, f connection.Field) (string, *connection.Failure) {
	switch {
	case v.Kind != connection.Text && v.Kind != connection.Bytes:
		return "", failure("TypeError", connection.NotText, f, v.Place, "quote_from_bytes() expected bytes")
	case v.Kind == connection.Text && !utf8.ValidString(v.Text.Peek()):
		return "", encodeFailure(v, f)
	}
	return quote(v.Text.Peek(), false), nil
}

func quotePlus(v *connection.Value) (string, *connection.Failure) {
	if v.Kind != connection.Text {
		return quote(v.Str(), true), nil
	}
	if !utf8.ValidString(v.Text.Peek()) {
		return "", encodeFailure(v, connection.Extra)
	}
	return quote(v.Text.Peek(), true), nil
}

// notText is what comes of looking for a text in a value that is none, and of
// calling lower() on a collection.
func notText(v *connection.Value, f connection.Field) *connection.Failure {
	switch v.Kind {
	case connection.List, connection.Tuple, connection.Map, connection.Set:
		return failure("AttributeError", connection.NotText, f, v.Place, "'%s' object has no attribute 'lower'", v.Kind.Class())
	case connection.Bytes:
		return failure("TypeError", connection.NotText, f, v.Place, "a bytes-like object is required, not 'str'")
	}
	return failure("TypeError", connection.NotText, f, v.Place, "argument of type '%s' is not iterable", strings.TrimPrefix(strings.TrimSuffix(className(v), "'>"), "<class '"))
}

// AsJSON is Connection.as_json(): what AIRFLOW_CONN_ values hold, from 2.8 on.
func AsJSON(c *connection.Connection) string {
	var b strings.Builder
	n := 0
	name := func(s string) {
		b.WriteString(separator(n))
		writeJSONString(&b, s)
		b.WriteString(": ")
		n++
	}
	for _, f := range [...]connection.Field{connection.Type, connection.Description, connection.Host, connection.Login, connection.Password, connection.Schema, connection.Port} {
		v := c.Field(f)
		switch v.Kind {
		case connection.Absent:
			continue
		case connection.Text:
			name(f.String())
			writeJSONString(&b, v.Text.Peek())
		default:
			name(f.String())
			b.WriteString(jsonKey(v))
		}
	}
	if c.Extra.IsText() {
		if tree, err := syntax.ParseJSON(looseText(c.Extra.Text.Peek())); err == nil {
			name("extra")
			text, _ := dumpsTo(maxValueDepth, tree.Root())
			b.WriteString(text)
		}
	}
	if n == 0 {
		b.WriteByte('{')
	}
	return b.String() + "}"
}
