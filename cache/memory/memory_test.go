package memory_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/larderhq/larder/cache/memory"
	"github.com/larderhq/larder/registry/npm"
)

// sized makes a value of n bytes; the tests count values alone.
func sized(n int) []byte { return make([]byte, n) }

func length(_ string, v []byte) int64 { return int64(len(v)) }

// small returns a cache of bytes that keeps items up to largest.
func small(t testing.TB, budget, largest int64) *memory.Cache[string, []byte] {
	t.Helper()
	c, err := memory.NewLargest(budget, largest, length)
	if err != nil {
		t.Fatalf("NewLargest: %v", err)
	}
	return c
}

// eighth returns a cache as New makes it.
func eighth(t testing.TB, budget int64) *memory.Cache[string, []byte] {
	t.Helper()
	c, err := memory.New(budget, length)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return c
}

// held returns which of the keys are in the cache. It uses them all.
func held(c *memory.Cache[string, []byte], keys ...string) []string {
	return slices.DeleteFunc(keys, func(key string) bool {
		_, ok := c.Get(key)
		return !ok
	})
}

func wantHeld(t *testing.T, c *memory.Cache[string, []byte], bytes int64, keys ...string) {
	t.Helper()
	got := held(c, "a", "b", "c", "d")
	if !slices.Equal(got, keys) || c.Len() != len(keys) || c.Bytes() != bytes {
		t.Errorf("holds %v, %d items, %d bytes; want %v, %d bytes", got, c.Len(), c.Bytes(), keys, bytes)
	}
}

func TestEviction(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		do    func(c *memory.Cache[string, []byte])
		keys  []string
		bytes int64
		stats memory.Stats
	}{
		"all fit": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(50))
				c.Add("b", sized(50))
			},
			[]string{"a", "b"}, 100, memory.Stats{},
		},
		"oldest goes": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(40))
				c.Add("b", sized(40))
				c.Add("c", sized(40))
			},
			[]string{"b", "c"}, 80, memory.Stats{Evictions: 1},
		},
		"used stays": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(40))
				c.Add("b", sized(40))
				c.Get("a")
				c.Add("c", sized(40))
			},
			[]string{"a", "c"}, 80, memory.Stats{Hits: 1, Evictions: 1},
		},
		"one makes room for a large one": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(30))
				c.Add("b", sized(30))
				c.Add("c", sized(30))
				c.Add("d", sized(50))
			},
			[]string{"c", "d"}, 80, memory.Stats{Evictions: 2},
		},
		"replaced counts once": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(40))
				c.Add("a", sized(10))
				c.Add("a", sized(50))
			},
			[]string{"a"}, 50, memory.Stats{},
		},
		"replaced is used": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(40))
				c.Add("b", sized(40))
				c.Add("a", sized(45))
				c.Add("c", sized(40))
			},
			[]string{"a", "c"}, 85, memory.Stats{Evictions: 1},
		},
		"too large": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(50))
				c.Add("b", sized(51))
			},
			[]string{"a"}, 50, memory.Stats{Refused: 1},
		},
		"too large drops what it replaces": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(50))
				c.Add("a", sized(51))
			},
			nil, 0, memory.Stats{Refused: 1},
		},
		"nothing evicted for what is refused": {
			func(c *memory.Cache[string, []byte]) {
				c.Add("a", sized(50))
				c.Add("b", sized(50))
				c.Add("c", sized(1000))
			},
			[]string{"a", "b"}, 100, memory.Stats{Refused: 1},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := small(t, 100, 50)
			tt.do(c)
			tt.stats.Len, tt.stats.Bytes = int64(len(tt.keys)), tt.bytes
			if got := c.Stats(); got != tt.stats {
				t.Errorf("Stats = %+v, want %+v", got, tt.stats)
			}
			wantHeld(t, c, tt.bytes, tt.keys...)
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cache *memory.Cache[string, []byte]
		size  int
		want  bool
	}{
		"an eighth":              {eighth(t, 800), 100, true},
		"over an eighth":         {eighth(t, 800), 101, false},
		"the whole":              {small(t, 800, 800), 800, true},
		"largest over budget":    {small(t, 800, 9000), 801, false},
		"empty value":            {eighth(t, 800), 0, true},
		"no budget":              {eighth(t, 0), 0, false},
		"budget under one eight": {eighth(t, 7), 1, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.cache.Add("a", sized(tt.size)); got != tt.want {
				t.Errorf("Add = %v, want %v", got, tt.want)
			}
			if _, got := tt.cache.Get("a"); got != tt.want {
				t.Errorf("Get = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNegativeBudgetIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := memory.New(-1, length); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("New = %v, want ErrInvalid", err)
	}
	if _, err := memory.NewLargest(10, -1, length); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("NewLargest = %v, want ErrInvalid", err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	c := small(t, 100, 100)
	for i, key := range []string{"a", "b", "c", "d"} {
		c.Add(key, sized(10+i))
	}
	if !c.Remove("b") || c.Remove("b") {
		t.Error("Remove must be true for what is there, then false")
	}
	wantHeld(t, c, 35, "a", "c", "d")
	n := c.RemoveFunc(func(key string, v []byte) bool { return key == "a" || len(v) == 13 })
	if n != 2 {
		t.Errorf("RemoveFunc = %d, want 2", n)
	}
	wantHeld(t, c, 12, "c")
	c.Purge()
	wantHeld(t, c, 0)
	c.Add("d", sized(5))
	wantHeld(t, c, 5, "d")
}

func TestNegativeCostPanics(t *testing.T) {
	t.Parallel()
	c, err := memory.New(800, func(string, []byte) int64 { return -1 })
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("Add with a negative cost does not panic")
		}
		c.Len() // still unlocked
	}()
	c.Add("a", nil)
}

func TestGetAllocatesNothing(t *testing.T) {
	c := eighth(t, 1<<20)
	c.Add("a", sized(100))
	for _, key := range []string{"a", "absent"} {
		if n := testing.AllocsPerRun(100, func() { c.Get(key) }); n != 0 {
			t.Errorf("Get(%s) allocates %v times, want 0", key, n)
		}
	}
}

// TestConcurrentUse checks that the accounting survives every mix of calls.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c := eighth(t, 10_000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				key := fmt.Sprint(rand.IntN(50))
				switch rand.IntN(8) {
				case 0:
					c.Remove(key)
				case 1:
					c.RemoveFunc(func(k string, _ []byte) bool { return k == key })
				case 2, 3, 4:
					c.Add(key, sized(rand.IntN(1500)))
				default:
					c.Get(key)
				}
				if b := c.Bytes(); b < 0 || b > 10_000 {
					t.Errorf("Bytes = %d, want within the budget", b)
				}
			}
		})
	}
	wg.Wait()
	var sum int64
	c.RemoveFunc(func(_ string, v []byte) bool { sum += int64(len(v)); return false })
	if sum != c.Bytes() {
		t.Errorf("Bytes = %d, but the items have %d", c.Bytes(), sum)
	}
	c.RemoveFunc(func(string, []byte) bool { return true })
	if c.Bytes() != 0 || c.Len() != 0 {
		t.Errorf("emptied, yet %d bytes in %d items", c.Bytes(), c.Len())
	}
}

func BenchmarkGetParallel(b *testing.B) {
	c := eighth(b, 256<<20)
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("package-%d", i)
		c.Add(keys[i], sized(1000))
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(len(keys)); pb.Next(); i++ {
			if _, ok := c.Get(keys[i%len(keys)]); !ok {
				b.Error("missed")
			}
		}
	})
}
