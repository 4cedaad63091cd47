package upstream

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		server, ca := serveTLS(t, http2, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, r.Proto) })
		want := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[http2]
		r, _ := open(t, server.URL, func(s *setup) { s.CAFile = ca })
		if body, err := fetch(t, r); body != want || err != nil {
			t.Errorf("body %q, %v, want %s", body, err, want)
		}
		// Without the authority there is no trust, and no second try either.
		r, events := open(t, server.URL)
		_, err := fetch(t, r)
		wantKind(t, err, npm.ErrUnavailable)
		if n := events.count("attempt failed"); n != 1 {
			t.Errorf("%d tries without trust, want 1", n)
		}
	}
}

func TestTLSVersion(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	r, _ := open(t, server.URL)
	_, err := fetch(t, r)
	if wantKind(t, err, npm.ErrUnavailable); !strings.Contains(err.Error(), "version") {
		t.Errorf("error %v, want one on the version", err)
	}
}

// keyPair writes a self-signed client certificate and its key.
func keyPair(t *testing.T) (cert, key string, parsed *x509.Certificate) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "larder"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	if parsed, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, parsed
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	cert, key, parsed := keyPair(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	clients := x509.NewCertPool()
	clients.AddCert(parsed)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	with, _ := open(t, server.URL, func(s *setup) { s.CAFile, s.ClientCert, s.ClientKey = ca, cert, key })
	if body, err := fetch(t, with); body != "larder" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	without, _ := open(t, server.URL, func(s *setup) { s.CAFile = ca })
	_, err := fetch(t, without)
	wantKind(t, err, npm.ErrUnavailable)
	if with.Namespace() == without.Namespace() {
		t.Error("the certificate does not count as an identity")
	}
}

// A client certificate is a credential: a tarball host that asks for one does
// not learn who larder is to its upstream (G48).
func TestClientCertificateStaysHome(t *testing.T) {
	t.Parallel()
	cert, key, _ := keyPair(t)
	asks := func(handler http.HandlerFunc) *httptest.Server {
		server := httptest.NewUnstartedServer(handler)
		server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
		server.EnableHTTP2 = true
		server.StartTLS()
		t.Cleanup(server.Close)
		return server
	}
	shown := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strconv.Itoa(len(r.TLS.PeerCertificates)))
	}
	files := asks(shown)
	home := asks(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away.tgz" {
			http.Redirect(w, r, files.URL+"/a.tgz", http.StatusFound)
			return
		}
		shown(w, r)
	})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: home.Certificate().Raw}
	if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	r, _ := open(t, home.URL, func(s *setup) {
		s.CAFile, s.ClientCert, s.ClientKey = ca, cert, key
		s.AllowPrivate, s.TarballHosts = true, []string{files.Listener.Addr().String()}
	})
	for place, want := range map[string]string{
		home.URL + "/a.tgz": "1", files.URL + "/a.tgz": "0", home.URL + "/away.tgz": "0",
	} {
		answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "a"), Version: "1.0.0", URL: place})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		if err != nil || string(got) != want {
			t.Errorf("%s: %s certificates were shown, want %s; %v", place, got, want, err)
		}
		answer.Body.Close()
	}
}

// A proxy that tunnels sees neither path nor credentials.
func TestProxyTunnel(t *testing.T) {
	t.Parallel()
	server, ca := serveTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, r.Proto+" "+r.Header.Get("Authorization"))
	})
	seen, ended := make(chan http.Header, 1), make(chan struct{})
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		seen <- r.Header.Clone()
		to, err := net.Dial("tcp", r.Host)
		if err != nil || r.Method != http.MethodConnect {
			t.Errorf("%s %s: %v", r.Method, r.Host, err)
			return
		}
		from, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		join(from, to)
	})
	r, _ := open(t, server.URL, func(s *setup) { s.CAFile, s.Token, s.Proxy = ca, "t", proxy.URL })
	if body, err := fetch(t, r); body != "HTTP/2.0 Bearer t" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	if header := <-seen; header.Get("Authorization") != "" {
		t.Errorf("the proxy saw %v", header)
	}
	// A server does not wait for connections that it gave away.
	r.wiring.close()
	<-ended
}

// join copies both ways until either end closes.
func join(a, b net.Conn) {
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].Close()
		})
	}
	both.Wait()
}

func TestProxyFromEnvironment(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, r.RequestURI) })
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "direct.example.com")
	r, _ := open(t, "http://registry.example.com")
	if body, err := fetch(t, r); body != "http://registry.example.com/pkg" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
}

