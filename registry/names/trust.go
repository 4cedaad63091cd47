package names

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// trustedKeys begins the setting that holds the keys of an upstream.
const trustedKeys = "trusted_keys/"

// TrustedKeys returns the keys that were pinned of an upstream, which its
// namespace identifies; empty where none are.
func (l *Ledger) TrustedKeys(ctx context.Context, namespace string) (text string, err error) {
	err = l.store.View(ctx, func(tx record.Tx) error {
		text, err = tx.Settings().Get(trustedKeys + namespace)
		return err
	})
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return "", fmt.Errorf("read pinned keys: %w", err)
	}
	return text, nil
}

// TrustKeys pins the keys of an upstream.
func (l *Ledger) TrustKeys(ctx context.Context, namespace, text string) error {
	err := l.store.Update(ctx, func(tx record.Tx) error { return tx.Settings().Put(trustedKeys+namespace, text) })
	if err != nil {
		return fmt.Errorf("pin keys: %w", err)
	}
	return nil
}
