package rest

import (
	"errors"
	"net/url"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

// FuzzReadParams reads any body as any type of content, and each parameter in
// every way. What is refused is the client's fault.
func FuzzReadParams(f *testing.F) {
	f.Add("a=1&b[]=2&b[]=x", "application/json", []byte(`{"a":1,"b":null,"c":[],"d":{"e":[true,"2027-01-31"]}}`))
	f.Add("", "application/x-www-form-urlencoded", []byte(`a=1&b=%20&c[]=1&c[]=2`))
	f.Add("a", "multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, rawQuery, contentType string, body []byte) {
		query, err := url.ParseQuery(rawQuery)
		if err != nil {
			return
		}
		p, err := ReadParams(query, contentType, body)
		var kind *UnsupportedError
		if err != nil {
			if !errors.Is(err, npm.ErrInvalid) && !errors.As(err, &kind) {
				t.Fatalf("ReadParams: %v", err)
			}
			return
		}
		for name := range p {
			_, text := p.Text(name)
			_, number := p.Int(name)
			_, id := p.ID(name)
			_, truth := p.Bool(name)
			_, day := p.Date(name)
			_, list := p.List(name)
			for _, err := range []error{text, number, id, truth, day, list} {
				if err != nil && !errors.Is(err, npm.ErrInvalid) {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
	})
}
