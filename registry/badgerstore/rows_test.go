package badgerstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// fill writes one record of every kind and returns the digests of its blobs.
func fill(t *testing.T, s *Store) (blobs [][64]byte) {
	t.Helper()
	blobs = [][64]byte{{1}, {2}, {3}, {4}}
	err := s.Update(t.Context(), func(tx record.Tx) error {
		u, errUser := tx.Accounts().PutUser(record.User{Username: "ann"})
		g, errGroup := tx.Spaces().PutGroup(record.Group{Path: "old", Name: "g", Visibility: record.PublicVisibility})
		g.Path = "acme"
		_, errMoved := tx.Spaces().PutGroup(g)
		p, errProject := tx.Spaces().PutProject(record.Project{GroupID: g.ID, Path: "app", Name: "p",
			Visibility: record.PublicVisibility, Registry: record.RegistryEnabled})
		_, errToken := tx.Accounts().PutToken(record.Token{Kind: record.PersonalToken, UserID: u.ID, Digest: [32]byte{1}})
		_, errDeploy := tx.Accounts().PutToken(record.Token{Kind: record.DeployToken, Source: placeOfProject(p).Source, Digest: [32]byte{2}})
		_, errRule := tx.Spaces().PutRule(record.Rule{ProjectID: p.ID, Pattern: "*", Type: record.NPM})
		_, errRun := tx.Spaces().PutPipeline(record.Pipeline{ProjectID: p.ID, Ref: "main", SHA: "1", Status: "running", Source: "push"})
		_, errAudit := tx.Audit().Append(record.Entry{Actor: "ann", Action: "a"})
		return errors.Join(errUser, errGroup, errMoved, errProject, errToken, errDeploy, errRule, errRun, errAudit,
			tx.Accounts().PutLogin(record.Login{Digest: [32]byte{1}}), tx.Settings().Put("k", "v"),
			tx.Spaces().PutMember(record.Member{Source: placeOfProject(p).Source, UserID: u.ID, Level: record.Owner}),
			fillPackage(tx, p.ID, blobs), fillGuards(tx))
	})
	if err != nil {
		t.Fatal(err)
	}
	return blobs
}

func fillPackage(tx record.Tx, project int64, blobs [][64]byte) error {
	k, err := tx.Catalog().PutPackage(record.Package{ProjectID: project, Type: record.NPM, Name: "lib", Version: "1.0.0", Status: record.StatusDefault})
	_, errFile := tx.Catalog().PutFile(record.File{PackageID: k.ID, Name: "f", SHA512: blobs[0]})
	_, errPending := tx.Catalog().PutFile(record.File{PackageID: k.ID, Name: "p", SHA512: blobs[1], Pending: true})
	_, errTag := tx.Catalog().PutTag(record.Tag{ProjectID: project, Package: "lib", Name: "latest", PackageID: k.ID})
	return errors.Join(err, errFile, errPending, errTag,
		tx.Catalog().PutManifest(record.Manifest{PackageID: k.ID, Text: record.Text{Blob: blobs[2], Size: 9}, Readme: record.Text{Blob: blobs[3], Size: 9}}),
		tx.Catalog().PutHolding(record.Holding{ProjectID: project, Name: "lib"}),
		tx.Names().PutClaim(record.Claim{Name: "lib", Origin: record.Private, By: "publish"}),
		tx.Names().PutPin(record.Pin{Name: "lib", Version: "1.0.0", SHA512: blobs[0]}),
		tx.Names().PutBurn(record.Burn{Name: "lib", Version: "0.9.0", Tombstone: record.Tombstone{By: "ann"}}))
}

func fillGuards(tx record.Tx) error {
	seen := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	known := make([]byte, 0, 4*sightPart)
	for i := range sightPart { // more than one part
		known = binary.BigEndian.AppendUint32(known, uint32(i))
	}
	_, errOrder := tx.Guards().PutOrder(record.Order{Kind: record.BlockOrder, Match: "bad", By: "ann"})
	_, errDecision := tx.Guards().AppendDecision(record.Decision{Name: "bad", Guard: "G63", Action: "refused"})
	return errors.Join(errOrder, errDecision,
		tx.Guards().PutSight(record.Sight{Name: "react", FirstSeen: seen, LastSeen: seen, Known: known}),
		tx.Guards().AddServed(record.Served{Name: "react", Version: "1.0.0", First: seen, Last: seen, Count: 1}))
}

