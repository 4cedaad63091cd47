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

// wireRecord is what is read of a record in OSV's form. Everything named
// database_specific is free in form, and what is not as expected there is as if
// it were missing.
type wireRecord struct {
	ID        string         `json:"id"`
	Modified  string         `json:"modified"`
	Withdrawn string         `json:"withdrawn"`
	Aliases   []string       `json:"aliases"`
	Summary   string         `json:"summary"`
	Severity  []wireSeverity `json:"severity"`
	Affected  []wireAffected `json:"affected"`
	Specific  jsontext.Value `json:"database_specific"`
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
	Versions []string       `json:"versions"`
	Ranges   []wireRange    `json:"ranges"`
	Specific jsontext.Value `json:"database_specific"`
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

// The free parts, one type for each so that an odd one does not hide others.
type (
	// freeSeverity, freeCWEs and freeReview are GitHub's.
	freeSeverity struct {
		Word string `json:"severity"`
	}
	freeCWEs struct {
		IDs []string `json:"cwe_ids"`
	}
	freeReview struct {
		Reviewed bool `json:"github_reviewed"`
	}
	// freeOrigins marks what came from ossf/malicious-packages.
	freeOrigins struct {
		Origins []struct {
			Source string `json:"source"`
		} `json:"malicious-packages-origins"`
	}
	// freeUpper is GitHub's bound of a range that nothing fixes: "<= 1.2.3".
	freeUpper struct {
		Text string `json:"last_known_affected_version_range"`
	}
	// freeKinds and freeIndicators are those of ossf/malicious-packages. Hashes
	// of single files in it are evidence, and may be of harmless files.
	freeKinds struct {
		CWEs []struct {
			ID string `json:"cweId"`
		} `json:"cwes"`
	}
	freeIndicators struct {
		Indicators struct {
			Packages []struct {
				Hashes struct {
					SHA512 string `json:"sha512_sri"`
				} `json:"hashes"`
			} `json:"package_integrity"`
		} `json:"indicators"`
	}
)

// free reads a part that is free in form.
func free[T any](v jsontext.Value) T {
	var t, none T
	if len(v) == 0 || jsonv2.Unmarshal(v, &t) != nil {
		return none
	}
	return t
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
