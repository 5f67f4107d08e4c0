package syntax

import (
	"errors"
	"io"
	"math"
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Dialect names whose rules a YAML text is read by.
type Dialect uint8

// The dialects of YAML.
const (
	// PyYAML is YAML 1.1 as PyYAML's CSafeLoader reads it: Airflow's files.
	PyYAML Dialect = iota + 1
	// GoYAML is gopkg.in/yaml.v3: the Astro CLI's settings, and configuration.
	GoYAML
)

// yamlTree is what only YAML has. Its lists are in the order of the nodes.
type yamlTree struct {
	dialect  Dialect
	comments []byteRange
	props    []properties
	aliases  []aliasTarget
	blocks   []blockIndent
	merges   map[uint32][]member // of the mappings with flagMerge
	values   map[uint32]string   // of scalars that only yaml.v3 could decode
}

type member struct{ key, value uint32 }

// target is the node that an alias stands for.
func (y *yamlTree) target(i uint32) uint32 {
	j := sort.Search(len(y.aliases), func(j int) bool { return y.aliases[j].alias >= i })
	return y.aliases[j].target
}

// merged are the members of a mapping with merge keys.
func (y *yamlTree) merged(i uint32) []member { return y.merges[i] }

// properties of a node; nil where it has neither tag nor anchor.
func (y *yamlTree) properties(i uint32) *properties {
	j := sort.Search(len(y.props), func(j int) bool { return y.props[j].node >= i })
	if j == len(y.props) || y.props[j].node != i {
		return nil
	}
	return &y.props[j]
}

// ParseYAML reads all documents of a text, up to the first that is refused where
// it is not the first of all: PyYAML's users refuse a second document for being
// there (it is then a null), yaml.v3's never look at it. What the loader of the
// dialect refuses in a single document is refused, including what it only finds
// when it makes objects of the nodes (PyYAML's SafeConstructor, yaml.v3's decoding
// into any).
//
// Sources: PyYAML 6.0.3 with libyaml 0.2.5, gopkg.in/yaml.v3 3.0.1.
func ParseYAML(text source.Text, d Dialect) (*Tree, *Error) {
	s := text.String()
	if uint64(len(s)) >= math.MaxUint32 {
		return nil, &Error{Span: text.Span(0, 0), Problem: "the document is larger than 4 GiB"}
	}
	if err := notUTF8(text); err != nil {
		return nil, err
	}
	bad := forbiddenCharacter(s)
	l := layOut(s[:bad], d)
	if bad < len(s) && l.reach() >= bad/readBlock[d]*readBlock[d] {
		l.forbid(bad)
	}
	if l.fault != nil && (l.done == 0 || d == PyYAML && (len(l.roots) < 2 || l.fault.kind == CharacterError)) {
		return nil, l.explain(text)
	}
	rest := l.cut()
	t := &Tree{text: text, nodes: l.nodes, roots: l.roots, depth: l.depth, decode: decodeYAML, rest: rest,
		yaml: &yamlTree{dialect: d, comments: l.comments, props: l.props, aliases: l.aliases, blocks: l.blocks}}
	if err := t.weave(l); err != nil {
		return nil, err
	}
	if err := t.merge(); err != nil {
		return nil, err
	}
	if err := t.construct(); err != nil {
		return nil, err
	}
	return t, nil
}

// readBlock is how many bytes at a time the loaders read and check.
var readBlock = [...]int{PyYAML: 16384, GoYAML: 512}

// reach is how far a loader reads before it stops: to a fault, or to a second
// document.
func (l *yamlLayout) reach() int {
	reach := len(l.s)
	if l.fault != nil {
		reach = l.fault.mark.off + lookahead
	}
	if len(l.starts) > 1 {
		reach = min(reach, l.starts[1].off+lookahead)
	}
	return reach
}

// lookahead is how many characters libyaml wants to see at a time.
const lookahead = 4

func (l *yamlLayout) forbid(off int) {
	l.fault = &fault{kind: CharacterError, problem: "control characters are not allowed", mark: mark{off: off}}
}

// notUTF8 finds the first byte that is no UTF-8.
func notUTF8(text source.Text) *Error {
	s := text.String()
	if utf8.ValidString(s) {
		return nil
	}
	i := 0
	for r, n := utf8.DecodeRuneInString(s); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRuneInString(s[i:]) {
		i += n
	}
	e := &Error{Kind: EncodingError, Span: text.Span(i, i+1), Offset: i, Problem: "the text is not UTF-8 from here on", Hint: "save it as UTF-8"}
	if i == 0 && (strings.HasPrefix(s, "\xff\xfe") || strings.HasPrefix(s, "\xfe\xff")) {
		e.Problem = "the text is UTF-16; it must be UTF-8"
	}
	return e
}

// forbiddenCharacter is the offset of the first character that YAML does not
// allow, or the text's length.
func forbiddenCharacter(s string) int {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x20 && c < 0x7F, c == '\n', c == '\t', c == '\r', c > 0xC2 && c != 0xEF:
		case c < 0x20, c == 0x7F:
			return i
		case c == 0xC2:
			if s[i+1] < 0xA0 && s[i+1] != 0x85 {
				return i
			}
		case c == 0xEF:
			if s[i+1] == 0xBF && s[i+2] >= 0xBE {
				return i
			}
		}
	}
	return len(s)
}

