package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// refuse is a refusal of a tarball's bytes.
func (f *fetch) refuse(kind error, guard, code, text string) *npm.Error {
	return &npm.Error{Kind: kind, Guard: guard, Code: code,
		Package: f.key.name.String(), Version: f.key.version, Text: text}
}

func (f *fetch) label() string { return f.key.name.String() + "@" + f.key.version }

// otherLength is the refusal of a tarball that changed between two parts of its
// transfer: its readers were promised another length.
func (f *fetch) otherLength() error {
	f.p.deps.Metrics.IntegrityFailed("length")
	return f.refuse(npm.ErrBadUpstream, "G20", "E_LENGTH",
		"upstream changed the length of "+f.label()+" during its transfer")
}

func (f *fetch) verify(want expectation, sums npm.Sums) error {
	metrics := f.p.deps.Metrics
	if declared, _ := f.t.declared(); declared >= 0 && declared != sums.Size {
		metrics.IntegrityFailed("length")
		return f.refuse(npm.ErrBadUpstream, "G20", "E_LENGTH",
			fmt.Sprintf("upstream sent %d bytes of the %d it declared for %s", sums.Size, declared, f.label()))
	}
	if want.integrity.IsZero() {
		return f.checkWhole(sums.Size)
	}
	if err := want.integrity.Verify(sums); err != nil {
		if want.pinned {
			metrics.IntegrityFailed("pin")
			return f.refuse(npm.ErrIntegrity, "G19", "E_INTEGRITY_CHANGED",
				"blocked by registry policy G19 integrity: the tarball of "+f.label()+
					" changed upstream since "+want.pin.FirstSeen.UTC().Format("2006-01-02"))
		}
		metrics.IntegrityFailed("hash")
		return f.refuse(npm.ErrIntegrity, "G20", "E_INTEGRITY",
			"blocked by registry policy G20 integrity: tarball hash mismatch for "+f.label())
	}
	return nil
}

// maxInflated is how far a tarball without a hash is unpacked to find damage.
const maxInflated = 2 << 30

// checkWhole looks for damage in a tarball that nothing declares a hash for.
// Its compression has a checksum of its own, which is enough against accidents:
// what gets past here is pinned for ever. Plain archives have none.
func (f *fetch) checkWhole(size int64) error {
	z, err := gzip.NewReader(bufio.NewReader(io.NewSectionReader(f.t.file, 0, size)))
	if err != nil {
		return nil //nolint:nilerr // not compressed, or no archive at all, which checkManifest says
	}
	z.Multistream(false) // clients do not mind what follows
	n, err := io.Copy(io.Discard, io.LimitReader(z, maxInflated+1))
	switch {
	case err != nil:
		f.p.deps.Metrics.IntegrityFailed("hash")
		return f.refuse(npm.ErrBadUpstream, "G20", "E_DAMAGED", "upstream sent a damaged tarball of "+f.label())
	case n > maxInflated:
		f.p.deps.Metrics.IntegrityFailed("manifest")
		return f.refuse(npm.ErrIntegrity, "G24", "", "tarball expands beyond the limits")
	}
	return nil
}

// checkManifest holds the tarball's own package.json against the name and
// version it is served as.
func (f *fetch) checkManifest(size int64) error {
	m, err := npm.ReadTarManifest(io.NewSectionReader(f.t.file, 0, size))
	if err == nil {
		err = m.Check(f.key.name, f.key.version)
	}
	if err != nil {
		f.p.deps.Metrics.IntegrityFailed("manifest")
		if e := (*npm.Error)(nil); errors.As(err, &e) && e.Guard != "" && e.Code == "" {
			return f.refuse(npm.ErrIntegrity, e.Guard, "E_MANIFEST_CONFUSION",
				"blocked by registry policy "+e.Guard+" manifest: "+e.Text)
		}
		return fmt.Errorf("check tarball: %w", err)
	}
	return nil
}

// pin records the bytes as those that this version means from now on, durably.
func (f *fetch) pin(ctx context.Context, want expectation, sums npm.Sums) error {
	if want.pinned {
		return nil
	}
	stands, err := f.p.deps.Names.Pin(ctx, record.Pin{
		Name: f.key.name.String(), Version: f.key.version,
		SHA512: sums.SHA512, SHA1: sums.SHA1, Size: sums.Size,
		FirstSeen: f.p.opts.Now(), Upstream: f.e.reg.Name(), Declared: f.row.declared().String(),
	})
	if err != nil {
		return cannotStore("pin tarball", err)
	}
	if stands.SHA512 != sums.SHA512 {
		want.pin, want.pinned, want.integrity = stands, true, npm.IntegrityOfSHA512(stands.SHA512)
		return f.verify(want, sums)
	}
	return nil
}
