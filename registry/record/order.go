package record

import (
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// OrderKind is what an order does.
type OrderKind string

// The kinds of orders.
const (
	// BlockOrder blocks versions, because an operator says so.
	BlockOrder OrderKind = "block"
	// QuarantineOrder blocks versions, because a feed condemns them.
	QuarantineOrder OrderKind = "quarantine"
	// WaiverOrder lets versions pass that guards would refuse.
	WaiverOrder OrderKind = "waiver"
)

// Order is a decision about versions by name. Orders end, but they stay.
type Order struct {
	// ID is assigned by the store.
	ID   int64     `json:"id"`
	Kind OrderKind `json:"kind"`
	// Match is a name, or a pattern of names.
	Match string `json:"match"`
	// Versions is an exact version or a range; empty means all.
	Versions string `json:"versions,omitempty"`
	// Guard is the only guard that a waiver overrules; empty means all that can
	// be overruled.
	Guard  string `json:"guard,omitempty"`
	Reason string `json:"reason,omitempty"`
	// By is who gave the order.
	By string `json:"by"`
	// Source is the record of a feed that made a quarantine.
	Source    string    `json:"source,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// Until is when it stops to hold; zero for an order without an end.
	Until time.Time `json:"until,omitzero"`
	// EndedAt is when somebody ended it, and EndedBy who; zero while nobody did.
	EndedAt time.Time `json:"ended_at,omitzero"`
	EndedBy string    `json:"ended_by,omitempty"`
}

// Holds tells whether an order is in force at a time.
func (o Order) Holds(now time.Time) bool {
	return o.EndedAt.IsZero() && (o.Until.IsZero() || now.Before(o.Until))
}

// Validate refuses an order that no store may keep.
func (o Order) Validate() error {
	err := errors.Join(check("match", o.Match, 1, maxName), check("versions", o.Versions, 0, maxVersion),
		check("guard", o.Guard, 0, maxGuard), check("reason", o.Reason, 0, maxDeclared), check("giver", o.By, 1, maxText),
		check("source", o.Source, 0, maxText), check("ender", o.EndedBy, 0, maxText))
	switch o.Kind {
	case BlockOrder, QuarantineOrder, WaiverOrder:
		return err
	}
	return errors.Join(err, fmt.Errorf("order of kind %q: %w", o.Kind, npm.ErrInvalid))
}
