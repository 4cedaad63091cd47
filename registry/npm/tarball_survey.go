package npm

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// SurveyTar is InspectTar for tarballs that are judged by others: it goes on
// after a refusal and reports it, so that what a caller lets through is known
// as well. What it must stop at, a limit, damage or bytes behind the end, is
// reported like the others. Facts are then those of all that was read, taken
// together: of two package.json, what either says. Where there may be more to
// it, Manifest is Unclear; what stands behind the end of the archive is never
// looked at and does not make it so. Secrets are not searched for. Errors are
// those of r alone.
func SurveyTar(r io.Reader, l TarLimits) (*TarReport, error) {
	source := &watchedReader{r: r}
	i := newInspection(l)
	i.survey, i.known = &survey{}, newKnownSearch(l.Known)
	err := i.read(source)
	if source.err != nil {
		return nil, fmt.Errorf("read tarball: %w", source.err)
	}
	if err != nil {
		i.survey.add(tarError(err))
	}
	report := i.report()
	report.Refusals, report.Indicator = i.survey.refusals, i.known.indicator()
	if !i.survey.whole || i.survey.unclear || i.manifests != 1 {
		report.Manifest.Unclear = true
	}
	return report, nil
}

// survey is what a SurveyTar went on after. A nil survey goes on after nothing.
type survey struct {
	refusals []*Error
	// whole tells that the archive was read to its end.
	whole bool
	// unclear tells that a client may find a package.json where none was read,
	// or read one in another way.
	unclear bool
}

// ended notes that the archive was read to its end.
func (s *survey) ended() {
	if s != nil {
		s.whole = true
	}
}

// add adds a refusal, unless there is one of its guard.
func (s *survey) add(e *Error) {
	for _, old := range s.refusals {
		if old.Guard == e.Guard {
			return
		}
	}
	s.refusals = append(s.refusals, e)
}

// note notes what is wrong, with no more known than that, or returns it where
// nobody goes on.
func (s *survey) note(err error) error {
	var refusal *tarRefusal
	if s == nil || !errors.As(err, &refusal) {
		return err
	}
	s.add(tarError(err))
	s.unclear = true
	return nil
}

// path notes what is wrong with the header of an entry, and returns where
// clients may unpack it, as a path with one directory in front. It is empty
// for what has no content. What a link makes of the entries behind it depends
// on the client.
func (s *survey) path(h *tar.Header, err error) (string, error) {
	if s == nil {
		return "", err
	}
	s.add(tarError(err))
	place := path.Clean("/" + strings.ReplaceAll(h.Name, `\`, "/"))[1:]
	top, inside, below := strings.Cut(place, "/")
	if !below {
		top, inside = "package", top
	}
	manifest := strings.EqualFold(inside, "package.json")
	s.unclear = s.unclear || manifest || h.Typeflag == tar.TypeSymlink || h.Typeflag == tar.TypeLink
	switch {
	case h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeCont:
		return "", nil
	case manifest:
		inside = "package.json"
	}
	return top + "/" + inside, nil
}
