package dbtcloud

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// The calls that are modelled: one for each way in which the hook uses a
// connection.
const (
	ListJobs       = "list_jobs"       // synchronous, with the account id
	TestConnection = "test_connection" // what the Test button does
	GetJobRun      = "get_job_run"     // asynchronous, as deferrable tasks do
)

// Request is what the hook of a provider hands to its HTTP client for one call,
// or the error that it ends with before any network.
type Request struct {
	// Provider and HTTPProvider are the versions, as they were asked for.
	Provider, HTTPProvider string
	Call                   string
	Client                 string // sync (requests) or async (aiohttp)
	// URL is what the client is handed: of the synchronous one the URL of the
	// prepared request, of the asynchronous one the text. Empty where the hook, or
	// the preparation, fails before there is one.
	URL string
	// Authorization is the header's value.
	Authorization secret.Text
	// AccountID is what int() made of the login; nil for a call without one.
	AccountID *big.Int
	// Proxies are those of extra that the client gets, nil for none: an object
	// for the synchronous client, the one text for the asynchronous one.
	Proxies *connection.Value
	// Failure is the error, nil where the request would be sent.
	Failure *connection.Failure
}

// Requests are the calls that a version of the provider makes of a connection.
func (v Version) Requests(c *connection.Connection, http HTTPVersion) []Request {
	rs := make([]Request, 0, 3)
	for _, call := range [...]struct{ name, client string }{{ListJobs, "sync"}, {TestConnection, "sync"}, {GetJobRun, "async"}} {
		if call.client == "async" && !v.Profile.HasAsync {
			continue
		}
		r := Request{Provider: v.Name, HTTPProvider: http.Name, Call: call.name, Client: call.client}
		v.Profile.build(&r, c, http)
		rs = append(rs, r)
	}
	return rs
}

