package record_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestOriginWords(t *testing.T) {
	t.Parallel()
	for o, want := range map[record.Origin]string{record.Unclaimed: "unclaimed", record.Private: "private",
		record.Public: "public", record.Dual: "dual", 99: "origin(99)"} {
		if o.String() != want {
			t.Errorf("String = %q, want %q", o, want)
		}
		got, err := record.ParseOrigin(want)
		if known := o != 99; known && (got != o || err != nil) || !known && !errors.Is(err, record.ErrCorrupt) {
			t.Errorf("ParseOrigin(%q) = %v, %v", want, got, err)
		}
	}
	for _, word := range []string{"", "Public", "public ", "0"} {
		if _, err := record.ParseOrigin(word); !errors.Is(err, record.ErrCorrupt) {
			t.Errorf("ParseOrigin(%q): %v", word, err)
		}
	}
}

func TestKindWords(t *testing.T) {
	t.Parallel()
	for k, want := range map[record.Kind]string{record.ClaimChanged: "claim", record.PinChanged: "pin",
		record.SettingChanged: "setting", record.UserChanged: "user", record.TokenChanged: "token", record.SpaceChanged: "space",
		record.MemberChanged: "member", record.RuleChanged: "rule", record.PackageChanged: "package",
		record.OrderChanged: "order", record.SightChanged: "sight", 99: "kind(99)"} {
		if k.String() != want {
			t.Errorf("String = %q, want %q", k, want)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	claim := record.Claim{Name: "a", Origin: record.Public, By: record.ByUpstream}
	pin := record.Pin{Name: "a", Version: "1.0.0", SHA512: [64]byte{1}}
	if err := errors.Join(claim.Validate(), pin.Validate(), record.ValidateSetting("k", "")); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 20<<10)
	negative, declared, unnamed := pin, pin, claim
	negative.Size, declared.Declared, unnamed.Name = -1, long, ""
	for name, err := range map[string]error{
		"negative size": negative.Validate(), "long integrity": declared.Validate(), "no name": unnamed.Validate(),
		"long value": record.ValidateSetting("k", long), "value with NUL": record.ValidateSetting("k", "\x00"),
	} {
		if !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
