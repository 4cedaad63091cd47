package config

// nearest returns the candidate that is most like the word, if one is so close
// that it is probably what was meant.
func nearest(word string, candidates []string) (string, bool) {
	best, bestDistance := "", 3
	for _, c := range candidates {
		// A short word is within two edits of almost anything.
		if d := distance(word, c); d < bestDistance && d*3 <= max(len(word), len(c)) {
			best, bestDistance = c, d
		}
	}
	return best, best != ""
}

// distance counts the edits between two words: insert, delete, replace, and
// swap of neighbours (optimal string alignment).
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	var before, above, row [65]int
	for j := range len(b) {
		above[j] = j
	}
	above[len(b)] = len(b)
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above = above, row
	}
	return above[len(b)]
}
