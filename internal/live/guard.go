package live

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// ours are the hosts that may get a token unless the user names another.
var ours = [...]pattern{{"*.dbt.com", "443"}, {"*.getdbt.com", "443"}}

// pattern names hosts: in both parts * and ? stand for others. A host has no slash,
// so * takes dots, too.
type pattern struct{ name, port string }

// matches compares a host with the pattern.
func (p pattern) matches(host string) bool {
	name, port := splitHost(host)
	if port == "" {
		port = "443"
	}
	if strings.Contains(name, ":") {
		return p.name == name && wild(p.port, port) // an IPv6 address
	}
	return wild(p.name, name) && wild(p.port, port)
}

func wild(pattern, s string) bool {
	yes, err := path.Match(pattern, s)
	return yes && err == nil
}

// splitHost takes a host and its port apart; an IPv6 address loses its brackets.
func splitHost(host string) (name, port string) {
	if rest, ok := strings.CutPrefix(host, "["); ok {
		name, port, _ = strings.Cut(rest, "]")
		return name, strings.TrimPrefix(port, ":")
	}
	name, port, _ = strings.Cut(host, ":")
	return name, port
}

// joinHost is the host as an address has it: without the port that goes without
// saying.
func joinHost(name, port string) string {
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port == "" || port == "443" {
		return name
	}
	return name + ":" + port
}

// parsePattern reads what the user names. One without a port means the port 443.
func parsePattern(s string) (pattern, error) {
	text := strings.ToLower(s)
	name, port := splitHost(text)
	p := pattern{strings.TrimSuffix(name, "."), "443"}
	if strings.HasPrefix(text, "[") {
		a, err := netip.ParseAddr(name)
		if err != nil || !a.Is6() || a.Zone() != "" {
			return p, errPattern(s)
		}
		p.name = a.String()
		text = strings.TrimPrefix(text, "["+name+"]")
	} else {
		if p.name == "" || strings.ContainsFunc(p.name, func(r rune) bool {
			return r != '*' && r != '?' && r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
		}) {
			return p, errPattern(s)
		}
		text = strings.TrimPrefix(text, name)
	}
	if text == "" {
		return p, nil
	}
	if text != ":"+port || port == "" || strings.Trim(port, "0123456789*?") != "" {
		return p, errPattern(s)
	}
	p.port = port
	return p, nil
}

func errPattern(s string) error {
	return fmt.Errorf("%q is no pattern of a host; write gateway.example.com, *.example.com or localhost:8443", secret.Redact(s))
}

// allows reports whether a host may be spoken to at all.
func (p *Prober) allows(host string) bool {
	for _, o := range ours {
		if o.matches(host) {
			return true
		}
	}
	return p.allowsByName(host)
}

// allowsByName reports whether the user has named the host: such a one may have a
// private address.
func (p *Prober) allowsByName(host string) bool {
	for _, a := range p.named {
		if a.matches(host) {
			return true
		}
	}
	return false
}

// inside are the ranges of addresses that nobody reaches from outside, and those
// that stand for addresses of IPv4 in IPv6 (RFC 6890, 6598, 8215, 4380, 3056, 2765).
var inside = [...]string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
	"::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
}

// translated is where a network without IPv4 keeps that: the last four bytes are
// the address that is reached (RFC 6052).
const translated = "64:ff9b::/96"

// isInside reports whether an address is private, of this machine or of this link.
func isInside(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if netip.MustParsePrefix(translated).Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
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

// proxyError is a failure of the proxy of the environment.
type proxyError struct{ error }

func (e proxyError) Unwrap() error { return e.error }

// refusedError is the status with which a proxy makes no connection.
type refusedError int

func (e refusedError) Error() string { return fmt.Sprintf("the proxy answers %d", int(e)) }

// dial looks a name up once, and dials the very addresses that it has checked: a
// second answer of a hostile name server comes too late.
func (p *Prober) dial(ctx context.Context, network, address string) (net.Conn, error) {
	// The context is not that of the request: it has no end.
	ctx, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	if p.proxy.address == address {
		// Where it stands is for the user to say, and it is sent no token.
		return p.o.Dial(ctx, network, address)
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
	named := p.allowsByName(joinHost(host, port))
	err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	for i, a := range list {
		if isInside(a) && !named {
			err = insideError{a}
			continue
		}
		conn, dialled := p.dialOne(ctx, network, net.JoinHostPort(a.String(), port), len(list)-i)
		if dialled == nil {
			return conn, nil
		}
		if err = dialled; ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// dialOne leaves time for the addresses that are left: one that does not answer, as
// those of IPv6 in some networks, is not all of a host.
func (p *Prober) dialOne(ctx context.Context, network, address string, left int) (net.Conn, error) {
	end, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(end)/time.Duration(left))
	defer cancel()
	return p.o.Dial(ctx, network, address)
}
