package httpd

import (
	"bytes"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

// Target is a request target, parsed once. It alone decides what is looked up,
// recorded, measured and asked of upstream; the raw target is used for nothing
// else.
type Target struct {
	Op Op
	// Place is where the registry was addressed.
	Place registry.Place
	// Prefix is the path of that place as the client wrote it, without the
	// public URL's own path. The root's is empty.
	Prefix string
	// Name is set for every operation on a package.
	Name npm.Name
	// File is the file name of a tarball, without the scope that it may carry.
	File string
	// Version is the version or dist-tag of a manifest, the version of an
	// attestation.
	Version string
	// Tag is the dist-tag that is to be written.
	Tag string
	// Rev is the revision of a document that is to be written back.
	Rev string
	// Subject is the user or scope that the path names.
	Subject string
	// Secret is a token, the key of one, or the id of a login. It is never
	// logged.
	Secret string
	// Number is that of the package whose page it is, and Second that of its
	// file.
	Number, Second int64
	// Path is the path of a call of GitLab's REST API below the public URL, as
	// it was sent, and Args are its parts that have names.
	Path string
	Args []Arg
	// Query is the raw query without its question mark. It is part of the
	// request and valid only while that is.
	Query []byte
}

// Limits of the path, in bytes and segments. The longest path that means
// anything is a tarball of a scoped name with a long version, every byte of it
// escaped.
const (
	maxPath     = 2048
	maxDecoded  = 1024
	maxSegments = 8
)

// badTarget is a refusal of the grammar. Its text is constant: nothing that
// the client wrote is repeated.
type badTarget struct {
	kind string // label of the metric
	why  string
	// exact, where set, is the whole text, in GitLab's words.
	exact string
	// missing, where set, is what GitLab says was not given.
	missing string
}

// Error returns the text that the client gets.
func (e *badTarget) Error() string {
	switch {
	case e.exact != "":
		return e.exact
	case e.missing != "":
		return e.missing + " not given"
	}
	return "malformed package path: " + e.why
}

func (e *badTarget) Unwrap() error { return npm.ErrInvalid }

func malformed(kind, why string) error { return &badTarget{kind: kind, why: why} }

// errEmptyPart is the refusal of two slashes in a row.
var errEmptyPart = malformed("separator", "it holds an empty part")

// ParseTarget parses the raw target of a request. mount is the path of the
// public URL ("" or "/npm"): it is stripped where the target carries it, and
// may be missing, because front proxies strip it and some clients forget it.
//
// What does not match the grammar is refused, never normalised: two parties
// that normalise differently disagree on which package was asked for.
func ParseTarget(raw []byte, mount string) (Target, error) {
	if len(raw) == 1 && raw[0] == '*' {
		return Target{Op: opServer}, nil
	}
	path, query, err := splitTarget(raw)
	if err != nil {
		return Target{}, err
	}
	rest, mounted := stripMount(path, mount)
	t, err := parsePlaced(rest)
	if mounted && (err != nil || !t.Op.exists()) {
		// A package may have the mount's name, and a front proxy may have
		// stripped the mount already.
		if plain, plainErr := parsePlaced(path); plainErr == nil && plain.Op.exists() {
			t, err = plain, nil
		}
	}
	if err != nil || !t.Op.exists() {
		if once, ok := unrepeated(rest, mount, t.Prefix); ok {
			t, err = once, nil
		}
	}
	if err == nil {
		t.Query = query
	}
	return t, err
}

// parsePlaced parses a path below one of the prefixes. A refusal comes with the
// place alone, whose words it is in.
func parsePlaced(path []byte) (Target, error) {
	if len(path) > len(apiRoot) && string(path[:len(apiRoot)]) == apiRoot {
		return parseAPI(path)
	}
	if t, ok := parsePage(path); ok {
		return t, nil
	}
	return parseRoot(path)
}

// parseRoot parses a path at the root, or what follows another prefix.
func parseRoot(path []byte) (Target, error) {
	if err := checkBytes(path); err != nil {
		return Target{}, err
	}
	return parsePath(path)
}

// splitTarget separates path and query, and drops the authority of an absolute
// form: who we are is decided by configuration and the Host header.
func splitTarget(raw []byte) (path, query []byte, err error) {
	path = raw
	if len(path) == 0 || path[0] != '/' {
		if path = afterAuthority(raw); path == nil {
			return nil, nil, malformed("form", "the target is neither a path nor an http URL")
		}
	}
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path, query = path[:i], path[i+1:]
	}
	if len(path) == 0 {
		path = []byte{'/'}
	}
	if len(path) > maxPath {
		return nil, nil, malformed("length", "the path is too long")
	}
	return path, query, nil
}

