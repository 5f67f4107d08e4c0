package repeat_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/repeat"
)

func texts(list []string) func(int) (string, bool) {
	return func(i int) (string, bool) { return list[i], list[i] != "-" }
}

func TestEach(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "[]"},
		{"a", "[]"},
		{"a b c", "[]"},
		{"a b a", "[[0 2]]"},
		{"a a a b b", "[[0 1] [0 2] [3 4]]"},
		{"- a - - a -", "[[1 4]]"},
	} {
		list := strings.Fields(c.in)
		got := [][2]int{}
		repeat.Each(len(list), texts(list), func(first, i int) { got = append(got, [2]int{first, i}) })
		if fmt.Sprint(got) != c.want {
			t.Errorf("of %q: %v, not %s", c.in, got, c.want)
		}
	}
}

// TestEachIsAMap: a map finds the same.
func TestEachIsAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		list := make([]string, random.IntN(3000))
		for i := range list {
			list[i] = fmt.Sprint(random.IntN(4 * len(list)))
		}
		var got, want [][2]int
		repeat.Each(len(list), texts(list), func(first, i int) { got = append(got, [2]int{first, i}) })
		first := map[string]int{}
		for i, s := range list {
			if j, again := first[s]; again {
				want = append(want, [2]int{j, i})
			} else {
				first[s] = i
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d of %d texts, not %d", len(got), len(list), len(want))
		}
	}
}

// BenchmarkEach is how much longer a map takes over 100,000 ids, all different.
func BenchmarkEach(b *testing.B) {
	list := make([]string, 100_000)
	for i := range list {
		list[i] = fmt.Sprintf("warehouse_%06d", i)
	}
	b.Run("each", func(b *testing.B) {
		for b.Loop() {
			repeat.Each(len(list), texts(list), func(_, i int) { b.Fatal(i) })
		}
	})
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			first := make(map[string]int, len(list))
			for i, s := range list {
				if _, again := first[s]; again {
					b.Fatal(i)
				}
				first[s] = i
			}
		}
	})
}
