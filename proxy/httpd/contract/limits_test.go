package contract_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// socketRoom is more than what the buffers of two ends of a loopback connection
// hold: what a client could write beyond it was read by larder.
const socketRoom = 24 << 20

func TestTooLarge(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		name string
		flood
		want int
	}{
		{"declared", flood{who: "developer", framing: "Content-Length: 268435456"}, http.StatusRequestEntityTooLarge},
		{"chunked", flood{who: "developer", framing: "Transfer-Encoding: chunked", chunked: true}, http.StatusRequestEntityTooLarge},
		{"by a guest", flood{who: "guest", framing: "Content-Length: 1000000"}, http.StatusForbidden},
		{"by nobody", flood{framing: "Transfer-Encoding: chunked", chunked: true}, http.StatusUnauthorized},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			w := newTeam(t, setup{packageLimit: 1 << 20, documentLimit: 64 << 10})
			before, files := w.sequence(t), w.files()
			f.total = 256 << 20
			r, written := f.send(t, w)
			if r.StatusCode != f.want {
				t.Errorf("status %d, want %d (%s)", r.StatusCode, f.want, r.body)
			}
			if f.want == http.StatusRequestEntityTooLarge && r.failure(t).Error != "File is too large." {
				t.Errorf("body is %s", r.body)
			}
			if written > socketRoom {
				t.Errorf("%d bytes were taken of a body that is too large", written)
			}
			w.nothingNew(t, before, files)
		})
	}
}

// settled returns the number of the last change once none follows: names that
// upstream has are claimed behind the answers.
func (w *world) settled(t *testing.T) uint64 {
	t.Helper()
	seq := w.sequence(t)
	for quiet := 0; quiet < 10; quiet++ {
		time.Sleep(50 * time.Millisecond)
		if now := w.sequence(t); now != seq {
			seq, quiet = now, -1
		}
	}
	return seq
}

// nothingNew checks that no change was written and no file is left.
func (w *world) nothingNew(t *testing.T, seq uint64, files int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for w.files() != files && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond) // an upload that broke off ends after its answer
	}
	if now := w.files(); now != files {
		t.Errorf("there are %d files more", now-files)
	}
	if now := w.sequence(t); now != seq {
		t.Errorf("%d changes were written", now-seq)
	}
}

func TestTruncated(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	body := registrytest.Document{Name: "@acme/cut", Version: "1.0.0", Tarball: upstreamtest.Tarball("@acme/cut",
		upstreamtest.Version{Version: "1.0.0", Padding: 200 << 10})}.Body()
	before, files := w.sequence(t), w.files()
	length := "Content-Length: " + strconv.Itoa(len(body))
	for _, c := range []struct {
		name, framing string
		sent          []byte
	}{
		{"in the tarball", length, body[:len(body)/2]},
		{"before the last byte", length, body[:len(body)-1]},
		{"at once", length, nil},
		{"chunked, between two chunks", "Transfer-Encoding: chunked", fmt.Appendf(nil, "%x\r\n%s\r\n", len(body)/2, body[:len(body)/2])},
		{"chunked, in a chunk", "Transfer-Encoding: chunked", fmt.Appendf(nil, "%x\r\n%s", len(body), body[:len(body)/2])},
		{"chunked, whole but without its end", "Transfer-Encoding: chunked", fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body)},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := w.dial(t)
			if _, err := io.WriteString(conn, w.head("/@acme%2fcut", "developer", c.framing)+string(c.sent)); err != nil {
				t.Fatal(err)
			}
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			r, err := readReply(conn)
			if err != nil {
				t.Fatal(err)
			}
			if r.StatusCode != http.StatusBadRequest {
				t.Errorf("status %d, want 400 (%s)", r.StatusCode, r.body)
			}
		})
	}
	w.nothingNew(t, before, files)
	w.publishes(t, w.in("acme/pub"), "developer", version("@acme/cut", "1.0.0"))
}