// cut drops a document that is not complete; for PyYAML a null stays in its
// place, since its being there counts. It gives the place of one that is gone.
func (l *yamlLayout) cut() (rest int) {
	if l.done == len(l.roots) {
		if l.dialect == GoYAML && l.fault != nil {
			return l.fault.mark.off
		}
		return 0
	}
	root := l.roots[l.done]
	l.nodes = l.nodes[:root]
	l.props = l.props[:sort.Search(len(l.props), func(i int) bool { return l.props[i].node >= root })]
	l.aliases = l.aliases[:sort.Search(len(l.aliases), func(i int) bool { return l.aliases[i].alias >= root })]
	l.blocks = l.blocks[:sort.Search(len(l.blocks), func(i int) bool { return l.blocks[i].node >= root })]
	l.roots = l.roots[:l.done]
	if l.dialect == PyYAML {
		l.roots = append(l.roots, root)
		at := l.starts[l.done]
		l.add(Null, Plain, at, at, 0)
		return 0
	}
	return l.starts[l.done].off
}

// weave lets yaml.v3 read the text and gives the nodes that were laid out their
// kinds. Where its value of a scalar should ever differ from ours, its is kept.
func (t *Tree) weave(l *yamlLayout) *Error {
	if t.yaml.dialect == PyYAML {
		// What libyaml takes is laid out already; yaml.v3 reads [? a]: b otherwise.
		_ = !l.foreign && t.read(l)
		for i := range t.nodes {
			if k := t.nodes[i].kind; k == String || k == Null {
				t.typePy(uint32(i))
			}
		}
		return nil
	}
	if l.isSimple() {
		t.typeGo()
		return nil
	}
	if t.read(l) {
		return nil
	}
	if l.fault != nil { // it reads a little beyond the end of the document
		return l.explain(t.text)
	}
	return t.unplaced()
}

// isSimple reports whether the text is one that yaml.v3 cannot read in another way:
// block style and scalars on one line, ASCII, nothing else. Settings mostly are.
func (l *yamlLayout) isSimple() bool {
	if l.fault != nil || len(l.starts) != 1 || len(l.props)+len(l.aliases)+len(l.blocks)+len(l.patches)+len(l.comments) > 0 || l.explicit || l.foreign {
		return false
	}
	atStart := true
	for i := range len(l.s) {
		c := l.s[i]
		if c >= utf8.RuneSelf || c < ' ' && c != '\n' || atStart && (c == '%' || c == '.' || strings.HasPrefix(l.s[i:], "---")) {
			return false
		}
		atStart = c == '\n'
	}
	for i := range l.nodes {
		if n := &l.nodes[i]; n.style == Flow || n.flags != 0 {
			return false
		}
	}
	return true
}

// typeGo gives the scalars of a simple text the kinds that they have for yaml.v3.
func (t *Tree) typeGo() {
	for i := range t.nodes {
		switch n := &t.nodes[i]; {
		case n.kind != String && n.kind != Null:
		case n.style != Plain:
			n.kind = String
		default:
			n.kind = goKind(&yaml.Node{Kind: yaml.ScalarNode, Value: t.scalarText(n)})
		}
	}
}

