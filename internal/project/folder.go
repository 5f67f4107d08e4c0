package project

import (
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// folder is what one directory says of a project.
type folder struct {
	fsys source.FS
	dir  string

	listed sync.Once
	names  []string // of all that is in it
	looked sync.Once

	images       []Image
	airflow      []Pin // in the order in which their files count
	requirements []Requirement
	variables    []Variable
	backends     string  // what AIRFLOW__SECRETS__BACKEND… are set to
	manifests    []Place // where a requirement would stand
	unread       bool    // something is installed that we cannot read
	ownIndex     bool    // packages may come from an index of somebody's own
	dockerfile   *source.File
	astro2       bool            // a project of the Astro CLI 2: [tool.astro] in pyproject.toml
	seen         map[string]bool // files of requirements
	dotenv       map[string]string

	brings sync.Once
	may    bool
}

// The largest files that are read. Lock files grow to megabytes, nothing else here
// does.
const (
	maxSize = 1 << 20
	maxLock = 64 << 20
)

// list names what is in the directory.
func (d *folder) list() []string {
	d.listed.Do(func() {
		entries, err := d.fsys.ReadDir(d.dir)
		if err != nil {
			return // what cannot be listed says nothing
		}
		for _, e := range entries {
			d.names = append(d.names, e.Name())
		}
	})
	return d.names
}

func (d *folder) has(name string) bool { return slices.Contains(d.list(), name) }

// hasLock reports whether a lock file or a pyproject.toml tells what is installed.
func (d *folder) hasLock() bool {
	return slices.ContainsFunc(d.list(), func(n string) bool { return isLock(n) || n == "pyproject.toml" })
}

// isAstro reports whether the directory is a project of the Astro CLI.
func (d *folder) isAstro() bool {
	return d.astro2 || d.has(settingsFile) || d.has(".astro") || slices.ContainsFunc(d.images, func(i Image) bool { return i.astro })
}

// isProject reports whether the directory says anything of Airflow.
func (d *folder) isProject() bool {
	d.read()
	return len(d.images) > 0 || len(d.airflow) > 0 || d.isAstro() || slices.ContainsFunc(d.requirements, func(r Requirement) bool {
		return strings.Contains(r.Name, "airflow")
	})
}

// open reads a file of the directory, or one below it. nil where there is none, or
// it is no text.
func (d *folder) open(name string, limit int64) *source.File {
	name = path.Join(d.dir, name)
	info, err := d.fsys.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > limit {
		return nil
	}
	f, err := d.fsys.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // it was only read
	var b strings.Builder
	b.Grow(int(info.Size()))
	n, err := io.Copy(&b, io.LimitReader(f, limit+1))
	if err != nil || n > limit || strings.IndexByte(b.String(), 0) >= 0 {
		return nil
	}
	return &source.File{Path: name, Data: b.String()}
}

// read looks into the files that may name a version, those that count most first.
func (d *folder) read() {
	d.looked.Do(func() {
		d.seen = map[string]bool{}
		for _, r := range readers {
			for _, name := range d.matching(r.is) {
				if file := d.open(name, r.limit); file != nil {
					r.read(d, file)
				} else {
					d.unread = true
				}
			}
		}
		if !d.saysAirflow() || !slices.ContainsFunc(d.requirements, func(r Requirement) bool { return r.Name == Provider }) {
			d.readVenv()
		}
	})
}

// saysAirflow reports whether a file that was read names a version of Airflow: then
// those that count less need no parsing.
func (d *folder) saysAirflow() bool {
	return slices.ContainsFunc(d.airflow, func(p Pin) bool { return len(p.Versions) > 0 })
}

// readers are the files that name versions, in the order in which they count.
var readers = [...]struct {
	is    func(name string) bool
	limit int64
	read  func(*folder, *source.File)
}{
	{isDockerfile, maxSize, (*folder).readDockerfile},
	{isLock, maxLock, (*folder).readLock},
	{isFirstRequirements, maxSize, (*folder).readManifest},
	{isRequirements, maxSize, (*folder).readManifest},
	{isConstraints, maxSize, (*folder).readConstraints},
	{isPyproject, maxSize, (*folder).readPyproject},
	{isCompose, maxSize, (*folder).readCompose},
	{isHelm, maxSize, (*folder).readHelm},
	{isTerraform, maxSize, (*folder).readTerraform},
}

func isDockerfile(s string) bool        { return s == "Dockerfile" }
func isFirstRequirements(s string) bool { return s == "requirements.txt" }
func isPyproject(s string) bool         { return s == "pyproject.toml" }

func isLock(s string) bool {
	return s == "uv.lock" || s == "poetry.lock" || s == "pdm.lock" || s == "pylock.toml"
}

func isRequirements(s string) bool {
	return s != "requirements.txt" && strings.HasPrefix(s, "requirements") && strings.HasSuffix(s, ".txt")
}

func isConstraints(s string) bool {
	return strings.HasPrefix(s, "constraints") && strings.HasSuffix(s, ".txt")
}

func isYAML(s string) bool { return strings.HasSuffix(s, ".yaml") || strings.HasSuffix(s, ".yml") }

func isCompose(s string) bool {
	return isYAML(s) && (strings.HasPrefix(s, "docker-compose") || strings.HasPrefix(s, "compose."))
}

func isHelm(s string) bool { return isYAML(s) && strings.HasPrefix(s, "values") || s == "Chart.yaml" }

func isTerraform(s string) bool { return strings.HasSuffix(s, ".tf") }

// matching are the names that a reader takes, in byte order.
func (d *folder) matching(is func(string) bool) []string {
	var list []string
	for _, n := range d.list() {
		if is(n) {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}

func (d *folder) readManifest(file *source.File) {
	d.manifests = append(d.manifests, Place{file, firstContent(file.Data)})
	d.readRequirements(file, Required)
}

func (d *folder) readConstraints(file *source.File) { d.readRequirements(file, Constrained) }

// include reads a file of requirements that another file names.
func (d *folder) include(from *source.File, name string, kind Kind) {
	if strings.Contains(name, "://") || strings.Contains(name, "$") || path.IsAbs(name) {
		d.unread = d.unread || kind == Required
		return
	}
	rel := path.Join(strings.TrimPrefix(strings.TrimPrefix(path.Dir(from.Path), d.dir), "/"), name)
	file := d.open(rel, maxSize)
	switch {
	case file == nil:
		d.unread = d.unread || kind == Required
	case !d.seen[file.Path]:
		if kind == Required {
			d.readManifest(file)
		} else {
			d.readConstraints(file)
		}
	}
}

// readVenv takes the names of the packages that the virtual environment holds.
func (d *folder) readVenv() {
	if !d.has(".venv") {
		return
	}
	packages := []string{".venv/Lib/site-packages"} // Windows
	lib, _ := d.fsys.ReadDir(path.Join(d.dir, ".venv/lib"))
	for _, e := range lib {
		packages = append(packages, ".venv/lib/"+e.Name()+"/site-packages")
	}
	for _, p := range packages {
		entries, _ := d.fsys.ReadDir(path.Join(d.dir, p)) // what is not there holds nothing
		for _, e := range entries {
			name, ok := strings.CutSuffix(e.Name(), ".dist-info")
			if !ok || !concerns(name) {
				continue
			}
			file := &source.File{Path: path.Join(d.dir, p, e.Name())}
			d.require(strings.Replace(name, "-", "==", 1), Installed, file, func(int, int) source.Span { return source.Span{} })
		}
	}
}

// environment are the variables that the .env beside a compose file sets.
func (d *folder) environment() map[string]string {
	if d.dotenv == nil {
		d.dotenv = map[string]string{}
		if file := d.open(".env", maxSize); file != nil {
			eachLine(file.Text(), 0, func(line source.Text) {
				name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line.String()), "export "), "=")
				if ok && !strings.HasPrefix(name, connPrefix) {
					d.dotenv[strings.TrimSpace(name)] = unquoted(strings.TrimSpace(value))
				}
			})
		}
	}
	return d.dotenv
}