func TestHeaderDeadline(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		release := make(chan struct{})
		server, ca := serveTLS(t, http2, func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
		r, events := open(t, server.URL, func(s *setup) {
			s.CAFile, s.Timeouts.Header, s.Timeouts.Retry = ca, 50*time.Millisecond, time.Nanosecond
		})
		_, err := fetch(t, r)
		wantKind(t, err, npm.ErrTimeout)
		if n := events.count("attempt timeout"); n != 1 {
			t.Errorf("%d tries, want 1 within the budget", n)
		}
		close(release)
	}
}

func TestTotalDeadline(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	r, events := open(t, server.URL, func(s *setup) { s.Timeouts.Total = 50 * time.Millisecond })
	_, err := fetch(t, r)
	wantKind(t, err, npm.ErrTimeout)
	if !events.saw("attempt timeout") {
		t.Errorf("events %v", events.events)
	}
}

func TestIdleDeadline(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, "{")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	r, _ := open(t, server.URL, func(s *setup) { s.Timeouts.Idle = 50 * time.Millisecond })
	answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := read(t, answer)
	if wantKind(t, err, npm.ErrTimeout); body != "{" {
		t.Errorf("body %q", body)
	}
}

// Clients come with a thousand connections; the upstream must not see them.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	busy, most := 0, 0
	full, release := make(chan struct{}), make(chan struct{})
	fill := sync.OnceFunc(func() { close(full) })
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		busy++
		if most = max(most, busy); busy == maxConns {
			fill()
		}
		mu.Unlock()
		<-release
		writeJSON(w, "{}")
		mu.Lock()
		busy--
		mu.Unlock()
	})
	r, _ := open(t, server.URL)
	var all sync.WaitGroup
	for range 2 * maxConns {
		all.Go(func() {
			answer, err := r.Packument(context.Background(), name(t, "pkg"), Validators{})
			if err != nil {
				t.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, answer.Body)
			if err != nil || answer.Body.Close() != nil {
				t.Error(err)
			}
		})
	}
	<-full
	close(release)
	all.Wait()
	if most != maxConns {
		t.Errorf("%d connections at once, want %d", most, maxConns)
	}
}

func TestManyOverOneHTTP2Connection(t *testing.T) {
	t.Parallel()
	server, ca := serveTLS(t, true, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, "{}") })
	r, _ := open(t, server.URL, func(s *setup) { s.CAFile = ca })
	var all sync.WaitGroup
	for range 4 * maxConns {
		all.Go(func() {
			answer, err := r.Packument(context.Background(), name(t, "pkg"), Validators{})
			if err != nil {
				t.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, answer.Body)
			if err != nil || answer.Body.Close() != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// An absent package must not cost its connection.
func TestConnectionSurvivesErrors(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	conns := map[string]bool{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		conns[r.RemoteAddr] = true
		mu.Unlock()
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error":"Not found"}`)
	})
	r, _ := open(t, server.URL)
	for range 10 {
		_, err := fetch(t, r)
		wantKind(t, err, npm.ErrNotFound)
	}
	if len(conns) != 1 {
		t.Errorf("%d connections, want 1", len(conns))
	}
}

func TestLoop(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, via string
		status    int
		loop      bool
	}{
		{"no Via", "", 200, false},
		{"another larder", "1.1 larder-other", 200, false},
		{"one whose name begins like ours", "1.1 larder-me2", 200, false},
		{"ours", "1.1 larder-me", 200, true},
		{"ours among others", "1.1 edge, 1.1 larder-me (comment)", 200, true},
		{"ours on an error", "1.1 larder-me", 503, true},
		{"told so", "", 508, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.via != "" {
					w.Header().Set("Via", tt.via)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tt.status)
			})
			r, events := open(t, server.URL)
			_, err := fetch(t, r)
			if !tt.loop {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantKind(t, err, npm.ErrLoop)
			if events.count("attempt loop") != 1 {
				t.Errorf("events %v", events.events)
			}
		})
	}
}

// Close must leave nothing behind, whatever is going on.
func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	server, ca := serveTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, "{")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	set, err := New([]Options{{Name: "up", URL: server.URL, CAFile: ca}}, Shared{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := set.Default().Packument(t.Context(), name(t, "pkg"), Validators{})
	if err != nil {
		t.Fatal(err)
	}
	set.Close()
	_, err = read(t, answer)
	wantKind(t, err, npm.ErrBadUpstream)
	_, err = fetch(t, set.Default())
	wantKind(t, err, npm.ErrUnavailable)
	if open := set.Default().wiring.conns.open; len(open) != 0 {
		t.Errorf("%d connections are open", len(open))
	}
}
