package rest

import "testing"

func TestVersion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/version", "/metadata"} {
		got := h.call(guest, "GET", path, "")
		if o := got.object(); got.status != 200 || keys(o) != "enterprise kas revision version" || o["version"] != "1.2.3" ||
			o["enterprise"] != false || textOf(o["kas"]) != `{"enabled":false,"externalK8sProxyUrl":null,"externalUrl":null,"version":null}` {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		h.refuses(t, []refusalCase{{"anonymous", nobody, "GET", path, "", 401, `{"message":"401 Unauthorized"}`}})
	}
}
