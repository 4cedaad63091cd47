package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// Params are the parameters of a request by name. A JSON null is nil, a list is
// []any.
type Params map[string]any

// errUnknownType is the answer to a body of a kind that nobody reads here.
func errUnknownType() error {
	return &UnsupportedError{Text: "The provided content-type is not supported."}
}

// UnsupportedError is the refusal of a body whose type nobody reads here: 415.
type UnsupportedError struct{ Text string }

// Error implements error.
func (e *UnsupportedError) Error() string { return e.Text }

// ReadParams reads the parameters of a query and of a body, which come before
// those of the query.
func ReadParams(query url.Values, contentType string, body []byte) (Params, error) {
	p := Params{}
	p.add(query)
	if len(body) == 0 {
		return p, nil
	}
	return p, p.read(contentType, body)
}

func (p Params) add(values url.Values) {
	for name, list := range values {
		if plain, ok := strings.CutSuffix(name, "[]"); ok {
			items := make([]any, len(list))
			for i, v := range list {
				items[i] = v
			}
			p[plain] = items
			continue
		}
		p[name] = list[len(list)-1]
	}
}

// read reads a body of the kinds that GitLab's clients send.
func (p Params) read(contentType string, body []byte) error {
	kind, options, err := mime.ParseMediaType(contentType)
	if contentType != "" && err != nil {
		return errUnknownType()
	}
	switch kind {
	case "application/json":
		err = p.readJSON(body)
	case "", "application/x-www-form-urlencoded":
		var form url.Values
		if form, err = url.ParseQuery(string(body)); err == nil {
			p.add(form)
		}
	case "multipart/form-data":
		err = p.readParts(body, options["boundary"])
	default:
		return errUnknownType()
	}
	if err != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "the request's body is malformed", Err: err}
	}
	return nil
}

func (p Params) readJSON(body []byte) error {
	var members map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	for name, value := range members {
		p[name] = value
	}
	return nil
}

// readParts reads the fields of "curl --form". Files are not wanted anywhere.
func (p Params) readParts(body []byte, boundary string) error {
	form := url.Values{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			p.add(form)
			return nil
		}
		if err != nil {
			return err
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FileName() == "" {
			form.Add(part.FormName(), string(text))
		}
	}
}

// Need refuses a request that lacks parameters, in GitLab's words.
func (p Params) Need(names ...string) error {
	var missing []string
	for _, name := range names {
		if _, ok := p[name]; !ok {
			missing = append(missing, name+" is missing")
		}
	}
	if missing != nil {
		return errWrong(strings.Join(missing, ", "))
	}
	return nil
}

// NeedOne refuses a request that has none of some parameters, in GitLab's
// words.
func (p Params) NeedOne(names ...string) error {
	if slices.ContainsFunc(names, p.Has) {
		return nil
	}
	return errWrong(strings.Join(names, ", ") + " are missing, at least one parameter must be provided")
}

// Has tells whether a parameter was sent.
func (p Params) Has(name string) bool {
	_, ok := p[name]
	return ok
}

// Text returns a parameter as text; nil where it is absent. One that is null is
// empty. Lists and objects are no text.
func (p Params) Text(name string) (*string, error) {
	value, ok := p[name]
	if !ok {
		return nil, nil //nolint:nilnil // absent is not an error
	}
	var text string
	switch v := value.(type) {
	case nil:
	case string:
		text = v
	case json.Number:
		text = v.String()
	case bool:
		text = strconv.FormatBool(v)
	default:
		return nil, errWrong(name + " is invalid")
	}
	return &text, nil
}

// Word returns a parameter as text, or def where it is absent or empty.
func (p Params) Word(name, def string) (string, error) {
	text, err := p.Text(name)
	if err != nil || text == nil || *text == "" {
		return def, err
	}
	return *text, nil
}

// word is Word that is empty where the parameter is absent.
func (p Params) word(name string) (string, error) { return p.Word(name, "") }

