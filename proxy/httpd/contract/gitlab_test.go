package contract_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

// gitlab is GitLab's own client, as it comes, for who; the anonymous where that
// is empty. The client tries again after 429 and 5xx, which no answer here may
// be.
func (w *world) gitlab(t testing.TB, who string) *gitlab.Client {
	t.Helper()
	source := gitlab.AuthSource(gitlab.Unauthenticated{})
	if who != "" {
		token, ok := w.tokens[who]
		if !ok {
			t.Fatalf("nobody is called %s", who)
		}
		source = gitlab.AccessTokenAuthSource{Token: token}
	}
	c, err := gitlab.NewAuthSourceClient(source, gitlab.WithBaseURL(w.url+w.mount),
		gitlab.WithInterceptor(func(next http.RoundTripper) http.RoundTripper { return patience{t, next} }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.HTTPClient().CloseIdleConnections)
	return c
}

// patience fails the test that a client would wait in.
type patience struct {
	t    testing.TB
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (p patience) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := p.next.RoundTrip(r)
	if err == nil && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500) {
		p.t.Errorf("%s %s: status %d, after which the client tries again", r.Method, r.URL.Path, resp.StatusCode)
	}
	return resp, err
}

// CloseIdleConnections is what http.Client looks for.
func (p patience) CloseIdleConnections() {
	if c, ok := p.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// answer is what a call of the client gave back.
type answer[T any] struct {
	value T
	resp  *gitlab.Response
	err   error
}

// of holds the results of a call that has a value.
func of[T any](value T, resp *gitlab.Response, err error) answer[T] {
	return answer[T]{value, resp, err}
}

// done holds the results of a call without one.
func done(resp *gitlab.Response, err error) answer[struct{}] {
	return answer[struct{}]{resp: resp, err: err}
}

// is checks that the call went well with this status, and returns its value.
func (a answer[T]) is(t testing.TB, status int) T {
	t.Helper()
	if a.err != nil {
		t.Fatal(a.err)
	}
	if a.resp.StatusCode != status {
		t.Errorf("%s %s: status %d, want %d", a.resp.Request.Method, a.resp.Request.URL.Path, a.resp.StatusCode, status)
	}
	return a.value
}

// refusal is a call that is refused.
type refusal struct {
	name, who string
	status    int
	// text is what the client shows; it shows nothing of 404.
	text string
	call func(c *gitlab.Client) error
}

// refuse runs a table of calls, none of which may come to anything.
func (w *world) refuse(t *testing.T, table []refusal) {
	t.Helper()
	for _, r := range table {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			checkRefused(t, r.call(w.gitlab(t, r.who)), r.status, r.text)
		})
	}
}

func checkRefused(t testing.TB, err error, status int, text string) {
	t.Helper()
	if status == http.StatusNotFound {
		if !errors.Is(err, gitlab.ErrNotFound) {
			t.Errorf("refused with %v, want %v", err, gitlab.ErrNotFound)
		}
		return
	}
	var refused *gitlab.ErrorResponse
	if !errors.As(err, &refused) {
		t.Fatalf("refused with %v, want an answer of the server", err)
	}
	if !refused.HasStatusCode(status) || refused.Message != text {
		t.Errorf("refused with %d %s, want %d %s", refused.Response.StatusCode, refused.Message, status, text)
	}
}

// The texts of refusals that many calls share, as the client shows them.
const (
	unauthorized = "{message: 401 Unauthorized}"
	forbidden    = "{message: 403 Forbidden}"
)

// pager asks for one page of a list.
type pager[T any] func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]T, *gitlab.Response, error)

// listing is a list that is walked to its end with the client's own iterator.
type listing[T any] struct {
	name, who string
	list      pager[T]
	want      []string
}

// walk runs a table of lists; word is what is compared of an item.
func walk[T any](t *testing.T, w *world, word func(T) string, table []listing[T]) {
	t.Helper()
	for _, l := range table {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			c := w.gitlab(t, l.who)
			list, err := gitlab.ScanAndCollect(func(p gitlab.PaginationOptionFunc) ([]T, *gitlab.Response, error) { return l.list(c, p) })
			if got := texts(list, word); err != nil || !slices.Equal(got, l.want) {
				t.Errorf("listed %v (%v), want %v", got, err, l.want)
			}
		})
	}
}

func texts[T any](list []T, word func(T) string) []string {
	all := make([]string, 0, len(list))
	for _, item := range list {
		all = append(all, word(item))
	}
	return all
}

// recent checks that a time was read, and is one of this test.
func (w *world) recent(t testing.TB, what string, at *time.Time) {
	t.Helper()
	if at == nil || w.clock.Now().Sub(*at).Abs() > time.Hour {
		t.Errorf("%s is %v, want about now", what, at)
	}
}

// same compares what the client read with what was asked for, member by member.
// Pointers count as what they point to, and empty lists as none. Some members may
// be left out.
func same(t testing.TB, got, want any, but ...string) {
	t.Helper()
	g, w := members(t, got), members(t, want)
	for name := range w {
		if !slices.Contains(but, name) && !reflect.DeepEqual(g[name], w[name]) {
			t.Errorf("%s is %v, want %v", name, g[name], w[name])
		}
	}
}

func members(t testing.TB, v any) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(encode(v), &all); err != nil {
		t.Fatal(err)
	}
	for name, v := range all {
		if list, ok := v.([]any); ok && len(list) == 0 {
			all[name] = nil
		}
	}
	return all
}
