// Package fakecloud is a dbt Cloud for tests, and for people who want to try the
// live test: accounts with a token each, cells and old hosts, and every error body
// that the real one was seen to answer with, over real TLS. What no source shows
// is marked synthetic; all names and tokens are invented.
package fakecloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Fault is what goes wrong with an account, or with all of a host.
type Fault uint8

// The faults.
const (
	None         Fault = iota
	Unpaid             // 401: the plan has no API
	Restricted         // 403: the caller's address is not on the list
	NoPermission       // 404: the token may not list jobs
	Forbidden          // 403 with another text, synthetic
	Unsent             // 403: the header did not arrive, synthetic
	TooMany            // 429, body synthetic
	BadRequest         // 400
	NoMethod           // 405, a body without envelope
	ServerError        // 500
	Unavailable        // 503 of a gateway, in HTML
	Hiccup             // 503 the first time
	Cut                // the connection ends within the answer
	CutOnce            // the first time
	Slow               // no answer for an hour
	HTML               // 200 and a page
	Denied             // 401 and a page
	Redirect           // 302 to another host
	Large              // an answer of more than 1 MiB
	Echo               // 401 with a text that quotes the token
	NoEnvelope         // 200 and JSON of something else
)

// Account is an account and the one token that it has given out.
type Account struct {
	ID        int64
	Name      string
	Plan      string
	Jobs      int
	Token     string
	Fault     Fault
	To        string // where Redirect leads
	Locked    bool
	LockCause string
}

// Site is a host: all of its accounts, and what it does to all requests.
type Site struct {
	Hosts    []string
	Accounts []Account
	Fault    Fault
	// Certificate is for this name instead, where it is set.
	Certificate string
	// Expired and SelfSigned spoil the certificate.
	Expired, SelfSigned bool
	// Address that the name resolves to; the fake's own where it is none.
	Address netip.Addr
}

// Seen is a request that arrived.
type Seen struct {
	At         time.Time
	Host, Path string
}

// Cloud is the fake. Its fields are set before it serves.
type Cloud struct {
	Sites []Site
	Now   func() time.Time

	authority *authority

	mu     sync.Mutex
	seen   []Seen
	failed map[int64]bool // the faults that happen once
}

// Token is the invented token of the number n.
func Token(n int) string {
	return fmt.Sprintf("dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE%02d", n)
}

// elsewhere is where names of the fake are said to be, on a documentation network.
var elsewhere = netip.MustParseAddr("203.0.113.1")

// Refusing is an address where nothing listens.
var Refusing = netip.MustParseAddr("203.0.113.9")

// otherHost is where redirects lead unless an account says otherwise.
const otherHost = "https://elsewhere.example/login"

// New is a cloud with an account for everything that can happen. The numbers of
// the tokens go with the accounts: [Token](1) is 12345's.
func New() *Cloud {
	account := func(n int, fault Fault) Account {
		return Account{ID: int64(12344 + n), Name: fmt.Sprintf("Example %d", n), Plan: "enterprise_2025", Jobs: 37, Token: Token(n), Fault: fault, To: otherHost}
	}
	cell := Site{Hosts: []string{"ab123.us1.dbt.com", "localhost", "127.0.0.1"}}
	cell.Accounts = []Account{{ID: 12345, Name: "Jaffle Shop", Plan: "enterprise_2025", Jobs: 37, Token: Token(1)}}
	for f := Unpaid; f <= NoEnvelope; f++ {
		cell.Accounts = append(cell.Accounts, account(int(f)+1, f))
	}
	cell.Accounts = append(cell.Accounts,
		Account{ID: 12370, Name: "Locked Shop", Plan: "trial_2025", Token: Token(26), Locked: true, LockCause: "trial_expired"},
		Account{ID: 12371, Name: "New Shop", Plan: "starter_2025", Token: Token(27)},
	)
	one := func(host string, change func(*Site)) Site {
		s := Site{Hosts: []string{host}, Accounts: []Account{{ID: 12345, Name: "Jaffle Shop", Plan: "enterprise_2025", Jobs: 37, Token: Token(1)}}}
		change(&s)
		return s
	}
	return &Cloud{
		Now: time.Now,
		Sites: []Site{
			cell,
			{Hosts: []string{"cd456.eu1.dbt.com"}, Accounts: []Account{{ID: 70437463654400, Name: "Cell Shop", Plan: "enterprise_plus_2025", Jobs: 1, Token: Token(30)}}},
			{Hosts: []string{"cloud.getdbt.com", "emea.dbt.com"}, Accounts: []Account{{ID: 517, Name: "Old Shop", Plan: "team", Jobs: 2, Token: Token(31)}}},
			one("www.getdbt.com", func(s *Site) { s.Fault = HTML }),
			one("login.dbt.com", func(s *Site) { s.Fault = Redirect }),
			one("down.us1.dbt.com", func(s *Site) { s.Fault = Unavailable }),
			one("slow.us1.dbt.com", func(s *Site) { s.Fault = Slow }),
			one("ab123.cloud.getdbt.com", func(s *Site) { s.Certificate = "cloud.getdbt.com" }),
			one("expired.us1.dbt.com", func(s *Site) { s.Expired = true }),
			one("selfsigned.us1.dbt.com", func(s *Site) { s.SelfSigned = true }),
			one("refused.us1.dbt.com", func(s *Site) { s.Address = Refusing }),
			one("inside.us1.dbt.com", func(s *Site) { s.Address = netip.MustParseAddr("10.0.0.5") }),
			one("rebound.us1.dbt.com", func(s *Site) { s.Address = netip.MustParseAddr("127.0.0.1") }),
		},
		authority: newAuthority(),
		failed:    map[int64]bool{},
	}
}

