package syntax

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

func textOf(s string) source.Text { return (&source.File{Data: s}).Text() }

// showEnv writes lines as key=value, with marks for what else was seen.
func showEnv(lines []EnvLine) string {
	var out []string
	for _, l := range lines {
		s := fmt.Sprintf("%q=%q", l.Key.String(), l.Value.String())
		if l.NoEquals {
			s = fmt.Sprintf("%q", l.Key.String())
		}
		for _, mark := range []struct {
			on   bool
			name string
		}{{l.SpaceComment, "#"}, {l.Export, "export"}, {l.Quote != 0, string(rune(l.Quote))}, {l.Err != nil, "!"}} {
			if mark.on {
				s += " " + mark.name
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// TestParseEnv has what _parse_env_file does with str.splitlines, re and re2.
func TestParseEnv(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ``},
		{"a=b", `"a"="b"`},
		{"a=b\n", `"a"="b"`},
		{"a=b\r\nc=d\re=f\n\ng=h", `"a"="b"; "c"="d"; "e"="f"; "g"="h"`},
		{"a=1\vb=2\fc=3\x1cd=4\x1de=5\x1ef=6\u0085g=7\u2028h=8\u2029i=9\x1fj", `"a"="1"; "b"="2"; "c"="3"; "d"="4"; "e"="5"; "f"="6"; "g"="7"; "h"="8"; "i"="9\x1fj"`},
		{"a = b ", `"a "=" b "`},
		{"export a=b", `"export a"="b"`},
		{"a='b'", `"a"="'b'"`},
		{"a=b=c", `"a"="b=c"`},
		{"a=b # c", `"a"="b # c"`},
		{"# a=b\n \t# c\n#", ``},
		{"\u00a0# a=b\n\u3000#c\n\x1f#", `"\u00a0# a"="b" #; "\u3000#c" #; "\x1f#" #`},
		{"\u200b# a=b", `"\u200b# a"="b"`},
		{"=b\na=\n=\n \na", `""="b"; "a"=""; ""=""; " "; "a"`},
		{"\ufeffa=b\n", `"\ufeffa"="b"`},
		{"\ufeff# c", `"\ufeff# c"`},
		{"é=ü", `"é"="ü"`},
	} {
		if got := showEnv(ParseEnv(textOf(c.text))); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestParseDotenv(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ``},
		{"A=b", `"A"="b"`},
		{"\ufeffA=b\r\nB=c\r\n", `"A"="b"; "B"="c"`},
		{"  export  A = b \n", `"A"="b" export`},
		{"export\tA=b", `"A"="b" export`},
		{"exportA=b\nexport=c\nexport A", `"exportA"="b"; "export"="c"; "A" export`},
		{"# c\n\n  # d\nA=b", `"A"="b"`},
		{"A=b # c\nB=c#d\nC=#e\nD= # f\nE=a\t# g", `"A"="b"; "B"="c#d"; "C"="#e"; "D"="# f"; "E"="a\t# g"`},
		{"A=\nB= \nC", `"A"=""; "B"=""; "C"`},
		{"A='b'\nB=\"c\"\nC= 'd' # e", `"A"="b" '; "B"="c" "; "C"="d" '`},
		{`A=''` + "\n" + `B=""`, `"A"="" '; "B"="" "`},
		{`A='{"a": "b\n", "c": "\\"}'`, `"A"="{\"a\": \"b\\n\", \"c\": \"\\\\\"}" '`},
		{`A="{\"a\": \"b\\n\"}"`, `"A"="{\"a\": \"b\\n\"}" "`},
		{`A="a\nb\t\$x\d\\"`, `"A"="a\nb\t$x\\d\\" "`},
		{`A='it\'s'`, `"A"="it's" '`},
		{`A={"conn_type": "http"}`, `"A"="{\"conn_type\": \"http\"}"`},
		{"A='{\n  \"a\": 1\n}'\nB=c", `"A"="{\n  \"a\": 1\n}" '; "B"="c"`},
		{"A=\"a\r\nb\"\nB=c", `"A"="a\r\nb" "; "B"="c"`},
		{"A='a\nB='b'\nC=d", `"A"="'a" !; "B"="b" '; "C"="d"`},
		{"A='a\nB=b", `"A"="'a" !; "B"="b"`},
		{"A=a'\nB=b", `"A"="a'"; "B"="b"`},
		{"A='a'b\nB=c", `"A"="'a'b" !; "B"="c"`},
		{"A='a' B=\"b\" C=c d\nD=e", `"A"="a" '; "B"="b" "; "C"="c d"; "D"="e"`},
		{"A='a", `"A"="'a" !`},
		{`A="a\`, `"A"="\"a\\" !`},
		{"docker run --env-file=x", `"docker run --env-file"="x"`},
		{"A: b", `"A: b"`},
		{"a.b-c=d", `"a.b-c"="d"`},
	} {
		if got := showEnv(ParseDotenv(textOf(c.text))); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestDotenvPlaces maps a value through its quotes and escapes to the file.
func TestDotenvPlaces(t *testing.T) {
	const file = "# c\nexport A = \"é\\\"x\\ny\" # c\r\nB='it\\'s'\nC= v "
	lines := ParseDotenv(textOf(file))
	at := func(s source.Span) string { return file[s.Start:s.End] }
	a, b, c := lines[0], lines[1], lines[2]
	if got := at(a.Span); got != `export A = "é\"x\ny"` {
		t.Errorf("line: %s", got)
	}
	if got := at(a.Key.Whole()) + "|" + at(a.Value.Whole()) + "|" + at(a.Value.Span(2, 3)) + "|" + at(a.Value.Span(3, 5)); got != `A|é\"x\ny|\"|x\n` {
		t.Errorf("value: %s", got)
	}
	if got := at(b.Value.Span(2, 4)); got != `\'s` {
		t.Errorf("single quotes: %s", got)
	}
	if got := at(c.Span) + "|" + at(c.Value.Whole()); got != "C= v|v" {
		t.Errorf("plain: %s", got)
	}
	for _, c := range []struct {
		line EnvLine
		with string
		ok   bool
	}{{a, "\"\n$", true}, {b, "'", false}, {b, "x", true}, {c, "x #y", false}, {c, "a\nb", false}, {c, "'a", false}, {c, "x", true}} {
		edit, ok := c.line.Value.Replace(0, c.line.Value.Len(), c.with)
		if ok != c.ok {
			t.Errorf("%q into %s: %v", c.with, at(c.line.Span), ok)
		}
		if !ok {
			continue
		}
		again := ParseDotenv(textOf(file[:edit.Span.Start] + edit.New + file[edit.Span.End:]))
		found := false
		for _, l := range again {
			found = found || l.Key.String() == c.line.Key.String() && l.Value.String() == c.with
		}
		if !found {
			t.Errorf("%q was not read again from %q", c.with, edit.New)
		}
	}
}

func FuzzEnv(f *testing.F) {
	f.Add("a=postgres://u:p@h\n# c\n\u00a0# d\n=x\nX=\r\nb")
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, l := range ParseEnv(textOf(s)) {
			want := l.Key.String()
			if !l.NoEquals {
				want += "=" + l.Value.String()
			}
			if s[l.Span.Start:l.Span.End] != want || l.Span.Start < last {
				t.Fatalf("%q: %v is not %q", s, l.Span, want)
			}
			last = l.Span.End
		}
	})
}

func FuzzDotenv(f *testing.F) {
	f.Add("export A='{\n\"a\": 1}' # c\nB=\"x\\ny\" C=d\n'\"\nD='e")
	f.Add("A=\"\\\\\"\r\nB='\\''")
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, l := range ParseDotenv(textOf(s)) {
			if l.Span.Start < last || l.Span.End > len(s) || !l.Span.Contains(l.Key.Whole()) || !l.Span.Contains(l.Value.Whole()) && !l.NoEquals {
				t.Fatalf("%q: %v holds %v and %v", s, l.Span, l.Key.Whole(), l.Value.Whole())
			}
			last = l.Span.End
			checkMapping(t, s, l.Value)
			if l.Err != nil {
				checkError(t, s, l.Err)
			}
		}
	})
}
