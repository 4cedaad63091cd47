package record_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// day returns the noon of a day.
func day(n int) time.Time { return noon.Add(time.Duration(n) * 24 * time.Hour) }

// look is one document, or none where versions is nil.
type look struct {
	day      int
	versions []string
	changed  bool
}

func observed(t *testing.T, looks []look) record.Sight {
	t.Helper()
	s := record.Sight{Name: "lib"}
	for i, l := range looks {
		var changed bool
		if l.versions == nil {
			changed = s.Gone(day(l.day))
		} else {
			changed = s.Observe(l.versions, false, day(l.day))
		}
		if changed != l.changed {
			t.Errorf("look %d changed something: %t, want %t", i, changed, l.changed)
		}
		if err := s.Validate(); err != nil && !s.FirstSeen.IsZero() {
			t.Errorf("after look %d: %v", i, err)
		}
	}
	return s
}

// told is what a sight tells of a version.
type told struct {
	first, without  int // days; 0 for no time
	withName, known bool
	removed         int
}

func TestSightOfVersions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		looks []look
		want  map[string]told
	}{
		{"first document", []look{{1, []string{"1", "2"}, true}, {2, []string{"2", "1", "1"}, false}},
			map[string]told{"1": {1, 0, true, true, 0}, "2": {1, 0, true, true, 0}, "3": {}, "": {}}},
		{"empty first document", []look{{1, []string{}, true}, {2, []string{"1"}, true}},
			map[string]told{"1": {2, 1, false, true, 0}}},
		{"later version", []look{{1, []string{"1"}, true}, {2, []string{"1", "3", "2", "2"}, true}, {3, []string{"1", "2", "3", "4"}, true}},
			map[string]told{"1": {1, 0, true, true, 0}, "2": {2, 1, false, true, 0}, "3": {2, 1, false, true, 0}, "4": {3, 2, false, true, 0}}},
		{"removed versions", []look{{1, []string{"1", "2"}, true}, {2, []string{"1", "2", "3"}, true}, {3, []string{"1"}, true}, {4, []string{"1"}, false}},
			map[string]told{"1": {1, 0, true, true, 0}, "2": {1, 0, true, true, 3}, "3": {2, 1, false, true, 3}}},
		{"versions that reappear", []look{{1, []string{"1", "2"}, true}, {2, []string{"1", "2", "3"}, true}, {3, []string{"1"}, true}, {4, []string{"1", "2", "3"}, true}},
			map[string]told{"2": {1, 0, true, true, 0}, "3": {2, 1, false, true, 0}}},
		{"an older document", []look{{2, []string{"1"}, true}, {4, []string{"1", "3"}, true}, {3, []string{"1", "2"}, true}, {3, []string{"1", "2"}, false}},
			map[string]told{"1": {2, 0, true, true, 0}, "2": {3, 2, false, true, 4}, "3": {4, 2, false, true, 0}}},
		{"older than the first document", []look{{2, []string{"1"}, true}, {1, []string{"0", "1"}, true}},
			map[string]told{"1": {2, 0, true, true, 0}, "0": {1, 0, false, true, 2}}},
		{"texts that no record holds", []look{{1, []string{"1"}, true}, {2, []string{"1", "", "a\x00", strings.Repeat("9", 600)}, false}},
			map[string]told{"": {}, "a\x00": {}, strings.Repeat("9", 600): {}}},
		{"old versions are folded", []look{{1, []string{"1"}, true}, {2, []string{"1", "2"}, true}, {3, []string{"1", "2", "3"}, true}, {93, []string{"1", "2", "3", "4"}, true}},
			map[string]told{"2": {1, 0, true, true, 0}, "3": {3, 2, false, true, 0}, "4": {93, 3, false, true, 0}}},
		{"a folded version is removed", []look{{1, []string{"1"}, true}, {2, []string{"1", "2"}, true}, {93, []string{"1", "2", "3"}, true}, {94, []string{"1", "3"}, true}},
			map[string]told{"2": {1, 0, true, true, 94}}},
		{"nothing is folded after a return", []look{{1, []string{"1"}, true}, {2, nil, true}, {3, []string{"1", "2"}, true}, {200, []string{"1", "2", "3"}, true}},
			map[string]told{"2": {3, 1, false, true, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := observed(t, tt.looks)
			for v, want := range tt.want {
				if got := tell(s, v); got != want {
					t.Errorf("of %.20q it tells %+v, want %+v", v, got, want)
				}
			}
		})
	}
}

func tell(s record.Sight, v string) (got told) {
	number := func(at time.Time) int {
		if at.IsZero() {
			return 0
		}
		return int(at.Sub(noon) / (24 * time.Hour))
	}
	first, without, withName, known := s.Version(v)
	removed, gone := s.RemovedAt(v)
	if gone == removed.IsZero() {
		return told{removed: -1}
	}
	return told{number(first), number(without), withName, known, number(removed)}
}

