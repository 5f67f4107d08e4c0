package live_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/live"
	"github.com/dbtconn-lint/dbtconn-lint/internal/live/fakecloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// conn is a dbt Cloud connection.
func conn(host, login, password string) *connection.Connection {
	c := &connection.Connection{}
	for _, f := range [...]struct {
		v    *connection.Value
		text string
	}{{&c.Host, host}, {&c.Login, login}, {&c.Password, password}} {
		if f.text != "" {
			*f.v = connection.Value{Kind: connection.Text, Text: secret.New(f.text)}
		}
	}
	return c
}

// options are those of a run against the fake.
func options(c *fakecloud.Cloud) live.Options {
	return live.Options{CA: c.CA(), Agent: "test", Now: time.Now, Getenv: func(string) string { return "" }, Lookup: c.Lookup}
}

func prober(t *testing.T, o live.Options) *live.Prober {
	t.Helper()
	p, err := live.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// try is the verdict on one connection.
func try(ctx context.Context, p *live.Prober, c *connection.Connection) live.Verdict {
	target, refused := p.Target(c, c.Host.Text.Peek())
	if refused != nil {
		return *refused
	}
	return p.Try(ctx, []live.Target{target}, func() {})[0]
}

// token of an account of the fake's first host, whose ids go with the numbers.
func token(id int) string { return fakecloud.Token(id - 12344) }

const (
	cell = "ab123.us1.dbt.com"
	none = connection.NoField
)

// TestVerdicts: everything that dbt Cloud was seen to answer, over TLS.
func TestVerdicts(t *testing.T) {
	tests := []struct {
		name, host, login, token string
		kind                     live.Kind
		field                    connection.Field
		says                     string // part of the message
		requests                 int
	}{
		{"works", cell, "12345", token(12345), live.Verified, none, "", 2},
		{"no jobs", cell, "12371", fakecloud.Token(27), live.Verified, none, "", 2},
		{"upper case", "AB123.US1.dbt.com.", "12345", token(12345), live.Verified, none, "", 2},
		{"no account id", cell, "", token(12345), live.Verified, none, "", 1},

		{"401 invalid token", cell, "12345", fakecloud.Token(98), live.TokenRejected, connection.Password, "does not know the token", 1},
		{"401 good token at another cell", "cd456.eu1.dbt.com", "12345", token(12345), live.TokenRejected, connection.Password, "an account at another host", 1},
		{"401 cell id at an old host", "cloud.getdbt.com", "70437463654400", fakecloud.Token(30), live.TokenRejected, connection.Host, "since 70437463654400 is an id", 1},
		{"401 old host", "cloud.getdbt.com", "12345", token(12345), live.TokenRejected, connection.Host, "an old address", 1},
		{"401 old regional host", "emea.dbt.com", "12345", token(12345), live.TokenRejected, connection.Host, "an old address", 1},
		{"401 cut token at an old host", "cloud.getdbt.com", "12345", "dbtc_EXAMPLE", live.TokenRejected, connection.Password, "far too short", 1},
		{"401 legacy key", cell, "12345", "0123456789abcdef0123456789abcdef01234567", live.TokenRejected, connection.Password, "no longer works", 1},
		{"401 web token", cell, "12345", "eyJEXAMPLEexampleEXAMPLEexample.eyJEXAMPLE.EXAMPLE", live.TokenRejected, connection.Password, "web token", 1},
		{"401 prefixed token", cell, "12345", "Token " + token(12345), live.TokenRejected, connection.Password, "the word that the hook adds", 1},
		{"401 without account id", cell, "", fakecloud.Token(98), live.TokenRejected, connection.Password, "", 1},
		{"403 no credentials", cell, "12350", token(12350), live.TokenRejected, connection.Password, "", 1},
		{"401 unpaid", cell, "12346", token(12346), live.AccountUnpaid, connection.Login, "unpaid accounts", 1},
		{"locked", cell, "12370", fakecloud.Token(26), live.AccountUnpaid, connection.Login, `locked: "trial_expired"`, 2},
		{"locked, without account id", cell, "", fakecloud.Token(26), live.AccountUnpaid, connection.Login, "12370 is locked", 1},
		{"403 not scoped", cell, "54321", token(12345), live.AccountNotAllowed, connection.Login, `it reaches 12345 ("Jaffle Shop")`, 2},
		{"403 address", cell, "12347", token(12347), live.IPRestricted, connection.Login, "this machine's address", 1},
		{"404 permission", cell, "12348", token(12348), live.PermissionMissing, connection.Password, "or there is no account 12348", 1},
		{"403 permission", cell, "12349", token(12349), live.PermissionMissing, connection.Password, "may not list", 1},
		{"429", cell, "12351", token(12351), live.RateLimited, connection.Host, "nothing more is sent for five minutes", 1},
		{"400", cell, "12352", token(12352), live.HostUnreachable, connection.Host, "answers 400", 1},
		{"405 without envelope", cell, "12353", token(12353), live.NotTheAPI, connection.Host, "405", 1},
		{"500", cell, "12354", token(12354), live.HostUnreachable, connection.Host, "server error", 1},
		{"503 of a gateway", cell, "12355", token(12355), live.HostUnreachable, connection.Host, "answers 503", 2},
		{"503 once", cell, "12356", token(12356), live.Verified, none, "", 3},
		{"cut", cell, "12357", token(12357), live.HostUnreachable, connection.Host, "broke", 2},
		{"cut once", cell, "12358", token(12358), live.Verified, none, "", 3},
		{"no answer", cell, "12359", token(12359), live.HostUnreachable, connection.Host, "within 10s", 1},
		{"200 and a page", cell, "12360", token(12360), live.NotTheAPI, connection.Host, "200 and a page", 1},
		{"401 and a page", cell, "12361", token(12361), live.NotTheAPI, connection.Host, "401", 1},
		{"redirect", cell, "12362", token(12362), live.NotTheAPI, connection.Host, `a redirect (302) to "elsewhere.example"`, 1},
		{"too large", cell, "12363", token(12363), live.NotTheAPI, connection.Host, "1 MiB", 1},
		{"401 that quotes the token", cell, "12364", token(12364), live.TokenRejected, connection.Password, "", 1},
		{"200 and other JSON", cell, "12365", token(12365), live.NotTheAPI, connection.Host, "", 1},
		{"web site", "www.getdbt.com", "12345", token(12345), live.NotTheAPI, connection.Host, "it is the web site", 1},
		{"login page", "login.dbt.com", "12345", token(12345), live.NotTheAPI, connection.Host, "it is the login page", 1},

		{"unknown name", "ab132.us1.dbt.com", "12345", token(12345), live.HostNotFound, connection.Host, "no host is called", 0},
		{"certificate of another name", "ab123.cloud.getdbt.com", "12345", token(12345), live.TLSFailed, connection.Host, "an account prefix stands before cloud.getdbt.com", 0},
		{"certificate out of date", "expired.us1.dbt.com", "12345", token(12345), live.TLSFailed, connection.Host, "not valid at this time", 0},
		{"certificate of nobody", "selfsigned.us1.dbt.com", "12345", token(12345), live.TLSFailed, connection.Host, "does not trust", 0},
		{"connection refused", "refused.us1.dbt.com", "12345", token(12345), live.HostUnreachable, connection.Host, "refuses the connection", 0},
		{"private address", "inside.us1.dbt.com", "12345", token(12345), live.NotTestable, connection.Host, "the private address 10.0.0.5", 0},
		{"address of this machine", "rebound.us1.dbt.com", "12345", token(12345), live.NotTestable, connection.Host, "the private address 127.0.0.1", 0},

		{"no token", cell, "12345", "", live.NotTestable, connection.Password, "there is no token", 0},
		{"placeholder for the token", cell, "12345", "${DBT_TOKEN}", live.NotTestable, connection.Password, "placeholder", 0},
		{"placeholder for the host", "{{ host }}", "12345", token(12345), live.NotTestable, connection.Host, "placeholder", 0},
		{"placeholder for the id", cell, "<account-id>", token(12345), live.NotTestable, connection.Login, "placeholder", 0},
		{"masked", cell, "12345", "***", live.NotTestable, connection.Password, "masked", 0},
		{"encrypted", cell, "12345", "gAAAAABEXAMPLEexampleEXAMPLEexample==", live.NotTestable, connection.Password, "encrypted", 0},
		{"token with a line break", cell, "12345", token(12345) + "\nX-Other: 1", live.NotTestable, connection.Password, "no header can carry", 0},
		{"another host", "gateway.example.com", "12345", token(12345), live.NotTestable, connection.Host, "not a host of dbt Labs", 0},
		{"a host that ends alike", "evildbt.com", "12345", token(12345), live.NotTestable, connection.Host, "not a host of dbt Labs", 0},
		{"another port", cell + ":8443", "12345", token(12345), live.NotTestable, connection.Host, "at another port than 443", 0},
		{"port 443", cell + ":0443", "12345", token(12345), live.Verified, none, "", 2},
		{"port 0", cell + ":0", "12345", token(12345), live.Verified, none, "", 2},
		{"too high a port", cell + ":65979", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"letters beyond ASCII", "\u00e4b123.us1.dbt.com", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"a letter that looks alike", "ab123.us1.\u0501bt.com", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"punycode", "ab123.us1.xn--bt-6db.com", "12345", token(12345), live.NotTestable, connection.Host, "not a host of dbt Labs", 0},
		{"address of IPv6", "[2001:db8::1]", "12345", token(12345), live.NotTestable, connection.Host, "not a host of dbt Labs", 0},
		{"address of IPv6 with a zone", "[fe80::1%25eth0]:443", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"bare address of IPv6", "::1", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"a host of dbt's behind one", "ab123.us1.dbt.com.evil.example", "12345", token(12345), live.NotTestable, connection.Host, "not a host of dbt Labs", 0},
		{"backslash", `evil.example\.dbt.com`, "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"fragment", "evil.example#.dbt.com", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"query", "evil.example?.dbt.com", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"percent", "evil.example%2f.dbt.com", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"line break in the host", cell + "\r\nX: 1", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"elided token", cell, "12345", "dbtc_EXAMPLE***", live.NotTestable, connection.Password, "masked", 0},
		{"SOPS", cell, "12345", "ENC[AES256_GCM,data:EXAMPLE,type:str]", live.NotTestable, connection.Password, "encrypted", 0},
		{"reference", cell, "12345", "op://vault/dbt/token", live.NotTestable, connection.Password, "where one is kept", 0},
		{"an address", "203.0.113.1", "12345", token(12345), live.NotTestable, connection.Host, "not a host of dbt Labs", 0},
		{"scheme", "https://" + cell, "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"userinfo", "x@" + cell, "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"path", cell + "/api", "12345", token(12345), live.NotTestable, connection.Host, "no host name", 0},
		{"no number", cell, "my-account", token(12345), live.NotTestable, connection.Login, "no account id", 0},
		{"negative", cell, "-5", token(12345), live.NotTestable, connection.Login, "no account id", 0},
	}
	kinds := map[live.Kind]bool{}
	for _, tt := range tests {
		kinds[tt.kind] = true
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := fakecloud.New()
				o := options(c)
				var stop func()
				o.Dial, stop = c.InMemory()
				defer stop()
				got := try(t.Context(), prober(t, o), conn(tt.host, tt.login, tt.token))
				if got.Kind != tt.kind || got.Field != tt.field || !strings.Contains(got.Message, tt.says) {
					t.Errorf("%s at %s: %s; want %s at %s: …%s…", got.Kind, got.Field, got.Message, tt.kind, tt.field, tt.says)
				}
				if n := len(c.Requests()); n != tt.requests {
					t.Errorf("%d requests, want %d: %v", n, tt.requests, c.Requests())
				}
				if s := fmt.Sprint(got); tt.token != "" && len(tt.token) > 3 && strings.Contains(s, tt.token) || strings.Contains(s, "EXAMPLEexample") {
					t.Errorf("the verdict shows the token: %s", s)
				}
				for _, r := range c.Requests() {
					if strings.Contains(r.Path, "EXAMPLE") {
						t.Errorf("the token is in an address: %s", r.Path)
					}
				}
			})
		})
	}
	for k := live.Untried; k <= live.NotTestable; k++ {
		if !kinds[k] && k != live.Untried {
			t.Errorf("no case of %s", k)
		}
	}
}

