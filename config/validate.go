package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// validate checks that the values make sense and returns every problem.
func (l *Loaded) validate() error {
	problems := []error{
		named(l.Where("listen"), checkListen(l.Listen)),
		named(l.Where("public_url"), checkPublicURL(l.PublicURL)),
		named("tls", checkPair(l.TLS.Cert, l.TLS.Key, "cert", "key")),
	}
	for _, p := range l.Names.Private {
		problems = append(problems, named(l.Where("names.private"), checkPattern(p)))
	}
	if strings.TrimSpace(l.Data) == "" {
		problems = append(problems, errors.New(l.Where("data")+": give a folder"))
	}
	for _, p := range l.TrustedProxies {
		if _, err := ParseNetwork(p); err != nil {
			problems = append(problems, named(l.Where("trusted_proxies"), err))
		}
	}
	problems = append(problems, l.checkBounds()...)
	problems = append(problems, l.checkUpstreams()...)
	problems = append(problems, l.checkRegistry()...)
	problems = append(problems, l.checkGuards()...)
	problems = append(problems,
		oneOf(l.Where("log.level"), l.Log.Level, "debug", "info", "warn", "error"),
		oneOf(l.Where("log.format"), l.Log.Format, "auto", "text", "json"))
	return errors.Join(problems...)
}

func named(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}

// checkBounds checks the numbers.
func (l *Loaded) checkBounds() []error {
	var problems []error
	for _, s := range []struct {
		path  string
		value Duration
	}{{"cache.ttl", l.Cache.TTL}, {"limits.drain", l.Limits.Drain},
		{"auth.token_ttl", l.Auth.TokenTTL}, {"auth.token_max_ttl", l.Auth.TokenMaxTTL}} {
		if s.value <= 0 {
			problems = append(problems, fmt.Errorf("%s: must be above 0", l.Where(s.path)))
		}
	}
	for _, s := range []struct {
		path  string
		value ByteSize
	}{{"cache.memory", l.Cache.Memory}, {"limits.package", l.Limits.Package}, {"limits.document", l.Limits.Document},
		{"policy.prefetch.size", l.Policy.Prefetch.Size}} {
		if s.value < 1<<20 {
			problems = append(problems, fmt.Errorf("%s: %s is too small: give 1MiB or more", l.Where(s.path), s.value))
		}
	}
	return problems
}

func (l *Loaded) checkUpstreams() []error {
	if len(l.Upstreams) == 0 {
		return []error{errors.New("upstreams: the list is empty; leave the key out to use what npm uses, or list one")}
	}
	var problems []error
	seen := map[string]bool{}
	for i := range l.Upstreams {
		u := &l.Upstreams[i]
		problems = append(problems, checkUpstream(u, func(key string) string { return l.WhereUpstream(i, key) })...)
		if u.Name != "" && seen[u.Name] {
			problems = append(problems, fmt.Errorf("%s: another upstream has this name too: rename one", l.upstreamPath(i)))
		}
		seen[u.Name] = true
	}
	return problems
}

// checkUpstream checks one upstream by itself; where names its settings.
func checkUpstream(u *Upstream, where func(key string) string) []error {
	problems := []error{
		named(where("url"), checkUpstreamURL(u)),
		named(where("client_cert"), checkPair(u.ClientCert, u.ClientKey, "client_cert", "client_key")),
		named(where("ca_file"), checkCA(u.CAFile)),
		named(where("proxy"), checkProxy(u.Proxy)),
		oneOf(where("time"), u.Time, TimeRegistry, TimeMirror),
	}
	if !isWord(u.Name) {
		problems = append(problems, errors.New(where("name")+": give a short name of letters, digits, - and _"))
	}
	if len(u.Match) == 0 {
		problems = append(problems, errors.New(where("match")+`: say which names go here, like ["@acme/*"] or ["**"]`))
	}
	for _, p := range u.Match {
		problems = append(problems, named(where("match"), checkPattern(p)))
	}
	for _, h := range u.TarballHosts {
		// "http://" in front allows plain http to that host.
		bare := strings.TrimPrefix(strings.TrimPrefix(h, "http://"), "https://")
		if strings.ContainsAny(bare, "/ @?#") || bare == "" {
			problems = append(problems, fmt.Errorf("%s: %q is not a host: write it like files.example.com", where("tarball_hosts"), redact(h)))
		}
	}
	return problems
}

// isWord keeps upstream names fit for metric labels and log keys.
func isWord(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, wordLetters) == ""
}

const wordLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

func checkListen(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not an address: write host:port, like 127.0.0.1:4873", clip(addr))
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port %q is not a number from 0 to 65535: write host:port, like 127.0.0.1:4873", clip(port))
	}
	return nil
}

func checkPublicURL(s string) error {
	if s == "" {
		return nil
	}
	if err := checkHTTP(s); err != nil {
		return err
	}
	// checkHTTP has parsed it. Clients spell other characters in several ways,
	// and all of them would have to be recognised in requests.
	u, err := url.Parse(s)
	if err != nil || strings.Contains(u.Path, "//") || strings.Trim(u.EscapedPath(), wordLetters+"/~") != "" {
		return fmt.Errorf("%q: its path may hold only letters, digits and - . _ ~ between single slashes", redact(s))
	}
	return nil
}

// checkHTTP accepts an absolute http or https URL without extras.
func checkHTTP(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return fmt.Errorf("%q is not a URL: write it in full, like https://registry.example.com/", redact(s))
	case u.User != nil:
		return errors.New("must not hold a user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("%q must end with its path, without ? or #", redact(s))
	}
	return nil
}

func checkUpstreamURL(u *Upstream) error {
	if u.URL != "" {
		if err := checkHTTP(u.URL); err != nil {
			return fmt.Errorf("%w (a token goes into token_env or token_file)", err)
		}
		return nil
	}
	if u.Name == DefaultUpstream {
		return nil
	}
	return errors.New("give the registry's URL; only the upstream named \"default\" may leave it to npm")
}

func checkProxy(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%q is not a proxy URL, like http://proxy.example.com:3128", redact(s))
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return nil
	}
	return fmt.Errorf("scheme %q is not one of http, https, socks5", clip(u.Scheme))
}

// checkPair checks a certificate and its key, both or neither.
func checkPair(cert, key, certKey, keyKey string) error {
	switch {
	case cert == "" && key == "":
		return nil
	case cert == "":
		return fmt.Errorf("%s is set and %s is not: set both or neither", keyKey, certKey)
	case key == "":
		return fmt.Errorf("%s is set and %s is not: set both or neither", certKey, keyKey)
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		return fmt.Errorf("%s and %s cannot be used: %w", certKey, keyKey, err)
	}
	return nil
}

func checkCA(file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no PEM certificate", file)
	}
	return nil
}

// checkPattern finds what no pattern may be; the names package knows the rest.
func checkPattern(p string) error {
	if p == "" || strings.ContainsAny(p, " \t\r\n,") {
		return fmt.Errorf("%q is not a pattern: write one like @acme/*, intern-* or a name", clip(p))
	}
	return nil
}

// ParseNetwork reads an address or a network in CIDR notation.
func ParseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a.WithZone("").Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not an address or network, like 10.0.0.0/8", clip(s))
	}
	return p.Masked(), nil
}

func oneOf(path, value string, words ...string) error {
	for _, w := range words {
		if value == w {
			return nil
		}
	}
	return fmt.Errorf("%s: %q is not one of %s", path, clip(value), strings.Join(words, ", "))
}
