package npm

import "strings"

// rangeReader reads ranges in npm's way, which is a series of rewritings of
// the text until only plain comparators are left. The steps and their order
// are kept, because what odd ranges mean depends on them; regular expressions
// are not, as their cost is.
type rangeReader struct {
	loose bool
	// pre tells that prereleases are wanted.
	pre bool
}

// read reads a range whose white space is reduced to single spaces.
func (r rangeReader) read(text string) ([][]comparator, bool) {
	var sets [][]comparator
	for alternative := range strings.SplitSeq(text, "||") {
		set, ok := r.readSet(strings.Trim(alternative, " "))
		if !ok {
			return nil, false
		}
		if len(set) > 0 {
			sets = append(sets, set)
		}
	}
	return reduceSets(sets), len(sets) > 0
}

// reduceSets drops alternatives that nothing can match, and all others beside
// one that everything matches. The latter shows: "1.0.0-rc || *" does not hold
// 1.0.0-rc.
func reduceSets(sets [][]comparator) [][]comparator {
	if len(sets) < 2 {
		return sets
	}
	kept := make([][]comparator, 0, len(sets))
	for _, set := range sets {
		if !set[0].null() {
			kept = append(kept, set)
		}
	}
	if len(kept) == 0 {
		return sets[:1]
	}
	for _, set := range kept {
		if len(set) == 1 && set[0].any() {
			return [][]comparator{set}
		}
	}
	return kept
}

// readSet reads one alternative. An empty set means that loose reading found
// no comparator in it.
func (r rangeReader) readSet(text string) ([]comparator, bool) {
	text = stripBuilds(text)
	if from, to, ok := r.splitHyphen(text); ok {
		text = r.hyphen(from, to)
	}
	text = trimAfterMark(trimComparators(text))
	var set []comparator
	var null *comparator
	for _, word := range r.words(text) {
		c, ok, skip := r.comparator(word)
		if skip {
			continue
		}
		if !ok {
			return nil, false
		}
		if c.null() && null == nil {
			null = &c
		}
		set = append(set, c)
	}
	if null != nil {
		return []comparator{*null}, true
	}
	return dedupe(set), true
}

// words expands the words of text. One that turned into nothing means anything
// at all, as empty text does; npm notices it at the ends only.
func (r rangeReader) words(text string) []string {
	var b strings.Builder
	for word := range strings.SplitSeq(text, " ") {
		b.WriteString(r.expand(word))
		b.WriteByte(' ')
	}
	all := strings.TrimSuffix(b.String(), " ")
	words := strings.FieldsFunc(all, func(r rune) bool { return r == ' ' })
	if all == "" || strings.HasPrefix(all, " ") || strings.HasSuffix(all, " ") {
		words = append(words, "")
	}
	return words
}

// dedupe drops repeated comparators, and those that always hold beside others.
func dedupe(set []comparator) []comparator {
	if len(set) < 2 {
		return set
	}
	seen := make(map[comparator]bool, len(set))
	kept := set[:0]
	for _, c := range set {
		if !c.any() && !seen[c] {
			seen[c] = true
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		kept = append(kept, comparator{})
	}
	return kept
}

// comparator reads a word that holds no range shorthand any more. In loose
// reading, skip tells that the word is to be ignored.
func (r rangeReader) comparator(word string) (c comparator, ok, skip bool) {
	if word == "" || word == ">=0.0.0" && !r.pre || word == ">=0.0.0-0" && r.pre {
		return comparator{}, true, false
	}
	op, rest := cutOperator(word)
	if r.loose {
		rest = trimMarks(rest)
	} else {
		rest = strings.TrimPrefix(rest, "v")
	}
	p, ok := splitParts(rest, grammar{loose: r.loose})
	if !ok {
		return comparator{}, false, r.loose
	}
	v, ok := p.version(rest)
	if op == "=" {
		op = ""
	}
	return comparator{op, v}, ok && !tooLong(rest), false
}

// cutOperator splits off "", "<", "<=", ">", ">=" or "=".
func cutOperator(s string) (op, rest string) {
	n := 0
	if n < len(s) && (s[n] == '<' || s[n] == '>') {
		n++
	}
	if n < len(s) && s[n] == '=' {
		n++
	}
	return s[:n], s[n:]
}

// partial reads a version that may lack numbers or have wildcards, after any
// marks.
func (r rangeReader) partial(s string) (parts, bool) {
	return splitParts(strings.TrimLeft(s, "v= "), grammar{loose: r.loose, wild: true})
}

// splitHyphen recognises "from - to".
func (r rangeReader) splitHyphen(text string) (from, to string, ok bool) {
	from, to, ok = strings.Cut(text, " - ")
	if !ok {
		return "", "", false
	}
	from, to = strings.TrimPrefix(from, " "), strings.TrimSuffix(to, " ")
	_, fromOK := r.partial(from)
	_, toOK := r.partial(to)
	return from, to, fromOK && toOK
}
