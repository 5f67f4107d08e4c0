// Package inspect shows what each consumer makes of a document: its effective
// connections, the changes, the errors, and what the dbt Cloud hook would do.
package inspect

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/astro"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Options of [Document].
type Options struct {
	Targets consumer.Targets
	// ShowSecrets shows passwords and tokens.
	ShowSecrets bool
	// AnyProvider shows requests for every entry, not for dbt Cloud ones only.
	AnyProvider bool
	ConnIDs     []string
}

// The shapes of `inspect -o json`, schema version 1.
type (
	// File is one document.
	File struct {
		Path     string    `json:"path"`
		Format   string    `json:"format,omitempty"`
		Readings []Reading `json:"readings"`
	}
	// Reading is what one consumer makes of it.
	Reading struct {
		Consumer    string       `json:"consumer"`
		Error       *Error       `json:"error"`
		Connections []Connection `json:"connections"`
		Posted      []Object     `json:"posted,omitempty"`
		Printed     *string      `json:"printed,omitempty"`
	}
	// Error is a failure as the user of the consumer sees it.
	Error struct {
		Class    string           `json:"class"`
		Message  string           `json:"message"`
		Location *report.Location `json:"location,omitempty"`
		Cause    *Error           `json:"cause,omitempty"`
	}
	// Connection is an effective connection.
	Connection struct {
		ID      string    `json:"conn_id"`
		Held    *any      `json:"held_conn_id,omitempty"`
		Fields  Object    `json:"-"`
		Error   *Error    `json:"error"`
		Changes []Change  `json:"changes"`
		Dbt     []Request `json:"dbt_cloud,omitempty"`
	}
	// Change is a difference between the text and the effective value.
	Change struct {
		Field    string          `json:"field"`
		From     string          `json:"from"`
		To       any             `json:"to"`
		Cause    string          `json:"cause"`
		Location report.Location `json:"location"`
	}
	// Request is what the hook would send.
	Request struct {
		Provider      string  `json:"provider"`
		HTTPProvider  string  `json:"http_provider"`
		Call          string  `json:"call"`
		Client        string  `json:"client"`
		URL           *string `json:"url"`
		Authorization string  `json:"authorization,omitempty"`
		AccountID     any     `json:"account_id,omitempty"`
		Proxies       any     `json:"proxies"`
		Error         *Error  `json:"error"`
	}
)

// viewer makes the values of one document presentable.
type viewer struct {
	Options
	doc *export.Document
	// secrets are the bytes of the document that are not shown.
	secrets func() []source.Span
}

// Document shows the readings of a document.
func Document(doc *export.Document, readings []consumer.Reading, o Options) File {
	v := viewer{Options: o, doc: doc, secrets: sync.OnceValue(func() []source.Span {
		lines := make([]source.Span, doc.File.Lines())
		for i := range lines {
			lines[i] = doc.File.Line(i + 1)
		}
		return doc.Secrets(lines)
	})}
	f := File{Path: doc.File.Path, Format: doc.Format.String(), Readings: []Reading{}}
	for i := range readings {
		for _, c := range readings[i].Consumers {
			f.Readings = append(f.Readings, v.reading(&readings[i], c))
		}
	}
	return f
}

func (v *viewer) reading(r *consumer.Reading, c consumer.Consumer) Reading {
	out := Reading{Consumer: c.String(), Connections: []Connection{}}
	isAstro := c.Name == consumer.Astro
	if isAstro {
		printed := secret.Redact(r.Printed.Peek())
		out.Printed = &printed
		out.Posted = []Object{}
		for _, b := range astro.Posted(r.Reading) {
			out.Posted = append(out.Posted, v.body(b))
		}
	}
	if r.Refusal != nil {
		out.Error = v.failure(r.Refusal)
		return out
	}
	var conn connection.Connection
	for i, o := range r.Outcomes {
		if o.Status == connection.Skipped || o.Status == connection.Overridden || v.doc.Entries[i].Template || !v.doc.IsAmong(i, v.ConnIDs) {
			continue
		}
		conn.Reset()
		r.Load(i, &conn)
		if o.Failure != nil {
			conn.Failure = o.Failure
		}
		out.Connections = append(out.Connections, v.connection(&conn, c, isAstro))
	}
	return out
}

