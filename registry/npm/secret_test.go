package npm

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// fakeToken makes a token as larder's are made, of digits that are no secret.
func fakeToken(prefix string) string {
	body := prefix + strings.Repeat("0Az", 15)[:43]
	sum := crc32.ChecksumIEEE([]byte(body))
	digits := make([]byte, 6)
	for i := range digits {
		digits[5-i] = base62[sum%62]
		sum /= 62
	}
	return body + string(digits)
}

// fakeKey looks like a private key of the given kind.
func fakeKey(kind, newline string) string {
	return "-----BEGIN " + kind + "PRIVATE KEY-----" + newline + strings.Repeat("MIIB", 12) + newline + "-----END"
}

func TestInspectTarSecrets(t *testing.T) {
	t.Parallel()
	const key, token, env, credentials = "a private key", "a larder token", "environment variables", "registry credentials"
	far := strings.Repeat("x\n", searched/2-20)
	tests := []struct{ name, path, body, want string }{
		{"nothing", "a.js", "module.exports = 1", ""},
		{"token of npm", ".npmrc", "//registry.example.com/:_authToken=abc\n", credentials},
		{"password further down", "lib/.npmrc", "a=b\r\n\r\n  //registry.example.com/:_password = \"eA==\"\r\n", credentials},
		{"auth without a registry", ".npmrc", "_auth=YTpi", credentials},
		{"token from the environment", ".npmrc", "//registry.example.com/:_authToken=${TOKEN}\n_auth=\n#_auth=x\n; _auth=x\nx_auth=y", ""},
		{"token of npm elsewhere", "README.md", "_authToken=abc", ""},
		{"variables", ".env", "# the base\nA=\nexport B='secret'\n", env},
		{"variables of a stage", "config/.env.production", "A=1", env},
		{"empty variables", ".env", "A=\nB=\"\"\nC=''\n#D=1\n\n", ""},
		{"variables to copy", ".env.example", "A=1", ""},
		{"key in variables to copy", ".env.example", fakeKey("", "\n"), key},
		{"key", "id_rsa", fakeKey("RSA ", "\n"), key},
		{"key of Windows", "a.pem", fakeKey("", "\r\n"), key},
		{"key in a string", "a.js", `const k = "` + fakeKey("EC ", `\n`) + `"`, key},
		{"key of OpenSSH", "a", fakeKey("OPENSSH ", "\n"), key},
		{"encrypted key", "a", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", key},
		{"program that reads keys", "a.js", `if (s.startsWith("-----BEGIN RSA PRIVATE KEY-----")) {}`, ""},
		{"beginning of a key", "a.js", "-----BEGIN PRIVATE KEY-----\nMIIB", ""},
		{"public key", "a.pem", "-----BEGIN PUBLIC KEY-----\n" + strings.Repeat("MIIB", 12), ""},
		{"certificate before the key", "a.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n" + fakeKey("", "\n"), key},
		{"personal token", "a.js", "x" + fakeToken("lrdp_") + "x", token},
		{"deploy token", "a.js", fakeToken("lrdd_"), token},
		{"job token", "a.js", "lrd lrdj_ " + fakeToken("lrdj_"), token},
		{"token of another kind", "a.js", fakeToken("lrdx_"), ""},
		{"token that is none", "a.js", fakeToken("lrdp_")[:53] + "!", ""},
		{"half a token", "a.js", fakeToken("lrdp_")[:50], ""},
		{"where one read ends", "a.js", far + fakeToken("lrdp_") + far, token},
		{"key where one read ends", "a.js", far + fakeKey("", "\n") + far, key},
		{"at the end of the largest file", "a.js", strings.Repeat("x", maxSearched-54) + fakeToken("lrdp_"), token},
		{"larger file", "a.js", strings.Repeat("x", maxSearched-53) + fakeToken("lrdp_"), ""},
		{"key in .npmrc", ".npmrc", "cert=x\n" + `key="` + fakeKey("", `\n`) + `"`, key},
		{"long line in .npmrc", ".npmrc", "a=" + strings.Repeat("x", 2*longLine) + "\n_auth=x", credentials},
		{"rest of a long line", ".npmrc", "a=" + strings.Repeat("x", longLine-2) + "_auth=x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			archive := packed(t, entry{name: "package/" + tt.path, body: tt.body})
			for _, r := range []io.Reader{bytes.NewReader(archive), iotest.HalfReader(bytes.NewReader(archive))} {
				report, err := InspectTar(r, TarLimits{})
				if err != nil {
					t.Fatal(err)
				}
				var want []Secret
				if tt.want != "" {
					want = []Secret{{tt.path, tt.want}}
				}
				if !slices.Equal(report.Secrets, want) {
					t.Errorf("got %v, want %v", report.Secrets, want)
				}
			}
		})
	}
	t.Run("package.json", func(t *testing.T) {
		t.Parallel()
		text := `{"name":"a","version":"1.0.0","config":"` + fakeToken("lrdp_") + `"}`
		report, err := InspectTar(bytes.NewReader(gzipped(t, makeTar(t, entry{name: "package/package.json", body: text}))), TarLimits{})
		if err != nil || !slices.Equal(report.Secrets, []Secret{{"package.json", token}}) {
			t.Errorf("got %v and %v", report, err)
		}
	})
}

