package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/signature"
	"github.com/larderhq/larder/upstream"
)

// settings are the configuration, translated into the words of the packages
// that use it.
type settings struct {
	*config.Loaded
	private   []npm.Pattern
	trusted   []netip.Prefix
	upstreams []upstream.Options
	dual      []registry.Dual
	dualNames []npm.Name
	policy    policy.Config
	feeds     []advisory.Source
	// maxAges are how old the newest record of each feed may be.
	maxAges []time.Duration
	// trustedKeys are believed besides those that were pinned at first sight.
	trustedKeys signature.Keys
}

// load reads and checks the configuration. Like config.Load it also returns
// what it could read when something is wrong.
func (a *app) load() (*settings, error) {
	loaded, err := config.Load(a.flags, a.env)
	s := &settings{Loaded: loaded}
	err = errors.Join(err, s.translate())
	return s, wrongConfig(errors.Join(err, s.checkUpstreams(err == nil)))
}

// translate finds the problems that only the packages themselves can see.
func (s *settings) translate() error {
	var problems []error
	for _, text := range s.TrustedProxies {
		if network, err := config.ParseNetwork(text); err == nil {
			s.trusted = append(s.trusted, network)
		}
	}
	var err error
	if s.private, err = patterns(s.Where("names.private"), s.Names.Private); err != nil {
		problems = append(problems, err)
	}
	problems = append(problems, s.translateDual()...)
	problems = append(problems, s.translatePolicy()...)
	problems = append(problems, s.translateFeeds()...)
	problems = append(problems, s.readKeys())
	for i, u := range s.Upstreams {
		match, err := patterns(s.WhereUpstream(i, "match"), u.Match)
		if err != nil {
			problems = append(problems, err)
		}
		s.upstreams = append(s.upstreams, upstream.Options{
			Name: u.Name, URL: u.URL, Match: match, Token: u.Token.Reveal(),
			TarballHosts: u.TarballHosts, AllowPrivate: u.AllowPrivate,
			CAFile: u.CAFile, ClientCert: u.ClientCert, ClientKey: u.ClientKey, Proxy: u.Proxy,
		})
	}
	return errors.Join(problems...)
}

// translateDual reads the names that live here and upstream. Those that config
// already reported are left out here.
func (s *settings) translateDual() []error {
	var problems []error
	for i, d := range s.Names.Dual {
		if d.Name == "" || d.Versions == "" || strings.ContainsAny(d.Name, "* \t\r\n,") {
			continue
		}
		where := s.Where("names.dual")
		name, err := npm.ParseName(d.Name)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: entry %d: %q is not a package name: %w", where, i+1, d.Name, err))
			continue
		}
		for _, p := range s.private {
			if p.Match(name) {
				problems = append(problems, fmt.Errorf("%s: %s never goes upstream, because names.private has %s: keep one of them", where, name, p))
			}
		}
		s.dual = append(s.dual, registry.Dual{Name: d.Name, Versions: d.Versions})
		s.dualNames = append(s.dualNames, name)
	}
	return problems
}

// patterns reads name patterns. Those that config already reported as no
// pattern at all are left out here.
func patterns(where string, texts []string) ([]npm.Pattern, error) {
	var out []npm.Pattern
	var problems []error
	for _, text := range texts {
		if text == "" || strings.ContainsAny(text, " \t\r\n,") {
			continue
		}
		p, err := npm.ParsePattern(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %q is a %w", where, text, err))
			continue
		}
		out = append(out, p)
	}
	return out, errors.Join(problems...)
}

// openUpstreams makes the upstreams, or returns every problem with them. What
// it refuses is a matter of configuration: nothing is dialled.
func (s *settings) openUpstreams(shared upstream.Shared) (*upstream.Set, error) {
	set, err := upstream.New(s.upstreams, shared)
	if err != nil {
		return nil, wrongConfig(errors.New(strings.TrimPrefix(err.Error(), npm.ErrInvalid.Error()+": ")))
	}
	return set, nil
}

// checkUpstreams tries to make the upstreams of a configuration that is
// otherwise good, or, where it is not, at least compares their patterns, so
// that no problem is told twice.
func (s *settings) checkUpstreams(good bool) error {
	trial := *s
	trial.upstreams = nil
	seen := map[string]bool{}
	for _, u := range s.upstreams {
		switch {
		case !good && (seen[u.Name] || u.Name == "" || len(u.Match) == 0):
			continue
		case !good:
			u = upstream.Options{Name: u.Name, URL: unknownURL, Match: u.Match}
		case u.URL == "":
			u.URL = unknownURL
		}
		seen[u.Name] = true
		trial.upstreams = append(trial.upstreams, u)
	}
	if len(trial.upstreams) == 0 {
		return nil
	}
	set, err := trial.openUpstreams(upstream.Shared{})
	if err != nil {
		return err
	}
	set.Close()
	return nil
}

// unknownURL stands for a URL that was not found; nothing answers there.
const unknownURL = "https://upstream.invalid/"

// source tells in short where packages come from, without what may be secret.
func (s *settings) source() string {
	main := s.MainUpstream()
	if main == nil {
		main = &s.Upstreams[0]
	}
	text := config.Redact(main.URL)
	if more := len(s.Upstreams) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// mainURL returns the URL of the upstream named "default"; empty when there is
// none.
func (s *settings) mainURL() string {
	if main := s.MainUpstream(); main != nil {
		return main.URL
	}
	return ""
}