// TestMismatch publishes what is not what the document says of it.
func TestMismatch(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	before, files := w.sequence(t), w.files()
	const name = "@acme/mismatch"
	in := func(doc map[string]any, keys ...string) map[string]any {
		for _, k := range keys {
			doc, _ = doc[k].(map[string]any)
		}
		return doc
	}
	for _, c := range []struct {
		name, text string
		change     func(doc map[string]any)
	}{
		{"length", "bytes, its document says 7", func(doc map[string]any) {
			in(doc, "_attachments", name+"-1.0.0.tgz")["length"] = 7
		}},
		{"integrity", "tarball integrity mismatch", func(doc map[string]any) {
			in(doc, "versions", "1.0.0", "dist")["integrity"] = integrityOf(nil)
		}},
		{"shasum", "tarball integrity mismatch", func(doc map[string]any) {
			in(doc, "versions", "1.0.0", "dist")["shasum"] = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
		}},
		{"bytes", "tarball integrity mismatch", func(doc map[string]any) {
			a := in(doc, "_attachments", name+"-1.0.0.tgz")
			tarball := other(name, "1.0.0").Bytes()
			a["data"], a["length"] = base64.StdEncoding.EncodeToString(tarball), len(tarball)
		}},
		{"base64", "", func(doc map[string]any) { in(doc, "_attachments", name+"-1.0.0.tgz")["data"] = "*not base64*" }},
		{"version of the manifest", "Validation failed", func(doc map[string]any) { in(doc, "versions", "1.0.0")["version"] = "1.0.1" }},
		{"name of the manifest", "Validation failed", func(doc map[string]any) { in(doc, "versions", "1.0.0")["name"] = "@acme/other" }},
		{"name of the document", "Validation failed", func(doc map[string]any) { doc["name"], doc["_id"] = "@acme/other", "@acme/other" }},
		{"id of the document", "Validation failed", func(doc map[string]any) { doc["_id"] = "@acme/other" }},
		{"two versions", "", func(doc map[string]any) { in(doc, "versions")["2.0.0"] = map[string]any{} }},
		{"tag that is a version", "Tag name must not be a valid SemVer range", func(doc map[string]any) { doc["dist-tags"] = map[string]any{"1.0.0": "1.0.0"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.status(t, http.StatusBadRequest, publish(w.in("acme/pub"), edited(name, "1.0.0", c.change)).as("developer"))
			if text := r.failure(t).Error; text == "" || !strings.Contains(text, c.text) && text != "Attachment data is empty." {
				t.Errorf("error is %q, want %q in it", text, c.text)
			}
		})
	}
	w.nothingNew(t, before, files)
}

func TestHostileTarballs(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	before, files := w.sequence(t), w.files()
	for _, h := range hostiles() {
		t.Run(h.name, func(t *testing.T) {
			const name = "@acme/hostile"
			d := registrytest.Document{Name: name, Version: "1.0.0", Tarball: h.bytes(t, name)}
			r := w.status(t, http.StatusUnprocessableEntity, publish(w.in("acme/pub"), d).as("developer"))
			f := r.failure(t)
			if !strings.Contains(f.Error, h.reason) || f.Error == "" || f.Guard != h.guard || r.Header.Get("X-Guard") != h.guard {
				t.Errorf("refused by %q with %q, want %q with %q", r.Header.Get("X-Guard"), f.Error, h.guard, h.reason)
			}
		})
	}
	w.nothingNew(t, before, files)
	w.publishes(t, w.in("acme/pub"), "developer", registrytest.Document{Name: "@acme/hostile", Version: "1.0.0", Tarball: made()(t, "@acme/hostile")})
}

// TestManyPublishes publishes a hundred versions of one package at once.
func TestManyPublishes(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	const name, count = "@acme/many", 100
	w.race(t, "@acme/raced")
	var group sync.WaitGroup
	for i := range count {
		group.Go(func() {
			d := version(name, fmt.Sprintf("1.%d.0", i))
			if i%2 == 0 {
				d.Tag = "even-" + strconv.Itoa(i)
			}
			w.publishes(t, w.in("acme/pub"), "developer", d)
		})
	}
	group.Wait()
	p := w.packument(t, get(w.in("acme/pub")+"/"+name))
	want := map[string]string{"latest": "1.99.0"}
	for i := range count {
		v := fmt.Sprintf("1.%d.0", i)
		if i%2 == 0 {
			want["even-"+strconv.Itoa(i)] = v
		}
		got := w.status(t, http.StatusOK, get(w.path(t, p.dist(v, "tarball"))))
		if !bytes.Equal(got.body, version(name, v).Bytes()) || p.Time[v] == "" {
			t.Errorf("%s is not what was published", v)
		}
	}
	if len(p.Versions) != count || fmt.Sprint(p.Tags) != fmt.Sprint(want) {
		t.Errorf("there are %d versions and the tags %v", len(p.Versions), p.Tags)
	}
}

// TestClaims publishes names that nobody has claimed, while upstream has them,
// has them not, or is down.
func TestClaims(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{private: []string{"@declared/*"}})
	w.upstream.Add(upstreamtest.Simple("left-pad", "1.3.0"), upstreamtest.Simple("right-pad", "1.0.0"), upstreamtest.Simple("@declared/lib", "6.6.6"))
	w.status(t, http.StatusOK, get("/left-pad"))
	prefix := w.in("acme/pub")
	for _, name := range []string{"left-pad", "right-pad"} { // seen before, and not
		r := w.status(t, http.StatusForbidden, publish(prefix, version(name, "9.0.0")).as("owner"))
		if f := r.failure(t); f.Guard != "G05" || !strings.Contains(f.Error, "declare the name in names.private") {
			t.Errorf("%s: body is %s", name, r.body)
		}
		w.status(t, http.StatusOK, get("/"+name))
	}
	w.publishes(t, prefix, "owner", version("@declared/lib", "1.0.0"))
	w.publishes(t, prefix, "owner", version("@acme/unheard", "1.0.0"))
	if asked := w.upstream.Where(func(q upstreamtest.Request) bool { return q.Package == "@declared/lib" }); len(asked) != 0 {
		t.Errorf("upstream was asked for a declared name: %v", asked)
	}

	w.upstream.Down()
	before, files := w.settled(t), w.files()
	for name, line := range map[string]string{"@acme/unknown": `names.private: ["@acme/*"]`, "unknown": `names.private: ["unknown"]`} {
		r := w.status(t, http.StatusServiceUnavailable, publish(prefix, version(name, "1.0.0")).as("owner"))
		if f := r.failure(t); f.Guard != "G05" || !strings.HasSuffix(f.Error, line) || r.Header.Get("Retry-After") == "" {
			t.Errorf("%s: answer is %v %s", name, r.Header, r.body)
		}
	}
	w.nothingNew(t, before, files)
	w.publishes(t, prefix, "owner", version("@acme/unheard", "1.1.0"))
	w.publishes(t, prefix, "owner", version("@declared/other", "1.0.0"))
}

