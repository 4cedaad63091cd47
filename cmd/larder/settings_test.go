package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/signature"
)

// loadText loads a file of that text. Problems name it F.
func loadText(t *testing.T, text string) (*settings, []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "larder.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{flags: config.Flags{Data: t.TempDir(), Config: file}}
	s, err := a.load()
	if err == nil {
		return s, nil
	}
	return s, strings.Split(strings.ReplaceAll(err.Error(), file, "F"), "\n")
}

// TestPolicyDefaults compares what the configuration says by default with what
// policy does where nothing is said.
func TestPolicyDefaults(t *testing.T) {
	t.Parallel()
	for _, level := range []string{policy.Standard, policy.Strict, policy.NoLevel} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			s, problems := loadText(t, "policy: {level: "+level+"}")
			if problems != nil {
				t.Fatal(problems)
			}
			got, err := policy.Compile(s.policy)
			if err != nil {
				t.Fatal(err)
			}
			want, err := policy.Compile(policy.Config{Level: level})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if c := s.policy.Cooldown; c.Default+c.NewPackage+c.WithScripts != 0 {
				t.Errorf("nothing is set, and the cooldown is %+v", c)
			}
			shown, of := s.Policy.Cooldown, policy.LevelCooldown(level)
			if shown.WithScripts != config.Some(config.Duration(of.WithScripts)) || shown.Default != config.Some(config.Duration(of.Default)) {
				t.Errorf("shown as %+v", shown)
			}
		})
	}
}

func TestPolicyIsTranslated(t *testing.T) {
	t.Parallel()
	s, problems := loadText(t, `
policy:
  level: strict
  cooldown: {new_package: 0, with_scripts: 2d, hide_only: true, fast_lane: 36h, windows: [{match: "@types/*", default: 24h, with_scripts: 3d}]}
  guards: {scripts: dry-run, G41: warn}
  overrides: [{match: "@acme/*", guard: cooldown, mode: off}]
  exemptions: [{match: left-pad, version: 1.3.0, guards: [malware], owner: me, reason: why, expires: 2027-01-31}]
  block: [{match: evil, versions: "<2", reason: bad}]
  allow: [{match: good, reason: ours, expires: 2027-01-31T12:00:00Z}]
  licenses: {allow: [MIT], deny: [GPL-3.0-only], unreadable: true}
  young_dependency: 1d
  publisher_hold: 2d
  young_removal: 3d
  burst: {versions: 5, hold: 1h}
  waiver_max: 12h
`)
	if problems != nil {
		t.Fatal(problems)
	}
	const day = 24 * time.Hour
	end := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	want := policy.Config{
		Level: policy.Strict,
		Modes: []policy.ModeRule{{Guard: "G41", Mode: "warn"}, {Guard: "scripts", Mode: "dry-run"},
			{Guard: "cooldown", Match: "@acme/*", Mode: "off"}},
		Cooldown: policy.Cooldown{NewPackage: 3 * day, WithScripts: 2 * day, HideOnly: true, FastLane: 36 * time.Hour,
			Windows: []policy.Window{{Match: "@types/*", Default: day, WithScripts: 3 * day}}},
		YoungDependency: day, PublisherHold: 2 * day, YoungRemoval: 3 * day,
		Burst: policy.BurstLimit{Versions: 5, Hold: time.Hour}, WaiverMax: 12 * time.Hour,
		Licenses: policy.Licenses{Allow: []string{"MIT"}, Deny: []string{"GPL-3.0-only"}, Unreadable: true},
		Exemptions: []policy.Exemption{{Match: "left-pad", Version: "1.3.0", Guards: []string{"malware"},
			Owner: "me", Reason: "why", Expires: end}},
		Blocks: []policy.Block{{Match: "evil", Versions: "<2", Reason: "bad"}},
		Grants: []policy.Grant{{Match: "good", Reason: "ours", Expires: end.Add(12 * time.Hour)}},
	}
	if !reflect.DeepEqual(s.policy, want) {
		t.Errorf("got  %+v\nwant %+v", s.policy, want)
	}
}

func TestFeedsAreTranslated(t *testing.T) {
	t.Parallel()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, problems := loadText(t, `feeds:
  - {path: /srv/osv.zip, key: "`+base64.StdEncoding.EncodeToString(public)+`", max_age: 1h}
  - {path: /srv/bad, format: hashes}
`)
	want := []advisory.Source{{Path: "/srv/osv.zip", Key: public}, {Path: "/srv/bad", Format: advisory.Hashes}}
	if problems != nil || !reflect.DeepEqual(s.feeds, want) || !reflect.DeepEqual(s.maxAges, []time.Duration{time.Hour, 48 * time.Hour}) {
		t.Errorf("got %+v, %v, %q; want %+v", s.feeds, s.maxAges, problems, want)
	}
	if s.Audit.Mode != config.AuditLocal {
		t.Errorf("audits are answered by %q", s.Audit.Mode)
	}
}

