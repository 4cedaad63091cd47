package upstreamtest

import "sync"

// Gate stops requests at a point until the test lets them go.
type Gate struct {
	arrived  chan struct{}
	left     chan struct{}
	released chan struct{}
	once     sync.Once
}

// gateQueue is how many arrivals a gate remembers that nobody received.
const gateQueue = 4096

// NewGate returns a closed gate.
func NewGate() *Gate {
	return &Gate{
		arrived:  make(chan struct{}, gateQueue),
		left:     make(chan struct{}, gateQueue),
		released: make(chan struct{}),
	}
}

// Arrived delivers one value for every request that has reached the gate.
func (g *Gate) Arrived() <-chan struct{} { return g.arrived }

// Left delivers one value for every request whose client went away while it
// was held.
func (g *Gate) Left() <-chan struct{} { return g.left }

// Release opens the gate for good. Releasing twice is allowed.
func (g *Gate) Release() { g.once.Do(func() { close(g.released) }) }

// wait holds the caller and reports whether the gate was opened, as opposed
// to the client leaving or the registry closing.
func (g *Gate) wait(gone <-chan struct{}) bool {
	select {
	case g.arrived <- struct{}{}:
	default:
	}
	select {
	case <-g.released:
		return true
	case <-gone:
		select {
		case g.left <- struct{}{}:
		default:
		}
		return false
	}
}
