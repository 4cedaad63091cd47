package upstreamtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// leaf starts a registry with the package leaf@1.0.0.
func leaf(t *testing.T) *upstreamtest.Registry {
	t.Helper()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Package{Name: "leaf", Versions: []upstreamtest.Version{{Version: "1.0.0", Padding: 200_000}}})
	return reg
}

func TestAnswersThatLie(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	whole := reg.Bytes("leaf", "1.0.0")
	tests := []struct {
		name  string
		fault upstreamtest.Fault
		check func(a answer) bool
	}{
		{"status", upstreamtest.Status(503), func(a answer) bool { return a.StatusCode == 503 }},
		{"too many", upstreamtest.TooMany(7), func(a answer) bool {
			return a.StatusCode == 429 && a.Header.Get("Retry-After") == "7"
		}},
		{"html", upstreamtest.HTML(), func(a answer) bool {
			return a.StatusCode == 200 && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html")
		}},
		{"redirect", upstreamtest.Redirect(302, "http://10.0.0.1/x"), func(a answer) bool {
			return a.StatusCode == 302 && a.Header.Get("Location") == "http://10.0.0.1/x"
		}},
		{"short", upstreamtest.Short(100), func(a answer) bool {
			return a.err == nil && a.ContentLength == 100 && len(a.body) == 100
		}},
		{"flipped", upstreamtest.Flip(-9), func(a answer) bool {
			return len(a.body) == len(whole) && !bytes.Equal(a.body, whole)
		}},
		{"truncated", upstreamtest.Truncate(1000), func(a answer) bool {
			return errors.Is(a.err, io.ErrUnexpectedEOF) && len(a.body) == 1000 && a.ContentLength == int64(len(whole))
		}},
		{"truncated in chunks", upstreamtest.TruncateChunked(1000), func(a answer) bool {
			return errors.Is(a.err, io.ErrUnexpectedEOF) && len(a.body) == 1000 && a.ContentLength == -1
		}},
		{"chunked", upstreamtest.Chunked(), func(a answer) bool {
			return a.err == nil && a.ContentLength == -1 && bytes.Equal(a.body, whole)
		}},
		{"length too long", upstreamtest.Length(5), func(a answer) bool {
			return errors.Is(a.err, io.ErrUnexpectedEOF) && len(a.body) == len(whole)
		}},
		{"length too short", upstreamtest.Length(-5), func(a answer) bool {
			return a.err == nil && len(a.body) == len(whole)-5
		}},
		{"hidden gzip", upstreamtest.HiddenGzip(), func(a answer) bool {
			return a.Header.Get("Content-Encoding") == "" && a.Header.Get("Content-Type") == "" &&
				bytes.Equal(gunzip(t, a.body), whole)
		}},
		{"bomb", upstreamtest.Bomb(20 << 20), func(a answer) bool {
			return len(a.body) < 1<<20 && len(gunzip(t, a.body)) >= 20<<20
		}},
		{"reset in the body", upstreamtest.Reset(1000), func(a answer) bool {
			return errors.Is(a.err, syscall.ECONNRESET)
		}},
		{"range ignored", reg.NoRange("leaf", "1.0.0"), func(a answer) bool {
			return a.StatusCode == 200 && bytes.Equal(a.body, whole)
		}},
	}
	url := reg.TarballURL("leaf", "1.0.0")
	for _, tt := range tests {
		heal := reg.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), tt.fault)
		var header []string
		if tt.name == "range ignored" {
			header = []string{"Range", "bytes=5-"}
		}
		if a := get(t, url, header...); !tt.check(a) {
			t.Errorf("%s: %d, %d bytes, length %d, %v", tt.name, a.StatusCode, len(a.body), a.ContentLength, a.err)
		}
		heal()
		if a := get(t, url); a.err != nil || !bytes.Equal(a.body, whole) {
			t.Errorf("%s: not healed: %d, %v", tt.name, a.StatusCode, a.err)
		}
	}
}

