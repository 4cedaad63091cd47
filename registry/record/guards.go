package record

import "time"

// Guards are the records of what guards versions: what was seen and decided,
// who got what, and what was refused.
type Guards interface {
	Sights
	Orders
	Servings
	Decisions
}

// Sights tell what was seen of public names.
type Sights interface {
	Sight(name string) (Sight, error)
	// PutSight writes a sight over whatever is there. It is a change only where
	// it vanished, came back or was acknowledged.
	PutSight(s Sight) error
	// SightsAfter lists at most limit sights by name as text, beginning after
	// that name, whether there is one of it or not.
	SightsAfter(after string, limit int) ([]Sight, error)
}

// Orders tell what operators and feeds decided.
type Orders interface {
	Order(id int64) (Order, error)
	PutOrder(o Order) (Order, error)
	Orders(after int64, limit int) ([]Order, error)
}

// Servings tell who was given what. They are no changes.
type Servings interface {
	// AddServed merges a serving with what is there: the earliest First, the
	// latest Last, and the sum of both counts.
	AddServed(s Served) error
	// ServedOf lists the servings of exactly that version, or of all versions
	// where it is empty, by version, principal and address as texts. It begins
	// after the one that the cursor stands for.
	ServedOf(name, version string, after ServedCursor, limit int) ([]Served, error)
	// FirstServed returns when that version was given to anybody for the first
	// time, as far as servings are kept.
	FirstServed(name, version string) (time.Time, error)
	// PruneServed removes at most limit servings that were last repeated before
	// the hour of before, and returns their number.
	PruneServed(before time.Time, limit int) (int, error)
}

// Decisions are the append-only log of refusals, and of what passed only
// because a guard warns or is waived. Each row is chained to the one before.
type Decisions interface {
	// AppendDecision adds a row and gives it its number and hash. One without a
	// time gets the present one.
	AppendDecision(d Decision) (Decision, error)
	// Decisions lists newest first, beginning below before where that is not
	// zero.
	Decisions(before int64, limit int) ([]Decision, error)
	// PruneDecisions removes at most limit rows of the oldest, up to the first
	// one that is not before that time, and returns their number.
	PruneDecisions(before time.Time, limit int) (int, error)
	// DecisionAnchor returns the number and hash of the last row that was
	// removed, which the chain goes on from; zero when none was.
	DecisionAnchor() (id int64, hash string, err error)
}
