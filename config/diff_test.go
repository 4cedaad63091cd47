package config

import (
	"reflect"
	"testing"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"nothing", func(*Config) {}, nil},
		{"data", func(c *Config) { c.Data = "elsewhere" }, []string{"data"}},
		{"in the order of the file", func(c *Config) { c.Log.Level, c.Listen, c.Cache.TTL = "debug", ":1", 1 },
			[]string{"listen", "cache.ttl", "log.level"}},
		{"deep", func(c *Config) { c.Policy.Cooldown.HideOnly = true }, []string{"policy.cooldown.hide_only"}},
		{"optional", func(c *Config) { c.Policy.Cooldown.Default = Some(Duration(0)) }, []string{"policy.cooldown.default"}},
		{"empty lists", func(c *Config) {
			c.Names.Private, c.Names.Publish, c.Feeds = []string{}, Table{}, []Feed{}
			c.Upstreams[0].TarballHosts = []string{}
		}, nil},
		{"one more in a list", func(c *Config) { c.Names.Private = []string{"a"} }, []string{"names.private"}},
		{"another in a list", func(c *Config) { c.Upstreams[0].Match = []string{"*"} }, []string{"upstreams"}},
		{"table", func(c *Config) { c.Policy.Guards = Table{"scripts": "warn"} }, []string{"policy.guards"}},
		{"token", func(c *Config) { c.Upstreams[0].Token = NewSecret("x") }, []string{"upstreams"}},
		{"the first start's token", func(c *Config) { c.RootToken = NewSecret("x") }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := Default(), Default()
			tt.change(b)
			for _, got := range [][]string{Differences(a, b), Differences(b, a)} {
				if !reflect.DeepEqual(got, tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			}
		})
	}
}
