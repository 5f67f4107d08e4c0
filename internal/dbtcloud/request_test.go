package dbtcloud_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// hookCase is a case of testdata/vectors/dbt-hook.json: what the real hook did
// with a connection that stood in an environment variable.
type hookCase struct {
	Name, Call   string
	Args         map[string]any
	Env          map[string]string
	Connection   json.RawMessage
	Provider     []string
	Airflow      []string
	HTTPProvider []string `json:"http_provider"`
	Expected     expected
}

type expected struct {
	URL     *string
	Headers map[string]string
	Proxies map[string]any
	Proxy   any
	Error   *struct{ Class, Message string }
	Result  any
}

// calls are the modelled ones: which request of ours each is.
var calls = map[string]string{
	"list_jobs":            dbtcloud.ListJobs,
	"test_connection":      dbtcloud.TestConnection,
	"async_get_job_status": dbtcloud.GetJobRun,
	"rest_test":            dbtcloud.TestConnection,
	"connection_test":      dbtcloud.TestConnection,
}

// newestClients is the provider whose environment had the client libraries that
// are modelled.
const newestClients = "4.11.1"

// hookCases are the cases of the files of a pattern.
func hookCases(t *testing.T, pattern string) (cases []hookCase) {
	t.Helper()
	names, err := filepath.Glob("../../testdata/vectors/" + pattern)
	if err != nil || len(names) == 0 {
		t.Fatal("no vectors: ", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Cases []hookCase }
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, file.Cases...)
	}
	return cases
}

// TestHookVectors: dbt-hook.json, and what oracle/fuzz.py has recorded.
func TestHookVectors(t *testing.T) {
	agree, all := 0, 0
	left := map[string]int{}
	for _, c := range hookCases(t, "dbt-hook*.json") {
		for env := range c.Provider {
			if why := c.leftOut(env); why != "" {
				left[why]++
				continue
			}
			all++
			compare := c.compare
			switch {
			case c.lost():
				compare = c.compareLost
			case calls[c.Call] == "":
				compare = c.compareBase
			case c.Provider[env] != newestClients && c.clientFails():
				compare = c.compareURL
			}
			if diff := compare(t, env); diff != "" {
				t.Errorf("%s in provider %s, http %s, Airflow %s: %s", c.Name, c.Provider[env], c.HTTPProvider[env], c.Airflow[env], diff)
			} else {
				agree++
			}
		}
	}
	t.Logf("%d of %d runs agree with the real hook", agree, all)
	for _, why := range slices.Sorted(maps.Keys(left)) {
		t.Logf("left out, %s: %d runs", why, left[why])
	}
	if all < 6000 {
		t.Errorf("only %d runs were compared", all)
	}
}

// leftOut says why a run is not compared, if it is not.
func (c *hookCase) leftOut(env int) string {
	e := &c.Expected
	switch {
	case len(c.Args) > 0 && c.Args["account_id"] != nil:
		return "the account id is an argument of the task"
	case len(c.Env) > 0:
		return "proxies of the process's environment"
	case string(c.Connection) == "null":
		return "there is no connection"
	case strings.Contains(c.failure(), "quote_from_bytes"):
		return "lost where the REST API makes a URI of it"
	case c.lost():
		return ""
	case c.Call != "test_connection" && calls[c.Call] == dbtcloud.TestConnection && (e.URL == nil || !strings.HasPrefix(*e.URL, "https:")) && !c.hookFails():
		return "get_hook() finds no hook, or another one"
	case c.Provider[env] != newestClients && c.clientFails() && e.URL == nil:
		return "refused by an older client library, before there is a URL"
	case calls[c.Call] == "" && e.URL == nil:
		return "a call that is not modelled, and sends nothing"
	}
	return ""
}

func (c *hookCase) lost() bool { return strings.Contains(c.failure(), "isn't defined") }

// compareLost: what Airflow does not hand to the hook, our reader of it refuses, too.
func (c *hookCase) compareLost(t *testing.T, env int) string {
	if c.read(t, env).Failure == nil {
		return "Airflow's reader takes it, want: " + c.failure()
	}
	return ""
}

// compareURL: an older client library judges a host or a header otherwise, but gets
// the same URL.
func (c *hookCase) compareURL(t *testing.T, env int) string {
	return c.compareRequest(t, env, calls[c.Call], func(r dbtcloud.Request) string {
		if url := strings.ReplaceAll(r.URL, "{run_id}", "9"); r.Failure == nil && url != *c.Expected.URL {
			return fmt.Sprintf("URL %q, want %q", url, *c.Expected.URL)
		}
		return ""
	})
}

