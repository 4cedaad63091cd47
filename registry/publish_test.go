package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// text returns what a client is told of an error.
func text(err error) string {
	var e *npm.Error
	if errors.As(err, &e) {
		return e.Text
	}
	return fmt.Sprint(err)
}

func TestPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d := registrytest.Document{Name: "@acme/lib", Version: "1.0.0", Readme: "# lib"}
	written, err := w.put("developer", in("acme/prv"), d)
	w.must(err)
	if written.ID == 0 || written.Rev == 0 {
		t.Errorf("written = %+v", written)
	}
	got, err := w.tarball("guest", in("acme/prv"), "@acme/lib", "lib-1.0.0.tgz")
	if err != nil || !bytes.Equal(got, d.Bytes()) {
		t.Errorf("tarball of %d bytes, %v", len(got), err)
	}
	got, err = w.tarball("guest", registry.Place{}, "@acme/lib", "@acme/lib-1.0.0.tgz")
	if err != nil || !bytes.Equal(got, d.Bytes()) {
		t.Errorf("tarball with the scope in its name: %d bytes, %v", len(got), err)
	}
	if _, err := w.tarball("guest", in("acme/prv"), "@acme/lib", "lib-1.0.1.tgz"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("tarball that does not exist: %v", err)
	}
}

// TestPublishRefuses holds every check of a publish to its kind and text.
func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.publish("developer", in("acme/pub"), "@acme/held", "1.0.0")
	lib := registrytest.Document{Name: "@acme/lib", Version: "1.0.0"}
	with := func(edit func(doc map[string]any)) []byte {
		d := lib
		d.Change = edit
		return d.Body()
	}
	dist := func(member string, value any) []byte {
		return with(func(doc map[string]any) {
			doc["versions"].(map[string]any)["1.0.0"].(map[string]any)["dist"].(map[string]any)[member] = value
		})
	}
	attachment := func(member string, value any) []byte {
		return with(func(doc map[string]any) {
			doc["_attachments"].(map[string]any)["@acme/lib-1.0.0.tgz"].(map[string]any)[member] = value
		})
	}
	tests := []struct {
		name, who, pkg string
		body           []byte
		kind           error
		text           string
	}{
		{"nobody", "anonymous", "@acme/lib", lib.Body(), npm.ErrUnauthenticated, "sign in"},
		{"guest", "guest", "@acme/lib", lib.Body(), npm.ErrForbidden, "needs the role developer in acme/pub; yours is guest"},
		{"stranger", "stranger", "@acme/lib", lib.Body(), npm.ErrForbidden, "needs the role developer"},
		{"no JSON", "developer", "@acme/lib", []byte("{"), npm.ErrInvalid, "Invalid json"},
		{"no versions", "developer", "@acme/lib", with(func(doc map[string]any) { delete(doc, "versions") }), npm.ErrInvalid,
			"Versions key is missing from the JSON upload"},
		{"empty versions", "developer", "@acme/lib", with(func(doc map[string]any) { doc["versions"] = map[string]any{} }),
			npm.ErrInvalid, "Version is empty."},
		{"empty attachment", "developer", "@acme/lib", attachment("data", ""), npm.ErrInvalid, "Attachment data is empty."},
		{"attachment of another name", "developer", "@acme/lib", with(func(doc map[string]any) {
			a := doc["_attachments"].(map[string]any)
			a["lib.tgz"] = a["@acme/lib-1.0.0.tgz"]
			delete(a, "@acme/lib-1.0.0.tgz")
		}), npm.ErrInvalid, "Attachment data is empty."},
		{"published before", "developer", "@acme/held", registrytest.Document{Name: "@acme/held", Version: "1.0.0", Readme: "x",
			Manifest: map[string]any{"description": "other"}}.Body(), npm.ErrForbidden,
			"You cannot publish over the previously published versions: 1.0.0. Package already exists."},
		{"version with a v", "developer", "@acme/lib", registrytest.Document{Name: "@acme/lib", Version: "v1.0.0"}.Body(),
			npm.ErrInvalid, "Validation failed: Version"},
		{"version of two parts", "developer", "@acme/lib", registrytest.Document{Name: "@acme/lib", Version: "1.2"}.Body(),
			npm.ErrInvalid, "Validation failed: Version"},
		{"another name in the body", "developer", "@acme/other", lib.Body(), npm.ErrInvalid, ""},
		{"length that does not match", "developer", "@acme/lib", attachment("length", 3), npm.ErrInvalid, "its document says 3"},
		{"integrity that does not match", "developer", "@acme/lib",
			dist("integrity", "sha512-"+strings.Repeat("A", 86)+"=="), npm.ErrInvalid, "integrity mismatch"},
		{"shasum that does not match", "developer", "@acme/lib", dist("shasum", strings.Repeat("0", 40)), npm.ErrInvalid, "integrity mismatch"},
		{"tarball of another package", "developer", "@acme/lib", registrytest.Document{Name: "@acme/lib", Version: "1.0.0",
			Tarball: registrytest.Document{Name: "@acme/evil", Version: "1.0.0"}.Bytes()}.Body(), npm.ErrUnprocessable, "package.json"},
		{"tarball of another version", "developer", "@acme/lib", registrytest.Document{Name: "@acme/lib", Version: "1.0.0",
			Tarball: registrytest.Document{Name: "@acme/lib", Version: "9.0.0"}.Bytes()}.Body(), npm.ErrUnprocessable, "package.json"},
		{"tarball with another dependency", "developer", "@acme/lib", with(func(doc map[string]any) {
			doc["versions"].(map[string]any)["1.0.0"].(map[string]any)["dependencies"] = map[string]any{"b": "1"}
		}), npm.ErrUnprocessable, "dependencies in the tarball's package.json differ from the published manifest"},
		{"name of upstream", "developer", "lodash", registrytest.Document{Name: "lodash", Version: "1.0.0"}.Body(), npm.ErrForbidden,
			"belongs to the upstream registry"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.send(w.people[tt.who], in("acme/pub"), tt.pkg, tt.body)
			if !errors.Is(err, tt.kind) || !strings.Contains(text(err), tt.text) {
				t.Errorf("err = %v (%s), want %v %q", err, text(err), tt.kind, tt.text)
			}
		})
	}
}

