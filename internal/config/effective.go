package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

// Default is where a value comes from that nobody named.
const Default = "default"

// Finder finds what holds for each input. Each folder is looked at once. It may be
// used by several goroutines.
type Finder struct {
	FS    source.FS
	Rules []*lint.Rule
	// Explicit is the path of the configuration of all inputs; where it is empty, it is
	// looked for, unless None is set.
	Explicit string
	None     bool
	// Flags take precedence over all else.
	Flags Settings

	mu    sync.Mutex
	dirs  map[string]*File // by folder
	files map[string]*File // by absolute path: one may be reached by several names
	made  map[string]*Effective
	// policies are those of each file that names some.
	policies map[*File]map[string]*schema.Policy
	wd       string
}

// Effective is what holds for an input.
type Effective struct {
	// File that it comes from; nil where there is none.
	File     *File
	settings Settings
}

// Load reads the configuration of an input, and what holds for it. The error is one
// of [Faults], or says that the file cannot be read.
func (f *Finder) Load(input string) (*Effective, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := f.file(input)
	if err != nil {
		return nil, err
	}
	var in []override
	which := ""
	if file != nil {
		which = file.Path
		if len(file.overrides) > 0 {
			name := file.rel.path(input)
			for i, o := range file.overrides {
				if matches(o.paths, name) {
					in = append(in, o)
					which += fmt.Sprint("\x00", i)
				}
			}
		}
	}
	if e := f.made[which]; e != nil {
		return e, nil
	}
	return f.make(which, file, in), nil
}

// Bare is what holds without a configuration.
func (f *Finder) Bare() *Effective {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.made[""]; e != nil {
		return e
	}
	return f.make("", nil, nil)
}

func (f *Finder) make(which string, file *File, in []override) *Effective {
	e := &Effective{File: file, settings: Settings{}}
	for i := range Keys {
		for _, d := range Keys[i].Default {
			e.settings[Keys[i].Name] = append(e.settings[Keys[i].Name], Item{Text: d, From: Default})
		}
	}
	if file != nil {
		e.settings.overlay(file.settings)
	}
	for _, o := range in {
		e.settings.overlay(o.settings)
	}
	e.settings.overlay(f.Flags)
	if f.made == nil {
		f.made = map[string]*Effective{}
	}
	f.made[which] = e
	return e
}

// For is [Finder.Load] of an input whose configuration is known to be right.
func (f *Finder) For(input string) *Effective {
	e, err := f.Load(input)
	if err != nil {
		panic("config: an input that was not loaded")
	}
	return e
}

// overlay puts values over others: a list replaces a list, a map is merged.
func (s Settings) overlay(over Settings) {
	for name, items := range over {
		i := slices.IndexFunc(Keys, func(k Key) bool { return k.Name == name })
		if i < 0 || Keys[i].Kind != Map {
			s[name] = items
			continue
		}
		merged := slices.DeleteFunc(slices.Clone(s[name]), func(old Item) bool {
			return slices.ContainsFunc(items, func(n Item) bool { return n.Key == old.Key })
		})
		s[name] = append(merged, items...)
	}
}

// file is the configuration of an input; nil where there is none.
func (f *Finder) file(input string) (*File, error) {
	if f.None {
		return nil, nil
	}
	if f.wd == "" {
		// Without a working directory there are no relative paths, either.
		f.wd, _ = os.Getwd()
	}
	if f.Explicit != "" {
		return f.read(filepath.ToSlash(filepath.Clean(f.Explicit)))
	}
	dir := "."
	if input != source.Stdin {
		dir = path.Dir(input)
	}
	if file, known := f.dirs[dir]; known {
		return file, nil
	}
	dirs, repository := source.Climb(f.FS, dir)
	if !repository {
		dirs = []string{"."}
	}
	if f.dirs == nil {
		f.dirs = map[string]*File{}
	}
	for _, d := range dirs {
		name := path.Join(d, Name)
		if strings.HasPrefix(d, "..") {
			name = d + "/" + Name
		}
		if _, err := f.FS.Lstat(name); err != nil && !errors.Is(err, fs.ErrPermission) {
			other := strings.TrimSuffix(name, ".yaml") + ".yml"
			if _, err := f.FS.Stat(other); err == nil {
				return nil, fmt.Errorf("%s: a configuration is called %s; rename it", other, Name)
			}
			continue
		}
		file, err := f.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s: a link that leads nowhere", name)
		}
		if err != nil {
			return nil, err
		}
		f.dirs[dir] = file
		return file, nil
	}
	f.dirs[dir] = nil
	return nil, nil
}

