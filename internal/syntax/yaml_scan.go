package syntax

import (
	"strings"
	"unicode/utf8"
)

// yaml.v3 builds the tree and the values, but its nodes have no ends, no byte
// offsets and no places for comments, and the lines of its errors are often
// wrong. So the text is also scanned here, by libyaml's rules (which are yaml.v3's
// too, but for three things that the dialect tells), for places alone: nothing
// in this file decodes a value.
//
// Source: scanner.c of libyaml 0.2.5, which PyYAML 6.0.3 is built with.

// mark is a place while scanning. Columns and chars count code points, lines end
// at CR, LF, CRLF, NEL, LS or PS; all are from 0.
type mark struct {
	off, char, line, col int
}

type tokenKind uint8

const (
	streamEndToken tokenKind = iota
	versionToken
	tagDirectiveToken
	documentStartToken
	documentEndToken
	blockSequenceToken
	blockMappingToken
	blockEndToken
	flowSequenceToken
	flowSequenceEndToken
	flowMappingToken
	flowMappingEndToken
	blockEntryToken
	flowEntryToken
	keyToken
	valueToken
	aliasToken
	anchorToken
	tagToken
	scalarToken
)

type token struct {
	kind       tokenKind
	style      Style // of a scalar
	flags      uint8 // of a scalar
	indent     int   // of a block scalar's lines
	start, end mark
}

// fault is what libyaml would say.
type fault struct {
	kind        ErrorKind
	context     string
	contextMark mark
	problem     string
	mark        mark
	end         int // offset where the offending bytes end; 0: one character
}

// simpleKey is a place where a key without "?" may have begun.
type simpleKey struct {
	possible, required bool
	token              int
	mark               mark
}

// patch is a byte that yaml.v3 must see otherwise to accept what PyYAML accepts.
type patch struct {
	off  int
	with byte
}

type yamlScanner struct {
	s       string
	at      mark
	dialect Dialect

	flow       int
	indent     int
	indents    []int
	keys       []simpleKey // one for each level of flow collections
	oldest     int         // no key below this index is possible
	keyAllowed bool

	tokens []token
	head   int // of the queue in tokens
	taken  int // number of tokens taken so far

	comments []byteRange
	patches  []patch
	foreign  bool // yaml.v3 cannot be made to read the text
	fault    *fault
	explicit bool // there is a key with a question mark
}

type byteRange struct{ start, end uint32 }

func newYAMLScanner(s string, d Dialect) *yamlScanner {
	p := &yamlScanner{s: s, dialect: d, indent: -1, keys: make([]simpleKey, 1, 8), keyAllowed: true}
	if strings.HasPrefix(s, bom) {
		p.at.off = len(bom)
	}
	return p
}

const bom = "\ufeff"

// fail records what is wrong at the present place.
func (p *yamlScanner) fail(context string, contextMark mark, problem string) bool {
	p.fault = &fault{context: context, contextMark: contextMark, problem: problem, mark: p.at}
	return false
}

// peek is the byte n bytes on, 0 at the end of the text.
func (p *yamlScanner) peek(n int) byte {
	if i := p.at.off + n; i < len(p.s) {
		return p.s[i]
	}
	return 0
}

