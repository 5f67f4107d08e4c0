package syntax

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// ParseJSON reads a text as Python's json.loads does: NaN, Infinity and
// -Infinity are numbers, lone surrogates are kept, equal keys are all kept (the
// last wins when a dict is made of them); a byte order mark, comments, trailing
// commas, raw control characters and single quotes are refused. It does not
// recurse, so depth costs nothing; how deep the consumer goes is [Tree.Depth]
// against its own limit.
//
// Source: Lib/json/decoder.py and Modules/_json.c of CPython 3.8 to 3.13.
func ParseJSON(text source.Text) (*Tree, *Error) {
	if uint64(text.Len()) >= math.MaxUint32 {
		return nil, &Error{Span: text.Span(0, 0), Problem: "the document is larger than 4 GiB"}
	}
	p := jsonParser{text: text, s: text.String()}
	// An object member takes about 25 bytes in real exports and two nodes.
	p.nodes = make([]node, 0, len(p.s)/14+8)
	if err := p.parse(); err != nil {
		return nil, err
	}
	t := &Tree{text: text, nodes: p.nodes, roots: []uint32{0}, depth: p.depth, decode: decodeJSON}
	if len(p.nodes) > 1000 {
		t.memo = new(memo)
	}
	return t, nil
}

type jsonParser struct {
	text  source.Text
	s     string
	i     int
	nodes []node
	open  []uint32 // indices of the collections that are not closed
	depth int
}

// fail reports at the bytes i to j, or at the end of the text.
func (p *jsonParser) fail(i, j int, message, problem, hint string) *Error {
	i, j = min(i, len(p.s)), min(j, len(p.s))
	return &Error{Span: p.text.Span(i, j), Offset: i, Message: message, Problem: problem, Hint: hint}
}

func (p *jsonParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *jsonParser) parse() *Error {
	if strings.HasPrefix(p.s, "\ufeff") {
		return p.fail(0, 3, "Unexpected UTF-8 BOM (decode using utf-8-sig)", "the file begins with a byte order mark (BOM), which the reader refuses", "save it as UTF-8 without BOM")
	}
	for {
		// A value is due.
		p.space()
		if err := p.value(); err != nil {
			return err
		}
		// What was opened is filled; what is complete is closed.
		if again, err := p.after(); err != nil || !again {
			return err
		}
	}
}

// after reads what stands behind a value, up to where the next value is due.
// It answers false at the end of the document.
func (p *jsonParser) after() (bool, *Error) {
	for {
		p.space()
		if len(p.open) == 0 {
			if p.i < len(p.s) {
				return false, p.extra()
			}
			return false, nil
		}
		top := p.open[len(p.open)-1]
		object := p.nodes[top].kind == Mapping
		empty := int(top) == len(p.nodes)-1
		closer := byte(']')
		if object {
			closer = '}'
		}
		if p.i < len(p.s) && p.s[p.i] == closer {
			p.i++
			p.nodes[top].end = uint32(p.i)
			p.nodes[top].next = uint32(len(p.nodes))
			p.open = p.open[:len(p.open)-1]
			continue
		}
		if !empty {
			if p.i >= len(p.s) || p.s[p.i] != ',' {
				return false, p.noComma(top, object)
			}
			comma := p.i
			p.i++
			p.space()
			if p.i < len(p.s) && p.s[p.i] == closer {
				return false, p.trailingComma(comma, object)
			}
		}
		if !object {
			return true, nil
		}
		return true, p.key()
	}
}

// key reads a member's name and its colon.
func (p *jsonParser) key() *Error {
	if p.i >= len(p.s) || p.s[p.i] != '"' {
		const message = "Expecting property name enclosed in double quotes"
		if p.i >= len(p.s) {
			return p.unclosed(message)
		}
		if err := p.comment(message); err != nil {
			return err
		}
		if p.s[p.i] == '\'' {
			return p.fail(p.i, p.i+1, message, "a name stands in single quotes; JSON has double quotes only", `"name"`)
		}
		if isWord(p.s[p.i]) {
			return p.fail(p.i, p.wordEnd(), message, "a name without quotes; JSON wants it in double quotes", "")
		}
		return p.fail(p.i, p.charEnd(p.i), message, "a name in double quotes is due here", "")
	}
	if err := p.str(); err != nil {
		return err
	}
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != ':' {
		const message = "Expecting ':' delimiter"
		if p.i >= len(p.s) {
			return p.unclosed(message)
		}
		if p.s[p.i] == '=' {
			return p.fail(p.i, p.i+1, message, "a name is followed by '='; JSON wants a colon", ":")
		}
		return p.fail(p.i, p.charEnd(p.i), message, "a colon is due after the name", "")
	}
	p.i++
	return nil
}

