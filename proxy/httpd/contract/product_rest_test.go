package contract_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// shelf is one project of the product of visibilities and levels of its
// registry.
type shelf struct {
	project string
	seen    record.Visibility
	level   record.RegistryAccess
	// lib is a package of npm that is read, file its tarball.
	lib, file int64
	// own are packages by callers, each with a file, that are deleted.
	own map[string][]int64
}

// restCallers are the callers of the product, and one whose token was revoked.
func restCallers() []who { return append(callers(), who{name: "revoked", kind: broken}) }

// shelves are all projects of the product, in acme.
func (w *world) shelves(t *testing.T) []*shelf {
	t.Helper()
	var all []*shelf
	for _, v := range []record.Visibility{record.PublicVisibility, record.InternalVisibility, record.PrivateVisibility} {
		for _, level := range []record.RegistryAccess{record.RegistryEnabled, record.RegistryMembers, record.RegistryEveryone, record.RegistryDisabled} {
			s := &shelf{project: "acme/" + string(v) + "-" + string(level), seen: v, level: level, own: map[string][]int64{}}
			w.project(s.project, v)
			w.fill(t, s)
			w.change(s.project, accounts.ProjectChange{Registry: &level})
			w.deploy(s.project+" deploy-read", s.project, accounts.ScopeReadRegistry)
			w.deploy(s.project+" deploy-write", s.project, accounts.ScopeWriteRegistry)
			all = append(all, s)
		}
	}
	return all
}

// fill writes the packages of a shelf.
func (w *world) fill(t *testing.T, s *shelf) {
	t.Helper()
	name := "@acme/" + strings.TrimPrefix(s.project, "acme/")
	w.stock(t, s.project, registrytest.Document{Name: name, Version: "1.0.0"})
	s.lib = w.number(t, s.project, name, "1.0.0")
	s.file = w.fileNumbers(t, s.lib)[0]
	var list []record.Package
	for _, c := range restCallers() {
		list = append(list, record.Package{Name: c.name, Version: "1"}, record.Package{Name: c.name, Version: "2"})
	}
	ids := w.seed(s.project, list...)
	for i, c := range restCallers() {
		pair := ids[2*i : 2*i+2]
		s.own[c.name] = []int64{pair[0], w.attach(pair[0], record.File{Name: "f.txt"})[0], pair[1]}
	}
}

// newRestProduct is the product's team with a token that was revoked.
func newRestProduct(t *testing.T) *world {
	t.Helper()
	w := newProduct(t)
	w.token("revoked", "owner", accounts.NewToken{})
	self := api + "/personal_access_tokens/self"
	w.status(t, http.StatusNoContent, remove(self).as("revoked"))
	return w
}

// This is what GitLab does, written down apart from what larder does.

// reads is the status of a read of the packages of a project.
func (s *shelf) reads(c who) int {
	switch {
	case c.kind == broken, c.kind == deployToken: // 1.3: deploy tokens are refused on the REST API
		return http.StatusUnauthorized
	case s.readable(c):
		return http.StatusOK
	case c.sees(s.seen): // 1.4: the registry is off
		return http.StatusForbidden
	case c.kind == jobToken:
		return http.StatusForbidden
	}
	return http.StatusNotFound
}

func (s *shelf) readable(c who) bool {
	switch s.level {
	case record.RegistryDisabled:
		return false
	case record.RegistryMembers:
		return c.level >= record.Guest
	case record.RegistryEveryone:
		return true
	}
	return c.sees(s.seen)
}

// deletes is the status of a deletion, done that of one that may be.
func (s *shelf) deletes(c who, done int) int {
	status := s.reads(c)
	if status != http.StatusOK {
		return status
	}
	if c.level < record.Maintainer || c.readonly {
		return http.StatusForbidden // to the anonymous too
	}
	return done
}

// inGroup is the status of the list of the public group that all are in.
func inGroup(c who) int {
	if c.kind == broken || c.kind == deployToken || c.kind == jobToken {
		return http.StatusUnauthorized
	}
	return http.StatusOK
}

// restCommand is a request of a caller and what it must be answered with.
type restCommand struct {
	name string
	want int
	ask  ask
}

