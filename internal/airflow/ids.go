package airflow

import (
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// idMarks may stand in an id beside letters and digits.
const idMarks = "#!()-.:/\\"

const (
	maxID  = 250 // CONN_ID_MAX_LEN of models/connection.py
	maxKey = 200 // what `connections import` hands to validate_key
)

// identify sets the ids of a connection: the one that it is asked by and, where
// that differs, the one that the object holds (sanitize_conn_id).
func (p *Profile) identify(id connection.Value, c *connection.Connection) *connection.Failure {
	c.ID = id
	s := id.Text.Peek()
	if id.Kind == connection.Text && len(s) <= maxID && idOf(s, isASCIIWord, idMarks) || !p.Has(SanitisesID) {
		return nil
	}
	if id.Kind == connection.Text && utf8.RuneCountInString(s) <= maxID {
		word := isWord
		if p.Has(RE2) {
			word = isASCIIWord
			if err := encodable(&id, connection.ID); err != nil {
				return err
			}
		} else {
			s = strings.TrimSuffix(s, "\n")
		}
		if idOf(s, word, idMarks) {
			if len(s) != id.Text.Len() {
				c.HoldsOther = true
				c.HeldID = id
				c.HeldID.Text = secret.New(s)
			}
			return nil
		}
	}
	c.HoldsOther = id.Kind != connection.Absent
	return nil
}

// idOf reports whether a text is not empty and made of word characters and those
// of marks.
func idOf(s string, word func(rune) bool, marks string) bool {
	for i := 0; i < len(s); {
		r, n := python.DecodeRune(s[i:])
		if !word(r) && !strings.ContainsRune(marks, r) {
			return false
		}
		i += n
	}
	return s != ""
}

// isPlainKey reports whether every release takes an id for a key.
func isPlainKey(id *connection.Value) bool {
	s := id.Text.Peek()
	return id.Kind == connection.Text && len(s) <= maxKey && idOf(s, isASCIIWord, ".-") && !strings.Contains(s, "..")
}

// checkKey is airflow.utils.helpers.validate_key of an id.
func (p *Profile) checkKey(id *connection.Value) *connection.Failure {
	fail := func(class, format string, args ...any) *connection.Failure {
		return failure(class, connection.BadID, connection.ID, id.Span(), format, args...)
	}
	s := id.Text.Peek()
	switch {
	case id.Kind != connection.Text:
		return fail("TypeError", "The key has to be a string and is %s:%s", className(id), id.Str())
	case utf8.RuneCountInString(s) > maxKey && p.Has(KeyErrorHasKey):
		return fail("AirflowException", "The key: %s has to be less than %d characters", s, maxKey)
	case utf8.RuneCountInString(s) > maxKey:
		return fail("AirflowException", "The key has to be less than %d characters", maxKey)
	case !idOf(strings.TrimSuffix(s, "\n"), isWord, ".-"):
		return fail("AirflowException", "The key %s has to be made of alphanumeric characters, dashes, dots and underscores exclusively", python.Repr(s))
	case strings.Contains(s, "..") && p.Has(KeyNoDots):
		return fail("AirflowException", "The key %s must not contain consecutive dots ('..') to prevent path traversal", python.Repr(s))
	}
	return nil
}

// isTeamID reports whether an id has the form _team___x.
func isTeamID(id string) bool {
	if !strings.HasPrefix(id, "_") {
		return false
	}
	team, rest, ok := strings.Cut(id[1:], "___")
	return ok && team != "" && rest != ""
}
