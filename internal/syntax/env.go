package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// EnvLine is one line of an env file that is neither blank nor a comment.
type EnvLine struct {
	// Key and Value as the reader takes them. A line without an equals sign has
	// all of its text in Key.
	Key, Value source.Text
	// Span is the whole definition, without its line end and a comment after it.
	Span source.Span
	// NoEquals is set for a line without an equals sign.
	NoEquals bool
	// SpaceComment is set by [ParseEnv] for a line whose first character after
	// blanks that are not ASCII is #: a comment for Python's re, a definition for
	// the re2 of Airflow 2.6.3 to 2.11.
	SpaceComment bool
	// Export is set by [ParseDotenv] for a line that begins with the word export.
	Export bool
	// Quote is the quote around a dotenv value that the reader strips, or 0.
	Quote byte
	// Err is set by [ParseDotenv] for a line that its readers refuse. Its value is
	// then the raw rest of the line.
	Err *Error
}

// ParseEnv reads the lines of Airflow's own .env backend: a key ends at the first
// equals sign, nothing is trimmed, unquoted or unescaped. Which empty parts are
// errors depends on the version, so nothing is refused here.
//
// Source: _parse_env_file in airflow/secrets/local_filesystem.py and COMMENT_PATTERN
// in airflow/utils/file.py; str.splitlines of Python.
func ParseEnv(text source.Text) []EnvLine {
	var lines []EnvLine
	s := text.String()
	for i := 0; i < len(s); {
		n, width := splitLine(s[i:])
		line, start := s[i:i+n], i
		i += n + width
		if line == "" || isComment(line, isASCIISpace) {
			continue
		}
		l := EnvLine{Span: text.Span(start, start+n), SpaceComment: isComment(line, isPythonSpace)}
		eq := strings.IndexByte(line, '=')
		if eq < 0 {
			l.NoEquals, eq = true, n
		}
		l.Key = text.Slice(start, start+eq).Literal(encodeEnvKey)
		if !l.NoEquals {
			l.Value = text.Slice(start+eq+1, start+n).Literal(encodeEnvValue)
		}
		lines = append(lines, l)
	}
	return lines
}

// splitLine is the length of the first line and of its end, by the rules of
// str.splitlines.
func splitLine(s string) (n, end int) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\n', '\v', '\f', 0x1C, 0x1D, 0x1E:
			return i, 1
		case '\r':
			if i+1 < len(s) && s[i+1] == '\n' {
				return i, 2
			}
			return i, 1
		case 0xC2:
			if strings.HasPrefix(s[i:], "\u0085") {
				return i, 2
			}
		case 0xE2:
			if strings.HasPrefix(s[i:], "\u2028") || strings.HasPrefix(s[i:], "\u2029") {
				return i, 3
			}
		}
	}
	return len(s), 0
}

func isComment(line string, space func(rune) bool) bool {
	return strings.HasPrefix(strings.TrimLeftFunc(line, space), "#")
}

// isASCIISpace is \s of re2.
func isASCIISpace(r rune) bool {
	return r == ' ' || r == '\t' || r == '\n' || r == '\f' || r == '\r'
}

// isPythonSpace is \s of Python's re.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }

func encodeEnvKey(s string) (string, bool) {
	_, ok := encodeEnvValue(s)
	return s, ok && s != "" && !strings.Contains(s, "=") && !isComment(s, isPythonSpace)
}

func encodeEnvValue(s string) (string, bool) {
	_, end := splitLine(s)
	return s, end == 0
}

