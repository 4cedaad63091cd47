package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// caller is who asks, and what there is for it.
type caller struct {
	*client
	name string
	// total is how many packages lists show to it.
	total int
	// project is the one with the most packages; groups are those below the top.
	project int64
	groups  []int64
	// rows are the packages that can be shown alone.
	rows []row
	// walks are the walks by keys.
	walks []walk
}

// row is a package.
type row struct {
	ID        int64         `json:"id"`
	ProjectID int64         `json:"project_id"`
	Status    record.Status `json:"status"`
}

// walk is a list from its beginning to its end.
type walk struct {
	query string
	took  []time.Duration
	// pages are the paths of all pages but the first.
	pages []string
}

// walkSize is the size of the pages of a walk.
const walkSize = 100

// walked are the orders that are walked through.
func walked() []string {
	return []string{"order_by=created_at&sort=asc", "order_by=name&sort=desc", "order_by=project_path&sort=asc"}
}

// survey makes the callers and finds out what there is for them.
func (b *bench) survey(ctx context.Context, root *client) ([]*caller, error) {
	callers := []*caller{{client: root, name: "all"}}
	for _, name := range []string{halfUser, oneUser} {
		token, err := newToken(ctx, root, name)
		if err != nil {
			return nil, err
		}
		callers = append(callers, &caller{client: newClient(root.base[:len(root.base)-len("/api/v4")], token), name: name})
	}
	for _, c := range callers {
		if err := c.look(ctx); err != nil {
			return nil, err
		}
		b.say("%s lists %d packages", c.name, c.total)
		for _, query := range walked() {
			began, cpu := time.Now(), b.server.cpu()
			if err := c.walk(ctx, query); err != nil {
				return nil, err
			}
			pages := len(c.walks[len(c.walks)-1].took)
			b.say("%d pages by %s in %.1f s, %.2f s of the processor", pages, query, time.Since(began).Seconds(), (b.server.cpu() - cpu).Seconds())
		}
	}
	return callers, nil
}

// newToken makes a token for a user.
func newToken(ctx context.Context, root *client, username string) (string, error) {
	var users []struct{ ID int64 }
	if _, err := root.into(ctx, "/users?username="+username, &users); err != nil {
		return "", err
	}
	if len(users) != 1 {
		return "", fmt.Errorf("the folder has no user %s", username)
	}
	body := strings.NewReader(`{"name":"scale","scopes":["read_api"]}`)
	a, err := root.ask(ctx, http.MethodPost, fmt.Sprintf("/users/%d/personal_access_tokens", users[0].ID), body)
	if err != nil {
		return "", err
	}
	var made struct{ Token string }
	err = a.read(&made)
	return made.Token, err
}

// look finds groups, the largest project and the number of packages.
func (c *caller) look(ctx context.Context) error {
	var err error
	if c.total, err = c.count(ctx, "/groups/"+wholeGroup+"/packages"); err != nil {
		return err
	}
	if c.groups, err = c.numbers(ctx, "/groups/"+wholeGroup+"/descendant_groups?per_page=100"); err != nil {
		return err
	}
	projects, err := c.numbers(ctx, "/groups/"+wholeGroup+"/projects?include_subgroups=true&per_page=100")
	most := -1
	for _, id := range projects {
		n, errCount := c.count(ctx, fmt.Sprintf("/projects/%d/packages", id))
		if errCount != nil {
			return errCount
		}
		if n > most {
			c.project, most = id, n
		}
	}
	return err
}

// count is how many rows a list has.
func (c *caller) count(ctx context.Context, list string) (int, error) {
	a, err := c.get(ctx, list+"?per_page=1")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(a.header.Get("X-Total"))
}

// numbers reads the numbers of all that a list has.
func (c *caller) numbers(ctx context.Context, list string) (ids []int64, err error) {
	for path := list; path != "" && err == nil; {
		var page []row
		var a answer
		a, err = c.into(ctx, path, &page)
		for _, r := range page {
			ids = append(ids, r.ID)
		}
		path = c.next(a)
	}
	return ids, err
}

// walk walks through everything by keys, which must meet each package once.
func (c *caller) walk(ctx context.Context, query string) error {
	w := walk{query: query}
	path := fmt.Sprintf("/groups/%s/packages?pagination=keyset&per_page=%d&%s", wholeGroup, walkSize, query)
	var rows []row
	for path != "" {
		var page []row
		a, err := c.into(ctx, path, &page)
		if err != nil {
			return err
		}
		rows, w.took = append(rows, page...), append(w.took, a.took)
		if path = c.next(a); path != "" {
			w.pages = append(w.pages, path)
		}
	}
	met := make([]int64, 0, len(rows))
	for _, r := range rows {
		met = append(met, r.ID)
	}
	slices.Sort(met)
	if n := len(slices.Compact(met)); n != len(rows) || n != c.total {
		return fmt.Errorf("the walk by %s meets %d rows of %d packages; the list has %d", query, len(rows), n, c.total)
	}
	c.rows = slices.DeleteFunc(rows, func(r row) bool { return r.Status == record.StatusError })
	c.walks = append(c.walks, w)
	return nil
}