func TestReturn(t *testing.T) {
	t.Parallel()
	one := []string{"1"}
	for _, tt := range []struct {
		name  string
		looks []look
		want  int // the day of the return; 0 for none
	}{
		{"never gone", []look{{1, one, true}, {2, one, false}}, 0},
		{"never seen", []look{{1, nil, false}}, 0},
		{"gone", []look{{1, one, true}, {2, nil, true}, {3, nil, false}}, 0},
		{"back", []look{{1, one, true}, {2, nil, true}, {3, one, true}, {4, one, false}}, 3},
		{"gone again before anybody looked", []look{{1, one, true}, {2, nil, true}, {3, one, true}, {4, nil, false}, {5, one, false}}, 3},
		{"an older document does not bring it back", []look{{1, one, true}, {3, nil, true}, {2, one, false}}, 0},
		{"an older miss does not take it away", []look{{3, one, true}, {2, nil, false}, {4, one, false}}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := observed(t, tt.looks)
			at, returned := s.Returned()
			if returned != (tt.want != 0) || returned && !at.Equal(day(tt.want)) {
				t.Errorf("Returned = %v, %v, want day %d", at, returned, tt.want)
			}
		})
	}
}

func TestAcknowledgedReturn(t *testing.T) {
	t.Parallel()
	s := observed(t, []look{{1, []string{"1"}, true}, {2, nil, true}, {3, []string{"1"}, true}})
	s.AcknowledgedAt, s.AcknowledgedBy = day(4), "ann"
	if _, returned := s.Returned(); returned {
		t.Error("an acknowledged return waits")
	}
	if !s.Gone(day(5)) || !s.Observe([]string{"1"}, false, day(6)) {
		t.Error("another return is no change")
	}
	if at, returned := s.Returned(); !returned || !at.Equal(day(6)) || s.AcknowledgedBy != "" {
		t.Errorf("another return: %v, %v, acknowledged by %q", at, returned, s.AcknowledgedBy)
	}
}

func TestSigned(t *testing.T) {
	t.Parallel()
	s := record.Sight{Name: "lib"}
	s.Observe([]string{"1"}, false, day(1))
	if !s.Observe([]string{"1"}, true, day(2)) || !s.Signed || s.Observe([]string{"1"}, false, day(3)) || !s.Signed {
		t.Errorf("signed: %+v", s)
	}
	if !s.LastSeen.Equal(day(1)) {
		t.Errorf("LastSeen = %v though the list is the same", s.LastSeen)
	}
}

// TestObserveSharesNothing expects that whoever got a sight before does not see
// what is observed later.
func TestObserveSharesNothing(t *testing.T) {
	t.Parallel()
	looks := []look{{1, []string{"1", "2"}, true}, {2, []string{"1", "2", "5", "7"}, true}, {3, []string{"2", "5"}, true}}
	before, same := observed(t, looks), observed(t, looks)
	after := before
	after.Observe([]string{"1", "3", "6"}, true, day(4))
	after.Observe([]string{"1", "2", "4"}, true, day(300))
	after.Observe([]string{"9"}, true, day(200))
	if !reflect.DeepEqual(before, same) {
		t.Errorf("an earlier sight changed: %+v, want %+v", before, same)
	}
}

func TestManyRemoved(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 5000 {
		all = append(all, fmt.Sprint("1.0.", i))
	}
	s := observed(t, []look{{1, all, true}, {2, []string{"2.0.0"}, true}, {3, []string{"2.0.0"}, false}})
	if len(s.Removed) != 4096 {
		t.Errorf("%d removed versions are noted", len(s.Removed))
	}
	s.Observe(append(slices.Clone(all), "2.0.0"), false, day(4))
	if len(s.Removed) != 0 {
		t.Errorf("%d versions that are back are noted as removed", len(s.Removed))
	}
}

func TestSightValidate(t *testing.T) {
	t.Parallel()
	good := observed(t, []look{{1, []string{"1", "2"}, true}, {2, []string{"1", "3", "4"}, true}})
	for name, spoil := range map[string]func(*record.Sight){
		"no name":           func(s *record.Sight) { s.Name = "" },
		"long upstream":     func(s *record.Sight) { s.Upstream = strings.Repeat("x", 300) },
		"no first time":     func(s *record.Sight) { s.FirstSeen = time.Time{} },
		"cut hashes":        func(s *record.Sight) { s.Known = s.Known[:7] },
		"hashes twice":      func(s *record.Sight) { s.Known = append(slices.Clone(s.Known[:4]), s.Known[:4]...) },
		"versions mixed up": func(s *record.Sight) { s.Later = []record.LaterVersion{{Version: "2"}, {Version: "1"}} },
		"no version":        func(s *record.Sight) { s.Later = []record.LaterVersion{{}} },
		"removals mixed up": func(s *record.Sight) { s.Removed = []record.RemovedVersion{{Hash: 2}, {Hash: 1}} },
		"removed NUL":       func(s *record.Sight) { s.Removed = []record.RemovedVersion{{Version: "\x00"}} },
		"too many later":    func(s *record.Sight) { s.Later = make([]record.LaterVersion, 5000) },
	} {
		s := good
		if spoil(&s); !errors.Is(s.Validate(), npm.ErrInvalid) {
			t.Errorf("%s: %v", name, s.Validate())
		}
	}
}

func TestOrderHolds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		order record.Order
		want  bool
	}{
		"without an end": {record.Order{}, true},
		"not over yet":   {record.Order{Until: noon.Add(1)}, true},
		"over":           {record.Order{Until: noon}, false},
		"ended":          {record.Order{Until: noon.Add(1), EndedAt: noon}, false},
	} {
		if got := tt.order.Holds(noon); got != tt.want {
			t.Errorf("%s: Holds = %t", name, got)
		}
	}
}
