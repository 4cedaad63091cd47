package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const wholePolicy = `
policy:
  level: strict
  cooldown:
    default: 36h
    new_package: 0
    hide_only: true
    fast_lane: off
    windows:
      - {match: "@types/*", default: 24h, with_scripts: 2d}
  guards: {scripts: off, G41: enforce}
  overrides: [{match: "@acme/*", guard: cooldown, mode: off}]
  exemptions:
    - match: left-pad
      version: 1.3.0
      guards: [malware]
      owner: security@example.com
      reason: looked at it
      expires: 2027-01-31
  block: [{match: evil, reason: known}]
  allow: [{match: good, versions: ">=2 <3", reason: ours, expires: 2027-01-31T17:30:00+01:00}]
  licenses: {allow: [MIT, Apache-2.0], deny: [GPL-3.0-only], unreadable: true}
  young_dependency: 1d
  publisher_hold: 2d
  young_removal: 3d
  burst: {versions: 5, hold: 1h}
  waiver_max: 12h
  contact: "ask security@example.com"
  prefetch: {wait: 3s, size: 1MiB, age: 30d}
  grandfather: false
feeds:
  - {path: feeds/osv.zip, format: osv-zip, key: "AAAA", max_age: 1h}
  - path: /srv/feeds
audit: {mode: upstream}
integrity: {reread: 2.5%}
signatures: {keys_file: keys.json}
metrics: {listen: "-127.0.0.1:9090"}
limits: {conns_per_address: 9, rate: 600/s}
upstreams: [{name: default, time: mirror}]
`

func TestPolicyKeys(t *testing.T) {
	t.Parallel()
	file := write(t, "larder.yaml", wholePolicy)
	l, err := Load(Flags{Data: t.TempDir(), Config: file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	end := Moment(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC))
	want := Policy{
		Level: "strict",
		Cooldown: Cooldown{
			Default: Some(Duration(36 * time.Hour)), NewPackage: Some(Duration(0)), HideOnly: true,
			Windows: []Window{{Match: "@types/*", Default: Duration(day), WithScripts: Duration(2 * day)}},
		},
		Guards:    Table{"scripts": "off", "G41": "enforce"},
		Overrides: []Override{{Match: "@acme/*", Guard: "cooldown", Mode: "off"}},
		Exemptions: []Exemption{{Match: "left-pad", Version: "1.3.0", Guards: []string{"malware"},
			Owner: "security@example.com", Reason: "looked at it", Expires: end}},
		Block:           []Order{{Match: "evil", Reason: "known"}},
		Allow:           []Order{{Match: "good", Versions: ">=2 <3", Reason: "ours", Expires: Moment(end.Time().Add(16*time.Hour + 30*time.Minute))}},
		Licenses:        Licenses{Allow: []string{"MIT", "Apache-2.0"}, Deny: []string{"GPL-3.0-only"}, Unreadable: true},
		YoungDependency: Duration(day), PublisherHold: Duration(2 * day), YoungRemoval: Duration(3 * day),
		Burst: Burst{Versions: 5, Hold: Duration(time.Hour)}, WaiverMax: Duration(12 * time.Hour),
		Contact: "ask security@example.com", Prefetch: Prefetch{Wait: Duration(3 * time.Second), Size: 1 << 20, Age: Duration(30 * day)},
	}
	if !reflect.DeepEqual(l.Policy, want) {
		t.Errorf("got  %+v\nwant %+v", l.Policy, want)
	}
	feeds := []Feed{
		{Path: filepath.Join(filepath.Dir(file), "feeds/osv.zip"), Format: "osv-zip", Key: "AAAA", MaxAge: Duration(time.Hour)},
		{Path: "/srv/feeds", MaxAge: Duration(2 * day)},
	}
	if !reflect.DeepEqual(l.Feeds, feeds) {
		t.Errorf("feeds %+v, want %+v", l.Feeds, feeds)
	}
	addr, profiles := l.Metrics.Address()
	if l.AuditMode() != AuditUpstream || l.Integrity.Reread.Share() != 0.025 || l.Signatures.KeysFile != "keys.json" ||
		addr != "127.0.0.1:9090" || profiles || l.Limits.ConnsPerAddress != 9 || l.Limits.Rate != Some(Rate{600, time.Second}) ||
		l.Upstreams[0].Time != TimeMirror {
		t.Errorf("got %+v", l.Config)
	}
	if got := l.Where("policy.exemptions[0]"); !strings.HasSuffix(got, ":14)") {
		t.Errorf("an exemption is at %q", got)
	}
	for path, line := range map[string]string{"policy.block[0].versions": ":20)", "policy.guards.scripts": ":11)", "policy.licenses.deny[0]": ":22)"} {
		if got := l.Where(path); got != path+" ("+file+line {
			t.Errorf("%s is at %q", path, got)
		}
	}
}

func TestPolicyPrintReadsBack(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"whole": wholePolicy, "defaults": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, err := Load(Flags{Data: t.TempDir(), Config: write(t, "larder.yaml", text)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			if err := first.Print(&out); err != nil {
				t.Fatal(err)
			}
			again, err := Load(Flags{Data: first.Data, Config: write(t, "again.yaml", out.String())}, nil)
			if err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			if d := Differences(&again.Config, &first.Config); len(d) > 0 {
				t.Errorf("%q differ, printed as\n%s", d, out.String())
			}
		})
	}
}

