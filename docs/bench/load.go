package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// drainWait is how long requests under way may go on after the time is up.
const drainWait = 20 * time.Second

// wave is one measurement: so many connections asking for one thing.
type wave struct {
	requests int
	failed   int
	bytes    int64
	wall     time.Duration
	delays   []time.Duration
	why      error // of the last failure
}

// blast keeps conns connections busy with one request for a time. A request
// that is under way when the time is up is waited for and counted.
func blast(ctx context.Context, address string, ask request, conns int, last time.Duration) wave {
	began := time.Now()
	results := make([]wave, conns)
	var all sync.WaitGroup
	for i := range conns {
		all.Go(func() { results[i] = worker(ctx, address, ask, began.Add(last)) })
	}
	all.Wait()
	sum := wave{wall: time.Since(began)}
	for _, w := range results {
		sum.requests += w.requests
		sum.failed += w.failed
		sum.bytes += w.bytes
		sum.delays = append(sum.delays, w.delays...)
		if w.why != nil {
			sum.why = w.why
		}
	}
	slices.Sort(sum.delays)
	return sum
}

func worker(ctx context.Context, address string, ask request, until time.Time) wave {
	var w wave
	c, err := dial(ctx, address, until.Add(drainWait))
	for time.Now().Before(until) && ctx.Err() == nil {
		if err != nil { // of the dial, or of the request before
			w.failed++
			w.why = err
			c.close()
			if c, err = dial(ctx, address, until.Add(drainWait)); err != nil {
				return w
			}
		}
		began := time.Now()
		var got answer
		if got, err = c.do(ask); err == nil && got.status != ask.status {
			err = fmt.Errorf("status %d", got.status)
		}
		if err == nil {
			w.requests++
			w.bytes += got.size
			w.delays = append(w.delays, time.Since(began))
		}
	}
	if err != nil {
		w.failed++
		w.why = err
	}
	c.close()
	return w
}

// percentile of sorted delays.
func percentile(delays []time.Duration, share float64) time.Duration {
	if len(delays) == 0 {
		return 0
	}
	return delays[min(len(delays)-1, int(share*float64(len(delays))))]
}

// request is what is sent, byte by byte, and the status that is expected.
type request struct {
	bytes  []byte
	status int
}

func newRequest(address, path string, status int, headers ...string) request {
	lines := append([]string{"GET " + path + " HTTP/1.1", "Host: " + address}, headers...)
	return request{bytes: []byte(strings.Join(lines, "\r\n") + "\r\n\r\n"), status: status}
}

// answer is what is read of a response.
type answer struct {
	status int
	size   int64
	etag   string
}

// conn is one keep-alive connection.
type conn struct {
	raw net.Conn
	in  *bufio.Reader
}

func dial(ctx context.Context, address string, deadline time.Time) (*conn, error) {
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := raw.SetDeadline(deadline); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return &conn{raw: raw, in: bufio.NewReaderSize(raw, 64<<10)}, nil
}

func (c *conn) close() {
	if c != nil {
		_ = c.raw.Close() // everything that counts has been read
	}
}

// do sends the request and reads the whole response.
func (c *conn) do(ask request) (answer, error) {
	if _, err := c.raw.Write(ask.bytes); err != nil {
		return answer{}, err
	}
	got, length, chunked, err := c.head()
	switch {
	case err != nil:
		return got, err
	case got.status == 304:
		return got, nil
	case chunked:
		got.size, err = c.chunks()
		return got, err
	case length < 0:
		return got, errors.New("response without a length")
	}
	got.size, err = io.CopyN(io.Discard, c.in, length)
	return got, err
}

// head reads the status line and the headers that matter.
func (c *conn) head() (got answer, length int64, chunked bool, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return got, 0, false, err
	}
	if len(line) < 12 {
		return got, 0, false, fmt.Errorf("status line %q", line)
	}
	if got.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return got, 0, false, err
	}
	length = -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return got, 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return got, length, chunked, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return got, 0, false, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		case bytes.EqualFold(name, []byte("ETag")):
			got.etag = string(value)
		}
	}
}

// chunks reads a chunked body.
func (c *conn) chunks() (int64, error) {
	var sum int64
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return sum, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return sum, err
		}
		if _, err := io.CopyN(io.Discard, c.in, size+2); err != nil { // with its line end
			return sum, err
		}
		if sum += size; size == 0 {
			return sum, nil
		}
	}
}
