package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// FS is what discovery asks of a file system. Names are paths as the user writes
// them, absolute ones and those with dots included.
type FS interface {
	fs.StatFS
	fs.ReadDirFS
	Lstat(name string) (fs.FileInfo, error)
}

// OS is the file system of the machine.
type OS struct{}

// Open opens a file for reading.
func (OS) Open(name string) (fs.File, error) { return os.Open(name) }

// Stat follows links.
func (OS) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// Lstat does not follow links.
func (OS) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }

// ReadDir lists a directory.
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// Limits of size where the user gives none.
const (
	MaxSize     = 1 << 30  // JSON and env files
	MaxYAMLSize = 64 << 20 // a tree of YAML takes many times the file
)

// Stdin is the argument that stands for standard input.
const Stdin = "-"

// Walker finds inputs and reads them.
type Walker struct {
	// FS is [OS] where it is nil.
	FS FS
	// Stdin is read for the argument "-", and shown as StdinName if that is set.
	Stdin     io.Reader
	StdinName string
	// Exclude are patterns of paths that a walk leaves out, with slashes as in
	// [Input.Path]; ** stands for any number of directories. A directory that
	// matches is left out with all that it holds. Files that are named are not
	// excluded.
	Exclude []string
	// MaxSize is the most bytes of a file; 0: as [MaxSize] and [MaxYAMLSize] say.
	MaxSize int64
	// LookedAt counts the files that walks have found.
	LookedAt int
	// Passed are the files and directories that walks have left out.
	Passed []Passed
}

// Passed is a file or a directory that a walk leaves out.
type Passed struct {
	Path string
	// Excluded is set where a pattern of the user says so; for others Why does.
	Excluded bool
	Why      string
}

// Input is a file that was found, before it is read.
type Input struct {
	// Path as it is shown: with slashes.
	Path string
	// Named is set where the user named the file and not a directory above it.
	Named bool
	// Err is set for what cannot be read: a file that is not there, a directory
	// that may not be listed, a device.
	Err error

	name string // for the file system; empty for standard input
}

// errNotRegular refuses what may block or never end when it is read.
var errNotRegular = errors.New("not a regular file")

// Find lists the files that the arguments name, in the order of the arguments;
// those of one directory in the byte order of their paths. A directory is walked:
// files called *.json, *.yaml, *.yml, .env, .env.* and *.env are taken, whatever
// .gitignore says; directories of tools and dependencies and links to directories
// are not entered. A file that is reached twice is listed once. When the context
// is done, Find ends with what it has.
func (w *Walker) Find(ctx context.Context, args []string) []Input {
	s := search{Walker: w, fsys: w.fileSystem(), seen: map[identity][]fs.FileInfo{}, paths: map[string]bool{}, named: map[string]bool{}}
	for _, arg := range args {
		s.argument(ctx, arg)
	}
	for i := range s.inputs {
		in := &s.inputs[i]
		in.Named = in.Named || s.named[in.Path]
	}
	return s.inputs
}

func (w *Walker) fileSystem() FS {
	if w.FS == nil {
		return OS{}
	}
	return w.FS
}

// search is the state of one [Walker.Find].
type search struct {
	*Walker
	fsys   FS
	inputs []Input
	seen   map[identity][]fs.FileInfo
	paths  map[string]bool
	named  map[string]bool // what a walk may have met before
}

// identity is what is equal for one file under two names.
type identity struct {
	size, time int64
}

// first reports whether a file is met for the first time.
func (s *search) first(p string, info fs.FileInfo) bool {
	if s.paths[p] {
		return false
	}
	s.paths[p] = true
	if info == nil {
		return true
	}
	id := identity{info.Size(), info.ModTime().UnixNano()}
	if slices.ContainsFunc(s.seen[id], func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
		return false
	}
	s.seen[id] = append(s.seen[id], info)
	return true
}

func (s *search) argument(ctx context.Context, arg string) {
	if arg == Stdin {
		if s.first(Stdin, nil) {
			p := Stdin
			if s.StdinName != "" {
				p = filepath.ToSlash(s.StdinName)
			}
			s.inputs = append(s.inputs, Input{Path: p, Named: true})
		}
		return
	}
	in := Input{Path: filepath.ToSlash(filepath.Clean(arg)), Named: true, name: arg}
	info, err := s.fsys.Stat(arg)
	switch {
	case err != nil:
		in.Err = plain(err)
		info = nil
	case info.IsDir():
		s.walk(ctx, in)
		return
	case !info.Mode().IsRegular():
		in.Err = errNotRegular
	}
	s.named[in.Path] = true
	if s.first(in.Path, info) {
		s.inputs = append(s.inputs, in)
	}
}

