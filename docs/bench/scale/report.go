package main

import (
	"fmt"
	"strings"
	"time"
)

// The targets beside those of the shapes.
const (
	readyTarget  = time.Second
	memoryTarget = 600 << 20
)

// report is everything that was measured.
type report struct {
	machine      string
	ready, index time.Duration
	memory, peak int64
	callers      []*caller
	rows         []result
	depths       []depth
	busy         *busy
}

// String is the report as Markdown.
func (r *report) String() string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s\n\n", r.machine)
	var reads []string
	for _, c := range r.callers {
		reads = append(reads, fmt.Sprintf("`%s` lists %s", c.name, thousands(c.total)))
	}
	fmt.Fprintf(&t, "Ready %s s after the start; the first list, asked at once, waited %s s for the index. RssAnon %d MiB at the end,"+
		" %d MiB at most. Of all packages, %s.\n\n", seconds(r.ready), seconds(r.index), r.memory>>20, r.peak>>20, strings.Join(reads, ", "))
	r.table(&t, r.rows)
	t.WriteString("\n| page of 20 rows | by offset | by keyset |\n|---:|---:|---:|\n")
	for _, d := range r.depths {
		fmt.Fprintf(&t, "| %s | %s | %s |\n", thousands(d.page), d.byOffset.cell(0), d.byKeys.cell(0))
	}
	if r.busy != nil {
		fmt.Fprintf(&t, "\nThe same while packages were published, %.0f a second (p50 · p99 · max of a publish: %s ms; RssAnon %d MiB at most):\n\n",
			r.busy.rate, r.busy.published.cell(0), r.busy.peak>>20)
		for i := range r.busy.rows {
			r.busy.rows[i].target = 0 // none holds here
		}
		r.table(&t, r.busy.rows)
	}
	return t.String()
}

func (r *report) table(t *strings.Builder, rows []result) {
	t.WriteString("| request | p99 at most |")
	for _, c := range r.callers {
		t.WriteString(" " + c.name + " |")
	}
	t.WriteString("\n|---|---:|" + strings.Repeat("---:|", len(r.callers)) + "\n")
	for _, row := range rows {
		t.WriteString(row.row(r.callers) + "\n")
	}
}

func (r result) row(callers []*caller) string {
	target := "–"
	if r.target > 0 {
		target = fmt.Sprintf("%d ms", r.target.Milliseconds())
	}
	text := fmt.Sprintf("| %s | %s |", r.name, target)
	for _, c := range callers {
		text += " " + r.times[c.name].cell(r.target) + " |"
	}
	return text
}

// cell is half of the requests, 99 of 100 and all of them, in milliseconds. What
// is above a target stands out.
func (t times) cell(target time.Duration) string {
	if len(t) == 0 {
		return "–"
	}
	p99 := milliseconds(t.at(99))
	if target > 0 && t.at(99) > target {
		p99 = "**" + p99 + "**"
	}
	return milliseconds(t.at(50)) + " · " + p99 + " · " + milliseconds(t.at(100))
}

// missed names the targets that are missed.
func (r *report) missed() (names []string) {
	if r.ready > readyTarget {
		names = append(names, "ready line")
	}
	if r.peak > memoryTarget {
		names = append(names, "RssAnon")
	}
	for _, row := range r.rows {
		for _, c := range r.callers {
			if t := row.times[c.name]; len(t) > 0 && t.at(99) > row.target {
				names = append(names, row.name+" for "+c.name)
			}
		}
	}
	return names
}

func milliseconds(d time.Duration) string {
	value := float64(d) / float64(time.Millisecond)
	if value >= 10 {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.1f", value)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }

// thousands writes a number with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
