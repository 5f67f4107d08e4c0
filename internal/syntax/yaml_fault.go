package syntax

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Mark is the place as PyYAML shows it.
func (m mark) Mark() Mark { return Mark{m.line, m.col} }

// markAt counts the lines and columns up to an offset.
func markAt(s string, off int) mark {
	p := newYAMLScanner(s, PyYAML)
	for p.at.off < off {
		if breakLen(s, p.at.off) > 0 {
			p.skipBreak()
		} else {
			p.skip()
		}
	}
	return p.at
}

// PyYAML is the text of the exception that PyYAML raises, as far as it holds no
// value of the document: str() of a yaml.MarkedYAMLError.
func (e *Error) PyYAML() string {
	place := func(m Mark) string {
		return fmt.Sprintf("  in \"<unicode string>\", line %d, column %d", m.Line+1, m.Column+1)
	}
	var lines []string
	if e.Context != "" {
		lines = append(lines, e.Context)
		if e.ContextMark != e.Mark {
			lines = append(lines, place(e.ContextMark))
		}
	}
	return strings.Join(append(lines, e.Message, place(e.Mark)), "\n")
}

// explain puts what was found into plain words, and shows the bytes that they
// are about.
func (l *yamlLayout) explain(text source.Text) *Error {
	f := l.fault
	x := explanation{s: text.String(), fault: f, start: f.mark.off, end: f.end}
	if x.end == 0 {
		x.end = x.charEnd(x.start)
	}
	if f.context != "" && f.contextMark.off < f.mark.off {
		x.related, x.relatedText = f.contextMark.off, "it begins here"
	}
	x.explain()
	e := &Error{Span: text.Span(x.start, max(x.start, x.end)), Offset: f.mark.off, Kind: f.kind, Message: f.problem, Mark: f.mark.Mark(), Context: f.context,
		Problem: x.problem, Hint: x.hint}
	if f.context != "" {
		e.ContextMark = f.contextMark.Mark()
	}
	if x.relatedText != "" {
		e.Related, e.RelatedText = text.Span(x.related, x.charEnd(x.related)), x.relatedText
	}
	return e
}

// explanation is an error in the making.
type explanation struct {
	s     string
	fault *fault

	start, end    int
	problem, hint string
	related       int
	relatedText   string
}

const quoteIt = "put the text in quotes"

func (x *explanation) say(problem, hint string) { x.problem, x.hint = problem, hint }

func (x *explanation) charEnd(i int) int {
	if i >= len(x.s) {
		return i
	}
	_, n := utf8.DecodeRuneInString(x.s[i:])
	return i + n
}

// byteAt is the byte at an offset, 0 outside the text.
func (x *explanation) byteAt(i int) byte {
	if i < 0 || i >= len(x.s) {
		return 0
	}
	return x.s[i]
}

// line is the line around an offset: its first byte and the byte behind its last.
func (x *explanation) line(i int) (lo, hi int) {
	for lo = i; lo > 0 && breakLen(x.s, lo-1) == 0 && !endsBreak(x.s[:lo]); lo-- {
	}
	for hi = i; hi < len(x.s) && breakLen(x.s, hi) == 0; hi++ {
	}
	return lo, hi
}

// endsBreak reports whether a line break of several bytes ends s.
func endsBreak(s string) bool {
	return strings.HasSuffix(s, "\u0085") || strings.HasSuffix(s, "\u2028") || strings.HasSuffix(s, "\u2029")
}

