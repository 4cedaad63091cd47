package rest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// listServed lists who got a name, or one version of it.
func (a *API) listServed(ctx context.Context, r *Request) (*Response, error) {
	policy, err := a.policy()
	if err != nil {
		return nil, err
	}
	if err := r.Params.Need("name"); err != nil {
		return nil, err
	}
	name, err := r.packageName()
	if err != nil {
		return nil, err
	}
	version, err := r.version()
	if err != nil {
		return nil, err
	}
	after, err := r.servedCursor(version)
	if err != nil {
		return nil, err
	}
	size, err := r.pageSize()
	if err != nil {
		return nil, err
	}
	list, err := policy.ServedOf(ctx, name, version, after, size+1)
	if err != nil {
		return nil, err
	}
	var next map[string]string
	if len(list) > size {
		list = list[:size]
		next = map[string]string{"cursor": writeServedCursor(list[size-1].Cursor())}
	}
	return r.keyed(list, next), nil
}

// version reads an exact version; empty where none is given.
func (r *Request) version() (string, error) {
	version, err := r.Params.Word("version", "")
	if err != nil {
		return "", err
	}
	if _, err := npm.ParseLoose(version); err != nil && version != "" {
		return "", errWrong("version is invalid")
	}
	return version, nil
}

// writeServedCursor writes where a list of servings goes on.
func writeServedCursor(c record.ServedCursor) string {
	text, err := json.Marshal(c)
	if err != nil {
		return "" // texts can always be written
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// servedCursor reads where a list of servings of a version goes on; zero where it
// begins.
func (r *Request) servedCursor(version string) (record.ServedCursor, error) {
	word, err := r.Params.Word("cursor", "")
	if err != nil || word == "" {
		return record.ServedCursor{}, err
	}
	c, ok := readServedCursor(word)
	if !ok || version != "" && c.Version != version {
		return record.ServedCursor{}, errWrong("cursor is invalid")
	}
	return c, nil
}

func readServedCursor(word string) (record.ServedCursor, bool) {
	var c record.ServedCursor
	text, err := base64.RawURLEncoding.Strict().DecodeString(word)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	zero := strings.ContainsRune(c.Version+c.Principal+c.Address, 0)
	return c, err == nil && c.Version != "" && !zero
}

// listDecisions lists what guards did, newest first.
func (a *API) listDecisions(ctx context.Context, r *Request) (*Response, error) {
	policy, err := a.policy()
	if err != nil {
		return nil, err
	}
	before, err := r.rowNumber("id_before")
	if err != nil {
		return nil, err
	}
	size, err := r.pageSize()
	if err != nil {
		return nil, err
	}
	list, err := policy.Decisions(ctx, before, size+1)
	if err != nil {
		return nil, err
	}
	var next map[string]string
	if len(list) > size {
		list = list[:size]
		next = map[string]string{"id_before": strconv.FormatInt(list[size-1].ID, 10)}
	}
	return r.keyed(list, next), nil
}
