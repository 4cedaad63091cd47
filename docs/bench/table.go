package main

import (
	"fmt"
	"strings"
	"time"
)

// loadTable is the result of the load as Markdown.
func loadTable(rows []scenario, servers []*server, cells map[string]*cell) string {
	var t strings.Builder
	t.WriteString("Each cell: requests/s · p50/p99 in ms · processor seconds per 1000 requests · RssAnon.\n\n")
	t.WriteString("| request | bytes | connections |")
	for _, s := range servers {
		t.WriteString(" " + s.name + " |")
	}
	for _, s := range servers[1:] {
		t.WriteString(" larder ÷ " + s.name + " |")
	}
	t.WriteString("\n|---|---:|---:|" + strings.Repeat("---:|", 2*len(servers)-1) + "\n")
	for i, row := range rows {
		mine := cells[fmt.Sprint(servers[0].name, i)]
		fmt.Fprintf(&t, "| %s | %d | %d |", row.name, mine.size, row.conns)
		for _, s := range servers {
			t.WriteString(" " + cells[fmt.Sprint(s.name, i)].String() + " |")
		}
		for _, s := range servers[1:] {
			theirs := cells[fmt.Sprint(s.name, i)]
			t.WriteString(" " + ratio(median(mine.rates), median(theirs.rates)) + " |")
		}
		t.WriteString("\n")
	}
	return t.String()
}

func (c *cell) String() string {
	if c.requests == 0 {
		return fmt.Sprintf("none answered: %v", c.why)
	}
	text := fmt.Sprintf("%s/s · %s/%s · %s · %d MB",
		digits(median(c.rates)), milliseconds(median(c.p50)), milliseconds(median(c.p99)),
		digits(c.cpu.Seconds()*1000/float64(c.requests)), c.memory>>20)
	if c.failed > 0 {
		text += fmt.Sprintf(" · %d failed: %v", c.failed, c.why)
	}
	return text
}

func ratio(mine, theirs float64) string {
	if theirs == 0 {
		return "–"
	}
	return digits(mine/theirs) + "×"
}

// digits writes a number with two or three figures that mean something.
func digits(value float64) string {
	switch {
	case value >= 10:
		return fmt.Sprintf("%.0f", value)
	case value >= 1:
		return fmt.Sprintf("%.1f", value)
	case value >= .1:
		return fmt.Sprintf("%.2f", value)
	}
	return fmt.Sprintf("%.3f", value)
}

func milliseconds(d time.Duration) string {
	return digits(float64(d) / float64(time.Millisecond))
}
