package mem_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/blob/blobtest"
	"github.com/larderhq/larder/cache/blob/mem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(*testing.T) blob.Store { return mem.New() })
}
