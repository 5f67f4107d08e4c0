//go:build unix

// Command bench measures whole runs of dbtconn-lint against something else that
// runs on the same machine in the same minute, so that the figures mean the same
// everywhere:
//
//	go run ./scripts/bench
//
// The two programs of a figure take turns; a figure is the median of the pairs.
// It exits 1 where a figure is over its limit, 2 where it cannot be taken.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The limits that the project has set itself.
const (
	maxStartUp = 3.0 // ms more than an empty main that links the same modules
	maxLarge   = 3.0 // times python3's json.load
	maxMemory  = 6.0 // times the size of the file
	maxTargets = 2.0 // times as long for all versions of Airflow as for one
	maxRules   = 30  // per cent that the rules add to the reading
)

func main() {
	short := flag.Int("short", 101, "pairs of runs of a short figure")
	long := flag.Int("long", 7, "pairs of runs of a long figure")
	keep := flag.String("keep", "", "write the inputs and programs to this folder and leave them there")
	flag.Parse()
	over, err := bench(*keep, *short, *long)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	case over:
		os.Exit(1)
	}
}

// bench takes all figures and reports whether one is over its limit.
func bench(dir string, short, long int) (over bool, err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "dbtconn-lint-bench-"); err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	lint, empty, bare, err := build(dir)
	if err != nil {
		return false, err
	}
	in, err := writeInputs(dir)
	if err != nil {
		return false, err
	}
	python, _ := exec.LookPath("python3")
	fmt.Printf("%s %s/%s, %d cores\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Printf("%-46s %14s %14s %10s  %s\n", "", "dbtconn-lint", "compared to", "figure", "limit")

	t := &table{}
	check := func(path string, flags ...string) program {
		return append(program{lint, "check", "-o", "concise", path}, flags...)
	}
	nothing := program{empty}

	t.more("2 KB of JSON, to an empty main", short, check(in.smallJSON), nothing, maxStartUp)
	t.more("2 KB of settings, to an empty main", short, check(in.smallYAML), nothing, maxStartUp)
	t.more("  (the modules alone, to a main without them)", short, nothing, program{bare}, 0)
	loads := func(python, code string, args ...string) program {
		return append(program{python, "-I", "-S", "-c", code}, args...)
	}
	if python == "" {
		fmt.Println("no python3 here: nothing to compare 28 MB of JSON and the walk with")
	} else {
		const load = "import json, sys; json.load(open(sys.argv[1]))"
		t.times("100,000 connections, to Python's json.load", long, check(in.large), loads(python, load, in.large), maxLarge)
		t.times("  with 50,000 findings, to the same", long, check(in.faulty), loads(python, load, in.faulty), 0)
		const walk = "import json, os, sys\n" +
			"for d, _, fs in os.walk(sys.argv[1]):\n" +
			"    for f in fs:\n" +
			"        if f.endswith('.json'): json.load(open(os.path.join(d, f)))"
		t.times("walk of 5,000 files, to Python's walk and load", long, check(in.tree), loads(python, walk, in.tree), 0)
	}
	t.times("100,000 connections, to 10,000", long, check(in.large), check(in.tenth), 0)
	for _, f := range []struct{ what, path string }{{"10,000 connections, all Airflows to one", in.tenth}, {"  2 KB of settings", in.smallYAML}} {
		t.times(f.what, long, check(f.path, "--airflow", "all"), check(f.path, "--airflow", "3.3"), maxTargets)
	}
	t.memory("peak memory, to the 28 MB of the file", long, check(in.large), in.largeSize, maxMemory)
	t.memory("  with 50,000 findings", long, check(in.faulty), in.faultySize, 0)
	t.rules("100,000 connections, to reading them only", long, in.large, maxRules) // last: what this program holds, children are born with
	return t.over, t.err
}

// program is a command line.
type program []string

// usage is what one run of a program took.
type usage struct {
	wall time.Duration
	peak int64 // bytes
}

