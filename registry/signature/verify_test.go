package signature

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	ours, theirs, stranger := newRing(t), newRing(t), newRing(t)
	ended := theirs.Keys().All()[0]
	ended.Expires = day(10)
	unknown := parse(t, listOf(strange)).All()[0]
	trusted := NewKeys(ours.Keys().All()[0], ended, unknown)
	id, endedID, strangerID := ours.id, theirs.id, stranger.id

	at := func(published time.Time) Subject {
		s := lib
		s.Published = published
		return s
	}
	good, foreign := sign(t, ours, lib), sign(t, stranger, lib)
	old := sign(t, theirs, lib)
	odd := Signature{KeyID: unknown.ID, Sig: "AAAA"}
	bad := sign(t, ours, Subject{Name: lib.Name, Version: "1.0.1", Integrity: lib.Integrity})
	broken := Signature{KeyID: id, Sig: "!" + good.Sig[1:]}
	posing := Signature{KeyID: id, Sig: foreign.Sig}
	tests := []struct {
		name string
		s    Subject
		list []Signature
		want Verdict
	}{
		{"none", lib, nil, Verdict{}},
		{"good", lib, []Signature{good}, Verdict{Result: Valid, KeyID: id}},
		{"good twice", lib, []Signature{good, good}, Verdict{Result: Valid, KeyID: id}},
		{"stranger's", lib, []Signature{foreign}, Verdict{Result: UnknownKey, Unknown: []string{strangerID}}},
		{"by a key of a type that is not known", lib, []Signature{odd}, Verdict{Result: UnknownKey, Unknown: []string{"other:1"}}},
		{"good after a stranger's", lib, []Signature{foreign, good}, Verdict{Result: Valid, KeyID: id, Unknown: []string{strangerID}}},
		{"good before a stranger's", lib, []Signature{good, foreign}, Verdict{Result: Valid, KeyID: id, Unknown: []string{strangerID}}},
		{"of another version", lib, []Signature{bad}, Verdict{Result: Invalid, KeyID: id}},
		{"bad before good", lib, []Signature{bad, good}, Verdict{Result: Invalid, KeyID: id}},
		{"good before bad", lib, []Signature{good, bad}, Verdict{Result: Invalid, KeyID: id}},
		{"bad before a stranger's", lib, []Signature{bad, foreign}, Verdict{Result: Invalid, KeyID: id, Unknown: []string{strangerID}}},
		{"stranger who poses as us", lib, []Signature{posing}, Verdict{Result: Invalid, KeyID: id}},
		{"no base64", lib, []Signature{broken}, Verdict{Result: Invalid, KeyID: id}},
		{"no signature", lib, []Signature{{KeyID: id, Sig: "AAAA"}}, Verdict{Result: Invalid, KeyID: id}},
		{"another name", Subject{Name: "@acme/lib2", Version: "1.0.0", Integrity: lib.Integrity}, []Signature{good}, Verdict{Result: Invalid, KeyID: id}},
		{"other bytes", Subject{Name: lib.Name, Version: lib.Version, Integrity: "sha512-BBBB"}, []Signature{good}, Verdict{Result: Invalid, KeyID: id}},
		{"nothing says which bytes", Subject{Name: lib.Name, Version: lib.Version},
			[]Signature{sign(t, ours, Subject{Name: lib.Name, Version: lib.Version})}, Verdict{Result: Invalid, KeyID: id}},
		{"published before the key ended", at(day(9)), []Signature{old}, Verdict{Result: Valid, KeyID: endedID}},
		{"published when the key ended", at(day(10)), []Signature{old}, Verdict{Result: Invalid, KeyID: endedID, Expired: true}},
		{"published after the key ended", at(day(11)), []Signature{old}, Verdict{Result: Invalid, KeyID: endedID, Expired: true}},
		{"nobody knows when", at(time.Time{}), []Signature{old}, Verdict{Result: Valid, KeyID: endedID}},
		{"ended after good", at(day(11)), []Signature{good, old}, Verdict{Result: Invalid, KeyID: endedID, Expired: true}},
		{"wrong rather than ended", at(day(11)), []Signature{{KeyID: endedID, Sig: good.Sig}}, Verdict{Result: Invalid, KeyID: endedID}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := trusted.Verify(tt.s, tt.list)
			if got.Result != tt.want.Result || got.KeyID != tt.want.KeyID || got.Expired != tt.want.Expired ||
				!slices.Equal(got.Unknown, tt.want.Unknown) {
				t.Errorf("got %s %+v, want %s %+v", got.Result, got, tt.want.Result, tt.want)
			}
		})
	}
	t.Run("nothing is trusted", func(t *testing.T) {
		t.Parallel()
		if got := (Keys{}).Verify(lib, []Signature{good}); got.Result != UnknownKey {
			t.Errorf("got %s", got.Result)
		}
	})
}

