package guard

import (
	"testing"

	"github.com/larderhq/larder/registry/advisory"
)

// TestWhatFailedIsWantedAgain puts back what could not be copied, unless a load came
// meanwhile, be it of no feeds at all.
func TestWhatFailedIsWantedAgain(t *testing.T) {
	t.Parallel()
	sources := []advisory.Source{{Path: "a"}}
	looked := []advisory.Fingerprint{{1}}
	for name, tt := range map[string]struct {
		meanwhile func(k *keeper)
		want      bool
	}{
		"nothing":  {func(*keeper) {}, true},
		"no feeds": {func(k *keeper) { k.want(nil, nil, nil) }, false},
		"lapsed":   {func(k *keeper) { k.want(sources, looked, []advisory.Lapse{{Path: "a"}}) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t.TempDir())
			k.want(sources, looked, nil)
			failed := k.take()
			tt.meanwhile(k)
			k.putBack(failed)
			if got := k.wants(); got != tt.want {
				t.Errorf("wanted again: %v", got)
			}
		})
	}
}
