package airflow_test

import (
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// profile is the server of a version.
func profile(tb testing.TB, version string) airflow.Profile {
	tb.Helper()
	v, _, err := airflow.VersionFor(version)
	if err != nil {
		tb.Fatal(err)
	}
	return v.Server
}

// at is the bytes of the document in a span.
func at(doc *export.Document, s source.Span) string { return doc.File.Data[s.Start:s.End] }

func TestPlaces(t *testing.T) {
	tests := []struct {
		name, data string
		format     export.Format
		field      connection.Field
		part       string // of the value, whose place is asked for
		want       string // the bytes that stand there
		cause      connection.Cause
	}{
		{"plain", `{"x": {"conn_type": "a", "host": "h.us1"}}`, export.AirflowJSON, connection.Host, "us1", "us1", 0},
		{"escaped", `{"x": {"host": "h\u002eus1"}}`, export.AirflowJSON, connection.Host, ".u", `\u002eu`, 0},
		{"host of a URI in JSON", `{"x": "dbt-cloud://1:t@AB.us1.dbt.com/s"}`, export.AirflowJSON, connection.Host, "ab.us1", "AB.us1", connection.HostLowerCased},
		{"password of a URI", `x=dbt-cloud://1:t%4012@h`, export.AirflowEnv, connection.Password, "@1", "%401", 0},
		{"type of a URI", `x=dbt-cloud://1:t@h`, export.AirflowEnv, connection.Type, "", "dbt-cloud", connection.TypeNormalised},
		{"port of a URI", `x=dbt-cloud://1:t@h:443/`, export.AirflowEnv, connection.Port, "", "443", 0},
		{"host with a scheme", `x=http://https://u@H/s`, export.AirflowEnv, connection.Host, "https://h", "https://u@H", connection.HostLowerCased},
		{"misread", `x=dbt_cloud://:tok@h`, export.AirflowEnv, connection.Schema, "tok", "tok", connection.URIMisread},
		{"tab in a URI", "x=a://u:p\tq@h", export.AirflowEnv, connection.Password, "pq", "p\tq", 0},
		{"id of a dotenv", `AIRFLOW_CONN_DBT_A=a://h`, export.Dotenv, connection.ID, "dbt_a", "DBT_A", 0},
		{"octal", "x:\n  login: 012345\n", export.AirflowYAML, connection.Login, "", "012345", connection.YAMLOctal},
		{"object as extra", `{"x": {"extra": {"a": 1}}}`, export.AirflowJSON, connection.Extra, "", `{"a": 1}`, connection.ExtraDumped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := open(tt.format, "connections", tt.data)
			var c connection.Connection
			profile(t, "3.3").Read(doc).Load(0, &c)
			v := c.Field(tt.field)
			span := v.Span()
			if tt.part != "" {
				i := strings.Index(v.Text.Peek(), tt.part)
				if i < 0 {
					t.Fatalf("%q is not in %q", tt.part, v.Text.Peek())
				}
				span = v.At(i, i+len(tt.part))
			}
			if got := at(doc, span); got != tt.want || v.Cause != tt.cause {
				t.Errorf("at %q by %v, want %q by %v", got, v.Cause, tt.want, tt.cause)
			}
		})
	}
}

func TestPlacesInExtra(t *testing.T) {
	tests := []struct {
		name, data string
		format     export.Format
		key, value string // the bytes of the first item
	}{
		{"object", `{"x": {"extra": {"proxy": "p"}}}`, export.AirflowJSON, "proxy", "p"},
		{"text", `{"x": {"extra": "{\"proxy\": \"p\\nq\"}"}}`, export.AirflowJSON, "proxy", `p\\nq`},
		{"query", `x=a://h/?pro%78y=p+q&b=2`, export.AirflowEnv, "pro%78y", "p+q"},
		{"query read as JSON", `x=a://h/?n=12`, export.AirflowEnv, "n", "12"},
		{"__extra__", `x=a://h/?__extra__=%7B%22a%22%3A%20%22b%22%7D`, export.AirflowEnv, "a", "b"},
		{"YAML", "x:\n  extra: {k: 'v'}\n", export.AirflowYAML, "k", "v"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := open(tt.format, "connections", tt.data)
			var c connection.Connection
			profile(t, "3.3").Read(doc).Load(0, &c)
			if len(c.ExtraObject().Items) == 0 {
				t.Fatal("no items")
			}
			it := c.ExtraObject().Items[0]
			if k, v := at(doc, it.Key.Span()), at(doc, it.Value.Span()); k != tt.key || v != tt.value {
				t.Errorf("at %q and %q, want %q and %q", k, v, tt.key, tt.value)
			}
		})
	}
}