// readAll looks everything up that fill wrote, in every way.
func readAll(tx record.Tx) error {
	var errs []error
	look := func(_ any, err error) { errs = append(errs, err) }
	source := record.Source{Kind: record.ProjectSource, ID: 1}
	look(tx.Accounts().User(1))
	look(tx.Accounts().UserByName("ann"))
	look(tx.Accounts().Users(0, 9))
	look(tx.Accounts().Token(1))
	look(tx.Accounts().TokenByDigest([32]byte{1}))
	look(tx.Accounts().TokenByDigest([32]byte{2}))
	look(tx.Accounts().TokensOf(1, 0, 9))
	look(tx.Accounts().DeployTokens(source, 0, 9))
	look(tx.Accounts().Login([32]byte{1}))
	look(tx.Spaces().GroupByPath("acme"))
	look(tx.Spaces().GroupByPath("old"))
	look(tx.Spaces().Groups(0, 0, 9))
	look(tx.Spaces().ProjectByPath("acme/app"))
	look(tx.Spaces().ProjectByPath("old/app"))
	look(tx.Spaces().Projects(1, 0, 9))
	look(tx.Spaces().Member(source, 1))
	look(tx.Spaces().Members(source, 0, 9))
	look(tx.Spaces().Memberships(1))
	look(tx.Spaces().Rules(1))
	look(tx.Spaces().Pipelines(1, 0, 9))
	look(tx.Catalog().PackageOf(1, "lib", "1.0.0"))
	look(tx.Catalog().Packages(record.PackageQuery{ProjectID: 1, Limit: 9}))
	look(tx.Catalog().Packages(record.PackageQuery{ProjectID: 1, Name: "lib", Limit: 9}))
	look(tx.Catalog().Manifest(1))
	look(tx.Catalog().Files(1))
	look(tx.Catalog().PendingFiles(0, 9))
	look(tx.Catalog().Tags(1, "lib"))
	look(tx.Catalog().HoldingsOf("lib"))
	look(tx.Catalog().HoldingsAfter("", 9))
	look(tx.Audit().Entries(0, 9))
	look(tx.Names().Claim("lib"))
	look(tx.Names().Pins("lib"))
	look(tx.Names().Burns("lib"))
	look(tx.Settings().Get("k"))
	look(tx.Guards().Sight("react"))
	look(tx.Guards().SightsAfter("", 9))
	look(tx.Guards().Orders(0, 9))
	look(tx.Guards().ServedOf("react", "", record.ServedCursor{}, 9))
	look(tx.Guards().FirstServed("react", "1.0.0"))
	look(tx.Guards().Decisions(0, 9))
	return errors.Join(errs...)
}

