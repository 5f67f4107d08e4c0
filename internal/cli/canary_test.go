package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/cli"
	"github.com/dbtconn-lint/dbtconn-lint/internal/config"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
)

// run calls the command in this process, in the current directory.
func run(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	env := cli.Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &err, Getenv: func(string) string { return "" }, Now: time.Now}
	code = cli.Main(context.Background(), env, args)
	return code, out.String(), err.String()
}

// The canaries: a token, which is a secret wherever it stands, and a text that
// nobody could tell for one but by where it stands.
const (
	tokenCanary = "dbtc_EXAMPLEcanaryEXAMPLEcanaryEXAMPLEcanary_0123456789"
	plainCanary = "c4naryEXAMPLE"
)

// canaryFiles are exports with a canary, T or P, in every place of every format.
func canaryFiles() map[string]string {
	files := map[string]string{}
	n := 0
	add := func(name, text string) {
		n++
		files[fmt.Sprintf("d%03d/%s", n, name)] = text
	}
	fields := []string{"conn_type", "description", "host", "login", "password", "schema", "port", "extra", "uri", "nonsense"}
	for _, value := range []string{"T", " T ", "Token T", "x/T?a=b", "https://T@h", "dbt_cloud://:T", "T\\n", "T\u00e9"} {
		for _, field := range fields {
			object := fmt.Sprintf(`{"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1", %q: "%s"}`, field, value)
			add("connections.json", `{"a": `+object+`}`)
			add("connections.yaml", "a: "+object+"\n")
			add(".env", "AIRFLOW_CONN_A='"+object+"'\n")
			add("value.json", object)
			add("list.json", `[{"conn_id": "a", "conn_type": "dbt_cloud", "get_uri": "T", "`+field+`": "`+value+`"}]`)
			add("rest.json", `{"connections": [{"connection_id": "a", "conn_type": "dbt_cloud", "`+field+`": "`+value+`"}], "total_entries": 1}`)
			add("airflow_settings.yaml", "airflow:\n  connections:\n    - conn_id: a\n      conn_type: dbt_cloud\n      conn_"+field+": \""+value+"\"\n")
		}
	}
	// Ids, keys, comments.
	add("connections.json", `{"T": {"conn_type": "dbt_cloud", "password": "x"}, "a": {"conn_type": "dbt_cloud", "T": 1, "extra": {"T": "x"}}}`)
	add("connections.yaml", "# T\nT: {conn_type: dbt_cloud} # T\nb: {conn_type: dbt_cloud, T: x}\n")
	add("airflow_settings.yaml", "airflow:\n  connections:\n    - conn_id: T\n      conn_type: dbt_cloud # T\n      T: x\n")
	add("connections.env", "T=dbt-cloud://1:x@h\nT\n")

	// What is secret for its place.
	for _, uri := range []string{
		"dbt-cloud://1:P@h", "dbt-cloud://:P@h", "dbt-cloud://:P", "dbt_cloud://:P@h", "dbt_cloud://1:P", "dbt-cloud:1:P@h", "dbt-cloud:/1:P@h", "dbt-cloud://1:a/P@h",
		"dbt-cloud://1:a?P@h", "dbt-cloud://1:a#P@h", "dbt-cloud://1:a@P@h", "dbt-cloud://1:a P@h", "http://https://u:P@h", "dbt-cloud://1:P@h:port", "dbt-cloud://1:P@[::1", "dbt-cloud://1:x@h?token=P",
		"dbt-cloud://1:x@h?a=b&password=P", "postgres://u:%50%zz:P@h",
	} {
		add("connections.json", `{"a": "`+uri+`"}`)
		add("connections.json", `{"a": {"uri": "`+uri+`", "login": "1"}}`)
		add("connections.yaml", "a: "+uri+"\n")
		add("connections.env", "a="+uri+"\n")
		add("value.uri", uri+"\n")
		add(".env", "AIRFLOW_CONN_A="+uri+"\nAIRFLOW_CONN_B='"+uri+"'\n")
		add("airflow_settings.yaml", "airflow:\n  connections:\n    - conn_id: a\n      conn_uri: "+uri+"\n")
	}
	for _, password := range []string{`"P"`, `"x\nP"`, `"Bearer P"`, `" P "`, `["P"]`, `{"a": "P"}`} {
		add("connections.json", `{"a": {"conn_type": "dbt_cloud", "login": "x", "password": `+password+`}}`)
		add("connections.yaml", "a: {conn_type: dbt_cloud, login: x, password: "+password+"}\n")
		add("airflow_settings.yaml", "airflow:\n  connections:\n    - {conn_id: a, conn_type: dbt_cloud, conn_login: x, conn_password: "+password+"}\n")
		for _, key := range []string{"token", "api_key", "private_key", "proxies"} {
			add("connections.json", `{"a": {"conn_type": "dbt_cloud", "extra": {"`+key+`": `+password+`}}}`)
			add("airflow_settings.yaml", "airflow:\n  connections:\n    - {conn_id: a, conn_type: dbt_cloud, conn_extra: {"+key+": "+password+"}}\n")
		}
	}
	add("connections.json", `{"a": {"conn_type": "http", "extra": "{\"token\": \"P\", \"x\": \"{\\\"password\\\": \\\"P\\\"}\"}"}}`)
	add("connections.json", `{"a": {"conn_type": "http", "extra": "{\"token\": \"P\""}}`)
	add("connections.yaml", "a:\n  conn_type: dbt_cloud\n  login: 012\n  password: |\n    x\n    P\n")
	add("connections.yaml", "a:\n  conn_type: dbt_cloud\n  login: &p P\n  password: *p\n")
	add("airflow_settings.yaml", "airflow:\n  variables:\n    - variable_name: a\n      variable_value: P\n    - {variable_name: b, variable_value: 2001-01-01}\n  connections:\n    - {conn_id: a, conn_type: dbt_cloud, conn_login: 2001-01-01}\n")
	add(".env", "FOO=P\nexport BAR='P'\nAIRFLOW_CONN_A=dbt_cloud://h\nsome junk P\n")

	// What does not parse, or is no export.
	for _, broken := range []string{`{"a": {"conn_type": "x", "login": "P"`, `{"a": "P", }`, "{'a': 'P'}", "a: P\n\tb: P\n", "a: 'P", "a: [P", "P\n: P: P\n", `{"P": `, `["P"]`, `"P"`, "P"} {
		for _, name := range []string{"connections.json", "connections.yaml", "airflow_settings.yaml", "connections.env"} {
			if strings.HasPrefix(broken, "P") && name == "connections.env" || strings.Contains(broken, `"P": `) || strings.HasPrefix(broken, "P\n") {
				continue // a key, which is shown
			}
			add(name, broken)
		}
	}
	add("variables.json", `{"a": "P", "b": "P"}`)
	add("secret.json", `{"data": {"data": {"conn_uri": "P"}}, "x": "P"}`)
	return files
}

