package site

import (
	"context"

	"github.com/larderhq/larder/registry"
)

// FileRef names a file on the page of a version.
type FileRef struct {
	// Project is the full path of the project.
	Project           string
	PackageID, FileID int64
}

// File opens a file for a download. The caller closes its Body.
func (s *Site) File(ctx context.Context, v Visit, ref FileRef) (registry.OpenedFile, error) {
	pr, err := s.project(ctx, v, ref.Project)
	if err != nil {
		return registry.OpenedFile{}, err
	}
	return s.deps.Registry.OpenFile(ctx, v.caller(), registry.FileRef{
		PackageRef: registry.PackageRef{Project: pr, ID: ref.PackageID}, FileID: ref.FileID})
}

// Downloaded counts a download of a file of that package.
func (s *Site) Downloaded(id int64) { s.deps.Registry.Downloaded(id) }