// read compares what yaml.v3 reads with what was laid out; it tells whether they
// agree.
func (t *Tree) read(l *yamlLayout) bool {
	dec := yaml.NewDecoder(strings.NewReader(l.patched(t.text.String())))
	i := uint32(0)
	for doc := range l.done {
		var root yaml.Node
		switch err := dec.Decode(&root); {
		case errors.Is(err, io.EOF) || err != nil && doc > 0:
			return true
		case err != nil || len(root.Content) != 1:
			return false
		}
		stack := []*yaml.Node{root.Content[0]}
		for len(stack) > 0 {
			y := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if int(i) >= len(t.nodes) || !t.match(i, y, l) {
				return false
			}
			i++
			for j := len(y.Content) - 1; j >= 0; j-- {
				stack = append(stack, y.Content[j])
			}
		}
	}
	return true
}

// unplaced is what remains to be said when yaml.v3 reads the text in another way
// than we lay it out.
func (t *Tree) unplaced() *Error {
	return &Error{Span: t.text.Span(0, 0), Problem: "the YAML parsers disagree about this text"}
}

// patched is the text for yaml.v3, of the same length.
func (l *yamlLayout) patched(s string) string {
	if l.dialect == PyYAML && l.fault != nil {
		s = s[:l.starts[len(l.starts)-1].off] // it would read on into the document that is cut
	}
	if len(l.patches) == 0 {
		return s
	}
	b := []byte(s)
	for _, p := range l.patches {
		if p.off < len(b) {
			b[p.off] = p.with
		}
	}
	return string(b)
}

// match tells whether a node is the one that yaml.v3 has, and gives a scalar the
// kind that it has there.
func (t *Tree) match(i uint32, y *yaml.Node, l *yamlLayout) bool {
	n := &t.nodes[i]
	switch y.Kind {
	case yaml.AliasNode:
		return n.kind == alias
	case yaml.SequenceNode:
		return n.kind == Sequence && t.children(i) == len(y.Content)
	case yaml.MappingNode:
		return n.kind == Mapping && t.children(i) == len(y.Content)
	}
	if n.kind != String && n.kind != Null {
		return false
	}
	if t.scalarText(n) != y.Value && !l.patchedIn(n) {
		if t.yaml.values == nil {
			t.yaml.values = map[uint32]string{}
		}
		t.yaml.values[n.start] = y.Value
	}
	if t.yaml.dialect == GoYAML {
		n.kind = goKind(y)
		if y.Style&yaml.TaggedStyle != 0 {
			n.flags |= flagTagged
		}
	}
	return true
}

// patchedIn reports whether yaml.v3 saw other bytes in a node, or right before it.
func (l *yamlLayout) patchedIn(n *node) bool {
	j := sort.Search(len(l.patches), func(j int) bool { return l.patches[j].off >= int(n.start)-1 })
	return j < len(l.patches) && l.patches[j].off < int(n.end)
}

// children counts the nodes directly below a collection.
func (t *Tree) children(i uint32) int {
	c := 0
	for j := i + 1; j < t.nodes[i].next; j = t.nodes[j].next {
		c++
	}
	return c
}

// Comments are the comments of a YAML text, each from its # to the end of the line.
func (t *Tree) Comments() []source.Span {
	if t.yaml == nil {
		return nil
	}
	spans := make([]source.Span, len(t.yaml.comments))
	for i, c := range t.yaml.comments {
		spans[i] = t.text.Span(int(c.start), int(c.end))
	}
	return spans
}

// Tag is the explicit YAML tag of the node as it is written ("!!int"), with its
// place; empty where there is none.
func (n Node) Tag() (string, source.Span) {
	if n.IsZero() || n.tree.yaml == nil {
		return "", source.Span{}
	}
	p := n.tree.yaml.properties(n.i)
	if p == nil || p.tag.end == 0 {
		return "", source.Span{}
	}
	lo, hi := int(p.tag.start), int(p.tag.end)
	return n.tree.text.String()[lo:hi], n.tree.text.Span(lo, hi)
}

// HoldsAnchor reports whether an anchor stands before the node or anything in it.
// A node that was reached through an alias holds none.
func (n Node) HoldsAnchor() bool {
	if n.IsZero() || n.tree.yaml == nil || n.via != 0 {
		return false
	}
	props, end := n.tree.yaml.props, n.tree.nodes[n.i].next
	for j := sort.Search(len(props), func(j int) bool { return props[j].node >= n.i }); j < len(props) && props[j].node < end; j++ {
		if props[j].anchor.end > 0 {
			return true
		}
	}
	return false
}
