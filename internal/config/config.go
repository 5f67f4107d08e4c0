// Package config reads .dbtconn-lint.yaml: it finds the file of an input, checks it
// against the table of keys, and settles what holds for each path, by flag, override,
// file or default. It says where each value came from.
package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/near"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Name is what a configuration is called where it is looked for.
const Name = ".dbtconn-lint.yaml"

// File is a configuration that was read.
type File struct {
	*source.File
	// Dir is the folder that its paths are relative to.
	Dir string

	settings  Settings
	overrides []override
	ignores   []*lint.Ignore
	ignored   []Ignored
	rel       relative
}

// Ignored is an element of ignores as it is written.
type Ignored struct {
	Rules       []string `json:"rules"`
	Connections []string `json:"connections,omitempty"`
	Paths       []string `json:"paths,omitempty"`
	Reason      string   `json:"reason,omitempty"`
	Until       string   `json:"until,omitempty"`
	From        string   `json:"source"`
}

type override struct {
	paths    []string
	settings Settings
}

// Item is one value of a key, or of a map, with the key that it has there.
type Item struct {
	Key, Text string
	// From says where it was written: .dbtconn-lint.yaml:3, --airflow, default.
	From string

	at source.Span
}

// Settings are the values of keys; those of dbt_cloud have names with a dot.
type Settings map[string][]Item

// Fault is a thing that a configuration may not say.
type Fault struct {
	File    *source.File
	At      source.Span
	Message string
}

func (f Fault) Error() string {
	p := f.File.Position(f.At.Start)
	return fmt.Sprintf("%s:%d:%d: %s", f.File.Path, p.Line, p.Column, f.Message)
}

// Faults are all that is wrong with a configuration.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Parse reads a configuration. The rules are those that it may name.
func Parse(file *source.File, dir string, rules []*lint.Rule) (*File, error) {
	p := parser{file: file, rules: rules}
	f := &File{File: file, Dir: dir, settings: Settings{}}
	f.rel = relative{dir: dir}
	tree, bad := syntax.ParseYAML(file.Text(), syntax.GoYAML)
	if bad != nil {
		message := strings.TrimSuffix(bad.Problem, "; yaml.v3 refuses the whole file")
		if bad.Hint != "" {
			message += "; " + bad.Hint
		}
		return nil, Faults{{file, bad.Span, message}}
	}
	root := tree.Root()
	if docs := tree.Documents(); len(docs) > 1 {
		p.fault(docs[1].Span(), "a second document is not read")
	}
	if root.IsZero() || root.Kind() == syntax.Null {
		return f, nil // comments at most
	}
	if root.Kind() != syntax.Mapping {
		p.fault(root.Span(), "a configuration is an object; it begins with version: 1")
		return nil, p.faults
	}
	p.object(root, Keys, "", f.settings)
	if v := root.Lookup("version"); v.Kind() == syntax.Int && v.Raw() != "1" {
		p.fault(v.Span(), "version %s is not known here; there is 1", v.Raw())
	}
	for n := range root.Lookup("overrides").Items() {
		s := Settings{}
		if p.object(n, OverrideKeys(), "", s); len(s["paths"]) > 0 {
			o := override{texts(s["paths"]), s}
			delete(s, "paths")
			f.overrides = append(f.overrides, o)
		}
	}
	for n := range root.Lookup("ignores").Items() {
		f.ignores = append(f.ignores, p.ignore(f, n))
	}
	for _, item := range f.settings["schemas"] {
		t := item.Key
		if id, why := conntype.Suggest(t); why != conntype.NoSuggestion && !conntype.Known(t) && !slices.ContainsFunc(f.settings["conn_types"], func(own Item) bool { return own.Text == t }) {
			p.fault(item.at, "no connection type is called %s; did you mean %s? (one of your own stands in conn_types, too)", lint.Show(t), id)
		}
	}
	if len(p.faults) > 0 {
		slices.SortStableFunc(p.faults, func(a, b Fault) int { return a.At.Start - b.At.Start })
		return nil, p.faults
	}
	return f, nil
}

type parser struct {
	file   *source.File
	rules  []*lint.Rule
	faults Faults
}

func (p *parser) fault(at source.Span, format string, args ...any) {
	p.faults = append(p.faults, Fault{p.file, at, fmt.Sprintf(format, args...)})
}

