package airflow

import (
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/repeat"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Survey is what all profiles that are to read a document make of its entries.
// Profiles that would give the same answers to what an entry asks of them share a
// verdict: most entries ask nothing, and are read once for all.
type Survey struct {
	doc *export.Document
	// plain entries ask nothing; that can be seen without reading them.
	plain    []bool
	verdicts [][]verdict // of the other entries
	refusals []verdict   // of the document, before its entries are looked at
	asked    Flag        // by anything in the document
	// overridden entries, each with the one of the same id that wins, and the order
	// in which a dict has the entries; nil where it is theirs.
	overridden [][2]int
	order      []int
	// spelled is the entry whose key the dict kept for one that took its place: of
	// `1` and a later `1.0` the key is 1, and the value that of 1.0.
	spelled map[int]int
	// again is the line that repeats the key of an earlier one, by the earlier; the
	// second is that of an RE2 to which some comments are none.
	again         [2]map[int]int
	spaceComments bool
	// firstUse is the entry through which an aliased object was loaded first, by
	// the place of the object. Loading it writes the id into it.
	firstUse map[int]int
}

// verdict is what profiles that give the same answers make of an entry.
type verdict struct {
	asked, had Flag // what was asked, and what of it was answered with yes
	status     connection.Status
	failure    *connection.Failure
	row        *row // nil: the entry is imported as it is read
	further    []connection.Refused
}

// plainVerdict is that of a plain entry.
var plainVerdict verdict

// Examine has the profiles read the entries of a document.
func Examine(doc *export.Document, profiles ...Profile) *Survey {
	s := &Survey{doc: doc, verdicts: make([][]verdict, len(doc.Entries))}
	s.noteIDs()
	if s.isFile() {
		s.noteKeys()
		s.noteAliases()
		for _, p := range profiles {
			if find(s.refusals, p) == nil {
				v, out := verdict{}, connection.Reading{}
				p.asked = &v.asked
				v.failure = (&fileReader{&p, doc, s}).unreadable(&out)
				v.further = out.Further
				v.had = p.flags & v.asked
				s.refusals = append(s.refusals, v)
				s.asked |= v.asked
			}
		}
	}
	if doc.Format == export.AirflowJSON && doc.Tree != nil {
		s.plain = make([]bool, len(doc.Entries))
	}
	const share = 2000
	n := len(doc.Entries)
	parts := max(1, min(runtime.GOMAXPROCS(0), n/share))
	judges := make([]judge, parts)
	var wg sync.WaitGroup
	for part := range judges {
		j := &judges[part]
		j.Survey = s
		entries := func() {
			for i := part * n / parts; i < (part+1)*n/parts; i++ {
				j.entry(i, profiles)
			}
		}
		if parts == 1 {
			entries()
			break
		}
		wg.Go(entries)
	}
	wg.Wait()
	for i := range judges {
		s.asked |= judges[i].all
	}
	return s
}

// Key is what of a profile matters to the document: profiles with one key get the
// same readings. Before a document is examined, all matters.
func (s *Survey) Key(p Profile) Profile {
	if s != nil {
		p.flags &= s.asked
	}
	return p
}

// isFile reports whether the document is a file of the local filesystem backend.
func (s *Survey) isFile() bool {
	switch s.doc.Format {
	case export.AirflowValue, export.AirflowURI, export.Dotenv:
		return false
	}
	return true
}

// judge reads entries for a survey. What it works on is used again.
type judge struct {
	*Survey
	asked, all Flag
	conn       connection.Connection
	object     object
}

// entry reads an entry as often as its profiles make a difference.
func (j *judge) entry(i int, profiles []Profile) {
	if j.plain != nil {
		if j.plain[i] = isPlain(&j.doc.Entries[i]); j.plain[i] {
			return
		}
	}
	for _, p := range profiles {
		if find(j.verdicts[i], p) == nil {
			v := j.read(i, p)
			j.verdicts[i] = append(j.verdicts[i], v)
			if j.all |= v.asked; v.asked == 0 {
				break
			}
		}
	}
}

// read reads an entry as one profile does.
func (j *judge) read(i int, p Profile) verdict {
	j.asked = 0
	p.asked = &j.asked
	j.conn.Reset()
	var v verdict
	if j.isFile() {
		v.status, v.failure = (&fileReader{&p, j.doc, j.Survey}).entry(i, &j.conn, &j.object)
		if v.status == connection.Loaded {
			v.row = p.rowOf(&j.conn)
		}
	} else if !p.variable(j.doc, i, &j.conn) || j.doc.NeverRead(i) {
		v.status = connection.Skipped
	} else if j.conn.Failure != nil {
		v.status, v.failure = connection.Failed, j.conn.Failure
	}
	v.asked, v.had = j.asked, p.flags&j.asked
	return v
}

// find is the verdict that holds for a profile.
func find(verdicts []verdict, p Profile) *verdict {
	for i := range verdicts {
		if v := &verdicts[i]; p.flags&v.asked == v.had {
			return v
		}
	}
	return nil
}

// verdict is what a profile makes of an entry.
func (s *Survey) verdict(i int, p Profile) *verdict {
	if s.isPlain(i) {
		return &plainVerdict
	}
	if v := find(s.verdicts[i], p); v != nil {
		return v
	}
	j := judge{Survey: s}
	v := j.read(i, p) // nobody had said that it would be asked for
	return &v
}

// alike numbers what is held of an entry, see [connection.Reading].
func (s *Survey) alike(i int, p Profile, imported bool) int {
	if s.isPlain(i) {
		return 1
	}
	for n := range s.verdicts[i] {
		v := &s.verdicts[i][n]
		if p.flags&v.asked != v.had {
			continue
		}
		if imported && v.row != nil && v.row.coerced {
			return 3 + 2*n
		}
		return 2 + 2*n
	}
	return 0
}

// noteIDs finds the entries whose id a later one has, too.
func (s *Survey) noteIDs() {
	if s.isFile() && s.doc.Tree == nil {
		return // an env file refuses that
	}
	last := map[int]int{} // of those with one id, by the first
	again := func(first, i int) {
		j, known := last[first]
		if !known {
			j = first
		}
		last[first] = i
		s.overridden = append(s.overridden, [2]int{j, i})
		if key := s.doc.Entries[i].Key; !key.IsZero() && key.Kind() != syntax.String {
			s.spell(j, i)
		}
	}
	if s.doc.Format == export.AirflowYAML { // whose keys are not all texts
		repeat.Each(len(s.doc.Entries), func(i int) (string, bool) { return dictKey(s.doc.Entries[i].Key), true }, again)
	} else {
		for _, ids := range s.doc.Repeated() {
			again(ids[0], ids[1])
		}
	}
	if len(s.overridden) == 0 {
		return
	}
	// One that took another's place stands where that stood.
	moved := make(map[int]int, len(s.overridden))
	for _, o := range s.overridden {
		moved[o[0]] = o[1]
	}
	where := map[int]int{}
	for i := range s.doc.Entries {
		at, is := where[i]
		if !is {
			at = len(s.order)
			s.order = append(s.order, i)
		}
		s.order[at] = i
		if by, is := moved[i]; is {
			where[by] = at
		}
	}
}

// inOrder are the entries in the order in which a dict has them; of those with
// one id the last.
func (s *Survey) inOrder() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range s.doc.Entries {
			if s.order != nil {
				if i == len(s.order) {
					return
				}
				i = s.order[i]
			}
			if !yield(i) {
				return
			}
		}
	}
}

