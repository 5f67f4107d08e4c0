package inspect

import (
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
)

// aspects are what readings of a connection can differ in: its failure, the
// fields, and what the hook does with it.
var aspects = [...]string{
	"error", "held_conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra", "team_name", "dbt_cloud",
}

// The aspects that are no fields; those between them are.
const (
	aspectError = iota
	aspectHeld
	firstField
	aspectTeam = len(aspects) - 2
	aspectDbt  = len(aspects) - 1
)

// prints are equal for equal aspects of two readings of a document.
func (v *viewer) prints(c *connection.Connection) (prints [len(aspects)]uint64) {
	var h maphash.Hash
	h.SetSeed(v.seed)
	of := func(add func()) uint64 {
		h.Reset()
		add()
		return h.Sum64()
	}
	prints[aspectError] = of(func() {
		if c.Failure != nil {
			writeParts(&h, v.failure(c.Failure).key())
		}
	})
	prints[aspectHeld] = of(func() {
		if c.HoldsOther {
			writeValue(&h, &c.HeldID)
		}
	})
	for i, f := range connection.Fields[1:] {
		prints[firstField+i] = of(func() {
			if c.Failure == nil {
				writeValue(&h, c.Field(f))
			}
		})
	}
	prints[aspectTeam] = of(func() { writeValue(&h, &c.TeamName) })
	return prints
}

// key is equal for errors that differ only in the words that releases found for
// them.
func (e *Error) key() string {
	switch {
	case e == nil:
		return ""
	case e.Location == nil:
		return e.Class + ": " + e.Message + "\n" + e.Cause.key()
	}
	return fmt.Sprintf("%s at %d\n%s", e.Class, e.Location.Start.Offset, e.Cause.key())
}

func writeParts(h *maphash.Hash, parts ...string) {
	for _, s := range parts {
		_, _ = h.WriteString(s) // it never fails
		_ = h.WriteByte(0)
	}
}

func writeValue(h *maphash.Hash, v *connection.Value) {
	if v.Kind == connection.Absent {
		return // absent and null are alike
	}
	writeParts(h, v.Kind.String(), v.Text.Peek())
	if isDeeper(v, deepest) {
		return
	}
	for i := range v.Items {
		writeValue(h, &v.Items[i].Key)
		writeValue(h, &v.Items[i].Value)
	}
	_ = h.WriteByte(1)
}

// Difference is something that not all consumers make the same of.
type Difference struct {
	// ID of the connection, and the field or other member of it; absent where the
	// consumers differ in whether they load the document.
	ID     string    `json:"conn_id,omitempty"`
	Field  string    `json:"field,omitempty"`
	Values []Variant `json:"values"`
}

// Variant is what some of the consumers make of it.
type Variant struct {
	Consumers []string `json:"consumers"`
	Loaded    bool     `json:"loaded"`
	Value     any      `json:"value"`
	Error     *Error   `json:"error"`
}

// Differ lists what the versions of the consumers differ in, and leaves of their
// readings only the connections that it is about.
func (f *File) Differ() {
	m := compare(f.Readings)
	list := []Difference{}
	if m.refusalsDiffer() {
		list = append(list, gather(Difference{}, len(m.readings), func(i int) (any, Variant) {
			e := m.readings[i].Error
			return e.key(), Variant{Consumers: []string{m.readings[i].Consumer}, Loaded: e == nil, Error: e}
		}))
	}
	differs := map[place]bool{}
	for _, s := range m.differences() {
		at := m.places[s.place]
		differs[at] = true
		list = append(list, gather(Difference{ID: at.id, Field: aspects[s.aspect]}, len(m.readings), func(i int) (any, Variant) {
			if !m.holds(i, s) {
				return nil, Variant{}
			}
			v := Variant{Consumers: []string{m.readings[i].Consumer}}
			if c := m.at(i, s.place); c != nil {
				v.Loaded, v.Error = c.Error == nil, c.Error
				if v.Loaded {
					v.Value = c.aspect(s.aspect)
				}
			}
			return m.print(i, s), v
		}))
	}
	f.Differences = &list
	if len(list) == 0 {
		f.Readings = []Reading{}
		return
	}
	for i := range f.Readings {
		kept := []Connection{}
		for p, at := range m.places {
			if c := m.at(i, p); c != nil && differs[at] && f.Readings[i].Error == nil {
				kept = append(kept, *c)
			}
		}
		f.Readings[i].Connections = kept
	}
}

// gather joins the variants of n readings that have one key; nil is none.
func gather(d Difference, n int, of func(reading int) (key any, v Variant)) Difference {
	at := map[any]int{}
	for i := range n {
		key, v := of(i)
		if key == nil {
			continue
		}
		if j, again := at[key]; again {
			d.Values[j].Consumers = append(d.Values[j].Consumers, v.Consumers...)
			continue
		}
		at[key] = len(d.Values)
		d.Values = append(d.Values, v)
	}
	return d
}

