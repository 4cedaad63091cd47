package e2e

import (
	"crypto/sha512"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestKilledInAColdInstall kills larder while a tarball is on its way, starts
// it again and installs. Then it deletes the cache at rest and installs again.
func TestKilledInAColdInstall(t *testing.T) {
	t.Parallel()
	c := npmOnPath(t)
	reg := upstreamtest.New(t, upstreamtest.Plain())
	reg.Add(upstreamtest.Fixtures()...)
	direct := c.installIn(t, reg.URL(), "")

	gate := upstreamtest.NewGate()
	reg.Fail(upstreamtest.OnTarball(upstreamtest.BigName, "1.0.0"), upstreamtest.HoldBody(1<<20, gate))
	data := t.TempDir()
	first := start(t, data, reg.URL())
	go func() {
		select {
		case <-gate.Arrived():
			first.kill()
		case <-t.Context().Done():
		}
	}()
	if _, err := fastToFail(c).tryInstall(t, first.url, ""); err == nil {
		t.Error("the install went well without larder")
	}
	first.kill()
	namesFit(t, data)

	reg.Heal()
	second := start(t, data, reg.URL())
	c.installIn(t, second.url, "").tree.equal(t, direct.tree)
	if n := namesFit(t, data); n < 60 {
		t.Errorf("only %d stored files", n)
	}
	second.stop(t)

	if err := os.RemoveAll(filepath.Join(data, "cache")); err != nil {
		t.Fatal(err)
	}
	third := start(t, data, reg.URL())
	c.installIn(t, third.url, "").tree.equal(t, direct.tree)
}

// fastToFail is the client without its minutes of patience.
func fastToFail(c client) client {
	plain := c.config
	c.config = func(registry string) map[string]string {
		files := plain(registry)
		files[".npmrc"] += "fetch-retries=0\n"
		return files
	}
	return c
}

var digestName = regexp.MustCompile(`^[0-9a-f]{128}$`)

// namesFit checks that every stored file has the digest that it is named for.
func namesFit(t *testing.T, data string) int {
	t.Helper()
	files := 0
	err := filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !digestName.MatchString(entry.Name()) {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		if sum := sha512.Sum512(body); hex.EncodeToString(sum[:]) != entry.Name() {
			t.Errorf("%s has other bytes than its name says", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
