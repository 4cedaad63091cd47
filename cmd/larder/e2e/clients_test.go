package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// client is a package manager and how to use it.
type client struct {
	name string
	// program and its first arguments; a script is run by node.
	program []string
	node    string // folder of the node to use, empty for the one on PATH
	lock    string // name of its lockfile
	install []string
	frozen  []string
	config  func(registry string) map[string]string
	// signedIn is config with a token.
	signedIn func(registry, token string) map[string]string
	// basic is config with a name, a colon and a password; nil where the client
	// knows only tokens.
	basic func(registry, pair string) map[string]string
	can   commands
	// writes and hidden are its words for a package that one may change, and
	// that not everybody may see.
	writes, hidden string
	// without are packages of the fixture that it cannot install at all.
	without []string
}

// npmOnPath is the npm of this machine. Without one nothing here can run, not
// even the installation of the other clients.
func npmOnPath(t *testing.T) client {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("there is no npm on PATH: the end-to-end journeys need one")
	}
	return npmClient("npm on PATH", npm)
}

// everyClient lists all clients, installing those that are missing.
func everyClient(t *testing.T) []client {
	t.Helper()
	mine := npmOnPath(t)
	newest := npmClient("npm newest", script(t, "npm@latest", "npm/bin/npm-cli.js")...)
	newest.can = npmCommands()
	node := filepath.Dir(tool(t, "node@24", "node/bin/node"))
	pinned := npmClient("npm 11", script(t, "npm@11.21.2", "npm/bin/npm-cli.js")...)
	all := []client{mine, pinned, newest, pnpm(t), yarn1(t), yarn4(t), bun(t)}
	for i := range all[1:] {
		all[i+1].node = node
	}
	return all
}

func script(t *testing.T, spec, path string) []string {
	t.Helper()
	return []string{"node", tool(t, spec, path)}
}

func npmClient(name string, program ...string) client {
	return client{
		name: name, program: program, lock: "package-lock.json",
		install: []string{"install"}, frozen: []string{"ci"}, config: npmrc, signedIn: npmrcSigned, basic: npmrcBasic,
		can: olderNpmCommands(), writes: "read-write", hidden: "private",
	}
}

func npmrc(registry string) map[string]string {
	return map[string]string{".npmrc": fmt.Sprintf("registry=%s/\nupdate-notifier=false\n", registry)}
}

func pnpm(t *testing.T) client {
	t.Helper()
	return client{
		name: "pnpm newest", program: []string{tool(t, "pnpm@latest", ".bin/pnpm")}, lock: "pnpm-lock.yaml",
		// It fails when scripts are not approved one by one.
		install: []string{"install", "--ignore-scripts"},
		frozen:  []string{"install", "--ignore-scripts", "--frozen-lockfile"},
		config:  npmrc, signedIn: npmrcSigned, basic: npmrcBasic, can: pnpmCommands(), writes: "write", hidden: "restricted",
	}
}

func yarn1(t *testing.T) client {
	t.Helper()
	return client{
		name: "yarn 1", program: script(t, "yarn@1.22.22", "yarn/bin/yarn.js"), lock: "yarn.lock",
		install: []string{"install", "--non-interactive"},
		frozen:  []string{"install", "--non-interactive", "--frozen-lockfile"},
		config:  npmrc, signedIn: yarn1Signed, can: yarn1Commands(),
		// It crashes on a version without any checksum.
		without: []string{upstreamtest.HashlessName},
	}
}

func yarn4(t *testing.T) client {
	t.Helper()
	return client{
		name: "yarn 4", program: script(t, "@yarnpkg/cli-dist@latest", "@yarnpkg/cli-dist/bin/yarn.js"), lock: "yarn.lock",
		install: []string{"install", "--no-immutable"},
		frozen:  []string{"install", "--immutable"},
		config:  yarnrc, can: yarn4Commands(),
		basic: func(registry, pair string) map[string]string {
			files := yarnrc(registry)
			files[".yarnrc.yml"] += fmt.Sprintf("npmAlwaysAuth: true\nnpmAuthIdent: %q\n", pair)
			return files
		},
		signedIn: func(registry, token string) map[string]string {
			files := yarnrc(registry)
			if token != "" {
				files[".yarnrc.yml"] += fmt.Sprintf("npmAlwaysAuth: true\nnpmAuthToken: %q\n", token)
			}
			return files
		},
	}
}

func yarnrc(registry string) map[string]string {
	return map[string]string{".yarnrc.yml": fmt.Sprintf(
		"nodeLinker: node-modules\nnpmRegistryServer: %q\nunsafeHttpWhitelist: [\"127.0.0.1\"]\n"+
			"npmMinimalAgeGate: 0\nenableTelemetry: false\n", registry)}
}

func bun(t *testing.T) client {
	t.Helper()
	return client{
		name: "bun", program: []string{tool(t, "bun@latest", "bun/bin/bun.exe")}, lock: "bun.lock",
		install: []string{"install"},
		frozen:  []string{"install", "--frozen-lockfile"},
		config: func(registry string) map[string]string {
			return map[string]string{"bunfig.toml": fmt.Sprintf("[install]\nregistry = %q\n", registry)}
		},
		can: bunCommands(),
		signedIn: func(registry, token string) map[string]string {
			return map[string]string{"bunfig.toml": fmt.Sprintf("[install.registry]\nurl = %q\ntoken = %q\n", registry, token)}
		},
	}
}
