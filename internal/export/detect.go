package export

import (
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// connPrefix begins the name of an environment variable that is a connection.
const connPrefix = "AIRFLOW_CONN_"

func isConnName(key string) bool { return strings.HasPrefix(key, connPrefix) }

// definesConn reports whether a line of a dotenv is a connection. Scripts keep the
// arguments of `airflow connections add` under such names, too: AIRFLOW_CONN_TYPE.
func definesConn(l *syntax.EnvLine) bool {
	name, ok := strings.CutPrefix(l.Key.String(), connPrefix)
	switch name {
	case "ID", "NAME", "TYPE", "DESCRIPTION", "HOST", "LOGIN", "PASSWORD", "SCHEMA", "PORT", "EXTRA":
		value := l.Value.String()
		return strings.Contains(value, "://") || looksJSON(value)
	}
	return ok && strings.IndexByte(name, ':') < 0 // AIRFLOW_CONN_A: x, as Compose takes it, too
}

// baseName is the last part of a path with slashes, in lower case.
func baseName(path string) string {
	return strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])
}

func isJSONName(name string) bool { return strings.HasSuffix(name, ".json") }

func isYAMLName(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

func isEnvName(name string) bool { return isDotenvName(name) || strings.HasSuffix(name, ".env") }

// isDotenvName reports a name that Compose and the Astro CLI look for.
func isDotenvName(name string) bool { return name == ".env" || strings.HasPrefix(name, ".env.") }

func isSettingsName(name string) bool { return strings.HasPrefix(name, "airflow_settings") }

func isConnectionsName(name string) bool {
	if strings.HasPrefix(name, "connections") {
		return true
	}
	stem, ext, ok := strings.Cut(name, ".")
	for ok && strings.Contains(ext, ".") {
		var part string
		part, ext, _ = strings.Cut(ext, ".")
		stem += "." + part
	}
	return ok && strings.HasSuffix(stem, "connections") && slices.Contains([]string{"json", "yaml", "yml", "env"}, ext)
}

func isComposeName(name string) bool {
	return isYAMLName(name) && (strings.HasPrefix(name, "docker-compose") || strings.HasPrefix(name, "compose."))
}

// detector settles the format of a document, or its shape where it has none.
type detector struct {
	*Document
	name   string
	isType func(string) bool
}

func (d detector) detect() {
	switch {
	case isJSONName(d.name):
		d.json()
	case isYAMLName(d.name):
		d.yaml()
	case isEnvName(d.name):
		d.env()
	default:
		d.other()
	}
	if d.Format == Unknown {
		d.Tree, d.Lines = nil, nil
		d.shape(NotAnExport, d.FirstContent())
	}
}

func (d detector) is(f Format) { d.Format = f }

// isNot notes what a document is that is no export.
func (d detector) isNot(s Shape) {
	d.Format, d.Shape, d.ShapeAt = Unknown, s, d.FirstContent()
}

func (d detector) json() {
	d.is(AirflowJSON)
	if d.parseJSON() {
		d.classify(d.Tree.Root())
	}
}

// yaml reads the text in the dialect that the name suggests, to see what it is,
// and again if it turns out to belong to the other one.
func (d detector) yaml() {
	first, second := syntax.PyYAML, syntax.GoYAML
	format := func(dialect syntax.Dialect) Format {
		if dialect == syntax.GoYAML {
			return AstroSettings
		}
		return AirflowYAML
	}
	if isSettingsName(d.name) {
		first, second = second, first
	}
	if d.File.Data != "" && isINI(d.File.Data) {
		d.isNot(AirflowConfig)
		return
	}
	d.is(format(first))
	if !d.parseYAML(first) {
		// What only one of them refuses still shows whose it is.
		err := d.Err
		if d.parseYAML(second) {
			d.is(AirflowYAML)
			d.classify(d.Tree.Root())
			if d.Format == format(second) || d.Format == Unknown && !d.NamedLikeExport() {
				return
			}
		}
		d.is(format(first))
		d.Shape, d.Tree, d.Err = Plain, nil, err
		return
	}
	d.is(AirflowYAML)
	d.classify(d.Tree.Root())
	if d.Format != Unknown && (d.Format == AstroSettings) == (first == syntax.PyYAML) {
		shape := d.Shape
		d.Shape = Plain
		if d.parseYAML(second) {
			d.reclassify(shape)
		}
	}
}

// reclassify restores the shape that was seen in the first dialect.
func (d detector) reclassify(s Shape) {
	if s != SeveralDocuments && s != Plain {
		d.Shape = s
	}
}

// classify says what a tree is, whose format is AirflowJSON or AirflowYAML until
// something else is seen.
func (d detector) classify(root syntax.Node) {
	yaml := d.Format == AirflowYAML
	switch root.Kind() {
	case syntax.Mapping:
		if yaml && d.settings(root) {
			return
		}
		d.object(root)
	case syntax.Sequence:
		d.list(root, yaml)
	case 0, syntax.Null:
		if yaml && isSettingsName(d.name) {
			d.is(AstroSettings)
		} else if yaml {
			d.isNot(EmptyDocument)
		} else {
			d.scalar(root)
		}
	default:
		d.scalar(root)
	}
}

// scalar is a top level that is neither object nor list.
func (d detector) scalar(root syntax.Node) {
	if !isConnectionsName(d.name) {
		d.isNot(NotAnExport)
		return
	}
	d.shape(NotAnObject, d.firstByte(root))
}

// settings reports whether an object of YAML is the Astro CLI's, and what of it
// is missing.
func (d detector) settings(root syntax.Node) bool {
	named := isSettingsName(d.name)
	_, airflow := lookupFold(root, "airflow")
	found := hasSections(airflow) && (named || isConnectionsName(d.name) || d.isSettings(airflow))
	if !airflow.IsZero() && root.Len() == 1 && isConnectionsName(d.name) {
		found = true // with more beside it, and no sections, it is the configuration of something else
	}
	_, dotted := lookupFold(root, "airflow.connections")
	if found || named && !dotted.IsZero() || isAstroList(dotted) {
		d.is(AstroSettings)
		return true
	}
	key := sectionKey(root)
	_, list := lookupFold(root, "connections")
	switch {
	case !key.IsZero() && (named || isAstroList(list)):
		d.is(AstroSettings)
		if d.hasNothing(root) {
			d.shape(EmptySections, key.Span())
		} else {
			if k, v := lookupFold(root, "connections"); v.Len() > 0 {
				key = k
			}
			d.shape(MissingAirflow, key.Span())
		}
		return true
	case named && (!airflow.IsZero() || d.isMisnamed(root)):
		d.is(AstroSettings)
		return true
	}
	for k, v := range root.Members() {
		if l := look(v); l.astro && l.evidence() || named && l.evidence() {
			d.is(AstroSettings)
			d.shape(MissingAirflow, k.Span())
			return true
		}
	}
	return false
}

// Sections are the keys under `airflow:` that the Astro CLI reads.
var Sections = [...]string{"connections", "pools", "variables"}

// sectionKey is the key of the first section in an object.
func sectionKey(n syntax.Node) syntax.Node {
	for k := range n.Members() {
		for _, s := range Sections {
			if k.Kind() == syntax.String && strings.EqualFold(k.Value(), s) {
				return k
			}
		}
	}
	return syntax.Node{}
}

func hasSections(n syntax.Node) bool { return !sectionKey(n).IsZero() }

// hasNothing reports whether all sections are empty.
func (d detector) hasNothing(n syntax.Node) bool {
	for _, s := range Sections {
		if _, v := lookupFold(n, s); v.Len() > 0 || v.Kind() == syntax.String {
			return false
		}
	}
	return true
}

// isSettings tells the object under `airflow:` from a Helm chart's values.
func (d detector) isSettings(airflow syntax.Node) bool {
	for i, field := range [...]string{"conn_id", "pool_name", "variable_name"} {
		_, section := lookupFold(airflow, Sections[i])
		if k, _ := lookupFold(section, field); !k.IsZero() {
			return true
		}
		for item := range section.Items() {
			if k, _ := lookupFold(item, field); !k.IsZero() {
				return true
			}
			if i == 0 && (look(item).astro || look(item).typ) {
				return true
			}
		}
	}
	return false
}

// isMisnamed reports whether the sections stand under another key than `airflow:`.
func (d detector) isMisnamed(root syntax.Node) bool {
	for _, v := range root.Members() {
		if d.isSettings(v) {
			return true
		}
	}
	return false
}

// isAstroList reports whether an item has a field that only settings have.
func isAstroList(n syntax.Node) bool {
	if look(n).astro {
		return true
	}
	for item := range n.Items() {
		if look(item).astro {
			return true
		}
	}
	return false
}

// list classifies a list.
func (d detector) list(root syntax.Node, yaml bool) {
	if yaml && isEntryList(root) && (isSettingsName(d.name) || isAstroList(root)) {
		d.is(AstroSettings)
		d.shape(MissingAirflow, d.firstByte(root))
		return
	}
	var all seen
	short := root.Len() > 0
	for item := range root.Items() {
		l := look(item)
		all.add(l)
		short = short && l.id && l.typ && item.Len() == 2
	}
	switch {
	case all.record && all.id || short:
		d.is(AirflowList)
	case all.connectionID && !all.id:
		d.is(AirflowREST)
	case all.entry || all.typ || all.id && isConnectionsName(d.name):
		// What is wrong with it is noted when its entries are listed.
	default:
		d.scalar(root)
	}
}

// object classifies an object that is no settings.
func (d detector) object(root syntax.Node) {
	whole := look(root)
	_, list := lookupFold(root, "services")
	key, wrapped := wrapper(root)
	switch {
	case isComposeName(d.name) || list.Kind() == syntax.Mapping && !look(list).evidence():
		d.isNot(ComposeFile)
	case whole.connectionID && !whole.id:
		d.is(AirflowREST)
	case isREST(root, wrapped):
		d.is(AirflowREST)
	case !key.IsZero():
	case whole.typScalar || whole.uri && d.hasScheme(root.Lookup("uri")):
		d.isNot(BareConnection)
	case root.Len() == 1 && root.Lookup("conn_uri").Kind() == syntax.String: // or it would be a connection of this name
		d.isNot(VaultSecret)
	case d.hasEvidence(root):
	case isVault(root):
		d.isNot(VaultSecret)
	case everyValue(root, "slots"):
		d.isNot(PoolsExport)
	case everyValue(root, "value") || strings.Contains(d.name, "variables"):
		d.isNot(VariablesExport)
	case isConfig(root):
		d.isNot(AirflowConfig)
	case isConnectionsName(d.name) && d.resembles(root):
	default:
		d.isNot(NotAnExport)
	}
}

// isREST tells an answer of the REST API from a wrapper written by hand.
func isREST(root, list syntax.Node) bool {
	if list.IsZero() {
		list = root.Lookup("connections")
	}
	if list.Kind() != syntax.Sequence {
		return false
	}
	var all seen
	for item := range list.Items() {
		all.add(look(item))
	}
	return all.connectionID && !all.id || list.Len() == 0 && !root.Lookup("total_entries").IsZero()
}

// wrapper is the key and value of a `connections` member that holds what should
// stand in its place.
func wrapper(root syntax.Node) (key, value syntax.Node) {
	for k, v := range root.Members() {
		if !k.Is("connections") {
			continue
		}
		if isEntryList(v) {
			return k, v
		}
		if v.Kind() == syntax.Mapping && !look(v).typScalar {
			for _, e := range v.Members() {
				if look(e).evidence() {
					return k, v
				}
			}
		}
	}
	return syntax.Node{}, syntax.Node{}
}

// isEntryList reports whether a list holds connections.
func isEntryList(n syntax.Node) bool {
	for item := range n.Items() {
		if l := look(item); l.entry || l.typ || l.connectionID {
			return true
		}
	}
	return false
}

// hasEvidence reports whether a value of the object can only be a connection.
func (d detector) hasEvidence(root syntax.Node) bool {
	shaped, scheme := true, false
	for k, v := range root.Members() {
		switch v.Kind() {
		case syntax.Mapping:
			l := look(v)
			if l.typ || l.entry {
				return true
			}
			// A URI alone is one where nothing else is, too.
			scheme = scheme || l.uri
			shaped = shaped && l.uri
		case syntax.Sequence:
			if isEntryList(v) && (v.Len() == 1 || isConnectionsName(d.name)) {
				return true
			}
		case syntax.String:
			if k.Kind() == syntax.String && isConnName(k.Value()) {
				return true
			}
			scheme = scheme || d.hasScheme(v)
			shaped = shaped && d.mayBeURI(v.Value())
		default:
			shaped = false
		}
	}
	return scheme && shaped
}

// hasScheme reports whether a text is a URI of a registered type. An address of
// the web is not, without a user: every other JSON file has one.
func (d detector) hasScheme(n syntax.Node) bool {
	return n.Kind() == syntax.String && d.isURI(n.Value())
}

func (d detector) isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || d.isType == nil || len(scheme) > 100 {
		return false
	}
	scheme = strings.ReplaceAll(strings.ToLower(scheme), "-", "_")
	if scheme == "postgresql" {
		scheme = "postgres"
	}
	if scheme == "http" && !strings.Contains(rest, "@") {
		return false
	}
	return d.isType(scheme)
}

