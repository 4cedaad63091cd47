package npm

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strconv"
	"strings"
)

// Secret is a file of a tarball that seems to hold a secret (G43).
type Secret struct {
	// Path is the file without the package's own directory, as the archive has
	// it.
	Path string
	// What says what it seems to hold, in words for people.
	What string
}

const (
	// maxSearched is the largest file that is searched, in bytes.
	maxSearched = 1 << 20
	// maxSecrets is how many files are found before the search ends, one more
	// than a notice names.
	maxSecrets = 4
	// searched is how much of a file is searched at once, in bytes.
	searched = 32 << 10
	// kept is how much of that is searched again with what follows: more than
	// anything that is found is long.
	kept = 192
	// longLine is how much of a line is looked at, in bytes.
	longLine = 4 << 10
)

// secretSearch looks for secrets in files while they are unpacked. Its memory
// is used for one file after the other.
type secretSearch struct {
	found  []Secret
	window []byte
	lines  *bufio.Reader
}

// look searches one file, whose path is without the package's directory. The
// rest of what it does not read is left.
func (s *secretSearch) look(file string, size int64, r io.Reader) error {
	if size > maxSearched || len(s.found) == maxSecrets {
		return nil
	}
	search := s.searchWindows
	check := lineCheck(path.Base(file))
	if check != nil {
		search = func(r io.Reader) (string, error) { return s.searchLines(r, check) }
	}
	what, err := search(r)
	if err != nil {
		return fmt.Errorf("search file: %w", err)
	}
	if what != "" {
		s.found = append(s.found, Secret{Path: file, What: what})
	}
	return nil
}

// searchWindows looks for what may stand anywhere.
func (s *secretSearch) searchWindows(r io.Reader) (string, error) {
	if s.window == nil {
		s.window = make([]byte, kept+searched)
	}
	held := 0
	for {
		n, err := r.Read(s.window[held:])
		window := s.window[:held+n]
		if what := secretIn(window); what != "" {
			return what, nil
		}
		held = copy(s.window, window[max(0, len(window)-kept):])
		switch {
		case errors.Is(err, io.EOF):
			return "", nil
		case err != nil:
			return "", err
		}
	}
}

// searchLines looks at the beginnings of lines.
func (s *secretSearch) searchLines(r io.Reader, check func(line []byte) string) (string, error) {
	if s.lines == nil {
		s.lines = bufio.NewReaderSize(nil, longLine)
	}
	s.lines.Reset(r)
	inside := false
	for {
		line, more, err := s.lines.ReadLine()
		switch {
		case errors.Is(err, io.EOF):
			return "", nil
		case err != nil:
			return "", err
		}
		if !inside {
			if what := check(bytes.TrimSpace(line)); what != "" {
				return what, nil
			}
		}
		if what := secretIn(line); what != "" {
			return what, nil
		}
		inside = more
	}
}

// lineCheck returns what looks at the lines of files of that name, or nil.
// Files that show how to write an .env are there to be published.
func lineCheck(name string) func(line []byte) string {
	switch {
	case name == ".npmrc":
		return npmrcSecret
	case !strings.HasPrefix(name, ".env"):
		return nil
	}
	switch path.Ext(name) {
	case ".example", ".sample", ".template", ".dist":
		return nil
	}
	return envSecret
}

// npmrcSecret finds a credential that is written out rather than taken from
// the environment.
func npmrcSecret(line []byte) string {
	key, value, ok := bytes.Cut(line, []byte("="))
	if !ok || len(key) == 0 || key[0] == '#' || key[0] == ';' {
		return ""
	}
	value = bytes.Trim(value, " \t\"'")
	if len(value) == 0 || bytes.HasPrefix(value, []byte("${")) {
		return ""
	}
	key = bytes.TrimSpace(key)
	key = key[bytes.LastIndexByte(key, ':')+1:]
	switch string(key) {
	case "_authToken", "_auth", "_password":
		return "registry credentials"
	}
	return ""
}

// envSecret finds a variable that is set.
func envSecret(line []byte) string {
	key, value, ok := bytes.Cut(line, []byte("="))
	if !ok || len(key) == 0 || key[0] == '#' || len(bytes.Trim(value, " \t\"'")) == 0 {
		return ""
	}
	return "environment variables"
}

// secretIn finds what is a secret wherever it stands.
func secretIn(text []byte) string {
	switch {
	case anyAfter(text, []byte("-----BEGIN "), isPrivateKey):
		return "a private key"
	case anyAfter(text, []byte("lrd"), isToken):
		return "a larder token"
	}
	return ""
}

// anyAfter tells whether is holds for the text behind some mark.
func anyAfter(text, mark []byte, is func(rest []byte) bool) bool {
	for {
		at := bytes.Index(text, mark)
		if at < 0 {
			return false
		}
		text = text[at+len(mark):]
		if is(text) {
			return true
		}
	}
}

// isPrivateKey reads on behind "-----BEGIN ". Programs that only know how keys
// begin have no key behind that.
func isPrivateKey(rest []byte) bool {
	const end, body, kind = "PRIVATE KEY-----", 16, 32
	at := bytes.Index(rest[:min(len(rest), kind+len(end))], []byte(end))
	if at < 0 {
		return false
	}
	rest = rest[at+len(end):]
	for _, newline := range []string{"\r", `\r`, "\n", `\n`} {
		rest = bytes.TrimPrefix(rest, []byte(newline))
	}
	if bytes.HasPrefix(rest, []byte("Proc-Type:")) {
		return true
	}
	if len(rest) < body {
		return false
	}
	for _, c := range rest[:body] {
		if !isDigit(c) && !isLetter(c) && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// isToken reads on behind "lrd": the kind, 43 digits and a checksum of six, as
// larder's tokens have them.
func isToken(rest []byte) bool {
	const random, check = 43, 6
	if len(rest) < 2+random+check || strings.IndexByte("pdj", rest[0]) < 0 || rest[1] != '_' {
		return false
	}
	body := append([]byte("lrd"), rest[:2+random]...)
	sum := uint64(crc32.ChecksumIEEE(body))
	digits := rest[2+random : 2+random+check]
	for i := check - 1; i >= 0; i-- {
		if digits[i] != base62[sum%uint64(len(base62))] {
			return false
		}
		sum /= uint64(len(base62))
	}
	return true
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Notice warns whoever published of what seems to be secret, in one line of
// ASCII; empty where nothing does.
func (r *TarReport) Notice() string {
	if len(r.Secrets) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("this package may hold secrets: ")
	for i, s := range r.Secrets {
		if i == maxSecrets-1 {
			b.WriteString(" and more")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		file := s.Path
		if len(file) > shownPath {
			file = file[:shownPath] + "..."
		}
		b.WriteString(strconv.QuoteToASCII(file) + " (" + s.What + ")")
	}
	b.WriteString(". If they are real, unpublish this version and revoke them.")
	return b.String()
}