// TestSuccess: what a success knows.
func TestSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakecloud.New()
		c.Sites[0].Accounts[0].Jobs = 2
		o := options(c)
		var stop func()
		o.Dial, stop = c.InMemory()
		defer stop()
		p := prober(t, o)
		shop := live.Account{ID: 12345, Name: "Jaffle Shop", Plan: "enterprise_2025"}
		if v := try(t.Context(), p, conn(cell, "12345", token(12345))); v.Kind != live.Verified || v.Account != shop || v.Jobs != 2 {
			t.Errorf("got %+v", v)
		}
		if v := try(t.Context(), p, conn(cell, "", token(12345))); v.Account != shop || v.Jobs >= 0 {
			t.Errorf("without an account id: got %+v", v)
		}
		if got := c.Requests()[0].Path; got != "/api/v2/accounts/12345/jobs/?limit=1" {
			t.Errorf("asked for %s", got)
		}
	})
}

// TestPace: equal targets are tried once, four at a time, and no host is asked more
// than five times a second.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakecloud.New()
		hosts := []string{"a1.us1.dbt.com", "b2.us1.dbt.com", "c3.us1.dbt.com", "d4.us1.dbt.com"}
		for i := range 40 {
			c.Sites = append(c.Sites, fakecloud.Site{
				Hosts: hosts[i%4 : i%4+1], Accounts: []fakecloud.Account{{ID: int64(900 + i), Name: "X", Jobs: 1, Token: fakecloud.Token(50 + i)}},
			})
		}
		// Sites of one host are one.
		for i := range hosts {
			first := &c.Sites[len(c.Sites)-40+i]
			for j := i + 4; j < 40; j += 4 {
				first.Accounts = append(first.Accounts, c.Sites[len(c.Sites)-40+j].Accounts...)
			}
		}
		o := options(c)
		dial, stop := c.InMemory()
		defer stop()
		var open, most atomic.Int64
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			most.Store(max(most.Load(), open.Add(1)))
			defer open.Add(-1)
			time.Sleep(time.Second)
			return dial(ctx, network, address)
		}
		p := prober(t, o)
		var targets []live.Target
		for i := range 1000 {
			k := i % 40
			target, refused := p.Target(conn(hosts[k%4], strconv.Itoa(900+k), fakecloud.Token(50+k)), hosts[k%4])
			if refused != nil {
				t.Fatal(refused.Message)
			}
			targets = append(targets, target)
		}
		done := atomic.Int64{}
		for i, v := range p.Try(t.Context(), targets, func() { done.Add(1) }) {
			if v.Kind != live.Verified || v.Account.ID != int64(900+i%40) {
				t.Fatalf("target %d: %s, %s", i, v.Kind, v.Message)
			}
		}
		if done.Load() != 40 || live.Distinct(targets) != 40 {
			t.Errorf("%d conversations, want 40", done.Load())
		}
		if most.Load() != 4 {
			t.Errorf("%d connections at once, want 4", most.Load())
		}
		jobs := 0
		times := map[string][]time.Time{}
		for _, r := range c.Requests() {
			if strings.Contains(r.Path, "/jobs/") {
				jobs++
			}
			times[r.Host] = append(times[r.Host], r.At)
		}
		if jobs != 40 {
			t.Errorf("%d requests for jobs, want 40", jobs)
		}
		for host, ts := range times {
			for i := 5; i < len(ts); i++ {
				if ts[i].Sub(ts[i-5]) < time.Second {
					t.Errorf("%s was asked six times within %s", host, ts[i].Sub(ts[i-5]))
				}
			}
		}
	})
}

