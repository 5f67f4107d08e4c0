package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
)

var prj = []*lint.Rule{&providerMissing, &providerNameWrong, &definedTwice, &noConnectionNeeded, &providerTooOld}

// The examples of this family are small projects.
const runtimeExample = "-- Dockerfile --\nFROM astrocrpublic.azurecr.io/runtime:3.1-12\n"

func requirementsExample(lines ...string) string {
	return "-- requirements.txt --\n" + strings.Join(lines, "\n") + "\n"
}

var providerMissing = lint.Rule{
	ID: "PRJ001", Name: "provider-missing", Level: lint.Warning, Since: since, Scope: lint.Project,
	Variants: []lint.Variant{{Name: "unsure", Level: lint.Note, When: "the image or the package index is not a public one: what they carry is not known here"}},
	Summary:  "A dbt Cloud connection, and nothing that installs the dbt Cloud provider",
	Why: "Without apache-airflow-providers-dbt-cloud its operators cannot be imported, and the connection form and the Test button do not know the type dbt_cloud. " +
		"It is in no official image of Airflow, and in those of Astro Runtime only from 5.0.10 to 7.6.0.",
	Remedy: "Add apache-airflow-providers-dbt-cloud to the requirements.",
	Source: "Dockerfile of Airflow 2.3 to 3.2 (AIRFLOW_EXTRAS); provider reference of Astro Runtime.",
	Before: runtimeExample + requirementsExample("pandas") + goodExample,
	After:  runtimeExample + requirementsExample("apache-airflow-providers-dbt-cloud") + goodExample,
	Check: func(p *lint.Pass) {
		i := slices.IndexFunc(p.Seen, func(s lint.Seen) bool { return s.Dbt })
		at, ok := p.Project.Manifest()
		if i < 0 || !ok || p.Project.Brings() || len(wrongNames(p.Project)) > 0 {
			return // PRJ002
		}
		variant, what := "", ": its operators cannot be imported"
		if !p.Project.IsSure() {
			variant, what = "unsure", ", unless the image or a package of your own does"
		}
		p.ReportAt(at, "nothing here installs the dbt Cloud provider, which %s needs%s", lint.Show(p.Seen[i].ID), what).Variant(variant).
			Hint("add: "+project.Provider).Beside(p.Seen[i].At(), "the connection")
	},
}

var providerNameWrong = lint.Rule{
	ID: "PRJ002", Name: "provider-name-wrong", Level: lint.Error, Since: since, Scope: lint.Project,
	Summary: "The dbt Cloud provider is required by a name that it does not have",
	Why:     "There is no package of this name, so the installation fails; of an extra that Airflow does not have pip only warns, and installs nothing for it.",
	Remedy:  "Write apache-airflow-providers-dbt-cloud.",
	Source:  "The package index, 2026-11; Airflow's extras, 2.3 to 3.3.",
	Before:  runtimeExample + requirementsExample("apache-airflow-providers-dbt==1.0.0") + goodExample,
	After:   runtimeExample + requirementsExample("apache-airflow-providers-dbt-cloud") + goodExample,
	Check: func(p *lint.Pass) {
		for _, w := range wrongNames(p.Project) {
			if w.extra {
				p.ReportAt(w.at, "Airflow has no extra %s: nothing is installed for it", lint.Show(w.name)).Write("dbt-cloud")
			} else {
				p.ReportAt(w.at, "there is no package %s: the installation fails", lint.Show(w.name)).Write(project.Provider)
			}
		}
	},
}

// wrongName is what stands where the provider was meant.
type wrongName struct {
	name  string
	extra bool // of Airflow, and no package
	at    project.Place
}

// wrongNames are those in the project's own requirements. There is a package of
// dbt Core's in the making, apache-airflow-providers-dbt-core: another thing.
func wrongNames(p *project.Project) []wrongName {
	var list []wrongName
	own := p.Own()
	for i := range own {
		r := &own[i]
		switch r.Name {
		case "apache-airflow-providers-dbt", "apache-airflow-providers-microsoft-dbt-cloud", "airflow-provider-dbt-cloud":
			list = append(list, wrongName{name: r.Name, at: project.Place{File: r.File, Span: r.NameSpan}})
		case "apache-airflow":
			for _, e := range r.Extras {
				if e.Name == "dbt" {
					list = append(list, wrongName{e.Name, true, project.Place{File: r.File, Span: e.Span}})
				}
			}
		}
	}
	return list
}