// noteKeys finds the lines of an env file whose key is there again.
func (s *Survey) noteKeys() {
	if s.doc.Format != export.AirflowEnv {
		return
	}
	note := func(commentsCount bool) map[int]int {
		again := map[int]int{}
		first := make(map[string]int, len(s.doc.Lines))
		for i := range s.doc.Lines {
			l := &s.doc.Lines[i]
			s.spaceComments = s.spaceComments || l.SpaceComment
			if l.SpaceComment && !commentsCount {
				continue
			}
			j, seen := first[l.Key.String()]
			if !seen {
				first[l.Key.String()] = i
			} else if _, known := again[j]; !known {
				again[j] = i
			}
		}
		return again
	}
	if s.again[0] = note(false); s.spaceComments {
		s.again[1] = note(true)
	}
}

func (s *Survey) noteAliases() {
	aliased := slices.ContainsFunc(s.doc.Entries, func(e export.Entry) bool {
		if e.Node.IsZero() {
			return false
		}
		_, is := e.Node.Alias()
		return is
	})
	if !aliased {
		return
	}
	s.firstUse = map[int]int{}
	for i := range s.doc.Entries {
		at := s.doc.Entries[i].Node.Span().Start
		if _, again := s.firstUse[at]; !again {
			s.firstUse[at] = i
		}
	}
}

