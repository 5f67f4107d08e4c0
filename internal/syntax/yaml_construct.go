package syntax

import (
	"fmt"
	"strings"
)

// typePy gives a scalar the kind that PyYAML's resolver or its tag says.
func (t *Tree) typePy(i uint32) {
	n := &t.nodes[i]
	tag := t.tagPy(i)
	if p := t.yaml.properties(i); p != nil && p.tag.end > 0 {
		if p.name != "!" {
			n.flags |= flagTagged
		} else if n.style != Plain {
			n.flags |= flagResolved
		}
	}
	n.kind = String
	switch tag {
	case tagNull:
		n.kind = Null
	case tagBool:
		n.kind = Bool
	case tagInt:
		n.kind = Int
	case tagFloat:
		n.kind = Float
	case tagBinary:
		n.kind = Binary
	case tagTimestamp:
		n.kind = Date
		if p, _ := parsePyTimestamp(t.scalarText(n)); p.clock {
			n.kind = Timestamp
		}
	}
}

// tagPy is the tag of a node: the explicit one, or what it is resolved to.
func (t *Tree) tagPy(i uint32) pyTag {
	n := &t.nodes[i]
	p := t.yaml.properties(i)
	explicit := p != nil && p.tag.end > 0
	if explicit && p.name != "!" {
		return pyTagNamed(p.name)
	}
	switch {
	case n.kind == Sequence:
		return tagSeq
	case n.kind >= Mapping:
		return tagMap
	// "!" alone makes a quoted scalar plain, and an empty one a text.
	case explicit && n.start == n.end, !explicit && n.style != Plain:
		return tagStr
	}
	return resolvePy(t.scalarText(n))
}

// construct refuses what the loader refuses when it makes objects of the nodes.
func (t *Tree) construct() *Error {
	if len(t.roots) == 0 {
		return nil
	}
	if t.yaml.dialect == GoYAML {
		return t.constructGo()
	}
	if len(t.roots) > 1 { // nothing is made of a stream of two
		return nil
	}
	c := pyConstructor{t: t, kinds: map[uint32]Kind{}}
	if len(t.yaml.aliases) > 0 || len(t.yaml.merges) > 0 {
		c.seen = make([]bool, len(t.nodes))
	}
	err := c.object(t.roots[0])
	// Collections are filled in the order in which they were met, not nested.
	for ; err == nil && len(c.queue) > 0; c.queue = c.queue[1:] {
		err = c.fill(c.queue[0])
	}
	for i, kind := range c.kinds {
		t.nodes[i].kind = kind
	}
	return err
}

// pyConstructor goes through the nodes as PyYAML's SafeConstructor does, to find
// what it raises first.
//
// Source: yaml/constructor.py of PyYAML 6.0.3.
type pyConstructor struct {
	t     *Tree
	queue []uint32
	seen  []bool          // nodes that were constructed; nil where each is met once
	flat  map[uint32]bool // mappings whose merge keys were looked at
	kinds map[uint32]Kind // of collections that are no plain list or mapping
}

// resolve steps through an alias.
func (t *Tree) resolve(i uint32) uint32 {
	if t.nodes[i].kind == alias {
		return t.yaml.target(i)
	}
	return i
}

// object is construct_object.
func (c *pyConstructor) object(i uint32) *Error {
	i = c.t.resolve(i)
	n := &c.t.nodes[i]
	if c.seen != nil {
		if c.seen[i] {
			return nil
		}
		c.seen[i] = true
	}
	switch tag := c.t.tagPy(i); tag {
	case tagUnknown, tagMerge, tagValue:
		return c.noConstructor(i, tag)
	case tagSeq, tagMap, tagSet, tagOmap, tagPairs:
		c.queue = append(c.queue, i)
		return nil
	default:
		if n.kind >= Sequence {
			return c.wrongKind(i, "", "expected a scalar node")
		}
		return c.scalar(i, tag)
	}
}

