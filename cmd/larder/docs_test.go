package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry/rest"
	"github.com/larderhq/larder/upstream"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeKeys checks that every key that larder knows is explained, and
// that no other is.
func TestReadmeKeys(t *testing.T) {
	t.Parallel()
	loaded, err := config.Load(config.Flags{Data: t.TempDir()}, config.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := loaded.Print(&printed); err != nil {
		t.Fatal(err)
	}
	known := printedKeys(printed.String())
	documented := map[string]bool{}
	for row := range strings.Lines(textBelow(readme(t), "## Configuration")) {
		if !strings.HasPrefix(row, "| `") {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |")
		for _, m := range regexp.MustCompile("`([a-z_.]+)`").FindAllStringSubmatch(first, -1) {
			documented[m[1]] = true
		}
	}
	compare(t, "key", known, documented)
}

// printedKeys returns the paths of the keys of a printed configuration; those
// of an upstream stand alone.
func printedKeys(text string) map[string]bool {
	known := map[string]bool{}
	var sections []string
	for line := range strings.Lines(text) {
		setting, _, _ := strings.Cut(line, " # ")
		key, value, ok := strings.Cut(strings.TrimLeft(setting, "- "), ":")
		depth := (len(setting) - len(strings.TrimLeft(setting, "- "))) / 2
		switch {
		case !ok || strings.HasPrefix(line, "#"):
		case strings.TrimSpace(value) == "":
			sections = append(sections[:depth], key)
		case sections != nil && sections[0] == "upstreams" && depth > 0:
			known[key] = true
		default:
			known[strings.Join(append(slices.Clone(sections[:depth]), key), ".")] = true
		}
	}
	return known
}

// textBelow returns the text below a heading of the second level.
func textBelow(text, heading string) string {
	_, rest, _ := strings.Cut(text, heading+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

// TestReadmeMetrics does the same for metrics.
func TestReadmeMetrics(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`larder_[a-z_]+[a-z]`)
	sources, err := exec.Command("grep", "-rhoE", `"larder_[a-z_]+"`, "--include=*.go", "--exclude=*_test.go", "../../metrics").Output()
	if err != nil {
		t.Fatalf("list metrics: %v", err)
	}
	known, documented := map[string]bool{}, map[string]bool{}
	for _, name := range names.FindAllString(string(sources), -1) {
		known[name] = true
	}
	for _, name := range names.FindAllString(textBelow(readme(t), "## Metrics"), -1) {
		documented[name] = true
	}
	compare(t, "metric", known, documented)
}

// TestMetricsFromTheStart looks for every metric and every upstream's words in
// a larder that nobody has asked yet.
func TestMetricsFromTheStart(t *testing.T) {
	t.Parallel()
	s := begin(t, []string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--upstream", upstreamtest.New(t).URL()})
	_, body := s.get(t, newClient(t), "-/metrics")
	var want []string
	for _, name := range regexp.MustCompile(`larder_[a-z_]+[a-z]`).FindAllString(textBelow(readme(t), "## Metrics"), -1) {
		want = append(want, `(?m)^`+name+`(_count)?[{ ]`)
	}
	for _, result := range []string{
		upstream.AttemptOK, upstream.AttemptNotModified, upstream.AttemptRedirect, upstream.AttemptNotFound,
		upstream.AttemptDenied, upstream.AttemptThrottled, upstream.AttemptClientError, upstream.AttemptServerError,
		upstream.AttemptLoop, upstream.AttemptTimeout, upstream.AttemptFailed, upstream.AttemptRefused, upstream.AttemptCanceled,
	} {
		want = append(want, `(?m)^larder_upstream_attempts_total{result="`+result+`",upstream="default"} 0$`)
	}
	for _, result := range []string{
		upstream.BodyComplete, upstream.BodyTruncated, upstream.BodyTimeout,
		upstream.BodyTooLarge, upstream.BodyCorrupt, upstream.BodyAbandoned,
	} {
		want = append(want, `(?m)^larder_upstream_bodies_total{result="`+result+`",upstream="default"} 0$`)
	}
	for _, guard := range []string{"G48", "G52", "G53"} {
		want = append(want, `(?m)^larder_upstream_refusals_total{guard="`+guard+`",upstream="default"} 0$`)
	}
	for _, pattern := range want {
		if !regexp.MustCompile(pattern).Match(body) {
			t.Errorf("a larder that just started has no metric like %s", pattern)
		}
	}
	if code := s.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.log)
	}
}

// TestRESTRoutes checks that docs/rest-api.md has every route of the REST API,
// and no other.
func TestRESTRoutes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/rest-api.md")
	if err != nil {
		t.Fatal(err)
	}
	known, documented := map[string]bool{}, map[string]bool{}
	for _, r := range rest.Routes() {
		known[r.Method+" "+r.Path] = true
	}
	for _, heading := range regexp.MustCompile("(?m)^### .*$").FindAllString(string(text), -1) {
		for _, m := range regexp.MustCompile("`([A-Z]+ )(PLACE)?([^`?]*)").FindAllStringSubmatch(heading, -1) {
			if m[2] == "" {
				documented[m[1]+m[3]] = true
				continue
			}
			documented[m[1]+"/projects/:id"+m[3]], documented[m[1]+"/groups/:id"+m[3]] = true, true
		}
	}
	compare(t, "route", known, documented)
}

func compare(t *testing.T, what string, known, documented map[string]bool) {
	t.Helper()
	if len(known) < 10 {
		t.Fatalf("only %d of kind %s were found", len(known), what)
	}
	for name := range known {
		if !documented[name] {
			t.Errorf("%s %s is not documented", what, name)
		}
	}
	for name := range documented {
		if !known[name] {
			t.Errorf("the %s %s is documented and does not exist", what, name)
		}
	}
}

// TestReadmeConfiguration loads the example as it stands.
func TestReadmeConfiguration(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(readme(t), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no example")
	}
	file := t.TempDir() + "/larder.yaml"
	if err := os.WriteFile(file, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	code := run(t.Context(), []string{"check", "--config", file, "--data", t.TempDir(), "--upstream", "https://registry.example.com/"},
		[]string{"ACME_TOKEN=x"}, &out, &out)
	if code != exitOK || !strings.Contains(out.String(), "@acme/* from https://npm.example.com/acme/") {
		t.Errorf("check ended with %d: %s", code, out.String())
	}
}

// TestReadmeCommands checks that the help knows the commands of the table.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if code := run(t.Context(), []string{"--help"}, nil, &out, &out); code != exitOK {
		t.Fatalf("help ended with %d", code)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\|.*`larder ([a-z]+)").FindAllStringSubmatch(textBelow(readme(t), "## Commands"), -1) {
		documented = append(documented, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+) .*\[flags\]$`).FindAllStringSubmatch(out.String(), -1) {
		if !slices.Contains(documented, m[1]) {
			t.Errorf("README.md does not explain larder %s; it does %q", m[1], documented)
		}
	}
}
