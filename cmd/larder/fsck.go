package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/larderhq/larder/registry"
)

// fsckCommand checks the data folder.
type fsckCommand struct{ output }

// Run implements the command.
func (c *fsckCommand) Run(ctx context.Context, a *app) error {
	var r registry.FsckReport
	work := call{name: "fsck", in: struct{}{}}
	if isTerminal(a.stderr) {
		work.progress = func(text json.RawMessage) { showProgress(a.stderr, text) }
	}
	err := a.do(ctx, work, &r)
	if work.progress != nil {
		fmt.Fprint(a.stderr, clearLine)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.stdout, r)
	} else {
		err = printFsck(a.stdout, r)
	}
	if err == nil && r.Wrong > 0 {
		err = errReported
	}
	return err
}

// clearLine makes a terminal forget the line that the cursor is in.
const clearLine = "\r\x1b[K"

// showProgress rewrites one line.
func showProgress(w io.Writer, text json.RawMessage) {
	var p registry.FsckProgress
	if json.Unmarshal(text, &p) == nil {
		fmt.Fprintf(w, "%schecking %s: %d packages, %d blobs, %d MiB", clearLine, p.Stage, p.Packages, p.Blobs, p.Bytes>>20)
	}
}

// printFsck writes a report for people.
func printFsck(w io.Writer, r registry.FsckReport) error {
	return output{}.print(w, r, func(out *rows) {
		for _, p := range r.Problems {
			out.add(p.Kind+":", p.Subject+" "+p.Text)
		}
		for _, o := range r.Orphans {
			out.add("orphan:", fmt.Sprintf("blob %s, %d bytes, of %s: no record names it", o.Blob, o.Size, date(o.Modified, "-")))
		}
		if r.Partial {
			out.add("records that cannot be read hide others; orphans were not looked for")
		}
		out.add(fmt.Sprintf("checked %d projects, %d names, %d packages, %d files and %d blobs (%d bytes): %s",
			r.Projects, r.Names, r.Packages, r.Files, r.Blobs, r.Bytes, fsckVerdict(r)))
	})
}

func fsckVerdict(r registry.FsckReport) string {
	text := "all is well"
	switch {
	case r.Wrong == 1:
		text = "1 problem"
	case r.Wrong > 1:
		text = fmt.Sprintf("%d problems", r.Wrong)
	}
	if r.Unused > 0 {
		text += fmt.Sprintf("; %d unused, which the sweeper removes within two hours of a start", r.Unused)
	}
	return text
}
