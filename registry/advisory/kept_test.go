package advisory

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// shelf is a folder with sources and one with their copies.
type shelf struct {
	*Kept
	t       testing.TB
	dir     string
	private ed25519.PrivateKey
	public  ed25519.PublicKey
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newShelf(t testing.TB, files map[string]string) *shelf {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{t: t, dir: tree(t, files), private: private, public: public}
	s.Kept = NewKept(filepath.Join(s.dir, "kept"))
	return s
}

// sign writes the signature of a file beside it.
func (s *shelf) sign(path string) {
	s.t.Helper()
	path = filepath.Join(s.dir, path)
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path+".sig", []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(s.private, data))), 0o600)
	}
	s.must(err)
}

func (s *shelf) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// source is a source below the folder.
func (s *shelf) source(path string, format Format, signed bool) Source {
	out := Source{Path: filepath.Join(s.dir, path), Format: format}
	if signed {
		out.Key = s.public
	}
	return out
}

// keep loads a source and keeps its copy.
func (s *shelf) keep(source Source) *Set {
	s.t.Helper()
	looked := source.Look(s.t.Context())
	set, lapses, err := s.Load(s.t.Context(), source)
	if err != nil || lapses != nil {
		s.t.Fatalf("load: %v, %v", lapses, err)
	}
	s.must(s.Keep(s.t.Context(), source, looked, noon))
	if c, err := openCopy(s.path(source)); err != nil || c.Close() != nil || c.Looked != looked.String() {
		s.t.Fatalf("the copy: %v", err)
	}
	return set
}

// overwrite writes something else into a file of the source, or of its copy.
func (s *shelf) overwrite(path, text string) {
	s.t.Helper()
	s.must(os.WriteFile(path, []byte(text), 0o600))
}

// library has a source of each kind, signed and not.
func library(t testing.TB) *shelf {
	t.Helper()
	record := mal("MAL-2026-1", "evil", `"versions":["1.0.0"]`)
	unnumbered := mal("", "bad", `"versions":["2.0.0"]`)
	line := strings.ReplaceAll(record, "\n", " ")
	const hidden = "osv/bad/MAL-0000-src-abcd.json"
	sums := fmt.Sprintf("%x  ./a.json\n%x  sub/%s\n", sha256.Sum256([]byte(record)), sha256.Sum256([]byte(unnumbered)), hidden)
	s := newShelf(t, map[string]string{
		"feed.jsonl": line + "\n", "feed.zip": zipOf(t, "a.json", record, hidden, unnumbered),
		"hashes.txt":  strings.Repeat("ab", 32) + " IOC-1\n",
		"dir/a.json":  record,
		"dir/.git/x":  "no record",
		"dir/a/b.txt": "no record", "dir/sub/" + hidden: unnumbered,
		"dir/SHA256SUMS": sums,
	})
	for _, path := range []string{"feed.jsonl", "feed.zip", "hashes.txt", "dir/SHA256SUMS"} {
		s.sign(path)
	}
	return s
}

func TestKept(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, path string
		format     Format
		signed     bool
	}{
		{"lines", "feed.jsonl", Auto, false},
		{"signed lines", "feed.jsonl", Lines, true},
		{"zip", "feed.zip", Zip, false},
		{"signed zip", "feed.zip", Auto, true},
		{"hashes", "hashes.txt", Hashes, false},
		{"signed hashes", "hashes.txt", Hashes, true},
		{"folder", "dir", Folder, false},
		{"folder by its look", "dir", Auto, false},
		{"signed folder", "dir", Auto, true},
	}
	breaks := map[string]func(*shelf, Source){
		"gone": func(s *shelf, source Source) { s.must(os.RemoveAll(source.Path)) },
		"another thing": func(s *shelf, source Source) {
			s.must(os.RemoveAll(source.Path))
			s.overwrite(source.Path, "{")
		},
	}
	for _, c := range cases {
		for how, spoil := range breaks {
			t.Run(c.name+" "+how, func(t *testing.T) {
				t.Parallel()
				s := library(t)
				source := s.source(c.path, c.format, c.signed)
				looked, want := source.Look(t.Context()).String(), s.keep(source)
				spoil(s, source)
				got, lapses, err := s.Load(t.Context(), source)
				if err != nil {
					t.Fatal(err)
				}
				if change := Diff(want, got); len(change.Names) > 0 || change.Hashes || want.Size() != got.Size() {
					t.Errorf("the copy differs: %+v, %+v and %+v", change, want.Size(), got.Size())
				}
				if len(lapses) != 1 || lapses[0].Path != source.Path || !lapses[0].Taken.Equal(noon) || lapses[0].Looked != looked || lapses[0].Err == nil {
					t.Errorf("lapses %+v", lapses)
				}
				if set, err := Load(t.Context(), source); err == nil {
					t.Errorf("without copies: %+v", set.Size())
				}
			})
		}
	}
}