func TestTarReportNotice(t *testing.T) {
	t.Parallel()
	const end = ". If they are real, unpublish this version and revoke them."
	var entries []entry
	for i := range 9 {
		entries = append(entries, entry{name: fmt.Sprintf("package/%d.pem", i), body: fakeKey("", "\n")})
	}
	odd := entry{name: "package/a\"ü" + strings.Repeat("x", 200), body: fakeKey("", "\n")}
	tests := []struct {
		name    string
		entries []entry
		want    string
	}{
		{"none", nil, ""},
		{"one", entries[:1], `this package may hold secrets: "0.pem" (a private key)` + end},
		{"three", entries[:3], `this package may hold secrets: "0.pem" (a private key), "1.pem" (a private key), "2.pem" (a private key)` + end},
		{"many", entries, `this package may hold secrets: "0.pem" (a private key), "1.pem" (a private key), "2.pem" (a private key) and more` + end},
		{"odd name", []entry{odd}, `this package may hold secrets: "a\"\u00fc` + strings.Repeat("x", 96) + `..." (a private key)` + end},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			report, err := InspectTar(bytes.NewReader(packed(t, tt.entries...)), TarLimits{})
			if err != nil {
				t.Fatal(err)
			}
			if got := report.Notice(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// FuzzSecretSearch finds in pieces what it finds in one, and never fails on
// what a file holds.
func FuzzSecretSearch(f *testing.F) {
	f.Add([]byte(fakeToken("lrdp_")), 3, false)
	f.Add([]byte(fakeKey("RSA ", "\n")), 17, false)
	f.Add([]byte("A=1\n\r\n_auth=x"), 1, true)
	f.Fuzz(func(t *testing.T, body []byte, pad int, npmrc bool) {
		body = append(bytes.Repeat([]byte{'\n'}, max(0, pad%(2*searched))), body...)
		file := "a"
		if npmrc {
			file = ".npmrc"
		}
		var whole, pieces secretSearch
		err := errors.Join(whole.look(file, int64(len(body)), bytes.NewReader(body)),
			pieces.look(file, int64(len(body)), iotest.OneByteReader(bytes.NewReader(body))))
		if err != nil || len(whole.found) != len(pieces.found) {
			t.Fatalf("got %v and %v, error %v", whole.found, pieces.found, err)
		}
		if !npmrc && len(body) <= maxSearched && (secretIn(body) != "") != (len(whole.found) == 1) {
			t.Errorf("got %v of a file in which there is %q", whole.found, secretIn(body))
		}
	})
}
