package airflow

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Import is what `airflow connections import` leaves of a file in an empty
// SQLite database (cli/commands/connection_command.py). Loading is all or
// nothing, storing is not: each connection is committed by itself, one with an id
// that validate_key refuses is passed over, and what the database refuses ends
// the command, with the later ones lost.
func (p Profile) Import(doc *export.Document) *connection.Reading {
	return p.ImportExamined(Examine(doc))
}

// ImportExamined is [Profile.Import] of a file that was examined before.
func (p Profile) ImportExamined(s *Survey) *connection.Reading {
	doc := s.doc
	r := newFileReader(&p, s)
	im := importer{p: &p, stored: map[string]bool{}}
	// An id that is not plain may become a plain one when it is stored.
	mixed := slices.Contains(s.plain, false)
	stored := make([]*connection.Failure, len(doc.Entries))
	died := len(doc.Entries)
	out := r.reading(func(i int, c *connection.Connection) {
		// What is stored counts only if all can be loaded, but it costs less to
		// find out while the connection is at hand.
		switch {
		case im.dead != nil:
		case c == nil:
			if mixed {
				stored[i] = im.storePlain(unquoted(doc.Entries[i].Key), doc.EntryPlace(i))
			}
		default:
			stored[i] = im.store(c)
			if im.dead != nil {
				died = i
			}
		}
	})
	out.Load = func(i int, c *connection.Connection) {
		r.load(i, c)
		if c.Failure == nil && out.Outcomes[i].Status == connection.Unreached {
			// What the command would stumble over, too, had it come so far.
			c.Failure = (&importer{p: &p, stored: map[string]bool{}}).store(c)
		}
		if c.Failure == nil && out.Outcomes[i].Status != connection.Failed {
			p.coerce(c)
		}
	}
	if out.Refusal != nil {
		return out
	}
	over := false
	for _, i := range order(out.Outcomes) {
		switch o := &out.Outcomes[i]; {
		case o.Status != connection.Loaded:
		case over:
			*o = connection.Outcome{Status: connection.Unreached, Failure: im.dead}
		case stored[i] != nil:
			o.Status, o.Failure = connection.Failed, stored[i]
		}
		over = over || i == died
	}
	return out
}

type importer struct {
	p      *Profile
	stored map[string]bool     // ids in the table
	dead   *connection.Failure // what the command died of
}

// store puts one connection into the table.
func (im *importer) store(c *connection.Connection) *connection.Failure {
	if im.p.ImportChecksKeys {
		if err := im.p.checkKey(&c.ID); err != nil {
			return prefixed(err, "Could not import connection. ")
		}
	}
	if im.dead = im.exists(&c.ID); im.dead != nil {
		return im.dead
	}
	asked := columnText(&c.ID)
	if im.stored[asked.Text.Peek()] {
		return alreadyStored(pyStr(&c.ID), c.ID.Span())
	}
	if im.dead = im.p.insert(c); im.dead != nil {
		return im.dead
	}
	held := asked.Text.Peek()
	if c.HoldsOther {
		held = c.HeldID.Text.Peek()
		if im.stored[held] {
			im.dead = failure("IntegrityError", connection.DuplicateID, connection.ID, c.ID.Span(), "(sqlite3.IntegrityError) UNIQUE constraint failed: connection.conn_id")
			return im.dead
		}
	}
	im.stored[held] = true
	return nil
}

// storePlain does the same for an entry that nothing can befall but that its id is
// taken.
func (im *importer) storePlain(id string, at source.Span) *connection.Failure {
	if im.stored[id] {
		return alreadyStored(id, at)
	}
	im.stored[id] = true
	return nil
}

func alreadyStored(id string, at source.Span) *connection.Failure {
	return failure("", connection.DuplicateID, connection.ID, at, "Could not import connection %s: connection already exists.", id)
}

func prefixed(err *connection.Failure, prefix string) *connection.Failure {
	f := *err
	f.Message = secret.New(prefix + err.Message.Peek())
	return &f
}

// exists asks the table for an id, which must be something that can be asked.
func (im *importer) exists(id *connection.Value) *connection.Failure {
	return im.p.bind(id, connection.ID, 0)
}

// columns of the table in the order in which they are inserted; the numbers are
// those of the parameters.
var columns = [...]struct {
	field  connection.Field
	number int
}{
	{connection.ID, 0}, {connection.Type, 1}, {connection.Description, 2}, {connection.Host, 3}, {connection.Schema, 4},
	{connection.Login, 5}, {connection.Port, 7}, {connection.Extra, 10},
}

// insert is what SQLite says to a row.
func (p *Profile) insert(c *connection.Connection) *connection.Failure {
	id := c.ID
	if c.HoldsOther {
		id = c.HeldID
	}
	for _, col := range columns {
		v := c.Field(col.field)
		if col.field == connection.ID {
			v = &id
		}
		if err := p.bind(v, col.field, col.number); err != nil {
			return err
		}
	}
	notNull := func(v *connection.Value, f connection.Field, name string, reason connection.Reason) *connection.Failure {
		if v.Kind != connection.Absent && !isNaN(v) {
			return nil
		}
		at := v.Span()
		if at == (source.Span{}) {
			at = c.ID.Span()
		}
		return failure("IntegrityError", reason, f, at, "(sqlite3.IntegrityError) NOT NULL constraint failed: connection.%s", name)
	}
	if err := first(notNull(&id, connection.ID, "conn_id", connection.BadID), notNull(&c.Type, connection.Type, "conn_type", connection.NoType)); err != nil {
		return err
	}
	if c.TeamName.Kind != connection.Absent {
		return failure("IntegrityError", connection.DatabaseError, connection.NoField, c.TeamName.Span(), "(sqlite3.IntegrityError) FOREIGN KEY constraint failed")
	}
	return nil
}

