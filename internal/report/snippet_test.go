package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// TestSnippet marks a place, which stands between « and » in the text.
func TestSnippet(t *testing.T) {
	long := strings.Repeat("0123456789", 100)
	tests := []struct{ name, in, want string }{
		{"plain", "a:\n  host: «h.com»\n", "  host: h.com\n        ^^^^^"},
		{"empty place", "a:\n  host: h«»\n", "  host: h\n         ^"},
		{"end of line", "a: {«»\nb: 1\n", "a: {\n    ^"},
		{"over lines", "a: «{\n}»\n", "a: {\n   ^"},
		{"before a secret", "password: «Token »s3cret\n", "password: Token ***\n          ^^^^^^"},
		{"in a secret", "password: s3«c»ret # x\n", "password: ***\n          ^^^"},
		{"over a secret", "{password: «s3cret, host: h»}\n", "{password: ***, host: h}\n           ^^^^^^^^^^^^"},
		{"behind a secret", "{password: s3cret, host: «h»}\n", "{password: ***, host: h}\n                      ^"},
		{"umlauts", "größe: «ä»\n", "größe: ä\n       ^"},
		{"combining", "e\u0301: «x»\n", "e\u0301: x\n   ^"},
		{"wide", "日本: «語»\n", "日本: 語\n      ^^"},
		{"tab", "\ta:\t«x»\n", " a: x\n    ^"},
		{"crlf", "a: «x»\r\nb: 1\r\n", "a: x\n   ^"},
		{"escape sequence", "a: \x1b[31m«x»\u202e\n", "a: \uFFFD[31mx\uFFFD\n        ^"},
		{"no utf-8", "a: \xff«x»\n", "a: \uFFFDx\n    ^"},
		{"long before", "x" + long + "«y» # z\n", "…" + long[len(long)-93:] + "y # z\n" + strings.Repeat(" ", 94) + "^"},
		{"long behind", "a: «x»" + long + "\n", "a: x" + long[:94] + "…\n   ^"},
		{"long on both sides", long + "«x»" + long + "\n", "…" + long[len(long)-33:] + "x" + long[:64] + "…\n" + strings.Repeat(" ", 34) + "^"},
		{"long secret", "password: " + long + "«x»" + long + "\n", "password: ***\n          ^^^"},
		{"behind a long secret", `{"password": "` + long + `", "host": "«h»"}`, "{\"password\": \"***\", \"host\": \"h\"}\n                             ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, rest, _ := strings.Cut(tt.in, "«")
			marked, after, _ := strings.Cut(rest, "»")
			f := &source.File{Path: "connections.yaml", Data: before + marked + after}
			at := source.Span{Start: len(before), End: len(before) + len(marked)}
			// A format that does not mind what stands in it.
			doc := &export.Document{File: f, Format: export.Dotenv}
			s := newMasker(doc, []lint.Finding{{Span: at}}).snippet(at)
			got := fmt.Sprintf("%s\n%s%s", s.text, strings.Repeat(" ", s.caret), strings.Repeat("^", s.wide))
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"größe 日本": "größe 日本", "a\x1b[2Jb": "a\uFFFD[2Jb", "a\nb\rc\td": "a\uFFFDb\uFFFDc\uFFFDd", "a\u202eb": "a\uFFFDb", "a\u0085\u009bb": "a\uFFFD\uFFFDb", "\xff": "\uFFFD",
	} {
		if got := Plain(in); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
}
