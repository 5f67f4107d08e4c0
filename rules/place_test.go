package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// eachRune writes a text character by character, so that a part of it is written
// as the same part of the whole.
func eachRune(f func(r rune) string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteString(f(r))
		}
		return b.String()
	}
}

func same(s string) string { return s }

// TestPlaces puts one mistake into every way of writing it: the bytes under the
// finding are those that were written for the mistake, whatever stands before it.
func TestPlaces(t *testing.T) {
	unicodeEscape := eachRune(func(r rune) string { return fmt.Sprintf(`\u%04x`, r) })
	doubled := eachRune(func(r rune) string { return strings.ReplaceAll(fmt.Sprintf(`\u%04x`, r), `\`, `\\`) })
	percent := eachRune(func(r rune) string { return fmt.Sprintf("%%%02X", r) })
	hexEscape := eachRune(func(r rune) string { return fmt.Sprintf(`\x%02x`, r) })
	const settings = "airflow:\n  connections:\n    - conn_id: größe_é😀\n      conn_type: dbt_cloud\n      conn_login: \"12345\"\n      conn_password: " + token + "\n      conn_host: %s\n"
	const object = "{\"größe\": {\"description\": \"tab\\t é😀\", \"conn_type\": \"dbt_cloud\", \"login\": \"1\", \"password\": \"" + token + "\", \"host\": %s}}\n"
	const airflowYAML = "# größe\né😀:\n  conn_type: dbt_cloud\n  login: \"1\"\n  password: " + token + "\n  host: %s\n"
	cases := []struct {
		name, file, text string
		before, after    string
		encode           func(string) string
	}{
		{"plain", "airflow_settings.yaml", settings, "", "", same},
		{"double quoted", "airflow_settings.yaml", settings, `"`, `"`, same},
		{"single quoted", "airflow_settings.yaml", settings, `'`, `'`, same},
		{"unicode escapes", "airflow_settings.yaml", settings, `"`, `"`, unicodeEscape},
		{"hex escapes", "airflow_settings.yaml", settings, `"`, `"`, hexEscape},
		{"literal block", "airflow_settings.yaml", settings, "|-\n        ", "", same},
		{"folded block", "airflow_settings.yaml", settings, ">-\n        ", "", same},
		{"anchor and tag", "airflow_settings.yaml", settings, "!!str &a ", "  # größe", same},
		{"flow", "connections.yaml", "é: {conn_type: dbt_cloud, login: '1', password: " + token + ",\thost: %s}\n", "'", "'", same},
		{"PyYAML plain", "connections.yaml", airflowYAML, "", " # é", same},
		{"PyYAML escapes", "connections.yaml", airflowYAML, `"`, `"`, unicodeEscape},
		{"JSON", "connections.json", object, `"`, `"`, same},
		{"JSON escapes", "connections.json", object, `"`, `"`, unicodeEscape},
		{"URI", "connections.json", `{"é": %s}` + "\n", `"dbt-cloud://1:` + token + `@`, `"`, percent},
		{"URI with escapes", "connections.json", `{"é": %s}` + "\n", `"dbt-cloud://1:` + token + `@`, `"`, func(s string) string { return unicodeEscape(percent(s)) }},
		{"URI in YAML", "connections.yaml", "é😀: %s\n", `"dbt-cloud://1:` + token + `@`, `"`, percent},
		{"dotenv", ".env", "# größe\nFOO=é\nAIRFLOW_CONN_X=%s\n", `"dbt-cloud://1:` + token + `@`, `"`, percent},
		{"JSON in a dotenv", ".env", "FOO=é\nAIRFLOW_CONN_X=%s\n", `'{"conn_type": "dbt_cloud", "login": "1", "password": "` + token + `", "host": "`, `"}'`, unicodeEscape},
		{"JSON in quotes", ".env", "AIRFLOW_CONN_X=%s\n", `"{\"conn_type\": \"dbt_cloud\", \"login\": \"1\", \"password\": \"` + token + `\", \"host\": \"`, `\"}"`, doubled},
		{"env file", "connections.env", "é_=http://h.example\nx=%s\n", `dbt-cloud://1:` + token + `@`, "", percent},
	}
	const wrong, host = "https://", "ab123.us1.dbt.com"
	for _, c := range cases {
		for _, ends := range []struct{ name, bom, newline string }{{"LF", "", "\n"}, {"CRLF", "", "\r\n"}, {"BOM", "\ufeff", "\n"}} {
			if ends.bom != "" && !strings.HasSuffix(c.file, ".yaml") {
				continue // no reader of the others takes one
			}
			data := ends.bom + strings.ReplaceAll(fmt.Sprintf(c.text, c.before+c.encode(wrong+host)+c.after), "\n", ends.newline)
			res := check(t, c.file, data)
			n := 0
			for _, f := range res.Findings {
				if f.Rule.ID != "DBT011" {
					continue
				}
				n++
				if got := data[f.Span.Start:f.Span.End]; got != c.encode(wrong) {
					t.Errorf("%s, %s: the finding stands at %q, want %q", c.name, ends.name, got, c.encode(wrong))
				}
				if f.Hint != "write: "+host {
					t.Errorf("%s, %s: hint %q", c.name, ends.name, f.Hint)
				}
			}
			if n != 1 {
				t.Errorf("%s, %s: %d findings of %s in\n%s\n%v", c.name, ends.name, n, res.Doc.Format, data, res.Findings)
			}
		}
	}
}

const fernet = "gAAAAABEXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE=="

const token = "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01"

// TestTemplates: the file that `astro dev init` writes has no finding at all.
func TestTemplates(t *testing.T) {
	const template = `# This file allows you to configure Airflow Connections, Pools, and Variables in a single place for local development only.
# NOTE: json dicts can be added to the conn_extra field as yaml key value pairs. See the example below.

airflow:
  connections:
    - conn_id:
      conn_type:
      conn_host:
      conn_schema:
      conn_login:
      conn_password:
      conn_port:
      conn_uri:
      conn_extra:
        example_extra_field: example-value
  pools:
    - pool_name:
      pool_slot:
      pool_description:
  variables:
    - variable_name:
      variable_value:
`
	for _, data := range []string{template, strings.ReplaceAll(template, "\n", "\r\n"), strings.TrimRight(template, "\n")} {
		if res := check(t, "airflow_settings.yaml", data); len(res.Findings) != 0 || res.Connections != 0 || res.Doc.Format != export.AstroSettings {
			t.Errorf("%d connections, findings %v", res.Connections, res.Findings)
		}
	}
}

// TestEnvNames: the name to write is the one that Airflow looks up, in Python's capitals.
func TestEnvNames(t *testing.T) {
	for line, want := range map[string]string{
		"AIRFLOW_CONN_größe=aws://":   "AIRFLOW_CONN_GRÖSSE",
		"AIRFLOW_CONN_GRÖßE_x=aws://": "AIRFLOW_CONN_GRÖSSE_X",
		"airflow_conn_maß=aws://":     "AIRFLOW_CONN_MASS",
	} {
		res := check(t, ".env", line+"\nAIRFLOW_CONN_A=aws://\n")
		if len(res.Findings) == 0 || res.Findings[0].Hint != "write: "+want {
			t.Errorf("%s: %+v, want the hint %s", line, res.Findings, want)
		}
	}
}

// TestPastedAddress: the account id in an address of the browser is offered where
// the login lacks it, whatever else is wrong with the address.
func TestPastedAddress(t *testing.T) {
	for fields, want := range map[string]string{
		`"host": "https://ab123.us1.dbt.com/deploy/70471823500001/projects/1"`:                 "write: ab123.us1.dbt.com, and the account id 70471823500001 into login",
		`"host": "ab123.us1.dbt.com/settings/accounts/12345"`:                                  "write: ab123.us1.dbt.com, and the account id 12345 into login",
		`"host": "https://ab123.us1.dbt.com/deploy/70471823500001", "login": "70471823500001"`: "write: ab123.us1.dbt.com",
		`"host": "https://ab123.us1.dbt.com"`:                                                  "write: ab123.us1.dbt.com",
	} {
		var hints []string
		for _, f := range check(t, "connections.json", `{"a": {"conn_type": "dbt_cloud", "password": "`+token+`", `+fields+`}}`).Findings {
			if f.Field == connection.Host {
				hints = append(hints, f.Hint)
			}
		}
		if !slices.Equal(hints, []string{want}) {
			t.Errorf("%s: %q, want %q", fields, hints, want)
		}
	}
}

// TestMoves: what stands in extra is to be moved only where its field is empty.
func TestMoves(t *testing.T) {
	for fields, want := range map[string]string{
		`"extra": {"account_id": 12345}`:                          "move it to login",
		`"extra": {"dbt_cloud_account_id": 12345}`:                "move it to login",
		`"extra": {"account_id": 12345}, "login": "12345"`:        "remove",
		`"extra": {"account_id": 12345, "url": "x", "job_id": 1}`: `move "account_id" to login`,
	} {
		for _, f := range check(t, "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "password": "`+token+`", `+fields+`}}`).Findings {
			if f.Rule.ID != "DBT030" || f.Hint != want {
				t.Errorf("%s: %s %s, want %s", fields, f.Rule.ID, f.Hint, want)
			}
		}
	}
}

// TestOwnWords: a secret that is a word of our own is masked where it is a value,
// and nowhere else.
func TestOwnWords(t *testing.T) {
	for line, want := range map[string]string{
		"AIRFLOW_CONN_A=http://{host}:{port}":                                  "the port is no number from 0 to 65535: Airflow cannot read the URI; write the number alone, or @ behind it where it is a password",
		"AIRFLOW_CONN_A=mongo://airflow:air/flow-password@h1.example:27017/db": `an unencoded "/" ends the login and password: the rest is read as a path; write: %2F`,
		"AIRFLOW_CONN_A=warehouse:airflow:password@h.example/db":               "no URI: without // behind the type all the rest is read as a path, secrets included; write TYPE://LOGIN:PASSWORD@HOST",
		"AIRFLOW_CONN_A=postgres://u:p@ss#word@h.example/db":                   `an unencoded "#" ends the login and password: the rest is read as a fragment; write: %23`,
		"AIRFLOW_CONN_A=http://u@h.example?token=airflow&x=5":                  `"x" arrives as the text "5" in Airflow 2.11 and a worker of Airflow 3.3, as the integer 5 in Airflow 3.3; write the connection as an object, whose values have types`,
		"AIRFLOW_CONN_A=http://u@h.example?token=airflow&airflow=5":            `"***" arrives as the text "5" in Airflow 2.11 and a worker of Airflow 3.3, as the integer 5 in Airflow 3.3; write the connection as an object, whose values have types`,
	} {
		got := ""
		for _, f := range check(t, ".env", line+"\n").Findings {
			got += f.Message + "; " + f.Hint
		}
		if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// TestProxies: which rule speaks of proxies depends on the two providers, and the
// finding says which of them it is about.
func TestProxies(t *testing.T) {
	const object, text = `{"https": "http://proxy.example:3128"}`, `"http://proxy.example:3128"`
	const all, noScheme = `{"all": "http://proxy.example:3128"}`, `{"https": "proxy.example:3128"}`
	cases := []struct {
		proxies, providers, https string
		want                      string // rule, variant, level and end of the message
	}{
		{object, "4.11", "6.3", "DBT032/deferrable warning: from 5.3.2 on"},
		{object, "3.10", "5.3.1", "DBT032 warning: from 3.11 on"},
		{object, "3.11,4.4", "4.13,5.3.1", ""},
		{object, "4.4", "5.3.1,5.3.2", "DBT032/deferrable warning: from 5.3.2 on (HTTP provider 5.3.2 only)"},
		{object, "3.10,4.4", "5.3.1", "DBT032 warning: from 3.11 on (dbt-cloud provider 3.10 only)"},
		{text, "4.11", "6.3", "DBT031 error: deferrable tasks fail"},
		{text, "4.4", "5.3.1", "DBT031 error: tasks fail"},
		{text, "3.10", "4.11", "DBT032 warning: from 3.11 on"},
		{text, "3.10,4.4", "5.3.1", "DBT031 error: tasks fail (dbt-cloud provider 4.4 only)"},
		{noScheme, "4.4", "5.3.1", "DBT031 error: deferrable tasks fail"},
		{all, "4.4", "5.3.1", "DBT031 error: deferrable tasks go without a proxy"},
		{`{"http": "http://proxy.example:3128"}`, "4.4", "5.3.1", "DBT031 error: tasks go without a proxy"},
		{`{}`, "3.10,4.11", "5.3.1,6.3", ""},
	}
	for _, c := range cases {
		data := `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1", "password": "` + token + `", "extra": {"proxies": ` + c.proxies + `}}}`
		versions := consumer.Asked{Airflow: []string{"2.11"}, Provider: strings.Split(c.providers, ","), HTTPProvider: strings.Split(c.https, ",")}
		got := ""
		for _, f := range checkAs(t, "connections.json", data, export.Unknown, versions).Findings {
			name := f.Rule.ID
			if f.Variant != "" {
				name += "/" + f.Variant
			}
			got += name + " " + f.Level.String() + ": " + f.Message
		}
		head, tail, _ := strings.Cut(c.want, ": ")
		if !strings.HasPrefix(got, head) || !strings.HasSuffix(got, tail) || c.want == "" && got != "" {
			t.Errorf("%s with dbt Cloud %s and HTTP %s: %q, want %q", c.proxies, c.providers, c.https, got, c.want)
		}
	}
}

// TestLevels: what hits only some of the assumed versions drops one level and says
// which; where the versions are known it keeps its level.
func TestLevels(t *testing.T) {
	const data = `{"a": {"conn_type": "http", "host": "h.example", "extra": "no json"}}`
	res := check(t, "connections.json", data)
	if len(res.Findings) != 1 || res.Findings[0].Level != lint.Warning || !strings.HasSuffix(res.Findings[0].Message, "(Airflow 3.3 only)") {
		t.Errorf("assumed: %+v", res.Findings)
	}
	res = checkAs(t, "connections.json", data, export.Unknown, asked("2.11", "3.3"))
	if len(res.Findings) != 1 || res.Findings[0].Level != lint.Error {
		t.Errorf("known: %+v", res.Findings)
	}
	res = checkAs(t, "connections.json", data, export.Unknown, asked("2.11"))
	if len(res.Findings) != 0 {
		t.Errorf("2.11 alone: %+v", res.Findings)
	}
	if res := checkAs(t, "connections.json", data, export.Unknown, asked("3.3")); len(res.Findings) != 1 || !res.Findings[0].RefusesDocument {
		t.Errorf("3.3 alone: %+v", res.Findings)
	}
}

// TestMaskers: a secret counts for the releases that do not mask it, also where
// others read the connection alike.
func TestMaskers(t *testing.T) {
	const data = `{"a": {"conn_type": "http", "extra": {"x-api-key": "EXAMPLE0example1EXAMPLE2example3"}}}`
	for _, c := range []struct {
		key, want string
		airflow   []string
	}{
		{"x-api-key", "airflow@2.10.5 airflow@3.2.2 airflow-import@2.10.5 airflow-import@3.2.2", []string{"2.10.5", "3.2.2", "3.3.0"}},
		{"proxy", "airflow@2.10.5 airflow-import@2.10.5", []string{"2.10.5", "2.11.2"}},
		{"api_key", "", []string{"2.10.5", "3.2.2", "3.3.0"}},
	} {
		var got []string
		for _, f := range checkAs(t, "connections.json", strings.Replace(data, "x-api-key", c.key, 1), export.Unknown, asked(c.airflow...)).Findings {
			got = append(got, f.Consumers...)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.key, got, c.want)
		}
	}
}

// TestProjectLevels: a version that the project names is a known one; where it names
// none, what hits only a part of the assumed ones drops one level.
func TestProjectLevels(t *testing.T) {
	const noObject = `{"a": {"conn_type": "http", "host": "h.example", "extra": "no json"}}` // refused from 3.0 on
	for _, c := range []struct{ image, want string }{
		{"apache/airflow:3.1.8", "error"},
		{"apache/airflow:2.11.2", ""},
		{"apache/airflow:latest", "warning"},
		{"apache/airflow:1.10.15", "warning"},
		{"astrocrpublic.azurecr.io/runtime:3.1-10", "error"}, // 3.1.5 or 3.1.8: both refuse it
	} {
		results := checkProject(t, []txtar.File{{Name: "Dockerfile", Data: []byte("FROM " + c.image + "\n")}, {Name: "connections.json", Data: []byte(noObject)}})
		got := ""
		for _, f := range results[0].Findings {
			got += f.Level.String()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.image, got, c.want)
		}
	}
}

// TestOneCauseOneFinding: where several rules could speak of the same bytes, the
// first of DBT, URI, VAL, CON, DOC does.
func TestOneCauseOneFinding(t *testing.T) {
	for _, c := range []struct{ name, file, data, want string }{
		{"blank in a token", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1", "password": "` + token + ` "}}`, "DBT005"},
		{"blank in a tenant", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com ", "login": "1", "password": "` + token + `"}}`, "DBT016"},
		{"blank in an account id", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1 ", "password": "` + token + `"}}`, "DBT022"},
		{"blank elsewhere", "connections.json", `{"a": {"conn_type": "http", "host": "h.example "}}`, "VAL008"},
		{"blank in an id", "connections.json", `{"a ": {"conn_type": "http"}}`, "VAL008"},
		{"blank in a key of an env file", "connections.env", "x =http://h.example\n", "DOC012"},
		{"byte order mark in an env file", "connections.env", "\ufeffx=http://h.example\n", "DOC011"},
		{"export in an env file", "connections.env", "export x=http://h.example\n", "DOC012"},
		{"extra that is false", "connections.json", `{"a": {"conn_type": "http", "extra": false}}`, "CON009"},
		{"type that would be normalised", "connections.json", `{"a": {"conn_type": "google-cloud-platform"}}`, "CON006"},
		{"type of dbt Cloud that would be normalised", "connections.json", `{"a": {"conn_type": "dbt-cloud", "host": "ab123.us1.dbt.com", "login": "1", "password": "` + token + `"}}`, "DBT001"},
		{"number in a query", ".env", "AIRFLOW_CONN_A=postgres://etl:example@h.example/dwh?version=1.10", "VAL011"},
		{"extra encoded twice", "connections.json", `{"a": {"conn_type": "http", "extra": "\"{}\""}}`, "CON010"},
		{"empty extra", "connections.json", `{"a": {"conn_type": "http", "extra": {}}, "b": {"conn_type": "http"}}`, "CON016"},
		{"team in a file", "connections.json", `{"a": {"conn_type": "http", "team_name": null}}`, "CON001"},
		{"blank in a type", "connections.json", `{"a": {"conn_type": "http "}}`, "VAL008"},
		{"control character in a token", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1", "password": "` + token + `\u0007"}}`, "DBT005"},
		{"line break in a token", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1", "password": "` + token + `\n1"}}`, "DBT005"},
		{"control character in a tenant", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123\u0007.us1.dbt.com", "login": "1", "password": "` + token + `"}}`, "VAL010"},
		{"control character in an account id", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1\n2", "password": "` + token + `"}}`, "VAL010"},
		{"control character in an id", "connections.json", `{"a\tb": {"conn_type": "http"}}`, "VAL010"},
		{"control character in a type", "connections.json", `{"a": {"conn_type": "ht\ntp"}}`, "VAL010"},
		{"scheme behind credentials", "connections.json", `{"a": "dbt-cloud://1:` + token + `@https://ab123.us1.dbt.com"}`, "URI005"},
		{"hyphen in an object", "connections.json", `{"a": {"conn_type": "dbt-cloud", "host": "ab123.us1.dbt.com", "login": "1", "password": "` + token + `"}}`, "DBT001"},
		{"token in login", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "` + token + `"}}`, "DBT003"},
		{"account id in extra", "connections.json", `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "password": "` + token + `", "extra": {"account_id": 1}}}`, "DBT030"},
		{"id twice", "connections.json", `{"a": {"conn_type": "http"}, "a": {"conn_type": "http"}}`, "CON011"},
		{"byte order mark", "connections.json", "\ufeff{}", "DOC011"},
		{"date that refuses", "airflow_settings.yaml", "airflow:\n  connections:\n    - conn_id: a\n      conn_type: http\n      conn_login: 2024-01-31\n", "DOC005"},
		{"key that stands for the id", "airflow_settings.yaml", "airflow:\n  connections:\n    - connection_id: a\n      conn_type: http\n      conn_host: h.example\n", "CON001"},
		{"octal account id", "connections.yaml", "a:\n  conn_type: dbt_cloud\n  host: ab123.us1.dbt.com\n  login: 070403\n  password: " + token + "\n", "VAL001"},
		{"neither id nor tenant", "airflow_settings.yaml", "airflow:\n  connections:\n    - conn_type: dbt_cloud\n      conn_login: \"1\"\n      conn_password: " + token + "\n", "CON002 DBT010"},
		{"quotes in an env file", "connections.env", "a='postgres://etl:example@h.example/dwh'\n", "DOC015"},
		{"an open quote in a dotenv", ".env", "AIRFLOW_CONN_A='postgres://etl:example@h.example/dwh\n", "DOC015"},
		{"JSON in an env file", "connections.env", "a='{\"conn_type\": \"http\"}'\n", "DOC013"},
		{"lower-case name", ".env", "AIRFLOW_CONN_a=postgres://etl:example@h.example/dwh\n", "DOC014"},
		{"no value", ".env", "AIRFLOW_CONN_A=\n", "DOC020"},
		{"JSON over lines", ".env", "AIRFLOW_CONN_A='{\n\"conn_type\": \"http\", \"host\": \"h.example\"}'\n", "DOC019"},
		{"masked extra", "connections.json", `{"a": {"conn_type": "http", "host": "h.example", "extra": "***"}}`, "DOC009"},
		{"encrypted extra", "connections.json", `{"a": {"conn_type": "http", "host": "h.example", "extra": "` + fernet + `"}}`, "SEC004"},
		{"connections keyed by id", "airflow_settings.yaml", "airflow:\n  connections:\n    a:\n      conn_type: http\n      conn_host: h.example\n", "DOC018"},
		{"token in a login elsewhere", "connections.json", `{"a": {"conn_type": "postgres", "host": "h.example", "login": "ghp_EXAMPLE0example1EXAMPLE2example3EXAM"}}`, "SEC002"},
		{"slash in a password, in a file", "connections.json", `{"a": "postgres://u:p/w@h.example", "b": "http://h.example"}`, "URI002"},
		{"number sign in a password, in an env file", "connections.env", "a=postgres://u:p#w@h.example:5432/db\nb=http://h.example\n", "URI002"},
		{"nothing but a type", "connections.json", `{"a": {"conn_type": "dbt_cloud"}}`, "DBT002 DBT010 DBT020"},
		{"a list in place of airflow:", "airflow_settings.yaml", "- conn_id: a\n  conn_type: http\n", "DOC003"},
		{"underscore in a scheme", ".env", "AIRFLOW_CONN_A=dbt_cloud://1:" + token + "@ab123.us1.dbt.com\n", "URI001"},
	} {
		var got []string
		for _, f := range check(t, c.file, c.data).Findings {
			got = append(got, f.Rule.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s alone", c.name, got, c.want)
		}
	}
}

// TestRefusals: the finding that owns a refusal says what is lost with it, whatever
// bytes the consumer complains of.
func TestRefusals(t *testing.T) {
	const lost = "; the other connection is not loaded, either"
	for _, c := range []struct{ file, data, rule, lost string }{
		{"connections.json", `{"a": "postgres://u:p/w@h.example", "b": "http://h.example"}`, "URI002", lost},
		{"connections.yaml", "a: postgres://u:p/w@h.example:5432/db\nb: http://h.example\n", "URI002", lost},
		{"connections.env", "a=postgres://u:p?w@h.example\nb=http://h.example\n", "URI002", lost},
		{"connections.json", `{"a": "dbt-cloud://1:` + token + `", "b": "http://h.example"}`, "URI003", lost},
		{"connections.json", `{"a": "postgres://h1.example:5432,h2.example:5432/db", "b": "http://h.example"}`, "URI004", lost},
		{"airflow_settings.yaml", "airflow:\n  connections:\n    - {conn_id: a, conn_uri: 'postgres://u:p/w@h.example'}\n    - {conn_id: b, conn_type: http}\n", "URI002", "; 1 connection after it is lost"},
		{".env", "AIRFLOW_CONN_A=postgres://u:p/w@h.example\nAIRFLOW_CONN_B=http://h.example\n", "URI002", ""},
	} {
		found := check(t, c.file, c.data).Findings
		if len(found) != 1 || found[0].Rule.ID != c.rule || found[0].RefusesDocument != (c.lost != "") || !strings.HasSuffix(found[0].Message, c.lost) {
			t.Errorf("%s in %s: %+v", c.rule, c.file, found)
		}
	}
}

// TestWorkersAgree: a large document that several workers share has the findings
// of one that nobody shares, in the same order.
func TestWorkersAgree(t *testing.T) {
	var b strings.Builder
	b.WriteString("{")
	const n = 9000
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `"c%d": {"conn_type": "dbt_cloud", "host": "https://ab123.us1.dbt.com", "login": "12345", "password": "%s"}`, i, token)
	}
	b.WriteString("}")
	res := check(t, "connections.json", b.String())
	if len(res.Findings) != n || res.Dbt != n {
		t.Fatalf("%d findings, %d dbt Cloud connections", len(res.Findings), res.Dbt)
	}
	for i, f := range res.Findings {
		if f.ConnID != fmt.Sprintf("c%d", i) || f.Rule.ID != "DBT011" {
			t.Fatalf("finding %d is %s of %s", i, f.Rule.ID, f.ConnID)
		}
	}
}

// TestAllocations holds the cost of a connection that has no finding: what grows
// here grows with every export.
func TestAllocations(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a large export several times")
	}
	const n, budget = 4000, 45
	data := largeExport(n)
	targets := resolve(t, asked())
	per := testing.AllocsPerRun(3, func() { lintLarge(t, data, targets, rules.All()) }) / n
	t.Logf("%.1f allocations for each connection", per)
	if per > budget {
		t.Errorf("%.1f allocations for each connection, the budget is %d", per, budget)
	}
}

// TestAirflowHint: what is missing in settings is said at once, keys without conn_ included.
func TestAirflowHint(t *testing.T) {
	for data, want := range map[string]string{
		"connections:\n  - {conn_id: a, conn_type: http, conn_host: h.example}\n":                   "write airflow: above and indent the rest",
		"connections:\n  - {conn_id: a, conn_type: http, Host: h.example, login: x}\n":              "write airflow: above and indent the rest, with conn_host for host",
		"connections:\n  a: {conn_type: http, conn_host: h.example}\n":                              "write airflow: above and indent the rest, as a list whose items have a conn_id",
		"a: {conn_type: http, host: h.example}\n":                                                   "write airflow: and connections: above and indent the rest, as a list whose items have a conn_id, with conn_host for host",
		"- {conn_id: a, conn_type: http, conn_host: h.example, color: blue}\n":                      "write airflow: and connections: above and indent the rest",
		"pools: [{pool_name: p, pool_slot: 3}]\nvariables: [{variable_name: v, variable_value: w}]": "write airflow: above and indent the rest",
	} {
		res := check(t, "airflow_settings.yaml", data)
		if len(res.Findings) == 0 || res.Findings[0].Rule.ID != "DOC003" || res.Findings[0].Hint != want {
			t.Errorf("%s: %+v, want the hint %s", data, res.Findings, want)
		}
	}
}

// TestOtherSettings: what stands in airflow_settings.yaml by mistake has its place elsewhere.
func TestOtherSettings(t *testing.T) {
	for data, want := range map[string]string{
		"services:\n  scheduler:\n    volumes: [./x:/x]\n":      "the Astro CLI takes it as docker-compose.override.yml",
		"core:\n  executor: LocalExecutor\n":                    "settings of Airflow go into .env, as AIRFLOW__SECTION__KEY=value",
		"[core]\nexecutor = LocalExecutor\n\n[api]\nport = 1\n": "settings of Airflow go into .env, as AIRFLOW__SECTION__KEY=value",
		"airflow: {pools: []}\nAIRFLOW__SMTP__PORT: 587\n":      "settings of Airflow go into .env, as AIRFLOW__SECTION__KEY=value",
	} {
		res := check(t, "airflow_settings.yaml", data)
		if len(res.Findings) != 1 || res.Findings[0].Hint != want {
			t.Errorf("%s: %+v, want the hint %s", data, res.Findings, want)
		}
	}
}

// TestIDInMessage: an id is shown as it is written, also where a piece of it is in a
// secret of its entry.
func TestIDInMessage(t *testing.T) {
	res := check(t, "connections.env", "AIRFLOW_CONN_DATA_TEST=postgres://etl:test/data@db.example:5432/x\nb=postgres://h.example\n")
	shown := slices.ContainsFunc(res.Findings, func(f lint.Finding) bool {
		return f.Rule.ID == "DOC012" && strings.Contains(f.Message, `"AIRFLOW_CONN_DATA_TEST"`)
	})
	if !shown {
		t.Errorf("%+v", res.Findings)
	}
}

// TestProxyKey: a fault of proxies names the key that requests looks at.
func TestProxyKey(t *testing.T) {
	for proxies, want := range map[string]string{
		`{"https": "http://proxy.example:3128", "https://ab123.us1.dbt.com": 5}`: "https://ab123.us1.dbt.com of proxies is an integer, no text: tasks fail",
		`{"http": "http://p.example:1", "all": 5}`:                               "all of proxies is an integer, no text: tasks fail",
		`{"http": "http://p.example:1"}`:                                         "proxies has no https, and every call is https: tasks go without a proxy",
	} {
		data := `{"a": {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1", "password": "` + token + `", "extra": {"proxies": ` + proxies + `}}}`
		res := checkAs(t, "connections.json", data, export.Unknown, consumer.Asked{Provider: []string{"3.11"}, HTTPProvider: []string{"5.2.0"}})
		if !slices.ContainsFunc(res.Findings, func(f lint.Finding) bool { return f.Rule.ID == "DBT031" && f.Message == want }) {
			t.Errorf("%s: %+v, want %s", proxies, res.Findings, want)
		}
	}
}
