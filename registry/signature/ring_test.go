package signature

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"
)

func BenchmarkSign(b *testing.B) {
	r := newRing(b)
	for b.Loop() {
		if _, err := r.Sign(lib); err != nil {
			b.Fatal(err)
		}
	}
}

// lib is a version to sign.
var lib = Subject{Name: "@acme/lib", Version: "1.0.0", Integrity: "sha512-AAAA", Published: day(10)}

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

func newRing(t testing.TB, retired ...Key) *Ring {
	t.Helper()
	text, err := NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRing(text, retired...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sign(t testing.TB, r *Ring, s Subject) Signature {
	t.Helper()
	sig, err := r.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func inPEM(t testing.TB, kind string, key any) []byte {
	t.Helper()
	encode := x509.MarshalPKCS8PrivateKey
	if kind == publicBlock {
		encode = x509.MarshalPKIXPublicKey
	}
	der, err := encode(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestRingSigns(t *testing.T) {
	t.Parallel()
	text, err := NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	old := newRing(t).Keys().All()[0]
	old.Expires = day(1)
	var sigs [2]Signature
	for i := range sigs {
		r, err := NewRing(text, old)
		if err != nil {
			t.Fatal(err)
		}
		sigs[i] = sign(t, r, lib)
		if list := r.Keys().All(); len(list) != 2 || list[0].ID != sigs[i].KeyID || list[1] != old {
			t.Errorf("the ring lists %v", list)
		}
		if got := r.Keys().Verify(lib, sigs[i:i+1]); got.Result != Valid {
			t.Errorf("its signature is %s", got.Result)
		}
	}
	if sigs[0] != sigs[1] {
		t.Errorf("one version is signed in two ways: %v", sigs)
	}
}

func TestNewRingRefuses(t *testing.T) {
	t.Parallel()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	others, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good, err := NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	own, err := ParseRetired(good, day(1))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		text    []byte
		retired []Key
		want    string
	}{
		{"empty", nil, nil, "there is no private key in it"},
		{"cut", good[:len(good)/2], nil, "there is no private key in it"},
		{"public half", inPEM(t, publicBlock, own.public), nil, "there is no private key in it"},
		{"no key inside", pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: []byte("x")}), nil, "parse private key"},
		{"another curve", inPEM(t, privateBlock, p384), nil, "not one of ECDSA on P-256"},
		{"another kind", inPEM(t, privateBlock, others), nil, "not one of ECDSA on P-256"},
		{"itself retired", good, []Key{own}, "one key is there twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := NewRing(tt.text, tt.retired...); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParseRetired(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, public := inPEM(t, privateBlock, key), inPEM(t, publicBlock, &key.PublicKey)
	tests := []struct {
		name    string
		text    []byte
		refused bool
	}{
		{"private half", private, false},
		{"public half", public, false},
		{"another curve", inPEM(t, publicBlock, &p384.PublicKey), true},
		{"nothing", nil, true},
		{"broken", bytes.ReplaceAll(public, []byte("MFkw"), []byte("AAAA")), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseRetired(tt.text, day(2))
			if (err != nil) != tt.refused {
				t.Fatalf("got %v", err)
			}
			if err == nil && (!got.public.Equal(&key.PublicKey) || !got.Expires.Equal(day(2))) {
				t.Errorf("got %v", got)
			}
		})
	}
}
