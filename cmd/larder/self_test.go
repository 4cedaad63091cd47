package main

import (
	"testing"

	"github.com/larderhq/larder/config"
)

func TestIsSelf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, url, listen, public string
		want                      bool
	}{
		{"the address itself", "http://127.0.0.1:4873/", "127.0.0.1:4873", "", true},
		{"without a slash", "http://127.0.0.1:4873", "127.0.0.1:4873", "", true},
		{"with a path", "http://127.0.0.1:4873/npm/", "127.0.0.1:4873", "", true},
		{"by name", "http://localhost:4873/", "127.0.0.1:4873", "", true},
		{"listening by name", "http://127.0.0.1:4873/", "localhost:4873", "", true},
		{"another loopback address", "http://[::1]:4873/", "127.0.0.1:4873", "", true},
		{"everywhere", "http://127.0.0.1:4873/", "0.0.0.0:4873", "", true},
		{"everywhere, in short", "http://localhost:4873/", ":4873", "", true},
		{"everywhere, six", "http://[::1]:4873/", "[::]:4873", "", true},
		{"mapped", "http://[::ffff:127.0.0.1]:4873/", "127.0.0.1:4873", "", true},
		{"default port", "http://127.0.0.1/", "127.0.0.1:80", "", true},
		{"default port of https", "https://127.0.0.1/", "127.0.0.1:443", "", true},
		{"by name, in capitals", "http://LOCALHOST:4873/", "127.0.0.1:4873", "", true},
		{"by full name", "http://LOCALHOST.:4873", "127.0.0.1:4873", "", true},
		{"by full name and default port", "http://localhost./", "127.0.0.1:80", "", true},
		{"listening by full name", "http://127.0.0.1:4873/", "localhost.:4873", "", true},
		{"address with a dot", "http://127.0.0.1.:4873/", "127.0.0.1:4873", "", true},
		{"public URL by full name", "https://npm.example.com./", "127.0.0.1:4873", "https://npm.example.com", true},
		{"another port", "http://127.0.0.1:4874/", "127.0.0.1:4873", "", false},
		{"another machine", "http://192.0.2.1:4873/", "127.0.0.1:4873", "", false},
		{"another machine, listening everywhere", "http://192.0.2.1:4873/", ":4873", "", false},
		{"any port", "http://127.0.0.1:4873/", "127.0.0.1:0", "", false},
		{"public URL", "https://npm.example.com/", "127.0.0.1:4873", "https://npm.example.com", true},
		{"public URL with port", "https://NPM.example.com:443/", "127.0.0.1:4873", "https://npm.example.com", true},
		{"below the public URL", "https://npm.example.com/larder/x", "127.0.0.1:4873", "https://npm.example.com/larder", true},
		{"beside the public URL", "https://npm.example.com/larders/", "127.0.0.1:4873", "https://npm.example.com/larder", false},
		{"no URL", "nonsense", "127.0.0.1:4873", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := isSelf(t.Context(), tt.url, &config.Config{Listen: tt.listen, PublicURL: tt.public})
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
