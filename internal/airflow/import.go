package airflow

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Import is what `airflow connections import` leaves of a file in an empty
// SQLite database (cli/commands/connection_command.py). Loading is all or
// nothing, storing is not: each connection is committed by itself, one with an id
// that validate_key refuses is passed over, and what the database refuses ends
// the command, with the later ones lost.
func (p Profile) Import(doc *export.Document) *connection.Reading {
	return p.ImportExamined(Examine(doc, p))
}

// ImportExamined is [Profile.Import] of a file that was examined before.
func (p Profile) ImportExamined(s *Survey) *connection.Reading {
	out := p.ReadExamined(s)
	load := out.Load
	out.Load = func(i int, c *connection.Connection) {
		load(i, c)
		if row := s.verdict(i, p).row; row != nil && c.Failure == nil && out.Outcomes[i].Status == connection.Unreached {
			// What the command would stumble over, too, had it come so far.
			c.Failure = first(row.refused, row.unasked, row.dead)
		}
		if c.Failure == nil {
			p.coerce(c)
		}
	}
	out.Alike = func(i int) int {
		if o := out.Outcomes[i].Status; o == connection.Failed || o == connection.Unreached {
			return 0 // for reasons of the table, or not
		}
		return s.alike(i, p, true)
	}
	odd := false
	for i := range out.Outcomes {
		odd = odd || s.verdict(i, p).row != nil
	}
	if out.Refusal != nil || !odd {
		return out
	}
	t := table{stored: map[string]bool{}}
	over := false
	for i := range s.inOrder() {
		o := &out.Outcomes[i]
		switch {
		case o.Status != connection.Loaded:
		case over:
			*o = connection.Outcome{Status: connection.Unreached, Failure: t.dead}
		default:
			if err := t.store(s, i, s.verdict(i, p).row); err != nil {
				o.Status, o.Failure = connection.Failed, err
			}
			over = t.dead != nil
		}
	}
	return out
}

// row is what comes of storing a connection, as far as it does not depend on what
// is stored already; of one that is stored as it is there is none.
type row struct {
	refused     *connection.Failure // by validate_key: it is passed over
	unasked     *connection.Failure // what the command dies of when it looks for the id
	dead        *connection.Failure // or when it inserts the row
	asked, held string              // the id that it is looked for by, and has
	coerced     bool                // the columns change it
}

// rowOf is the row of a connection, which is coerced.
func (p *Profile) rowOf(c *connection.Connection) *row {
	r := p.insertion(c)
	if coerced := p.coerce(c); coerced {
		if r == nil {
			// What is coerced besides the id has no bearing on it.
			id := columnText(&c.ID).Text.Peek()
			r = &row{asked: id, held: id}
		}
		r.coerced = true
	}
	return r
}

// insertion is the row of a connection that is not stored as it is.
func (p *Profile) insertion(c *connection.Connection) *row {
	var r row
	if !isPlainKey(&c.ID) && p.Has(ImportChecksKeys) {
		if err := p.checkKey(&c.ID); err != nil {
			r.refused = prefixed(err, "Could not import connection. ")
			return &r
		}
	}
	if r.unasked = p.bind(&c.ID, connection.ID, 0); r.unasked != nil {
		return &r
	}
	asked := columnText(&c.ID)
	r.asked, r.held = asked.Text.Peek(), asked.Text.Peek()
	if asked.Kind == connection.Absent {
		r.asked = nobody
	}
	if c.HoldsOther {
		r.held = c.HeldID.Text.Peek()
	}
	if r.dead = p.insert(c); r.dead != nil || c.HoldsOther {
		return &r
	}
	return nil
}

// nobody is the id that no row has: NULL equals nothing.
const nobody = "\x00"

// table is the table of connections while a file is imported.
type table struct {
	stored map[string]bool     // ids
	dead   *connection.Failure // what the command died of
}

// store puts the row of an entry into the table.
func (t *table) store(s *Survey, i int, r *row) *connection.Failure {
	id, at := s.id(i)
	if r == nil {
		r = &row{asked: id, held: id}
	}
	switch {
	case r.refused != nil:
		return r.refused
	case r.unasked != nil:
		t.dead = r.unasked
	case t.stored[r.asked]:
		return failure("", connection.DuplicateID, connection.ID, at, "Could not import connection %s: connection already exists.", id)
	case r.dead != nil:
		t.dead = r.dead
	case r.held != r.asked && t.stored[r.held]:
		t.dead = failure("IntegrityError", connection.DuplicateID, connection.ID, at, "(sqlite3.IntegrityError) UNIQUE constraint failed: connection.conn_id")
	}
	t.stored[r.held] = true
	return t.dead
}

