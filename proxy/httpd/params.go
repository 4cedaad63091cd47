package httpd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// params are the parameters of a REST request by name: those of its query, and
// those of its body, which come before them. A JSON null is nil.
type params map[string]any

// errUnknownType is the answer to a body of a kind that nobody reads here.
var errUnknownType = &plainError{
	status: http.StatusUnsupportedMediaType,
	text:   "The provided content-type is not supported.",
	bare:   true,
}

// params reads the parameters of a request.
func (s *Server) params(x *exchange) (params, error) {
	query, err := url.ParseQuery(string(x.target.Query))
	if err != nil {
		return nil, &npm.Error{Kind: npm.ErrInvalid, Text: "the query is malformed", Err: err}
	}
	p := params{}
	p.add(query)
	body, err := x.body.readAll(x.header("Content-Encoding"))
	if err != nil || len(body) == 0 {
		return p, err
	}
	return p, p.read(string(x.header("Content-Type")), body)
}

func (p params) add(values url.Values) {
	for name, list := range values {
		p[name] = list[len(list)-1]
	}
}

// read reads a body of the kinds that GitLab's clients send.
func (p params) read(contentType string, body []byte) error {
	kind, options, err := mime.ParseMediaType(contentType)
	if contentType != "" && err != nil {
		return errUnknownType
	}
	switch kind {
	case typeJSON:
		err = p.readJSON(body)
	case "", "application/x-www-form-urlencoded":
		var form url.Values
		if form, err = url.ParseQuery(string(body)); err == nil {
			p.add(form)
		}
	case "multipart/form-data":
		err = p.readParts(body, options["boundary"])
	default:
		return errUnknownType
	}
	if err != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "the request's body is malformed", Err: err}
	}
	return nil
}

func (p params) readJSON(body []byte) error {
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
func (p params) readParts(body []byte, boundary string) error {
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
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
			p[part.FormName()] = string(text)
		}
	}
}

// need refuses a request that lacks parameters, in GitLab's words.
func (p params) need(names ...string) error {
	var missing []string
	for _, name := range names {
		if _, ok := p[name]; !ok {
			missing = append(missing, name+" is missing")
		}
	}
	if missing != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: strings.Join(missing, ", ")}
	}
	return nil
}

// text returns a parameter as text; nil where it is absent. One that is null is
// empty. Lists and objects are no text.
func (p params) text(name string) (*string, error) {
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
		return nil, &npm.Error{Kind: npm.ErrInvalid, Text: name + " is invalid"}
	}
	return &text, nil
}

// errValue refuses a word that a parameter cannot have, in GitLab's words.
func errValue(name string) error {
	return &npm.Error{Kind: npm.ErrInvalid, Text: name + " does not have a valid value"}
}
