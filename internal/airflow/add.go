package airflow

import (
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// NothingHeld is what `connections list` prints of an empty table.
const NothingHeld = "No data found"

// InNothingHeld reports whether a text is found in it, line end included.
func InNothingHeld(s string) bool {
	printed := NothingHeld + "\n"
	return strings.Contains(printed, s)
}

// Add is what runs of `airflow connections add` leave in an empty SQLite database:
// given has what each is given, an entry that failed never got as far. An id that is
// there already is refused, so the first wins. Where the caller stops at a command
// that fails, the later entries are not reached.
//
// Source: connections_add of cli/commands/connection_command.py, run in 2.3.4 to 3.3.2.
func (p Profile) Add(given *connection.Reading, stops bool) *connection.Reading {
	out := &connection.Reading{
		Refusal:   given.Refusal,
		RefusedBy: given.RefusedBy,
		Further:   given.Further,
		Outcomes:  slices.Clone(given.Outcomes),
	}
	out.Load = func(i int, c *connection.Connection) {
		given.Load(i, c)
		if c.Failure == nil && out.Outcomes[i].Status != connection.Skipped {
			c.Failure = p.add(c)
		}
	}
	if given.Refusal != nil {
		return out
	}
	var stop *connection.Failure
	held := map[string]bool{}
	var c connection.Connection
	for i := range out.Outcomes {
		o := &out.Outcomes[i]
		switch {
		case o.Status == connection.Skipped:
			continue
		case stop != nil:
			*o = connection.Outcome{Status: connection.Unreached, Failure: stop}
			continue
		case o.Status == connection.Loaded:
			c.Reset()
			given.Load(i, &c)
			id := c.ID.Text.Peek()
			if err := p.add(&c); err != nil {
				*o = connection.Outcome{Status: connection.Failed, Failure: err}
			} else if held[id] {
				*o = connection.Outcome{Status: connection.Failed, Failure: failure("SystemExit", connection.DuplicateID, connection.ID, c.ID.Span(),
					"A connection with `conn_id`=%s already exists.", id)}
			}
			held[id] = held[id] || o.Status == connection.Loaded
		}
		if o.Status == connection.Failed && stops {
			stop = o.Failure
		}
	}
	return out
}

// add makes of what the command is given the row that it stores.
func (p *Profile) add(c *connection.Connection) *connection.Failure {
	if !isPlainKey(&c.ID) && p.Has(ImportChecksKeys) {
		if err := p.checkKey(&c.ID); err != nil {
			return prefixed(err, "Could not create connection. ")
		}
	}
	// That of a URI is not looked at. A type that resembles none may be one of a
	// provider of the user's own.
	if id := c.Type.Text.Peek(); c.Type.Kind != connection.Absent && !conntype.Known(id) {
		if _, why := conntype.Suggest(id); why != conntype.NoSuggestion {
			c.Type.Text, c.Type.Cause = secret.New("generic"), connection.Generic
		}
	}
	if err := p.identify(c.ID, c); err != nil {
		return err
	}
	if c.Type.Kind == connection.Absent {
		if err := p.addURI(c); err != nil {
			return err
		}
	}
	named := *p
	named.set(ExtraErrorHasID) // the id is there before extra is
	return first(p.checkPassword(c), named.checkExtra(c), p.insert(c))
}

// addURI reads what --conn-uri is given. --conn-extra, where it is there, replaces
// the extra of the URI.
func (p *Profile) addURI(c *connection.Connection) *connection.Failure {
	given := *c.ExtraObject() // which finds out whether it is broken
	uri, extra, broken := c.URI, c.Extra, c.ExtraError
	src := uri.Src
	if !uri.Written() {
		src = looseText(uri.Text.Peek())
	}
	u, bad := p.urlsplit(src)
	switch {
	case bad != nil:
		return badURI(bad)
	case u.schemeLen == 0 || p.Has(WantsAuthority) && u.netloc.Len() == 0:
		return failure("SystemExit", connection.InvalidURI, connection.URI, uri.Span(), "The URI provided to --conn-uri is invalid: %s", uri.Text.Peek())
	}
	c.Extra = connection.Value{}
	c.SetExtraObject(connection.Value{})
	uri.Src = src
	if err := p.fromURI(uri, c); err != nil {
		return err
	}
	if extra.Kind == connection.Absent {
		openExtra(&object{}, c)
		return nil
	}
	c.Extra, c.ExtraError = extra, broken
	c.SetExtraObject(given)
	return nil
}
