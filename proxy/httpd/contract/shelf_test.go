package contract_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// The packages of goods/shelf that lists show unasked, in the order in which
// they were made.
const (
	shelfZeta, shelfCore, shelfBeta, shelfLib = "@acme/zeta@10.0.0", "com/acme/core@9.0.0", "Beta.Tool@2.0.0", "@acme/lib@2.0.0"
	shelfError, shelfDeprecated               = "jar-error@1", "jar-deprecated@1"
	shelfStatuses                             = shelfError + " " + shelfDeprecated
	shelfShown                                = shelfZeta + " " + shelfCore + " " + shelfBeta + " " + shelfLib + " " + shelfStatuses
)

// newShelf is a team with what the rows about packages by number need besides:
//
//	acme/lib     public, with @acme/lib 1.0.0, 2.0.0 and 10.0.0 and others
//	acme/many    public, with 150 packages
//	acme/four    public, with 4
//	acme/ties    public, with 6 that were made at one time
//	acme/built   public, with one that pipelines made
//	goods/shelf  public, with packages of all sorts
//	grp/…        groups in groups, with a private project and one that is off
//	vault/p      private in a private group
//
// acme/pub is there for rows that write.
func newShelf(t *testing.T) *world {
	t.Helper()
	w := newTeam(t, setup{})
	for path, v := range map[string]record.Visibility{"goods": record.PublicVisibility, "grp": record.PublicVisibility,
		"vault": record.PrivateVisibility} {
		w.group(path, v)
	}
	w.group("grp/sub", record.PublicVisibility)
	for path, v := range map[string]record.Visibility{"acme/lib": record.PublicVisibility, "acme/many": record.PublicVisibility,
		"acme/four": record.PublicVisibility, "acme/ties": record.PublicVisibility, "acme/built": record.PublicVisibility,
		"goods/shelf": record.PublicVisibility, "grp/beta": record.PublicVisibility, "grp/prv": record.PrivateVisibility,
		"grp/off": record.PublicVisibility, "grp/sub/alpha": record.PublicVisibility, "vault/p": record.PrivateVisibility} {
		w.project(path, v)
	}
	w.member("grp", "guest", record.Guest)
	w.member("goods", "maintainer", record.Maintainer)
	w.shelveCallers()
	w.shelvePackages()
	w.shelveBuilt()
	w.shelveNPM(t)
	disabled := record.RegistryDisabled
	w.change("grp/off", accounts.ProjectChange{Registry: &disabled})
	w.protect("acme/pub", "@acme/kept-*", record.Owner)
	return w
}

// shelveCallers makes the tokens of jobs, and one that nobody has.
func (w *world) shelveCallers() {
	w.job("job", "developer", "acme/prv")
	w.job("job-maintainer", "maintainer", "acme/pub")
	w.user("builder")
	w.project("goods/lines", record.PublicVisibility)
	w.must(w.accounts.SetMember(w.t.Context(), console, record.Member{Level: record.Developer, UserID: w.users["builder"],
		Source: record.Source{Kind: record.ProjectSource, ID: w.projects["goods/lines"]}}))
	w.job("job-stranger", "builder", "goods/lines")
	w.tokens["wrong"] = "not-a-token-of-anybody"
}

// shelvePackages seeds the projects that rows only read.
func (w *world) shelvePackages() {
	w.seed("goods/shelf",
		record.Package{Type: "npm", Name: "@acme/zeta", Version: "10.0.0"},
		record.Package{Type: "maven", Name: "com/acme/core", Version: "9.0.0"},
		record.Package{Type: "nuget", Name: "Beta.Tool", Version: "2.0.0"},
		record.Package{Type: "npm", Name: "@acme/lib", Version: "2.0.0"},
		record.Package{Name: "tool"},
		record.Package{Type: "maven", Name: "jar-hidden", Version: "1", Status: record.StatusHidden},
		record.Package{Type: "maven", Name: "jar-processing", Version: "1", Status: record.StatusProcessing},
		record.Package{Type: "maven", Name: "jar-error", Version: "1", Status: record.StatusError},
		record.Package{Type: "maven", Name: "jar-pending", Version: "1", Status: record.StatusPendingDestruction, DeletedAt: w.clock.Now()},
		record.Package{Type: "maven", Name: "jar-deprecated", Version: "1", Status: record.StatusDeprecated},
		record.Package{Type: "terraform_module", Name: "net", Version: "1"})
	var many, ties []record.Package
	for i := range 150 {
		many = append(many, record.Package{Name: fmt.Sprintf("tool-%03d", i), Version: "1"})
	}
	at := w.clock.Now()
	for i := range 6 {
		ties = append(ties, record.Package{Name: "tie", Version: fmt.Sprint(9 - i), CreatedAt: at})
	}
	w.seed("acme/many", many...)
	w.seed("acme/ties", ties...)
	w.seed("acme/four", many[:4]...)
	w.seed("acme/prv", record.Package{Name: "closed", Version: "1"})
	w.seed("vault/p", record.Package{Name: "gold", Version: "1"})
	w.seed("grp/beta", record.Package{Name: "b", Version: "1"}, record.Package{Name: "b", Version: "2"})
	w.seed("grp/sub/alpha", record.Package{Name: "a", Version: "1"})
	w.seed("grp/prv", record.Package{Name: "p", Version: "1"})
	w.seed("grp/off", record.Package{Name: "o", Version: "1"})
}

// shelveBuilt seeds a package of five pipelines, one without and one with three
// files, of which a fourth is deleted.
func (w *world) shelveBuilt() {
	var lines []int64
	for range 5 {
		lines = append(lines, w.job("line", "developer", "acme/built"))
	}
	ids := w.seed("acme/built", record.Package{Name: "built", Version: "1", Pipelines: lines}, record.Package{Name: "bare", Version: "1"},
		record.Package{Name: "filed", Version: "1"})
	w.known["built"], w.known["bare"], w.known["filed"] = ids[0], ids[1], ids[2]
	w.attach(w.known["filed"], record.File{Name: "b.txt"}, record.File{Name: "c.txt"},
		record.File{Name: "d.txt", Pending: true, DeletedAt: w.clock.Now()}, record.File{Name: "a.txt"})
}

// shelveNPM publishes what rows read of npm's packages.
func (w *world) shelveNPM(t *testing.T) {
	t.Helper()
	for _, v := range []string{"1.0.0", "2.0.0", "10.0.0"} {
		w.stock(t, "acme/lib", registrytest.Document{Name: "@acme/lib", Version: v})
		w.known["lib "+v] = w.number(t, "acme/lib", "@acme/lib", v)
	}
	w.stock(t, "acme/lib", registrytest.Document{Name: "@acme/lib-more", Version: "1.0.0"})
	w.seed("acme/lib", record.Package{Name: "@acme/lib", Version: "3"})
	w.stock(t, "acme/prv", registrytest.Document{Name: "@acme/prv-lib", Version: "1.0.0"})
}

// versions publishes versions of a name in acme/pub for a row to write to, and
// returns their numbers.
func (w *world) versions(t *testing.T, name string, list ...string) []int64 {
	t.Helper()
	var ids []int64
	for _, v := range list {
		w.stock(t, "acme/pub", registrytest.Document{Name: name, Version: v})
		ids = append(ids, w.number(t, "acme/pub", name, v))
	}
	return ids
}

// httpTime is a time as headers have it.
func httpTime(at time.Time) string { return at.UTC().Format("Mon, 02 Jan 2006 15:04:05") + " GMT" }

// newJar is a package that is not npm's.
func newJar(name string) record.Package {
	return record.Package{Type: "maven", Name: name, Version: "1"}
}