// plainWords are the words for what needs no look at the text around it.
func plainWords(problem string) (string, string) {
	switch problem {
	case "found undefined alias":
		return "a word that begins with * is an alias, and no anchor of this name stands before it", quoteIt
	case "found unexpected document indicator":
		return "a document ends inside a text in quotes: the closing quote is missing", ""
	case "found a tab character where an indentation space is expected", "found a tab character that violates indentation":
		return "a tab in the indentation; YAML takes blanks only", "indent with blanks"
	case "found an indentation indicator equal to 0":
		return "an indentation of 0 behind | or >; it is from 1 to 9", ""
	case "mapping keys are not allowed in this context":
		return "a key cannot begin here; a text that begins with \"? \" needs quotes", quoteIt
	case "block sequence entries are not allowed in this context":
		return "a list cannot begin in the same line; a text that begins with \"- \" needs quotes", "begin the list on the next line"
	case "found unexpected ':'":
		return "a blank is missing after this colon, or the text needs quotes", quoteIt
	case "found incompatible YAML document":
		return "this version of YAML is not read", "%YAML 1.1"
	case "found duplicate %YAML directive", "found duplicate %TAG directive":
		return "this directive is there twice", "remove it"
	case "exceeded max depth of 10000":
		return "lists and objects are nested more than 10,000 deep", ""
	}
	return "this is no YAML", ""
}

func (x *explanation) explain() {
	switch x.fault.problem {
	case "control characters are not allowed":
		r, _ := utf8.DecodeRuneInString(x.s[x.start:])
		x.say(fmt.Sprintf("a control character (U+%04X); YAML has none", r), fmt.Sprintf(`write it as "\u%04x" between double quotes`, r))
	case "found character that cannot start any token":
		x.wrongStart()
	case "mapping values are not allowed in this context":
		x.wrongColon()
	case "could not find expected ':'":
		x.noColon()
	case "did not find expected key":
		x.noKey()
	case "did not find expected '-' indicator":
		x.relatedText = "the list begins here"
		x.say("a line that does not fit: the list goes on with \"- \", or ends with less indentation", "")
	case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
		x.openFlow()
	case "found unexpected end of stream":
		x.relatedText = "the text begins here"
		x.say("the file ends inside a text in quotes: its closing quote is missing", "")
	case "found unknown escape character":
		x.end = x.charEnd(min(x.start+1, len(x.s)))
		x.relatedText = ""
		x.say(`YAML has no such escape; in double quotes a backslash itself is written twice`, `\\`)
	case "found invalid Unicode character escape code":
		x.escapeSpan()
		x.say(`this escape stands for no character; JSON's pairs like \ud83d\ude00 are none in YAML`, "write the character itself")
	case "did not find expected hexdecimal number":
		x.escapeSpan()
		x.say(`\x wants two hex digits, \u four, \U eight`, `\\`)
	case "did not find expected alphabetic or numeric character":
		x.start, x.end, x.relatedText = x.fault.contextMark.off, x.fault.contextMark.off+1, ""
		if x.byteAt(x.start) == '&' {
			x.say("a word that begins with & is an anchor, whose name has letters, digits, - and _ only", quoteIt)
		} else {
			x.say("a word that begins with * is an alias, whose name has letters, digits, - and _ only", quoteIt)
		}
	case "second occurrence":
		x.end, x.relatedText = x.wordEnd(x.start), "the first stands here"
		x.say("this anchor is there twice", "give it another name")
	case "did not find expected node content":
		x.noContent()
	case "did not find expected <document start>":
		x.afterDocument()
	default:
		switch c := x.fault.context; {
		case strings.HasSuffix(c, "directive"):
			x.start, x.end, x.relatedText = x.fault.contextMark.off, x.fault.contextMark.off+1, ""
			x.say("a line that begins with % is a directive, and this is none that is known and complete", quoteIt)
		case strings.HasSuffix(c, "tag") || x.fault.problem == "found undefined tag handle":
			x.start, x.relatedText = x.fault.contextMark.off, ""
			x.end = x.wordEnd(x.start)
			x.say("a word that begins with ! is a tag, and this one is none", quoteIt)
		case c == "while scanning a block scalar" && x.fault.problem == "did not find expected comment or line break":
			x.start, x.end, x.relatedText = x.fault.contextMark.off, x.fault.contextMark.off+1, ""
			x.say("behind | and > the line ends; a text that begins so needs quotes", quoteIt)
		default:
			x.problem, x.hint = plainWords(x.fault.problem)
		}
	}
}