// TestKeptOneOfTwo breaks one source: of the other it is what is there now that
// counts.
func TestKeptOneOfTwo(t *testing.T) {
	t.Parallel()
	s := newShelf(t, map[string]string{
		"a.jsonl": strings.ReplaceAll(mal("MAL-2026-1", "evil", `"versions":["1.0.0"]`), "\n", " "),
		"b.jsonl": strings.ReplaceAll(mal("MAL-2026-2", "bad", `"versions":["1.0.0"]`), "\n", " "),
	})
	a, b := s.source("a.jsonl", Auto, false), s.source("b.jsonl", Auto, false)
	s.keep(a)
	s.keep(b)
	s.overwrite(a.Path, "{")
	s.overwrite(b.Path, strings.ReplaceAll(mal("MAL-2026-3", "worse", `"versions":["1.0.0"]`), "\n", " "))
	set, lapses, err := s.Load(t.Context(), a, b)
	if err != nil || len(lapses) != 1 || lapses[0].Path != a.Path {
		t.Fatalf("lapses %+v, %v", lapses, err)
	}
	for name, want := range map[string]bool{"evil": true, "bad": false, "worse": true} {
		if _, got := set.Malware(nameOf(t, name), "1.0.0"); got != want {
			t.Errorf("%s condemned: %v", name, got)
		}
	}
	never := s.source("never.jsonl", Auto, false)
	if set, _, err := s.Load(t.Context(), a, never); err == nil || strings.Contains(err.Error(), a.Path) || !strings.Contains(err.Error(), never.Path) {
		t.Errorf("one that was never loaded: %v, %v", set, err)
	}
}