// TestCoolDown: after 429 an account is left alone for five minutes, and no longer.
func TestCoolDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakecloud.New()
		o := options(c)
		var stop func()
		o.Dial, stop = c.InMemory()
		defer stop()
		p := prober(t, o)
		limited := conn(cell, "12351", token(12351))
		want := func(requests int) {
			t.Helper()
			if v := try(t.Context(), p, limited); v.Kind != live.RateLimited {
				t.Errorf("%s: %s", v.Kind, v.Message)
			}
			if n := len(c.Requests()); n != requests {
				t.Errorf("%d requests, want %d", n, requests)
			}
		}
		want(1)
		time.Sleep(4 * time.Minute)
		want(1)
		time.Sleep(2 * time.Minute)
		want(2)
		// The address is the account's own.
		if v := try(t.Context(), p, conn(cell, "12345", token(12345))); v.Kind != live.RateLimited || !strings.HasPrefix(v.Message, "not verified: ") {
			t.Errorf("another account there: %s, %s", v.Kind, v.Message)
		}
		// One that many accounts share.
		old := &c.Sites[2]
		old.Accounts = append(old.Accounts, fakecloud.Account{ID: 518, Token: fakecloud.Token(40), Fault: fakecloud.TooMany}, fakecloud.Account{ID: 519, Token: fakecloud.Token(40)})
		for i, tt := range []struct {
			id       int
			token    int
			kind     live.Kind
			requests int
		}{{518, 40, live.RateLimited, 1}, {518, 40, live.RateLimited, 0}, {519, 40, live.RateLimited, 0}, {518, 31, live.RateLimited, 0}, {517, 31, live.Verified, 2}} {
			before := len(c.Requests())
			v := try(t.Context(), p, conn(old.Hosts[0], strconv.Itoa(tt.id), fakecloud.Token(tt.token)))
			if n := len(c.Requests()) - before; v.Kind != tt.kind || n != tt.requests {
				t.Errorf("%d: account %d: %s after %d requests", i, tt.id, v.Kind, n)
			}
		}
	})
}

