package lint

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

// Finding is one thing that a rule reports, with its place.
type Finding struct {
	Rule    *Rule
	Variant string
	Level   Level
	Message string
	// Hint says what to write instead ("write: ab123.us1.dbt.com"); may be empty.
	Hint string
	// ConnID of the entry, masked where it looks like a secret; empty for a
	// finding on the document.
	ConnID  string
	Field   connection.Field
	Fields  []connection.Field
	Pointer string
	Span    source.Span
	// Consumers that are affected, in the order in which they read.
	Consumers []string
	// RefusesDocument is set where the cause makes a consumer load nothing, or
	// lose later entries.
	RefusesDocument bool
	Related         []Related
	Fingerprint     string

	entry   int  // -1 for a finding on the document
	lowered bool // by a level, since not all of the assumed versions are affected
}

// Result is what is known of one document after its run.
type Result struct {
	Doc       *export.Document
	Consumers []string
	// Connections counts the entries, untouched templates left out; Dbt those of
	// them that are dbt Cloud connections.
	Connections, Dbt int
	Findings         []Finding
	// Targets that it was judged for.
	Targets consumer.Targets
	// Beside is set for a file that is no export: it stands beside some.
	Beside bool
	// Suppressed counts the findings that an ignore or a baseline has kept out.
	Suppressed int

	ignores []*Ignore // of its comments
	unsure  []*Rule   // those that would say something else in another checkout
	project *project.Project
	seen    []Seen
	run     *run    // makes findings of what was kept, and of the trials
	kept    []*Kept // until Across has looked at it
	trials  []Trial
}

// Unfinished reports whether Across or the live test may still have something to
// say about the document.
func (r *Result) Unfinished() bool { return len(r.kept) > 0 || len(r.trials) > 0 }

// HasIgnores reports whether comments of the document keep findings out.
func (r *Result) HasIgnores() bool { return len(r.ignores) > 0 }

// Options of a run.
type Options struct {
	// Rules that run; those that comments may name are All, or where that is nil Rules.
	Rules, All []*Rule
	Targets    consumer.Targets
	// ConnIDs restricts the entries to these ids; empty means all.
	ConnIDs []string
	// Project is what the document has beside it; nil for nothing.
	Project *project.Project
	// Schemas are the policies of the configuration, by connection type.
	Schemas map[string]*schema.Policy
	// Live keeps what the live test needs of dbt Cloud connections.
	Live bool
	// Tracked tells what git has of the document's file: nil where it has nothing,
	// or nobody can tell. It is called once at most, and only when a secret was found
	// or misses.
	Tracked func() *git.File
	// SecretsElsewhere is set where the user says that the secrets of the document are
	// filled in later.
	SecretsElsewhere bool
	// Declared is what the user says of their connections.
	Declared Declared
}

// Declared is what a user says of their connections that nothing else tells.
type Declared struct {
	dbtcloud.Declared
	// AllowedHosts are patterns of the tenants, and Accounts the ids of the accounts,
	// that connections may name; none for any.
	AllowedHosts []string
	Accounts     []string
}

// run is one document's run.
type run struct {
	Options
	doc       *export.Document
	names     []string // of the consumers, in the order in which they read
	readings  []consumer.Reading
	drafts    []*Draft
	role      project.Role // of the document in its project
	tracked   func() *git.File
	asked     atomic.Bool // tracked was
	unsure    sync.Map    // the rules that would say something else if git said so
	judged    sync.Once   // for elsewhere
	example   bool        // see [Pass.IsExample]
	elsewhere bool
	needed    Signs // by any rule
}

// entryKind is what decides which rules an entry is shown to.
type entryKind struct {
	member dbtcloud.Membership
	signs  Signs
}

// worker looks at a part of the entries. What it works on is used again from one
// entry to the next.
type worker struct {
	*run
	conns       []connection.Connection // one for each reading
	views       []View
	drafts      []*Draft
	keeper      keeper
	pass        Pass
	tenants     memo[dbtcloud.Host]
	types       memo[bool] // whether they are odd
	shown       map[entryKind][]*Rule
	connections int
	dbt         int
	seen        []Seen
	trials      []Trial
	told        []told
}

// share is how many entries a worker looks at, at least: less does not pay.
const share = 2000