// commands are what a caller does with a shelf, in an order that takes one after
// the other.
func (w *world) commands(s *shelf, c who) []restCommand {
	lib, own := w.packagePath(s.project, s.lib), s.own[c.name]
	file := lib + "/package_files/" + text(s.file)
	reads := s.reads(c)
	const done, gone = http.StatusNoContent, http.StatusNotFound
	ownFile := w.packagePath(s.project, own[0]) + "/package_files/" + text(own[1])
	unknown := reads
	if reads == http.StatusOK {
		unknown = gone
	}
	return []restCommand{
		{"list", reads, get(w.packagesOf(s.project))},
		{"list by path", reads, get(api + "/projects/" + strings.Replace(s.project, "/", "%2F", 1) + "/packages")},
		{"single", reads, get(lib)},
		{"single of none", unknown, get(w.packagesOf(s.project) + "/999999")},
		{"files", reads, get(lib + "/package_files")},
		{"download", reads, get(file + "/download")},
		{"pipelines", reads, get(lib + "/pipelines")},
		{"delete a file", s.deletes(c, done), remove(ownFile)},
		{"delete a file again", s.deletes(c, gone), remove(ownFile)},
		{"delete", s.deletes(c, done), remove(w.packagePath(s.project, own[2]))},
		{"delete again", s.deletes(c, gone), remove(w.packagePath(s.project, own[2]))},
		{"delete none", s.deletes(c, gone), remove(w.packagesOf(s.project) + "/999999")},
	}
}

// token is the name of the token that a caller sends for a shelf.
func (s *shelf) token(c who) string {
	switch {
	case c.kind == nobody:
		return ""
	case c.own:
		return s.project + " " + c.name
	}
	return c.name
}

// TestRestProduct runs every command on packages by number by every caller on
// projects of every visibility and every level of their registry, and compares
// the status with the rule.
func TestRestProduct(t *testing.T) {
	t.Parallel()
	w := newRestProduct(t)
	all := w.shelves(t)
	for _, c := range restCallers() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range all {
				for _, k := range w.commands(s, c) {
					w.runs(t, s.project, k, s.token(c))
				}
			}
			w.listsGroup(t, c, all)
		})
	}
}

// runs sends a command. A refused one says which form of a refusal it is, and a
// HEAD says the same.
func (w *world) runs(t *testing.T, where string, k restCommand, token string) {
	t.Helper()
	r := w.do(t, k.ask.as(token))
	if r.StatusCode != k.want {
		t.Errorf("%s: %s answers %d, want %d (%.200s)", where, k.name, r.StatusCode, k.want, r.body)
		return
	}
	if k.want >= http.StatusBadRequest && r.failure(t).Message == "" {
		t.Errorf("%s: %s: no message in %s", where, k.name, r.body)
	}
	if k.ask.method != http.MethodGet {
		return
	}
	head := k.ask.as(token)
	head.method = http.MethodHead
	if h := w.do(t, head); h.StatusCode != k.want || len(h.body) > 0 {
		t.Errorf("%s: HEAD of %s answers %d, want %d", where, k.name, h.StatusCode, k.want)
	}
}

// listsGroup lists the group: it has exactly the packages of the projects that
// the caller may read, and the paths of those projects that it sees.
func (w *world) listsGroup(t *testing.T, c who, all []*shelf) {
	t.Helper()
	token := all[0].token(c)
	path := w.packagesBelow("acme") + "?package_type=npm&per_page=100&pagination=keyset"
	if want := inGroup(c); want != http.StatusOK {
		w.runs(t, "group", restCommand{"list of a group", want, get(path)}, token)
		return
	}
	var got, want []string
	for _, i := range w.list(t, get(path).as(token)) {
		got = append(got, text(i.ID)+" "+i.ProjectPath)
	}
	for _, s := range all {
		switch {
		case s.readable(c) && c.sees(s.seen):
			want = append(want, text(s.lib)+" "+s.project)
		case s.readable(c):
			want = append(want, text(s.lib)+" ")
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the group has the packages %v, want %v", got, want)
	}
}
