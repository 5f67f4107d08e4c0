package report

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// widest is how many columns of a line are shown; of a longer one the part around
// the place is.
const widest = 100

// snippet is a line of a document, its secrets masked, and where on it a finding
// stands, in columns of a terminal.
type snippet struct {
	line        int
	text        string
	caret, wide int
	from, to    int // the place as bytes of the text
}

// cell is a character that is shown, with the bytes of the file that it stands
// for.
type cell struct {
	text    string
	at, end int
	width   int
}

// masker shows lines of a document without their secrets.
type masker struct {
	file    *source.File
	secrets []source.Span // of all lines that will be asked for, in order
}

// newMasker looks for the secrets in the lines of these findings, all at once: a
// look at the document is not cheap.
func newMasker(doc *export.Document, findings []lint.Finding) masker {
	if len(findings) == 0 {
		return masker{}
	}
	numbers := make([]int, len(findings))
	for i := range findings {
		numbers[i] = doc.File.Position(findings[i].Span.Start).Line
	}
	slices.Sort(numbers)
	var lines []source.Span
	for _, n := range slices.Compact(numbers) {
		lines = append(lines, doc.File.Line(n))
	}
	return masker{doc.File, doc.Secrets(lines)}
}

// snippet is the line of a place. A place of several lines is marked on its first
// one.
func (m masker) snippet(at source.Span) snippet {
	line := m.file.Position(at.Start).Line
	whole := m.file.Line(line)
	span := whole
	// A line may be 100 MB long: only what is near is looked at.
	const near = 4 * widest
	if at.Start-span.Start > near {
		span.Start = boundary(m.file.Data, at.Start-near)
	}
	if span.End-at.Start > 2*near {
		span.End = boundary(m.file.Data, at.Start+2*near)
	}
	first := sort.Search(len(m.secrets), func(i int) bool { return m.secrets[i].End > span.Start })
	secrets := m.secrets[first:]
	if len(secrets) > 0 && secrets[0].Start < span.Start {
		// A long secret takes no room, so what stands around it is near, too.
		span.Start = boundary(m.file.Data, max(whole.Start, secrets[0].Start-near))
	}
	if i := sort.Search(len(secrets), func(i int) bool { return secrets[i].End > span.End }); i < len(secrets) && secrets[i].Start < span.End {
		span.End = boundary(m.file.Data, min(whole.End, secrets[i].End+near))
	}
	cells := masked(m.file.Data, span, secrets)
	if span.Start > whole.Start {
		cells = append([]cell{{"…", span.Start, span.Start, 1}}, cells...)
	}
	if span.End < whole.End {
		cells = append(cells, cell{"…", span.End, span.End, 1})
	}
	return window(cells, line, at.Start, max(min(at.End, span.End), at.Start))
}

// boundary is the first byte of a character at or before an offset.
func boundary(s string, i int) int {
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// masked turns a line into cells; each secret is three stars.
func masked(data string, line source.Span, secrets []source.Span) []cell {
	cells := make([]cell, 0, line.Len()+1)
	for i := line.Start; i < line.End; {
		if len(secrets) > 0 && i >= secrets[0].Start {
			end := secrets[0].End
			for range len(secret.Mask) {
				cells = append(cells, cell{"*", i, end, 1})
			}
			i, secrets = end, secrets[1:]
			continue
		}
		r, n := utf8.DecodeRuneInString(data[i:line.End])
		c := cell{data[i : i+n], i, i + n, 1}
		switch {
		case r == '\t':
			c.text = " "
		case !isShown(r) || r == utf8.RuneError || isCommand(data, i):
			c.text = "\uFFFD"
		case r < 0x300: // one column each
		case unicode.In(r, unicode.Mn, unicode.Me):
			c.width = 0
		default:
			if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
				c.width = 2
			}
		}
		cells = append(cells, c)
		i += n
	}
	return cells
}

// window cuts the cells to what fits and finds the columns of the place.
func window(cells []cell, line, start, end int) snippet {
	first := 0
	for first < len(cells) && cells[first].end <= start {
		first++
	}
	last := first
	for last < len(cells) && cells[last].at < end {
		last++
	}
	lo, hi := 0, len(cells)
	if columns(cells) > widest {
		lo = max(0, first-widest/3)
		hi = min(len(cells), lo+widest-2)
		lo = max(0, hi-(widest-2))
	}
	s := snippet{line: line}
	var b strings.Builder
	if lo > 0 {
		b.WriteString("…")
		s.caret++
	}
	for i, c := range cells[lo:hi] {
		if lo+i == first {
			s.from = b.Len()
		}
		b.WriteString(c.text)
		if lo+i < last {
			s.to = b.Len()
		}
	}
	if first >= hi {
		s.from = b.Len()
	}
	if hi < len(cells) {
		b.WriteString("…")
	}
	s.text = strings.TrimRight(b.String(), " ")
	s.from = min(s.from, len(s.text))
	s.to = min(max(s.from, s.to), len(s.text))
	s.caret += columns(cells[lo:max(lo, min(first, hi))])
	s.wide = max(1, columns(cells[min(first, hi):min(last, hi)]))
	return s
}

func columns(cells []cell) int {
	n := 0
	for _, c := range cells {
		n += c.width
	}
	return n
}
