package badgerstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// writerEnv makes the test binary a process that publishes into the store of
// that folder until it is killed.
const writerEnv = "LARDER_TEST_WRITER"

const killedWriters = 16

func must[R any](r R, err error) R {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	return r
}

// writeForEver prints each version that it was told is kept. Some of what it
// writes fails after it was written, so that transactions start over.
func writeForEver(dir string) {
	s := must(Open(dir, Options{}))
	ctx := context.Background()
	must(0, s.Update(ctx, func(tx record.Tx) error {
		if _, err := tx.Spaces().Project(1); !errors.Is(err, npm.ErrNotFound) {
			return err
		}
		g := must(tx.Spaces().PutGroup(record.Group{Path: "acme", Name: "g", Visibility: record.PublicVisibility}))
		_, err := tx.Spaces().PutProject(record.Project{GroupID: g.ID, Path: "app", Name: "p",
			Visibility: record.PublicVisibility, Registry: record.RegistryEnabled})
		return err
	}))
	run := rand.Uint32()
	fails := errors.New("fails")
	for w := range killedWriters {
		go func() {
			for i := 0; ; i++ {
				version := fmt.Sprintf("%d.%d.%d", run, w, i)
				err := s.Update(ctx, func(tx record.Tx) error {
					if err := publishVersion(tx, version); err != nil || i%7 != 3 {
						return err
					}
					return fails
				})
				if i%7 == 3 && errors.Is(err, fails) {
					continue
				}
				must(0, err)
				// One write of one line, so that a kill leaves whole lines or
				// a last line without its end.
				fmt.Print(version + "\n")
			}
		}()
	}
	select {}
}

// publishVersion writes all records of one version and moves a tag to it.
func publishVersion(tx record.Tx, version string) error {
	k, err := tx.Catalog().PutPackage(record.Package{ProjectID: 1, Type: record.NPM, Name: "lib", Version: version, Status: record.StatusDefault})
	if err != nil {
		return err
	}
	_, errFile := tx.Catalog().PutFile(record.File{PackageID: k.ID, Name: version, SHA512: [64]byte{1}})
	_, errTag := tx.Catalog().PutTag(record.Tag{ProjectID: 1, Package: "lib", Name: "latest", PackageID: k.ID})
	_, errAudit := tx.Audit().Append(record.Entry{Actor: "ann", Action: "package.publish", Target: version})
	text := []byte(version)
	return errors.Join(errFile, errTag, errAudit,
		tx.Catalog().PutManifest(record.Manifest{PackageID: k.ID, Text: record.Text{Inline: text, Size: int64(len(text))}}))
}

// TestKilledProcess kills a process that publishes, at random and again and
// again, and expects every version that it was told is kept, whole, and no
// other one in part.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var acknowledged []string
	for range 5 {
		acknowledged = append(acknowledged, killWriter(t, dir)...)
	}
	s := openStore(t, dir, Options{})
	var found []string
	err := s.View(t.Context(), func(tx record.Tx) error {
		list, err := tx.Catalog().Packages(record.PackageQuery{ProjectID: 1, Name: "lib", Limit: all})
		for _, k := range list {
			found = append(found, k.Version)
			files, errFiles := tx.Catalog().Files(k.ID)
			m, errManifest := tx.Catalog().Manifest(k.ID)
			if len(files) != 1 || files[0].Name != k.Version || string(m.Text.Inline) != k.Version {
				t.Errorf("%s is not whole: %+v, %+v", k.Version, files, m)
			}
			err = errors.Join(err, errFiles, errManifest)
		}
		entries, errEntries := tx.Audit().Entries(0, all)
		tags, errTags := tx.Catalog().Tags(1, "lib")
		if len(entries) != len(list) || len(tags) != 1 || tags[0].PackageID != list[len(list)-1].ID {
			t.Errorf("%d entries of %d versions; tags %+v", len(entries), len(list), tags)
		}
		return errors.Join(err, errEntries, errTags)
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	for _, version := range acknowledged {
		if _, ok := slices.BinarySearch(found, version); !ok {
			t.Errorf("acknowledged %s is lost", version)
		}
	}
	if len(acknowledged) == 0 || len(found)-len(acknowledged) > 5*(maxBatch+killedWriters) {
		t.Errorf("%d acknowledged, %d found", len(acknowledged), len(found))
	}
	checkChanges(t, s, len(found))
}

// checkChanges expects a change for each version and a sequence without a gap
// in what is kept.
func checkChanges(t *testing.T, s *Store, least int) {
	t.Helper()
	last, err := s.Sequence(t.Context())
	if err != nil || last < uint64(least) {
		t.Fatalf("Sequence = %d, %v, of %d versions", last, err, least)
	}
	changes, err := s.Changes(t.Context(), s.trimmed, all)
	if err != nil || uint64(len(changes)) != last-s.trimmed {
		t.Errorf("%d changes from %d to %d, %v", len(changes), s.trimmed, last, err)
	}
}

// killWriter returns what a process acknowledged before it was killed.
func killWriter(t *testing.T, dir string) (acknowledged []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), writerEnv+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	wait := time.Duration(rand.IntN(50)) * time.Millisecond
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		if strings.HasPrefix(line, "error:") {
			t.Error(line)
		}
		if acknowledged = append(acknowledged, line[:len(line)-1]); len(acknowledged) == 100 {
			time.AfterFunc(wait, func() { _ = child.Process.Kill() })
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return acknowledged
}