// compareBase: a call that is not modelled goes to another path of the same tenant
// and account, with the same header.
func (c *hookCase) compareBase(t *testing.T, env int) string {
	return c.compareRequest(t, env, dbtcloud.ListJobs, func(r dbtcloud.Request) string {
		base, _, _ := strings.Cut(r.URL, "/jobs/")
		got := strings.Replace(*c.Expected.URL, "/api/v3/", "/api/v2/", 1)
		if c.Call == "list_accounts" {
			base, _, _ = strings.Cut(base, "/api/")
		}
		if !strings.HasPrefix(got, base+"/") {
			return fmt.Sprintf("URL %q, want one below %q", got, base)
		}
		if want := c.Expected.Headers["Authorization"]; want != "" && want != r.Authorization.Peek() {
			return "another Authorization header"
		}
		return ""
	})
}

// failure is the message of an error, or what a connection test answers.
func (c *hookCase) failure() string {
	if c.Expected.Error != nil {
		return c.Expected.Error.Message
	}
	if r, ok := c.Expected.Result.([]any); ok && len(r) == 2 && r[0] == false {
		return r[1].(string)
	}
	return ""
}

// hookFails reports whether the error is one of the hook itself.
func (c *hookCase) hookFails() bool {
	return slices.ContainsFunc([]string{"An API token", "Could not determine", "invalid literal", "has no attribute 'get'", "int() argument", "Failed to parse", "No host supplied"}, func(s string) bool {
		return strings.Contains(c.failure(), s)
	})
}

// clientFails reports whether the client judges host or header in words, or by
// rules, that changed between its versions.
func (c *hookCase) clientFails() bool {
	var conn struct{ Host, Password any }
	_ = json.Unmarshal(c.Connection, &conn)
	host, _ := conn.Host.(string)
	password, _ := conn.Password.(string)
	return strings.ContainsAny(host, " \t\r\n\"<>\u00a0\u200b") || strings.Contains(c.failure(), "Failed to parse") ||
		calls[c.Call] == dbtcloud.GetJobRun && (strings.ContainsAny(password, "\r\n\x00") || strings.HasPrefix(host, "//") || strings.HasSuffix(host, ":abc"))
}

// compare answers how a run differs from ours.
func (c *hookCase) compare(t *testing.T, env int) string {
	return c.compareRequest(t, env, calls[c.Call], c.differs)
}

// compareRequest answers how a run differs from our request of a call.
func (c *hookCase) compareRequest(t *testing.T, env int, call string, differs func(dbtcloud.Request) string) string {
	provider, _, err := dbtcloud.VersionFor(c.Provider[env])
	if err != nil {
		return err.Error()
	}
	http, _, err := dbtcloud.HTTPVersionFor(c.HTTPProvider[env])
	if err != nil {
		return err.Error()
	}
	conn := c.read(t, env)
	if conn.Failure != nil {
		return "Airflow's reader fails: " + conn.Failure.Class
	}
	requests := provider.Requests(conn, http)
	i := slices.IndexFunc(requests, func(r dbtcloud.Request) bool { return r.Call == call })
	if i < 0 {
		return "the version has no such call"
	}
	return differs(requests[i])
}

// read is the connection as the environment's Airflow holds it.
func (c *hookCase) read(t *testing.T, env int) *connection.Connection {
	t.Helper()
	text := string(c.Connection)
	if text[0] == '"' {
		if err := json.Unmarshal(c.Connection, &text); err != nil {
			t.Fatal(err)
		}
	}
	version, _, err := airflow.VersionFor(c.Airflow[env])
	if err != nil {
		t.Fatal(err)
	}
	doc := export.Open(&source.File{Path: "value", Data: text}, export.Options{Named: true, Format: export.AirflowValue, IsType: conntype.Known})
	var conn connection.Connection
	if version.Line == "3.3" {
		version.Worker.ReadWorker(doc).Load(0, &conn) // the hook got it from the task SDK there
	} else {
		version.Server.Read(doc).Load(0, &conn)
	}
	return &conn
}

