package badgerstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// What owns tokens besides groups and projects, in keys.
const (
	ownerUser record.SourceKind = "user"
	ownerJob  record.SourceKind = "job"
)

type tokenRow struct {
	record.Token
	Digest []byte `json:"digest"`
}

// token returns the record; a digest of a wrong length makes it invalid.
func (r tokenRow) token() record.Token {
	t := r.Token
	if len(r.Digest) == len(t.Digest) {
		copy(t.Digest[:], r.Digest)
	}
	return t
}

// Validate refuses a row that no token made.
func (r tokenRow) Validate() error { return r.token().Validate() }

func tokenKey(id int64) []byte { return numberKey(tableToken, id) }

func digestKey(digest [32]byte) []byte { return append([]byte{tableDigest}, digest[:]...) }

// ownerOf tells in which list a token is.
func ownerOf(t record.Token) record.Source {
	switch t.Kind {
	case record.PersonalToken:
		return record.Source{Kind: ownerUser, ID: t.UserID}
	case record.JobToken:
		return record.Source{Kind: ownerJob, ID: t.UserID}
	}
	return t.Source
}

func ownerKey(t record.Token) []byte {
	return sourceKey([]byte{tableOwner}, ownerOf(t), t.ID)
}

// Token implements record.Tokens.
func (a accounts) Token(id int64) (record.Token, error) {
	r, err := find[tokenRow](a.tx, tokenKey(id), "token", id)
	if err != nil {
		return record.Token{}, err
	}
	return r.token(), nil
}

// TokenByDigest implements record.Tokens.
func (a accounts) TokenByDigest(digest [32]byte) (record.Token, error) {
	id, ok, err := a.tx.number(digestKey(digest))
	if err != nil {
		return record.Token{}, err
	}
	if !ok {
		return record.Token{}, fmt.Errorf("token of a digest: %w", npm.ErrNotFound)
	}
	return indexed(a.Token(id))
}

// PutToken implements record.Tokens. A token keeps its kind and its owner.
func (a accounts) PutToken(t record.Token) (record.Token, error) {
	if err := t.Validate(); err != nil {
		return record.Token{}, err
	}
	utc(&t.CreatedAt, &t.ExpiresAt, &t.RevokedAt, &t.LastUsedAt)
	old, err := stored(t.ID, a.Token)
	if err != nil {
		return record.Token{}, err
	}
	if err := a.checkOwner(old, t); err != nil {
		return record.Token{}, err
	}
	if err := a.tx.free(digestKey(t.Digest), t.ID, "digest of a token"); err != nil {
		return record.Token{}, err
	}
	if t.ID == 0 {
		if t.ID, err = a.tx.next(tableToken); err != nil {
			return record.Token{}, err
		}
	}
	if err := a.write(old, t); err != nil {
		return record.Token{}, err
	}
	if !onlyUsed(old, t) {
		a.tx.changed(record.TokenChanged, decimal(t.ID), "")
	}
	return t, nil
}

// write writes the token and its indices.
func (a accounts) write(old, t record.Token) error {
	var was []byte
	if old.ID != 0 {
		was = digestKey(old.Digest)
	} else if err := a.tx.mark(ownerKey(t)); err != nil {
		return err
	}
	return errors.Join(a.tx.point(was, digestKey(t.Digest), t.ID),
		save(a.tx, tokenKey(t.ID), tokenRow{Token: t, Digest: t.Digest[:]}, "token"))
}

// checkOwner makes sure that what owns a new token is there.
func (a accounts) checkOwner(old, t record.Token) error {
	owner := ownerOf(t)
	switch {
	case old.ID != 0 && (old.Kind != t.Kind || ownerOf(old) != owner):
		return fmt.Errorf("token %d of another kind or owner: %w", t.ID, npm.ErrInvalid)
	case old.ID != 0:
		return nil
	case t.Kind == record.DeployToken:
		return spaces(a).exists(owner)
	}
	_, err := a.User(owner.ID)
	return err
}

// onlyUsed tells whether two states of a token differ in LastUsedAt alone.
func onlyUsed(old, now record.Token) bool {
	old.LastUsedAt = now.LastUsedAt
	a, errA := json.Marshal(old)
	b, errB := json.Marshal(now)
	return errA == nil && errB == nil && old.Digest == now.Digest && bytes.Equal(a, b)
}

// TokensOf implements record.Tokens.
func (a accounts) TokensOf(userID, after int64, limit int) ([]record.Token, error) {
	return a.ownedBy(record.Source{Kind: ownerUser, ID: userID}, after, limit)
}

// DeployTokens implements record.Tokens.
func (a accounts) DeployTokens(s record.Source, after int64, limit int) ([]record.Token, error) {
	if s.Kind != record.GroupSource && s.Kind != record.ProjectSource {
		return []record.Token{}, nil
	}
	return a.ownedBy(s, after, limit)
}

func (a accounts) ownedBy(owner record.Source, after int64, limit int) ([]record.Token, error) {
	ids, err := a.tx.numbers(sourceKey([]byte{tableOwner}, owner), after, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, a.Token)
}

// removeTokens removes all tokens of one owner.
func (a accounts) removeTokens(owner record.Source) error {
	tokens, err := a.ownedBy(owner, 0, all)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if err := a.tx.remove(tokenKey(t.ID), digestKey(t.Digest), ownerKey(t)); err != nil {
			return err
		}
		a.tx.changed(record.TokenChanged, decimal(t.ID), "")
	}
	return nil
}
