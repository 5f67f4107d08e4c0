// Package project finds out what stands beside an export: which Airflow and which
// providers the project around it names, in its Dockerfile, its lock file, its
// requirements, and which other places define connections for the same Airflow.
// Nothing is run and nothing is fetched. What a file does not say is not guessed.
package project

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// The packages that versions are looked for of.
const (
	Provider     = "apache-airflow-providers-dbt-cloud"
	httpProvider = "apache-airflow-providers-http"
	airflow      = "apache-airflow"
	airflowCore  = "apache-airflow-core" // Airflow 3: the same version
)

// Place is a part of a file that stands beside the exports.
type Place struct {
	File *source.File
	Span source.Span
}

// String is the file and the line: Dockerfile:1. What is known from a folder's
// name has no line.
func (p Place) String() string {
	if p.File.Data == "" {
		return p.File.Path
	}
	return fmt.Sprintf("%s:%d", p.File.Path, p.File.Position(p.Span.Start).Line)
}

// Pin is a version that a project names.
type Pin struct {
	// Name is how the version is shown: a release (2.10.5) or, where the patch is
	// not said, a line (3.1).
	Name string
	// Versions are those that it may be: one; the oldest and the newest, where a
	// tag does not say the patch; several, where they depend on the Python. A line
	// stands for its newest patch. None where no version is named.
	Versions []string
	// At is where it is named.
	At Place
	// Unclear says why there are no versions, where something is there that might
	// have named one.
	Unclear string
	// limits are the versions that a requirement allows, which does not name one.
	limits []specifier
}

// Allows reports whether a requirement without a fixed version admits this one.
func (p *Pin) Allows(version string) bool { return allow(p.limits, version) }

// Pins are the versions that a project names.
type Pins struct {
	Airflow, Provider, HTTP Pin
}

// Project is what one or more exports have beside them.
type Project struct {
	Pins
	// Dir is the folder of the project, as paths are shown.
	Dir string
	// Image is what the project runs in; nil where nothing says it.
	Image *Image
	// Requirements are all that concern us, those of the project's own folder
	// first, each folder's in the order in which its files count.
	Requirements []Requirement
	// Variables are the connections that the Dockerfile defines.
	Variables []Variable
	// Astro is set for a project of the Astro CLI.
	Astro bool

	own     int // of Requirements are of the project's own folder
	backend string
	folders []*folder
}

// Own are the requirements of the project's own folder.
func (p *Project) Own() []Requirement { return p.Requirements[:p.own] }

// Brings reports whether something may install the dbt Cloud provider: the image,
// a requirement, or a file that we cannot read well enough to deny it.
func (p *Project) Brings() bool {
	if p.Image != nil && p.Image.MayBring {
		return true
	}
	for i := range p.Requirements {
		if p.Requirements[i].bringsProvider() {
			return true
		}
	}
	return slices.ContainsFunc(p.folders, (*folder).mayBring)
}

// IsSure reports whether nothing else can bring the provider than what [Project.Brings]
// looks at: the image is a public one, and so is the index.
func (p *Project) IsSure() bool {
	return p.Image != nil && p.Image.Public && !slices.ContainsFunc(p.folders, func(d *folder) bool { return d.ownIndex || d.has("pip.conf") })
}

// Manifest is the place where a requirement would stand: in the nearest
// requirements.txt, or else another file of requirements; the image where there is
// none.
func (p *Project) Manifest() (Place, bool) {
	for _, f := range p.folders {
		if len(f.manifests) == 0 || !f.isProject() {
			continue
		}
		if i := slices.IndexFunc(f.manifests, func(m Place) bool { return m.File.Path == path.Join(f.dir, "requirements.txt") }); i >= 0 {
			return f.manifests[i], true
		}
		return f.manifests[0], true
	}
	if p.Image != nil {
		return p.Image.At, true
	}
	return Place{}, false
}

