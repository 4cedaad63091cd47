package web

import "testing"

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 1023: "1,023 B", 1024: "1.0 KiB", 48213: "47.1 KiB", 5 << 20: "5.0 MiB", 3 << 40: "3.0 TiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestWebsite(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, published, want string }{
		{"plain", "https://widget.example.com", "https://widget.example.com"},
		{"npm's", "git+https://git.example.com/acme/widget.git", "https://git.example.com/acme/widget"},
		{"credentials", "https://ada:secret@git.example.com/x", "https://git.example.com/x"},
		{"ssh", "git+ssh://git@git.example.com/x.git", ""},
		{"script", "javascript:alert(1)", ""},
		{"script in git", "git+javascript:alert(1)", ""},
		{"shorthand", "acme/widget", ""},
		{"no host", "https:///x", ""},
		{"malformed", "https://[::1", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := website(tt.published); got != tt.want {
				t.Errorf("website(%q) = %q, want %q", tt.published, got, tt.want)
			}
		})
	}
}
