package upstream

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers every A question with the next of its addresses, and with
// the last from then on.
type nameServer struct {
	mu      sync.Mutex
	answers []netip.Addr
	asked   int
}

// resolver returns a resolver that asks this server over memory.
func (n *nameServer) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		all.Go(func() {
			defer server.Close()
			n.serve(server)
		})
		return client, nil
	}}
}

// serve answers the questions of one connection, framed as over TCP.
func (n *nameServer) serve(conn net.Conn) {
	frame := make([]byte, 2)
	for {
		if _, err := readFull(conn, frame); err != nil {
			return
		}
		packet := make([]byte, int(frame[0])<<8|int(frame[1]))
		if _, err := readFull(conn, packet); err != nil {
			return
		}
		answer := n.answer(packet)
		if _, err := conn.Write(append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...)); err != nil {
			return
		}
	}
}

func readFull(conn net.Conn, p []byte) (int, error) {
	total := 0
	for total < len(p) {
		n, err := conn.Read(p[total:])
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (n *nameServer) answer(packet []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil {
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	question := m.Questions[0]
	if question.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class},
			Body:   &dnsmessage.AResource{A: n.next().As4()},
		}}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

func (n *nameServer) next() netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := n.answers[min(n.asked, len(n.answers)-1)]
	n.asked++
	return at
}

// A listed host whose name turns to a private address is refused at the
// connection, whatever it resolved to before (rebinding).
func TestDialGuardAfterResolution(t *testing.T) {
	t.Parallel()
	touched := serve(t, func(w http.ResponseWriter, _ *http.Request) { t.Error("the private server was reached") })
	port := portOf(t, touched.URL)
	for _, private := range []string{"127.0.0.1", "10.0.0.5", "169.254.169.254"} {
		t.Run(private, func(t *testing.T) {
			t.Parallel()
			names := &nameServer{answers: []netip.Addr{netip.MustParseAddr(private)}}
			r, events := open(t, "https://registry.example.com", func(s *setup) {
				s.Resolver, s.TarballHosts = names.resolver(t), []string{"http://cdn.example.com:" + port}
			})
			_, err := r.Tarball(t.Context(), TarballRequest{
				Name: name(t, "pkg"), Version: "1.0.0", URL: "http://cdn.example.com:" + port + "/x.tgz",
			})
			fault := wantKind(t, err, npm.ErrBadUpstream)
			if fault.Guard != "G53" || strings.Contains(fault.Text, private) {
				t.Errorf("error %+v", fault)
			}
			if names.asked == 0 || events.count("refused G53") != 1 || events.count("attempt refused") != 1 {
				t.Errorf("asked %d times, events %v", names.asked, events.events)
			}
		})
	}
}

func portOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// The upstream's own address may be private by whatever name; nothing else on
// the same machine may.
func TestDialGuardKnowsItsOwn(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, r.Host) })
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, "other") })
	names := &nameServer{answers: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	host := "registry.example.com:" + portOf(t, server.URL)
	otherHost := "http://registry.example.com:" + portOf(t, other.URL)
	for _, allow := range []bool{false, true} {
		r, _ := open(t, "http://"+host, func(s *setup) {
			s.Resolver, s.AllowPrivate, s.TarballHosts = names.resolver(t), allow, []string{otherHost, other.URL}
		})
		if body, err := fetch(t, r); body != host || err != nil {
			t.Errorf("own host: %q, %v", body, err)
		}
		for _, url := range []string{otherHost, other.URL} {
			answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0", URL: url + "/x.tgz"})
			if !allow {
				wantKind(t, err, npm.ErrBadUpstream)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if body, err := read(t, answer); body != "other" || err != nil {
				t.Errorf("allowed host: %q, %v", body, err)
			}
		}
	}
}

func TestDialGuardControl(t *testing.T) {
	t.Parallel()
	g := &guard{}
	for address, refused := range map[string]bool{
		"8.8.8.8:443": false, "127.0.0.1:80": true, "[::ffff:10.0.0.1]:80": true, "[fe80::1%lo]:80": true,
		"[2606:4700::1111]:443": false, "nonsense": true, "": true,
	} {
		if err := g.control(t.Context(), "tcp", address, nil); (err != nil) != refused {
			t.Errorf("control(%q) = %v, want refused %v", address, err, refused)
		}
	}
}

// Behind a proxy no connection tells the target, so the URL must.
func TestDialGuardBehindProxy(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 4)
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.RequestURI
		writeJSON(w, "proxied")
	})
	r, _ := open(t, "http://registry.example.com", func(s *setup) {
		s.Proxy = proxy.URL
		s.TarballHosts = []string{"http://cdn.example.com", "http://10.0.0.5", "http://[::ffff:a00:5]", "http://localhost"}
	})
	if body, err := fetch(t, r); body != "proxied" || err != nil {
		t.Fatalf("body %q, %v", body, err)
	}
	if got := <-asked; got != "http://registry.example.com/pkg" {
		t.Errorf("the proxy was asked for %s", got)
	}
	for _, url := range []string{"http://10.0.0.5/x.tgz", "http://[::ffff:10.0.0.5]/x.tgz", "http://localhost/x.tgz"} {
		_, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0", URL: url})
		if fault := wantKind(t, err, npm.ErrBadUpstream); fault.Guard != "G53" {
			t.Errorf("error %+v", fault)
		}
	}
	answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0", URL: "http://cdn.example.com/x.tgz"})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := read(t, answer); body != "proxied" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	if got := <-asked; got != "http://cdn.example.com/x.tgz" || len(asked) != 0 {
		t.Errorf("the proxy was asked for %s, and %d more", got, len(asked))
	}
}
