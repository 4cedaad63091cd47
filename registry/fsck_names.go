package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// names checks every name that is held.
func (f *fsck) names(ctx context.Context) error {
	for after, more := "", true; more; {
		var page []heldName
		err := f.Store.View(ctx, func(tx record.Tx) (err error) {
			page, more, err = readNames(tx, after)
			return err
		})
		if err != nil {
			return f.unreadable(fmt.Sprintf("held names after %q", after), err)
		}
		for _, x := range page {
			after = x.name
			f.report.Names++
			f.checkHeld(x)
			f.tell(false)
		}
	}
	return nil
}

// readNames reads the names that follow one, and tells whether there may be
// more.
func readNames(tx record.Tx, after string) (page []heldName, more bool, err error) {
	list, err := tx.Catalog().HoldingsAfter(after, fsckPage)
	if err != nil {
		return nil, false, err
	}
	for i, h := range list {
		if i > 0 && list[i-1].Name == h.Name {
			continue // of another project, which is read with the first
		}
		x, err := readHeld(tx, h.Name)
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", h.Name, err)
		}
		page = append(page, x)
	}
	return page, len(list) == fsckPage, nil
}

// heldName is a name with what the ledger and the projects say of it, read at
// one moment.
type heldName struct {
	name     string
	claim    record.Claim
	claimed  bool
	problems []FsckProblem
}

func readHeld(tx record.Tx, name string) (heldName, error) {
	x := heldName{name: name}
	var err error
	x.claim, err = tx.Names().Claim(name)
	x.claimed = err == nil
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return x, err
	}
	holdings, err := tx.Catalog().HoldingsOf(name)
	if err != nil {
		return x, err
	}
	for _, h := range holdings {
		if err := x.readHolding(tx, h); err != nil {
			return x, err
		}
	}
	return x, nil
}

// readHolding checks that there is something behind a holding and its tags.
func (x *heldName) readHolding(tx record.Tx, h record.Holding) error {
	pr, err := tx.Spaces().Project(h.ProjectID)
	if errors.Is(err, npm.ErrNotFound) {
		x.add(badHolding, fmt.Sprintf("%s in project %d", x.name, h.ProjectID), "is held by a project that does not exist")
		return nil
	}
	if err != nil {
		return err
	}
	subject := x.name + " in " + pr.FullPath
	there := false
	err = eachPackage(tx.Catalog(), h.ProjectID, x.name, func(p record.Package) error {
		there = there || p.Status != record.StatusPendingDestruction && !p.Hollow
		return nil
	})
	if err != nil {
		return err
	}
	if !there {
		x.add(badHolding, subject, "is held, but no version is there")
	}
	tags, err := tx.Catalog().Tags(h.ProjectID, x.name)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if err := x.readTag(tx, t, subject); err != nil {
			return err
		}
	}
	return nil
}

// readTag checks that a tag points to a package of its name that is there.
func (x *heldName) readTag(tx record.Tx, t record.Tag, subject string) error {
	p, err := tx.Catalog().Package(t.PackageID)
	switch {
	case errors.Is(err, npm.ErrNotFound):
		x.add(badTag, subject, fmt.Sprintf("tag %s points to package %d, which does not exist", t.Name, t.PackageID))
	case err != nil:
		return err
	case p.ProjectID != t.ProjectID || p.Name != t.Package:
		x.add(badTag, subject, fmt.Sprintf("tag %s points to package %d, which is another's: %s", t.Name, p.ID, p.Name))
	case p.Status == record.StatusPendingDestruction || p.Hollow:
		x.add(badTag, subject, fmt.Sprintf("tag %s points to version %s, which was deleted", t.Name, p.Version))
	}
	return nil
}

func (x *heldName) add(kind, subject, text string) {
	x.problems = append(x.problems, FsckProblem{Kind: kind, Subject: subject, Text: text})
}

// checkHeld adds what the ledger says wrongly of a held name. One that is not
// private there would be asked upstream.
func (f *fsck) checkHeld(x heldName) {
	for _, p := range x.problems {
		f.add(p.Kind, p.Subject, p.Text)
	}
	name, err := npm.ParseName(x.name)
	switch {
	case err != nil:
		f.add(badLedger, x.name, "is held, but is no name of a package")
	case f.Dual(name):
	case !x.claimed:
		f.add(badLedger, x.name, "is held, but nobody has claimed it")
	case x.claim.Origin != record.Private && x.claim.Origin != record.Dual:
		f.add(badLedger, x.name, "is held, but its claim says "+x.claim.Origin.String())
	case x.claim.Tombstone != nil:
		f.add(badLedger, x.name, "is held, but its claim has a tombstone")
	}
}
