// Package inspect shows what each consumer makes of a document: its effective
// connections, the changes, the errors, and what the dbt Cloud hook would do.
package inspect

import (
	"hash/maphash"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

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
	// Picked is set where the user named the consumers one by one, and wants to see
	// them side by side.
	Picked  bool
	ConnIDs []string
	// Declared is what the user says of their connections.
	Declared dbtcloud.Declared
}

// The shapes of `inspect -o json`, schema version 1.
type (
	// File is one document.
	File struct {
		Path     string    `json:"path"`
		Format   string    `json:"format,omitempty"`
		Readings []Reading `json:"readings"`
		// Differences are what [Differ] finds, where it was asked.
		Differences *[]Difference `json:"differences,omitempty"`

		entries   int    // connections in the document
		versions  string // that it was read as, in words
		providers string // of these that matter to dbt Cloud connections only
	}
	// Reading is what one consumer makes of it.
	Reading struct {
		Consumer    string       `json:"consumer"`
		Error       *Error       `json:"error"`
		Connections []Connection `json:"connections"`
		Posted      []Object     `json:"posted,omitempty"`
		Printed     *string      `json:"printed,omitempty"`

		// family is the same for consumers that differ in their version only. What a
		// file reader and an import make of a file differs for other reasons.
		family string
		// culprit is the connection that the document is refused for, if it is one.
		culprit *Connection
	}
	// Error is a failure as the user of the consumer sees it.
	Error struct {
		Class    string           `json:"class"`
		Message  string           `json:"message"`
		Location *report.Location `json:"location,omitempty"`
		Cause    *Error           `json:"cause,omitempty"`

		field connection.Field // that it is about, if it is about one
	}
	// Connection is an effective connection.
	Connection struct {
		ID      string    `json:"conn_id"`
		Held    *any      `json:"held_conn_id,omitempty"`
		Fields  Object    `json:"-"`
		Error   *Error    `json:"error"`
		Changes []Change  `json:"changes"`
		Dbt     []Request `json:"dbt_cloud,omitempty"`

		// prints tell what is held apart, by the aspects; what is shown cannot,
		// because all passwords look alike.
		prints [len(aspects)]uint64
		isDbt  bool
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
	secrets   func() []source.Span
	seed      maphash.Seed
	alike     map[likeness]Connection // what was shown before
	leftovers []string                // of the connection that is shown, see [secret.Leftovers]
	scanned   struct {                // the last URI
		uri   string
		found [][2]int
	}
}

// Document shows the readings of a document.
func Document(doc *export.Document, readings []consumer.Reading, o Options) File {
	v := viewer{Options: o, doc: doc, seed: maphash.MakeSeed(), alike: map[likeness]Connection{}, secrets: sync.OnceValue(func() []source.Span {
		lines := make([]source.Span, doc.File.Lines())
		for i := range lines {
			lines[i] = doc.File.Line(i + 1)
		}
		return doc.Secrets(lines)
	})}
	f := File{Path: doc.File.Path, Format: doc.Format.String(), Readings: []Reading{}}
	f.versions, f.providers = v.versions(readings)
	for i := range doc.Entries {
		if v.isAsked(i) {
			f.entries++
		}
	}
	for i := range readings {
		f.Readings = append(f.Readings, v.readings(&readings[i])...)
	}
	order := map[string]int{}
	for i, name := range o.Targets.Names(doc) {
		order[name] = i
	}
	slices.SortStableFunc(f.Readings, func(a, b Reading) int { return order[a.Consumer] - order[b.Consumer] })
	return f
}

// isAsked reports whether an entry is to be shown.
func (v *viewer) isAsked(i int) bool {
	return !v.doc.Entries[i].Template && v.doc.IsAmong(i, v.ConnIDs)
}

// readings are those of the consumers that share one.
func (v *viewer) readings(r *consumer.Reading) []Reading {
	outs := make([]Reading, len(r.Consumers))
	for k, c := range r.Consumers {
		out := &outs[k]
		*out = Reading{Consumer: c.String(), Connections: []Connection{}, family: c.Name}
		switch {
		case v.Picked:
			out.family = ""
		case c.Name == consumer.SDK:
			out.family = consumer.Airflow // which did it before there were workers that read
		}
		if c.Name == consumer.Astro {
			v.leftOfAll(r)
			printed := v.hide(r.Printed.Peek())
			out.Printed = &printed
			out.Posted = []Object{}
			for _, b := range astro.Posted(r.Reading) {
				out.Posted = append(out.Posted, v.body(b))
			}
		}
	}
	var c connection.Connection
	if r.Refusal != nil {
		if r.RefusedBy >= 0 {
			r.Load(r.RefusedBy, &c)
			c.Failure = r.Refusal
			v.leftOf(&c)
			culprit := v.connection(&c, r.Consumers[0])
			for k := range outs {
				outs[k].culprit = &culprit
			}
		}
		for k := range outs {
			outs[k].Error = v.failure(r.Refusal)
		}
		return outs
	}
	for i, o := range r.Outcomes {
		if o.Status == connection.Skipped || o.Status == connection.Overridden || !v.isAsked(i) {
			continue
		}
		as := likeness{entry: i, of: r.Reading}
		if r.Alike != nil && o.Failure == nil {
			if as.number = r.Alike(i); as.number > 0 {
				as.of = nil
			}
		}
		loaded := false
		load := func() {
			if loaded {
				return
			}
			loaded = true
			c.Reset()
			r.Load(i, &c)
			if o.Failure != nil {
				c.Failure = o.Failure
			}
			v.leftOf(&c)
		}
		for k, by := range r.Consumers {
			p, _ := v.profile(by)
			as.uri, as.sent = p.Only(airflow.ForURI), by.Name == consumer.Astro
			shown, known := v.alike[as]
			if !known {
				load()
				shown = v.connection(&c, by)
				shown.isDbt = v.AnyProvider || v.isDbt(i, &c)
				v.alike[as] = shown
			}
			if shown.isDbt {
				load()
				shown.Dbt = v.requests(&c, by)
				shown.prints[aspectDbt] = maphash.String(v.seed, dbtText(shown.Dbt))
			}
			outs[k].Connections = append(outs[k].Connections, shown)
		}
	}
	return outs
}

// leftOf has what is left of a connection's URI masked in all that is shown next.
func (v *viewer) leftOf(c *connection.Connection) {
	v.leftovers = nil
	if !v.ShowSecrets {
		v.leftovers = secret.Leftovers(c.URI.Text.Peek(), c.Password.Text.Peek())
	}
}

// leftOfAll is [viewer.leftOf] of all connections of a reading.
func (v *viewer) leftOfAll(r *consumer.Reading) {
	v.leftovers = nil
	var c connection.Connection
	for i := range r.Outcomes {
		c.Reset()
		r.Load(i, &c)
		if c.URI.IsText() && !v.ShowSecrets {
			v.leftovers = append(v.leftovers, secret.Leftovers(c.URI.Text.Peek(), c.Password.Text.Peek())...)
		}
	}
}

// likeness is equal for connections that are shown alike.
type likeness struct {
	entry  int
	number int                 // see [connection.Reading.Alike]
	of     *connection.Reading // where that says nothing
	uri    airflow.Profile     // as far as get_uri() goes by it
	sent   bool                // by the Astro CLI, which leaves out what is absent
}

// isDbt reports whether an entry, as a consumer holds it, is one for dbt Cloud.
func (v *viewer) isDbt(i int, c *connection.Connection) bool {
	return max(v.Declared.Of(v.doc.IDText(i).String()), v.Declared.Judge(c)) == dbtcloud.Yes
}

func (v *viewer) connection(c *connection.Connection, by consumer.Consumer) Connection {
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
		if by.Name == consumer.Astro && val.Kind == connection.Absent {
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
	if c.Failure == nil {
		if profile, ok := v.profile(by); ok && by.Name != consumer.Astro && by.Name != consumer.Record {
			if uri, ok := v.uri(c, profile); ok {
				out.Fields = append(out.Fields, Member{"uri", uri})
			}
		}
		if c.TeamName.Kind != connection.Absent {
			out.Fields = append(out.Fields, Member{"team_name", v.masked(&c.TeamName, false)})
		}
		for _, f := range connection.Fields {
			if change, ok := v.change(c, f); ok {
				out.Changes = append(out.Changes, change)
			}
		}
	}
	out.prints = v.prints(c)
	return out
}

// change is the difference between a field's value and what was written, if there
// is one.
func (v *viewer) change(c *connection.Connection, f connection.Field) (Change, bool) {
	val := c.Field(f)
	at := val.Span()
	if val.Cause == connection.Unchanged || at.Len() == 0 {
		return Change{}, false
	}
	src := val.Src.String()
	if val.Written() || val.Src.Len() == 0 {
		// The layer that changed it is part of the text's own; or it was a collection.
		src = v.doc.File.Data[at.Start:at.End]
	}
	switch val.Cause {
	case connection.ExtraDumped:
		if src == val.Text.Peek() {
			return Change{}, false
		}
	case connection.YAMLNull:
		if src == "null" {
			return Change{}, false
		}
	}
	from := v.text(c, f, src)
	if f == connection.Extra && !v.ShowSecrets && v.extraText(c) != c.Extra.Text.Peek() {
		// It is written in another way than what it became, where the secrets are known.
		from = secret.Mask
	}
	return Change{f.String(), from, v.value(c, f, val), val.Cause.String(), report.LocationOf(v.doc.File, at)}, true
}

// versions says which ones the document was read as, and whether anybody said so.
func (v *viewer) versions(readings []consumer.Reading) (versions, providers string) {
	var cli, airflows, hooks []string
	add := func(list *[]string, name string) {
		if !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
	}
	for i, t := range v.Targets.List {
		for k := range readings {
			for _, c := range readings[k].Consumers {
				switch {
				case c.Targets&(1<<i) == 0:
				case c.Name == consumer.Astro:
					add(&cli, c.Version)
				case c.Version != "":
					add(&airflows, c.Version)
				}
			}
		}
		add(&hooks, t.Provider.Name)
	}
	var list []string
	if len(cli) > 0 {
		list = append(list, "astro "+strings.Join(cli, ", "))
	}
	if len(airflows) > 0 {
		list = append(list, "airflow "+consumer.AirflowRanges(airflows))
	}
	said := "versions assumed: "
	if v.Targets.Known {
		said = "versions known: "
	}
	if len(list) == 0 {
		return "", "dbt Cloud provider " + consumer.ProviderRanges(hooks)
	}
	return said + strings.Join(list, ", "), "dbt Cloud provider " + consumer.ProviderRanges(hooks)
}

// dejson is the property extra_dejson. An Airflow that masks with re2 cannot read it
// where a text in it is not UTF-8.
func (v *viewer) dejson(c *connection.Connection, by consumer.Consumer) any {
	if p, ok := v.profile(by); ok && p.Has(airflow.RE2) {
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
		k := [2]string{t.Provider.Name, t.HTTP.Name}
		if by.Targets&(1<<i) == 0 || seen[k] {
			continue
		}
		seen[k] = true
		for _, r := range t.Provider.Requests(c, t.HTTP) {
			q := Request{Provider: r.Provider, HTTPProvider: r.HTTPProvider, Call: r.Call, Client: r.Client}
			if c.Failure != nil {
				q.Error = v.undefined(c)
			} else {
				v.describe(&q, c, &r)
			}
			out = append(out, q)
		}
	}
	return out
}

// undefined is what the hook gets for a connection that cannot be used.
func (v *viewer) undefined(c *connection.Connection) *Error {
	e := v.failure(c.Failure)
	const class = "AirflowNotFoundException"
	if e.Class == class {
		return e
	}
	return &Error{Class: class, Message: "The conn_id `" + v.hide(idText(&c.ID)) + "` isn't defined", Cause: e}
}

// describe fills in what a request sends, or how it fails.
func (v *viewer) describe(q *Request, c *connection.Connection, r *dbtcloud.Request) {
	if q.Error = v.failure(r.Failure); q.Error != nil {
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
}

func (v *viewer) failure(f *connection.Failure) *Error {
	if f == nil {
		return nil
	}
	e := &Error{Class: f.Class, Message: v.hide(f.Message.Peek()), Cause: v.failure(f.Cause), field: f.Field}
	if !v.ShowSecrets && slices.ContainsFunc(v.secrets(), f.Place.Overlaps) {
		e.Message = withoutQuoted(e.Message)
	}
	if !v.ShowSecrets && f.Field == connection.Extra && (f.Class == "InvalidURL" || f.Class == "LocationParseError") {
		e.Message = withoutAddress(e.Message)
	}
	if f.Place != (source.Span{}) {
		at := report.LocationOf(v.doc.File, f.Place)
		e.Location = &at
	}
	return e
}

// withoutAddress masks what a client's complaint says of the address of a proxy, which
// it quotes in several ways: a part of its password may stand anywhere in there.
func withoutAddress(message string) string {
	for _, own := range [...]string{"Failed to parse: ", "Proxy URL had unsupported scheme "} {
		if strings.HasPrefix(message, own) {
			return own + secret.Mask
		}
	}
	return secret.Mask
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
	return secret.Without(secret.Redact(s), v.leftovers)
}

// withoutPassword masks the connection's own password in a text made of it. To
// mask each letter that makes a password would tell it.
func (v *viewer) withoutPassword(c *connection.Connection, s string) string {
	if pw := c.Password.Text.Peek(); len(pw) > 3 && !v.ShowSecrets {
		s = strings.ReplaceAll(s, pw, secret.Mask)
		if quotesItself(pw) {
			return s
		}
		if sent, fault := python.Latin1(pw); fault == "" {
			// As http.client quotes it when it complains of a header: b'…'.
			repr := python.BytesRepr(sent)
			s = strings.ReplaceAll(s, repr[2:len(repr)-1], secret.Mask)
		}
	}
	return s
}

// quotesItself reports whether a text looks the same in Python's quotes.
func quotesItself(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf-1 || c == '\\' || c == '\'' {
			return false
		}
	}
	return true
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
	if text := uri.String(); text != v.scanned.uri {
		v.scanned.uri, v.scanned.found = text, secret.ScanURI(text)
	}
	for _, r := range slices.Backward(v.scanned.found) {
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
	if val == c.Field(connection.Schema) && uri.Len() > 0 && c.Host.Text.Peek() == "" && strings.Contains(s, ":") && !strings.Contains(s, secret.Mask) {
		return withoutCredentials(s) // no host was found, and so no password either
	}
	return s
}

// withoutCredentials masks what stands before the last @, and all where there is none.
func withoutCredentials(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		at = len(s)
	}
	return secret.Mask + s[at:]
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
