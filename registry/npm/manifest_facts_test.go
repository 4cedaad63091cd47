package npm

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestReadManifestFacts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, manifest string
		want           ManifestFacts
	}{
		{"nothing", `{}`, ManifestFacts{}},
		{"scripts", `{"scripts":{"preinstall":"a","install":"b","postinstall":"c","prepare":"d","test":"e"}}`,
			ManifestFacts{Scripts: ScriptFacts{Preinstall: true, Install: true, Postinstall: true, Prepare: true}}},
		{"one script", `{"scripts":{"postinstall":"c"}}`, ManifestFacts{Scripts: ScriptFacts{Postinstall: true}}},
		{"escaped script", `{"scripts":{"\u0069nstall":"c"}}`, ManifestFacts{Scripts: ScriptFacts{Install: true}}},
		{"escaped texts", `{"\u0064ependencies":{"\u0062":"\u005e1","\u0063":"\ud83d\ude00"},"os":["\u0061","b"],"bin":{"\u0062":""}}`,
			ManifestFacts{Dependencies: []DependencySpec{{"b", "^1"}, {"c", "\U0001F600"}}, OS: []string{"a", "b"}, Bins: []string{"b"}}},
		{"dependency twice, escaped", `{"dependencies":{"a":"1","\u0061":2}}`,
			ManifestFacts{Dependencies: []DependencySpec{{"a", "1"}}, Unclear: true}},
		{"spaces", " { \"os\" : [ \"a\" , \"b\" ]\n,\t\"dependencies\" : { \"b\" : \"1\" } , \"hasInstallScript\" : true } ",
			ManifestFacts{OS: []string{"a", "b"}, Dependencies: []DependencySpec{{"b", "1"}}, HasInstallScript: true}},
		{"both spellings of bundled", `{"bundleDependencies":["a"],"bundledDependencies":["b"]}`, ManifestFacts{Bundled: []string{"a", "b"}}},
		{"empty script", `{"scripts":{"install":""}}`, ManifestFacts{}},
		{"script twice", `{"scripts":{"install":"a","install":""}}`, ManifestFacts{Scripts: ScriptFacts{Install: true}, Unclear: true}},
		{"scripts twice", `{"scripts":{"install":"a"},"scripts":{}}`, ManifestFacts{Scripts: ScriptFacts{Install: true}, Unclear: true}},
		{"mark", `{"hasInstallScript":true}`, ManifestFacts{HasInstallScript: true}},
		{"dependencies", `{"dependencies":{"b":"^1","a":"git+ssh://x"}}`,
			ManifestFacts{Dependencies: []DependencySpec{{"b", "^1"}, {"a", "git+ssh://x"}}}},
		{"all kinds", `{"dependencies":{"a":"1"},"optionalDependencies":{"b":"2"},"peerDependencies":{"c":"3"},"devDependencies":{"d":"4"}}`,
			ManifestFacts{Dependencies: []DependencySpec{{"a", "1"}}, Optional: []DependencySpec{{"b", "2"}}, Peer: []DependencySpec{{"c", "3"}}}},
		{"dependency that is no text", `{"dependencies":{"a":1,"b":"2"}}`, ManifestFacts{Dependencies: []DependencySpec{{"b", "2"}}}},
		{"dependency twice", `{"dependencies":{"a":"1","a":"2"}}`,
			ManifestFacts{Dependencies: []DependencySpec{{"a", "1"}, {"a", "2"}}, Unclear: true}},
		{"dependencies twice", `{"dependencies":{"a":"1"},"dependencies":{"b":"2"}}`,
			ManifestFacts{Dependencies: []DependencySpec{{"a", "1"}, {"b", "2"}}, Unclear: true}},
		{"dependencies as a list", `{"dependencies":["a"]}`, ManifestFacts{Unclear: true}},
		{"dependencies as an empty list", `{"dependencies":[]}`, ManifestFacts{}},
		{"dependencies as a line", `{"dependencies":"a b"}`, ManifestFacts{Unclear: true}},
		{"no dependencies", `{"dependencies":null,"optionalDependencies":false,"peerDependencies":""}`, ManifestFacts{}},
		{"poison", `{"__proto__":{"dependencies":{"a":"1"}}}`, ManifestFacts{Unclear: true}},
		{"poison among dependencies", `{"dependencies":{"__proto__":"1"}}`,
			ManifestFacts{Dependencies: []DependencySpec{{"__proto__", "1"}}, Unclear: true}},
		{"bundled", `{"bundleDependencies":["a","b"]}`, ManifestFacts{Bundled: []string{"a", "b"}}},
		{"bundled, as a list of old", `{"bundledDependencies":{"a":"1"}}`, ManifestFacts{Bundled: []string{"a"}}},
		{"all bundled", `{"bundleDependencies":true}`, ManifestFacts{AllBundled: true}},
		{"none bundled", `{"bundleDependencies":false}`, ManifestFacts{}},
		{"programs", `{"bin":{"a":"./a.js","b":"b.js"}}`, ManifestFacts{Bins: []string{"a", "b"}}},
		{"program", `{"bin":"a.js"}`, ManifestFacts{Bins: []string{""}}},
		{"places", `{"engines":{"node":">=18"},"os":["!win32"],"cpu":"x64","libc":["glibc"]}`,
			ManifestFacts{Engines: []DependencySpec{{"node", ">=18"}}, OS: []string{"!win32"}, CPU: []string{"x64"}, Libc: []string{"glibc"}}},
		{"licence", `{"license":"MIT"}`, ManifestFacts{License: []byte(`"MIT"`)}},
		{"old licences", `{"licenses":[{"type":"MIT"}]}`, ManifestFacts{Licenses: []byte(`[{"type":"MIT"}]`)}},
		{"licence that is a book", `{"license":"` + strings.Repeat("a", maxLicense) + `"}`, ManifestFacts{Unclear: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadManifestFacts([]byte(tt.manifest))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v and error %v, want %+v", got, err, tt.want)
			}
		})
	}
	for _, bad := range []string{"", "[]", "{", `{"a":1}{}`, `{"dependencies":{"a"}}`} {
		if got, err := ReadManifestFacts([]byte(bad)); err == nil {
			t.Errorf("got %+v of %q", got, bad)
		}
	}
}

