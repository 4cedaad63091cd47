package main

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/larderhq/larder/registry/registrytest"
)

// fetch gets a URL, with the token in a file or without, and keeps its body in
// the file fetched: fetch 200 URL.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: fetch status url [tokenfile]")
	}
	r, err := http.NewRequest(http.MethodGet, args[1], nil)
	ts.Check(err)
	if len(args) == 3 {
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(args[2])))
	}
	response, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	if strconv.Itoa(response.StatusCode) != args[0] {
		ts.Fatalf("GET %s: %s: %s", args[1], response.Status, body)
	}
	ts.Check(os.WriteFile(ts.MkAbs("fetched"), body, 0o600))
}

// publish puts a package with the token in a file: publish 200 URL token
// @acme/lib 1.0.0.
func publish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: publish status url tokenfile name version")
	}
	body := registrytest.Document{Name: args[3], Version: args[4]}.Body()
	r, err := http.NewRequest(http.MethodPut, args[1]+strings.ReplaceAll(args[3], "/", "%2f"), bytes.NewReader(body))
	ts.Check(err)
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(args[2])))
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	ts.Check(err)
	if strconv.Itoa(response.StatusCode) != args[0] {
		ts.Fatalf("PUT %s: %s: %s", args[3], response.Status, answer)
	}
}

// mode checks the permissions of a file: mode 600 data/admin.sock.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode permissions file")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// absent checks that no file in a folder holds a text: absent secret data.
func absent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: absent text folder")
	}
	files := 0
	err := filepath.WalkDir(ts.MkAbs(args[1]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(args[0])) {
			ts.Fatalf("%s holds %q", path, args[0])
		}
		return err
	})
	ts.Check(err)
	if files == 0 {
		ts.Fatalf("%s holds no files at all", args[1])
	}
}

// damage changes one byte of every file below a folder: damage data/blobs.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage folder")
	}
	files := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text[len(text)/2] ^= 1
		return os.WriteFile(path, text, 0o600)
	}))
	if files == 0 {
		ts.Fatalf("%s holds no files", args[0])
	}
}

// match checks a text against a pattern: match $LINE 'ready'.
func match(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: match text pattern")
	}
	if regexp.MustCompile(args[1]).MatchString(args[0]) == neg {
		ts.Fatalf("%q and %q: match is %v", args[0], args[1], !neg)
	}
}

// appendFile adds a line to a file, with its variables expanded, which the
// files of a script are not.
func appendFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: appendfile file words...")
	}
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer file.Close()
	_, err = file.WriteString(strings.Join(args[1:], " ") + "\n")
	ts.Check(err)
}