func TestDocumentsThatLie(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	tests := []struct {
		name  string
		fault upstreamtest.Fault
		want  string
	}{
		{"other name", upstreamtest.OtherName("twig"), `"name":"twig"`},
		{"other key", upstreamtest.OtherKey("1.0.0", "6.6.6"), `"6.6.6":{`},
		{"other manifest name", upstreamtest.OtherManifestName("1.0.0", "twig"), `"name":"twig"`},
		{"other host", reg.TarballsAt("http://files.example.com/"), `"http://files.example.com/leaf/-/leaf-1.0.0.tgz"`},
		{"edited", upstreamtest.Edit(func([]byte) []byte { return []byte("{") }), "{"},
	}
	for _, tt := range tests {
		heal := reg.Fail(upstreamtest.OnPackument("leaf"), tt.fault)
		a := get(t, reg.URL()+"/leaf", "Accept-Encoding", "gzip")
		if !strings.Contains(string(a.body), tt.want) || a.Header.Get("ETag") != "" {
			t.Errorf("%s: %.300s", tt.name, a.body)
		}
		if tt.name != "edited" && !json.Valid(a.body) {
			t.Errorf("%s: no JSON", tt.name)
		}
		heal()
	}
	if strings.Contains(string(reg.Document("leaf")), "twig") {
		t.Error("a lie changed the stored document")
	}
}

func TestHoldBeforeHeaders(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	gate := upstreamtest.NewGate()
	reg.Fail(upstreamtest.OnPackage("leaf"), upstreamtest.Hold(gate))
	done := make(chan int, 1)
	go func() {
		a, err := try(t, reg.URL()+"/leaf")
		if err != nil {
			done <- 0
			return
		}
		done <- a.StatusCode
	}()
	<-gate.Arrived()
	select {
	case got := <-done:
		t.Fatalf("answered %d while held", got)
	default:
	}
	gate.Release()
	if got := <-done; got != http.StatusOK {
		t.Errorf("released: %d", got)
	}
}

func TestHoldInTheBody(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	gate := upstreamtest.NewGate()
	reg.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.HoldBody(1000, gate))
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, reg.TarballURL("leaf", "1.0.0"), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client(t).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	head := make([]byte, 1000)
	if _, err := io.ReadFull(res.Body, head); err != nil {
		t.Fatal(err)
	}
	<-gate.Arrived()
	gate.Release()
	rest, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Equal(append(head, rest...), reg.Bytes("leaf", "1.0.0")) {
		t.Errorf("after the release: %d bytes, %v", len(rest), err)
	}
}

func TestGateSeesTheClientLeave(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	gate := upstreamtest.NewGate()
	reg.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.HoldBody(10, gate))
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, reg.TarballURL("leaf", "1.0.0"), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client(t).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	<-gate.Arrived()
	_ = res.Body.Close()
	<-gate.Left()
}

func TestEndlessBody(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	reg.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.Endless())
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, reg.URL()+"/leaf", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client(t).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(res.Body, 32<<20))
	if n != 32<<20 || err != nil {
		t.Errorf("endless body ended after %d bytes: %v", n, err)
	}
}

func TestResetInsteadOfAnswer(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	reg.Fail(upstreamtest.Everything(), upstreamtest.ResetBefore())
	if _, err := try(t, reg.URL()+"/leaf"); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("reset: %v", err)
	}
	reg.Heal()
	if got := get(t, reg.URL()+"/leaf").StatusCode; got != http.StatusOK {
		t.Errorf("healed: %d", got)
	}
}

func TestFaultsEndAfterTheirTimes(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	reg.Fail(upstreamtest.OnTarget("/leaf"), upstreamtest.Status(500).Times(2))
	reg.Fail(upstreamtest.OnKind(upstreamtest.KindPing), upstreamtest.Status(502))
	for i, want := range []int{500, 500, 200} {
		if got := get(t, reg.URL()+"/leaf").StatusCode; got != want {
			t.Errorf("request %d: %d, want %d", i+1, got, want)
		}
	}
	if got := get(t, reg.URL()+"/-/ping").StatusCode; got != http.StatusBadGateway {
		t.Errorf("other target: %d", got)
	}
}

func TestFaultsTogether(t *testing.T) {
	t.Parallel()
	reg := leaf(t)
	gate := upstreamtest.NewGate()
	reg.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.Flip(20), upstreamtest.HoldBody(50, gate))
	gate.Release()
	a := get(t, reg.TarballURL("leaf", "1.0.0"))
	if a.err != nil || bytes.Equal(a.body, reg.Bytes("leaf", "1.0.0")) {
		t.Errorf("flipped and held: %d bytes, %v", len(a.body), a.err)
	}
	select {
	case <-gate.Arrived():
	default:
		t.Error("the gate saw nobody")
	}
}
