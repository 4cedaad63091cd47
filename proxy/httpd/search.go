package httpd

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

// results are those of a search, as npm streams them.
type results struct {
	Objects []json.RawMessage `json:"objects"`
	Total   int               `json:"total"`
	Time    string            `json:"time"`
}

// defaultFound is how many results a search returns that asks for no number.
const defaultFound = 20

// search answers "/-/v1/search": local names first, then upstream's.
func (s *Server) search(x *exchange) error {
	query, err := url.ParseQuery(string(x.target.Query))
	if err != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "the query is malformed", Err: err}
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	q := registry.SearchQuery{Text: query.Get("text"), Size: number(query.Get("size"), defaultFound), From: number(query.Get("from"), 0)}
	found, total, err := s.sources.Registry.Search(ctx, x.caller(), x.target.Place, q)
	if err != nil {
		return err
	}
	out := results{Objects: []json.RawMessage{}, Total: total, Time: time.Now().UTC().Format(time.RFC1123)}
	for _, f := range found {
		text, err := json.Marshal(f)
		if err != nil {
			return err
		}
		out.Objects = append(out.Objects, text)
	}
	if err := s.searchUpstream(ctx, x, query, &out); err != nil {
		return err
	}
	x.writeJSON(out)
	return nil
}

// searchUpstream adds what upstream finds to the rest of the page. An upstream
// that has no search, or fails, adds nothing where something local was found.
func (s *Server) searchUpstream(ctx context.Context, x *exchange, query url.Values, out *results) error {
	if x.target.Place.Kind != registry.RootPlace || s.mayAskUpstream(x) != nil {
		return nil
	}
	size, from := number(query.Get("size"), defaultFound), number(query.Get("from"), 0)
	query.Set("from", strconv.Itoa(max(from-out.Total, 0)))
	query.Set("size", strconv.Itoa(max(size-len(out.Objects), 0)))
	raw, err := s.sources.Services.Search(ctx, query)
	if err != nil {
		if out.Total > 0 {
			return nil //nolint:nilerr // what is here is found whatever upstream does
		}
		return err
	}
	x.came(raw.Outcome)
	var theirs results
	if err := json.Unmarshal(raw.Body, &theirs); err != nil {
		return &npm.Error{Kind: npm.ErrBadUpstream, Err: err, Text: "upstream's search answered something that is no result"}
	}
	out.Total += theirs.Total
	for _, o := range theirs.Objects {
		if len(out.Objects) < size {
			out.Objects = append(out.Objects, o)
		}
	}
	return nil
}

// number reads a count of a query; what is none is the default.
func number(text string, def int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return def
	}
	return n
}
