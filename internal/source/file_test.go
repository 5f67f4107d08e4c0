package source

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPosition(t *testing.T) {
	const data = "ab\ncé\r\n\r\r\n\n😀x\xff\xffy\rlast"
	for _, c := range []struct{ off, line, col int }{
		{-1, 1, 1}, {0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {4, 2, 2}, {5, 2, 2}, {6, 2, 3}, {7, 2, 4}, {8, 3, 1}, {9, 4, 1}, {11, 5, 1},
		{12, 6, 1}, {15, 6, 1}, {16, 6, 2}, {17, 6, 3}, {18, 6, 4}, {19, 6, 5}, {20, 6, 6}, {21, 7, 1}, {25, 7, 5}, {99, 7, 5},
	} {
		f := &File{Data: data}
		if p := f.Position(c.off); p.Line != c.line || p.Column != c.col {
			t.Errorf("offset %d is at %d:%d, want %d:%d", c.off, p.Line, p.Column, c.line, c.col)
		}
	}
	f := &File{Data: data}
	if f.Lines() != 7 || f.Line(2) != (Span{3, 6}) || f.Line(3) != (Span{8, 8}) || f.Line(7) != (Span{21, 25}) || f.Line(8) != (Span{25, 25}) || f.Line(0) != (Span{25, 25}) {
		t.Errorf("%d lines; the second %v, the third %v, the last %v", f.Lines(), f.Line(2), f.Line(3), f.Line(7))
	}
	if empty := (&File{}); empty.Lines() != 1 || empty.Position(0) != (Position{0, 1, 1}) || empty.Line(1) != (Span{}) {
		t.Error("an empty file has one empty line")
	}
}

// TestPositionAgainstSlowCount asks in random order, which must not matter, on
// texts with all line ends and with bytes that are not UTF-8.
func TestPositionAgainstSlowCount(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"a", "é", "😀", "\n", "\r", "\r\n", "\xff", "\xc3", "\x80", "\t", "\u2028"}
	for range 300 {
		var b strings.Builder
		for range r.IntN(30) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		f := &File{Data: b.String()}
		for range 40 {
			off := r.IntN(len(f.Data) + 1)
			line, col := slowPosition(f.Data, off)
			if p := f.Position(off); p.Line != line || p.Column != col || p.Offset != off {
				t.Fatalf("%q: offset %d is at %v, want %d:%d", f.Data, off, p, line, col)
			}
		}
	}
}

func slowPosition(s string, off int) (line, col int) {
	line, col = 1, 1
	for i := 0; i < off; {
		_, n := utf8.DecodeRuneInString(s[i:])
		if i+n > off {
			break
		}
		switch {
		case s[i] == '\n', s[i] == '\r' && (i+1 == len(s) || s[i+1] != '\n'):
			line, col = line+1, 1
		default:
			col++
		}
		i += n
	}
	return line, col
}

func TestPositionOnOneLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("100 MB")
	}
	f := &File{Data: strings.Repeat("é", 50<<20)}
	for off := 0; off < len(f.Data); off += len(f.Data) / 5000 {
		if p := f.Position(off); p.Line != 1 || p.Column != off/2+1 {
			t.Fatalf("offset %d is at %v", off, p)
		}
	}
}

func TestSpanOverlaps(t *testing.T) {
	for _, c := range []struct {
		a, b Span
		want bool
	}{
		{Span{1, 3}, Span{3, 5}, false}, {Span{1, 4}, Span{3, 5}, true}, {Span{3, 3}, Span{3, 5}, true}, {Span{5, 5}, Span{3, 5}, true},
		{Span{6, 6}, Span{3, 5}, false}, {Span{2, 2}, Span{2, 2}, true},
	} {
		if c.a.Overlaps(c.b) != c.want || c.b.Overlaps(c.a) != c.want {
			t.Errorf("%v and %v: %v", c.a, c.b, !c.want)
		}
	}
}
