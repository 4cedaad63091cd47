package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/larderhq/larder/"

// floors tells how high each package stands. Imports only point down.
var floors = map[string]int{
	"cmd/larder":                 4,
	"proxy/httpd":                3,
	"registry/rest":              3,
	"registry/site":              3,
	"registry/web":               3,
	"proxy":                      2,
	"registry":                   2,
	"registry/guard":             2,
	"upstream":                   1,
	"registry/names":             1,
	"registry/policy":            1,
	"registry/badgerstore":       1,
	"registry/catalog":           1,
	"registry/advisory":          1,
	"cache/records":              1,
	"cache/blob":                 1,
	"cache/blob/disk":            1,
	"cache/blob/mem":             1,
	"cache/memory":               1,
	"cache/sweep":                1,
	"registry/npm":               0,
	"registry/record":            0,
	"registry/signature":         0,
	"cache/kv":                   0,
	"cache/space":                0,
	"cache/recall":               0,
	"registry/accounts":          1,
	"cache/ready":                1,
	"metrics":                    0,
	"config":                     0,
	"upstream/upstreamtest":      testFloor,
	"registry/record/recordtest": testFloor,
	"registry/registrytest":      testFloor,
	"cache/blob/blobtest":        testFloor,
}

// testFloor marks packages that only tests import, and those below cmd/larder
// and docs, which look at the whole program and are no part of it.
const testFloor = 9

// sideways are the imports that are allowed within one floor: of a child to
// its parent, of records to the words that they are made of, of the database
// to the room that it has, and of the front end to what it lets answer.
var sideways = map[string][]string{
	"cache/blob/disk": {"cache/blob"},
	"cache/blob/mem":  {"cache/blob"},
	"registry/record": {"registry/npm"},
	"cache/kv":        {"cache/space"},
	"proxy/httpd":     {"registry/rest", "registry/site"},
	"registry/site":   {"registry/web"},
}

// tenants says who alone may import a module, and its packages.
var tenants = map[string]string{
	"github.com/valyala/fasthttp":         "proxy/httpd",
	"github.com/dgraph-io/badger":         "cache/kv",
	"github.com/prometheus/":              "metrics",
	"github.com/alecthomas/kong":          "cmd/larder",
	"github.com/goccy/go-yaml":            "config",
	module + "config":                     "cmd/larder",
	"github.com/sony/gobreaker":           "upstream",
	"github.com/yuin/goldmark":            "registry/web",
	"github.com/microcosm-cc/bluemonday":  "registry/web",
	"golang.org/x/net/html":               "registry/web",
	"gitlab.com/gitlab-org/api/client-go": testsAlone,
	"github.com/santhosh-tekuri/":         testsAlone,
	"github.com/chromedp/":                testsAlone,
	"github.com/rogpeppe/go-internal":     testsAlone,
	"go.uber.org/goleak":                  testsAlone,
}

// testsAlone is nobody: the imports of tests are not looked at.
const testsAlone = "tests"

// listed is a package as the go command lists it.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// packages lists every package of the module.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

func TestFloors(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		floor, ok := floors[from]
		if strings.HasPrefix(from, "cmd/larder/") || strings.HasPrefix(from, "docs/") {
			floor, ok = testFloor, true
		}
		if !ok {
			t.Errorf("%s stands on no floor: add it to the table", from)
		}
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module)
			if ours && floor != testFloor && !mayImport(from, to) {
				t.Errorf("%s (floor %d) imports %s (floor %d)", from, floor, to, floors[to])
			}
			if floor != testFloor {
				checkTenant(t, from, path)
			}
		}
	}
}

// mayImport tells whether an arrow between two packages of ours points down.
func mayImport(from, to string) bool {
	high, low := floors[from], floors[to]
	return low < high || slices.Contains(sideways[from], to)
}

func checkTenant(t *testing.T, from, path string) {
	t.Helper()
	for prefix, tenant := range tenants {
		if strings.HasPrefix(path, prefix) && from != tenant {
			t.Errorf("%s imports %s, which is for %s alone", from, path, tenant)
		}
	}
}

// TestFloorsRefuse shows that the rules refuse what they are for.
func TestFloorsRefuse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from, to string
		want     bool
	}{
		{"cmd/larder", "config", true},
		{"proxy", "upstream", true},
		{"cache/blob/disk", "cache/blob", true},
		{"registry/record", "registry/npm", true},
		{"cache/blob", "cache/blob/disk", false},
		{"upstream", "registry/names", false},
		{"proxy", "registry", false},
		{"proxy", "proxy/httpd", false},
		{"upstream", "proxy", false},
		{"metrics", "registry/npm", false},
	}
	for _, tt := range tests {
		if got := mayImport(tt.from, tt.to); got != tt.want {
			t.Errorf("%s may import %s: %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}