// ParseDotenv reads lines as Compose and the Astro CLI do, and a shell where it
// agrees: blanks around the equals sign, the word export, comments and quotes are
// taken away, a quoted value may hold line breaks, and in double quotes a
// backslash escapes. A reference to a variable is left as it is.
//
// Source: dotenv/parser.go of compose-go. Other than there, a line that is
// refused does not stop the rest from being read, and a quote that is closed only
// in the middle of a later line counts as not closed.
func ParseDotenv(text source.Text) []EnvLine {
	p := dotenvParser{text: text, s: text.String()}
	if strings.HasPrefix(p.s, "\ufeff") {
		p.i = len("\ufeff")
	}
	var lines []EnvLine
	for {
		p.i += len(p.s[p.i:]) - len(strings.TrimLeftFunc(p.s[p.i:], unicode.IsSpace))
		if p.i == len(p.s) {
			return lines
		}
		if p.s[p.i] == '#' {
			p.i = p.lineEnd(p.i)
			continue
		}
		lines = append(lines, p.line())
	}
}

// ParseDockerEnv reads lines as `docker --env-file` does: blanks before a name are
// taken away, and all behind the equals sign is the value, quotes included.
//
// Source: pkg/kvfile/kvfile.go of docker/cli. Other than there, a name with a blank
// in it does not stop the rest from being read.
func ParseDockerEnv(text source.Text) []EnvLine {
	var lines []EnvLine
	s := text.String()
	i := 0
	if strings.HasPrefix(s, "\ufeff") {
		i = len("\ufeff")
	}
	for i < len(s) {
		end := len(s)
		if j := strings.IndexByte(s[i:], '\n'); j >= 0 {
			end = i + j
		}
		start := end - len(strings.TrimLeftFunc(s[i:end], unicode.IsSpace))
		i = end + 1
		end = start + len(strings.TrimSuffix(s[start:end], "\r"))
		if start == end || s[start] == '#' {
			continue
		}
		l := EnvLine{Span: text.Span(start, end)}
		eq := strings.IndexByte(s[start:end], '=')
		if l.NoEquals = eq < 0; l.NoEquals {
			eq = end - start
		} else {
			l.Value = text.Slice(start+eq+1, end).Literal(encodeEnvValue)
		}
		l.Key = text.Slice(start, start+eq).Literal(encodeEnvKey)
		lines = append(lines, l)
	}
	return lines
}

type dotenvParser struct {
	text source.Text
	s    string
	i    int
}

// lineEnd is the offset of the line feed that ends the line at i.
func (p *dotenvParser) lineEnd(i int) int {
	if j := strings.IndexByte(p.s[i:], '\n'); j >= 0 {
		return i + j
	}
	return len(p.s)
}

// trim is the end of the bytes i to j without blanks at the end.
func (p *dotenvParser) trim(i, j int) int {
	return i + len(strings.TrimRightFunc(p.s[i:j], unicode.IsSpace))
}

// skipBlanks is the offset of what follows the blanks at i in the line that ends
// at end.
func (p *dotenvParser) skipBlanks(i, end int) int {
	return end - len(strings.TrimLeftFunc(p.s[i:end], unicode.IsSpace))
}

func (p *dotenvParser) line() EnvLine {
	start, end := p.i, p.lineEnd(p.i)
	var l EnvLine
	key := start
	if rest, ok := strings.CutPrefix(p.s[start:end], "export"); ok && rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
		l.Export = true
		key = p.skipBlanks(start+len("export"), end)
	}
	eq := strings.IndexByte(p.s[key:end], '=')
	if eq < 0 {
		l.NoEquals = true
		p.i = end
		end = p.trim(key, end)
		l.Key = p.text.Slice(key, end).Literal(encodeEnvKey)
		l.Span = p.text.Span(start, end)
		return l
	}
	eq += key
	l.Key = p.text.Slice(key, p.trim(key, eq)).Literal(encodeEnvKey)
	value := p.skipBlanks(eq+1, end)
	stop := end
	switch {
	case value < end && (p.s[value] == '\'' || p.s[value] == '"'):
		stop = p.quoted(&l, value, end)
	default:
		if j := strings.Index(p.s[value:end], " #"); j >= 0 {
			stop = value + j
		}
		stop = p.trim(value, stop)
		l.Value = p.text.Slice(value, stop).Literal(encodeDotenvPlain)
		p.i = end
	}
	l.Span = p.text.Span(start, stop)
	return l
}

