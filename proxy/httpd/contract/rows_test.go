package contract_test

import (
	"fmt"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// The rows of the reference of GitLab's API. Those before firstNPMRow are about
// packages by number.
const (
	firstRow    = 1
	firstNPMRow = 129
	lastRow     = 210
)

// row is one row of that reference. Rows share a world and write only to names
// of their own.
type row struct {
	number int
	name   string
	run    func(t *testing.T, w *world)
}

func rows() []row {
	var all []row
	for _, part := range [][]row{listRows(), readers(), linkRows(), groupRows(), singleRows(), pipelineRows(), fileRows(), fileDeleteRows(), deleteRows(),
		readRows(), tarballRows(), publishRows(), refusedRows(), deprecateRows(), tagRows(), auditRows(), spaceRows()} {
		all = append(all, part...)
	}
	return all
}

func TestRows(t *testing.T) {
	t.Parallel()
	shelf, npms := newShelf(t), newRowWorld(t)
	t.Run("rows", func(t *testing.T) {
		for _, r := range rows() {
			w := npms
			if r.number < firstNPMRow {
				w = shelf
			}
			t.Run(fmt.Sprintf("row %d: %s", r.number, r.name), func(t *testing.T) {
				t.Parallel()
				r.run(t, w)
			})
		}
	})
}

// TestRowsComplete fails when a row of the reference has no case.
func TestRowsComplete(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, r := range rows() {
		seen[r.number] = true
		if r.number < firstRow || r.number > lastRow {
			t.Errorf("row %d: no row of the reference", r.number)
		}
	}
	for n := firstRow; n <= lastRow; n++ {
		if !seen[n] {
			t.Errorf("row %d has no case", n)
		}
	}
}

// off is a choice not to forward.
func off(locked bool) *record.Forwarding {
	no := false
	return &record.Forwarding{Enabled: &no, Locked: locked}
}

// newRowWorld is a team with what the rows need besides:
//
//	acme/off    public, forwards nothing
//	acme/prvoff private, forwards nothing
//	acme/open   private, but everybody may pull
//	vault/p     private in a private group
//	quiet/p     public in a public group that forwards nothing
//	locked/p    public, wants to forward, in a group that is locked not to
func newRowWorld(t *testing.T) *world {
	t.Helper()
	w := newTeam(t, setup{})
	w.upstream.Add(upstreamtest.Simple("left-pad", "1.3.0"))
	for path, v := range map[string]record.Visibility{"vault": record.PrivateVisibility,
		"quiet": record.PublicVisibility, "locked": record.PublicVisibility} {
		w.group(path, v)
	}
	for path, v := range map[string]record.Visibility{"acme/off": record.PublicVisibility, "acme/prvoff": record.PrivateVisibility,
		"acme/open": record.PrivateVisibility, "vault/p": record.PrivateVisibility, "quiet/p": record.PublicVisibility,
		"locked/p": record.PublicVisibility} {
		w.project(path, v)
	}
	for _, path := range []string{"acme/off", "acme/prvoff"} {
		w.change(path, accounts.ProjectChange{Forwarding: off(false)})
	}
	everyone, yes := record.RegistryEveryone, true
	w.change("acme/open", accounts.ProjectChange{Registry: &everyone})
	w.change("locked/p", accounts.ProjectChange{Forwarding: &record.Forwarding{Enabled: &yes}})
	w.changeGroup("locked", accounts.GroupChange{Forwarding: off(true)})
	w.changeGroup("quiet", accounts.GroupChange{Forwarding: off(false)})
	w.deploy("reader", "acme/prv", accounts.ScopeReadRegistry)
	w.deploy("writer", "acme/prv", accounts.ScopeWriteRegistry)
	w.job("job", "developer", "acme/prv")
	w.finish("developer", "acme/prv", w.job("finished", "developer", "acme/prv"))
	for _, project := range []string{"pub", "int", "prv", "open"} {
		w.stock(t, "acme/"+project, registrytest.Document{Name: "@acme/" + project + "-lib", Version: "1.0.0"})
	}
	w.stock(t, "vault/p", registrytest.Document{Name: "@vault/lib", Version: "1.0.0"})
	return w
}

func (w *world) change(project string, c accounts.ProjectChange) {
	w.t.Helper()
	_, err := w.accounts.UpdateProject(w.t.Context(), console, w.projects[project], c)
	w.must(err)
}

func (w *world) changeGroup(group string, c accounts.GroupChange) {
	w.t.Helper()
	_, err := w.accounts.UpdateGroup(w.t.Context(), console, w.groups[group], c)
	w.must(err)
}

// quiet starts a larder whose instance forwards nothing, with the project
// acme/pub.
func quiet(t *testing.T) *world {
	t.Helper()
	w := newTeam(t, setup{})
	w.must(w.accounts.SetForwarding(t.Context(), console, false))
	w.upstream.Add(upstreamtest.Simple("left-pad", "1.3.0"))
	return w
}
