package airflow_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// vector is a case of testdata/vectors/airflow-readers.json: what real Airflow
// made of an input. Results are compared as trees of decoded JSON.
type vector struct {
	Name, Kind, Input string
	InputB64          []byte `json:"input_b64"`
	FileName          string `json:"file_name"`
	ConnID            string `json:"conn_id"`
	EnvName           string `json:"env_name"`
	Expected          *result
	ByVersion         map[string]*result `json:"expected_by_version"`
	SDK               map[string]*result `json:"sdk_by_version"`
}

type result struct {
	Conn   any            `json:"conn"`
	Conns  map[string]any `json:"conns"`
	Error  *thrown        `json:"error"`
	Lookup *thrown        `json:"lookup"`
	Import *imported      `json:"import"`
}

type imported struct {
	Refused   []string       `json:"refused"`
	NotStored []string       `json:"not_stored"`
	Stored    map[string]any `json:"stored_differently"`
	Error     *thrown        `json:"error"`
}

type thrown struct {
	Class, Message string
	// Others are the wordings of older versions.
	Others []string `json:"other_messages"`
	// Parse are the errors of an AirflowFileParseException.
	Parse []struct {
		Line    int
		Message string
	} `json:"parse_errors"`
}

// says reports whether the failure's message is the recorded one. Where a file
// lies, and what PyYAML quotes of a value, is not compared.
func (t *thrown) says(f *connection.Failure, path string) bool {
	got := strings.ReplaceAll(f.Message.Peek(), " "+path+".", " <dir>/"+path+".")
	if t.Parse == nil {
		for _, want := range append(t.Others, t.Message) {
			if got == want || got != "" && strings.HasPrefix(want, got+": '") {
				return true
			}
		}
		return false
	}
	want := t.Message + "\nFilename: " + path + "\n\n"
	for i, e := range t.Parse {
		want += fmt.Sprintf("==================== Parse error %3d ====================\n%s\n", i+1, e.Message)
		if e.Line > 0 {
			want += fmt.Sprintf("Line number:  %d\n", e.Line)
		}
	}
	return got == want
}

func (t *thrown) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &t.Class)
	}
	type plain thrown
	return json.Unmarshal(b, (*plain)(t))
}

// readVectors are the cases that were thought of, those that the fuzzer found, and
// those that docs/evidence.md wanted.
func readVectors(tb testing.TB) (versions []string, cases []vector) {
	tb.Helper()
	for _, name := range []string{"airflow-readers.json", "airflow-fuzzed.json", "airflow-evidence.json"} {
		var some struct {
			Versions []string
			Cases    []vector
		}
		readJSON(tb, filepath.FromSlash("../../testdata/vectors/"+name), &some)
		versions, cases = some.Versions, append(cases, some.Cases...)
	}
	return versions, cases
}

func readJSON(tb testing.TB, file string, into any) {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		tb.Fatal(err)
	}
}

var kindFormats = map[string]export.Format{
	"env": export.AirflowValue, "json_file": export.AirflowJSON, "yaml_file": export.AirflowYAML, "env_file": export.AirflowEnv,
}

func (v *vector) document() *export.Document {
	data := v.Input
	if v.InputB64 != nil {
		data = string(v.InputB64)
	}
	name := v.FileName
	if name == "" {
		name = map[string]string{"json_file": "connections.json", "yaml_file": "connections.yaml", "env_file": "connections.env"}[v.Kind]
	}
	doc := export.Open(&source.File{Path: name, Data: data}, export.Options{Format: kindFormats[v.Kind]})
	if v.Kind == "env" {
		// A value in the environment ends where it ends.
		doc.Value = doc.File.Text()
		doc.ConnID = v.ConnID
	}
	return doc
}

