package disk_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/blob/disk"
)

// These variables turn the test binary into a process that a test can kill or
// confine. They hold the folder of the store.
const (
	commitForever = "BLOB_TEST_COMMIT_FOREVER"
	exceedLimit   = "BLOB_TEST_EXCEED_LIMIT"
)

func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv(commitForever) != "":
		err = runCommitForever(os.Getenv(commitForever))
	case os.Getenv(exceedLimit) != "":
		err = runExceedLimit(os.Getenv(exceedLimit))
	default:
		goleak.VerifyTestMain(m)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is this binary in the role that the variable names.
func child(t *testing.T, role, dir string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), role+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// runCommitForever commits blobs of many sizes from several goroutines and
// prints the digest of each once Commit returned.
func runCommitForever(dir string) error {
	store, err := disk.New(dir, disk.Options{})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for range 4 {
		go func() {
			for {
				if err := commitRandom(store); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

func commitRandom(store *disk.Store) error {
	ctx := context.Background()
	w, err := store.Create(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	var seed [32]byte
	copy(seed[:], fmt.Sprint(rand.Uint64()))
	if _, err := io.CopyN(w, rand.NewChaCha8(seed), rand.Int64N(300_000)); err != nil {
		return err
	}
	if _, err := w.Commit(ctx, w.Sum()); err != nil {
		return err
	}
	_, err = fmt.Println(w.Sum())
	return err
}

func TestKilledWhileCommitting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := make(map[string]bool)
	for range 8 {
		for _, digest := range commitUntilKilled(t, dir, 1+rand.IntN(20)) {
			acknowledged[digest] = true
		}
		for _, path := range filesIn(t, dir) {
			if filepath.Dir(path) == filepath.Join(dir, "tmp") {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(path)
			if got := blob.Digest(sha512.Sum512(data)); got.Hex() != name {
				t.Errorf("%d bytes in %s hash to %s", len(data), name, got)
			}
			delete(acknowledged, name)
		}
		if len(acknowledged) > 0 {
			t.Fatalf("lost after Commit returned: %v", acknowledged)
		}
	}
	open(t, dir)
	if left := filesIn(t, filepath.Join(dir, "tmp")); len(left) > 0 {
		t.Errorf("New leaves %v", left)
	}
}

// commitUntilKilled kills the child after it has acknowledged n commits, in the
// midst of others, and returns all that it acknowledged.
func commitUntilKilled(t *testing.T, dir string, n int) []string {
	t.Helper()
	cmd := child(t, commitForever, dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var digests []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		// The last line may be cut by the kill.
		if len(lines.Text()) == 128 {
			digests = append(digests, lines.Text())
		}
		if len(digests) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(digests) < n {
		t.Fatalf("child ended by itself (%v) after %d commits", err, len(digests))
	}
	return digests
}

// runExceedLimit writes across the limit on file sizes, where the kernel
// takes a part of the bytes and refuses the rest.
func runExceedLimit(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	store, err := disk.New(dir, disk.Options{})
	if err != nil {
		return err
	}
	const limit = 10_000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	w, err := store.Create(context.Background())
	if err != nil {
		return err
	}
	n, err := w.Write(bytes.Repeat([]byte("x"), 3*limit))
	fmt.Println("wrote", n, errors.Is(err, syscall.EFBIG), w.Size())
	n64, err := w.Commit(context.Background(), w.Sum())
	fmt.Println("committed", n64, errors.Is(err, syscall.EFBIG))
	return w.Close()
}

func TestShortWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := child(t, exceedLimit, dir).Output()
	if err != nil {
		t.Fatalf("child: %v", err)
	}
	want := "wrote 10000 true 10000\ncommitted 0 true\n"
	if got := string(out); !strings.HasPrefix(got, want) {
		t.Errorf("child printed %q, want %q", got, want)
	}
	if left := filesIn(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