var definedTwice = lint.Rule{
	ID: "PRJ003", Name: "defined-twice", Level: lint.Note, Since: since, Scope: lint.Project,
	Summary: "A connection is defined in two places that the same Airflow reads",
	Why: "Airflow asks a secrets backend first, then the environment, then the database. What stands in airflow_settings.yaml goes into the database, " +
		"so an AIRFLOW_CONN_ line of .env hides it, and of a change there nothing is seen.",
	Remedy: "Keep one of them.",
	Source: "airflow.models.connection.Connection.get_connection_from_secrets; airflow.secrets.DEFAULT_SECRETS_SEARCH_PATH; the Astro CLI starts its containers with .env.",
	Before: runtimeExample + requirementsExample(project.Provider) + goodExample + "-- .env --\nAIRFLOW_CONN_DBT_CLOUD_DEFAULT=dbt-cloud://12345:" + exampleToken + "@ab123.us1.dbt.com\n",
	After:  runtimeExample + requirementsExample(project.Provider) + goodExample,
	Check: func(p *lint.Pass) {
		var all []definition
		for i := range p.Seen {
			if s := &p.Seen[i]; s.Role != project.NoRole {
				all = append(all, definition{s.ID, s.Role, s.At(), s})
			}
		}
		for _, v := range p.Project.Variables {
			all = append(all, definition{v.ID, project.ImageENV, v.At, nil})
		}
		first := map[string]definition{}
		for _, d := range all {
			key := strings.ToLower(d.id)
			if f, ok := first[key]; !ok || d.role < f.role {
				first[key] = d
			}
		}
		for _, d := range all {
			winner := first[strings.ToLower(d.id)]
			if winner.role == d.role || winner.id != d.id && !winner.isVariable() && !d.isVariable() {
				continue
			}
			d.report(p, winner)
		}
	},
}

// definition is one of the places where a connection is defined.
type definition struct {
	id   string
	role project.Role
	at   project.Place
	seen *lint.Seen // nil for a line of the Dockerfile
}

// isVariable reports whether the id is the name of a variable, which is asked for
// in upper case.
func (d definition) isVariable() bool {
	return d.role == project.Environment || d.role == project.ImageENV
}

// report says of a definition which other one wins.
func (d definition) report(p *lint.Pass, winner definition) {
	why := fmt.Sprintf("%s has %s, too, and wins", winner.at.File.Path, lint.Show(d.id))
	switch {
	case winner.role == project.Backend:
		why += ": a secrets backend is asked first"
	case winner.role == project.File:
		why = fmt.Sprintf("%s has %s, too, and wins where a secrets backend reads it; imported, the later one stays", winner.at.File.Path, lint.Show(d.id))
	case d.role == project.File:
		why += ", unless a secrets backend reads this file"
	case d.role == project.ImageENV:
		why += " over the image's own environment"
	default:
		why += ": the environment is asked before the database"
	}
	if d.seen == nil {
		p.ReportAt(d.at, "%s", why).Beside(winner.at, "the one that wins").Hint("keep one of them")
		return
	}
	p.ReportSeen(d.seen, "%s", why).Beside(winner.at, "the one that wins").Hint("keep one of them")
}