// mayBeURI reports whether a text reads like the URI of a connection, among others.
// A list of addresses of the web has some of ssh or git, too.
func (d detector) mayBeURI(s string) bool {
	return strings.Contains(s, "://") && (!strings.HasPrefix(s, "https://") || strings.Contains(s, "@") || isConnectionsName(d.name))
}

// resembles is what a file must have that is named like an export, but has no
// evidence: nothing at all, or something that reads like a connection.
func (d detector) resembles(root syntax.Node) bool {
	empty := true
	for _, v := range root.Members() {
		empty = false
		if l := look(v); l.fields >= 2 || l.id || l.uri || v.Kind() == syntax.String && strings.Contains(v.Value(), "://") {
			return true
		}
	}
	return empty
}

// isVault reports whether an object is the body of a Vault secret, or a secret
// of AWS with the fields that RDS writes.
func isVault(n syntax.Node) bool {
	if n.Lookup("conn_uri").Kind() == syntax.String || n.Lookup("SecretString").Kind() == syntax.String {
		return true
	}
	if data := n.Lookup("data"); data.Kind() == syntax.Mapping {
		l := look(data)
		return l.evidence() || !data.Lookup("conn_uri").IsZero() || data.Lookup("data").Kind() == syntax.Mapping
	}
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return n.Lookup(k).Kind() == syntax.String })
	}
	return has("login", "user", "username", "user_name") && has("password", "pass", "key") && has("host", "remote_host", "server")
}