func (v *viewer) connection(c *connection.Connection, by consumer.Consumer, omitAbsent bool) Connection {
	out := Connection{ID: v.hide(idText(&c.ID)), Changes: []Change{}, Error: v.failure(c.Failure)}
	if c.HoldsOther {
		var held any
		if c.HeldID.Kind != connection.Absent {
			held = v.hide(idText(&c.HeldID))
		}
		out.Held = &held
	}
	for _, f := range connection.Fields[1:] {
		val := c.Field(f)
		if omitAbsent && val.Kind == connection.Absent {
			continue
		}
		shown := v.value(c, f, val)
		if c.Failure != nil {
			shown = nil
		}
		out.Fields = append(out.Fields, Member{f.String(), shown})
		if f == connection.Extra && c.Failure == nil {
			out.Fields = append(out.Fields, Member{"extra_dejson", v.dejson(c, by)})
		}
	}
	if c.Failure == nil && by.Name != consumer.Astro && by.Name != consumer.Record {
		if profile, ok := v.profile(by); ok {
			if uri, ok := v.uri(c, profile); ok {
				out.Fields = append(out.Fields, Member{"uri", uri})
			}
		}
	}
	if c.Failure == nil && c.TeamName.Kind != connection.Absent {
		out.Fields = append(out.Fields, Member{"team_name", v.masked(&c.TeamName, false)})
	}
	for _, f := range connection.Fields {
		if val := c.Field(f); val.Cause != connection.Unchanged && val.Src.Len() > 0 {
			src := val.Src.String()
			if val.Written() {
				// The layer that changed it is part of the text's own.
				at := val.Span()
				src = v.doc.File.Data[at.Start:at.End]
			}
			from := v.text(c, f, src)
			out.Changes = append(out.Changes, Change{f.String(), from, v.value(c, f, val), val.Cause.String(), report.LocationOf(v.doc.File, val.Span())})
		}
	}
	if v.AnyProvider || dbtcloud.Judge(c) == dbtcloud.Yes {
		out.Dbt = v.requests(c, by)
	}
	return out
}

// dejson is the property extra_dejson. An Airflow that masks with re2 cannot read it
// where a text in it is not UTF-8.
func (v *viewer) dejson(c *connection.Connection, by consumer.Consumer) any {
	if p, ok := v.profile(by); ok && p.RE2 {
		if _, err := airflow.GetURI(c, p); err != nil && err.Field == connection.Extra {
			return nil
		}
	}
	return v.extra(c)
}

// uri is get_uri() of the connection. It holds all secrets, encoded, so it is made
// of a copy that has none.
func (v *viewer) uri(c *connection.Connection, p airflow.Profile) (any, bool) {
	masked := c
	if !v.ShowSecrets {
		masked = &connection.Connection{}
		for _, f := range [...]connection.Field{connection.Type, connection.Host, connection.Login, connection.Password, connection.Schema, connection.Port, connection.Extra} {
			val := *c.Field(f)
			if val.Kind == connection.Text {
				val.Text = secret.New(v.plain(c, f))
			}
			*masked.Field(f) = val
		}
	}
	uri, err := airflow.GetURI(masked, p)
	if !v.ShowSecrets {
		uri = strings.ReplaceAll(uri, "%2A%2A%2A", secret.Mask)
	}
	return wtf8(uri), err == nil && uri != ""
}

// plain is a field's text as it is shown.
func (v *viewer) plain(c *connection.Connection, f connection.Field) string {
	if f == connection.Extra {
		return v.extraText(c)
	}
	return v.text(c, f, c.Field(f).Text.Peek())
}

// profile is the server's profile of the consumer's version.
func (v *viewer) profile(by consumer.Consumer) (airflow.Profile, bool) {
	for i, t := range v.Targets.List {
		if by.Targets&(1<<i) != 0 {
			if by.Name == consumer.SDK {
				return t.Airflow.Worker, true
			}
			return t.Airflow.Server, true
		}
	}
	return airflow.Profile{}, false
}

func (v *viewer) requests(c *connection.Connection, by consumer.Consumer) []Request {
	out := []Request{}
	seen := map[[2]string]bool{}
	for i, t := range v.Targets.List {
		k := [2]string{t.Provider.Line, t.HTTP.Line}
		if by.Targets&(1<<i) == 0 || seen[k] {
			continue
		}
		seen[k] = true
		for _, r := range t.Provider.Requests(c, t.HTTP) {
			q := Request{Provider: r.Provider, HTTPProvider: r.HTTPProvider, Call: r.Call, Client: r.Client, Error: v.failure(r.Failure)}
			if q.Error != nil {
				q.Error.Message = v.withoutPassword(c, q.Error.Message)
			}
			if r.URL != "" {
				url := v.hide(v.withoutPassword(c, r.URL))
				q.URL = &url
			}
			if r.Authorization.Len() > 0 {
				q.Authorization = "Token " + secret.Mask
				if v.ShowSecrets {
					q.Authorization = r.Authorization.Reveal()
				}
			}
			if r.AccountID != nil {
				q.AccountID = number(r.AccountID.String())
			}
			if r.Proxies != nil {
				q.Proxies = v.masked(r.Proxies, true)
			}
			out = append(out, q)
		}
	}
	return out
}

