package syntax

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// maxYAMLDepth is how deep collections may be nested. yaml.v3 has this limit for
// flow and block style each; PyYAML has none and dies somewhere above it.
const maxYAMLDepth = 10000

// yamlLayout follows libyaml's grammar over the tokens and lays the nodes out: it
// knows where each one stands, and nothing yet of what it is.
//
// Source: parser.c of libyaml 0.2.5.
type yamlLayout struct {
	*yamlScanner
	nodes   []node
	roots   []uint32
	starts  []mark       // of the documents
	props   []properties // of the nodes that have any, in their order
	blocks  []blockIndent
	depth   int
	aliases []aliasTarget
	done    int // number of documents that are complete

	open    []frame
	last    mark // end of the last token
	handles map[string]string
	anchors map[string]uint32
}

// properties are a node's tag and anchor.
type properties struct {
	node        uint32
	begin       mark
	tag, anchor byteRange
	name        string // of the tag, in full
}

// aliasTarget is the node that an alias stands for.
type aliasTarget struct{ alias, target uint32 }

// blockIndent is how deep the lines of a block scalar are indented.
type blockIndent struct{ node, indent uint32 }

// frame is a collection, or a document, that is not complete.
type frame struct {
	state layoutState
	node  uint32
	start mark
}

type layoutState uint8

const (
	documentEnd layoutState = iota
	blockSequenceEntry
	indentlessEntry
	blockMappingKey
	blockMappingValue
	flowSequenceFirst
	flowSequenceEntry
	flowPairKey
	flowPairValue
	flowPairEnd
	flowMappingFirst
	flowMappingKey
	flowMappingValue
	flowMappingNoValue
)

// layOut lays out all documents, or those before a fault.
func layOut(s string, d Dialect) *yamlLayout {
	l := &yamlLayout{yamlScanner: newYAMLScanner(s, d), nodes: make([]node, 0, len(s)/14+8)}
	for l.fault == nil {
		if len(l.open) > 0 {
			l.step()
		} else if !l.document() {
			break
		}
	}
	return l
}

// refuse records what the grammar does not take.
func (l *yamlLayout) refuse(context string, contextMark mark, problem string, t *token) bool {
	l.fault = &fault{context: context, contextMark: contextMark, problem: problem, mark: t.start}
	if t.end.off > t.start.off && t.kind != scalarToken {
		l.fault.end = t.end.off
	}
	return false
}

// accept takes the due token.
func (l *yamlLayout) accept(t *token) {
	l.last = t.end
	l.take()
}

// document begins the next document; it answers false at the end of the stream.
func (l *yamlLayout) document() bool {
	t, ok := l.next()
	for ok && t.kind == documentEndToken && len(l.roots) > 0 {
		l.accept(t)
		t, ok = l.next()
	}
	if !ok || t.kind == streamEndToken {
		return false
	}
	start := t.start
	l.handles = map[string]string{"!": "!", "!!": yamlTagPrefix}
	explicit := len(l.roots) > 0 || t.kind == versionToken || t.kind == tagDirectiveToken || t.kind == documentStartToken
	if explicit {
		if t, ok = l.directives(t); !ok {
			return false
		}
		if t.kind != documentStartToken {
			return l.refuse("", mark{}, "did not find expected <document start>", t)
		}
		l.accept(t)
	}
	l.roots = append(l.roots, uint32(len(l.nodes)))
	l.starts = append(l.starts, start)
	if l.dialect == PyYAML { // yaml.v3 lets a document use the anchors of those before it
		clear(l.anchors)
	}
	l.open = append(l.open, frame{state: documentEnd})
	if explicit {
		if t, ok = l.next(); !ok {
			return false
		}
		switch t.kind {
		case versionToken, tagDirectiveToken, documentStartToken, documentEndToken, streamEndToken:
			l.empty()
			return true
		}
	}
	return l.content(true, false)
}

const yamlTagPrefix = "tag:yaml.org,2002:"