// firstContent is the first line of a text that is neither empty nor a comment.
func firstContent(s string) source.Span {
	for i := 0; i < len(s); {
		end := lineEnd(s, i)
		line := strings.TrimRight(s[i:end], " \t\r")
		if n := blanks(line); n < len(line) && line[n] != '#' {
			return source.Span{Start: i + n, End: i + len(line)}
		}
		i = end + 1
	}
	return source.Span{}
}

// lineEnd is the offset of the line feed that ends the line at i.
func lineEnd(s string, i int) int {
	if j := strings.IndexByte(s[i:], '\n'); j >= 0 {
		return i + j
	}
	return len(s)
}

// Role says when a project's Airflow reads an export.
type Role uint8

// The roles, in the order in which they win where the same id is in two.
const (
	NoRole      Role = iota
	Backend          // the file of the local filesystem backend
	Environment      // .env, which `astro dev start` puts into the environment
	ImageENV         // ENV lines of the Dockerfile
	File             // a file of connections that either a backend or an import reads
	Settings         // airflow_settings.yaml, which goes into the database
)

// RoleOf says which role an export plays in the project, by its place in an Astro
// project. Elsewhere nobody can tell which files the same Airflow reads.
func (p *Project) RoleOf(file string) Role {
	if !p.Astro {
		return NoRole
	}
	name, ok := within(p.Dir, file)
	switch {
	case !ok:
		return NoRole
	case p.backend != "" && (name == p.backend || strings.HasSuffix(p.backend, "/"+name)):
		return Backend
	case name == ".env":
		return Environment
	case name == settingsFile && !p.folders[0].astro2: // which the Astro CLI 2 does not read
		return Settings
	case path.Dir(name) == "include" && strings.HasPrefix(path.Base(name), "connections."):
		return File
	}
	return NoRole
}

const settingsFile = "airflow_settings.yaml"

// within is the path of a file below a folder.
func within(dir, file string) (string, bool) {
	if dir == "." {
		return file, !strings.HasPrefix(file, "../") && !filepath.IsAbs(file)
	}
	return strings.CutPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}

// Finder finds the projects of exports. Each folder is looked at once, however
// many exports are below it. It may be used by several goroutines.
type Finder struct {
	FS source.FS
	// Roots are the arguments of the run: where there is no repository, folders
	// below them are searched, and those of the working directory.
	Roots []string

	mu       sync.Mutex
	folders  map[string]*folder
	projects map[string]func() *Project
}

// For is the project of an export; nil where nothing beside it or above it, up to
// the root of the repository, says anything about Airflow.
func (f *Finder) For(file string) *Project {
	dir := "."
	if file != source.Stdin {
		dir = path.Dir(file)
	}
	f.mu.Lock()
	find := f.projects[dir]
	if find == nil {
		find = sync.OnceValue(func() *Project { return f.find(dir) })
		if f.projects == nil {
			f.projects = map[string]func() *Project{}
		}
		f.projects[dir] = find
	}
	f.mu.Unlock()
	return find()
}

// find climbs from a folder to the first that says something.
func (f *Finder) find(dir string) *Project {
	dirs := f.climb(dir)
	for i, d := range dirs {
		if !f.folder(d).isProject() {
			continue
		}
		if i > 0 {
			return f.For(d + "/x") // one project for all that is below its folder
		}
		return f.project(dirs)
	}
	return nil
}

// folder is what stands in a directory, looked at once.
func (f *Finder) folder(dir string) *folder {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.folders == nil {
		f.folders = map[string]*folder{}
	}
	d := f.folders[dir]
	if d == nil {
		d = &folder{fsys: f.FS, dir: dir}
		f.folders[dir] = d
	}
	return d
}

