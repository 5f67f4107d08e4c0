package live

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
)

// answer is what a host said to one request.
type answer struct {
	status int
	to     string // the host that a redirect names
	envelope
	isAPI bool // the body has the form of the API's
}

// envelope is around every answer of the API; the framework under it has errors
// with a detail alone.
type envelope struct {
	Status *struct {
		Code        int    `json:"code"`
		IsSuccess   bool   `json:"is_success"`
		UserMessage string `json:"user_message"`
	} `json:"status"`
	Detail *string         `json:"detail"`
	Data   json.RawMessage `json:"data"`
	Extra  json.RawMessage `json:"extra"`
}

// text is what the API says of an error.
func (a *answer) text() string {
	switch {
	case a.Status != nil:
		return a.Status.UserMessage
	case a.Detail != nil:
		return *a.Detail
	}
	return ""
}

var errLarge = errors.New("an answer of more than 1 MiB")

// ask sends one request, and once more where a gateway or the connection failed.
// Of an answer that there is none of, the verdict says why.
func (p *Prober) ask(ctx context.Context, t Target, path string) (*answer, *Verdict) {
	for again := true; ; again = false {
		ready, err := p.turn(ctx, t)
		if err != nil {
			return nil, &Verdict{}
		}
		if !ready {
			return nil, &Verdict{Kind: RateLimited, Field: connection.Host, Message: t.Host + " has answered 429, and is left alone for five minutes: not tried"}
		}
		a, err := p.send(ctx, t, path)
		switch {
		case err != nil && again && isBroken(err), err == nil && again && a.isGatewayFault():
			if sleep(ctx, retryPause) != nil {
				return nil, &Verdict{}
			}
		case err != nil:
			return nil, p.failed(ctx, t, err)
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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+t.Host+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Token "+t.Token.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", p.o.Agent)
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if e := resp.Body.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, errLarge
	}
	a := &answer{status: resp.StatusCode}
	if to, err := resp.Location(); err == nil {
		a.to = to.Host
	}
	a.isAPI = json.Unmarshal(body, &a.envelope) == nil && (a.Status != nil || a.Detail != nil)
	return a, nil
}

// isBroken reports whether a connection failed in a way that passes.
func isBroken(err error) bool {
	var op *net.OpError
	var inside insideError
	var proxied proxyError
	switch {
	case errors.As(err, &inside), errors.As(err, &proxied), isTimeout(err), isTLS(err):
		return false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &op) && !errors.As(err, &dns)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &header) || errors.As(err, &alert) || errors.Is(err, http.ErrSchemeMismatch)
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
	unreachable := func(format string, args ...any) *Verdict {
		return &Verdict{Kind: HostUnreachable, Field: connection.Host, Message: "not verified: " + fmt.Sprintf(format, args...)}
	}
	switch {
	case errors.As(err, &inside):
		v := untestable(connection.Host, fmt.Sprintf("%s resolves to the private address %s", t.Host, inside.address))
		v.Hint = "if it may get the token: --live-allow-host " + t.Host
		return v
	case errors.Is(err, errLarge):
		return &Verdict{Kind: NotTheAPI, Field: connection.Host, Message: t.Host + " answers with more than 1 MiB: not the dbt Cloud API"}
	case errors.As(err, &proxied):
		return unreachable("the proxy of HTTPS_PROXY cannot be reached")
	case errors.As(err, &dns) && dns.IsNotFound:
		v := &Verdict{Kind: HostNotFound, Field: connection.Host, Message: "no host is called " + t.Host}
		if h := dbtcloud.ParseHost(t.Host); h.Suggestion != "" {
			v.Hint = "write: " + h.Suggestion
		}
		return v
	case errors.As(err, &dns):
		return unreachable("the name server does not say where %s is", t.Host)
	case isTLS(err):
		return p.tlsFailed(t, err)
	case isTimeout(err):
		return unreachable("%s has not answered within %s", t.Host, p.o.Timeout)
	case p.proxy.of(t.Host) != nil:
		return unreachable("the proxy of HTTPS_PROXY makes no connection to %s", t.Host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return unreachable("%s refuses the connection", t.Host)
	}
	return unreachable("the connection to %s broke", t.Host)
}

// tlsFailed says what is wrong with a certificate.
func (p *Prober) tlsFailed(t Target, err error) *Verdict {
	v := &Verdict{Kind: TLSFailed, Field: connection.Host}
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		v.Message = fmt.Sprintf("%s has a certificate for another name", t.Host)
		if names := name.Certificate.DNSNames; len(names) > 0 {
			v.Message += ", " + p.quote(t, strings.Join(names[:min(3, len(names))], ", "))
		}
		if h := dbtcloud.ParseHost(t.Host); h.Problem == dbtcloud.PrefixOnOld {
			v.Message += ": an account prefix stands before " + h.Detail + ", which has none"
		}
	case errors.As(err, &authority):
		v.Message = t.Host + " has a certificate of an authority that this machine does not trust"
		v.Hint = "behind a proxy that opens TLS: --live-ca FILE with its certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		v.Message = t.Host + " has a certificate that is not valid at this time"
	case errors.As(err, &header), errors.Is(err, http.ErrSchemeMismatch):
		v.Message = t.Host + " speaks no TLS there"
	default:
		v.Message = t.Host + " has no certificate that can be trusted"
	}
	return v
}
