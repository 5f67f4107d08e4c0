package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"github.com/spf13/pflag"

	"github.com/dbtconn-lint/dbtconn-lint/internal/config"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

// judgeFlags say which findings count.
type judgeFlags struct {
	selected, ignored, severities []string
	failOn, baseline              string
	prune, noIgnores              bool
}

func (f *judgeFlags) add(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.selected, "select", nil, "only these `RULES`: ids, names or families (DBT), comma-separated, or ALL")
	fs.StringSliceVar(&f.ignored, "ignore", nil, "none of these `RULES`")
	fs.StringSliceVar(&f.severities, "severity", nil, "`RULE=LEVEL`, also RULE/CASE=LEVEL: error, warning, note or off")
	fs.BoolVar(&f.noIgnores, "no-ignores", false, "report also what comments and the configuration ignore")
}

// settings are what the flags and the configurations say, and which versions each
// input is judged for: those of the flags, then of the configuration, then of the
// project around it.
type settings struct {
	inputFlags
	judge  judgeFlags
	finder config.Finder
	rules  []*lint.Rule
	idle   []*lint.Rule // those that do not run
	live   bool         // those of the live test do
	paths  []string
	getenv func(string) string

	projects  project.Finder
	mu        sync.Mutex
	resolved  map[situation]func() resolved
	policies  map[*config.Effective]*lint.Policy
	baselines map[string]*lint.Baseline // by absolute path: one may be reached by several names
	schemas   map[*config.File]map[string]*schema.Policy
	wd        string
}

// situation is what decides about the targets.
type situation struct {
	settings *config.Effective
	project  *project.Project
}

type resolved struct {
	targets consumer.Targets
	notices []string
	err     error
}