func (p *jsonParser) extra() *Error {
	if err := p.comment("Extra data"); err != nil {
		return err
	}
	return p.fail(p.i, p.charEnd(p.i), "Extra data", "the document ends before this; more text follows", "")
}

func (p *jsonParser) noComma(top uint32, object bool) *Error {
	const message = "Expecting ',' delimiter"
	if p.i >= len(p.s) {
		return p.unclosed(message)
	}
	if err := p.comment(message); err != nil {
		return err
	}
	what := "list"
	if object {
		what = "object"
	}
	var e *Error
	switch c := p.s[p.i]; {
	case c == '}' || c == ']':
		e = p.fail(p.i, p.i+1, message, fmt.Sprintf("%q closes what was opened as %s", c, what), "")
	case c == '"' || c == '{' || c == '[':
		e = p.fail(p.i, p.i+1, message, "a comma is missing before this", "")
	case isWord(c) || c == '\\':
		e = p.fail(p.i, p.wordEnd(), message, "the value ended before this: a quote inside it needs a backslash, or a comma is missing", "")
	default:
		e = p.fail(p.i, p.charEnd(p.i), message, "a comma or the end of the "+what+" is due here", "")
	}
	e.Related, e.RelatedText = p.text.Span(int(p.nodes[top].start), int(p.nodes[top].start)+1), "the "+what+" begins here"
	return e
}

func (p *jsonParser) trailingComma(comma int, object bool) *Error {
	// Python 3.13 has words of its own for this; older ones see the bracket.
	message, at := "Expecting value", p.i
	if object {
		message = "Expecting property name enclosed in double quotes"
	}
	e := p.fail(at, at+1, message, "a comma before the closing bracket; JSON has none after the last item", "")
	e.Related, e.RelatedText = e.Span, "the bracket"
	e.Span = p.text.Span(comma, comma+1)
	e.Hint = "remove"
	return e
}

// unclosed reports a text that ends inside a collection.
func (p *jsonParser) unclosed(message string) *Error {
	e := p.fail(len(p.s), len(p.s), message, "the text ends before the document does; it is cut off, or a bracket is missing", "")
	if len(p.open) > 0 {
		at := int(p.nodes[p.open[len(p.open)-1]].start)
		e.Related, e.RelatedText = p.text.Span(at, at+1), "this bracket is not closed"
	}
	return e
}

// comment reports // , # and /* where something else is due.
func (p *jsonParser) comment(message string) *Error {
	rest := p.s[p.i:]
	if strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "/*") || strings.HasPrefix(rest, "#") {
		n := 2
		if rest[0] == '#' {
			n = 1
		}
		return p.fail(p.i, p.i+n, message, "a comment; JSON has none", "")
	}
	return nil
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

func (p *jsonParser) wordEnd() int {
	j := p.i
	for j < len(p.s) && isWord(p.s[j]) {
		j++
	}
	return max(j, p.charEnd(p.i))
}

func (p *jsonParser) charEnd(i int) int {
	if i >= len(p.s) {
		return i
	}
	_, n := utf8.DecodeRuneInString(p.s[i:])
	return i + n
}

// value reads a scalar or opens a collection.
func (p *jsonParser) value() *Error {
	const message = "Expecting value"
	if p.i >= len(p.s) {
		if len(p.open) > 0 {
			return p.unclosed(message)
		}
		return p.fail(p.i, p.i, message, "the document is empty", "")
	}
	switch c := p.s[p.i]; c {
	case '"':
		return p.str()
	case '{', '[':
		n := node{start: uint32(p.i), kind: Sequence, style: Flow}
		if c == '{' {
			n.kind = Mapping
		}
		p.open = append(p.open, uint32(len(p.nodes)))
		p.depth = max(p.depth, len(p.open))
		p.nodes = append(p.nodes, n)
		p.i++
		return nil
	case 'n':
		return p.word("null", Null)
	case 't':
		return p.word("true", Bool)
	case 'f':
		return p.word("false", Bool)
	case 'N':
		return p.word("NaN", Float)
	case 'I':
		return p.word("Infinity", Float)
	case '-':
		if strings.HasPrefix(p.s[p.i:], "-Infinity") {
			return p.word("-Infinity", Float)
		}
		return p.number()
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.number()
	}
	return p.noValue()
}

