package astro

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

func read(text string) (*export.Document, *connection.Reading) {
	file := &source.File{Path: "airflow_settings.yaml", Data: text}
	doc := export.Open(file, export.Options{Format: export.AstroSettings})
	v, _, _ := VersionFor("")
	return doc, v.Profile.Read(doc)
}

// TestVectors compares what is posted and printed with the real loader's.
func TestVectors(t *testing.T) {
	type vector struct {
		Name      string                       `json:"name"`
		Input     string                       `json:"input"`
		LoadError string                       `json:"load_error"`
		Printed   string                       `json:"printed"`
		Posted    []map[string]json.RawMessage `json:"posted"`
	}
	var cases []vector
	for _, name := range []string{"astro-settings", "astro-fuzzed"} {
		data, err := os.ReadFile("../../testdata/vectors/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var more []vector
		if err := json.Unmarshal(data, &more); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, more...)
	}
	passed := 0
	for _, c := range cases {
		doc, r := read(c.Input)
		if refused := r.Refusal != nil; refused != (c.LoadError != "") {
			t.Errorf("%s: refusal is %v, want %q", c.Name, r.Refusal, c.LoadError)
			continue
		}
		// What yaml.v3 says of a document that does not parse is not ours to word.
		if r.Refusal != nil && doc.Err == nil && r.Refusal.Message.Peek() != c.LoadError {
			t.Errorf("%s: message is %q, want %q", c.Name, r.Refusal.Message.Peek(), c.LoadError)
			continue
		}
		if got := r.Printed.Peek(); got != c.Printed {
			t.Errorf("%s: printed %q, want %q", c.Name, got, c.Printed)
			continue
		}
		got, want := sent(Posted(r)), wanted(c.Posted)
		if got != want {
			t.Errorf("%s: posted\n%swant\n%s", c.Name, got, want)
			continue
		}
		checkSpans(t, c.Name, doc, r)
		passed++
	}
	t.Logf("%d of %d cases agree", passed, len(cases))
}