// build follows the hook: the account id and the token in the order in which the
// version looks at them, then the address, then the header.
func (p Profile) build(r *Request, c *connection.Connection, http HTTPVersion) {
	needsAccount := r.Call != TestConnection
	steps := []func() *connection.Failure{
		func() *connection.Failure { return p.token(r, c) },
		func() *connection.Failure {
			if !needsAccount {
				return nil
			}
			return account(r, c)
		},
	}
	if p.LoginBeforeToken || r.Client == "async" {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, step := range steps {
		if r.Failure = step(); r.Failure != nil {
			return
		}
	}
	if r.Failure = p.proxies(r, c, http); r.Failure != nil {
		return
	}
	url := "https://" + p.Tenant(c) + "/" + p.path(r)
	if r.Client == "async" {
		r.URL = url
		r.Failure = async(r)
		return
	}
	prepared, bad := prepare(url)
	switch {
	case bad != nil:
		r.Failure = fail(bad.class, connection.Host, bad.message)
	case r.Proxies != nil && r.Proxies.Kind != connection.Map:
		// Session.merge_environment_settings, before anything is sent.
		r.Failure, r.Proxies = noGet(r.Proxies), nil
	default:
		r.URL = prepared
		r.Failure = sendable(r)
	}
}

// path is what the hook puts behind the tenant's slash.
func (p Profile) path(r *Request) string {
	switch {
	case r.Call == ListJobs:
		return "api/v2/accounts/" + r.AccountID.String() + "/jobs/"
	case r.Call == GetJobRun:
		return "api/v2/accounts/" + r.AccountID.String() + "/runs/{run_id}/"
	case p.TestsRoot:
		return ""
	}
	return "api/v2/accounts/"
}

// Tenant is the host that the hook takes.
func (p Profile) Tenant(c *connection.Connection) string {
	switch {
	case p.TenantInSchema && c.Schema.Truthy():
		return c.Schema.Str() + ".getdbt.com"
	case p.HostAsWell && c.Host.Truthy():
		return c.Host.Str()
	}
	return DefaultHost
}

// Overlooks says what of a connection the hook does not read, and that of later
// providers does: a tenant in host, proxies in extra.
func (p Profile) Overlooks(c *connection.Connection) (tenant, proxies bool) {
	return c.Host.Truthy() && p.Tenant(c) != c.Host.Str(), !p.ReadsProxies && c.ExtraObject().Get("proxies").Truthy()
}

func (p Profile) token(r *Request, c *connection.Connection) *connection.Failure {
	switch {
	case c.Password.Truthy(), p.AsyncTokenNone && r.Client == "async":
		r.Authorization = secret.New("Token " + c.Password.Str())
	default:
		return fail("AirflowException", connection.Password, "An API token is required to connect to dbt Cloud.")
	}
	return nil
}

// account is `if not login: raise …`, else int(login). A login that is no text is
// one that Airflow before 2.7 hands on.
func account(r *Request, c *connection.Connection) *connection.Failure {
	if !c.Login.Truthy() {
		return fail("AirflowException", connection.Login, "Could not determine the dbt Cloud account.")
	}
	login := c.Login.Text.Peek()
	switch c.Login.Kind {
	case connection.Bool:
		r.AccountID = big.NewInt(1)
		return nil
	case connection.Float:
		return accountOfFloat(r, login)
	case connection.Text, connection.Int, connection.Bytes:
		n, ok := python.Int(login)
		if !ok {
			return fail("ValueError", connection.Login, python.IntFault(login))
		}
		r.AccountID = n
		return nil
	}
	return fail("TypeError", connection.Login, "int() argument must be a string, a bytes-like object or a real number, not '"+c.Login.Kind.Class()+"'")
}

// AccountOf is the account id that the hook makes of a connection's login, or its
// error.
func AccountOf(c *connection.Connection) (*big.Int, *connection.Failure) {
	var r Request
	failure := account(&r, c)
	return r.AccountID, failure
}

func accountOfFloat(r *Request, login string) *connection.Failure {
	switch login {
	case "nan":
		return fail("ValueError", connection.Login, "cannot convert float NaN to integer")
	case "inf", "-inf":
		return fail("OverflowError", connection.Login, "cannot convert float infinity to integer")
	}
	if f, err := strconv.ParseFloat(login, 64); err == nil {
		r.AccountID, _ = big.NewFloat(f).Int(nil)
	}
	return nil
}

// proxies follows both paths: the synchronous one passes extra.proxies on unless
// the HTTP provider drops it, the asynchronous one takes its https.
func (p Profile) proxies(r *Request, c *connection.Connection, http HTTPVersion) *connection.Failure {
	if !p.ReadsProxies {
		return nil
	}
	if k := c.ExtraObject().Kind; k != connection.Absent && k != connection.Map {
		return noGet(c.ExtraObject())
	}
	v := c.ExtraObject().Get("proxies")
	sync, _ := p.ProxyPaths(http)
	switch {
	case v.Kind == connection.Absent, r.Client == "sync" && !sync:
	case r.Client == "sync" && v.Kind == connection.Map:
		r.Proxies = given(v)
	case r.Client == "sync":
		r.Proxies = v
	case !v.Truthy():
	case v.Kind != connection.Map:
		return noGet(v)
	default:
		if https := v.Get("https"); https.Truthy() {
			r.Proxies = https
		}
	}
	return nil
}

// noGet is the error for a value of extra that should be an object.
func noGet(v *connection.Value) *connection.Failure {
	return fail("AttributeError", connection.Extra, "'"+v.Kind.Class()+"' object has no attribute 'get'")
}

// given is the object without its nulls, which requests drops.
func given(v *connection.Value) *connection.Value {
	kept := *v
	kept.Items = nil
	for _, item := range v.Items {
		if item.Value.Kind != connection.Absent {
			kept.Items = append(kept.Items, item)
		}
	}
	if kept.Items == nil {
		return nil
	}
	return &kept
}

// sendable follows requests when it looks for a proxy, urllib3 before it looks a name
// up, then http.client: a header is Latin-1, and a line break in it must be followed by
// a blank.
func sendable(r *Request) *connection.Failure {
	proxied := false
	if r.Proxies != nil {
		_, v := proxyFor(r.Proxies, r.URL)
		if bad := judgeProxy(v); bad != nil {
			return fail(bad.class, connection.Extra, bad.message)
		}
		proxied = v.Truthy()
	}
	if host := hostOfURL(r.URL); !proxied && !canLookUp(host) {
		return fail("LocationParseError", connection.Host, "Failed to parse: '"+host+"', label empty or too long")
	}
	header, message := python.Latin1(r.Authorization.Peek())
	if message != "" {
		return fail("UnicodeEncodeError", connection.Password, message)
	}
	for i := range len(header) {
		next := byte(0)
		if i+1 < len(header) {
			next = header[i+1]
		}
		folded := next == ' ' || next == '\t'
		if header[i] == '\n' && !folded || header[i] == '\r' && !folded && next != '\n' {
			return fail("ValueError", connection.Password, "Invalid header value "+python.BytesRepr(header))
		}
	}
	return nil
}

// hostOfURL is the host of a URL with https, without a port.
func hostOfURL(url string) string {
	host := strings.TrimPrefix(url, "https://")
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return host
}

// proxyFor is the proxy that requests chooses, and its key
// (requests.utils.select_proxy).
func proxyFor(proxies *connection.Value, url string) (key string, v *connection.Value) {
	host := hostOfURL(url)
	for _, key := range [...]string{"https://" + host, "https", "all://" + host, "all"} {
		if v := proxies.Get(key); v.Kind != connection.Absent {
			return key, v
		}
	}
	return "", &connection.Value{}
}

// async follows aiohttp: the URL, the proxy, then the header, which is UTF-8.
func async(r *Request) *connection.Failure {
	if bad := judgeAsync(r.URL); bad != nil {
		return fail(bad.class, connection.Host, bad.message)
	}
	if v := r.Proxies; v != nil {
		if v.Kind != connection.Text {
			return fail("TypeError", connection.Extra, "Constructor parameter should be str")
		}
		if address := v.Text.Peek(); address != "" && !strings.Contains(address, "://") {
			return fail("InvalidURL", connection.Extra, v.Text.Peek())
		}
	}
	if strings.ContainsFunc(r.Authorization.Peek(), func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7F }) {
		return fail("ValueError", connection.Password, "Forbidden control character detected in headers. Potential header injection attack.")
	}
	return nil
}

func fail(class string, f connection.Field, message string) *connection.Failure {
	return &connection.Failure{Class: class, Field: f, Message: secret.New(message)}
}