// directives reads the lines with % before a document.
func (l *yamlLayout) directives(t *token) (_ *token, ok bool) {
	version, tags := false, map[string]bool{}
	for ok = true; ok && (t.kind == versionToken || t.kind == tagDirectiveToken); t, ok = l.next() {
		words := strings.Fields(l.s[t.start.off:t.end.off])
		if t.kind == versionToken {
			if version {
				return nil, l.refuse("", mark{}, "found duplicate %YAML directive", t)
			}
			version = true
			major, minor, _ := strings.Cut(words[1], ".")
			a, _ := strconv.Atoi(major)
			b, _ := strconv.Atoi(minor)
			if a != 1 || b != 1 && (b != 2 || l.dialect == GoYAML) {
				return nil, l.refuse("", mark{}, "found incompatible YAML document", t)
			}
			for i := t.start.off; i < t.end.off && l.dialect == PyYAML; i++ {
				l.patches = append(l.patches, patch{i, '#'})
			}
		} else {
			if tags[words[1]] {
				return nil, l.refuse("", mark{}, "found duplicate %TAG directive", t)
			}
			tags[words[1]] = true
			l.handles[words[1]] = unescapeTag(words[2])
		}
		l.accept(t)
	}
	return t, ok
}

// step goes on with the innermost open collection.
func (l *yamlLayout) step() bool {
	t, ok := l.next()
	if !ok {
		return false
	}
	f := &l.open[len(l.open)-1]
	switch f.state {
	case documentEnd:
		if t.kind == documentEndToken {
			l.accept(t)
		}
		l.open = l.open[:0]
		l.done++
		return true
	case blockSequenceEntry, indentlessEntry:
		return l.sequenceEntry(f, t)
	case blockMappingKey:
		return l.blockKey(f, t)
	case blockMappingValue:
		f.state = blockMappingKey
		if t.kind != valueToken {
			return l.empty()
		}
		return l.blockChild(t)
	case flowSequenceFirst, flowSequenceEntry:
		return l.flowEntry(f, t)
	case flowPairKey:
		f.state = flowPairValue
		if t.kind == valueToken || t.kind == flowEntryToken || t.kind == flowSequenceEndToken {
			l.accept(t) // libyaml drops the token; so "[? ]" is not closed
			return l.empty()
		}
		return l.content(false, false)
	case flowPairValue:
		f.state = flowPairEnd
		return l.flowChild(t, flowSequenceEndToken)
	case flowPairEnd:
		return l.close(l.last)
	case flowMappingFirst, flowMappingKey:
		return l.flowKey(f, t)
	case flowMappingValue:
		f.state = flowMappingKey
		return l.flowChild(t, flowMappingEndToken)
	default: // flowMappingNoValue
		f.state = flowMappingKey
		return l.empty()
	}
}

func (l *yamlLayout) sequenceEntry(f *frame, t *token) bool {
	if t.kind == blockEntryToken {
		l.accept(t)
		n, ok := l.next()
		if !ok {
			return false
		}
		end := n.kind == blockEntryToken || n.kind == blockEndToken
		if f.state == indentlessEntry {
			end = end || n.kind == keyToken || n.kind == valueToken
		}
		if end {
			return l.empty()
		}
		return l.content(true, false)
	}
	if f.state == indentlessEntry {
		return l.close(l.last)
	}
	if t.kind == blockEndToken {
		l.take()
		return l.close(l.last)
	}
	return l.refuse("while parsing a block collection", f.start, "did not find expected '-' indicator", t)
}

func (l *yamlLayout) blockKey(f *frame, t *token) bool {
	switch t.kind {
	case keyToken:
		f.state = blockMappingValue
		return l.blockChild(t)
	case blockEndToken:
		l.take()
		return l.close(l.last)
	}
	return l.refuse("while parsing a block mapping", f.start, "did not find expected key", t)
}

// blockChild takes a "?" or ":" and reads what follows it.
func (l *yamlLayout) blockChild(t *token) bool {
	l.accept(t)
	n, ok := l.next()
	if !ok {
		return false
	}
	if n.kind == keyToken || n.kind == valueToken || n.kind == blockEndToken {
		return l.empty()
	}
	return l.content(true, true)
}

