// Package conntype is the registry of connection types that Airflow's official
// providers bring, with what people write instead of them.
package conntype

import (
	"sort"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/near"
)

//go:generate go run ./gen ../../../shared/data/connection-types.json registry.go

// Type is a connection type of a provider.
type Type struct {
	// ID is what stands in conn_type.
	ID string
	// Name is what the form shows.
	Name string
	// Provider is the package that brings the hook.
	Provider string
	// Removed is set for a type that no current provider has; ReplacedBy is the
	// type that took its place, if one did.
	Removed    bool
	ReplacedBy string
	// FormPrefix stood before the names of the form's fields in extra, up to Airflow
	// 2.2: extra__FormPrefix__name; empty for a type that never had it. PlainSince
	// is the first release of the provider that reads the plain name before it.
	FormPrefix, PlainSince string
	// SecretKeys are the keys of extra whose values are secrets.
	SecretKeys []string
}

// Lookup finds a type by its id, to the letter. A removed one is found, too.
func Lookup(id string) (*Type, bool) {
	i := sort.Search(len(types), func(i int) bool { return types[i].ID >= id })
	if i == len(types) || types[i].ID != id {
		return nil, false
	}
	return &types[i], true
}

// Normalise is what Airflow makes of the type of a URI (whose scheme is lower
// case already) or of a JSON value. Source: airflow.models.connection,
// Connection._normalize_conn_type.
func Normalise(s string) string {
	if s == "postgresql" {
		return "postgres"
	}
	return strings.ReplaceAll(s, "-", "_")
}

// Reason says why a type is suggested.
type Reason uint8

// The reasons.
const (
	NoSuggestion  Reason = iota
	DisplayName          // what the form shows: Amazon Web Services
	Spelling             // another case, hyphens or blanks
	UsualMistake         // a word that many people write: mongodb
	Typo                 // a letter or two off
	FormerlyNamed        // renamed or removed
)

// Suggest finds the type that is meant by a text that is none.
func Suggest(s string) (id string, why Reason) {
	plain := Fold(s)
	for i := range types {
		if t := &types[i]; !t.Removed && t.Name != "" && strings.EqualFold(t.Name, strings.TrimSpace(s)) {
			return t.ID, DisplayName
		}
	}
	for i := range types {
		if t := &types[i]; !t.Removed && Fold(t.ID) == plain {
			return t.ID, Spelling
		}
	}
	for _, m := range mistakes {
		if Fold(m[0]) == plain {
			return m[1], UsualMistake
		}
	}
	// A short word is near to many; one that is a known id and digits, or a known
	// id and a further word, names a hook of somebody's own.
	if len(plain) < 5 || strings.ContainsAny(plain, "0123456789") {
		return "", NoSuggestion
	}
	best, most := "", 1
	if len(plain) > 8 {
		most = 2
	}
	for i := range types {
		t := &types[i]
		if t.Removed || len(t.ID) < 5 {
			continue
		}
		if d := near.Distance(plain, Fold(t.ID)); d <= most {
			best, most = t.ID, d-1
		}
	}
	if best == "" {
		return "", NoSuggestion
	}
	return best, Typo
}

// Fold drops what people vary in a type's name: case, and what stands between
// words.
func Fold(s string) string {
	b := make([]byte, 0, 32)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '_' || c == '-' || c == ' ' || c == '.':
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// Known reports whether a type is or was a provider's.
func Known(id string) bool {
	_, ok := Lookup(id)
	return ok
}
