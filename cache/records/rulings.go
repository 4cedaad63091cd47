package records

// Ruling is what policy said about the versions of a document.
type Ruling struct {
	// Basis names all that it was judged by. Under another one it means nothing.
	Basis [32]byte
	// Text is the ruling, as whoever made it writes it.
	Text []byte
}

// MaxRuling bounds Ruling.Text, in bytes: what is longer is judged again instead
// of kept.
const MaxRuling = 30 << 10

func (r Ruling) encode() []byte {
	e := newEncoder()
	e.fixed(r.Basis[:])
	return append(e.b, r.Text...)
}

func decodeRuling(b []byte) (Ruling, bool) {
	var r Ruling
	d := newDecoder(b)
	d.fixed(r.Basis[:])
	r.Text = d.b
	return r, !d.failed
}

// Ruling returns the ruling about a name, and whether there is one.
func (s *Store) Ruling(ns, name string) (Ruling, bool, error) {
	return read(s, decodeRuling, tableRuling, ns, name)
}

// PutRuling writes the ruling about a name.
func (s *Store) PutRuling(ns, name string, r Ruling) error {
	return s.write(r.encode(), tableRuling, ns, name)
}