// TestInterrupted: what is known is kept, what goes on is left at once.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakecloud.New()
		o := options(c)
		var stop func()
		o.Dial, stop = c.InMemory()
		defer stop()
		p := prober(t, o)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		var targets []live.Target
		for _, id := range []int{12345, 12359} {
			target, _ := p.Target(conn(cell, strconv.Itoa(id), token(id)), cell)
			targets = append(targets, target)
		}
		start := time.Now()
		got := p.Try(ctx, targets, func() {})
		if got[0].Kind != live.Verified || got[1].Kind != live.Untried || time.Since(start) != 3*time.Second {
			t.Errorf("%s and %s after %s", got[0].Kind, got[1].Kind, time.Since(start))
		}
	})
}

// silence is a listener that nobody may speak to.
func silence(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan bool, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			c.Close()
		}
		heard <- err == nil
	}()
	t.Cleanup(func() {
		l.Close()
		if <-heard {
			t.Error("somebody spoke to the listener")
		}
	})
	return l.Addr().String()
}

// TestSilence: where nothing may be sent, nobody even connects. What listens is
// reached by a real dialler.
func TestSilence(t *testing.T) {
	c := fakecloud.New()
	address := silence(t)
	_, port, _ := net.SplitHostPort(address)
	o := options(c)
	o.Dial = new(net.Dialer).DialContext
	lookups := 0
	o.Lookup = func(context.Context, string) ([]netip.Addr, error) {
		lookups++
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::ffff:127.0.0.1"), netip.MustParseAddr("::1")}, nil
	}
	// The port is allowed, the address is not: the pattern is a host of dbt's own,
	// at the port at which the listener is.
	p := prober(t, o)
	for _, host := range []string{address, "localhost:" + port, "127.0.0.1", "rebound.example:" + port, cell + ":" + port, "localhost"} {
		if v := try(t.Context(), p, conn(host, "12345", token(12345))); v.Kind != live.NotTestable {
			t.Errorf("%s: %s", host, v.Kind)
		}
	}
	if lookups > 0 {
		t.Errorf("%d names of hosts that are not allowed were looked up", lookups)
	}
}

