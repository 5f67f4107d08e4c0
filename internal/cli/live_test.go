package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/dbtconn-lint/dbtconn-lint/internal/cli"
	"github.com/dbtconn-lint/dbtconn-lint/internal/live/fakecloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
)

// world is an environment around a fake dbt Cloud.
type world struct {
	cli.Env
	out, err bytes.Buffer
	cloud    *fakecloud.Cloud
	mu       sync.Mutex
	dialled  []string
}

// inWorld runs f with a clock and a network of its own, in a folder of its own.
func inWorld(t *testing.T, f func(*testing.T, *world)) {
	t.Helper()
	t.Chdir(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		w := &world{cloud: fakecloud.New()}
		dial, stop := w.cloud.InMemory()
		defer stop()
		w.Env = cli.Env{
			Stdin: strings.NewReader(""), Stdout: &w.out, Stderr: &w.err, Getenv: func(string) string { return "" }, Now: time.Now, Lookup: w.cloud.Lookup,
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				w.mu.Lock()
				w.dialled = append(w.dialled, address)
				w.mu.Unlock()
				return dial(ctx, network, address)
			},
		}
		write(t, "ca.pem", string(w.cloud.CA()))
		f(t, w)
	})
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run calls the command; the fake's certificates are trusted.
func (w *world) run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	w.out.Reset()
	w.err.Reset()
	code = cli.Main(ctx, w.Env, args)
	return code, w.out.String(), w.err.String()
}

// inAll calls the command once for the reports of all formats, and answers with each
// together with what went to standard error.
func (w *world) inAll(ctx context.Context, t *testing.T, args ...string) (code int, reports map[string]string) {
	t.Helper()
	reports = map[string]string{}
	for _, format := range report.Names() {
		args = append(args, "-o", format+"=report."+format)
	}
	code, stdout, stderr := w.run(ctx, args...)
	for _, format := range report.Names() {
		text, err := os.ReadFile("report." + format)
		if err != nil {
			t.Fatalf("%s: %v\n%s", format, err, stderr)
		}
		reports[format] = string(text) + stdout + stderr
	}
	return code, reports
}

// dbtEntry is a connection in JSON.
func dbtEntry(id, host, login, password string) string {
	return fmt.Sprintf("%q: {\"conn_type\": \"dbt_cloud\", \"host\": %q, \"login\": %q, \"password\": %q}", id, host, login, password)
}

const cell = "ab123.us1.dbt.com"

// TestLive: what a success says, in text and in JSON.
func TestLive(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		write(t, "c.json", "{"+dbtEntry("good", cell, "12345", fakecloud.Token(1))+", "+dbtEntry("bad", cell, "54321", fakecloud.Token(1))+", "+dbtEntry("open", cell, "12355", fakecloud.Token(11))+
			", "+dbtEntry("none", cell, "12345", "${TOKEN}")+"}")
		code, stdout, stderr := w.run(t.Context(), "live", "--live-ca", "ca.pem", "c.json")
		for _, want := range []string{
			"c.json  live  good: account 12345 \"Jaffle Shop\" (enterprise_2025), 37 jobs at ab123.us1.dbt.com; it may list jobs",
			"c.json:1:230  error  LIVE005  account 54321 is not the token's; it reaches 12345 (\"Jaffle Shop\")",
			"write: 12345\n", "LIVE010", "note  LIVE011",
			"Live: 1 verified, 1 failed, 1 not verified, 1 not tested.",
		} {
			if !strings.Contains(stdout, want) {
				t.Errorf("no %q in\n%s", want, stdout)
			}
		}
		if code != 1 || stderr != "" {
			t.Errorf("exit %d, %s", code, stderr)
		}
		code, stdout, _ = w.run(t.Context(), "check", "--live", "--live-ca", "ca.pem", "-o", "json", "c.json")
		var got struct {
			Live    []map[string]any `json:"live"`
			Summary struct {
				Live map[string]int `json:"live"`
			} `json:"summary"`
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 1 {
			t.Fatal(code, err)
		}
		want := "[map[account:Jaffle Shop account_id:12345 conn_id:good host:ab123.us1.dbt.com jobs:37 path:c.json plan:enterprise_2025]]"
		if fmt.Sprint(got.Live) != want || fmt.Sprint(got.Summary.Live) != "map[failed:1 not_tested:1 not_verified:1 verified:1]" {
			t.Errorf("got %v and %v", got.Live, got.Summary.Live)
		}
	})
}