// everyValue reports whether all values are objects with this key.
func everyValue(n syntax.Node, key string) bool {
	for _, v := range n.Members() {
		if v.Lookup(key).IsZero() {
			return false
		}
	}
	return n.Len() > 0
}

// configSections are sections of airflow.cfg that no other file is likely to
// have at its top.
var configSections = []string{"core", "database", "logging", "scheduler", "webserver", "celery", "api", "metrics", "secrets", "triggerer", "smtp"}

// isConfig reports whether an object is airflow.cfg in YAML.
func isConfig(n syntax.Node) bool {
	found := false
	for k, v := range n.Members() {
		if v.Kind() != syntax.Mapping {
			return false
		}
		found = found || k.Kind() == syntax.String && slices.Contains(configSections, k.Value())
	}
	return found
}

// isINI reports whether a text is airflow.cfg as it is mostly written.
func isINI(s string) bool {
	section := false
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case !section:
			name, opened := strings.CutPrefix(line, "[")
			name, closed := strings.CutSuffix(name, "]")
			if !opened || !closed || !slices.Contains(configSections, name) {
				return false
			}
			section = true
		default:
			return line[0] == '[' || strings.Contains(line, "=")
		}
	}
	return section
}

// seen is what the keys of an object, or of several, tell.
type seen struct {
	id, typ, uri bool // conn_id, conn_type; uri and no key that is no field
	typScalar    bool // conn_type is a text
	entry        bool // conn_id, and more that a connection has: tasks name a connection, too
	connectionID bool // connection_id, as the REST API has it
	record       bool // a key that only the list command writes
	astro        bool // a key that only settings have
	fields       int  // keys that are fields, or sound like one
}

