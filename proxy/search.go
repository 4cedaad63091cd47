package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/larderhq/larder/registry/npm"
)

// searchNumbers are the parameters of npm's search beside its text. No others
// are forwarded, and only as numbers: a word could name something private.
var searchNumbers = [...]string{"size", "from", "quality", "popularity", "maintenance"}

func validJSON(b []byte) bool { return jsontext.Value(b).IsValid() }

// Search passes npm's search (GET /-/v1/search) to the default upstream. A
// text that names something private, declared or published here, is not passed
// on: it is answered from what is local.
func (p *Proxy) Search(ctx context.Context, query url.Values) (Raw, error) {
	text := query.Get("text")
	if text == "" {
		return Raw{}, &npm.Error{Kind: npm.ErrInvalid, Code: "ERR_TEXT_MISSING", Text: "search needs a text"}
	}
	if p.opts.Offline || p.deps.Names.MentionsPrivate(text) {
		return p.noResults()
	}
	switch published, err := p.deps.Names.MentionsPublished(ctx, text); {
	case err != nil:
		return Raw{}, &npm.Error{Kind: npm.ErrUnavailable, Err: err,
			Text: "the name ledger cannot be read, so no text is passed on"}
	case published:
		return p.noResults()
	}
	reg := p.deps.Upstreams.Default()
	if reg == nil {
		return p.noResults()
	}
	rules, err := p.judgeable()
	if err != nil {
		return Raw{}, err
	}
	pass := url.Values{"text": {text}}
	for _, name := range searchNumbers {
		v := query.Get(name)
		if _, err := strconv.ParseFloat(v, 64); err == nil {
			pass.Set(name, v)
		}
	}
	resp, err := reg.Get(ctx, "/-/v1/search?"+pass.Encode(), jsonType, rawLimit)
	if errors.Is(err, npm.ErrNotFound) {
		return Raw{}, &npm.Error{Kind: npm.ErrNotFound, Text: "upstream " + reg.Name() + " has no search"}
	}
	if err != nil {
		return Raw{}, fmt.Errorf("search: %w", err)
	}
	raw, err := readRaw(resp)
	if err != nil || rules.Engine.Idle() {
		return raw, err
	}
	return p.withoutDenied(raw, rules)
}

// noResults is the search answer where nothing local matches and upstream may
// not be asked.
func (p *Proxy) noResults() (Raw, error) {
	body, err := json.Marshal(struct {
		Objects []struct{} `json:"objects"`
		Total   int        `json:"total"`
		Time    string     `json:"time"`
	}{Objects: []struct{}{}, Time: p.opts.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return Raw{}, fmt.Errorf("write search answer: %w", err)
	}
	return Raw{Body: body, ContentType: jsonType, Outcome: Hit}, nil
}
