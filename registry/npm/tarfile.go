package npm

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

const (
	// maxManifest is the largest package.json that is read.
	maxManifest = 4 << 20
	// maxUnpacked is how many bytes of an archive are unpacked in search of its
	// package.json. A gigabyte of zeros packs into one megabyte.
	maxUnpacked = 2 << 30
	// maxEntries is how many entries are looked at in that search.
	maxEntries = 100_000
)

// TarManifest is what a tarball's own package.json says it is.
type TarManifest struct {
	Name, Version string
}

// ReadTarManifest reads the package.json of a package's tarball, gzipped or
// plain, and nothing behind it. An archive that cannot be read or has none is
// of kind ErrIntegrity; an error of r itself is passed on.
func ReadTarManifest(r io.Reader) (TarManifest, error) {
	return readTarManifest(r, maxUnpacked)
}

// readTarManifest is ReadTarManifest with a limit that tests can reach.
func readTarManifest(r io.Reader, unpacked int64) (TarManifest, error) {
	source := &watchedReader{r: r}
	text, err := findManifest(source, unpacked)
	if err == nil {
		var m TarManifest
		if m, err = parseManifest(text); err == nil {
			return m, nil
		}
	}
	if source.err != nil {
		return TarManifest{}, fmt.Errorf("read tarball: %w", source.err)
	}
	e := &Error{Kind: ErrIntegrity, Err: err, Guard: "G22", Text: "tarball has no readable package.json"}
	if errors.Is(err, errOverLimit) {
		e.Guard, e.Text = "G24", "tarball expands beyond the limits"
	}
	return TarManifest{}, e
}

// watchedReader remembers an error of its reader, so that it is not mistaken
// for a damaged archive.
type watchedReader struct {
	r   io.Reader
	err error
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// findManifest returns the text of the archive's package.json.
func findManifest(r io.Reader, unpacked int64) ([]byte, error) {
	plain, err := unpack(r)
	if err != nil {
		return nil, err
	}
	archive := tar.NewReader(&cappedReader{r: plain, left: unpacked})
	for range maxEntries {
		h, err := archive.Next()
		// Go reports names that leave the directory with a usable header when
		// GODEBUG asks for it; only the name below matters here.
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return nil, fmt.Errorf("find package.json: %w", err)
		}
		// npm unpacks contiguous files, an obsolete type, like regular ones.
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeCont || !isManifestPath(h.Name) {
			continue
		}
		if h.Size > maxManifest {
			return nil, errOverLimit
		}
		text, err := io.ReadAll(io.LimitReader(archive, maxManifest))
		if err != nil {
			return nil, fmt.Errorf("read package.json: %w", err)
		}
		return text, nil
	}
	return nil, errOverLimit
}

// unpack undoes gzip where it is used. Clients accept plain archives as well,
// and so some mirrors serve them.
func unpack(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	magic, err := buffered.Peek(2)
	if err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		// Too short for gzip: the tar reader says what is wrong.
		return buffered, nil //nolint:nilerr // a read error comes again with the next read
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return z, nil
}

// cappedReader fails, instead of ending, when more than left bytes are read.
type cappedReader struct {
	r    io.Reader
	left int64
}

func (c *cappedReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errOverLimit
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	return n, err
}

// isManifestPath tells whether clients unpack this path to package.json: they
// strip one leading directory, whatever it is called.
func isManifestPath(path string) bool {
	path = strings.TrimPrefix(path, "./")
	dir, file, ok := strings.Cut(path, "/")
	return ok && dir != "" && file == "package.json"
}

// parseManifest reads name and version as JavaScript would: names are
// case-sensitive, and of duplicates the last one counts. encoding/json gets
// the former wrong.
func parseManifest(text []byte) (TarManifest, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	d := jsontext.NewDecoder(bytes.NewBuffer(text),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != jsontext.KindBeginObject {
		return TarManifest{}, errShape
	}
	if _, err := d.ReadToken(); err != nil {
		return TarManifest{}, fmt.Errorf("parse package.json: %w", err)
	}
	var m TarManifest
	for d.PeekKind() != jsontext.KindEndObject {
		if err := m.member(d); err != nil {
			return TarManifest{}, fmt.Errorf("parse package.json: %w", err)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return TarManifest{}, fmt.Errorf("parse package.json: %w", err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return TarManifest{}, errTrailing
	}
	return m, nil
}

// member reads one member of package.json.
func (m *TarManifest) member(d *jsontext.Decoder) error {
	key, err := d.ReadToken()
	if err != nil {
		return err
	}
	var into *string
	switch key.String() {
	case "name":
		into = &m.Name
	case "version":
		into = &m.Version
	default:
		return d.SkipValue()
	}
	*into = ""
	if d.PeekKind() != jsontext.KindString {
		return d.SkipValue()
	}
	value, err := d.ReadToken()
	if err != nil {
		return err
	}
	*into = value.String()
	return nil
}

// Check refuses a tarball that holds another package than it was fetched as
// (G22): yarn installs what the tarball says, whatever the packument said.
// Versions may be spelled differently as far as npm normalises them when it
// publishes: a leading v, loose spelling, build metadata.
func (m TarManifest) Check(name Name, version string) error {
	if strings.TrimSpace(m.Name) == name.String() && sameVersion(m.Version, version) {
		return nil
	}
	return &Error{
		Kind:    ErrIntegrity,
		Text:    "package.json in tarball is not of " + name.String() + "@" + version,
		Guard:   "G22",
		Package: name.String(), Version: version,
	}
}

func sameVersion(a, b string) bool {
	if a == b {
		return true
	}
	va, err := ParseLoose(a)
	if err != nil {
		return false
	}
	vb, err := ParseLoose(b)
	return err == nil && va.Compare(vb) == 0
}