// run runs the program with its output thrown away. Findings are no failure.
func (p program) run() (usage, error) {
	cmd := exec.Command(p[0], p[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 1 || cmd.ProcessState.ExitCode() < 0 {
		return usage{}, fmt.Errorf("%s: %w\n%s", strings.Join(p, " "), err, stderr.String())
	}
	// A child is born with the peak of its parent, which is why this program
	// streams its inputs to disk.
	u := usage{wall: wall}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = r.Maxrss
	}
	if runtime.GOOS != "darwin" { // which counts bytes
		u.peak *= 1024
	}
	return u, nil
}

// table prints figures as they are taken.
type table struct {
	over bool
	err  error // the first one; nothing is measured after it
}

// pairs runs two programs in turns, the one that goes first changing too.
func (t *table) pairs(n int, a, b program) (as, bs []time.Duration) {
	runs := [2][]time.Duration{}
	for i := -1; i < n && t.err == nil; i++ {
		for k := range 2 {
			which := (i + 1 + k) % 2
			u, err := [2]program{a, b}[which].run()
			if err != nil {
				t.err = err
				return nil, nil
			}
			if i >= 0 { // the first pair fills the page cache
				runs[which] = append(runs[which], u.wall)
			}
		}
	}
	return runs[0], runs[1]
}

// more is how many milliseconds a takes longer than b.
func (t *table) more(what string, n int, a, b program, limit float64) {
	as, bs := t.pairs(n, a, b)
	var diffs []float64
	for i := range as {
		diffs = append(diffs, ms(as[i])-ms(bs[i]))
	}
	t.line(what, ms(median(as)), ms(median(bs)), median(diffs), "%+.2f ms", limit)
}

// times is how many times as long as b a takes.
func (t *table) times(what string, n int, a, b program, limit float64) {
	as, bs := t.pairs(n, a, b)
	var ratios []float64
	for i := range as {
		ratios = append(ratios, ms(as[i])/ms(bs[i]))
	}
	t.line(what, ms(median(as)), ms(median(bs)), median(ratios), "%.2f x", limit)
}

func (t *table) line(what string, a, b, figure float64, format string, limit float64) {
	if t.err == nil {
		t.print(what, fmt.Sprintf("%.1f ms", a), fmt.Sprintf("%.1f ms", b), figure, format, limit)
	}
}

// memory is how many times the size of its input a program needs at its peak.
func (t *table) memory(what string, n int, a program, size int64, limit float64) {
	var peaks []int64
	for range n {
		if t.err != nil {
			return
		}
		u, err := a.run()
		if err != nil {
			t.err = err
			return
		}
		peaks = append(peaks, u.peak)
	}
	const mb = 1_000_000
	peak := median(peaks)
	t.print(what, fmt.Sprintf("%d MB", peak/mb), fmt.Sprintf("%d MB", size/mb), float64(peak)/float64(size), "%.2f x", limit)
}

// print writes a line; a limit of 0 is none.
func (t *table) print(what, a, b string, figure float64, format string, limit float64) {
	verdict := ""
	if limit > 0 {
		verdict = fmt.Sprintf("%g", limit)
		if figure > limit {
			verdict += "  OVER"
			t.over = true
		}
	}
	fmt.Printf("%-46s %14s %14s %10s  %s\n", what, a, b, fmt.Sprintf(format, figure), verdict)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median of a list, which may be empty.
func median[T int64 | float64 | time.Duration](list []T) T {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// build makes the program, an empty one that links all that is not ours, and one that
// links nothing: Go initialises what is linked, used or not, and the validator for
// schemas compiles the schemas of five drafts then. No program that links it can
// start earlier.
func build(dir string) (lint, empty, bare string, err error) {
	const command = "./cmd/dbtconn-lint"
	module, err := goTool("list", "-m")
	if err != nil {
		return "", "", "", err
	}
	deps, err := goTool("list", "-deps", command)
	if err != nil {
		return "", "", "", err
	}
	const body = "\nfunc main() {}\n"
	src := "package main\n\nimport (\n"
	for pkg := range strings.SplitSeq(deps, "\n") {
		if importable(pkg) && pkg != module && !strings.HasPrefix(pkg, module+"/") {
			src += fmt.Sprintf("\t_ %q\n", pkg)
		}
	}
	lint, empty, bare = filepath.Join(dir, "dbtconn-lint"), filepath.Join(dir, "empty"), filepath.Join(dir, "bare")
	_, err = goTool("build", "-trimpath", "-o", lint, command)
	for out, src := range map[string]string{empty: src + ")\n" + body, bare: "package main\n" + body} {
		if err == nil {
			err = os.WriteFile(out+".go", []byte(src), 0o600)
		}
		if err == nil {
			_, err = goTool("build", "-trimpath", "-o", out, out+".go")
		}
	}
	return lint, empty, bare, err
}

// importable reports whether a program may import the package by its path.
func importable(pkg string) bool {
	return pkg != "unsafe" && !strings.HasPrefix(pkg, "vendor/") && !slices.Contains(strings.Split(pkg, "/"), "internal")
}

func goTool(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