func TestPolicyEnvironment(t *testing.T) {
	t.Parallel()
	l, err := Load(Flags{Data: t.TempDir()}, Env{
		"LARDER_POLICY_LEVEL": "off", "LARDER_POLICY_GUARDS": "scripts=warn, G41=enforce",
		"LARDER_POLICY_COOLDOWN_NEW_PACKAGE": "3d", "LARDER_POLICY_COOLDOWN_FAST_LANE": "off",
		"LARDER_POLICY_LICENSES_DENY": "GPL-3.0-only, AGPL-3.0-only", "LARDER_POLICY_GRANDFATHER": "no",
		"LARDER_POLICY_BURST_VERSIONS": "7", "LARDER_INTEGRITY_REREAD": "100%", "LARDER_LIMITS_RATE": "9/h",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := defaultPolicy()
	want.Level, want.Guards, want.Grandfather, want.Burst.Versions = "off", Table{"scripts": "warn", "G41": "enforce"}, false, 7
	want.Cooldown.NewPackage, want.Cooldown.FastLane = Some(Duration(3*day)), 0
	want.Licenses.Deny = []string{"GPL-3.0-only", "AGPL-3.0-only"}
	if !reflect.DeepEqual(l.Policy, want) {
		t.Errorf("got  %+v\nwant %+v", l.Policy, want)
	}
	if l.Integrity.Reread.Share() != 1 || l.Limits.Rate != Some(Rate{9, time.Hour}) {
		t.Errorf("got %+v and %+v", l.Integrity, l.Limits)
	}
}

func TestAuditModeAndMetrics(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text, mode, addr string
		profiles         bool
	}{
		"nothing":           {"", AuditUpstream, "", false},
		"feeds":             {"feeds: [{path: a}]", AuditLocal, "", false},
		"feeds, and a word": {"feeds: [{path: a}]\naudit: {mode: off}", AuditOff, "", false},
		"a listener":        {"metrics: {listen: \":9090\"}", AuditUpstream, ":9090", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := Load(Flags{Data: t.TempDir(), Config: write(t, "f.yaml", tt.text)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if addr, profiles := l.Metrics.Address(); l.AuditMode() != tt.mode || addr != tt.addr || profiles != tt.profiles {
				t.Errorf("got %q, %q, %v; want %+v", l.AuditMode(), addr, profiles, tt)
			}
		})
	}
}

func TestPolicyProblems(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, want string }{
		{"no cooldown", "policy: {cooldown: {default: 0}}", "policy.cooldown.default (F:1): must be above 0; policy.guards: {cooldown: off} switches the guard off"},
		{"spans", "policy:\n  young_dependency: 0\n  publisher_hold: 0\n  young_removal: 0\n  burst: {hold: 0}\n  waiver_max: 0\n  prefetch: {wait: 0}",
			"policy.young_dependency (F:2): must be above 0; policy.guards: {young_dependency: off} switches the guard off\n" +
				"policy.publisher_hold (F:3): must be above 0; policy.guards: {publisher: off} switches the guard off\n" +
				"policy.young_removal (F:4): must be above 0; policy.guards: {removal: off} switches the guard off\n" +
				"policy.burst.hold (F:5): must be above 0; policy.guards: {burst: off} switches the guard off\n" +
				"policy.waiver_max (F:6): must be above 0\n" +
				"policy.prefetch.wait (F:7): must be above 0"},
		{"burst", "policy: {burst: {versions: 0}}", "policy.burst.versions (F:1): must be above 0; policy.guards: {burst: off} switches the guard off"},
		{"window without a default", "policy:\n  cooldown:\n    windows:\n      - {match: a, new_package: 1d}",
			"policy.cooldown.windows[0].default (F:4): must be above 0; an entry of policy.overrides with guard: cooldown and mode: off switches the cooldown off"},
		{"fast lane", "policy: {cooldown: {fast_lane: 0}}", `F:1:32: policy.cooldown.fast_lane: "0" may mean two things: write off, or a duration above 0`},
		{"day", "policy: {block: [{match: a, expires: soon}]}", `F:1:38: policy.block[0].expires: "soon" is not a time: write a day, like 2027-01-31, or 2027-01-31T17:30:00Z`},
		{"unknown key", "policy: {exemptions: [{ower: x}]}", `F:1:24: unknown key "policy.exemptions[0].ower": did you mean "policy.exemptions[0].owner"?`},
		{"contact", "policy: {contact: \"frag Jürgen\"}", "policy.contact (F:1): must be one line of ASCII"},
		{"contact of lines", `policy: {contact: "a\nb"}`, "policy.contact (F:1): must be one line of ASCII"},
		{"long contact", "policy: {contact: " + strings.Repeat("x", 101) + "}", "policy.contact (F:1): 101 bytes are too many: give at most 100"},
		{"prefetch", "policy: {prefetch: {size: 9}}", "policy.prefetch.size (F:1): 9 is too small: give 1MiB or more"},
		{"feeds", "feeds:\n  - {format: hashes}\n  - {path: /a, max_age: 0}\n  - {path: /b/../a}", "feeds[0].path (F:2): give the file or folder\nfeeds[1].max_age (F:3): must be above 0\n" +
			"feeds[2].path (F:4): /a is listed twice: keep one entry"},
		{"audit word", "audit: {mode: on}", `audit.mode (F:1): "on" is not one of upstream, local, off`},
		{"audit from nothing", "audit: {mode: local}", "audit.mode (F:1): local answers from feeds, and there are none"},
		{"share", "integrity: {reread: 1}", `F:1:21: integrity.reread: "1" is not a share: write one from 0% to 100%, like 1% or 0.25%`},
		{"metrics", "metrics: {listen: -}", `metrics.listen (F:1): "" is not an address: write host:port, like 127.0.0.1:4873`},
		{"connections", "limits: {conns_per_address: 0}", "limits.conns_per_address (F:1): must be above 0"},
		{"rate", "limits: {rate: 5}", `F:1:16: limits.rate: "5" is not a rate: write a number from 1 to 1000000 and a unit, like 10/m, 1/s or 100/h`},
		{"time", "upstreams: [{name: default, time: clock}]", `upstreams[0] (default): time (F:1): "clock" is not one of registry, mirror`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "larder.yaml", tt.file)
			_, err := Load(Flags{Data: t.TempDir(), Config: file}, nil)
			if got := strings.ReplaceAll(strings.Join(lines(err), "\n"), file, "F"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
