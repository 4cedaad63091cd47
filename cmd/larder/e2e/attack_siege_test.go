package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// siege is a larder before a registry that makes attacks.
type siege struct {
	*larder
	name, data string
	// fresh tells that larder had seen nothing before the attacks.
	fresh      bool
	reg        *upstreamtest.Registry
	attacks    []upstreamtest.Attack
	confusions []upstreamtest.Confusion
}

// siegeSettings are a strict policy, and what operators write down besides. The
// guard of bursts is seen only where the cooldown is off.
const siegeSettings = `cache: {negative_ttl: 1s}
names: {private: [PRIVATE]}
policy:
  level: strict
  contact: security@example.com
  overrides:
    - {match: "@swarm/*", guard: cooldown, mode: "off"}
    - {match: "@flood/*", guard: cooldown, mode: "off"}
  block: [{match: blocked, versions: 1.2.0, reason: it steals tokens}]
  licenses: {deny: [GPL-3.0-only]}
feeds: [{path: malware.jsonl}, {path: hashes.txt, format: hashes}]
`

// freshSiege makes all attacks that can be told without having seen what was
// before, and then starts a larder that has seen nothing.
func freshSiege(t *testing.T) *siege {
	t.Helper()
	s := newSiege(t, "empty folder")
	s.fresh = true
	for _, a := range upstreamtest.Attacks(time.Now()) {
		if !a.Known {
			s.attacks = append(s.attacks, a)
		}
	}
	s.settle(t)
	for i := range s.attacks {
		s.attacks[i].Publish(s.reg)
		s.attacks[i].Strike(s.reg, func() {})
	}
	s.begin(t)
	return s
}

// knownSiege starts a larder that sees and fetches all that is good, and loses
// its cache, before the attacks are made before its eyes.
func knownSiege(t *testing.T) *siege {
	t.Helper()
	s := newSiege(t, "folder that knows the good versions")
	s.attacks = upstreamtest.Attacks(time.Now())
	s.settle(t)
	for i := range s.attacks {
		s.attacks[i].Publish(s.reg)
	}
	s.begin(t)
	for i := range s.attacks {
		a := &s.attacks[i]
		s.look(t, a)
		s.fetch(t, a, a.Good)
		if a.Fetched {
			s.fetch(t, a, a.Bad)
		}
	}
	s.larder.stop(t)
	if err := os.RemoveAll(filepath.Join(s.data, "cache")); err != nil {
		t.Fatal(err)
	}
	s.begin(t)
	for i := range s.attacks {
		a := &s.attacks[i]
		if !a.Forgotten {
			s.fetch(t, a, a.Good)
		}
		if a.Fetched && !a.Forgotten {
			s.fetch(t, a, a.Bad)
		}
		a.Strike(s.reg, func() { s.look(t, a) })
		s.look(t, a)
	}
	return s
}

func newSiege(t *testing.T, name string) *siege {
	t.Helper()
	return &siege{name: name, data: t.TempDir(), reg: upstreamtest.New(t), confusions: upstreamtest.Confusions()}
}

// settle writes the settings and the feeds.
func (s *siege) settle(t *testing.T) {
	t.Helper()
	var records, hashes string
	for i := range s.attacks {
		records += s.attacks[i].Feed
		hashes += s.attacks[i].Indicators
	}
	var private []string
	for _, c := range s.confusions {
		if c.Declared != "" {
			private = append(private, `"`+c.Declared+`"`)
		}
	}
	settings := strings.Replace(siegeSettings, "PRIVATE", strings.Join(private, ", "), 1)
	write(t, s.data, map[string]string{"larder.yaml": settings, "malware.jsonl": records, "hashes.txt": hashes})
}

// begin starts larder, which the first time publishes what is private.
func (s *siege) begin(t *testing.T) {
	t.Helper()
	again := s.larder != nil
	s.larder = start(t, s.data, s.reg.URL())
	s.ready(t)
	if again {
		return
	}
	// Nobody signs in at the clients.
	for _, path := range []string{"/api/v4/groups/local", "/api/v4/projects/1"} {
		if status, text := s.ask(t, http.MethodPut, path, []byte(`{"visibility":"public"}`)); status != http.StatusOK {
			t.Fatalf("open %s: %d %s", path, status, text)
		}
	}
	for i := range s.attacks {
		if like := s.attacks[i].Resembles; like != "" {
			s.publish(t, like, "1.0.0")
		}
	}
	for i := range s.confusions {
		c := &s.confusions[i]
		if c.Published != "" {
			s.publish(t, c.Package, c.Published)
		}
		if c.Deleted {
			s.unpublish(t, c.Package)
		}
		c.Strike(s.reg)
	}
}

// ready waits until the feeds are read.
func (s *siege) ready(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(readyWait)
	for {
		status, text := s.ask(t, http.MethodGet, "/-/readiness", nil)
		if status == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("larder does not get ready: %d %s", status, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// publish publishes a package as the administrator.
func (s *siege) publish(t *testing.T, name, version string) {
	t.Helper()
	body := registrytest.Document{Name: name, Version: version}.Body()
	if status, text := s.ask(t, http.MethodPut, "/"+escapedName(name), body); status != http.StatusOK {
		t.Fatalf("publish %s: %d %s", name, status, text)
	}
}

// unpublish deletes all versions of a package.
func (s *siege) unpublish(t *testing.T, name string) {
	t.Helper()
	var doc struct {
		Rev string `json:"_rev"`
	}
	_, text := s.ask(t, http.MethodGet, "/"+escapedName(name), nil)
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%s: %v in %s", name, err, text)
	}
	if status, text := s.ask(t, http.MethodDelete, "/"+escapedName(name)+"/-rev/"+doc.Rev, nil); status != http.StatusOK {
		t.Fatalf("unpublish %s: %d %s", name, status, text)
	}
}

// look makes larder ask upstream about all packages of an attack, whatever it
// has of them. What comes of it is for the clients to see.
func (s *siege) look(t *testing.T, a *upstreamtest.Attack) {
	t.Helper()
	for _, name := range append(append([]string(nil), a.Beside...), a.Package) {
		s.ask(t, http.MethodGet, "/"+escapedName(name)+"?write=true", nil)
	}
}

// fetch makes larder store the tarball of a version that may be had.
func (s *siege) fetch(t *testing.T, a *upstreamtest.Attack, version string) {
	t.Helper()
	if version == "" {
		return
	}
	if status, text := s.ask(t, http.MethodGet, upstreamtest.TarballPath(a.Package, version), nil); status != http.StatusOK {
		t.Errorf("%s: %s@%s: %d %.300s", a.Name, a.Package, version, status, text)
	}
}

// ask sends a request of the administrator.
func (s *siege) ask(t *testing.T, method, path string, body []byte) (int, []byte) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(s.data, "registry", "root.token"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, text
}

func escapedName(name string) string { return strings.Replace(name, "/", "%2f", 1) }
