package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// stream writes JSON piece by piece, so that no report is ever held whole.
type stream struct {
	w     *bufio.Writer
	depth int
	empty bool // nothing stands in what was opened last
	keyed bool // a key was written, and waits for its value
	err   error

	raw, laid bytes.Buffer
}

func newStream(w io.Writer) *stream { return &stream{w: bufio.NewWriter(w)} }

// open begins an object or a list, by its bracket.
func (s *stream) open(bracket byte) {
	s.before()
	s.w.WriteByte(bracket)
	s.depth++
	s.empty = true
}

// close ends it.
func (s *stream) close(bracket byte) {
	s.depth--
	if !s.empty {
		s.line()
	}
	s.w.WriteByte(bracket)
	s.empty = false
	if s.depth == 0 {
		s.w.WriteByte('\n')
	}
}

// key is that of an object's next member.
func (s *stream) key(name string) *stream {
	s.before()
	fmt.Fprintf(s.w, "%q: ", name)
	s.keyed = true
	return s
}

// value is the next member's, or a list's next.
func (s *stream) value(v any) {
	s.before()
	s.raw.Reset()
	s.laid.Reset()
	if err := s.encode(v); err != nil {
		return
	}
	if err := json.Indent(&s.laid, s.raw.Bytes(), strings.Repeat("  ", s.depth), "  "); err != nil {
		s.err = err
		return
	}
	s.write(s.laid.Bytes())
	s.empty = false
}

// lineOf writes a value in a line of its own.
func (s *stream) lineOf(v any) {
	s.raw.Reset()
	if err := s.encode(v); err == nil {
		s.write(s.raw.Bytes())
		s.w.WriteByte('\n')
	}
}

// encode leaves a value in raw, without a line end.
func (s *stream) encode(v any) error {
	enc := json.NewEncoder(&s.raw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		s.err = err
		return err
	}
	s.raw.Truncate(s.raw.Len() - 1)
	return nil
}

// before puts what belongs between two elements.
func (s *stream) before() {
	switch {
	case s.keyed:
		s.keyed = false
		return
	case s.depth == 0:
		return
	case !s.empty:
		s.w.WriteByte(',')
	}
	s.line()
	s.empty = false
}

func (s *stream) line() {
	s.w.WriteByte('\n')
	for range s.depth {
		s.w.WriteString("  ")
	}
}

func (s *stream) flush() error {
	if s.err != nil {
		return s.err
	}
	return s.w.Flush()
}

// write writes JSON so that it means the same and is harmless where somebody looks
// at it: what would steer a terminal or the log of a pipeline is escaped. Such
// characters stand in texts only.
func (s *stream) write(b []byte) {
	from := 0
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '[' && bytes.HasSuffix(bytes.TrimRight(b[:i], letters), []byte("##")):
			s.copy(b[from:i])
			s.w.WriteString(`\u005b`)
			i++
			from = i
		case c < 0x7f:
			i++
		default:
			r, n := utf8.DecodeRune(b[i:])
			if !isShown(r) {
				s.copy(b[from:i])
				if r > 0xFFFF {
					hi, lo := utf16.EncodeRune(r)
					fmt.Fprintf(s.w, `\u%04x\u%04x`, hi, lo)
				} else {
					fmt.Fprintf(s.w, `\u%04x`, r)
				}
				from = i + n
			}
			i += n
		}
	}
	s.copy(b[from:])
}

func (s *stream) copy(b []byte) { _, _ = s.w.Write(b) } // Flush has the error
