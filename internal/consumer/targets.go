package consumer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/astro"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
)

// Target is a compatible set of versions that an export is judged for.
type Target struct {
	Airflow  airflow.Version
	Provider dbtcloud.Version
	HTTP     dbtcloud.HTTPVersion
	Astro    astro.Version
}

// Targets are the sets of versions that one run judges for.
type Targets struct {
	List []Target
	// Known is set where the user or the project said which versions; otherwise
	// they are assumed.
	Known bool
	// From says where the versions come from.
	From Origins
	// Loader is the consumer that Airflow's own files are for, [Airflow] or [Import];
	// empty: both may load them.
	Loader string
}

// Asked are the versions that a user named, as text; empty means none. What the
// user left open, the project around an export may say.
type Asked struct {
	Airflow, Provider, HTTPProvider, Astro []string
	// From says where they were named; a flag where it is empty.
	From Origins
	// Loader is as in [Targets].
	Loader  string
	Project *project.Project
}

// Origins say where versions come from, as a report tells it: a flag (--airflow),
// a place in a file (Dockerfile:1), Airflow's constraints, or [Assumed] with the
// reason, where there is one.
type Origins struct {
	Airflow, Provider, HTTPProvider, Astro string
}

// Assumed begins the origin of a version that nobody named.
const Assumed = "assumed"

const fromConstraints = "Airflow's constraints"

// assumed are the lines that we judge for when nobody says otherwise: the last
// Airflow 2 and the newest Airflow 3.
func assumed() []string {
	lines := airflow.Lines()
	return []string{"2.11", lines[len(lines)-1].Line}
}

// all lines, for --airflow all.
func all() []string {
	var names []string
	for _, v := range airflow.Lines() {
		names = append(names, v.Line)
	}
	return names
}

// newest is the newest of everything.
func newest() Target {
	lines := assumed()
	t, _, _ := Resolve(Asked{Airflow: lines[len(lines)-1:]})
	return t.List[0]
}

// Resolve makes the targets out of what was asked for, and of what the project
// says of the rest. A provider that neither names follows from the constraints of
// the Airflow that they name. What is left is assumed: for each Airflow the newest
// provider that goes with it. The notices name versions that are newer than our
// tables; the error, one that does not exist.
func Resolve(a Asked) (Targets, []string, error) {
	r := resolver{asked: a, pins: &project.Pins{}}
	if a.Project != nil {
		r.pins = &a.Project.Pins
	}
	err := r.resolve()
	return r.targets, unique(r.notices), err
}

type resolver struct {
	asked   Asked
	pins    *project.Pins
	targets Targets
	notices []string
}

func (r *resolver) notice(what, version, used string) {
	r.notices = append(r.notices, fmt.Sprintf("%s %s is newer than what this version knows; it is read as %s", what, version, used))
}

func (r *resolver) resolve() error {
	t := &r.targets
	t.Loader = r.asked.Loader
	cli, newer, err := astro.VersionFor(first(r.asked.Astro, ""))
	if err != nil {
		return err
	}
	t.From.Astro = Assumed
	if len(r.asked.Astro) > 0 {
		t.From.Astro = cmp.Or(r.asked.From.Astro, "--astro")
	}
	if newer {
		r.notice("Astro CLI", r.asked.Astro[0], cli.Line)
	}
	airflows, err := r.airflows(cli)
	if err != nil {
		return err
	}
	for _, v := range airflows {
		providers, err := r.providers(v)
		if err != nil {
			return err
		}
		https, err := r.https(v)
		if err != nil {
			return err
		}
		for _, p := range providers {
			for _, h := range https {
				t.List = append(t.List, Target{Airflow: v, Provider: p, HTTP: h, Astro: cli})
			}
		}
	}
	if len(t.List) > 64 {
		return fmt.Errorf("%d combinations of versions; at most 64 in one run", len(t.List))
	}
	return nil
}

