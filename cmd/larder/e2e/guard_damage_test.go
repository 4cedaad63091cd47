package e2e

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// What the package of these tests exports as upstream has it, and what somebody
// makes of it who can write to the disk. Of the same letters, both have the same
// length when they are packed.
const (
	soundText    = "module.exports = 'sound'\n"
	tamperedText = "module.exports = 'undos'\n"
)

// shelfName is the package whose stored bytes are changed.
func shelfName() upstreamtest.Package {
	p := upstreamtest.Simple("sapwood", "1.0.0")
	p.Versions[0].Files = map[string]string{"index.js": soundText}
	return p
}

// shelf is a larder with one stored tarball, and the registry that it is from.
type shelf struct {
	*guarded
	reg  *upstreamtest.Registry
	path string
}

// newShelf starts a larder that hashes a share of what is stored again, and
// makes it store the tarball.
func newShelf(t *testing.T, share string) *shelf {
	t.Helper()
	s := &shelf{reg: upstreamtest.New(t)}
	s.reg.Add(shelfName())
	s.guarded = startWith(t, s.reg, map[string]string{"larder.yaml": "integrity: {reread: " + share + "}\ncache: {ttl: 1h}\n"})
	if got := s.tarball(t); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	sum := sha512.Sum512(s.sound())
	name := hex.EncodeToString(sum[:])
	s.path = filepath.Join(s.data, "cache", "files", name[:2], name)
	return s
}

func (s *shelf) sound() []byte { return upstreamtest.Tarball("sapwood", shelfName().Versions[0]) }

// tarball asks larder for the tarball.
func (s *shelf) tarball(t *testing.T) response {
	t.Helper()
	return s.get(t, upstreamtest.TarballPath("sapwood", "1.0.0"))
}

// rots changes a bit of what is stored.
func (s *shelf) rots(t *testing.T) {
	t.Helper()
	bad := s.sound()
	bad[len(bad)/2] ^= 0x10
	s.put(t, bad)
}

// isTampered replaces what is stored by another whole tarball.
func (s *shelf) isTampered(t *testing.T) {
	t.Helper()
	other := shelfName().Versions[0]
	other.Files = map[string]string{"index.js": tamperedText}
	s.put(t, upstreamtest.Tarball("sapwood", other))
}

// put writes other bytes over those that are stored.
func (s *shelf) put(t *testing.T, bad []byte) {
	t.Helper()
	if kept, err := os.ReadFile(s.path); err != nil || !bytes.Equal(kept, s.sound()) || len(bad) != len(kept) {
		t.Fatalf("%d bytes are stored of %d, to be replaced by %d: %v", len(kept), len(s.sound()), len(bad), err)
	}
	if err := os.WriteFile(s.path, bad, 0o600); err != nil {
		t.Fatal(err)
	}
}

// damaged is how many damaged files larder has counted.
func (s *shelf) damaged(t *testing.T) float64 {
	t.Helper()
	return s.counters(t)["larder_blobs_damaged_total"]
}

// TestDamageOnDiskIsMended changes what is stored before each install, in a way
// that only a hash can tell: clients get what upstream has. (G27)
func TestDamageOnDiskIsMended(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	s := newShelf(t, "100%")
	clients := oneOfEach(t)
	for i, v := range clients {
		s.isTampered(t)
		o := v.installs(t, s.url, map[string]string{"sapwood": "1.0.0"}, "")
		if got := readIfThere(t, filepath.Join(o.project, "node_modules", "sapwood", "index.js")); o.err != nil || got != soundText {
			t.Errorf("%s: %v, %q is installed\n%s", v.name, o.err, got, o.text)
		}
		if got, want := s.damaged(t), float64(i+1); got != want {
			t.Errorf("%s: %v damaged files are counted, want %v", v.name, got, want)
		}
	}
	if got, want := s.reg.Count(upstreamtest.KindTarball), len(clients)+1; got != want {
		t.Errorf("the tarball was fetched %d times, want %d", got, want)
	}
}

// TestDamageOnDiskIsRefused changes what is stored while upstream is gone, where
// nobody can get what was there: nobody gets anything else.
func TestDamageOnDiskIsRefused(t *testing.T) {
	t.Parallel()
	s := newShelf(t, "100%")
	s.rots(t)
	if got := s.tarball(t); got.status != http.StatusOK || got.integrity() != s.reg.Integrity("sapwood", "1.0.0") || s.damaged(t) != 1 {
		t.Errorf("%d, %d bytes of %s; %v damaged files are counted", got.status, len(got.body), got.integrity(), s.damaged(t))
	}
	if text := s.log.String(); !strings.Contains(text, "stored bytes are damaged and will be fetched again") {
		t.Error("the log does not say that the disk is damaged")
	}
	s.reg.Down()
	s.isTampered(t)
	v := victim{client: fastToFail(npmOnPath(t))}
	o := v.installs(t, s.url, map[string]string{"sapwood": "1.0.0"}, "")
	o.refused(t, "sapwood", "1.0.0", "E503", "cannot be reached")
	t.Log(o.text)
	got := s.tarball(t)
	t.Logf("%d %v %s", got.status, got.header, got.body)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !says(string(got.body), "cannot be reached") {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	if s.damaged(t) != 2 {
		t.Errorf("%v damaged files are counted, want 2", s.damaged(t))
	}
}

// TestDamageThatNobodyLooksFor shows that the damage is what the other tests say:
// where nothing is hashed again, larder hands it out, and npm alone notices.
func TestDamageThatNobodyLooksFor(t *testing.T) {
	t.Parallel()
	s := newShelf(t, "0%")
	s.isTampered(t)
	if got := s.tarball(t); got.status != http.StatusOK || got.integrity() == s.reg.Integrity("sapwood", "1.0.0") {
		t.Errorf("%d, %s", got.status, got.integrity())
	}
	o := victim{client: fastToFail(npmOnPath(t))}.installs(t, s.url, map[string]string{"sapwood": "1.0.0"}, "")
	o.refused(t, "sapwood", "1.0.0", "EINTEGRITY")
	if s.damaged(t) != 0 {
		t.Errorf("%v damaged files are counted", s.damaged(t))
	}
}
