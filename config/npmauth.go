package config

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// Credentials are what npm sends to a registry: a bearer token, or the
// base64 of "user:password" for basic authentication.
type Credentials struct {
	Token, Basic Secret
	// Where is the file or variable that they stand in.
	Where string
}

// IsZero tells whether there are none.
func (c Credentials) IsZero() bool { return c.Token.IsZero() && c.Basic.IsZero() }

// Credentials returns what npm would send to the registry at a URL: those
// bound to the longest part of its host and path.
func (n *Npm) Credentials(registry string) Credentials {
	u, err := url.Parse(registry)
	if err != nil || u.Host == "" {
		return Credentials{}
	}
	for key := nerf(u); len(key) > len("//"); key = shorten(key) {
		if c := n.credentialsAt(key); !c.IsZero() {
			return c
		}
	}
	return Credentials{}
}

// credentialsAt returns the credentials bound to exactly one key, in npm's
// order of preference.
func (n *Npm) credentialsAt(key string) Credentials {
	if token, where := n.value(key + ":_authToken"); token != "" {
		return Credentials{Token: NewSecret(token), Where: where}
	}
	if auth, where := n.value(key + ":_auth"); auth != "" {
		return Credentials{Basic: NewSecret(auth), Where: where}
	}
	user, where := n.value(key + ":username")
	encoded, _ := n.value(key + ":_password")
	if user == "" || encoded == "" {
		return Credentials{}
	}
	password, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return Credentials{}
	}
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + string(password)))
	return Credentials{Basic: NewSecret(basic), Where: where}
}

// nerf is npm's key of a registry: its URL from the slashes on, without the
// scheme and its default port, and with the slash behind which packages begin.
func nerf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if (u.Scheme == "https" && u.Port() == "443") || (u.Scheme == "http" && u.Port() == "80") {
		host = strings.TrimSuffix(host, ":"+u.Port())
	}
	return "//" + host + strings.TrimSuffix(u.EscapedPath(), "/") + "/"
}

// shorten takes the last segment, or the slash behind it, off a key.
func shorten(key string) string {
	if strings.HasSuffix(key, "/") {
		return key[:len(key)-1]
	}
	return key[:strings.LastIndexByte(key, '/')+1]
}
