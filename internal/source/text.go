package source

import (
	"sort"
	"strings"
	"sync"
)

// Encoder writes a text so that the layer which an Encoder belongs to decodes it
// again. It answers false where the layer cannot hold the text (a line break in
// a plain YAML scalar).
type Encoder func(string) (string, bool)

// Text is a decoded string that remembers the bytes it was decoded from. Texts
// nest: a host cut out of a URI that stands in a JSON string inside a quoted YAML
// scalar maps through all of them. The zero Text is empty and stands nowhere.
//
// Text is a value; slicing it allocates nothing, and a text without escapes
// aliases the file.
type Text struct {
	s   string
	off int      // of s in the file, or in what the mapping decoded
	m   *mapping // nil: the file's own bytes
	enc Encoder  // of this layer; nil: as it is
}

// mapping is one layer of decoding that changed something.
type mapping struct {
	parent Text
	s      string // all of the decoded text
	runs   runs
	guard  func(raw, whole string) bool // nil: what the encoder writes will do
	// decode finds the runs when somebody asks for a place: most texts are read
	// and never pointed at.
	decode func(*Builder)
	once   sync.Once
}

// pieces are the runs of the mapping.
func (m *mapping) pieces() runs {
	if m.decode != nil {
		m.once.Do(func() {
			b := Builder{parent: m.parent}
			m.decode(&b)
			m.runs = b.runs
		})
	}
	return m.runs
}

// run is a piece of decoded text and where it comes from in the parent. In a
// literal run the bytes are the same; in the other kind all of it stands for all
// of it, as an escape does.
type run struct {
	out, in       int
	outLen, inLen int
	literal       bool
}

func (t Text) String() string { return t.s }

// Len is the number of bytes of the decoded string.
func (t Text) Len() int { return len(t.s) }

// Slice is the part of the text between two byte offsets of the decoded string.
func (t Text) Slice(i, j int) Text {
	t.s = t.s[i:j]
	t.off += i
	return t
}

// From is the text without its first n bytes.
func (t Text) From(n int) Text { return t.Slice(n, len(t.s)) }

// Literal marks the text as written in a layer that changes nothing when it is
// read, but would when another text stood there: the inside of a JSON string.
func (t Text) Literal(enc Encoder) Text {
	if t.m == nil && t.enc == nil {
		t.enc = enc
		return t
	}
	return Text{s: t.s, m: &mapping{parent: t, s: t.s, decode: copyAll}, enc: enc}
}

// Inside is the part of the text between two offsets, as a literal of its own
// layer: Slice and Literal in one.
func (t Text) Inside(i, j int, enc Encoder) Text {
	if t.m == nil && t.enc == nil {
		return Text{s: t.s[i:j], off: t.off + i, enc: enc}
	}
	return t.Slice(i, j).Literal(enc)
}

// Guarded is Literal of a layer that cannot hold every text; see [Builder.Guard].
func (t Text) Guarded(enc Encoder, guard func(raw, whole string) bool) Text {
	return Text{s: t.s, m: &mapping{parent: t, s: t.s, decode: copyAll, guard: guard}, enc: enc}
}

func copyAll(b *Builder) { b.Copy(0, len(b.parent.s)) }

// Decode decodes all of a text by a function that makes Copy and Put calls for
// it. Where the parts come from is found out when it is asked for, by calling the
// function again: it must always do the same.
func Decode(parent Text, enc Encoder, decode func(*Builder)) Text {
	b := Builder{parent: parent, textOnly: true}
	b.buf.Grow(len(parent.s))
	decode(&b)
	s := b.buf.String()
	return Text{s: s, m: &mapping{parent: parent, s: s, decode: decode}, enc: enc}
}

// Span is the range of file bytes that the decoded bytes i to j stand for. Where
// an end falls into an escape, the whole escape belongs to it.
func (t Text) Span(i, j int) Span {
	lo, hi := i+t.off, j+t.off
	if t.m == nil {
		return Span{lo, hi}
	}
	a, b := t.m.outer(lo, hi)
	return t.m.parent.Span(a, b)
}

// Whole is the span of the whole text.
func (t Text) Whole() Span { return t.Span(0, len(t.s)) }

// Edit replaces the bytes of a span by a new text.
type Edit struct {
	Span Span
	New  string
}

