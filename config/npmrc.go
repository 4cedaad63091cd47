package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoRegistry means that npm on this machine names no registry, or that
// there is no npm.
var ErrNoRegistry = errors.New("npm on this machine names no registry")

// Npm is npm's configuration on this machine, read at one moment.
type Npm struct {
	env    Env
	layers []npmLayer
}

// npmLayer is one source of npm's configuration; earlier layers win.
type npmLayer struct {
	where  string
	values npmrc
}

// ReadNpm reads npm's environment variables and the .npmrc chain, as seen from
// a folder: the project's file, the user's, the global one. Files that are not
// there are no problem.
func ReadNpm(env Env, dir string) *Npm {
	n := &Npm{env: env}
	n.layers = append(n.layers, npmLayer{"the environment (npm_config_registry)", npmEnv(env)})
	home := ""
	if env["HOME"] != "" {
		home = filepath.Join(env["HOME"], ".npmrc")
	}
	project := filepath.Join(projectRoot(dir), ".npmrc")
	if project != n.path("userconfig", home) {
		n.read(project)
	}
	// Asked again, because the project's file may move the user's.
	if user := n.path("userconfig", home); user != "" {
		n.read(user)
	}
	if global := n.path("globalconfig", n.globalFile()); global != "" {
		n.read(global)
	}
	return n
}

// read adds the layer of a file.
func (n *Npm) read(file string) {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return
	}
	n.layers = append(n.layers, npmLayer{file, parseNpmrc(string(text), n.env)})
}

// value returns the winning value of a key and where it stands.
func (n *Npm) value(key string) (value, where string) {
	for _, l := range n.layers {
		if v := l.values[key]; v != "" {
			return v, l.where
		}
	}
	return "", ""
}

// path returns the value of a key that is a file or folder, "~" resolved.
func (n *Npm) path(key, otherwise string) string {
	v, _ := n.value(key)
	if v == "" {
		return otherwise
	}
	if rest, ok := strings.CutPrefix(v, "~/"); ok {
		return filepath.Join(n.env["HOME"], rest)
	}
	return v
}

// globalFile is <prefix>/etc/npmrc; the prefix is npm's setting, else PREFIX,
// else two folders above node.
func (n *Npm) globalFile() string {
	prefix := n.path("prefix", n.env["PREFIX"])
	if prefix == "" {
		node, err := lookPath(n.env, "node")
		if err != nil {
			return ""
		}
		if real, err := filepath.EvalSymlinks(node); err == nil {
			node = real
		}
		prefix = filepath.Dir(filepath.Dir(node))
	}
	return filepath.Join(prefix, "etc", "npmrc")
}

// npmEnv reads npm_config_* variables, whose names have no case. Keys that are
// bound to a registry ("//host/:_authToken") are taken as they stand.
func npmEnv(env Env) npmrc {
	const prefix = "npm_config_"
	out := npmrc{}
	for name, value := range env {
		if len(name) <= len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) || value == "" {
			continue
		}
		key := name[len(prefix):]
		if !strings.HasPrefix(key, "//") {
			key = strings.ReplaceAll(strings.ToLower(key), "_", "-")
		}
		// Two spellings of one variable: npm takes whichever the system lists
		// last; we take the lower-case one, which is npm's own.
		if _, taken := out[key]; !taken || strings.HasPrefix(name, prefix) {
			out[key] = expandEnv(value, env)
		}
	}
	return out
}

// projectRoot is the nearest folder above that holds a package.json or
// node_modules, else the folder itself.
func projectRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		for _, mark := range []string{"package.json", "node_modules"} {
			if _, err := os.Stat(filepath.Join(at, mark)); err == nil {
				return at
			}
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// Registry returns the registry that npm uses and where that is said. It asks
// npm itself only when no configuration names one, because npm alone knows its
// default.
func (n *Npm) Registry(ctx context.Context) (registry, where string, err error) {
	registry, where = n.value("registry")
	if registry == "" {
		if registry, err = askNpm(ctx, n.env); err != nil {
			return "", "", err
		}
		where = "npm config get registry"
	}
	if err := checkHTTP(registry); err != nil {
		return "", "", fmt.Errorf("%w that larder can use: in %s: %w", ErrNoRegistry, where, err)
	}
	return registry, where, nil
}

// askNpm runs npm outside of any project. npm's warnings go to its standard
// error, which is not read.
func askNpm(ctx context.Context, env Env) (string, error) {
	path, err := lookPath(env, "npm")
	if err != nil {
		return "", fmt.Errorf("%w: it is not installed", ErrNoRegistry)
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "config", "get", "registry")
	cmd.Dir = os.TempDir()
	cmd.WaitDelay = time.Second
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: npm config get registry: %w", ErrNoRegistry, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// lookPath finds a program on the PATH of the given environment.
func lookPath(env Env, program string) (string, error) {
	for _, dir := range filepath.SplitList(env["PATH"]) {
		if dir == "" {
			continue
		}
		file := filepath.Join(dir, program)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", exec.ErrNotFound
}