func prefixed(err *connection.Failure, prefix string) *connection.Failure {
	f := *err
	f.Message = secret.New(prefix + err.Message.Peek())
	return &f
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
		switch col.field {
		case connection.ID:
			v = &id
		case connection.Extra: // the column before it is no field
			if err := p.bind(&c.TeamName, connection.NoField, col.number-1); err != nil {
				return err
			}
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
	if c.TeamName.Kind != connection.Absent && !isNaN(&c.TeamName) {
		return failure("IntegrityError", connection.DatabaseError, connection.NoField, c.TeamName.Span(), "(sqlite3.IntegrityError) FOREIGN KEY constraint failed")
	}
	return nil
}

func isNaN(v *connection.Value) bool { return v.Kind == connection.Float && v.Text.Peek() == "nan" }

// bind is what sqlite3 says to a value as a parameter.
func (p *Profile) bind(v *connection.Value, f connection.Field, number int) *connection.Failure {
	switch v.Kind {
	case connection.List, connection.Tuple, connection.Map, connection.Set:
		message := "type '" + v.Kind.Class() + "' is not supported"
		if p.Has(NamesParameter) {
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
// back. It answers whether that changes anything.
func (p *Profile) coerce(c *connection.Connection) (changed bool) {
	extra := c.Extra.Kind
	for _, f := range [...]connection.Field{connection.Type, connection.Description, connection.Host, connection.Schema, connection.Login, connection.Extra} {
		v := c.Field(f)
		was := v.Kind
		*v = columnText(v)
		changed = changed || v.Kind != was
	}
	team := c.TeamName.Kind
	c.TeamName = columnText(&c.TeamName)
	changed = changed || c.TeamName.Kind != team
	port := c.Port.Kind
	c.Port = columnInteger(c.Port)
	changed = changed || c.Port.Kind != port
	if id := columnText(&c.ID); id.Kind != c.ID.Kind {
		c.HeldID, c.HoldsOther, changed = id, true, true
	}
	if c.Extra.Kind != extra {
		// Written unchecked, because it was empty; read, it is a text.
		src := c.Extra.Src
		c.Extra.Src = looseText(c.Extra.Text.Peek())
		if tree, err := syntax.ParseJSON(c.Extra.Src); err == nil {
			v := ValueOf(tree.Root()) // a number
			v.Src, v.Place = src, c.Extra.Place
			c.SetExtraObject(v)
		}
		if fault := faultOf(&c.Extra); fault != nil && p.Has(ValidatesExtra) {
			if err := fault(p, c); err != nil {
				err.Place = c.Extra.Place
				c.Failure = err
			}
		}
		c.Extra.Src = src
	}
	return changed
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
			return coercedTo(*v, connection.Absent, "")
		}
		s = sqliteFloat(s)
	default:
		return *v
	}
	return coercedTo(*v, connection.Text, s)
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
	if f == 0 {
		f = 0 // SQLite has no -0.0
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
		if f, err := strconv.ParseFloat(s, 64); err == nil && isWhole(f) {
			return coercedTo(v, connection.Int, strconv.FormatInt(int64(f), 10))
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
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange): // which is infinite
		return v
	case isWhole(f):
		return coercedTo(v, connection.Int, strconv.FormatInt(int64(f), 10))
	}
	return coercedTo(v, connection.Float, formatFloat(f))
}

// isWhole reports whether SQLite stores a float as an integer.
func isWhole(f float64) bool {
	const limit = 1 << 63
	return f == math.Trunc(f) && f > -limit && f < limit
}

// coercedTo is a value that the column has changed. What changed it before is the
// better reason.
func coercedTo(v connection.Value, k connection.Kind, s string) connection.Value {
	if v.Cause == connection.Unchanged {
		v.Cause = connection.Coerced
	}
	v.Kind, v.Text, v.Items = k, secret.New(s), nil
	return v
}
