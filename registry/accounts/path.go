package accounts

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// topReserved are paths that lead elsewhere at the top of the site, in GitLab
// (lib/gitlab/path_regex.rb) or here.
var topReserved = words(`- .well-known 404.html 422.html 500.html 502.html 503.html admin api assets dashboard
	deploy.html explore favicon.ico files groups health_check help import invites jwt login oauth profile projects
	public robots.txt s search sitemap sitemap.xml slash-command-logo.png snippets unsubscribes uploads users v2`)

// reserved are paths that lead elsewhere below a group or project.
var reserved = words(`- badges blame blob builds commits create create_dir edit environments files find_file info
	gitlab-lfs new preview raw refs tree update wikis`)

func words(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// splitPath cuts a full path into the group above and the last part.
func splitPath(full string) (parent, last string) {
	i := strings.LastIndexByte(full, '/')
	if i < 0 {
		return "", full
	}
	return full[:i], full[i+1:]
}

// checkPart refuses a part of a path that is reserved; the store refuses what
// is malformed.
func checkPart(top bool, part string) error {
	folded := strings.ToLower(part)
	if reserved[folded] || top && topReserved[folded] {
		return wrongField("path", part+" is a reserved name", part+" is a reserved name")
	}
	return nil
}

// checkGroup is record.Group.Validate in words for people.
func checkGroup(g record.Group) error {
	err := errors.Join(checkPart(g.ParentID == 0, g.Path), checkVisibility(g.Visibility), checkShown(g.Path, g.Name, g.Description))
	if err != nil {
		return first(err)
	}
	return malformed(g.Validate())
}

// checkProject is record.Project.Validate in words for people.
func checkProject(p record.Project) error {
	err := errors.Join(checkPart(false, p.Path), checkVisibility(p.Visibility), checkShown(p.Path, p.Name, p.Description))
	switch p.Registry {
	case record.RegistryDisabled, record.RegistryMembers, record.RegistryEnabled, record.RegistryEveryone:
	default:
		err = errors.Join(err, invalid("package_registry_access_level does not have a valid value"))
	}
	if err != nil {
		return first(err)
	}
	return malformed(p.Validate())
}

// maxDescription is what a record holds, in bytes.
const maxDescription = 4096

// checkShown checks what pages show of a group or project.
func checkShown(path, name, description string) error {
	switch {
	case name == "" && path != "": // without a path it is the path that lacks
		return wrongField("name", "can't be blank", "Name can't be blank")
	case len(description) > maxDescription:
		text := fmt.Sprintf("is too long (maximum is %d bytes)", maxDescription)
		return wrongField("description", text, "Description "+text)
	case !utf8.ValidString(description) || strings.ContainsRune(description, 0):
		return wrongField("description", "is invalid", "Description is invalid")
	}
	return checkText("Name", name)
}

// malformed words what is left for a store to refuse: paths.
func malformed(err error) error {
	if err == nil {
		return nil
	}
	text := "can contain only letters, digits, '_', '-' and '.', not digits alone. " +
		"Cannot start with '-' or '.', hold '..', or end in '-', '.', '.git' or '.atom'."
	return &npm.Error{Kind: npm.ErrInvalid, Text: "Path " + text, Err: &FieldError{Field: "path", Text: text}}
}

// wrongField is invalid for one field of a group or project: what is wrong with
// it in GitLab's words, and in a sentence.
func wrongField(field, wrong, sentence string) error {
	return &npm.Error{Kind: npm.ErrInvalid, Text: sentence, Err: &FieldError{Field: field, Text: wrong}}
}

// openness orders visibilities.
var openness = map[record.Visibility]int{record.PrivateVisibility: 1, record.InternalVisibility: 2, record.PublicVisibility: 3}

func checkVisibility(v record.Visibility) error {
	if openness[v] == 0 {
		return invalid("visibility does not have a valid value")
	}
	return nil
}

// exactGroup finds a group by its present path.
func exactGroup(spaces record.Spaces, path string) (record.Group, error) {
	g, err := spaces.GroupByPath(path)
	if errors.Is(err, npm.ErrNotFound) || err == nil && !strings.EqualFold(g.FullPath, path) {
		return g, &npm.Error{Kind: npm.ErrNotFound, Text: fmt.Sprintf("there is no group %s", path)}
	}
	return g, err
}

// taken words a conflict of paths.
func taken(err error) error {
	if errors.Is(err, npm.ErrConflict) {
		return &npm.Error{Kind: npm.ErrConflict, Text: "Path has already been taken",
			Err: &FieldError{Field: "path", Text: "has already been taken"}}
	}
	return err
}