// TestPublishAgain is about the retry that a client makes when an answer was
// lost: the same bytes by the same account within ten minutes (X13).
func TestPublishAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d := registrytest.Document{Name: "@acme/lib", Version: "1.0.0"}
	first, err := w.put("developer", in("acme/pub"), d)
	w.must(err)
	again, err := w.put("developer", in("acme/pub"), d)
	if err != nil || again.ID != first.ID {
		t.Errorf("retry = %+v, %v, want %+v", again, err, first)
	}
	if _, err := w.put("maintainer", in("acme/pub"), d); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("the same by somebody else: %v", err)
	}
	tagged := d
	tagged.Tag = "next"
	if _, err := w.put("developer", in("acme/pub"), tagged); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("the same with another tag: %v", err)
	}
	w.clock.Move(11 * time.Minute)
	if _, err := w.put("developer", in("acme/pub"), d); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("the same much later: %v", err)
	}
}

func TestNamesAreLookedUpOnce(t *testing.T) {
	t.Parallel()
	pattern, err := npm.ParsePattern("@declared/*")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, setup{private: []npm.Pattern{pattern}})
	w.publish("developer", in("acme/pub"), "@declared/lib", "1.0.0")
	if w.upstream.asked != 0 {
		t.Error("a declared name was looked up")
	}
	w.upstream.broken = true
	_, err = w.put("developer", in("acme/pub"), registrytest.Document{Name: "@new/lib", Version: "1.0.0"})
	if !errors.Is(err, npm.ErrUnavailable) || !strings.Contains(text(err), `names.private: ["@new/*"]`) {
		t.Errorf("while upstream cannot be asked: %v", err)
	}
	w.upstream.broken = false
	w.publish("developer", in("acme/pub"), "@new/lib", "1.0.0")
	asked := w.upstream.asked
	w.upstream.broken = true
	w.publish("developer", in("acme/pub"), "@new/lib", "1.0.1")
	if w.upstream.asked != asked {
		t.Error("a claimed name was looked up again")
	}
	claim, err := w.ledger.ClaimOf(t.Context(), w.name("@new/lib"))
	if err != nil || claim.Origin != record.Private {
		t.Errorf("claim = %+v, %v", claim, err)
	}
}

// TestTwoPublishesOfOneVersion expects one winner and one row.
func TestTwoPublishesOfOneVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	var won, lost atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			d := registrytest.Document{Name: "@acme/lib", Version: "1.0.0", Manifest: map[string]any{"description": fmt.Sprint(i)}}
			switch _, err := w.put("developer", in("acme/pub"), d); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, npm.ErrForbidden):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != 7 {
		t.Errorf("%d won, %d lost", won.Load(), lost.Load())
	}
	list, err := w.registry.Show(t.Context(), w.people["root"], w.name("@acme/lib"))
	if err != nil || len(list) != 1 {
		t.Errorf("packages = %+v, %v", list, err)
	}
}