// walk lists a directory and what is below it.
func (s *search) walk(ctx context.Context, root Input) {
	begin := len(s.inputs)
	for todo := []Input{root}; len(todo) > 0 && ctx.Err() == nil; {
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		entries, err := s.fsys.ReadDir(dir.name)
		if err != nil {
			if dir.Err = plain(err); s.first(dir.Path, nil) {
				s.inputs = append(s.inputs, dir)
			}
			continue
		}
		if !dir.Named && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "pyvenv.cfg" }) {
			s.pass(Passed{Path: dir.Path, Why: "a virtual environment"})
			continue
		}
		for _, e := range entries {
			in := Input{Path: path.Join(dir.Path, e.Name()), name: filepath.Join(dir.name, e.Name())}
			switch {
			case s.excluded(in.Path):
				if e.IsDir() || isExportName(e.Name()) {
					s.pass(Passed{Path: in.Path, Excluded: true, Why: "--exclude"})
				}
			case !e.IsDir():
				s.entry(in, e)
			case isToolDir(e.Name()):
				s.pass(Passed{Path: in.Path, Why: "a directory of a tool"})
			default:
				todo = append(todo, in)
			}
		}
	}
	slices.SortFunc(s.inputs[begin:], func(a, b Input) int { return strings.Compare(a.Path, b.Path) })
}

func (s *search) pass(p Passed) { s.Passed = append(s.Passed, p) }

// entry takes a file of a walk if it is one to look at.
func (s *search) entry(in Input, e fs.DirEntry) {
	if t := e.Type(); t != 0 && t != fs.ModeSymlink {
		return
	}
	if !isExportName(e.Name()) {
		return
	}
	info, err := s.fsys.Stat(in.name)
	switch {
	case err != nil && (e.Type() == fs.ModeSymlink && !errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)):
		return // a link to nothing, such as an editor's lock, or to itself
	case err != nil:
		in.Err, info = plain(err), nil
	case !info.Mode().IsRegular():
		return
	}
	if s.first(in.Path, info) {
		s.LookedAt++
		s.inputs = append(s.inputs, in)
	}
}

// isExportName reports whether a walk looks into a file of this name.
func isExportName(name string) bool {
	name = strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, ".env."):
		return true
	case strings.HasPrefix(name, ".dbtconn-lint"):
		return false // our own: the configuration, a baseline
	}
	switch path.Ext(name) {
	case ".json", ".yaml", ".yml", ".env":
		return true
	}
	return false
}

// isToolDir reports whether a directory is known to hold what tools or package
// managers put there. Virtual environments of other names are known by their
// pyvenv.cfg.
func isToolDir(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", "node_modules", "venv", ".venv", "site-packages", "__pycache__", ".tox", ".nox", ".mypy_cache",
		".pytest_cache", ".ruff_cache", ".cache", ".direnv", ".ipynb_checkpoints", "target", "dbt_packages", "dbt_modules", "logs", ".terraform":
		return true
	}
	return false
}

// CheckPattern reports whether a text is a pattern as [Walker.Exclude] takes it.
func CheckPattern(glob string) bool { return doublestar.ValidatePattern(glob) }

func (w *Walker) excluded(name string) bool {
	return slices.ContainsFunc(w.Exclude, func(glob string) bool { return doublestar.MatchUnvalidated(glob, name) })
}

// ReadFile reads a file that is no input. A pipe, which nobody may ever write to, is
// not opened.
func (w *Walker) ReadFile(name string) (*File, error) {
	info, err := w.fileSystem().Stat(name)
	switch {
	case err != nil:
		return nil, plain(err)
	case !info.Mode().IsRegular():
		return nil, errNotRegular
	}
	return w.read(Input{Path: filepath.ToSlash(filepath.Clean(name)), name: name})
}

// Read reads an input, all of it. It may be called from several goroutines.
func (w *Walker) Read(in Input) (*File, error) {
	f, err := w.read(in)
	if errors.As(err, new(tooLarge)) {
		err = fmt.Errorf("%w (--max-size sets the limit)", err)
	}
	return f, err
}

func (w *Walker) read(in Input) (*File, error) {
	if in.Err != nil {
		return nil, in.Err
	}
	limit := w.limit(in.Path)
	if in.name == "" {
		f, err := read(in.Path, w.Stdin, 0, limit)
		if err == nil {
			f.Piped = true
		}
		return f, err
	}
	f, err := w.fileSystem().Open(in.name)
	if err != nil {
		return nil, plain(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, plain(err)
	case !info.Mode().IsRegular():
		return nil, errNotRegular
	case info.Size() > limit:
		return nil, tooLarge(limit)
	}
	return read(in.Path, f, info.Size(), limit)
}

func (w *Walker) limit(name string) int64 {
	if w.MaxSize > 0 {
		return w.MaxSize
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		return MaxYAMLSize
	}
	return MaxSize
}

// read takes all of r. A file may grow while it is read, and its size may be a
// lie, so the limit counts bytes.
func read(name string, r io.Reader, size, limit int64) (*File, error) {
	var b strings.Builder
	b.Grow(int(size))
	n, err := io.Copy(&b, io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, plain(err)
	case n > limit:
		return nil, tooLarge(limit)
	}
	return &File{Path: name, Data: b.String()}, nil
}

// tooLarge is the limit that a file exceeds.
type tooLarge int64

func (limit tooLarge) Error() string {
	if limit >= 1<<20 && limit%(1<<20) == 0 {
		return fmt.Sprintf("larger than %d MiB", limit>>20)
	}
	return fmt.Sprintf("larger than %d bytes", limit)
}

// plain is an error without the operation and the path, which are shown apart.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
