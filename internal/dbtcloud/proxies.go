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
func (p Profile) JudgeProxies(c *connection.Connection, http HTTPVersion) (ProxyFault, bool) {
	proxies := c.ExtraObject().Get("proxies")
	https := proxies.Get("https")
	key, used := proxyFor(proxies, "https://"+p.Tenant(c))
	f := ProxyFault{Key: "https", Value: https, Sync: judgeProxy(used) != nil, Async: true}
	switch {
	case proxies.Kind == connection.Absent, proxies.Kind == connection.Map && !slices.ContainsFunc(proxies.Items, func(i connection.Item) bool { return i.Value.Truthy() }):
		return ProxyFault{}, false
	case proxies.Kind != connection.Map:
		f.What, f.Key, f.Value, f.Sync, f.Async = "is "+proxies.Kind.String()+", no object", "", proxies, true, proxies.Truthy()
	case !https.Truthy():
		if sync, _ := p.ProxyPaths(http); f.Sync && sync {
			f.refused(key, used)
			f.Async = true // they go without, which is the lesser evil
			break
		}
		f.What, f.Key, f.Value, f.Unused, f.Sync = "has no https, and every call is https", "", proxies, true, !used.Truthy()
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
			if f.What = proxyHost(rest); f.What == "" {
				f.refused(key, used)
			}
		}
	}
	return f, f.Sync || f.Async
}

// refused makes it the fault of what requests takes, and aiohttp does not look at.
func (f *ProxyFault) refused(key string, used *connection.Value) {
	f.Key, f.Value, f.Async, f.What = key, used, false, "is no address that requests takes"
	if used.Kind != connection.Text {
		f.What = "is " + used.Kind.String() + ", no text"
	}
}

// proxyHost says what is wrong with host and port of a proxy's address, behind its
// scheme.
func proxyHost(rest string) string {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	host := rest[strings.LastIndexByte(rest, '@')+1:]
	if hasLoneBracket(rest) {
		return "has a bracket that no address can hold"
	}
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
