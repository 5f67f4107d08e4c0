// Package secret keeps values that may be secrets from being shown. It is a
// leaf: everything may use it, it uses nothing.
package secret

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Mask is what is shown instead of a secret.
const Mask = "***"

// Text is a value out of a connection. Whatever prints it (fmt, encoding/json,
// log/slog) prints [Mask]; an empty one is shown empty. Not only passwords are
// Texts: tokens turn up in logins, hosts, schemas and ids.
type Text struct{ s string }

// New makes a Text.
func New(s string) Text { return Text{s} }

// Len is the number of bytes.
func (t Text) Len() int { return len(t.s) }

// Peek is the value, for judging it. What is peeked at is never shown: showing
// goes through a masking function ([Text.String], a report's own).
func (t Text) Peek() string { return t.s }

// Reveal is the value, for showing or sending it. There are two callers: inspect
// when the user asked for secrets, and the header of the live test.
func (t Text) Reveal() string { return t.s }

// String is the mask.
func (t Text) String() string {
	if t.s == "" {
		return ""
	}
	return Mask
}

// GoString is the mask.
func (t Text) GoString() string { return t.String() }

// Format prints the mask for every verb.
func (t Text) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		fmt.Fprintf(f, "%q", t.String())
		return
	}
	_, _ = io.WriteString(f, t.String())
}

// MarshalText is the mask.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON is the mask.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// LogValue is the mask.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Redact is a text with everything masked that [Scan] takes for a secret.
func Redact(s string) string {
	at := 0
	out := ""
	for _, r := range Scan(s) {
		out += s[at:r[0]] + Mask
		at = r[1]
	}
	if at == 0 {
		return s
	}
	return out + s[at:]
}

// IsMask reports whether stars stand for a value, as records and masked exports
// have them.
func IsMask(s string) bool { return s != "" && strings.Trim(s, "*") == "" }
