package npm

import (
	"bytes"
	"strings"
)

// diverter takes the tarballs out of a publish while it is read. It follows
// strings and brackets, which is enough to know where it is in any valid
// document, and replaces the strings at _attachments.*.data by empty ones. What
// is wrong outside of those strings is still wrong in what remains, so that the
// decoder behind finds it; what is wrong in them is found here.
type diverter struct {
	o PublishOptions
	// doc is what remains of the document.
	doc []byte
	// depth counts the open brackets; matched counts those of them that lie on
	// the way to an attachment's data.
	depth, matched int
	// last is the last byte outside of strings that is no white space; a
	// closing quote counts.
	last byte
	mode divertMode
	// escaped tells that the byte ahead is escaped.
	escaped bool
	// keyFrom is where the name being read starts in doc, or -1.
	keyFrom int
	// inAttachments and isData tell that the name read last, on the first and
	// the third level, is the one on the way. key is that of the attachment.
	inAttachments, isData bool
	key                   string

	tarball  *tarballData
	tarballs []tarballData
}

type divertMode uint8

const (
	outside divertMode = iota
	inString
	inTarball
)

// maxKey bounds the names on the way to an attachment, in bytes as written.
const maxKey = 1 << 10

// maxTarballs bounds the tarballs of one document. Publishes have one.
const maxTarballs = 16

// feed takes the next bytes of the body.
func (d *diverter) feed(b []byte) error {
	for len(b) > 0 {
		var n int
		var err error
		switch d.mode {
		case outside:
			n, err = d.structure(b)
		case inString:
			n, err = d.text(b)
		case inTarball:
			n, err = d.data(b)
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// structure takes what is outside of strings, up to and with an opening quote.
func (d *diverter) structure(b []byte) (int, error) {
	for i, c := range b {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '"':
			return i + 1, d.open(b[:i+1])
		case '{':
			if d.matched == d.depth && d.enters() {
				d.matched++
			}
			d.depth++
		case '[':
			d.depth++
		case '}', ']':
			d.depth = max(d.depth-1, 0)
			d.matched = min(d.matched, d.depth)
		}
		d.last = c
	}
	return len(b), d.keep(b)
}

// enters tells whether the object that opens lies on the way.
func (d *diverter) enters() bool {
	switch d.depth {
	case 0:
		return true
	case 1:
		return d.last == ':' && d.inAttachments
	case 2:
		return d.last == ':'
	}
	return false
}

// open begins a string; b ends in its quote.
func (d *diverter) open(b []byte) error {
	if err := d.keep(b); err != nil {
		return err
	}
	d.mode, d.keyFrom = inString, -1
	if d.matched == 0 || d.matched != d.depth {
		return nil
	}
	switch {
	case d.last == '{' || d.last == ',':
		d.keyFrom = len(d.doc) - 1
	case d.last == ':' && d.depth == 3 && d.isData && strings.HasSuffix(d.key, ".tgz"):
		return d.divert()
	}
	return nil
}

// text takes a string that stays, up to and with its closing quote.
func (d *diverter) text(b []byte) (int, error) {
	for i, c := range b {
		switch {
		case d.escaped:
			d.escaped = false
		case c == '\\':
			d.escaped = true
		case c == '"':
			return i + 1, d.close(b[:i+1])
		}
	}
	return len(b), d.keep(b)
}

// close ends a string; b ends in its quote.
func (d *diverter) close(b []byte) error {
	d.mode, d.last = outside, '"'
	if err := d.keep(b); err != nil || d.keyFrom < 0 {
		return err
	}
	raw := d.doc[d.keyFrom:]
	if len(raw) > maxKey {
		// Nothing on the first and third level is called so.
		if d.depth == 2 {
			return invalid("Attachment name is too long.")
		}
		raw = []byte(`""`)
	}
	name := unquoted(nil, raw)
	switch d.depth {
	case 1:
		d.inAttachments = string(name) == "_attachments"
	case 2:
		d.key = string(name)
	case 3:
		d.isData = string(name) == "data"
	}
	return nil
}

// divert begins the data of a tarball.
func (d *diverter) divert() error {
	for _, t := range d.tarballs {
		if t.key == d.key {
			return invalid("Attachment stands twice in the document.")
		}
	}
	if len(d.tarballs) == maxTarballs {
		return invalid("Document has too many attachments.")
	}
	d.mode = inTarball
	d.tarballs = append(d.tarballs, tarballData{key: d.key, o: &d.o})
	d.tarball = &d.tarballs[len(d.tarballs)-1]
	return nil
}

// data takes the data of a tarball, up to and with its closing quote.
func (d *diverter) data(b []byte) (int, error) {
	end := bytes.IndexByte(b, '"')
	if end < 0 {
		return len(b), d.tarball.feed(b)
	}
	if err := d.tarball.feed(b[:end]); err != nil {
		return 0, err
	}
	if err := d.tarball.finish(); err != nil {
		return 0, err
	}
	d.mode, d.last = outside, '"'
	return end + 1, d.keep(b[end : end+1])
}

// keep adds bytes to what remains.
func (d *diverter) keep(b []byte) error {
	need := int64(len(d.doc)) + int64(len(b))
	if need > d.o.MaxDocument {
		return &Error{Kind: ErrTooLarge, Text: "Package document is too large."}
	}
	if held := int64(cap(d.doc)); need > held {
		size := min(max(2*held, need, 4<<10), d.o.MaxDocument)
		if err := d.o.Grow(size - held); err != nil {
			return err
		}
		grown := make([]byte, len(d.doc), size)
		copy(grown, d.doc)
		d.doc = grown
	}
	d.doc = append(d.doc, b...)
	return nil
}
