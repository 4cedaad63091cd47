package npm

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"testing"
)

func sumsOf(text string, want Integrity) Sums {
	h := NewHasher(want)
	_, _ = h.Write([]byte(text))
	return h.Sums()
}

func TestHasher(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("larder"), hashBlock)
	for _, step := range []int{1000, hashBlock, hashBlock + 1, len(data)} {
		for _, alg := range []Algorithm{0, SHA1, SHA256, SHA384, SHA512} {
			var want Integrity
			if alg != 0 {
				want = Integrity{[]sriHash{{alg, string(make([]byte, alg.size()))}}}
			}
			h := NewHasher(want)
			for chunk := range chunks(data, step) {
				if n, err := h.Write(chunk); n != len(chunk) || err != nil {
					t.Fatalf("Write = %d, %v", n, err)
				}
			}
			checkSums(t, h.Sums(), data, alg)
		}
	}
}

func chunks(data []byte, step int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(data) > 0 && yield(data[:min(step, len(data))]) {
			data = data[min(step, len(data)):]
		}
	}
}

func checkSums(t *testing.T, s Sums, data []byte, alg Algorithm) {
	t.Helper()
	if s.SHA512 != sha512.Sum512(data) || s.SHA1 != sha1.Sum(data) || s.Size != int64(len(data)) {
		t.Errorf("%v: wrong sums", alg)
	}
	if s.HasSHA256 != (alg == SHA256) || s.HasSHA384 != (alg == SHA384) {
		t.Errorf("%v: SHA-256 %v, SHA-384 %v", alg, s.HasSHA256, s.HasSHA384)
	}
	if s.HasSHA256 && s.SHA256 != sha256.Sum256(data) || s.HasSHA384 && s.SHA384 != sha512.Sum384(data) {
		t.Errorf("%v: wrong third sum", alg)
	}
}

func TestHasherGoesOnAfterSums(t *testing.T) {
	t.Parallel()
	h := NewHasher(Integrity{})
	empty := h.Sums()
	if empty.SHA512 != sha512.Sum512(nil) || empty.Size != 0 {
		t.Error("wrong sums of nothing")
	}
	_, _ = h.Write([]byte("ab"))
	h.Sums()
	_, _ = h.Write([]byte("c"))
	if s := h.Sums(); s != sumsOf("abc", Integrity{}) || s.Shasum() != "a9993e364706816aba3e25717850c26c9cd0d89d" {
		t.Errorf("got %q", s.Shasum())
	}
	if sum, ok := h.Sums().Integrity().SHA512(); !ok || sum != sha512.Sum512([]byte("abc")) {
		t.Error("the integrity does not hold the SHA-512")
	}
}

func BenchmarkHasher(b *testing.B) {
	data := make([]byte, 1<<20)
	h := NewHasher(Integrity{})
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = h.Write(data)
	}
}