func (l seen) evidence() bool { return l.entry || l.typ || l.uri }

func (l *seen) add(o seen) {
	l.id, l.typ, l.uri, l.typScalar = l.id || o.id, l.typ || o.typ, l.uri || o.uri, l.typScalar || o.typScalar
	l.entry = l.entry || o.entry
	l.connectionID, l.record, l.astro = l.connectionID || o.connectionID, l.record || o.record, l.astro || o.astro
	l.fields += o.fields
}

// look takes an object's keys in.
func look(n syntax.Node) seen {
	var l seen
	if n.Kind() != syntax.Mapping {
		return l
	}
	other, known, place := false, 0, false
	for k, v := range n.Members() {
		if k.Kind() != syntax.String {
			other = true
			continue
		}
		known++
		switch k.Value() {
		case "conn_id":
			l.id = true
		case "conn_type":
			l.typ = true
			l.typScalar = !v.IsCollection()
		case "uri":
			l.uri = v.Kind() == syntax.String
		case "connection_id":
			l.connectionID = true
		case "get_uri", "is_encrypted", "is_extra_encrypted":
			l.record = true
		case "extra_dejson":
			l.record = true
		case "conn_host", "conn_login", "conn_password", "conn_schema", "conn_port", "conn_extra", "conn_uri":
			l.astro = true
		case "host", "login", "password", "port", "extra":
			l.fields++
			place = true
		case "schema", "description":
			l.fields++
		case "type", "user", "username", "name":
			l.fields++
			other = true
		default:
			other = true
			known--
		}
	}
	l.uri = l.uri && !other
	l.entry = l.id && (n.Len() == 1 || l.astro || place && 2*known > n.Len())
	return l
}

