package syntax

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// decodeYAML is the text of a scalar.
func decodeYAML(t *Tree, n *node) source.Text {
	lo, hi := int(n.start), int(n.end)
	if lo == hi { // nothing is written, and there is no telling how it could be
		return t.text.Slice(lo, hi).Literal(cannotWrite)
	}
	if v, ok := t.yaml.values[n.start]; ok {
		b := source.NewBuilder(t.text, cannotWrite)
		b.Put(lo, hi, v)
		return b.Text()
	}
	switch n.style {
	case LiteralBlock, FoldedBlock:
		return t.decodeBlock(n)
	case DoubleQuoted:
		return decodeQuoted(t.text.Slice(lo+1, hi-1), '"', n.flags, encodeDoubleQuoted)
	case SingleQuoted:
		return decodeQuoted(t.text.Slice(lo+1, hi-1), '\'', n.flags, encodeSingleQuoted)
	}
	raw := t.text.Slice(lo, hi)
	if lo > 0 && isAnchorChar(t.text.String()[lo-1]) { // &a:x is an anchor, then :x
		return foldYAML(raw, 0, cannotWrite).Text()
	}
	inBlock := 0
	for i := range raw.Len() {
		switch raw.String()[i] {
		case ',', '[', ']', '{', '}':
			inBlock = 1
		}
	}
	guard := plainGuards[t.yaml.dialect][inBlock]
	if n.flags&flagEscaped == 0 {
		return raw.Guarded(encodeLine, guard)
	}
	b := foldYAML(raw, 0, encodeLine)
	b.Guard(guard)
	return b.Text()
}

// plainGuards let pass what a plain scalar can hold, by dialect, and then by whether
// it holds what only stands in block style.
var plainGuards = [...][2]func(raw, whole string) bool{
	PyYAML: {plainGuard(PyYAML, false), plainGuard(PyYAML, true)},
	GoYAML: {plainGuard(GoYAML, false), plainGuard(GoYAML, true)},
}

func plainGuard(d Dialect, inBlock bool) func(raw, whole string) bool {
	return func(raw, whole string) bool { return plainReadsBack(whole, d, inBlock) && readsBack(raw, 0, whole) }
}

// decodeQuoted decodes what stands between quotes.
func decodeQuoted(raw source.Text, quote byte, flags uint8, enc source.Encoder) source.Text {
	if flags&flagResolved != 0 { // another text could be another kind
		enc = cannotWrite
	}
	if flags&flagEscaped == 0 {
		return raw.Literal(enc)
	}
	b := foldYAML(raw, quote, enc)
	b.Guard(func(raw, whole string) bool { return readsBack(raw, quote, whole) })
	return b.Text()
}

// readsBack decodes the inside of a flow scalar that would be written so.
func readsBack(raw string, quote byte, want string) bool {
	for line := range strings.Lines(raw) {
		if line = strings.TrimLeft(line, " "); strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...") {
			return false
		}
	}
	file := source.File{Data: raw}
	return foldYAML(file.Text(), quote, nil).Text().String() == want
}

// scalarText is the decoded string of a scalar; it builds nothing for the common
// ones.
func (t *Tree) scalarText(n *node) string {
	if n.flags&flagEscaped == 0 && len(t.yaml.values) == 0 {
		lo, hi := n.start, n.end
		if n.style != Plain {
			lo, hi = lo+1, hi-1
		}
		return t.text.String()[lo:hi]
	}
	return decodeYAML(t, n).String()
}

// foldYAML decodes the inside of a flow scalar: its escapes, and line breaks with
// the blanks around them, which become a space, or all breaks but the first.
func foldYAML(raw source.Text, quote byte, enc source.Encoder) *source.Builder {
	s := raw.String()
	b := source.NewBuilder(raw, enc)
	for i, j := 0, 0; ; {
		for j < len(s) && !isBlank(s[j]) && breakLen(s, j) == 0 && (quote == 0 || s[j] != quote && s[j] != '\\') {
			j++
		}
		b.Copy(i, j)
		if j == len(s) {
			return b
		}
		i = j
		switch {
		case s[j] == '\\' && quote == '"' && breakLen(s, j+1) > 0:
			j += 1 + breakLen(s, j+1)
			j = foldBreaks(b, s, i, j, true)
		case s[j] == '\\' && quote == '"':
			j = unescapeInto(b, s, j)
		case s[j] == '\\':
			j++
			b.Copy(i, j)
		case s[j] == quote && quote != 0:
			j += 2
			b.Put(i, j, "'")
		default:
			for j < len(s) && isBlank(s[j]) {
				j++
			}
			n := breakLen(s, j)
			if n == 0 {
				b.Copy(i, j)
				break
			}
			j = foldBreaks(b, s, i, j+n, false)
		}
		i = j
	}
}

