package disk

import (
	"context"
	"fmt"
)

// Usage is what a store holds.
type Usage struct {
	// Blobs is the number of committed blobs.
	Blobs int64
	// Bytes is the sum of their sizes.
	Bytes int64
}

// Usage tells what the store holds. The first call reads every folder, each
// under its own lock; from then on the numbers are kept as blobs come and go,
// and a call costs no I/O.
func (s *Store) Usage(ctx context.Context) (Usage, error) {
	var total Usage
	for i := range s.shards {
		u, err := s.usageOf(ctx, byte(i))
		if err != nil {
			return Usage{}, fmt.Errorf("count blobs: %w", err)
		}
		total.Blobs += u.Blobs
		total.Bytes += u.Bytes
	}
	return total, nil
}

func (s *Store) usageOf(ctx context.Context, first byte) (Usage, error) {
	shard := &s.shards[first]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if shard.counted {
		return shard.usage, nil
	}
	var u Usage
	for info, err := range s.listShard(ctx, first) {
		if err != nil {
			return Usage{}, err
		}
		u.Blobs++
		u.Bytes += info.Size
	}
	shard.usage, shard.counted = u, true
	return u, nil
}

// add accounts for a change. The caller holds the lock.
func (s *shard) add(blobs, bytes int64) {
	if s.counted {
		s.usage.Blobs += blobs
		s.usage.Bytes += bytes
	}
}
