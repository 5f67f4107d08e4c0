package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/explain"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// tableOrJSON is the -o of commands that print a table.
func tableOrJSON(c *cobra.Command) *string {
	return c.Flags().StringP("output", "o", "text", "`FORMAT`: text or json")
}

func checkTable(format string) error {
	if format != "text" && format != "json" {
		return usagef("-o: %q is no output; there are text, json", format)
	}
	return nil
}

// printJSON writes a value as programs get it.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return quiet(enc.Encode(v))
}

func (a *app) rulesCommand() *cobra.Command {
	c := &cobra.Command{Use: "rules", Short: "List the rules", Args: cobra.NoArgs}
	format := tableOrJSON(c)
	c.RunE = func(*cobra.Command, []string) error {
		if err := checkTable(*format); err != nil {
			return err
		}
		if *format == "json" {
			type variant struct {
				Name     string `json:"name"`
				Severity string `json:"severity"`
				When     string `json:"when"`
			}
			type rule struct {
				ID       string    `json:"id"`
				Name     string    `json:"name"`
				Severity string    `json:"severity"`
				Variants []variant `json:"variants"`
				Summary  string    `json:"summary"`
				Why      string    `json:"why"`
				Remedy   string    `json:"remedy"`
				Source   string    `json:"source"`
				Since    string    `json:"since"`
				URL      string    `json:"url"`
			}
			out := struct {
				SchemaVersion int    `json:"schema_version"`
				Rules         []rule `json:"rules"`
			}{1, []rule{}}
			for _, r := range rules.All() {
				vs := []variant{}
				for _, v := range r.Variants {
					vs = append(vs, variant{v.Name, v.Level.String(), v.When})
				}
				out.Rules = append(out.Rules, rule{r.ID, r.Name, r.Level.String(), vs, r.Summary, r.Why, r.Remedy, r.Source, r.Since, r.URL()})
			}
			return printJSON(a.Stdout, out)
		}
		w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
		for _, r := range rules.All() {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Level, r.Name, r.Summary)
		}
		return quiet(w.Flush())
	}
	return c
}

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain RULE",
		Short: "Explain one rule, by its id or name",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, r := range rules.All() {
				ids = append(ids, r.ID+"\t"+r.Summary)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			r, suggestion := lint.FindRule(rules.All(), args[0])
			switch {
			case r != nil:
				_, err := io.WriteString(a.Stdout, explain.Text(r))
				return quiet(err)
			case suggestion != "":
				return usagef("no rule is called %q; did you mean %s?", args[0], suggestion)
			}
			return usagef("no rule is called %q; dbtconn-lint rules lists them", args[0])
		},
	}
}
