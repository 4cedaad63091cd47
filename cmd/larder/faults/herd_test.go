package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// herdSize is how many ask for the same thing at once.
const herdSize = 200

// herd makes requests at the same time and waits until all share one upstream
// request. already is how many share it before. Everybody must get want.
func (h *herding) herd(t *testing.T, path, kind string, want []byte, already int) (all *sync.WaitGroup) {
	t.Helper()
	series := fmt.Sprintf("larder_flights_shared_total{kind=%q}", kind)
	before := int(h.metric(t, series))
	all = &sync.WaitGroup{}
	for i := range herdSize {
		all.Go(func() {
			if err := h.delivers(path, want); err != nil {
				t.Errorf("client %d of %s: %v", i, path, err)
			}
		})
	}
	eventually(t, patience, func() error {
		if n := int(h.metric(t, series)) - before; n != herdSize+already-1 {
			return fmt.Errorf("%d of %d share the upstream request", n, herdSize+already-1)
		}
		return nil
	})
	return all
}

// delivers compares an answer with what it should be while it comes, since 200
// large ones are too much to keep.
func (h *herding) delivers(path string, want []byte) error {
	resp, err := h.open(context.Background(), path, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	buf, at := make([]byte, 64<<10), 0
	for {
		n, err := resp.Body.Read(buf)
		if !bytes.HasPrefix(want[at:], buf[:n]) {
			return fmt.Errorf("other bytes after %d of %d", at, len(want))
		}
		at += n
		switch {
		case errors.Is(err, io.EOF) && at == len(want):
			return nil
		case err != nil:
			return fmt.Errorf("after %d of %d bytes: %w", at, len(want), err)
		}
	}
}

// wanted is what everybody must get.
func (h *herding) wanted(kind upstreamtest.Kind) []byte {
	if kind == upstreamtest.KindTarball {
		return h.reg.Bytes(h.name, "1.0.0")
	}
	return h.packument(h.reg, h.name)
}

// TestHerds sends 200 first requests at once: upstream gets one.
func TestHerds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		padding int
		tarball bool
	}{
		{"packument", 0, false},
		{"small tarball", 100 << 10, true},
		{"large tarball", largeTarball, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHerding(t, tt.padding)
			path, target, kind := packumentPath(h.name), upstreamtest.OnPackument(h.name), upstreamtest.KindPackument
			if tt.tarball {
				h.served(t, h.get(path), h.reg, h.name)
				path, kind = upstreamtest.TarballPath(h.name, "1.0.0"), upstreamtest.KindTarball
				target = upstreamtest.OnTarball(h.name, "1.0.0")
			}
			gate := upstreamtest.NewGate()
			h.reg.Fail(target, upstreamtest.Hold(gate))
			h.clients.leave()
			before := h.usage(t)
			all := h.herd(t, path, string(kind), h.wanted(kind), 0)
			gate.Release()
			all.Wait()
			if n := h.reg.CountOf(kind, h.name); n != 1 {
				t.Errorf("%d upstream requests", n)
			}
			h.reg.Down()
			h.settled(t, before, herdSlack)
		})
	}
}

// herdSlack is the memory that 200 connections leave behind in pools.
const herdSlack = 64 * mebibyte

// herding is a larder in front of a registry with one package.
type herding struct {
	*larder
	reg  *upstreamtest.Registry
	name string
}

func newHerding(t *testing.T, padding int) *herding {
	t.Helper()
	h := &herding{reg: upstreamtest.New(t), name: "herded"}
	h.reg.Add(upstreamtest.Package{Name: h.name, Versions: []upstreamtest.Version{{Version: "1.0.0", Padding: padding}}})
	h.larder = start(t, setup{upstream: h.reg.URL()})
	return h
}

// TestFirstReaderLeaves makes the request that began the upstream transfer go
// away. Those who joined it must not notice.
func TestFirstReaderLeaves(t *testing.T) {
	t.Parallel()
	t.Run("packument", func(t *testing.T) {
		t.Parallel()
		h := newHerding(t, 0)
		gate := upstreamtest.NewGate()
		h.reg.Fail(upstreamtest.OnPackument(h.name), upstreamtest.Hold(gate))
		leave := h.visit(packumentPath(h.name))
		arrives(t, gate)
		leave()
		h.rest(t, gate, packumentPath(h.name), upstreamtest.KindPackument)
	})
	t.Run("small tarball", func(t *testing.T) {
		t.Parallel()
		h := newHerding(t, 100<<10)
		h.leaveTarball(t, 50<<10)
	})
	t.Run("large tarball", func(t *testing.T) {
		t.Parallel()
		h := newHerding(t, largeTarball)
		h.leaveTarball(t, mebibyte)
	})
}

// leaveTarball leaves while the body is on its way.
func (h *herding) leaveTarball(t *testing.T, sent int) {
	t.Helper()
	gate := upstreamtest.NewGate()
	h.reg.Fail(upstreamtest.OnTarball(h.name, "1.0.0"), upstreamtest.HoldBody(sent, gate))
	path := upstreamtest.TarballPath(h.name, "1.0.0")
	leave := h.visit(path)
	arrives(t, gate)
	leave()
	h.rest(t, gate, path, upstreamtest.KindTarball)
}

// visit makes a request, and returns what breaks it off.
func (h *herding) visit(path string) (leave func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var gone sync.WaitGroup
	gone.Go(func() {
		resp, err := h.open(ctx, path, nil)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body) // it is broken off
	})
	return func() {
		cancel()
		gone.Wait()
	}
}

// rest lets many join what the first one left, half of whom leave too.
func (h *herding) rest(t *testing.T, gate *upstreamtest.Gate, path string, kind upstreamtest.Kind) {
	t.Helper()
	var leavers []func()
	for range 20 {
		leavers = append(leavers, h.visit(path))
	}
	series := fmt.Sprintf("larder_flights_shared_total{kind=%q}", string(kind))
	eventually(t, patience, func() error {
		if n := int(h.metric(t, series)); n != len(leavers) {
			return fmt.Errorf("%d of %d have joined", n, len(leavers))
		}
		return nil
	})
	all := h.herd(t, path, string(kind), h.wanted(kind), 1)
	for _, leave := range leavers {
		leave()
	}
	gate.Release()
	all.Wait()
	if n := h.reg.CountOf(kind, h.name); n != 1 {
		t.Errorf("%d upstream requests", n)
	}
}
