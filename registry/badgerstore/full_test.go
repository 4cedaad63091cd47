package badgerstore

import (
	"errors"
	"fmt"
	"testing"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
)

func TestWordFull(t *testing.T) {
	t.Parallel()
	other := errors.New("other")
	for name, tt := range map[string]struct{ err, want error }{
		"full": {fmt.Errorf("write: %w", kv.ErrFull), npm.ErrUnavailable}, "other": {other, other}, "none": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := wordFull(tt.err)
			if !errors.Is(got, tt.want) || !errors.Is(got, tt.err) || errors.Is(got, npm.ErrUnavailable) != (tt.want == npm.ErrUnavailable) {
				t.Errorf("wordFull = %v, want %v", got, tt.want)
			}
		})
	}
}