// TestHundredPublishesAtOnce expects all versions there and latest the highest.
func TestHundredPublishesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			d := registrytest.Document{Name: "@acme/lib", Version: fmt.Sprintf("1.%d.0", i)}
			if i%10 == 0 {
				d.Tag = fmt.Sprintf("tag-%d", i)
			}
			if _, err := w.put("developer", in("acme/pub"), d); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	doc := w.packument("guest", in("acme/pub"), "@acme/lib")
	if len(doc.Versions) != 100 || doc.Tags["latest"] != "1.99.0" || len(doc.Tags) != 11 {
		t.Errorf("%d versions, tags %v", len(doc.Versions), doc.Tags)
	}
	for i := range 10 {
		if tag := fmt.Sprintf("tag-%d", i*10); doc.Tags[tag] != fmt.Sprintf("1.%d.0", i*10) {
			t.Errorf("%s = %q", tag, doc.Tags[tag])
		}
	}
}

// TestNamesBelongToAGroup publishes a name from a project of another group than
// the one that has it, or had it before all of it was deleted (G02).
func TestNamesBelongToAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{publish: map[string]string{"@mapped": "acme/pub"}})
	ctx := t.Context()
	g, err := w.accounts.CreateGroup(ctx, console, accounts.NewGroup{Path: "rival", Visibility: record.PublicVisibility})
	w.must(err)
	_, err = w.accounts.CreateProject(ctx, console, accounts.NewProject{Path: "rival/web", Visibility: record.PublicVisibility})
	w.must(err)
	for _, who := range []string{"stranger", "owner"} {
		u, err := w.accounts.UserByName(ctx, who)
		w.must(err)
		w.must(w.accounts.SetMember(ctx, console, record.Member{
			Source: record.Source{Kind: record.GroupSource, ID: g.ID}, UserID: u.ID, Level: record.Maintainer}))
	}
	_, secret, err := w.accounts.CreateToken(ctx, console, accounts.NewToken{UserID: w.people["stranger"].Principal.UserID, Name: "t", Scopes: []string{"api"}})
	w.must(err)
	w.people["rival"] = w.signIn(accounts.Credential{Form: accounts.Bearer, Secret: secret})
	_, secret, err = w.accounts.CreateToken(ctx, console, accounts.NewToken{UserID: w.people["owner"].Principal.UserID, Name: "t", Scopes: []string{"api"}})
	w.must(err)
	w.people["both"] = w.signIn(accounts.Credential{Form: accounts.Bearer, Secret: secret})

	for _, name := range []string{"@acme/new", "@Acme/new", "@mapped/new"} {
		_, err := w.put("rival", in("rival/web"), registrytest.Document{Name: name, Version: "1.0.0"})
		if !errors.Is(err, npm.ErrForbidden) || !strings.Contains(text(err), "belongs to another group") {
			t.Errorf("%s in the project of another group: %v", name, err)
		}
	}
	w.publish("both", in("rival/web"), "@acme/shared", "1.0.0")
	w.publish("rival", in("rival/web"), "@rival/new", "1.0.0")
	w.publish("rival", in("rival/web"), "@nobodys/new", "1.0.0")
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	rival := registrytest.Document{Name: "@acme/lib", Version: "99.0.0"}
	refuse := func(when string) {
		t.Helper()
		if _, err := w.put("rival", in("rival/web"), rival); !errors.Is(err, npm.ErrForbidden) || !strings.Contains(text(err), "belongs to another group") {
			t.Errorf("%s: %v", when, err)
		}
	}
	refuse("while it is there")
	_, err = w.registry.Delete(ctx, w.people["maintainer"], in("acme/pub"), w.name("@acme/lib"), "")
	w.must(err)
	refuse("after it was deleted")
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.1.0")
	w.publish("both", in("rival/web"), "@acme/lib", "2.0.0")
	w.publish("rival", in("rival/web"), "@acme/lib", "3.0.0")
}

