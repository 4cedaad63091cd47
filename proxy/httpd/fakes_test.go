package httpd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// fakePackages answers with what a test put into it. It stands for the floor
// below at its seam; the real one is tested with real clients.
type fakePackages struct {
	mu         sync.Mutex
	packuments []proxy.PackumentRequest
	manifests  []proxy.ManifestRequest
	tarballs   []proxy.TarballRequest

	doc     proxy.Answer
	tarball func(r proxy.TarballRequest) (*proxy.Tarball, error)
	err     error
	panics  bool
	wait    chan struct{} // blocks packuments until closed
	entered chan struct{} // gets a value when a packument request waits
}

func (f *fakePackages) Packument(ctx context.Context, r proxy.PackumentRequest) (proxy.Answer, error) {
	f.mu.Lock()
	f.packuments = append(f.packuments, r)
	f.mu.Unlock()
	if f.panics {
		panic("on purpose")
	}
	if f.wait != nil {
		f.entered <- struct{}{}
		select {
		case <-f.wait:
		case <-ctx.Done():
			return proxy.Answer{}, ctx.Err()
		}
	}
	a := f.doc
	if a.Document != nil && r.Form == npm.Abbreviated {
		short := *a.Document
		short.Form = npm.Abbreviated
		a.Document = &short
	}
	return a, f.err
}

func (f *fakePackages) Manifest(_ context.Context, r proxy.ManifestRequest) (proxy.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.manifests = append(f.manifests, r)
	return f.doc, f.err
}

func (f *fakePackages) DistTags(context.Context, npm.Name) (proxy.Answer, error) {
	return f.doc, f.err
}

func (f *fakePackages) Tarball(_ context.Context, r proxy.TarballRequest) (*proxy.Tarball, error) {
	f.mu.Lock()
	f.tarballs = append(f.tarballs, r)
	f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	return f.tarball(r)
}

func (f *fakePackages) asked() (proxy.PackumentRequest, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.packuments) == 0 {
		return proxy.PackumentRequest{}, 0
	}
	return f.packuments[len(f.packuments)-1], len(f.packuments)
}

// fakeServices keeps what it was asked and answers with raw.
type fakeServices struct {
	mu     sync.Mutex
	bodies [][]byte
	query  url.Values
	asked  []string
	raw    proxy.Raw
	err    error
}

func (f *fakeServices) note(what string, body []byte) (proxy.Raw, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, what)
	f.bodies = append(f.bodies, body)
	return f.raw, f.err
}

func (f *fakeServices) Search(_ context.Context, q url.Values) (proxy.Raw, error) {
	f.mu.Lock()
	f.query = q
	f.mu.Unlock()
	return f.note("search", nil)
}

func (f *fakeServices) AuditBulk(_ context.Context, r proxy.AuditRequest) (proxy.Raw, error) {
	return f.note("bulk", r.Body)
}

func (f *fakeServices) AuditQuick(_ context.Context, r proxy.AuditRequest) (proxy.Raw, error) {
	return f.note("quick", r.Body)
}

func (f *fakeServices) Keys(context.Context) (proxy.Raw, error) { return f.note("keys", nil) }

func (f *fakeServices) Attestations(_ context.Context, n npm.Name, v string) (proxy.Raw, error) {
	return f.note("attestations "+n.String()+" "+v, nil)
}

func (f *fakeServices) calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// document returns a ready answer whose identity form is text.
func document(text string) proxy.Answer {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := io.WriteString(z, text)
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err)
	}
	sum := sha256.Sum256([]byte(text))
	tag := hex.EncodeToString(sum[:8])
	return proxy.Answer{Document: &ready.Document{
		Gzip: packed.Bytes(), Size: int64(len(text)),
		ETag: `"` + tag + `"`, GzipETag: `"` + tag + `-gz"`,
		Modified: time.Date(2026, 11, 1, 12, 0, 0, 500, time.UTC),
	}}
}

// storedBody is a stored tarball as the blob store hands it out: a file, and a
// Close that a test can wait for.
type storedBody struct {
	file   *os.File
	closed chan struct{}
	once   sync.Once
}

func (s *storedBody) File() *os.File                          { return s.file }
func (s *storedBody) Read(p []byte) (int, error)              { return s.file.Read(p) }
func (s *storedBody) Seek(off int64, from int) (int64, error) { return s.file.Seek(off, from) }

func (s *storedBody) Close() error {
	err := s.file.Close()
	s.once.Do(func() { close(s.closed) })
	return err
}

// stored returns a source of one stored tarball and the bodies handed out.
func stored(t testing.TB, content []byte, bodies chan<- *storedBody) func(proxy.TarballRequest) (*proxy.Tarball, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blob")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return func(proxy.TarballRequest) (*proxy.Tarball, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		body := &storedBody{file: file, closed: make(chan struct{})}
		if bodies != nil {
			bodies <- body
		}
		return &proxy.Tarball{Size: int64(len(content)), ETag: `"sha512-abc"`, Body: body, Stored: time.Unix(1, 0)}, nil
	}
}