func (l *yamlLayout) flowEntry(f *frame, t *token) bool {
	if t.kind != flowSequenceEndToken && f.state == flowSequenceEntry {
		if t.kind != flowEntryToken {
			return l.refuse("while parsing a flow sequence", f.start, "did not find expected ',' or ']'", t)
		}
		l.accept(t)
		var ok bool
		if t, ok = l.next(); !ok {
			return false
		}
	}
	f.state = flowSequenceEntry
	switch t.kind {
	case flowSequenceEndToken:
		l.accept(t)
		return l.close(l.last)
	case keyToken:
		start := t.start
		l.accept(t)
		return l.begin(Mapping, Flow, flowPairKey, start, nil)
	}
	return l.content(false, false)
}

func (l *yamlLayout) flowKey(f *frame, t *token) bool {
	if t.kind != flowMappingEndToken && f.state == flowMappingKey {
		if t.kind != flowEntryToken {
			return l.refuse("while parsing a flow mapping", f.start, "did not find expected ',' or '}'", t)
		}
		l.accept(t)
		var ok bool
		if t, ok = l.next(); !ok {
			return false
		}
	}
	switch t.kind {
	case flowMappingEndToken:
		l.accept(t)
		return l.close(l.last)
	case keyToken:
		f.state = flowMappingValue
		l.accept(t)
		n, ok := l.next()
		if !ok {
			return false
		}
		if n.kind == valueToken || n.kind == flowEntryToken || n.kind == flowMappingEndToken {
			return l.empty()
		}
		return l.content(false, false)
	}
	f.state = flowMappingNoValue
	return l.content(false, false)
}

// flowChild reads the value of a pair in a flow collection, if it has one.
func (l *yamlLayout) flowChild(t *token, end tokenKind) bool {
	if t.kind != valueToken {
		return l.empty()
	}
	l.accept(t)
	n, ok := l.next()
	if !ok {
		return false
	}
	if n.kind == flowEntryToken || n.kind == end {
		return l.empty()
	}
	return l.content(false, false)
}

// content reads a scalar or an alias, or begins a collection.
func (l *yamlLayout) content(block, indentless bool) bool {
	t, ok := l.next()
	if !ok {
		return false
	}
	if t.kind == aliasToken {
		return l.alias(t)
	}
	begin := t.start
	props, ok := l.properties(t)
	if !ok {
		return false
	}
	if t, ok = l.next(); !ok {
		return false
	}
	switch {
	case indentless && t.kind == blockEntryToken:
		return l.begin(Sequence, Block, indentlessEntry, t.start, props)
	case t.kind == scalarToken:
		return l.scalar(t, props)
	case t.kind == flowSequenceToken:
		return l.enter(t, Sequence, Flow, flowSequenceFirst, props)
	case t.kind == flowMappingToken:
		return l.enter(t, Mapping, Flow, flowMappingFirst, props)
	case block && t.kind == blockSequenceToken:
		return l.enter(t, Sequence, Block, blockSequenceEntry, props)
	case block && t.kind == blockMappingToken:
		return l.enter(t, Mapping, Block, blockMappingKey, props)
	case props != nil:
		return l.anchored(props) && l.empty()
	}
	context := "while parsing a flow node"
	if block {
		context = "while parsing a block node"
	}
	l.refuse(context, begin, "did not find expected node content", t)
	return false
}

// properties reads an anchor and a tag, in either order.
func (l *yamlLayout) properties(t *token) (*properties, bool) {
	var props *properties
	for ok := true; ; t, ok = l.next() {
		if !ok {
			return nil, false
		}
		seen := props != nil
		switch r := (byteRange{uint32(t.start.off), uint32(t.end.off)}); {
		case t.kind == anchorToken && (!seen || props.anchor.end == 0):
			if !seen {
				props = &properties{begin: t.start}
			}
			props.anchor = r
		case t.kind == tagToken && (!seen || props.tag.end == 0):
			if !seen {
				props = &properties{begin: t.start}
			}
			props.tag = r
			props.name = l.tagName(l.s[r.start:r.end])
			if props.name == "" {
				bad := *t
				l.accept(t)
				if _, ok := l.next(); !ok { // libyaml looks one token further first
					return nil, false
				}
				return nil, l.refuse("while parsing a node", props.begin, "found undefined tag handle", &bad)
			}
		default:
			return props, true
		}
		l.accept(t)
	}
}

