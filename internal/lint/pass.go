package lint

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

// Cause names what is wrong with some bytes, for rules of several families that
// may see the same thing: the first family owns it.
type Cause string

// The causes that several rules can see.
const (
	Own        Cause = ""           // nobody else sees it
	Whitespace Cause = "whitespace" // a blank at an end
	Control    Cause = "control"
	Rewritten  Cause = "rewritten" // the value that arrives is another
	WrongType  Cause = "wrong-type"
	Scheme     Cause = "scheme"
	TypeName   Cause = "type-name" // conn_type is not the one meant
	Key        Cause = "key"       // a key that is no field
	Misplaced  Cause = "misplaced" // a secret or a tenant in the wrong field
	Unexpanded Cause = "placeholder"
	PortCause  Cause = "port"
	URIForm    Cause = "uri-form" // the URI is not read as it was meant
	Quotes     Cause = "quotes"
	ExtraForm  Cause = "extra-form"
	Refusal    Cause = "refusal" // yields to any error or warning at the same place
)

// View is an entry as one or several consumers hold it.
type View struct {
	*connection.Connection
	readings []int // that hold it so
	targets  consumer.Set
	only     []string // those of the readings' consumers that count; nil: all
	number   int      // see [connection.Reading.Alike]
	pass     *Pass

	// Judgements that many rules ask for; the flags tell that they are there.
	host              dbtcloud.Host
	token             secret.Shape
	signs             Signs
	hasHost, hasShape bool
	hasSigns          bool
}

// Has reports whether a consumer of this name is among those of the view.
func (v *View) Has(name string) bool {
	for _, k := range v.readings {
		for _, c := range v.pass.readings[k].Consumers {
			if c.Name == name {
				return true
			}
		}
	}
	return false
}

// Readers names the consumers of the view for a message. Import is left out where
// the file reader holds the same.
func (v *View) Readers() string {
	var b strings.Builder
	before := ""
	reader := v.Has(consumer.Airflow)
	for _, k := range v.readings {
		for _, c := range v.pass.readings[k].Consumers {
			switch {
			case c.Targets&v.targets == 0 || c.Name == consumer.Import && reader:
				continue
			case c.Name == before:
				b.WriteString(", " + c.Version)
			case before != "":
				b.WriteString(" and " + c.Title())
			default:
				b.WriteString(c.Title())
			}
			before = c.Name
		}
	}
	return b.String()
}

// Tenant is the judgement of the host as a dbt Cloud tenant.
func (v *View) Tenant() dbtcloud.Host {
	if !v.hasHost {
		v.host, v.hasHost = v.pass.tenants.of(v.Host.Text.Peek(), dbtcloud.ParseHost), true
	}
	return v.host
}

// memo remembers judgements of texts: most of what the connections of a file have
// are the same few.
type memo[T any] [8]struct {
	text   string
	known  bool
	judged T
}

// of is the judgement of a text. A nil memo remembers none.
func (m *memo[T]) of(text string, judge func(string) T) T {
	if m == nil {
		return judge(text)
	}
	slot := &m[0]
	if n := len(text); n > 0 {
		slot = &m[(n+int(text[n-1]))%len(m)]
	}
	if !slot.known || slot.text != text {
		slot.text, slot.known, slot.judged = text, true, judge(text)
	}
	return slot.judged
}

// Token is the shape of the password as a dbt Cloud token, without blanks around.
func (v *View) Token() secret.Shape {
	if !v.hasShape {
		v.token, v.hasShape = secret.ShapeOf(strings.TrimSpace(v.Password.Text.Peek())), true
	}
	return v.token
}

// Narrow calls f with what is left of the view when only those consumers of
// targets count that keep answers true for, if any: what is reported then counts
// for them alone.
func (v *View) Narrow(keep func(name string, t consumer.Target) bool, f func(*View)) {
	narrow := *v
	narrow.readings, narrow.targets, narrow.only = nil, 0, nil
	for _, k := range v.readings {
		var left consumer.Set
		for _, c := range v.pass.readings[k].Consumers {
			var kept consumer.Set
			for i, t := range v.pass.targets.List {
				if c.Targets&(1<<i) != 0 && keep(c.Name, t) {
					kept |= 1 << i
				}
			}
			if kept != 0 {
				narrow.only = append(narrow.only, c.String())
				left |= kept
			}
		}
		if left != 0 {
			narrow.readings = append(narrow.readings, k)
			narrow.targets |= left
		}
	}
	if narrow.targets == 0 {
		return
	}
	v.pass.current = &narrow
	f(&narrow)
	v.pass.current = v
}

