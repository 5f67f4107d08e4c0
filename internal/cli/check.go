package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
	"github.com/dbtconn-lint/dbtconn-lint/internal/inspect"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/live"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// checkFlags are those of check alone.
type checkFlags struct {
	inputFlags
	judgeFlags
	outputs          []string
	color            string
	quiet, notes     bool
	stats, showFiles bool
	allowEmpty       bool

	live, onlyLive bool
	liveFlags
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [PATH ...]",
		Short: "Lint exports; a directory is walked, - is standard input, no PATH the current directory",
		Example: "  dbtconn-lint airflow_settings.yaml\n" +
			"  airflow connections export - --file-format json | dbtconn-lint check -",
		RunE: func(c *cobra.Command, paths []string) error { return a.check(c.Context(), &f, paths) },
	}
	f.addTo(c)
	c.Flags().BoolVar(&f.live, "live", false, "try the dbt Cloud connections, too: each token goes to its own tenant (see dbtconn-lint live --help)")
	f.liveFlags.add(c.Flags())
	c.PreRunE = func(c *cobra.Command, _ []string) error { return needLive(c.Flags()) }
	return c
}

// running are the rules of a run: those of the live test where it is asked for, and
// the others where it is not all that is.
func running(live, onlyLive bool) []*lint.Rule {
	return slices.DeleteFunc(rules.All(), func(r *lint.Rule) bool {
		switch {
		case r.Scope == lint.Live:
			return !live
		case r.ID == "DOC001" || r.ID == "DOC002":
			return false // what is no export, or does not parse, has nothing to be tried
		}
		return onlyLive
	})
}

// addTo gives a command the flags of a lint run.
func (f *checkFlags) addTo(c *cobra.Command) {
	fs := c.Flags()
	fs.SortFlags = false
	f.inputFlags.add(fs)
	f.judgeFlags.add(fs)
	fs.StringVar(&f.failOn, "fail-on", "", "`LEVEL` from which on findings make the exit code 1: error, warning, note or never (default warning)")
	fs.StringVar(&f.baseline, "baseline", "", "the `FILE` with findings that are no news, as dbtconn-lint baseline writes it")
	fs.BoolVar(&f.prune, "prune", false, "remove from the baseline what is not found any more")
	fs.StringArrayVarP(&f.outputs, "output", "o", nil, "`FORMAT[=FILE]`: "+strings.Join(report.Names(), ", ")+" (repeatable; default: text, in GitHub Actions with github)")
	fs.StringVar(&f.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "findings only, no summary")
	fs.BoolVar(&f.notes, "notes", f.live, "show notes, too (text and concise)")
	fs.BoolVar(&f.stats, "stats", false, "tell the time of each stage, and count the findings of each rule")
	fs.BoolVar(&f.showFiles, "show-files", false, "list the files that are looked at, and what is not, on standard error")
	fs.BoolVar(&f.allowEmpty, "allow-empty", false, "exit 0 where a walk meets no export")
	complete(c, "format", export.FormatNames()...)
	complete(c, "output", report.Names()...)
	complete(c, "fail-on", "error", "warning", "note", "never")
	complete(c, "color", "auto", "always", "never")
}

// output is one -o.
type output struct {
	format report.Format
	file   string // empty: standard output
}

func parseOutputs(specs []string) ([]output, error) {
	var outs []output
	onStdout := 0
	for _, s := range specs {
		name, file, toFile := strings.Cut(s, "=")
		format, ok := report.Named(name)
		if !ok || toFile && file == "" {
			return nil, usagef("-o: %q is no output; %s", s, choices(name, report.Names()))
		}
		if toFile && slices.ContainsFunc(outs, func(o output) bool { return o.file == file }) {
			return nil, usagef("-o: two reports cannot go to one file, %q", file)
		}
		if !toFile && !format.Mixes {
			onStdout++
		}
		outs = append(outs, output{format, file})
	}
	if onStdout > 1 {
		return nil, usagef("-o: only one format can go to standard output, besides github; give the others a file (-o json=report.json)")
	}
	return outs, nil
}

// defaultOutputs are those of a run that asks for none: text, to which GitHub
// Actions gets annotations.
func (a *app) defaultOutputs() []string {
	if a.Getenv("GITHUB_ACTIONS") == "true" {
		return []string{"text", "github"}
	}
	return []string{"text"}
}

// repository is where a pipeline says that the repository lies, and where the
// command runs; empty outside of one.
func (a *app) repository() (root, dir string) {
	for _, name := range [...]string{"GITHUB_WORKSPACE", "CI_PROJECT_DIR"} {
		if root := a.Getenv(name); root != "" {
			if dir, err := os.Getwd(); err == nil {
				return filepath.ToSlash(root), filepath.ToSlash(dir)
			}
		}
	}
	return "", ""
}

