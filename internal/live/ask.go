package live

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// answer is what a host said to one request.
type answer struct {
	status int
	to     string // the host that a redirect names
	empty  bool   // there was no body
	page   bool   // for a browser
	// isAPI is set where the body has the form of the API's: an envelope with a
	// status, or the framework's detail alone. The rest is what stood in it.
	isAPI, bare bool
	failed      bool
	text        string // of an error
	data, extra json.RawMessage
}

// read takes a body apart. What is not asked for may have any form, and nothing but
// the body counts: gateways change its type, and the status before it.
func (a *answer) read(body []byte) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	a.empty, a.page = len(body) == 0, bytes.HasPrefix(body, []byte("<"))
	var top, status map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return
	}
	a.data, a.extra = top["data"], top["extra"]
	if json.Unmarshal(top["status"], &status) != nil || status["code"] == nil && status["is_success"] == nil && status["user_message"] == nil {
		a.bare = json.Unmarshal(top["detail"], &a.text) == nil && a.text != ""
		a.isAPI = a.bare
		return
	}
	a.isAPI = true
	var success bool
	a.failed = json.Unmarshal(status["is_success"], &success) == nil && !success
	_ = json.Unmarshal(status["user_message"], &a.text) // null, or none
	var code int
	if a.failed && a.status == http.StatusOK && json.Unmarshal(status["code"], &code) == nil && code >= 400 && code < 600 {
		a.status = code
	}
}

var (
	errLarge   = errors.New("an answer of more than 1 MiB")
	errDamaged = errors.New("an answer that does not unpack")
)

// ask sends one request, and once more where a gateway or the connection failed.
// Of an answer that there is none of, the verdict says why.
func (p *Prober) ask(ctx context.Context, t Target, path string) (*answer, *Verdict) {
	for again := true; ; again = false {
		known, err := p.turn(ctx, t)
		if err != nil {
			return nil, &Verdict{}
		}
		if known != nil {
			return nil, known
		}
		a, err := p.send(ctx, t, path)
		switch {
		case err != nil && again && isBroken(err), err == nil && again && a.isGatewayFault():
			if sleep(ctx, retryPause) != nil {
				return nil, &Verdict{}
			}
		case err != nil:
			v := p.failed(ctx, t, err)
			var unconnected unconnectedError
			if v.Kind != Untried && errors.As(err, &unconnected) {
				p.giveUp(t, v)
			}
			return nil, v
		default:
			if a.status == http.StatusTooManyRequests {
				p.cool(t)
			}
			return a, nil
		}
	}
}

func (a *answer) isGatewayFault() bool {
	return a.status == http.StatusBadGateway || a.status == http.StatusServiceUnavailable || a.status == http.StatusGatewayTimeout
}

// send is one request and its answer. The token goes into the header, and nowhere
// else.
func (p *Prober) send(ctx context.Context, t Target, path string) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	way := p.way(t)
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, way.trace()), http.MethodGet, "https://"+t.Host+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Token "+t.Token.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", p.o.Agent)
	resp, err := p.transport.RoundTrip(req) // which follows no redirect: the token is for this host, and this path
	if err != nil {
		return nil, way.blame(err)
	}
	body, err := readBody(resp)
	if e := resp.Body.Close(); err == nil {
		err = e
	}
	switch {
	case err == nil, resp.StatusCode == http.StatusTooManyRequests: // which needs no words
	case resp.StatusCode >= 400 && resp.StatusCode < 500 && !errors.Is(err, errLarge):
		return nil, cutError{resp.StatusCode, err}
	default:
		return nil, err
	}
	a := &answer{status: resp.StatusCode}
	if to, err := resp.Location(); err == nil {
		a.to = to.Host
	}
	a.read(body)
	return a, nil
}

