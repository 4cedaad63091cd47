package policy

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

func TestTarOf(t *testing.T) {
	t.Parallel()
	refusal := func(guard string, kind error) error {
		return fmt.Errorf("inspect tarball: %w", &npm.Error{Kind: kind, Guard: guard, Text: "tar: \u202eodd"})
	}
	tests := []struct {
		name string
		err  error
		want Tar
		fail bool
	}{
		{"sound", nil, Tar{State: TarGood}, false},
		{"refused", refusal("G23", npm.ErrUnprocessable), Tar{TarBad, G23, "tar: ?odd"}, false},
		{"trailing bytes", refusal("G25", npm.ErrUnprocessable), Tar{TarBad, G25, "tar: ?odd"}, false},
		{"another guard", refusal("G20", npm.ErrUnprocessable), Tar{}, true},
		{"another kind", refusal("G23", npm.ErrUnavailable), Tar{}, true},
		{"broken read", fmt.Errorf("read tarball: %w", io.ErrUnexpectedEOF), Tar{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := TarOf(tt.err)
			if got != tt.want || (err != nil) != tt.fail || tt.fail && !errors.Is(err, tt.err) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