// breakLen is the length of the line break at i: 0 where there is none. CRLF is one.
func breakLen(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	switch s[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(s) && s[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xC2:
		if i+1 < len(s) && s[i+1] == 0x85 {
			return 2
		}
	case 0xE2:
		if i+2 < len(s) && s[i+1] == 0x80 && (s[i+2] == 0xA8 || s[i+2] == 0xA9) {
			return 3
		}
	}
	return 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// breakAt reports whether a line or the text ends n bytes on.
func (p *yamlScanner) breakAt(n int) bool {
	return p.at.off+n >= len(p.s) || breakLen(p.s, p.at.off+n) > 0
}

// spaceAt reports whether a blank, a line's end or the text's end is n bytes on.
func (p *yamlScanner) spaceAt(n int) bool { return isBlank(p.peek(n)) || p.breakAt(n) }

// skip passes one character that is no line break.
func (p *yamlScanner) skip() {
	n := 1
	if p.s[p.at.off] >= utf8.RuneSelf {
		_, n = utf8.DecodeRuneInString(p.s[p.at.off:])
	}
	p.at.off += n
	p.at.char++
	p.at.col++
}

// skipBytes passes n ASCII characters.
func (p *yamlScanner) skipBytes(n int) {
	p.at.off += n
	p.at.char += n
	p.at.col += n
}

// skipBreak passes a line break.
func (p *yamlScanner) skipBreak() {
	n := breakLen(p.s, p.at.off)
	p.at.off += n
	p.at.char++
	if n == 2 && p.s[p.at.off-1] == '\n' {
		p.at.char++
	}
	p.at.line++
	p.at.col = 0
}

func (p *yamlScanner) skipBlanks() {
	for isBlank(p.peek(0)) {
		p.skipBytes(1)
	}
}

// comment passes a comment, if there is one, up to the end of its line.
func (p *yamlScanner) comment() {
	if p.peek(0) != '#' {
		return
	}
	start := p.at.off
	for !p.breakAt(0) {
		p.skip()
	}
	p.comments = append(p.comments, byteRange{uint32(start), uint32(p.at.off)})
}

// next is the token that is due. It stays until take.
func (p *yamlScanner) next() (*token, bool) {
	for {
		if p.head < len(p.tokens) {
			if !p.stale() {
				return nil, false
			}
			// A token that may turn out to begin a key waits for its colon.
			if k := p.oldest; k >= len(p.keys) || !p.keys[k].possible || p.keys[k].token != p.taken {
				return &p.tokens[p.head], true
			}
		}
		if !p.fetch() {
			return nil, false
		}
	}
}

// take removes the token that next gave.
func (p *yamlScanner) take() {
	p.head++
	p.taken++
	if p.head == len(p.tokens) {
		p.tokens, p.head = p.tokens[:0], 0
	}
}

// insert puts a token before the one with this number.
func (p *yamlScanner) insert(number int, t token) {
	i := p.head + number - p.taken
	p.tokens = append(p.tokens, token{})
	copy(p.tokens[i+1:], p.tokens[i:])
	p.tokens[i] = t
}

// stale gives up the keys that have become too long: a key stands in one line and
// within 1024 characters. Keys of deeper levels are younger.
func (p *yamlScanner) stale() bool {
	for ; p.oldest < len(p.keys); p.oldest++ {
		k := &p.keys[p.oldest]
		if !k.possible {
			continue
		}
		if k.mark.line >= p.at.line && k.mark.char+1024 >= p.at.char {
			break
		}
		if k.required {
			return p.fail("while scanning a simple key", k.mark, "could not find expected ':'")
		}
		k.possible = false
	}
	return true
}

func (p *yamlScanner) saveKey() bool {
	if !p.keyAllowed {
		return true
	}
	if !p.removeKey() {
		return false
	}
	top := len(p.keys) - 1
	p.keys[top] = simpleKey{
		possible: true,
		required: p.flow == 0 && p.indent == p.at.col,
		token:    p.taken + len(p.tokens) - p.head,
		mark:     p.at,
	}
	p.oldest = min(p.oldest, top)
	return true
}

func (p *yamlScanner) removeKey() bool {
	k := &p.keys[len(p.keys)-1]
	if k.possible && k.required {
		return p.fail("while scanning a simple key", k.mark, "could not find expected ':'")
	}
	k.possible = false
	return true
}

// roll opens a block collection where the column says that one begins.
func (p *yamlScanner) roll(number int, kind tokenKind, at mark) {
	if p.flow > 0 || p.indent >= at.col {
		return
	}
	p.indents = append(p.indents, p.indent)
	p.indent = at.col
	p.insert(number, token{kind: kind, start: at, end: at})
}

// unroll closes the block collections that end before this column.
func (p *yamlScanner) unroll(col int) {
	if p.flow > 0 {
		return
	}
	for p.indent > col {
		p.tokens = append(p.tokens, token{kind: blockEndToken, start: p.at, end: p.at})
		p.indent = p.indents[len(p.indents)-1]
		p.indents = p.indents[:len(p.indents)-1]
	}
}

// gap passes what stands between tokens.
func (p *yamlScanner) gap() {
	for {
		// yaml.v3 looks for the mark in the wrong place, so that it is a letter.
		if p.dialect == PyYAML && p.at.col == 0 && strings.HasPrefix(p.s[p.at.off:], bom) {
			p.hideBOM()
			p.skip()
		}
		// A tab that could be taken for indentation is no space.
		for p.peek(0) == ' ' || p.peek(0) == '\t' && (p.flow > 0 || !p.keyAllowed) {
			p.skipBytes(1)
		}
		p.comment()
		if breakLen(p.s, p.at.off) == 0 {
			return
		}
		p.skipBreak()
		if p.flow == 0 {
			p.keyAllowed = true
		}
	}
}

// hideBOM makes a comment of a byte order mark where nothing follows in its line.
// Elsewhere it counts as one column, and no other text of its length does.
func (p *yamlScanner) hideBOM() {
	if rest := strings.TrimLeft(p.s[p.at.off+len(bom):], " "); rest != "" && rest[0] != '#' && breakLen(rest, 0) == 0 {
		p.foreign = true
		return
	}
	for i := range len(bom) {
		p.patches = append(p.patches, patch{p.at.off + i, '#'})
	}
}

// fetch puts at least one more token into the queue.
func (p *yamlScanner) fetch() bool {
	p.gap()
	if !p.stale() {
		return false
	}
	p.unroll(p.at.col)
	if p.at.off >= len(p.s) {
		return p.streamEnd()
	}
	c := p.peek(0)
	if p.at.col == 0 {
		if c == '%' {
			return p.directive()
		}
		if p.documentIndicator() {
			kind := documentStartToken
			if c == '.' {
				kind = documentEndToken
			}
			return p.documentBorder() && p.indicator(kind, 3)
		}
	}
	switch c {
	case '[':
		return p.flowStart(flowSequenceToken)
	case '{':
		return p.flowStart(flowMappingToken)
	case ']':
		return p.flowEnd(flowSequenceEndToken)
	case '}':
		return p.flowEnd(flowMappingEndToken)
	case ',':
		if !p.removeKey() {
			return false
		}
		p.keyAllowed = true
		return p.indicator(flowEntryToken, 1)
	case '*':
		return p.anchor(aliasToken)
	case '&':
		return p.anchor(anchorToken)
	case '!':
		return p.tag()
	case '\'', '"':
		return p.saveKey() && p.quoted(c)
	}
	switch {
	case c == '-' && p.spaceAt(1):
		return p.blockEntry()
	case c == '?' && (p.flow > 0 || p.spaceAt(1)):
		return p.key()
	case c == ':' && (p.flow > 0 || p.spaceAt(1)):
		return p.value()
	case (c == '|' || c == '>') && p.flow == 0:
		return p.block(c)
	case !strings.ContainsRune("-?:,[]{}#&*!|>'\"%@`\t", rune(c)), c == '-' && !isBlank(p.peek(1)),
		p.flow == 0 && (c == '?' || c == ':'):
		return p.saveKey() && p.plain()
	}
	return p.fail("while scanning for the next token", p.at, "found character that cannot start any token")
}

// documentIndicator reports whether --- or ... stands here.
func (p *yamlScanner) documentIndicator() bool {
	rest := p.s[p.at.off:]
	return (strings.HasPrefix(rest, "---") || strings.HasPrefix(rest, "...")) && p.spaceAt(3)
}

func (p *yamlScanner) push(t token) bool {
	t.end = p.at
	p.tokens = append(p.tokens, t)
	return true
}

// indicator makes a token of n ASCII characters.
func (p *yamlScanner) indicator(kind tokenKind, n int) bool {
	t := token{kind: kind, start: p.at}
	p.skipBytes(n)
	return p.push(t)
}

// documentBorder ends whatever is open.
func (p *yamlScanner) documentBorder() bool {
	p.unroll(-1)
	if !p.removeKey() {
		return false
	}
	p.keyAllowed = false
	return true
}

func (p *yamlScanner) streamEnd() bool {
	if p.at.col != 0 { // libyaml takes a last line to be ended
		p.at.col = 0
		p.at.line++
	}
	return p.documentBorder() && p.push(token{kind: streamEndToken, start: p.at})
}

func (p *yamlScanner) flowStart(kind tokenKind) bool {
	if !p.saveKey() {
		return false
	}
	p.keys = append(p.keys, simpleKey{})
	p.flow++
	p.keyAllowed = true
	return p.indicator(kind, 1)
}

func (p *yamlScanner) flowEnd(kind tokenKind) bool {
	if !p.removeKey() {
		return false
	}
	if p.flow > 0 {
		p.flow--
		p.keys = p.keys[:len(p.keys)-1]
		p.oldest = min(p.oldest, len(p.keys)-1)
	}
	p.keyAllowed = false
	return p.indicator(kind, 1)
}

func (p *yamlScanner) blockEntry() bool {
	if p.flow == 0 { // inside a flow collection the grammar refuses it
		if !p.keyAllowed {
			return p.fail("", mark{}, "block sequence entries are not allowed in this context")
		}
		p.roll(p.taken+len(p.tokens)-p.head, blockSequenceToken, p.at)
	}
	if !p.removeKey() {
		return false
	}
	p.keyAllowed = true
	return p.indicator(blockEntryToken, 1)
}

func (p *yamlScanner) key() bool {
	if p.flow == 0 {
		if !p.keyAllowed {
			return p.fail("", mark{}, "mapping keys are not allowed in this context")
		}
		p.roll(p.taken+len(p.tokens)-p.head, blockMappingToken, p.at)
	}
	if !p.removeKey() {
		return false
	}
	p.keyAllowed = p.flow == 0
	p.explicit = true
	return p.indicator(keyToken, 1)
}

func (p *yamlScanner) value() bool {
	if k := &p.keys[len(p.keys)-1]; k.possible {
		p.insert(k.token, token{kind: keyToken, start: k.mark, end: k.mark})
		p.roll(k.token, blockMappingToken, k.mark)
		k.possible = false
		p.keyAllowed = false
		return p.indicator(valueToken, 1)
	}
	if p.flow == 0 {
		if !p.keyAllowed {
			return p.fail("", mark{}, "mapping values are not allowed in this context")
		}
		p.roll(p.taken+len(p.tokens)-p.head, blockMappingToken, p.at)
	}
	p.keyAllowed = p.flow == 0
	return p.indicator(valueToken, 1)
}

func isAnchorChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-'
}

// word passes letters, digits, _ and -, and gives their number.
func (p *yamlScanner) word() int {
	n := 0
	for isAnchorChar(p.peek(n)) {
		n++
	}
	p.skipBytes(n)
	return n
}

func (p *yamlScanner) anchor(kind tokenKind) bool {
	if !p.saveKey() {
		return false
	}
	p.keyAllowed = false
	t := token{kind: kind, start: p.at}
	p.skipBytes(1)
	if p.word() == 0 || !p.spaceAt(0) && !strings.ContainsRune("?:,]}%@`", rune(p.peek(0))) {
		context := "while scanning an alias"
		if kind == anchorToken {
			context = "while scanning an anchor"
		}
		return p.fail(context, t.start, "did not find expected alphabetic or numeric character")
	}
	return p.push(t)
}

func (p *yamlScanner) tag() bool {
	if !p.saveKey() {
		return false
	}
	p.keyAllowed = false
	t := token{kind: tagToken, start: p.at}
	if p.peek(1) == '<' {
		p.skipBytes(2)
		if !p.uri("while parsing a tag", t.start, true, true) {
			return false
		}
		if p.peek(0) != '>' {
			return p.fail("while scanning a tag", t.start, "did not find the expected '>'")
		}
		p.skipBytes(1)
	} else {
		p.skipBytes(1)
		p.word()
		handle := p.peek(0) == '!' // which wants more, while a lone "!" is a tag
		if handle {
			p.skipBytes(1)
		}
		if !p.uri("while parsing a tag", t.start, p.dialect == GoYAML, handle) {
			return false
		}
	}
	switch {
	case p.spaceAt(0):
	case p.dialect == PyYAML && p.flow > 0 && p.peek(0) == ',':
		p.blankTag(t.start.off)
	default:
		return p.fail("while scanning a tag", t.start, "did not find expected whitespace or line break")
	}
	return p.push(t)
}

// blankTag hides a tag that a comma follows, to which yaml.v3 would take it.
func (p *yamlScanner) blankTag(start int) {
	if start+1 == p.at.off {
		p.patches = append(p.patches, patch{start, '~'})
	}
	for i := start + 1; i < p.at.off; i++ {
		p.patches = append(p.patches, patch{i, ' '})
	}
}

// uri passes the characters of a tag; brackets and commas belong to it only in
// some places.
func (p *yamlScanner) uri(context string, start mark, brackets, required bool) bool {
	from := p.at.off
	for {
		c := p.peek(0)
		switch {
		case c == '%':
			if !p.uriEscape(context, start) {
				return false
			}
			continue
		case isAnchorChar(c):
		case c != 0 && strings.IndexByte(";/?:@&=+$.!~*'()", c) >= 0:
		case brackets && (c == ',' || c == '[' || c == ']'):
		default:
			if required && p.at.off == from {
				return p.fail(context, start, "did not find expected tag URI")
			}
			return true
		}
		p.skipBytes(1)
	}
}

// uriEscape passes the %XX of one character.
func (p *yamlScanner) uriEscape(context string, start mark) bool {
	for width, i := 1, 0; i < width; i++ {
		hi, lo := unhex(p.peek(1)), unhex(p.peek(2))
		if p.peek(0) != '%' || hi < 0 || lo < 0 {
			return p.fail(context, start, "did not find URI escaped octet")
		}
		switch octet := hi<<4 | lo; {
		case i > 0 && octet&0xC0 != 0x80:
			return p.fail(context, start, "found an incorrect trailing UTF-8 octet")
		case i > 0 || octet < 0x80:
		case octet&0xE0 == 0xC0:
			width = 2
		case octet&0xF0 == 0xE0:
			width = 3
		case octet&0xF8 == 0xF0:
			width = 4
		default:
			return p.fail(context, start, "found an incorrect leading UTF-8 octet")
		}
		p.skipBytes(3)
	}
	return true
}

func (p *yamlScanner) directive() bool {
	if !p.documentBorder() {
		return false
	}
	const context = "while scanning a directive"
	t := token{start: p.at}
	p.skipBytes(1)
	name := p.at.off
	if p.word() == 0 {
		return p.fail(context, t.start, "could not find expected directive name")
	}
	if !p.spaceAt(0) {
		return p.fail(context, t.start, "found unexpected non-alphabetical character")
	}
	switch p.s[name:p.at.off] {
	case "YAML":
		t.kind = versionToken
		if !p.version(t.start) {
			return false
		}
	case "TAG":
		t.kind = tagDirectiveToken
		if !p.tagDirective(t.start) {
			return false
		}
	default:
		return p.fail(context, t.start, "found unknown directive name")
	}
	p.push(t)
	p.skipBlanks()
	p.comment()
	if !p.breakAt(0) {
		return p.fail(context, t.start, "did not find expected comment or line break")
	}
	if p.at.off < len(p.s) {
		p.skipBreak()
	}
	return true
}

// version passes the number of a %YAML directive.
func (p *yamlScanner) version(start mark) bool {
	const context = "while scanning a %YAML directive"
	p.skipBlanks()
	for part := range 2 {
		n := 0
		for ; p.peek(0) >= '0' && p.peek(0) <= '9'; n++ {
			if n == maxVersionDigits[p.dialect] {
				return p.fail(context, start, "found extremely long version number")
			}
			p.skipBytes(1)
		}
		if n == 0 {
			return p.fail(context, start, "did not find expected version number")
		}
		if part == 0 {
			if p.peek(0) != '.' {
				return p.fail(context, start, "did not find expected digit or '.' character")
			}
			p.skipBytes(1)
		}
	}
	return true
}

var maxVersionDigits = [...]int{PyYAML: 9, GoYAML: 2}

func (p *yamlScanner) tagDirective(start mark) bool {
	p.skipBlanks()
	if p.peek(0) != '!' {
		return p.fail("while scanning a tag directive", start, "did not find expected '!'")
	}
	p.skipBytes(1)
	if n := p.word(); p.peek(0) == '!' {
		p.skipBytes(1)
	} else if n > 0 {
		return p.fail("while parsing a tag directive", start, "did not find expected '!'")
	}
	if !isBlank(p.peek(0)) {
		return p.fail("while scanning a %TAG directive", start, "did not find expected whitespace")
	}
	p.skipBlanks()
	if !p.uri("while parsing a %TAG directive", start, true, true) {
		return false
	}
	if !p.spaceAt(0) {
		return p.fail("while scanning a %TAG directive", start, "did not find expected whitespace or line break")
	}
	return true
}

// block passes a literal or folded scalar. Its token ends behind the line breaks
// that belong to its value.
func (p *yamlScanner) block(c byte) bool {
	if !p.removeKey() {
		return false
	}
	p.keyAllowed = true
	const context = "while scanning a block scalar"
	t := token{kind: scalarToken, style: LiteralBlock, flags: flagEscaped, start: p.at}
	if c == '>' {
		t.style = FoldedBlock
	}
	p.skipBytes(1)
	var chomp byte
	increment := 0
	for range 2 {
		switch c := p.peek(0); {
		case (c == '+' || c == '-') && chomp == 0:
			chomp = c
			p.skipBytes(1)
		case c == '0' && increment == 0:
			return p.fail(context, t.start, "found an indentation indicator equal to 0")
		case c >= '1' && c <= '9' && increment == 0:
			increment = int(c - '0')
			p.skipBytes(1)
		}
	}
	t.end = p.at
	p.skipBlanks()
	p.comment()
	if !p.breakAt(0) {
		return p.fail(context, t.start, "did not find expected comment or line break")
	}
	if p.at.off < len(p.s) {
		p.skipBreak()
	}
	if increment > 0 {
		t.indent = max(p.indent, 0) + increment
	}
	ok := p.blockBreaks(&t, chomp)
	for ok && p.at.col == t.indent && p.at.off < len(p.s) {
		for !p.breakAt(0) {
			p.skip()
		}
		t.end = p.at
		if p.at.off < len(p.s) {
			p.skipBreak()
		}
		if chomp != '-' {
			t.end = p.at
		}
		ok = p.blockBreaks(&t, chomp)
	}
	if ok {
		p.tokens = append(p.tokens, t)
	}
	return ok
}

// blockBreaks passes empty lines and the indentation of a block scalar, and finds
// out how deep it is.
func (p *yamlScanner) blockBreaks(t *token, chomp byte) bool {
	deepest := 0
	for {
		for (t.indent == 0 || p.at.col < t.indent) && p.peek(0) == ' ' {
			p.skipBytes(1)
		}
		deepest = max(deepest, p.at.col)
		if (t.indent == 0 || p.at.col < t.indent) && p.peek(0) == '\t' {
			return p.fail("while scanning a block scalar", t.start, "found a tab character where an indentation space is expected")
		}
		if breakLen(p.s, p.at.off) == 0 {
			break
		}
		p.skipBreak()
		if chomp == '+' {
			t.end = p.at
		}
	}
	if t.indent == 0 {
		t.indent = max(deepest, p.indent+1, 1)
	}
	return true
}

// quoted passes a scalar in quotes.
func (p *yamlScanner) quoted(quote byte) bool {
	p.keyAllowed = false
	t := token{kind: scalarToken, style: SingleQuoted, start: p.at}
	if quote == '"' {
		t.style = DoubleQuoted
	}
	p.skipBytes(1)
	for {
		if p.at.col == 0 && p.documentIndicator() {
			return p.fail("while scanning a quoted scalar", t.start, "found unexpected document indicator")
		}
		if p.at.off >= len(p.s) {
			return p.fail("while scanning a quoted scalar", t.start, "found unexpected end of stream")
		}
		switch c := p.peek(0); {
		case c == quote && quote == '\'' && p.peek(1) == '\'':
			t.flags = flagEscaped
			p.skipBytes(2)
		case c == quote:
			p.skipBytes(1)
			return p.push(t)
		case c == '\\' && quote == '"':
			t.flags = flagEscaped
			if !p.escape(t.start) {
				return false
			}
		case breakLen(p.s, p.at.off) > 0:
			t.flags = flagEscaped
			p.skipBreak()
		default:
			p.skip()
		}
	}
}

// escape passes a backslash and what belongs to it.
func (p *yamlScanner) escape(start mark) bool {
	const context = "while parsing a quoted scalar"
	if breakLen(p.s, p.at.off+1) > 0 {
		p.skipBytes(1)
		p.skipBreak()
		return true
	}
	digits := 0
	switch c := p.peek(1); c {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case '/':
		if p.dialect == GoYAML {
			return p.fail(context, start, "found unknown escape character")
		}
		p.patches = append(p.patches, patch{p.at.off + 1, '_'})
	default:
		if _, ok := unescapeYAML(c); !ok || p.at.off+1 >= len(p.s) || c == '\'' && p.dialect == PyYAML {
			return p.fail(context, start, "found unknown escape character")
		}
	}
	p.skipBytes(2)
	value := 0
	for i := range digits {
		h := unhex(p.peek(i))
		if h < 0 {
			return p.fail(context, start, "did not find expected hexdecimal number")
		}
		value = value<<4 | h
	}
	if value >= 0xD800 && value < 0xE000 || value > utf8.MaxRune {
		return p.fail(context, start, "found invalid Unicode character escape code")
	}
	p.skipBytes(digits)
	return true
}

// plain passes a scalar without quotes.
func (p *yamlScanner) plain() bool {
	p.keyAllowed = false
	t := token{kind: scalarToken, start: p.at, end: p.at}
	newLine := false
	for !(p.at.col == 0 && p.documentIndicator() || p.peek(0) == '#') {
		before := p.at.off
		ended, ok := p.plainWord(&t)
		if !ok {
			return false
		}
		newLine = newLine && p.at.off == before
		if ended || p.at.off >= len(p.s) {
			break
		}
		if newLine, ok = p.plainSpace(newLine); !ok {
			p.fault.contextMark = t.start
			return false
		}
		if p.flow == 0 && p.at.col <= p.indent {
			break
		}
	}
	if newLine {
		p.keyAllowed = true
	}
	if strings.ContainsAny(p.s[t.start.off:t.end.off], "\n\r\u0085\u2028\u2029") {
		t.flags = flagEscaped
	}
	p.tokens = append(p.tokens, t)
	return true
}

// plainWord passes characters up to the next blank; it tells whether the scalar
// ends before that.
func (p *yamlScanner) plainWord(t *token) (ended, ok bool) {
	for !p.spaceAt(0) {
		c := p.peek(0)
		if c == ':' {
			if p.spaceAt(1) {
				return true, true
			}
			if p.flow > 0 && strings.IndexByte(",?[]{}", p.peek(1)) >= 0 && p.dialect == PyYAML {
				return false, p.fail("while scanning a plain scalar", t.start, "found unexpected ':'")
			}
		}
		if p.flow > 0 {
			switch c {
			case ',', '[', ']', '{', '}':
				return true, true
			case '?':
				if p.dialect == GoYAML {
					return true, true
				}
				p.patches = append(p.patches, patch{p.at.off, 'q'})
			}
		}
		p.skip()
		t.end = p.at
	}
	return false, true
}

// plainSpace passes blanks and line breaks inside a plain scalar; it tells
// whether there was a break.
func (p *yamlScanner) plainSpace(newLine bool) (_, ok bool) {
	for {
		switch c := p.peek(0); {
		case c == '\t' && newLine && p.at.col <= p.indent:
			return newLine, p.fail("while scanning a plain scalar", mark{}, "found a tab character that violates indentation")
		case isBlank(c):
			p.skipBytes(1)
		case breakLen(p.s, p.at.off) > 0:
			newLine = true
			p.skipBreak()
		default:
			return newLine, true
		}
	}
}
