package main

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestOperationsBothWays has operations done by a larder that runs and then at
// rest: results, progress and failures are the same.
func TestOperationsBothWays(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := begin(t, []string{"--data", data, "--listen", "127.0.0.1:0", "--upstream", upstreamtest.New(t).URL()})
	a := &app{env: config.Env{"HOME": t.TempDir()}, dir: t.TempDir(), flags: config.Flags{Data: data}, stdout: io.Discard, stderr: io.Discard}
	check := func(t *testing.T) {
		t.Helper()
		stages := map[string]bool{}
		var r registry.FsckReport
		err := a.do(t.Context(), call{name: "fsck", in: struct{}{}, progress: func(text json.RawMessage) {
			var p registry.FsckProgress
			if err := json.Unmarshal(text, &p); err != nil {
				t.Error(err)
			}
			stages[p.Stage] = true
		}}, &r)
		if err != nil || r.Projects != 1 || len(stages) != 3 {
			t.Errorf("fsck: %+v, %v, progress of %v", r, err, stages)
		}
		var u userView
		err = a.do(t.Context(), call{name: "user.show", in: named{"nobody"}}, &u)
		if err == nil || err.Error() != "nobody: User not found" {
			t.Errorf("user.show: %+v, %v", u, err)
		}
		err = a.do(t.Context(), call{name: "token.create", in: newToken{Username: "root", Name: "x", CIDR: []string{"ten"}}}, &createdToken{})
		if err == nil || err.Error() != "malformed network: write it like 10.0.0.0/8 or 2001:db8::/32" {
			t.Errorf("token.create: %v", err)
		}
	}
	check(t)
	err := askToDo(t.Context(), data, call{name: "user.fly", in: struct{}{}}, &struct{}{})
	if err == nil || !strings.Contains(err.Error(), "does not know user.fly: it is of another version") {
		t.Errorf("an operation that does not exist: %v", err)
	}
	err = askToDo(t.Context(), data, call{name: "user.show", in: []int{1}}, &struct{}{})
	if err == nil || !strings.Contains(err.Error(), "read the input: ") {
		t.Errorf("an input of another shape: %v", err)
	}
	long := named{strings.Repeat("x", maxOperationInput)}
	if err := askToDo(t.Context(), data, call{name: "user.show", in: long}, &struct{}{}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("an input that is too long: %v", err)
	}
	if code := s.end(t); code != exitOK {
		t.Fatalf("exit code %d: %s", code, s.log)
	}
	check(t)
	if err := askToDo(t.Context(), data, call{name: "fsck", in: struct{}{}}, &struct{}{}); !errors.Is(err, errNoServer) {
		t.Errorf("without a larder: %v", err)
	}
}

func TestTold(t *testing.T) {
	t.Parallel()
	inner := &npm.Error{Kind: npm.ErrConflict, Text: "Path has already been taken", Err: errors.New("row 7")}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"plain", errors.New("disk full"), "disk full"},
		{"with a cause", inner, "Path has already been taken"},
		{"wrapped", about("acme", inner), "acme: Path has already been taken"},
		{"joined", errors.Join(inner, errors.New("close: broken")), "Path has already been taken\nclose: broken"},
	}
	for _, tt := range tests {
		if got := told(tt.err); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