// Replace is the edit of the file after which the text reads with its bytes i to
// j replaced. It answers false where a layer cannot write the new text.
func (t Text) Replace(i, j int, with string) (Edit, bool) {
	lo, hi := i+t.off, j+t.off
	whole := ""
	if t.m != nil {
		// An escape that is cut in two is written anew as a whole.
		var head, tail string
		rs := t.m.pieces()
		if r, ok := rs.at(lo); ok && !r.literal && lo > r.out {
			head = t.m.s[r.out:lo]
			lo = r.out
		}
		if r, ok := rs.at(hi); ok && !r.literal && hi > r.out {
			tail = t.m.s[hi : r.out+r.outLen]
			hi = r.out + r.outLen
		}
		with = head + with + tail
		whole = t.m.s[:lo] + with + t.m.s[hi:]
	}
	if t.enc != nil {
		var ok bool
		if with, ok = t.enc(with); !ok {
			return Edit{}, false
		}
	}
	if t.m == nil {
		return Edit{Span{lo, hi}, with}, true
	}
	a, b := t.m.outer(lo, hi)
	if raw := t.m.parent.s; t.m.guard != nil && !t.m.guard(raw[:a]+with+raw[b:], whole) {
		return Edit{}, false
	}
	return t.m.parent.Replace(a, b, with)
}

// runs are the pieces of one mapping in order.
type runs []run

// at finds the run that holds the decoded offset.
func (rs runs) at(off int) (run, bool) {
	i := sort.Search(len(rs), func(i int) bool { return rs[i].out > off }) - 1
	// Runs of no output (a folded line's indentation) stand at the same offset
	// as what follows them.
	if i < 0 || off >= rs[i].out+rs[i].outLen {
		return run{}, false
	}
	return rs[i], true
}

// end is the parent's offset behind all runs.
func (rs runs) end() int {
	last := rs[len(rs)-1]
	return last.in + last.inLen
}

// edge is the parent's offset at which the decoded offset begins.
func (rs runs) edge(off int) int {
	r, ok := rs.at(off)
	switch {
	case !ok:
		return rs.end()
	case r.literal:
		return r.in + (off - r.out)
	}
	return r.in
}

// outer maps a decoded range to the parent's range.
func (m *mapping) outer(lo, hi int) (int, int) {
	rs := m.pieces()
	if len(rs) == 0 {
		return 0, len(m.parent.s)
	}
	start := rs.edge(lo)
	if lo == hi {
		return start, start
	}
	r, ok := rs.at(hi - 1)
	switch {
	case !ok:
		return start, rs.end()
	case r.literal:
		return start, r.in + (hi - r.out)
	}
	return start, r.in + r.inLen
}

// Builder decodes one layer of a text.
type Builder struct {
	parent Text
	enc    Encoder
	buf    strings.Builder
	runs   []run
	guard  func(raw, whole string) bool
	// textOnly leaves the runs out.
	textOnly bool
}

// Parent is the text that is decoded.
func (b *Builder) Parent() string { return b.parent.s }

// NewBuilder starts to decode the parent; enc is how the layer writes a text.
func NewBuilder(parent Text, enc Encoder) *Builder {
	return &Builder{parent: parent, enc: enc}
}

// Guard lets only those edits pass for which ok is true. It gets all of the layer
// as it would be written, and as it should then read: where places depend on each
// other (a blank before a folded line's end), no encoder of a piece can tell.
func (b *Builder) Guard(ok func(raw, whole string) bool) { b.guard = ok }

// Copy takes the parent's bytes i to j as they are. An empty range says where a
// text stands that turns out empty.
func (b *Builder) Copy(i, j int) {
	if b.textOnly {
		b.buf.WriteString(b.parent.s[i:j])
		return
	}
	if i == j && len(b.runs) > 0 {
		return
	}
	if n := len(b.runs); n > 0 {
		last := &b.runs[n-1]
		if last.literal && last.in+last.inLen == i {
			last.inLen += j - i
			last.outLen += j - i
			b.buf.WriteString(b.parent.s[i:j])
			return
		}
	}
	b.runs = append(b.runs, run{out: b.buf.Len(), in: i, outLen: j - i, inLen: j - i, literal: true})
	b.buf.WriteString(b.parent.s[i:j])
}

// Put lets the parent's bytes i to j stand for s, which may be empty.
func (b *Builder) Put(i, j int, s string) {
	if b.textOnly {
		b.buf.WriteString(s)
		return
	}
	if s == b.parent.s[i:j] {
		b.Copy(i, j)
		return
	}
	b.runs = append(b.runs, run{out: b.buf.Len(), in: i, outLen: len(s), inLen: j - i})
	b.buf.WriteString(s)
}

// Text is the decoded text.
func (b *Builder) Text() Text {
	if len(b.runs) == 1 && b.runs[0].literal && b.guard == nil && b.parent.m == nil && b.parent.enc == nil {
		r := b.runs[0]
		t := b.parent.Slice(r.in, r.in+r.inLen)
		t.enc = b.enc
		return t
	}
	s := b.buf.String()
	return Text{s: s, m: &mapping{parent: b.parent, s: s, runs: b.runs, guard: b.guard}, enc: b.enc}
}
