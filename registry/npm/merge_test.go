package npm_test

import (
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, base, added, want string }{
		{
			"versions that are new", `{"name":"a","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"n":1e400}},"x":"\u003c"}`,
			`{"name":"a","dist-tags":{"latest":"1.0.0-acme.1","acme":"1.0.0-acme.1"},"versions":{"1.0.0-acme.1":{}},"time":{"1.0.0-acme.1":"t"}}`,
			`{"name":"a","dist-tags":{"latest":"1.0.0","acme":"1.0.0-acme.1"},"versions":{"1.0.0":{"n":1e400},"1.0.0-acme.1":{}},"x":"\u003c","time":{"1.0.0-acme.1":"t"}}`,
		},
		{"a version of both sides stays the base's", `{"versions":{"1.0.0":{"a":1}}}`, `{"versions":{"1.0.0":{"a":2}}}`, `{"versions":{"1.0.0":{"a":1}}}`},
		{"an escaped key is the same key", `{"versions":{"1.0\u002e0":1}}`, `{"versions":{"1.0.0":2}}`, `{"versions":{"1.0\u002e0":1}}`},
		{"empty objects", `{"versions":{}}`, `{"versions":{"1.0.0":1}}`, `{"versions":{"1.0.0":1}}`},
		{"nothing to add", `{"versions":{"1.0.0":1}}`, `{}`, `{"versions":{"1.0.0":1}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := npm.Merge([]byte(tt.base), []byte(tt.added))
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
	for _, broken := range []string{"", "[]", `{"a"`, `{"a":1`, `{"versions":{"a":}}`} {
		if got, err := npm.Merge([]byte(broken), []byte(`{}`)); err == nil {
			t.Errorf("merged %q to %s", broken, got)
		}
	}
}
