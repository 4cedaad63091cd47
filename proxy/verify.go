package proxy

import (
	"context"
	"fmt"
	"io"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// refuse is a refusal of a tarball's bytes.
func (f *fetch) refuse(kind error, guard, code, text string) *npm.Error {
	return &npm.Error{Kind: kind, Guard: guard, Code: code,
		Package: f.key.name.String(), Version: f.key.version, Text: text}
}

func (f *fetch) label() string { return f.key.name.String() + "@" + f.key.version }

func (f *fetch) verify(want expectation, sums npm.Sums) error {
	metrics := f.p.deps.Metrics
	if declared := f.t.declared(); declared >= 0 && declared != sums.Size {
		metrics.IntegrityFailed("length")
		return f.refuse(npm.ErrBadUpstream, "G20", "E_LENGTH",
			fmt.Sprintf("upstream sent %d bytes of the %d it declared for %s", sums.Size, declared, f.label()))
	}
	if want.integrity.IsZero() {
		return nil
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

// checkManifest holds the tarball's own package.json against the name and
// version it is served as.
func (f *fetch) checkManifest(size int64) error {
	m, err := npm.ReadTarManifest(io.NewSectionReader(f.t.file, 0, size))
	if err == nil {
		err = m.Check(f.key.name, f.key.version)
	}
	if err != nil {
		f.p.deps.Metrics.IntegrityFailed("manifest")
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
