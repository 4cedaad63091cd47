package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// An operation is what a command asks for: JSON in, JSON out. It is the same
// function whether the larder that has the data open runs it, asked over the
// admin socket, or the command itself on data at rest.
type operation func(ctx context.Context, d *desk, in []byte) (any, error)

// desk is what an operation works with.
type desk struct {
	*office
	// cache is what is kept of upstream; nil for an operation whose call does
	// not ask for it.
	cache *proxy.Proxy
	// tell reports progress of long work.
	tell func(progress any)
}

// operate makes an operation of a function with a typed input.
func operate[In, Out any](f func(context.Context, *desk, In) (Out, error)) operation {
	return func(ctx context.Context, d *desk, text []byte) (any, error) {
		var in In
		if err := json.Unmarshal(text, &in); err != nil {
			return nil, fmt.Errorf("read the input: %w", err)
		}
		return f(ctx, d, in)
	}
}

// maxOperationInput bounds what a command may send.
const maxOperationInput = 1 << 20

// message is one JSON value of an answer: any number with progress, then one
// with the result or what went wrong.
type message struct {
	Progress any    `json:"progress,omitempty"`
	Result   any    `json:"result,omitempty"`
	Error    string `json:"error,omitempty"`
}

// handleOperation answers "POST /do/NAME".
func (n *node) handleOperation(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	send := func(m message) {
		// The asker is gone when this fails, and nobody else wants to know.
		_ = out.Encode(m)
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	name := r.PathValue("name")
	do, ok := operations()[name]
	if !ok {
		send(message{Error: "the larder that runs does not know " + name + ": it is of another version than this command"})
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOperationInput))
	if err != nil {
		send(message{Error: "read the input: " + err.Error()})
		return
	}
	result, err := do(r.Context(), &desk{n.office, n.proxy, func(p any) { send(message{Progress: p}) }}, text)
	if err != nil {
		send(message{Error: told(err)})
		return
	}
	send(message{Result: result})
}

// call is an operation that a command wants done.
type call struct {
	name string
	in   any
	// cache tells that the operation works with what is kept of upstream.
	cache bool
	// progress is told how far long work is; nil where nobody looks.
	progress func(json.RawMessage)
}

// do has an operation done by the larder that runs on the data folder, else
// does it on the data at rest, and decodes the result into out.
func (a *app) do(ctx context.Context, c call, out any) error {
	// A running larder has its configuration; that this shell lacks a part of
	// it matters only without one.
	s, wrong := a.load()
	return untilUnlocked(ctx, func() error {
		err := askToDo(ctx, s.Data, c, out)
		if !errors.Is(err, errNoServer) {
			return err
		}
		if wrong != nil {
			return wrong
		}
		return a.doAtRest(ctx, s, c, out)
	})
}

// doAtRest opens the data of a larder that does not run.
func (a *app) doAtRest(ctx context.Context, s *settings, c call, out any) error {
	if !hasData(s.Data) {
		return errNeverRan(s.Data)
	}
	text, err := json.Marshal(c.in)
	if err != nil {
		return fmt.Errorf("write the input: %w", err)
	}
	d, err := a.openDesk(ctx, s, c)
	if err != nil {
		return err
	}
	result, err := operations()[c.name](ctx, d, text)
	if err != nil {
		return errors.Join(errors.New(told(err)), d.close())
	}
	// What comes over a socket is encoded too.
	if text, err = json.Marshal(result); err == nil {
		err = json.Unmarshal(text, out)
	}
	return errors.Join(err, d.close())
}

// openDesk opens as much of the data as a call needs. The caller closes it.
func (a *app) openDesk(ctx context.Context, s *settings, c call) (*desk, error) {
	log, tell := slog.New(slog.DiscardHandler), func(p any) { c.report(p) }
	if c.cache {
		n, err := a.openNode(ctx, s, log)
		if err != nil {
			return nil, err
		}
		n.runCatalog()
		return &desk{n.office, n.proxy, tell}, nil
	}
	o, err := a.openOffice(ctx, s, log)
	if err != nil {
		return nil, err
	}
	return &desk{o, nil, tell}, nil
}

// told words a failure for people: where the registry says it in their words,
// the cause, which is for logs, is left out.
func told(err error) string {
	if e := (*npm.Error)(nil); errors.As(err, &e) {
		return strings.Replace(err.Error(), e.Error(), e.Text, 1)
	}
	return err.Error()
}

// report passes progress on.
func (c call) report(p any) {
	if c.progress == nil {
		return
	}
	if text, err := json.Marshal(p); err == nil {
		c.progress(text)
	}
}

// askToDo puts an operation to the larder that runs on a data folder, or
// returns errNoServer.
func askToDo(ctx context.Context, data string, c call, out any) error {
	text, err := json.Marshal(c.in)
	if err != nil {
		return fmt.Errorf("write the input: %w", err)
	}
	response, done, err := send(ctx, question{data: data, path: "/do/" + c.name, body: text})
	if err != nil {
		return err
	}
	defer done()
	answers := json.NewDecoder(response.Body)
	for {
		var m struct {
			Progress json.RawMessage `json:"progress"`
			Result   json.RawMessage `json:"result"`
			Error    string          `json:"error"`
		}
		if err := answers.Decode(&m); err != nil {
			return fmt.Errorf("the running larder's answer broke off: %w", err)
		}
		switch {
		case m.Error != "":
			return errors.New(m.Error)
		case m.Progress != nil:
			c.report(m.Progress)
		case m.Result != nil:
			return json.Unmarshal(m.Result, out)
		default:
			return errors.New("the running larder's answer is not one to this command: it may be of another version")
		}
	}
}
