package contract_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// validators are what clients tell a document from an earlier one by.
type validators struct {
	Rev  string `json:"_rev"`
	Time struct {
		Modified time.Time `json:"modified"`
	} `json:"time"`
	tag, modified string
}

func (w *world) validators(t *testing.T, who, path string) validators {
	t.Helper()
	r := w.status(t, http.StatusOK, get(path).as(who))
	v := validators{tag: r.Header.Get("ETag"), modified: r.Header.Get("Last-Modified")}
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestWritesAreSeenAtOnce reads after each kind of write, at once and with the
// validators of before: a client that asks whether something changed must not
// be told that nothing did.
func TestWritesAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.group("acme", record.PrivateVisibility)
	w.project("acme/prv", record.PrivateVisibility)
	const name, path = "@acme/seen", "/@acme%2fseen"
	prefix := w.in("acme/prv")
	for _, version := range []string{"1.0.0", "1.1.0"} {
		w.status(t, http.StatusOK, publish(prefix, registrytest.Document{Name: name, Version: version}).as("admin"))
	}
	rev := func() string { return w.validators(t, "admin", path+"?write=true").Rev }
	for _, step := range []struct {
		what string
		ask  func() ask
	}{
		{"publish", func() ask { return publish(prefix, registrytest.Document{Name: name, Version: "1.2.0"}) }},
		{"deprecate", func() ask { return deprecate("", name, "old", "1.0.0") }},
		{"undeprecate", func() ask { return deprecate("", name, "", "1.0.0") }},
		{"set tag", func() ask { return put("/-/package/@acme%2fseen/dist-tags/next", `"1.0.0"`) }},
		{"remove tag", func() ask { return remove("/-/package/@acme%2fseen/dist-tags/next") }},
		{"star", func() ask { return put("/-/user/package/@acme%2fseen/star", `{}`) }},
		{"unpublish one", func() ask {
			return put(path+"/-rev/"+rev(), `{"versions":{"1.1.0":{},"1.2.0":{}}}`)
		}},
	} {
		before, full := w.validators(t, "admin", path), w.validators(t, "admin", path+"?write=true")
		w.clock.Move(time.Second)
		if r := w.do(t, step.ask().as("admin")); r.StatusCode >= http.StatusMultipleChoices {
			t.Fatalf("%s: status %d (%s)", step.what, r.StatusCode, r.body)
		}
		w.status(t, http.StatusOK, get(path).as("admin").with("If-None-Match: "+before.tag))
		w.status(t, http.StatusOK, get(path).as("admin").with("If-Modified-Since: "+before.modified))
		after, fullAfter := w.validators(t, "admin", path), w.validators(t, "admin", path+"?write=true")
		if after.tag == before.tag || after.Rev == before.Rev || !after.Time.Modified.After(before.Time.Modified) {
			t.Errorf("%s: validators were %+v, are %+v", step.what, before, after)
		}
		if fullAfter.Rev == full.Rev || fullAfter.Rev != after.Rev {
			t.Errorf("%s: the document to write back has revision %s, was %s", step.what, fullAfter.Rev, full.Rev)
		}
		w.status(t, http.StatusNotModified, get(path).as("admin").with("If-None-Match: "+after.tag))
	}
}

// TestMembersThatClientsCrashWithout looks for members of answers without which
// clients of npm fail, where there is nothing to say in them.
func TestMembersThatClientsCrashWithout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.group("acme", record.PublicVisibility)
	w.project("acme/pub", record.PublicVisibility)
	w.user("dev")
	w.deploy("machine", "acme/pub", accounts.ScopeWriteRegistry)
	w.status(t, http.StatusOK, publish(w.in("acme/pub"), registrytest.Document{Name: "@acme/bare", Version: "1.0.0"}).as("machine"))

	var found struct {
		Objects []struct {
			Package struct {
				Maintainers []json.RawMessage `json:"maintainers"`
			} `json:"package"`
		} `json:"objects"`
	}
	r := w.status(t, http.StatusOK, get(w.in("acme/pub")+"/-/v1/search?text=bare").as("dev"))
	if err := json.Unmarshal(r.body, &found); err != nil || len(found.Objects) != 1 || found.Objects[0].Package.Maintainers == nil {
		t.Errorf("search: maintainers are no array: %s (%v)", r.body, err)
	}

	var list struct {
		Objects []json.RawMessage `json:"objects"`
		URLs    map[string]string `json:"urls"`
	}
	r = w.status(t, http.StatusOK, get("/-/npm/v1/tokens").as("dev"))
	if err := json.Unmarshal(r.body, &list); err != nil || len(list.Objects) != 1 || list.URLs == nil {
		t.Errorf("tokens: no urls: %s (%v)", r.body, err)
	}

	var done struct {
		OK bool `json:"ok"`
	}
	r = w.status(t, http.StatusOK, put("/-/package/@acme%2fbare/dist-tags/next", `"1.0.0"`).as("admin"))
	if err := json.Unmarshal(r.body, &done); err != nil || !done.OK {
		t.Errorf("dist-tag: not ok: %s (%v)", r.body, err)
	}
}
