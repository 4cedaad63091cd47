package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// output is how a command prints what it got.
type output struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// print writes a value as JSON, or the rows that people read.
func (o output) print(w io.Writer, value any, fill func(*rows)) error {
	if o.JSON {
		return printJSON(w, value)
	}
	r := &rows{tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)}
	fill(r)
	return r.w.Flush()
}

// rows are lines whose cells stand below each other.
type rows struct{ w *tabwriter.Writer }

// add writes one line. Cells are texts that people chose, so what a terminal
// would obey is left out.
func (r *rows) add(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = visible(fmt.Sprint(cell))
	}
	for len(texts) > 0 && texts[len(texts)-1] == "" {
		texts = texts[:len(texts)-1]
	}
	// The writer gives what it could not write to Flush.
	_, _ = io.WriteString(r.w, strings.Join(texts, "\t")+"\n")
}

// visible replaces what is not printable.
func visible(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return unicode.ReplacementChar
	}, s)
}

// date writes a day, or what stands for none.
func date(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format(time.DateOnly)
}

// yes writes a word where something holds.
func yes(holds bool, word string) string {
	if holds {
		return word
	}
	return ""
}

// words lists texts in one cell.
func words(list []string) string { return strings.Join(list, ",") }
