package upstream

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// inflater yields the decoded form of a document. Some registries gzip without
// saying so, so the bytes decide: no JSON begins with 1f 8b.
type inflater struct {
	src io.Reader
	// labelled tells that the answer claims to be gzip.
	labelled bool
	decoded  io.Reader
}

// Read implements io.Reader.
func (f *inflater) Read(p []byte) (int, error) {
	if f.decoded == nil {
		if err := f.sniff(); err != nil {
			return 0, err
		}
	}
	return f.decoded.Read(p)
}

func (f *inflater) sniff() error {
	buffered := bufio.NewReader(f.src)
	head, err := buffered.Peek(2)
	if err != nil && err != io.EOF {
		return err
	}
	if !f.labelled && (len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b) {
		f.decoded = buffered
		return nil
	}
	zipped, err := gzip.NewReader(buffered)
	if errors.Is(err, io.EOF) {
		// An empty body that claims to be gzip.
		return gzip.ErrHeader
	}
	if err != nil {
		return err
	}
	f.decoded = zipped
	return nil
}

// isCorrupt tells a deflate stream that makes no sense.
func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	var internal flate.InternalError
	return errors.As(err, &corrupt) || errors.As(err, &internal)
}
