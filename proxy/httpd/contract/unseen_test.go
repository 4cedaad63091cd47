package contract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// TestUnseenProjects: a private project may let everybody pull. Whoever does
// gets packages and nothing else of it, on pages as in the REST API.
func TestUnseenProjects(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	const name, project = "@acme/open", "acme/prv"
	everyone, described, called := record.RegistryEveryone, "the-secret-description", "the-secret-name"
	w.change(project, accounts.ProjectChange{Registry: &everyone, Description: &described, Name: &called})
	line := w.job("job", "developer", project)
	w.publishes(t, w.in(project), "job", version(name, "1.0.0"))
	one := fmt.Sprintf("/%s/-/packages/%d", project, w.number(t, project, name, "1.0.0"))
	pages := map[string]struct {
		// shows is what members read there.
		shows []string
		// named is whether it tells others the path of the project.
		named bool
	}{
		one:                        {[]string{name, fmt.Sprintf("#%d ", line)}, true},
		"/-/projects/" + project:   {[]string{name, described, called}, true},
		"/-/projects":              {[]string{project, described}, true},
		"/-/groups/acme":           {[]string{project, described}, true},
		"/-/groups/acme?search=xx": {[]string{project, described}, false},
	}
	member := w.asBrowser(t, "guest", w.tokens["guest"])
	for path, want := range pages {
		seen := string(w.status(t, http.StatusOK, get(path).with(browserAccept, member)).body)
		for _, text := range want.shows {
			if !strings.Contains(seen, text) {
				t.Errorf("%s does not show %q to a member", path, text)
			}
		}
		body := string(w.status(t, http.StatusOK, get(path).with(browserAccept)).body)
		for _, text := range []string{described, called, fmt.Sprintf("#%d ", line)} {
			if strings.Contains(body, text) {
				t.Errorf("%s shows %q to the anonymous", path, text)
			}
		}
		if strings.Contains(body, project) != want.named {
			t.Errorf("%s tells the anonymous of %s: %v", path, project, !want.named)
		}
	}
	w.status(t, http.StatusNotFound, get(api+"/projects/acme%2Fprv"))
	for who, want := range map[string]string{"": "", "guest": project} {
		var items []struct {
			Path string `json:"project_path"`
		}
		w.object(t, get(api+"/groups/acme/packages?package_name=open").as(who), &items)
		if len(items) != 1 || items[0].Path != want {
			t.Errorf("in the list of the group for %q: %v, want the path %q", who, items, want)
		}
	}
}

// TestRestoresTellNothing: whoever may not read the packages of a project does
// not learn which numbers are its packages'.
func TestRestoresTellNothing(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	members := record.RegistryMembers
	w.change("acme/pub", accounts.ProjectChange{Registry: &members})
	id := w.seed("acme/pub", record.Package{Name: "gold", Version: "1"})[0]
	for _, number := range []int64{id, 999999} {
		r := w.status(t, http.StatusNotFound, post(fmt.Sprintf("%s/larder/packages/%d/restore", api, number), "").as("stranger"))
		if want := `{"message":"404 Not found"}`; string(r.body) != want {
			t.Errorf("%d: %s, want %s", number, r.body, want)
		}
	}
}