// readBody reads at most 1 MiB, packed and unpacked: some gateways pack what nobody
// wanted packed.
func readBody(resp *http.Response) ([]byte, error) {
	packed := &io.LimitedReader{R: resp.Body, N: maxBody + 1}
	var r io.Reader = packed
	var err error
	switch strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))) {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(packed)
	case "deflate":
		r, err = zlib.NewReader(packed)
	}
	if errors.Is(err, io.EOF) { // nothing, packed or not
		return nil, nil
	}
	var body []byte
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(r, maxBody+1))
	}
	switch {
	case packed.N == 0 || len(body) > maxBody:
		return nil, errLarge
	case isDamaged(err):
		return nil, errDamaged
	}
	return body, err
}

// isDamaged reports whether bytes have come that are not packed as was said.
func isDamaged(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zlib.ErrHeader) || errors.Is(err, zlib.ErrChecksum) ||
		errors.Is(err, zlib.ErrDictionary) || errors.As(err, &corrupt)
}

// way is how far a request came before it failed.
type way struct {
	proxied    bool
	handshakes int32        // that there are up to the host's own
	begun      atomic.Int32 // of them
	connected  atomic.Bool
}

func (p *Prober) way(t Target) *way {
	w := &way{handshakes: 1}
	if proxy := p.proxy.of(t.Host); proxy != nil {
		w.proxied = true
		if proxy.Scheme == "https" {
			w.handshakes++
		}
	}
	return w
}

func (w *way) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		TLSHandshakeStart: func() { w.begun.Add(1) },
		GotConn:           func(httptrace.GotConnInfo) { w.connected.Store(true) },
	}
}

// blame says whose failure it is that there is no connection: the proxy's, that of
// the host's TLS, or that of the net.
func (w *way) blame(err error) error {
	var op *net.OpError
	switch {
	case w.connected.Load():
		return err
	case w.begun.Load() < w.handshakes:
		if w.proxied {
			err = proxyError{err}
		}
	case isAlert(err), !isEnd(err) && !isTimeout(err) && !errors.As(err, &op):
		err = tlsError{err}
	}
	return unconnectedError{err}
}

// unconnectedError is a failure before anything was sent: it holds for all that is
// asked of the host.
type unconnectedError struct{ error }

func (e unconnectedError) Unwrap() error { return e.error }

// tlsError is a failure of the host's handshake.
type tlsError struct{ error }

func (e tlsError) Unwrap() error { return e.error }

// cutError is an answer that ends before its reason has come. What was refused is
// not asked again.
type cutError struct {
	status int
	error
}

func (e cutError) Unwrap() error { return e.error }

// isBroken reports whether a connection failed in a way that passes.
func isBroken(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var inside insideError
	var proxied proxyError
	var cut cutError
	switch {
	case errors.As(err, &inside), errors.As(err, &proxied), errors.As(err, &dns), errors.As(err, &cut), isTimeout(err), isTLS(err):
		return false
	}
	return errors.As(err, &op) || isEnd(err) || errors.Is(err, errDamaged)
}

// isEnd reports whether the other side ended where more had to come.
func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func isTLS(err error) bool {
	var handshake tlsError
	return errors.As(err, &handshake) || isAlert(err)
}

