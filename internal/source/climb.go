package source

import (
	"os"
	"path"
	"path/filepath"
)

// Climb lists a directory and those above it, the nearest first: up to the root of
// the repository, or, where there is none, as high as it gets. Names are as the
// user writes them, so above the working directory they are made of dots.
func Climb(fsys FS, dir string) (dirs []string, repository bool) {
	const highest = 64
	for len(dirs) < highest {
		dirs = append(dirs, dir)
		if _, err := fsys.Stat(path.Join(dir, ".git")); err == nil {
			return dirs, true
		}
		up, ok := parent(fsys, dir)
		if !ok {
			break
		}
		dir = up
	}
	return dirs, false
}

// parent is the directory above; ok is false at the top.
func parent(fsys FS, dir string) (up string, ok bool) {
	switch {
	case dir == ".":
		up = ".."
	case path.Base(dir) == "..":
		up = dir + "/.."
	default:
		up = filepath.ToSlash(filepath.Dir(dir))
		return up, up != dir
	}
	here, err := fsys.Stat(dir)
	if err != nil {
		return "", false
	}
	above, err := fsys.Stat(up)
	return up, err == nil && !os.SameFile(here, above)
}
