package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/near"
)

// Selector names rules: all of them, a family, one, or a variant of one.
type Selector struct {
	family  string // ALL for all of them; empty where it is one rule
	rule    *Rule
	variant string
}

const allRules = "ALL"

// ParseSelector reads the id or the name of a rule, a family or ALL, in any case;
// behind a slash the name of a variant.
func ParseSelector(rules []*Rule, s string) (Selector, error) {
	name, variant, hasVariant := strings.Cut(s, "/")
	if family := strings.ToUpper(name); !hasVariant {
		if family == allRules || slices.ContainsFunc(rules, func(r *Rule) bool { return r.Family() == family }) {
			return Selector{family: family}, nil
		}
	}
	r, suggestion := FindRule(rules, name)
	switch {
	case r == nil && suggestion != "":
		return Selector{}, fmt.Errorf("no rule is called %s; did you mean %s?", Show(name), suggestion)
	case r == nil:
		return Selector{}, fmt.Errorf("no rule is called %s; dbtconn-lint rules lists them", Show(name))
	case hasVariant && !slices.ContainsFunc(r.Variants, func(v Variant) bool { return v.Name == variant }):
		return Selector{}, fmt.Errorf("%s has no case %s; dbtconn-lint explain %s lists them", r.ID, Show(variant), r.ID)
	}
	return Selector{rule: r, variant: variant}, nil
}

// FindRule finds a rule by its id or name in any case, or the one whose name is
// near.
func FindRule(rules []*Rule, name string) (r *Rule, suggestion string) {
	name = strings.ToLower(name)
	most := 3
	for _, r := range rules {
		if strings.ToLower(r.ID) == name || r.Name == name {
			return r, ""
		}
		for _, known := range [...]string{strings.ToLower(r.ID), r.Name} {
			if d := near.Distance(name, known); d < most && d < len(known)/2 {
				suggestion, most = r.ID+" ("+r.Name+")", d
			}
		}
	}
	return nil, suggestion
}

// String is the selector as users write it, a rule by its id.
func (s Selector) String() string {
	switch {
	case s.rule == nil:
		return s.family
	case s.variant != "":
		return s.rule.ID + "/" + s.variant
	}
	return s.rule.ID
}

// covers tells how exactly the selector names a rule in one of its cases: 0 for not
// at all.
func (s Selector) covers(r *Rule, variant string) int {
	switch {
	case s.rule != nil && s.rule.ID == r.ID && s.variant != "" && s.variant == variant:
		return 4
	case s.rule != nil && s.rule.ID == r.ID && s.variant == "":
		return 3
	case s.rule == nil && s.family == r.Family():
		return 2
	case s.rule == nil && s.family == allRules:
		return 1
	}
	return 0
}

// best is how exactly the best of several selectors names a rule.
func best(list []Selector, r *Rule, variant string) int {
	most := 0
	for _, s := range list {
		most = max(most, s.covers(r, variant))
	}
	return most
}

// Severity is the level that a user gives to the findings of some rules.
type Severity struct {
	Selector
	Level Level
}

// Policy is what a user has decided about the findings in some files.
type Policy struct {
	// Select and Ignore say which rules count; the one that names a rule more exactly
	// wins. SelectWins is set where they name it alike and the selection is the one
	// that takes precedence.
	Select, Ignore []Selector
	SelectWins     bool
	// Idle are rules that did not run, such as those of a live test that nobody asked for.
	Idle []*Rule
	// Severities: the one that names a rule most exactly counts, of equals the last.
	Severities []Severity
	// FailOn is the level from which on a finding fails the run.
	FailOn Level
	// Ignores of the configuration. NoIgnores leaves out these and the comments.
	Ignores   []*Ignore
	NoIgnores bool
	// Baseline holds the findings that are not news; nil for none.
	Baseline *Baseline
	// Walked is set where the run has looked at all that the configuration is about:
	// only then what matches nothing is stale.
	Walked bool
	// Partial is set where only some connections were looked at, Narrowed where a flag
	// names the versions: of others nobody knows.
	Partial, Narrowed bool
	// unsure are the rules that would say something else in another checkout.
	unsure []*Rule
	// Reached reports whether the run was to look at the file of this path.
	Reached func(path string) bool
	// Unread are the files that could not be read, or do not parse.
	Unread []string
	// Prune is set where stale lines of the baseline are taken out and not told.
	Prune bool
}

// SelectLive adds the rules of the live test to those that count, unless one is
// ignored by name or family: who asks for the test by a flag wants its answers.
func (p *Policy) SelectLive(rules []*Rule) {
	for _, r := range rules {
		if r.Scope == Live {
			p.Select = append(p.Select, Selector{family: r.Family()})
			return
		}
	}
}

// selected reports whether a rule counts in one of its cases.
func (p *Policy) selected(r *Rule, variant string) bool {
	if slices.Contains(p.Idle, r) {
		return false
	}
	yes, no := best(p.Select, r, variant), best(p.Ignore, r, variant)
	return yes > no || yes == no && yes > 0 && p.SelectWins
}

// runs reports whether all rules that a selector names are selected, and not off, in
// all of the cases that it means.
func (p *Policy) runs(s Selector, rules []*Rule) bool {
	for _, r := range rules {
		if s.covers(r, s.variant) == 0 {
			continue
		}
		if !p.counts(r, s.variant) || s.variant == "" && slices.ContainsFunc(r.Variants, func(v Variant) bool { return !p.counts(r, v.Name) }) {
			return false
		}
	}
	return true
}

// counts reports whether a rule is selected and not off in one of its cases.
func (p *Policy) counts(r *Rule, variant string) bool {
	level, given := p.severity(r, variant)
	return p.selected(r, variant) && !(given && level == Off)
}

// severity is the level that the user gives to a rule in one of its cases.
func (p *Policy) severity(r *Rule, variant string) (level Level, given bool) {
	most := 0
	for _, s := range p.Severities {
		if n := s.covers(r, variant); n > 0 && n >= most {
			level, given, most = s.Level, true, n
		}
	}
	return level, given
}

// level is the level that a finding has by the policy; Off where it does not count.
func (p *Policy) level(f *Finding) Level {
	if !p.selected(f.Rule, f.Variant) {
		return Off
	}
	level, given := p.severity(f.Rule, f.Variant)
	switch {
	case !given:
		return f.Level
	case f.lowered && level > Note:
		return level - 1
	}
	return level
}
