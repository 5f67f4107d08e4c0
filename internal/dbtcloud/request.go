package dbtcloud

import (
	"math/big"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
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
	Provider, HTTPProvider string
	Call                   string
	Client                 string // sync (requests) or async (aiohttp)
	// URL is the text that the hook builds; empty where it fails before.
	URL string
	// Authorization is the header's value.
	Authorization secret.Text
	// AccountID is what int() made of the login; nil for a call without one.
	AccountID *big.Int
	// Proxies is set where the client gets the proxies of extra.
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
		r := Request{Provider: v.Line, HTTPProvider: http.Line, Call: call.name, Client: call.client}
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
	if p.LoginBeforeToken {
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
	base := "https://" + p.Tenant(c) + "/"
	switch r.Call {
	case ListJobs:
		r.URL = base + "api/v2/accounts/" + r.AccountID.String() + "/jobs/"
	case GetJobRun:
		r.URL = base + "api/v2/accounts/" + r.AccountID.String() + "/runs/{run_id}/"
	default:
		r.URL = base
		if !p.TestsRoot {
			r.URL += "api/v2/accounts/"
		}
	}
	r.Failure = header(r, c)
}

// Tenant is the host that the hook takes.
func (p Profile) Tenant(c *connection.Connection) string {
	host, schema := c.Host.Text.Peek(), c.Schema.Text.Peek()
	switch {
	case p.TenantInSchema && schema != "":
		return schema + ".getdbt.com"
	case p.HostAsWell && host != "":
		return host
	}
	return DefaultHost
}

func (p Profile) token(r *Request, c *connection.Connection) *connection.Failure {
	switch {
	case c.Password.Truthy():
		r.Authorization = secret.New("Token " + c.Password.Text.Peek())
	case p.AsyncTokenNone && r.Client == "async":
		r.Authorization = secret.New("Token None")
	default:
		return fail("AirflowException", connection.Password, "An API token is required to connect to dbt Cloud.")
	}
	return nil
}

func account(r *Request, c *connection.Connection) *connection.Failure {
	if !c.Login.Truthy() {
		return fail("AirflowException", connection.Login, "Could not determine the dbt Cloud account.")
	}
	login := c.Login.Text.Peek()
	n, ok := PythonInt(login)
	if !ok {
		return fail("ValueError", connection.Login, "invalid literal for int() with base 10: '"+login+"'")
	}
	r.AccountID = n
	return nil
}

// proxies follows both paths: the synchronous one passes extra.proxies on unless
// the HTTP provider drops it, the asynchronous one takes its https.
func (p Profile) proxies(r *Request, c *connection.Connection, http HTTPVersion) *connection.Failure {
	if !p.ReadsProxies {
		return nil
	}
	if c.ExtraObject.Kind != connection.Absent && c.ExtraObject.Kind != connection.Map {
		return fail("AttributeError", connection.Extra, "'"+pythonType(c.ExtraObject.Kind)+"' object has no attribute 'get'")
	}
	v := c.ExtraObject.Get("proxies")
	if !v.Truthy() || r.Client == "sync" && http.DropsOptions {
		return nil
	}
	if v.Kind != connection.Map {
		return fail("AttributeError", connection.Extra, "'"+pythonType(v.Kind)+"' object has no attribute 'get'")
	}
	r.Proxies = v
	return nil
}

func pythonType(k connection.Kind) string {
	switch k {
	case connection.Text:
		return "str"
	case connection.Int:
		return "int"
	case connection.Float:
		return "float"
	case connection.Bool:
		return "bool"
	case connection.List:
		return "list"
	}
	return "dict"
}

// header follows http.client, which refuses line breaks and what Latin-1 cannot
// hold. The asynchronous client sends UTF-8.
func header(r *Request, c *connection.Connection) *connection.Failure {
	token := c.Password.Text.Peek()
	if strings.ContainsAny(token, "\r\n") {
		if r.Client == "sync" {
			return fail("ValueError", connection.Password, "Invalid header value b'Token "+token+"'")
		}
		return fail("ValueError", connection.Password, "Forbidden control character detected in headers. Potential header injection attack.")
	}
	if r.Client == "sync" {
		for _, ch := range token {
			if ch > 0xFF {
				return fail("UnicodeEncodeError", connection.Password, "'latin-1' codec can't encode a character of the token")
			}
		}
	}
	return nil
}

func fail(class string, f connection.Field, message string) *connection.Failure {
	return &connection.Failure{Class: class, Field: f, Message: secret.New(message)}
}