// TestBuildMetadataIsNoVersion publishes versions that are the same to npm
// (G44).
func TestBuildMetadataIsNoVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place := t.Context(), in("acme/pub")
	remove := func(name, version string) {
		t.Helper()
		_, err := w.registry.Delete(ctx, w.people["maintainer"], place, w.name(name), version)
		w.must(err)
	}
	tests := []struct {
		pkg, first, second string
		refused            bool
		// deleted tells that the first is deleted before the second comes.
		deleted bool
	}{
		{"@acme/builds", "1.0.0+a", "1.0.0+b", true, false},
		{"@acme/plain", "1.0.0+a", "1.0.0", true, false},
		{"@acme/build", "1.0.0", "1.0.0+a", true, false},
		{"@acme/pre", "1.0.0-rc.1+a", "1.0.0-rc.1+b", true, false},
		{"@acme/builds-gone", "1.0.0+a", "1.0.0+b", true, true},
		{"@acme/plain-gone", "1.0.0+a", "1.0.0", true, true},
		{"@acme/build-gone", "1.0.0", "1.0.0+a", true, true},
		{"@acme/same-gone", "1.0.0+a", "1.0.0+a", true, true},
		{"@acme/release", "1.0.0-rc.1+a", "1.0.0", false, false},
		{"@acme/other", "1.0.0+a", "1.0.1+a", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.pkg, func(t *testing.T) {
			t.Parallel()
			w.publish("developer", place, tt.pkg, tt.first)
			if tt.deleted {
				remove(tt.pkg, tt.first)
			}
			_, err := w.put("developer", place, registrytest.Document{Name: tt.pkg, Version: tt.second})
			if !tt.refused {
				w.must(err)
				return
			}
			want := "You cannot publish over the previously published versions: " + tt.second + ". Package already exists."
			if !errors.Is(err, npm.ErrForbidden) || text(err) != want {
				t.Errorf("err = %v, want %q", err, want)
			}
		})
	}
	t.Run("retry", func(t *testing.T) {
		t.Parallel()
		d := registrytest.Document{Name: "@acme/retry", Version: "1.0.0+a"}
		first, err := w.put("developer", place, d)
		w.must(err)
		if again, err := w.put("developer", place, d); err != nil || again.ID != first.ID {
			t.Errorf("again = %+v, %v", again, err)
		}
	})
	t.Run("restored", func(t *testing.T) {
		t.Parallel()
		w.publish("developer", place, "@acme/restored", "1.0.0+a")
		remove("@acme/restored", "1.0.0+a")
		_, err := w.registry.Restore(ctx, w.people["maintainer"], w.name("@acme/restored"), "1.0.0+a")
		w.must(err)
		if _, err := w.put("developer", place, registrytest.Document{Name: "@acme/restored", Version: "1.0.0"}); !errors.Is(err, npm.ErrForbidden) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("sibling", func(t *testing.T) {
		t.Parallel()
		w.publish("developer", in("acme/prv"), "@acme/sibling", "1.0.0")
		if _, err := w.put("developer", place, registrytest.Document{Name: "@acme/sibling", Version: "1.0.0+a"}); !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("err = %v", err)
		}
	})
}

// TestTwoBuildsAtOnce expects one winner among versions that are the same to
// npm.
func TestTwoBuildsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			d := registrytest.Document{Name: "@acme/lib", Version: "1.0.0"}
			if i > 0 {
				d.Version = fmt.Sprintf("1.0.0+%d", i)
			}
			switch _, err := w.put("developer", in("acme/pub"), d); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, npm.ErrForbidden):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if doc := w.packument("guest", in("acme/pub"), "@acme/lib"); won.Load() != 1 || len(doc.Versions) != 1 {
		t.Errorf("%d won, %v are there", won.Load(), doc.Versions)
	}
}

// TestPublishNoticesSecrets publishes a token of larder's own, which is neither
// logged nor in the answer (G43).
func TestPublishNoticesSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	secret, err := accounts.NewSecret(record.DeployToken)
	w.must(err)
	tarball := upstreamtest.Tarball("@acme/lib", upstreamtest.Version{Version: "1.0.0", Files: map[string]string{"lib/config.js": secret}})
	d := registrytest.Document{Name: "@acme/lib", Version: "1.0.0", Tarball: tarball}
	written, err := w.put("developer", in("acme/pub"), d)
	w.must(err)
	if written.ID == 0 || !strings.Contains(written.Notice, `"lib/config.js" (a larder token)`) || strings.Contains(written.Notice, secret) {
		t.Errorf("written = %+v", written)
	}
	if log := w.log.String(); !strings.Contains(log, "package may hold secrets") || !strings.Contains(log, "lib/config.js") || strings.Contains(log, secret) {
		t.Errorf("log = %s", log)
	}
	written, err = w.put("developer", in("acme/pub"), registrytest.Document{Name: "@acme/lib", Version: "1.0.1"})
	if err != nil || written.Notice != "" {
		t.Errorf("without secrets: %+v, %v", written, err)
	}
}
