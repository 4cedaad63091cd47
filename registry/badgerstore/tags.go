package badgerstore

import (
	"fmt"

	"github.com/larderhq/larder/registry/record"
)

func tagKey(projectID int64, name, tag string) []byte {
	return textKey(numberKey(tableTag, projectID), name, tag)
}

// PutTag implements record.Tags. The package must be one of the project and the
// name.
func (c catalog) PutTag(t record.Tag) (record.Tag, error) {
	if err := t.Validate(); err != nil {
		return record.Tag{}, err
	}
	utc(&t.CreatedAt, &t.UpdatedAt)
	p, err := c.Package(t.PackageID)
	if err != nil {
		return record.Tag{}, err
	}
	if p.ProjectID != t.ProjectID || p.Name != t.Package {
		return record.Tag{}, errNoPackage("tag")
	}
	key := tagKey(t.ProjectID, t.Package, t.Name)
	var old record.Tag
	ok, err := row(c.tx.kv, key, &old)
	if t.ID = old.ID; err == nil && !ok {
		t.ID, err = c.tx.next(tableTag)
	}
	if err == nil {
		err = save(c.tx, key, t, "tag")
	}
	if err != nil {
		return record.Tag{}, err
	}
	c.changed(t.Package)
	return t, nil
}

// RemoveTag implements record.Tags.
func (c catalog) RemoveTag(projectID int64, name, tag string) error {
	key := tagKey(projectID, name, tag)
	if !plain(name) || !plain(tag) {
		return missing("tag", tag)
	}
	if _, err := find[record.Tag](c.tx, key, "tag", tag); err != nil {
		return err
	}
	c.changed(name)
	return c.tx.remove(key)
}

// Tags implements record.Tags.
func (c catalog) Tags(projectID int64, name string) ([]record.Tag, error) {
	tags := []record.Tag{}
	if !plain(name) {
		return tags, nil
	}
	err := c.tx.kv.Scan(tagKey(projectID, name, ""), nil, func(key, value []byte) error {
		var t record.Tag
		if err := decodeRow(key, value, &t); err != nil {
			return err
		}
		if t.Validate() != nil {
			return record.ErrCorrupt
		}
		tags = append(tags, t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read tags of %q: %w", name, err)
	}
	return tags, nil
}