// scalar raises what the constructor of a scalar raises.
func (c *pyConstructor) scalar(i uint32, tag pyTag) *Error {
	s := c.t.scalarText(&c.t.nodes[i])
	var fault *pyFault
	switch tag {
	case tagBool:
		if _, ok := pyBool(s); !ok {
			fault = &pyFault{KeyError, ""}
		}
	case tagInt:
		_, fault = pyIntValue(s)
	case tagFloat:
		_, fault = pyFloatValue(s)
	case tagBinary:
		_, fault = pyBytes(s)
	case tagTimestamp:
		p, ok := parsePyTimestamp(s)
		if !ok {
			fault = &pyFault{AttributeError, "'NoneType' object has no attribute 'groupdict'"}
		} else if m := p.check(); m != "" {
			fault = &pyFault{ValueError, m}
		}
	}
	if fault == nil {
		return nil
	}
	what := map[pyTag]string{tagBool: "boolean", tagInt: "integer", tagFloat: "number", tagBinary: "base64 text", tagTimestamp: "date or time"}[tag]
	e := c.t.nodeError(i, "", 0, fault.message, fmt.Sprintf("this is no %s, though it is written or tagged as one", what))
	e.Kind = fault.kind
	e.Hint = "put it in quotes if it is a text"
	if p := c.t.yaml.properties(i); p != nil && p.tag.end > 0 {
		e.Hint = "remove the tag"
	}
	return e
}

// fill makes the content of a collection.
func (c *pyConstructor) fill(i uint32) *Error {
	t := c.t
	n := &t.nodes[i]
	switch tag := t.tagPy(i); tag {
	case tagSeq:
		if n.kind != Sequence {
			return c.wrongKind(i, "", "expected a sequence node")
		}
		for j := i + 1; j < n.next; j = t.nodes[j].next {
			if err := c.object(j); err != nil {
				return err
			}
		}
		return nil
	case tagOmap, tagPairs:
		c.kinds[i] = OrderedMap
		return c.pairs(i, tag)
	case tagSet:
		c.kinds[i] = Set
	}
	if n.kind < Mapping {
		return c.wrongKind(i, "", "expected a mapping node")
	}
	if err := c.flatten(i); err != nil {
		return err
	}
	for _, m := range t.members(i) {
		// A = that is a key is made a text, and only there.
		if k := t.resolve(m.key); t.nodes[k].kind != String || t.tagPy(k) != tagValue {
			if err := c.object(m.key); err != nil {
				return err
			}
		}
		switch k := t.resolve(m.key); t.tagPy(k) {
		case tagSeq, tagMap, tagSet, tagOmap, tagPairs:
			return c.unhashable(i, k)
		}
		if err := c.object(m.value); err != nil {
			return err
		}
	}
	return nil
}

// flatten finds what is wrong with the merge keys of a mapping, and of those that
// it takes in.
func (c *pyConstructor) flatten(i uint32) *Error {
	for work := []uint32{i}; len(work) > 0; {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		if c.t.nodes[i].flags&flagMerge == 0 || c.flat[i] {
			continue
		}
		if c.flat == nil {
			c.flat = map[uint32]bool{}
		}
		c.flat[i] = true
		if err := c.t.mergeFault(i); err != nil {
			return err
		}
		for _, m := range c.t.own(i, true) {
			v := c.t.resolve(m.value)
			if c.t.nodes[v].kind == Mapping {
				work = append(work, v)
				continue
			}
			for j := v + 1; j < c.t.nodes[v].next; j = c.t.nodes[j].next {
				work = append(work, c.t.resolve(j))
			}
		}
	}
	return nil
}

