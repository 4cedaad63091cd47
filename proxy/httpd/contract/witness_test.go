package contract_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy/httpd"
)

// witness hands on what the front end says about tarballs. Nothing waits for a
// test that does not listen.
type witness chan httpd.ServedEvent

func (w witness) Served(e httpd.ServedEvent) {
	select {
	case w <- e:
	default:
	}
}

func (w witness) Refused(httpd.RefusedEvent) {}

// next returns the event of the request before.
func (w witness) next(t *testing.T) httpd.ServedEvent {
	t.Helper()
	select {
	case e := <-w:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("nobody told of a tarball")
		return httpd.ServedEvent{}
	}
}

// TestWhoGotAPublishedVersion takes one tarball on every way there is.
func TestWhoGotAPublishedVersion(t *testing.T) {
	t.Parallel()
	w, pages := newPages(t)
	guest := w.asBrowser(t, "guest", w.tokens["guest"])
	_, id, _ := strings.Cut(pages["acme/prv"], "/-/packages/")
	api := strings.TrimSuffix(w.in("acme/prv"), "/npm") + "/" + id + "/package_files"
	file := text(w.filesOf(t, get(api).as("guest"))[0].ID)
	for name, a := range map[string]ask{
		"npm":             get("/@acme/prv/-/prv-1.0.0.tgz").as("guest"),
		"npm, with scope": get(w.in("acme/prv") + "/@acme/prv/-/@acme/prv-1.0.0.tgz").as("guest"),
		"REST":            get(api + "/" + file + "/download").as("guest"),
		"page":            get(pages["acme/prv"] + "/files/" + file).with(guest),
	} {
		w.status(t, http.StatusOK, a)
		e := w.witness.next(t)
		if e.Name.String() != "@acme/prv" || e.Version != "1.0.0" || e.Principal != "guest" || e.Address != "127.0.0.1" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if len(w.witness) > 0 {
		t.Errorf("more than was asked for: %+v", w.witness.next(t))
	}
}
