package badgerstore

import "github.com/larderhq/larder/registry/record"

func ruleKey(projectID, id int64) []byte { return numberKey(tableRule, projectID, id) }

// Rule implements record.Rules.
func (s spaces) Rule(projectID, id int64) (record.Rule, error) {
	return find[record.Rule](s.tx, ruleKey(projectID, id), "rule", id)
}

// PutRule implements record.Rules.
func (s spaces) PutRule(r record.Rule) (record.Rule, error) {
	if err := r.Validate(); err != nil {
		return record.Rule{}, err
	}
	utc(&r.CreatedAt, &r.UpdatedAt)
	_, err := s.project(r.ProjectID)
	if err == nil && r.ID == 0 {
		r.ID, err = s.tx.next(tableRule)
	} else if err == nil {
		_, err = s.Rule(r.ProjectID, r.ID)
	}
	if err == nil {
		err = save(s.tx, ruleKey(r.ProjectID, r.ID), r, "rule")
	}
	if err != nil {
		return record.Rule{}, err
	}
	s.tx.changed(record.RuleChanged, decimal(r.ProjectID), "")
	return r, nil
}

// RemoveRule implements record.Rules.
func (s spaces) RemoveRule(projectID, id int64) error {
	if _, err := s.Rule(projectID, id); err != nil {
		return err
	}
	s.tx.changed(record.RuleChanged, decimal(projectID), "")
	return s.tx.remove(ruleKey(projectID, id))
}

// Rules implements record.Rules.
func (s spaces) Rules(projectID int64) ([]record.Rule, error) {
	ids, err := s.tx.numbers(numberKey(tableRule, projectID), 0, all)
	if err != nil {
		return nil, err
	}
	return list(ids, func(id int64) (record.Rule, error) { return s.Rule(projectID, id) })
}

func (s spaces) removeRules(projectID int64) error {
	rules, err := s.Rules(projectID)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if err := s.RemoveRule(projectID, r.ID); err != nil {
			return err
		}
	}
	return nil
}
