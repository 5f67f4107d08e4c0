package live

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strings"
)

// ours are the hosts that may get a token unless the user names another.
var ours = [...]string{"*.dbt.com", "*.getdbt.com"}

// allows reports whether a host may be spoken to at all.
func (p *Prober) allows(host string) bool {
	for _, glob := range ours {
		if matches(glob, host) {
			return true
		}
	}
	return p.allowsByName(host)
}

// allowsByName reports whether the user has named the host: such a one may have a
// private address.
func (p *Prober) allowsByName(host string) bool {
	for _, glob := range p.o.Allow {
		if matches(glob, host) {
			return true
		}
	}
	return false
}

// matches compares a host with a pattern. One without a port means the port 443.
func matches(glob, host string) bool {
	name, port, ok := strings.Cut(host, ":")
	if !ok {
		port = "443"
	}
	glob = strings.ToLower(glob)
	if !strings.Contains(glob, ":") {
		glob += ":443"
	}
	yes, err := path.Match(glob, name+":"+port) // a host has no slash: * takes dots, too
	return yes && err == nil
}

// checkGlobs reports the first pattern that is none.
func checkGlobs(globs []string) error {
	for _, glob := range globs {
		if _, err := path.Match(glob, ""); err != nil || glob == "" || strings.ContainsAny(glob, "/@") {
			return fmt.Errorf("%q is no pattern of a host; write gateway.example.com, *.example.com or localhost:8443", glob)
		}
	}
	return nil
}

// inside are the ranges of addresses that nobody reaches from outside, and those
// that stand for them in IPv6 (RFC 6890, 6598, 6052, 3056).
var inside = [...]string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
}

// isInside reports whether an address is private, of this machine or of this link.
func isInside(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, s := range inside {
		if netip.MustParsePrefix(s).Contains(a) {
			return true
		}
	}
	return false
}

// insideError is the refusal to dial an address.
type insideError struct{ address netip.Addr }

func (e insideError) Error() string {
	return "the name resolves to the private address " + e.address.String()
}

// proxyError is a failure to reach the proxy of the environment.
type proxyError struct{ err error }

func (e proxyError) Error() string { return "proxy: " + e.err.Error() }
func (e proxyError) Unwrap() error { return e.err }

// dial looks a name up once, and dials the very addresses that it has checked: a
// second answer of a hostile name server comes too late.
func (p *Prober) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if p.proxy.address == address {
		// Where it stands is for the user to say, and it is sent no token.
		conn, err := p.o.Dial(ctx, network, address)
		if err != nil {
			return nil, proxyError{err}
		}
		return conn, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var list []netip.Addr
	if a, err := netip.ParseAddr(host); err == nil {
		list = []netip.Addr{a}
	} else if list, err = p.o.Lookup(ctx, host); err != nil {
		return nil, err
	}
	named := p.allowsByName(strings.TrimSuffix(address, ":443"))
	err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	for _, a := range list {
		if isInside(a) && !named {
			err = insideError{a}
			continue
		}
		conn, dialled := p.o.Dial(ctx, network, net.JoinHostPort(a.String(), port))
		if dialled == nil {
			return conn, nil
		}
		if err = dialled; ctx.Err() != nil {
			break
		}
	}
	return nil, err
}