// airflows are the targeted versions of Airflow, which the Astro CLI can start where
// they are assumed.
func (r *resolver) airflows(cli astro.Version) ([]airflow.Version, error) {
	t, pin := &r.targets, &r.pins.Airflow
	names := r.asked.Airflow
	t.From.Airflow = cmp.Or(r.asked.From.Airflow, "--airflow")
	switch {
	case len(names) == 1 && names[0] == "all":
		names = all()
	case len(names) == 0:
		vs, why := pinned(pin, func(name string) (airflow.Version, bool, error) { return airflow.VersionFor(name) },
			func(a, b airflow.Version) bool { return a.Server == b.Server && a.Worker == b.Worker })
		if len(vs) > 0 {
			t.From.Airflow, t.Known = pin.At.String(), len(vs) == 1
			if len(vs) == 1 {
				vs[0].Name = pin.Name
			} else {
				t.From.Airflow += " names no patch"
			}
			if v, newer, _ := airflow.VersionFor(pin.Versions[len(pin.Versions)-1]); newer {
				r.notice("Airflow", pin.Name, v.Line)
			}
			return vs, nil
		}
		names, t.From.Airflow = assumed(), Assumed
		if !cli.StartsAirflow3() {
			names = names[:1]
		}
		if why != "" {
			t.From.Airflow += "; " + why
		}
	}
	var vs []airflow.Version
	for _, name := range names {
		v, newer, err := airflow.VersionFor(name)
		if err != nil {
			return nil, err
		}
		if newer {
			r.notice("Airflow", name, v.Line)
		}
		vs = append(vs, v)
	}
	t.Known = len(r.asked.Airflow) > 0
	return vs, nil
}

// providers are the targeted versions of the dbt Cloud provider that go with an
// Airflow.
func (r *resolver) providers(v airflow.Version) ([]dbtcloud.Version, error) {
	newest, _ := dbtcloud.NewestFor(v.Line)
	constraint, _ := r.constraints(v)
	asked := r.asked.Provider
	if len(asked) == 1 && asked[0] == "all" {
		asked = dbtcloud.Lines()
	}
	return versionsOf(r, asked, cmp.Or(r.asked.From.Provider, "--provider"), &r.pins.Provider, constraint, newest, &r.targets.From.Provider,
		func(name string) (dbtcloud.Version, bool, error) {
			p, newer, err := dbtcloud.VersionFor(name)
			if newer {
				r.notice("dbt Cloud provider", name, p.Line)
			}
			return p, newer, err
		},
		func(p *dbtcloud.Version, name string) { p.Name = name },
		func(a, b dbtcloud.Version) bool { return a.Profile == b.Profile })
}

// https are the targeted versions of the HTTP provider that go with an Airflow.
func (r *resolver) https(v airflow.Version) ([]dbtcloud.HTTPVersion, error) {
	_, newest := dbtcloud.NewestFor(v.Line)
	_, constraint := r.constraints(v)
	return versionsOf(r, r.asked.HTTPProvider, cmp.Or(r.asked.From.HTTPProvider, "--http-provider"), &r.pins.HTTP, constraint, newest, &r.targets.From.HTTPProvider,
		func(name string) (dbtcloud.HTTPVersion, bool, error) { return dbtcloud.HTTPVersionFor(name) },
		func(p *dbtcloud.HTTPVersion, name string) { p.Name = name },
		func(a, b dbtcloud.HTTPVersion) bool { return a.DropsOptions == b.DropsOptions })
}

// constraints are the providers of an Airflow's constraints, where the Airflow is
// one that somebody named and we know.
func (r *resolver) constraints(v airflow.Version) (provider, http string) {
	if strings.HasPrefix(r.targets.From.Airflow, Assumed) {
		return "", ""
	}
	if _, newer, _ := airflow.VersionFor(v.Name); newer {
		return "", ""
	}
	return project.Constraints(v.Patch)
}

// versionsOf settles the versions of a package: those of a flag, of the project,
// of Airflow's constraints, or the newest.
func versionsOf[V any](r *resolver, asked []string, flag string, pin *project.Pin, constraint, newest string, from *string,
	find func(string) (V, bool, error), rename func(*V, string), same func(a, b V) bool) ([]V, error) {
	origin := func(s string) {
		// Each Airflow has its own.
		switch {
		case *from == "":
			*from = s
		case !slices.Contains(strings.Split(*from, " or "), s):
			*from += " or " + s
		}
	}
	var vs []V
	if len(asked) > 0 {
		*from = flag
		for _, name := range asked {
			v, _, err := find(name)
			if err != nil {
				return nil, err
			}
			vs = append(vs, v)
		}
		return vs, nil
	}
	vs, why := pinned(pin, find, same)
	if len(vs) > 0 {
		*from = pin.At.String()
		if len(vs) == 1 {
			rename(&vs[0], pin.Name)
		} else {
			r.targets.Known = false
		}
		return vs, nil
	}
	// A requirement that the constraints do not meet is installed without them.
	if why == "" && constraint != "" && pin.Allows(constraint) {
		if v, _, err := find(constraint); err == nil {
			origin(fromConstraints)
			return []V{v}, nil
		}
	}
	if why != "" {
		why = "; " + why
	}
	origin(Assumed + why)
	v, _, err := find(newest)
	return []V{v}, err
}

