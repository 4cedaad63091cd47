package web

import "testing"

func TestInstallCommands(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		view PackageView
		want string
	}{
		{"latest", PackageView{Type: "npm", Name: "@acme/a", Version: "1.0.0", Tags: []Tag{{Name: "latest", Version: "1.0.0"}}}, "npm install @acme/a"},
		{"other", PackageView{Type: "npm", Name: "a", Version: "1.0.0-rc.1+b", Tags: []Tag{{Name: "latest", Version: "2.0.0"}}}, "npm install a@1.0.0-rc.1+b"},
		{"no tags", PackageView{Type: "npm", Name: "a", Version: "1.0.0"}, "npm install a@1.0.0"},
		{"old name", PackageView{Type: "npm", Name: "it's(a)~name"}, `npm install 'it'\''s(a)~name'`},
		{"shell", PackageView{Type: "npm", Name: "a;rm -rf $HOME", Version: "1"}, `npm install 'a;rm -rf $HOME@1'`},
		{"maven", PackageView{Type: "maven", Name: "a/b", Version: "1"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if lines := installCommands(tt.view); len(lines) > 0 {
				got = lines[0].Line
			}
			if got != tt.want {
				t.Errorf("line %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNpmrc(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, scope, registry string
		private               bool
		want                  string
	}{
		{"scoped", "@acme", "https://registry.example.com/", false, "@acme:registry=https://registry.example.com/"},
		{"all", "", "https://registry.example.com/npm/", false, "registry=https://registry.example.com/npm/"},
		{"private", "@acme", "https://registry.example.com/npm", true,
			"@acme:registry=https://registry.example.com/npm\n//registry.example.com/npm/:_authToken=${NPM_TOKEN}"},
		{"unknown", "@acme", "", true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := npmrc(tt.scope, tt.registry, tt.private); got != tt.want {
				t.Errorf("npmrc = %q, want %q", got, tt.want)
			}
		})
	}
}
