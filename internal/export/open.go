package export

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Options of [Open].
type Options struct {
	// Format that the user asked for; Unknown: it is detected.
	Format Format
	// Named is set where the user named the file.
	Named bool
	// IsType reports whether a name is a registered connection type. A text such
	// as postgres://… is evidence of an export only with its help.
	IsType func(string) bool
	// Docker is set where `docker --env-file` reads a dotenv: it keeps quotes.
	Docker bool
}

// Open finds out what a file is and takes it apart. A format that was asked for
// is taken whatever the content.
func Open(f *source.File, o Options) *Document {
	d := &Document{File: f, Format: o.Format, Named: o.Named || o.Format != Unknown}
	if f.Piped {
		d.Log = logBefore(f.Data)
	}
	if o.Format == Unknown {
		detector{Document: d, name: baseName(f.Path), isType: o.IsType}.detect()
	} else {
		d.read()
	}
	if o.Docker && d.Format == Dotenv && d.Err == nil {
		d.Lines = syntax.ParseDockerEnv(d.File.Text())
	}
	if d.Log > 0 && d.Err == nil && (d.Tree == nil || d.Tree.Root().YAML()) {
		d.Log = 0 // only what is read as JSON is read from there on
	}
	d.fill()
	return d
}

// read parses the text as the format that was asked for.
func (d *Document) read() {
	switch d.Format {
	case AirflowJSON:
		d.parseJSON()
	case AirflowYAML:
		d.parseYAML(syntax.PyYAML)
	case AstroSettings:
		d.parseYAML(syntax.GoYAML)
	case AirflowList, AirflowREST:
		name := baseName(d.File.Path)
		if isJSONName(name) || !isYAMLName(name) && looksJSON(d.File.Data[d.Log:]) {
			d.parseJSON()
		} else {
			d.parseYAML(syntax.PyYAML)
		}
	case AirflowEnv:
		d.parseEnv()
	case Dotenv:
		d.Lines = syntax.ParseDotenv(d.File.Text())
	case AirflowValue, AirflowURI:
		text := d.File.Text()
		d.Value = text.Slice(0, len(withoutLineEnd(text.String())))
	}
}

// logBefore is how many bytes of a log stand before an object of JSON, as what
// `airflow connections export -` prints: Airflow logs to standard output, 2.x
// "[2026-11-27T07:23:14.627+0000] {settings.py:475} …" and 3.x
// "2026-11-27T07:23:49.342647Z [debug] …".
func logBefore(s string) int {
	if !isLogLine(s) {
		return 0
	}
	for i := 0; ; {
		if strings.HasPrefix(s[i:], "{") {
			return i
		}
		n := strings.IndexByte(s[i:], '\n')
		if n < 0 {
			return 0
		}
		i += n + 1
	}
}

// isLogLine reports whether a text begins with a date and a time.
func isLogLine(s string) bool {
	const shape = "0000-00-00T00:00:00"
	s = strings.TrimPrefix(s, "[")
	if len(s) < len(shape) {
		return false
	}
	for i := range len(shape) {
		switch c := s[i]; shape[i] {
		case '0':
			if c < '0' || c > '9' {
				return false
			}
		case 'T':
			if c != 'T' && c != ' ' {
				return false
			}
		default:
			if c != shape[i] {
				return false
			}
		}
	}
	return true
}

// withoutLineEnd is the text without one line end at its end: that belongs to
// the file.
func withoutLineEnd(s string) string {
	if t, ok := strings.CutSuffix(s, "\r\n"); ok {
		return t
	}
	if strings.HasSuffix(s, "\n") || strings.HasSuffix(s, "\r") {
		return s[:len(s)-1]
	}
	return s
}

func (d *Document) parseJSON() bool {
	d.Tree, d.Err = nil, d.unreadable()
	if d.Err == nil {
		text := d.File.Text() // longer or shorter than the data, where it was filled
		if d.Log > 0 {
			text = text.From(logBefore(text.String()))
		}
		d.Tree, d.Err = syntax.ParseJSON(text)
		if d.Err != nil && looksUTF16(d.File.Data) {
			d.Err.Problem, d.Err.Hint = problemUTF16, hintUTF8
		}
	}
	return d.Err == nil
}

