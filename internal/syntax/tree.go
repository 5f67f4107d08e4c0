// Package syntax turns text into trees of positioned values, in a dialect that
// the caller names: JSON as Python's json module reads it, YAML as PyYAML or as
// yaml.v3 types it, and the two ways to read env lines. It knows nothing of
// connections.
package syntax

import (
	"iter"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Kind is what a node is for the consumer whose dialect was asked for: the text
// 012345 is an Int in YAML and an error in JSON.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota + 1
	Bool
	Int
	Float
	String
	Date       // a day: YAML only
	Timestamp  // a moment: YAML only
	Binary     // !!binary: YAML only
	Sequence   // a list
	Mapping    // an object
	Set        // !!set, whose members are keys: PyYAML only
	OrderedMap // !!omap or !!pairs, a list of pairs: PyYAML only
	alias      // resolved before anybody sees it
)

func (k Kind) String() string {
	return [...]string{"nothing", "null", "boolean", "integer", "float", "text", "date", "timestamp", "binary",
		"list", "object", "set", "list of pairs", "alias"}[k]
}

// Style is how a node was written.
type Style uint8

// The styles of scalars and collections. JSON has DoubleQuoted strings, Plain
// literals and Flow collections.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	LiteralBlock
	FoldedBlock
	Flow
	Block
)

// Tree is a parsed text: one slice of small nodes, in the order of the text. A
// node's children follow it directly, keys and values of a mapping in turn.
// Values are decoded when they are asked for.
type Tree struct {
	text  source.Text
	nodes []node
	roots []uint32 // one for each document
	depth int
	// decode gives the text of a scalar; the front ends differ in it.
	decode func(t *Tree, n *node) source.Text
	yaml   *yamlTree // nil for JSON
	memo   *memo     // of JSON strings with escapes, in a large tree
	rest   int       // where a YAML document begins that yaml.v3 does not look at and that is broken; 0: none
}

// node is kept small: an export may have millions. Offsets count bytes of the
// tree's text.
type node struct {
	start, end uint32
	next       uint32 // index after the last descendant
	kind       Kind
	style      Style
	flags      uint8
}

const (
	flagEscaped  uint8 = 1 << iota // a string that holds escapes, or is decoded otherwise than byte by byte
	flagTagged                     // an explicit tag decided the kind
	flagMerge                      // a mapping that has merge keys
	flagResolved                   // a quoted scalar with the tag "!", typed as if it were plain
)

// Node is a handle on a node of a tree. The zero Node stands for an absent one.
type Node struct {
	tree *Tree
	i    uint32
	via  uint32 // index+1 of the alias through which the node was reached
}

// Root of the first document; absent for a text without one.
func (t *Tree) Root() Node {
	if len(t.roots) == 0 {
		return Node{}
	}
	return t.node(t.roots[0])
}

// Documents are the roots of all documents of a YAML stream, in order.
func (t *Tree) Documents() []Node {
	docs := make([]Node, len(t.roots))
	for i, r := range t.roots {
		docs[i] = t.node(r)
	}
	return docs
}

// Rest is where a further YAML document begins that does not parse, and so is not among
// them; empty where there is none.
func (t *Tree) Rest() source.Span {
	if t.rest == 0 {
		return source.Span{}
	}
	return t.text.Span(t.rest, t.rest+1)
}

// Depth is the deepest nesting of collections: 1 for a flat one.
func (t *Tree) Depth() int { return t.depth }

// Text is what was parsed.
func (t *Tree) Text() source.Text { return t.text }

// node makes a handle and steps through an alias.
func (t *Tree) node(i uint32) Node {
	n := Node{tree: t, i: i}
	if t.nodes[i].kind == alias {
		n.via = i + 1
		n.i = t.yaml.target(i)
	}
	return n
}

// IsZero reports whether there is no node.
func (n Node) IsZero() bool { return n.tree == nil }

// Kind of the node; 0 for an absent one.
func (n Node) Kind() Kind {
	if n.tree == nil {
		return 0
	}
	return n.tree.nodes[n.i].kind
}

// Style in which the node was written.
func (n Node) Style() Style { return n.tree.nodes[n.i].style }

// Tagged reports whether an explicit YAML tag decided the kind.
func (n Node) Tagged() bool { return n.tree.nodes[n.i].flags&flagTagged != 0 }

// YAML reports whether the node was read as YAML, not as JSON.
func (n Node) YAML() bool { return n.tree.yaml != nil }

// Span is the bytes of the node in the file: a string with its quotes, a
// collection with its brackets, a block from its first key to its last value.
// Tags and anchors are left out. A node that was reached through an alias
// stands where the alias points to.
func (n Node) Span() source.Span {
	nd := &n.tree.nodes[n.i]
	return n.tree.text.Span(int(nd.start), int(nd.end))
}

// Alias is the place of the alias through which the node was reached.
func (n Node) Alias() (source.Span, bool) {
	if n.via == 0 {
		return source.Span{}, false
	}
	nd := &n.tree.nodes[n.via-1]
	return n.tree.text.Span(int(nd.start), int(nd.end)), true
}

// Same reports whether both handles are the same node: the same object in the
// consumer's memory, where an alias shares it.
func (n Node) Same(o Node) bool { return n.tree == o.tree && n.i == o.i }

// Text is the decoded text of a string, and the text as written of any other
// scalar. A collection has none.
func (n Node) Text() source.Text {
	nd := &n.tree.nodes[n.i]
	if nd.kind >= Sequence {
		return source.Text{}
	}
	return n.tree.decode(n.tree, nd)
}

