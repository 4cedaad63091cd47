package upstream

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func TestMarksOf(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		via  []string
		want []string
	}{
		"none":            {nil, nil},
		"one larder":      {[]string{"1.1 larder-a"}, []string{"larder-a"}},
		"among others":    {[]string{"1.1 cache.example.com (squid), 1.1 larder-a", "2 larder-b"}, []string{"larder-a", "larder-b"}},
		"not a mark":      {[]string{"1.1 larder-a\x00b, 1.1 larder-" + strings.Repeat("x", 80) + ", larder-c"}, nil},
		"only the latest": {[]string{strings.Repeat("1.1 larder-x, ", 20) + "1.1 larder-y"}, append(slices.Repeat([]string{"larder-x"}, 7), "larder-y")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := marksOf(c.via); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestViaIsCarriedOn(t *testing.T) {
	t.Parallel()
	r := &Registry{via: "larder-me"}
	asked := WithVia(context.Background(), []string{"1.1 larder-you"})
	if got := r.viaOf(CarryVia(context.Background(), asked)); got != "1.1 larder-you, 1.1 larder-me" {
		t.Errorf("Via is %q", got)
	}
	if got := r.viaOf(context.Background()); got != "1.1 larder-me" {
		t.Errorf("Via is %q", got)
	}
}
