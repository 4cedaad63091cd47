package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/larderhq/larder/docs/bench/machine"
)

// What npm installs for the peers: exact versions, so that runs compare. The
// override is for mirrors that keep no dist-tag but "latest": verdaccio asks
// for node-fetch by another one.
const peerManifest = `{
  "private": true,
  "dependencies": {"verdaccio": "6.10.4", "node": "24.21.0"},
  "overrides": {"node-fetch": "2.7.0"},
  "allowScripts": {"node": true}
}
`

// programs are what is measured; an empty path is a peer that is left out.
type programs struct {
	larder    string
	verdaccio string
	node      string
	nginx     string
}

func (b *bench) findPrograms(ctx context.Context) (*programs, error) {
	p := &programs{larder: b.larder}
	if p.larder == "" {
		b.say("building larder")
		p.larder = filepath.Join(b.dir, "larder")
		build := exec.CommandContext(ctx, "go", "build", "-o", p.larder, "github.com/larderhq/larder/cmd/larder")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build larder: %w\n%s", err, out)
		}
	}
	if !b.peers || b.guards {
		return p, nil
	}
	p.nginx = findNginx()
	if p.nginx == "" {
		b.say("there is no nginx on this machine: it is left out")
	}
	if err := b.installPeers(ctx); err != nil {
		return nil, fmt.Errorf("install verdaccio: %w", err)
	}
	modules := filepath.Join(b.tools, "node_modules")
	p.verdaccio, p.node = filepath.Join(modules, "verdaccio", "bin", "verdaccio"), filepath.Join(modules, "node", "bin", "node")
	return p, nil
}

// findNginx looks where Debian puts it too, which is not on everyone's PATH.
func findNginx() string {
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// installPeers installs what peerManifest says unless that was done before.
func (b *bench) installPeers(ctx context.Context) error {
	done := filepath.Join(b.tools, "complete")
	if have, err := os.ReadFile(done); err == nil && string(have) == peerManifest {
		return nil
	}
	b.say("installing verdaccio and node into %s", b.tools)
	if err := os.MkdirAll(b.tools, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.tools, "package.json"), []byte(peerManifest), 0o644); err != nil {
		return err
	}
	npm := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = b.tools
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return os.WriteFile(done, []byte(peerManifest), 0o644)
}

// versions names everything that is measured.
func (p *programs) versions(ctx context.Context) []string {
	all := []string{machine.Said(ctx, p.larder, "version")}
	if p.verdaccio != "" {
		all = append(all, "verdaccio "+machine.Said(ctx, p.node, p.verdaccio, "--version")+" on node "+machine.Said(ctx, p.node, "--version"))
	}
	if p.nginx != "" {
		all = append(all, strings.TrimPrefix(machine.Said(ctx, p.nginx, "-v"), "nginx version: "))
	}
	return all
}

// startLarder starts larder with an empty cache, and with more settings as
// variables.
func (b *bench) startLarder(ctx context.Context, settings ...string) (*server, error) {
	address, data, err := b.place("larder-")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, b.programs.larder, "serve", "--listen", address, "--data", data, "--upstream", b.fixture.URL())
	// As long as the others keep what they have.
	cmd.Env = append(os.Environ(), "LARDER_CACHE_TTL=1h", "LARDER_LOG_LEVEL=warn")
	cmd.Env = append(cmd.Env, settings...)
	return launch(ctx, "larder", address, cmd)
}

const verdaccioConfig = `storage: %s
uplinks:
  fixture: {url: %q, maxage: 60m, timeout: 60s}
packages:
  '@*/*': {access: $all, proxy: fixture}
  '**': {access: $all, proxy: fixture}
log: {type: stdout, format: json, level: warn}
`

// startVerdaccio starts verdaccio with an empty storage.
func (b *bench) startVerdaccio(ctx context.Context) (*server, error) {
	address, data, err := b.place("verdaccio-")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(data, "config.yaml")
	text := fmt.Sprintf(verdaccioConfig, filepath.Join(data, "storage"), b.fixture.URL()+"/")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, b.programs.node, b.programs.verdaccio, "--config", file, "--listen", address)
	cmd.Env = append(os.Environ(), "NODE_ENV=production")
	return launch(ctx, "verdaccio", address, cmd)
}

// place finds an address and makes a folder for a server.
func (b *bench) place(prefix string) (address, data string, err error) {
	if address, err = freeAddress(); err != nil {
		return "", "", err
	}
	data, err = os.MkdirTemp(b.dir, prefix)
	return address, data, err
}

const nginxConfig = `daemon off;
worker_processes %d;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
  open_file_cache max=10000 inactive=10m;
  open_file_cache_valid 10m;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  map $http_accept $form { default full; ~vnd\.npm\.install-v1 abbreviated; }
  server {
    listen %s;
    location = /-/ping { return 200; }
    location ~ /-/ { root tarballs; default_type application/octet-stream; }
    location / {
      root $form;
      try_files $uri.json =404;
      types { }
      default_type application/json;
      add_header Content-Encoding gzip;
      add_header Vary "Accept, Accept-Encoding";
    }
  }
}
`

// startNginx starts nginx over the files that larder would send.
func (b *bench) startNginx(ctx context.Context, larder *server) (*server, error) {
	address, data, err := b.place("nginx-")
	if err != nil {
		return nil, err
	}
	if err := b.copySite(ctx, larder.url, address, data); err != nil {
		return nil, err
	}
	file := filepath.Join(data, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, runtime.NumCPU(), address), 0o644); err != nil {
		return nil, err
	}
	if err := readable(b.dir); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, b.programs.nginx, "-p", data, "-c", file)
	return launch(ctx, "nginx", address, cmd)
}

// readable lets nginx's workers, which are another user when it is started by
// root, see the files.
func readable(dir string) error {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // temporary files of running servers come and go
	}
	return err
}
