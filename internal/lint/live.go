package lint

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Trial is a dbt Cloud connection for the live test: what one or several targeted
// consumers and providers would use.
type Trial struct {
	// Connection has the fields that the hook reads, and no others; nil where no
	// consumer loads the entry.
	Connection *connection.Connection
	// Tenant is the host that the hook takes.
	Tenant secret.Text

	entry    int
	place    source.Span // of the entry
	targets  consumer.Set
	readings []int
}

// try keeps the distinct ways in which an entry would be used.
func (w *worker) try(p *Pass) {
	none := Trial{entry: p.Entry, place: p.Place()}
	of := len(w.trials)
	for i := range p.views {
		v := &p.views[i]
		none.targets |= v.targets
		none.readings = append(none.readings, v.readings...)
		var loaded consumer.Set
		var readings []int
		for _, k := range v.readings {
			rd := &w.readings[k]
			if rd.Refusal == nil && rd.Outcomes[p.Entry].Status == connection.Loaded {
				loaded |= rd.Targets
				readings = append(readings, k)
			}
		}
		for g := range w.Targets.List {
			if loaded&(1<<g) != 0 {
				w.tryAs(p, v.Connection, w.Targets.List[g].Provider.Profile, of, 1<<g, readings)
			}
		}
	}
	if len(w.trials) == of && !slices.ContainsFunc(none.readings, func(k int) bool { return w.readings[k].Outcomes[p.Entry].Status == connection.Overridden }) {
		w.trials = append(w.trials, none)
	}
}

// tryAs keeps a connection as a provider uses it; what it uses alike is one trial.
func (w *worker) tryAs(p *Pass, c *connection.Connection, provider dbtcloud.Profile, of int, target consumer.Set, readings []int) {
	tenant := secret.New(provider.Tenant(c))
	for i := range w.trials[of:] {
		t := &w.trials[of+i]
		if t.Tenant == tenant && alike(&t.Connection.Login, &c.Login) && alike(&t.Connection.Password, &c.Password) {
			t.targets |= target
			t.readings = append(t.readings, readings...)
			return
		}
	}
	used := &connection.Connection{Host: c.Host, Login: c.Login, Password: c.Password, Schema: c.Schema}
	w.trials = append(w.trials, Trial{Connection: used, Tenant: tenant, entry: p.Entry, place: p.Place(), targets: target, readings: slices.Clone(readings)})
}

// alike reports whether a hook gets the same of two values.
func alike(a, b *connection.Value) bool {
	return a.Kind == b.Kind && a.Text == b.Text || !a.Truthy() && !b.Truthy()
}

// Trials are what the live test is to try of the document.
func (r *Result) Trials() []Trial { return r.trials }

// ConnID of the entry, masked where it looks like a secret. A value that stands
// alone has the one by which it is asked for.
func (r *Result) ConnID(t *Trial) string {
	doc := r.run.doc
	if doc.Format == export.AirflowValue || doc.Format == export.AirflowURI {
		return secret.Redact(cmp.Or(doc.ConnID, "x"))
	}
	return secret.Redact(doc.IDText(t.entry).String())
}

// Told is what a live test said of a trial.
type Told struct {
	Trial *Trial
	Rule  *Rule
	// Field that is to blame; where the entry has none, it is the entry.
	Field         connection.Field
	Message, Hint string
}

// Tell adds what the live test has found to the result.
func (r *Result) Tell(told []Told) {
	var drafts []*Draft
	seen := map[identity]*Draft{}
	for _, f := range told {
		t := f.Trial
		d := &Draft{rule: f.Rule, entry: t.entry, at: t.place, message: f.Message, hint: f.Hint, targets: t.targets, readings: t.readings}
		if t.Connection != nil {
			if d.field = f.Field; d.field == connection.Host && t.fromSchema() {
				d.field = connection.Schema
			}
			if at := t.Connection.Field(d.field).Span(); at != (source.Span{}) {
				d.at = at
			}
		}
		if k := seen[d.identity()]; k != nil && k.message == d.message {
			k.join(d)
			continue
		}
		seen[d.identity()] = d
		drafts = append(drafts, d)
	}
	r.add(drafts)
}

// fromSchema reports whether the tenant stands in schema, where the provider 2.x
// looks for it.
func (t *Trial) fromSchema() bool {
	schema := t.Connection.Schema.Text.Peek()
	return schema != "" && t.Tenant.Peek() != t.Connection.Host.Text.Peek() && strings.HasPrefix(t.Tenant.Peek(), schema+".")
}
