// Package sweep deletes blobs that no record refers to. It owns the order of
// marking and deleting that keeps everything in use; it does not know what
// blobs and records are made of.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"
)

// Blobs is what the sweeper deletes from.
type Blobs interface {
	// Older yields the digests of the blobs last committed before cutoff.
	Older(ctx context.Context, cutoff time.Time) iter.Seq2[[64]byte, error]
	// DeleteOlder deletes the blob if it still was last committed before
	// cutoff, as one step towards any Commit, and tells how many bytes that
	// freed and whether it did.
	DeleteOlder(ctx context.Context, digest [64]byte, cutoff time.Time) (int64, bool, error)
}

// References is what keeps blobs.
type References interface {
	// References calls fn with the digest of every blob that a record refers
	// to, in any order, repeatedly or once. It stops at fn's first error and
	// returns it.
	References(fn func(digest [64]byte) error) error
}

// Options say what to sweep and when. Blobs and References are needed.
type Options struct {
	Blobs      Blobs
	References References
	// Grace spares blobs committed within this time, which records may be about
	// to refer to. It must be longer than any caller takes from a Commit to its
	// record. One hour if zero.
	Grace time.Duration
	// Interval is the time between two sweeps of Run. One hour if zero.
	Interval time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Logger is told what Run did; discarded if nil.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Grace <= 0 {
		o.Grace = time.Hour
	}
	if o.Interval <= 0 {
		o.Interval = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Sweeper deletes what nobody refers to. Sweeps must not overlap.
type Sweeper struct {
	o Options
}

// Result is what one sweep did.
type Result struct {
	// References counts the references found, repeated ones too.
	References int
	// Deleted is the number of blobs that went, Freed their bytes.
	Deleted int
	Freed   int64
	// Took is how long the sweep ran.
	Took time.Duration
}

// New returns a Sweeper.
func New(o Options) *Sweeper {
	return &Sweeper{o.withDefaults()}
}

// Run sweeps each interval, for the first time after one, until ctx ends; that
// is no error. A sweep that fails is logged, and the next one tries again.
func (s *Sweeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(s.o.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.sweepAndLog(ctx)
		}
	}
}

func (s *Sweeper) sweepAndLog(ctx context.Context) {
	result, err := s.Sweep(ctx)
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		// Larder stops; the next process sweeps what is left.
	case err != nil:
		s.o.Logger.Warn("sweep failed", "err", err, "deleted", result.Deleted, "bytes", result.Freed)
	default:
		s.o.Logger.Debug("swept", "deleted", result.Deleted, "bytes", result.Freed, "ms", result.Took.Milliseconds())
	}
}

// Sweep deletes the blobs that were committed longer ago than the grace and
// that nobody refers to. When it fails, Result holds what was done until then;
// when the references cannot be read completely, nothing is deleted.
//
// Nothing in use goes, because a record is written only after a Commit of its
// blob, and Commit renews the blob's time. A record that the marking missed is
// younger than the cutoff, and so is its blob: DeleteOlder spares it.
func (s *Sweeper) Sweep(ctx context.Context) (Result, error) {
	start := s.o.Now()
	cutoff := start.Add(-s.o.Grace)
	var result Result
	marks, err := s.mark(ctx)
	if err != nil {
		return result, fmt.Errorf("mark references: %w", err)
	}
	result.References = marks.len()
	err = s.delete(ctx, marks, cutoff, &result)
	result.Took = s.o.Now().Sub(start)
	return result, err
}

func (s *Sweeper) mark(ctx context.Context) (marks, error) {
	var m marks
	err := s.o.References.References(func(digest [64]byte) error {
		m.add(digest)
		return ctx.Err()
	})
	m.sort()
	return m, err
}

func (s *Sweeper) delete(ctx context.Context, m marks, cutoff time.Time, result *Result) error {
	for digest, err := range s.o.Blobs.Older(ctx, cutoff) {
		if err != nil {
			return fmt.Errorf("list old blobs: %w", err)
		}
		if m.has(digest) {
			continue
		}
		freed, deleted, err := s.o.Blobs.DeleteOlder(ctx, digest, cutoff)
		if err != nil {
			return fmt.Errorf("sweep blob %x: %w", digest, err)
		}
		if deleted {
			result.Deleted++
			result.Freed += freed
		}
	}
	return nil
}