// Run lints one document. It stops early, with what is known, when the context
// is done. [Across] compares the documents of a run afterwards.
func Run(ctx context.Context, doc *export.Document, o Options) Result {
	r := run{Options: o, doc: doc, example: placeholder.ExampleName(doc.File.Path), tracked: func() *git.File { return nil }}
	for _, rule := range o.Rules {
		r.needed |= rule.Needs
	}
	if o.Tracked != nil {
		r.tracked = sync.OnceValue(func() *git.File {
			r.asked.Store(true)
			return o.Tracked()
		})
	}
	if doc.Err == nil && doc.Format != export.Unknown {
		r.readings = o.Targets.Read(doc)
	}
	if o.Project != nil {
		r.role = o.Project.RoleOf(doc.File.Path)
	}
	res := Result{Doc: doc, Targets: o.Targets, project: o.Project}
	if doc.Format != export.Unknown {
		r.names = o.Targets.Names(doc)
		res.Consumers = r.names
	}
	n := len(doc.Entries)
	workers := make([]worker, max(1, min(runtime.GOMAXPROCS(0), n/share)))
	var wg sync.WaitGroup
	for i := range workers {
		w := &workers[i]
		w.run, w.conns = &r, make([]connection.Connection, len(r.readings))
		lo, hi := i*n/len(workers), (i+1)*n/len(workers)
		if len(workers) == 1 {
			w.entries(ctx, lo, hi)
			break
		}
		wg.Go(func() { w.entries(ctx, lo, hi) })
	}
	wg.Wait()
	// In the order of the document, whoever was first.
	for i := range workers {
		if i == 0 {
			r.drafts, res.kept, res.trials = workers[i].drafts, workers[i].keeper.list, workers[i].trials
		} else {
			r.drafts = append(r.drafts, workers[i].drafts...)
			res.kept = append(res.kept, workers[i].keeper.list...)
			res.trials = append(res.trials, workers[i].trials...)
		}
		res.Connections += workers[i].connections
		res.Dbt += workers[i].dbt
		res.seen = append(res.seen, workers[i].seen...)
	}
	r.drafts = once(r.drafts, &[]told{})
	r.joinMerged()
	r.document()
	res.Findings = r.finish()
	if o.All == nil {
		o.All = o.Rules
	}
	res.ignores = inlineIgnores(doc, o.All)
	r.unsure.Range(func(key, _ any) bool {
		if rule, ok := key.(*Rule); ok {
			res.unsure = append(res.unsure, rule)
		}
		return true
	})
	if res.Unfinished() {
		for k := range r.readings {
			r.readings[k].Reading = nil // who reads is asked for yet, not what
		}
		r.drafts, res.run = nil, &r
	}
	return res
}

// entries shows the entries lo to hi to the rules.
func (w *worker) entries(ctx context.Context, lo, hi int) {
	for i := lo; i < hi; i++ {
		if i%256 == 0 && ctx.Err() != nil {
			return
		}
		if w.doc.Entries[i].Template || !w.doc.IsAmong(i, w.ConnIDs) {
			continue
		}
		w.connections++
		w.entry(i)
	}
}

// entry shows one entry to all rules of entry scope.
func (w *worker) entry(i int) {
	p := &w.pass
	*p = Pass{
		Doc: w.doc, Entry: i, Project: w.Project, Schemas: w.Schemas, Declared: w.Declared,
		targets: w.Targets, readings: w.readings, keeper: &w.keeper, keptFrom: len(w.keeper.list), run: w.run, tenants: &w.tenants,
	}
	if len(w.readings) > 0 && w.readings[0].Plain != nil {
		p.plain = w.readings[0].Plain(i)
	}
	w.look(i, p)
	p.judge()
	for k := range w.readings {
		if rd := &w.readings[k]; rd.Relays {
			// What it was written as counts, too.
			w.conns[k].Reset()
			rd.Load(i, &w.conns[k])
			p.member = max(p.member, p.Declared.Judge(&w.conns[k]))
		}
	}
	if p.member == dbtcloud.Yes {
		w.dbt++
		if w.Live {
			w.try(p)
		}
	}
	w.see(p)
	kind := entryKind{member: p.member}
	if w.needed != 0 {
		kind.signs = w.signs(p) & w.needed
	}
	for _, rule := range w.rulesFor(kind) {
		p.rule = rule
		rule.Check(p)
	}
	w.drafts = append(w.drafts, once(own(p.drafts), &w.told)...)
}

