package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
)

// commandWait is how long one command of a client may take.
const commandWait = 90 * time.Second

// desk is where a client works: a project and a home that its commands share.
type desk struct {
	client
	team     *team
	registry string
	root     string
}

// deskOf gives a client a fresh home and signs it in with a token.
func (tm *team) deskOf(t *testing.T, c client, registry, token string) *desk {
	t.Helper()
	d := &desk{client: c, team: tm, registry: registry, root: t.TempDir()}
	makeRoom(t, d.root)
	d.signIn(t, token)
	return d
}

// signIn leaves a token in the settings of the client; an empty one is nobody.
func (d *desk) signIn(t *testing.T, token string) {
	t.Helper()
	write(t, d.project(), d.signedIn(d.registry, token))
}

func (d *desk) project() string { return filepath.Join(d.root, "project") }

// source leaves a package in the project, to be published. What it exports is
// its name, version and all of what else there is to say.
func (d *desk) source(t *testing.T, name, version string, more ...string) {
	t.Helper()
	manifest, err := json.Marshal(map[string]any{
		"name": name, "version": version, "description": "what the team made", "main": "index.js",
		"license": "MIT", "files": []string{"index.js"}, "keywords": []string{"team"},
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, d.project(), map[string]string{
		"package.json": string(manifest), "yarn.lock": "",
		"index.js": fmt.Sprintf("module.exports = %q\n", name+"@"+version+strings.Join(more, "")),
	})
	if d.has("prepare") {
		d.run(t, "prepare", words{})
	}
}

// has tells whether the client has a command at all.
func (d *desk) has(what string) bool { return len(d.can[what]) > 0 }

// try runs a command and returns all that it wrote.
func (d *desk) try(t *testing.T, what string, w words) (string, error) {
	t.Helper()
	if !d.has(what) {
		t.Fatalf("%s cannot %s", d.name, what)
	}
	ctx, cancel := context.WithTimeout(t.Context(), commandWait)
	defer cancel()
	args := d.can.arguments(what, w)
	out, err := d.command(ctx, d.root, args...).CombinedOutput()
	text := fmt.Sprintf("%s %s\n%s", d.name, strings.Join(args, " "), out)
	t.Log(text)
	return text, err
}

// run runs a command that must go well.
func (d *desk) run(t *testing.T, what string, w words) string {
	t.Helper()
	text, err := d.try(t, what, w)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return text
}

// shows runs a command that must go well and write something.
func (d *desk) shows(t *testing.T, want, what string, w words) {
	t.Helper()
	if text := d.run(t, what, w); !says(text, want) {
		t.Errorf("%q is not in what it wrote:\n%s", want, text)
	}
}

// fails runs a command that must be refused, with the reason in what it wrote.
func (d *desk) fails(t *testing.T, reason, what string, w words) {
	t.Helper()
	text, err := d.try(t, what, w)
	if err == nil || !says(text, reason) {
		t.Errorf("ended with %v, and %q should be in what it wrote:\n%s", err, reason, text)
	}
}

// says tells whether a client wrote something, wherever it broke the lines of
// it and whatever it put at their beginnings.
func says(text, want string) bool {
	squeeze := func(r rune) rune {
		if unicode.IsSpace(r) || r > unicode.MaxASCII {
			return -1
		}
		return r
	}
	return strings.Contains(strings.Map(squeeze, text), strings.Map(squeeze, want))
}