// TestVerifyBeforeFirstKeys: a key that ended before 2015 covers nothing without
// a time.
func TestVerifyBeforeFirstKeys(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	for end, want := range map[time.Time]Result{
		time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC): Invalid,
		time.Date(2015, 1, 1, 0, 0, 1, 0, time.UTC): Valid,
	} {
		key := r.Keys().All()[0]
		key.Expires = end
		s := lib
		s.Published = time.Time{}
		if got := NewKeys(key).Verify(s, []Signature{sign(t, r, s)}); got.Result != want {
			t.Errorf("a key until %v: %s, want %s", end, got.Result, want)
		}
	}
}

func TestResultWords(t *testing.T) {
	t.Parallel()
	for r, want := range map[Result]string{Missing: "missing", UnknownKey: "unknown_key", Invalid: "invalid", Valid: "valid", 9: "none"} {
		if r.String() != want {
			t.Errorf("%d is %q, want %q", r, r, want)
		}
	}
}

func TestParseSignatures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       int
		refused    string
	}{
		{"one", `[{"keyid":"k","sig":"s"}]`, 1, ""},
		{"more members", `[{"x":{},"sig":"s","keyid":"k"}]`, 1, ""},
		{"none", `[]`, 0, ""},
		{"null", `null`, 0, ""},
		{"at the limit", `[` + strings.Repeat(`{"keyid":"k","sig":"s"},`, maxSignatures-1) + `{"keyid":"k","sig":"s"}]`, maxSignatures, ""},
		{"too many", `[` + strings.Repeat(`{"keyid":"k","sig":"s"},`, maxSignatures) + `{"keyid":"k","sig":"s"}]`, 0, "more than 32"},
		{"object", `{"keyid":"k","sig":"s"}`, 0, "parse signatures"},
		{"number", `[1]`, 0, "parse signatures"},
		{"no ID", `[{"sig":"s"}]`, 0, "parse signature 1"},
		{"no signature", `[{"keyid":"k","sig":"s"},{"keyid":"k"}]`, 0, "parse signature 2"},
		{"null inside", `[null]`, 0, "parse signature 1"},
		{"too long", `[{"keyid":"k","sig":"` + strings.Repeat("s", maxText+1) + `"}]`, 0, "too long"},
		{"cut", `[{"keyid":"k"`, 0, "parse signatures"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseSignatures([]byte(tt.text))
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %v, want %q", err, tt.refused)
				}
				return
			}
			if err != nil || len(got) != tt.want {
				t.Errorf("got %v, %v, want %d", got, err, tt.want)
			}
		})
	}
}

// FuzzVerify: no list of signatures that the key did not make is valid.
func FuzzVerify(f *testing.F) {
	ring := newRing(f)
	keys := ring.Keys()
	good := sign(f, ring, lib)
	f.Add([]byte(`[{"keyid":"k","sig":"s"}]`), "1.0.1")
	f.Add([]byte(`[{"keyid":"`+ring.id+`","sig":"MEUCIQ=="}]`), "1.0.0")
	f.Add([]byte(`[{"keyid":"`+ring.id+`","sig":"`+good.Sig+`"}]`), "1.0.1")
	f.Fuzz(func(t *testing.T, text []byte, version string) {
		list, err := ParseSignatures(text)
		if err != nil {
			return
		}
		// The seeds hold the signature of this run's key for lib, which is for
		// no other version.
		s := Subject{Name: lib.Name, Version: version + "-fuzz", Integrity: lib.Integrity}
		if got := keys.Verify(s, list); got.Result == Valid {
			t.Errorf("%s is valid for %s", text, s.Version)
		}
		for _, one := range list {
			if _, err := base64.StdEncoding.DecodeString(one.Sig); err != nil && one.KeyID == ring.id {
				if got := keys.Verify(s, []Signature{one}); got.Result != Invalid {
					t.Errorf("broken base64 is %s", got.Result)
				}
			}
		}
		if _, err := json.Marshal(list); err != nil {
			t.Error(err)
		}
	})
}