// tagName is a tag in full; empty where its handle is not defined.
func (l *yamlLayout) tagName(written string) string {
	if strings.HasPrefix(written, "!<") {
		return unescapeTag(written[2 : len(written)-1])
	}
	if written == "!" {
		return "!"
	}
	i := strings.IndexFunc(written[1:], func(r rune) bool { return !isAnchorChar(byte(r)) }) + 1
	if i == 0 || written[i] != '!' {
		return l.handles["!"] + unescapeTag(written[1:])
	}
	prefix, ok := l.handles[written[:i+1]]
	if !ok {
		return ""
	}
	return prefix + unescapeTag(written[i+1:])
}

// unescapeTag decodes %XX, which the scanner has checked.
func unescapeTag(s string) string {
	if d, err := url.PathUnescape(s); err == nil {
		return d
	}
	return s
}

func (l *yamlLayout) add(kind Kind, style Style, start, end mark, flags uint8) {
	i := uint32(len(l.nodes))
	l.nodes = append(l.nodes, node{start: uint32(start.off), end: uint32(end.off), next: i + 1, kind: kind, style: style, flags: flags})
}

// empty adds the null that stands where nothing is written.
func (l *yamlLayout) empty() bool {
	l.add(Null, Plain, l.last, l.last, 0)
	return true
}

// alias adds an alias; what it stands for must have begun already.
func (l *yamlLayout) alias(t *token) bool {
	target, ok := l.anchors[l.s[t.start.off+1:t.end.off]]
	if !ok {
		return l.refuse("", mark{}, "found undefined alias", t)
	}
	l.aliases = append(l.aliases, aliasTarget{uint32(len(l.nodes)), target})
	l.add(alias, Plain, t.start, t.end, 0)
	l.accept(t)
	return true
}

// anchored notes the properties of the node that is added next.
func (l *yamlLayout) anchored(props *properties) bool {
	if props == nil {
		return true
	}
	props.node = uint32(len(l.nodes))
	l.props = append(l.props, *props)
	if props.anchor.end == 0 {
		return true
	}
	name := l.s[props.anchor.start+1 : props.anchor.end]
	if first, ok := l.anchors[name]; ok && l.dialect == PyYAML {
		l.fault = &fault{context: "found duplicate anchor; first occurrence", contextMark: l.begun(first),
			problem: "second occurrence", mark: props.begin}
		return false
	}
	if l.anchors == nil {
		l.anchors = map[string]uint32{}
	}
	l.anchors[name] = props.node
	return true
}

// begun is where a node begins that has properties, with these.
func (l *yamlLayout) begun(i uint32) mark {
	j := sort.Search(len(l.props), func(j int) bool { return l.props[j].node >= i })
	return l.props[j].begin
}

func (l *yamlLayout) scalar(t *token, props *properties) bool {
	if !l.anchored(props) {
		return false
	}
	if t.style == LiteralBlock || t.style == FoldedBlock {
		l.blocks = append(l.blocks, blockIndent{uint32(len(l.nodes)), uint32(t.indent)})
	}
	l.add(String, t.style, t.start, t.end, t.flags)
	l.accept(t)
	return true
}

// enter takes the token that opens a collection.
func (l *yamlLayout) enter(t *token, kind Kind, style Style, state layoutState, props *properties) bool {
	start := t.start
	l.accept(t)
	return l.begin(kind, style, state, start, props)
}

func (l *yamlLayout) begin(kind Kind, style Style, state layoutState, start mark, props *properties) bool {
	if !l.anchored(props) {
		return false
	}
	i := uint32(len(l.nodes))
	l.add(kind, style, start, start, 0)
	l.open = append(l.open, frame{state, i, start})
	l.depth = max(l.depth, len(l.open)-1)
	if len(l.open)-1 > maxYAMLDepth {
		l.fault = &fault{kind: DepthError, problem: "exceeded max depth of 10000", mark: start}
		return false
	}
	return true
}

// close ends the innermost collection.
func (l *yamlLayout) close(end mark) bool {
	n := &l.nodes[l.open[len(l.open)-1].node]
	n.end = max(n.start, uint32(end.off))
	n.next = uint32(len(l.nodes))
	l.open = l.open[:len(l.open)-1]
	return true
}
