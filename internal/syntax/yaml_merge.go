package syntax

// maxMerged is how many members merge keys may bring together in all. PyYAML has
// no limit and takes memory until there is none.
const maxMerged = 1 << 20

// members are the keys and values of a mapping as its consumer gets them.
func (t *Tree) members(i uint32) []member {
	if t.nodes[i].flags&flagMerge != 0 {
		return t.yaml.merges[i]
	}
	return t.own(i, false)
}

// own are the members of a mapping as written, without or with only its merge keys.
func (t *Tree) own(i uint32, merges bool) []member {
	var own []member
	for k := i + 1; k < t.nodes[i].next; {
		v := t.nodes[k].next
		if t.isMerge(k) == merges {
			own = append(own, member{k, v})
		}
		k = t.nodes[v].next
	}
	return own
}

// isMerge reports whether a key is a merge key.
func (t *Tree) isMerge(k uint32) bool {
	if t.yaml.dialect == GoYAML {
		n := &t.nodes[k]
		if n.kind == alias || n.kind >= Sequence || n.end-n.start > 4 {
			return false
		}
		p := t.yaml.properties(k)
		tagged := p != nil && p.tag.end > 0 && p.name != "!"
		return t.scalarText(n) == "<<" && (tagged && p.name == yamlTagPrefix+"merge" || !tagged && n.style == Plain)
	}
	k = t.resolve(k)
	n := &t.nodes[k]
	if (n.kind >= Sequence || n.style == Plain && n.end-n.start != 2) && t.yaml.properties(k) == nil {
		return false
	}
	return t.tagPy(k) == tagMerge
}

// merge resolves the merge keys of all mappings: what they bring comes first, of
// several sources the last first, then the mapping's own members. As the last of
// equal keys wins, own ones do, and among sources the first.
//
// Sources: flatten_mapping in yaml/constructor.py of PyYAML 6.0.3; decoder.merge
// of yaml.v3, whose result is the same.
func (t *Tree) merge() *Error {
	// A source has ended before the mapping that takes it in ends, unless it
	// contains it; so mappings are resolved as they end.
	var open []uint32
	total := 0
	for i := uint32(0); ; i++ {
		for len(open) > 0 && t.nodes[open[len(open)-1]].next <= i {
			m := open[len(open)-1]
			open = open[:len(open)-1]
			all := t.flatten(m)
			t.yaml.merges[m] = all
			if total += len(all); total > maxMerged {
				return &Error{Span: t.text.Span(int(t.nodes[m].start), int(t.nodes[m].start)+1), Kind: DepthError,
					Problem: "merge keys (<<) bring more than a million members together"}
			}
		}
		if int(i) >= len(t.nodes) {
			return nil
		}
		if n := &t.nodes[i]; n.kind == Mapping && t.hasMerge(i) {
			n.flags |= flagMerge
			if t.yaml.merges == nil {
				t.yaml.merges = map[uint32][]member{}
			}
			open = append(open, i)
		}
	}
}

func (t *Tree) hasMerge(i uint32) bool {
	for k := i + 1; k < t.nodes[i].next; k = t.nodes[t.nodes[k].next].next {
		if t.isMerge(k) {
			return true
		}
	}
	return false
}

// flatten puts the members of one mapping together.
func (t *Tree) flatten(i uint32) []member {
	var all []member
	take := func(source uint32) {
		source = t.resolve(source)
		if n := &t.nodes[source]; n.kind < Mapping {
			return
		}
		from, done := t.yaml.merges[source]
		if !done {
			from = t.own(source, false)
		}
		if len(all) <= maxMerged {
			all = append(all, from...)
		}
	}
	for _, m := range t.own(i, true) {
		v := t.resolve(m.value)
		if t.nodes[v].kind != Sequence {
			take(v)
			continue
		}
		var items []uint32
		for j := v + 1; j < t.nodes[v].next; j = t.nodes[j].next {
			items = append(items, j)
		}
		for j := len(items) - 1; j >= 0; j-- {
			take(items[j])
		}
	}
	return append(all, t.own(i, false)...)
}

// mergeFault is the error in what a mapping merges, if there is one: of the
// mappings that it takes in first, since those are flattened for it.
func (t *Tree) mergeFault(i uint32) *Error {
	if t.nodes[i].flags&flagMerge == 0 {
		return nil
	}
	for _, m := range t.own(i, true) {
		v := t.resolve(m.value)
		switch k := t.nodes[v].kind; {
		case k >= Mapping:
		case k == Sequence:
			for j := v + 1; j < t.nodes[v].next; j = t.nodes[j].next {
				if item := t.resolve(j); t.nodes[item].kind < Mapping {
					return t.nodeError(item, "while constructing a mapping", i, "expected a mapping for merging, but found "+t.nodeName(item),
						"<< takes in objects only")
				}
			}
		default:
			return t.nodeError(v, "while constructing a mapping", i, "expected a mapping or list of mappings for merging, but found "+t.nodeName(v),
				"<< takes in an object or a list of objects only")
		}
	}
	return nil
}
