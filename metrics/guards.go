package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The words of policy. Guards are those that judge versions, and the one that lets
// fixes in before their time.
var (
	judges = [...]string{"G08", "G11", "G14", "G15", "G16", "G17", "G18", "G19", "G22", "G23", "G24", "G25",
		"G28", "G29", "G32", "G33", "G34", "G35", "G36", "G37", "G38", "G39", "G40", "G41"}
	actions = [...]string{"warn", "hide", "deny", "undecided", "dry-run", "waived"}
	modes   = [...]string{"dry-run", "warn", "enforce"}
)

// decision is one child of the decisions.
type decision struct{ guard, action, mode string }

// usual are the actions that each mode comes to. They begin at zero; what is
// waived or held under another mode appears when it happens.
var usual = [...]decision{
	{"", "dry-run", "dry-run"}, {"", "warn", "warn"}, {"", "hide", "enforce"},
	{"", "deny", "enforce"}, {"", "undecided", "enforce"}, {"", "waived", "enforce"},
}

// guardCounts are the measurements of policy and what it knows.
type guardCounts struct {
	decisions *prometheus.CounterVec

	feedLoads, reloads, prefetches, signatures                          closedCounter
	servedDropped, blobsDamaged, namesScrubbed, rateLimited, lookaheads prometheus.Counter
	feedRecords, feedAge, feedsKept, servedBefore                       prometheus.Gauge
	orders                                                              *prometheus.GaugeVec
}

// orderKinds are the kinds of an operator's orders.
var orderKinds = [...]string{"block", "quarantine", "waiver"}

func newGuardCounts(r prometheus.Registerer) guardCounts {
	c := guardCounts{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "larder_guard_decisions_total",
			Help: "Verdicts of guards on versions other than to let them through."}, []string{"guard", "action", "mode"}),
		orders: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "larder_policy_orders",
			Help: "Orders of operators that are in force."}, []string{"kind"}),
		feedLoads:  newClosedCounter(r, "larder_feed_loads_total", "Loads of the malware feeds.", "result", "ok", "kept", "failed"),
		reloads:    newClosedCounter(r, "larder_policy_reloads_total", "Changes of policy at run time.", "result", "ok", "failed"),
		prefetches: newClosedCounter(r, "larder_prefetches_total", "Tarballs fetched before anybody asked.", "result", "ok", "present", "skipped", "failed"),
		signatures: newClosedCounter(r, "larder_signatures_total", "Registry signatures that were checked.", "result",
			"valid", "invalid", "missing", "unknown_key"),
		servedDropped: newCounter(r, "larder_served_dropped_total", "Downloads and decisions that were not written down because too many waited."),
		blobsDamaged:  newCounter(r, "larder_blobs_damaged_total", "Stored files that are no longer what they were."),
		lookaheads:    newCounter(r, "larder_lookaheads_total", "Documents fetched before anybody asked for them."),
		namesScrubbed: newCounter(r, "larder_audit_names_scrubbed_total", "Private names that were kept out of an audit sent upstream."),
		rateLimited:   newCounter(r, "larder_rate_limited_total", "Requests refused because their token or address had too many."),
		feedRecords:   newGauge(r, "larder_feed_records", "Records of the malware feeds in force."),
		feedAge:       newGauge(r, "larder_feed_age_seconds", "Age of the newest record of the malware feeds; 0 without feeds."),
		feedsKept:     newGauge(r, "larder_feeds_kept", "Feeds that cannot be loaded and are replaced by their kept copies."),
		servedBefore:  newGauge(r, "larder_malware_served_before", "Versions condemned by the feeds that were served here at any time."),
	}
	r.MustRegister(c.decisions, c.orders)
	for _, guard := range judges {
		for _, d := range usual {
			c.decisions.WithLabelValues(guard, d.action, d.mode)
		}
	}
	for _, kind := range append(orderKinds[:], other) {
		c.orders.WithLabelValues(kind)
	}
	return c
}

// closed returns a word of a set, or the label of what is in none.
func closed(words []string, word string) string {
	if slices.Contains(words, word) {
		return word
	}
	return other
}

// GuardDecided counts a verdict that is no plain allow: of a guard ("G11"), its
// action ("warn", "hide", "deny", "undecided", "dry-run" or "waived") and its
// mode ("dry-run", "warn" or "enforce").
func (m *Metrics) GuardDecided(guard, action, mode string) {
	if m != nil {
		m.guards.decisions.WithLabelValues(closed(judges[:], guard), closed(actions[:], action), closed(modes[:], mode)).Inc()
	}
}

// FeedLoaded counts a load of the feeds: "ok", "kept" where copies replace some of
// them, or "failed".
func (m *Metrics) FeedLoaded(result string) {
	if m != nil {
		m.guards.feedLoads.add(result)
	}
}

// FeedRecords tells how many records the feeds in force have.
func (m *Metrics) FeedRecords(n int) {
	if m != nil {
		m.guards.feedRecords.Set(float64(n))
	}
}

// FeedState tells how old the newest record of the feeds is, and how many of them
// are replaced by their copies.
func (m *Metrics) FeedState(age time.Duration, kept int) {
	if m != nil {
		m.guards.feedAge.Set(age.Seconds())
		m.guards.feedsKept.Set(float64(kept))
	}
}

// PolicyReloaded counts a change of policy at run time: "ok", or "failed" where
// the one before stays.
func (m *Metrics) PolicyReloaded(result string) {
	if m != nil {
		m.guards.reloads.add(result)
	}
}

// PolicyOrders tells how many orders of a kind ("block", "quarantine" or
// "waiver") are in force.
func (m *Metrics) PolicyOrders(kind string, n int) {
	if m != nil {
		m.guards.orders.WithLabelValues(closed(orderKinds[:], kind)).Set(float64(n))
	}
}

// MalwareServedBefore tells how many versions that the feeds condemn were served
// here at any time.
func (m *Metrics) MalwareServedBefore(n int) {
	if m != nil {
		m.guards.servedBefore.Set(float64(n))
	}
}

// Prefetched counts a tarball that nobody had asked for yet: "ok" where it was
// fetched, "present" where it was stored already, "skipped" or "failed".
func (m *Metrics) Prefetched(result string) {
	if m != nil {
		m.guards.prefetches.add(result)
	}
}

// SignatureChecked counts a version whose registry signature was checked:
// "valid", "invalid", "missing" or "unknown_key".
func (m *Metrics) SignatureChecked(result string) {
	if m != nil {
		m.guards.signatures.add(result)
	}
}

// ServedDropped counts downloads and decisions that were not written down
// because too many waited.
func (m *Metrics) ServedDropped(n int) {
	if m != nil {
		m.guards.servedDropped.Add(float64(n))
	}
}

// LookedAhead counts a document that was fetched before anybody asked for it.
func (m *Metrics) LookedAhead() {
	if m != nil {
		m.guards.lookaheads.Inc()
	}
}

// BlobDamaged counts a stored file that is no longer what it was.
func (m *Metrics) BlobDamaged() {
	if m != nil {
		m.guards.blobsDamaged.Inc()
	}
}

// AuditScrubbed counts private names that were left out of an audit.
func (m *Metrics) AuditScrubbed(names int) {
	if m != nil {
		m.guards.namesScrubbed.Add(float64(names))
	}
}

// RateLimited counts a request of a token or an address that had too many.
func (m *Metrics) RateLimited() {
	if m != nil {
		m.guards.rateLimited.Inc()
	}
}
