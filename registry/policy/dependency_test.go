package policy

import "testing"

func TestDependencyOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		spec, name string
		want       Exotic
	}{
		{"^1.2.3", "x", FromRegistry}, {"", "x", FromRegistry}, {"*", "x", FromRegistry}, {"latest", "x", FromRegistry},
		{">=1 <2 || 3.x", "x", FromRegistry}, {"1.0.0 - 2.0.0", "x", FromRegistry},
		{"npm:evil@^1", "evil", FromRegistry}, {"npm:@s/evil@1", "@s/evil", FromRegistry}, {"NPM:evil", "evil", FromRegistry},
		{"npm:@s/evil", "@s/evil", FromRegistry},
		{"github:o/r", "x", FromGit}, {"o/r", "x", FromGit}, {"o/r#main", "x", FromGit}, {"git@host.example.com:o/r.git", "x", FromGit},
		{"git+ssh://git@host.example.com/o/r.git#abc", "x", FromGit}, {"GIT://host.example.com/o/r", "x", FromGit},
		{"gist:123", "x", FromGit}, {"gitlab:o/r", "x", FromGit}, {"ssh://host.example.com/o/r", "x", FromGit},
		{"https://registry.example.com/a.tgz", "x", FromURL}, {" HTTP://registry.example.com/a", "x", FromURL},
		{"file:../x", "x", FromFile}, {"./x", "x", FromFile}, {"../x", "x", FromFile}, {"/x", "x", FromFile}, {"~/x", "x", FromFile},
		{`..\x`, "x", FromFile}, {`C:\x`, "x", FromFile}, {"x.tgz", "x", FromFile}, {"x.TAR.GZ", "x", FromFile}, {".", "x", FromFile},
		{"link:../x", "x", FromLink}, {"portal:../x", "x", FromLink},
		{"workspace:*", "x", FromElsewhere}, {"catalog:", "x", FromElsewhere}, {"patch:x@1#p", "x", FromElsewhere},
	}
	for _, tt := range tests {
		if got := DependencyOf("x", tt.spec); got != (Dependency{Name: tt.name, Exotic: tt.want}) {
			t.Errorf("DependencyOf(%q) = %+v, want %s from %q", tt.spec, got, tt.name, tt.want)
		}
	}
}