// aspect is what the connection shows of an aspect.
func (c *Connection) aspect(a int) any {
	switch a {
	case aspectError:
		return nil // it stands beside the value
	case aspectHeld:
		if c.Held == nil {
			return c.ID
		}
		return *c.Held
	case aspectDbt:
		if c.Dbt == nil {
			return nil
		}
		return c.Dbt
	}
	return c.member(aspects[a])
}

// member is a member of the connection by its name; nil where there is none.
func (c *Connection) member(name string) any {
	i := slices.IndexFunc(c.Fields, func(m Member) bool { return m.Key == name })
	if i < 0 {
		return nil
	}
	return c.Fields[i].Value
}

// place is an id, and which of those that are equal in one reading: the Astro CLI
// posts one id as often as it is there.
type place struct {
	id  string
	nth int
}

// matrix is all readings of a document side by side.
type matrix struct {
	readings []Reading
	places   []place
	found    [][]*Connection // by the reading, then by the place; may be short
}

func compare(readings []Reading) *matrix {
	m := &matrix{readings: readings, found: make([][]*Connection, len(readings))}
	index := map[place]int{}
	for i := range readings {
		seen := make(map[string]int, len(readings[i].Connections))
		add := func(c *Connection) {
			at := place{c.ID, seen[c.ID]}
			seen[c.ID]++
			p, known := index[at]
			if !known {
				p = len(m.places)
				index[at] = p
				m.places = append(m.places, at)
			}
			for len(m.found[i]) <= p {
				m.found[i] = append(m.found[i], nil)
			}
			m.found[i][p] = c
		}
		if c := readings[i].culprit; c != nil {
			add(c)
		}
		for j := range readings[i].Connections {
			add(&readings[i].Connections[j])
		}
	}
	return m
}

// at is the connection of a place in a reading; nil where there is none.
func (m *matrix) at(reading, p int) *Connection {
	if p >= len(m.found[reading]) {
		return nil
	}
	return m.found[reading][p]
}

// subject is an aspect of a connection.
type subject struct{ place, aspect int }

// holds reports whether a reading has something to say of a subject: a connection
// that failed has but its error.
func (m *matrix) holds(reading int, s subject) bool {
	c := m.at(reading, s.place)
	switch {
	case c == nil:
		return s.aspect == aspectError && m.readings[reading].Error == nil
	case c.Error != nil:
		return s.aspect == c.Error.aspect()
	}
	return true
}

// aspect is where an error is shown: the field that it is about.
func (e *Error) aspect() int {
	if e.field > connection.ID && e.field <= connection.Extra {
		return firstField + int(e.field-connection.Type)
	}
	return aspectError
}

// same reports whether all readings that have something to say of a subject say
// the same; in families, whether those do that differ in their version only.
func (m *matrix) same(s subject, families bool) bool {
	first := map[string]uint64{}
	for i := range m.readings {
		if !m.holds(i, s) {
			continue
		}
		family := ""
		if families {
			family = m.readings[i].family
		}
		print := m.print(i, s)
		if _, seen := first[family]; !seen {
			first[family] = print
		}
		if print != first[family] {
			return false
		}
	}
	return true
}

// print tells apart what readings hold; 0 is nothing.
func (m *matrix) print(reading int, s subject) uint64 {
	switch c := m.at(reading, s.place); {
	case c == nil:
		return 0
	case c.Error != nil:
		return c.prints[aspectError]
	default:
		return c.prints[s.aspect]
	}
}

// fails reports whether a reading has an error there.
func (m *matrix) fails(s subject) bool {
	for i := range m.readings {
		if c := m.at(i, s.place); c != nil && c.Error != nil && c.Error.aspect() == s.aspect {
			return true
		}
	}
	return false
}

// differences are the subjects that versions differ in; also why some refuse the
// document, where not all do for one reason.
func (m *matrix) differences() []subject {
	var list []subject
	refusals := m.refusalsDiffer()
	for p := range m.places {
		for a := range aspects {
			if s := (subject{p, a}); !m.same(s, true) || refusals && m.fails(s) {
				list = append(list, s)
			}
		}
	}
	return list
}

// refusalsDiffer reports whether versions differ in whether they load the document.
func (m *matrix) refusalsDiffer() bool {
	first := map[string]string{}
	for i := range m.readings {
		r := &m.readings[i]
		if _, seen := first[r.family]; !seen {
			first[r.family] = r.Error.key()
		}
		if first[r.family] != r.Error.key() {
			return true
		}
	}
	return false
}
