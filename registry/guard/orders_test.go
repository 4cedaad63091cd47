package guard_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
)

func TestOrdersHoldOnReturn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	expect := func(what, version string, want policy.Action, reason string) {
		t.Helper()
		if j := w.judge("left-pad", version); j.Action != want || !strings.Contains(j.Reason, reason) {
			t.Errorf("%s: %s is %v: %q", what, version, j.Action, j.Reason)
		}
	}
	expect("at first", "2.1.0", policy.Allow, "")
	block, err := s.Block(t.Context(), alice, guard.OrderInput{Match: "left-pad", Versions: ">=2", Reason: " taken over "})
	w.must(err)
	expect("blocked", "2.1.0", policy.Deny, "operator: taken over")
	expect("not blocked", "1.3.0", policy.Allow, "")
	quarantine, err := s.Quarantine(t.Context(), alice, guard.OrderInput{Match: "left-*", Versions: "1.3.0", Reason: "odd", Until: noon.Add(time.Hour)})
	w.must(err)
	expect("in quarantine", "1.3.0", policy.Deny, "quarantined: odd")
	waiver, err := s.Waive(t.Context(), alice, guard.OrderInput{Match: "left-pad", Versions: "2.1.0", Reason: "was looked at"})
	w.must(err)
	expect("waived", "2.1.0", policy.Allow, "")
	expect("not waived", "2.2.0", policy.Deny, "")
	if waiver.Until.Sub(waiver.CreatedAt) != 24*time.Hour {
		t.Errorf("the waiver ends %v", waiver.Until)
	}
	if n := w.counts.inForce("block") + w.counts.inForce("quarantine") + w.counts.inForce("waiver"); n != 3 {
		t.Errorf("%d orders are counted", n)
	}

	_, err = s.End(t.Context(), alice, waiver.ID)
	w.must(err)
	expect("waiver ended", "2.1.0", policy.Deny, "taken over")
	w.clock.Move(time.Hour)
	expect("quarantine over", "1.3.0", policy.Allow, "")
	ended, err := s.End(t.Context(), guard.By{Name: "bob"}, block.ID)
	w.must(err)
	if ended.EndedBy != "bob" || !ended.EndedAt.Equal(w.clock.Now()) {
		t.Errorf("ended %+v", ended)
	}
	expect("block ended", "2.1.0", policy.Allow, "")

	for _, id := range []int64{block.ID, quarantine.ID, waiver.ID} {
		if _, err := s.End(t.Context(), alice, id); !errors.Is(err, npm.ErrConflict) {
			t.Errorf("end %d again: %v", id, err)
		}
	}
	if _, err := s.End(t.Context(), alice, 99); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("end what is not: %v", err)
	}
	for _, o := range w.orders(s) {
		if o.InForce {
			t.Errorf("%+v is in force", o)
		}
	}
	var actions []string
	for _, e := range w.audited() {
		actions = append(actions, e.Actor+" "+e.Action+" "+e.Target)
	}
	want := "alice policy.block left-pad@>=2, alice policy.quarantine left-*@1.3.0, alice policy.waive left-pad@2.1.0, " +
		"alice policy.end left-pad@2.1.0, bob policy.end left-pad@>=2"
	if got := strings.Join(actions, ", "); got != want {
		t.Errorf("audit log: %s", got)
	}
}

func TestOrdersRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conf := quiet()
	conf.WaiverMax = 2 * time.Hour
	conf.Grants = []policy.Grant{{Match: "granted", Versions: "1.0.0", Reason: "known", Expires: noon.Add(24 * time.Hour)}}
	conf.Blocks = []policy.Block{{Match: "blocked", Versions: "1.0.0", Reason: "known"}}
	s := w.open(guard.Options{Policy: conf})
	_, err := s.Block(t.Context(), alice, guard.OrderInput{Match: "bad", Versions: "1.0.0", Reason: "known"})
	w.must(err)
	_, err = s.Waive(t.Context(), alice, guard.OrderInput{Match: "good", Versions: "1.0.0", Reason: "known"})
	w.must(err)
	before := w.applications()
	tests := []struct {
		name string
		do   string
		in   guard.OrderInput
		want string
	}{
		{"no reason", "block", guard.OrderInput{Match: "x"}, "it gives no reason"},
		{"blank reason", "block", guard.OrderInput{Match: "x", Reason: "  "}, "it gives no reason"},
		{"no name", "block", guard.OrderInput{Reason: "r"}, "match"},
		{"bad pattern", "block", guard.OrderInput{Match: "a*b", Reason: "r"}, "malformed pattern"},
		{"bad range", "quarantine", guard.OrderInput{Match: "x", Versions: "not a range", Reason: "r"}, `"not a range" is neither a version nor a range`},
		{"guard of a block", "block", guard.OrderInput{Match: "x", Guard: "G11", Reason: "r"}, "only a waiver names a guard"},
		{"over already", "block", guard.OrderInput{Match: "x", Reason: "r", Until: noon.Add(-time.Hour)}, "it ends before it begins"},
		{"long reason", "block", guard.OrderInput{Match: "x", Reason: strings.Repeat("r", 5000)}, "reason"},
		{"waiver of a pattern", "waive", guard.OrderInput{Match: "x*", Versions: "1.0.0", Reason: "r"}, "no exact name"},
		{"waiver of a range", "waive", guard.OrderInput{Match: "x", Versions: "^1", Reason: "r"}, "no exact version"},
		{"waiver of all", "waive", guard.OrderInput{Match: "x", Reason: "r"}, "it names no version"},
		{"waiver of what guard", "waive", guard.OrderInput{Match: "x", Versions: "1.0.0", Guard: "colldown", Reason: "r"}, `unknown guard "colldown"`},
		{"long waiver", "waive", guard.OrderInput{Match: "x", Versions: "1.0.0", Reason: "r", Until: noon.Add(3 * time.Hour)}, "a waiver lasts 2h0m0s at most"},
		{"waiver of a block", "waive", guard.OrderInput{Match: "bad", Versions: "1.0.0", Reason: "r"}, "contradicts order 1 (block of bad@1.0.0)"},
		{"block of a waiver", "block", guard.OrderInput{Match: "good", Versions: "1.0.0", Reason: "r"}, "contradicts order 2 (waiver of good@1.0.0)"},
		{"block of what is granted", "block", guard.OrderInput{Match: "granted", Versions: "1.0.0", Reason: "r"}, "the configuration decides otherwise about granted@1.0.0"},
		{"waiver of what is blocked", "waive", guard.OrderInput{Match: "blocked", Versions: "1.0.0", Reason: "r"}, "the configuration decides otherwise"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { // one after another: they share a service
			give := map[string]func() (record.Order, error){
				"block":      func() (record.Order, error) { return s.Block(t.Context(), alice, tt.in) },
				"quarantine": func() (record.Order, error) { return s.Quarantine(t.Context(), alice, tt.in) },
				"waive":      func() (record.Order, error) { return s.Waive(t.Context(), alice, tt.in) },
			}[tt.do]
			_, err := give()
			var known *npm.Error
			if !errors.As(err, &known) || !errors.Is(err, npm.ErrInvalid) || !strings.Contains(known.Text, tt.want) || strings.Contains(known.Text, "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if n := len(w.orders(s)); n != 2 || w.applications() != before || len(w.audited()) != 2 {
		t.Errorf("%d orders, %d entries, %d new rules after refusals", n, len(w.audited()), w.applications()-before)
	}
	_, err = s.Waive(t.Context(), alice, guard.OrderInput{Match: "bad", Versions: "1.0.0", Guard: "cooldown", Reason: "of another guard"})
	w.must(err)
}

// TestOrdersThatCannotBeKept shows that nothing is in force that is not stored.
func TestOrdersThatCannotBeKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	w.store.broken.Store(true)
	if _, err := s.Block(t.Context(), alice, guard.OrderInput{Match: "x", Reason: "r"}); !errors.Is(err, errBroken) {
		t.Fatalf("Block: %v", err)
	}
	w.store.broken.Store(false)
	if a := w.judge("x", "1.0.0").Action; a != policy.Allow {
		t.Errorf("x is %v", a)
	}
	if !s.Outdated() {
		t.Error("nobody looks what the store has kept")
	}
}

func TestOrdersOfAnotherLarder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here := w.open(guard.Options{Policy: quiet()})
	other, err := guard.New(t.Context(), guard.Deps{Store: w.store, Ledger: w.ledger}, guard.Options{Policy: quiet(), Now: w.clock.Now})
	w.must(err)
	follower := record.NewFollower(w.store, here)
	w.must(follower.CatchUp(t.Context()))
	w.must(here.Refresh(t.Context()))
	here.Outdated()
	before := w.applications()

	_, err = other.Block(t.Context(), alice, guard.OrderInput{Match: "x", Reason: "r"})
	w.must(err)
	w.must(follower.CatchUp(t.Context()))
	if !here.Outdated() {
		t.Fatal("nobody looks at the order of another")
	}
	w.must(here.Refresh(t.Context()))
	if a := w.judge("x", "1.0.0").Action; a != policy.Deny {
		t.Errorf("x is %v", a)
	}
	w.must(here.Refresh(t.Context()))
	if n := w.applications() - before; n != 1 {
		t.Errorf("%d rules were applied for one order", n)
	}
	here.Reset()
	if !here.Outdated() {
		t.Error("a reset is overlooked")
	}
}

