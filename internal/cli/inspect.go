package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/inspect"
)

func (a *app) inspectCommand() *cobra.Command {
	var f inputFlags
	var consumers []string
	var show, everything bool
	c := &cobra.Command{
		Use:   "inspect PATH ...",
		Short: "Show the effective connections: what each consumer makes of an export",
		Args:  cobra.MinimumNArgs(1),
	}
	fs := c.Flags()
	fs.SortFlags = false
	f.add(fs)
	fs.StringArrayVar(&consumers, "consumer", nil, "only this `NAME@VERSION`, such as airflow@2.11 or astro@1.45 (repeatable)")
	fs.BoolVar(&show, "show-secrets", false, "show passwords and tokens")
	fs.BoolVar(&everything, "all", false, "show connections that all consumers hold alike, too")
	complete(c, "format", export.FormatNames()...)
	format := tableOrJSON(c)
	c.RunE = func(c *cobra.Command, paths []string) error {
		if err := checkTable(*format); err != nil {
			return err
		}
		return a.inspect(c.Context(), &f, paths, consumers, func(files []inspect.File) error {
			if *format == "json" {
				return printJSON(a.Stdout, struct {
					SchemaVersion int            `json:"schema_version"`
					Files         []inspect.File `json:"files"`
				}{1, files})
			}
			return quiet(inspect.WriteTable(a.Stdout, files, everything))
		}, inspect.Options{ShowSecrets: show, AnyProvider: len(f.asked.Provider) > 0})
	}
	return c
}

func (a *app) inspect(ctx context.Context, f *inputFlags, paths, only []string, show func([]inspect.File) error, o inspect.Options) error {
	w, format, err := f.walker(a.Env)
	if err != nil {
		return err
	}
	versions, err := a.versions(f, paths)
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
	outcomes := each(ctx, a, w, w.Find(ctx, paths), format, f.workers, func(doc *export.Document) inspect.File {
		of := o
		of.ConnIDs = f.ids(doc)
		if len(only) > 0 {
			of.Targets = picked
			return inspect.Document(doc, read(doc), of)
		}
		_, of.Targets = versions.of(doc)
		return inspect.Document(doc, of.Targets.Read(doc), of)
	})
	versions.tell(a.Stderr)
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