// judge decides whether the entry is one for dbt Cloud.
func (p *Pass) judge() {
	if p.Declared.IsDbt != nil {
		p.member = p.Declared.Of(p.ID().String())
	}
	for j := range p.views {
		p.member = max(p.member, p.Declared.Judge(p.views[j].Connection))
	}
}

// rulesFor are the rules that an entry is shown to. Most entries are of a
// few kinds.
func (w *worker) rulesFor(kind entryKind) []*Rule {
	if list, ok := w.shown[kind]; ok {
		return list
	}
	var list []*Rule
	for _, rule := range w.Rules {
		if (rule.Scope == Entry || rule.Scope == AllFiles) && rule.isFor(kind) {
			list = append(list, rule)
		}
	}
	const most = 100
	if w.shown == nil || len(w.shown) == most {
		w.shown = map[entryKind][]*Rule{}
	}
	w.shown[kind] = list
	return list
}

func (r *Rule) isFor(kind entryKind) bool {
	switch {
	case r.Needs != 0 && r.Needs&kind.signs == 0:
		return false
	case r.Applies == DbtConnection:
		return kind.member == dbtcloud.Yes
	case r.Applies == DbtRelated:
		return kind.member != dbtcloud.No
	}
	return true
}

// look makes the views of an entry: readings that hold the same share one. The
// views and what they point to are used again for the next entry.
func (w *worker) look(i int, p *Pass) {
	n := 0
next:
	for k := range w.readings {
		rd := &w.readings[k]
		if rd.Relays {
			continue
		}
		number := 0
		if rd.Alike != nil {
			number = rd.Alike(i)
		}
		for j := range w.views[:n] {
			if v := &w.views[j]; number != 0 && v.number == number {
				v.readings = append(v.readings, k)
				v.targets |= rd.Targets
				continue next
			}
		}
		c := &w.conns[k]
		c.Reset()
		rd.Load(i, c)
		if out := rd.Outcomes[i]; out.Status == connection.Failed {
			c.Failure = out.Failure
		}
		for j := range w.views[:n] {
			if v := &w.views[j]; sameConnection(v.Connection, c) {
				v.readings = append(v.readings, k)
				v.targets |= rd.Targets
				continue next
			}
		}
		if n == len(w.views) {
			w.views = append(w.views, View{})
		}
		w.views[n] = View{Connection: c, readings: append(w.views[n].readings[:0], k), targets: rd.Targets, number: number, pass: p}
		n++
	}
	p.views = w.views[:n]
}

// sameConnection reports whether nothing that a rule can see differs.
func sameConnection(a, b *connection.Connection) bool {
	if a.HoldsOther != b.HoldsOther || (a.Failure == nil) != (b.Failure == nil) {
		return false
	}
	if a.Failure != nil && (a.Failure.Reason != b.Failure.Reason || a.Failure.Place != b.Failure.Place) {
		return false
	}
	for _, f := range connection.Fields {
		if !sameValue(a.Field(f), b.Field(f)) {
			return false
		}
	}
	return sameValue(&a.HeldID, &b.HeldID) && sameValue(&a.URI, &b.URI)
}

func sameValue(a, b *connection.Value) bool {
	return a.Kind == b.Kind && a.Cause == b.Cause && a.Place == b.Place && a.Text.Peek() == b.Text.Peek() && len(a.Items) == len(b.Items)
}

// joinMerged makes one draft of those on entries that end as one connection: what
// stands in the second of two with an id is found in both.
func (r *run) joinMerged() {
	into := map[int]int{}
	for k := range r.readings {
		for i, o := range r.readings[k].Outcomes {
			if o.Status == connection.Overridden {
				into[i] = o.By
			}
		}
	}
	if len(into) == 0 {
		return
	}
	kept := r.drafts[:0]
	seen := make(map[identity]*Draft, len(r.drafts))
	for _, d := range r.drafts {
		id := d.identity()
		if by, merged := into[id.entry]; merged {
			id.entry = by
		}
		if k := seen[id]; k != nil {
			k.join(d)
			continue
		}
		seen[id] = d
		kept = append(kept, d)
	}
	r.drafts = kept
}

