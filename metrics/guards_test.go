package metrics

import (
	"strings"
	"testing"
	"time"
)

func recordGuards(m *Metrics) {
	m.GuardDecided("G11", "deny", "enforce")
	m.FeedLoaded("ok")
	m.FeedRecords(7)
	m.FeedState(90*time.Second, 2)
	m.PolicyReloaded("failed")
	m.PolicyOrders("waiver", 3)
	m.MalwareServedBefore(2)
	m.Prefetched("present")
	m.SignatureChecked("unknown_key")
	m.ServedDropped(5)
	m.BlobDamaged()
	m.LookedAhead()
	m.AuditScrubbed(4)
	m.RateLimited()
}

func TestGuardsAreMeasured(t *testing.T) {
	t.Parallel()
	m := New(Build{})
	const zero = `larder_guard_decisions_total{action="deny",guard="G34",mode="enforce"} 0`
	if !strings.Contains(scrape(t, m), zero) {
		t.Errorf("before any verdict the exposition lacks %q", zero)
	}
	recordGuards(m)
	m.GuardDecided("G11", "waived", "warn")
	m.GuardDecided("left-pad", "1.3.0", "kim")
	m.PolicyOrders("left-pad", 1)
	got := scrape(t, m)
	for _, want := range []string{
		`larder_guard_decisions_total{action="deny",guard="G11",mode="enforce"} 1`,
		`larder_guard_decisions_total{action="waived",guard="G11",mode="warn"} 1`,
		`larder_guard_decisions_total{action="other",guard="other",mode="other"} 1`,
		`larder_feed_loads_total{result="ok"} 1`,
		`larder_feed_records 7`,
		`larder_feed_age_seconds 90`,
		`larder_feeds_kept 2`,
		`larder_policy_reloads_total{result="failed"} 1`,
		`larder_policy_orders{kind="block"} 0`,
		`larder_policy_orders{kind="waiver"} 3`,
		`larder_policy_orders{kind="other"} 1`,
		`larder_malware_served_before 2`,
		`larder_prefetches_total{result="present"} 1`,
		`larder_signatures_total{result="unknown_key"} 1`,
		`larder_served_dropped_total 5`,
		`larder_blobs_damaged_total 1`,
		`larder_audit_names_scrubbed_total 4`,
		`larder_rate_limited_total 1`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("exposition lacks %q", want)
		}
	}
	if strings.Contains(got, "left-pad") || strings.Contains(got, "kim") {
		t.Error("a caller's text became a label")
	}
}