// isAlert reports whether the other side broke TLS off; in TLS 1.3 it may do so
// after the handshake. The type of the alert is crypto/tls's own.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// failed is the verdict where there was no answer. The error's own text is not
// shown: it may quote what a host said.
func (p *Prober) failed(ctx context.Context, t Target, err error) *Verdict {
	if ctx.Err() != nil {
		return &Verdict{}
	}
	var inside insideError
	var proxied proxyError
	var dns *net.DNSError
	var cut cutError
	host := t.shown()
	unreachable := func(format string, args ...any) *Verdict {
		return &Verdict{Kind: HostUnreachable, Field: connection.Host, Message: "not verified: " + fmt.Sprintf(format, args...), Hint: "try again, from where Airflow runs"}
	}
	switch {
	case errors.As(err, &inside):
		v := untestable(connection.Host, fmt.Sprintf("%s resolves to the private address %s", host, inside.address))
		v.Hint = "if it may get the token: --live-allow-host " + host
		return v
	case errors.Is(err, errLarge):
		return p.notTheAPI(t, "more than 1 MiB")
	case errors.As(err, &proxied):
		return p.proxyFailed(t, err)
	case errors.As(err, &dns) && dns.IsNotFound:
		name, _ := splitHost(host)
		v := &Verdict{Kind: HostNotFound, Field: connection.Host, Message: "no host is called " + name, Hint: "compare it with the access address of the account's settings page"}
		if h := dbtcloud.ParseHost(t.Host); h.Suggestion != "" {
			v.Hint = "write: " + secret.Redact(h.Suggestion)
		}
		return v
	case errors.As(err, &dns):
		return unreachable("the name service does not say where %s is", host)
	case isTLS(err):
		return p.tlsFailed(t, err)
	case isTimeout(err):
		return unreachable("%s has not answered within %s", host, p.o.Timeout)
	case errors.Is(err, errDamaged):
		return unreachable("what %s answers does not unpack", host)
	case errors.As(err, &cut):
		return unreachable("the connection to %s broke within its answer (%d)", host, cut.status)
	case errors.Is(err, syscall.ECONNREFUSED):
		return unreachable("%s refuses the connection", host)
	case isBroken(err):
		return unreachable("the connection to %s broke", host)
	}
	return p.notTheAPI(t, "what is no HTTP")
}

// proxyFailed says what is wrong with the proxy. Its address may hold a password.
func (p *Prober) proxyFailed(t Target, err error) *Verdict {
	v := &Verdict{Kind: HostUnreachable, Field: connection.Host, Hint: "look at HTTPS_PROXY and NO_PROXY"}
	var refused refusedError
	switch {
	case errors.As(err, &refused) && refused == http.StatusProxyAuthRequired:
		v.Message = "not verified: the proxy of HTTPS_PROXY wants a user and a password (407)"
	case errors.As(err, &refused):
		v.Message = fmt.Sprintf("not verified: the proxy of HTTPS_PROXY makes no connection to %s (%d)", t.shown(), int(refused))
	case isTimeout(err):
		v.Message = fmt.Sprintf("not verified: the proxy of HTTPS_PROXY has not answered within %s", p.o.Timeout)
	default:
		v.Message = "not verified: the proxy of HTTPS_PROXY cannot be reached"
	}
	return v
}

// tlsFailed says what is wrong with a certificate.
func (p *Prober) tlsFailed(t Target, err error) *Verdict {
	v := &Verdict{Kind: TLSFailed, Field: connection.Host}
	host := t.shown()
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &name):
		v.Message = host + " has a certificate for another name"
		if names := name.Certificate.DNSNames; len(names) > 0 {
			v.Message += ", " + p.quote(t, strings.Join(names[:min(3, len(names))], ", "))
		}
		if h := dbtcloud.ParseHost(t.Host); h.Problem == dbtcloud.PrefixOnOld {
			v.Message += ": an account prefix stands before " + h.Detail + ", which has none"
		}
		if len(name.Certificate.DNSNames)+len(name.Certificate.IPAddresses) == 0 {
			v.Message = host + " has a certificate that names no host"
		}
		v.Hint = "take the access address of the account's settings page"
	case errors.As(err, &authority):
		v.Message = host + " has a certificate of an authority that this machine does not trust"
		v.Hint = "behind a proxy that opens TLS: --live-ca FILE with its certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		v.Message = host + " has a certificate that is not valid at this time"
	case errors.As(err, &certificate):
		v.Message = host + " has no certificate that can be trusted"
	case errors.As(err, &header):
		v.Message = host + " speaks no TLS there"
	default:
		v.Message = host + " comes to no agreement about TLS"
	}
	return v
}
