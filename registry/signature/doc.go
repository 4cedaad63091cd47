// Package signature signs versions of packages and checks the signatures of
// other registries. It knows keys and texts, and nothing of where they are kept
// or whether a package may be served.
//
// A registry signs "name@version:integrity" with ECDSA on P-256 over SHA-256.
// The signature is in dist.signatures, and the key that checks it at
// /-/npm/v1/keys.
package signature
