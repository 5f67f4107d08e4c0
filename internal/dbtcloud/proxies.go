package dbtcloud

import (
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
)

// ProxyPaths says on which of its two paths the hook hands extra.proxies to its
// client: the synchronous one, and that of deferrable tasks.
func (p Profile) ProxyPaths(http HTTPVersion) (sync, async bool) {
	return p.ReadsProxies && !http.DropsOptions, p.ReadsProxies && p.HasAsync
}

// ProxyFault is what keeps extra.proxies from being used by who uses it.
type ProxyFault struct {
	// What is wrong, for a message; it shows no value.
	What string
	// Key inside proxies, empty for all of it, and the value there.
	Key   string
	Value *connection.Value
	// Sync and Async are the paths that the fault breaks.
	Sync, Async bool
	// Unused is set where the proxy is passed over, instead of the call failing.
	Unused bool
}

// JudgeProxies finds the fault of extra.proxies, if it has one. What is empty asks
// for no proxy. requests takes the most specific key, aiohttp is given that of
// https alone, needs a scheme, and speaks HTTP to any proxy; requests speaks SOCKS
// where an extra package is installed. Source: the hook's _get_proxies and what
// the clients did with it (testdata/vectors/dbt-hook.json).
func (p Profile) JudgeProxies(c *connection.Connection) (ProxyFault, bool) {
	proxies := c.ExtraObject().Get("proxies")
	https, used := proxies.Get("https"), proxyFor(proxies, "https://"+p.Tenant(c))
	f := ProxyFault{Key: "https", Value: https, Sync: used.Truthy() && (used.Kind != connection.Text || judgeProxy(used.Text.Peek()) != nil), Async: true}
	switch {
	case proxies.Kind == connection.Absent, proxies.Kind == connection.Map && !slices.ContainsFunc(proxies.Items, func(i connection.Item) bool { return i.Value.Truthy() }):
		return ProxyFault{}, false
	case proxies.Kind != connection.Map:
		f.What, f.Key, f.Value, f.Sync, f.Async = "is "+proxies.Kind.String()+", no object", "", proxies, true, proxies.Truthy()
	case !https.Truthy():
		f.What, f.Key, f.Value, f.Unused = "has no https, and every call is https", "", proxies, true
		f.Sync = f.Sync || !used.Truthy()
	case https.Kind != connection.Text:
		f.What = "is " + https.Kind.String() + ", no text"
	default:
		scheme, rest, ok := strings.Cut(https.Text.Peek(), "://")
		switch {
		case !ok:
			f.What = "has no scheme"
		case !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
			f.What = "has another scheme than http and https"
		default:
			f.What = proxyHost(rest)
			if f.Async = f.What != ""; !f.Async {
				f.What = "is no address for requests"
			}
		}
	}
	return f, f.Sync || f.Async
}

// proxyHost says what is wrong with host and port of a proxy's address, behind its
// scheme.
func proxyHost(rest string) string {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	host := rest[strings.LastIndexByte(rest, '@')+1:]
	port := ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host, port = host[:colon], host[colon+1:]
	}
	switch {
	case host == "":
		return "has no host"
	case !isPort(port):
		return "has a port that is no number from 0 to 65535"
	}
	return ""
}
