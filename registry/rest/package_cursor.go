package rest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"

	"github.com/larderhq/larder/registry/catalog"
)

// packageCursor is where a walk through packages goes on. A checksum in front of
// it tells apart what was made here from what was not; it hides nothing.
type packageCursor struct {
	Order catalog.Order `json:"o"`
	Desc  bool          `json:"d,omitempty"`
	Key   string        `json:"k"`
	ID    int64         `json:"i"`
}

const cursorSum = 4

func writePackageCursor(q catalog.Query, p catalog.Position) string {
	text, err := json.Marshal(packageCursor{Order: q.Order, Desc: q.Desc, Key: p.Key, ID: p.ID})
	if err != nil {
		return "" // texts and numbers can always be written
	}
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(text))
	return base64.RawURLEncoding.EncodeToString(append(sum, text...))
}

// packageCursor reads the cursor of a walk; nil where the walk begins.
func (r *Request) packageCursor(q catalog.Query) (*catalog.Position, error) {
	word, err := r.Params.Word("cursor", "")
	if err != nil || word == "" {
		return nil, err
	}
	c, ok := readPackageCursor(word)
	if !ok || c.Order != q.Order || c.Desc != q.Desc {
		return nil, errWrong("cursor is invalid")
	}
	return &catalog.Position{Key: c.Key, ID: c.ID}, nil
}

func readPackageCursor(word string) (packageCursor, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(word)
	if err != nil || len(raw) < cursorSum || binary.BigEndian.Uint32(raw) != crc32.ChecksumIEEE(raw[cursorSum:]) {
		return packageCursor{}, false
	}
	var c packageCursor
	err = json.Unmarshal(raw[cursorSum:], &c)
	return c, err == nil && c.ID > 0
}

// lineCursor is GitLab's cursor of pipelines: the last number that was shown, and
// "n" to go on or "p" to go back.
type lineCursor struct {
	ID   int64  `json:"id,string"`
	Kind string `json:"_kd"`
}

func (c lineCursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return "" // see writePackageCursor
	}
	return base64.URLEncoding.EncodeToString(text)
}

// lineCursor reads the cursor of a walk through pipelines; that of its beginning
// where there is none.
func (r *Request) lineCursor() (lineCursor, error) {
	word, err := r.Params.Word("cursor", "")
	if err != nil || word == "" {
		return lineCursor{Kind: "n"}, err
	}
	c, ok := readLineCursor(word)
	if !ok {
		return c, errWrong("cursor is invalid")
	}
	return c, nil
}

func readLineCursor(word string) (lineCursor, bool) {
	var c lineCursor
	text, err := base64.URLEncoding.DecodeString(word)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	return c, err == nil && c.ID > 0 && (c.Kind == "n" || c.Kind == "p")
}
