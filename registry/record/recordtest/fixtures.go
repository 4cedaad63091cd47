package recordtest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// when is a time that needs all its digits and another zone.
func when() time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.FixedZone("east", 2*60*60))
}

func claim(name string) record.Claim {
	return record.Claim{Name: name, Origin: record.Public, By: record.ByUpstream, Upstream: "default",
		ClaimedAt: when(), FirstUpstreamSeen: when()}
}

// pin makes a pin whose digests tell it from others.
func pin(name, version string) record.Pin {
	p := record.Pin{Name: name, Version: version, Size: 1 << 40, FirstSeen: when(), Upstream: "default",
		Declared: "sha512-abc sha1-def"}
	copy(p.SHA512[:], "x"+name+"\x00"+version)
	p.SHA512[63] = 0xff
	copy(p.SHA1[:], version)
	return p
}

func update(t *testing.T, s record.Store, fn func(record.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func view(t *testing.T, s record.Store, fn func(record.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// at is when as stores give it back.
func at() time.Time { return when().UTC() }

// put runs one Update that must succeed and returns what it made.
func put[R any](t *testing.T, s record.Store, fn func(record.Tx) (R, error)) (r R) {
	t.Helper()
	update(t, s, func(tx record.Tx) (err error) {
		r, err = fn(tx)
		return err
	})
	return r
}

// try runs one Update and returns its error.
func try[R any](t *testing.T, s record.Store, fn func(record.Tx) (R, error)) error {
	t.Helper()
	return s.Update(t.Context(), func(tx record.Tx) error {
		_, err := fn(tx)
		return err
	})
}

// same expects that fn reads want.
func same[R any](t *testing.T, s record.Store, want R, fn func(record.Tx) (R, error)) {
	t.Helper()
	view(t, s, func(tx record.Tx) error {
		t.Helper()
		if got, err := fn(tx); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, %v, want %+v", got, err, want)
		}
		return nil
	})
}

// fails expects that fn cannot read anything, for that reason.
func fails[R any](t *testing.T, s record.Store, want error, fn func(record.Tx) (R, error)) {
	t.Helper()
	view(t, s, func(tx record.Tx) error {
		t.Helper()
		if got, err := fn(tx); !errors.Is(err, want) {
			t.Errorf("read %+v, %v, want %v", got, err, want)
		}
		return nil
	})
}

// absent is fails with npm.ErrNotFound.
func absent[R any](t *testing.T, s record.Store, fn func(record.Tx) (R, error)) {
	t.Helper()
	fails(t, s, npm.ErrNotFound, fn)
}

// none makes a function that only fails fit for put and its kin.
func none(err error) (struct{}, error) { return struct{}{}, err }

// ids expects a list of those numbers.
func ids[R any](t *testing.T, s record.Store, id func(R) int64, want []int64, fn func(record.Tx) ([]R, error)) {
	t.Helper()
	same(t, s, want, func(tx record.Tx) ([]int64, error) {
		list, err := fn(tx)
		got := []int64{}
		for _, r := range list {
			got = append(got, id(r))
		}
		return got, err
	})
}

func newUser(t *testing.T, s record.Store, username string) record.User {
	t.Helper()
	return put(t, s, func(tx record.Tx) (record.User, error) {
		return tx.Accounts().PutUser(record.User{Username: username, Name: username, CreatedAt: when(), UpdatedAt: when()})
	})
}

func group(parent int64, path string) record.Group {
	return record.Group{ParentID: parent, Path: path, Name: path, Visibility: record.PrivateVisibility, CreatedAt: at(), UpdatedAt: at()}
}

func newGroup(t *testing.T, s record.Store, parent int64, path string) record.Group {
	t.Helper()
	return put(t, s, func(tx record.Tx) (record.Group, error) { return tx.Spaces().PutGroup(group(parent, path)) })
}

func project(groupID int64, path string) record.Project {
	return record.Project{GroupID: groupID, Path: path, Name: path, Visibility: record.InternalVisibility,
		Registry: record.RegistryEnabled, CreatedAt: at(), UpdatedAt: at()}
}

func newProject(t *testing.T, s record.Store, groupID int64, path string) record.Project {
	t.Helper()
	return put(t, s, func(tx record.Tx) (record.Project, error) { return tx.Spaces().PutProject(project(groupID, path)) })
}

// aProject makes a project in a group of the same path.
func aProject(t *testing.T, s record.Store, path string) record.Project {
	t.Helper()
	return newProject(t, s, newGroup(t, s, 0, path).ID, path)
}

func pkg(projectID int64, name, version string) record.Package {
	return record.Package{ProjectID: projectID, Type: record.NPM, Name: name, Version: version,
		Status: record.StatusDefault, CreatedAt: at(), UpdatedAt: at()}
}

func newPackage(t *testing.T, s record.Store, projectID int64, name, version string) record.Package {
	t.Helper()
	return put(t, s, func(tx record.Tx) (record.Package, error) {
		return tx.Catalog().PutPackage(pkg(projectID, name, version))
	})
}

func token(kind record.TokenKind, userID int64, digest byte) record.Token {
	return record.Token{Kind: kind, UserID: userID, Digest: [32]byte{digest, 31: 1}, Name: fmt.Sprint("token ", digest), CreatedAt: at()}
}

func newToken(t *testing.T, s record.Store, tk record.Token) record.Token {
	t.Helper()
	return put(t, s, func(tx record.Tx) (record.Token, error) { return tx.Accounts().PutToken(tk) })
}

func fromProject(p record.Project) record.Source {
	return record.Source{Kind: record.ProjectSource, ID: p.ID}
}