// pinned are the versions that a project names, each behaviour once; the reason
// where they cannot be used.
func pinned[V any](pin *project.Pin, find func(string) (V, bool, error), same func(a, b V) bool) (vs []V, why string) {
	if pin.Unclear != "" {
		return nil, pin.At.String() + " " + pin.Unclear
	}
	for _, name := range pin.Versions {
		v, _, err := find(name)
		if err != nil {
			return nil, pin.At.String() + ": " + err.Error()
		}
		if len(vs) == 0 || !same(vs[len(vs)-1], v) {
			vs = append(vs, v)
		} else {
			vs[len(vs)-1] = v
		}
	}
	return vs, ""
}

func first(list []string, otherwise string) string {
	if len(list) > 0 {
		return list[0]
	}
	return otherwise
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if len(out) == 0 || !strings.Contains(strings.Join(out, "\n"), s) {
			out = append(out, s)
		}
	}
	return out
}

// All is the set of all targets.
func (t Targets) All() Set { return Set(1)<<len(t.List) - 1 }

// Only says by which versions a set of targets differs from all of them: by those
// of Airflow, or, where it has every one, of a provider.
func (t Targets) Only(s Set) string {
	for _, part := range [...]struct {
		what string
		name func(*Target) string
	}{
		{"Airflow", func(g *Target) string { return g.Airflow.Name }},
		{"dbt-cloud provider", func(g *Target) string { return g.Provider.Name }},
		{"HTTP provider", func(g *Target) string { return g.HTTP.Name }},
	} {
		if some, all := t.names(s, part.name), t.names(t.All(), part.name); len(some) < len(all) {
			return part.what + " " + strings.Join(some, ", ")
		}
	}
	return "some of these versions together"
}

// names are what the targets of a set are called, each once.
func (t Targets) names(s Set, name func(*Target) string) []string {
	var names []string
	for i := range t.List {
		if n := name(&t.List[i]); s&(1<<i) != 0 && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// Airflows are the names of the targeted Airflow versions, each once.
func (t Targets) Airflows() []string {
	return t.names(t.All(), func(g *Target) string { return g.Airflow.Name })
}

// Providers are the names of the dbt Cloud providers, each once.
func (t Targets) Providers() []string {
	return t.names(t.All(), func(g *Target) string { return g.Provider.Name })
}

// HTTPProviders are the names of the HTTP providers, each once.
func (t Targets) HTTPProviders() []string {
	return t.names(t.All(), func(g *Target) string { return g.HTTP.Name })
}

// Complete reports whether the set has all targets.
func (t Targets) Complete(s Set) bool { return s&t.All() == t.All() }

// AirflowRanges writes versions of Airflow in the order of their release: three
// lines or more that follow each other are a range (2.3-2.11).
func AirflowRanges(versions []string) string { return ranges(versions, all()) }

// ProviderRanges is [AirflowRanges] of versions of the dbt Cloud provider.
func ProviderRanges(versions []string) string { return ranges(versions, dbtcloud.Lines()) }

// ranges joins what stands side by side in the lines that were released.
func ranges(versions, lines []string) string {
	var parts []string
	for i := 0; i < len(versions); {
		end := i + 1
		at := slices.Index(lines, versions[i])
		for at >= 0 && end < len(versions) && at+end-i < len(lines) && lines[at+end-i] == versions[end] {
			end++
		}
		const least = 3
		if end-i < least {
			end = i + 1
			parts = append(parts, versions[i])
		} else {
			parts = append(parts, versions[i]+"-"+versions[end-1])
		}
		i = end
	}
	return strings.Join(parts, ", ")
}