// maxSize is more than anybody writes.
const maxSize = 1 << 20

func (f *Finder) read(name string) (*File, error) {
	key := Abs(f.wd, name)
	if file := f.files[key]; file != nil {
		return file, nil
	}
	w := source.Walker{FS: f.FS, MaxSize: maxSize}
	data, err := w.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	data.Path = name
	file, err := Parse(data, path.Dir(name), f.Rules)
	if err != nil {
		return nil, err
	}
	file.rel.wd = f.wd
	if f.files == nil {
		f.files = map[string]*File{}
	}
	f.files[key] = file
	return file, nil
}

// join is the path of a file that the configuration names.
func (f *File) join(name string) string {
	if filepath.IsAbs(filepath.FromSlash(name)) {
		return name
	}
	return path.Join(f.Dir, name)
}

// Baseline is the path of the baseline that the configuration names; empty where it
// names none.
func (f *File) Baseline() string {
	if items := f.settings["baseline"]; len(items) > 0 {
		return f.join(items[0].Text)
	}
	return ""
}

// Fault is what is wrong with the value of a key, with its place.
func (f *File) Fault(key, problem string) error {
	return Fault{f.File, f.settings[key][0].at, problem}
}

// relative makes paths relative to a folder.
type relative struct{ wd, dir string }

// path is a path from the folder on, with slashes.
func (r relative) path(p string) string {
	rel, err := filepath.Rel(Abs(r.wd, r.dir), Abs(r.wd, p))
	if err != nil {
		return p // on another drive
	}
	return filepath.ToSlash(rel)
}

// Abs is the absolute form of a path, by which a file is known however it is named.
func Abs(wd, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(wd, filepath.FromSlash(name))
}

// From makes a function of it for another folder.
func From(wd, dir string) func(string) string { return relative{wd, dir}.path }

// Within reports whether a file or folder is one of the arguments of a run, or below
// one.
func Within(wd, name string, args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		rel := relative{wd, arg}.path(name)
		return arg != source.Stdin && rel != ".." && !strings.HasPrefix(rel, "../")
	})
}

// Home is the folder that the configuration is about.
func (e *Effective) Home() string {
	if e.File == nil {
		return "."
	}
	return e.File.Dir
}

// Texts are the values of a key.
func (e *Effective) Texts(key string) []string { return texts(e.settings[key]) }

// Text is the value of a key that has one; empty where it has none.
func (e *Effective) Text(key string) string {
	if items := e.settings[key]; len(items) > 0 {
		return items[0].Text
	}
	return ""
}

// Items are the values of a key with where they come from.
func (e *Effective) Items(key string) []Item { return e.settings[key] }

// From says where the value of a key comes from; empty where it has none.
func (e *Effective) From(key string) string {
	if items := e.settings[key]; len(items) > 0 {
		return items[0].From
	}
	return ""
}

// Excludes reports whether a walk leaves an input out: the path or a folder on it
// matches.
func (e *Effective) Excludes(input string) bool {
	globs := e.Texts("exclude")
	if len(globs) == 0 {
		return false
	}
	for name := e.File.rel.path(input); name != "." && name != "/"; name = path.Dir(name) {
		if matches(globs, name) {
			return true
		}
	}
	return false
}