func TestKeptRefuses(t *testing.T) {
	t.Parallel()
	other, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(at int) func(*shelf, *Source) {
		return func(s *shelf, source *Source) {
			text, err := os.ReadFile(s.path(*source))
			s.must(err)
			if at < 0 {
				at += len(text)
			}
			text[at] ^= 1
			s.overwrite(s.path(*source), string(text))
		}
	}
	cases := []struct {
		name   string
		signed bool
		change func(*shelf, *Source)
		want   string
	}{
		{"another key", true, func(_ *shelf, source *Source) { source.Key = other }, "the signature does not match"},
		{"a key where there was none", false, func(s *shelf, source *Source) { source.Key = s.public }, "the signature is neither"},
		{"no key any more", true, func(_ *shelf, source *Source) { source.Key = nil }, "not configured any more"},
		{"another format", false, func(_ *shelf, source *Source) { source.Format = Zip }, "read zip"},
		{"damaged", false, damage(-3), "it is damaged"},
		{"damaged and signed", true, damage(-3), "it is damaged"},
		{"damaged header", false, damage(0), "invalid character"},
		{"cut", false, func(s *shelf, source *Source) {
			s.must(os.Truncate(s.path(*source), 20))
		}, "EOF"},
		{"of another path", false, func(s *shelf, source *Source) {
			was := s.path(*source)
			source.Path += "2"
			s.overwrite(source.Path, "{")
			s.must(os.Rename(was, s.path(*source)))
		}, "another source"},
		{"forged", true, func(s *shelf, source *Source) {
			forged := newShelf(s.t, nil)
			forged.private, forged.public = private, other
			forged.Kept = s.Kept
			was := *source
			forged.dir = s.dir
			forged.overwrite(source.Path, strings.ReplaceAll(mal("MAL-2026-9", "x", `"versions":["1.0.0"]`), "\n", " "))
			forged.sign("feed.jsonl")
			source.Key = other
			forged.keep(*source)
			s.overwrite(source.Path, "{")
			*source = was
		}, "the signature does not match"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := library(t)
			source := s.source("feed.jsonl", Auto, c.signed)
			s.keep(source)
			s.overwrite(source.Path, "{")
			c.change(s, &source)
			_, lapses, err := s.Load(t.Context(), source)
			if err == nil || lapses != nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), source.Path) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestKeptByTwoKeys accepts what was kept under another key where the new one signed
// it as well.
func TestKeptByTwoKeys(t *testing.T) {
	t.Parallel()
	s := library(t)
	source := s.source("feed.jsonl", Auto, true)
	s.keep(source)
	// The header names another key; what decides is whether the source's key signed.
	text, err := os.ReadFile(s.path(source))
	s.must(err)
	old := base64.StdEncoding.EncodeToString(s.public)
	s.overwrite(s.path(source), strings.Replace(string(text), old, strings.Repeat("A", 43)+"=", 1))
	s.overwrite(source.Path, "{")
	if _, lapses, err := s.Load(t.Context(), source); err != nil || len(lapses) != 1 {
		t.Errorf("%v, %v", lapses, err)
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	s := library(t)
	source := s.source("feed.jsonl", Auto, false)
	looked := source.Look(t.Context())
	s.keep(source)
	before, err := os.ReadFile(s.path(source))
	s.must(err)
	expect := func(what string, same bool) {
		t.Helper()
		now, err := os.ReadFile(s.path(source))
		if same != bytes.Equal(now, before) {
			t.Errorf("%s: the copy is the same: %v, %v", what, !same, err)
		}
		if left, _ := filepath.Glob(filepath.Join(s.Kept.dir, unfinished+"*")); len(left) > 0 {
			t.Errorf("%s: left %v", what, left)
		}
	}
	s.must(s.Keep(t.Context(), source, looked, noon.Add(time.Hour)))
	expect("unchanged", true)

	rotten := bytes.Clone(before)
	rotten[len(rotten)-2] ^= 1
	s.must(os.WriteFile(s.path(source), rotten, 0o600))
	s.must(s.Keep(t.Context(), source, looked, noon))
	now, err := os.ReadFile(s.path(source))
	s.must(err)
	if bytes.Equal(now, rotten) {
		t.Error("a copy that rotted is left as it is")
	}
	before = now

	s.overwrite(source.Path, strings.ReplaceAll(mal("MAL-2026-4", "four", `"versions":["1.0.0"]`), "\n", " "))
	if err := s.Keep(t.Context(), source, Fingerprint{1}, noon); !errors.Is(err, npm.ErrConflict) {
		t.Errorf("changed since: %v", err)
	}
	expect("changed since", true)

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Keep(gone, source, source.Look(t.Context()), noon); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
	expect("nobody waits", true)

	s.keep(source)
	expect("changed", false)
	source.Key = s.public // nothing was signed with it
	if err := s.Keep(t.Context(), source, looked, noon); err == nil {
		t.Error("kept with the signature of another text")
	}
	if _, err := os.Stat(s.path(source)); !os.IsNotExist(err) {
		t.Errorf("the copy under another key is there: %v", err)
	}
}

// TestPrune removes what no source has any more and what was never finished, and
// nothing that is somebody else's.
func TestPrune(t *testing.T) {
	t.Parallel()
	s := library(t)
	s.must(s.Prune(nil)) // there is no folder yet
	stays, goes := s.source("feed.jsonl", Auto, false), s.source("feed.zip", Auto, false)
	s.keep(stays)
	s.keep(goes)
	half, foreign := filepath.Join(s.Kept.dir, unfinished+"123"), filepath.Join(s.Kept.dir, "notes.copy")
	text, err := os.ReadFile(s.path(stays))
	s.must(err)
	s.overwrite(half, string(text[:len(text)/2]))
	s.overwrite(foreign, "mine")
	s.must(s.Prune([]Source{stays}))
	for path, want := range map[string]bool{s.path(stays): true, foreign: true, s.path(goes): false, half: false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v", path, err == nil)
		}
	}
}

// FuzzCopy checks that no bytes of a copy stop the process, and that none count but
// those that were written.
func FuzzCopy(f *testing.F) {
	for _, path := range []string{"feed.jsonl", "feed.zip", "dir"} {
		for _, signed := range []bool{false, true} {
			s := library(f)
			source := s.source(path, Auto, signed)
			s.keep(source)
			text, err := os.ReadFile(s.path(source))
			s.must(err)
			f.Add(text, signed)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, signed bool) {
		s := newShelf(t, nil)
		source := s.source("feed", Auto, signed)
		s.must(os.Mkdir(s.Kept.dir, 0o700))
		line, body, _ := bytes.Cut(data, []byte("\n"))
		line = bytes.Replace(line, []byte(`"path":"`), []byte(`"path":"`+source.Path+`","was":"`), 1)
		s.overwrite(s.path(source), string(line)+"\n"+string(body))
		_, lapses, err := loader{limits: limits{signed: 1 << 16, total: 1 << 16, record: 1 << 14, entries: 100}, kept: s.Kept}.load(t.Context(), []Source{source})
		if (err == nil) != (len(lapses) == 1) {
			t.Fatalf("%v with %v", lapses, err)
		}
		if err == nil && (signed || !bytes.Contains(line, fmt.Appendf(nil, "%x", sha256.Sum256(body)))) {
			t.Errorf("it counts: %q", data)
		}
	})
}
