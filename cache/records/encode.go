package records

import (
	"encoding/binary"
	"time"
)

// layout is the first byte of every value.
const layout = 1

// maxText bounds a text that upstream chose, so that a record stays far below
// the largest value of the database.
const maxText = 4096

// encoder appends the fields of a value.
type encoder struct{ b []byte }

func newEncoder() *encoder { return &encoder{b: append(make([]byte, 0, 384), layout)} }

func (e *encoder) fixed(b []byte) { e.b = append(e.b, b...) }

func (e *encoder) number(n int64) { e.b = binary.AppendVarint(e.b, n) }

// text appends s. A text that is too long is dropped, because these are
// validators and types of upstream: a cut one would be a wrong one.
func (e *encoder) text(s string) {
	if len(s) > maxText {
		s = ""
	}
	e.b = binary.AppendUvarint(e.b, uint64(len(s)))
	e.b = append(e.b, s...)
}

// time appends t with nanoseconds; the zero time stays zero.
func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.number(0)
		e.number(0)
		return
	}
	e.number(t.Unix())
	e.number(int64(t.Nanosecond()) + 1)
}

// decoder reads what encoder appended. After the first failure it returns zero
// values, and ok tells.
type decoder struct {
	b      []byte
	failed bool
}

func newDecoder(b []byte) *decoder {
	if len(b) == 0 || b[0] != layout {
		return &decoder{failed: true}
	}
	return &decoder{b: b[1:]}
}

// ok tells whether everything was read and nothing is left.
func (d *decoder) ok() bool { return !d.failed && len(d.b) == 0 }

func (d *decoder) take(n uint64) []byte {
	if d.failed || n > uint64(len(d.b)) {
		d.failed = true
		return nil
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) fixed(into []byte) { copy(into, d.take(uint64(len(into)))) }

func (d *decoder) number() int64 {
	n, size := binary.Varint(d.b)
	if d.failed || size <= 0 {
		d.failed = true
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) text() string {
	n, size := binary.Uvarint(d.b)
	if d.failed || size <= 0 {
		d.failed = true
		return ""
	}
	d.b = d.b[size:]
	return string(d.take(n))
}

func (d *decoder) time() time.Time {
	sec, nano := d.number(), d.number()
	if nano < 0 || nano > 1e9 {
		d.failed = true
	}
	if nano == 0 || d.failed {
		return time.Time{}
	}
	return time.Unix(sec, nano-1).UTC()
}

func (r Document) encode() []byte {
	e := newEncoder()
	e.fixed(r.Digest[:])
	e.number(r.GzipSize)
	e.number(r.Size)
	e.fixed(r.BodyHash[:])
	e.text(r.ETag)
	e.text(r.LastModified)
	e.time(r.Changed)
	e.time(r.Checked)
	if !r.Gone.IsZero() {
		e.time(r.Gone)
	}
	return e.b
}

func decodeDocument(b []byte) (Document, bool) {
	var r Document
	d := newDecoder(b)
	d.fixed(r.Digest[:])
	r.GzipSize, r.Size = d.number(), d.number()
	d.fixed(r.BodyHash[:])
	r.ETag, r.LastModified = d.text(), d.text()
	r.Changed, r.Checked = d.time(), d.time()
	if !d.failed && len(d.b) > 0 {
		r.Gone = d.time()
	}
	return r, d.ok()
}

func (r Tarball) encode() []byte {
	e := newEncoder()
	e.fixed(r.Digest[:])
	e.number(r.Size)
	e.fixed(r.SHA1[:])
	e.time(r.Stored)
	return e.b
}

func decodeTarball(b []byte) (Tarball, bool) {
	var r Tarball
	d := newDecoder(b)
	d.fixed(r.Digest[:])
	r.Size = d.number()
	d.fixed(r.SHA1[:])
	r.Stored = d.time()
	return r, d.ok()
}

func (r Raw) encode() []byte {
	e := newEncoder()
	e.fixed(r.Digest[:])
	e.number(r.Size)
	e.text(r.ContentType)
	e.time(r.Checked)
	return e.b
}

func decodeRaw(b []byte) (Raw, bool) {
	var r Raw
	d := newDecoder(b)
	d.fixed(r.Digest[:])
	r.Size = d.number()
	r.ContentType = d.text()
	r.Checked = d.time()
	return r, d.ok()
}
