package cli

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/config"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
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
	fs.StringVarP(&out, "output", "o", baselineName, "the `FILE` to write")
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
		wd, err := os.Getwd()
		if err != nil {
			return err
		}
		relPath := config.From(wd, path.Dir(filepath.ToSlash(filepath.Clean(out))))
		var findings []lint.BaselineFinding
		files := 0
		for i := range l.run.Results {
			found := l.run.Results[i].Baseline(relPath)
			if findings = append(findings, found...); len(found) > 0 {
				files++
			}
		}
		if err := writeFile(out, func(w io.Writer) error { return lint.WriteBaseline(w, findings) }); err != nil {
			return fmt.Errorf("cannot write %s: %w", report.Plain(out), err)
		}
		fmt.Fprintf(a.Stderr, "%s in %s written to %s\n", report.Count(len(findings), "finding"), report.Count(files, "file"), report.Plain(out))
		return nil
	}
	return c
}
