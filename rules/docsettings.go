package rules

import (
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/near"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

var missingAirflowKey = lint.Rule{
	ID: "DOC003", Name: "missing-airflow-key", Level: lint.Error, Since: since, Scope: lint.Document,
	Variants: []lint.Variant{{Name: "empty", Level: lint.Note, When: "the lists are empty: there is nothing to lose"}},
	Summary:  "Settings without the key airflow: above them",
	Why:      "The Astro CLI reads what stands under airflow: and nothing else. connections: at the top level is passed over without a word.",
	Remedy:   "Put airflow: above and indent the rest.",
	Source:   "astro-cli settings/types.go; observed (4 of 123 public files).",
	Before: `-- airflow_settings.yaml --
connections:
  - conn_id: warehouse
    conn_type: postgres
    conn_host: db.internal.example
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
`,
	Check: func(p *lint.Pass) {
		switch {
		case isCLIConfig(p.Doc): // DOC004
		case p.Doc.Shape == export.EmptySections:
			p.Report(connection.NoField, p.Doc.ShapeAt, "this stands beside airflow:, not under it: the Astro CLI does not read it").Variant("empty").Hint("put it under airflow:")
		case p.Doc.Shape == export.MissingAirflow:
			p.Report(connection.NoField, p.Doc.ShapeAt, "this is not under airflow: the Astro CLI loads nothing of it").Hint(airflowHint(p.Doc)).Cause(lint.Own)
		}
	},
}

// airflowHint says what makes settings of a document that has no `airflow:`. Keys
// that lack conn_ are no finding of their own there, so it speaks of them, too.
func airflowHint(d *export.Document) string {
	keyed := false
	plain := "" // the first key that lacks conn_
	for _, e := range d.Entries {
		id := false
		for k := range e.Node.Members() {
			if k.Kind() != syntax.String {
				continue
			}
			key := strings.ToLower(k.Value())
			id = id || key == "conn_id"
			if plain == "" && !isField(export.AstroSettings, key) && isField(export.AstroSettings, "conn_"+key) {
				plain = key
			}
		}
		keyed = keyed || !id && !e.Key.IsZero()
	}
	hint := "write airflow: and connections: above and indent the rest"
	for k := range d.Tree.Root().Members() {
		if k.Kind() == syntax.String && isSection(strings.ToLower(k.Value())) {
			hint = "write airflow: above and indent the rest"
		}
	}
	if keyed {
		hint += ", as a list whose items have a conn_id"
	}
	if plain != "" {
		hint += ", with conn_" + plain + " for " + plain
	}
	return hint
}

var fileNotRead = lint.Rule{
	ID: "DOC004", Name: "file-not-read", Level: lint.Warning, Since: since, Scope: lint.Document,
	Summary: "A file name that the Astro CLI never reads",
	Why: "The CLI cuts the name at its first dot and puts .yaml behind it: airflow_settings.dev.yaml opens airflow_settings.yaml, and a .yml file is never read. " +
		"In .astro/config.yaml it keeps its own configuration.",
	Remedy: "Rename the file; move what stands in .astro/config.yaml into airflow_settings.yaml.",
	Source: "astro-cli settings/settings.go and config/config.go, observed.",
	Before: `-- airflow_settings.yml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
`,
	Check: func(p *lint.Pass) {
		name := path.Base(p.Doc.File.Path)
		if p.Doc.Format != export.AstroSettings || name == "-" || placeholder.ExampleName(name) {
			return
		}
		if isCLIConfig(p.Doc) {
			p.Report(connection.NoField, p.Doc.FirstContent(), "the Astro CLI keeps its own configuration in this file, and loads no connections from it").Hint("move them into airflow_settings.yaml")
			return
		}
		stem, rest, _ := strings.Cut(name, ".")
		if rest == "yaml" || !isRead(p.Doc) && !strings.HasPrefix(strings.ToLower(stem), "airflow_settings") {
			return // or DOC003, of a file that need not be the CLI's
		}
		p.Report(connection.NoField, p.Doc.FirstContent(), "the Astro CLI never reads a file of this name: it opens %s", lint.Show(stem+".yaml")).Hint("rename it to " + stem + ".yaml")
	},
}

// isRead reports whether the document is settings whose sections the Astro CLI
// finds where it looks for them.
func isRead(d *export.Document) bool {
	return d.Format == export.AstroSettings && d.Tree != nil && d.Shape != export.MissingAirflow && d.Shape != export.EmptySections && !isCLIConfig(d)
}

// isCLIConfig reports whether the document is the configuration of the Astro CLI
// itself, whose other keys it does read.
func isCLIConfig(d *export.Document) bool {
	dir, name := path.Split(d.File.Path)
	return name == "config.yaml" && path.Base(dir) == ".astro"
}

var extraDocument = lint.Rule{
	ID: "DOC006", Name: "extra-document", Level: lint.Warning, Since: since, Scope: lint.Document,
	Summary: "A further YAML document that nobody reads",
	Why:     "The Astro CLI reads the first document of airflow_settings.yaml. What follows a line of three dashes is passed over without a word.",
	Remedy:  "Remove the line --- and join the documents.",
	Source:  "gopkg.in/yaml.v3 (Unmarshal); observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
---
airflow:
  connections:
    - conn_id: lake
      conn_type: aws
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
    - conn_id: lake
      conn_type: aws
`,
	Check: func(p *lint.Pass) {
		if p.Doc.Format != export.AstroSettings || p.Doc.Tree == nil {
			return
		}
		var first source.Span
		n := 0
		for _, root := range p.Doc.Tree.Documents()[min(1, len(p.Doc.Tree.Documents())):] {
			if root.Kind() == syntax.Null {
				continue
			}
			if n++; n == 1 {
				first = root.Span()
			}
		}
		if rest := p.Doc.Tree.Rest(); rest.Len() > 0 {
			if n++; n == 1 {
				first = rest
			}
		}
		if n == 0 {
			return
		}
		what := "a second YAML document"
		if n > 1 {
			what = fmt.Sprintf("%d further YAML documents from here on", n)
		}
		p.Report(connection.NoField, source.Span{Start: first.Start, End: first.Start + 1}, "%s: the Astro CLI reads the first and passes over the rest", what).
			Hint("join them into one")
	},
}

var caseCollidingKeys = lint.Rule{
	ID: "DOC008", Name: "case-colliding-keys", Level: lint.Error, Since: since, Scope: lint.Document,
	Summary: "Two keys that differ in case only",
	Why: "The Astro CLI makes all keys of the file lower case, those of a conn_extra map included. Of two that become one the key with capitals wins over the one without; " +
		"of two with capitals it is chance which.",
	Remedy: "Keep one. Where a hook wants both, write conn_extra as a text of JSON, whose keys stay as they are.",
	Source: "viper 1.19 util.go (insensitiviseMap); observed with Astro CLI 1.45.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: a.internal.example
      Conn_Host: b.internal.example
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: b.internal.example
`,
	Check: func(p *lint.Pass) {
		if !isRead(p.Doc) {
			return
		}
		report := func(entry int, f connection.Field) func(first, again syntax.Node) {
			return func(first, again syntax.Node) {
				a, b := first.Value(), again.Value()
				what := "it is chance which of them arrives"
				switch lower := strings.ToLower(a); lower {
				case a:
					what = "the first is lost"
				case b:
					what = "this one is lost"
				}
				p.ReportEntry(entry, f, again.Text().Whole(), "%s and %s are one key to the Astro CLI: %s", lint.Show(a), lint.Show(b), what).Hint("keep one").
					Related(first.Text().Whole(), "the first one")
			}
		}
		isAirflow := func(key string) bool { return key == "airflow" }
		eachCollision(p.Doc.Tree.Root(), isAirflow, report(-1, connection.NoField))
		eachCollision(p.Doc.Airflow(), isSection, report(-1, connection.NoField))
		for i := range p.Doc.Entries {
			n := p.Doc.Entries[i].Node
			eachCollision(n, func(key string) bool { return isField(export.AstroSettings, key) }, report(i, connection.NoField))
			for k, v := range n.Members() {
				if strings.EqualFold(k.Value(), fieldKey(connection.Extra, true)) {
					eachMapping(v, func(m syntax.Node) {
						eachCollision(m, func(string) bool { return true }, report(i, connection.Extra))
					})
				}
			}
		}
		for _, kind := range [...]itemKind{variableItems, poolItems} {
			for item := range kind.items(p.Doc) {
				eachCollision(item, func(key string) bool { return slices.Contains(kind.fields, key) }, report(-1, connection.NoField))
			}
		}
	},
}

// eachCollision finds text keys of a mapping that are equal but for case and whose
// values differ, of those that count in lower case.
func eachCollision(n syntax.Node, counts func(lower string) bool, f func(first, again syntax.Node)) {
	if n.Kind() != syntax.Mapping {
		return
	}
	type member struct{ key, value syntax.Node }
	seen := map[string]member{}
	for k, v := range n.Members() {
		if k.Kind() != syntax.String {
			continue
		}
		lower := strings.ToLower(k.Value())
		if !counts(lower) {
			continue
		}
		if o, twice := seen[lower]; twice && !o.key.Is(k.Value()) && (v.IsCollection() || o.value.IsCollection() || v.Raw() != o.value.Raw()) {
			f(o.key, k)
		}
		seen[lower] = member{k, v}
	}
}

// eachMapping calls f for a node and all that it holds, where it is a mapping. The
// number is bounded: aliases can make a small text a huge tree.
func eachMapping(n syntax.Node, f func(syntax.Node)) {
	const most = 1000
	open := []syntax.Node{n}
	for done := 0; len(open) > 0 && done < most; done++ {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		for item := range n.Items() {
			open = append(open, item)
		}
		if n.Kind() == syntax.Mapping {
			f(n)
			for _, v := range n.Members() {
				if v.IsCollection() {
					open = append(open, v)
				}
			}
		}
	}
}

// isSection reports whether the Astro CLI reads a key, in lower case, under
// `airflow:`.
func isSection(key string) bool { return slices.Contains(export.Sections[:], key) }

var unknownSection = lint.Rule{
	ID: "DOC016", Name: "unknown-section", Level: lint.Warning, Since: since, Scope: lint.Document,
	Variants: []lint.Variant{
		{Name: "connections", Level: lint.Error, When: "it holds connections, and its name is nearly that of a key that is read, or there is no airflow: at all"},
		{Name: "harmless", Level: lint.Note, When: "a scalar, or a key beside airflow: that no setting of Airflow is called"},
	},
	Summary: "A key of the settings that the Astro CLI never reads",
	Why:     "The Astro CLI reads connections:, pools: and variables: under airflow:. All else in the file, such as config: or webserver:, has no effect, and it does not say so.",
	Remedy:  "Use the name of a section that is read. Settings of Airflow itself go into .env: AIRFLOW__WEBSERVER__EXPOSE_CONFIG=true.",
	Source:  "astro-cli settings/types.go.",
	Before: `-- airflow_settings.yaml --
airflow:
  conn:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db.internal.example
`,
	Check: func(p *lint.Pass) {
		if !isRead(p.Doc) {
			return
		}
		left := 3 // more would say the same
		for k, v := range p.Doc.Airflow().Written() {
			if key := strings.ToLower(k.Value()); !isSection(key) && isUnread(k, v) {
				reportUnread(p, k, v, false, &left)
			}
		}
		for k, v := range p.Doc.Tree.Root().Written() {
			key := strings.ToLower(k.Value())
			section, dotted := strings.CutPrefix(key, "airflow.")
			if key != "airflow" && (!dotted || !isSection(section)) && isUnread(k, v) {
				reportUnread(p, k, v, true, &left)
			}
		}
	},
}

// reportUnread reports a member of `airflow:`, or one that stands beside it; of
// those that lose no connection not more than are left.
func reportUnread(p *lint.Pass, k, v syntax.Node, beside bool, left *int) {
	key, at := strings.ToLower(k.Value()), k.Text().Whole()
	meant := beside && (isNear(key, "airflow") || p.Doc.Airflow().IsZero()) || strings.Contains(key, "conn") || isNear(key, "connections")
	if meant && !isParked(p.Doc, key) && holdsConnections(v) {
		p.Report(connection.NoField, at, "the Astro CLI does not read %s: none of the connections in it is loaded", lint.Show(k.Value())).
			Variant("connections").Hint(unreadHint(p.Doc, key, beside))
		return
	}
	if *left == 0 {
		return
	}
	*left--
	d := p.Report(connection.NoField, at, "the Astro CLI does not read %s: what stands in it has no effect", lint.Show(k.Value()))
	hint := unreadHint(p.Doc, key, beside)
	if !v.IsCollection() || beside && !isSettingName(key) {
		d.Variant("harmless")
		hint = ""
	}
	if strings.HasPrefix(key, "airflow__") {
		hint = toDotenv
	}
	if hint == "" {
		hint = "remove; only connections:, pools: and variables: under airflow: are read"
	}
	d.Hint(hint)
}

// unreadHint says what to do with a key that is not read; empty where that is not
// clear.
func unreadHint(d *export.Document, key string, beside bool) string {
	switch {
	case beside && isSection(key):
		return "put it under airflow:"
	case beside && d.Airflow().IsZero():
		return "write: airflow"
	case isSettingName(key):
		return toDotenv
	}
	for _, section := range export.Sections {
		if !beside && isNear(key, section) && d.Section(section).IsZero() {
			return "write: " + section
		}
	}
	return ""
}

// toDotenv says where an Astro project has the settings of Airflow itself.
const toDotenv = "settings of Airflow go into .env, as AIRFLOW__SECTION__KEY=value"

// isUnread reports whether a member that is no section was meant to be read: it
// holds something, and is not there for aliases or other programs only.
func isUnread(k, v syntax.Node) bool {
	return k.Kind() == syntax.String && !k.Is("<<") && !strings.HasPrefix(k.Value(), "x-") && !v.HoldsAnchor() &&
		v.Kind() != syntax.Null && (!v.IsCollection() || v.Len() > 0)
}

// isNear reports whether a key, in lower case, was probably meant as a name: its
// beginning, it and a further word, or a typo.
func isNear(key, name string) bool {
	const least = 4 // conn
	if len(key) < least {
		return false
	}
	if strings.HasPrefix(name, key) || strings.HasPrefix(key, name) || strings.HasSuffix(key, name) {
		return true
	}
	return key[0] == name[0] && near.Distance(key, name) <= len(name)/5
}

// isParked reports whether a key is a name that is read with a further word, beside
// the connections themselves: connections_prod is mostly there to be swapped in.
func isParked(d *export.Document, key string) bool {
	const name = "connections"
	return key != name && (strings.Contains(key, name) || strings.Contains(key, "airflow")) && d.Section(name).Len() > 0
}

// holdsConnections reports whether something in a node has a key that connections
// have.
func holdsConnections(n syntax.Node) bool {
	found := false
	eachMapping(n, func(m syntax.Node) {
		for k := range m.Members() {
			found = found || k.Kind() == syntax.String && isField(export.AstroSettings, k.Value())
		}
	})
	return found
}

// isSettingName reports whether a key at the top was meant for Airflow, by its
// name.
func isSettingName(key string) bool {
	switch key {
	case "config", "environment", "env", "core", "database", "logging", "scheduler", "webserver", "api", "celery", "metrics", "secrets", "smtp", "triggerer":
		return true
	}
	return isSection(key)
}

// itemKind is one of the two sections that hold no connections.
type itemKind struct {
	section, one string
	// fields of an item; the first two must be given.
	fields []string
	// meant is the field that a key stands for; empty where it is not clear.
	meant func(key string) string
}

var variableItems = itemKind{
	section: "variables", one: "variable", fields: []string{"variable_name", "variable_value"},
	meant: func(key string) string {
		switch key {
		case "key", "name", "var_name", "variable_key", "variable":
			return "variable_name"
		case "value", "val", "var_value", "variable_val":
			return "variable_value"
		}
		return ""
	},
}

var poolItems = itemKind{
	section: "pools", one: "pool", fields: []string{"pool_name", "pool_slot", "pool_description"},
	meant: func(key string) string {
		switch key {
		case "name", "pool":
			return "pool_name"
		case "slots", "slot", "pool_slots":
			return "pool_slot"
		}
		return ""
	},
}

// items are those of the section in settings; a lone mapping is one.
func (k itemKind) items(d *export.Document) iter.Seq[syntax.Node] {
	return func(yield func(syntax.Node) bool) {
		section := d.Section(k.section)
		if section.Kind() == syntax.Mapping {
			yield(section)
			return
		}
		for item := range section.Items() {
			if item.Kind() == syntax.Mapping && !yield(item) {
				return
			}
		}
	}
}

// dropped is the key for which an item is not loaded: one that is no field, where
// a field is missing. Absent for an item that is loaded, or simply incomplete.
func (k itemKind) dropped(item syntax.Node) syntax.Node {
	var unknown syntax.Node
	missing := 2
	for key, value := range item.Members() {
		if key.Kind() != syntax.String || value.Kind() == syntax.Null {
			continue
		}
		switch name := strings.ToLower(key.Value()); {
		case slices.Contains(k.fields[:2], name):
			missing--
		case unknown.IsZero() && !slices.Contains(k.fields, name) && name != "description":
			unknown = key
		}
	}
	if missing <= 0 {
		return syntax.Node{}
	}
	return unknown
}

var unknownVariableOrPoolField = lint.Rule{
	ID: "DOC017", Name: "unknown-variable-or-pool-field", Level: lint.Warning, Since: since, Scope: lint.Document,
	Summary: "A variable or pool with a key that the Astro CLI does not know",
	Why: "A variable has variable_name and variable_value, a pool pool_name and pool_slot. The Astro CLI drops other keys (key, value, pool_slots) " +
		"and then passes over the variable or pool, since it lacks what it needs.",
	Remedy: "Use the names of the fields.",
	Source: "astro-cli settings/types.go and settings.go, 1.45; seen in 4 of 123 public files.",
	Before: `-- airflow_settings.yaml --
airflow:
  variables:
    - key: env
      value: dev
`,
	After: `-- airflow_settings.yaml --
airflow:
  variables:
    - variable_name: env
      variable_value: dev
`,
	Check: func(p *lint.Pass) {
		if !isRead(p.Doc) {
			return
		}
		// The same mistake goes through the whole file, so one finding speaks of all.
		var d *lint.Draft
		for _, kind := range [...]itemKind{variableItems, poolItems} {
			var first syntax.Node
			n := 0
			for item := range kind.items(p.Doc) {
				if key := kind.dropped(item); !key.IsZero() {
					if n++; n == 1 {
						first = key
					}
				}
			}
			what := fmt.Sprintf("the first of %d %ss that the Astro CLI does not load for keys like this", n, kind.one)
			if n == 1 {
				what = "a " + kind.one + " that the Astro CLI does not load for a key like this"
			}
			switch {
			case n == 0:
			case d != nil:
				d.Related(first.Text().Whole(), what)
			default:
				key := first.Value()
				d = p.Report(connection.NoField, first.Text().Whole(), "%s is no field of a %s: %s", lint.Show(key), kind.one, dropsItems(n, kind.one))
				if meant := kind.meant(strings.ToLower(key)); meant != "" {
					d.Write(meant)
				} else {
					d.Hint("a " + kind.one + " has " + strings.Join(kind.fields[:2], " and "))
				}
			}
		}
	},
}

func dropsItems(n int, one string) string {
	if n == 1 {
		return "the Astro CLI does not load it"
	}
	return fmt.Sprintf("the Astro CLI loads none of the %d %ss that are written so", n, one)
}
