package web

import "bytes"

// What formatting may cost. The parser's time grows with the square of the
// marks in a paragraph, of the containers in a line, and of the size of a
// table; all of them can be counted beforehand.
const (
	// maxNesting is how many quotes and lists one line may open.
	maxNesting = 32
	// maxIndent is how far a list may be indented, in columns; each level takes
	// at least two.
	maxIndent = 128
	// maxWork is the sum over all paragraphs of the square of their marks.
	maxWork = 64 << 20
	// maxCells is how many cells all tables may have.
	maxCells = 100_000
)

// cost counts what formatting a text will take.
type cost struct {
	// marks are those of the paragraph so far, columns those of its table.
	marks, columns int
	work, cells    int
	deep           bool
}

// tooIntricate tells whether formatting would take too long. It errs on the
// side of yes: it does not know code from prose.
func tooIntricate(source []byte) bool {
	var c cost
	for line := range bytes.Lines(source) {
		c.add(bytes.TrimRight(line, "\n"))
		if c.deep || c.work+c.marks*c.marks > maxWork || c.cells > maxCells {
			return true
		}
	}
	return false
}

func (c *cost) add(line []byte) {
	rest := bytes.TrimLeft(line, " \t")
	if len(rest) == 0 { // nothing spans an empty line but code
		c.work += c.marks * c.marks
		c.marks, c.columns = 0, 0
		return
	}
	for _, b := range rest {
		switch b {
		case '[', '*', '_', '~', '<':
			c.marks++
		}
	}
	if n := tableColumns(rest); n > c.columns {
		c.columns = n
	}
	c.cells += c.columns
	c.deep = c.deep || tooDeep(line, rest)
}

// tableColumns returns how many columns a line announces: those of a row of
// dashes, whatever stands before it in lists or quotes.
func tableColumns(line []byte) int {
	if len(bytes.Trim(line, "|-: \t>*+.0123456789")) > 0 {
		return 0
	}
	return bytes.Count(line, []byte("|")) + 1
}

// tooDeep tells whether a line opens too many containers or a list too far to
// the right.
func tooDeep(line, rest []byte) bool {
	if len(bytes.Trim(rest, "- \t")) == 0 || len(bytes.Trim(rest, "* \t")) == 0 {
		return false // it is a line across the page
	}
	indent, depth := columns(line[:len(line)-len(rest)]), 0
	for {
		size := marker(rest)
		if size == 0 {
			return false
		}
		if depth++; depth > maxNesting || indent > maxIndent {
			return true
		}
		rest = rest[size:]
		after := bytes.TrimLeft(rest, " \t")
		indent += size + columns(rest[:len(rest)-len(after)])
		rest = after
	}
}

// columns returns how wide leading space is; a tab counts four.
func columns(space []byte) int { return len(space) + 3*bytes.Count(space, []byte("\t")) }

// marker returns the length of the mark of a quote or list item at the start of
// a line, 0 for anything else.
func marker(line []byte) int {
	if len(line) == 0 {
		return 0
	}
	size := 1
	switch line[0] {
	case '>':
		return 1
	case '-', '+', '*':
	default:
		digits := len(line) - len(bytes.TrimLeft(line, "0123456789"))
		if digits == 0 || digits == len(line) || line[digits] != '.' && line[digits] != ')' {
			return 0
		}
		size = digits + 1
	}
	if size < len(line) && line[size] != ' ' && line[size] != '\t' {
		return 0
	}
	return size
}
