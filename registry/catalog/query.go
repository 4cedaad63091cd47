package catalog

import "github.com/larderhq/larder/registry/record"

// Order is what a list is ordered by.
type Order uint8

// The orders. Rows that are equal in one are ordered by number, in the direction
// of the list; by project path they are ordered by number downwards in both
// directions (GitLab's package finder).
const (
	// ByCreated is by the time of creation, in microseconds.
	ByCreated Order = iota
	// ByName is by the bytes of the name.
	ByName
	// ByVersion is by the version as text, those without one first.
	ByVersion
	// ByType is by GitLab's number of the package type.
	ByType
	// ByProjectPath is by the last part of the project's path.
	ByProjectPath
)

// Query says which packages are meant and in which order.
type Query struct {
	// Projects are the numbers of the projects whose packages are meant,
	// ascending; none means no package.
	Projects []int64
	// All means every project, whatever Projects says.
	All bool
	// Type is the only type that is meant; empty means every type but
	// terraform_module, as in GitLab's lists.
	Type record.PackageType
	// Search is what names must contain: every term of it, in any case. Blanks
	// end terms, double quotes keep them together, no character is special.
	Search string
	// Name is the exact name; empty means any.
	Name string
	// Version is the exact version; empty means any.
	Version string
	// Versionless includes packages without a version.
	Versionless bool
	// Statuses are the statuses that are meant; none means those that GitLab
	// displays: default, error and deprecated.
	Statuses []record.Status
	// Order and Desc tell the order of a page; nothing else looks at them.
	Order Order
	Desc  bool
	// whole leaves out packages whose files were deleted.
	whole bool
}

// Window is the part of a list that is asked for.
type Window struct {
	// Offset is how many rows come before it; After makes it meaningless.
	Offset int
	// Limit is how many rows are wanted at most.
	Limit int
	// After is the position that the part begins behind.
	After *Position
}

// Position is a place in an ordered list: that of the row which a page ended
// with. It keeps its meaning when the row is gone and after a restart, in a list
// of the same Order.
type Position struct {
	// Key is what the row is ordered by: microseconds since 1970, a name, a
	// version, the number of a type or the last part of a path.
	Key string
	// ID is the number of the row.
	ID int64
}

// Page is a part of a list.
type Page struct {
	// IDs are the numbers of the packages, in order.
	IDs []int64
	// Total is how many packages the whole list has, exactly.
	Total int
	// Next is where the page ended; nil where nothing comes behind it.
	Next *Position
}

// Counts are how many packages a query means. They are shared by whoever asks,
// so they must not be changed.
type Counts struct {
	Packages int
	// Names are the distinct names of the packages.
	Names int
	// ByProject counts the packages of each project that has any.
	ByProject map[int64]int
}

// Hit is one npm name and the projects that have it.
type Hit struct {
	Name string
	// Projects are their numbers, ascending.
	Projects []int64
}
