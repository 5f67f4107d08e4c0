package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// inputFlags say which files are read, and as what.
type inputFlags struct {
	format, stdinName, maxSize string
	connIDs, exclude           []string
	workers                    int
	asked                      consumer.Asked
	config                     string
	noConfig                   bool
}

func (f *inputFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.format, "format", "", "read the files as this `FORMAT` instead of detecting it: "+strings.Join(export.FormatNames(), ", "))
	fs.StringVar(&f.stdinName, "stdin-filename", "-", "the `NAME` under which standard input is reported, and by which its format is detected")
	fs.StringArrayVar(&f.connIDs, "conn-id", nil, "only connections with this `ID` (repeatable)")
	fs.StringArrayVar(&f.exclude, "exclude", nil, "leave out what matches this `GLOB` in a walk (repeatable; ** crosses directories)")
	fs.StringVar(&f.maxSize, "max-size", "", "largest `SIZE` of a file, such as 64MiB (default 1GiB, YAML 64MiB)")
	fs.IntVarP(&f.workers, "jobs", "j", 0, "read `N` files at once (default: one for each processor)")
	fs.StringSliceVar(&f.asked.Airflow, "airflow", nil, "Airflow `VERSIONS`, comma-separated, or all (default: 2.11 and the newest 3.x, assumed)")
	fs.StringSliceVar(&f.asked.Provider, "provider", nil, "`VERSIONS` of apache-airflow-providers-dbt-cloud, or all")
	fs.StringSliceVar(&f.asked.HTTPProvider, "http-provider", nil, "`VERSIONS` of apache-airflow-providers-http")
	fs.StringSliceVar(&f.asked.Astro, "astro", nil, "`VERSION` of the Astro CLI")
	fs.StringVar(&f.config, "config", "", "the `FILE` to read the configuration from, instead of the nearest .dbtconn-lint.yaml")
	fs.BoolVar(&f.noConfig, "no-config", false, "read no configuration")
}

func flagNames(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// walker checks the flags that say which files there are.
func (f *inputFlags) walker(env Env) (*source.Walker, export.Format, error) {
	w := &source.Walker{FS: env.FS, Exclude: f.exclude, Stdin: env.Stdin, StdinName: f.stdinName}
	for _, glob := range f.exclude {
		if !source.CheckPattern(glob) {
			return nil, 0, usagef("--exclude: %q is no pattern", glob)
		}
	}
	if f.maxSize != "" {
		n, ok := parseSize(f.maxSize)
		if !ok {
			return nil, 0, usagef("--max-size: %q is no size; write 1000000, 64MiB or 1GiB", f.maxSize)
		}
		w.MaxSize = n
	}
	if f.workers < 0 {
		return nil, 0, usagef("-j: %d is no number of workers", f.workers)
	}
	format := export.Unknown
	if f.format != "" {
		if format = export.FormatNamed(f.format); format == export.Unknown {
			return nil, 0, usagef("--format: no format is called %q; %s", f.format, choices(f.format, export.FormatNames()))
		}
	}
	return w, format, nil
}

// ids are the connections of a document that the user asked for; empty: all. The
// id of a single value stands beside it, so there it is what the value is called.
func (f *inputFlags) ids(doc *export.Document) []string {
	if (doc.Format == export.AirflowValue || doc.Format == export.AirflowURI) && len(f.connIDs) > 0 {
		doc.ConnID = f.connIDs[0]
		return nil
	}
	return f.connIDs
}

// parseSize reads a number of bytes, with a binary or decimal unit.
func parseSize(s string) (int64, bool) {
	units := []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1}, {"", 1}}
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err == nil && n > 0 && n <= 1<<40/u.size {
			return n * u.size, true
		}
	}
	return 0, false
}

// outcome of one input: a document, or why there is none.
type outcome[T any] struct {
	value T
	ok    bool // there is a value: the file is an export, or was named
	// broken is set where there is none and the file does not parse: it may have been
	// an export yesterday.
	broken bool
	err    error
	path   string
	log    int // lines of a log that stand before the document
}

// each opens all inputs, hands each document to f and collects the outcomes by
// index, so that any number of workers gives the same. It stops early when the
// context is done.
func each[T any](ctx context.Context, a *app, w *source.Walker, inputs []source.Input, open func(*source.File, bool) *export.Document, workers int, f func(*export.Document) T) []outcome[T] {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	out := make([]outcome[T], len(inputs))
	var next, done atomic.Int64
	stop := a.progress(&done, len(inputs), "files")
	var wg sync.WaitGroup
	for range min(workers, len(inputs)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(inputs) {
					return
				}
				out[i] = one(w, inputs[i], open, f)
				done.Add(1)
			}
		})
	}
	wg.Wait()
	stop()
	for i := range out {
		if n := out[i].log; n > 0 {
			fmt.Fprintf(a.Stderr, "%s: %s of a log before the document skipped\n", report.Plain(out[i].path), report.Count(n, "line"))
		}
	}
	return out
}

// one reads and judges a single input. What panics is a fault of ours, and one
// file's; the values it was about are not shown.
func one[T any](w *source.Walker, in source.Input, open func(*source.File, bool) *export.Document, f func(*export.Document) T) (o outcome[T]) {
	o.path = in.Path
	defer func() {
		if p := recover(); p != nil {
			o.ok, o.err = false, fmt.Errorf("internal error (%T); please report it\n%s", p, debug.Stack())
		}
	}()
	file, err := w.Read(in)
	if err != nil {
		o.err = err
		return o
	}
	if len(file.Data) > largeFile {
		// The file and its tree stay; what is made of them goes at once. A heap of
		// twice their size would be wasted.
		debug.SetGCPercent(20)
	}
	doc := open(file, in.Named)
	if doc.Passed() {
		o.broken = doc.Err != nil
		return o
	}
	o.log = strings.Count(file.Data[:doc.Log], "\n")
	o.value, o.ok = f(doc), true
	return o
}

// largeFile is the size in bytes from where on memory is watched.
const largeFile = 8 << 20

// progress tells somebody who waits at a terminal that a long run goes on, until
// stop is called; after that nothing more is written.
func (a *app) progress(done *atomic.Int64, total int, what string) (stop func()) {
	if !a.ErrIsTerminal {
		return func() {}
	}
	finished := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		shown := false
		for {
			select {
			case <-finished:
				if shown {
					fmt.Fprint(a.Stderr, "\r\033[K")
				}
				return
			case <-tick.C:
				shown = true
				fmt.Fprintf(a.Stderr, "\r%d of %d %s", done.Load(), total, what)
			}
		}
	})
	return func() {
		close(finished)
		wg.Wait()
	}
}

// failures are the inputs that could not be read, told on standard error, too.
func failures[T any](a *app, outcomes []outcome[T]) []report.FileError {
	var errs []report.FileError
	for _, o := range outcomes {
		if o.err == nil || errors.Is(o.err, context.Canceled) {
			continue
		}
		message, _, _ := strings.Cut(o.err.Error(), "\n")
		errs = append(errs, report.FileError{Path: report.Plain(o.path), Message: message})
		fmt.Fprintf(a.Stderr, "dbtconn-lint: %s: %s\n", report.Plain(o.path), o.err)
		a.exit(exitFailure)
	}
	return errs
}