func (d *Document) parseYAML(dialect syntax.Dialect) bool {
	d.Tree, d.Err = nil, d.unreadable()
	if d.Err == nil {
		d.Tree, d.Err = syntax.ParseYAML(d.File.Text(), dialect)
		if d.Err != nil && looksUTF16(d.File.Data) {
			d.Err.Problem, d.Err.Hint = problemUTF16, hintUTF8
		}
	}
	if d.Err == nil && dialect == syntax.PyYAML {
		if docs := d.Tree.Documents(); len(docs) > 1 {
			d.shape(SeveralDocuments, docs[1].Span())
		}
	}
	return d.Err == nil
}

func (d *Document) parseEnv() {
	if d.File.Data == "" {
		return // no lines, and to no reader an error
	}
	if d.Err = d.unreadable(); d.Err == nil {
		d.Lines = syntax.ParseEnv(d.File.Text())
	}
}

const (
	problemUTF16 = "the file is UTF-16; its readers want UTF-8"
	hintUTF8     = "save it as UTF-8 without BOM"
)

// unreadable refuses bytes that are no UTF-8, which Python's open() cannot read.
func (d *Document) unreadable() *syntax.Error {
	text := d.File.Text()
	s := text.String()
	if s == "" {
		// JSON and YAML have no quarrel with it, or other words for it; Airflow
		// looks before it parses (airflow/secrets/local_filesystem.py).
		if d.Format == AstroSettings {
			return nil
		}
		return &syntax.Error{Message: "The file is empty.", Problem: "the file is empty"}
	}
	if isUTF16(s) {
		return &syntax.Error{Kind: syntax.EncodingError, Span: text.Span(0, 2), Problem: problemUTF16, Hint: hintUTF8}
	}
	if utf8.ValidString(s) {
		return nil
	}
	i := invalidUTF8(s)
	return &syntax.Error{Kind: syntax.EncodingError, Span: text.Span(i, i+1), Offset: i, Problem: "this byte is not UTF-8", Hint: "save the file as UTF-8"}
}

func invalidUTF8(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(s)
}

// isUTF16 reports whether a text begins with the byte order mark of UTF-16.
func isUTF16(s string) bool {
	return strings.HasPrefix(s, "\xff\xfe") || strings.HasPrefix(s, "\xfe\xff")
}

// looksUTF16 reports whether an ASCII character was written in two bytes, without
// a byte order mark.
func looksUTF16(s string) bool { return len(s) > 1 && (s[0] == 0) != (s[1] == 0) }

// fill lists the entries of a document whose format is settled.
func (d *Document) fill() {
	switch d.Format {
	case AirflowValue, AirflowURI:
		d.Entries = []Entry{{Line: -1}}
	case AirflowEnv:
		for i := range d.Lines {
			if !d.Lines[i].NoEquals {
				d.Entries = append(d.Entries, Entry{Line: i})
			}
		}
	case Dotenv:
		for i := range d.Lines {
			if definesConn(&d.Lines[i]) && !d.Lines[i].NoEquals {
				d.Entries = append(d.Entries, Entry{Line: i})
			}
		}
	}
	if d.Tree == nil {
		return
	}
	switch root := d.Tree.Root(); d.Format {
	case AirflowJSON, AirflowYAML:
		d.fillAirflow(root)
	case AirflowList:
		d.fillRecord(root, "conn_id")
	case AirflowREST:
		if list := root.Lookup("connections"); list.Kind() == syntax.Sequence {
			root = list
		}
		d.fillRecord(root, "connection_id")
	case AstroSettings:
		d.fillAstro(root)
	}
}

func (d *Document) fillAirflow(root syntax.Node) {
	switch kind := root.Kind(); {
	case kind == syntax.Sequence && isEntryList(root):
		d.shape(ListOfEntries, d.firstByte(root))
		d.addItems(root, "conn_id")
	case kind != syntax.Mapping:
		d.shape(NotAnObject, d.firstByte(root))
	default:
		key, wrapped := wrapper(root)
		if key.IsZero() {
			d.addMembers(root)
			return
		}
		d.shape(WrappedEntries, key.Span())
		d.addItems(wrapped, "conn_id")
		d.addMembers(wrapped)
	}
}

