package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
)

// Flags are the settings that the command line gives; an empty one is not
// given.
type Flags struct {
	Config, Listen, Data, Upstream, PublicURL string
}

// Loaded is a configuration with the place that each value came from.
type Loaded struct {
	Config
	// File is the configuration file that was read, or empty.
	File string
	// Origins tells for the path of each key that is not at its default where
	// the value was set: "larder.yaml:3", "environment LARDER_LISTEN",
	// "flag --listen".
	Origins map[string]string
}

// Load reads the configuration. When it returns an error, that error joins
// every problem, one line each; the configuration is then not to be used for
// more than to look on for further problems.
func Load(flags Flags, env Env) (*Loaded, error) {
	l := &Loaded{Config: *Default(), Origins: map[string]string{}}
	l.place(flags, env)
	var problems []error
	problems = append(problems, l.readFile(flags, env))
	meant := l.credentialURL()
	problems = append(problems, l.overlayEnv(env, leavesOf(reflect.ValueOf(&l.Config).Elem(), "")))
	l.overlayFlags(flags)
	l.fillUpstreams()
	problems = append(problems, l.fillFeeds())
	problems = append(problems, l.checkCredentialURL(meant))
	for i := range l.Upstreams {
		if err := readSecret(&l.Upstreams[i], env); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", l.upstreamPath(i), err))
		}
	}
	problems = append(problems, l.readRootToken(env), l.validate())
	return l, errors.Join(problems...)
}

// place decides the data folder, which must be known before the file is.
func (l *Loaded) place(flags Flags, env Env) {
	if v := env[envData]; v != "" {
		l.Data, l.Origins["data"] = v, "environment "+envData
	}
	if flags.Data != "" {
		l.Data, l.Origins["data"] = flags.Data, "flag --data"
	}
}

// readFile reads the file that is named, else larder.yaml in the data folder
// if there is one.
func (l *Loaded) readFile(flags Flags, env Env) error {
	file, named := flags.Config, flags.Config != ""
	if !named {
		file, named = env[envConfig], env[envConfig] != ""
	}
	if !named {
		file = filepath.Join(l.Data, "larder.yaml")
	}
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
	case named:
		return fmt.Errorf("configuration file cannot be read: %w", err)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("data folder %s is a file or lies below one: choose a folder with --data", clip(l.Data))
	default:
		return fmt.Errorf("configuration file cannot be read: %w", err)
	}
	l.File = file
	return readYAML(&l.Config, file, text, l.Origins)
}

func (l *Loaded) overlayFlags(flags Flags) {
	if flags.Listen != "" {
		l.Listen, l.Origins["listen"] = flags.Listen, "flag --listen"
	}
	if flags.PublicURL != "" {
		l.PublicURL, l.Origins["public_url"] = flags.PublicURL, "flag --public-url"
	}
	if flags.Upstream != "" {
		l.setUpstream(flags.Upstream, "flag --upstream")
	}
}

// setUpstream sets the URL of the upstream named "default" and adds it when
// the file lists others only.
func (l *Loaded) setUpstream(url, origin string) {
	if l.MainUpstream() == nil {
		l.Upstreams = append(l.Upstreams, Upstream{Name: DefaultUpstream})
	}
	l.MainUpstream().URL = url
	i := slices.IndexFunc(l.Upstreams, func(u Upstream) bool { return u.Name == DefaultUpstream })
	l.Origins[fmt.Sprintf("upstreams[%d].url", i)] = origin
}

// credentialURL is the URL that the file gives the upstream named "default"
// together with a credential; empty where it does not.
func (l *Loaded) credentialURL() string {
	u := l.MainUpstream()
	if u == nil || u.TokenEnv == "" && u.TokenFile == "" && u.ClientCert == "" {
		return ""
	}
	return strings.TrimSpace(u.URL)
}

// checkCredentialURL refuses a URL from elsewhere that would be sent the
// credential that the file means for another one.
func (l *Loaded) checkCredentialURL(meant string) error {
	i := slices.IndexFunc(l.Upstreams, func(u Upstream) bool { return u.Name == DefaultUpstream })
	if meant == "" || i < 0 || strings.TrimRight(l.Upstreams[i].URL, "/") == strings.TrimRight(meant, "/") {
		return nil
	}
	return fmt.Errorf("%s: the file has a credential of this upstream for another URL, which must not go to this one; change the file instead",
		l.WhereUpstream(i, "url"))
}

// fillUpstreams gives entries of the file the defaults of an upstream, and
// brings URLs into the one form that everything else compares.
func (l *Loaded) fillUpstreams() {
	for i := range l.Upstreams {
		u := &l.Upstreams[i]
		if u.Name == DefaultUpstream && len(u.Match) == 0 {
			u.Match = []string{"**"}
		}
		u.URL = strings.TrimSpace(u.URL)
		u.Time = cmp.Or(u.Time, TimeRegistry)
	}
	l.PublicURL = strings.TrimRight(strings.TrimSpace(l.PublicURL), "/")
}

// fillFeeds gives entries the defaults of a feed and makes their paths
// absolute, since those of the file are meant from the file's folder.
func (l *Loaded) fillFeeds() error {
	for i := range l.Feeds {
		f := &l.Feeds[i]
		if l.Origins[fmt.Sprintf("feeds[%d].max_age", i)] == "" {
			f.MaxAge = defaultMaxAge
		}
		if f.Path == "" {
			continue
		}
		path := f.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(l.File), path)
		}
		path, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("%s: find the folder: %w", l.Where(fmt.Sprintf("feeds[%d].path", i)), err)
		}
		f.Path = path
	}
	return nil
}

// Where names a setting in a problem, with the place that its value came from:
// its own, else that of the entry or the setting that it is part of.
func (l *Loaded) Where(path string) string {
	from := path
	for l.Origins[from] == "" {
		end := strings.LastIndexAny(from, ".[")
		if end < 0 {
			break
		}
		from = from[:end]
	}
	return l.where(path, from)
}

// WhereUpstream does that for a setting of an upstream.
func (l *Loaded) WhereUpstream(i int, key string) string {
	return l.upstreamPath(i) + ": " + l.where(key, fmt.Sprintf("upstreams[%d].%s", i, key))
}

func (l *Loaded) where(name, path string) string {
	if origin := l.Origins[path]; origin != "" {
		return name + " (" + origin + ")"
	}
	return name
}

// upstreamPath names an upstream in a problem.
func (l *Loaded) upstreamPath(i int) string {
	path := fmt.Sprintf("upstreams[%d]", i)
	if name := l.Upstreams[i].Name; name != "" {
		path += " (" + clip(name) + ")"
	}
	return path
}
