package airflow

import (
	"path"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Read is what a server or the CLI makes of a document: of a file the local
// filesystem backend (secrets/local_filesystem.py), of values and dotenv lines
// the environment backend and the lookup that calls it.
func (p Profile) Read(doc *export.Document) *connection.Reading {
	return p.ReadExamined(Examine(doc, p))
}

// ReadWorker is what a 3.x worker makes of values and dotenv lines.
func (p Profile) ReadWorker(doc *export.Document) *connection.Reading { return p.Read(doc) }

// ReadExamined is [Profile.Read] of a document that was examined before.
func (p Profile) ReadExamined(s *Survey) *connection.Reading {
	out := &connection.Reading{RefusedBy: -1, Outcomes: s.outcomes(p)}
	out.Alike = func(i int) int { return s.alike(i, p, false) }
	if !s.isFile() {
		out.Load = func(i int, c *connection.Connection) { p.load(s.doc, i, c) }
		return out
	}
	r := &fileReader{&p, s.doc, s}
	out.Load, out.Plain = r.load, s.isPlain
	if v := find(s.refusals, p); v != nil {
		out.Refusal, out.Further = v.failure, slices.Clip(v.further)
	} else {
		out.Refusal = r.unreadable(out)
	}
	for i := range s.inOrder() {
		switch o := &out.Outcomes[i]; {
		case o.Status != connection.Failed:
		case out.Refusal == nil:
			out.Refusal, out.RefusedBy = o.Failure, i
		default:
			out.Also(o.Failure, i)
		}
	}
	if out.Refusal == nil {
		return out
	}
	for i := range out.Outcomes {
		if o := &out.Outcomes[i]; o.Status == connection.Loaded {
			*o = connection.Outcome{Status: connection.Unreached, Failure: out.Refusal}
		}
	}
	return out
}

// fileReader reads a file of the local filesystem backend, which loads all
// connections of it or none.
type fileReader struct {
	p      *Profile
	doc    *export.Document
	survey *Survey
}

// load fills in the connection of entry i, for whoever wants to look at it.
func (r *fileReader) load(i int, c *connection.Connection) {
	c.Reset()
	var o object
	_, c.Failure = r.entry(i, c, &o)
	openExtra(&o, c)
}

// only is the item of a list that has one, which stands for the list.
func only(n syntax.Node) syntax.Node {
	if n.Kind() != syntax.Sequence {
		return n
	}
	var last syntax.Node
	count := 0
	for item := range n.Items() {
		if count++; count > 1 {
			return n
		}
		last = item
	}
	return last
}

// unreadable says why the file as a whole is refused, before any value of it is
// looked at. Further reasons go to the reading.
func (r *fileReader) unreadable(out *connection.Reading) *connection.Failure {
	doc := r.doc
	if name := path.Base(doc.File.Path); strings.LastIndexByte(name, '.') == 0 && r.p.Has(PathlibSuffix) {
		return failure("AirflowUnsupportedFileTypeException", connection.BadFileName, connection.NoField, source.Span{},
			"Unsupported file format. The file must have one of the following extensions: .env .json .yaml .yml")
	}
	if doc.Err != nil {
		return syntaxFailure(doc)
	}
	if doc.Format == export.AirflowEnv {
		return r.badLines(out)
	}
	root := doc.Tree.Root()
	switch {
	case doc.Format == export.AirflowJSON && r.p.isTooDeep(doc.Tree.Depth()):
		return failure(recursionError, connection.TooDeep, connection.NoField, source.Span{}, "maximum recursion depth exceeded while decoding a JSON object from a unicode string")
	case doc.Shape == export.SeveralDocuments:
		return secondDocument(doc)
	case root.Kind() != syntax.Mapping:
		return parseFailure(doc, connection.NotAnObject, doc.ShapeAt, parseError{1, "The file should contain the object."})
	case doc.Shape == export.WrappedEntries:
		return r.wrapped(root)
	}
	return nil
}

// wrapped reads a document whose connections stand one level too deep: to
// Airflow the members of its root are the connections.
func (r *fileReader) wrapped(root syntax.Node) *connection.Failure {
	var c connection.Connection
	var scratch object
	for _, m := range dictOf(root) {
		c.Reset()
		if _, err := r.value(ValueOf(m.key), m.value, &c, &scratch); err != nil {
			return err
		}
	}
	return nil
}

func (r *fileReader) isComment(l *syntax.EnvLine) bool { return l.SpaceComment && !r.p.Has(RE2) }

// repeats is the line that has the key of an earlier one, too.
func (r *fileReader) repeats(line int) (int, bool) {
	again := r.survey.again[0]
	if r.survey.spaceComments && r.p.Has(RE2) {
		again = r.survey.again[1]
	}
	other, is := again[line]
	return other, is
}

// entry makes the connection of entry i; o becomes the object that it is made
// of, where it is one.
func (r *fileReader) entry(i int, c *connection.Connection, o *object) (connection.Status, *connection.Failure) {
	e := &r.doc.Entries[i]
	if e.Line >= 0 {
		l := &r.doc.Lines[e.Line]
		c.ID = part(l.Key)
		if r.isComment(l) {
			return connection.Skipped, nil
		}
		err := r.p.fromText(part(l.Value), c)
		if other, again := r.repeats(e.Line); again {
			err = failure("ConnectionNotUnique", connection.ManyValues, connection.ID, r.doc.Lines[other].Key.Whole(),
				"Found multiple values for %s in %s.", l.Key.String(), r.doc.File.Path)
		}
		return status(err)
	}
	if first, aliased := r.survey.firstUse[e.Node.Span().Start]; aliased && first != i && only(e.Node).Kind() == syntax.Mapping {
		id := r.survey.key(i)
		_, _ = r.value(id, e.Node, c, o)
		at, _ := e.Node.Alias()
		owner := r.survey.key(first)
		return status(mismatch(&owner, &id, at))
	}
	return r.value(r.survey.key(i), e.Node, c, o)
}

func status(err *connection.Failure) (connection.Status, *connection.Failure) {
	if err != nil {
		return connection.Failed, err
	}
	return connection.Loaded, nil
}

// value makes the connection of one id out of its value in the file.
func (r *fileReader) value(id connection.Value, n syntax.Node, c *connection.Connection, o *object) (connection.Status, *connection.Failure) {
	c.ID = id
	if n.Kind() == syntax.Sequence || n.Kind() == syntax.OrderedMap {
		item := only(n)
		switch {
		case item.IsZero() || n.Kind() == syntax.OrderedMap && isEmpty(n):
			return connection.Skipped, nil
		case n.Kind() == syntax.OrderedMap && n.Len() == 1:
			return status(badValueType(n, "<class 'tuple'>"))
		case item == n:
			return status(failure("ConnectionNotUnique", connection.ManyValues, connection.NoField, n.Span(), "Found multiple values for %s in %s.", id.Str(), r.doc.File.Path))
		}
		n = item
	}
	switch n.Kind() {
	case syntax.String:
		return status(r.p.fromText(ValueOf(n), c))
	case syntax.Mapping:
		*o = objectOf(n)
		illegal := r.p.legal(o, id)
		failed := first(r.p.identify(id, c), r.p.construct(o, c))
		return status(first(illegal, failed))
	}
	v := ValueOf(n)
	return status(badValueType(n, className(&v)))
}

func badValueType(n syntax.Node, class string) *connection.Failure {
	return failure("AirflowException", connection.BadValueType, connection.NoField, n.Span(),
		"Unexpected value type: %s. The connection can only be defined using a string or object.", class)
}

// fromText is the connection of a value that is a URI; an empty one is none.
func (p *Profile) fromText(uri connection.Value, c *connection.Connection) *connection.Failure {
	if err := p.identify(c.ID, c); err != nil {
		return err
	}
	if !uri.Truthy() {
		c.URI = uri
		return nil
	}
	return p.fromURI(uri, c)
}

// legal checks the keys of an object (_create_connection).
func (p *Profile) legal(o *object, id connection.Value) *connection.Failure {
	if o.has(keyTeamName) && !p.Has(AllowsTeamName) || len(o.other) > 0 {
		return p.illegalKeys(o)
	}
	if o.has(keyExtra) && o.has(keyExtraDejson) {
		return failure("AirflowException", connection.MixedExtra, connection.Extra, o.node[keyExtraDejson].Span(),
			"The extra and extra_dejson parameters are mutually exclusive. Please provide only one parameter.")
	}
	if o.has(keyConnID) {
		if held := ValueOf(o.node[keyConnID]); valueID(&held) != valueID(&id) {
			return mismatch(&held, &id, held.Span())
		}
	}
	return nil
}

// mismatch is the refusal of an object that holds another id than its key. The
// message has the two the wrong way round.
func mismatch(held, id *connection.Value, at source.Span) *connection.Failure {
	return failure("AirflowException", connection.MismatchedID, connection.ID, at,
		"Mismatch conn_id. The dictionary key has the value: %s. The item has the value: %s.", held.Str(), id.Str())
}

// legalKeys are the keys that an object may have, sorted.
var legalKeys = [...]string{"conn_id", "conn_type", "description", "extra", "extra_dejson", "host", "login", "password", "port", "schema", "team_name", "uri"}

func (p *Profile) illegalKeys(o *object) *connection.Failure {
	at := o.teamKey
	var names []string
	if !at.IsZero() && !p.Has(AllowsTeamName) {
		names = append(names, "team_name")
	}
	for i, n := range o.other {
		if i == 0 {
			at = n
		}
		v := ValueOf(n)
		if v.Kind != connection.Text {
			return failure("TypeError", connection.IllegalKey, connection.NoField, n.Span(), "sequence item %d: expected str instance, %s found", i, v.Kind.Class())
		}
		if !slices.Contains(names, v.Text.Peek()) {
			names = append(names, v.Text.Peek())
		}
	}
	// Python prints two sets, in no order that could be foretold.
	slices.Sort(names)
	var legal []string
	for _, name := range legalKeys {
		if name != "team_name" || p.Has(AllowsTeamName) {
			legal = append(legal, python.Repr(name))
		}
	}
	return failure("AirflowException", connection.IllegalKey, connection.NoField, at.Span(),
		"The object have illegal keys: %s. The dictionary can only contain the following keys: {%s}", strings.Join(names, ", "), strings.Join(legal, ", "))
}