// everyFormat is a run that writes text, and a file in each other format.
func everyFormat() []string {
	args := []string{"check", "--notes", "--exclude", "report.*"}
	for i, name := range report.Names() {
		if i > 0 {
			name += "=report." + name
		}
		args = append(args, "-o", name)
	}
	return args
}

// reports are the files that everyFormat has written, which are gone then.
func reports(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, name := range report.Names()[1:] {
		text, err := os.ReadFile("report." + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove("report." + name); err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

// TestCanary plants canaries and looks for them in everything that any command
// prints.
func TestCanary(t *testing.T) {
	t.Chdir(t.TempDir())
	files := canaryFiles()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(planted(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	commands := [][]string{
		everyFormat(), append(everyFormat(), "--color", "always", "--airflow", "all"),
		{"inspect"}, {"inspect", "--all", "--airflow", "all"}, {"inspect", "--diff", "-o", "json", "--airflow", "2.5,3.3"}, {"inspect", "-o", "json"}, {"inspect", "-o", "json", "--provider", "2.1,4.11", "--airflow", "2.3,3.3"},
	}
	for name := range files {
		for _, format := range []string{"", "airflow-json", "airflow-value", "airflow-uri", "dotenv"} {
			if format != "" && (!strings.HasSuffix(name, "1/"+filepath.Base(name)) || strings.Contains(files[name], `"x": "P"`)) {
				continue // by another format than its own only one in ten
			}
			for _, c := range commands {
				if format != "" && c[0] == "inspect" {
					continue // a value that is nothing shows nothing to be secret
				}
				args := append(append([]string{}, c...), name)
				if format != "" {
					args = append(args, "--format", format)
				}
				code, stdout, stderr := run("", args...)
				if code == 2 || code == 3 {
					t.Errorf("%v: exit code %d: %s", args, code, stderr)
				}
				if c[0] == "check" {
					stdout += reports(t)
				}
				for _, canary := range []string{tokenCanary, "canaryEXAMPLEcanary", plainCanary} {
					for what, s := range map[string]string{"stdout": stdout, "stderr": stderr} {
						if i := strings.Index(s, canary); i >= 0 {
							t.Errorf("%v, %s shows the canary: …%s\nof %s", args, what, s[max(0, i-60):min(len(s), i+60)], files[name])
						}
					}
				}
			}
		}
	}
}

// TestProjectCanary: what stands beside exports is shown without its secrets, too.
func TestProjectCanary(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"Dockerfile": "ARG TOKEN=P\nFROM apache/airflow:T\nENV AIRFLOW_CONN_A='P' AIRFLOW_CONN_B=http://u:P@h\nENV AIRFLOW_CONN_DBT P\nRUN pip install --index-url https://P@index.example/simple apache-airflow[dbt]==2.10.5 && TOKEN=P x\n",
		"requirements.txt": "--extra-index-url https://P@index.example/simple/apache-airflow-providers-dbt\napache-airflow-providers-dbt @ https://u:P@index.example/x\n" +
			"apache-airflow-providers-microsoft-dbt-cloud==1.0.0  # https://P@index.example\nairflow-provider-dbt-cloud==1.0.0+T\napache-airflow-providers-dbt-cloud==2.1.0+T\ndbt-core\n",
		"airflow_settings.yaml":    "airflow:\n  connections:\n    - {conn_id: a, conn_type: dbt_cloud, conn_host: h.example, conn_password: P}\n    - {conn_id: dbt, conn_type: dbt_cloud, conn_password: T}\n",
		".env":                     "AIRFLOW_CONN_A=dbt-cloud://1:P@h.example\nAIRFLOW_CONN_DBT='P'\nX=P\n",
		"include/connections.yaml": "a: {conn_type: dbt_cloud, host: h.example, password: P, extra: {proxies: {https: 'http://u:P@h'}}}\nT: {conn_type: dbt_cloud}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(planted(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"inspect", "--all", "."}, {"inspect", "-o", "json", "."}, append(everyFormat(), ".")} {
		code, stdout, stderr := run("", args...)
		if args[0] == "check" {
			stdout += reports(t)
		}
		if code > 1 {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
		if args[0] == "check" {
			for _, rule := range []string{"PRJ002", "PRJ003", "PRJ005"} {
				if !strings.Contains(stdout, rule) {
					t.Errorf("%v: %s says nothing\n%s", args, rule, stdout)
				}
			}
		}
		for _, canary := range []string{tokenCanary, "canaryEXAMPLEcanary", plainCanary} {
			if i := strings.Index(stdout+stderr, canary); i >= 0 {
				t.Errorf("%v shows the canary: …%s", args, (stdout + stderr)[max(0, i-80):i])
			}
		}
	}
}

// TestFilledCanary fills the canaries in from the environment, in texts that break
// what they are put into, too. No place that is shown lies outside of the file.
func TestFilledCanary(t *testing.T) {
	t.Chdir(t.TempDir())
	files := canaryFiles()
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(replaced(files[name], "${T}", "${P}")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(config.Name, []byte("placeholders: env\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, around := range [][2]string{{"", ""}, {"x\n", "\n\ty: z"}, {"\x00", "\xff"}, {strings.Repeat("long ", 2000), ""}} {
		environment := map[string]string{"T": around[0] + tokenCanary + around[1], "P": around[0] + plainCanary + around[1]}
		for _, c := range [][]string{append(everyFormat(), "--no-ignores"), {"inspect", "-o", "json"}, {"inspect", "--all"}} {
			var out, errs bytes.Buffer
			env := cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(name string) string { return environment[name] }, Now: time.Now}
			code := cli.Main(context.Background(), env, slices.Concat(c, names))
			if code > 1 {
				t.Errorf("%q %v: exit code %d: %.2000s", around, c, code, errs.String())
			}
			said := out.String() + errs.String()
			if c[0] == "check" {
				said += reports(t)
			}
			for _, canary := range []string{tokenCanary, "canaryEXAMPLEcanary", plainCanary} {
				if i := strings.Index(said, canary); i >= 0 {
					t.Errorf("%q %v shows the canary: …%s", around, c, said[max(0, i-200):min(len(said), i+60)])
				}
			}
		}
	}
}

// planted puts the canaries where a T or P stands for itself.
func planted(s string) string { return replaced(s, tokenCanary, plainCanary) }

// replaced puts other texts where a T or P stands for itself.
func replaced(s, token, plain string) string {
	var b strings.Builder
	letter := func(i int) bool { return i >= 0 && i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] == '_') }
	for i := range len(s) {
		switch alone := !letter(i-1) && !letter(i+1); {
		case alone && s[i] == 'T':
			b.WriteString(token)
		case alone && s[i] == 'P':
			b.WriteString(plain)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// TestQuotesInPassword: Python's repr escapes quotes, so the password that the
// error of a header shows is not the one that was written.
func TestQuotesInPassword(t *testing.T) {
	const value = `{"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "1", "password": "plan'ted\"canary\n"}`
	for _, format := range []string{"text", "json"} {
		code, stdout, stderr := run(value, "inspect", "--format", "airflow-value", "-o", format, "-")
		if out := stdout + stderr; code != 0 || strings.Contains(out, "canary") || strings.Contains(out, "plan") {
			t.Errorf("-o %s: exit %d\n%s", format, code, out)
		}
	}
}

// TestMisreadCanary: of a URI that is not read as it was meant, the parts of its
// password end up anywhere: in other fields, in keys of extra, in errors. None shows.
func TestMisreadCanary(t *testing.T) {
	t.Chdir(t.TempDir())
	bits := []string{"?", `"`, "'", "#", "/", "@", ":", "&", "=", "%", "%22", "%27", `\`, "{", "}", "[", "]", " ", "<", ">", "|", ";", "x", "!", "$", "a=", "b&"}
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 1))
		some := func() string {
			var b strings.Builder
			for range random.IntN(5) {
				b.WriteString(bits[random.IntN(len(bits))])
			}
			return b.String()
		}
		var asJSON, asYAML, asSettings, asEnv, asDotenv, proxies strings.Builder
		asSettings.WriteString("airflow:\n  connections:\n")
		for i := range 200 {
			scheme := "dbt-cloud://1:"
			if i%5 == 0 {
				scheme = "postgres://u:"
			}
			uri := scheme + some() + plainCanary + some() + "@h"
			text, err := json.Marshal(uri)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&asJSON, ",\n%q: %s", fmt.Sprint("c", i), text)
			fmt.Fprintf(&asYAML, "c%d: %s\n", i, text)
			fmt.Fprintf(&asSettings, "    - {conn_id: c%d, conn_uri: %s}\n", i, text)
			fmt.Fprintf(&asEnv, "c%d=%s\n", i, uri)
			fmt.Fprintf(&asDotenv, "AIRFLOW_CONN_C%d=%s\n", i, uri)
			// The password of a proxy, of which a client may quote a part.
			proxy, err := json.Marshal([...]string{"http://u:", "u:", "ftp://u:", "http://"}[i%4] + some() + plainCanary + some() + "@proxy.example:1")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&proxies, ",\n%q: {\"conn_type\": \"dbt_cloud\", \"host\": \"ab123.us1.dbt.com\", \"login\": \"1\", \"password\": \"example\", \"extra\": {\"proxies\": {\"https\": %s}}}", fmt.Sprint("p", i), proxy)
		}
		for name, text := range map[string]string{
			"connections.json": "{" + strings.TrimPrefix(asJSON.String(), ",") + "}", "connections.yaml": asYAML.String(), "airflow_settings.yaml": asSettings.String(),
			"connections.env": asEnv.String(), ".env": asDotenv.String(), "proxies.json": "{" + strings.TrimPrefix(proxies.String(), ",") + "}",
		} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"inspect"}, {"inspect", "-o", "json"}, {"inspect", "--provider", "3.11", "--http-provider", "5.2.0"}, {"inspect", "--diff", "--airflow", "all"}, {"check", "--notes"}, {"check", "-o", "json"}, {"check", "-o", "html"}} {
				_, stdout, stderr := run("", append(args, name)...)
				for line := range strings.Lines(stdout + stderr) {
					if strings.Contains(strings.ToLower(line), strings.ToLower(plainCanary)) {
						t.Errorf("seed %d, %s of %s shows %s", seed, args, name, line)
						break
					}
				}
			}
		}
	}
}
