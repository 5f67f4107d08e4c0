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
}

// reader is one row of the table before it is run: equal keys are read once.
type reader struct {
	consumer Consumer
	key      any // comparable: what decides the result
	read     func(*export.Document) *connection.Reading
}

// Read reads the document as every consumer of its format in the targets does.
func (t Targets) Read(doc *export.Document) []Reading {
	var distinct []reader
	var readings []Reading
	for _, r := range t.readers(doc) {
		i := slices.IndexFunc(distinct, func(d reader) bool { return d.key == r.key })
		if i < 0 {
			i = len(distinct)
			distinct = append(distinct, r)
			readings = append(readings, Reading{})
		}
		readings[i].add(r.consumer)
	}
	// The REST API reads what the Astro CLI sends, so their order counts; the
	// consumers of other formats do not know of each other.
	if doc.Format == export.AstroSettings || len(doc.Entries) < manyEntries {
		for i, r := range distinct {
			readings[i].Reading = r.read(doc)
		}
		return readings
	}
	var wg sync.WaitGroup
	for i, r := range distinct {
		wg.Go(func() { readings[i].Reading = r.read(doc) })
	}
	wg.Wait()
	return readings
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
	for _, r := range t.readers(doc) {
		if n := r.consumer.String(); !strings.Contains(seen, n+"\n") {
			seen += n + "\n"
			names = append(names, n)
		}
	}
	return names
}

// readers is the table: which consumers a format has.
func (t Targets) readers(doc *export.Document) []reader {
	type key struct {
		name    string
		profile any
	}
	if doc.Format.IsRecord() {
		return []reader{{Consumer{Name: Record, Targets: t.All()}, Record, airflow.ReadRecord}}
	}
	var rs []reader
	row := func(name string, i int, version string, profile any, read func(*export.Document) *connection.Reading) {
		rs = append(rs, reader{Consumer{name, version, 1 << i}, key{name, profile}, read})
	}
	switch doc.Format {
	case export.AirflowJSON, export.AirflowYAML, export.AirflowEnv:
		survey := sync.OnceValue(func() *airflow.Survey { return airflow.Examine(doc) })
		for i, g := range t.List {
			row(Airflow, i, g.Airflow.Name, g.Airflow.Server, func(*export.Document) *connection.Reading {
				return g.Airflow.Server.ReadExamined(survey())
			})
		}
		for i, g := range t.List {
			row(Import, i, g.Airflow.Name, g.Airflow.Server, func(*export.Document) *connection.Reading {
				return g.Airflow.Server.ImportExamined(survey())
			})
		}
	case export.AirflowValue, export.Dotenv, export.AirflowURI:
		for i, g := range t.List {
			row(Airflow, i, g.Airflow.Name, g.Airflow.Server, g.Airflow.Server.Read)
		}
		if doc.Format == export.AirflowURI {
			break
		}
		for i, g := range t.List {
			if g.Airflow.HasWorker {
				row(SDK, i, g.Airflow.Name, g.Airflow.Worker, g.Airflow.Worker.ReadWorker)
			}
		}
	case export.AstroSettings:
		sent := map[astro.Profile]*connection.Reading{}
		send := func(doc *export.Document, p astro.Profile) *connection.Reading {
			if sent[p] == nil {
				sent[p] = p.Read(doc)
			}
			return sent[p]
		}
		for i, g := range t.List {
			row(Astro, i, g.Astro.Name, g.Astro.Profile, func(doc *export.Document) *connection.Reading {
				return send(doc, g.Astro.Profile)
			})
		}
		type stored struct {
			astro astro.Profile
			rest  airflow.RESTProfile
		}
		for i, g := range t.List {
			rest := airflow.RESTFor(g.Airflow.Line)
			row(REST, i, g.Airflow.Name, stored{g.Astro.Profile, rest}, func(doc *export.Document) *connection.Reading {
				return rest.Store(send(doc, g.Astro.Profile))
			})
		}
	}
	return rs
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
