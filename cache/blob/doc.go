// Package blob names immutable bytes by their sha512 and says what a store of
// them must do. It owns the digest, the contract and the reference counting;
// it does not know what the bytes mean or who refers to them.
package blob