// afterAuthority returns what follows the authority of an http URL; it is
// empty, not nil, where nothing does.
func afterAuthority(raw []byte) []byte {
	for _, scheme := range [...]string{"http://", "https://"} {
		if len(raw) <= len(scheme) || !bytes.EqualFold(raw[:len(scheme)], []byte(scheme)) {
			continue
		}
		rest := raw[len(scheme):]
		i := bytes.IndexAny(rest, "/?")
		switch {
		case i == 0:
			return nil
		case i < 0:
			return rest[len(rest):]
		}
		return rest[i:]
	}
	return nil
}

// checkBytes refuses the bytes that have no place in any path, escaped or not.
func checkBytes(path []byte) error {
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' {
			if i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2]) {
				return malformed("escape", "an escape is not two hexadecimal digits")
			}
			c = unhex(path[i+1])<<4 | unhex(path[i+2])
			i += 2
			if c == '%' {
				return malformed("double_encoding", "it is escaped twice")
			}
		}
		switch {
		case c <= ' ' || c >= 0x7f:
			return malformed("character", "it holds controls, spaces or characters outside ASCII")
		case c == '\\' || c == ';' || c == '#' || c == '?' && path[i] != '?':
			return malformed("character", "it holds a character that paths cannot have")
		}
	}
	return nil
}

// stripMount takes the mount's path off the front. The mount alone, without a
// slash after it, is not stripped: there it is the name of a package.
func stripMount(path []byte, mount string) (rest []byte, ok bool) {
	if mount == "" || len(path) <= len(mount) || string(path[:len(mount)]) != mount || path[len(mount)] != '/' {
		return path, false
	}
	return path[len(mount):], true
}

// segment is one decoded part of the path between slashes: where it lies, and
// where its encoded slash is, or -1.
type segment struct{ from, to, slash int }

// segments is the decoded path. It holds indices, not slices, so that it stays
// on the stack.
type segments struct {
	text [maxDecoded]byte
	used int
	list [maxSegments]segment
	n    int
}

// at returns the text of segment i.
func (s *segments) at(i int) []byte { return s.text[s.list[i].from:s.list[i].to] }

// is tells whether segment i exists and is word.
func (s *segments) is(i int, word string) bool {
	return i < s.n && s.list[i].slash < 0 && string(s.at(i)) == word
}

// are tells whether the segments from i on are exactly these words.
func (s *segments) are(i int, words ...string) bool {
	if s.n-i != len(words) {
		return false
	}
	for k, w := range words {
		if !s.is(i+k, w) {
			return false
		}
	}
	return true
}

// plain refuses encoded slashes from segment i on.
func (s *segments) plain(i int) error {
	for ; i < s.n; i++ {
		if s.list[i].slash >= 0 {
			return malformed("separator", "it holds an encoded slash that does not end a scope")
		}
	}
	return nil
}

// plainFile is plain for what follows a package's name: a tarball's file may
// carry the package's own scope.
func (s *segments) plainFile(i int, name npm.Name) error {
	scope := name.Scope()
	for k := i; k < s.n; k++ {
		at := s.list[k].slash
		own := k > i && s.is(k-1, "-") && scope != "" && string(s.at(k)[:max(at, 0)]) == scope
		if at >= 0 && !own {
			return s.plain(k)
		}
	}
	return nil
}

// split cuts path at its literal slashes and decodes each part once. One slash
// at the end changes nothing.
func (s *segments) split(path []byte) error {
	path = path[1:]
	for len(path) > 0 {
		part := path
		if i := bytes.IndexByte(path, '/'); i >= 0 {
			part, path = path[:i], path[i+1:]
		} else {
			path = nil
		}
		switch {
		case len(part) == 0:
			return errEmptyPart
		case s.n == maxSegments:
			return malformed("length", "it has too many parts")
		case s.used+len(part) > len(s.text):
			return malformed("length", "the path is too long")
		}
		if err := s.decode(part); err != nil {
			return err
		}
	}
	return nil
}

// decode appends one part and refuses path steps and encoded slashes that do
// not end a scope.
func (s *segments) decode(part []byte) error {
	seg := segment{from: s.used, slash: -1}
	for i := 0; i < len(part); i++ {
		c := part[i]
		if c == '%' {
			c = unhex(part[i+1])<<4 | unhex(part[i+2])
			i += 2
		}
		if c == '/' {
			if seg.slash >= 0 {
				return malformed("separator", "it holds an encoded slash that does not end a scope")
			}
			seg.slash = s.used - seg.from
		}
		s.text[s.used] = c
		s.used++
	}
	seg.to = s.used
	s.list[s.n] = seg
	s.n++
	return checkSegment(s.text[seg.from:seg.to], seg.slash)
}

func checkSegment(text []byte, slash int) error {
	head, tail := text, []byte(nil)
	if slash >= 0 {
		if text[0] != '@' || slash == 1 || slash == len(text)-1 {
			return malformed("separator", "it holds an encoded slash that does not end a scope")
		}
		head, tail = text[1:slash], text[slash+1:]
	}
	if isDots(head) || isDots(tail) {
		return malformed("traversal", "it holds a path step")
	}
	return nil
}

func isDots(b []byte) bool { return string(b) == "." || string(b) == ".." }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