// project joins what the folders say: the nearest that names a version counts.
func (f *Finder) project(dirs []string) *Project {
	p := &Project{Dir: dirs[0]}
	provider, http := search{name: Provider}, search{name: httpProvider}
	for i, d := range dirs {
		folder := f.folder(d)
		folder.read()
		p.folders = append(p.folders, folder)
		p.Requirements = append(p.Requirements, folder.requirements...)
		if i == 0 {
			p.own = len(p.Requirements)
			p.Variables, p.Astro, p.backend = folder.variables, folder.isAstro(), folder.backend()
		}
		if p.Airflow.At.File == nil {
			p.Airflow = folder.airflowPin()
		}
		if p.Image == nil && len(folder.images) > 0 {
			p.Image = &folder.images[0]
		}
		provider.in(folder)
		http.in(folder)
	}
	p.Provider, p.HTTP = provider.pin, http.pin
	if p.Image != nil {
		// What an image carries stays, unless a requirement names another version.
		if len(p.Provider.Versions) == 0 && p.Image.provider.Name != "" && p.Provider.Allows(p.Image.provider.Name) {
			p.Provider = p.Image.provider
		}
		if len(p.HTTP.Versions) == 0 && p.Image.http.Name != "" && p.HTTP.Allows(p.Image.http.Name) {
			p.HTTP = p.Image.http
		}
	}
	return p
}

// airflowPin is the first version of Airflow that the folder names; without one, the
// first place that might have.
func (d *folder) airflowPin() Pin {
	for i := range d.airflow {
		if len(d.airflow[i].Versions) > 0 {
			return d.airflow[i]
		}
	}
	if len(d.airflow) > 0 {
		return d.airflow[0]
	}
	return Pin{}
}

// search looks for the version of a package, from folder to folder.
type search struct {
	name   string
	pin    Pin
	done   bool
	locked bool // only a lock file further up counts
}

// in looks into a folder. One that requires the package without a version ends
// the search, too: what is pinned further up is another project's, unless it is
// the lock file of a workspace that a pyproject.toml belongs to.
func (s *search) in(d *folder) {
	if s.done {
		return
	}
	workspace := false
	for i := range d.requirements {
		r := &d.requirements[i]
		if r.Name != s.name {
			s.done = s.done || s.name == Provider && r.bringsProvider()
			continue
		}
		name, version, ok := pinned(r.specifiers)
		switch {
		case s.locked && r.Kind != Locked:
		case ok && len(s.pin.Versions) == 0:
			s.pin, s.done = Pin{Name: name, Versions: []string{version}, At: r.At()}, true
		case ok && s.pin.At.File == r.File && !slices.Contains(s.pin.Versions, version):
			// One for each Python, or each platform.
			s.pin.Versions = append(s.pin.Versions, version)
		case !ok && len(s.pin.Versions) == 0:
			s.pin.limits = append(s.pin.limits, r.specifiers...)
			if isPyproject(path.Base(r.File.Path)) {
				workspace = true
			} else {
				s.done = s.done || r.Kind != Constrained
			}
		}
	}
	s.locked = s.locked || workspace
}

// climb lists a directory and those above it: up to the root of the repository;
// without one, up to the working directory or an argument of the run that it lies
// in. Names are as the user writes them, so above the working directory they are
// made of dots.
func (f *Finder) climb(dir string) []string {
	dirs, repository := source.Climb(f.FS, dir)
	if repository {
		return dirs
	}
	for i := len(dirs) - 1; i >= 0; i-- {
		if f.isRoot(dirs[i], dirs[0]) {
			return dirs[:i+1]
		}
	}
	return nil
}

// isRoot reports whether a directory bounds the search from one below it where
// there is no repository.
func (f *Finder) isRoot(dir, from string) bool {
	if dir == "." {
		return true
	}
	if filepath.IsAbs(from) {
		if cwd, err := f.FS.Stat("."); err == nil {
			if info, err := f.FS.Stat(dir); err == nil && os.SameFile(cwd, info) {
				return true
			}
		}
	}
	return slices.ContainsFunc(f.Roots, func(root string) bool { return filepath.ToSlash(filepath.Clean(root)) == dir })
}