func TestFailurePlaces(t *testing.T) {
	tests := []struct {
		name, data string
		format     export.Format
		reason     connection.Reason
		want       string
	}{
		{"illegal key", `{"x": {"conn_type": "a", "token": "t"}}`, export.AirflowJSON, connection.IllegalKey, `"token"`},
		{"port", `x=a://u:p@h:abc`, export.AirflowEnv, connection.BadPort, "abc"},
		{"port out of range", `a://u:p@h:70000`, export.AirflowValue, connection.BadPort, "70000"},
		{"third scheme", `x=a://b://c://d`, export.AirflowEnv, connection.InvalidURI, "://"},
		{"bracket", `x=a://[h/`, export.AirflowEnv, connection.InvalidURI, "["},
		{"value type", `{"x": 5}`, export.AirflowJSON, connection.BadValueType, "5"},
		{"extra", `{"x": {"extra": "no"}}`, export.AirflowJSON, connection.BadExtra, "no"},
		{"password", `{"x": {"password": 5}}`, export.AirflowJSON, connection.NotText, "5"},
		{"login in the environment", `{"login": 12345}`, export.AirflowValue, connection.NotText, "12345"},
		{"int()", `{"port": "4x3"}`, export.AirflowValue, connection.BadPort, "4x3"},
		{"line", "a\nx=a://h", export.AirflowEnv, connection.BadLine, "a"},
		{"same key", "x=a://h\nx =a://h\nx=b://h", export.AirflowEnv, connection.ManyValues, "x"},
		{"alias", "a: &b {conn_type: x}\nc: *b\n", export.AirflowYAML, connection.MismatchedID, "*b"},
		{"syntax", `{"x": }`, export.AirflowJSON, connection.BadSyntax, "}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := open(tt.format, "connections", tt.data)
			r := profile(t, "3.3").Read(doc)
			f := r.Refusal
			if f == nil {
				f = r.Outcomes[0].Failure
			}
			if f == nil {
				t.Fatal("no failure")
			}
			if got := at(doc, f.Place); got != tt.want || f.Reason != tt.reason {
				t.Errorf("%s at %q for reason %d, want %q for %d", f.Class, got, f.Reason, tt.want, tt.reason)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	tests := []struct {
		name, data string
		format     export.Format
		read       func(airflow.Profile, *export.Document) *connection.Reading
		version    string
		want       string
		refusedBy  int
	}{
		{"last wins", `{"a": {}, "b": {}, "a": {}}`, export.AirflowJSON, airflow.Profile.Read, "2.11", "overridden loaded loaded", -1},
		{"refused", `{"a": {}, "b": 5, "c": {}}`, export.AirflowJSON, airflow.Profile.Read, "2.11", "unreached failed unreached", 1},
		{"first in the order of the dict", `{"a": {}, "b": 5, "a": 6}`, export.AirflowJSON, airflow.Profile.Read, "2.11", "overridden failed failed", 2},
		{"empty list", `{"a": [], "b": {}}`, export.AirflowJSON, airflow.Profile.Read, "2.11", "skipped loaded", -1},
		{"import dies", `{"a": {"conn_type": "x"}, "b": {}, "c": {"conn_type": "x"}}`, export.AirflowJSON, airflow.Profile.Import, "2.11", "loaded failed unreached", -1},
		{"import goes on", `{"a b": {"conn_type": "x"}, "c": {"conn_type": "x"}}`, export.AirflowJSON, airflow.Profile.Import, "2.11", "failed loaded", -1},
		{"no check of ids", `{"a b": {"conn_type": "x"}}`, export.AirflowJSON, airflow.Profile.Import, "2.5", "loaded", -1},
		{"empty variable", "AIRFLOW_CONN_A=\nAIRFLOW_CONN_B=a://h", export.Dotenv, airflow.Profile.Read, "2.11", "skipped loaded", -1},
		{"variable twice", "AIRFLOW_CONN_A=a://h\nAIRFLOW_CONN_A=b://h", export.Dotenv, airflow.Profile.Read, "2.11", "overridden loaded", -1},
		{"comment after an exotic blank", "\u3000# c=d\nx=a://h", export.AirflowEnv, airflow.Profile.Read, "3.3", "skipped loaded", -1},
		{"no comment to re2", "\u3000# c=d\nx=a://h", export.AirflowEnv, airflow.Profile.Read, "2.11", "loaded loaded", -1},
	}
	names := map[connection.Status]string{
		connection.Loaded: "loaded", connection.Failed: "failed", connection.Skipped: "skipped",
		connection.Overridden: "overridden", connection.Unreached: "unreached",
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.read(profile(t, tt.version), open(tt.format, "connections", tt.data))
			var got []string
			for _, o := range r.Outcomes {
				got = append(got, names[o.Status])
			}
			if s := strings.Join(got, " "); s != tt.want || r.RefusedBy != tt.refusedBy {
				t.Errorf("%s, refused by %d; want %s by %d", s, r.RefusedBy, tt.want, tt.refusedBy)
			}
		})
	}
}

func TestEndlessAliases(t *testing.T) {
	var b strings.Builder
	b.WriteString("x:\n  conn_type: a\n  extra:\n    a0: &a0 [x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		p, n := string(rune('a'+i-1)), string(rune('a'+i))
		if i == 1 {
			p = "a0"
		}
		b.WriteString("    " + n + ": &" + n + " [*" + strings.Repeat(p+", *", 7) + p + "]\n")
	}
	doc := open(export.AirflowYAML, "connections.yaml", b.String())
	r := profile(t, "3.3").Read(doc)
	if r.Refusal == nil || r.Refusal.Class != "MemoryError" {
		t.Fatalf("refusal %v", r.Refusal)
	}
	var c connection.Connection
	r.Load(0, &c)
}

// checkPlaces fails where a value claims bytes outside of the file, or a text
// that it is not.
func checkPlaces(tb testing.TB, doc *export.Document, c *connection.Connection) {
	size := len(doc.File.Data)
	inside := func(s source.Span) {
		if s.Start < 0 || s.End < s.Start || s.End > size {
			tb.Errorf("span %v of a file of %d bytes", s, size)
		}
	}
	var check func(v *connection.Value)
	check = func(v *connection.Value) {
		inside(v.Place)
		if doc.ConnID == "" && v.Kind == connection.Text {
			inside(v.Span())
			n := v.Text.Len()
			inside(v.At(n/2, n))
		}
		if v.Kind == connection.Text && v.Cause == connection.Unchanged && v.Src.Len() > 0 && !v.Written() {
			tb.Errorf("a text was changed without a cause")
		}
		for i := range v.Items {
			check(&v.Items[i].Key)
			check(&v.Items[i].Value)
		}
	}
	for _, f := range connection.Fields {
		check(c.Field(f))
	}
	check(c.ExtraObject())
	for f := c.Failure; f != nil; f = f.Cause {
		inside(f.Place)
	}
}

// readAll reads a document in every way and checks all places.
func readAll(tb testing.TB, doc *export.Document) {
	for _, v := range airflow.Lines() {
		readings := []*connection.Reading{v.Server.Read(doc)}
		switch doc.Format {
		case export.AirflowJSON, export.AirflowYAML, export.AirflowEnv:
			readings = append(readings, v.Server.Import(doc))
		default:
			if v.HasWorker {
				readings = append(readings, v.Worker.ReadWorker(doc))
			}
		}
		for _, r := range readings {
			var c connection.Connection
			for i := range r.Outcomes {
				r.Load(i, &c)
				checkPlaces(tb, doc, &c)
				_, _ = airflow.GetURI(&c, v.Server)
				airflow.AsJSON(&c)
			}
		}
	}
}

func FuzzURI(f *testing.F) {
	_, cases := readVectors(f)
	for i := range cases {
		if cases[i].Kind == "env" && len(cases[i].Input) < 500 {
			f.Add(cases[i].Input)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) < 4096 {
			readAll(t, open(export.AirflowValue, "value", s))
			readAll(t, open(export.AirflowEnv, "connections.env", "x="+s))
		}
	})
}

func FuzzValue(f *testing.F) {
	_, cases := readVectors(f)
	for i := range cases {
		if v := &cases[i]; v.Kind != "env" && len(v.Input) < 500 {
			f.Add(uint8(kindFormats[v.Kind]), v.Input)
		}
	}
	f.Fuzz(func(t *testing.T, format uint8, s string) {
		if format := export.Format(format); format >= export.AirflowJSON && format <= export.Dotenv && len(s) < 4096 {
			readAll(t, open(format, "connections", s))
		}
	})
}
