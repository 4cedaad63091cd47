package httpd

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain forbids goroutines that outlive the tests, but for two of fasthttp
// that end by themselves (the first within ten seconds of a server's end).
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
	)
}