// foldBreaks folds what begins at i and has its first break before j. It gives
// the offset of the next line's text.
func foldBreaks(b *source.Builder, s string, i, j int, escaped bool) int {
	first := ""
	if !escaped {
		first = breakText(s[i:j])
	}
	var more []byteRange // breaks after the first, each with the blanks before it
	for k := j; ; {
		for k < len(s) && isBlank(s[k]) {
			k++
		}
		n := breakLen(s, k)
		if n == 0 {
			j = k
			break
		}
		more = append(more, byteRange{uint32(j), uint32(k + n)})
		k += n
		j = k
	}
	// The first run takes the blanks before it, the last those behind.
	switch {
	case len(more) == 0 && first == "\n":
		b.Put(i, j, " ")
	case len(more) == 0:
		b.Put(i, j, first)
	default:
		start := i
		if first != "\n" && first != "" {
			b.Put(i, int(more[0].start), first)
			start = int(more[0].start)
		}
		for k, m := range more {
			end := int(m.end)
			if k == len(more)-1 {
				end = j
			}
			b.Put(start, end, breakText(s[m.start:m.end]))
			start = end
		}
	}
	return j
}

// breakText is what a line break at the end of s is read as.
func breakText(s string) string {
	if strings.HasSuffix(s, "\u2028") || strings.HasSuffix(s, "\u2029") {
		return s[len(s)-3:]
	}
	return "\n"
}

// unescapeInto decodes the escape at i and gives the offset behind it.
func unescapeInto(b *source.Builder, s string, i int) int {
	var digits int
	switch s[i+1] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case '/':
		b.Put(i, i+2, "/")
		return i + 2
	default:
		r, _ := unescapeYAML(s[i+1])
		b.Put(i, i+2, string(r))
		return i + 2
	}
	var r rune
	for _, c := range []byte(s[i+2 : i+2+digits]) {
		r = r<<4 | rune(unhex(c))
	}
	b.Put(i, i+2+digits, string(r))
	return i + 2 + digits
}

// unescapeYAML is the character that a backslash and c stand for.
func unescapeYAML(c byte) (rune, bool) {
	const from, to = "0abt\tnvfre \"'\\N_LP", "\x00\a\b\t\t\n\v\f\r\x1b \"'\\\u0085\u00a0\u2028\u2029"
	i := strings.IndexByte(from, c)
	if i < 0 {
		return 0, false
	}
	return []rune(to)[i], true
}

// decodeBlock decodes a literal or folded scalar. The indentation of a line
// belongs to the break before it.
func (t *Tree) decodeBlock(n *node) source.Text {
	s := t.text.String()
	indent := t.yaml.indent(n.start, t)
	i := int(n.start)
	for i < int(n.end) && breakLen(s, i) == 0 {
		i++
	}
	i += breakLen(s, min(i, int(n.end)))
	raw := t.text.Slice(min(i, int(n.end)), int(n.end))
	b := unfoldBlock(raw, indent, n.style == FoldedBlock)
	text := b.Text().String()
	if text == "" {
		return t.text.Slice(int(n.end), int(n.end)).Literal(cannotWrite)
	}
	b.Guard(func(raw, whole string) bool {
		file := source.File{Data: raw}
		return n.flags&flagResolved == 0 && blockReadsBack(whole, text) && unfoldBlock(file.Text(), indent, n.style == FoldedBlock).Text().String() == whole
	})
	return b.Text()
}

// unfoldBlock decodes the lines of a block scalar.
func unfoldBlock(raw source.Text, indent int, folded bool) *source.Builder {
	s := raw.String()
	b := source.NewBuilder(raw, encodeLine)
	pending, from := "", 0 // the break after the last line, and where it begins
	var more []byteRange   // breaks of empty lines
	blank := false         // the last line begins with a blank
	flush := func(to int) {
		switch {
		case len(more) > 0 && pending != "":
			b.Put(from, int(more[0].start), pending)
		case pending != "":
			b.Put(from, to, pending)
		}
		for k, m := range more {
			start, end := int(m.start), int(m.end)
			if k == 0 && pending == "" {
				start = from
			}
			if k == len(more)-1 {
				end = to
			}
			b.Put(start, end, breakText(s[m.start:m.end]))
		}
		pending, more = "", more[:0]
	}
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && j-i < indent && s[j] == ' ' {
			j++
		}
		if k := breakLen(s, j); k > 0 {
			more = append(more, byteRange{uint32(i), uint32(j + k)})
			i = j + k
			continue
		}
		if j == len(s) {
			break
		}
		leading := isBlank(s[j])
		if folded && !blank && !leading && pending == "\n" {
			pending = " "
			if len(more) > 0 {
				pending = ""
			}
		}
		flush(j)
		blank = leading
		for i = j; j < len(s) && breakLen(s, j) == 0; {
			j++
		}
		b.Copy(i, j)
		from, i = j, j
		if k := breakLen(s, j); k > 0 {
			i = j + k
			pending = breakText(s[j:i])
		}
	}
	if pending != "" || len(more) > 0 {
		flush(len(s))
	}
	return b
}

