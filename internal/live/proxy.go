package live

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// proxy is what the environment says of proxies, by the conventions of curl and
// requests: HTTPS_PROXY, and NO_PROXY for the hosts that need none.
type proxy struct {
	url     *url.URL // nil: none
	address string   // that is dialled
	except  []string
}

// proxyOf reads the environment. An address that is none counts as no proxy that
// can be reached, never as none at all.
func proxyOf(getenv func(string) string) proxy {
	either := func(name string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return getenv(strings.ToLower(name))
	}
	var p proxy
	for s := range strings.SplitSeq(either("NO_PROXY"), ",") {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" {
			p.except = append(p.except, s)
		}
	}
	s := either("HTTPS_PROXY")
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
	name, _, _ := strings.Cut(host, ":")
	if a, err := netip.ParseAddr(name); name == "localhost" || err == nil && a.IsLoopback() {
		return nil
	}
	for _, e := range p.except {
		if e == "*" || e == host || e == name || strings.HasSuffix(name, "."+strings.TrimLeft(e, ".*")) {
			return nil
		}
		if prefix, err := netip.ParsePrefix(e); err == nil {
			if a, err := netip.ParseAddr(name); err == nil && prefix.Contains(a) {
				return nil
			}
		}
	}
	return p.url
}
