// Package consumer is the table of the programs that load exports: for a format
// and a set of targets, which consumers read it, in which order, and by which
// profile. It is used by whatever needs readings: lint, inspect, the live test.
package consumer

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/astro"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
)

// The names of consumers, as users write them before the @.
const (
	Airflow = "airflow"        // server or CLI: file reader, environment
	Import  = "airflow-import" // `airflow connections import`
	SDK     = "airflow-sdk"    // a 3.x worker
	REST    = "airflow-rest"   // what the REST API stores
	Astro   = "astro"          // the Astro CLI
	Record  = "record"         // nobody: the export shows what Airflow holds
)

// Consumer is a program in a version.
type Consumer struct {
	Name    string
	Version string // as it was asked for; empty for a record
	// Targets that the consumer belongs to: a bit for each index of Targets.List.
	Targets Set
}

// String is how the consumer is written: airflow@2.11.
func (c Consumer) String() string {
	if c.Version == "" {
		return c.Name
	}
	return c.Name + "@" + c.Version
}

// Title is how people call the consumer: Astro CLI 1.45.
func (c Consumer) Title() string {
	switch c.Name {
	case Astro:
		return "Astro CLI " + c.Version
	case Import:
		return "connections import of Airflow " + c.Version
	case SDK:
		return "a worker of Airflow " + c.Version
	case REST:
		return "the REST API of Airflow " + c.Version
	case Record:
		return "the record"
	}
	return "Airflow " + c.Version
}

// Set is a set of targets.
type Set uint64

// Reading is what a profile makes of a document, with all consumers that share
// the profile.
type Reading struct {
	*connection.Reading
	Consumers []Consumer
	// Targets of all of them.
	Targets Set
	// Relays is set of a reading that only shows what is handed on to the next
	// consumer: what becomes of it is for that one to say.
	Relays bool
}

// reader is one row of the table before it is run: equal keys are read once.
type reader struct {
	consumer Consumer
	key      key
	target   int
	read     func(*session, *Target) *connection.Reading
}

// key is what decides the result of a reader.
type key struct {
	name    string
	airflow airflow.Profile
	astro   astro.Profile
	rest    airflow.RESTProfile
}

// session is a document while it is read, with what its readers share.
type session struct {
	doc    *export.Document
	survey *airflow.Survey // of formats that Airflow reads itself
	sent   map[astro.Profile]*connection.Reading
	stored map[key]*connection.Reading
}

// Read reads the document as every consumer of its format in the targets does.
func (t Targets) Read(doc *export.Document) []Reading {
	s := &session{doc: doc, survey: t.examine(doc)}
	all := t.readers(doc, s.survey)
	var distinct []*reader
	var readings []Reading
	for n := range all {
		r := &all[n]
		i := slices.IndexFunc(distinct, func(d *reader) bool { return d.key == r.key })
		if i < 0 {
			i = len(distinct)
			distinct = append(distinct, r)
			readings = append(readings, Reading{Consumers: make([]Consumer, 0, len(t.List))})
		}
		readings[i].add(r.consumer)
	}
	if doc.Format == export.AstroSettings {
		s.settings(distinct)
	}
	// The REST API reads what the Astro CLI sends, so their order counts; the
	// consumers of other formats do not know of each other.
	if doc.Format == export.AstroSettings || len(doc.Entries) < manyEntries {
		for i, r := range distinct {
			readings[i].Reading = r.read(s, t.target(r))
			readings[i].Relays = r.key.name == Astro && r.key.astro.Shell && readings[i].Refusal == nil
		}
		return readings
	}
	var wg sync.WaitGroup
	for i, r := range distinct {
		wg.Go(func() { readings[i].Reading = r.read(s, t.target(r)) })
	}
	wg.Wait()
	return readings
}

func (t Targets) target(r *reader) *Target { return &t.List[r.target] }

// settings has the Astro CLI read its settings, and the REST APIs take all that
// one version of it sends at once.
func (s *session) settings(readers []*reader) {
	s.sent, s.stored = map[astro.Profile]*connection.Reading{}, map[key]*connection.Reading{}
	rests := map[astro.Profile][]key{}
	for _, r := range readers {
		p := r.key.astro
		if s.sent[p] == nil {
			s.sent[p] = p.Read(s.doc)
		}
		if r.key.name == REST {
			rests[p] = append(rests[p], r.key)
		}
	}
	for p, keys := range rests {
		profiles := make([]airflow.RESTProfile, len(keys))
		for i, k := range keys {
			profiles[i] = k.rest
		}
		for i, reading := range airflow.Store(s.sent[p], profiles...) {
			s.stored[keys[i]] = reading
		}
	}
}

// manyEntries is from where on it pays to read a document by several goroutines.
const manyEntries = 2000

// add takes a consumer in; one that several targets share is listed once.
func (r *Reading) add(c Consumer) {
	r.Targets |= c.Targets
	for i := range r.Consumers {
		if r.Consumers[i].Name == c.Name && r.Consumers[i].Version == c.Version {
			r.Consumers[i].Targets |= c.Targets
			return
		}
	}
	r.Consumers = append(r.Consumers, c)
}

