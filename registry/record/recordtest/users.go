package recordtest

import (
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func userID(u record.User) int64 { return u.ID }

func users(t *testing.T, s record.Store) {
	full := record.User{Username: "Ann", Name: "Ann Ågren", Email: "ann@example.com", PasswordHash: "$argon2id$x", Admin: true,
		Blocked: true, Profile: map[string]string{"github": "ann", "homepage": ""}, CreatedAt: at(), UpdatedAt: at()}
	made := put(t, s, func(tx record.Tx) (record.User, error) { return tx.Accounts().PutUser(full) })
	if full.ID = made.ID; full.ID == 0 {
		t.Error("a new user got no number")
	}
	same(t, s, full, func(tx record.Tx) (record.User, error) { return tx.Accounts().User(full.ID) })
	bob, cyd := newUser(t, s, "bob"), newUser(t, s, "cyd")
	full.Admin, full.Profile = false, nil
	update(t, s, func(tx record.Tx) error { _, err := tx.Accounts().PutUser(full); return err })
	same(t, s, full, func(tx record.Tx) (record.User, error) { return tx.Accounts().User(full.ID) })

	list := func(after int64, limit int) func(record.Tx) ([]record.User, error) {
		return func(tx record.Tx) ([]record.User, error) { return tx.Accounts().Users(after, limit) }
	}
	ids(t, s, userID, []int64{full.ID, bob.ID}, list(0, 2))
	ids(t, s, userID, []int64{cyd.ID}, list(bob.ID, 2))
	ids(t, s, userID, []int64{}, list(cyd.ID, 2))
	ids(t, s, userID, []int64{}, list(0, 0))
	for _, id := range []int64{0, -1, cyd.ID + 1, 1 << 62} {
		absent(t, s, func(tx record.Tx) (record.User, error) { return tx.Accounts().User(id) })
	}
	unknown := full
	unknown.ID = cyd.ID + 1
	refused(t, s, map[string]refusal{
		"unknown number":       {npm.ErrNotFound, func(tx record.Tx) error { _, err := tx.Accounts().PutUser(unknown); return err }},
		"no username":          {npm.ErrInvalid, func(tx record.Tx) error { _, err := tx.Accounts().PutUser(record.User{}); return err }},
		"removing nobody":      {npm.ErrNotFound, func(tx record.Tx) error { return tx.Accounts().RemoveUser(unknown.ID) }},
		"too long as a record": {npm.ErrTooLarge, func(tx record.Tx) error { _, err := tx.Accounts().PutUser(wordy()); return err }},
	})
}

// wordy is a user each of whose texts is short enough.
func wordy() record.User {
	u := record.User{Username: "wordy", Profile: map[string]string{}}
	for i := range 60 {
		u.Profile[string(rune('A'+i))] = longText(1000)
	}
	return u
}

func usernames(t *testing.T, s record.Store) {
	ann, bob := newUser(t, s, "ann"), newUser(t, s, "annbob")
	byName := func(name string) func(record.Tx) (record.User, error) {
		return func(tx record.Tx) (record.User, error) { return tx.Accounts().UserByName(name) }
	}
	same(t, s, ann, byName("ANN"))
	same(t, s, bob, byName("AnnBob"))
	for _, miss := range []string{"", "an", "annb", "ann\x00", "\x00ann"} {
		absent(t, s, byName(miss))
	}
	taken := ann
	taken.Username = "AnnBob"
	refused(t, s, map[string]refusal{
		"a new user of a taken name": {npm.ErrConflict, func(tx record.Tx) error {
			_, err := tx.Accounts().PutUser(record.User{Username: "Ann"})
			return err
		}},
		"a user renamed to a taken name": {npm.ErrConflict, func(tx record.Tx) error { _, err := tx.Accounts().PutUser(taken); return err }},
	})
	ann.Username = "Ann"
	update(t, s, func(tx record.Tx) error { _, err := tx.Accounts().PutUser(ann); return err })
	same(t, s, ann, byName("ann"))
	ann.Username = "eve"
	update(t, s, func(tx record.Tx) error { _, err := tx.Accounts().PutUser(ann); return err })
	absent(t, s, byName("ann"))
	other := newUser(t, s, "ANN")
	same(t, s, other, byName("ann"))
	same(t, s, ann, byName("eve"))
}

func removedUser(t *testing.T, s record.Store) {
	ann, bob := newUser(t, s, "ann"), newUser(t, s, "bob")
	p := aProject(t, s, "acme")
	for _, u := range []record.User{ann, bob} {
		update(t, s, func(tx record.Tx) error {
			return tx.Spaces().PutMember(record.Member{Source: fromProject(p), UserID: u.ID, Level: record.Guest})
		})
	}
	deploy := token(record.DeployToken, ann.ID, 3)
	deploy.Source = fromProject(p)
	own, job, deploy := newToken(t, s, token(record.PersonalToken, ann.ID, 1)), newToken(t, s, token(record.JobToken, ann.ID, 2)), newToken(t, s, deploy)
	others := newToken(t, s, token(record.PersonalToken, bob.ID, 4))

	update(t, s, func(tx record.Tx) error { return tx.Accounts().RemoveUser(ann.ID) })
	absent(t, s, func(tx record.Tx) (record.User, error) { return tx.Accounts().User(ann.ID) })
	absent(t, s, func(tx record.Tx) (record.User, error) { return tx.Accounts().UserByName("ann") })
	absent(t, s, func(tx record.Tx) (record.Member, error) { return tx.Spaces().Member(fromProject(p), ann.ID) })
	for _, gone := range []record.Token{own, job} {
		absent(t, s, func(tx record.Tx) (record.Token, error) { return tx.Accounts().Token(gone.ID) })
		absent(t, s, func(tx record.Tx) (record.Token, error) { return tx.Accounts().TokenByDigest(gone.Digest) })
	}
	for _, kept := range []record.Token{deploy, others} {
		same(t, s, kept, func(tx record.Tx) (record.Token, error) { return tx.Accounts().TokenByDigest(kept.Digest) })
	}
	same(t, s, 1, func(tx record.Tx) (int, error) {
		list, err := tx.Spaces().Members(fromProject(p), 0, 10)
		return len(list), err
	})
	if again := newUser(t, s, "ann"); again.ID <= bob.ID {
		t.Errorf("the number of a removed user was given again: %d", again.ID)
	}
}