// Value is the string of [Node.Text], for those who want no places of it.
func (n Node) Value() string {
	nd := &n.tree.nodes[n.i]
	switch {
	case nd.kind >= Sequence:
		return ""
	case n.tree.yaml == nil:
		return n.Text().String()
	}
	return n.tree.scalarText(nd)
}

// Raw is the node as it stands in the parsed text, quotes included.
func (n Node) Raw() string {
	nd := &n.tree.nodes[n.i]
	return n.tree.text.String()[nd.start:nd.end]
}

// IsCollection reports whether the node can have children.
func (n Node) IsCollection() bool { return n.Kind() >= Sequence }

// Items are the elements of a list.
func (n Node) Items() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.Kind() != Sequence {
			return
		}
		t := n.tree
		for i := n.i + 1; i < t.nodes[n.i].next; i = t.nodes[i].next {
			if !yield(t.node(i)) {
				return
			}
		}
	}
}

// Members are the keys and values of a mapping in the order in which the
// consumer sees them, repeated keys included: of two equal ones the later wins.
// Merge keys (<<) are resolved: what they bring comes first. The members of a
// Set have null values; those of an OrderedMap are its pairs.
func (n Node) Members() iter.Seq2[Node, Node] {
	return func(yield func(Node, Node) bool) {
		if n.Kind() < Mapping {
			return
		}
		t := n.tree
		if t.nodes[n.i].flags&flagMerge != 0 {
			for _, m := range t.yaml.merged(n.i) {
				if !yield(t.node(m.key), t.node(m.value)) {
					return
				}
			}
			return
		}
		n.Written()(yield)
	}
}

// Written are the members as they stand in the text, merge keys unresolved.
func (n Node) Written() iter.Seq2[Node, Node] {
	return func(yield func(Node, Node) bool) {
		if n.Kind() < Mapping {
			return
		}
		t := n.tree
		if n.Kind() == OrderedMap { // a list of objects with one member each
			for i := n.i + 1; i < t.nodes[n.i].next; i = t.nodes[i].next {
				k := t.node(i).i + 1
				if !yield(t.node(k), t.node(t.nodes[k].next)) {
					return
				}
			}
			return
		}
		for i := n.i + 1; i < t.nodes[n.i].next; {
			v := t.nodes[i].next
			if !yield(t.node(i), t.node(v)) {
				return
			}
			i = t.nodes[v].next
		}
	}
}

// Len is the number of items or members as written.
func (n Node) Len() int {
	c := 0
	switch k := n.Kind(); {
	case k == Sequence:
		for range n.Items() {
			c++
		}
	case k >= Mapping:
		for range n.Written() {
			c++
		}
	}
	return c
}

// Lookup is the value of a text key, the last one where it is there twice;
// absent where there is none.
func (n Node) Lookup(key string) Node {
	var found Node
	for k, v := range n.Members() {
		if k.Kind() == String && k.Is(key) {
			found = v
		}
	}
	return found
}

// Is reports whether the node is a string with this text. It decodes nothing
// that needs no decoding.
func (n Node) Is(s string) bool {
	if n.Kind() != String {
		return false
	}
	nd := &n.tree.nodes[n.i]
	if nd.flags&flagEscaped != 0 {
		return n.Text().String() == s
	}
	quote := uint32(1)
	if nd.style == Plain {
		quote = 0
	}
	lo, hi := nd.start+quote, nd.end-quote
	return int(hi-lo) == len(s) && n.tree.text.String()[lo:hi] == s
}

// Error is a text that a parser refuses.
type Error struct {
	// Span is the bytes that it stumbles over; empty at the end of the text.
	Span source.Span
	// Offset is where the consumer's own parser says it is, in bytes of the text
	// that it was given: not always where the trouble is.
	Offset int
	// Message is what the consumer's own parser says ("Expecting ',' delimiter"),
	// as far as it holds no value. Empty where we do not know its words.
	Message string
	// Mark is where PyYAML says that it is, by its own count of lines.
	Mark Mark
	// Context is what PyYAML says that it was doing ("while scanning a quoted
	// scalar"), and ContextMark where that began.
	Context     string
	ContextMark Mark
	// Problem says it in plain words, without any value of the document.
	Problem string
	// Hint says what to write instead, where that is clear.
	Hint string
	// Related is a further place that explains the first (the bracket that is
	// not closed), with what it is.
	Related     source.Span
	RelatedText string
	// Kind tells refusals apart that a consumer reports by different exceptions.
	Kind ErrorKind
}

// ErrorKind is the sort of a refusal.
type ErrorKind uint8

// Sorts of refusals, named for what the consumer's parser raises.
const (
	SyntaxError    ErrorKind = iota // json.JSONDecodeError, yaml.MarkedYAMLError
	EncodingError                   // UnicodeDecodeError: the bytes are no UTF-8
	CharacterError                  // yaml.reader.ReaderError: a character that YAML forbids
	ValueError                      // a ValueError of a constructor: the date 2001-02-30
	KeyError                        // a KeyError of a constructor: !!bool maybe
	IndexError                      // an IndexError of a constructor: !!int ""
	AttributeError                  // an AttributeError of a constructor: !!timestamp maybe
	DepthError                      // RecursionError
)

func (e *Error) Error() string { return e.Problem }

// Mark is a place as PyYAML counts it: a line and a column, both from 0. Its
// lines end at NEL, LS and PS, too.
type Mark struct{ Line, Column int }
