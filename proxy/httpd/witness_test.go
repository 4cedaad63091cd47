package httpd

import (
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// maxWatched bounds what a watcher keeps, for benchmarks.
const maxWatched = 100

// watcher keeps what a server tells its witness.
type watcher struct {
	mu      sync.Mutex
	served  []ServedEvent
	refused []RefusedEvent
}

func (w *watcher) Served(e ServedEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.served) < maxWatched {
		w.served = append(w.served, e)
	}
}

func (w *watcher) Refused(e RefusedEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = append(w.refused, e)
}

func (w *watcher) events() ([]ServedEvent, []RefusedEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]ServedEvent(nil), w.served...), append([]RefusedEvent(nil), w.refused...)
}

// holding is a source of one tarball whose version its file does not tell.
func holding(t testing.TB) func(proxy.TarballRequest) (*proxy.Tarball, error) {
	open := stored(t, content(), nil)
	return func(r proxy.TarballRequest) (*proxy.Tarball, error) {
		answer, err := open(r)
		if err == nil {
			answer.Version = "1.3.0"
		}
		return answer, err
	}
}

func TestWitnessOfTarballs(t *testing.T) {
	t.Parallel()
	const forwardedTo = "X-Forwarded-For: 192.0.2.7"
	tests := []struct {
		name, method, who string
		headers           []string
		principal         string // empty where nobody got anything
	}{
		{"whole", "GET", "", nil, "anonymous"},
		{"by a person", "GET", "dev", nil, "dev"},
		{"by a deploy token", "GET", "deploy", nil, "deploy-token:ci"},
		{"from its beginning", "GET", "", []string{"Range: bytes=0-9"}, "anonymous"},
		{"from its middle", "GET", "", []string{"Range: bytes=10-19"}, ""},
		{"beyond its end", "GET", "", []string{"Range: bytes=99999999-"}, ""},
		{"its head alone", "HEAD", "", nil, ""},
		{"held already", "GET", "", []string{`If-None-Match: "sha512-abc"`}, ""},
		{"an address that nobody trusts", "GET", "dev", []string{forwardedTo}, "dev"},
	}
	tm := newTeam(t, Options{})
	tm.packages.tarball = holding(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, _ := tm.witness.events()
			tm.sendAs(tt.who, tt.method, tgz, "", append(tt.headers, "Connection: close")...)
			// The access line comes before the witness, and the next request's after.
			mark := tm.sendAs("", "GET", tgz, "", "Connection: close").Header.Get("X-Request-Id")
			if mark == "" {
				t.Fatal("no request id")
			}
			want := 1
			if tt.principal != "" {
				want++
			}
			eventually(t, "the witness heard of the requests", func() bool {
				now, _ := tm.witness.events()
				return len(now) >= len(before)+want
			})
			served, refused := tm.witness.events()
			served = served[len(before):]
			if len(served) != want || len(refused) > 0 {
				t.Fatalf("served %+v, refused %+v; want %d", served, refused, want)
			}
			var found bool
			for _, e := range served {
				if e.Name.String() != "left-pad" || e.Version != "1.3.0" || e.Address != "127.0.0.1" || time.Since(e.At) > time.Hour {
					t.Errorf("event %+v", e)
				}
				found = found || e.Principal == tt.principal
			}
			if tt.principal != "" && !found {
				t.Errorf("served %+v, want one to %s", served, tt.principal)
			}
		})
	}
}

// TestWitnessOfABrokenTransfer: what was cut off before its end is nobody's.
func TestWitnessOfABrokenTransfer(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	feed, source := transferBody(10)
	h.packages.tarball = func(r proxy.TarballRequest) (*proxy.Tarball, error) {
		answer, err := source(r)
		answer.Version = "1.3.0"
		return answer, err
	}
	c := h.dial()
	defer c.Close()
	if _, err := io.WriteString(c, requestText("GET", tgz)); err != nil {
		t.Fatal(err)
	}
	if _, err := feed.Write([]byte("12345")); err != nil {
		t.Fatal(err)
	}
	feed.CloseWithError(errors.New("hash mismatch"))
	if _, err := io.ReadAll(c); err != nil {
		t.Log("cut off:", err)
	}
	h.packages.tarball = holding(t)
	h.do("GET", tgz, "Connection: close").want(t, 200)
	eventually(t, "both answers are over", func() bool { return len(h.log.lines(t)) == 2 })
	eventually(t, "the whole tarball is told", func() bool {
		served, _ := h.witness.events()
		return len(served) > 0
	})
	if served, _ := h.witness.events(); len(served) != 1 {
		t.Errorf("served %+v", served)
	}
}

func TestWitnessOfRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, who, target string
		err               error
		want              RefusedEvent // without what every one has
	}{
		{"a version", "dev", tgz,
			&npm.Error{Kind: npm.ErrBlocked, Guard: "G11", Code: "E_COOLDOWN", Text: "too young", Package: "left-pad", Version: "1.3.0"},
			RefusedEvent{Package: "left-pad", Version: "1.3.0", Principal: "dev", Guard: "G11", Code: "E_COOLDOWN", Reason: "too young", Route: "tarball"}},
		{"a name, by an error without one", "", "/left-pad", &npm.Error{Kind: npm.ErrNotFound, Guard: "G01", Text: "private"},
			RefusedEvent{Package: "left-pad", Principal: "anonymous", Guard: "G01", Reason: "private", Route: "packument"}},
		{"no guard", "", "/left-pad", npm.ErrNotFound, RefusedEvent{}},
		{"too often", "", "/left-pad", &npm.Error{Kind: npm.ErrTooMany, Guard: "G61", Code: "E_RATE"}, RefusedEvent{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tm := newTeam(t, Options{})
			tm.packages.err = tt.err
			id := tm.sendAs(tt.who, "GET", tt.target, "").Header.Get("X-Request-Id")
			served, refused := tm.witness.events()
			if len(served) > 0 {
				t.Errorf("served %+v", served)
			}
			if tt.want.Guard == "" {
				if len(refused) > 0 {
					t.Errorf("refused %+v", refused)
				}
				return
			}
			tt.want.Address, tt.want.Action, tt.want.Mode, tt.want.Decision = "127.0.0.1", "deny", "enforce", id
			if len(refused) != 1 || time.Since(refused[0].At) > time.Hour {
				t.Fatalf("refused %+v", refused)
			}
			refused[0].At = time.Time{}
			if refused[0] != tt.want {
				t.Errorf("refused %+v, want %+v", refused[0], tt.want)
			}
		})
	}
}

// TestTellingCostsNothing: every tarball is told, so it may not allocate.
func TestTellingCostsNothing(t *testing.T) {
	h := newHarness(t, Options{})
	for range maxWatched { // from then on the watcher keeps nothing
		h.witness.Served(ServedEvent{})
	}
	name, err := npm.ParseName("left-pad")
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange{server: h.server, conn: &conn{peerText: "192.0.2.7"}, principal: accounts.Nobody()}
	if n := testing.AllocsPerRun(100, func() {
		x.handOut(name, "1.3.0")
		x.given.begun = true
		x.witnessServed()
	}); n > 0 {
		t.Errorf("telling allocates %v times", n)
	}
}
