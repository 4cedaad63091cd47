package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// keptFeeds is the folder of the copies of feeds, below the data folder. It is none
// that people would put their feeds into.
const keptFeeds = "kept-feeds"

// feedFaults is what is wrong with the feeds of a larder that runs.
type feedFaults struct {
	// Kept are those that are replaced by their copies.
	Kept []keptFeed `json:"kept"`
	// Fault is why the last load failed; empty where it did not.
	Fault string `json:"fault"`
	// Ready tells that anything is in force at all.
	Ready bool `json:"ready"`
}

// keptFeed is a feed that is replaced by the copy of when it last could be loaded.
type keptFeed struct {
	Path  string    `json:"path"`
	Taken time.Time `json:"taken"`
	Error string    `json:"error"`
}

// feedFaults gathers what is wrong with the feeds.
func (n *node) feedFaults() feedFaults {
	lapses, fault := n.guard.FeedFaults()
	out := feedFaults{Ready: n.guard.Ready() == nil}
	for _, l := range lapses {
		out.Kept = append(out.Kept, keptFeed{Path: l.Path, Taken: l.Taken, Error: l.Err.Error()})
	}
	if fault != nil {
		out.Fault = fault.Error()
	}
	return out
}

// print tells people, where anything is wrong.
func (f feedFaults) print(w io.Writer, now time.Time) error {
	var all []error
	say := func(format string, args ...any) {
		_, err := fmt.Fprintf(w, format+"\n", args...)
		all = append(all, err)
	}
	for _, k := range f.Kept {
		say("the feed %s cannot be loaded; its copy of %s is in force: %s", k.Path, when(k.Taken, now), k.Error)
	}
	switch {
	case f.Fault != "" && f.Ready:
		say("the feeds cannot be loaded, and those before stay in force: %s", f.Fault)
	case f.Fault != "":
		say("the feeds cannot be loaded, and nothing of upstream is served: %s", f.Fault)
	}
	return errors.Join(all...)
}

// checkFeeds tells what is wrong with the feeds of the larder that runs on a data
// folder, if one does.
func (a *app) checkFeeds(ctx context.Context, data string) error {
	var faults feedFaults
	err := ask(ctx, question{data: data, path: "/feeds"}, &faults)
	if errors.Is(err, errNoServer) {
		return nil
	}
	if err != nil {
		return err
	}
	return faults.print(a.stdout, time.Now())
}