// TestInside: a host of dbt Labs that resolves to an address of this machine, by
// mistake or by a hostile name server, gets nothing; and the name is looked up only
// once for a connection.
func TestInside(t *testing.T) {
	c := fakecloud.New()
	address := silence(t)
	for _, a := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.0.8",
		"::", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "fe80::1%eth0", "fc00::1", "fd00::1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::cb00:7101", "::ffff:0:7f00:1", "2001::1", "2002:7f00:1::", "ff02::1", "fec0::1",
	} {
		o := options(c)
		o.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr(a)}, nil
		}
		o.Dial = func(ctx context.Context, network, to string) (net.Conn, error) {
			t.Errorf("%s was dialled", to)
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		if v := try(t.Context(), prober(t, o), conn(cell, "12345", token(12345))); v.Kind != live.NotTestable || v.Field != connection.Host {
			t.Errorf("%s: %s", a, v.Kind)
		}
	}
}

// TestTranslated: in a network without IPv4 a public address of it has another form.
func TestTranslated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakecloud.New()
		o := options(c)
		var stop func()
		o.Dial, stop = c.InMemory()
		defer stop()
		o.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("64:ff9b::cb00:7101")}, nil
		}
		if v := try(t.Context(), prober(t, o), conn(cell, "12345", token(12345))); v.Kind != live.Verified {
			t.Errorf("%s: %s", v.Kind, v.Message)
		}
	})
}

// TestDeadAddress: a host may have addresses that cannot be reached from here; the
// time is for all of them.
func TestDeadAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakecloud.New()
		o := options(c)
		dial, stop := c.InMemory()
		defer stop()
		o.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("2620:0:1::1"), netip.MustParseAddr("203.0.113.1")}, nil
		}
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "[") {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return dial(ctx, network, address)
		}
		if v := try(t.Context(), prober(t, o), conn(cell, "12345", token(12345))); v.Kind != live.Verified {
			t.Errorf("%s: %s", v.Kind, v.Message)
		}
	})
}

