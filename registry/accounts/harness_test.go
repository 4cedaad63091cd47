package accounts

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office is a service over a real store.
type office struct {
	*Service
	tb    testing.TB
	store *badgerstore.Store
	clock *registrytest.Clock
}

var (
	operator = Actor{Name: consoleName}
	home     = netip.MustParseAddr("192.0.2.1")
	away     = netip.MustParseAddr("198.51.100.7")
)

func newOffice(tb testing.TB, change ...func(*Options)) *office {
	tb.Helper()
	store, err := badgerstore.Open(tb.TempDir(), badgerstore.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	o := &office{tb: tb, store: store, clock: registrytest.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	o.Service = o.another(change...)
	return o
}

// another opens a further service over the same store, as a second node does.
func (o *office) another(change ...func(*Options)) *Service {
	o.tb.Helper()
	opt := Options{Key: bytes.Repeat([]byte{7}, keySize), Now: o.clock.Now, Forwarding: true}
	for _, c := range change {
		c(&opt)
	}
	s, err := New(o.store, opt)
	if err != nil {
		o.tb.Fatal(err)
	}
	return s
}

func (o *office) must(err error) {
	o.tb.Helper()
	if err != nil {
		o.tb.Fatal(err)
	}
}

func (o *office) user(name, password string) record.User {
	o.tb.Helper()
	u, err := o.CreateUser(o.tb.Context(), operator, NewUser{Username: name, Password: password})
	o.must(err)
	return u
}

func (o *office) group(path string, v record.Visibility) record.Group {
	o.tb.Helper()
	g, err := o.CreateGroup(o.tb.Context(), operator, NewGroup{Path: path, Visibility: v})
	o.must(err)
	return g
}

func (o *office) project(path string, v record.Visibility, r record.RegistryAccess) *Project {
	o.tb.Helper()
	made, err := o.CreateProject(o.tb.Context(), operator, NewProject{Path: path, Visibility: v, Registry: r})
	o.must(err)
	p, err := o.ProjectByID(o.tb.Context(), made.ID)
	o.must(err)
	return p
}

func (o *office) member(src record.Source, u record.User, level record.AccessLevel) {
	o.tb.Helper()
	o.must(o.SetMember(o.tb.Context(), operator, record.Member{Source: src, UserID: u.ID, Level: level}))
}

func (o *office) token(n NewToken) (record.Token, string) {
	o.tb.Helper()
	if n.Name == "" {
		n.Name = "test"
	}
	t, secret, err := o.CreateToken(o.tb.Context(), operator, n)
	o.must(err)
	return t, secret
}

func (o *office) deploy(src record.Source, scopes ...string) (record.Token, string) {
	o.tb.Helper()
	t, secret, err := o.CreateDeployToken(o.tb.Context(), operator, NewDeployToken{Source: src, Name: "ci", Scopes: scopes})
	o.must(err)
	return t, secret
}

// signIn authenticates and must succeed.
func (o *office) signIn(c Credential) *Principal {
	o.tb.Helper()
	p, err := o.Authenticate(o.tb.Context(), c, home)
	o.must(err)
	return p
}

func bearer(secret string) Credential { return Credential{Form: Bearer, Secret: secret} }

func groupOf(id int64) record.Source   { return record.Source{Kind: record.GroupSource, ID: id} }
func projectOf(id int64) record.Source { return record.Source{Kind: record.ProjectSource, ID: id} }

// text is what the client would be told.
func text(err error) string {
	var e *npm.Error
	if errors.As(err, &e) {
		return e.Text
	}
	return ""
}

// entries returns the audit log, oldest first.
func (o *office) entries() []record.Entry {
	o.tb.Helper()
	var out []record.Entry
	o.must(o.store.View(o.tb.Context(), func(tx record.Tx) error {
		list, err := tx.Audit().Entries(0, 1000)
		for _, e := range list {
			out = append([]record.Entry{e}, out...)
		}
		return err
	}))
	return out
}
