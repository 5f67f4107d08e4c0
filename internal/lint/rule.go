// Package lint runs rules over documents: it reads a document as every targeted
// consumer does, lets each rule look at each distinct effective connection, and
// settles which of several findings with one cause is reported, at what level,
// and in what order. It knows no single rule.
package lint

import (
	"fmt"
	"strings"
)

// Level says how bad a finding is.
type Level uint8

// The levels. A note does not fail a run.
const (
	Off Level = iota
	Note
	Warning
	Error
)

func (l Level) String() string { return [...]string{"off", "note", "warning", "error"}[l] }

// Scope is what one call of a rule's Check looks at.
type Scope uint8

// The scopes.
const (
	Entry    Scope = iota // one connection as it is written
	Document              // the document as a whole
	Project               // what a run has read of one project, with the files beside it
	AllFiles              // one connection; what is kept of it is compared with that of all others of the run
	Live                  // a dbt Cloud connection that was tried; what is found comes from without, by [Result.Told]
	Ignores               // what users keep out of the reports of a run
)

// Applies says which entries the engine shows to a rule.
type Applies uint8

// What a rule applies to.
const (
	AnyConnection Applies = iota
	DbtConnection         // entries that are dbt Cloud connections
	DbtRelated            // those, and entries of another known type with a dbt Cloud tenant or token
)

// Variant is a named case of a rule that has a level of its own: DBT008/jwt.
type Variant struct {
	Name  string
	Level Level
	// When says in which case.
	When string
}

// Rule is a check together with all that is said about it: `explain`, the rule
// pages and the reports are made of these fields.
type Rule struct {
	// ID (DBT011) and Name (tenant-has-scheme) are fixed: configurations and
	// baselines depend on them.
	ID, Name string
	// Level of findings that name no variant.
	Level    Level
	Variants []Variant
	Scope    Scope
	Applies  Applies
	// Needs are the signs of which an entry has to have one to be shown to the rule,
	// which has nothing to say of others; all entries are shown where it is none.
	Needs Signs
	// Since is the version of dbtconn-lint that has it first.
	Since string
	// Summary is a line without full stop; Why tells what a consumer does with
	// the value, and which; Remedy tells what to write instead.
	Summary, Why, Remedy string
	// Source of the facts: Airflow module, provider version, observation.
	Source string
	// Before and After are txtar texts: exports with and without the finding.
	// They are run as tests.
	Before, After string
	// Check looks and reports. That of a rule of the scope AllFiles keeps, with
	// [View.Keep], instead; one of the scope Live has none.
	Check func(*Pass)
	// Document is for rules of the scope Entry that have something to say of the
	// document, too. It is called once, after all entries, as for the scope Document.
	Document func(*Pass)
	// Across is for rules of the scope AllFiles: it gets what was kept under one
	// key in all of the run, where that is more than one thing, and reports.
	Across func(*Group)
}

// Family is the letters of the id: DBT.
func (r *Rule) Family() string { return strings.TrimRight(r.ID, "0123456789") }

// URL of the page that explains the rule. It stays as it is, since ids do.
func (r *Rule) URL() string {
	return "https://github.com/dbtconn-lint/dbtconn-lint/blob/main/docs/rules/" + r.ID + ".md"
}

// level of a variant; the rule's own for "".
func (r *Rule) level(variant string) Level {
	if variant == "" {
		return r.Level
	}
	for _, v := range r.Variants {
		if v.Name == variant {
			return v.Level
		}
	}
	panic(fmt.Sprintf("lint: rule %s has no variant %q", r.ID, variant))
}

// rank orders the families for ownership: where several rules speak of the same
// bytes for the same reason, the first of DBT, URI, VAL, CON, DOC does.
func (r *Rule) rank() int {
	switch r.Family() {
	case "DBT":
		return 0
	case "URI":
		return 1
	case "VAL":
		return 2
	case "CON":
		return 3
	case "DOC":
		return 4
	}
	return 5
}