func (c *hookCase) differs(r dbtcloud.Request) string {
	e := &c.Expected
	url := strings.ReplaceAll(r.URL, "{run_id}", "9")
	if want := deref(e.URL); url != want {
		return fmt.Sprintf("URL %q, want %q", url, want)
	}
	if e.URL != nil {
		if want := e.Headers["Authorization"]; want != r.Authorization.Peek() && want != "" {
			return "another Authorization header"
		}
		if got, want := proxies(r), e.proxies(); got != want {
			return fmt.Sprintf("proxies %s, want %s", got, want)
		}
	}
	want := c.failure()
	if r.Failure == nil {
		if want != "" && (e.URL == nil || c.hookFails()) {
			return "no error, want: " + want
		}
		return "" // what the network and the server answer is not ours
	}
	if got := strings.ReplaceAll(r.Failure.Message.Peek(), "{run_id}", "9"); got != want {
		if strings.HasPrefix(got, "int() argument") && strings.HasPrefix(want, "int() argument") {
			return "" // Python 3.10 changed the words
		}
		return fmt.Sprintf("error %q, want %q", got, want)
	}
	if e.Error != nil {
		if class := e.Error.Class[strings.LastIndexByte(e.Error.Class, '.')+1:]; class != r.Failure.Class {
			return fmt.Sprintf("a %s, want %s", r.Failure.Class, class)
		}
	}
	return ""
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (e *expected) proxies() string {
	switch {
	case e.Proxy != nil:
		return fmt.Sprint(e.Proxy)
	case len(e.Proxies) == 0:
		return ""
	}
	return fmt.Sprint(e.Proxies)
}

func proxies(r dbtcloud.Request) string {
	if r.Proxies == nil {
		return ""
	}
	return fmt.Sprint(plain(r.Proxies))
}

// plain is a value as Go decodes it from JSON, but for numbers.
func plain(v *connection.Value) any {
	switch v.Kind {
	case connection.Bool:
		return v.Text.Peek() == "True"
	case connection.List:
		list := []any{}
		for i := range v.Items {
			list = append(list, plain(&v.Items[i].Value))
		}
		return list
	case connection.Map:
		m := map[string]any{}
		for i := range v.Items {
			m[v.Items[i].Key.Text.Peek()] = plain(&v.Items[i].Value)
		}
		return m
	}
	return v.Text.Peek()
}

// TestJudgeProxies holds the judgement of extra.proxies against what the clients
// were given and what they made of it.
func TestJudgeProxies(t *testing.T) {
	compared, faults := 0, 0
	for _, c := range hookCases(t, "dbt-hook*.json") {
		if c.Call != "list_jobs" && c.Call != "async_get_job_status" || c.lost() || len(c.Env) > 0 || string(c.Connection) == "null" {
			continue
		}
		if strings.HasPrefix(c.Name, "fuzz/") && !strings.Contains(string(c.Connection), `"host": "ab123.us1.dbt.com", "login": "12345", "password": "dbtc_EXAMPLEexampleEXAMPLE"`) {
			continue // it may fail for another reason
		}
		for env := range c.Provider {
			provider, _, err := dbtcloud.VersionFor(c.Provider[env])
			if err != nil {
				t.Fatal(err)
			}
			http, _, err := dbtcloud.HTTPVersionFor(c.HTTPProvider[env])
			if err != nil {
				t.Fatal(err)
			}
			conn := c.read(t, env)
			sync, async := provider.Profile.ProxyPaths(http)
			used := async
			if c.Call == "list_jobs" {
				used = sync
			}
			v := conn.ExtraObject().Get("proxies")
			if !used || !v.Truthy() || v.Kind == connection.Map && !slices.ContainsFunc(v.Items, func(i connection.Item) bool { return i.Value.Truthy() }) {
				continue // it asks for none
			}
			f, bad := provider.Profile.JudgeProxies(conn, http)
			broken := bad && (f.Async && c.Call != "list_jobs" || f.Sync && c.Call == "list_jobs")
			compared++
			if broken {
				faults++
			}
			if want := c.proxyFails(); broken != want {
				t.Errorf("%s in provider %s, http %s: broken %t, want %t (%s)", c.Name, c.Provider[env], c.HTTPProvider[env], broken, want, c.failure())
			}
		}
	}
	t.Logf("%d faults in %d runs", faults, compared)
	if compared < 20 || faults < 10 {
		t.Errorf("%d faults in %d runs: the vectors have more", faults, compared)
	}
}

// proxyFails reports whether the client could not use the proxies, or was given
// none that it looks at.
func (c *hookCase) proxyFails() bool {
	if e := c.Expected.Error; e != nil {
		class := e.Class[strings.LastIndexByte(e.Class, '.')+1:]
		return class == "AttributeError" || class == "TypeError" || class == "InvalidURL" || class == "InvalidProxyURL" || class == "LocationParseError"
	}
	if c.Call == "list_jobs" {
		_, lower := c.Expected.Proxies["https"]
		_, host := c.Expected.Proxies["https://ab123.us1.dbt.com"]
		_, all := c.Expected.Proxies["all"]
		return !lower && !host && !all
	}
	return c.Expected.Proxy == nil
}

func TestProxyHost(t *testing.T) {
	for address, fault := range map[string]bool{
		"http://proxy.example": false, "http://proxy.example:3128": false, "https://u:p@proxy.example:3128/": false, "HTTP://[::1]:3128": false, "http://[::1]": false, "http://h:/": false,
		"http://": true, "http:///x": true, "http://:3128": true, "http://u:p@:3128": true, "http://proxy.example:port": true, "http://proxy.example:99999": true,
		"http://user:pa[ss@proxy.example:3128": true,
	} {
		extra := connection.Value{Kind: connection.Map, Items: []connection.Item{{Key: textValue("proxies"), Value: connection.Value{
			Kind: connection.Map, Items: []connection.Item{{Key: textValue("https"), Value: textValue(address)}},
		}}}}
		var c connection.Connection
		c.SetExtraObject(extra)
		if f, bad := (dbtcloud.Profile{}).JudgeProxies(&c, dbtcloud.HTTPVersion{}); bad != fault || bad && !(f.Sync && f.Async) {
			t.Errorf("%s: %q", address, f.What)
		}
	}
}

func textValue(s string) connection.Value {
	return connection.Value{Kind: connection.Text, Text: secret.New(s)}
}