// TestLiveOff: without the flag nothing is looked up and nothing dialled; a clean
// run says that the token was not tried, and how.
func TestLiveOff(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.Lookup = func(_ context.Context, host string) ([]netip.Addr, error) {
			t.Errorf("%s was looked up", host)
			return nil, net.ErrClosed
		}
		write(t, "c.json", "{"+dbtEntry("good", cell, "12345", fakecloud.Token(1))+"}")
		for _, args := range [][]string{{"check", "c.json"}, {"check", "--live=false", "c.json"}, {"inspect", "c.json"}} {
			if code, _, stderr := w.run(t.Context(), args...); code != 0 || len(w.dialled) > 0 {
				t.Errorf("%v: exit %d, dialled %v, %s", args, code, w.dialled, stderr)
			}
		}
		_, stdout, _ := w.run(t.Context(), "check", "c.json")
		if !strings.HasSuffix(stdout, " Token not tried: dbtconn-lint live c.json\n") {
			t.Errorf("got %s", stdout)
		}
	})
}

// TestLiveOnce: a thousand connections with forty targets are forty conversations,
// within the limit of each host.
func TestLiveOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		site := &w.cloud.Sites[0]
		for i := range 40 {
			site.Accounts = append(site.Accounts, fakecloud.Account{ID: int64(900 + i), Name: "X", Jobs: 1, Token: fakecloud.Token(50 + i)})
		}
		var b strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&b, "%s%s", map[bool]string{true: "{", false: ",\n"}[i == 0], dbtEntry(fmt.Sprint("c", i), cell, fmt.Sprint(900+i%40), fakecloud.Token(50+i%40)))
		}
		write(t, "c.json", b.String()+"}")
		start := time.Now()
		code, stdout, stderr := w.run(t.Context(), "live", "--live-ca", "ca.pem", "-j", "3", "c.json")
		if code != 0 || !strings.Contains(stdout, "Live: 1000 verified.") {
			t.Errorf("exit %d, %s\n…%s", code, stderr, stdout[max(0, len(stdout)-300):])
		}
		n := len(w.cloud.Requests())
		if n != 80 { // jobs, and the account's name
			t.Errorf("%d requests", n)
		}
		if most := int(time.Since(start)/(200*time.Millisecond)) + 1; n > most {
			t.Errorf("%d requests in %s", n, time.Since(start))
		}
	})
}

// TestLiveCanary: no output of a live test shows a token, whatever the host says.
func TestLiveCanary(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		site := &w.cloud.Sites[0]
		var b strings.Builder
		b.WriteString("{" + dbtEntry("first", "www.getdbt.com", "1", tokenCanary))
		n := 0
		add := func(host, login, token string) {
			n++
			b.WriteString(",\n" + dbtEntry(fmt.Sprint("c", n), host, login, token))
		}
		// At an address that is not one account's alone, since one of them answers 429.
		site.Hosts[0] = "dbt.gateway.example"
		for i := range site.Accounts {
			a := &site.Accounts[i]
			// A name that quotes the token, and a token that has no known shape.
			a.Token = tokenCanary + fmt.Sprint(i)
			a.Name = "shop of " + a.Token
			add(site.Hosts[0], fmt.Sprint(a.ID), a.Token)
			add(site.Hosts[0], "4711", a.Token)
			add(site.Hosts[0], "", a.Token)
			add("cloud.getdbt.com", fmt.Sprint(a.ID), a.Token)
		}
		site.Accounts = append(site.Accounts, fakecloud.Account{ID: 999, Name: "x" + plainCanary, Plan: plainCanary, Token: plainCanary},
			fakecloud.Account{ID: 998, Fault: fakecloud.Echo, Token: plainCanary + "2"})
		add(site.Hosts[0], "999", plainCanary)
		add(site.Hosts[0], "998", plainCanary+"2")
		for _, s := range w.cloud.Sites[1:] {
			add(s.Hosts[0], "1", tokenCanary)
		}
		write(t, "c.json", b.String()+"}")
		w.Getenv = func(name string) string {
			return map[string]string{"NO_PROXY": site.Hosts[0] + ",cloud.getdbt.com", "HTTPS_PROXY": "http://user:" + plainCanary + "@refused.example:3128"}[name]
		}
		w.ErrIsTerminal = true
		for _, command := range [][]string{{"live"}, {"check", "--live", "--notes"}} {
			code, reports := w.inAll(t.Context(), t, append(command, "--live-ca", "ca.pem", "--live-allow-host", site.Hosts[0], "c.json")...)
			for format, out := range reports {
				if code != 1 || !strings.Contains(out, "LIVE004") || !strings.Contains(out, "LIVE010") {
					t.Errorf("%v -o %s: exit %d", command, format, code)
				}
				for _, canary := range []string{tokenCanary, "canaryEXAMPLEcanary", plainCanary} {
					if i := strings.Index(out, canary); i >= 0 {
						t.Errorf("%v -o %s shows the canary: …%s", command, format, out[max(0, i-200):i])
					}
				}
			}
		}
		for _, r := range w.cloud.Requests() {
			if strings.Contains(r.Path, "canary") {
				t.Errorf("the token is in an address: %s", r.Path)
			}
		}
	})
}

