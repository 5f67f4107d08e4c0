package rules

import (
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

var sup = []*lint.Rule{&unusedIgnore, &ignoreWithoutReason, &ignoreExpired}

// ignoring is an example of an export with an ignore, and what the ignore is about.
func ignoring(comment, host string) string {
	return "-- connections.yaml --\n# " + comment + "\ndbt_cloud_default:\n  conn_type: dbt_cloud\n  host: " + host +
		"\n  login: \"12345\"\n  password: " + exampleToken + "\n"
}

const (
	ignoreRetired = "dbtconn-lint: ignore DBT015 -- moves in Q1"
	retiredHost   = "emea.dbt.com"
	presentHost   = "ab123.us1.dbt.com"
)

var unusedIgnore = lint.Rule{
	ID: "SUP001", Name: "unused-ignore", Level: lint.Warning, Since: since, Scope: lint.Ignores,
	Variants: []lint.Variant{{Name: "baseline", Level: lint.Note, When: "a line of a baseline: what it stands for was mended, and that must not fail a run"}},
	Summary:  "An ignore that keeps nothing out",
	Why: "What it was for is mended, or it never matched: the rule's name has a typo, or it stands at another line. Left there, it would one day hide a finding that nobody has looked at. " +
		"It is reported only where its rule had its say: not of one that did not run, is off, compares files of which one was named, or asks git where there is none; ignores of a configuration and lines of a baseline only in a run over the configuration's own directory.",
	Remedy: "Remove it (check --baseline FILE --prune removes the lines of a baseline).",
	Source: "dbtconn-lint.",
	Before: ignoring(ignoreRetired, presentHost),
	After:  ignoring(ignoreRetired, retiredHost),
	Check: func(p *lint.Pass) {
		for _, ig := range p.Ignores {
			if ig.Fault != "" {
				p.ReportIgnore(ig, ig.At, "nothing is ignored here: %s", ig.Fault).Hint("write: # dbtconn-lint: ignore RULE -- reason")
				continue
			}
			for i := range ig.Rules {
				switch r := &ig.Rules[i]; {
				case ig.Expired || !r.Unused():
				case ig.Baseline:
					p.ReportIgnore(ig, r.At, "there is no such finding of %s any more", lint.Show(r.Name)).Variant("baseline").Hint("--prune removes it")
				default:
					p.ReportIgnore(ig, r.At, "an ignore of %s that keeps nothing out", lint.Show(r.Name)).Hint("remove")
				}
			}
		}
	},
}

var ignoreWithoutReason = lint.Rule{
	ID: "SUP002", Name: "ignore-without-reason", Level: lint.Note, Since: since, Scope: lint.Ignores,
	Summary: "An ignore that does not say why",
	Why:     "Whoever meets it next cannot tell whether it still holds.",
	Remedy:  "Give the reason behind two dashes, or as reason in the configuration.",
	Source:  "dbtconn-lint.",
	Before:  ignoring("dbtconn-lint: ignore DBT015", retiredHost),
	After:   ignoring(ignoreRetired, retiredHost),
	Check: func(p *lint.Pass) {
		for _, ig := range p.Ignores {
			if ig.Reason == "" && ig.Fault == "" && !ig.Baseline {
				p.ReportIgnore(ig, ig.At, "an ignore without a reason").Hint("say why")
			}
		}
	},
}

var ignoreExpired = lint.Rule{
	ID: "SUP003", Name: "ignore-expired", Level: lint.Warning, Since: since, Scope: lint.Ignores,
	Summary: "An ignore whose last day is over",
	Why:     "It does not count any more: what it kept out is reported again. The last day is one of UTC, and belongs to the ignore.",
	Remedy:  "Mend what it was for, or give it another day.",
	Source:  "dbtconn-lint.",
	Before: `-- .dbtconn-lint.yaml --
version: 1
ignores:
  - {rules: [DBT015], reason: moves in Q1, until: 2020-03-31}
` + ignoring("the old tenant", retiredHost),
	After: `-- .dbtconn-lint.yaml --
version: 1
ignores:
  - {rules: [DBT015], reason: moves in Q1, until: 2999-03-31}
` + ignoring("the old tenant", retiredHost),
	Check: func(p *lint.Pass) {
		for _, ig := range p.Ignores {
			if ig.Expired {
				p.ReportIgnore(ig, ig.UntilAt, "an ignore that held until %s", ig.Until.Format("2006-01-02")).Hint("mend what it was for, or give it another day")
			}
		}
	},
}
