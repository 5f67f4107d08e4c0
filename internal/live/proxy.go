package live

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// proxy is what the environment says of proxies, by the conventions of curl and
// requests: https_proxy, then HTTPS_PROXY, then all_proxy; and no_proxy for the
// hosts that need none.
type proxy struct {
	url     *url.URL // nil: none
	address string   // that is dialled
	except  []string
}

// proxyOf reads the environment. An address that is none counts as no proxy that
// can be reached, never as none at all.
func proxyOf(getenv func(string) string) proxy {
	either := func(name string) string {
		return strings.TrimSpace(cmp.Or(getenv(name), getenv(strings.ToUpper(name))))
	}
	p := proxy{except: strings.FieldsFunc(strings.ToLower(either("no_proxy")), func(r rune) bool { return r == ',' || r == ' ' })}
	s := cmp.Or(either("https_proxy"), either("all_proxy"))
	if s == "" {
		return p
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		if u, err = url.Parse("http://" + s); err != nil {
			u = &url.URL{Scheme: "http", Host: "invalid"}
		}
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	p.url, p.address = u, net.JoinHostPort(u.Hostname(), port)
	return p
}

// of is the proxy for a host, with its port where it has one; nil for none. This
// machine needs none, as Go's own client has it.
func (p proxy) of(host string) *url.URL {
	name, port := splitHost(host)
	a, err := netip.ParseAddr(name)
	if name == "localhost" || err == nil && a.IsLoopback() {
		return nil
	}
	for _, e := range p.except {
		if prefix, notOne := netip.ParsePrefix(e); err == nil && notOne == nil && prefix.Contains(a.Unmap()) {
			return nil
		}
		if b, notOne := netip.ParseAddr(strings.Trim(e, "[]")); err == nil && notOne == nil && a == b {
			return nil
		}
		domain, only := splitHost(e)
		if domain = strings.TrimLeft(domain, ".*"); e == "*" || (only == "" || only == cmp.Or(port, "443")) && domain != "" && (name == domain || strings.HasSuffix(name, "."+domain)) {
			return nil
		}
	}
	return p.url
}