// env settles which of the two env formats a file is, or that it has no
// connections.
func (d detector) env() {
	if isUTF16(d.File.Data) && strings.Contains(strings.ReplaceAll(d.File.Data, "\x00", ""), connPrefix) {
		d.is(Dotenv) // as a > of PowerShell writes it
		d.Err = d.unreadable()
		return
	}
	lines := syntax.ParseDotenv(d.File.Text())
	named := isConnectionsName(d.name) && isEnvName(d.name)
	prefixed, bare, shaped := 0, 0, len(lines) > 0
	for i := range lines {
		l := &lines[i]
		key, value := l.Key.String(), l.Value.String()
		switch {
		case l.NoEquals:
			shaped = false
		case definesConn(l):
			prefixed++
		case d.isValue(value) && key != strings.ToUpper(key), named && (d.isValue(value) || strings.Contains(value, "://")):
			bare++
		case !strings.Contains(value, "//") && !strings.HasPrefix(value, "{"):
			shaped = false
		}
	}
	switch {
	case d.File.Data == "" && named:
		d.is(AirflowEnv)
		d.parseEnv()
	case len(lines) == 0:
		d.isNot(NothingToRead)
	case prefixed > 0 && (bare == 0 || isDotenvName(d.name) || !shaped && !named): // not shaped: variables of other kinds
		d.is(Dotenv)
		d.Lines = lines
	case prefixed > 0:
		d.is(AirflowEnv)
		d.shape(MixedEnvKeys, d.firstConnKey(lines))
		d.parseEnv()
	case named || bare > 0 && shaped && !isDotenvName(d.name):
		d.is(AirflowEnv)
		d.parseEnv()
	default:
		d.isNot(NothingToRead)
	}
}