// indent is how deep the lines of the block scalar at an offset are indented.
func (y *yamlTree) indent(start uint32, t *Tree) int {
	j := sort.Search(len(y.blocks), func(j int) bool { return t.nodes[y.blocks[j].node].start >= start })
	return int(y.blocks[j].indent)
}

// cannotWrite is the encoder of what must be written in another style.
func cannotWrite(string) (string, bool) { return "", false }

// encodeDoubleQuoted writes a text so that it can stand between double quotes.
func encodeDoubleQuoted(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r >= 0x7F && r < 0xA0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case !printable(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), true
}

// encodeSingleQuoted doubles quotes; it has no escapes.
func encodeSingleQuoted(s string) (string, bool) {
	if strings.ContainsFunc(s, unsafeInLine) || !utf8.ValidString(s) {
		return "", false
	}
	return strings.ReplaceAll(s, "'", "''"), true
}

// encodeLine writes a text as it is, if it stays in its line. What else can go
// wrong depends on the text around it.
func encodeLine(s string) (string, bool) {
	return s, utf8.ValidString(s) && !strings.ContainsFunc(s, unsafeInLine)
}

// unsafeInLine reports a character that breaks the line or cannot be read.
func unsafeInLine(r rune) bool {
	return r < 0x20 && r != '\t' || r >= 0x7F && r < 0xA0 || !printable(r)
}

// printable is false for what YAML does not allow, or reads as a line break or as
// a byte order mark.
func printable(r rune) bool {
	switch r {
	case '\u2028', '\u2029', '\ufeff', '\ufffe', '\uffff':
		return false
	}
	return true
}

// plainReadsBack reports whether a text without quotes is read as this text. The
// rules are those of flow style, which are stricter, unless the scalar is known
// to stand in block style.
func plainReadsBack(s string, d Dialect, inBlock bool) bool {
	if s == "" || strings.ContainsRune("-?:,[]{}#&*!|>'\"%@`", rune(s[0])) || strings.ContainsAny(s, "\t\uFEFF") ||
		strings.TrimSpace(s) != s || s[len(s)-1] == ':' ||
		strings.Contains(s, ": ") || strings.Contains(s, ":\n") || strings.Contains(s, " #") || strings.Contains(s, "\n#") ||
		!inBlock && strings.ContainsAny(s, ",[]{}?") {
		return false
	}
	if !inBlock && slices.ContainsFunc([]string{":,", ":?", ":[", ":]", ":{", ":}"}, func(p string) bool { return strings.Contains(s, p) }) {
		return false
	}
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' }) {
		if word == "---" || word == "..." {
			return false
		}
	}
	if d == PyYAML {
		return resolvePy(s) == tagStr
	}
	return (&yaml.Node{Kind: yaml.ScalarNode, Value: s}).ShortTag() == "!!str"
}

// blockReadsBack reports whether a block scalar that was old may be this: its
// last breaks and the beginnings of its lines are what its shape hangs on.
func blockReadsBack(s, old string) bool {
	body := strings.TrimRight(s, "\n\u2028\u2029")
	if len(s)-len(body) != len(old)-len(strings.TrimRight(old, "\n\u2028\u2029")) || body == "" {
		return false
	}
	breaks := strings.NewReplacer("\u2028", "\n", "\u2029", "\n")
	before, after := strings.Split(breaks.Replace(old), "\n"), strings.Split(breaks.Replace(s), "\n")
	if len(before) != len(after) {
		return false
	}
	for i := range after {
		if blankStart(before[i]) != blankStart(after[i]) || (before[i] == "") != (after[i] == "") {
			return false
		}
	}
	return true
}

// blankStart is what a line begins with, as far as it is blank.
func blankStart(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t"))] }
