package recall_test

import (
	"testing"

	"github.com/larderhq/larder/cache/recall"
)

func TestKeepsOnlyWhatIsCurrent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		between func(*recall.Memory[string, int])
		want    bool
	}{
		{"nothing changed", func(*recall.Memory[string, int]) {}, true},
		{"dropped meanwhile", func(m *recall.Memory[string, int]) { m.Drop("a") }, false},
		{"another dropped meanwhile", func(m *recall.Memory[string, int]) { m.Drop("b") }, false},
		{"purged meanwhile", func(m *recall.Memory[string, int]) { m.Purge() }, false},
		{"another kept meanwhile", func(m *recall.Memory[string, int]) { m.Keep("b", 2, m.Begin()) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := memory(t, 2)
			generation := m.Begin()
			tt.between(m)
			m.Keep("a", 1, generation)
			if got, ok := m.Get("a"); ok != tt.want || ok && got != 1 {
				t.Errorf("Get = %d, %v", got, ok)
			}
		})
	}
}

func TestForgets(t *testing.T) {
	t.Parallel()
	m := memory(t, 2)
	for i, key := range []string{"a", "b", "c"} {
		m.Keep(key, i, m.Begin())
	}
	if _, ok := m.Get("a"); ok {
		t.Error("more is remembered than there is room for")
	}
	m.Drop("b")
	if _, ok := m.Get("b"); ok {
		t.Error("what was dropped is remembered")
	}
	m.Purge()
	if _, ok := m.Get("c"); ok {
		t.Error("what was purged is remembered")
	}
	if _, err := recall.New[string, int](0); err == nil {
		t.Error("a memory without room was made")
	}
}

func memory(t *testing.T, size int) *recall.Memory[string, int] {
	t.Helper()
	m, err := recall.New[string, int](size)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
