// Package live asks dbt Cloud whether a connection works: with the connection's
// own token, at the tenant's own host, reading only. It gives verdicts; it knows
// no files and no rules.
package live

import (
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// Kind is what became of a try.
type Kind uint8

// The kinds. What each answer of dbt Cloud means is observed in other tools and
// public reports (2026); dbt documents little of it.
const (
	Untried           Kind = iota // interrupted before there was an answer
	Verified                      // the token was taken
	HostNotFound                  // the name does not resolve
	TLSFailed                     // no TLS, or a certificate that does not fit
	NotTheAPI                     // an answer that is none of dbt Cloud's API
	TokenRejected                 // 401: the token, or the right token at the wrong host
	AccountNotAllowed             // 403: the account is not the token's
	AccountUnpaid                 // 401 unpaid, or a locked account
	IPRestricted                  // 403: the account's list of addresses
	PermissionMissing             // 403 or 404 otherwise: the token may not list jobs
	RateLimited                   // 429: no verdict
	HostUnreachable               // refused, timed out, a proxy, a server in trouble: not verified
	NotTestable                   // nothing was sent
)

// String is the name of the kind; those of a finding are the names of its rule.
func (k Kind) String() string {
	return [...]string{
		"untried", "verified", "host-not-found", "tls-failed", "not-the-api", "token-rejected", "account-not-allowed", "account-unpaid", "ip-restricted",
		"permission-missing", "rate-limited", "host-unreachable", "not-testable",
	}[k]
}

// Verdict is what one try said.
type Verdict struct {
	Kind Kind
	// Field that the verdict blames: host, login or password.
	Field connection.Field
	// Message and Hint are for people; neither holds a secret.
	Message, Hint string
	// Account that a verified token was tried for, where it is known; Others are
	// all that the token reaches, where the connection names none.
	Account Account
	Others  []Account
	// Jobs is how many the account has, as far as the token sees them; below 0
	// where nobody asked.
	Jobs int
}

// Account is an account of dbt Cloud, as the API describes it.
type Account struct {
	ID        int64
	Name      string
	Plan      string
	Locked    bool
	LockCause string
}

// String is the id with the name.
func (a Account) String() string {
	s := strconv.FormatInt(a.ID, 10)
	if a.Name != "" {
		s += ` ("` + strings.ReplaceAll(a.Name, `"`, "'") + `")`
	}
	return s
}

// Target is what one conversation is about. Equal targets are tried once.
type Target struct {
	// Host that the hook calls, in lower case, with a port where one is called.
	Host string
	// Account id as digits; empty for none.
	Account string
	Token   secret.Text
}

// shown is the host without what looks like a secret.
func (t Target) shown() string { return secret.Redact(t.Host) }

// parseTenant is the name and the port that the hook's client connects to; false
// where the tenant is no host.
func parseTenant(s string) (name, port string, ok bool) {
	if strings.HasPrefix(s, "[") { // an address of IPv6
		address, err := netip.ParseAddr(s[1:max(1, strings.IndexByte(s, ']'))])
		if err != nil || !address.Is6() || address.Zone() != "" {
			return "", "", false
		}
		rest := s[strings.IndexByte(s, ']')+1:]
		port, ok = strings.CutPrefix(rest, ":")
		name, ok = address.String(), ok || rest == ""
	} else {
		switch dbtcloud.ParseHost(s).Problem {
		case dbtcloud.HasScheme, dbtcloud.HasPath, dbtcloud.HasBlank, dbtcloud.NotAHost:
			return "", "", false
		}
		name, port = splitHost(strings.ToLower(s))
		name, ok = strings.TrimSuffix(name, "."), true
	}
	n, err := strconv.ParseUint("0"+port, 10, 16)
	switch {
	case err != nil:
		return "", "", false
	case n == 0: // urllib3 drops it
		return name, "", ok
	}
	return name, strconv.FormatUint(n, 10), ok
}

// Target is what the hook would use of a connection, or the verdict that nothing
// may be sent. Tenant is the host that the hook takes.
func (p *Prober) Target(c *connection.Connection, tenant string) (Target, *Verdict) {
	t := Target{Token: c.Password.Text}
	if v := untestableToken(&c.Password); v != nil {
		return t, v
	}
	if i, j, _ := placeholder.Find(tenant); i < j {
		return t, untestable(connection.Host, "the tenant is a placeholder")
	}
	name, port, ok := parseTenant(tenant)
	if !ok {
		v := untestable(connection.Host, "the tenant is no host name")
		if h := dbtcloud.ParseHost(tenant); h.Suggestion != "" {
			v.Hint = "write: " + secret.Redact(h.Suggestion)
		}
		return t, v
	}
	if t.Host = joinHost(name, port); !p.allows(t.Host) {
		v := untestable(connection.Host, fmt.Sprintf("%s is not a host of dbt Labs", p.quote(t, t.Host)))
		if p.allows(name) {
			v = untestable(connection.Host, fmt.Sprintf("%s is at another port than 443", p.quote(t, t.Host)))
		}
		v.Hint = "if it may get the token: --live-allow-host " + t.shown()
		return t, v
	}
	if i, j, _ := placeholder.Find(c.Login.Text.Peek()); i < j {
		return t, untestable(connection.Login, "the account id is a placeholder")
	}
	if !c.Login.Truthy() {
		return t, nil
	}
	id, failure := dbtcloud.AccountOf(c)
	if failure != nil || id.Sign() <= 0 || id.Cmp(big.NewInt(1<<62)) > 0 {
		v := untestable(connection.Login, "the login is no account id")
		v.Hint = "write the digits behind /settings/accounts/ in the account's address"
		return t, v
	}
	t.Account = id.String()
	return t, nil
}

// untestable says that nothing is sent, and why.
func untestable(f connection.Field, why string) *Verdict {
	return &Verdict{Kind: NotTestable, Field: f, Message: why + ": nothing was sent"}
}

// longestToken is the most characters that are sent as one.
const longestToken = 4 << 10

// untestableToken judges whether a password may be a token at all.
func untestableToken(v *connection.Value) *Verdict {
	s := v.Text.Peek()
	i, j, _ := placeholder.Find(s)
	var why string
	switch {
	case !v.Truthy():
		why = "there is no token"
	case v.Kind != connection.Text:
		why = "the token is no text"
	case len(s) > longestToken:
		why = "the token is longer than any"
	case i < j:
		why = "the token is a placeholder"
	case strings.ContainsAny(s, "*…"):
		why = "the token is masked"
	case secret.Classify(strings.TrimSpace(s)) == secret.Fernet, strings.HasPrefix(s, "ENC["), strings.HasPrefix(s, "$ANSIBLE_VAULT;"):
		why = "the token is encrypted"
	case strings.Contains(s, "://"):
		why = "the token is an address, or says where one is kept"
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }):
		why = "the token holds characters that no header can carry as they are"
	default:
		return nil
	}
	return untestable(connection.Password, why)
}

// NothingLoads is the verdict on a connection that no targeted consumer loads.
func NothingLoads() *Verdict {
	return untestable(connection.NoField, "no consumer loads the connection")
}
