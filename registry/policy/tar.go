package policy

import (
	"errors"

	"github.com/larderhq/larder/registry/npm"
)

// TarState tells what is known of an archive.
type TarState uint8

// What can be known of an archive.
const (
	// TarUnknown means that larder has not seen it.
	TarUnknown TarState = iota
	// TarGood means that it was read to its end, and compared with the
	// manifest.
	TarGood
	// TarBad means that a guard found something.
	TarBad
)

// Tar is what reading an archive came to.
type Tar struct {
	State TarState
	// Guard is who found something, one of G22 to G25, and Text what.
	Guard Guard
	Text  string
	// Surveyed tells that reading went on after that, and Further what it found
	// then.
	Surveyed bool
	Further  []TarFinding
}

// TarFinding is what a guard found in an archive.
type TarFinding struct {
	Guard Guard
	Text  string
}

// TarOf makes a Tar of what npm.InspectTar or npm.TarReport.Check returned.
// Errors that say nothing about the archive are returned.
func TarOf(err error) (Tar, error) {
	if err == nil {
		return Tar{State: TarGood}, nil
	}
	var refusal *npm.Error
	if !errors.As(err, &refusal) || !errors.Is(refusal.Kind, npm.ErrUnprocessable) {
		return Tar{}, err
	}
	switch g, _ := ParseGuard(refusal.Guard); g {
	case G22, G23, G24, G25:
		return Tar{State: TarBad, Guard: g, Text: shownText(refusal.Text)}, nil
	}
	return Tar{}, err
}

// SurveyedTar makes a Tar of everything that npm.SurveyTar found.
func SurveyedTar(found []TarFinding) Tar {
	if len(found) == 0 {
		return Tar{State: TarGood}
	}
	for i := range found {
		found[i].Text = shownText(found[i].Text)
	}
	return Tar{State: TarBad, Guard: found[0].Guard, Text: found[0].Text, Surveyed: true, Further: found[1:]}
}

// tar is G22 to G25: what an archive itself shows. Where reading stopped at what
// the first of them found, the others know nothing; only G25 comes last.
func (c *check) tar(g Guard) finding {
	t := c.version.Tar
	switch {
	case t.State == TarGood, t.State == TarBad && t.Guard == G25 && g != G25:
		return pass("its archive is sound")
	case t.State == TarBad && t.Guard == g:
		return hit(t.Text)
	case !t.Surveyed:
		return lack(NeedTarball)
	}
	for _, f := range t.Further {
		if f.Guard == g {
			return hit(f.Text)
		}
	}
	return pass("the guard found nothing in its archive")
}
