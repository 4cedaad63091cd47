package upstreamtest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

// TestAttacks publishes every attack and checks that it is what it says: the
// bad version is what "latest" gives, the good one is there all the time, and
// the tarball of the bad one is served as the document declares it.
func TestAttacks(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range Attacks(time.Now()) {
		if seen[a.Package] || seen[a.Name] {
			t.Errorf("%s: its name or its package is that of another", a.Name)
		}
		seen[a.Package], seen[a.Name] = true, true
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			r := New(t)
			a.Publish(r)
			if a.Good != "" {
				r.Bytes(a.Package, a.Good)
			}
			a.Strike(r, func() {})
			var doc struct {
				Tags     map[string]string          `json:"dist-tags"`
				Versions map[string]json.RawMessage `json:"versions"`
				Time     map[string]string          `json:"time"`
			}
			if err := json.Unmarshal(r.Document(a.Package), &doc); err != nil {
				t.Fatal(err)
			}
			if a.Good != "" {
				r.Bytes(a.Package, a.Good)
			}
			if _, listed := doc.Versions[a.Bad]; listed == a.Unlisted {
				t.Errorf("%s is listed: %v", a.Bad, listed)
			}
			if a.Unlisted {
				if doc.Time[a.Bad] == "" {
					t.Errorf("no time is left of %s", a.Bad)
				}
				return
			}
			if doc.Tags["latest"] != a.Bad {
				t.Errorf("latest is %q, want %s", doc.Tags["latest"], a.Bad)
			}
			if want := r.Integrity(a.Package, a.Bad); !bytes.Contains(doc.Versions[a.Bad], []byte(want)) {
				t.Errorf("the document does not declare %s", want)
			}
		})
	}
}

// TestBomb unpacks the beginning of the bomb and reads how much there is of it.
func TestBomb(t *testing.T) {
	t.Parallel()
	bomb := zeros([]byte(`{"name":"x"}`))
	if len(bomb) > 2<<20 {
		t.Errorf("it has %d bytes", len(bomb))
	}
	z, err := gzip.NewReader(bytes.NewReader(bomb))
	if err != nil {
		t.Fatal(err)
	}
	var start strings.Builder
	if _, err := io.CopyN(&start, z, 3*512); err != nil || !strings.Contains(start.String(), "package/zeros") {
		t.Errorf("begins with %.100q, %v", start.String(), err)
	}
	rest := make([]byte, 3*piece) // more than the pieces that were compressed
	if _, err := io.ReadFull(z, rest); err != nil || !bytes.Equal(rest, make([]byte, len(rest))) {
		t.Errorf("goes on with something else: %v", err)
	}
	size := binary.LittleEndian.Uint32(bomb[len(bomb)-4:])
	if want := uint32(3*512 + piece*pieces + 2*512); size != want {
		t.Errorf("says that it unpacks to %d bytes, want %d", size, want)
	}
}
