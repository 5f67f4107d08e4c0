// Package repeat finds what is there more than once among many texts. It is a leaf.
package repeat

import (
	"hash/maphash"
	"math/bits"
)

// Each calls back for every text that was there before, with the index of the first
// one like it, in their order. text tells the n texts; those that it calls false are
// left out. It may be asked for one again.
//
// A map of the texts would do the same. Where nearly all differ, as ids do, it takes
// three times as long: it stores and compares what a hash tells apart.
func Each(n int, text func(i int) (string, bool), again func(first, i int)) {
	seed := maphash.MakeSeed()
	// Slots hold half of a hash and an index, counted from 1. Half of them stay free.
	slots := make([]uint64, 1<<bits.Len(uint(2*n)))
	mask := uint64(len(slots) - 1)
	const half = 32
	for i := range n {
		s, ok := text(i)
		if !ok {
			continue
		}
		hash := maphash.String(seed, s)
		for at := hash & mask; ; at = (at + 1) & mask {
			slot := slots[at]
			if slot == 0 {
				slots[at] = hash>>half<<half | uint64(i+1)
				break
			}
			if (slot^hash)>>half != 0 {
				continue
			}
			first := int(uint32(slot)) - 1
			if o, _ := text(first); o == s {
				again(first, i)
				break
			}
		}
	}
}