func TestTrustedKeys(t *testing.T) {
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := signature.NewKey(&private.PublicKey, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(signature.NewKeys(key))
	if err != nil {
		t.Fatal(err)
	}
	unknown := `{"keys": [{"keyid": "a", "keytype": "other", "scheme": "other", "key": "b"}]}`
	for name, tt := range map[string]struct{ text, problem string }{
		"a key":         {string(text), ""},
		"no key":        {`{"keys": []}`, "signatures.keys_file (F:1): K holds no key that signatures can be checked with"},
		"no known type": {unknown, "signatures.keys_file (F:1): K holds no key that signatures can be checked with"},
		"no list":       {"{}", "signatures.keys_file (F:1): K: parse keys: there is no list of keys"},
		"no file":       {"", "signatures.keys_file (F:1): cannot be read: open K: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "keys.json")
			if tt.text != "" {
				if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, problems := loadText(t, "signatures: {keys_file: "+file+"}")
			if got := strings.ReplaceAll(strings.Join(problems, "\n"), file, "K"); got != tt.problem {
				t.Fatalf("got %q, want %q", got, tt.problem)
			}
			if _, ok := s.trustedKeys.Find(key.ID); ok != (tt.problem == "") {
				t.Errorf("the key is trusted: %v", ok)
			}
		})
	}
}

func TestPolicyProblems(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, want string }{
		{"level", "policy:\n  level: paranoid", `policy.level (F:2): unknown word "paranoid"; use standard, strict or off`},
		{"guard", "policy:\n  guards:\n    sripts: warn", `policy.guards.sripts (F:3): unknown guard "sripts"`},
		{"mode", "policy:\n  guards: {scripts: maybe}", `policy.guards.scripts (F:2): unknown mode "maybe"; use off, dry-run, warn or enforce`},
		{"mode twice", "policy:\n  guards: {G11: off, cooldown: warn}", "policy.guards.cooldown (F:2): the mode of cooldown for ** is already stated"},
		{"overrides", "policy:\n  guards: {G11: off}\n  overrides:\n    - {match: a, guard: G11, mode: off}\n    - {match: \"@Not\", guard: G14, mode: off}",
			`policy.overrides[1] (F:5): malformed pattern: use "@scope/*"`},
		{"windows", "policy:\n  cooldown:\n    windows:\n      - {match: a}\n      - {match: b, default: 1d}\n      - {match: b, default: 2d}",
			"policy.cooldown.windows[0].default (F:4): must be above 0; an entry of policy.overrides with guard: cooldown and mode: off switches the cooldown off\n" +
				"policy.cooldown.windows[2] (F:6): the windows of b are already stated"},
		{"exemption", "policy:\n  exemptions:\n    - {match: a, version: ^1}", "policy.exemptions[0] (F:3): \"^1\" is no exact version\n" +
			"policy.exemptions[0] (F:3): nobody owns it\npolicy.exemptions[0] (F:3): it never expires\npolicy.exemptions[0] (F:3): it gives no reason"},
		{"hard guard", "policy:\n  exemptions:\n    - {match: a, guards: [malware], owner: o, reason: r, expires: 2027-01-31}",
			"policy.exemptions[0] (F:3): malware needs an exact name and version"},
		{"contradiction", "policy:\n  block: [{match: a, versions: 1.0.0, reason: r}]\n  allow: [{match: a, versions: 1.0.0, reason: s, expires: 2027-01-31}]",
			"policy.block[0] (F:2): the same version is let through: allowed: s (until 2027-01-31T00:00:00Z)"},
		{"licences", "policy:\n  licenses:\n    allow: [MIT]\n    deny: [MIT, GLP-3.0]", `policy.licenses.deny[1] (F:4): SPDX has no licence "GLP-3.0"`},
		{"feeds", "feeds:\n  - {path: a, format: zip}\n  - {path: b, key: x}", `feeds[0].format (F:2): "zip" is not one of osv-dir, osv-zip, osv-jsonl, hashes` +
			"\nfeeds[1].key (F:3): the key is neither PEM nor base64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := loadText(t, tt.file)
			if got := strings.Join(problems, "\n"); !strings.HasPrefix(got, tt.want) || len(problems) != strings.Count(tt.want, "\n")+1 {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestReloadable(t *testing.T) {
	t.Parallel()
	const url = "https://registry.example.com/"
	tests := []struct {
		name, before, after string
		want                []string
	}{
		{"nothing", "", "", nil},
		{"what a reload changes", "", "policy: {level: strict, cooldown: {default: 1h}, contact: me}\nfeeds: [{path: a}]", nil},
		{"audits", "audit: {mode: off}", "audit: {mode: upstream}", nil},
		{"what it does not", "", "policy: {level: off}\nlisten: :1\ncache: {ttl: 1h}\nupstreams: [{name: default, time: mirror}]\nmetrics: {listen: \":9\"}",
			[]string{"listen", "upstreams", "cache.ttl", "metrics.listen"}},
		{"the upstream that was chosen", "upstreams: [{name: default, url: \"" + url + "\"}]", "", nil},
		{"another upstream", "upstreams: [{name: default, url: \"" + url + "\"}]", "upstreams: [{name: default, url: \"" + url + "x/\"}]", []string{"upstreams"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before, problems := loadText(t, tt.before)
			after, more := loadText(t, tt.after)
			if len(problems)+len(more) > 0 {
				t.Fatal(problems, more)
			}
			after.Data = before.Data
			untouched := after.Upstreams[0].URL
			got := (&app{}).reloadable(&before.Config, &after.Config)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if after.Upstreams[0].URL != untouched {
				t.Errorf("the next settings were changed to %q", after.Upstreams[0].URL)
			}
		})
	}
}
