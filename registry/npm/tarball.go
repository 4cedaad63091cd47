package npm

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// TarLimits bound the tarball of a publish. Zero values mean the defaults.
type TarLimits struct {
	// Unpacked is how many bytes the archive may unpack to (2 GiB).
	Unpacked int64
	// Entries is how many entries it may have (100,000).
	Entries int
	// Ratio is how many bytes one compressed byte may become, on average, once
	// 10 MiB are unpacked (200).
	Ratio int64
	// Path is the longest path of an entry, in bytes (1,024).
	Path int
	// Known looks up the SHA-256 and the SHA-512 of a file's content, for
	// SurveyTar alone; nil knows nothing. It must not keep sum.
	Known func(sum []byte) (id string, ok bool)
}

func (l TarLimits) withDefaults() TarLimits {
	if l.Unpacked == 0 {
		l.Unpacked = maxUnpacked
	}
	if l.Entries == 0 {
		l.Entries = maxEntries
	}
	if l.Ratio == 0 {
		l.Ratio = 200
	}
	if l.Path == 0 {
		l.Path = 1024
	}
	return l
}

// TarFacts are what a tarball itself says about a version.
type TarFacts struct {
	// Name and Version are those of its package.json.
	Name    string `json:"-"`
	Version string `json:"-"`
	// HasInstallScript tells that its package.json has scripts that run on
	// install.
	HasInstallScript bool `json:"install_script,omitempty"`
	// HasGyp tells that it has a binding.gyp, which runs node-gyp on install.
	HasGyp bool `json:"gyp,omitempty"`
	// HasGypi tells that it has another .gyp or a .gypi beside it, which a
	// binding.gyp may include.
	HasGypi bool `json:"gypi,omitempty"`
	// HasShrinkwrap tells that it has an npm-shrinkwrap.json.
	HasShrinkwrap bool `json:"shrinkwrap,omitempty"`
	// FileCount is how many files it has, UnpackedSize how many bytes they are.
	FileCount    int   `json:"files,omitempty"`
	UnpackedSize int64 `json:"unpacked,omitempty"`
}

// Check refuses a tarball of another package or version than the one that is
// published (G22). Versions may be spelled differently as in
// TarManifest.Check.
func (f TarFacts) Check(name Name, version string) error {
	if f.Name == name.String() && sameVersion(f.Version, version) {
		return nil
	}
	return &Error{
		Kind: ErrUnprocessable, Guard: "G22", Package: name.String(), Version: version,
		Text: "package.json in tarball is not of " + name.String() + "@" + version,
	}
}

// tarBlock is what archives consist of, in bytes.
const tarBlock = 512

// ratioFrom is how many unpacked bytes a ratio is judged by at least.
const ratioFrom = 10 << 20

// tarRefusal is what is wrong with a tarball, and by which guard.
type tarRefusal struct{ guard, text string }

func (t *tarRefusal) Error() string { return t.text }

func refuse(guard, text string) error { return &tarRefusal{guard, text} }

// InspectTar reads the tarball of a publish to its end. All clients must unpack
// it to the same files: where they are known to differ, it is refused. Errors
// are ErrUnprocessable with a guard (G22 to G25); an error of r itself is
// passed on.
func InspectTar(r io.Reader, l TarLimits) (*TarReport, error) {
	source := &watchedReader{r: r}
	i := newInspection(l)
	err := i.read(source)
	if err == nil {
		return i.report(), nil
	}
	if source.err != nil {
		return nil, fmt.Errorf("read tarball: %w", source.err)
	}
	return nil, tarError(err)
}

// tarError words what is wrong with a tarball.
func tarError(err error) *Error {
	e := &Error{Kind: ErrUnprocessable, Guard: "G23", Text: "tarball is not a gzipped tar archive", Err: err}
	var refusal *tarRefusal
	switch {
	case errors.As(err, &refusal):
		e.Guard, e.Text, e.Err = refusal.guard, refusal.text, nil
	case errors.Is(err, errOverLimit):
		e.Guard, e.Text = "G24", "tarball expands beyond the limits"
	}
	return e
}

// inspection is the state of one InspectTar.
type inspection struct {
	limit   TarLimits
	facts   TarFacts
	packed  factReader
	plan    *installPlan
	secrets secretSearch
	entries int
	// top is the one directory that holds everything.
	top string
	// seen holds the paths, with the type of their entries.
	seen map[pathKey]byte
	// manifests counts the entries that clients unpack to package.json.
	manifests int
	// survey is what to go on after a refusal with, or nil.
	survey *survey
	// known looks for files that are known, or is nil.
	known *knownSearch
}

func newInspection(l TarLimits) *inspection {
	return &inspection{limit: l.withDefaults(), packed: newFactReader(), seen: map[pathKey]byte{}}
}

// report is what was found.
func (i *inspection) report() *TarReport {
	return &TarReport{Facts: i.facts, Manifest: i.packed.facts, Secrets: i.secrets.found, plan: i.plan}
}

