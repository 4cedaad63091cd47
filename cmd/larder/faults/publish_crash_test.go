package faults

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/cmd/larder/trial"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// rootToken is the administrator's in these tests.
const rootToken = "larder-root-token-of-a-test"

// publishers is how many publishes are on their way at once.
const publishers = 16

// attempt is one publish and what larder said of it.
type attempt struct {
	doc      registrytest.Document
	answered bool // with 200
}

// TestKilledInPublishes kills larder at a random moment of 200 concurrent
// publishes, round after round on the same data. Every publish that was
// answered is whole afterwards, none that was not is half there, and fsck
// agrees.
func TestKilledInPublishes(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	s := setup{data: t.TempDir(), upstream: reg.URL(), env: []string{"LARDER_ROOT_TOKEN=" + rootToken,
		"LARDER_NAMES_PRIVATE=@crash/*"}}
	rounds := 20
	if testing.Short() || os.Getenv("LARDER_E2E") == "" {
		rounds = 4
	}
	var all []*attempt
	for round := range rounds {
		l := start(t, s)
		list := attempts(round, 200)
		all = append(all, list...)
		time.AfterFunc(time.Duration(rand.IntN(400))*time.Millisecond, func() {
			_ = l.cmd.Process.Kill() // requests go on, into the void
		})
		l.publishAll(list)
		l.kill()
	}
	l := start(t, s)
	answered := 0
	for _, a := range all {
		if a.answered {
			answered++
		}
		l.wholeOrAbsent(t, a)
	}
	t.Logf("%d of %d publishes were answered in %d rounds", answered, len(all), rounds)
	if answered == 0 || answered == len(all) {
		t.Error("no kill came in the middle of the publishes")
	}
	fsck(t, l.data)
	l.stop()
	fsck(t, l.data)
}

// attempts makes the publishes of one round: some of one name, some of names of
// their own, a few with long texts that become blobs.
func attempts(round, n int) []*attempt {
	var list []*attempt
	for i := range n {
		d := registrytest.Document{Name: "@crash/shared", Version: fmt.Sprintf("%d.%d.0", round+1, i)}
		if i%4 == 0 {
			d.Name = fmt.Sprintf("@crash/own-%d-%d", round, i)
		}
		if i%10 == 0 {
			d.Readme = strings.Repeat("long ", 5000)
		}
		list = append(list, &attempt{doc: d})
	}
	return list
}

func (l *larder) publishAll(list []*attempt) {
	next := make(chan *attempt, len(list))
	for _, a := range list {
		next <- a
	}
	close(next)
	var wait sync.WaitGroup
	for range publishers {
		wait.Go(func() {
			for a := range next {
				a.answered = l.publish(a.doc)
			}
		})
	}
	wait.Wait()
}

// publish sends a publish and tells whether it was answered with 200.
func (l *larder) publish(d registrytest.Document) bool {
	q, err := http.NewRequest(http.MethodPut, l.url+packumentPath(d.Name), bytes.NewReader(d.Body()))
	if err != nil {
		return false
	}
	q.Header.Set("Authorization", "Bearer "+rootToken)
	q.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}

// read gets a path as the administrator.
func (l *larder) read(t *testing.T, path string) (int, []byte) {
	t.Helper()
	q, err := http.NewRequest(http.MethodGet, l.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+rootToken)
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// wholeOrAbsent looks at one version: its manifest, its bytes and their hash.
func (l *larder) wholeOrAbsent(t *testing.T, a *attempt) {
	t.Helper()
	what := a.doc.Name + "@" + a.doc.Version
	status, text := l.read(t, packumentPath(a.doc.Name)+"/"+a.doc.Version)
	file := upstreamtest.TarballPath(a.doc.Name, a.doc.Version)
	if status == http.StatusNotFound && !a.answered {
		if status, _ := l.read(t, file); status != http.StatusNotFound {
			t.Errorf("%s has no manifest but a tarball: %d", what, status)
		}
		return
	}
	var manifest struct {
		Dist struct{ Integrity string }
	}
	if err := json.Unmarshal(text, &manifest); status != http.StatusOK || err != nil {
		t.Errorf("%s was answered: %v, and is now %d, %v", what, a.answered, status, err)
		return
	}
	status, data := l.read(t, file)
	sum := sha512.Sum512(data)
	if status != http.StatusOK || !bytes.Equal(data, a.doc.Bytes()) ||
		manifest.Dist.Integrity != "sha512-"+base64.StdEncoding.EncodeToString(sum[:]) {
		t.Errorf("%s: tarball of %d bytes, status %d, does not match", what, len(data), status)
	}
}

// fsck runs larder's own check, through the running server or at rest.
func fsck(t *testing.T, data string) {
	t.Helper()
	path, err := trial.Binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "fsck", "--data", data)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	cmd.Dir = filepath.Dir(data)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("fsck: %v\n%s", err, out)
	}
}
