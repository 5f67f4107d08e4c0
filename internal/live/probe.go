package live

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// The manners of the probe.
const (
	atOnce       = 4                      // conversations
	spacing      = 220 * time.Millisecond // between two requests to a host: not five a second, however long each is on its way
	retryPause   = 500 * time.Millisecond
	coolingDown  = 5 * time.Minute // after 429 (dbt's page on rate limits)
	maxBody      = 1 << 20
	maxHeader    = 64 << 10
	usualTimeout = 10 * time.Second
)

// Options are the world of a probe, and what the user asked of it.
type Options struct {
	// Allow are patterns of further hosts that may get a token.
	Allow []string
	// CA is a PEM text of authorities that are trusted beside the system's.
	CA []byte
	// Timeout of one request, from the look-up of the name to the end of the
	// answer; 10 s where it is 0.
	Timeout time.Duration
	// Agent is how the program calls itself.
	Agent string

	Now    func() time.Time
	Getenv func(string) string
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

// Prober tries connections.
type Prober struct {
	o         Options
	named     []pattern // of hosts, by the user
	proxy     proxy
	transport *http.Transport

	mu     sync.Mutex
	next   map[string]time.Time  // when a host may be asked again
	cooled map[limited]time.Time // until when something is left alone
	dead   map[string]*Verdict   // of hosts that cannot be connected to
}

// limited is what dbt Cloud's limit counts for: an account, which is known by its
// id, by its token, or by a host of its own.
type limited struct {
	host, id string
	token    secret.Text
}

// ErrNoCertificate is what [New] says of a CA that is none.
var ErrNoCertificate = errors.New("no certificate in PEM form")

// New checks the options and makes a prober. Nothing is sent yet.
func New(o Options) (*Prober, error) {
	named := make([]pattern, len(o.Allow))
	for i, s := range o.Allow {
		var err error
		if named[i], err = parsePattern(s); err != nil {
			return nil, err
		}
	}
	if o.Timeout == 0 {
		o.Timeout = usualTimeout
	}
	var roots *x509.CertPool // nil: the system's
	if o.CA != nil {
		var err error
		if roots, err = x509.SystemCertPool(); err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(o.CA) {
			return nil, ErrNoCertificate
		}
	}
	p := &Prober{o: o, named: named, proxy: proxyOf(o.Getenv), next: map[string]time.Time{}, cooled: map[limited]time.Time{}, dead: map[string]*Verdict{}}
	p.transport = &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return p.proxy.of(r.URL.Host), nil },
		DialContext:            p.dial,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, Time: o.Now},
		DisableKeepAlives:      true, // a request on a connection that was kept is sent again unasked
		DisableCompression:     true,
		TLSHandshakeTimeout:    o.Timeout,
		MaxResponseHeaderBytes: maxHeader,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
			if r.StatusCode != http.StatusOK {
				return refusedError(r.StatusCode)
			}
			return nil
		},
	}
	return p, nil
}

// Try has a conversation about each target, equal ones once, and answers by index.
// Each verdict is told to done, which is called by several goroutines. When the
// context is done it ends at once, with what is known.
func (p *Prober) Try(ctx context.Context, targets []Target, done func()) []Verdict {
	number := map[Target]int{}
	var distinct []Target
	for _, t := range targets {
		if _, known := number[t]; !known {
			number[t] = len(distinct)
			distinct = append(distinct, t)
		}
	}
	verdicts := make([]Verdict, len(distinct))
	next := make(chan int)
	var fault atomic.Pointer[any]
	var wg sync.WaitGroup
	for range min(atOnce, len(distinct)) {
		wg.Go(func() {
			for i := range next {
				func() {
					defer func() {
						if r := recover(); r != nil {
							fault.Store(&r)
						}
					}()
					verdicts[i] = p.converse(ctx, distinct[i])
				}()
				done()
			}
		})
	}
	for i := range distinct {
		next <- i
	}
	close(next)
	wg.Wait()
	if r := fault.Load(); r != nil {
		panic(*r) // where the caller can see to it that no value is shown
	}
	list := make([]Verdict, len(targets))
	for i, t := range targets {
		list[i] = verdicts[number[t]]
	}
	return list
}

// Distinct is how many conversations the targets need.
func Distinct(targets []Target) int {
	seen := map[Target]bool{}
	for _, t := range targets {
		seen[t] = true
	}
	return len(seen)
}

// turn waits until a host may be asked. There is a verdict where it is not to be
// asked any more.
func (p *Prober) turn(ctx context.Context, t Target) (*Verdict, error) {
	p.mu.Lock()
	known := p.dead[t.Host]
	now := p.o.Now()
	at := now
	if next := p.next[t.Host]; next.After(now) {
		at = next
	}
	if known == nil {
		p.next[t.Host] = at.Add(spacing)
	}
	p.mu.Unlock()
	if known != nil {
		return known, ctx.Err()
	}
	if err := sleep(ctx, at.Sub(now)); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range t.limits() {
		if p.cooled[l].After(p.o.Now()) {
			return &Verdict{Kind: RateLimited, Field: connection.Host, Message: "not verified: " + t.shown() + " has answered 429, too many requests; nothing more is sent for five minutes"}, nil
		}
	}
	return p.dead[t.Host], nil
}

// limits are what a limit may count for. An address with an account's prefix is one
// account's.
func (t Target) limits() []limited {
	list := []limited{{host: t.Host, token: t.Token}}
	if t.Account != "" {
		list = append(list, limited{host: t.Host, id: t.Account})
	}
	if dbtcloud.IsCellHost(t.Host) {
		list = append(list, limited{host: t.Host})
	}
	return list
}

// cool leaves an account alone for as long as dbt's limit wants.
func (p *Prober) cool(t Target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range t.limits() {
		p.cooled[l] = p.o.Now().Add(coolingDown)
	}
}

// giveUp keeps what is wrong with a host, so that nobody waits for it again.
func (p *Prober) giveUp(t Target, v *Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead[t.Host] = v
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
