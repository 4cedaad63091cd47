package httpd

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// TestErrorFamilies words one error in each of the three ways.
func TestErrorFamilies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name             string
		err              error
		ours, npms, rest string
	}{
		{"not found", &npm.Error{Kind: npm.ErrNotFound, Text: "Package tag not found"},
			`{"error":"Package tag not found","message":"Package tag not found"}`,
			`{"error":"Package tag not found","message":"404 Package Tag Not Found"}`,
			`{"message":"404 Package Tag Not Found"}`},
		{"with GitLab's own words", &npm.Error{Kind: npm.ErrForbidden, Text: "Package protected.", Message: "Forbidden - Package protected."},
			`{"error":"Package protected.","message":"Package protected."}`,
			`{"error":"Package protected.","message":"403 Forbidden - Package protected."}`,
			`{"message":"403 Forbidden - Package protected."}`},
		{"unauthenticated", &npm.Error{Kind: npm.ErrUnauthenticated, Text: "Token is expired"},
			`{"error":"Token is expired","message":"Token is expired"}`,
			`{"error":"Token is expired","message":"401 Unauthorized"}`,
			`{"message":"401 Unauthorized"}`},
		{"unauthenticated without a text", npm.ErrUnauthenticated,
			`{"error":"credentials are missing or wrong","message":"credentials are missing or wrong"}`,
			`{"error":"credentials are missing or wrong","message":"401 Unauthorized"}`,
			`{"message":"401 Unauthorized"}`},
		{"wrong input", &npm.Error{Kind: npm.ErrInvalid, Text: "ref is missing"},
			`{"error":"ref is missing","message":"ref is missing"}`,
			`{"error":"ref is missing","message":"400 Ref Is Missing"}`,
			`{"error":"ref is missing"}`},
		{"blank part", &badTarget{kind: "character", missing: `"Tag"`},
			`{"error":"\"Tag\" not given","message":"\"Tag\" not given"}`,
			`{"error":"\"Tag\" not given","message":"400 Bad request - \"Tag\" not given"}`,
			`{"error":"\"Tag\" not given"}`},
		{"unsafe name", &badTarget{kind: "traversal", exact: textUnsafeName},
			`{"error":"` + textUnsafeName + `","message":"` + textUnsafeName + `"}`,
			`{"error":"` + textUnsafeName + `"}`, `{"error":"` + textUnsafeName + `"}`},
		{"unprocessable", &npm.Error{Kind: npm.ErrUnprocessable, Text: "it holds a link"},
			`{"error":"it holds a link","message":"it holds a link"}`,
			`{"error":"it holds a link","message":"422 It Holds A Link"}`,
			`{"error":"it holds a link","message":"422 It Holds A Link"}`},
		{"too large", documentBody.tooLarge(),
			`{"error":"File is too large.","message":"File is too large."}`,
			`{"error":"File is too large.","message":"413 File Is Too Large."}`,
			`{"message":"413 File Is Too Large."}`},
		{"our own trouble", fmt.Errorf("disk: %w", npm.ErrUnavailable),
			`{"error":"unavailable, try again","message":"unavailable, try again"}`,
			`{"error":"unavailable, try again","message":"503 Service Unavailable"}`,
			`{"message":"503 Service Unavailable"}`},
		{"guard", &npm.Error{Kind: npm.ErrForbidden, Text: "no", Guard: "G46", Code: "E_TOKEN_SCOPE", Package: "n"},
			`{"error":"no","message":"no","code":"E_TOKEN_SCOPE","guard":"G46","package":"n"}`,
			`{"error":"no","message":"403 Forbidden","code":"E_TOKEN_SCOPE","guard":"G46","package":"n"}`,
			`{"message":"403 Forbidden","code":"E_TOKEN_SCOPE","guard":"G46","package":"n"}`},
		{"policy", &npm.Error{Kind: npm.ErrBlocked, Text: "no", Guard: "G11", Code: "E_COOLDOWN", Package: "n", Version: "1.0.0"},
			`{"error":"no","message":"no","code":"E_COOLDOWN","guard":"G11","package":"n","version":"1.0.0","decision":"id"}`,
			`{"error":"no","message":"403 Forbidden","code":"E_COOLDOWN","guard":"G11","package":"n","version":"1.0.0","decision":"id"}`,
			`{"message":"403 Forbidden","code":"E_COOLDOWN","guard":"G11","package":"n","version":"1.0.0","decision":"id"}`},
		{"no route", noSuchPath(opNoRoute),
			`{"error":"404 Not Found","message":"404 Not Found"}`, `{"error":"404 Not Found"}`, `{"error":"404 Not Found"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := failureOf(c.err, "id")
			for w, want := range map[wording]string{inOurs: c.ours, inGitLabsNPM: c.npms, inGitLabsREST: c.rest} {
				got, err := json.Marshal(f.body(w))
				if err != nil || string(got) != want {
					t.Errorf("wording %d: %s, %v; want %s", w, got, err, want)
				}
			}
		})
	}
}

func TestTooManyAttemptsSaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"60": npm.ErrTooMany,
		"7":  &npm.Error{Kind: npm.ErrTooMany, RetryAfter: 6500 * time.Millisecond},
	} {
		h := startServer(t, Options{})
		h.packages.err = err
		h.do("GET", "/left-pad").want(t, 429, "Retry-After: "+want)
	}
}