func (a *app) check(ctx context.Context, f *checkFlags, paths []string) error {
	specs := f.outputs
	if specs == nil {
		specs = a.defaultOutputs()
	}
	outs, err := parseOutputs(specs)
	if err != nil {
		return err
	}
	needs := func(what func(*report.Format) bool) bool {
		return slices.ContainsFunc(outs, func(o output) bool { return what(&o.format) })
	}
	t := task{
		rules: running(f.live, f.onlyLive), documents: needs(func(f *report.Format) bool { return f.Documents }), overviews: needs(func(f *report.Format) bool { return f.Overviews }),
	}
	colour, err := a.colour(f.color)
	if err != nil {
		return err
	}
	if f.live {
		if t.prober, err = a.prober(&f.liveFlags); err != nil {
			return err
		}
	}
	l, err := a.lint(ctx, &f.inputFlags, f.judgeFlags, t, paths)
	if err != nil {
		return err
	}
	run := &l.run
	run.Version, run.Made = version().Version, a.Now()
	run.Notes, run.Quiet, run.Stats, run.ConnIDs, run.Paths = f.notes, f.quiet, f.stats, f.connIDs, l.settings.paths
	run.Color, run.Links = colour, colour && a.OutIsTerminal && a.Getenv("TERM") != "linux"
	run.Root, run.Dir = a.repository()
	if f.showFiles {
		for _, o := range l.outcomes {
			what := "no export"
			switch {
			case o.err != nil:
				continue // told with its reason
			case o.ok && o.value.Doc.Format != export.Unknown:
				what = o.value.Doc.Format.String()
			}
			fmt.Fprintf(a.Stderr, "%s  %s\n", report.Plain(o.path), what)
		}
		for _, p := range l.walker.Passed {
			fmt.Fprintf(a.Stderr, "%s  not looked at: %s\n", report.Plain(p.Path), report.Plain(p.Why))
		}
	}
	for _, p := range l.walker.Passed {
		if p.Excluded {
			run.Excluded++
		}
	}
	if len(f.connIDs) > 0 && len(run.Results) > 0 && run.Summary().Connections == 0 && len(run.Errors) == 0 && ctx.Err() == nil {
		return usagef("--conn-id: no connection is called %q", strings.Join(f.connIDs, ", "))
	}
	if err := a.write(outs, run); err != nil {
		return err
	}
	if f.outputs == nil && !f.quiet && a.Getenv("GITLAB_CI") == "true" && len(run.Results) > 0 {
		fmt.Fprintln(a.Stderr, "to see findings in merge requests: -o text -o gitlab=gl-code-quality-report.json, and keep the file as artifacts:reports:codequality")
	}
	for i := range run.Results {
		res := &run.Results[i]
		failOn := l.settings.policy(res.Doc.File.Path).FailOn
		if slices.ContainsFunc(res.Findings, func(f lint.Finding) bool { return f.Level >= failOn }) {
			a.exit(exitFindings)
		}
	}
	if f.prune && ctx.Err() == nil {
		if err := l.settings.prune(a); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		a.exit(exitInterrupted)
	case len(run.Results) == 0 && len(run.Errors) == 0 && !f.allowEmpty:
		a.nothing(l.walker, l.settings.paths)
	}
	return nil
}

// task is what a run is to find out.
type task struct {
	// rules that run.
	rules []*lint.Rule
	// prober tries the connections; nil where nobody asked for that.
	prober *live.Prober
	// documents and overviews are set where a report shows the files, and what
	// consumers make of them.
	documents, overviews bool
}

// linted is what a run over some paths has found.
type linted struct {
	settings *settings
	walker   *source.Walker
	outcomes []outcome[checked]
	run      report.Run
}

// checked is what becomes of a document in a run.
type checked struct {
	lint.Result
	overview report.Overview
}

