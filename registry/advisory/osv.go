package advisory

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ecosystem is what OSV calls the packages of this registry.
const ecosystem = "npm"

// wireRecord is what is read of a record in OSV's form.
type wireRecord struct {
	ID        string                `json:"id"`
	Modified  string                `json:"modified"`
	Withdrawn string                `json:"withdrawn"`
	Aliases   []string              `json:"aliases"`
	Summary   string                `json:"summary"`
	Severity  []wireSeverity        `json:"severity"`
	Affected  []wireAffected        `json:"affected"`
	Specific  loose[recordSpecific] `json:"database_specific"`
}

type wireSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type wireAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Versions []string                `json:"versions"`
	Ranges   []wireRange             `json:"ranges"`
	Specific loose[affectedSpecific] `json:"database_specific"`
}

type wireRange struct {
	Type   string      `json:"type"`
	Events []wireEvent `json:"events"`
}

// wireEvent has one of its members.
type wireEvent struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
	Limit        string `json:"limit"`
}

// loose is a part that is free in form, as all that is named database_specific:
// where it is not as expected it is as if it were missing.
type loose[T any] struct{ is T }

// UnmarshalJSONFrom reads the part, whatever it is.
func (l *loose[T]) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	raw, err := from.ReadValue()
	if err != nil {
		return err
	}
	var t T
	if jsonv2.Unmarshal(raw, &t) == nil {
		l.is = t
	}
	return nil
}

// recordSpecific is what databases say of a record.
type recordSpecific struct {
	// Severity, CWEs and Reviewed are GitHub's.
	Severity loose[string]   `json:"severity"`
	CWEs     loose[[]string] `json:"cwe_ids"`
	Reviewed loose[bool]     `json:"github_reviewed"`
	// Origins marks what came from ossf/malicious-packages.
	Origins loose[[]struct {
		Source string `json:"source"`
	}] `json:"malicious-packages-origins"`
}

// affectedSpecific is what databases say of one affected package.
type affectedSpecific struct {
	// Upper is GitHub's bound of a range that nothing fixes: "<= 1.2.3".
	Upper loose[string] `json:"last_known_affected_version_range"`
	// CWEs and Indicators are those of ossf/malicious-packages. Hashes of single
	// files in it are evidence, and may be of harmless files.
	CWEs loose[[]struct {
		ID string `json:"cweId"`
	}] `json:"cwes"`
	Indicators loose[struct {
		Packages []struct {
			Hashes struct {
				SHA512 string `json:"sha512_sri"`
			} `json:"hashes"`
		} `json:"package_integrity"`
	}] `json:"indicators"`
}

// decode reads a record. The name is that of its file, or of its line.
func decode(name string, raw []byte) (*wireRecord, error) {
	w := &wireRecord{}
	if err := jsonv2.Unmarshal(raw, w); err != nil {
		return nil, errors.New("it is no record in OSV's form: " + shown(err.Error()))
	}
	if w.ID == "" {
		w.ID = unnumbered(name, raw)
	}
	if !isID(w.ID) {
		return nil, fmt.Errorf("its identifier %q is malformed", shown(w.ID))
	}
	if _, err := time.Parse(time.RFC3339, w.Modified); err != nil {
		return nil, errors.New("it does not say when it was modified")
	}
	return w, nil
}

// unnumbered names a report that has no number yet: it has none but in the
// name of its file.
func unnumbered(name string, raw []byte) string {
	base := name[strings.LastIndexByte(name, '/')+1:]
	if id, ok := strings.CutSuffix(base, ".json"); ok && strings.HasPrefix(id, unnumberedPrefix) && isID(id) {
		return id
	}
	sum := sha256.Sum256(raw)
	return unnumberedPrefix + hex.EncodeToString(sum[:8])
}

// unnumberedPrefix starts the identifiers of reports that one source handed in
// and that have no number yet.
const unnumberedPrefix = "MAL-0000-"

// isID tells whether a text can be an identifier: it is shown to clients.
func isID(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// shown cuts a text of a feed to what a log can bear.
func shown(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return strings.ToValidUTF8(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '?'
		}
		return c
	}, s), "?")
}
