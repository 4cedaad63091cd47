package recordtest

import (
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func tokenID(tk record.Token) int64 { return tk.ID }

func putToken(tk record.Token) func(record.Tx) error {
	return func(tx record.Tx) error { _, err := tx.Accounts().PutToken(tk); return err }
}

func tokens(t *testing.T, s record.Store) {
	ann, p := newUser(t, s, "ann"), aProject(t, s, "acme")
	full := record.Token{Kind: record.DeployToken, Digest: [32]byte{0xff, 31: 0xfe}, Hint: "ldt-abc", Name: "ci", UserID: ann.ID,
		Username: "deploy-1", Source: fromProject(p), Scopes: []string{"read_package_registry"}, Packages: []string{"@acme/*"},
		CIDR: []string{"10.0.0.0/8"}, CreatedAt: at(), ExpiresAt: at().Add(time.Hour)}
	job := token(record.JobToken, ann.ID, 2)
	job.PipelineID, job.ProjectID = 7, p.ID
	for _, want := range []record.Token{full, job, token(record.PersonalToken, ann.ID, 3)} {
		want.ID = newToken(t, s, want).ID
		same(t, s, want, func(tx record.Tx) (record.Token, error) { return tx.Accounts().Token(want.ID) })
		want.RevokedAt, want.LastUsedAt = at(), at().Add(time.Minute)
		update(t, s, putToken(want))
		same(t, s, want, func(tx record.Tx) (record.Token, error) { return tx.Accounts().Token(want.ID) })
	}
	absent(t, s, func(tx record.Tx) (record.Token, error) { return tx.Accounts().Token(99) })
	sourceless, stranger, unknown := token(record.DeployToken, ann.ID, 9), token(record.PersonalToken, 99, 9), token(record.JobToken, ann.ID, 9)
	unknown.ID = 99
	refused(t, s, map[string]refusal{
		"no digest":        {npm.ErrInvalid, putToken(record.Token{Kind: record.JobToken, UserID: ann.ID})},
		"no kind":          {npm.ErrInvalid, putToken(record.Token{Digest: [32]byte{9}, UserID: ann.ID})},
		"no source":        {npm.ErrNotFound, putToken(sourceless)},
		"an unknown owner": {npm.ErrNotFound, putToken(stranger)},
		"unknown number":   {npm.ErrNotFound, putToken(unknown)},
	})
}

func tokenDigests(t *testing.T, s record.Store) {
	ann := newUser(t, s, "ann")
	one, two := newToken(t, s, token(record.PersonalToken, ann.ID, 1)), newToken(t, s, token(record.PersonalToken, ann.ID, 2))
	byDigest := func(digest byte) func(record.Tx) (record.Token, error) {
		return func(tx record.Tx) (record.Token, error) { return tx.Accounts().TokenByDigest([32]byte{digest, 31: 1}) }
	}
	same(t, s, one, byDigest(1))
	same(t, s, two, byDigest(2))
	absent(t, s, byDigest(3))
	absent(t, s, func(tx record.Tx) (record.Token, error) { return tx.Accounts().TokenByDigest([32]byte{}) })
	taken, turned := one, one
	taken.Digest, turned.Kind = two.Digest, record.JobToken
	refused(t, s, map[string]refusal{
		"a new token of a taken digest": {npm.ErrConflict, putToken(token(record.PersonalToken, ann.ID, 1))},
		"a token given a taken digest":  {npm.ErrConflict, putToken(taken)},
		"a token of another kind":       {npm.ErrInvalid, putToken(turned)},
	})
	one.Digest = [32]byte{3, 31: 1}
	update(t, s, putToken(one))
	absent(t, s, byDigest(1))
	same(t, s, one, byDigest(3))
}

func tokenLists(t *testing.T, s record.Store) {
	ann, bob, p := newUser(t, s, "ann"), newUser(t, s, "bob"), aProject(t, s, "acme")
	var own []int64
	for digest := range byte(3) {
		own = append(own, newToken(t, s, token(record.PersonalToken, ann.ID, 10+digest)).ID)
	}
	newToken(t, s, token(record.JobToken, ann.ID, 20))
	newToken(t, s, token(record.PersonalToken, bob.ID, 21))
	ofProject, ofGroup := token(record.DeployToken, ann.ID, 22), token(record.DeployToken, ann.ID, 23)
	ofProject.Source, ofGroup.Source = fromProject(p), record.Source{Kind: record.GroupSource, ID: p.GroupID}
	ofProject, ofGroup = newToken(t, s, ofProject), newToken(t, s, ofGroup)

	list := func(user, after int64, limit int) func(record.Tx) ([]record.Token, error) {
		return func(tx record.Tx) ([]record.Token, error) { return tx.Accounts().TokensOf(user, after, limit) }
	}
	ids(t, s, tokenID, own, list(ann.ID, 0, 9))
	ids(t, s, tokenID, own[:2], list(ann.ID, 0, 2))
	ids(t, s, tokenID, own[2:], list(ann.ID, own[1], 2))
	ids(t, s, tokenID, []int64{}, list(99, 0, 9))
	for source, want := range map[record.Source][]int64{ofProject.Source: {ofProject.ID}, ofGroup.Source: {ofGroup.ID},
		{Kind: record.GroupSource, ID: 99}: {}, {}: {}, {Kind: "user", ID: ann.ID}: {}} {
		ids(t, s, tokenID, want, func(tx record.Tx) ([]record.Token, error) { return tx.Accounts().DeployTokens(source, 0, 9) })
	}
}

func logins(t *testing.T, s record.Store) {
	login := func(n byte, expires time.Duration) record.Login {
		return record.Login{Digest: [32]byte{n}, UserID: int64(n), CreatedAt: at(), ExpiresAt: at().Add(expires)}
	}
	late, soon := login(1, time.Hour), login(2, time.Minute)
	for _, l := range []record.Login{late, soon, login(3, time.Minute)} {
		update(t, s, func(tx record.Tx) error { return tx.Accounts().PutLogin(l) })
	}
	read := func(l record.Login) func(record.Tx) (record.Login, error) {
		return func(tx record.Tx) (record.Login, error) { return tx.Accounts().Login(l.Digest) }
	}
	same(t, s, late, read(late))
	same(t, s, soon, read(soon))
	late.UserID = 9
	update(t, s, func(tx record.Tx) error { return tx.Accounts().PutLogin(late) })
	if n := put(t, s, func(tx record.Tx) (int, error) { return tx.Accounts().PruneLogins(at().Add(2 * time.Minute)) }); n != 2 {
		t.Errorf("PruneLogins = %d", n)
	}
	same(t, s, late, read(late))
	absent(t, s, read(soon))
	update(t, s, func(tx record.Tx) error { return tx.Accounts().RemoveLogin(late.Digest) })
	absent(t, s, read(late))
	refused(t, s, map[string]refusal{
		"no digest":       {npm.ErrInvalid, func(tx record.Tx) error { return tx.Accounts().PutLogin(record.Login{}) }},
		"removing no one": {npm.ErrNotFound, func(tx record.Tx) error { return tx.Accounts().RemoveLogin(late.Digest) }},
	})
}