// lint judges what stands at the paths, as the configuration has it.
func (a *app) lint(ctx context.Context, f *inputFlags, judge judgeFlags, t task, paths []string) (*linted, error) {
	l := &linted{}
	run, last := &l.run, a.Now()
	done := func(stage string) {
		now := a.Now()
		run.Stages = append(run.Stages, report.Stage{Name: stage, Took: now.Sub(last)})
		last = now
	}
	w, format, err := f.walker(a.Env)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	s, err := a.settings(f, judge, t.rules, paths)
	if err != nil {
		return nil, err
	}
	inputs, err := s.find(ctx, w)
	if err != nil {
		return nil, err
	}
	l.settings, l.walker = s, w
	done("find files")
	repositories := git.Repositories{FS: s.finder.FS, Git: a.Git}
	l.outcomes = each(ctx, a, w, inputs, s.opener(format), f.workers, func(doc *export.Document) checked {
		beside, targets := s.of(doc)
		effective := s.finder.For(doc.File.Path)
		ids, declared := f.ids(doc), effective.Declared()
		o := lint.Options{
			Rules: t.rules, All: s.rules, Targets: targets, ConnIDs: ids, Project: beside, Live: t.prober != nil,
			Schemas: s.schemas[effective.File], Declared: declared,
			Tracked:          func() *git.File { return repositories.Tracked(ctx, doc.File) },
			SecretsElsewhere: effective.SecretsElsewhere(doc.File.Path),
		}
		res := checked{Result: lint.Run(ctx, doc, o)}
		if res.HasIgnores() && s.narrowed() {
			o.Targets, o.Live = allVersions(), false
			other := lint.Run(ctx, doc, o)
			res.Doubt(&other)
		}
		if t.overviews && doc.Format != export.Unknown {
			file := inspect.Document(doc, targets.Read(doc), inspect.Options{Targets: targets, ConnIDs: ids, Declared: declared.Declared})
			res.overview = file.Overview()
		}
		if !t.documents && len(res.Findings) == 0 && !res.HasSeen() && !res.HasIgnores() && !res.Unfinished() {
			// Nothing will be shown of it, so it need not be kept.
			res.Doc = &export.Document{File: &source.File{Path: doc.File.Path}, Format: doc.Format, Named: doc.Named}
		}
		return res
	})
	done(report.StageCheck)
	s.tell(a.Stderr)
	for _, o := range l.outcomes {
		if o.ok {
			run.Results = append(run.Results, o.value.Result)
			if o.value.overview.Path != "" {
				run.Overviews = append(run.Overviews, o.value.overview)
			}
		}
	}
	lint.Across(run.Results)
	run.Results = lint.Projects(run.Results, t.rules)
	done("compare files")
	if t.prober != nil {
		a.tryAll(ctx, t.prober, run, t.rules)
		done("ask dbt Cloud")
	}
	run.Errors = failures(a, l.outcomes)
	var unread []string
	for _, o := range l.outcomes {
		if o.err != nil || o.broken || o.ok && o.value.Doc.Err != nil {
			unread = append(unread, o.path)
		}
	}
	s.unread(unread, ctx.Err() != nil)
	run.Results = lint.Settle(run.Results, s.rules, s.policy, a.Now())
	done("settle findings")
	return l, nil
}

// nothing says that a walk met no export, and what it looked for.
func (a *app) nothing(w *source.Walker, paths []string) {
	a.exit(exitNothing)
	fmt.Fprintf(a.Stderr, "no connections found under %s (%s looked at; --show-files lists them)\n", report.Plain(strings.Join(paths, ", ")), report.Count(w.LookedAt, "file"))
	fmt.Fprintf(a.Stderr, "looked for airflow_settings.yaml, connection exports (.json .yaml .env), AIRFLOW_CONN_ lines\n")
	for _, p := range paths {
		if ignored, err := os.ReadFile(filepath.Join(p, ".gitignore")); err == nil && bytes.Contains(ignored, []byte("airflow_settings.yaml")) {
			fmt.Fprintf(a.Stderr, "%s names airflow_settings.yaml: a fresh checkout does not have it\n", report.Plain(filepath.ToSlash(filepath.Join(p, ".gitignore"))))
		}
	}
	fmt.Fprintf(a.Stderr, "try: airflow connections export - --file-format json | dbtconn-lint check -     (nothing to check is fine? --allow-empty)\n")
}

// colour decides whether text is coloured. NO_COLOR and FORCE_COLOR count where
// the flag leaves it open.
func (a *app) colour(when string) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		switch {
		case a.Getenv("NO_COLOR") != "":
			return false, nil
		case a.Getenv("FORCE_COLOR") != "" && a.Getenv("FORCE_COLOR") != "0":
			return true, nil
		}
		return a.OutIsTerminal, nil
	}
	return false, usagef("--color: %q is none of auto, always, never", when)
}

// write makes all reports. One to a file is written aside and then renamed, so
// that nobody reads half of it.
func (a *app) write(outs []output, run *report.Run) error {
	for _, o := range outs {
		if o.file == "" {
			if err := quiet(o.format.Write(a.Stdout, run)); err != nil {
				return err
			}
			continue
		}
		plain := *run
		plain.Color, plain.Links = false, false
		if err := writeFile(o.file, func(w io.Writer) error { return o.format.Write(w, &plain) }); err != nil {
			return fmt.Errorf("cannot write %s: %w", report.Plain(o.file), err)
		}
	}
	return nil
}

// quiet forgives a reader that has gone away.
func quiet(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}

func writeFile(name string, write func(io.Writer) error) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return writeThrough(name, write)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err // which names a file that is none of the user's
		}
		return err
	}
	err = write(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	return err
}

// writeThrough writes to what cannot be put in the place of another: a pipe, or
// /dev/stdout.
func writeThrough(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = quiet(write(f))
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