// document runs the rules of document scope.
func (r *run) document() {
	p := Pass{Doc: r.doc, Entry: -1, Declared: r.Declared, targets: r.Targets, readings: r.readings, run: r}
	for _, rule := range r.Rules {
		p.rule = rule
		if rule.Scope == Document {
			rule.Check(&p)
		} else if rule.Document != nil {
			rule.Document(&p)
		}
	}
	of := len(r.drafts)
	for _, d := range own(p.drafts) {
		if !owned(d, r.drafts[:of]) {
			r.drafts = append(r.drafts, d)
		}
	}
}

// own drops the drafts whose cause another one owns, and merges equal ones.
func own(drafts []*Draft) []*Draft {
	if len(drafts) < 2 {
		return drafts
	}
	slices.SortStableFunc(drafts, func(a, b *Draft) int {
		return cmp.Or(cmp.Compare(a.rule.rank(), b.rule.rank()))
	})
	kept := drafts[:0]
	equal := make(map[identity]*Draft, len(drafts))
	for _, d := range drafts {
		if k := equal[d.identity()]; k != nil {
			k.join(d)
			continue
		}
		if owned(d, kept) {
			continue
		}
		equal[d.identity()] = d
		kept = append(kept, d)
	}
	return kept
}

// owned reports whether one of the drafts owns d. Most drafts have a cause of
// their own and need no look at the others, of which a document may have many.
func owned(d *Draft, drafts []*Draft) bool {
	return d.cause != Own && slices.ContainsFunc(drafts, func(k *Draft) bool { return k.owns(d) })
}

// identity is what is the same in drafts that make one finding.
type identity struct {
	rule    *Rule
	variant string
	entry   int
	field   connection.Field
	pointer string
	at      source.Span
}

func (d *Draft) identity() identity {
	return identity{d.rule, d.variant, d.entry, d.field, d.pointer, d.at}
}

func (d *Draft) join(o *Draft) {
	d.targets |= o.targets
	d.readings = append(d.readings, o.readings...)
	if d.only == nil || o.only == nil {
		d.only = nil
	} else {
		d.only = slices.Concat(d.only, o.only)
	}
}

// owns reports whether d says what o would say again.
func (d *Draft) owns(o *Draft) bool {
	if d.rule == o.rule {
		return false
	}
	if o.cause == Refusal {
		return d.explains(o.at, o.entry)
	}
	return d.cause != Own && d.cause == o.cause && d.at.Overlaps(o.at)
}

// explains reports whether d says why a consumer gives up at a place in an entry: it
// speaks of those bytes, or of what made the entry's URI fall apart before them.
// A note explains no refusal.
func (d *Draft) explains(at source.Span, entry int) bool {
	return d.rule.level(d.variant) >= Warning && (d.at.Overlaps(at) || d.cause == URIForm && d.entry == entry)
}

// finish turns the drafts into findings: the consequence for the document goes
// into the message of its cause, levels follow from the targets affected.
func (r *run) finish() []Finding {
	r.consequences()
	findings := make([]Finding, 0, len(r.drafts))
	for _, d := range r.drafts {
		findings = append(findings, r.finding(d))
	}
	slices.SortStableFunc(findings, inOrder)
	fingerprints(findings, r.doc.Format)
	return findings
}

// inOrder is the order of the findings in one file.
func inOrder(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End), strings.Compare(a.Rule.ID, b.Rule.ID),
		strings.Compare(a.ConnID, b.ConnID), strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Message, b.Message))
}