// wordEnd is where the next blank or line break is.
func (x *explanation) wordEnd(i int) int {
	for i < len(x.s) && !isBlank(x.s[i]) && breakLen(x.s, i) == 0 {
		i++
	}
	return i
}

// noContent explains what stands where a value is due.
func (x *explanation) noContent() {
	flow := strings.HasSuffix(x.fault.context, "flow node")
	x.relatedText = ""
	switch c := x.byteAt(x.start); {
	case (c == ']' || c == '}') && !flow:
		x.say("a closing bracket that nothing opened", quoteIt)
	case c == '-' && flow:
		x.say("a list item with - cannot stand between brackets", quoteIt)
	case c == ':':
		x.say("a key is missing before this colon", quoteIt)
	default:
		x.say("a value is missing before this", "")
	}
}

// afterDocument explains what follows a complete document.
func (x *explanation) afterDocument() {
	lo, _ := x.line(x.start)
	switch c := x.byteAt(x.start); {
	case x.start >= len(x.s):
		x.say("after a directive (%) a document is due, which begins with ---", "")
	case c == ']' || c == '}':
		x.say("a closing bracket that nothing opened", quoteIt)
	case c == '&' || c == '*' || c == '!':
		x.say("no more than one anchor and one tag can stand before a value, and none before an alias", quoteIt)
	case strings.TrimLeft(x.s[lo:x.start], " ") == "":
		x.say("the document ends before this line, which is indented less than the first or fits nothing above it", "")
	default:
		x.say("the document ends before this; more text follows", quoteIt)
	}
}

// wrongStart explains a character that no value begins with.
func (x *explanation) wrongStart() {
	switch c := x.byteAt(x.start); c {
	case '\t':
		for x.byteAt(x.end) == '\t' {
			x.end++
		}
		x.say("a tab in the indentation; YAML takes blanks only", "indent with blanks")
	case '@', '`', '%':
		x.say(fmt.Sprintf("no text without quotes begins with %c", c), quoteIt)
	case '|', '>':
		x.say(fmt.Sprintf("a text cannot begin with %c between brackets", c), quoteIt)
	default:
		x.say("no value begins so", quoteIt)
	}
}

// wrongColon explains a colon that follows what cannot be a key.
func (x *explanation) wrongColon() {
	lo, _ := x.line(x.start)
	before := x.s[lo:x.start]
	switch {
	case utf8.RuneCountInString(before) > 1024:
		x.say("a key is longer than 1024 characters", "")
	case strings.Contains(before, ": ") || strings.Contains(before, ":\t"):
		x.say("a second colon in one line; a text that holds \": \" needs quotes", quoteIt)
	case x.tightColon(lo):
		x.say("a blank is missing after this colon", ": ")
	case x.equalsAbove(lo):
		x.say("a colon and a blank are due after a key, not =", ": ")
	default:
		x.say("a key cannot stand here: the line above it is a text that goes on in this line", "give both lines the same indentation, and the one above a colon")
	}
}

// tightColon looks for a colon without a blank in the line before an offset, and
// makes it the place of the error.
func (x *explanation) tightColon(lo int) bool {
	if lo == 0 {
		return false
	}
	above, end := x.line(lo - 1)
	line := x.s[above:end]
	i := strings.IndexByte(line, ':')
	if i <= 0 || strings.HasPrefix(line[i:], "://") || strings.Contains(line, ": ") || i+1 == len(line) || strings.ContainsAny(line[:i], "\"'{[ ") {
		return false
	}
	x.start, x.end = above+i, above+i+1
	return true
}

