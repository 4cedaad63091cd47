package e2e

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browserWait is how long one visit may take on a machine that is busy with the
// other tests.
const browserWait = 90 * time.Second

// browser starts Chromium with an empty profile, of which the network sees only
// what the pages themselves ask for.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on PATH: install Debian's package chromium to look at the pages")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() { closeTab(); stop() })
	// The browser lives as long as the context of the first run.
	if _, err := chromedp.Run(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	timed, cancel := context.WithTimeout(ctx, browserWait)
	t.Cleanup(cancel)
	return timed
}

// step is something that somebody does in a browser.
type step = chromedp.Action[chromedp.Void]

// visit runs what somebody does in a browser.
func visit(t *testing.T, ctx context.Context, steps ...step) {
	t.Helper()
	for i, s := range steps {
		if _, err := chromedp.Run(ctx, s); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
}

// follow runs steps that lead to another page, and waits for that.
func follow(t *testing.T, ctx context.Context, steps ...step) {
	t.Helper()
	if _, err := chromedp.RunResponse(ctx, steps...); err != nil {
		t.Fatalf("no page followed: %v", err)
	}
}

// evaluate asks the page something.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}
