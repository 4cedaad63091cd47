package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// client asks one larder as one caller, over one connection that stays open.
type client struct {
	http  *http.Client
	base  string
	token string
}

func newClient(url, token string) *client {
	return &client{
		http: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1, DisableCompression: true}},
		base: strings.TrimSuffix(url, "/") + "/api/v4", token: strings.TrimSpace(token),
	}
}

// answer is what came back, and how long it took to the last byte.
type answer struct {
	body   []byte
	header http.Header
	took   time.Duration
}

// read decodes the body.
func (a answer) read(v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return fmt.Errorf("an answer that is no JSON: %w", err)
	}
	return nil
}

// get asks for a path below the API. Any status but 200 is an error.
func (c *client) get(ctx context.Context, path string) (answer, error) {
	return c.ask(ctx, http.MethodGet, path, nil)
}

// into asks for a path and reads the answer into v.
func (c *client) into(ctx context.Context, path string, v any) (answer, error) {
	a, err := c.get(ctx, path)
	if err == nil {
		err = a.read(v)
	}
	return a, err
}

func (c *client) ask(ctx context.Context, method, path string, body io.Reader) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	a := answer{header: resp.Header}
	a.body, err = io.ReadAll(resp.Body)
	a.took = time.Since(began)
	if err != nil {
		return answer{}, err
	}
	if resp.StatusCode/100 != 2 {
		return answer{}, fmt.Errorf("%s %s: %s: %.200s", method, path, resp.Status, a.body)
	}
	return a, nil
}

// nextLink finds the next page in a Link header (RFC 8288).
var nextLink = regexp.MustCompile(`<([^>]*)>; rel="next"`)

// next returns the path below the API of the page behind an answer, empty at the
// end of a list.
func (c *client) next(a answer) string {
	m := nextLink.FindStringSubmatch(a.header.Get("Link"))
	if m == nil {
		return ""
	}
	return strings.TrimPrefix(m[1], c.base)
}
