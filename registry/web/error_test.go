package web

import (
	"bytes"
	"strings"
	"testing"
)

func TestErrorPage(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	stranger, ada := Frame{Home: "/", SignIn: "/-/login"}, Frame{Home: "/", Username: "ada", SignIn: "/-/login"}
	tests := []struct {
		name    string
		view    ErrorView
		want    []string
		refused string
	}{
		{"sign in", ErrorView{Frame: stranger, Status: 401}, []string{"Sign in to see this page", "Sign in Go to the first page"}, "Request"},
		{"forbidden", ErrorView{Frame: ada, Status: 403, Text: "insufficient_scope"}, []string{"You may not see this page insufficient_scope"}, "Sign in"},
		{"missing", ErrorView{Frame: stranger, Status: 404}, []string{"404 This page does not exist", "you may have to sign in"}, "Request"},
		{"missing, signed in", ErrorView{Frame: ada, Status: 404}, []string{"you may have no access"}, "sign in"},
		{"throttled", ErrorView{Frame: ada, Status: 429}, []string{"Too many requests", "Wait a little"}, "Request abc"},
		{"ours", ErrorView{Frame: ada, Status: 500, RequestID: "abc"}, []string{"500 Something went wrong here", "Request abc"}, "Sign in"},
		{"client's", ErrorView{Frame: ada, Status: 400, RequestID: "abc"}, []string{"400 This request cannot be answered"}, "Request abc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := p.Error(&out, tt.view); err != nil {
				t.Fatal(err)
			}
			text := said(find(tree(t, out.String()), "body")[0])
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page does not say %q: %s", want, text)
				}
			}
			if strings.Contains(text, tt.refused) {
				t.Errorf("the page says %q: %s", tt.refused, text)
			}
		})
	}
}