// object reads the keys of an object into settings, under names with a prefix.
func (p *parser) object(n syntax.Node, keys []Key, prefix string, into Settings) {
	if n.Kind() != syntax.Mapping {
		p.fault(n.Span(), "an object belongs here, not %s", what(n))
		return
	}
	names := make([]string, len(keys))
	for i := range keys {
		names[i] = keys[i].Name
	}
	for k, v := range n.Members() {
		i := -1
		if k.Kind() == syntax.String {
			i = slices.Index(names, k.Text().String())
		}
		if i < 0 {
			p.fault(k.Span(), "no key is called %s%s", lint.Show(k.Text().String()), meant(k.Text().String(), names))
			continue
		}
		if v.Kind() == syntax.Null {
			continue // as if it were not there: a key whose values are commented out
		}
		p.value(v, &keys[i], prefix+keys[i].Name, into)
	}
	for i := range keys {
		if v := n.Lookup(keys[i].Name); keys[i].Required && (v.IsZero() || v.Kind() == syntax.Null) {
			p.fault(n.Span(), "%s is missing%s", keys[i].Name, example(&keys[i]))
		}
	}
}

func example(k *Key) string {
	if k.Example == "" {
		return ""
	}
	return "; write: " + k.Name + ": " + k.Example
}

// meant says which word was meant, or which there are.
func meant(word string, words []string) string {
	if best, ok := near.Best(word, words); ok {
		return "; did you mean " + best + "?"
	}
	if len(words) == 1 {
		return "; there is " + words[0]
	}
	return "; there are " + strings.Join(words, ", ")
}

// what is a node's value for a message.
func what(n syntax.Node) string {
	switch k := n.Kind(); k {
	case syntax.Int, syntax.Float, syntax.Bool, syntax.Date, syntax.Timestamp:
		return "the " + k.String() + " " + lint.Show(n.Raw())
	case syntax.Null:
		return "nothing"
	case syntax.Sequence:
		return "a list"
	case syntax.Mapping:
		return "an object"
	}
	return "the text " + lint.Show(n.Text().String())
}

func (p *parser) value(v syntax.Node, k *Key, name string, into Settings) {
	switch k.Kind {
	case Number:
		if v.Kind() != syntax.Int {
			p.fault(v.Span(), "%s is a number, not %s", k.Name, what(v))
		}
	case Text:
		p.text(v, k, k.Content, name, "", into)
	case OneText:
		if v.Kind() == syntax.Sequence {
			if v.Len() != 1 {
				p.fault(v.Span(), "%s is one version, not a list of %d", k.Name, v.Len())
				return
			}
			for item := range v.Items() {
				v = item
			}
		}
		p.text(v, k, k.Content, name, "", into)
	case Texts, Numbers:
		if v.Kind() != syntax.Sequence {
			hint := example(k)
			if !v.IsCollection() {
				hint = "; write: [" + quoted(v) + "]"
			}
			p.fault(v.Span(), "%s is a list, not %s%s", k.Name, what(v), hint)
			return
		}
		if k.Required || k.NotEmpty {
			if v.Len() == 0 {
				p.fault(v.Span(), "%s is empty", k.Name)
			}
		}
		into[name] = []Item{} // an empty list takes precedence, too
		for item := range v.Items() {
			if k.Kind == Texts {
				p.text(item, k, k.Content, name, "", into)
			} else if !isNumber(item) {
				p.fault(item.Span(), "%s are numbers without a leading zero, not %s", k.Name, what(item))
			} else {
				into[name] = append(into[name], Item{Text: digits(item), From: p.from(item), at: item.Span()})
			}
		}
	case Map:
		if v.Kind() != syntax.Mapping {
			p.fault(v.Span(), "%s is an object, not %s%s", k.Name, what(v), example(k))
			return
		}
		for key, item := range v.Members() {
			if key.Kind() != syntax.String {
				p.fault(key.Span(), "the keys of %s are texts, not %s", k.Name, what(key))
			} else if p.content(key, k, k.In) {
				p.text(item, k, k.Content, name, key.Text().String(), into)
			}
		}
	case Object:
		p.object(v, k.Keys, k.Name+".", into)
	case Objects:
		if v.Kind() != syntax.Sequence {
			p.fault(v.Span(), "%s is a list of objects, not %s", k.Name, what(v))
		}
	case Day:
		if _, ok := day(v); !ok {
			p.fault(v.Span(), "%s is a day such as 2027-03-31, not %s", k.Name, what(v))
		}
	}
}

