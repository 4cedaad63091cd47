package httpd

import "github.com/larderhq/larder/proxy"

// cacheStatus returns the Cache-Status (RFC 9211) of an outcome. A negative ttl
// says that the answer was stale; by how much is not told.
//
//	Hit              hit
//	Miss             fwd=miss
//	Joined           fwd=miss; collapsed: shared another request's transfer
//	Revalidated      fwd=stale: upstream was asked and the answer is current
//	StaleRefreshing  hit; ttl=-1: upstream is being asked meanwhile
//	StaleError       hit; ttl=-1: upstream was asked and failed
//	Offline          hit; detail: of unknown freshness, by configuration
func cacheStatus(o proxy.Outcome) string {
	switch o {
	case proxy.Hit:
		return "larder; hit"
	case proxy.Miss:
		return "larder; fwd=miss"
	case proxy.Joined:
		return "larder; fwd=miss; collapsed"
	case proxy.Revalidated:
		return "larder; fwd=stale"
	case proxy.StaleRefreshing:
		return "larder; hit; ttl=-1; detail=stale-while-revalidate"
	case proxy.StaleError:
		return "larder; hit; ttl=-1; detail=stale-if-error"
	case proxy.Offline:
		return "larder; hit; detail=offline"
	}
	panic("BUG: unknown outcome")
}