func tables(t *testing.T, s *Store) map[string][]byte {
	t.Helper()
	rows := map[string][]byte{}
	err := s.db.View(func(x *kv.Txn) error {
		return x.Scan(nil, nil, func(key, value []byte) error {
			rows[string(key)] = bytes.Clone(value)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// without runs fn on a store of which one row is other, or absent where other
// is nil, and puts the row back.
func without(t *testing.T, s *Store, key string, other []byte, fn func()) {
	t.Helper()
	value := tables(t, s)[key]
	write := func(v []byte) {
		err := s.db.Update(t.Context(), func(x *kv.Txn) error {
			if v == nil {
				return x.Delete([]byte(key))
			}
			return x.Set([]byte(key), v)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	write(other)
	fn()
	write(value)
}

// TestEveryRowIsChecked damages each row and takes each record away from under
// its indices: that must never look like absence.
func TestEveryRowIsChecked(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	fill(t, s)
	if err := s.View(t.Context(), readAll); err != nil {
		t.Fatal(err)
	}
	// Rows that no look-up reads: those whose keys say all, the counters, which
	// only writing reads, and the rows of the store itself.
	const unread = "oywIqxzFHL" + "NCM"
	// Records that are found by nothing but their own key, and indices whose
	// entry is the only way to what they find.
	const sole = "lcpbsdvrAOGD" + "UTneK"
	seen := map[byte]bool{}
	for key, value := range tables(t, s) {
		seen[key[0]] = true
		if strings.IndexByte(unread, key[0]) >= 0 {
			continue
		}
		damaged := bytes.Clone(value)
		damaged[len(damaged)-1] ^= 1
		without(t, s, key, damaged, func() {
			if err := s.View(t.Context(), readAll); !errors.Is(err, record.ErrCorrupt) || errors.Is(err, npm.ErrNotFound) {
				t.Errorf("damaged row %q: %v", key, err)
			}
		})
		if strings.IndexByte(sole, key[0]) >= 0 {
			continue
		}
		without(t, s, key, nil, func() {
			if err := s.View(t.Context(), readAll); !errors.Is(err, record.ErrCorrupt) {
				t.Errorf("absent row %q: %v", key, err)
			}
		})
	}
	for _, table := range []byte("cpbsuUtTolgjnyemwriIkKqxvfFzdhHSOGLDACMN") {
		if !seen[table] {
			t.Errorf("nothing is written to table %q", table)
		}
	}
}

// TestOlderRows reads what a larder wrote that knew only names and settings.
func TestOlderRows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	seen := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	err := s.db.Update(t.Context(), func(x *kv.Txn) error {
		return putRow(x, claimKey("react"), map[string]any{"origin": "public", "by": "upstream", "upstream": "default",
			"claimed_at": seen, "first_upstream_seen": seen})
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, Options{})
	want := record.Claim{Name: "react", Origin: record.Public, By: "upstream", Upstream: "default", ClaimedAt: seen, FirstUpstreamSeen: seen}
	err = s.View(t.Context(), func(tx record.Tx) error {
		if got, err := tx.Names().Claim("react"); err != nil || got != want {
			t.Errorf("Claim = %+v, %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s)
}

func TestReferences(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	want := fill(t, s)
	var got [][64]byte
	collect := func(d [64]byte) error { got = append(got, d); return nil }
	if err := s.References(collect); err != nil || len(got) != len(want) {
		t.Errorf("References gave %d, %v", len(got), err)
	}
	for _, d := range want {
		if !slices.Contains(got, d) {
			t.Errorf("%x is missing", d[:2])
		}
	}
	boom := errors.New("boom")
	for stop := range want {
		n := 0
		err := s.References(func([64]byte) error {
			if n == stop {
				return boom
			}
			n++
			return nil
		})
		if !errors.Is(err, boom) || n != stop {
			t.Errorf("References went on after an error: %d, %v", n, err)
		}
	}
	for key, value := range tables(t, s) {
		if key[0] != tableFile && key[0] != tableManifest {
			continue
		}
		without(t, s, key, value[:len(value)-1], func() {
			if err := s.References(collect); !errors.Is(err, record.ErrCorrupt) {
				t.Errorf("with damaged row %q: %v", key, err)
			}
		})
	}
}

// FuzzManifestRow reads texts with a right checksum, as another larder might
// have written them.
func FuzzManifestRow(f *testing.F) {
	f.Add([]byte("{\"text\":{\"inline\":2,\"size\":2}}\n{}"))
	f.Add([]byte("{\"text\":{\"inline\":-1}}\n"))
	f.Add([]byte("{\"text\":{\"inline\":9}}\n{}"))
	f.Add([]byte("{\"text\":{\"blob\":\"AAAA\"},\"readme\":{\"inline\":0}}\n"))
	f.Add([]byte("null"))
	key := manifestKey(7)
	f.Fuzz(func(t *testing.T, text []byte) {
		value := binary.BigEndian.AppendUint32([]byte{layout}, checksum(key, text))
		m, err := decodeManifest(key, append(value, text...))
		if err != nil {
			if !errors.Is(err, record.ErrCorrupt) {
				t.Errorf("err = %v", err)
			}
			return
		}
		if m.PackageID != 7 || m.Validate() != nil {
			t.Errorf("read an invalid manifest: %+v", m)
		}
	})
}

// TestListedRows reads the records of lists as any other record is read.
func TestListedRows(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 18, 0, 0, 123456789, time.UTC)
	on := true
	for name, want := range map[string]any{
		"package": &record.Package{ID: 1, ProjectID: 2, Type: record.NPM, Name: "@acme/ü\u2028<&>", Version: "1.0.0-\"x\"", Status: record.StatusDeprecated,
			Deprecated: "line\nline\x00\ufffd", Pipelines: []int64{1 << 62, 3}, CreatedAt: at, UpdatedAt: at.Truncate(time.Second), Downloads: 7, Hollow: true},
		"empty package": &record.Package{},
		"tag":           &record.Tag{ID: 1, ProjectID: 2, PackageID: 3, Package: "a", Name: "latest", CreatedAt: at, UpdatedAt: at},
		"pipeline":      &record.Pipeline{ID: 1, IID: 2, ProjectID: 3, UserID: 4, Ref: "main", SHA: "abc", Status: "success", Source: "push", WebURL: "u", TokenID: 5, CreatedAt: at},
		"project":       &record.Project{ID: 1, GroupID: 2, Path: "p", Name: "P", Forwarding: record.Forwarding{Enabled: &on, Locked: true}, CreatedAt: at},
		"group":         &record.Group{ID: 1, ParentID: 2, Path: "g", Name: "G", CreatedAt: at},
		"user":          &record.User{ID: 1, Username: "u", Name: "U", Admin: true, Profile: map[string]string{"email": "a@b"}, CreatedAt: at},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			got := reflect.New(reflect.TypeOf(want).Elem()).Interface()
			if err := quickly(text, got); err != nil || !listed(got) {
				t.Fatalf("read %s: %v, listed %t", text, err, listed(got))
			}
			slow := reflect.New(reflect.TypeOf(want).Elem()).Interface()
			if err := json.Unmarshal(text, slow); err != nil || !reflect.DeepEqual(got, slow) {
				t.Errorf("%s is read as %+v, want %+v, %v", text, got, slow, err)
			}
		})
	}
}