func isNaN(v *connection.Value) bool { return v.Kind == connection.Float && v.Text.Peek() == "nan" }

// bind is what sqlite3 says to a value as a parameter.
func (p *Profile) bind(v *connection.Value, f connection.Field, number int) *connection.Failure {
	switch v.Kind {
	case connection.List, connection.Map, connection.Set:
		message := "type '" + typeName(v) + "' is not supported"
		if p.NamesParameter {
			message = "(sqlite3.InterfaceError) Error binding parameter " + strconv.Itoa(number) + " - probably unsupported type."
		}
		return failure("DBAPIError", connection.DatabaseError, f, v.Place, "%s", message)
	case connection.Int:
		if i, _ := new(big.Int).SetString(v.Text.Peek(), 10); i == nil || !i.IsInt64() {
			return failure("OverflowError", connection.DatabaseError, f, v.Span(), "Python int too large to convert to SQLite INTEGER")
		}
	case connection.Text:
		if !utf8.ValidString(v.Text.Peek()) {
			return encodeFailure(v, f)
		}
	}
	return nil
}

// coerce turns the values into what SQLite's columns make of them, and reads them
// back.
func (p *Profile) coerce(c *connection.Connection) {
	for _, f := range [...]connection.Field{connection.Type, connection.Description, connection.Host, connection.Schema, connection.Login, connection.Extra} {
		v := c.Field(f)
		*v = columnText(v)
	}
	c.Port = columnInteger(c.Port)
	if id := columnText(&c.ID); id.Cause == connection.Coerced {
		c.HeldID, c.HoldsOther = id, true
	}
	if c.Extra.Cause == connection.Coerced && p.ValidatesExtra {
		// Written unchecked, because it was empty; read, it is a text.
		src := c.Extra.Src
		c.Extra.Src = looseText(c.Extra.Text.Peek())
		if err := p.validateExtra(c); err != nil {
			err.Place = c.Extra.Place
			c.Failure = err
		}
		c.Extra.Src = src
	}
}

// columnText is a value out of a column with text affinity.
func columnText(v *connection.Value) connection.Value {
	s := v.Text.Peek()
	switch v.Kind {
	case connection.Int, connection.Date, connection.Datetime:
	case connection.Bool:
		s = boolDigit(s)
	case connection.Float:
		if isNaN(v) {
			return connection.Value{Src: v.Src, Place: v.Place, Cause: connection.Coerced}
		}
		s = sqliteFloat(s)
	default:
		return *v
	}
	return connection.Value{Kind: connection.Text, Text: secret.New(s), Src: v.Src, Place: v.Place, Cause: connection.Coerced}
}

func boolDigit(s string) string {
	if s == "True" {
		return "1"
	}
	return "0"
}

// sqliteFloat is a float as SQLite writes it into a text column: 15 digits, and
// always a point (%!.15g).
func sqliteFloat(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return s
	case strings.HasSuffix(s, "inf"):
		return strings.Replace(s, "inf", "Inf", 1)
	}
	t := strconv.FormatFloat(f, 'g', 15, 64)
	mantissa, exponent, has := strings.Cut(t, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if has {
		return mantissa + "e" + exponent
	}
	return mantissa
}

// columnInteger is a value out of a column with integer affinity: numbers that
// are whole, and texts that spell numbers, become such.
func columnInteger(v connection.Value) connection.Value {
	s := v.Text.Peek()
	switch v.Kind {
	case connection.Bool:
		return coercedTo(v, connection.Int, boolDigit(s))
	case connection.Float:
		if isNaN(&v) {
			return coercedTo(v, connection.Absent, "")
		}
		if n, whole := strings.CutSuffix(s, ".0"); whole {
			return coercedTo(v, connection.Int, n)
		}
	case connection.Text:
		return numeric(v, strings.Trim(s, " \t\n\v\f\r"))
	case connection.Date, connection.Datetime:
		return coercedTo(v, connection.Text, s)
	}
	return v
}

// numeric is the number that a text spells in SQL, or the text.
func numeric(v connection.Value, s string) connection.Value {
	if strings.Trim(s, "+-.eE0123456789") != "" || !strings.ContainsAny(s, "0123456789") {
		return v
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return coercedTo(v, connection.Int, strconv.FormatInt(i, 10))
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return v
	}
	if i := int64(f); float64(i) == f && f < 1e15 && f > -1e15 {
		return coercedTo(v, connection.Int, strconv.FormatInt(i, 10))
	}
	return coercedTo(v, connection.Float, formatFloat(f))
}

func coercedTo(v connection.Value, k connection.Kind, s string) connection.Value {
	return connection.Value{Kind: k, Text: secret.New(s), Src: v.Src, Place: v.Place, Cause: connection.Coerced}
}
