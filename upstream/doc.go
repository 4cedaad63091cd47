// Package upstream asks other npm registries for packuments, tarballs and the
// few documents that larder passes on. It owns routes, credentials, deadlines,
// retries, the breaker, redirects and the rules on where a connection may go,
// and hands out nothing of an answer but a few checked fields and a limited
// body. It knows nothing of caching, of policy or of larder's own clients.
package upstream
