package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// tooManyFailures is what somebody is told who failed to sign in too often.
const tooManyFailures = "too many failed attempts to sign in: wait before the next one"

// guessing is a team whose members may fail to sign in twice.
func guessing(t *testing.T) *guarded {
	t.Helper()
	tm := newTeamWith(t, map[string]string{"larder.yaml": strings.Replace(teamSettings, "1000/m", "2/h", 1)})
	return &guarded{larder: tm.larder, data: tm.data, team: tm}
}

// givesUp takes the patience from a client: npm would come back after ten seconds
// and after a minute, and yarn 4 once it may.
func (d *desk) givesUp(t *testing.T) {
	t.Helper()
	write(t, filepath.Join(d.root, "home"), map[string]string{".npmrc": "fetch-retries=0\n", ".yarnrc.yml": "httpRetry: 0\n"})
}

// TestGuessingIsRefused lets npm guess a password. After two wrong ones it is
// refused to try, whatever it tries, and told so; who has a token goes on working
// from the same address. (G61)
func TestGuessingIsRefused(t *testing.T) {
	t.Parallel()
	g := guessing(t)
	d := g.team.deskOf(t, npmOnPath(t), g.url, "")
	d.givesUp(t)
	d.source(t, scopedName, "1.0.0")
	for _, try := range []struct{ secret, want string }{
		{"wrong", "Incorrect username or password"},
		{"wrong as well", "Incorrect username or password"},
		{"wrong again", tooManyFailures},
		{password, tooManyFailures},
	} {
		write(t, d.project(), d.basic(d.registry, person+":"+try.secret))
		d.fails(t, try.want, "publish", scoped("1.0.0"))
	}
	d.signIn(t, "lrdp_unknown")
	d.fails(t, tooManyFailures, "whoami", words{})

	before := g.counters(t)
	got := g.ask(t, "/-/whoami", "lrdp_other")
	wait, err := strconv.Atoi(got.header.Get("Retry-After"))
	if got.status != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 3600 || got.header.Get("X-Guard") != "G61" ||
		!says(string(got.body), tooManyFailures) {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	after := g.counters(t)
	for _, name := range []string{`larder_sign_in_failures_total{reason="throttled"}`, `larder_refusals_total{guard="G61"}`} {
		if before[name] < 3 || after[name] != before[name]+1 {
			t.Errorf("%s is %v, and was %v", name, after[name], before[name])
		}
	}
	if text := g.console(t, "", "audit", "log", "--action", "login.limit"); !says(text, "2 failures within 1h0m0s") {
		t.Errorf("the audit log: %s", text)
	}

	d.signIn(t, g.team.token)
	d.shows(t, person, "whoami", words{})
	d.run(t, "publish", scoped("1.0.0"))
}

// TestGuessersAreTold shows what a person at each client gets to read who
// publishes with a token that is no good, or signs in, where somebody has failed
// too often.
func TestGuessersAreTold(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	g := guessing(t)
	for i := range 2 {
		g.ask(t, "/-/whoami", fmt.Sprintf("lrdp_%d", i))
	}
	for _, v := range oneOfEach(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			d := g.team.deskOf(t, v.client, g.url, "")
			d.givesUp(t)
			d.source(t, scopedName, "1.0.0")
			d.signIn(t, "lrdp_unknown")
			d.fails(t, tooManyFailures, "publish", scoped("1.0.0"))
			if v.name == "npm newest" {
				text, err := d.talk(t, "login", words{}, typed("sername:", person), typed("assword:", password))
				if err == nil || !says(text, tooManyFailures) {
					t.Errorf("%v\n%s", err, text)
				}
			}
		})
	}
}

// manyNames are packages that an application needs at once.
func manyNames(n int) (needs map[string]string, all []upstreamtest.Package) {
	needs = map[string]string{}
	for i := range n {
		name := fmt.Sprintf("twig-%d", i)
		needs[name] = "1.0.0"
		all = append(all, upstreamtest.Simple(name, "1.0.0"))
	}
	return needs, all
}

// hasty is npm that comes back so often, once a second.
func hasty(c client, retries int) client {
	plain := c.config
	c.config = func(registry string) map[string]string {
		files := maps.Clone(plain(registry))
		files[".npmrc"] += fmt.Sprintf("fetch-retries=%d\nfetch-retry-factor=1\nfetch-retry-mintimeout=1000\naudit=false\n", retries)
		return files
	}
	return c
}

// TestHasteIsSlowed installs more at once than one address may ask for. An npm
// that does not come back is told why, one that does gets everything, and nobody
// else waits for it. (G61)
func TestHasteIsSlowed(t *testing.T) {
	t.Parallel()
	needs, packages := manyNames(20)
	reg := upstreamtest.New(t)
	reg.Add(packages...)
	g := startWith(t, reg, map[string]string{"larder.yaml": "limits: {rate: 4/s}\n"})
	const reason = "too many requests at once: wait a second before the next one"
	got := g.get(t, "/twig-0")
	for range 100 {
		if got.status != http.StatusOK {
			break
		}
		got = g.get(t, "/twig-0")
	}
	var said struct{ Code, Guard, Error string }
	if err := json.Unmarshal(got.body, &said); err != nil || got.status != http.StatusTooManyRequests ||
		got.header.Get("Retry-After") != "1" || said.Guard != "G61" || said.Code != "E_RATE" || said.Error != reason {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	if got := g.get(t, "/-/health"); got.status != http.StatusOK {
		t.Errorf("a probe: %d %s", got.status, got.body)
	}
	root := strings.TrimSpace(readIfThere(t, filepath.Join(g.data, "registry", "root.token")))
	if got := g.ask(t, "/twig-0", root); got.status != http.StatusOK {
		t.Errorf("another: %d %s", got.status, got.body)
	}

	npm := npmOnPath(t)
	o := victim{client: hasty(npm, 0)}.installs(t, g.url, needs, "")
	o.refused(t, "no such package", "1.0.0", "E429", reason)
	before := g.counters(t)["larder_rate_limited_total"]
	if before < 2 {
		t.Errorf("%v refused requests are counted", before)
	}
	o = victim{client: hasty(npm, 30)}.installs(t, g.url, needs, "")
	for name := range needs {
		if o.err != nil || o.version(t, name) != "1.0.0" {
			t.Fatalf("%s is not installed: %v\n%s", name, o.err, o.text)
		}
	}
	if after := g.counters(t)["larder_rate_limited_total"]; after <= before {
		t.Errorf("%v refused requests are counted, and before npm came back %v", after, before)
	}
}
