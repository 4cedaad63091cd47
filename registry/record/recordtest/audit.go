package recordtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/record"
)

func auditLog(t *testing.T, s record.Store) {
	var made []record.Entry
	for i := range 5 {
		e := record.Entry{At: at(), Actor: "ann", Address: "192.0.2.1", Action: "package.publish", Target: fmt.Sprint("lib@", i), Detail: "by hand"}
		e.ID = put(t, s, func(tx record.Tx) (record.Entry, error) { return tx.Audit().Append(e) }).ID
		made = append(made, e)
	}
	for i := range made[1:] {
		if made[i+1].ID <= made[i].ID {
			t.Errorf("numbers fall: %d, %d", made[i].ID, made[i+1].ID)
		}
	}
	// An entry with a number is another entry: none is ever written over.
	again := put(t, s, func(tx record.Tx) (record.Entry, error) { return tx.Audit().Append(made[0]) })
	if again.ID <= made[4].ID {
		t.Errorf("an entry was written over: %d", again.ID)
	}
	timeless := put(t, s, func(tx record.Tx) (record.Entry, error) {
		return tx.Audit().Append(record.Entry{Actor: "ann", Action: "package.publish"})
	})
	if time.Since(timeless.At).Abs() > time.Hour {
		t.Errorf("an entry without a time is of %v", timeless.At)
	}
	list := func(before int64, limit int) func(record.Tx) ([]record.Entry, error) {
		return func(tx record.Tx) ([]record.Entry, error) { return tx.Audit().Entries(before, limit) }
	}
	same(t, s, []record.Entry{timeless, again, made[4], made[3]}, list(0, 4))
	same(t, s, []record.Entry{made[2], made[1]}, list(made[3].ID, 2))
	same(t, s, []record.Entry{made[0]}, list(made[1].ID, 9))
	same(t, s, []record.Entry{}, list(made[0].ID, 9))
	same(t, s, []record.Entry{}, list(0, 0))
}