// equalsAbove looks for NAME=value, a line of a .env file, above the line at an
// offset, and makes its = the place of the error.
func (x *explanation) equalsAbove(lo int) bool {
	for lo > 0 {
		above, end := x.line(lo - 1)
		line := x.s[above:end]
		if strings.TrimSpace(line) == "" {
			lo = above
			continue
		}
		i := strings.IndexByte(line, '=')
		if i <= 0 || strings.ContainsAny(line[:i], "\"'{[: ") {
			return false
		}
		x.start, x.end = above+i, above+i+1
		return true
	}
	return false
}

// noColon explains a line that should be a key and is none.
func (x *explanation) noColon() {
	x.start, x.relatedText = x.fault.contextMark.off, ""
	_, x.end = x.line(x.start)
	content := x.s[x.start:x.end]
	if i := strings.Index(content, " #"); i >= 0 {
		content = content[:i]
	}
	content = strings.TrimRight(content, " \t")
	x.end = x.start + len(content)
	if len(content) > 1 && content[0] == '-' {
		x.end = x.start + 1
		x.say("a blank is missing after the -", "- ")
		return
	}
	if i := strings.IndexByte(content, ':'); i > 0 && content[0] != '"' && content[0] != '\'' && i+1 < len(content) {
		x.start, x.end = x.start+i, x.start+i+1
		x.say("a blank is missing after this colon", ": ")
		return
	}
	if i := strings.IndexByte(content, '='); i > 0 && content[0] != '"' && content[0] != '\'' {
		x.start, x.end = x.start+i, x.start+i+1
		x.say("a colon and a blank are due after a key, not =", ": ")
		return
	}
	x.say("this line has no colon: it is neither a key nor part of the value above it", "")
}

// noKey explains what stands in a mapping where a key is due.
func (x *explanation) noKey() {
	x.relatedText = "the object begins here"
	lo, _ := x.line(x.start)
	before := strings.TrimRight(x.s[lo:x.start], " \t")
	switch c := x.byteAt(x.start); {
	case c == ']' || c == '}':
		x.say("a closing bracket that nothing opened", quoteIt)
	case c == ':':
		x.say("a key is missing before this colon", quoteIt)
	case c == '&' || c == '*' || c == '!':
		x.say("no more than one anchor and one tag can stand before a value, and none before an alias", quoteIt)
	case before == "" && c == '-' && isBlank(x.byteAt(x.start+1)):
		x.say("a list item where a key is due: the indentation does not fit", "")
	case before == "":
		x.say("the indentation of this line fits none of the levels above it", "")
	case strings.HasSuffix(before, `"`) || strings.HasSuffix(before, "'"):
		x.say("text follows the closing quote: a quote inside the text is written twice, or \\\" in double quotes", "")
	case strings.HasSuffix(before, "]") || strings.HasSuffix(before, "}"):
		x.say("text follows the closing bracket", quoteIt)
	default:
		x.say("a key is due here", "")
	}
}

// openFlow explains a list or object in brackets that is not closed, or lacks a
// comma.
func (x *explanation) openFlow() {
	what, a := "list", "a list"
	if strings.HasSuffix(x.fault.problem, "'}'") {
		what, a = "object", "an object"
	}
	x.relatedText = "the " + what + " begins here"
	switch c := x.byteAt(x.start); {
	case x.start >= len(x.s):
		x.say("the file ends inside "+a+": its closing bracket is missing", "")
	case c == ']' || c == '}':
		x.say(fmt.Sprintf("%c closes what was opened as %s", c, a), "")
	case x.fault.mark.line > x.fault.contextMark.line:
		x.say("a comma is missing before this, or the closing bracket of the "+what, "")
	default:
		x.say("a comma or the end of the "+what+" is due here", "")
	}
}

// escapeSpan widens the place to the whole escape, of which the digits were
// refused.
func (x *explanation) escapeSpan() {
	x.start -= 2
	x.end = x.start + 2
	for most := map[byte]int{'x': 2, 'u': 4, 'U': 8}[x.s[x.start+1]]; most > 0 && unhex(x.byteAt(x.end)) >= 0; most-- {
		x.end++
	}
	x.relatedText = ""
}