// pairs is the construction of !!omap and !!pairs: a list of mappings with one
// member each.
func (c *pyConstructor) pairs(i uint32, tag pyTag) *Error {
	t := c.t
	n := &t.nodes[i]
	context := "while constructing an ordered map"
	if tag == tagPairs {
		context = "while constructing pairs"
	}
	if n.kind != Sequence {
		return c.wrongKind(i, context, "expected a sequence")
	}
	for j := i + 1; j < n.next; j = t.nodes[j].next {
		item := t.resolve(j)
		if t.nodes[item].kind < Mapping {
			return c.t.nodeError(item, context, i, "expected a mapping of length 1, but found "+t.nodeName(item), "a list of pairs wants items of the form \"key: value\"")
		}
		if count := t.children(item) / 2; count != 1 {
			return c.t.nodeError(item, context, i, fmt.Sprintf("expected a single mapping item, but found %d items", count), "an item of a list of pairs has one key")
		}
		for k := item + 1; k < t.nodes[item].next; k = t.nodes[k].next {
			if err := c.object(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// nodeName is PyYAML's word for a node.
func (t *Tree) nodeName(i uint32) string {
	switch k := t.nodes[i].kind; {
	case k == Sequence:
		return "sequence"
	case k >= Mapping:
		return "mapping"
	}
	return "scalar"
}

// nodeError is a ConstructorError at a node; inside another where there is a context.
func (t *Tree) nodeError(i uint32, context string, outer uint32, message, problem string) *Error {
	n := &t.nodes[i]
	end := n.end
	if n.kind >= Sequence && n.kind != alias { // the place where it begins is enough
		end = min(end, n.start+1)
	}
	s := t.text.String()
	begin := t.begin(i)
	if n.start == n.end && t.nodes[outer].style == Flow { // libyaml has it stand at the next token
		for begin < len(s) && (isBlank(s[begin]) || breakLen(s, begin) > 0) {
			begin++
		}
	}
	e := &Error{Span: t.text.Span(int(n.start), int(end)), Offset: int(n.start), Message: message, Problem: problem, Mark: markAt(s, begin).Mark()}
	if context != "" {
		e.Context, e.ContextMark = context, markAt(s, t.begin(outer)).Mark()
		o := int(t.nodes[outer].start)
		e.Related, e.RelatedText = t.text.Span(o, min(o+1, len(s))), "this begins here"
	}
	return e
}

// begin is where a node begins, its tag and anchor included.
func (t *Tree) begin(i uint32) int {
	if p := t.yaml.properties(i); p != nil {
		return p.begin.off
	}
	return int(t.nodes[i].start)
}

func (c *pyConstructor) noConstructor(i uint32, tag pyTag) *Error {
	const message = "could not determine a constructor for the tag"
	switch tag {
	case tagMerge:
		return c.t.nodeError(i, "", 0, message+" 'tag:yaml.org,2002:merge'", "<< stands here for no merge: PyYAML cannot read it as a value")
	case tagValue:
		return c.t.nodeError(i, "", 0, message+" 'tag:yaml.org,2002:value'", "PyYAML cannot read a lone = as a value")
	}
	e := c.t.nodeError(i, "", 0, message, "a word that begins with ! is a tag, and this one is not known")
	p := c.t.yaml.properties(i)
	e.Span = c.t.text.Span(int(p.tag.start), int(p.tag.end))
	e.Hint = "put the value in quotes"
	return e
}

func (c *pyConstructor) wrongKind(i uint32, context, expected string) *Error {
	e := c.t.nodeError(i, context, i, expected+", but found "+c.t.nodeName(i), "the tag does not suit what it stands before")
	if p := c.t.yaml.properties(i); p != nil && p.tag.end > 0 {
		e.Span = c.t.text.Span(int(p.tag.start), int(p.tag.end))
	}
	return e
}

func (c *pyConstructor) unhashable(i, key uint32) *Error {
	e := c.t.nodeError(key, "while constructing a mapping", i, "found unhashable key", "a list or an object cannot be a key")
	if c.t.isTemplate(i) {
		e.Problem, e.Hint = templateWords, quoteTemplate
	}
	return e
}

const (
	templateWords = "{{ is read as an object whose key is an object"
	quoteTemplate = "put a template in quotes"
)

// isTemplate reports whether a mapping begins with {{.
func (t *Tree) isTemplate(i uint32) bool {
	return strings.HasPrefix(t.text.String()[t.nodes[i].start:], "{{")
}