// Ignored are the findings that the configuration ignores, as it says it.
func (e *Effective) Ignored() []Ignored {
	if e.File == nil {
		return nil
	}
	return e.File.ignored
}

// SecretsElsewhere reports whether the tokens of an input are filled in later.
func (e *Effective) SecretsElsewhere(input string) bool {
	for _, i := range e.settings["secrets"] {
		if matches([]string{i.Key}, e.File.rel.path(input)) {
			return true
		}
	}
	return false
}

// Declared is what the configuration says of connections.
func (e *Effective) Declared() lint.Declared {
	d := lint.Declared{Declared: dbtcloud.Declared{ConnTypes: e.Texts("conn_types")}, AllowedHosts: e.Texts("dbt_cloud.allowed_hosts"), Accounts: e.Texts("dbt_cloud.account_ids")}
	if globs := e.Texts("dbt_cloud.connections"); len(globs) > 0 {
		d.IsDbt = func(id string) bool { return matches(globs, id) }
	}
	return d
}

// Policies are the policies that connections have to meet by a configuration, by
// their type, made from the schemas that it names; none without a configuration. The
// error says what is wrong with a schema, and where.
func (f *Finder) Policies(file *File) (map[string]*schema.Policy, error) {
	if file == nil || len(file.settings["schemas"]) == 0 {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.policies[file]; p != nil {
		return p, nil
	}
	w := source.Walker{FS: f.FS, MaxSize: maxSize}
	named := map[string]*source.File{}
	for _, item := range file.settings["schemas"] {
		data, err := w.ReadFile(file.join(item.Text))
		if err != nil {
			return nil, Fault{file.File, item.at, fmt.Sprintf("the schema for %s, %s, cannot be read: %s", lint.Show(item.Key), lint.Show(item.Text), err)}
		}
		named[item.Key] = data
	}
	p, err := schema.Policies(named)
	if err != nil {
		return nil, err
	}
	if f.policies == nil {
		f.policies = map[*File]map[string]*schema.Policy{}
	}
	f.policies[file] = p
	return p, nil
}

var levels = map[string]lint.Level{"error": lint.Error, "warning": lint.Warning, "note": lint.Note, "off": lint.Off, "never": lint.Error + 1}

// Policy is what the configuration says of findings. Baseline and what the run looks
// at are for the caller to add.
func (e *Effective) Policy(rules []*lint.Rule) *lint.Policy {
	p := &lint.Policy{FailOn: levels[e.Text("fail_on")]}
	selectors := func(key string) (list []lint.Selector) {
		for _, s := range e.Texts(key) {
			sel, _ := lint.ParseSelector(rules, s) // checked when it was read
			list = append(list, sel)
		}
		return list
	}
	p.Select, p.Ignore = selectors("select"), selectors("ignore")
	p.SelectWins = strings.HasPrefix(e.From("select"), "--") && !strings.HasPrefix(e.From("ignore"), "--")
	for _, i := range e.settings["severity"] {
		sel, _ := lint.ParseSelector(rules, i.Key) // checked when it was read
		p.Severities = append(p.Severities, lint.Severity{Selector: sel, Level: levels[i.Text]})
	}
	if e.File != nil {
		p.Ignores = e.File.ignores
	}
	return p
}

// Check holds the value of a flag against what the key of that name takes. In a map
// the key stands before the equals sign.
func Check(name, value string, rules []*lint.Rule) (Item, error) {
	k := &Keys[slices.IndexFunc(Keys, func(k Key) bool { return k.Name == name })]
	item := Item{Text: value}
	if k.Kind == Map {
		var ok bool
		if item.Key, item.Text, ok = strings.Cut(value, "="); !ok {
			return item, fmt.Errorf("%q is not written RULE=LEVEL", value)
		}
		if err := check(item.Key, k, k.In, rules); err != nil {
			return item, err
		}
	}
	return item, check(item.Text, k, k.Content, rules)
}