func TestVectors(t *testing.T) {
	versions, cases := readVectors(t)
	total, passed, failures, worded := 0, 0, 0, 0
	for _, name := range versions {
		version := versionOf(t, name)
		for i := range cases {
			v := &cases[i]
			server, worker := v.recorded(name)
			if server == nil {
				continue
			}
			doc := v.document()
			total++
			if problem := disagreement(doc, version, server, worker); problem != "" {
				t.Errorf("%s %s: %s", name, v.Name, problem)
				continue
			}
			passed++
			if server.Error != nil {
				f := failed(version.Server.Read(doc))
				if server.Error.says(f, doc.File.Path) {
					worded++
				} else if !slices.Contains(knownWordings, v.Name) {
					t.Errorf("%s %s: message\n got  %q\n want %q %+v", name, v.Name, f.Message.Peek(), server.Error.Message, server.Error.Parse)
				}
				failures++
			}
		}
	}
	t.Logf("%d of %d results agree with real Airflow (%d cases); %d of %d errors word for word", passed, total, len(cases), worded, failures)
}

// TestReleases holds the readers to further releases. Of each, what the same cases
// came to is recorded where it is not as in the release before, wordings aside.
func TestReleases(t *testing.T) {
	_, cases := readVectors(t)
	files, err := filepath.Glob(filepath.FromSlash("../../testdata/vectors/airflow-releases/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no releases", err)
	}
	total := 0
	for _, file := range files {
		var release struct {
			Version, Like, Python string
			Differs               map[string]struct{ Server, Worker *result }
		}
		readJSON(t, file, &release)
		version := versionOf(t, release.Version)
		if !strings.HasPrefix(release.Python, version.Python+".") {
			t.Errorf("%s was recorded on Python %s; the table says %s", release.Version, release.Python, version.Python)
		}
		for i := range cases {
			v := &cases[i]
			server, worker := v.recorded(release.Like)
			if server == nil {
				continue
			}
			if d, ok := release.Differs[v.Name]; ok {
				if d.Server != nil {
					server = d.Server
				}
				if d.Worker != nil {
					worker = d.Worker
				}
			}
			total++
			if problem := disagreement(v.document(), version, server, worker); problem != "" {
				t.Errorf("%s %s: %s", release.Version, v.Name, problem)
			}
		}
	}
	t.Logf("%d results of %d further releases", total, len(files))
}

