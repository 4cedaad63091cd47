package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// acceptAbbreviated is what npm sends when an abbreviated document will do.
const acceptAbbreviated = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"

// copySite writes what larder answers into files for nginx: documents in both
// forms, compressed, with tarball URLs of nginx, and all tarballs.
func (b *bench) copySite(ctx context.Context, larder, address, dir string) error {
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o777); err != nil {
		return err
	}
	for _, name := range b.fixture.names() {
		path := "/" + strings.ReplaceAll(url.PathEscape(name), "@", "%40")
		for form, accept := range map[string]string{"full": "application/json", "abbreviated": acceptAbbreviated} {
			file := filepath.Join(dir, form, filepath.FromSlash(name)+".json")
			if err := download(ctx, larder+path, address, accept, file); err != nil {
				return err
			}
		}
	}
	for _, path := range b.fixture.tarballs() {
		file := filepath.Join(dir, "tarballs", filepath.FromSlash(path))
		if err := download(ctx, larder+path, address, "*/*", file); err != nil {
			return err
		}
	}
	return nil
}

// download stores the body of an answer as it came, compressed where the
// server compresses.
func download(ctx context.Context, from, host, accept, file string) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	q.Host = host
	q.Header.Set("Accept", accept)
	q.Header.Set("Accept-Encoding", "gzip")
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or of no use
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", from, resp.Status)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("GET %s: %w", from, err)
	}
	return os.WriteFile(file, body, 0o644)
}