// Names are the consumers of the document's format, in the order in which they
// read: astro before airflow-rest.
func (t Targets) Names(doc *export.Document) []string {
	var names []string
	seen := ""
	for _, r := range t.readers(doc, nil) {
		if n := r.consumer.String(); !strings.Contains(seen, n+"\n") {
			seen += n + "\n"
			names = append(names, n)
		}
	}
	return names
}

// examine has the profiles of Airflow look at a document that they read themselves.
func (t Targets) examine(doc *export.Document) *airflow.Survey {
	if doc.Format.IsRecord() || doc.Format == export.AstroSettings || doc.Format == export.Unknown {
		return nil
	}
	profiles := make([]airflow.Profile, 0, 2*len(t.List))
	for i := range t.List {
		profiles = append(profiles, t.List[i].Airflow.Server)
	}
	if doc.Format == export.AirflowValue || doc.Format == export.Dotenv {
		for i := range t.List {
			if g := &t.List[i].Airflow; g.HasWorker {
				profiles = append(profiles, g.Worker)
			}
		}
	}
	return airflow.Examine(doc, profiles...)
}

// readers is the table: which consumers a format has. Of the survey, which the
// readers of Airflow need, depends which of them are equal.
func (t Targets) readers(doc *export.Document, s *airflow.Survey) []reader {
	if doc.Format.IsRecord() {
		return []reader{{Consumer{Name: Record, Targets: t.All()}, key{name: Record}, 0, readRecord}}
	}
	rs := make([]reader, 0, 2*len(t.List))
	row := func(i int, version string, k key, read func(*session, *Target) *connection.Reading) {
		rs = append(rs, reader{Consumer{k.name, version, 1 << i}, k, i, read})
	}
	switch doc.Format {
	case export.AirflowJSON, export.AirflowYAML, export.AirflowEnv:
		for i := range t.List {
			if g := &t.List[i].Airflow; t.Loader != Import {
				row(i, g.Name, key{name: Airflow, airflow: s.Key(g.Server)}, readServer)
			}
		}
		for i := range t.List {
			g := &t.List[i].Airflow
			if t.Loader == Airflow {
				break
			}
			row(i, g.Name, key{name: Import, airflow: s.Key(g.Server)}, readImport)
		}
	case export.AirflowValue, export.Dotenv, export.AirflowURI:
		for i := range t.List {
			g := &t.List[i].Airflow
			row(i, g.Name, key{name: Airflow, airflow: s.Key(g.Server)}, readServer)
		}
		if doc.Format == export.AirflowURI {
			break
		}
		for i := range t.List {
			if g := &t.List[i].Airflow; g.HasWorker {
				row(i, g.Name, key{name: SDK, airflow: s.Key(g.Worker)}, readWorker)
			}
		}
	case export.AstroSettings:
		for i, g := range t.List {
			row(i, g.Astro.Name, key{name: Astro, astro: g.Astro.Profile}, readAstro)
		}
		for i := range t.List {
			g := &t.List[i]
			if g.Astro.Profile.Shell {
				row(i, g.Airflow.Name, key{name: Airflow, astro: g.Astro.Profile, airflow: g.Airflow.Server}, readAdded)
				continue
			}
			row(i, g.Airflow.Name, key{name: REST, astro: g.Astro.Profile, rest: airflow.RESTFor(g.Airflow.Line)}, readREST)
		}
	}
	return rs
}

func readRecord(s *session, _ *Target) *connection.Reading { return airflow.ReadRecord(s.doc) }
func readServer(s *session, g *Target) *connection.Reading {
	return g.Airflow.Server.ReadExamined(s.survey)
}
func readImport(s *session, g *Target) *connection.Reading {
	return g.Airflow.Server.ImportExamined(s.survey)
}
func readWorker(s *session, g *Target) *connection.Reading {
	return g.Airflow.Worker.ReadExamined(s.survey)
}
func readAstro(s *session, g *Target) *connection.Reading { return s.sent[g.Astro.Profile] }
func readAdded(s *session, g *Target) *connection.Reading {
	return g.Airflow.Server.Add(s.sent[g.Astro.Profile], g.Astro.Profile.Stops)
}
func readREST(s *session, g *Target) *connection.Reading {
	return s.stored[key{name: REST, astro: g.Astro.Profile, rest: airflow.RESTFor(g.Airflow.Line)}]
}

// Parse reads NAME@VERSION, as --consumer takes it: the target that the consumer
// is part of, all else in it the newest.
func Parse(s string) (Target, error) {
	name, version, ok := strings.Cut(s, "@")
	if !ok || version == "" {
		return Target{}, fmt.Errorf("a consumer is written NAME@VERSION, such as airflow@2.11; got %q", s)
	}
	g := newest()
	var err error
	switch name {
	case Astro:
		g.Astro, _, err = astro.VersionFor(version)
	case Airflow, Import, REST, SDK:
		g.Airflow, _, err = airflow.VersionFor(version)
		if err == nil && name == SDK && !g.Airflow.HasWorker {
			err = fmt.Errorf("%s does not exist: workers read connections themselves from Airflow 3.0 on", s)
		}
	default:
		err = fmt.Errorf("no consumer is called %q; there are %s", name, strings.Join([]string{Airflow, Import, SDK, REST, Astro}, ", "))
	}
	return g, err
}