// fillRecord lists what Airflow's list command or its API shows.
func (d *Document) fillRecord(root syntax.Node, id string) {
	switch root.Kind() {
	case syntax.Sequence:
		d.addItems(root, id)
	case syntax.Mapping:
		d.add(lookupKeyed(root, id), root)
	default:
		d.shape(NotAnObject, d.firstByte(root))
	}
}

// fillAstro lists the connections of settings as the Astro CLI finds them, or
// would if they stood under `airflow:`. viper lower-cases keys; mapstructure
// takes a lone object for a list of one.
func (d *Document) fillAstro(root syntax.Node) {
	switch d.Shape {
	case MissingAirflow:
		_, section := lookupFold(root, "connections")
		switch {
		case root.Kind() == syntax.Sequence:
			section = root
		case section.IsZero() && sectionKey(root).IsZero():
			d.addMembers(root)
			return
		}
		d.addItems(section, "conn_id")
		d.addMembers(section)
	case EmptySections, EmptyDocument:
	default:
		if root.IsZero() || root.Kind() == syntax.Null {
			d.shape(EmptyDocument, d.FirstContent())
			return
		}
		switch section := d.Section("connections"); section.Kind() {
		case syntax.Sequence:
			d.addItems(section, "conn_id")
		case syntax.Mapping:
			if key := firstKeyed(section); !key.IsZero() {
				d.shape(KeyedEntries, key.Span())
				d.addMembers(section)
				break
			}
			d.add(lookupKeyed(section, "conn_id"), section)
		}
	}
	for i := range d.Entries {
		d.Entries[i].Template = isTemplate(d.Entries[i].Node)
	}
}

// Airflow is what stands under `airflow:` in settings.
func (d *Document) Airflow() syntax.Node {
	_, airflow := lookupFold(d.Tree.Root(), "airflow")
	return airflow
}

// Section is what the Astro CLI finds under `airflow:` by the name of a section.
func (d *Document) Section(name string) syntax.Node {
	// viper takes a key with dots for a path.
	if _, dotted := lookupFold(d.Tree.Root(), "airflow."+name); !dotted.IsZero() {
		return dotted
	}
	_, section := lookupFold(d.Airflow(), name)
	return section
}

func (d *Document) add(key, value syntax.Node) {
	d.Entries = append(d.Entries, Entry{Key: key, Node: value, Line: -1})
}

// addMembers adds the members of a mapping, whose keys are the ids.
func (d *Document) addMembers(n syntax.Node) {
	for k, v := range n.Members() {
		d.add(k, v)
	}
}

// firstKeyed is the first key of a mapping whose members are connections; absent
// where it is one itself.
func firstKeyed(n syntax.Node) syntax.Node {
	if l := look(n); l.id || l.typ || l.astro {
		return syntax.Node{}
	}
	var first syntax.Node
	for k, v := range n.Members() {
		if l := look(v); !l.id && !l.typ && !l.astro {
			return syntax.Node{}
		}
		if first.IsZero() {
			first = k
		}
	}
	return first
}

// addItems adds the items of a list, whose ids are under a key.
func (d *Document) addItems(n syntax.Node, id string) {
	for item := range n.Items() {
		d.add(lookupKeyed(item, id), item)
	}
}

// shape notes the first thing that is to be said about the document.
func (d *Document) shape(s Shape, at source.Span) {
	if d.Shape == Plain {
		d.Shape, d.ShapeAt = s, at
	}
}

// firstByte is where a node begins, or the document if there is none.
func (d *Document) firstByte(n syntax.Node) source.Span {
	if n.IsZero() {
		return d.FirstContent()
	}
	s := n.Span()
	return source.Span{Start: s.Start, End: min(s.Start+1, s.End)}
}

// FirstContent is the first byte of the file that is no blank.
func (d *Document) FirstContent() source.Span {
	s := d.File.Data
	i := len(s) - len(strings.TrimLeft(s, "\ufeff \t\r\n"))
	if i == len(s) {
		i = 0
	}
	return source.Span{Start: i, End: min(i+1, len(s))}
}

// lookupKeyed is the scalar under a key, which names an entry; absent where it
// is null or no scalar.
func lookupKeyed(n syntax.Node, key string) syntax.Node {
	if _, v := lookupFold(n, key); !v.IsCollection() && v.Kind() != syntax.Null {
		return v
	}
	return syntax.Node{}
}

