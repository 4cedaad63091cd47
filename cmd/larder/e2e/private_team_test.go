package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/larderhq/larder/cmd/larder/trial"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// What a team consists of.
const (
	teamGroup   = "acme"
	teamProject = "acme/packages"
	// publicName is a package of the registry behind larder.
	publicName = "pad-right"
	// person may do everything with the packages of the team.
	person   = "ada"
	password = "correct horse battery staple"
	// mate is another member, who only reads.
	mate = "grace"
)

// team is a larder with a private project, its members, and a registry behind.
type team struct {
	*larder
	data, token string
	reg         *upstreamtest.Registry
	// group and project are their numbers.
	group, project string
}

// teamSettings let failed logins of one test not hurt the others, which come
// from the same address.
const teamSettings = `names:
  private: ["@acme/*"]
  publish: {"@acme": acme/packages}
limits:
  failed_logins: 1000/m
`

// newTeam starts larder and makes the team with its commands.
func newTeam(t *testing.T) *team {
	t.Helper()
	return newTeamWith(t, map[string]string{"larder.yaml": teamSettings})
}

// newTeamWith is newTeam with files in the folder of the data.
func newTeamWith(t *testing.T, files map[string]string) *team {
	t.Helper()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Simple(publicName, "1.0.0"))
	tm := &team{data: t.TempDir(), reg: reg}
	write(t, tm.data, files)
	tm.larder = start(t, tm.data, reg.URL())
	tm.project = tm.number(t, "project", "create", teamProject, "--parents")
	tm.group = tm.number(t, "group", "show", teamGroup)
	tm.console(t, password+"\n", "user", "create", person, "--password-stdin", "--email", "ada@example.com",
		"--member", teamProject+":owner", "--member", "local/npm:owner")
	tm.console(t, password+"\n", "user", "create", mate, "--password-stdin", "--member", teamProject+":guest")
	tm.token = tm.newToken(t, person)
	return tm
}

// console runs a command of larder on the data.
func (tm *team) console(t *testing.T, input string, args ...string) string {
	t.Helper()
	return console(t, tm.data, input, args...)
}

// console runs a command of larder on the data in a folder and returns its
// standard output.
func console(t *testing.T, data, input string, args ...string) string {
	t.Helper()
	path, err := trial.Binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append(args, "--data", data)...)
	cmd.Env = []string{"HOME=" + data}
	cmd.Stdin = strings.NewReader(input)
	var failure strings.Builder
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("larder %s: %v\n%s", strings.Join(args, " "), err, &failure)
	}
	return strings.TrimSpace(string(out))
}

// number runs a command and returns the number of what it shows.
func (tm *team) number(t *testing.T, args ...string) string {
	t.Helper()
	var shown struct {
		ID json.Number `json:"id"`
	}
	text := tm.console(t, "", append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), &shown); err != nil || shown.ID == "" {
		t.Fatalf("larder %s shows no number: %v\n%s", strings.Join(args, " "), err, text)
	}
	return shown.ID.String()
}

func (tm *team) newToken(t *testing.T, user string, flags ...string) string {
	t.Helper()
	return tm.console(t, "", append([]string{"token", "create", user}, flags...)...)
}

// The ways into larder.
const (
	rootPlace     = "the root"
	instancePlace = "the instance's place"
	groupPlace    = "the group's place"
	projectPlace  = "the project's place"
)

// prefixes are the four ways into larder, by what they are called.
func (tm *team) prefixes() map[string]string {
	return map[string]string{
		rootPlace:     tm.url,
		instancePlace: tm.url + "/api/v4/packages/npm",
		groupPlace:    tm.url + "/api/v4/groups/" + tm.group + "/-/packages/npm",
		projectPlace:  tm.url + "/api/v4/projects/" + tm.project + "/packages/npm",
	}
}

// published is what the tests read of a package's document.
type published struct {
	Tags     map[string]string           `json:"dist-tags"`
	Versions map[string]publishedVersion `json:"versions"`
	Users    map[string]bool             `json:"users"`
	Owners   []struct {
		Name string `json:"name"`
	} `json:"maintainers"`
}

type publishedVersion struct {
	Deprecated string `json:"deprecated"`
	Dist       struct {
		Tarball string `json:"tarball"`
	} `json:"dist"`
}

// owns tells whether a user is among the maintainers.
func (p published) owns(user string) bool {
	for _, o := range p.Owners {
		if o.Name == user {
			return true
		}
	}
	return false
}

// read fetches the document of a package, which is absent where ok is false.
func (tm *team) read(t *testing.T, name string) (doc published, ok bool) {
	t.Helper()
	status, body := tm.ask(t, http.MethodGet, tm.url+"/"+strings.ReplaceAll(name, "/", "%2f"), tm.token)
	switch status {
	case http.StatusNotFound:
		return doc, false
	case http.StatusOK:
	default:
		t.Fatalf("GET %s: %d %s", name, status, body)
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	return doc, true
}

// ask sends a request with a token, or none where it is empty.
func (tm *team) ask(t *testing.T, method, url, token string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// sound ends larder and checks with fsck that what the clients did left the
// data whole.
func (tm *team) sound(t *testing.T) {
	t.Helper()
	tm.stop(t)
	if out := tm.console(t, "", "fsck"); !strings.Contains(out, "all is well") {
		t.Errorf("fsck: %s", out)
	}
}
