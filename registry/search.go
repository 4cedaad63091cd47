package registry

import (
	"context"
	"encoding/json"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/npm"
)

// maxFound is how many results a search may ask for, as on the public registry.
const maxFound = 250

// SearchQuery is what npm's search sends.
type SearchQuery struct {
	Text string
	// Size is how many results are wanted, From how many come before them.
	Size, From int
}

// Found is one result, as npm's search reads it.
type Found struct {
	Package     FoundPackage `json:"package"`
	Score       FoundScore   `json:"score"`
	SearchScore float64      `json:"searchScore"`
}

// FoundPackage describes a package. Maintainers is never null: npm's search
// crashes on that.
type FoundPackage struct {
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	Description string            `json:"description,omitempty"`
	Keywords    []string          `json:"keywords,omitempty"`
	Date        time.Time         `json:"date"`
	Links       map[string]string `json:"links"`
	Publisher   FoundUser         `json:"publisher"`
	Maintainers []FoundUser       `json:"maintainers"`
}

// FoundUser names a person.
type FoundUser struct {
	Username string `json:"username"`
	Email    string `json:"email,omitempty"`
}

// FoundScore is how good a result is; ours are all as good.
type FoundScore struct {
	Final  float64            `json:"final"`
	Detail map[string]float64 `json:"detail"`
}

// Search finds local names that the caller may read at a place and that hold
// every word of the text. It returns the results from q.From on and the number
// of all.
func (s *Service) Search(ctx context.Context, c Caller, p Place, q SearchQuery) ([]Found, int, error) {
	w, err := s.enter(ctx, c, p)
	if err != nil {
		return nil, 0, err
	}
	if q.Size <= 0 || q.Size > maxFound {
		q.Size = maxFound
	}
	hits, total, err := s.hits(ctx, c, w, q)
	if err != nil {
		return nil, 0, err
	}
	found := []Found{}
	for _, text := range hits {
		f, ok, err := s.describe(ctx, c, p, text)
		if err != nil {
			return nil, 0, err
		}
		if ok {
			found = append(found, f)
		}
	}
	return found, total, nil
}

// hits returns the names of one page of results and the number of all.
func (s *Service) hits(ctx context.Context, c Caller, w where, q SearchQuery) ([]string, int, error) {
	projects, err := s.within(ctx, c, w)
	if err != nil {
		return nil, 0, err
	}
	q.From = max(q.From, 0)
	var names []string
	if len(c.Principal.Token.Packages) > 0 {
		total := 0
		err := s.eachName(ctx, c, nameWalk{projects: projects, search: q.Text}, func(name npm.Name, _ []*accounts.Project) error {
			if total++; total > q.From && len(names) < q.Size {
				names = append(names, name.String())
			}
			return nil
		})
		return names, total, err
	}
	query := catalog.Query{Search: q.Text}
	for _, pr := range projects {
		query.Projects = append(query.Projects, pr.ID)
	}
	hits, total, err := s.deps.Catalog.Names(ctx, query, q.From, q.Size)
	for _, h := range hits {
		names = append(names, h.Name)
	}
	return names, total, err
}

// describe tells what search shows of a name; false where it has gone since.
func (s *Service) describe(ctx context.Context, c Caller, p Place, text string) (Found, bool, error) {
	name, err := npm.ParseName(text)
	if err != nil {
		return Found{}, false, err
	}
	l, err := s.Locate(ctx, c, p, name)
	if err != nil || !l.Local() {
		return Found{}, false, nil //nolint:nilerr // it was there a moment ago
	}
	sh, err := s.gather(ctx, text, l.holders)
	if err != nil || len(sh.versions) == 0 {
		return Found{}, false, err
	}
	f := Found{Score: FoundScore{Final: 1, Detail: map[string]float64{"quality": 1, "popularity": 1, "maintenance": 1}}, SearchScore: 1}
	f.Package = FoundPackage{Name: text, Date: sh.modified.UTC(), Links: map[string]string{}, Maintainers: []FoundUser{}}
	for _, who := range sh.maintainers {
		f.Package.Maintainers = append(f.Package.Maintainers, FoundUser{Username: who})
	}
	for _, v := range sh.versions {
		if v.pkg.Version == sh.tags[latest] {
			return s.describeVersion(ctx, v, f)
		}
	}
	return f, true, nil
}

// described are the members of a manifest that search shows. Publishers write
// them, so a member of another type is as good as absent.
type described struct {
	Description json.RawMessage `json:"description"`
	Keywords    json.RawMessage `json:"keywords"`
}

func (s *Service) describeVersion(ctx context.Context, v shelved, f Found) (Found, bool, error) {
	text, err := s.text(ctx, v.manifest.Text)
	if err != nil {
		return f, false, err
	}
	var d described
	if err := json.Unmarshal(text, &d); err == nil {
		_ = json.Unmarshal(d.Description, &f.Package.Description) // not a string: not shown
		_ = json.Unmarshal(d.Keywords, &f.Package.Keywords)
	}
	f.Package.Version, f.Package.Date = v.pkg.Version, v.pkg.CreatedAt.UTC()
	f.Package.Publisher = FoundUser{Username: v.pkg.Publisher}
	return f, true, nil
}