// noValue says what stands where a value is due.
func (p *jsonParser) noValue() *Error {
	const message = "Expecting value"
	if err := p.comment(message); err != nil {
		return err
	}
	switch c := p.s[p.i]; {
	case c == '\'':
		return p.fail(p.i, p.i+1, message, "a text in single quotes; JSON has double quotes only", "")
	case c == ',' || c == '}' || c == ']':
		return p.fail(p.i, p.i+1, message, "a value is missing before this", "")
	case c == '+' || c == '.':
		return p.fail(p.i, p.i+1, message, "no number in JSON begins so", "")
	case isWord(c):
		switch w := p.s[p.i:p.wordEnd()]; w {
		case "True", "False", "None":
			hint := "null"
			if w != "None" {
				hint = strings.ToLower(w)
			}
			return p.fail(p.i, p.wordEnd(), message, w+" is Python, not JSON", hint)
		}
		return p.fail(p.i, p.wordEnd(), message, "a word without quotes; a text stands in double quotes", "")
	}
	return p.fail(p.i, p.charEnd(p.i), message, "no value in JSON begins so", "")
}

func (p *jsonParser) word(w string, kind Kind) *Error {
	if !strings.HasPrefix(p.s[p.i:], w) {
		return p.noValue()
	}
	p.add(p.i, p.i+len(w), kind, Plain, 0)
	return nil
}

func (p *jsonParser) add(start, end int, kind Kind, style Style, flags uint8) {
	p.nodes = append(p.nodes, node{start: uint32(start), end: uint32(end), next: uint32(len(p.nodes) + 1), kind: kind, style: style, flags: flags})
	p.i = end
}

// number reads (-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?, as much of it as there
// is: Python takes the longest match and lets what follows be the next token.
func (p *jsonParser) number() *Error {
	s, j := p.s, p.i
	digits := func() bool {
		k := j
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		return j > k
	}
	if s[j] == '-' {
		j++
	}
	switch {
	case j < len(s) && s[j] == '0':
		j++
	case !digits():
		return p.noValue()
	}
	kind := Int
	if end := j; j+1 < len(s) && s[j] == '.' {
		j++
		if digits() {
			kind = Float
		} else {
			j = end
		}
	}
	if end := j; j < len(s) && (s[j] == 'e' || s[j] == 'E') {
		j++
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if digits() {
			kind = Float
		} else {
			j = end
		}
	}
	if j < len(s) && s[j] >= '0' && s[j] <= '9' {
		// The number is over after a leading zero; Python stumbles over the
		// next digit, the trouble is the zero.
		k := j
		for k < len(s) && s[k] >= '0' && s[k] <= '9' {
			k++
		}
		message := "Extra data"
		if len(p.open) > 0 {
			message = "Expecting ',' delimiter"
		}
		e := p.fail(p.i, k, message, "a number with a leading zero; JSON has none", "put it in double quotes")
		e.Offset = j
		return e
	}
	if n := j - p.i - strings.Count(s[p.i:p.i+1], "-"); kind == Int && n > maxPythonDigits {
		e := p.fail(p.i, j, fmt.Sprintf("Exceeds the limit (%d digits) for integer string conversion: value has %d digits; use sys.set_int_max_str_digits() to increase the limit", maxPythonDigits, n),
			fmt.Sprintf("a number of %d digits; Python reads %d at most", n, maxPythonDigits), "put it in double quotes")
		e.Kind = ValueError
		return e
	}
	p.add(p.i, j, kind, Plain, 0)
	return nil
}

// str reads a string up to its closing quote; escapes are checked, not decoded.
func (p *jsonParser) str() *Error {
	s, start := p.s, p.i
	var flags uint8
	for j := start + 1; j < len(s); {
		switch c := s[j]; {
		case c == '"':
			p.add(start, j+1, String, DoubleQuoted, flags)
			return nil
		case c == '\\':
			flags = flagEscaped
			n, err := p.escape(j)
			if err != nil {
				if j+1 >= len(s) {
					err.Offset = start
				}
				return err
			}
			j += n
		case c < 0x20:
			const message = "Invalid control character at"
			if c == '\n' || c == '\r' {
				e := p.fail(j, j+1, message, "a line ends inside a text: its closing quote is missing, or the line break must be written \\n", `\n`)
				e.Related, e.RelatedText = p.text.Span(start, start+1), "the text begins here"
				return e
			}
			return p.fail(j, j+1, message, fmt.Sprintf("a raw control character (U+%04X) in a text", c), fmt.Sprintf(`\u%04x`, c))
		default:
			j++
		}
	}
	e := p.fail(len(s), len(s), "Unterminated string starting at", "the text ends inside a string: its closing quote is missing", "")
	e.Offset = start
	e.Related, e.RelatedText = p.text.Span(start, start+1), "the string begins here"
	return e
}

