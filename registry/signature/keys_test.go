package signature

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// publicKeys is what the public registry lists.
const publicKeys = `{"keys":[` +
	`{"expires":"2025-01-29T00:00:00.000Z","keyid":"SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA","keytype":"ecdsa-sha2-nistp256",` +
	`"scheme":"ecdsa-sha2-nistp256","key":"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg=="},` +
	`{"expires":null,"keyid":"SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U","keytype":"ecdsa-sha2-nistp256",` +
	`"scheme":"ecdsa-sha2-nistp256","key":"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEY6Ya7W++7aUPzvMTrezH6Ycx3c+HOKYCcNGybJZSCJq/fd7Qa8uuAKtdIkUQtQiEKERhAmE5lMMJhP8OkDOa2g=="}]}`

// strange is a key of a type that is not known.
const strange = `{"expires":null,"keyid":"other:1","keytype":"ed25519","scheme":"ed25519","key":"AAAA"}`

func parse(t testing.TB, text string) Keys {
	t.Helper()
	keys, err := ParseKeys([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func encode(t testing.TB, keys Keys) string {
	t.Helper()
	text, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// listOf is a set of keys as a registry sends it.
func listOf(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

func TestParseKeys(t *testing.T) {
	t.Parallel()
	list := strings.SplitAfter(strings.TrimSuffix(strings.TrimPrefix(publicKeys, `{"keys":[`), `]}`), "},")
	ended, current := strings.TrimSuffix(list[0], ","), list[1]
	tests := []struct {
		name, text string
		want       string // the set, or a part of what is wrong
		refused    bool
	}{
		{"public registry", publicKeys, publicKeys, false},
		{"none", `{"keys":[]}`, `{"keys":[]}`, false},
		{"more members", `{"x":1,"keys":[` + strings.Replace(current, `{`, `{"x":[],`, 1) + `]}`, listOf(current), false},
		{"twice the same", listOf(current, ended, current), listOf(current, ended), false},
		{"no expiry", listOf(strings.Replace(current, `"expires":null,`, "", 1)), listOf(current), false},
		{"expiry elsewhere", listOf(strings.Replace(ended, "00:00:00.000Z", "01:30:00+01:30", 1)), listOf(ended), false},
		{"unknown type", listOf(strange, current), listOf(strange, current), false},
		{"unknown scheme", listOf(strings.Replace(current, `"scheme":"ecdsa-sha2-nistp256"`, `"scheme":"x"`, 1)),
			listOf(strings.Replace(current, `"scheme":"ecdsa-sha2-nistp256"`, `"scheme":"x"`, 1)), false},
		{"no JSON", `<html>`, "parse keys", true},
		{"no list", `{"x":1}`, "no list of keys", true},
		{"null", `null`, "no list of keys", true},
		{"list alone", `[` + current + `]`, "parse keys", true},
		{"ID of another", listOf(strings.Replace(current, "SHA256:DhQ8", "SHA256:jl3b", 1)), "its fingerprint is SHA256:DhQ8", true},
		{"good one before", listOf(ended, strings.Replace(current, "SHA256:D", "SHA256:E", 1)), "parse key 2", true},
		{"ID absent", listOf(strings.Replace(current, `SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U`, "", 1)), "has no ID", true},
		{"ID of an unknown type absent", listOf(strings.Replace(strange, "other:1", "", 1)), "has no ID", true},
		{"ID too long", listOf(strings.Replace(strange, "other:1", strings.Repeat("x", maxText+1), 1)), "too long", true},
		{"no base64", listOf(strings.Replace(current, "MFkw", "!!!!", 1)), "decode key", true},
		{"no key", listOf(strings.Replace(current, "MFkw", "AAAA", 1)), "parse key", true},
		{"expiry is no time", listOf(strings.Replace(current, `"expires":null`, `"expires":"soon"`, 1)), "parse keys", true},
		{"twice with other expiry", listOf(current, strings.Replace(current, `"expires":null`, `"expires":"2030-01-01T00:00:00Z"`, 1)), "listed twice", true},
		{"unknown type twice", listOf(strange, strings.Replace(strange, "AAAA", "BBBB", 1)), "listed twice", true},
		{"too many", listOf(strings.Split(strings.Repeat(strange+"\n", maxKeys+1), "\n")[:maxKeys+1]...), "more than 256", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			keys, err := ParseKeys([]byte(tt.text))
			switch {
			case tt.refused && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			case !tt.refused && err != nil:
				t.Error(err)
			case !tt.refused && encode(t, keys) != tt.want:
				t.Errorf("got  %s\nwant %s", encode(t, keys), tt.want)
			}
		})
	}
}

// TestFingerprintIsOpenSSHs asks ssh-keygen, where there is one.
func TestFingerprintIsOpenSSHs(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("there is no ssh-keygen")
	}
	key := newRing(t).Keys().All()[0]
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, inPEM(t, publicBlock, key.public), 0o600); err != nil {
		t.Fatal(err)
	}
	line, err := exec.Command("ssh-keygen", "-i", "-m", "PKCS8", "-f", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, line, 0o600); err != nil {
		t.Fatal(err)
	}
	shown, err := exec.Command("ssh-keygen", "-l", "-E", "sha256", "-f", path).Output()
	if err != nil || !strings.Contains(string(shown), " "+key.ID+" ") {
		t.Errorf("ssh-keygen shows %s, %v, want %s", shown, err, key.ID)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	all := parse(t, publicKeys).All()
	ended, current := all[0], all[1]
	ending := current
	ending.Expires = day(3)
	tests := []struct {
		name         string
		into, from   Keys
		wantIDs      string
		wantsExpired time.Time // of the current key
	}{
		{"both empty", Keys{}, Keys{}, "", time.Time{}},
		{"into none", Keys{}, NewKeys(current), current.ID, time.Time{}},
		{"from none", NewKeys(current), Keys{}, current.ID, time.Time{}},
		{"others follow", NewKeys(current), NewKeys(ended), current.ID + " " + ended.ID, time.Time{}},
		{"what is there stays", NewKeys(ending, ended), NewKeys(current), current.ID + " " + ended.ID, day(3)},
		{"what is there stays without end", NewKeys(current), NewKeys(ended, ending), current.ID + " " + ended.ID, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.into.Merge(tt.from)
			var ids []string
			for _, k := range got.All() {
				ids = append(ids, k.ID)
			}
			if strings.Join(ids, " ") != tt.wantIDs {
				t.Errorf("got %v, want %s", ids, tt.wantIDs)
			}
			if k, _ := got.Find(current.ID); !k.Expires.Equal(tt.wantsExpired) {
				t.Errorf("the key ends %v, want %v", k.Expires, tt.wantsExpired)
			}
		})
	}
}

func TestPin(t *testing.T) {
	t.Parallel()
	all := parse(t, publicKeys).All()
	ended, current := all[0], all[1]
	until := func(k Key, at time.Time) Key {
		k.Expires = at
		return k
	}
	tests := []struct {
		name           string
		pinned, listed Keys
		want           Keys
		drift          Drift
	}{
		{"first sight", Keys{}, NewKeys(ended, current), NewKeys(ended, current), Drift{}},
		{"as before", NewKeys(ended, current), NewKeys(current, ended), NewKeys(ended, current), Drift{}},
		{"new one", NewKeys(current), NewKeys(current, ended), NewKeys(current), Drift{New: []string{ended.ID}}},
		{"replaced", NewKeys(current), NewKeys(ended), NewKeys(current), Drift{New: []string{ended.ID}, Gone: []string{current.ID}}},
		{"none any more", NewKeys(current), Keys{}, NewKeys(current), Drift{Gone: []string{current.ID}}},
		{"ends", NewKeys(current), NewKeys(until(current, day(5))), NewKeys(until(current, day(5))), Drift{Expired: []string{current.ID}}},
		{"ends earlier", NewKeys(until(current, day(9))), NewKeys(until(current, day(5))), NewKeys(until(current, day(5))), Drift{Expired: []string{current.ID}}},
		{"ends later", NewKeys(until(current, day(5))), NewKeys(until(current, day(9))), NewKeys(until(current, day(5))), Drift{}},
		{"ends no more", NewKeys(until(current, day(5))), NewKeys(current), NewKeys(until(current, day(5))), Drift{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := encode(t, tt.pinned)
			got, drift := tt.pinned.Pin(tt.listed)
			if encode(t, got) != encode(t, tt.want) {
				t.Errorf("got %s, want %s", encode(t, got), encode(t, tt.want))
			}
			if fmt.Sprint(drift) != fmt.Sprint(tt.drift) {
				t.Errorf("drift %v, want %v", drift, tt.drift)
			}
			if none := len(tt.drift.New)+len(tt.drift.Gone)+len(tt.drift.Expired) == 0; drift.None() != none {
				t.Errorf("none differ: %v, want %v", drift.None(), none)
			}
			if encode(t, tt.pinned) != before {
				t.Error("the pinned keys changed")
			}
		})
	}
}

// FuzzParseKeys: what is accepted is written in a way that gives the same set.
func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(publicKeys))
	f.Add([]byte(listOf(strange)))
	f.Add([]byte(`{"keys":[{"expires":"2025-01-29T00:00:00.000Z"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ParseKeys(text)
		if err != nil {
			return
		}
		once := encode(t, keys)
		if again := encode(t, parse(t, once)); again != once {
			t.Errorf("%s becomes %s", once, again)
		}
		for _, k := range keys.All() {
			if k.Known() && !strings.HasPrefix(k.ID, "SHA256:") {
				t.Errorf("a key is trusted by the ID %q", k.ID)
			}
		}
	})
}
