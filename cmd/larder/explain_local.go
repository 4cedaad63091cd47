package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// localName is what one project has of a name.
type localName struct {
	// Project is the full path.
	Project string `json:"project"`
	// Versions are those that are there, Deleted those that can be restored,
	// both in the order of their publishing.
	Versions []string `json:"versions,omitempty"`
	Deleted  []string `json:"deleted,omitempty"`
	// Latest is what the dist-tag points to, where somebody set it.
	Latest string `json:"latest,omitempty"`
}

// local adds what was published here of the name, of the version alone where
// one is given.
func (n *node) local(ctx context.Context, name npm.Name, version string, x *explanation) error {
	list, err := n.service.Show(ctx, registry.Caller{Principal: accounts.Console()}, name)
	if errors.Is(err, npm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what was published: %w", err)
	}
	at := map[string]int{}
	for _, p := range list {
		if version != "" && p.Version != version {
			continue
		}
		if _, ok := at[p.Project]; !ok {
			at[p.Project] = len(x.Local)
			x.Local = append(x.Local, localName{Project: p.Project})
		}
		x.Local[at[p.Project]].add(p)
	}
	return nil
}

func (l *localName) add(p registry.Listed) {
	if p.Status == record.StatusPendingDestruction {
		l.Deleted = append(l.Deleted, p.Version)
		return
	}
	l.Versions = append(l.Versions, p.Version)
	for _, tag := range p.Tags {
		if tag == "latest" {
			l.Latest = p.Version
		}
	}
}

// maxNamed is how many versions one line names.
const maxNamed = 10

// printLocal writes a line for each project.
func (x *explanation) printLocal(row rower) {
	for _, l := range x.Local {
		text := versionsText(l.Versions)
		if l.Latest != "" && x.Version == "" {
			text += ", latest " + l.Latest
		}
		if len(l.Deleted) > 0 {
			text += ", deleted: " + versionsText(l.Deleted)
		}
		row("published", "in %s: %s", l.Project, text)
	}
}

// versionsText counts versions and names the newest ones.
func versionsText(list []string) string {
	switch n := len(list); {
	case n == 0:
		return "none"
	case n == 1:
		return list[0]
	case n <= maxNamed:
		return fmt.Sprintf("%d versions (%s)", n, words(list))
	default:
		return fmt.Sprintf("%d versions (..., %s)", n, words(list[n-maxNamed:]))
	}
}
