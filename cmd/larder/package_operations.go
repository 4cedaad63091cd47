package main

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// packageRef names a version, or all of a name where Version is empty, and the
// project where that matters.
type packageRef struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Project string `json:"project,omitempty"`
}

// packageDone is a package to which something was done.
type packageDone struct {
	packageRef
	RestorableUntil time.Time `json:"restorable_until,omitzero"`
}

// listPackages lists those of a project, or of all.
func listPackages(ctx context.Context, d *desk, in named) ([]registry.Listed, error) {
	paths := []string{in.Name}
	if in.Name == "" {
		projects, err := d.allProjects(ctx)
		if err != nil {
			return nil, err
		}
		paths = nil
		for _, p := range projects {
			paths = append(paths, p.FullPath)
		}
	}
	out := []registry.Listed{}
	for _, path := range paths {
		list, err := all(func(after int64) ([]registry.Listed, error) {
			return d.service.List(ctx, d.caller(), path, after, page)
		}, func(l registry.Listed) int64 { return l.ID })
		if err != nil {
			return nil, about(path, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

func showPackage(ctx context.Context, d *desk, in named) ([]registry.Listed, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return nil, err
	}
	list, err := d.service.Show(ctx, d.caller(), name)
	if err != nil {
		return nil, about(name.String(), err)
	}
	return list, nil
}

func deletePackage(ctx context.Context, d *desk, in packageRef) (packageDone, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return packageDone{}, err
	}
	place := registry.Place{}
	if in.Project != "" {
		place = registry.Place{Kind: registry.ProjectPlace, Ref: in.Project}
	}
	if _, err := d.service.Delete(ctx, d.caller(), place, name, in.Version); err != nil {
		return packageDone{}, about(in.text(), err)
	}
	list, err := d.service.Show(ctx, d.caller(), name)
	done := packageDone{packageRef: in}
	for _, l := range list {
		if l.Status == record.StatusPendingDestruction && (in.Version == "" || in.Version == l.Version) {
			done.RestorableUntil = l.RestorableUntil
		}
	}
	return done, err
}

func restorePackage(ctx context.Context, d *desk, in packageRef) (packageDone, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return packageDone{}, err
	}
	if _, err := d.service.Restore(ctx, d.caller(), name, in.Version); err != nil {
		return packageDone{}, about(in.text(), err)
	}
	return packageDone{packageRef: in}, nil
}

// nameRelease asks for a name to be free.
type nameRelease struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

func releaseName(ctx context.Context, d *desk, in nameRelease) (packageRef, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return packageRef{}, err
	}
	if err := d.service.Release(ctx, d.caller(), name, in.Reason); err != nil {
		return packageRef{}, about(in.Name, err)
	}
	return packageRef{Name: in.Name}, nil
}

// text writes what is meant as people write it.
func (p packageRef) text() string {
	if p.Version == "" {
		return p.Name
	}
	return p.Name + "@" + p.Version
}

func packageName(text string) (npm.Name, error) {
	name, err := npm.ParseName(text)
	if err != nil {
		return npm.Name{}, fmt.Errorf("%q is not a package name: %w", text, err)
	}
	return name, nil
}

// about says what a failure was about, since the texts of the registry, which
// answer a request for one thing, do not.
func about(what string, err error) error { return fmt.Errorf("%s: %w", what, err) }