// read reads the gzip member, the archive in it, and makes sure that nothing
// follows either of them.
func (i *inspection) read(r io.Reader) error {
	packed := &countedReader{r: r}
	buffered := bufio.NewReader(packed)
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	// Some readers stop behind the first member and others go on.
	z.Multistream(false)
	plain := &ratioReader{cappedReader: cappedReader{r: z, left: i.limit.Unpacked}, packed: packed, ratio: i.limit.Ratio}
	if err := i.archive(tar.NewReader(plain)); err != nil {
		return err
	}
	i.survey.ended()
	if err := onlyZeros(plain); err != nil {
		return err
	}
	if plain.n%tarBlock != 0 {
		return refuse("G23", "tar: the archive is cut")
	}
	switch _, err := buffered.ReadByte(); {
	case err == nil:
		return refuse("G25", "gzip: bytes after the end of the archive")
	case !errors.Is(err, io.EOF):
		return err
	}
	if i.manifests == 0 {
		return refuse("G22", "tarball has no package.json")
	}
	return nil
}

// archive reads all entries.
func (i *inspection) archive(t *tar.Reader) error {
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		// A name that leaves the directory is refused below, with its reason.
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return fmt.Errorf("next entry: %w", err)
		}
		if i.entries++; i.entries > i.limit.Entries {
			return refuse("G24", "tarball has too many entries")
		}
		if err := i.entry(h, t); err != nil {
			return err
		}
	}
}

// entry checks one entry and looks at it if it is a file.
func (i *inspection) entry(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return i.survey.note(checkGlobal(h))
	}
	path, err := i.checkHeader(h)
	if err != nil {
		if path, err = i.survey.path(h, err); err != nil {
			return err
		}
	}
	if path == "" || h.Typeflag == tar.TypeDir {
		return nil
	}
	i.facts.FileCount++
	i.facts.UnpackedSize += h.Size
	_, inside, _ := strings.Cut(path, "/")
	if err := i.file(inside, h, i.known.watch(h, content)); err != nil {
		return err
	}
	return i.known.finish()
}

// file looks at a file, whose path is that inside of the package.
func (i *inspection) file(inside string, h *tar.Header, content io.Reader) error {
	i.facts.gyp(inside)
	switch inside {
	case "npm-shrinkwrap.json":
		i.facts.HasShrinkwrap = true
	case "package.json":
		return i.manifest(h, content)
	}
	if i.survey != nil {
		return nil
	}
	return i.secrets.look(inside, h.Size, content)
}

// gyp looks for what node-gyp reads. It finds its files on disks that do not
// tell cases apart as well.
func (f *TarFacts) gyp(inside string) {
	lower := strings.ToLower(inside)
	switch {
	case lower == "binding.gyp":
		f.HasGyp = true
	case strings.Contains(lower, "/"):
	case strings.HasSuffix(lower, ".gyp"), strings.HasSuffix(lower, ".gypi"):
		f.HasGypi = true
	}
}

// manifest reads the package.json.
func (i *inspection) manifest(h *tar.Header, content io.Reader) error {
	i.manifests++
	if h.Size > maxManifest {
		return i.survey.note(refuse("G24", "package.json in tarball is too large"))
	}
	text, err := io.ReadAll(io.LimitReader(content, maxManifest))
	if err != nil {
		return fmt.Errorf("read package.json: %w", err)
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if err := i.readManifest(text); err != nil {
		return i.survey.note(err)
	}
	if i.survey != nil {
		return nil
	}
	return i.secrets.look("package.json", h.Size, bytes.NewReader(text))
}

// readManifest reads the text of a package.json.
func (i *inspection) readManifest(text []byte) error {
	err := i.packed.read(text)
	if parsed := i.facts.parse(text); err != nil || parsed != nil {
		return refuse("G22", "package.json in tarball cannot be read")
	}
	if i.plan, err = readPlan(text); err != nil {
		return refuse("G22", "package.json in tarball cannot be read: "+err.Error())
	}
	return nil
}

// parse reads the text of a package.json. What stands twice is refused, as
// parsers differ about which of the two counts.
func (f *TarFacts) parse(text []byte) error {
	seen := names{}
	return eachMember(text, func(m jsonMember) (err error) {
		switch string(m.name) {
		case "name", "version", "scripts":
			if !seen.add(m.name) {
				return errDuplicate
			}
		}
		switch string(m.name) {
		case "name":
			f.Name, err = stringOf(m.value)
		case "version":
			f.Version, err = stringOf(m.value)
		case "scripts":
			var some bool
			some, err = installs(m.value)
			f.HasInstallScript = f.HasInstallScript || some
		}
		return err
	})
}

// installs tells whether scripts hold one that runs on install.
func installs(scripts []byte) (some bool, err error) {
	if scripts[0] != '{' {
		return false, nil
	}
	err = eachMember(scripts, func(m jsonMember) error {
		some = some || runsOnInstall(m.name) && truthy(m.value)
		return nil
	})
	return some, err
}

// countedReader counts what is read.
type countedReader struct {
	r io.Reader
	n int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ratioReader is a cappedReader that also fails when too much comes out of too
// little.
type ratioReader struct {
	cappedReader
	packed *countedReader
	ratio  int64
	n      int64
}

func (r *ratioReader) Read(p []byte) (int, error) {
	n, err := r.cappedReader.Read(p)
	r.n += int64(n)
	if r.n > ratioFrom && r.n > r.ratio*r.packed.n {
		return 0, errOverLimit
	}
	return n, err
}

// onlyZeros reads to the end. Behind the end of an archive only padding may
// stand: other readers might find more entries there.
func onlyZeros(r io.Reader) error {
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		if len(bytes.Trim(buf[:n], "\x00")) > 0 {
			return refuse("G25", "tar: bytes after the end of the archive")
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read padding: %w", err)
		}
	}
}
