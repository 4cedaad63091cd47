package trial

import "sync"

// transcriptSize is how much of the end of an output is kept, in bytes.
const transcriptSize = 16 << 10

// Transcript is an io.Writer that keeps the end of what a process wrote. It may
// be read while the process runs.
type Transcript struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (t *Transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - transcriptSize; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

// String returns what is kept.
func (t *Transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
