package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/config"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Show, begin or check the configuration, " + config.Name,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("config has no %q; %s", args[0], choices(args[0], []string{"show", "init", "verify"}))
			}
			return usagef("config show, config init or config verify")
		},
	}
	c.AddCommand(a.configShow(), a.configInit(), a.configVerify())
	return c
}

func (a *app) configShow() *cobra.Command {
	var f inputFlags
	var judge judgeFlags
	c := &cobra.Command{
		Use: "show [PATH]", Short: "Show what holds for a path (default: the current directory), and where each value comes from",
		Args: cobra.MaximumNArgs(1),
	}
	f.add(c.Flags())
	judge.add(c.Flags())
	format := tableOrJSON(c)
	c.RunE = func(_ *cobra.Command, args []string) error {
		if err := checkTable(*format); err != nil {
			return err
		}
		shown := "."
		if len(args) > 0 {
			shown = filepath.ToSlash(filepath.Clean(args[0]))
		}
		input := shown
		if a.isDir(shown) {
			input = path.Join(shown, "x")
		}
		s, err := a.settings(&f, judge, running(false, false), []string{shown})
		if err != nil {
			return err
		}
		// Whether the files are there that it names is for config verify to say.
		e, err := s.finder.Load(input)
		if err != nil {
			return usageError{err}
		}
		return a.showConfig(s, e, shown, input, *format)
	}
	return c
}

// isDir reports whether a path is a folder.
func (a *app) isDir(name string) bool {
	fsys := a.FS
	if fsys == nil {
		fsys = source.OS{}
	}
	info, err := fsys.Stat(name)
	return err == nil && info.IsDir()
}

// shownSetting is one key as it holds.
type shownSetting struct {
	Key    string      `json:"key"`
	Values []shownItem `json:"values"`

	kind *config.Key
}