// TestManifestFactsAreBounded checks that what is left out is not taken for
// absent.
func TestManifestFactsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, `"d%d":"1",`, i)
	}
	got, err := ReadManifestFacts([]byte(`{"dependencies":{` + b.String() + `"evil":"git+ssh://x"},"bin":"x"}`))
	if err != nil || !got.Unclear || len(got.Dependencies) > maxFactBytes/factCost {
		t.Errorf("got %d dependencies, unclear %v, error %v", len(got.Dependencies), got.Unclear, err)
	}
}

// FuzzReadManifestFacts demands that facts stay within their bounds, and that
// a manifest that installers are known to agree about is not unclear to them.
func FuzzReadManifestFacts(f *testing.F) {
	f.Add([]byte(`{"scripts":{"install":"a"},"dependencies":{"b":"1"},"bundleDependencies":["b"],"bin":{"a":"b"},"license":"MIT"}`))
	f.Add([]byte(`{"dependencies":["a"],"optionalDependencies":{"__proto__":"1"},"os":"x","licenses":[{}]}`))
	f.Fuzz(func(t *testing.T, manifest []byte) {
		got, err := ReadManifestFacts(manifest)
		plan, planErr := readPlan(manifest)
		if err != nil {
			return
		}
		valid := newFactReader()
		if valid.readValid(bytes.TrimSpace(manifest)); !reflect.DeepEqual(valid.facts, got) {
			t.Fatalf("got %+v, and %+v of what is known to be valid", got, valid.facts)
		}
		kept := len(got.License) + len(got.Licenses)
		for _, list := range [][]DependencySpec{got.Dependencies, got.Optional, got.Peer, got.Engines} {
			for _, d := range list {
				kept += len(d.Name) + len(d.Spec)
			}
		}
		// An escaped lone surrogate becomes three bytes.
		if kept > 2*maxFactBytes {
			t.Fatalf("keeps %d bytes", kept)
		}
		if planErr != nil || got.Unclear {
			return
		}
		if len(plan.dependencies) != len(got.Dependencies) || len(plan.optional) != len(got.Optional) || len(plan.peer) != len(got.Peer) {
			t.Errorf("got %+v, an installer reads %+v", got, plan)
		}
		if len(plan.scripts) > 0 && !got.Scripts.RunOnInstall() {
			t.Errorf("got %+v, an installer runs %v", got.Scripts, plan.scripts)
		}
	})
}
