package kv

import "errors"

var (
	// ErrLocked means that another process has the database open.
	ErrLocked = errors.New("database in use")
	// ErrVersion means that the database was written with a layout that this
	// larder does not know.
	ErrVersion = errors.New("database layout unknown")
	// ErrUnusable means that the directory cannot be created or written to.
	ErrUnusable = errors.New("database directory unusable")
	// ErrClosed means that the database was closed.
	ErrClosed = errors.New("database closed")
	// ErrTooLarge means that a value is over MaxValue or a transaction is over
	// what one commit holds.
	ErrTooLarge = errors.New("too large for the database")
	// ErrFull means that the file system is so full that writing could kill
	// the process.
	ErrFull = errors.New("no space left for the database")
	// ErrKey means that a key is empty or reserved.
	ErrKey = errors.New("key not allowed")
	// ErrStop ends a Scan early without an error.
	ErrStop = errors.New("stop scanning")
)

// OpenError tells a user why a database cannot be opened and what to do.
type OpenError struct {
	// Kind is ErrLocked, ErrVersion, ErrUnusable or ErrFull.
	Kind error
	// Text is one line for the user.
	Text string
	// Err is the cause; may be nil.
	Err error
}

// Error returns the text, and the cause where it adds something. That of a lock
// does not: badger repeats the text in words of its own.
func (e *OpenError) Error() string {
	if e.Err == nil || errors.Is(e.Kind, ErrLocked) {
		return e.Text
	}
	return e.Text + " (" + e.Err.Error() + ")"
}

// Unwrap lets errors.Is find the kind and the cause.
func (e *OpenError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
