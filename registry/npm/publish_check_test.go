package npm

import (
	"strings"
	"testing"
)

// publishOf is a document that publishes a@1.0.0, with members replaced: pairs
// of what is there and what shall be.
func publishOf(edits ...string) string {
	const body = `{"_id":"a","name":"a","dist-tags":{"latest":"1.0.0"},` +
		`"versions":{"1.0.0":{"name":"a","version":"1.0.0","_id":"a@1.0.0"}},` +
		`"_attachments":{"a-1.0.0.tgz":{"data":"aGFsbG8="}}}`
	return strings.NewReplacer(edits...).Replace(body)
}

func TestCheckPublish(t *testing.T) {
	t.Parallel()
	const (
		empty   = "Attachment data is empty."
		badName = "Validation failed: Name should be a valid NPM package name: https://github.com/npm/validate-npm-package-name#naming-rules."
		semver  = "Validation failed: Version should follow SemVer: https://semver.org"
		foreign = "Validation failed: the manifest is not of a@1.0.0"
	)
	named := func(name string) string { return publishOf(`"a"`, `"`+name+`"`, `"a-1`, `"`+name+`-1`) }
	versioned := func(v string) string { return publishOf(`1.0.0`, v) }
	tests := []struct {
		name, body, text string
	}{
		{"usual", publishOf(), ""},
		{"row 171 no versions", `{"name":"a"}`, "Versions key is missing from the JSON upload"},
		{"versions are null", `{"name":"a","versions":null}`, "Versions key is missing from the JSON upload"},
		{"row 172 no version", `{"name":"a","versions":{}}`, "Version is empty."},
		{"a version without a name", `{"name":"a","versions":{"":{}}}`, "Version is empty."},
		{"two versions", publishOf(`"versions":{`, `"versions":{"2.0.0":{},`), "A publish holds one version; this one holds 2."},
		{"row 170 no data", publishOf(`aGFsbG8=`, ``), empty},
		{"row 170 another key", publishOf(`a-1.0.0.tgz`, `b-1.0.0.tgz`), empty},
		{"row 170 no attachment", publishOf(`"a-1.0.0.tgz":{"data":"aGFsbG8="}`, ``), empty},
		{"row 168 no name at all", named(`@acme/in@@valid`), badName},
		{"name with a step", named(`a..b`), badName},
		{"name with a tilde", named(`a~b`), badName},
		{"name that is not ASCII", named(`á`), badName},
		{"name that is reserved", named(`node_modules`), badName},
		{"no name", publishOf(`"name":"a","dist`, `"dist`, `"a-1`, `"-1`), badName},
		{"another name than in the URL", named(`b`), "Validation failed: Name is not the one in the URL, a"},
		{"another spelling than in the URL", named(`A`), "Validation failed: Name is not the one in the URL, a"},
		{"another _id", publishOf(`"_id":"a"`, `"_id":"b"`), "Validation failed: Name is not the one in the URL, a"},
		{"row 166 one number", versioned(`1`), semver},
		{"row 166 two numbers", versioned(`1.2`), semver},
		{"row 166 leading v", versioned(`v1.0.0`), semver},
		{"row 166 a path", versioned(`../../1.2.3`), semver},
		{"leading zero", versioned(`1.02.3`), semver},
		{"leading space", versioned(` 1.0.0`), semver},
		{"trailing space", versioned(`1.0.0 `), semver},
		{"trailing wide space", versioned(`1.0.0 `), semver},
		{"a number that is too large", versioned(`99999999999999999.0.0`), semver},
		{"row 167 prerelease and build", versioned(`1.0.0-rc.1+b5`), ""},
		{"manifest of another name", publishOf(`{"name":"a"`, `{"name":"b"`), foreign},
		{"manifest of another version", publishOf(`"version":"1.0.0"`, `"version":"1.0.1"`), foreign},
		{"manifest of another _id", publishOf(`a@1.0.0`, `a@1.0.1`), foreign},
		{"manifest that is nobody's", publishOf(`"name":"a","version":"1.0.0",`, ``), "Validation failed: the manifest has no name and version"},
		{"manifest that says it twice", publishOf(`"version":"1.0.0"`, `"version":"1.0.0","version":"1.0.0"`),
			"Validation failed: version stands twice in the manifest"},
		{"row 182 long readme", publishOf(`"_id":"a@1.0.0"`, `"readme":"`+strings.Repeat("r", maxManifest)+`"`), ""},
		{"long manifest", publishOf(`"_id":"a@1.0.0"`, `"exports":"`+strings.Repeat("r", maxManifest)+`"`),
			"Validation failed: Package json structure is too large. Maximum size is 4194304 characters"},
		{"tag that is a range", publishOf(`latest`, `1.x`), "Tag name must not be a valid SemVer range: 1.x"},
		{"tag without a name", publishOf(`latest`, ` `), "Tag name must not be a valid SemVer range: "},
		{"tag that poisons", publishOf(`latest`, `__proto__`), "Tag name is not allowed"},
		{"tag with a space", publishOf(`latest`, `a b`), "Tag name is not allowed"},
		{"tag of another version", publishOf(`{"latest":"1.0.0"}`, `{"latest":"2.0.0"}`), "Validation failed: Tag latest is not for version 1.0.0"},
		{"no tags", publishOf(`{"latest":"1.0.0"}`, `null`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, _ := readPublish(t, tt.body)
			v, err := p.CheckPublish(mustName(t, "a"))
			switch {
			case tt.text != "":
				wantError(t, err, ErrInvalid, tt.text)
			case err != nil:
				t.Error(err)
			case v.Key != p.Versions[0].Key:
				t.Errorf("got version %q", v.Key)
			}
		})
	}
}

// TestCheckPublishNames holds the names that GitLab takes: row 169.
func TestCheckPublishNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "A", "a.b_c-d", "@acme/a", "@Acme.x_y/A", "@a/b.c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := readPublish(t, strings.NewReplacer(`"a"`, `"`+name+`"`, `"a-1`, `"`+name+`-1`, `a@1`, name+`@1`).Replace(publishOf()))
			if _, err := p.CheckPublish(mustName(t, name)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPublishVersionIntegrity(t *testing.T) {
	t.Parallel()
	sri, sha1 := IntegrityOfSHA512([64]byte{1}).String(), strings.Repeat("ab", 20)
	ofSHA1, err := IntegrityOfShasum(sha1)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, dist string
		want       []string
		bad        bool
	}{
		{"none", `null`, nil, false},
		{"empty", `{"integrity":"","shasum":null}`, nil, false},
		{"both", `{"integrity":"` + sri + `","x":1,"shasum":"` + sha1 + `"}`, []string{sri, ofSHA1.String()}, false},
		{"one twice", `{"shasum":"` + sha1 + `","shasum":"` + sha1 + `"}`, []string{ofSHA1.String(), ofSHA1.String()}, false},
		{"unknown algorithm", `{"integrity":"md5-AAAA"}`, nil, true},
		{"short hash", `{"shasum":"abab"}`, nil, true},
		{"no text", `{"integrity":["` + sri + `"]}`, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list, err := PublishVersion{Manifest: []byte(`{"dist":` + tt.dist + `}`)}.Integrity()
			if err != nil != tt.bad {
				t.Fatalf("got error %v, want one: %t", err, tt.bad)
			}
			var got []string
			for _, in := range list {
				got = append(got, in.String())
			}
			if !tt.bad && strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