// TestDeadHost: what keeps one connection from a host keeps all, and is waited for
// once; what a host answers to one says nothing of another.
func TestDeadHost(t *testing.T) {
	for _, tt := range []struct {
		host  string
		fault fakecloud.Fault
		kind  live.Kind
		most  int // look-ups
	}{
		{"ab132.us1.dbt.com", 0, live.HostNotFound, 4}, {"selfsigned.us1.dbt.com", 0, live.TLSFailed, 4}, {"refused.us1.dbt.com", 0, live.HostUnreachable, 8},
		{"inside.us1.dbt.com", 0, live.NotTestable, 4}, {"down.us1.dbt.com", 0, live.HostUnreachable, 200},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := fakecloud.New()
			o := options(c)
			var stop func()
			o.Dial, stop = c.InMemory()
			defer stop()
			var lookups atomic.Int64
			o.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
				lookups.Add(1)
				return c.Lookup(ctx, host)
			}
			p := prober(t, o)
			var targets []live.Target
			for i := range 100 {
				target, refused := p.Target(conn(tt.host, strconv.Itoa(i+1), token(12345)), tt.host)
				if refused != nil {
					t.Fatal(refused.Message)
				}
				targets = append(targets, target)
			}
			for i, v := range p.Try(t.Context(), targets, func() {}) {
				if v.Kind != tt.kind {
					t.Errorf("%s, %d: %s, %s", tt.host, i, v.Kind, v.Message)
				}
			}
			if n := int(lookups.Load()); n > tt.most || tt.most > 100 && n != tt.most {
				t.Errorf("%s: %d look-ups, want %d", tt.host, n, tt.most)
			}
		})
	}
}

// TestRebinding: of a name with a public and a private address the public one is
// dialled, as an address; the name is not looked up again.
func TestRebinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakecloud.New()
		o := options(c)
		dial, stop := c.InMemory()
		defer stop()
		lookups := 0
		o.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			lookups++
			return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.1")}, nil
		}
		var dialled []string
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			return dial(ctx, network, address)
		}
		v := try(t.Context(), prober(t, o), conn(cell, "12345", token(12345)))
		if v.Kind != live.Verified || lookups != len(dialled) || slices.ContainsFunc(dialled, func(s string) bool { return s != "203.0.113.1:443" }) {
			t.Errorf("%s; %d look-ups, dialled %v", v.Kind, lookups, dialled)
		}
	})
}