// slot is where a parameter goes.
type slot[T any] struct {
	name string
	to   *T
}

// fill reads parameters into their slots. It goes by their order, so that of
// several that are wrong it is always the same one that clients are told.
func fill[T any](read func(name string) (T, error), slots ...slot[T]) error {
	for _, s := range slots {
		var err error
		if *s.to, err = read(s.name); err != nil {
			return err
		}
	}
	return nil
}

// OneOf returns a parameter that must be one of some words, or def where it is
// absent.
func (p Params) OneOf(name, def string, words ...string) (string, error) {
	text, err := p.Text(name)
	switch {
	case err != nil:
		return "", err
	case text == nil:
		return def, nil
	case !slices.Contains(words, *text):
		return "", errValue(name)
	}
	return *text, nil
}

// errValue refuses a word that a parameter cannot have, in GitLab's words.
func errValue(name string) error { return errWrong(name + " does not have a valid value") }

// Int returns a parameter as a whole number; nil where it is absent or empty.
func (p Params) Int(name string) (*int64, error) {
	text, err := p.Text(name)
	if err != nil || text == nil || *text == "" {
		return nil, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(*text), 10, 64)
	if err != nil {
		return nil, errWrong(name + " is invalid")
	}
	return &n, nil
}

// ID returns a number that the path must have. What is no number is refused,
// what no record can have is 0.
func (p Params) ID(name string) (int64, error) {
	n, err := p.Int(name)
	switch {
	case err != nil:
		return 0, err
	case n == nil:
		return 0, errWrong(name + " is invalid")
	}
	return max(*n, 0), nil
}

// Bool returns a parameter as a truth value; nil where it is absent. Empty is
// false, as for GitLab.
func (p Params) Bool(name string) (*bool, error) {
	text, err := p.Text(name)
	if err != nil || text == nil {
		return nil, err
	}
	truth := false
	switch strings.ToLower(*text) {
	case "true", "1", "t", "on":
		truth = true
	case "false", "0", "f", "off", "":
	default:
		return nil, errWrong(name + " is invalid")
	}
	return &truth, nil
}

// Truth returns a parameter as a truth value, false where it is absent.
func (p Params) Truth(name string) (bool, error) {
	b, err := p.Bool(name)
	return b != nil && *b, err
}

// List returns a parameter as a list of texts: a JSON list, "name[]" repeated,
// or words with commas between them. It is nil where it is absent.
func (p Params) List(name string) ([]string, error) {
	switch v := p[name].(type) {
	case nil:
		return nil, nil
	case string:
		return strings.FieldsFunc(v, func(r rune) bool { return r == ',' }), nil
	case []any:
		list := make([]string, 0, len(v))
		for _, item := range v {
			text, err := Params{name: item}.Text(name)
			if err != nil {
				return nil, err
			}
			list = append(list, *text)
		}
		return list, nil
	}
	return nil, errWrong(name + " is invalid")
}

// timeForms are how times are written in parameters (GitLab documentation, REST
// API): a day, or a time whose zone is UTC where it has none.
var timeForms = [...]string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05"}

// Date returns a parameter that is a day ("2027-01-31") or a time of ISO 8601;
// nil where it is absent, zero where it is empty.
func (p Params) Date(name string) (*time.Time, error) {
	text, err := p.Text(name)
	if err != nil || text == nil {
		return nil, err
	}
	if *text == "" {
		return &time.Time{}, nil
	}
	for _, form := range timeForms {
		at, err := time.Parse(form, *text)
		if at = at.UTC(); err == nil && at.Year() > 1 { // the first day means none
			return &at, nil
		}
	}
	return nil, errWrong(name + " is invalid")
}

// HTTPTime reads the time of a header such as If-Unmodified-Since; zero where
// there is none. What is no time is ignored (RFC 9110, section 13.1.4).
func HTTPTime(value string) time.Time {
	at, err := http.ParseTime(value)
	if err != nil {
		return time.Time{}
	}
	return at
}
