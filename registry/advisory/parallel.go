package advisory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
)

const (
	// maxWorkers bounds how many records are read at one time.
	maxWorkers = 8
	// batchItems and batchBytes bound what a worker gets at once.
	batchItems = 256
	batchBytes = 1 << 20
)

// item is a record that is still to be read, at a place of its source.
type item struct {
	at string
	// raw is the record, where the source had to be read to find it; else load
	// reads it into a buffer.
	raw  []byte
	load func(*bytes.Buffer) error
}

// batch is some items in order, and what became of them. Whoever waits for done
// may look at takings.
type batch struct {
	items   []item
	takings []taking
	done    chan struct{}
}

// each reads items with several workers and takes them in their order, so that
// it does not matter who was first. What is returned ended the reading.
func (r *reader) each(ctx context.Context, items iter.Seq2[item, error]) error {
	ctx, cancel := context.WithCancelCause(ctx)
	workers := min(runtime.GOMAXPROCS(0), maxWorkers)
	// A batch waits in both: todo is for the workers, queue keeps the order.
	todo, queue := make(chan *batch, workers), make(chan *batch, workers)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel(nil)
	for range workers {
		work.Go(func() { takeBatches(todo) })
	}
	var failed error
	work.Go(func() {
		defer close(queue)
		defer close(todo)
		failed = cut(ctx, items, func(b *batch) error {
			select {
			case queue <- b:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			todo <- b
			return nil
		})
	})
	for b := range queue {
		<-b.done
		for i := range b.takings {
			if err := b.takings[i].fatal; err != nil {
				return fmt.Errorf("%s: %w", shown(b.items[i].at), err)
			}
			r.build.merge(b.items[i].at, &b.takings[i])
		}
	}
	return failed
}

// cut makes batches of items. What comes before an error is sent too.
func cut(ctx context.Context, items iter.Seq2[item, error], send func(*batch) error) error {
	b, size := &batch{done: make(chan struct{})}, 0
	for it, err := range items {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return errors.Join(send(b), err)
		}
		b.items, size = append(b.items, it), size+len(it.raw)
		if len(b.items) < batchItems && size < batchBytes {
			continue
		}
		if err := send(b); err != nil {
			return err
		}
		b, size = &batch{done: make(chan struct{})}, 0
	}
	return send(b)
}

// takeBatches reads the records of batches.
func takeBatches(todo <-chan *batch) {
	var buf bytes.Buffer
	for b := range todo {
		b.takings = make([]taking, len(b.items))
		for i := range b.items {
			b.takings[i] = b.items[i].take(&buf)
		}
		close(b.done)
	}
}

// take reads a record.
func (it *item) take(buf *bytes.Buffer) taking {
	if it.load == nil {
		return takingOf(it.at, it.raw)
	}
	buf.Reset()
	if err := it.load(buf); err != nil {
		return taking{fatal: err}
	}
	return takingOf(it.at, buf.Bytes())
}
