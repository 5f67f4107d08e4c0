package cli

import (
	"fmt"
	"io"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/config"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// baselineName is where a baseline is written if nobody says otherwise.
const baselineName = ".dbtconn-lint-baseline.json"

func (a *app) baselineCommand() *cobra.Command {
	var f inputFlags
	var judge judgeFlags
	var out string
	c := &cobra.Command{
		Use:   "baseline [-o FILE] [PATH ...]",
		Short: "Write down the present findings, which check --baseline then leaves out",
		Long: "baseline writes down the findings that check would report now: file, rule, connection,\n" +
			"field and a fingerprint, never a value. check --baseline FILE reports only what is new.",
		Example: "  dbtconn-lint baseline .\n  dbtconn-lint check --baseline " + baselineName + " .",
	}
	fs := c.Flags()
	fs.SortFlags = false
	f.add(fs)
	judge.add(fs)
	fs.StringVarP(&out, "output", "o", "", "the `FILE` to write, - for standard output (default: the configuration's baseline, else "+baselineName+")")
	c.RunE = func(c *cobra.Command, paths []string) error {
		judge.baseline = noBaseline
		l, err := a.lint(c.Context(), &f, judge, task{rules: running(false, false)}, paths)
		if err != nil {
			return err
		}
		select {
		case <-c.Context().Done():
			a.exit(exitInterrupted) // half a baseline is none
			return nil
		default:
		}
		name, err := l.settings.baselineName(out)
		if err != nil {
			return err
		}
		dir := "."
		if name != source.Stdin {
			dir = path.Dir(name)
		}
		relPath := config.From(l.settings.workingDir(), dir)
		var findings []lint.BaselineFinding
		files := 0
		for i := range l.run.Results {
			found := l.run.Results[i].Baseline(relPath)
			if findings = append(findings, found...); len(found) > 0 {
				files++
			}
		}
		write := func(w io.Writer) error { return lint.WriteBaseline(w, findings) }
		if name == source.Stdin {
			return quiet(write(a.Stdout))
		}
		if err := writeFile(name, write); err != nil {
			return fmt.Errorf("cannot write %s: %w", report.Plain(name), err)
		}
		fmt.Fprintf(a.Stderr, "%s in %s written to %s\n", report.Count(len(findings), "finding"), report.Count(files, "file"), report.Plain(name))
		return nil
	}
	return c
}

// baselineName is the file that a baseline is written to: where the flag says, else where the
// configuration of the first argument looks for it.
func (s *settings) baselineName(flag string) (string, error) {
	if flag != "" {
		return filepath.ToSlash(filepath.Clean(flag)), nil
	}
	e, err := s.load(path.Join(filepath.ToSlash(s.paths[0]), "x"))
	if err != nil {
		return "", err
	}
	if e.File != nil && e.File.Baseline() != "" {
		return e.File.Baseline(), nil
	}
	return baselineName, nil
}