// isNumber reports whether a value is a number as people write it, or a text of its
// digits: not what YAML reads in octal or hex.
func isNumber(n syntax.Node) bool {
	if n.Kind() != syntax.Int && n.Kind() != syntax.String {
		return false
	}
	s := digits(n)
	return s != "" && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// digits is a number as it is written, without what YAML allows between digits.
func digits(n syntax.Node) string { return strings.ReplaceAll(n.Text().String(), "_", "") }

// quoted is a scalar as it would have to stand in a list of texts.
func quoted(n syntax.Node) string {
	return `"` + strings.Trim(lint.Show(n.Text().String()), `"`) + `"`
}

// text reads one text. A number would lose its zeros: 3.10 is 3.1.
func (p *parser) text(v syntax.Node, k *Key, c Content, name, key string, into Settings) {
	if v.Kind() != syntax.String {
		hint := ""
		if !v.IsCollection() && v.Kind() != syntax.Null {
			hint = "; write: " + quoted(v)
		}
		takes := "takes texts"
		if k.Kind == Text || k.Kind == OneText {
			takes = "is a text"
		}
		p.fault(v.Span(), "%s %s, not %s%s", k.Name, takes, what(v), hint)
		return
	}
	if p.content(v, k, c) {
		into[name] = append(into[name], Item{key, v.Text().String(), p.from(v), v.Span()})
	}
}

func (p *parser) from(n syntax.Node) string {
	return fmt.Sprintf("%s:%d", p.file.Path, p.file.Position(n.Span().Start).Line)
}

// content checks what a text has to be.
func (p *parser) content(n syntax.Node, k *Key, c Content) bool {
	s := n.Text().String()
	err := check(s, k, c, p.rules)
	if err != nil {
		p.fault(n.Span(), "%s", err)
	}
	return err == nil
}

// check holds a text against what it has to be.
func check(s string, k *Key, c Content, rules []*lint.Rule) error {
	var err error
	one := []string{s}
	switch c {
	case Glob, IDGlob, Path, Word:
		switch slashes := windows(s); {
		case s == "":
			err = fmt.Errorf("an empty text is no value of %s", k.Name)
		case (c == Glob || c == Path) && slashes != s:
			err = fmt.Errorf("folders are parted by /; write: %q", slashes)
		case (c == Glob || c == IDGlob) && !doublestar.ValidatePattern(s):
			err = fmt.Errorf("%s is no pattern", lint.Show(s))
		}
	case Rule, RuleCase:
		var sel lint.Selector
		if sel, err = lint.ParseSelector(rules, s); err == nil && c == Rule && strings.Contains(sel.String(), "/") {
			err = fmt.Errorf("%s names a case of a rule; severity: {%s: off} leaves it out", k.Name, sel)
		}
	case AirflowV:
		_, _, err = consumer.Resolve(consumer.Asked{Airflow: one})
	case ProviderV:
		_, _, err = consumer.Resolve(consumer.Asked{Provider: one})
	case HTTPV:
		_, _, err = consumer.Resolve(consumer.Asked{HTTPProvider: one})
	case AstroV:
		_, _, err = consumer.Resolve(consumer.Asked{Astro: one})
	case ConfigChoice:
		if !slices.Contains(k.Words, s) {
			err = fmt.Errorf("%s is no value of %s%s", lint.Show(s), k.Name, meant(s, k.Words))
		}
	}
	return err
}

// windows is a path as it is written where backslashes part folders, with slashes. A
// backslash before what is special in a pattern takes its meaning away, and stays; but
// tests\* is a folder of Windows, and a star in a file's name is [*], if there is one.
func windows(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`[]{}?\`, s[i+1]) < 0 {
			b.WriteByte('/')
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// day is a date, or a text that reads like one.
func day(n syntax.Node) (time.Time, bool) {
	if n.IsCollection() {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, n.Text().String())
	return t, err == nil
}

// ignore reads one element of ignores.
func (p *parser) ignore(f *File, n syntax.Node) *lint.Ignore {
	i := slices.IndexFunc(Keys, func(k Key) bool { return k.Name == "ignores" })
	s := Settings{}
	p.object(n, Keys[i].Keys, "", s)
	ig := &lint.Ignore{File: p.file, At: n.Span()}
	if items := s["reason"]; len(items) > 0 {
		ig.Reason = strings.TrimSpace(items[0].Text)
	}
	if until := n.Lookup("until"); !until.IsZero() {
		ig.Until, _ = day(until)
		ig.UntilAt = until.Span()
	}
	for r := range n.Lookup("rules").Items() {
		if sel, err := lint.ParseSelector(p.rules, r.Text().String()); err == nil {
			ig.Rules = append(ig.Rules, lint.IgnoredRule{Selector: sel, At: r.Span(), Name: r.Text().String()})
		}
	}
	connections, paths := texts(s["connections"]), texts(s["paths"])
	shown := Ignored{Rules: texts(s["rules"]), Connections: connections, Paths: paths, Reason: ig.Reason, From: p.from(n)}
	if !ig.Until.IsZero() {
		shown.Until = ig.Until.Format(time.DateOnly)
	}
	f.ignored = append(f.ignored, shown)
	ig.Covers = func(path string, found *lint.Finding) bool {
		return (len(connections) == 0 || found.ConnID != "" && matches(connections, found.ConnID)) &&
			(len(paths) == 0 || matches(paths, f.rel.path(path)))
	}
	return ig
}

func texts(items []Item) []string {
	var list []string
	for _, i := range items {
		list = append(list, i.Text)
	}
	return list
}

// matches reports whether one of the patterns matches.
func matches(globs []string, s string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, s) })
}
