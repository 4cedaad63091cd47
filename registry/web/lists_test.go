package web

import (
	"bytes"
	"strings"
	"testing"
)

func TestProjectAndGroupPages(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	rows := []Row{{Name: "@acme/widget", URL: "/acme/web/-/packages/1", Version: "1.0.0", Type: "npm", Status: "deprecated",
		Tags: []string{"latest"}, PublishedAt: published, Project: Link{"acme/web", "/-/projects/acme/web"}}}
	list := Packages{Search: Search{URL: "/-/projects/acme/web", Text: "wid"}, Rows: rows, Pager: Pager{21, 40, 1234, "?page=1", "?page=3"}}
	var project, group bytes.Buffer
	if err := p.Project(&project, ProjectView{Path: "acme/web", Name: "Web", Visibility: "internal", Scope: "@acme",
		Registry: "https://registry.example.com/api/v4/projects/7/packages/npm/", Packages: list}); err != nil {
		t.Fatal(err)
	}
	if err := p.Group(&group, GroupView{Path: "acme", Packages: list,
		Projects: Children{Rows: []Child{{Path: "web", URL: "/-/projects/acme/web", Visibility: "internal"}}}}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, page string
		want       []string
		refused    string
	}{
		{"project", project.String(), []string{"Web acme/web internal", "Packages 1,234", "@acme/widget 1.0.0 latest deprecated npm 2 Nov 2026",
			"21–40 of 1,234 Previous Next", "npm publish npm install @acme/NAME",
			"@acme:registry=https://registry.example.com/api/v4/projects/7/packages/npm/ " +
				"//registry.example.com/api/v4/projects/7/packages/npm/:_authToken=${NPM_TOKEN}"}, "Project Type"},
		{"group", group.String(), []string{"Projects web internal", "Name Version Project Type", "1.0.0 latest deprecated acme/web npm"}, "Subgroups"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkPage(t, tt.page)
			doc := tree(t, tt.page)
			text := said(find(doc, "body")[0])
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page does not say %q: %s", want, text)
				}
			}
			if strings.Contains(text, tt.refused) {
				t.Errorf("the page says %q", tt.refused)
			}
			form := find(doc, "form")[0]
			if attr(form, "action") != "/-/projects/acme/web" || attr(form, "method") != "get" {
				t.Errorf("search form %v", form.Attr)
			}
		})
	}
}

func TestEmptyLists(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	tests := []struct {
		name string
		list Packages
		want string
	}{
		{"nothing there", Packages{}, "There are no packages here yet."},
		{"nothing found", Packages{Search: Search{URL: "/x", Text: "zzz"}}, "No package has “zzz” in its name. Show all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := p.Project(&out, ProjectView{Packages: tt.list}); err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(said(tree(t, out.String())), "“ ", "“")
			if !strings.Contains(strings.ReplaceAll(text, " ”", "”"), tt.want) {
				t.Errorf("the page does not say %q: %s", tt.want, text)
			}
		})
	}
}

func TestHomePage(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	tests := []struct {
		name string
		view HomeView
		want []string
	}{
		{"stranger", HomeView{Frame: Frame{SignIn: "/-/login"}, Registry: "https://registry.example.com/npm/", LocalPackages: 1234567},
			[]string{"npm config set registry https://registry.example.com/npm/", "Packages of your own 1,234,567", "Sign in to see yours."}},
		{"signed in", HomeView{Frame: Frame{Username: "ada"}}, []string{"ada", "There is no group that you can see."}},
		{"search", HomeView{Packages: Packages{Search: Search{URL: "/", Text: "wid"}, Rows: []Row{{Name: "widget", Version: "1.0.0"}}}},
			[]string{"wid - larder", "widget 1.0.0"}},
		{"groups", HomeView{Groups: Children{Rows: []Child{{Path: "acme", URL: "/-/groups/acme"}}, Pager: Pager{Total: 1}}}, []string{"Groups 1 acme"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := p.Home(&out, tt.view); err != nil {
				t.Fatal(err)
			}
			checkPage(t, out.String())
			text := said(tree(t, out.String()))
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page does not say %q: %s", want, text)
				}
			}
		})
	}
}