// sent is what is posted as JSON, a body a line.
func sent(bodies []Body) string {
	var b strings.Builder
	for _, body := range bodies {
		for _, m := range body {
			b.WriteString(m.Key + "=")
			if m.Value.Kind == connection.Int {
				b.WriteString(m.Value.Text.Peek())
			} else {
				text, _ := json.Marshal(m.Value.Text.Peek())
				b.Write(text)
			}
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func wanted(bodies []map[string]json.RawMessage) string {
	var b strings.Builder
	for _, body := range bodies {
		for _, k := range keys {
			raw, ok := body[k.name]
			if !ok {
				continue
			}
			var text string
			if json.Unmarshal(raw, &text) == nil {
				raw, _ = json.Marshal(text)
			}
			b.WriteString(k.name + "=" + string(raw) + " ")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// checkSpans checks the promise of [connection.Value.At]: where a text is written
// as it is held, each part of it has its bytes in the file.
func checkSpans(t *testing.T, name string, doc *export.Document, r *connection.Reading) {
	t.Helper()
	data := doc.File.Data
	var check func(where string, v *connection.Value)
	check = func(where string, v *connection.Value) {
		if v.Place.Start < 0 || v.Place.End > len(data) || v.Place.Start > v.Place.End {
			t.Errorf("%s: %s stands at %v", name, where, v.Place)
			return
		}
		text := v.Text.Peek()
		if v.Written() && v.Src.Len() > 0 {
			if whole := v.Span(); !v.Place.Contains(whole) && v.Place != whole {
				t.Errorf("%s: %s is at %v, outside of its place %v", name, where, whole, v.Place)
			}
			for i := range text {
				at := v.At(i, i+1)
				if at.Start < 0 || at.End > len(data) || at.Start > at.End {
					t.Errorf("%s: byte %d of %s is at %v", name, i, where, at)
					return
				}
				if one := data[at.Start:at.End]; len(one) == 1 && one != text[i:i+1] && one != "+" && one != "\n" && one != "\r" {
					t.Errorf("%s: byte %d of %s is %q, found %q", name, i, where, text[i:i+1], one)
				}
			}
		}
		for i := range v.Items {
			check(where+"/key", &v.Items[i].Key)
			check(where+"/"+v.Items[i].Key.Text.Peek(), &v.Items[i].Value)
		}
	}
	for i := range doc.Entries {
		var c connection.Connection
		r.Load(i, &c)
		for _, f := range append(connection.Fields[:], connection.URI) {
			check(f.String(), c.Field(f))
		}
		check("extra_dejson", c.ExtraObject())
	}
}

func load(t *testing.T, entry string) (connection.Connection, *export.Document, *connection.Reading) {
	t.Helper()
	doc, r := read("airflow:\n  connections:\n    - " + strings.ReplaceAll(entry, "\n", "\n      ") + "\n")
	if len(doc.Entries) != 1 {
		t.Fatalf("%d entries in %s", len(doc.Entries), entry)
	}
	var c connection.Connection
	r.Load(0, &c)
	return c, doc, r
}

func at(doc *export.Document, s source.Span) string { return doc.File.Data[s.Start:s.End] }

func TestCauses(t *testing.T) {
	for _, tt := range []struct {
		line  string
		field connection.Field
		text  string
		cause connection.Cause
	}{
		{"conn_login: 012345", connection.Login, "5349", connection.YAMLOctal},
		{"conn_login: 0o17", connection.Login, "15", connection.YAMLOctal},
		{"conn_login: 0x1F", connection.Login, "31", connection.YAMLHex},
		{"conn_login: 0b11", connection.Login, "3", connection.YAMLBinary},
		{"conn_login: 1_000", connection.Login, "1000", connection.YAMLUnderscore},
		{"conn_login: +7", connection.Login, "7", connection.YAMLInteger},
		{"conn_login: 12345", connection.Login, "12345", connection.Unchanged},
		{"conn_login: '012345'", connection.Login, "012345", connection.Unchanged},
		{"conn_login: 1.10", connection.Login, "1.1", connection.YAMLFloat},
		{"conn_login: 08", connection.Login, "8", connection.YAMLFloat},
		{"conn_login: true", connection.Login, "1", connection.WeakBoolean},
		{"conn_login: false", connection.Login, "0", connection.WeakBoolean},
		{"conn_login: !!binary aGk=", connection.Login, "hi", connection.YAMLTag},
		{"conn_login: !!int '0x1F'", connection.Login, "31", connection.YAMLTag},
		{"conn_port: 443.7", connection.Port, "443", connection.WeakTruncated},
		{"conn_port: 443.0", connection.Port, "443", connection.YAMLFloat},
		{"conn_port: '0x1BB'", connection.Port, "443", connection.PortConverted},
		{"conn_port: 0673", connection.Port, "443", connection.YAMLOctal},
		{"conn_port: true", connection.Port, "1", connection.WeakBoolean},
		{"conn_extra: {a: b}", connection.Extra, `{"a":"b"}`, connection.ExtraDumped},
		{"conn_extra: {a: {B: c}}", connection.Extra, `{"a":{"b":"c"}}`, connection.KeysLowerCased},
		{"conn_extra: [a]", connection.Extra, "", connection.Dropped},
		{"conn_extra: {a: .nan}", connection.Extra, "", connection.Dropped},
		{"conn_uri: 'http://h'", connection.URI, "", connection.Dropped},
	} {
		c, _, _ := load(t, "conn_id: c\nconn_type: t\n"+tt.line)
		if v := c.Field(tt.field); v.Text.Peek() != tt.text || v.Cause != tt.cause {
			t.Errorf("%s: %q by %q, want %q by %q", tt.line, v.Text.Peek(), v.Cause, tt.text, tt.cause)
		}
	}
}

func TestRefusals(t *testing.T) {
	const good = "    - {conn_id: g, conn_type: t}\n"
	for _, tt := range []struct {
		text   string
		at     string
		reason connection.Reason
		entry  int
	}{
		{"airflow:\n  connections:\n" + good + "    - {conn_id: a, conn_password: 2024-01-01}\n", "2024-01-01", connection.DateValue, 1},
		{"airflow:\n  connections:\n    - conn_port: abc\n" + good, "abc", connection.BadPort, 0},
		{"airflow:\n  connections:\n" + good + "    - conn_login: {a: b}\n", "{a: b}", connection.CollectionValue, 1},
		{"airflow:\n  connections:\n" + good + "    - x\n", "x", connection.BadValueType, 1},
		{"airflow:\n  connections:\n" + good + "  variables:\n    - variable_name: v\n      variable_value: 2024-01-01\n", "2024-01-01", connection.DateValue, -1},
		{"airflow:\n  connections:\n" + good + "  pools:\n    - pool_slot: many\n", "many", connection.BadPort, -1},
		{"airflow: hello\n", "hello", connection.BadValueType, -1},
		{"hello\n", "hello", connection.NotAnObject, -1},
	} {
		doc, r := read(tt.text)
		if r.Refusal == nil {
			t.Errorf("%q is not refused", tt.text)
			continue
		}
		if got := at(doc, r.Refusal.Place); got != tt.at || r.Refusal.Reason != tt.reason || r.RefusedBy != tt.entry {
			t.Errorf("%q: %q is at fault for reason %d, entry %d; want %q, %d, %d", tt.text, got, r.Refusal.Reason, r.RefusedBy, tt.at, tt.reason, tt.entry)
		}
		if len(Posted(r)) > 0 {
			t.Errorf("%q: something is posted", tt.text)
		}
	}
}

// Without AllOrNothing only the field that cannot be converted is lost.
func TestPartial(t *testing.T) {
	doc, _ := read("airflow:\n  connections:\n    - {conn_id: a, conn_type: t, conn_login: 5, conn_password: 2024-01-01}\n    - {conn_id: b, conn_type: t}\n")
	r := Profile{}.Read(doc)
	const want = "conn_type=\"t\" connection_id=\"a\" login=\"5\" \nconn_type=\"t\" connection_id=\"b\" \n"
	if got := sent(Posted(r)); got != want || r.Refusal != nil {
		t.Errorf("posted %s", got)
	}
}

// TestStored follows an id that is there twice, and a bad one, into Airflow.
func TestStored(t *testing.T) {
	_, r := read(`airflow:
  connections:
    - {conn_id: a, conn_type: t, conn_login: 1, conn_host: h}
    - {conn_id: a, conn_type: t, conn_login: 2}
    - {conn_id: b, conn_uri: 'dbt_cloud://1:dbtc_EXAMPLE@h'}
    - {conn_id: c, conn_type: t}
`)
	stored := airflow.Store(r, airflow.RESTFor("3.3"))[0]
	want := []connection.Status{connection.Loaded, connection.Overridden, connection.Failed, connection.Unreached}
	for i, o := range stored.Outcomes {
		if o.Status != want[i] {
			t.Errorf("entry %d: status %d, want %d", i, o.Status, want[i])
		}
	}
	var c connection.Connection
	stored.Load(0, &c)
	if c.Login.Text.Peek() != "2" || c.Host.Text.Peek() != "h" {
		t.Errorf("login %q, host %q", c.Login.Text.Peek(), c.Host.Text.Peek())
	}
	if f := stored.Outcomes[2].Failure; f.Reason != connection.NoType || f.Field != connection.URI {
		t.Errorf("a URI that brings no type: reason %d at %v", f.Reason, f.Field)
	}
}

func TestURIPlaces(t *testing.T) {
	c, doc, _ := load(t, `conn_id: c`+"\n"+`conn_uri: "DBT-cloud://12345:p%40ss%C3%A9@h.example:443/a%2Fb?k=v%2Bw&k=2&q=a+b#f"`)
	for _, tt := range []struct {
		field       connection.Field
		text, bytes string
	}{
		{connection.Type, "dbt-cloud", "DBT-cloud"},
		{connection.Login, "12345", "12345"},
		{connection.Password, "p@ssé", "p%40ss%C3%A9"},
		{connection.Host, "h.example", "h.example"},
		{connection.Port, "443", "443"},
		{connection.Schema, "a/b", "a%2Fb"},
		{connection.Extra, `{"k": "v+w,2", "q": "a b"}`, "k=v%2Bw&k=2&q=a+b"},
	} {
		v := c.Field(tt.field)
		if v.Text.Peek() != tt.text || at(doc, v.Span()) != tt.bytes {
			t.Errorf("%v is %q at %q, want %q at %q", tt.field, v.Text.Peek(), at(doc, v.Span()), tt.text, tt.bytes)
		}
	}
	if s := at(doc, c.Password.At(1, 2)); s != "%40" {
		t.Errorf("the @ is written %q", s)
	}
	if q := c.ExtraObject().Get("q"); at(doc, q.Span()) != "a+b" {
		t.Errorf("a value of the query is at %q", at(doc, q.Span()))
	}
	if e, ok := c.Password.Src.Replace(0, 1, "?"); !ok || e.New != "%3F" {
		t.Errorf("a text is written into a URI as %q", e.New)
	}
}

func TestURISwallowed(t *testing.T) {
	c, _, r := load(t, "conn_id: c\nconn_uri: 'dbt_cloud://1:dbtc_EXAMPLE@h'")
	if c.URI.Kind != connection.Text || c.URI.Cause != connection.Dropped || c.Type.Kind != connection.Absent {
		t.Errorf("URI %v by %q, type %v", c.URI.Kind, c.URI.Cause, c.Type.Kind)
	}
	if got := sent(Posted(r)); got != "connection_id=\"c\" \n" {
		t.Errorf("posted %s", got)
	}
}

// A query that Go quotes otherwise than JSON is posted all the same.
func TestQueryIsNoJSON(t *testing.T) {
	c, _, _ := load(t, "conn_id: c\nconn_uri: 'http://h/?a=%ff&b=%07'")
	if got := c.Extra.Text.Peek(); got != `{"a": "\xff", "b": "\a"}` || !c.ExtraError {
		t.Errorf("extra is %s, an error: %t", got, c.ExtraError)
	}
}

func TestExtraPlaces(t *testing.T) {
	c, doc, _ := load(t, "conn_id: c\nconn_type: t\nconn_extra:\n  Proxies:\n    HTTPS: http://p\n  list: [1, 010]")
	proxies := c.ExtraObject().Get("proxies")
	if https := proxies.Get("https"); at(doc, https.Span()) != "http://p" || !https.Written() {
		t.Errorf("a value in extra is at %q", at(doc, https.Span()))
	}
	if key := &proxies.Items[0].Key; at(doc, key.Span()) != "HTTPS" || key.Cause != connection.KeysLowerCased {
		t.Errorf("a key in extra is at %q, changed by %q", at(doc, key.Span()), key.Cause)
	}
	if octal := c.ExtraObject().Get("list").Items[1].Value; octal.Text.Peek() != "8" || octal.Cause != connection.YAMLOctal {
		t.Errorf("a number in extra is %q by %q", octal.Text.Peek(), octal.Cause)
	}
}

func TestSkipped(t *testing.T) {
	doc, r := read("airflow:\n  connections:\n    - conn_type: t\n    - conn_id: a\n    -\n    - {conn_id: b, conn_type: t}\n")
	if len(doc.Entries) != 4 || r.Lost() != 3 || r.Outcomes[3].Status != connection.Loaded {
		t.Errorf("%d entries, outcomes %v", len(doc.Entries), r.Outcomes)
	}
	// Nothing is loaded of what does not stand under airflow.
	doc, r = read("connections:\n  - {conn_id: b, conn_type: t}\n")
	if r.Refusal != nil || len(Posted(r)) > 0 || r.Lost() != len(doc.Entries) {
		t.Errorf("outcomes %v", r.Outcomes)
	}
}

func TestAliases(t *testing.T) {
	// Values without end are refused, not expanded.
	bomb := "a0: &a0 {x: 1}\n"
	for i := range 9 {
		name, of := string(rune('b'+i)), string(rune('a'+i))
		bomb += name + "0: &" + name + "0 {"
		for j := range 10 {
			bomb += string(rune('a'+j)) + ": *" + of + "0, "
		}
		bomb += "}\n"
	}
	for _, text := range []string{
		bomb + "airflow:\n  connections:\n    - {conn_id: c, conn_type: t, conn_extra: *j0}\n",
		"airflow:\n  connections:\n    - {conn_id: c, conn_type: t, conn_extra: &x {a: *x}}\n",
	} {
		if _, r := read(text); r.Refusal == nil {
			t.Errorf("%.60q is not refused", text)
		}
	}
}

func TestVersionFor(t *testing.T) {
	for _, tt := range []struct {
		name, line   string
		newer, fails bool
	}{
		{"", "1.45", false, false},
		{"1.45", "1.45", false, false},
		{"1.42.1", "1.42", false, false},
		{"1.46", "1.45", true, false},
		{"2.0.0", "1.45", true, false},
		{"1.41", "1.41", false, false},
		{"1.24.1", "1.24", false, false},
		{"1.23", "", false, true},
		{"0.9", "", false, true},
		{"x", "", false, true},
		{"1", "", false, true},
		{"1.45.0.1", "", false, true},
	} {
		v, newer, err := VersionFor(tt.name)
		if v.Line != tt.line || newer != tt.newer || (err != nil) != tt.fails {
			t.Errorf("%q: line %q, newer %t, error %v", tt.name, v.Line, newer, err)
		}
	}
}

// FuzzURI checks that the parts of a URI are those of net/url and that what we
// decode ourselves is the same.
func FuzzURI(f *testing.F) {
	for _, s := range []string{
		"dbt-cloud://12345:p%40ss@h:443/s?a=b&a=c%ff#f", "//h", "h", "a:b", "x://[::1%25en0]:1/p", "http://https://h",
		"s3://k:%C3%A9%C3@/b?__extra__=%7B%7D;x", "a://@:", "a:///p/q", "///p", "a://h?", "A+b://%C3%A9", "a://u@v@h:0", "%2f0000",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // no YAML text is
		}
		src := (&source.File{Data: s}).Text()
		c := connection.Connection{URI: connection.Value{Kind: connection.Text, Text: secret.New(s), Src: src, Place: src.Whole()}}
		parseURI(&c)
		u, err := url.Parse(s)
		if err != nil {
			if c.Type.Kind != connection.Absent || c.URI.Cause != connection.Dropped {
				t.Fatal("a URI that does not parse has parts")
			}
			return
		}
		want := map[*connection.Value]string{&c.Type: u.Scheme, &c.Host: u.Hostname(), &c.Login: u.User.Username(), &c.Schema: strings.TrimPrefix(u.Path, "/")}
		want[&c.Password], _ = u.User.Password()
		for v, w := range want {
			if v.Text.Peek() != validUTF8(w) {
				t.Errorf("%q, want %q", v.Text.Peek(), w)
			}
			if v.Cause == connection.URIMisread {
				t.Errorf("the place of %q is not found", w)
			}
		}
		if len(c.ExtraObject().Items) > 0 {
			query := u.Query()
			if len(query) != len(c.ExtraObject().Items) {
				t.Errorf("%d keys, want %d", len(c.ExtraObject().Items), len(query))
			}
			for k, v := range query {
				if got := c.ExtraObject().Get(k).Text.Peek(); got != strings.Join(v, ",") {
					t.Errorf("%q is %q, want %q", k, got, v)
				}
			}
		}
	})
}

// FuzzSettings checks that no document upsets the reader, and that what it says
// of places and outcomes holds together.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{
		"airflow:\n  connections:\n    - conn_id: a\n      conn_uri: 'x://u:p@h/s?q=1'\n",
		"airflow: {connections: {CONN_ID: 1, conn_type: on, conn_extra: {A: [1, {b: 2024-01-01}]}}}\n",
		"x: &d {conn_type: t}\nairflow:\n  connections: [{<<: *d, conn_id: a}, *d, 5, null]\n  pools: abc\n",
		"airflow.connections: [{conn_id: a, conn_type: t, conn_port: 1e3, conn_extra: '{\"a\": 1}'}]\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, r := read(s)
		if len(r.Outcomes) != len(doc.Entries) {
			t.Fatalf("%d outcomes of %d entries", len(r.Outcomes), len(doc.Entries))
		}
		if r.Refusal != nil && r.RefusedBy >= len(doc.Entries) {
			t.Fatalf("refused by entry %d of %d", r.RefusedBy, len(doc.Entries))
		}
		checkSpans(t, "fuzz", doc, r)
		for _, body := range Posted(r) {
			if _, err := json.Marshal(sent([]Body{body})); err != nil {
				t.Fatal(err)
			}
		}
	})
}