// firstConnKey is the place of the first key that begins AIRFLOW_CONN_.
func (d detector) firstConnKey(lines []syntax.EnvLine) source.Span {
	i := slices.IndexFunc(lines, func(l syntax.EnvLine) bool { return definesConn(&l) })
	return lines[i].Key.Whole()
}

// isValue reports whether an env value is a connection's: a URI of a registered
// type, or JSON with a field in it.
func (d detector) isValue(s string) bool {
	return d.isURI(s) || strings.HasPrefix(s, "{") && (strings.Contains(s, `"conn_type"`) || strings.Contains(s, `"uri"`))
}

// other looks at a text whose name tells nothing: standard input, or any file
// that was named.
func (d detector) other() {
	s := d.File.Data[d.Log:]
	trimmed := strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	switch {
	case trimmed == "":
		d.isNot(EmptyDocument)
	case looksUTF16(s) || d.binary():
		d.isNot(NotAnExport)
	case looksJSON(s) && !isINI(s):
		d.json()
		if d.Err != nil && d.name != "-" && !mentionsFields(s) {
			d.isNot(NotAnExport)
			d.Err = nil
		}
	case isINI(s):
		d.isNot(AirflowConfig)
	case d.isScript():
		d.isNot(ShellScript)
	case d.isURI(trimmed) && !strings.ContainsAny(trimmed, "\r\n"):
		d.is(AirflowURI)
		d.read()
	case d.isForeign():
		d.isNot(OtherSource)
	default:
		d.text()
	}
}

// text tells env lines from YAML.
func (d detector) text() {
	if d.env(); d.Format != Unknown {
		return
	}
	d.isNot(NotAnExport)
	if !mentionsFields(d.File.Data) && d.name != "-" {
		return
	}
	d.Shape = Plain
	if d.yaml(); d.Err != nil && d.name != "-" {
		d.isNot(NotAnExport)
		d.Err = nil
	}
}

func looksJSON(s string) bool {
	s = strings.TrimLeft(s, "\ufeff \t\r\n")
	return strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")
}

func mentionsFields(s string) bool {
	return strings.Contains(s, "conn_type") || strings.Contains(s, "conn_id") || strings.Contains(s, "connection_id") || strings.Contains(s, connPrefix)
}

// binary reports whether a text is none.
func (d detector) binary() bool {
	return strings.IndexByte(d.File.Data[:min(len(d.File.Data), 8000)], 0) >= 0
}

// isScript reports whether a text is a shell script that makes connections.
func (d detector) isScript() bool {
	s := d.File.Data
	shell := strings.HasPrefix(s, "#!") || strings.HasSuffix(d.name, ".sh") || strings.HasSuffix(d.name, ".bash")
	return strings.Contains(s, "airflow connections ") || shell && strings.Contains(s, connPrefix)
}

// isForeign reports whether a text defines connections in another language.
func (d detector) isForeign() bool {
	return strings.Contains(d.File.Data, connPrefix) && (strings.Contains(d.name, "dockerfile") || strings.Contains(d.name, "containerfile") || strings.HasSuffix(d.name, ".tf") || strings.HasSuffix(d.name, ".py"))
}
