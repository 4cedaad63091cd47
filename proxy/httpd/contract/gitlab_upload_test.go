package contract_test

import (
	"net/http"
	"strings"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

// TestGitLabUpload checks that what the client sends as a form of several parts,
// because a picture is with it, is read as the rest is. The picture is ignored.
func TestGitLabUpload(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	c, acme := w.gitlab(t, "admin"), w.groups["acme"]
	const picture = "\x89PNG\r\n\x1a\n no picture\x00"

	user := of(c.Users.CreateUser(&gitlab.CreateUserOptions{Username: gitlab.Ptr("kim"), Name: gitlab.Ptr("Kim & Lee"), Email: gitlab.Ptr("kim@example.com"),
		ForceRandomPassword: gitlab.Ptr(true), Avatar: &gitlab.UserAvatar{Filename: "kim.png", Image: strings.NewReader(picture)}})).is(t, http.StatusCreated)
	if user.Username != "kim" || user.Name != "Kim & Lee" || user.AvatarURL != "" {
		t.Errorf("made %v", user)
	}
	group := of(c.Groups.CreateGroup(&gitlab.CreateGroupOptions{Name: gitlab.Ptr("Shop"), Path: gitlab.Ptr("shop"), ParentID: &acme,
		Visibility: gitlab.Ptr(gitlab.PublicVisibility), Avatar: &gitlab.GroupAvatar{Filename: "shop.png", Image: strings.NewReader(picture)}})).is(t, http.StatusCreated)
	if group.FullPath != "acme/shop" || group.Visibility != gitlab.PublicVisibility {
		t.Errorf("made %v", group)
	}
	project := of(c.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: gitlab.Ptr("Front"), NamespaceID: &group.ID, PackagesEnabled: gitlab.Ptr(false),
		Avatar: &gitlab.ProjectAvatar{Filename: "front.png", Image: strings.NewReader(picture)}})).is(t, http.StatusCreated)
	if project.PathWithNamespace != "acme/shop/front" || project.PackagesEnabled {
		t.Errorf("made %v", project)
	}
	changed := of(c.Projects.EditProject(project.ID, &gitlab.EditProjectOptions{Description: gitlab.Ptr("with a picture"),
		Avatar: &gitlab.ProjectAvatar{Filename: "front.png", Image: strings.NewReader(picture)}})).is(t, http.StatusOK)
	if changed.Description != "with a picture" {
		t.Errorf("changed to %v", changed)
	}
}