// escape checks the escape at j and gives its length.
func (p *jsonParser) escape(j int) (int, *Error) {
	s := p.s
	if j+1 >= len(s) {
		return 0, p.fail(j, j+1, "Unterminated string starting at", "the text ends after a backslash", "")
	}
	switch s[j+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
		// Python looks for the digits only where one more character follows.
		if j+6 < len(s) && isHex4(s[j+2:j+6]) {
			return 6, nil
		}
		end := j + 2
		for end < len(s) && unhex(s[end]) >= 0 && end < j+6 {
			end++
		}
		e := p.fail(j, end, `Invalid \uXXXX escape`, `\u wants four hex digits`, "")
		if end == len(s) {
			e.Problem = "the text ends within a string"
		}
		e.Offset = j + 1
		return 0, e
	}
	return 0, p.fail(j, p.charEnd(j+1), `Invalid \escape`, "JSON has no such escape; a backslash itself is written twice", `\\`)
}

func isHex4(s string) bool {
	for i := range 4 {
		if unhex(s[i]) < 0 {
			return false
		}
	}
	return true
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func hex4(s string) rune {
	return rune(unhex(s[0])<<12 | unhex(s[1])<<8 | unhex(s[2])<<4 | unhex(s[3]))
}

// decodeJSON is the text of a scalar. A surrogate without its partner becomes
// three bytes, as in WTF-8, since Python keeps it.
func decodeJSON(t *Tree, n *node) source.Text {
	if n.kind != String {
		return t.text.Slice(int(n.start), int(n.end))
	}
	lo, hi := int(n.start)+1, int(n.end)-1
	if n.flags&flagEscaped == 0 {
		return t.text.Inside(lo, hi, EncodeJSONString)
	}
	return t.memo.get(n.start, func() source.Text {
		return source.Decode(t.text.Slice(lo, hi), EncodeJSONString, decodeEscapes)
	})
}

// memo keeps a few decoded texts. The consumers of a document ask for the same one
// right after each other, from several goroutines.
type memo [64]atomic.Pointer[decoded]

type decoded struct {
	at   uint32
	text source.Text
}

// get is the text that begins at an offset of the tree's text.
func (m *memo) get(at uint32, decode func() source.Text) source.Text {
	if m == nil {
		return decode()
	}
	slot := &m[at*2654435761>>26]
	if d := slot.Load(); d != nil && d.at == at {
		return d.text
	}
	d := &decoded{at, decode()}
	slot.Store(d)
	return d.text
}

// decodeEscapes decodes the inside of a JSON string.
func decodeEscapes(b *source.Builder) {
	s := b.Parent()
	for i := 0; i < len(s); {
		j := strings.IndexByte(s[i:], '\\')
		if j < 0 {
			b.Copy(i, len(s))
			return
		}
		b.Copy(i, i+j)
		i += j
		if s[i+1] != 'u' {
			b.Put(i, i+2, unescapeJSON(s[i+1]))
			i += 2
			continue
		}
		r, n := hex4(s[i+2:i+6]), 6
		if r >= 0xD800 && r < 0xDC00 && strings.HasPrefix(s[i+6:], `\u`) {
			if low := hex4(s[i+8 : i+12]); low >= 0xDC00 && low < 0xE000 {
				r, n = 0x10000+(r-0xD800)<<10+(low-0xDC00), 12
			}
		}
		b.Put(i, i+n, wtf8(r))
		i += n
	}
}

func unescapeJSON(c byte) string {
	switch c {
	case 'b':
		return "\b"
	case 'f':
		return "\f"
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	}
	return string(rune(c))
}

// wtf8 encodes a code point, surrogates too.
func wtf8(r rune) string {
	if r >= 0xD800 && r < 0xE000 {
		return string([]byte{0xE0 | byte(r>>12), 0x80 | byte(r>>6)&0x3F, 0x80 | byte(r)&0x3F})
	}
	return string(r)
}

// EncodeJSONString writes a text so that it can stand between the quotes of a
// JSON string. It can write every text.
func EncodeJSONString(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			if sur, ok := surrogate(s[i:]); ok {
				fmt.Fprintf(&b, `\u%04x`, sur)
				i += 3
				continue
			}
			b.WriteByte(s[i])
			i++
			continue
		}
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(byte(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String(), true
}

// surrogate decodes a surrogate's three WTF-8 bytes.
func surrogate(s string) (rune, bool) {
	if len(s) < 3 || s[0] != 0xED || s[1] < 0xA0 || s[1] > 0xBF || s[2]&0xC0 != 0x80 {
		return 0, false
	}
	return rune(0xD000) | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), true
}
