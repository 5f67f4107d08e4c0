// Package inspect shows what each consumer makes of a document: its effective
// connections, the changes, the errors, and what the dbt Cloud hook would do.
package inspect

import (
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/astro"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
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
}

// Document shows the readings of a document.
func Document(doc *export.Document, readings []consumer.Reading, o Options) File {
	v := viewer{o, doc}
	f := File{Path: doc.File.Path, Format: doc.Format.String(), Readings: []Reading{}}
	if doc.Err != nil {
		at := report.LocationOf(doc.File, doc.Err.Span)
		for _, name := range o.Targets.Names(doc) {
			f.Readings = append(f.Readings, Reading{Consumer: name, Connections: []Connection{}, Error: &Error{Class: "SyntaxError", Message: doc.Err.Problem, Location: &at}})
		}
		return f
	}
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
		if o.Status == connection.Skipped || o.Status == connection.Overridden || v.doc.Entries[i].Template || !v.chosen(i) {
			continue
		}
		conn.Reset()
		r.Load(i, &conn)
		if conn.Failure == nil {
			conn.Failure = o.Failure
		}
		out.Connections = append(out.Connections, v.connection(&conn, c, isAstro))
	}
	return out
}

func (v *viewer) chosen(i int) bool {
	return len(v.ConnIDs) == 0 || slices.Contains(v.ConnIDs, v.doc.IDText(i).String())
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
			out.Fields = append(out.Fields, Member{"extra_dejson", v.extra(c)})
		}
	}
	if c.Failure == nil && by.Name != consumer.Astro && by.Name != consumer.Record {
		if profile, ok := v.profile(by); ok {
			if uri, err := airflow.GetURI(c, profile); err == nil && uri != "" {
				out.Fields = append(out.Fields, Member{"uri", v.hide(v.withoutPassword(c, uri))})
			}
		}
	}
	for _, f := range connection.Fields {
		if val := c.Field(f); val.Cause != connection.Unchanged && val.Src.Len() > 0 {
			from := v.text(c, f, val.Src.String())
			out.Changes = append(out.Changes, Change{f.String(), from, v.value(c, f, val), val.Cause.String(), report.LocationOf(v.doc.File, val.Span())})
		}
	}
	if v.AnyProvider || dbtcloud.Judge(c) == dbtcloud.Yes {
		out.Dbt = v.requests(c, by)
	}
	return out
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
	if f.Place != (source.Span{}) {
		at := report.LocationOf(v.doc.File, f.Place)
		e.Location = &at
	}
	return e
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
	}
	return s
}

// text is a text of a field, masked as the field asks for.
func (v *viewer) text(c *connection.Connection, f connection.Field, s string) string {
	if f == connection.Password && s != "" && !v.ShowSecrets {
		return secret.Mask
	}
	return v.hide(v.withoutPassword(c, s))
}

// value is a field's value with the type that the consumer holds.
func (v *viewer) value(c *connection.Connection, f connection.Field, val *connection.Value) any {
	switch {
	case f == connection.Password && val.Truthy() && !v.ShowSecrets:
		return secret.Mask
	case f == connection.Extra && val.Kind == connection.Text:
		return v.extraText(c)
	case val.Kind == connection.Text:
		return wtf8(v.text(c, f, val.Text.Peek()))
	}
	return v.masked(val, false)
}

// extraText is the stored text of extra. Where a value in it is masked, it is
// written anew.
func (v *viewer) extraText(c *connection.Connection) any {
	s := c.Extra.Text.Peek()
	if v.ShowSecrets {
		return wtf8(s)
	}
	if c.ExtraObject.Kind != connection.Map {
		if s == "" {
			return ""
		}
		return secret.Mask
	}
	return pythonJSON(v.extra(c))
}

// extra is the object of extra, its secrets masked: by the registry's keys, and all
// values of a type that the registry does not know.
func (v *viewer) extra(c *connection.Connection) any {
	if c.ExtraObject.Kind != connection.Map {
		if v.ShowSecrets {
			return v.masked(&c.ExtraObject, false)
		}
		return nil
	}
	t, known := conntype.Lookup(c.Type.Text.Peek())
	var out Object
	for i := range c.ExtraObject.Items {
		item := &c.ExtraObject.Items[i]
		key := item.Key.Text.Peek()
		hidden := !known || secret.SensitiveKey(key) || t != nil && slices.Contains(t.SecretKeys, key)
		out = append(out, Member{v.hide(key), v.masked(&item.Value, hidden)})
	}
	if out == nil {
		out = Object{}
	}
	return out
}
