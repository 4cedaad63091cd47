package httpd

import (
	"testing"

	"go.uber.org/goleak"
)

// tests runs the tests and then closes what they shared, before goleak looks.
type tests struct{ m *testing.M }

func (t tests) Run() int { return shared.run(t.m) }

// TestMain forbids goroutines that outlive the tests, but for two of fasthttp
// that end by themselves (the first within ten seconds of a server's end).
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(tests{m},
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
	)
}
