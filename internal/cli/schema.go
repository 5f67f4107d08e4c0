package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	var names []string
	for _, s := range schema.All() {
		names = append(names, s.Name)
	}
	return &cobra.Command{
		Use:       "schema [NAME]",
		Short:     "Print a published JSON Schema, for editors and other programs, or list them",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
				for _, s := range schema.All() {
					fmt.Fprintf(w, "%s\t%s\n", s.Name, s.About)
				}
				return quiet(w.Flush())
			}
			for _, s := range schema.All() {
				if s.Name == args[0] {
					_, err := io.WriteString(a.Stdout, s.Text)
					return quiet(err)
				}
			}
			return usagef("no schema is called %q; %s", args[0], choices(args[0], names))
		},
	}
}