// TestLiveHostile: what a host calls an account steers no terminal and no format,
// and is not longer than a line can bear.
func TestLiveHostile(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		account := &w.cloud.Sites[0].Accounts[0]
		account.Plan = "\x1b[31m\n::error::x"
		write(t, "c.json", "{"+dbtEntry("good", cell, "12345", account.Token)+", "+dbtEntry("open", cell, "", account.Token)+", "+dbtEntry("bad", cell, "54321", account.Token)+"}")
		for _, name := range []string{
			"\x1b]0;title\a\x1b[2J\r\n::error::x\u202e\u2066\u200f\u2028##[error]</script><img src=x>` | ]]>", strings.Repeat("long ", 1<<17), "\x00\x01\x7f\u009b31m",
		} {
			account.Name = name
			code, reports := w.inAll(t.Context(), t, "live", "--live-ca", "ca.pem", "c.json")
			for format, out := range reports {
				if code != 1 || !strings.Contains(out, "LIVE005") {
					t.Errorf("-o %s: exit %d", format, code)
				}
				for _, r := range out {
					if r != '\n' && r != '\u200b' && (!unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r)) {
						t.Errorf("-o %s writes %U", format, r)
						break
					}
				}
				if format == "text" && !strings.Contains(out, "live  good: account 12345 \"") {
					t.Errorf("the name is not shown:\n%.2000s", out)
				}
				if strings.Contains(out, "##[") || strings.Contains(out, "\n::error::x") || strings.Count(out, "long ") > 400 {
					t.Errorf("-o %s: a name comes through:\n%.2000s", format, out)
				}
			}
		}
	})
}

// TestLivePanic: a fault of ours in the middle of a conversation shows no value.
func TestLivePanic(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		write(t, "c.json", "{"+dbtEntry("good", cell, "12345", tokenCanary)+"}")
		w.Now = func() time.Time { panic("at " + tokenCanary) }
		code, stdout, stderr := w.run(t.Context(), "live", "--live-ca", "ca.pem", "c.json")
		if code != 3 || !strings.Contains(stderr, "internal error (string)") || strings.Contains(stdout+stderr, "canary") {
			t.Errorf("exit %d: %s%s", code, stdout, stderr)
		}
	})
}

// TestLiveInterrupted: an interrupt ends the run with what is known.
func TestLiveInterrupted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		write(t, "c.json", "{"+dbtEntry("good", cell, "12345", fakecloud.Token(1))+", "+dbtEntry("slow", cell, "12359", fakecloud.Token(15))+"}")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		code, stdout, _ := w.run(ctx, "live", "--live-timeout", "1h", "--live-ca", "ca.pem", "c.json")
		if code != 130 || !strings.Contains(stdout, "Live: 1 verified, 1 not verified.") || time.Since(start) != 2*time.Second {
			t.Errorf("exit %d after %s\n%s", code, time.Since(start), stdout)
		}
	})
}

// TestLiveProgress: who waits at a terminal sees that it goes on.
func TestLiveProgress(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.ErrIsTerminal = true
		write(t, "c.json", "{"+dbtEntry("good", cell, "12345", fakecloud.Token(1))+", "+dbtEntry("slow", cell, "12359", fakecloud.Token(15))+"}")
		_, _, stderr := w.run(t.Context(), "live", "--live-timeout", "5s", "--live-ca", "ca.pem", "c.json")
		if !strings.Contains(stderr, "\r1 of 2 connections tried") {
			t.Errorf("got %q", stderr)
		}
	})
}

// TestLiveUsage: what cannot be used is told before anything is sent.
func TestLiveUsage(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		write(t, "c.json", "{"+dbtEntry("good", cell, "12345", fakecloud.Token(1))+"}")
		write(t, "none.pem", "x")
		for _, args := range [][]string{
			{"live"}, {"live", "--live-ca", "absent.pem", "c.json"}, {"live", "--live-ca", "none.pem", "c.json"}, {"live", "--live-allow-host", "[", "c.json"},
			{"live", "--live-timeout", "0s", "c.json"}, {"live", "--live-timeout", "soon", "c.json"}, {"inspect", "--live", "c.json"},
			{"live", "--live-allow-host", "::1", "c.json"}, {"live", "--live-allow-host", "https://x.example", "c.json"}, {"live", "--live-timeout", "-1s", "c.json"},
			{"check", "--live-allow-host", "*", "c.json"}, {"check", "--live-ca", "ca.pem", "c.json"}, {"check", "--live-timeout", "3s", "c.json"},
			{"check", "--live=false", "--live-timeout", "3s", "c.json"}, {"--live-ca", "ca.pem", "c.json"}, {"live", "--conn-id", "gone", "c.json"},
		} {
			if code, _, stderr := w.run(t.Context(), args...); code != 2 || stderr == "" || strings.Contains(stderr, "%!") {
				t.Errorf("%v: exit %d, %q", args, code, stderr)
			}
		}
		if len(w.dialled) > 0 {
			t.Errorf("dialled %v", w.dialled)
		}
	})
}

