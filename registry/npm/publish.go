package npm

import (
	"errors"
	"fmt"
	"io"
)

// PublishOptions say what ReadPublish may take and where tarballs go.
type PublishOptions struct {
	// Attachment opens what the tarball of an attachment is written to, when
	// its first bytes come. Its errors are passed on.
	Attachment func(key string) (io.Writer, error)
	// MaxDocument bounds what is kept of a body, in bytes: all of it but the
	// tarballs. 0 means 32 MiB.
	MaxDocument int64
	// MaxAttachment bounds one decoded tarball, in bytes; 0 means 500 MiB.
	MaxAttachment int64
	// Grow, where set, is told how many more bytes the document is about to
	// hold in memory; its errors are passed on.
	Grow func(n int64) error
}

func (o PublishOptions) withDefaults() PublishOptions {
	if o.MaxDocument == 0 {
		o.MaxDocument = 32 << 20
	}
	if o.MaxAttachment == 0 {
		o.MaxAttachment = 500 << 20
	}
	if o.Grow == nil {
		o.Grow = func(int64) error { return nil }
	}
	return o
}

// PublishDocument is what a client sends with "PUT /name": a packument with
// one version and its tarball to publish it, or one without tarballs to change
// what is there.
type PublishDocument struct {
	// Name is the member of that name, ID is _id and Rev is _rev; empty where
	// absent.
	Name, ID, Rev string
	// Versions are the versions in document order.
	Versions []PublishVersion
	// Tags are the dist-tags in document order.
	Tags []Tag
	// Access is "public", "restricted", or empty where the client has no wish.
	Access string
	// Readme is the README, a JSON string as it was sent; nil where absent.
	Readme []byte
	// Attachments are the files in document order.
	Attachments []Attachment
	// HasAttachments tells that there are some, though maybe empty ones.
	HasAttachments bool
	// Users maps usernames to whether they starred the package; nil where the
	// document does not say.
	Users map[string]bool
	// Maintainers are the usernames of maintainers; nil where the document does
	// not say.
	Maintainers []string

	hasVersions bool
}

// PublishVersion is one version of a document.
type PublishVersion struct {
	// Key is the version as the document spells it.
	Key string
	// Manifest is its manifest, a JSON object as it was sent.
	Manifest []byte
}

// Attachment is one file that came with a document.
type Attachment struct {
	// Key is the file's name, "@scope/name-1.0.0.tgz".
	Key string
	// ContentType is what the client says the file is.
	ContentType string
	// Length is how many bytes the client says it has, -1 where it does not.
	Length int64
	// Size is how many bytes it has.
	Size int64
	// Text is the content of what is no tarball, such as the sigstore bundle
	// of an attestation; nil for tarballs.
	Text []byte
}

// Deprecation is the wish to deprecate a version, or with an empty Text to
// take that back.
type Deprecation struct {
	Version, Text string
}

// ReadPublish reads the body of "PUT /name". Tarballs, which are attachments
// whose key ends in ".tgz", are decoded while they come and written to
// o.Attachment; memory holds the rest alone. Their base64 must be padded and
// free of white space, as every client writes it.
//
// What is no valid document is ErrInvalid, what is over a limit ErrTooLarge;
// errors of r are passed on. Tarballs may have been written when an error
// comes to light.
func ReadPublish(r io.Reader, o PublishOptions) (*PublishDocument, error) {
	d := &diverter{o: o.withDefaults()}
	if err := d.readFrom(r); err != nil {
		return nil, err
	}
	p := &PublishDocument{}
	if err := p.decode(d.doc); err != nil {
		return nil, publishError(err)
	}
	p.place(d.tarballs)
	return p, nil
}

// invalid refuses a document.
func invalid(text string) error { return &Error{Kind: ErrInvalid, Text: text} }

// publishError words an error of decode.
func publishError(err error) error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return err
	case errors.Is(err, errOverLimit):
		return &Error{Kind: ErrTooLarge, Text: "Package document is over the limits.", Err: err}
	case errors.Is(err, errShape), errors.Is(err, errDuplicate):
		return invalid("Invalid json: " + err.Error())
	}
	// Only in words: the end of a document must not look like the end of a
	// connection.
	return &Error{Kind: ErrInvalid, Text: "Invalid json", Err: errors.New(err.Error())}
}

// chunk is how much of a body is read at once.
const chunk = 64 << 10

// readFrom diverts a whole body.
func (d *diverter) readFrom(r io.Reader) error {
	buf := make([]byte, chunk)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if err := d.feed(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read publish: %w", err)
		}
	}
}