// lookupFold is the member whose key is a text that is equal in lower case: the
// last one that is not written so, or else the last one. That is the one which viper
// lets win.
func lookupFold(n syntax.Node, key string) (k, v syntax.Node) {
	folded := false
	for mk, mv := range n.Members() {
		if mk.Kind() != syntax.String {
			continue
		}
		if mk.Is(key) {
			if !folded {
				k, v = mk, mv
			}
		} else if text := mk.Value(); strings.ToLower(text) == key {
			k, v, folded = mk, mv, true
		}
	}
	return k, v
}

// isTemplate reports whether an entry is the one of `astro dev init`, untouched:
// every field null or empty and the example in conn_extra.
//
// Source: airflow/include/airflowsettingsyml.go of astro-cli.
func isTemplate(n syntax.Node) bool {
	if n.Kind() != syntax.Mapping || n.Lookup("conn_id").IsZero() || n.Lookup("conn_type").IsZero() {
		return false
	}
	for k, v := range n.Members() {
		switch {
		case v.Kind() == syntax.Null || v.Is(""):
		case k.Is("conn_extra") && v.Kind() == syntax.Mapping:
			if v.Len() != 1 || !v.Lookup("example_extra_field").Is("example-value") {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// IDText is the id of an entry as it is written; of a dotenv's line, the
// lower-cased rest of the name. Empty where there is none.
func (d *Document) IDText(i int) source.Text {
	e := &d.Entries[i]
	switch {
	case e.Line >= 0 && d.Format == Dotenv:
		return lower(d.Lines[e.Line].Key.From(len(connPrefix)))
	case e.Line >= 0:
		return d.Lines[e.Line].Key
	case e.Key.IsZero() || e.Key.IsCollection():
		return source.Text{}
	}
	return e.Key.Text()
}

func lower(t source.Text) source.Text {
	s := t.String()
	b := source.NewBuilder(t, func(s string) (string, bool) { return strings.ToUpper(s), true })
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		b.Put(i, i+n, strings.ToLower(s[i:i+n]))
		i += n
	}
	return b.Text()
}

// EntryPlace is where an entry is named: its id, or where it begins if it has
// none. What is absent from an entry is reported there.
func (d *Document) EntryPlace(i int) source.Span {
	e := &d.Entries[i]
	switch {
	case e.Line >= 0:
		return d.Lines[e.Line].Key.Whole()
	case !e.Key.IsZero() && !e.Key.IsCollection() && e.Key.Text().Len() > 0:
		return e.Key.Text().Whole()
	case !e.Key.IsZero():
		return e.Key.Span()
	case e.Node.IsZero():
		return d.Value.Whole()
	}
	for k := range e.Node.Written() {
		return k.Span()
	}
	return d.firstByte(e.Node)
}

// EntrySpan is all bytes of an entry, its key included.
func (d *Document) EntrySpan(i int) source.Span {
	e := &d.Entries[i]
	switch {
	case e.Line >= 0:
		return d.Lines[e.Line].Span
	case e.Node.IsZero():
		return d.Value.Whole()
	}
	span := e.Node.Span()
	if !e.Key.IsZero() {
		key := e.Key.Span()
		span.Start, span.End = min(span.Start, key.Start), max(span.End, key.End)
	}
	return span
}

// IsAmong reports whether entry i has one of the ids; no ids stand for all.
func (d *Document) IsAmong(i int, ids []string) bool {
	return len(ids) == 0 || slices.Contains(ids, d.IDText(i).String())
}

// ConnCount is the number of connections; untouched templates are none.
func (d *Document) ConnCount() int {
	n := len(d.Entries)
	for i := range d.Entries {
		if d.Entries[i].Template {
			n--
		}
	}
	return n
}

// Passed reports whether a walk passes the document by: nobody named it, and it
// is no export, or does not parse and is not named like one.
func (d *Document) Passed() bool {
	if d.Named {
		return false
	}
	return d.Format == Unknown || d.Err != nil && !d.NamedLikeExport()
}

// NamedLikeExport reports whether the file's name alone says that it is one:
// airflow_settings*, connections* and *connections.json, .yaml, .yml and .env.
func (d *Document) NamedLikeExport() bool {
	return isSettingsName(baseName(d.File.Path)) || isConnectionsName(baseName(d.File.Path))
}