// consequences adds to the finding of a cause what the document loses by it.
func (r *run) consequences() {
	for k := range r.readings {
		rd := &r.readings[k]
		n := len(rd.Outcomes)
		switch {
		case rd.Refusal != nil:
			d := r.causing(k, rd.Refusal, rd.RefusedBy)
			if d == nil || d.refuses {
				continue
			}
			d.refuses = true
			switch others := n - 1; {
			case rd.RefusedBy < 0 && n == 1:
				d.message += "; its connection is not loaded"
			case rd.RefusedBy < 0 && n > 1:
				d.message += fmt.Sprintf("; none of the %s is loaded", connections(n))
			case others == 1:
				d.message += "; the other connection is not loaded, either"
			case others > 1:
				d.message += fmt.Sprintf("; none of the other %s is loaded", connections(others))
			}
		default:
			lost, by := map[*connection.Failure]int{}, map[*connection.Failure]int{}
			for i, o := range rd.Outcomes {
				switch {
				case o.Status == connection.Unreached:
					lost[o.Failure]++
				case o.Failure != nil:
					by[o.Failure] = i
				}
			}
			for f, n := range lost {
				if d := r.causing(k, f, by[f]); d != nil && !d.refuses {
					d.refuses = true
					d.message += fmt.Sprintf("; %s after it %s lost", connections(n), are(n))
				}
			}
		}
	}
	for k := range r.readings {
		for _, f := range r.readings[k].Further {
			if d := r.causing(k, f.Failure, f.By); d != nil {
				d.refuses = true
			}
		}
	}
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// causing is the draft that speaks of a failure in a reading, which an entry causes.
func (r *run) causing(reading int, f *connection.Failure, entry int) *Draft {
	for _, d := range r.drafts {
		if slices.Contains(d.readings, reading) && d.explains(f.Place, entry) {
			return d
		}
	}
	return nil
}

func (r *run) finding(d *Draft) Finding {
	f := Finding{
		Rule: d.rule, Variant: d.variant, Level: d.rule.level(d.variant), Message: d.message, Hint: d.hint,
		Field: d.field, Fields: d.fields, Pointer: secret.Redact(d.pointer), Span: d.at, Related: d.related, RefusesDocument: d.refuses,
		entry: d.entry,
	}
	if len(d.leftovers) > 0 {
		f.Message, f.Hint, f.Pointer = withoutLeftovers(f.Message, d.leftovers), withoutLeftovers(f.Hint, d.leftovers), secret.Without(f.Pointer, d.leftovers)
		for i := range f.Related {
			f.Related[i].Message = withoutLeftovers(f.Related[i].Message, d.leftovers)
		}
	}
	if d.entry >= 0 {
		f.ConnID = secret.Redact(r.doc.IDText(d.entry).String())
	}
	if r.doc.Format.IsRecord() {
		return f
	}
	hit := map[string]bool{}
	for k := range r.readings {
		if !r.readings[k].Relays && !slices.Contains(d.readings, k) {
			continue
		}
		for _, c := range r.readings[k].Consumers {
			if c.Targets&d.targets != 0 && (d.only == nil || slices.Contains(d.only, c.String())) {
				hit[c.String()] = true
			}
		}
	}
	for _, name := range r.names {
		if hit[name] {
			f.Consumers = append(f.Consumers, name)
		}
	}
	if len(r.readings) > 0 && !r.Targets.Complete(d.targets) {
		// Not everybody is hit. Where the versions are only assumed, that is no
		// reason to fail a build at the full level.
		if !r.Targets.Known && f.Level > Note {
			f.Level--
			f.lowered = true
		}
		f.Message += " (" + r.Targets.Only(d.targets) + " only)"
	}
	return f
}

// ownWords are words that messages and hints say of themselves, and that people
// also have in passwords.
var ownWords = [...]string{"airflow", "astro", "compose", "password", "login", "host", "port", "schema", "extra", "type", "text", "token", "placeholder", "your"}

// withoutLeftovers is a message in which the pieces of secrets are masked. A value
// stands in quotes; an own word outside of them, or a part of one, is ours and tells
// nobody anything.
func withoutLeftovers(s string, pieces []string) string {
	others := slices.DeleteFunc(slices.Clone(pieces), func(piece string) bool {
		piece = strings.ToLower(piece)
		return slices.ContainsFunc(ownWords[:], func(word string) bool { return strings.Contains(word, piece) })
	})
	if len(others) == len(pieces) || strings.HasPrefix(s, writeHint) {
		return secret.Without(s, pieces)
	}
	parts := strings.Split(s, `"`)
	for i, part := range parts {
		if i%2 == 0 {
			parts[i] = secret.Without(part, others)
		} else {
			parts[i] = secret.Without(part, pieces)
		}
	}
	return strings.Join(parts, `"`)
}

// fingerprints tell findings apart in a baseline. No value goes into them.
func fingerprints(findings []Finding, format export.Format) {
	seen := map[string]int{}
	for i := range findings {
		f := &findings[i]
		key := strings.Join([]string{f.Rule.ID, f.Variant, format.String(), f.ConnID, f.Field.String(), fmt.Sprint(f.Fields), f.Pointer}, "\x00")
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, seen[key]))
		seen[key]++
		f.Fingerprint = hex.EncodeToString(sum[:8])
	}
}
