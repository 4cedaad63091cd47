package npm

import (
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkReadPublish reads a publish with a tarball of 50 MB. What is
// allocated must not grow with the tarball.
func BenchmarkReadPublish(b *testing.B) {
	tarball := make([]byte, 50<<20)
	r := rand.NewChaCha8([32]byte{})
	_, _ = r.Read(tarball) // never fails
	body := publishOf(`aGFsbG8=`, base64.StdEncoding.EncodeToString(tarball))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := ReadPublish(strings.NewReader(body), PublishOptions{
			Attachment: func(string) (io.Writer, error) { return io.Discard, nil }})
		if err != nil {
			b.Fatal(err)
		}
	}
}
