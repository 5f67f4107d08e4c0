// Package source holds what was read and where every decoded character of it
// stands. A [File] is the bytes of one input; a [Text] is a string decoded from
// them that still knows, through every layer of quoting, which bytes it is made
// of. Nothing here knows a format.
package source

import (
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// Span is a half-open range of byte offsets in a file.
type Span struct {
	Start, End int
}

// Len is the number of bytes in the span.
func (s Span) Len() int { return s.End - s.Start }

// Overlaps reports whether the spans share a byte. An empty span overlaps what
// contains or touches it.
func (s Span) Overlaps(o Span) bool {
	if s.Start == s.End || o.Start == o.End {
		return s.Start <= o.End && o.Start <= s.End
	}
	return s.Start < o.End && o.Start < s.End
}

// Contains reports whether o lies within s.
func (s Span) Contains(o Span) bool { return s.Start <= o.Start && o.End <= s.End }

// Position is a place as people count it: a line and a column, both from 1. The
// column counts Unicode code points; a byte that is not UTF-8 counts as one.
type Position struct {
	Offset int // bytes from the start of the file, from 0
	Line   int
	Column int
}

// File is one input, read whole.
type File struct {
	// Path as it is shown: with slashes, relative as it was named.
	Path string
	// Data is the content. It is a string because decoded values alias it.
	Data string
	// Piped is set for standard input: the path is but what it is called.
	Piped bool

	filled *Text // see Fill

	once   sync.Once
	starts []uint32 // offset of each line's first byte

	mu    sync.Mutex
	known [4]Position // where recent questions ended: most come in order, some return
	next  int         // of these to be forgotten
}

// Text is the whole content as a Text: every offset is its own.
func (f *File) Text() Text {
	if f.filled != nil {
		return *f.filled
	}
	return Text{s: f.Data}
}

// Fill puts the values of variables into the text of the file for ${NAME}; what has
// no value stays. The places of the text stay those of the file, whose bytes do not
// change.
func (f *File) Fill(getenv func(string) string) {
	b := NewBuilder(Text{s: f.Data}, func(s string) (string, bool) { return s, false })
	from := 0
	for i := 0; ; {
		j := strings.Index(f.Data[i:], "${")
		if j < 0 {
			break
		}
		i += j + len("${")
		n := strings.IndexByte(f.Data[i:], '}')
		if n < 0 {
			break
		}
		if name := f.Data[i : i+n]; isVariable(name) {
			if value := getenv(name); value != "" {
				b.Copy(from, i-len("${"))
				b.Put(i-len("${"), i+n+1, value)
				from = i + n + 1
			}
		}
	}
	if from > 0 {
		b.Copy(from, len(f.Data))
		text := b.Text()
		f.filled = &text
	}
}

// isVariable reports whether a text is the name of a variable of the environment.
func isVariable(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// Position of a byte offset. Offsets beyond the end are taken as the end; one
// within a character has the character's column.
func (f *File) Position(off int) Position {
	off = max(0, min(off, len(f.Data)))
	f.once.Do(f.index)
	asked := off
	off = f.charStart(off)
	line := sort.Search(len(f.starts), func(i int) bool { return int(f.starts[i]) > off })
	f.mu.Lock()
	defer f.mu.Unlock()
	// A single line may be 100 MB long and hold many findings, each of which
	// refers to the same place before it.
	from, used := Position{int(f.starts[line-1]), line, 1}, -1
	for i, p := range f.known {
		if p.Line == line && from.Offset <= p.Offset && p.Offset <= off {
			from, used = p, i
		}
	}
	if used < 0 {
		used = f.next
		f.next = (f.next + 1) % len(f.known)
	}
	col := from.Column + utf8.RuneCountInString(f.Data[from.Offset:off])
	f.known[used] = Position{off, line, col}
	return Position{asked, line, col}
}

// charStart is the offset of the character that the byte at off belongs to.
func (f *File) charStart(off int) int {
	for i := off - 1; i >= 0 && i > off-utf8.UTFMax; i-- {
		if !utf8.RuneStart(f.Data[i]) {
			continue
		}
		if _, n := utf8.DecodeRuneInString(f.Data[i:]); i+n > off {
			return i
		}
		break
	}
	return off
}

// Lines is the number of lines; an empty file has one.
func (f *File) Lines() int {
	f.once.Do(f.index)
	return len(f.starts)
}

// Line is the span of a line's content, counted from 1, without its line end.
func (f *File) Line(n int) Span {
	f.once.Do(f.index)
	if n < 1 || n > len(f.starts) {
		return Span{len(f.Data), len(f.Data)}
	}
	start, end := int(f.starts[n-1]), len(f.Data)
	if n < len(f.starts) {
		end = int(f.starts[n])
	}
	for end > start && (f.Data[end-1] == '\n' || f.Data[end-1] == '\r') {
		end--
	}
	return Span{start, end}
}

// index finds the lines: they end at LF, CRLF or a lone CR.
func (f *File) index() {
	f.starts = append(make([]uint32, 0, 1+strings.Count(f.Data, "\n")), 0)
	s := f.Data
	next := func(s string) int { return strings.IndexAny(s, "\r\n") }
	if strings.IndexByte(s, '\r') < 0 {
		next = func(s string) int { return strings.IndexByte(s, '\n') } // much faster
	}
	for i := 0; i < len(s); {
		j := next(s[i:])
		if j < 0 {
			break
		}
		i += j + 1
		if s[i-1] == '\r' && i < len(s) && s[i] == '\n' {
			i++
		}
		f.starts = append(f.starts, uint32(i))
	}
}