// TestRedirectIsSilent: the host that a redirect names hears nothing, even where it
// may be spoken to.
func TestRedirectIsSilent(t *testing.T) {
	other := silence(t)
	c := fakecloud.New()
	for i := range c.Sites[0].Accounts {
		c.Sites[0].Accounts[i].To = "https://" + other + "/api/v2/"
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { _ = c.Serve(l) }()
	o := options(c)
	o.Allow = []string{l.Addr().String(), other}
	o.Dial = new(net.Dialer).DialContext
	v := try(t.Context(), prober(t, o), conn(l.Addr().String(), "12362", token(12362)))
	if v.Kind != live.NotTheAPI || !strings.Contains(v.Message, other) {
		t.Errorf("%s: %s", v.Kind, v.Message)
	}
}

// TestAllowed: a host that the user names may be on this machine; its certificate
// is checked all the same.
func TestAllowed(t *testing.T) {
	c := fakecloud.New()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { _ = c.Serve(l) }()
	address := l.Addr().String()
	o := options(c)
	o.Dial = new(net.Dialer).DialContext
	for _, glob := range []string{address, "127.0.0.1:*", "*:" + address[strings.LastIndexByte(address, ':')+1:]} {
		o.Allow = []string{glob}
		if v := try(t.Context(), prober(t, o), conn(address, "12345", token(12345))); v.Kind != live.Verified {
			t.Errorf("%s: %s, %s", glob, v.Kind, v.Message)
		}
	}
	for _, tt := range []struct{ glob, host string }{
		{"*", "gateway.example"}, {"*.example", "a.b.Example."}, {"gw?.example:84*", "gw1.example:8443"}, {"[::1]:8443", "[0:0::1]:8443"}, {"[2001:DB8::1]", "[2001:db8::1]:443"}, {"GW.example.", "gw.example:443"},
	} {
		o.Allow = []string{tt.glob}
		if _, refused := prober(t, o).Target(conn(tt.host, "1", token(12345)), tt.host); refused != nil {
			t.Errorf("%s is not allowed by %s: %s", tt.host, tt.glob, refused.Message)
		}
	}
	for _, tt := range []struct{ glob, host string }{
		{"*", "gateway.example:8443"}, {"*.example", "example"}, {"gw.example", "gw.example.com"}, {"[::1]:8443", "[::2]:8443"}, {"[::1]:8443", "[::1]"}, {"*.example", "[::1]"}, {"gw.example:8443", "gw.example"},
	} {
		o.Allow = []string{tt.glob}
		if _, refused := prober(t, o).Target(conn(tt.host, "1", token(12345)), tt.host); refused == nil {
			t.Errorf("%s is allowed by %s", tt.host, tt.glob)
		}
	}
	o.Allow = []string{"127.0.0.1"} // means the port 443
	if v := try(t.Context(), prober(t, o), conn(address, "12345", token(12345))); v.Kind != live.NotTestable {
		t.Errorf("without a port: %s", v.Kind)
	}
	o.Allow, o.CA = []string{address}, nil
	if v := try(t.Context(), prober(t, o), conn(address, "12345", token(12345))); v.Kind != live.TLSFailed {
		t.Errorf("without the authority: %s, %s", v.Kind, v.Message)
	}
	if n := len(c.Requests()); n != 6 {
		t.Errorf("%d requests, want 6", n)
	}
}

// TestNoTLS: a host that speaks no TLS is told nothing.
func TestNoTLS(t *testing.T) {
	for name, greeting := range map[string]string{"HTTP": "HTTP/1.1 400 Bad Request\r\n\r\n", "something": "220 mail.example ready\r\n"} {
		c := fakecloud.New()
		heard := make(chan string, 1)
		o := options(c)
		o.Dial = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				b := make([]byte, 4096)
				n, _ := far.Read(b)
				heard <- string(b[:n])
				_, _ = far.Write([]byte(greeting))
				_ = far.Close()
			}()
			return near, nil
		}
		v := try(t.Context(), prober(t, o), conn(cell, "12345", token(12345)))
		if v.Kind != live.TLSFailed || !strings.Contains(v.Message, "speaks no TLS") {
			t.Errorf("%s: %s, %s", name, v.Kind, v.Message)
		}
		if s := <-heard; strings.Contains(s, "EXAMPLE") || strings.Contains(s, "GET") {
			t.Errorf("%s: the host was told %q", name, s)
		}
	}
}

