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
	"time"
)

// The manners of the probe.
const (
	atOnce       = 4                      // conversations
	spacing      = 200 * time.Millisecond // between two requests to a host: five a second
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
	o      Options
	proxy  proxy
	client *http.Client

	mu     sync.Mutex
	next   map[string]time.Time  // when a host may be asked again
	cooled map[account]time.Time // until when an account is left alone
}

// account is what dbt Cloud's limit counts for.
type account struct{ host, id string }

// New checks the options and makes a prober. Nothing is sent yet.
func New(o Options) (*Prober, error) {
	if err := checkGlobs(o.Allow); err != nil {
		return nil, err
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
			return nil, errors.New("no certificate in PEM form")
		}
	}
	p := &Prober{o: o, proxy: proxyOf(o.Getenv), next: map[string]time.Time{}, cooled: map[account]time.Time{}}
	p.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  func(r *http.Request) (*url.URL, error) { return p.proxy.of(r.URL.Host), nil },
			DialContext:            p.dial,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, Time: o.Now},
			DisableKeepAlives:      true, // a request on a connection that was kept is sent again unasked
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeader,
		},
		// No redirect is followed: the token is for this host, and this path.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
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
	var wg sync.WaitGroup
	for range min(atOnce, len(distinct)) {
		wg.Go(func() {
			for i := range next {
				verdicts[i] = p.converse(ctx, distinct[i])
				done()
			}
		})
	}
	for i := range distinct {
		next <- i
	}
	close(next)
	wg.Wait()
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

// turn waits until a host may be asked. It is false where the account is to be left
// alone.
func (p *Prober) turn(ctx context.Context, t Target) (bool, error) {
	p.mu.Lock()
	now := p.o.Now()
	at := now
	if next := p.next[t.Host]; next.After(now) {
		at = next
	}
	p.next[t.Host] = at.Add(spacing)
	p.mu.Unlock()
	if err := sleep(ctx, at.Sub(now)); err != nil {
		return false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.cooled[account{t.Host, t.Account}].After(p.o.Now()), nil
}

// cool leaves an account alone for as long as dbt's limit wants.
func (p *Prober) cool(t Target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cooled[account{t.Host, t.Account}] = p.o.Now().Add(coolingDown)
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