// TestOrdersOutlastConfigurations shows what becomes of orders when the
// configuration changes under them.
func TestOrdersOutlastConfigurations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conf := quiet()
	conf.WaiverMax = 48 * time.Hour
	s := w.open(guard.Options{Policy: conf})
	_, err := s.Block(t.Context(), alice, guard.OrderInput{Match: "x", Reason: "r"})
	w.must(err)
	_, err = s.Waive(t.Context(), alice, guard.OrderInput{Match: "x", Versions: "1.0.0", Reason: "r"})
	w.must(err)
	_, err = s.Block(t.Context(), alice, guard.OrderInput{Match: "y", Versions: "1.0.0", Reason: "r"})
	w.must(err)

	w.open(guard.Options{Policy: quiet()})
	if a := w.judge("x", "1.0.0").Action; a != policy.Allow {
		t.Errorf("waived: %v", a)
	}
	w.clock.Move(25 * time.Hour)
	if a := w.judge("x", "1.0.0").Action; a != policy.Deny {
		t.Errorf("after the longest time of a waiver: %v", a)
	}
	conf.Grants = []policy.Grant{{Match: "y", Versions: "1.0.0", Reason: "known", Expires: noon.Add(72 * time.Hour)}}
	if _, err := w.try(guard.Options{Policy: conf}); !errors.Is(err, npm.ErrInvalid) || !strings.Contains(err.Error(), "order 3 (block of y@1.0.0) contradicts") {
		t.Errorf("a configuration against an order: %v", err)
	}
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	name := nameOf(t, "back-again")
	if err := s.Acknowledge(t.Context(), alice, name); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("a name that nobody saw: %v", err)
	}
	w.must(w.store.Update(t.Context(), func(tx record.Tx) error {
		return tx.Guards().PutSight(record.Sight{Name: name.String(), Upstream: "npm", FirstSeen: noon.Add(-72 * time.Hour),
			LastSeen: noon, GoneAt: noon.Add(-48 * time.Hour), BackAt: noon.Add(-24 * time.Hour)})
	}))
	w.must(s.Acknowledge(t.Context(), alice, name))
	w.must(w.store.View(t.Context(), func(tx record.Tx) error {
		sight, err := tx.Guards().Sight(name.String())
		if sight.AcknowledgedBy != "alice" {
			t.Errorf("sight %+v", sight)
		}
		return err
	}))
	if all := w.audited(); len(all) != 1 || all[0].Action != "policy.acknowledge" || all[0].Target != "back-again" {
		t.Errorf("audit log %+v", all)
	}
}

// TestManyOrders has more of them than are read together.
func TestManyOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.store.Update(t.Context(), func(tx record.Tx) error {
		for i := range 1001 {
			if _, err := tx.Guards().PutOrder(record.Order{Kind: record.BlockOrder, Match: fmt.Sprintf("x%d", i), Reason: "r", By: "a", CreatedAt: noon}); err != nil {
				return err
			}
		}
		return nil
	}))
	s := w.open(guard.Options{Policy: quiet()})
	if w.judge("x1000", "1.0.0").Action != policy.Deny || w.counts.inForce("block") != 1001 {
		t.Errorf("%d blocks", w.counts.inForce("block"))
	}
	page, err := s.List(t.Context(), 1000, 10)
	w.must(err)
	if len(page) != 1 || page[0].Match != "x1000" || !page[0].InForce {
		t.Errorf("page %+v", page)
	}
}