// Lookup is the name service of the fake's world.
func (c *Cloud) Lookup(_ context.Context, host string) ([]netip.Addr, error) {
	s := c.site(host)
	switch {
	case s == nil:
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	case s.Address.IsValid():
		return []netip.Addr{s.Address}, nil
	}
	return []netip.Addr{elsewhere}, nil
}

// Dialer reaches the fake under every address of its world, by a way of its own.
func Dialer(reach func(context.Context) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, _, _ := net.SplitHostPort(address); host == Refusing.String() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		return reach(ctx)
	}
}

// Serve answers on a listener, over TLS, until that is closed.
func (c *Cloud) Serve(l net.Listener) error {
	return (&http.Server{Handler: c, ReadHeaderTimeout: time.Minute, ErrorLog: silent()}).Serve(c.authority.listen(l, c))
}

// Requests are all that arrived, in their order.
func (c *Cloud) Requests() []Seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.seen)
}

func (c *Cloud) site(host string) *Site {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	for i := range c.Sites {
		if slices.Contains(c.Sites[i].Hosts, host) {
			return &c.Sites[i]
		}
	}
	return nil
}

// ServeHTTP is the admin API, as far as the live test asks it.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.seen = append(c.seen, Seen{c.Now(), r.Host, r.URL.String()})
	c.mu.Unlock()
	s := c.site(r.Host)
	if s == nil {
		page(w, http.StatusNotFound)
		return
	}
	if c.spoil(w, r, s.Fault, 0, otherHost) {
		return
	}
	account, text := s.authenticate(r)
	if account == nil {
		say(w, http.StatusUnauthorized, text, "null")
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/") // api, v2, accounts, ID, jobs
	switch {
	case r.Method != http.MethodGet:
		bare(w, http.StatusMethodNotAllowed, `Method "`+r.Method+`" not allowed.`)
	case !strings.HasSuffix(r.URL.Path, "/"):
		http.Redirect(w, r, r.URL.Path+"/", http.StatusPermanentRedirect)
	case r.URL.Path == "/api/v3/accounts/" || r.URL.Path == "/api/v2/accounts/":
		if account.Fault == Unpaid || account.Fault == Restricted {
			c.spoil(w, r, account.Fault, account.ID, account.To)
			return
		}
		c.accounts(w, account)
	case len(parts) == 5 && parts[1] == "v2" && parts[4] == "jobs":
		if parts[3] != strconv.FormatInt(account.ID, 10) {
			say(w, http.StatusForbidden, "Access denied: Token is not scoped to account.", "null")
			return
		}
		if !c.spoil(w, r, account.Fault, account.ID, account.To) {
			c.jobs(w, account)
		}
	default:
		notFound(w)
	}
}

// authenticate finds the account of the token in the header, or what the API says
// of it. The texts but the last are the framework's, synthetic.
func (s *Site) authenticate(r *http.Request) (*Account, string) {
	words := strings.Fields(r.Header.Get("Authorization"))
	switch {
	case len(words) == 0 || words[0] != "Token" && words[0] != "Bearer":
		return nil, "Authentication credentials were not provided."
	case len(words) == 1:
		return nil, "Invalid token header. No credentials provided."
	case len(words) > 2:
		return nil, "Invalid token header. Token string should not contain spaces."
	}
	for i := range s.Accounts {
		if s.Accounts[i].Token == words[1] {
			return &s.Accounts[i], ""
		}
	}
	return nil, "Invalid token."
}

// once reports whether a fault that happens once is due.
func (c *Cloud) once(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := !c.failed[id]
	c.failed[id] = true
	return due
}

