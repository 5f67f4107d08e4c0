package consumer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/astro"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
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
	// Asked tells which of the versions were named by a flag.
	Asked Asked
}

// Asked are the versions that a user named, as text; empty means none.
type Asked struct {
	Airflow, Provider, HTTPProvider, Astro []string
}

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

// Resolve makes the targets out of what was asked for. What was not is assumed:
// for each Airflow the newest provider that goes with it. The notices name
// versions that are newer than our tables; the error, one that does not exist.
func Resolve(a Asked) (Targets, []string, error) {
	t := Targets{Asked: a, Known: len(a.Airflow) > 0}
	lines := a.Airflow
	switch {
	case len(lines) == 0:
		lines = assumed()
	case len(lines) == 1 && lines[0] == "all":
		lines = all()
	}
	var notices []string
	notice := func(what, version, used string) {
		notices = append(notices, fmt.Sprintf("%s %s is newer than what this version knows; it is read as %s", what, version, used))
	}
	cli, newer, err := astro.VersionFor(first(a.Astro, ""))
	if err != nil {
		return Targets{}, nil, err
	}
	if newer {
		notice("Astro CLI", a.Astro[0], cli.Line)
	}
	for _, name := range lines {
		v, newer, err := airflow.VersionFor(name)
		if err != nil {
			return Targets{}, nil, err
		}
		if newer {
			notice("Airflow", name, v.Line)
		}
		provider, http := dbtcloud.NewestFor(v.Line)
		providers, https := a.Provider, a.HTTPProvider
		switch {
		case len(providers) == 0:
			providers = []string{provider}
		case len(providers) == 1 && providers[0] == "all":
			providers = dbtcloud.Lines()
		}
		if len(https) == 0 {
			https = []string{http}
		}
		for _, p := range providers {
			pv, newer, err := dbtcloud.VersionFor(p)
			if err != nil {
				return Targets{}, nil, err
			}
			if newer {
				notice("dbt Cloud provider", p, pv.Line)
			}
			for _, h := range https {
				hv, _, err := dbtcloud.HTTPVersionFor(h)
				if err != nil {
					return Targets{}, nil, err
				}
				t.List = append(t.List, Target{Airflow: v, Provider: pv, HTTP: hv, Astro: cli})
			}
		}
	}
	if len(t.List) > 64 {
		return Targets{}, nil, fmt.Errorf("%d combinations of versions; at most 64 in one run", len(t.List))
	}
	return t, unique(notices), nil
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

// all is the set of all targets.
func (t Targets) all() Set { return Set(1)<<len(t.List) - 1 }

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
		if some, all := t.names(s, part.name), t.names(t.all(), part.name); len(some) < len(all) {
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

// Complete reports whether the set has all targets.
func (t Targets) Complete(s Set) bool { return s&t.all() == t.all() }

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