// backend is the file of connections that the local filesystem backend reads, as
// the Dockerfile or the .env configure it; empty without one. Source:
// airflow/secrets/local_filesystem.py.
func (d *folder) backend() string {
	settings := d.backends
	if d.has(".env") {
		env := d.environment()
		for _, name := range [...]string{backendPrefix, backendPrefix + "_KWARGS"} {
			settings += env[name] + "\n"
		}
	}
	if !strings.Contains(settings, "LocalFilesystemBackend") {
		return ""
	}
	_, rest, _ := strings.Cut(settings, "connections_file_path")
	rest = strings.TrimLeft(rest, `\"': `)
	if i := strings.IndexAny(rest, `\"',}`); i >= 0 {
		return rest[:i]
	}
	return ""
}

// mayBring reports whether the directory holds a file that may name the dbt Cloud
// provider and that is not read as requirements are, or none of them is.
func (d *folder) mayBring() bool {
	d.brings.Do(func() {
		d.may = d.unread || slices.ContainsFunc(d.list(), func(name string) bool {
			switch {
			case strings.HasSuffix(name, ".whl"):
				return namesProvider(name)
			case !isOtherManifest(name):
				return false
			}
			file := d.open(name, maxLock)
			return file == nil || namesProvider(file.Data)
		})
	})
	return d.may
}

// isOtherManifest reports a file that can have packages installed and that is only
// searched for the provider's name.
func isOtherManifest(s string) bool {
	switch s {
	case "setup.py", "setup.cfg", "Pipfile", "Pipfile.lock", "pixi.toml", "pixi.lock", "environment.yml", "environment.yaml", "Makefile", ".env":
		return true
	}
	switch {
	case strings.HasPrefix(s, "requirements"):
		return s != "requirements.txt" && !isRequirements(s)
	case strings.HasPrefix(s, "Dockerfile"), strings.HasSuffix(s, "Dockerfile"):
		return s != "Dockerfile"
	}
	return isCompose(s) || isTerraform(s) || isHelm(s) || strings.HasSuffix(s, ".sh")
}

// namesProvider reports whether a text names the dbt Cloud provider in any spelling:
// as a package, or as an extra of Airflow. The scheme dbt-cloud:// is neither.
func namesProvider(s string) bool {
	for at := 0; ; {
		i := strings.Index(s[at:], "dbt")
		if i < 0 {
			return false
		}
		before := strings.TrimRight(s[:at+i], "-_. '\"")
		at += i + len("dbt")
		rest := strings.TrimLeft(s[at:], "-_.")
		if len(rest) < len(s[at:]) && strings.HasPrefix(rest, "cloud") && (strings.HasSuffix(before, "providers") || strings.HasSuffix(before, "[") || strings.HasSuffix(before, ",")) {
			return true
		}
	}
}