// quoted reads the value whose quote stands at open, in the line that ends at
// end, and gives the end of the definition.
func (p *dotenvParser) quoted(l *EnvLine, open, end int) int {
	quote := p.s[open]
	shut := p.closing(open)
	problem := "this quote is not closed"
	if shut >= 0 {
		behind := p.lineEnd(shut)
		rest := strings.TrimSpace(p.s[shut+1 : behind])
		switch {
		case rest == "" || rest[0] == '#':
			l.Quote, l.Value = quote, p.unquote(open+1, shut, quote)
			p.i = behind
			return shut + 1
		case shut < end && isAssignment(rest):
			// A shell takes several on one line, and so does Compose.
			l.Quote, l.Value = quote, p.unquote(open+1, shut, quote)
			p.i = shut + 1
			return shut + 1
		case shut < end:
			problem = "text follows the closing quote"
			open = shut
		}
	}
	value := p.skipBlanks(strings.IndexByte(p.s[p.i:end], '=')+p.i+1, end)
	stop := p.trim(value, end)
	l.Value = p.text.Slice(value, stop).Literal(encodeDotenvPlain)
	l.Err = &Error{Span: p.text.Span(open, open+1), Offset: open, Problem: problem}
	p.i = end
	return stop
}

// closing finds the quote that closes the one at i, or -1.
func (p *dotenvParser) closing(i int) int {
	for j := i + 1; j < len(p.s); j++ {
		switch p.s[j] {
		case '\\':
			j++
		case p.s[i]:
			return j
		}
	}
	return -1
}

// isAssignment reports whether the text begins with a name and an equals sign.
func isAssignment(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '=':
			return i > 0
		case c != '_' && (c >= utf8.RuneSelf || !unicode.IsLetter(rune(c)) && !unicode.IsDigit(rune(c))):
			return false
		}
	}
	return false
}

// dotenvEscapes are the escapes in double quotes: the character behind the
// backslash, then what it stands for.
const dotenvEscapes = "a\ab\bf\fn\nr\rt\tv\v\\\\$$\"\""

// unquote decodes the inside of a quoted value. In single quotes only the quote
// itself is escaped.
func (p *dotenvParser) unquote(i, j int, quote byte) source.Text {
	enc := encodeDotenvSingle
	escapes := "''"
	if quote == '"' {
		enc, escapes = encodeDotenvDouble, dotenvEscapes
	}
	if strings.IndexByte(p.s[i:j], '\\') < 0 {
		return p.text.Slice(i, j).Literal(enc)
	}
	b := source.NewBuilder(p.text, enc)
	for i < j {
		k := strings.IndexByte(p.s[i:j], '\\')
		if k < 0 || i+k+1 >= j {
			b.Copy(i, j)
			break
		}
		b.Copy(i, i+k)
		i += k
		if c, ok := escaped(escapes, p.s[i+1]); ok {
			b.Put(i, i+2, string(c))
		} else {
			b.Copy(i, i+2)
		}
		i += 2
	}
	return b.Text()
}

func escaped(table string, c byte) (rune, bool) {
	for i := 0; i+1 < len(table); i += 2 {
		if table[i] == c {
			return rune(table[i+1]), true
		}
	}
	return 0, false
}

func encodeDotenvPlain(s string) (string, bool) {
	return s, s == strings.TrimSpace(s) && !strings.ContainsAny(s, "\r\n") && !strings.Contains(s, " #") &&
		!strings.HasPrefix(s, "'") && !strings.HasPrefix(s, `"`)
}

func encodeDotenvSingle(s string) (string, bool) {
	return s, !strings.ContainsAny(s, "'\r\n") && !strings.HasSuffix(s, `\`)
}

func encodeDotenvDouble(s string) (string, bool) {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\n", `\n`, "\r", `\r`).Replace(s), true
}