// spell notes that entry i stands under the key of entry j.
func (s *Survey) spell(j, i int) {
	if s.spelled == nil {
		s.spelled = map[int]int{}
	}
	if first, ok := s.spelled[j]; ok {
		j = first
	}
	s.spelled[i] = j
}

// key is the id under which entry i is loaded.
func (s *Survey) key(i int) connection.Value {
	if first, ok := s.spelled[i]; ok {
		i = first
	}
	return ValueOf(s.doc.Entries[i].Key)
}

// isPlain reports whether an entry is one that no version reads otherwise. It may
// err towards no.
func isPlain(e *export.Entry) bool {
	if !isPlainID(e.Key) || e.Node.Kind() != syntax.Mapping {
		return false
	}
	var seen [noKey + 1]bool
	for k, v := range e.Node.Written() {
		name := nameOf(k)
		if seen[name] {
			return false
		}
		seen[name] = true
		switch name {
		case keyType:
			if v.Kind() != syntax.String || len(v.Raw()) < 3 || hasCodePoints(v) {
				return false
			}
		case keyHost, keyLogin, keyPassword, keySchema, keyDescription:
			if v.Kind() != syntax.Null && v.Kind() != syntax.String || hasCodePoints(v) {
				return false
			}
		case keyPort:
			const digits = 5
			if v.Kind() != syntax.Null && (v.Kind() != syntax.Int || len(v.Raw()) > digits) {
				return false
			}
		case keyExtra:
			if !isPlainExtra(v) {
				return false
			}
		default:
			return false
		}
	}
	return seen[keyType]
}

// isPlainID reports whether every check of ids takes an id.
func isPlainID(n syntax.Node) bool {
	if n.Kind() != syntax.String {
		return false
	}
	id := unquoted(n)
	for i := range len(id) {
		c := id[i]
		if c != '_' && c != '-' && (c != '.' || i > 0 && id[i-1] == '.') && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	const longest = 200
	return id != "" && len(id) <= longest
}

// hasCodePoints reports whether a string has escapes by which it could hold what
// is no text: surrogates, NUL.
func hasCodePoints(n syntax.Node) bool { return strings.Contains(n.Raw(), `\u`) }

// isPlainExtra reports whether extra is nothing, or the text of a shallow object.
func isPlainExtra(n syntax.Node) bool {
	switch {
	case n.Kind() == syntax.Null:
		return true
	case n.Kind() != syntax.String || hasCodePoints(n):
		return false
	case len(n.Raw()) == len(`""`):
		return true
	}
	const deepest = 50
	tree, err := syntax.ParseJSON(n.Text())
	return err == nil && tree.Root().Kind() == syntax.Mapping && tree.Depth() <= deepest
}

// outcomes are what becomes of the entries by themselves.
func (s *Survey) outcomes(p Profile) []connection.Outcome {
	list := make([]connection.Outcome, len(s.doc.Entries))
	for i := range list {
		if v := s.verdict(i, p); v != &plainVerdict {
			list[i].Status, list[i].Failure = v.status, v.failure
		}
	}
	for _, o := range s.overridden {
		list[o[0]] = connection.Outcome{Status: connection.Overridden, By: o[1]}
	}
	return list
}

// isPlain reports whether entry i is read alike by all versions.
func (s *Survey) isPlain(i int) bool { return i < len(s.plain) && s.plain[i] }

// id is the text of an entry's id, and its place.
func (s *Survey) id(i int) (string, source.Span) {
	e := &s.doc.Entries[i]
	if e.Line >= 0 {
		key := s.doc.Lines[e.Line].Key
		return key.String(), key.Whole()
	}
	v := ValueOf(e.Key)
	return v.Str(), v.Span()
}

// unquoted is a string without escapes.
func unquoted(n syntax.Node) string {
	raw := n.Raw()
	return raw[1 : len(raw)-1]
}