type shownItem struct {
	Key    string `json:"key,omitempty"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

func (a *app) showConfig(s *settings, e *config.Effective, shown, input, format string) error {
	r := s.resolve(e, s.projects.For(input))
	if r.err != nil {
		return usageError{r.err}
	}
	t := &r.targets
	versions := map[string]struct {
		names []string
		from  string
	}{
		"airflow": {t.Airflows(), t.From.Airflow}, "provider": {t.Providers(), t.From.Provider},
		"http_provider": {t.HTTPProviders(), t.From.HTTPProvider}, "astro": {[]string{t.List[0].Astro.Name}, t.From.Astro},
	}
	var settings []shownSetting
	for _, k := range config.Flat() {
		set := shownSetting{Key: k.Name, Values: []shownItem{}, kind: &k}
		if v, ok := versions[k.Name]; ok {
			for _, name := range v.names {
				set.Values = append(set.Values, shownItem{"", name, v.from})
			}
		} else {
			for _, i := range e.Items(k.Name) {
				set.Values = append(set.Values, shownItem{i.Key, i.Text, i.From})
			}
		}
		settings = append(settings, set)
	}
	file := ""
	if e.File != nil {
		file = e.File.Path
	}
	if format == "json" {
		return printJSON(a.Stdout, struct {
			SchemaVersion int              `json:"schema_version"`
			Path          string           `json:"path"`
			File          string           `json:"file,omitempty"`
			Settings      []shownSetting   `json:"settings"`
			Ignores       []config.Ignored `json:"ignores"`
		}{1, shown, file, settings, slices.Concat([]config.Ignored{}, e.Ignored())})
	}
	head := fmt.Sprintf("# %s, as it holds for %s", report.Plain(file), report.Plain(shown))
	if file == "" {
		head = fmt.Sprintf("# No configuration holds for %s", report.Plain(shown))
	}
	l := listing{{text: head}, {text: "version: 1"}}
	inside := ""
	for _, set := range settings {
		name, indent := set.Key, ""
		if object, key, ok := strings.Cut(set.Key, "."); ok {
			if object != inside {
				l.add(object+":", "")
			}
			inside, name, indent = object, key, "  "
		}
		l.setting(indent, name, &set)
	}
	for i, ig := range e.Ignored() {
		if i == 0 {
			l.add("ignores:", "")
		}
		l.add("  - "+flowIgnore(ig), ig.From)
	}
	return quiet(l.write(a.Stdout))
}

// listing are lines of a configuration, each with where it comes from.
type listing []struct{ text, from string }

func (l *listing) add(text, from string) {
	*l = append(*l, struct{ text, from string }{report.Plain(text), report.Plain(from)})
}

// setting adds a key with its values: in one line, if they come from one place.
func (l *listing) setting(indent, name string, set *shownSetting) {
	var values []string
	from := ""
	several := false
	for i, item := range set.Values {
		v := item.Value
		if set.kind.Kind != config.Numbers {
			v = quoteYAML(v)
		}
		if item.Key != "" {
			v = quoteYAML(item.Key) + ": " + v
		}
		values = append(values, v)
		several = several || i > 0 && item.Source != from
		from = item.Source
	}
	open, end, before := "[", "]", "- "
	switch set.kind.Kind {
	case config.Map:
		open, end, before = "{", "}", ""
	case config.Texts, config.Numbers:
	default:
		open, end = "", ""
	}
	switch {
	case several:
		l.add(indent+name+":", "")
		for i, v := range values {
			l.add(indent+"  "+before+v, set.Values[i].Source)
		}
	case len(values) == 0 && open == "":
		l.add(indent+name+":", "not set")
	default:
		l.add(indent+name+": "+open+strings.Join(values, ", ")+end, cmp.Or(from, config.Default))
	}
}

// write writes the lines, with the places in a column where a line is not too long.
func (l listing) write(w io.Writer) error {
	const widest = 60
	column := 0
	for _, line := range l {
		if n := utf8.RuneCountInString(line.text); n <= widest && line.from != "" {
			column = max(column, n)
		}
	}
	var b strings.Builder
	for _, line := range l {
		b.WriteString(line.text)
		if line.from != "" {
			b.WriteString(strings.Repeat(" ", max(0, column-utf8.RuneCountInString(line.text))) + "  # " + line.from)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// flowIgnore is an element of ignores in one line.
func flowIgnore(ig config.Ignored) string {
	var parts []string
	list := func(name string, texts []string) {
		if len(texts) == 0 {
			return
		}
		quoted := make([]string, len(texts))
		for i, s := range texts {
			quoted[i] = quoteYAML(s)
		}
		parts = append(parts, name+": ["+strings.Join(quoted, ", ")+"]")
	}
	list("rules", ig.Rules)
	list("connections", ig.Connections)
	list("paths", ig.Paths)
	if ig.Reason != "" {
		parts = append(parts, "reason: "+quoteYAML(ig.Reason))
	}
	if ig.Until != "" {
		parts = append(parts, "until: "+ig.Until)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// quoteYAML is a text as YAML takes it for one.
func quoteYAML(s string) string {
	isWord := slices.Contains([]string{"true", "false", "null"}, strings.ToLower(s))
	if !isWord && s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == "" && strings.Trim(s[:1], "0123456789") != "" {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func (a *app) configInit() *cobra.Command {
	return &cobra.Command{
		Use: "init", Short: "Write a " + config.Name + " with all keys and what they mean, commented out", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, err := os.OpenFile(config.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return usagef("%s is there already; dbtconn-lint config show tells what holds", config.Name)
			}
			if err != nil {
				return fmt.Errorf("cannot write %s: %w", config.Name, err)
			}
			_, err = f.WriteString(config.Commented())
			if e := f.Close(); err == nil {
				err = e
			}
			if err == nil {
				fmt.Fprintf(a.Stderr, "%s written\n", config.Name)
			}
			return err
		},
	}
}

func (a *app) configVerify() *cobra.Command {
	var f inputFlags
	c := &cobra.Command{
		Use: "verify [PATH]", Short: "Check the configuration of a path (default: the current directory): exit 0 or 2", Args: cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&f.config, "config", "", "the `FILE` to check")
	c.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			args = []string{"."}
		}
		input := filepath.ToSlash(filepath.Clean(args[0]))
		if a.isDir(input) {
			input = path.Join(input, "x")
		}
		s, err := a.settings(&f, judgeFlags{}, running(false, false), args)
		if err != nil {
			return err
		}
		e, err := s.load(input)
		if err != nil {
			return err
		}
		if e.File == nil {
			return usagef("no %s for %s; dbtconn-lint config init writes one", config.Name, report.Plain(args[0]))
		}
		fmt.Fprintf(a.Stdout, "%s: in order\n", report.Plain(e.File.Path))
		return nil
	}
	return c
}
