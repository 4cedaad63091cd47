package upstream

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL bounds a URL that an upstream chose.
const maxURL = 4096

// origin is what credentials and permissions are bound to. The port is always
// spelled out.
type origin struct{ scheme, host, port string }

// address returns the origin as the dialer sees it.
func (o origin) address() string { return net.JoinHostPort(o.host, o.port) }

// originOf returns the origin of a URL that parseTarget accepted.
func originOf(u *url.URL) origin {
	port := u.Port()
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	return origin{scheme: u.Scheme, host: u.Hostname(), port: port}
}

func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "socks5", "socks5h":
		return "1080"
	}
	return "80"
}

// parseTarget parses an absolute http(s) URL strictly. No reader of the URL
// behind us (proxy, server) may understand another host or a path above the one
// that we compared, so everything ambiguous is refused.
func parseTarget(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, errors.New("URL is too long")
	}
	if strings.ContainsAny(raw, "\\\t\r\n ") {
		return nil, errors.New("URL holds a blank or a backslash")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The error of net/url repeats the URL, which may hold a secret.
		return nil, errors.New("URL is malformed")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("URL is not http or https")
	}
	if u.User != nil {
		return nil, errors.New("URL holds credentials")
	}
	if u.Opaque != "" || u.Host == "" {
		return nil, errors.New("URL has no host")
	}
	host, err := cleanHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	if err := setHost(u, host); err != nil {
		return nil, err
	}
	if hasDots(u.Path) {
		return nil, errors.New("URL path holds dot segments")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// setHost writes the cleaned host back, the port left out where it is the
// scheme's own, so that equal origins have equal spellings.
func setHost(u *url.URL, host string) error {
	port := u.Port()
	if strings.HasSuffix(u.Host, ":") {
		return errors.New("URL has an empty port")
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || port[0] == '0' {
			return errors.New("URL has a malformed port")
		}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && port != defaultPort(u.Scheme) {
		host += ":" + port
	}
	u.Host = host
	return nil
}

// cleanHost returns the canonical spelling of a host name or IP address. Names
// whose last label is a number are refused: some resolvers read them as IPv4
// addresses (127.1, 0x7f000001, 2130706433).
func cleanHost(host string) (string, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return "", errors.New("host has a zone")
		}
		return addr.String(), nil
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "" || len(host) > 253 {
		return "", errors.New("host is malformed")
	}
	var last string
	for label := range strings.SplitSeq(host, ".") {
		if !cleanLabel(label) {
			return "", errors.New("host is malformed")
		}
		last = label
	}
	if numeric(last) {
		return "", errors.New("host is a number")
	}
	return host, nil
}

func cleanLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func numeric(label string) bool {
	if strings.HasPrefix(label, "0x") {
		return true
	}
	return strings.Trim(label, "0123456789") == ""
}

// hasDots tells whether a decoded path holds a dot segment, also where a
// backslash would part segments.
func hasDots(path string) bool {
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// parseBase parses an upstream's own URL. Its path ends without a slash.
func parseBase(raw string) (*url.URL, error) {
	u, err := parseTarget(raw)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return nil, errors.New("URL holds a query")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// parseHost parses an entry of the tarball hosts into the origins it permits. A
// bare host means https, and http too where the upstream itself speaks http.
func parseHost(entry, ownScheme string) ([]origin, error) {
	schemes := []string{"https"}
	if ownScheme == "http" {
		schemes = append(schemes, "http")
	}
	rest := strings.TrimSuffix(entry, "/")
	if scheme, host, ok := strings.Cut(rest, "://"); ok {
		schemes, rest = []string{scheme}, host
	}
	if strings.ContainsAny(rest, "/?#@*") {
		return nil, errors.New("not a host or host:port")
	}
	var origins []origin
	for _, scheme := range schemes {
		u, err := parseTarget(scheme + "://" + rest)
		if err != nil {
			return nil, err
		}
		origins = append(origins, originOf(u))
	}
	return origins, nil
}