func versionOf(tb testing.TB, name string) airflow.Version {
	tb.Helper()
	v, _, err := airflow.VersionFor(name)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// recorded is what the case came to in the server, and in a worker; nil where
// nothing is recorded.
func (v *vector) recorded(version string) (server, worker *result) {
	if v.EnvName != "" && v.EnvName != "AIRFLOW_CONN_"+strings.ToUpper(v.ConnID) {
		return nil, nil // a variable that is not looked at: nothing that a reader does
	}
	server = v.Expected
	if server == nil {
		server = v.ByVersion[version]
	}
	if worker = v.SDK[version]; worker == nil {
		worker = server
	}
	return server, worker
}

// disagreement is how a version's readers differ from what was recorded.
func disagreement(doc *export.Document, version airflow.Version, server, worker *result) string {
	if problem := compare(doc, version.Server, version.Server.Read(doc), server); problem != "" {
		return problem
	}
	if problem := compareImport(doc, version.Server, server); problem != "" {
		return "import: " + problem
	}
	if version.HasWorker && doc.Format == export.AirflowValue {
		if problem := compare(doc, version.Worker, version.Worker.ReadWorker(doc), worker); problem != "" {
			return "worker: " + problem
		}
	}
	return ""
}

// knownWordings are cases whose message differs: PyYAML quotes a tag, which is a
// value of the document; of a document without content the place is not known;
// an older Airflow says that the key is empty where it is the value.
var knownWordings = []string{
	"yaml/scalar-login/!!python/tuple [a, b]", "yaml/doc/password-bang", "yaml/doc/tag-python-name", "yaml/doc/tag-python-str",
	"yaml/doc/top-doc-start-twice", "fuzz/envfile/047", "fuzz/envfile/086",
}

// failed is what the reading failed by, the swallowed failure of a value.
func failed(r *connection.Reading) *connection.Failure {
	if r.Refusal != nil {
		return r.Refusal
	}
	return r.Outcomes[0].Failure.Cause
}

// compare says how a reading differs from what was recorded.
func compare(doc *export.Document, p airflow.Profile, r *connection.Reading, want *result) string {
	if doc.Format == export.AirflowValue {
		return compareValue(p, r, want)
	}
	if want.Error != nil || r.Refusal != nil {
		return compareFailure(r.Refusal, want.Error)
	}
	got := map[string]any{}
	for i, o := range r.Outcomes {
		switch o.Status {
		case connection.Loaded:
			var c connection.Connection
			r.Load(i, &c)
			id := idName(&c.ID)
			got[id] = dropError(record(&c, p), want.Conns[id])
		case connection.Failed:
			return fmt.Sprintf("entry %d failed: %s", i, o.Failure.Class)
		}
	}
	return diff(got, want.Conns)
}

func compareValue(p airflow.Profile, r *connection.Reading, want *result) string {
	o := r.Outcomes[0]
	var c connection.Connection
	r.Load(0, &c)
	switch {
	case o.Status == connection.Skipped:
		if want.Conn != nil || want.Error != nil {
			return "skipped"
		}
		return ""
	case o.Status == connection.Failed:
		if o.Failure.Class != "AirflowNotFoundException" || o.Failure.Cause == nil {
			return "failed with " + o.Failure.Class
		}
		if want.Error != nil {
			return compareFailure(o.Failure.Cause, want.Error)
		}
		if want.Lookup == nil {
			return fmt.Sprintf("not found: %s %s", o.Failure.Cause.Class, o.Failure.Cause.Message.Peek())
		}
	case want.Error != nil:
		return "no error, want " + want.Error.Class + " " + want.Error.Message
	case want.Lookup != nil:
		return "found, but the lookup should fail"
	}
	return diff(dropError(record(&c, p), want.Conn), want.Conn)
}

// dropError leaves extra_dejson out of what we say where reading it raises: the
// object is there all the same, for rules to look at. That get_uri() raises, too,
// is compared.
func dropError(got, want any) any {
	g, _ := got.(map[string]any)
	w, _ := want.(map[string]any)
	if m, _ := w["extra_dejson"].(map[string]any); m["$error"] != nil {
		g["extra_dejson"] = m
	}
	return got
}

func compareFailure(got *connection.Failure, want *thrown) string {
	switch {
	case want == nil:
		return fmt.Sprintf("unexpected %s: %s", got.Class, got.Message.Peek())
	case got == nil:
		return fmt.Sprintf("no error, want %s: %s", want.Class, want.Message)
	case got.Class != want.Class:
		return fmt.Sprintf("%s: %s, want %s: %s", got.Class, got.Message.Peek(), want.Class, want.Message)
	}
	return ""
}

func compareImport(doc *export.Document, p airflow.Profile, want *result) string {
	if doc.Format == export.AirflowValue || want.Error != nil {
		return ""
	}
	if want.Import == nil {
		want = &result{Conns: want.Conns, Import: &imported{}}
	}
	r := p.Import(doc)
	var refused, notStored []string
	var died *connection.Failure
	table, loaded := map[string]map[string]any{}, map[string]map[string]any{}
	plain := p.Read(doc)
	for i, o := range r.Outcomes {
		var c connection.Connection
		if o.Status != connection.Overridden && o.Status != connection.Skipped {
			plain.Load(i, &c)
			loaded[idName(&c.ID)] = fields(&c, p)
		}
		r.Load(i, &c)
		switch {
		case o.Status == connection.Loaded && c.HoldsOther:
			table[idName(&c.HeldID)] = fields(&c, p)
		case o.Status == connection.Loaded:
			table[idName(&c.ID)] = fields(&c, p)
		case o.Status == connection.Failed && strings.HasPrefix(o.Failure.Message.Peek(), "Could not import"):
			refused = append(refused, o.Failure.Message.Peek())
		case o.Status == connection.Failed:
			died = o.Failure
		}
	}
	stored := map[string]any{}
	for id, row := range table {
		if loaded[id] == nil {
			stored[id] = row // under an id that it did not have
		}
	}
	for id, was := range loaded {
		is, ok := table[id]
		if !ok {
			notStored = append(notStored, id)
			continue
		}
		changed := map[string]any{}
		for k := range union(was, is) {
			if diff(was[k], is[k]) != "" {
				changed[k] = is[k]
			}
		}
		if len(changed) > 0 {
			stored[id] = changed
		}
	}
	if died != nil || want.Import.Error != nil {
		if problem := compareFailure(died, want.Import.Error); problem != "" {
			return problem
		}
	}
	sort.Strings(notStored)
	sort.Strings(want.Import.NotStored)
	if !slices.Equal(notStored, want.Import.NotStored) {
		return fmt.Sprintf("not stored %q, want %q", notStored, want.Import.NotStored)
	}
	sort.Strings(refused)
	sort.Strings(want.Import.Refused)
	if !slices.Equal(refused, want.Import.Refused) {
		return fmt.Sprintf("refused %q, want %q", refused, want.Import.Refused)
	}
	wanted := want.Import.Stored
	if wanted == nil {
		wanted = map[string]any{}
	}
	return diff(stored, wanted)
}

// fields is a record without its id.
func fields(c *connection.Connection, p airflow.Profile) map[string]any {
	m := record(c, p)
	delete(m, "conn_id")
	if c.Failure != nil {
		for _, k := range []string{"extra", "extra_dejson", "uri"} {
			m[k] = map[string]any{"$error": c.Failure.Class} // stored, but reading it back raises
		}
	}
	return m
}

func union(a, b map[string]any) map[string]bool {
	u := map[string]bool{}
	for k := range a {
		u[k] = true
	}
	for k := range b {
		u[k] = true
	}
	return u
}

// record is a connection as the vectors write it.
func record(c *connection.Connection, p airflow.Profile) map[string]any {
	m := map[string]any{}
	put := func(name string, v *connection.Value) {
		if v.Kind != connection.Absent {
			m[name] = encodeAll(v)
		}
	}
	if c.HoldsOther {
		m["conn_id"] = encodeAll(&c.HeldID)
	}
	put("conn_type", &c.Type)
	put("host", &c.Host)
	put("login", &c.Login)
	put("password", &c.Password)
	put("schema", &c.Schema)
	put("port", &c.Port)
	put("description", &c.Description)
	put("team_name", &c.TeamName)
	put("extra", &c.Extra)
	if c.Extra.Kind != connection.Absent {
		if c.ExtraObject().Kind == connection.Absent && (c.ExtraError || !c.Extra.Truthy()) {
			m["extra_dejson"] = map[string]any{}
		} else {
			m["extra_dejson"] = encodeAll(c.ExtraObject())
		}
	}
	uri, err := airflow.GetURI(c, p)
	if err != nil {
		m["uri"] = map[string]any{"$error": err.Class}
	} else {
		m["uri"] = encodeText(uri)
	}
	return m
}

func encodeAll(v *connection.Value) any {
	if depth(v) > 100 {
		return map[string]any{"$too_deep": true}
	}
	return encode(v)
}

func depth(v *connection.Value) int {
	if v.Kind < connection.List {
		return 0
	}
	d := 0
	for i := range v.Items {
		d = max(d, depth(&v.Items[i].Value))
	}
	return d + 1
}

func encode(v *connection.Value) any {
	text := v.Text.Peek()
	switch v.Kind {
	case connection.Absent:
		return nil
	case connection.Text:
		return encodeText(text)
	case connection.Int:
		return json.Number(text)
	case connection.Bool:
		return text == "True"
	case connection.Float:
		if text == "nan" || text == "inf" || text == "-inf" {
			return map[string]any{"$float": text}
		}
		return json.Number(text)
	case connection.Date:
		return map[string]any{"$date": text}
	case connection.Datetime:
		return map[string]any{"$datetime": strings.Replace(text, " ", "T", 1)}
	case connection.Bytes:
		return map[string]any{"$bytes_b64": base64.StdEncoding.EncodeToString([]byte(text))}
	}
	var list []any
	for i := range v.Items {
		list = append(list, encode(&v.Items[i].Value))
	}
	switch v.Kind {
	case connection.List, connection.Tuple:
		return append([]any{}, list...)
	case connection.Set:
		return map[string]any{"$set": list}
	}
	m, odd := map[string]any{}, false
	var pairs []any
	for i := range v.Items {
		k := &v.Items[i].Key
		odd = odd || k.Kind != connection.Text || strings.HasPrefix(k.Text.Peek(), "$") || !utf8.ValidString(k.Text.Peek())
		m[k.Text.Peek()] = list[i]
		pairs = append(pairs, []any{encode(k), list[i]})
	}
	if odd {
		return map[string]any{"$dict": pairs}
	}
	return m
}

func encodeText(s string) any {
	if !utf8.ValidString(s) {
		return map[string]any{"$wtf8_b64": base64.StdEncoding.EncodeToString([]byte(s))}
	}
	return s
}

// idName is an id as the vectors write it.
func idName(v *connection.Value) string {
	if v.Kind == connection.Text {
		if !utf8.ValidString(v.Text.Peek()) {
			return "$wtf8_b64:" + base64.StdEncoding.EncodeToString([]byte(v.Text.Peek()))
		}
		return v.Text.Peek()
	}
	text := v.Text.Peek()
	switch v.Kind {
	case connection.Absent:
		return "$null:null"
	case connection.Bool:
		text = strings.ToLower(text)
	case connection.Datetime:
		text = strings.Replace(text, " ", "T", 1)
	case connection.Bytes:
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	return "$" + map[connection.Kind]string{
		connection.Int: "int", connection.Bool: "bool", connection.Float: "float", connection.Date: "date",
		connection.Datetime: "datetime", connection.Bytes: "bytes_b64",
	}[v.Kind] + ":" + text
}

// diff says how two trees of decoded JSON differ; integers and floats do.
func diff(got, want any) string {
	g, w := canonical(got), canonical(want)
	if g == w {
		return ""
	}
	return "got  " + g + "\n                want " + w
}

func canonical(v any) string {
	var b strings.Builder
	var write func(v any)
	write = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			sort.Strings(keys)
			b.WriteByte('{')
			for _, k := range keys {
				fmt.Fprintf(&b, "%q: ", k)
				if list, ok := v[k].([]any); ok && k == "$set" {
					parts := make([]string, len(list))
					for i := range list {
						parts[i] = canonical(list[i])
					}
					sort.Strings(parts)
					fmt.Fprintf(&b, "%q", parts)
					continue
				}
				write(v[k])
				b.WriteString(", ")
			}
			b.WriteByte('}')
		case []any:
			b.WriteByte('[')
			for _, x := range v {
				write(x)
				b.WriteString(", ")
			}
			b.WriteByte(']')
		case json.Number:
			if !strings.ContainsAny(string(v), ".eE") {
				b.WriteString(string(v))
				return
			}
			f, _ := v.Float64()
			fmt.Fprintf(&b, "f%016x", math.Float64bits(f))
		case string:
			fmt.Fprintf(&b, "%+q", v)
		default:
			fmt.Fprint(&b, v)
		}
	}
	write(v)
	return b.String()
}