var noConnectionNeeded = lint.Rule{
	ID: "PRJ004", Name: "no-connection-needed", Level: lint.Note, Since: since, Scope: lint.Project,
	Summary: "A dbt connection in a project that runs dbt Core",
	Why:     "dbt Core and Cosmos read profiles.yml, or the connection of the warehouse. No connection of a type dbt is asked for.",
	Remedy:  "Remove the connection, unless a hook of your own reads it.",
	Source:  "astronomer-cosmos 1.x profile mappings; dbt Core's profiles; no official provider has a type dbt.",
	Before:  runtimeExample + requirementsExample("astronomer-cosmos", "dbt-snowflake") + settings("conn_type: dbt", "conn_extra:", "  project_dir: /usr/local/airflow/dags/dbt"),
	After:   runtimeExample + requirementsExample("astronomer-cosmos", "dbt-snowflake") + settings("conn_type: snowflake", "conn_login: loader", "conn_host: x1.example"),
	Check: func(p *lint.Pass) {
		core := -1
		for i := range p.Project.Requirements {
			switch r := &p.Project.Requirements[i]; {
			case r.Name == "airflow-dbt-python": // its hooks do read connections
				return
			case core < 0 && isDbtCore(r.Name):
				core = i
			}
		}
		if core < 0 || p.Project.Brings() {
			return
		}
		r := &p.Project.Requirements[core]
		for i := range p.Seen {
			if s := &p.Seen[i]; s.Dbt && s.Bare && strings.EqualFold(strings.TrimSpace(s.Type), "dbt") {
				p.ReportSeen(s, "a connection of type %s without tenant and API token: %s needs none", lint.Show(s.Type), r.Name).
					Hint("remove, unless a hook of your own reads it").
					Beside(r.At(), "what runs dbt here")
			}
		}
	},
}

// isDbtCore reports a package that runs dbt Core.
func isDbtCore(name string) bool {
	switch name {
	case "dbt-core", "astronomer-cosmos", "airflow-dbt",
		"dbt-athena", "dbt-athena-community", "dbt-bigquery", "dbt-clickhouse", "dbt-databricks", "dbt-duckdb", "dbt-fabric", "dbt-postgres", "dbt-redshift", "dbt-snowflake",
		"dbt-spark", "dbt-sqlserver", "dbt-trino":
		return true
	}
	return false
}

var providerTooOld = lint.Rule{
	ID: "PRJ005", Name: "provider-too-old", Level: lint.Warning, Since: since, Scope: lint.Project,
	Summary: "The pinned dbt Cloud provider does not read a field that a connection has",
	Why: "Provider 2.x takes the tenant from schema, and from host only where schema is empty, from 2.3.1 on; 3.0 and later read host. " +
		"proxies in extra is read from 3.11 on.",
	Remedy: "Use a later provider, or write the connection as the pinned one reads it.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt of 2.0.1 to 4.11.1; observed.",
	Before: "-- Dockerfile --\nFROM quay.io/astronomer/astro-runtime:5.0.9\n" + requirementsExample("apache-airflow-providers-dbt-cloud==2.1.0") + goodExample,
	After:  "-- Dockerfile --\nFROM quay.io/astronomer/astro-runtime:5.0.9\n" + requirementsExample("apache-airflow-providers-dbt-cloud==3.1.0") + goodExample,
	Check: func(p *lint.Pass) {
		pin, ok := p.ProviderPin()
		if !ok || pin.At.File.Data == "" {
			return // a version that an installed environment has is nobody's decision
		}
		overlooked(p, pin, func(s *lint.Seen) bool { return s.Tenant }, "takes the tenant from schema, and not from the host of %s", "use 3.0 or later, or write the tenant's name into schema")
		overlooked(p, pin, func(s *lint.Seen) bool { return s.Proxies }, "does not read the proxies of %s", "use 3.11 or later, or set HTTPS_PROXY")
	},
}

// overlooked reports, at the pin, what the provider does not read of some
// connections.
func overlooked(p *lint.Pass, pin project.Pin, is func(*lint.Seen) bool, what, hint string) {
	const most = 3 // places are enough
	var which []*lint.Seen
	for i := range p.Seen {
		if s := &p.Seen[i]; s.Dbt && is(s) {
			which = append(which, s)
		}
	}
	if len(which) == 0 {
		return
	}
	names := lint.Show(which[0].ID)
	if n := len(which) - 1; n > 0 {
		names += fmt.Sprintf(" and %d more", n)
	}
	d := p.ReportAt(pin.At, "the dbt Cloud provider %s "+what, pin.Name, names).Hint(hint)
	for _, s := range which[:min(most, len(which))] {
		d.Beside(s.At(), "the connection")
	}
}
