package export

import (
	"slices"
	"sort"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Secrets are the bytes of some lines of the file that must not be shown: what the
// structure of the document knows to be secret (values under sensitive keys, in
// whatever style they are written, values of variables, foreign lines of a
// dotenv) and what the greedy scan takes for one. Where the document does not
// parse, or is no export, it is everything behind the first : or = of a line.
//
// The lines must be whole, since a part of one says less about its secrets, and in
// order; so are the spans, which are apart from each other and cut to the lines.
func (d *Document) Secrets(lines []source.Span) []source.Span {
	var spans []source.Span
	for _, line := range lines {
		for _, r := range secret.Scan(d.File.Data[line.Start:line.End]) {
			spans = append(spans, source.Span{Start: line.Start + r[0], End: line.Start + r[1]})
		}
		if d.isOpaque() {
			spans = append(spans, behindSeparator(d.File.Data, line))
		}
	}
	switch {
	case d.isOpaque():
	case d.Shape == ProjectFile:
		for _, line := range lines {
			spans = append(spans, projectSecrets(d.File.Data, line)...)
		}
	case d.Tree != nil:
		spans = append(spans, d.treeSecrets(lines)...)
	case d.Lines != nil:
		for _, l := range d.Lines {
			if touches(lines, l.Span) {
				spans = append(spans, lineSecrets(d.Format, l)...)
			}
		}
	default:
		spans = append(spans, scanned(d.Value)...)
	}
	return cut(spans, lines, d.File.Data)
}

// isOpaque reports whether nothing is known of what stands where: the document
// does not parse, or is not what its format says.
func (d *Document) isOpaque() bool {
	switch {
	case d.Shape == ProjectFile:
		return false
	case d.Err != nil, d.Format == Unknown, d.Shape == NotAnObject:
		return true
	case d.Format == AirflowValue, d.Format == AirflowURI:
		return isOpaqueValue(d.Value)
	}
	return false
}

// isOpaqueValue reports whether a value is neither a URI nor JSON that parses.
func isOpaqueValue(t source.Text) bool {
	s := t.String()
	if strings.HasPrefix(strings.TrimSpace(s), "{") {
		_, err := syntax.ParseJSON(t)
		return err != nil
	}
	return !strings.Contains(s, ":/") && strings.IndexByte(s, '@') < 0
}

// behindSeparator is a line from its first : or = on. One that has neither may be
// a further line of a secret: all of it, unless it is but brackets.
func behindSeparator(s string, line source.Span) source.Span {
	text := s[line.Start:line.End]
	if i := strings.IndexAny(text, ":="); i >= 0 {
		return source.Span{Start: line.Start + i + 1 + blanks(text[i+1:]), End: line.End}
	}
	if strings.Trim(text, "{}[],\"' \t") == "" {
		return source.Span{}
	}
	return source.Span{Start: line.Start + blanks(text), End: line.End}
}

func blanks(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// projectSecrets are those of a line of a Dockerfile, a file of requirements or the
// like, besides what the scan finds: the whole userinfo of a URL, where an index's
// token stands for a name, and the value of a variable that is a connection.
func projectSecrets(s string, line source.Span) []source.Span {
	var spans []source.Span
	for i := line.Start; ; {
		j := strings.Index(s[i:line.End], "://")
		if j < 0 {
			break
		}
		i += j + len("://")
		end := i + len(s[i:line.End])
		if k := strings.IndexAny(s[i:end], " \t\"'"); k >= 0 {
			end = i + k
		}
		if at := strings.LastIndexByte(s[i:end], '@'); at >= 0 {
			spans = append(spans, source.Span{Start: i, End: i + at})
		}
	}
	text := s[line.Start:line.End]
	if i := strings.Index(text, connPrefix); i >= 0 {
		if j := strings.IndexAny(text[i:], "= \t:"); j >= 0 {
			spans = append(spans, source.Span{Start: line.Start + i + j + 1, End: line.End})
		}
	}
	return spans
}

// touches reports whether a span shares a byte with one of the lines.
func touches(lines []source.Span, s source.Span) bool {
	i := sort.Search(len(lines), func(i int) bool { return lines[i].End >= s.Start })
	return i < len(lines) && lines[i].Start <= s.End
}

// treeSecrets walks the tree as far as it touches the lines. In YAML a secret may
// stand elsewhere than under its key, where an alias points, so there the whole
// tree is walked.
func (d *Document) treeSecrets(lines []source.Span) []source.Span {
	type item struct {
		node   syntax.Node
		hidden bool // all scalars below are secret
	}
	var spans []source.Span
	var open []item
	aliased := map[source.Span]bool{} // what was reached as a secret through an alias
	push := func(n syntax.Node, hidden bool) {
		if _, shared := n.Alias(); shared {
			// What is not secret is met where it is written; what is, once.
			if !hidden || aliased[n.Span()] {
				return
			}
			aliased[n.Span()] = true
		} else if !touches(lines, n.Span()) && !(n.YAML() && n.IsCollection()) {
			return
		}
		open = append(open, item{n, hidden})
	}
	for _, root := range d.Tree.Documents() {
		push(root, false)
	}
	for len(open) > 0 {
		n, hidden := open[len(open)-1].node, open[len(open)-1].hidden
		open = open[:len(open)-1]
		switch {
		case !n.IsCollection():
			if hidden && n.Kind() != syntax.Null {
				spans = append(spans, inner(n))
			} else if n.Kind() == syntax.String {
				spans = append(spans, scanned(n.Text())...)
			}
		case n.Kind() == syntax.Sequence:
			for child := range n.Items() {
				push(child, hidden)
			}
		default:
			for k, v := range n.Written() {
				push(k, hidden && n.Kind() == syntax.Set)
				push(v, hidden || d.hides(k))
			}
		}
	}
	return spans
}

// hides reports whether what stands under a key is secret.
func (d *Document) hides(key syntax.Node) bool {
	if key.Kind() != syntax.String {
		return false
	}
	name := key.Value()
	if d.Format == AstroSettings {
		switch strings.ToLower(name) {
		case "variable_value", "value", "val":
			return true
		}
	}
	return secret.SensitiveKey(name)
}

// inner is a scalar's bytes without its quotes, and without the word of an
// authorization scheme in front, which is no secret.
func inner(n syntax.Node) source.Span {
	if n.Kind() != syntax.String {
		return n.Span()
	}
	t := n.Text()
	return t.From(secret.CredentialStart(t.String())).Whole()
}

// lineSecrets are those of one line of an env file. Of a line that defines no
// connection nothing but the name is shown.
func lineSecrets(f Format, l syntax.EnvLine) []source.Span {
	switch {
	case l.NoEquals:
		return []source.Span{l.Span}
	case f == Dotenv && !definesConn(&l):
		return []source.Span{l.Value.Whole()}
	}
	if isOpaqueValue(l.Value) {
		return []source.Span{l.Value.Whole()}
	}
	return scanned(l.Value)
}

// scanned is what the greedy scan finds in a decoded text, as bytes of the file.
func scanned(t source.Text) []source.Span {
	var spans []source.Span
	scan := secret.Scan
	if strings.Contains(t.String(), "://") {
		scan = secret.ScanURI
	}
	for _, r := range scan(t.String()) {
		spans = append(spans, t.Span(r[0], r[1]))
	}
	return spans
}

// cut sorts the spans, makes one of those that touch, and cuts them to the lines,
// without the blanks that a line begins with.
func cut(spans, lines []source.Span, data string) []source.Span {
	slices.SortFunc(spans, func(a, b source.Span) int { return a.Start - b.Start })
	var joined []source.Span
	for _, s := range spans {
		if n := len(joined); n > 0 && s.Start <= joined[n-1].End {
			joined[n-1].End = max(joined[n-1].End, s.End)
		} else if s.Start < s.End {
			joined = append(joined, s)
		}
	}
	var out []source.Span
	i := 0
	for _, line := range lines {
		line.Start += blanks(data[line.Start:line.End])
		for i < len(joined) && joined[i].End <= line.Start {
			i++
		}
		for j := i; j < len(joined) && joined[j].Start < line.End; j++ {
			out = append(out, source.Span{Start: max(joined[j].Start, line.Start), End: min(joined[j].End, line.End)})
		}
	}
	return out
}
