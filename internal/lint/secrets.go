package lint

import (
	"slices"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
)

// Tracked is what git has of the file; nil where it has nothing, or nobody can
// tell. To ask takes a process, so a rule asks when all else is settled.
func (p *Pass) Tracked() *git.File {
	file := p.run.tracked()
	if file == nil {
		p.doubt()
	}
	return file
}

// Untracked reports whether git is known to have nothing of the file: nobody can ask
// it, or a rule has asked.
func (p *Pass) Untracked() bool {
	if p.run.Options.Tracked == nil {
		p.doubt()
		return true
	}
	return p.HasAsked() && p.Tracked() == nil
}

// doubt takes down that the rule would say something else if git said so.
func (p *Pass) doubt() {
	if _, known := p.run.unsure.Load(p.rule); !known {
		p.run.unsure.Store(p.rule, true)
	}
}

// HasAsked reports whether a rule has asked for that.
func (p *Pass) HasAsked() bool { return p.run.asked.Load() }

// SecretsElsewhere reports whether the secrets of the document are filled in later:
// the user says so, or git tracks the file and no dbt Cloud connection in it, of
// which there are some, has a token, as filled tells.
func (p *Pass) SecretsElsewhere(filled func(*View) bool) bool {
	r := p.run
	r.judged.Do(func() { r.elsewhere = r.Options.SecretsElsewhere || r.tracked() != nil && r.lacksTokens(filled) })
	if !r.Options.SecretsElsewhere && (r.elsewhere || r.tracked() == nil) {
		p.doubt()
	}
	return r.elsewhere
}

// lacksTokens reports whether there are dbt Cloud connections, and none is filled.
func (r *run) lacksTokens(filled func(*View) bool) bool {
	w := worker{run: r, conns: make([]connection.Connection, len(r.readings))}
	found := false
	for i := range r.doc.Entries {
		if r.doc.Entries[i].Template {
			continue
		}
		p := Pass{Doc: r.doc, Entry: i, targets: r.Targets, readings: r.readings, run: r, Declared: r.Declared}
		w.look(i, &p)
		p.judge()
		if p.member != dbtcloud.Yes {
			continue
		}
		found = true
		for j := range p.views {
			if filled(&p.views[j]) {
				return false
			}
		}
	}
	return found
}

// told is a finding that a file has once.
type told struct {
	rule    *Rule
	variant string
}

// once drops the drafts that a file has once and that were told before.
func once(drafts []*Draft, before *[]told) []*Draft {
	return slices.DeleteFunc(drafts, func(d *Draft) bool {
		t := told{d.rule, d.variant}
		if !d.once {
			return false
		}
		if slices.Contains(*before, t) {
			return true
		}
		*before = append(*before, t)
		return false
	})
}
