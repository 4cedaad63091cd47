package httpd

// unrepeated parses a path that names the registry's own path twice: rest is
// what follows the first mount, prefix the path of the place that rest begins
// with. npm unpublish sends such a path where a scope has a registry of its own:
// it asks that registry for the path of the tarball's URL, and takes off only
// the path of the registry for everything else (libnpmpublish, unpublish.js). No
// other operation is found this way.
func unrepeated(rest []byte, mount, prefix string) (Target, bool) {
	once := rest[len(prefix):]
	if _, ok := stripMount(once, mount+prefix); !ok {
		return Target{}, false
	}
	t, err := parsePlaced(once[len(mount):])
	return t, err == nil && t.Op == opFileRevision
}
