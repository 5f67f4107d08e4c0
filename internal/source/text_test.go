package source_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// layer is one way to wrap a text: write puts it into other words at random, read
// takes it out again.
type layer struct {
	name  string
	write func(r *rand.Rand, s string) string
	read  func(source.Text) source.Text
}

var layers = []layer{
	{"json", writeJSON, func(t source.Text) source.Text {
		tree, err := syntax.ParseJSON(t)
		if err != nil {
			panic(err.Problem)
		}
		return tree.Root().Text()
	}},
	{"single", func(_ *rand.Rand, s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }, readSingle},
	{"percent", writePercent, readPercent},
	{"dotenv", writeDotenv, func(t source.Text) source.Text { return syntax.ParseDotenv(t)[0].Value }},
	{"slice", func(_ *rand.Rand, s string) string { return "<é" + s + "\t>" }, func(t source.Text) source.Text { return t.Slice(3, t.Len()-2) }},
}

func writeJSON(r *rand.Rand, s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c >= 0x10000 && r.IntN(2) == 0:
			fmt.Fprintf(&b, `\u%04X\u%04x`, 0xD800+(c-0x10000)>>10, 0xDC00+(c-0x10000)&0x3FF)
		case c < 0x10000 && (c < 0x20 || r.IntN(4) == 0):
			fmt.Fprintf(&b, `\u%04x`, c)
		case c == '"' || c == '\\' || c == '/' && r.IntN(2) == 0:
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + `"`
}

func readSingle(t source.Text) source.Text {
	b := source.NewBuilder(t, func(s string) (string, bool) { return strings.ReplaceAll(s, "'", "''"), true })
	s := t.String()
	b.Copy(1, 1)
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\'' {
			b.Put(i, i+2, "'")
			i++
		} else {
			b.Copy(i, i+1)
		}
	}
	return b.Text()
}

func writePercent(r *rand.Rand, s string) string {
	var b strings.Builder
	for _, c := range s {
		if c != '%' && r.IntN(4) > 0 {
			b.WriteRune(c)
			continue
		}
		for _, c := range []byte(string(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func readPercent(t source.Text) source.Text {
	b := source.NewBuilder(t, func(s string) (string, bool) { return strings.ReplaceAll(s, "%", "%25"), true })
	s := t.String()
	for i := 0; i < len(s); i++ {
		var c byte
		if s[i] != '%' {
			b.Copy(i, i+1)
		} else if _, err := fmt.Sscanf(s[i:i+3], "%%%02X", &c); err == nil {
			b.Put(i, i+3, string([]byte{c}))
			i += 2
		}
	}
	return b.Text()
}

func writeDotenv(_ *rand.Rand, s string) string {
	return `X="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\n", `\n`).Replace(s) + `" # comment`
}

func randomText(r *rand.Rand) string {
	const alphabet = "ab:/@ \t'\"\\%#$\n\u0001éß€😀{}"
	runes := []rune(alphabet)
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}

// TestSpanAndReplaceAreInverse wraps texts in up to four layers. What is put at a
// range reads there afterwards, and the bytes of a range's span are enough to
// read it.
func TestSpanAndReplaceAreInverse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		value := randomText(r)
		file, names := value, ""
		var chain []layer
		for range 1 + r.IntN(4) {
			l := layers[r.IntN(len(layers))]
			file = l.write(r, file)
			chain = append(chain, l)
			names = l.name + " > " + names
		}
		read := func(data string) source.Text {
			text := (&source.File{Data: data}).Text()
			for i := len(chain) - 1; i >= 0; i-- {
				text = chain[i].read(text)
			}
			return text
		}
		text := read(file)
		if text.String() != value {
			t.Fatalf("%s: %q was read as %q from %q", names, value, text.String(), file)
		}
		i := boundary(value, r.IntN(len(value)+1))
		j := boundary(value, i+r.IntN(len(value)-i+1))
		with := randomText(r)
		edit, ok := text.Replace(i, j, with)
		if !ok {
			t.Fatalf("%s: cannot write %q", names, with)
		}
		want := value[:i] + with + value[j:]
		if got := read(file[:edit.Span.Start] + edit.New + file[edit.Span.End:]).String(); got != want {
			t.Fatalf("%s: %q\nedit %v %q\ngot  %q\nwant %q", names, file, edit.Span, edit.New, got, want)
		}
		if span := text.Span(i, j); !edit.Span.Contains(span) || span.Start > span.End {
			t.Fatalf("%s: span %v, edit %v", names, span, edit.Span)
		}
		// Cutting the span out takes just this range away.
		if span := text.Span(i, j); i < j {
			if got := read(file[:span.Start] + file[span.End:]).String(); got != value[:i]+value[j:] {
				t.Fatalf("%s: %q without %v (range %d to %d) reads %q", names, file, span, i, j, got)
			}
		}
		// A slice maps as the whole does.
		if part := text.Slice(i, j); part.Whole() != text.Span(i, j) || part.String() != value[i:j] {
			t.Fatalf("%s: a slice stands at %v, not %v", names, part.Whole(), text.Span(i, j))
		}
	}
}

// boundary moves an offset to the start of its character.
func boundary(s string, i int) int {
	for i < len(s) && !utf8.RuneStart(s[i]) {
		i++
	}
	return i
}

// TestSpanInsideEscape takes ranges that begin or end within a character that an
// escape stands for.
func TestSpanInsideEscape(t *testing.T) {
	file := `"a\u00e9b"`
	text := layers[0].read((&source.File{Data: file}).Text())
	for _, c := range []struct{ i, j, start, end int }{
		{0, 1, 1, 2}, {0, 2, 1, 8}, {1, 2, 2, 8}, {2, 3, 2, 8}, {2, 4, 2, 9}, {3, 4, 8, 9}, {4, 4, 9, 9}, {0, 0, 1, 1},
	} {
		if got := text.Span(c.i, c.j); got != (source.Span{Start: c.start, End: c.end}) {
			t.Errorf("span of %d to %d is %v", c.i, c.j, got)
		}
	}
}

func TestReplaceRefused(t *testing.T) {
	text := syntax.ParseEnv((&source.File{Data: "a=postgres://h"}).Text())[0].Value
	if edit, ok := text.Replace(0, 8, "a\nb"); ok {
		t.Errorf("a line break was written: %v", edit)
	}
}

func FuzzReplace(f *testing.F) {
	f.Add(`"a\u00e9\ud83d\ude00"`, uint(1), uint(3), "x\"")
	f.Add(`"\ud800"`, uint(0), uint(1), "")
	f.Fuzz(func(t *testing.T, file string, i, j uint, with string) {
		tree, err := syntax.ParseJSON((&source.File{Data: file}).Text())
		if err != nil || tree.Root().Kind() != syntax.String || !utf8.ValidString(with) {
			return
		}
		text := tree.Root().Text()
		lo, hi := int(i%uint(text.Len()+1)), int(j%uint(text.Len()+1))
		lo, hi = min(lo, hi), max(lo, hi)
		want := text.String()[:lo] + with + text.String()[hi:]
		edit, ok := text.Replace(lo, hi, with)
		if !ok || !utf8.ValidString(want) {
			return
		}
		tree, err = syntax.ParseJSON((&source.File{Data: file[:edit.Span.Start] + edit.New + file[edit.Span.End:]}).Text())
		if err != nil {
			t.Fatalf("%v", err)
		}
		if got := tree.Root().Text().String(); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
