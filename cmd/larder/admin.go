package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// adminSocket is where commands talk to a running larder. Who may open the
// file may ask; the file system decides.
const adminSocket = "admin.sock"

// maxSocketPath is what fits into a socket's address on every system.
const maxSocketPath = 103

// adminServer answers the commands of this machine.
type adminServer struct {
	http     *http.Server
	listener net.Listener
	release  func()
	// cancel ends what is being answered.
	cancel context.CancelFunc
}

// listenAdmin opens the socket. The lock of the data folder is held by now, so
// a file that is there already is a leftover.
func listenAdmin(n *node) (*adminServer, error) {
	path, release, err := socketPath(n.settings.Data)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		release()
		return nil, fmt.Errorf("remove old admin socket: %w", err)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		release()
		return nil, fmt.Errorf("admin socket in %s cannot be made: %w; choose another folder with --data", n.settings.Data, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		release()
		return nil, errors.Join(fmt.Errorf("protect admin socket: %w", err), ln.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &adminServer{
		http: &http.Server{
			Handler:           adminHandler(n),
			ReadHeaderTimeout: 10 * time.Second,
			BaseContext:       func(net.Listener) context.Context { return ctx },
		},
		listener: ln, release: release, cancel: cancel,
	}, nil
}

// socketPath returns a path of the socket that fits into a socket's address. A
// folder with a long path is reached through its open descriptor, which the
// caller releases once the socket is not used any more.
func socketPath(data string) (path string, release func(), err error) {
	path = filepath.Join(data, adminSocket)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	dir, err := os.Open(data)
	if err != nil {
		return "", nil, fmt.Errorf("open data folder: %w", err)
	}
	short := fmt.Sprintf("/proc/self/fd/%d", dir.Fd())
	if _, err := os.Stat(short); err != nil {
		return "", nil, errors.Join(fmt.Errorf("the path of the data folder is too long for a socket (%d bytes): choose a shorter one with --data", len(path)), dir.Close())
	}
	return filepath.Join(short, adminSocket), func() { _ = dir.Close() }, nil
}

// serve answers until close.
func (s *adminServer) serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve admin socket: %w", err)
	}
	return nil
}

// adminGrace is how long answers that were cancelled may take to notice.
const adminGrace = 2 * time.Second

// close ends serve and removes the socket. It cancels what is being answered
// and waits for it, because nothing may work on stores that close.
func (s *adminServer) close() error {
	defer s.release()
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), adminGrace)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		if err = s.http.Close(); err != nil {
			return fmt.Errorf("close admin socket: %w", err)
		}
	}
	return nil
}

// adminHandler routes the questions of commands.
func adminHandler(n *node) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /upstream", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, recordedChoice{n.settings.mainURL()}, nil)
	})
	mux.HandleFunc("GET /feeds", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, n.feedFaults(), nil)
	})
	mux.HandleFunc("GET /explain", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		x, err := n.explain(r.Context(), q.Get("name"), q.Get("version"))
		answer(w, x, err)
	})
	mux.HandleFunc("POST /do/{name}", n.handleOperation)
	return mux
}

// recordedChoice is the answer about the upstream in use.
type recordedChoice struct {
	URL string `json:"url"`
}

// adminFailure is the answer to a question that failed.
type adminFailure struct {
	Error string `json:"error"`
}

// answer writes a value or the error that came instead of it. The asker owns
// the data, so nothing is kept from it.
func answer(w http.ResponseWriter, value any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		status := http.StatusInternalServerError
		if errors.Is(err, npm.ErrInvalid) {
			status = http.StatusBadRequest
		}
		w.WriteHeader(status)
		value = adminFailure{err.Error()}
	}
	// The asker is gone when this fails, and nobody else wants to know.
	_ = json.NewEncoder(w).Encode(value)
}

// errNoServer means that no larder runs on a data folder.
var errNoServer = errors.New("no larder runs on this data folder")

// question is put to the larder that runs on a data folder.
type question struct {
	data, path string
	query      url.Values
	// body makes the question a POST.
	body []byte
}

// askPatience is how long an answer to a mere question may take.
const askPatience = time.Minute

// ask puts a question and decodes the answer, or returns errNoServer.
func ask(ctx context.Context, q question, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	response, done, err := send(ctx, q)
	if err != nil {
		return err
	}
	defer done()
	return readAnswer(response, into)
}

// send puts a question. The caller calls done once it has read the answer.
func send(ctx context.Context, q question) (response *http.Response, done func(), err error) {
	socket, release, err := socketPath(q.data)
	if err != nil {
		return nil, nil, errNoServer
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	release()
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, nil, fmt.Errorf("the larder that runs on %s belongs to another user: %w", q.data, err)
	case err != nil:
		return nil, nil, fmt.Errorf("%w: %w", errNoServer, err)
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	method := http.MethodGet
	if q.body != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://larder"+q.path+"?"+q.query.Encode(), bytes.NewReader(q.body))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("ask the running larder: %w", err), conn.Close())
	}
	response, err = client.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("ask the running larder: %w", err)
	}
	return response, func() { _ = response.Body.Close() }, nil // it was read
}

func readAnswer(response *http.Response, into any) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("read the running larder's answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		var f adminFailure
		if json.Unmarshal(body, &f) != nil || f.Error == "" {
			f.Error = "the running larder answered " + response.Status
		}
		return errors.New(f.Error)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read the running larder's answer: %w", err)
	}
	return nil
}
