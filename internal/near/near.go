// Package near measures how far two words are from each other, for suggestions.
package near

// Distance counts the letters that were added, left out, changed, or swapped with
// their neighbour, between two short texts (the restricted Damerau-Levenshtein
// distance, in bytes).
func Distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}

// Best is the word that a misspelt one means, where one is near.
func Best(word string, words []string) (best string, ok bool) {
	most := 3
	for _, w := range words {
		if d := Distance(word, w); d < most && d < len(w) {
			best, most = w, d
		}
	}
	return best, best != ""
}
