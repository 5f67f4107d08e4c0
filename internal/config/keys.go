package config

import (
	"fmt"
	"strings"
)

// Kind is the shape of a key's value.
type Kind uint8

// The kinds.
const (
	Number  Kind = iota + 1 // one number
	Text                    // one text
	Texts                   // a list of texts
	OneText                 // a text, or a list of one
	Numbers                 // a list of numbers
	Map                     // an object with texts as values
	Day                     // 2027-03-31
	Object                  // an object with the keys below
	Objects                 // a list of such objects
)

// Content is what a text has to be.
type Content uint8

// The contents.
const (
	Free         Content = iota
	Glob                 // a pattern of paths
	IDGlob               // a pattern of ids or hosts
	Path                 // of a file
	Word                 // not empty
	Rule                 // a rule, a family or ALL
	RuleCase             // the same, or a case of a rule: DBT008/jwt
	AirflowV             // a version, or all
	ProviderV            // a version, or all
	HTTPV                // a version
	AstroV               // a version
	ConfigChoice         // one of the key's words
)

// Key is one key of the configuration.
type Key struct {
	Name string
	Kind Kind
	// Content of the texts; of the keys of a map, In.
	Content, In Content
	// Words that a text is one of, the default first where there is one.
	Words []string
	// Default is what holds where nothing says it, as texts.
	Default []string
	// Override is set where an override may have it, too.
	Override bool
	// Required is set where an object is nothing without it; NotEmpty where an empty
	// list would mean all, not nothing.
	Required, NotEmpty bool
	// Help is one line for people; Example a value in YAML.
	Help, Example string
	Keys          []Key
}

// Keys are all keys of the configuration, in the order in which they are shown.
var Keys = []Key{
	{Name: "version", Kind: Number, Help: "of this format", Example: "1"},
	{Name: "airflow", Kind: Texts, Content: AirflowV, Override: true, Help: "the Airflow versions that load the files, or [all]", Example: `["2.11", "3.3"]`},
	{Name: "provider", Kind: Texts, Content: ProviderV, Override: true, Help: "versions of apache-airflow-providers-dbt-cloud, or [all]", Example: `["4.11"]`},
	{Name: "http_provider", Kind: Texts, Content: HTTPV, Override: true, Help: "versions of apache-airflow-providers-http", Example: `["6.3"]`},
	{Name: "astro", Kind: OneText, Content: AstroV, Override: true, Help: "the version of the Astro CLI", Example: `"1.45"`},
	{Name: "fail_on", Kind: Text, Content: ConfigChoice, Words: []string{"warning", "error", "note", "never"}, Default: []string{"warning"},
		Help: "the level from which on a finding fails a run", Example: "warning"},
	{Name: "select", Kind: Texts, Content: Rule, Default: []string{"ALL"}, Override: true, Help: "the rules that count: ids, names, families (DBT) or ALL", Example: "[ALL]"},
	{Name: "ignore", Kind: Texts, Content: Rule, Override: true, Help: "rules that do not; of two that name a rule the more exact one counts", Example: "[DBT007]"},
	{Name: "severity", Kind: Map, In: RuleCase, Content: ConfigChoice, Words: []string{"error", "warning", "note", "off"}, Override: true,
		Help: "levels of rules, or of their cases: error, warning, note or off", Example: "{DBT015: error, DBT008/jwt: error}"},
	{Name: "exclude", Kind: Texts, Content: Glob, Help: "paths that a walk leaves out, relative to this file", Example: `["tests/**"]`},
	{Name: "dotenv_reader", Kind: Text, Content: ConfigChoice, Words: []string{"compose", "docker", "astro"}, Default: []string{"compose"}, Override: true,
		Help: "who reads .env files: docker --env-file keeps quotes, compose and astro take them away", Example: "compose"},
	{Name: "use", Kind: Text, Content: ConfigChoice, Words: []string{"import", "backend"}, Override: true,
		Help: "what Airflow's files are for: `airflow connections import`, or the local filesystem backend (default: either)", Example: "import"},
	{Name: "secrets", Kind: Map, In: Glob, Content: ConfigChoice, Words: []string{"elsewhere"},
		Help: "files whose tokens are filled in later", Example: `{"airflow_settings.yaml": elsewhere}`},
	{Name: "placeholders", Kind: Text, Content: ConfigChoice, Words: []string{"keep", "env"}, Default: []string{"keep"}, Override: true,
		Help: "what becomes of ${VAR}: env fills it from the environment of this process before it is judged", Example: "keep"},
	{Name: "overrides", Kind: Objects, Help: "other values for some paths; all that match count, the last one first", Example: `
  - paths: ["prod/**"]
    airflow: ["3.3"]
    use: backend`},
	{Name: "baseline", Kind: Text, Content: Path, Help: "findings that are no news, as `dbtconn-lint baseline` writes them", Example: ".dbtconn-lint-baseline.json"},
	{Name: "conn_types", Kind: Texts, Content: Word, Override: true, Help: "connection types of your own hooks", Example: "[my_company_api]"},
	{Name: "dbt_cloud", Kind: Object, Override: true, Help: "what a dbt Cloud connection may be (DBT025), and which ids are ones whatever their type", Example: `
  allowed_hosts: ["*.us1.dbt.com"]
  account_ids: [12345]
  connections: ["etl_dbt_*"]`, Keys: []Key{
		{Name: "allowed_hosts", Kind: Texts, Content: IDGlob},
		{Name: "account_ids", Kind: Numbers},
		{Name: "connections", Kind: Texts, Content: IDGlob},
	}},
	{Name: "ignores", Kind: Objects, Help: "findings to leave out, with a reason and a last day (inclusive, UTC)", Example: `
  - rules: [DBT015]
    connections: ["legacy_*"]
    paths: ["old/**"]
    reason: moves in Q1
    until: 2027-03-31`, Keys: []Key{
		{Name: "rules", Kind: Texts, Content: RuleCase, Required: true},
		{Name: "connections", Kind: Texts, Content: IDGlob, NotEmpty: true},
		{Name: "paths", Kind: Texts, Content: Glob, NotEmpty: true},
		{Name: "reason", Kind: Text},
		{Name: "until", Kind: Day},
	}},
	{Name: "schemas", Kind: Map, In: Word, Content: Path, Help: "JSON Schemas for connections, by their type; relative to this file", Example: "{snowflake: policy/snowflake.schema.json}"},
}