// TestFailedLogins fails to sign in until larder has enough of it, while
// somebody at the same address installs 2,000 packages.
func TestFailedLogins(t *testing.T) {
	t.Parallel()
	const limit = 10
	w := newTeam(t, setup{failedLogins: limit})
	w.stock(t, "acme/prv", version("@acme/wanted", "1.0.0"))
	w.tokens["wrong"] = "no-token-of-anybody"
	_, err := w.accounts.CreateUser(t.Context(), console, accounts.NewUser{Username: "typist", Password: "correct horse"})
	w.must(err)
	var install sync.WaitGroup
	for range 4 {
		install.Go(func() {
			for range 500 {
				w.status(t, http.StatusOK, get(w.in("acme/prv")+"/@acme/wanted").as("guest"))
			}
		})
	}
	login := func(password string) ask {
		return put("/-/user/org.couchdb.user:typist", `{"name":"typist","password":"`+password+`"}`)
	}
	for i := range limit {
		w.status(t, http.StatusUnauthorized, login("wrong "+strconv.Itoa(i)))
	}
	for _, a := range []ask{login("wrong again"), login("correct horse"), get(w.in("acme/pub") + "/-/whoami").as("wrong")} {
		r := w.status(t, http.StatusTooManyRequests, a)
		if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 60 {
			t.Errorf("%s: Retry-After is %q", a.path, r.Header.Get("Retry-After"))
		}
		if r.failure(t).Error == "" {
			t.Errorf("body is %s", r.body)
		}
	}
	install.Wait()
	w.clock.Move(2 * time.Minute)
	w.status(t, http.StatusCreated, login("correct horse"))
	w.status(t, http.StatusUnauthorized, get(w.in("acme/pub")+"/-/whoami").as("wrong"))
	for range 3 * limit { // one wrong token of one client counts once
		w.status(t, http.StatusUnauthorized, get(w.in("acme/pub")+"/@acme/wanted").as("wrong"))
	}
}