func (v *viewer) failure(f *connection.Failure) *Error {
	if f == nil {
		return nil
	}
	e := &Error{Class: f.Class, Message: v.hide(f.Message.Peek()), Cause: v.failure(f.Cause)}
	if !v.ShowSecrets && slices.ContainsFunc(v.secrets(), f.Place.Overlaps) {
		e.Message = withoutQuoted(e.Message)
	}
	if f.Place != (source.Span{}) {
		at := report.LocationOf(v.doc.File, f.Place)
		e.Location = &at
	}
	return e
}

// withoutQuoted masks the value that a message quotes, which stands last in it. A
// value may hold quotes itself, so all from the first is taken.
func withoutQuoted(message string) string {
	end := strings.LastIndexByte(message, '\'')
	for _, before := range [...]string{"value: '", " as '", ": '", "'"} {
		if i := strings.Index(message, before); i >= 0 && i+len(before) <= end {
			return message[:i+len(before)] + secret.Mask + message[end:]
		}
	}
	return message
}

// hide masks what looks like a secret.
func (v *viewer) hide(s string) string {
	if v.ShowSecrets {
		return secret.New(s).Reveal()
	}
	return secret.Redact(s)
}

// withoutPassword masks the connection's own password in a text made of it.
func (v *viewer) withoutPassword(c *connection.Connection, s string) string {
	if pw := c.Password.Text.Peek(); pw != "" && !v.ShowSecrets {
		s = strings.ReplaceAll(s, pw, secret.Mask)
		if sent, fault := python.Latin1(pw); fault == "" {
			// As http.client quotes it when it complains of a header: b'…'.
			repr := python.BytesRepr(sent)
			s = strings.ReplaceAll(s, repr[2:len(repr)-1], secret.Mask)
		}
	}
	return s
}

// text is a text of a field, masked as the field asks for.
func (v *viewer) text(c *connection.Connection, f connection.Field, s string) string {
	if f == connection.Password && s != "" && !v.ShowSecrets {
		return secret.Mask
	}
	if val := c.Field(f); !v.ShowSecrets && s == val.Text.Peek() {
		s = v.ofURI(c, val)
	}
	return v.hide(v.withoutPassword(c, s))
}

// ofURI is a part of a URI without what the URI as a whole shows to be secret: one
// that is not read as it was meant has its password in the schema, say, and tokens
// have lost their first letter.
func (v *viewer) ofURI(c *connection.Connection, val *connection.Value) string {
	s := val.Text.Peek()
	uri := c.URI.Src
	for _, r := range slices.Backward(secret.Scan(uri.String())) {
		hidden := uri.Span(r[0], r[1])
		if !hidden.Overlaps(val.Span()) || val.Src.Len() == 0 {
			continue
		}
		if !val.Written() {
			return secret.Mask
		}
		i := sort.Search(len(s), func(i int) bool { return val.Src.Span(i, i+1).End > hidden.Start })
		j := sort.Search(len(s), func(j int) bool { return val.Src.Span(j, j+1).Start >= hidden.End })
		if i < j {
			s = s[:i] + secret.Mask + s[j:]
		}
	}
	return s
}

// value is a field's value with the type that the consumer holds.
func (v *viewer) value(c *connection.Connection, f connection.Field, val *connection.Value) any {
	switch {
	case f == connection.Password && val.Truthy() && !v.ShowSecrets:
		return secret.Mask
	case f == connection.Extra && val.Kind == connection.Text:
		return wtf8(v.extraText(c))
	case val.Kind == connection.Text:
		return wtf8(v.text(c, f, val.Text.Peek()))
	}
	return v.masked(val, false)
}

// extraText is the stored text of extra. Where a value in it is masked, it is
// written anew.
func (v *viewer) extraText(c *connection.Connection) string {
	s := c.Extra.Text.Peek()
	if v.ShowSecrets || s == "" {
		return c.Extra.Text.Reveal()
	}
	if c.ExtraObject().Kind != connection.Map || isDeeper(c.ExtraObject(), deepest) {
		if _, known := conntype.Lookup(c.Type.Text.Peek()); known {
			return v.hide(s)
		}
		return secret.Mask
	}
	shown, all := pythonJSON(v.extra(c)), viewer{Options: Options{ShowSecrets: true}, doc: v.doc}
	if shown == pythonJSON(all.extra(c)) {
		return s
	}
	return shown
}

// extra is the object of extra, its secrets masked: by the registry's keys, and all
// values of a type that the registry does not know.
func (v *viewer) extra(c *connection.Connection) any {
	if c.ExtraObject().Kind != connection.Map {
		if v.ShowSecrets {
			return v.masked(c.ExtraObject(), false)
		}
		return nil
	}
	if isDeeper(c.ExtraObject(), deepest) {
		return Object{{"$too_deep", true}}
	}
	t, known := conntype.Lookup(c.Type.Text.Peek())
	return v.object(c.ExtraObject(), func(key string) bool {
		return !v.ShowSecrets && (!known || secret.SensitiveKey(key) || slices.Contains(t.SecretKeys, key))
	})
}
