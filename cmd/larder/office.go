package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// office is the precious half of an open data folder: who may do what, whose
// names are whose, and the packages that are published here.
type office struct {
	settings *settings
	log      *slog.Logger

	registry *badgerstore.Store
	packages *disk.Store
	ledger   *names.Ledger
	accounts *accounts.Service
	service  *registry.Service
	guard    *guard.Service
	// catalog answers once something runs it.
	catalog *catalog.Index

	// closers run in reverse; the names are for whoever must look after one.
	closers []closer
}

// openOffice opens the records and packages of a data folder without what
// fetches from upstream, for commands. The caller closes it.
func (a *app) openOffice(ctx context.Context, s *settings, log *slog.Logger) (*office, error) {
	o := &office{settings: s, log: log}
	err := o.openRecords()
	if err == nil {
		err = o.requireStart(ctx)
	}
	if err == nil {
		err = o.openAccounts(ctx)
	}
	if err == nil {
		err = o.openService(noUpstream{})
	}
	if err == nil {
		err = o.openGuard(ctx, nil, nil)
	}
	if err == nil {
		o.runCatalog()
	}
	if err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

// close closes what is open, last opened first, and does not wait for ever.
func (o *office) close() error {
	err := closeAll(o.closers, max(time.Duration(o.settings.Limits.Drain), closeGrace))
	o.closers = nil
	return err
}

// onClose adds what close closes first of all.
func (o *office) onClose(name string, f func() error) {
	o.closers = append(o.closers, closer{name, f})
}

// blobReserve is how much room publishes leave on the disk, in bytes: twice what
// the records need to be written safely, because many may be under way.
const blobReserve = 128 << 20

// openRecords opens the records first: their lock tells whether another larder
// uses the folder.
func (o *office) openRecords() error {
	data := o.settings.Data
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("data folder %s cannot be created: %w; choose another with --data", data, err)
	}
	var err error
	o.registry, err = badgerstore.Open(filepath.Join(data, "registry"), badgerstore.Options{Folder: data, Logger: o.log})
	if err != nil {
		return err
	}
	o.onClose("registry", o.registry.Close)
	if o.packages, err = disk.New(filepath.Join(data, "blobs"), disk.Options{Reserve: blobReserve}); err != nil {
		return fmt.Errorf("data folder %s: %w", data, err)
	}
	o.ledger, err = names.New(o.registry, names.Options{Private: o.settings.private, Dual: o.settings.dualNames, Logger: o.log})
	if err != nil {
		return fmt.Errorf("open the name ledger: %w", err)
	}
	o.onClose("name ledger", func() error { o.ledger.Close(); return nil })
	return nil
}

// openAccounts opens the accounts.
func (o *office) openAccounts(ctx context.Context) error {
	key, err := tokenKey(o.settings.Data, func() (bool, error) { return o.started(ctx) })
	if err != nil {
		return err
	}
	auth := o.settings.Auth
	o.accounts, err = accounts.New(o.registry, accounts.Options{
		Key:          key,
		TokenTTL:     time.Duration(auth.TokenTTL),
		TokenMaxTTL:  time.Duration(auth.TokenMaxTTL),
		SignUp:       auth.SignUp,
		FailedLogins: o.settings.Limits.FailedLogins.Count,
		FailedPer:    o.settings.Limits.FailedLogins.Per,
		Forwarding:   true,
		Logger:       o.log,
	})
	if err != nil {
		return fmt.Errorf("open the accounts: %w", err)
	}
	return nil
}

// bootstrap makes the administrator at the first start and returns the file
// that holds the token then; empty where the token was given or this is not the
// first start. Only a start does this: a command that works on data at rest has
// no place to tell of it.
func (o *office) bootstrap(ctx context.Context) (file string, err error) {
	started, err := o.started(ctx)
	if err != nil || started {
		return "", err
	}
	token := o.settings.RootToken.Reveal()
	if token == "" {
		file = filepath.Join(o.settings.Data, "registry", "root.token")
		if token, err = rootToken(file); err != nil {
			return "", fmt.Errorf("keep the administrator's token: %w", err)
		}
	}
	_, _, err = o.accounts.Bootstrap(ctx, accounts.BootstrapInput{RootToken: token})
	switch {
	case err != nil && file == "" && errors.Is(err, npm.ErrInvalid):
		return "", wrongConfig(fmt.Errorf("%s: %w", config.EnvRootToken, err))
	case err != nil:
		return "", fmt.Errorf("make the administrator: %w", err)
	}
	return file, nil
}

// rootToken makes up a token and keeps it in a file before anybody relies on
// it. A first start that broke off may have left one.
func rootToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err == nil && len(bytes.TrimSpace(text)) > 0 {
		return string(bytes.TrimSpace(text)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	token, err := accounts.NewSecret(record.PersonalToken)
	if err != nil {
		return "", err
	}
	return token, writeSecret(file, []byte(token+"\n"))
}

// started tells whether the data folder had a first start, which makes a user
// and gives out a token.
func (o *office) started(ctx context.Context) (bool, error) {
	var users []record.User
	err := o.registry.View(ctx, func(tx record.Tx) (err error) {
		users, err = tx.Accounts().Users(0, 1)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look for users: %w", err)
	}
	return len(users) > 0, nil
}

// requireStart refuses data that only an older larder has used.
func (o *office) requireStart(ctx context.Context) error {
	started, err := o.started(ctx)
	if err == nil && !started {
		err = errNeverRan(o.settings.Data)
	}
	return err
}

// openService opens the private registry.
func (o *office) openService(up registry.Upstream) error {
	var err error
	if o.catalog, err = catalog.New(o.registry, catalog.Options{Logger: o.log}); err != nil {
		return fmt.Errorf("open the index of packages: %w", err)
	}
	keys, made, err := signingKeys(o.settings.Data)
	if err != nil {
		return err
	}
	if made {
		o.log.Info("made a key that signs packages", "key", keys.Keys().All()[0].ID)
	}
	o.service, err = registry.New(registry.Deps{
		Store: o.registry, Accounts: o.accounts, Names: o.ledger, Blobs: o.packages, Upstream: up, Catalog: o.catalog, Logger: o.log,
	}, registry.Options{
		Keys:         keys,
		Publish:      o.settings.Names.Publish,
		Dual:         o.settings.dual,
		PackageLimit: int64(o.settings.Limits.Package),
	})
	if err != nil {
		return fmt.Errorf("open the registry: %w", err)
	}
	o.onClose("packages", o.service.Close)
	return nil
}

// runCatalog runs the index of packages until the office closes, for commands.
func (o *office) runCatalog() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.catalog.Run(ctx) }()
	o.onClose("index of packages", func() error { stop(); return <-done })
}

// noUpstream is the upstream of commands that work on data at rest: nothing
// that they do asks it.
type noUpstream struct{}

// Has implements registry.Upstream.
func (noUpstream) Has(context.Context, npm.Name) (bool, error) { return false, errNoUpstream }

// HasVersion implements registry.Upstream.
func (noUpstream) HasVersion(context.Context, npm.Name, string) (bool, error) {
	return false, errNoUpstream
}

// Document implements registry.Upstream.
func (noUpstream) Document(context.Context, npm.Name) ([]byte, error) { return nil, errNoUpstream }

var errNoUpstream = fmt.Errorf("larder does not run, so upstream is not asked: %w", npm.ErrUnavailable)