// Loaded calls f with what is left of the view when only those consumers count that
// hold the connection in the end, if any.
func (v *View) Loaded(f func(*View)) {
	held := *v
	held.readings, held.targets = nil, 0
	for _, k := range v.readings {
		r := &v.pass.readings[k]
		if r.Refusal == nil && r.Outcomes[v.pass.Entry].Status == connection.Loaded {
			held.readings = append(held.readings, k)
			held.targets |= r.Targets
		}
	}
	if len(held.readings) == 0 {
		return
	}
	v.pass.current = &held
	f(&held)
	v.pass.current = v
}

// Pass is one call of a rule: it offers what there is to judge and takes what is
// found.
type Pass struct {
	// Doc is the document; Entry the index of the connection, -1 for a rule of
	// document scope.
	Doc   *export.Document
	Entry int
	// Project is what stands beside the document; nil if nothing does. A rule of
	// project scope has no document: it looks at what was Seen of its exports.
	Project *project.Project
	Seen    []Seen
	// Schemas are the policies that connections have to meet, by their type.
	Schemas map[string]*schema.Policy
	// Ignores are what a rule of that scope looks at.
	Ignores []*Ignore
	// Declared is what the user says of their connections.
	Declared Declared

	rule     *Rule
	targets  consumer.Targets
	readings []consumer.Reading
	views    []View
	member   dbtcloud.Membership
	current  *View // while Each or EachReading calls back
	drafts   []*Draft
	keeper   *keeper
	keptFrom int  // where what is kept of the entry begins
	plain    bool // the entry is, see [Pass.Plain]
	tenants  *memo[dbtcloud.Host]

	leftovers    []string // see [secret.Leftovers]
	hasLeftovers bool
	run          *run // of the document; nil for a rule of project scope
}

// Each calls f for every distinct effective connection of the entry. What f
// reports counts for the consumers of that view; equal findings become one.
func (p *Pass) Each(f func(*View)) {
	for i := range p.views {
		p.current = &p.views[i]
		f(p.current)
	}
	p.current = nil
}

// EachReading calls f for every distinct reading of the document.
func (p *Pass) EachReading(f func(*consumer.Reading)) {
	for i := range p.readings {
		r := &p.readings[i]
		p.current = &View{targets: r.Targets, readings: []int{i}, pass: p}
		f(r)
	}
	p.current = nil
}

// ID is the id as it is written.
func (p *Pass) ID() source.Text { return p.Doc.IDText(p.Entry) }

// IsDbt reports whether the entry is a dbt Cloud connection.
func (p *Pass) IsDbt() bool { return p.member == dbtcloud.Yes }

// ForImport reports whether the user says that the file is there to be imported.
func (p *Pass) ForImport() bool { return p.targets.Loader == consumer.Import }

// Plain reports whether the entry is written as Airflow writes one: an object with
// the fields of a connection, each once, with texts or null as values, a number as
// port, and an extra that is empty or the JSON text of an object. Every consumer
// holds what is written there.
func (p *Pass) Plain() bool { return p.plain }

// IsExample reports whether the document's name says that its values are to be
// replaced.
func (p *Pass) IsExample() bool { return p.run.example }

// Place of the entry: its id, where something absent is reported.
func (p *Pass) Place() source.Span { return p.Doc.EntryPlace(p.Entry) }

// Report takes a finding at a place in the file. The message is lower case, and
// names the value (by Show), what the consumer makes of it and no remedy: that
// is for [Draft.Write]. A secret.Text among the arguments prints as stars.
func (p *Pass) Report(field connection.Field, at source.Span, format string, args ...any) *Draft {
	d := &Draft{rule: p.rule, entry: p.Entry, field: field, at: at, message: fmt.Sprintf(format, args...), leftovers: p.allLeftovers()}
	if p.current != nil {
		d.targets, d.only = p.current.targets, p.current.only
		d.readings = append(d.readings, p.current.readings...)
	} else {
		for i := range p.readings {
			d.targets |= p.readings[i].Targets
			d.readings = append(d.readings, i)
		}
	}
	p.drafts = append(p.drafts, d)
	return d
}

