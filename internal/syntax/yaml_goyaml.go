package syntax

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// goKind is what yaml.v3 makes of a scalar.
func goKind(y *yaml.Node) Kind {
	switch y.ShortTag() {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int":
		return Int
	case "!!float":
		return Float
	case "!!timestamp":
		return Timestamp
	case "!!binary":
		return Binary
	}
	return String
}

// constructGo refuses what yaml.v3 refuses when it decodes the first document,
// the only one that it looks at, into a map of texts to anything. A null is no such
// key, so what stands under one is passed over without a look.
//
// Source: decode.go of gopkg.in/yaml.v3 3.0.1.
func (t *Tree) constructGo() *Error {
	first := t.roots[0]
	end := t.nodes[first].next
	var unseen []byteRange // of nodes
	if t.nodes[first].kind == Mapping {
		for k := first + 1; k < end; k = t.nodes[t.nodes[k].next].next {
			if v := t.nodes[k].next; t.nodes[k].kind == Null {
				unseen = append(unseen, byteRange{v, t.nodes[v].next})
			}
		}
	}
	for i := first; i < end; i++ {
		for len(unseen) > 0 && i == unseen[0].start {
			i, unseen = unseen[0].end, unseen[1:]
		}
		if i == end {
			break
		}
		var err *Error
		switch n := &t.nodes[i]; {
		case n.kind >= Mapping && n.kind != alias:
			err = t.mappingGo(i)
		case n.kind == alias:
			if a := t.yaml.target(i); a < i && i < t.nodes[a].next {
				err = t.nodeError(i, "", 0, "", "this alias stands inside what it stands for")
				at := int(t.nodes[a].start)
				err.Related, err.RelatedText = t.text.Span(at, at+1), "it begins here"
			}
		case n.kind < Sequence && n.flags&flagTagged != 0:
			if (Node{tree: t, i: i}).goValue() == nil && n.kind != Null {
				err = t.nodeError(i, "", 0, "", "the tag does not suit this value")
				p := t.yaml.properties(i)
				err.Hint = "remove the tag"
				err.Related, err.RelatedText = t.text.Span(int(p.tag.start), int(p.tag.end)), "the tag"
			} else if n.kind == Null && resolvePy(t.scalarText(n)) != tagNull {
				err = t.nodeError(i, "", 0, "", "the tag does not suit this value")
				err.Hint = "remove the tag"
			}
		}
		if err != nil {
			return err
		}
	}
	return t.aliasing(first)
}

// goKey is a key as far as yaml.v3 compares it with others.
type goKey struct {
	kind  Kind
	value string
}

// mappingGo refuses keys that are there twice, keys that are collections, and
// merges of what is no mapping.
func (t *Tree) mappingGo(i uint32) *Error {
	var few [16]goKey
	keys := few[:0]
	var many map[goKey]uint32 // where there are more
	for k := i + 1; k < t.nodes[i].next; {
		n := &t.nodes[k]
		id := goKey{}
		switch {
		case n.kind == alias:
			id = goKey{alias, t.text.String()[n.start+1 : n.end]}
		case n.kind >= Sequence:
			id.kind = n.kind
		default:
			id = goKey{String, t.scalarText(n)} // yaml.v3 compares the text alone
		}
		f, ok := many[id]
		if at := slices.Index(keys, id); many == nil && at >= 0 {
			for f = i + 1; at > 0; at-- {
				f = t.nodes[t.nodes[f].next].next
			}
			ok = true
		}
		if ok {
			e := t.nodeError(k, "", 0, "", "this key is there twice; yaml.v3 refuses the whole file")
			e.Related, e.RelatedText = t.text.Span(int(t.nodes[f].start), int(t.nodes[f].end)), "it stands here first"
			return e
		}
		if many == nil && len(keys) == len(few) {
			many = map[goKey]uint32{}
			f = i + 1
			for _, key := range keys {
				many[key] = f
				f = t.nodes[t.nodes[f].next].next
			}
		}
		if many != nil {
			many[id] = k
		} else {
			keys = append(keys, id)
		}
		if r := t.resolve(k); t.nodes[r].kind >= Sequence {
			e := t.nodeError(k, "", 0, "", "a list or an object cannot be a key")
			if t.isTemplate(i) {
				e.Problem, e.Hint = templateWords, quoteTemplate
			}
			return e
		}
		k = t.nodes[t.nodes[k].next].next
	}
	if e := t.mergeFault(i); e != nil {
		e.Message, e.Context, e.ContextMark = "", "", Mark{}
		return e
	}
	return nil
}

// aliasing refuses what yaml.v3 takes for an alias bomb. It counts as it does:
// every node that is decoded, and those that an alias brings.
func (t *Tree) aliasing(root uint32) *Error {
	if len(t.yaml.aliases) == 0 {
		return nil
	}
	type visit struct{ at, end uint32 } // what is left of a run of siblings
	stack := []visit{{root, t.nodes[root].next}}
	depths := []int{0} // aliases that each run stands in
	decoded, aliased := 0, 0
	for len(stack) > 0 {
		top := len(stack) - 1
		v := &stack[top]
		if v.at >= v.end {
			stack, depths = stack[:top], depths[:top]
			continue
		}
		i := v.at
		v.at = t.nodes[i].next
		depth := depths[top]
		decoded++
		if depth > 0 {
			aliased++
		}
		if aliased > 100 && decoded > 1000 && float64(aliased)/float64(decoded) > allowedAliases(decoded) {
			e := t.nodeError(root, "", 0, "", "the aliases bring far more than the text holds; yaml.v3 refuses that")
			return e
		}
		switch n := &t.nodes[i]; {
		case n.kind == alias:
			a := t.yaml.target(i)
			stack, depths = append(stack, visit{a, t.nodes[a].next}), append(depths, depth+1)
		case n.kind >= Sequence:
			stack, depths = append(stack, visit{i + 1, n.next}), append(depths, depth)
		}
	}
	return nil
}

// allowedAliases is allowedAliasRatio of yaml.v3.
func allowedAliases(decoded int) float64 {
	const low, high = 400000, 4000000
	switch {
	case decoded <= low:
		return 0.99
	case decoded >= high:
		return 0.10
	}
	return 0.99 - 0.89*float64(decoded-low)/(high-low)
}

// goTag is a full tag as yaml.v3 shortens it.
func goTag(name string) string {
	if short, ok := strings.CutPrefix(name, yamlTagPrefix); ok {
		return "!!" + short
	}
	return name
}
