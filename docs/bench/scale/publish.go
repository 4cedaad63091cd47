package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// publishers is how many clients publish at the same time, and perName how many
// versions a name gets.
const (
	publishers = 8
	perName    = 10
)

// busy is what was measured while packages were published.
type busy struct {
	rows      []result
	published times
	rate      float64
	peak      int64
}

// whilePublishing measures every shape while packages are published.
func (b *bench) whilePublishing(ctx context.Context, root *client, callers []*caller) (*busy, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	due := time.NewTicker(time.Second / time.Duration(b.publishes))
	defer due.Stop()
	stop := make(chan struct{})
	var all sync.WaitGroup
	taken := make([]times, publishers)
	for i := range publishers {
		p := publisher{client: newClient(root.base[:len(root.base)-len("/api/v4")], root.token), prefix: fmt.Sprintf("@load/p%d-%d", began.Unix(), i)}
		all.Go(func() {
			var err error
			if taken[i], err = p.run(ctx, due.C, stop); err != nil {
				cancel(err)
			}
		})
	}
	rows, err := b.shapes(ctx, callers)
	close(stop)
	all.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		return nil, err
	}
	out := &busy{rows: rows, published: slices.Concat(taken...)}
	out.rate = float64(len(out.published)) / time.Since(began).Seconds()
	slices.Sort(out.published)
	if len(out.published) == 0 {
		return nil, errors.New("nothing was published")
	}
	return out, nil
}

// publisher publishes one small package after the other.
type publisher struct {
	*client
	prefix string
}

// run publishes whenever it is due.
func (p *publisher) run(ctx context.Context, due <-chan time.Time, stop <-chan struct{}) (taken times, err error) {
	for n := 0; ; n++ {
		select {
		case <-due:
		case <-stop:
			return taken, nil
		case <-ctx.Done():
			return taken, nil
		}
		name := fmt.Sprintf("%s-%d", p.prefix, n/perName)
		document, err := publication(name, fmt.Sprintf("1.0.%d", n%perName))
		if err != nil {
			return taken, err
		}
		a, err := p.ask(ctx, http.MethodPut, "/projects/local%2Fnpm/packages/npm/"+url.PathEscape(name), bytes.NewReader(document))
		if err != nil {
			return taken, fmt.Errorf("publish: %w", err)
		}
		taken = append(taken, a.took)
	}
}

// publication is what npm sends to publish a package that has only a manifest.
func publication(name, version string) ([]byte, error) {
	manifest, err := json.Marshal(map[string]string{"name": name, "version": version})
	if err != nil {
		return nil, err
	}
	tarball, err := pack(manifest)
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(tarball)
	file := fmt.Sprintf("%s-%s.tgz", name, version)
	return json.Marshal(map[string]any{
		"_id": name, "name": name, "dist-tags": map[string]string{"latest": version},
		"versions": map[string]any{version: map[string]any{"name": name, "version": version, "_id": name + "@" + version,
			"dist": map[string]string{"integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:]), "tarball": "http://registry.example.com/" + file}}},
		"_attachments": map[string]any{file: map[string]any{"content_type": "application/octet-stream",
			"data": base64.StdEncoding.EncodeToString(tarball), "length": len(tarball)}},
	})
}

// pack makes a tarball of a manifest.
func pack(manifest []byte) ([]byte, error) {
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	files := tar.NewWriter(zipped)
	err := files.WriteHeader(&tar.Header{Name: "package/package.json", Mode: 0o644, Size: int64(len(manifest))})
	if err == nil {
		_, err = files.Write(manifest)
	}
	err = errors.Join(err, files.Close(), zipped.Close())
	return out.Bytes(), err
}
