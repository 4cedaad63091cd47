package web

import "bytes"

// What formatting may cost. The parser's time grows with the square of the
// marks in a paragraph, of the containers in a line, and of the size of a
// table, and it looks for the end of each link in all that follows; all of them
// can be counted beforehand.
const (
	// maxNesting is how many quotes and lists one line may open.
	maxNesting = 32
	// maxIndent is how far a list may be indented, in columns; each level takes
	// at least two.
	maxIndent = 128
	// maxWork is the sum over all paragraphs of the square of their marks and of
	// the bytes that are looked at for the ends of links.
	maxWork = 64 << 20
	// maxCells is how many cells all tables may have.
	maxCells = 100_000
)

// cost counts what formatting a text will take.
type cost struct {
	// marks are those of the paragraph so far, columns those of its table.
	marks, columns int
	// size is how many bytes of text the paragraph has so far, and titled how many
	// of its links may have a title, which ends anywhere in it.
	size, titled int
	work, cells  int
	deep         bool
}

// total is the work with that of the paragraph so far.
func (c *cost) total() int { return c.work + c.marks*c.marks + c.titled*c.size }

// tooIntricate tells whether formatting would take too long. It errs on the
// side of yes: it does not know code from prose.
func tooIntricate(source []byte) bool {
	var c cost
	for line := range bytes.Lines(source) {
		c.add(bytes.TrimRight(line, "\n"))
		if c.deep || c.total() > maxWork || c.cells > maxCells {
			return true
		}
	}
	return false
}

func (c *cost) add(line []byte) {
	rest := bytes.TrimLeft(line, " \t")
	if len(rest) == 0 { // nothing spans an empty line but code
		c.work = c.total()
		c.marks, c.columns, c.size, c.titled = 0, 0, 0, 0
		return
	}
	if len(line)-len(rest) < indentedCode && bulleted(rest) { // no text goes on in another item
		c.work += c.titled * c.size
		c.size, c.titled = 0, 0
	}
	links, titled := openLinks(rest)
	c.size += len(line) + 1
	c.titled += titled
	c.work += links * len(line)
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

// indentedCode is how far text is indented that is code, or goes on with what
// stands before it.
const indentedCode = 4

// bulleted tells whether a line begins an item of a list, whatever stands before
// it (CommonMark, "List items").
func bulleted(line []byte) bool {
	return bytes.IndexByte([]byte("-+*"), line[0]) >= 0 && marker(line) == 1 && len(bytes.Trim(line[1:], " \t")) > 0
}

// openLinks counts the places of a line at which the address of a link may begin,
// and those of them that a title may follow: the address does not end the link.
func openLinks(line []byte) (links, titled int) {
	// ahead is whether what follows the next space may be a title; the line's end
	// is a space too. closing are the parentheses that end before that.
	ahead, closing := true, 0
	for i := len(line) - 1; i > 0; i-- {
		switch c := line[i]; {
		case c == ' ' || c == '\t':
			closing = 0
			if i+1 < len(line) && line[i+1] != ' ' && line[i+1] != '\t' {
				ahead = bytes.IndexByte([]byte(`"'(`), line[i+1]) >= 0
			}
		case c != '(' && c != ')' || escaped(line, i):
		case c == ')':
			closing++
		case line[i-1] == ']':
			links++
			if closing == 0 && ahead || i+1 < len(line) && bytes.IndexByte([]byte("< \t"), line[i+1]) >= 0 {
				titled++
			}
			closing = max(closing-1, 0)
		default:
			closing = max(closing-1, 0)
		}
	}
	return links, titled
}

// escaped tells whether a backslash takes the meaning from a character.
func escaped(line []byte, at int) bool {
	before := line[:at]
	return (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 1
}
