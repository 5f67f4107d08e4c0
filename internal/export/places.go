package export

import (
	"cmp"
	"slices"
	"sort"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Places finds the entries of a document by where they stand.
type Places []place

type place struct {
	at    source.Span
	entry int
}

// Places are those of all entries, in the order of the file.
func (d *Document) Places() Places {
	p := make(Places, len(d.Entries))
	for i := range d.Entries {
		p[i] = place{d.EntrySpan(i), i}
	}
	slices.SortStableFunc(p, func(a, b place) int { return cmp.Compare(a.at.Start, b.at.Start) })
	return p
}

// At is the index of the entry that holds a range, -1 for none: a comment between
// entries, a variable.
func (p Places) At(at source.Span) int {
	if i := p.after(at.Start) - 1; i >= 0 && p[i].at.Contains(at) {
		return p[i].entry
	}
	return -1
}

// After is the index of the first entry that begins after an offset, -1 for none.
func (p Places) After(off int) int {
	if i := p.after(off); i < len(p) {
		return p[i].entry
	}
	return -1
}

func (p Places) after(off int) int {
	return sort.Search(len(p), func(i int) bool { return p[i].at.Start > off })
}
