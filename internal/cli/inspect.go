package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/inspect"
)

func (a *app) inspectCommand() *cobra.Command {
	var f inputFlags
	var consumers []string
	var secrets, everything, diff bool
	c := &cobra.Command{
		Use:   "inspect PATH ...",
		Short: "Show the effective connections: what each consumer makes of an export",
		Long: "inspect shows the connections that each consumer holds after it has read an export,\n" +
			"what of them is not the text that was written, and the request that the dbt Cloud\n" +
			"hook would send. In the table, consumers that hold the same share a column.\n" +
			"-o json has all of it, with the place of every change.\n\n" +
			"Why a value is not the text that was written (the cause of a change):\n" + causes(),
		Example: "  dbtconn-lint inspect connections.json\n" +
			"  dbtconn-lint inspect --diff --airflow 2.11,3.3 connections.json\n" +
			"  dbtconn-lint inspect -o json --consumer airflow@3.3 --conn-id dbt_cloud_default connections.yaml",
		Args: cobra.MinimumNArgs(1),
	}
	fs := c.Flags()
	fs.SortFlags = false
	f.add(fs)
	fs.StringArrayVar(&consumers, "consumer", nil, "only this `NAME@VERSION`, such as airflow@2.11 or astro@1.45 (repeatable)")
	fs.BoolVar(&secrets, "show-secrets", false, "show passwords and tokens")
	fs.BoolVar(&diff, "diff", false, "show only what consumers differ in")
	fs.BoolVar(&everything, "all", false, "show also what all consumers hold alike, and what is empty")
	complete(c, "format", export.FormatNames()...)
	format := tableOrJSON(c)
	c.RunE = func(c *cobra.Command, paths []string) error {
		if err := checkTable(*format); err != nil {
			return err
		}
		how := inspect.Relevant
		switch {
		case diff && everything:
			return usagef("--diff shows less, --all shows more: only one of them")
		case diff:
			how = inspect.OnlyDifferences
		case everything:
			how = inspect.Everything
		}
		return a.inspect(c.Context(), &f, paths, consumers, func(files []inspect.File) error {
			if *format == "json" {
				for i := range files {
					if diff {
						files[i].Differ()
					}
				}
				return printJSON(a.Stdout, struct {
					SchemaVersion int            `json:"schema_version"`
					Files         []inspect.File `json:"files"`
				}{1, files})
			}
			return quiet(inspect.WriteTable(a.Stdout, files, how))
		}, inspect.Options{ShowSecrets: secrets, AnyProvider: len(f.asked.Provider) > 0})
	}
	return c
}

// causes lists what may change a value, for people who read of one.
func causes() string {
	var b strings.Builder
	for _, c := range connection.Causes() {
		fmt.Fprintf(&b, "  %-20s %s\n", c, c.Explain())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (a *app) inspect(ctx context.Context, f *inputFlags, paths, only []string, show func([]inspect.File) error, o inspect.Options) error {
	w, format, err := f.walker(a.Env)
	if err != nil {
		return err
	}
	settings, err := a.settings(f, judgeFlags{baseline: noBaseline}, running(false, false), paths)
	if err != nil {
		return err
	}
	inputs, err := settings.find(ctx, w)
	if err != nil {
		return err
	}
	var picked consumer.Targets
	var read func(*export.Document) []consumer.Reading
	if len(only) > 0 {
		if picked, read, err = pick(only); err != nil {
			return usageError{err}
		}
	}
	o.Picked = len(only) > 0
	outcomes := each(ctx, a, w, inputs, settings.opener(format), f.workers, func(doc *export.Document) inspect.File {
		of := o
		of.ConnIDs = f.ids(doc)
		of.Declared = settings.finder.For(doc.File.Path).Declared().Declared
		if len(only) > 0 {
			of.Targets = picked
			return inspect.Document(doc, read(doc), of)
		}
		_, of.Targets = settings.of(doc)
		return inspect.Document(doc, of.Targets.Read(doc), of)
	})
	settings.tell(a.Stderr)
	shown := []inspect.File{}
	for _, out := range outcomes {
		if out.ok {
			shown = append(shown, out.value)
		}
	}
	failures(a, outcomes)
	if ctx.Err() != nil {
		a.exit(exitInterrupted)
	}
	return show(shown)
}

// pick makes the targets of the consumers that were named, and reads a document as
// these and no others do.
func pick(names []string) (consumer.Targets, func(*export.Document) []consumer.Reading, error) {
	t := consumer.Targets{Known: true}
	wanted := map[string]bool{}
	for _, n := range names {
		target, err := consumer.Parse(n)
		if err != nil {
			return t, nil, err
		}
		t.List = append(t.List, target)
		wanted[n] = true
	}
	return t, func(doc *export.Document) []consumer.Reading {
		var kept []consumer.Reading
		for _, r := range t.Read(doc) {
			var cs []consumer.Consumer
			for _, c := range r.Consumers {
				if wanted[c.String()] {
					cs = append(cs, c)
				}
			}
			if r.Consumers = cs; len(cs) > 0 {
				kept = append(kept, r)
			}
		}
		return kept
	}, nil
}
