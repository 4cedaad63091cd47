package config

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
)

// Env is a process environment.
type Env map[string]string

// EnvOf reads an environment of "NAME=value" lines, as os.Environ returns it.
func EnvOf(environ []string) Env {
	env := make(Env, len(environ))
	for _, line := range environ {
		if name, value, ok := strings.Cut(line, "="); ok {
			env[name] = value
		}
	}
	return env
}

// The variables that stand beside those made from keys.
const (
	envConfig   = "LARDER_CONFIG"
	envData     = "LARDER_DATA"
	envUpstream = "LARDER_UPSTREAM"
	// EnvRootToken holds the administrator's token for the first start.
	EnvRootToken = "LARDER_ROOT_TOKEN"
)

// envName returns the variable of a key.
func envName(path string) string {
	return "LARDER_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// overlayEnv sets what the environment sets. An empty variable is not set.
func (l *Loaded) overlayEnv(env Env, leaves []leaf) error {
	var problems []error
	known := []string{envConfig, envData, envUpstream, EnvRootToken}
	for _, lf := range leaves {
		name := envName(lf.path)
		known = append(known, name)
		text := env[name]
		if text == "" {
			continue
		}
		if err := setText(lf.value, text); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
			continue
		}
		l.Origins[lf.path] = "environment " + name
	}
	if url := env[envUpstream]; url != "" {
		l.setUpstream(url, "environment "+envUpstream)
	}
	return errors.Join(append(problems, misspelled(env, known)...)...)
}

// minRootToken is the least length of a token that somebody chose.
const minRootToken = 20

// readRootToken takes the administrator's token from the environment. It is
// refused where a header could not carry it or somebody could guess it.
func (l *Loaded) readRootToken(env Env) error {
	text := env[EnvRootToken]
	if text == "" {
		return nil
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return fmt.Errorf("%s: must hold no white space and nothing but ASCII", EnvRootToken)
		}
	}
	if len(text) < minRootToken {
		return fmt.Errorf("%s: %d characters are too few: give %d or more", EnvRootToken, len(text), minRootToken)
	}
	l.RootToken = NewSecret(text)
	return nil
}

// misspelled reports LARDER_ variables that are nearly one that exists. Others
// are left alone: service managers and container platforms set variables of
// their own under a service's name.
func misspelled(env Env, known []string) []error {
	isKnown := map[string]bool{}
	for _, name := range known {
		isKnown[name] = true
	}
	var names []string
	for name, value := range env {
		if strings.HasPrefix(name, "LARDER_") && value != "" && !isKnown[name] {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var problems []error
	for _, name := range names {
		if s, ok := nearestEnv(name, known); ok {
			problems = append(problems, fmt.Errorf("%s: unknown variable: did you mean %s?", name, s))
		}
	}
	return problems
}

// nearestEnv compares without the prefix that all share, which would make any
// two short names look alike.
func nearestEnv(name string, known []string) (string, bool) {
	const prefix = "LARDER_"
	tails := make([]string, len(known))
	for i, k := range known {
		tails[i] = strings.TrimPrefix(k, prefix)
	}
	s, ok := nearest(strings.TrimPrefix(name, prefix), tails)
	return prefix + s, ok
}

// readSecret finds an upstream's token where the settings say that it is.
func readSecret(u *Upstream, env Env) error {
	switch {
	case u.TokenEnv != "" && u.TokenFile != "":
		return errors.New("token_env and token_file are both set: keep one")
	case u.TokenEnv != "":
		value := strings.TrimSpace(env[u.TokenEnv])
		if value == "" {
			return fmt.Errorf("token_env names %s, which is not set in the environment", clip(u.TokenEnv))
		}
		u.Token = NewSecret(value)
	case u.TokenFile != "":
		text, err := os.ReadFile(u.TokenFile)
		if err != nil {
			return fmt.Errorf("token_file cannot be read: %w", err)
		}
		value := strings.TrimSpace(string(text))
		if value == "" {
			return fmt.Errorf("token_file %s is empty", u.TokenFile)
		}
		u.Token = NewSecret(value)
	}
	return nil
}
