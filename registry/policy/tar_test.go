package policy

import (
	"errors"
	"fmt"
	"io"
	"reflect"
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
		{"refused", refusal("G23", npm.ErrUnprocessable), Tar{State: TarBad, Guard: G23, Text: "tar: ?odd"}, false},
		{"trailing bytes", refusal("G25", npm.ErrUnprocessable), Tar{State: TarBad, Guard: G25, Text: "tar: ?odd"}, false},
		{"another guard", refusal("G20", npm.ErrUnprocessable), Tar{}, true},
		{"another kind", refusal("G23", npm.ErrUnavailable), Tar{}, true},
		{"broken read", fmt.Errorf("read tarball: %w", io.ErrUnexpectedEOF), Tar{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := TarOf(tt.err)
			if !reflect.DeepEqual(got, tt.want) || (err != nil) != tt.fail || tt.fail && !errors.Is(err, tt.err) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestSurveyedTar(t *testing.T) {
	t.Parallel()
	n, v := harmless(t)
	v.Tar = SurveyedTar([]TarFinding{{G23, "tar: absolute path\x1b"}, {G22, "other scripts"}})
	for guard, want := range map[Guard]State{G22: Hit, G23: Hit, G24: Passed, G25: Passed} {
		for _, found := range compiled(t, only(guard, "enforce")).Explain(Facts{n, v}, noon) {
			if found.Guard == guard && found.State != want {
				t.Errorf("%s: %s (%s), want %s", guard, found.State, found.Reason, want)
			}
		}
	}
	if v.Tar.Text != "tar: absolute path " {
		t.Errorf("the text is %q", v.Tar.Text)
	}
	if got := SurveyedTar(nil); got.State != TarGood {
		t.Errorf("nothing found: %+v", got)
	}
}