// spoil answers as a fault does; false where there is none.
func (c *Cloud) spoil(w http.ResponseWriter, r *http.Request, f Fault, id int64, to string) bool {
	switch f {
	case None:
		return false
	case Unpaid:
		say(w, http.StatusUnauthorized, "The API is not accessible to unpaid accounts.", "null")
	case Restricted:
		say(w, http.StatusForbidden, "Forbidden: Access denied", fmt.Sprintf(`{"account_id": %d, "user_id": 1, "is_service_token": true, "account_access_denied": true}`, id))
	case NoPermission:
		notFound(w)
	case Forbidden:
		say(w, http.StatusForbidden, "You do not have permission to perform this action.", "null")
	case Unsent:
		bare(w, http.StatusForbidden, "Authentication credentials were not provided.")
	case TooMany:
		w.Header().Set("Retry-After", "300")
		bare(w, http.StatusTooManyRequests, "Request was throttled. Expected available in 300 seconds.")
	case BadRequest:
		say(w, http.StatusBadRequest, "The request was invalid. Please double check the provided data and try again.", `{"limit": "'1' is not valid under any of the given schemas"}`)
	case NoMethod:
		bare(w, http.StatusMethodNotAllowed, `Method "GET" not allowed.`)
	case ServerError:
		say(w, http.StatusInternalServerError, "There was a server error. Please contact support!", "null")
	case Unavailable:
		page(w, http.StatusServiceUnavailable)
	case Hiccup:
		if !c.once(id) {
			return false
		}
		page(w, http.StatusServiceUnavailable)
	case Cut, CutOnce:
		if f == CutOnce && !c.once(id) {
			return false
		}
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"status": `)
		panic(http.ErrAbortHandler)
	case Slow:
		select {
		case <-r.Context().Done():
		case <-time.After(time.Hour):
		}
	case HTML:
		page(w, http.StatusOK)
	case Denied:
		page(w, http.StatusUnauthorized)
	case Redirect:
		http.Redirect(w, r, to+"?next="+r.URL.Path, http.StatusFound)
	case Large:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status": {"code": 200, "is_success": true}, "data": [%q]}`, strings.Repeat("x", 2<<20))
	case Echo:
		say(w, http.StatusUnauthorized, "Unknown: "+r.Header.Get("Authorization"), "null")
	case NoEnvelope:
		fmt.Fprint(w, `{"jobs": []}`)
	}
	return true
}

// accounts lists the one account that a token reaches.
func (c *Cloud) accounts(w http.ResponseWriter, a *Account) {
	cause := "null"
	if a.LockCause != "" {
		cause = quoted(a.LockCause)
	}
	succeed(w, fmt.Sprintf(`{"id": %d, "name": %s, "plan": %s, "state": 1, "locked": %t, "lock_cause": %s, "static_subdomain": null, "vanity_subdomain": null}`, a.ID, quoted(a.Name), quoted(a.Plan), a.Locked, cause),
		fmt.Sprintf(`{"filters": {"pk__in": [%d]}, "order_by": null, "pagination": {"count": 1, "total_count": 1}}`, a.ID))
}

// jobs lists at most one job, as the live test asks for.
func (c *Cloud) jobs(w http.ResponseWriter, a *Account) {
	job := ""
	if a.Jobs > 0 {
		job = fmt.Sprintf(`{"id": 43167, "account_id": %d, "project_id": 123457, "environment_id": 49819, "name": "Do nothing!", "state": 1}`, a.ID)
	}
	succeed(w, job, fmt.Sprintf(`{"filters": {"limit": 1, "offset": 0, "account_id": %d}, "order_by": "id", "pagination": {"count": %d, "total_count": %d}}`, a.ID, min(a.Jobs, 1), a.Jobs))
}

func succeed(w http.ResponseWriter, data, extra string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"status": {"code": 200, "is_success": true, "user_message": "Success!", "developer_message": ""}, "data": [%s], "extra": %s}`, data, extra)
}

// say is an error in the API's envelope.
func say(w http.ResponseWriter, code int, message, data string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"status": {"code": %d, "is_success": false, "user_message": %s, "developer_message": null}, "data": %s}`, code, quoted(message), data)
}

// bare is an error of the framework under the API.
func bare(w http.ResponseWriter, code int, detail string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"detail": %s}`, quoted(detail))
}

// quoted is a text in JSON. One that is no UTF-8 is mended, so it does not fail.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func notFound(w http.ResponseWriter) {
	say(w, http.StatusNotFound, "The requested resource was not found. Please check that you have the proper permissions.", "null")
}

// page is an answer of a gateway, or of a web site.
func page(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>%d</title></head><body>%s</body></html>\n", code, http.StatusText(code))
}
