package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// publishing opens a store with one project.
func publishing(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	err = s.Update(b.Context(), func(tx record.Tx) error {
		g, errGroup := tx.Spaces().PutGroup(record.Group{Path: "acme", Name: "g", Visibility: record.PublicVisibility})
		_, err := tx.Spaces().PutProject(record.Project{GroupID: g.ID, Path: "app", Name: "p",
			Visibility: record.PublicVisibility, Registry: record.RegistryEnabled})
		return errors.Join(errGroup, err)
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkPublish writes all records of a version, by 16 writers.
func BenchmarkPublish(b *testing.B) {
	s := publishing(b)
	const writers = 16
	b.ResetTimer()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < b.N; i += writers {
				if err := s.Update(b.Context(), func(tx record.Tx) error { return publishVersion(tx, fmt.Sprint("1.0.", i)) }); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "publishes/s")
}

// BenchmarkReadVersions reads a name with 1,000 versions and their manifests
// of 2 KiB, as a document is made.
func BenchmarkReadVersions(b *testing.B) {
	s := publishing(b)
	const versions = 1000
	text := bytes.Repeat([]byte("x"), 2<<10)
	for i := range versions {
		err := s.Update(b.Context(), func(tx record.Tx) error {
			err := publishVersion(tx, fmt.Sprint("1.0.", i))
			m := record.Manifest{PackageID: int64(i + 1), Text: record.Text{Inline: text, Size: int64(len(text))}}
			return errors.Join(err, tx.Catalog().PutManifest(m))
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		err := s.View(b.Context(), func(tx record.Tx) error {
			list, err := tx.Catalog().Packages(record.PackageQuery{ProjectID: 1, Name: "lib", Limit: all})
			for _, k := range list {
				_, errManifest := tx.Catalog().Manifest(k.ID)
				_, errFiles := tx.Catalog().Files(k.ID)
				err = errors.Join(err, errManifest, errFiles)
			}
			if len(list) != versions {
				b.Errorf("%d versions", len(list))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