// OverrideKeys are the keys of an override.
func OverrideKeys() []Key {
	keys := []Key{{Name: "paths", Kind: Texts, Content: Glob, Required: true}}
	for _, k := range Keys {
		if k.Override {
			keys = append(keys, k)
		}
	}
	return keys
}

// Flat are the keys that hold values, those of dbt_cloud by their names with a dot.
// What holds for a path has no version, no overrides and no list of ignores.
func Flat() []Key {
	var flat []Key
	for _, k := range Keys {
		switch k.Kind {
		case Number, Objects:
		case Object:
			for _, sub := range k.Keys {
				sub.Name = k.Name + "." + sub.Name
				flat = append(flat, sub)
			}
		default:
			flat = append(flat, k)
		}
	}
	return flat
}

// Commented is a configuration with all keys, explained and commented out.
func Commented() string {
	var b strings.Builder
	b.WriteString("# Configuration of dbtconn-lint. It holds for all that is below its folder.\n")
	for _, k := range Keys {
		line := k.Name + ": " + k.Example
		if strings.HasPrefix(k.Example, "\n") {
			line = k.Name + ":" + k.Example
		}
		if k.Kind == Number {
			fmt.Fprintf(&b, "%s\n", line)
			continue
		}
		fmt.Fprintf(&b, "\n# %s%s\n", strings.ToUpper(k.Help[:1]), k.Help[1:])
		if k.Name == "overrides" {
			var names []string
			for _, o := range OverrideKeys() {
				names = append(names, o.Name)
			}
			fmt.Fprintf(&b, "# (%s)\n", strings.Join(names, ", "))
		}
		for part := range strings.SplitSeq(line, "\n") {
			fmt.Fprintf(&b, "#%s\n", part)
		}
	}
	return b.String()
}
