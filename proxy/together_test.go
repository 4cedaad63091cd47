package proxy_test

import (
	"errors"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// meanwhile is a larder that judges a document while a tarball is under way that
// somebody asked for before there were rules. The judging waits for the tarball
// of the latest version, which it will not get.
type meanwhile struct {
	*larder
	before, ahead *upstreamtest.Gate
	// first gets how the request that came before the rules ended.
	first chan error
}

const (
	oldOdd    = "1.1.0"
	latestOdd = "1.2.0"
)

// newMeanwhile has the tarball of oldOdd under way; ask is put once there are
// rules, and has made larder judge the document when newMeanwhile returns.
func newMeanwhile(t *testing.T, odd upstreamtest.Version, ask func(m *meanwhile)) *meanwhile {
	t.Helper()
	up := upstreamtest.New(t)
	odd.Version = oldOdd
	up.Add(upstreamtest.Package{Name: "odd", Versions: []upstreamtest.Version{{Version: "1.0.0"}, odd, {Version: latestOdd}}})
	m := &meanwhile{larder: start(t, up), before: upstreamtest.NewGate(), ahead: upstreamtest.NewGate(), first: make(chan error, 1)}
	up.Fail(upstreamtest.OnTarball("odd", oldOdd), upstreamtest.Hold(m.before))
	up.Fail(upstreamtest.OnTarball("odd", latestOdd), upstreamtest.Hold(m.ahead).Times(1), upstreamtest.Status(404).Times(1))
	go func() {
		_, err := m.bytesOf(t, "odd", oldOdd)
		m.first <- err
	}()
	<-m.before.Arrived()
	m.Apply(proxy.Rules{Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
		Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}, {Guard: "tar", Mode: "enforce"}}}))(t)})
	go ask(m)
	<-m.ahead.Arrived()
	return m
}

// goOn lets the tarball come first, and the judging end after it.
func (m *meanwhile) goOn(t *testing.T) {
	t.Helper()
	m.before.Release()
	check(t, <-m.first)
	m.ahead.Release()
}

// TestDocumentThatIsJudgedMeanwhile asks for a document. While it is judged, the
// tarball of one of its versions turns out not to be what the document says.
func TestDocumentThatIsJudgedMeanwhile(t *testing.T) {
	t.Parallel()
	answers := make(chan proxy.Answer, 1)
	m := newMeanwhile(t, confused(), func(m *meanwhile) {
		answer, err := m.full(t, "odd")
		if err != nil {
			t.Error(err)
		}
		answers <- answer
	})
	m.goOn(t)
	d := decode(t, <-answers)
	if _, listed := d.Versions[oldOdd]; listed || len(d.Versions) != 2 || d.Tags["latest"] != latestOdd {
		t.Errorf("%d versions are listed, %s among them: %t, latest is %q", len(d.Versions), oldOdd, listed, d.Tags["latest"])
	}
}

// confused is a version whose tarball runs a script that nothing declares.
func confused() upstreamtest.Version {
	return upstreamtest.Version{Manifest: map[string]any{"scripts": map[string]any{"postinstall": "true"}}, Declared: map[string]any{}}
}

// TestTarballThatIsStoredMeanwhile asks for a tarball that has to be looked into
// and is stored, by somebody else's request, before this one comes to join it.
func TestTarballThatIsStoredMeanwhile(t *testing.T) {
	t.Parallel()
	for label, odd := range map[string]upstreamtest.Version{"sound": {}, "confused": confused()} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			ended := make(chan error, 1)
			m := newMeanwhile(t, odd, func(m *meanwhile) {
				_, err := m.bytesOf(t, "odd", oldOdd)
				ended <- err
			})
			m.goOn(t)
			var refusal *npm.Error
			switch err := <-ended; {
			case label == "sound" && err != nil:
				t.Error(err)
			case label == "confused" && (!errors.As(err, &refusal) || refusal.Guard != "G22"):
				t.Errorf("it ends with %v", err)
			}
		})
	}
}

// TestFactsThatCameMeanwhile asks for a tarball that waits for the age of a
// dependency which somebody else has asked about since.
func TestFactsThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	old := func(v upstreamtest.Version) upstreamtest.Version {
		v.Published = now.Add(-90 * 24 * time.Hour)
		return v
	}
	up.Add(upstreamtest.Package{Name: "child", Versions: []upstreamtest.Version{old(upstreamtest.Version{Version: "1.0.0"})}})
	up.Add(upstreamtest.Package{Name: "parent", Versions: []upstreamtest.Version{
		old(upstreamtest.Version{Version: "1.0.0"}),
		old(upstreamtest.Version{Version: "1.1.0", Manifest: map[string]any{"dependencies": map[string]any{"child": "^1.0.0"}}}),
		old(upstreamtest.Version{Version: "1.2.0"}),
	}})
	l := start(t, up, func(l *larder) {
		l.rules = proxy.Rules{Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
			Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}, {Guard: "young_dependency", Mode: "enforce"}}}))(t)}
	})
	must(l.full(t, "parent"))(t)
	must(l.full(t, "child"))(t)
	if _, err := l.bytesOf(t, "parent", "1.1.0"); err != nil {
		t.Error(err)
	}
}