// TestOptions: what is no pattern and no certificate is told.
func TestOptions(t *testing.T) {
	for _, s := range []string{
		"", "[", "[]", "[::1", "::1", "[fe80::1%eth0]", "[1.2.3.4]:80", "https://x", "u@x", "x/y", "x:", "x:a", "x:1:2", "a.example,b.example", "x y", " x", "[::1]x", "[::1]:", "[abc].dbt.com", "\u00fc.example",
	} {
		if _, err := live.New(live.Options{Allow: []string{s}, Getenv: func(string) string { return "" }}); err == nil || !strings.Contains(err.Error(), "no pattern of a host") {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, o := range []live.Options{{CA: []byte("x")}} {
		o.Getenv = func(string) string { return "" }
		if _, err := live.New(o); err == nil {
			t.Errorf("%+v is taken", o.Allow)
		}
	}
}

// TestProxy: the proxy of the environment is used, sees no token, and is needed for
// no host that NO_PROXY names.
func TestProxy(t *testing.T) {
	c := fakecloud.New()
	cloud, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	go func() { _ = c.Serve(cloud) }()
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	heard := make(chan string, 10)
	go func() {
		for {
			conn, err := proxy.Accept()
			if err != nil {
				return
			}
			go tunnel(conn, cloud.Addr().String(), heard)
		}
	}()
	for _, tt := range []struct {
		name    string
		env     map[string]string
		host    string
		kind    live.Kind
		proxied bool
	}{
		{"upper case", map[string]string{"HTTPS_PROXY": "http://u:p@" + proxy.Addr().String()}, cell, live.Verified, true},
		{"lower case, no scheme", map[string]string{"https_proxy": proxy.Addr().String()}, cell, live.Verified, true},
		{"name that only the proxy knows", map[string]string{"HTTPS_PROXY": "http://" + proxy.Addr().String()}, "rebound.us1.dbt.com", live.Verified, true},
		{"the proxy refuses", map[string]string{"HTTPS_PROXY": "http://" + proxy.Addr().String()}, "refused.us1.dbt.com", live.HostUnreachable, true},
		{"no proxy there", map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1"}, cell, live.HostUnreachable, false},
		{"the other side is none of TLS", map[string]string{"HTTPS_PROXY": "https://" + proxy.Addr().String()}, cell, live.HostUnreachable, true},
		{"a password is wanted", map[string]string{"HTTPS_PROXY": "http://" + proxy.Addr().String()}, "wanted.us1.dbt.com", live.HostUnreachable, true},
		{"the proxy goes", map[string]string{"HTTPS_PROXY": "http://" + proxy.Addr().String()}, "gone.us1.dbt.com", live.HostUnreachable, true},
		{"a certificate behind it", map[string]string{"HTTPS_PROXY": "http://" + proxy.Addr().String()}, "selfsigned.us1.dbt.com", live.TLSFailed, true},
		{"for all", map[string]string{"ALL_PROXY": "http://" + proxy.Addr().String()}, cell, live.Verified, true},
		{"the small letters count", map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://" + proxy.Addr().String()}, cell, live.Verified, true},
		{"excepted by its port", map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": cell + ":443"}, cell, live.Verified, false},
		{"excepted at another port", map[string]string{"HTTPS_PROXY": "http://" + proxy.Addr().String(), "NO_PROXY": cell + ":8443"}, cell, live.Verified, true},
		{"a name that ends alike is excepted", map[string]string{"HTTPS_PROXY": "http://" + proxy.Addr().String(), "NO_PROXY": "b123.us1.dbt.com,203.0.113.0/24,.,"}, cell, live.Verified, true},
		{"no address", map[string]string{"HTTPS_PROXY": "http://%zz"}, cell, live.HostUnreachable, false},
		{"excepted", map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "x, .dbt.com"}, cell, live.Verified, false},
		{"all excepted", map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1", "no_proxy": "*"}, cell, live.Verified, false},
		{"for HTTP only", map[string]string{"HTTP_PROXY": "http://127.0.0.1:1"}, cell, live.Verified, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(c)
			o.Getenv = func(name string) string { return tt.env[name] }
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if strings.HasPrefix(address, "203.") {
					address = cloud.Addr().String()
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			}
			v := try(t.Context(), prober(t, o), conn(tt.host, "12345", token(12345)))
			if v.Kind != tt.kind {
				t.Errorf("%s: %s", v.Kind, v.Message)
			}
			if v.Kind == live.HostUnreachable && !strings.Contains(v.Message, "the proxy of HTTPS_PROXY") || strings.Contains(fmt.Sprint(v), "127.0.0.1") {
				t.Errorf("got %s", v.Message)
			}
			proxied := len(heard) > 0
			for len(heard) > 0 {
				if s := <-heard; strings.Contains(s, "EXAMPLE") || !strings.HasPrefix(s, "CONNECT "+tt.host+":443 ") && !strings.HasPrefix(tt.env["HTTPS_PROXY"], "https:") {
					t.Errorf("the proxy was told %q", s)
				}
			}
			if proxied != tt.proxied {
				t.Errorf("through the proxy: %v", proxied)
			}
		})
	}
}

// tunnel is a proxy for one connection.
func tunnel(conn net.Conn, to string, heard chan<- string) {
	defer conn.Close()
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil {
		return
	}
	heard <- string(b[:n])
	switch {
	case strings.Contains(string(b[:n]), "refused"):
		_, _ = conn.Write([]byte("HTTP/1.1 403 Forbidden\r\n\r\n"))
		return
	case strings.Contains(string(b[:n]), "wanted"):
		_, _ = conn.Write([]byte("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n"))
		return
	case !strings.HasPrefix(string(b[:n]), "CONNECT "), strings.Contains(string(b[:n]), "gone"):
		return
	}
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer far.Close()
	_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	go func() { _, _ = io.Copy(far, conn) }()
	_, _ = io.Copy(conn, far)
}

// TestOneReveal: in all of the probe the token is revealed in one place, the header.
func TestOneReveal(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil && !strings.HasSuffix(name, "_test.go") {
			n += strings.Count(string(text), ".Reveal()")
		}
	}
	if n != 1 {
		t.Errorf("the token is revealed in %d places", n)
	}
}