// allLeftovers are the pieces of secrets that stand about in the entry where one of
// its consumers does not read its URI as it was meant.
func (p *Pass) allLeftovers() []string {
	if !p.hasLeftovers {
		p.hasLeftovers = true
		for i := range p.views {
			v := &p.views[i]
			p.leftovers = append(p.leftovers, secret.Leftovers(v.URI.Text.Peek(), v.Password.Text.Peek())...)
		}
	}
	return p.leftovers
}

// ReportEntry is [Pass.Report] for a rule of document scope that speaks of one
// entry; an index below 0 means none.
func (p *Pass) ReportEntry(i int, field connection.Field, at source.Span, format string, args ...any) *Draft {
	d := p.Report(field, at, format, args...)
	d.entry = i
	return d
}

// Report is [Pass.Report] for a field of the view, at the bytes i to j of its
// value.
func (v *View) Report(f connection.Field, i, j int, format string, args ...any) *Draft {
	return v.pass.Report(f, v.Field(f).At(i, j), format, args...)
}

// ReportWhole is [Pass.Report] for all of a field's value.
func (v *View) ReportWhole(f connection.Field, format string, args ...any) *Draft {
	return v.pass.Report(f, v.Field(f).Span(), format, args...)
}

// Show is a field's value for a message: in quotes, without its secrets.
func (v *View) Show(f connection.Field) string { return v.ShowText(f, v.Field(f).Text.Peek()) }

// ShowText is a part of a field's value for a message.
func (v *View) ShowText(f connection.Field, s string) string {
	if f == connection.Password {
		return `"` + secret.Mask + `"`
	}
	if pw := v.Password.Text.Peek(); len(pw) > 3 {
		s = strings.ReplaceAll(s, pw, secret.Mask)
	}
	return Show(s)
}

// Show is a text that is no field's value for a message: in quotes, with what
// looks like a secret masked, and not longer than a line can bear.
func Show(s string) string {
	const most = 60
	s = secret.Redact(s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(s)
		}
	}
	return `"` + s + `"`
}

// Draft is a finding while it is being made.
type Draft struct {
	rule     *Rule
	doc      *export.Document // that it stands in, where the pass has none
	variant  string
	entry    int
	field    connection.Field
	fields   []connection.Field
	pointer  string
	at       source.Span
	message  string
	hint     string
	cause    Cause
	related  []Related
	readings []int
	targets  consumer.Set
	only     []string // see [View]
	refuses  bool
	once     bool
	// leftovers are masked in all that is said.
	leftovers []string
}

// Related is a further place that explains a finding.
type Related struct {
	Message string
	Span    source.Span
	// File that the place is in; nil for the finding's own.
	File *source.File
}

// Variant names the case of the rule, whose level counts.
func (d *Draft) Variant(name string) *Draft { d.variant = name; return d }

// Cause says what is wrong in a word that other rules may say, too.
func (d *Draft) Cause(c Cause) *Draft { d.cause = c; return d }

// Pointer is a JSON pointer inside the field, made of these keys.
func (d *Draft) Pointer(keys ...string) *Draft {
	d.pointer = Pointer(keys...)
	return d
}

// Pointer makes a JSON pointer of keys.
func Pointer(keys ...string) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(k))
	}
	return b.String()
}

// Also adds to the message.
func (d *Draft) Also(message string) *Draft { d.message += message; return d }

// Once keeps the finding where it is the first of its rule and variant in the file.
func (d *Draft) Once() *Draft { d.once = true; return d }

// Fields are the fields of a finding that speaks of several.
func (d *Draft) Fields(fs ...connection.Field) *Draft { d.fields = fs; return d }

// writeHint begins a hint that is a text to write.
const writeHint = "write: "

// Write says what to write at the place instead.
func (d *Draft) Write(s string) *Draft { d.hint = writeHint + secret.Redact(s); return d }

// Hint says what to do where it is not to write something.
func (d *Draft) Hint(s string) *Draft { d.hint = s; return d }

// Related names a further place.
func (d *Draft) Related(at source.Span, message string) *Draft {
	d.related = append(d.related, Related{Message: message, Span: at})
	return d
}