// TestLiveInputs: standard input, several files, and some connections only.
func TestLiveInputs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		good, bad := dbtEntry("good", cell, "12345", fakecloud.Token(1)), dbtEntry("bad", cell, "54321", fakecloud.Token(1))
		write(t, "c.json", "{"+good+", "+bad+"}")
		write(t, "d.json", "{"+good+"}")
		uri := "dbt-cloud://12345:" + fakecloud.Token(1) + "@" + cell
		write(t, ".env", "OTHER=1\nAIRFLOW_CONN_DBT="+uri+"\n")
		for _, tt := range []struct {
			args     []string
			stdin    string
			code     int
			want     string
			requests int
		}{
			{[]string{"c.json", "d.json"}, "", 1, "Live: 2 verified, 1 failed.", 4},
			{[]string{"c.json", "d.json", "--conn-id", "good"}, "", 0, "Live: 2 verified.", 2},
			{[]string{"c.json", "--conn-id", "bad"}, "", 1, "Live: 0 verified, 1 failed.", 2},
			{[]string{"-"}, "{" + good + "}", 0, "-  live  good: account 12345", 2},
			{[]string{"--stdin-filename", "x.json", "-"}, "{" + good + "}", 0, "x.json  live  good: account 12345", 2},
			{[]string{"--format", "airflow-value", "-"}, uri, 0, "-  live  x: account 12345", 2},
			{[]string{"--format", "airflow-value", "--conn-id", "dbt_cloud_default", "-"}, uri + "\n", 0, "-  live  dbt_cloud_default: account 12345", 2},
			{[]string{".env"}, "", 0, ".env  live  dbt: account 12345", 2},
			{[]string{"."}, "", 1, "Live: 3 verified, 1 failed.", 4},
		} {
			for _, command := range [][]string{{"live"}, {"check", "--live"}} {
				w.Stdin = strings.NewReader(tt.stdin)
				before := len(w.cloud.Requests())
				code, stdout, stderr := w.run(t.Context(), append(append(command, "--live-ca", "ca.pem"), tt.args...)...)
				if n := len(w.cloud.Requests()) - before; code != tt.code || !strings.Contains(stdout, tt.want) || n != tt.requests {
					t.Errorf("%v %v: exit %d, %d requests, no %q in\n%s%s", command, tt.args, code, n, tt.want, stdout, stderr)
				}
			}
		}
	})
}

// TestLiveReadings: connections are tried as consumers hold them, and findings
// stand where the text does.
func TestLiveReadings(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		// 0o30071 is what YAML makes of it: 12345.
		write(t, "airflow_settings.yaml", "airflow:\n  connections:\n    - {conn_id: octal, conn_type: dbt_cloud, conn_host: "+cell+", conn_login: 030071, conn_password: "+fakecloud.Token(1)+"}\n")
		write(t, "old.json", "{"+`"a": {"conn_type": "dbt_cloud", "schema": "cloud", "login": "518", "password": "`+fakecloud.Token(31)+`"}}`)
		write(t, "older.json", "{"+`"a": {"conn_type": "dbt_cloud", "schema": "cloud", "login": "518", "password": "`+fakecloud.Token(1)+`"}}`)
		write(t, "lost.json", `{"a": {"conn_type": "dbt_cloud", "login": "1", "password": "`+fakecloud.Token(1)+`", "nonsense": 1}}`)
		for _, tt := range []struct {
			args []string
			want string
		}{
			{[]string{"airflow_settings.yaml"}, "live  octal: account 12345"},
			{[]string{"--provider", "2.1", "--airflow", "2.5", "old.json"}, "old.json:1:63  error  LIVE005"},
			{[]string{"--provider", "2.1", "--airflow", "2.5", "-o", "json", "older.json"}, `"field": "schema"`},
			{[]string{"lost.json"}, "note  LIVE011  no consumer loads the connection"},
		} {
			if _, stdout, stderr := w.run(t.Context(), append([]string{"live", "--live-ca", "ca.pem"}, tt.args...)...); !strings.Contains(stdout, tt.want) {
				t.Errorf("%v: no %q in\n%s%s", tt.args, tt.want, stdout, stderr)
			}
		}
	})
}
