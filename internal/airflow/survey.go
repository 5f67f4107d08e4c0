package airflow

import (
	"runtime"
	"strings"
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Survey is what is the same for all versions of Airflow that read a file. In an
// export nearly every connection is plain: texts, a port, an extra that is an
// object. No version makes anything else of such a one, so it need not be read by
// each of them.
type Survey struct {
	doc *export.Document
	// plain entries are loaded, and imported, alike by every version.
	plain []bool
	// overridden entries, each with the one of the same id that wins.
	overridden [][2]int
	// spelled is the entry whose key the dict kept for one that took its place: of
	// `1` and a later `1.0` the key is 1, and the value that of 1.0.
	spelled map[int]int
}

// Examine looks at a file of the local filesystem backend once for all versions.
func Examine(doc *export.Document) *Survey {
	s := &Survey{doc: doc}
	if doc.Tree == nil {
		return s
	}
	n := len(doc.Entries)
	if doc.Format == export.AirflowJSON {
		s.plain = make([]bool, n)
		const share = 5000
		parts := max(1, min(runtime.GOMAXPROCS(0), n/share))
		var wg sync.WaitGroup
		for part := range parts {
			wg.Go(func() {
				for i := part * n / parts; i < (part+1)*n/parts; i++ {
					s.plain[i] = isPlain(&doc.Entries[i])
				}
			})
		}
		defer wg.Wait()
	}
	last := make(map[string]int, n)
	for i := range doc.Entries {
		id := dictKey(doc.Entries[i].Key)
		if j, again := last[id]; again {
			s.overridden = append(s.overridden, [2]int{j, i})
			if doc.Entries[i].Key.Kind() != syntax.String {
				s.spell(j, i)
			}
		}
		last[id] = i
	}
	return s
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

// override marks the entries whose id a later one has, too.
func (s *Survey) override(out *connection.Reading) {
	for _, o := range s.overridden {
		out.Outcomes[o[0]] = connection.Outcome{Status: connection.Overridden, By: o[1]}
	}
	out.Plain = s.plain
}

// isPlain reports whether entry i is read alike by all versions.
func (s *Survey) isPlain(i int) bool { return i < len(s.plain) && s.plain[i] }

// unquoted is a string without escapes.
func unquoted(n syntax.Node) string {
	raw := n.Raw()
	return raw[1 : len(raw)-1]
}
