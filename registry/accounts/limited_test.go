package accounts

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// limitEntries returns the lines of the audit log about refused sign-ins.
func (o *office) limitEntries() []record.Entry {
	var found []record.Entry
	for _, e := range o.entries() {
		if e.Action == "login.limit" {
			found = append(found, e)
		}
	}
	return found
}

// TestBurstsAreWrittenDownOnce: failures alone are not, a burst that is refused
// is, once, and the next burst again.
func TestBurstsAreWrittenDownOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		try    func(i int) Credential
		target string
	}{
		{"bad tokens", func(i int) Credential { return bearer(fmt.Sprintf("bad token %d", i)) }, ""},
		{"passwords of one account", func(i int) Credential {
			return Credential{Form: Basic, Username: "Kim", Secret: fmt.Sprintf("wrong %d", i)}
		}, "kim"},
		{"an account with an odd name", func(i int) Credential {
			return Credential{Form: Basic, Username: "a\x00\xff" + strings.Repeat("b", 200), Secret: fmt.Sprintf("wrong %d", i)}
		}, "a\ufffd" + strings.Repeat("b", 95)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, func(opt *Options) { opt.FailedLogins = 3 })
			o.user("kim", "correct horse")
			burst := func(from netip.Addr, first, n int) {
				for i := range n {
					if _, err := o.Authenticate(t.Context(), tt.try(first+i), from); err == nil {
						t.Fatal("signed in")
					}
				}
			}
			burst(home, 0, 3)
			if got := o.limitEntries(); len(got) != 0 {
				t.Fatalf("failures within the limit: %+v", got)
			}
			burst(home, 3, 10)
			o.clock.Move(30 * time.Second)
			burst(home, 13, 10)
			got := o.limitEntries()
			if len(got) != 1 || got[0].Actor != "anonymous" || got[0].Address != home.String() || got[0].Target != tt.target ||
				got[0].Detail != "3 failures within 1m0s" || got[0].At.IsZero() {
				t.Fatalf("the first burst: %+v", got)
			}
			o.clock.Move(2 * time.Minute)
			burst(home, 30, 10)
			if got := o.limitEntries(); len(got) != 2 {
				t.Errorf("the next burst: %+v", got)
			}
		})
	}
}

func TestPipelinesKeepAddresses(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	pr, dev := o.projects["private/enabled"], o.callers["developer"]
	line, _, err := o.CreatePipeline(t.Context(), dev.From("192.0.2.7"), pr, NewPipeline{Ref: "main", SHA: "abc"})
	o.must(err)
	_, err = o.SetPipelineStatus(t.Context(), dev.From("192.0.2.8"), pr, line.ID, "running")
	o.must(err)
	var got []string
	for _, e := range o.entries() {
		if strings.HasPrefix(e.Action, "pipeline.") {
			got = append(got, e.Action+" "+e.Address)
		}
	}
	if want := "pipeline.create 192.0.2.7 pipeline.status 192.0.2.8"; strings.Join(got, " ") != want {
		t.Errorf("the log has %q, want %q", got, want)
	}
}