// settings checks the flags; run are the rules that run, paths the arguments.
func (a *app) settings(f *inputFlags, judge judgeFlags, run []*lint.Rule, paths []string) (*settings, error) {
	s := &settings{
		inputFlags: *f, judge: judge, rules: rules.All(), paths: paths, getenv: a.Getenv,
		resolved: map[situation]func() resolved{}, policies: map[*config.Effective]*lint.Policy{}, baselines: map[string]*lint.Baseline{},
		schemas: map[*config.File]map[string]*schema.Policy{},
	}
	for _, r := range s.rules {
		// Of these two, only a configuration makes something speak.
		unsaid := f.noConfig && (r.ID == "POL001" || r.ID == "DBT025")
		if unsaid || !slices.Contains(run, r) {
			s.idle = append(s.idle, r)
		} else if r.Scope == lint.Live {
			s.live = true
		}
	}
	fsys := a.FS
	if fsys == nil {
		fsys = source.OS{}
	}
	s.projects = project.Finder{FS: fsys, Roots: paths}
	if f.config != "" && f.noConfig {
		return nil, usagef("--config and --no-config: only one of them")
	}
	if _, _, err := consumer.Resolve(f.asked); err != nil {
		return nil, usageError{err}
	}
	s.finder = config.Finder{FS: fsys, Rules: s.rules, Explicit: f.config, None: f.noConfig, Flags: config.Settings{}}
	flag := func(flag, key string, values ...string) error {
		for _, v := range values {
			item, err := config.Check(key, v, s.rules)
			if err != nil {
				return usagef("--%s: %w", flag, err)
			}
			item.From = "--" + flag
			s.finder.Flags[key] = append(s.finder.Flags[key], item)
		}
		return nil
	}
	// Versions that go together were checked together.
	for _, v := range [...]struct {
		flag, key string
		values    []string
	}{{"airflow", "airflow", f.asked.Airflow}, {"provider", "provider", f.asked.Provider}, {"http-provider", "http_provider", f.asked.HTTPProvider}, {"astro", "astro", f.asked.Astro}} {
		for _, name := range v.values {
			s.finder.Flags[v.key] = append(s.finder.Flags[v.key], config.Item{Text: name, From: "--" + v.flag})
		}
	}
	err := errors.Join(flag("select", "select", judge.selected...), flag("ignore", "ignore", judge.ignored...), flag("severity", "severity", judge.severities...))
	if err == nil && judge.failOn != "" {
		err = flag("fail-on", "fail_on", judge.failOn)
	}
	if judge.baseline != "" {
		s.finder.Flags["baseline"] = []config.Item{{Text: judge.baseline, From: baselineFlag}}
	}
	if err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

// The flags that a value may come from.
const (
	baselineFlag = "--baseline"
	selectFlag   = "--select"
)

// find lists the inputs, those that a configuration excludes left out, and reads the
// configurations of all: what is wrong with one is said before anything is judged.
func (s *settings) find(ctx context.Context, w *source.Walker) ([]source.Input, error) {
	inputs := w.Find(ctx, s.paths)
	var kept []source.Input
	for _, p := range s.paths {
		if _, err := s.load(path.Join(filepath.ToSlash(p), "x")); err != nil {
			return nil, err
		}
	}
	for _, in := range inputs {
		e, err := s.load(in.Path)
		if err != nil {
			return nil, err
		}
		if in.Named || !e.Excludes(in.Path) {
			kept = append(kept, in)
		} else {
			w.Passed = append(w.Passed, source.Passed{Path: in.Path, Excluded: true, Why: "exclude, " + e.File.Path})
		}
	}
	if s.judge.prune && len(s.baselines) == 0 {
		return nil, usagef("--prune: there is no baseline; --baseline names one")
	}
	return kept, nil
}

// load reads the configuration of an input, and its baseline.
func (s *settings) load(input string) (*config.Effective, error) {
	e, err := s.finder.Load(input)
	if err != nil {
		return nil, usageError{err}
	}
	if s.policies[e] != nil {
		return e, nil
	}
	if r := s.resolve(e, nil); r.err != nil {
		return nil, usageError{r.err}
	}
	p := e.Policy(s.rules)
	p.Idle = s.idle
	if s.live && e.From("select") != selectFlag {
		p.SelectLive(s.rules)
	}
	if s.schemas[e.File], err = s.finder.Policies(e.File); err != nil {
		return nil, usageError{err}
	}
	p.NoIgnores, p.Partial, p.Prune, p.Narrowed = s.judge.noIgnores, len(s.connIDs) > 0 || s.format != "", s.judge.prune, s.narrowed()
	p.Reached = func(name string) bool { return config.Within(s.workingDir(), name, s.paths) }
	p.Walked = p.Reached(e.Home()) && len(s.exclude) == 0
	if name := e.Text("baseline"); name != "" && name != noBaseline {
		configured := e.From("baseline") != baselineFlag
		if configured {
			name = e.File.Baseline()
		}
		p.Baseline, err = s.baseline(name)
		var missing *noSuchBaseline
		if configured && errors.As(err, &missing) {
			err = e.File.Fault("baseline", missing.Error())
		}
		if err != nil {
			return nil, usageError{err}
		}
		if e.File == nil {
			p.Walked = p.Reached(path.Dir(name)) && len(s.exclude) == 0
		}
	}
	if s.judge.prune && p.Baseline != nil && (p.Narrowed || p.NoIgnores) {
		return nil, usagef("--prune: what other versions are found to do, and what is ignored, is not stale; leave out --airflow, --provider, --http-provider, --astro and --no-ignores")
	}
	if s.judge.prune && p.Baseline != nil && (!p.Walked || p.Partial) {
		return nil, usagef("--prune: only a run over all of %s can know which lines of %s are stale", e.Home(), report.Plain(p.Baseline.File.Path))
	}
	s.policies[e] = p
	return e, nil
}

// narrowed reports whether flags name the versions.
func (s *settings) narrowed() bool {
	return len(s.asked.Airflow)+len(s.asked.Provider)+len(s.asked.HTTPProvider)+len(s.asked.Astro) > 0
}

// noBaseline stands for a baseline that is not to be read, since it is written.
const noBaseline = "\x00"

func (s *settings) workingDir() string {
	if s.wd == "" {
		s.wd, _ = os.Getwd() // without one there are no relative paths, either
	}
	return s.wd
}

// noSuchBaseline is a baseline that cannot be read.
type noSuchBaseline struct {
	name string
	err  error
}

func (b *noSuchBaseline) Error() string {
	return fmt.Sprintf("the baseline %s cannot be read: %s; dbtconn-lint baseline -o %s writes one", report.Plain(b.name), b.err, report.Plain(report.Word(b.name)))
}

// baseline reads a baseline once.
func (s *settings) baseline(name string) (*lint.Baseline, error) {
	key := config.Abs(s.workingDir(), name)
	if b := s.baselines[key]; b != nil {
		return b, nil
	}
	w := source.Walker{FS: s.finder.FS}
	file, err := w.ReadFile(name)
	if err != nil {
		return nil, &noSuchBaseline{name, err}
	}
	b, err := lint.ReadBaseline(file, config.From(s.workingDir(), path.Dir(file.Path)))
	if err != nil {
		return nil, err
	}
	s.baselines[key] = b
	return b, nil
}

// policy is what holds for the findings in a file.
func (s *settings) policy(name string) *lint.Policy {
	e, err := s.load(name)
	if err != nil {
		e = s.finder.Bare() // a file beside the inputs, above which stands something broken
		if s.policies[e] == nil {
			s.policies[e] = e.Policy(s.rules)
		}
	}
	return s.policies[e]
}

// unread takes down what the run could not look at.
func (s *settings) unread(paths []string, interrupted bool) {
	for _, p := range s.policies {
		p.Partial = p.Partial || interrupted
		p.Unread = append(p.Unread, paths...)
	}
}

// opener takes files apart as their configuration says that they are read.
func (s *settings) opener(format export.Format) func(*source.File, bool) *export.Document {
	return func(file *source.File, named bool) *export.Document { return s.open(file, format, named) }
}

func (s *settings) open(file *source.File, format export.Format, named bool) *export.Document {
	e := s.finder.For(file.Path)
	if e.Text("placeholders") == "env" {
		file.Fill(s.getenv)
	}
	isType := conntype.Known
	if own := e.Texts("conn_types"); len(own) > 0 {
		isType = func(t string) bool { return conntype.Known(t) || slices.Contains(own, t) }
	}
	return export.Open(file, export.Options{Format: format, Named: named, IsType: isType, Docker: e.Text("dotenv_reader") == "docker"})
}

// of are the project and the targets of a document. It may be called from several
// goroutines.
func (s *settings) of(doc *export.Document) (*project.Project, consumer.Targets) {
	p := s.projects.For(doc.File.Path)
	e := s.finder.For(doc.File.Path)
	r := s.resolve(e, p)
	if r.err != nil {
		r = s.resolve(e, nil) // too many combinations
	}
	return p, r.targets
}

// resolve settles the versions once for all inputs that have the same settings and
// the same project.
func (s *settings) resolve(e *config.Effective, p *project.Project) resolved {
	s.mu.Lock()
	in := situation{e, p}
	r := s.resolved[in]
	if r == nil {
		r = sync.OnceValue(func() (r resolved) {
			asked := consumer.Asked{
				Airflow: e.Texts("airflow"), Provider: e.Texts("provider"), HTTPProvider: e.Texts("http_provider"), Astro: e.Texts("astro"), Project: p,
				From: consumer.Origins{Airflow: e.From("airflow"), Provider: e.From("provider"), HTTPProvider: e.From("http_provider"), Astro: e.From("astro")},
			}
			switch e.Text("use") {
			case "import":
				asked.Loader = consumer.Import
			case "backend":
				asked.Loader = consumer.Airflow
			}
			r.targets, r.notices, r.err = consumer.Resolve(asked)
			return r
		})
		s.resolved[in] = r
	}
	s.mu.Unlock()
	return r()
}

// allVersions are the targets that a comment in an export may be about, whichever the
// flags of this run name: each Airflow with the providers that its constraints name.
func allVersions() consumer.Targets {
	t, _, err := consumer.Resolve(consumer.Asked{Airflow: []string{"all"}})
	if err != nil {
		panic("cli: all versions do not go together")
	}
	return t
}

// tell says on standard error which versions are newer than we know.
func (s *settings) tell(w io.Writer) {
	var notices []string
	for _, r := range s.resolved {
		notices = append(notices, r().notices...)
	}
	slices.Sort(notices)
	for _, n := range slices.Compact(notices) {
		fmt.Fprintf(w, "dbtconn-lint: %s\n", n)
	}
}

// prune writes the baselines without what is stale.
func (s *settings) prune(a *app) error {
	for _, key := range slices.Sorted(maps.Keys(s.baselines)) {
		b := s.baselines[key]
		name := b.File.Path
		left, stale := b.Left()
		if stale == 0 {
			continue
		}
		if err := writeFile(name, func(w io.Writer) error { return lint.WriteBaseline(w, left) }); err != nil {
			return fmt.Errorf("cannot write %s: %w", report.Plain(name), err)
		}
		fmt.Fprintf(a.Stderr, "%s removed from %s, %d left\n", report.Count(stale, "stale line"), report.Plain(name), len(left))
	}
	return nil
}
