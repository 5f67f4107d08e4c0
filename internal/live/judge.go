package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

const accountsPath = "/api/v3/accounts/"

// converse is all that is asked about one target: the first job of its account,
// then, or without an account, the accounts of the token.
func (p *Prober) converse(ctx context.Context, t Target) Verdict {
	if t.Account == "" {
		accounts, v := p.accounts(ctx, t)
		if v != nil {
			return *v
		}
		v = &Verdict{Kind: Verified, Others: accounts, Jobs: -1}
		if len(accounts) == 1 {
			v.Account = accounts[0]
			if locked := p.locked(t, v.Account); locked != nil {
				return *locked
			}
		}
		return *v
	}
	a, v := p.ask(ctx, t, "/api/v2/accounts/"+t.Account+"/jobs/?limit=1")
	if v == nil {
		v = p.judge(t, a)
	}
	switch {
	case v == nil:
		return p.verified(ctx, t, a)
	case v.Kind == AccountNotAllowed:
		if accounts, failed := p.accounts(ctx, t); failed == nil {
			nameAccounts(v, accounts)
		}
	}
	return *v
}

// verified adds to a success what the account is called. That the token may not
// read that is no fault.
func (p *Prober) verified(ctx context.Context, t Target, a *answer) Verdict {
	v := Verdict{Kind: Verified, Jobs: a.jobs()}
	v.Account.ID, _ = strconv.ParseInt(t.Account, 10, 64)
	accounts, failed := p.accounts(ctx, t)
	if failed != nil {
		return v
	}
	for _, account := range accounts {
		if account.ID == v.Account.ID {
			v.Account = account
			if locked := p.locked(t, account); locked != nil {
				return *locked
			}
		}
	}
	return v
}

// jobs is how many there are in all.
func (a *answer) jobs() int {
	var extra struct {
		Pagination struct {
			TotalCount *int `json:"total_count"`
		} `json:"pagination"`
	}
	if json.Unmarshal(a.extra, &extra) == nil && extra.Pagination.TotalCount != nil && *extra.Pagination.TotalCount >= 0 {
		return *extra.Pagination.TotalCount
	}
	var data []json.RawMessage
	_ = json.Unmarshal(a.data, &data) // judge has seen that it is a list
	return len(data)
}

// accounts are those that the token reaches.
func (p *Prober) accounts(ctx context.Context, t Target) ([]Account, *Verdict) {
	a, v := p.ask(ctx, t, accountsPath)
	if v == nil {
		v = p.judge(t, a)
	}
	if v != nil {
		return nil, v
	}
	var data []json.RawMessage
	_ = json.Unmarshal(a.data, &data) // judge has seen that it is a list
	var list []Account
	for _, d := range data {
		var of map[string]json.RawMessage
		var account Account
		if json.Unmarshal(d, &of) != nil || json.Unmarshal(of["id"], &account.ID) != nil || account.ID <= 0 {
			continue
		}
		_ = json.Unmarshal(of["locked"], &account.Locked)
		for name, to := range map[string]*string{"name": &account.Name, "plan": &account.Plan, "lock_cause": &account.LockCause} {
			_ = json.Unmarshal(of[name], to) // null, or another type: not known
			*to = p.clean(t, *to)
		}
		list = append(list, account)
	}
	return list, nil
}

// locked is the verdict on an account that dbt has locked.
func (p *Prober) locked(t Target, a Account) *Verdict {
	if !a.Locked {
		return nil
	}
	v := &Verdict{Kind: AccountUnpaid, Field: connection.Login, Message: fmt.Sprintf("account %d is locked", a.ID)}
	if a.LockCause != "" {
		v.Message += ": " + p.quote(t, a.LockCause)
	}
	v.Hint = "its owner may unlock it, on the billing page"
	if a.LockCause == "migrated" {
		v.Hint = "it has moved: take the access address of its settings page"
	}
	return v
}

// nameAccounts says which accounts the token reaches instead.
func nameAccounts(v *Verdict, accounts []Account) {
	const most = 3
	var names []string
	for _, a := range accounts[:min(most, len(accounts))] {
		names = append(names, a.String())
	}
	if more := len(accounts) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	switch len(accounts) {
	case 0:
		v.Message += "; it reaches none"
	case 1:
		v.Hint = fmt.Sprintf("write: %d", accounts[0].ID)
		fallthrough
	default:
		v.Message += "; it reaches " + strings.Join(names, ", ")
	}
}

// judge is the verdict on an answer; nil where it is a success with a list of
// data. The texts are those that dbt Cloud was seen to answer with (2026).
func (p *Prober) judge(t Target, a *answer) *Verdict {
	text := strings.ToLower(a.text)
	has := func(s string) bool { return strings.Contains(text, s) }
	switch {
	case a.status == http.StatusTooManyRequests:
		return &Verdict{Kind: RateLimited, Field: connection.Host, Message: "not verified: " + t.shown() + " answers 429, too many requests; nothing more is sent for five minutes"}
	case a.status >= 500:
		return p.undecided(t, a)
	case a.status >= 300 && a.status < 400:
		return p.redirected(t, a)
	case a.status == http.StatusUnauthorized && a.empty:
		return p.rejected(t)
	case a.page:
		return p.notTheAPI(t, fmt.Sprintf("%d and a page", a.status))
	case a.empty:
		return p.notTheAPI(t, fmt.Sprintf("%d and nothing else", a.status))
	case !a.isAPI, a.bare && a.text == "Not Found": // which is another framework's
		return p.notTheAPI(t, fmt.Sprintf("%d and no JSON of the API", a.status))
	case a.status < 300:
		if a.failed || !isList(a.data) {
			return p.notTheAPI(t, fmt.Sprintf("%d without the list that the API sends", a.status))
		}
		return nil
	case a.status < 404 && has("unpaid"):
		return &Verdict{Kind: AccountUnpaid, Field: connection.Login, Message: "the account's plan has no API" + p.says(t, a), Hint: "upgrade the account: Starter and Enterprise plans have the API"}
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden && (has("credentials were not provided") || has("invalid token")):
		return p.rejected(t)
	case a.status == http.StatusForbidden && t.Account != "" && has("not scoped"):
		return &Verdict{Kind: AccountNotAllowed, Field: connection.Login, Message: fmt.Sprintf("account %s is not the token's", t.Account)}
	case a.status == http.StatusForbidden && (has("forbidden: access denied") || a.deniedByAddress()):
		return &Verdict{
			Kind: IPRestricted, Field: connection.Login, Message: "the account takes no requests from this machine's address" + p.says(t, a),
			Hint: "add it to the account's IP allowlist, or try from where Airflow runs",
		}
	case a.status == http.StatusForbidden, a.status == http.StatusNotFound:
		what := "the token may not list the account's jobs"
		switch {
		case t.Account == "":
			what = "the token may not list accounts"
		case a.status == http.StatusNotFound:
			what += ", or there is no account " + t.Account
		}
		return &Verdict{
			Kind: PermissionMissing, Field: connection.Password, Message: what + p.says(t, a),
			Hint: "give it a permission set with Jobs: Read, such as Job Runner",
		}
	case a.bare:
		return p.notTheAPI(t, fmt.Sprintf("%d%s", a.status, p.says(t, a)))
	}
	return p.undecided(t, a)
}

// undecided is the verdict on an answer that says nothing of the connection.
func (p *Prober) undecided(t Target, a *answer) *Verdict {
	v := &Verdict{Kind: HostUnreachable, Field: connection.Host, Message: fmt.Sprintf("not verified: %s answers %d%s", t.shown(), a.status, p.says(t, a))}
	if a.status >= 500 {
		v.Hint = "try again later"
	}
	return v
}

// redirected says where a host leads, which is not gone to.
func (p *Prober) redirected(t Target, a *answer) *Verdict {
	what := fmt.Sprintf("a redirect (%d)", a.status)
	name, _ := splitHost(strings.ToLower(a.to))
	if a.to != "" && !strings.EqualFold(a.to, t.Host) {
		what += " to " + p.quote(t, a.to)
	}
	v := p.notTheAPI(t, what)
	if dbtcloud.IsCellHost(name) && name != t.Host && p.clean(t, name) == name {
		v.Hint = "if that is the account's access address, write: " + name
	}
	return v
}

func isList(data json.RawMessage) bool {
	var list []json.RawMessage
	return json.Unmarshal(data, &list) == nil && list != nil
}

func (a *answer) deniedByAddress() bool {
	var data struct {
		Denied bool `json:"account_access_denied"`
	}
	return json.Unmarshal(a.data, &data) == nil && data.Denied
}

func (p *Prober) notTheAPI(t Target, what string) *Verdict {
	v := &Verdict{Kind: NotTheAPI, Field: connection.Host, Message: fmt.Sprintf("%s is not the dbt Cloud API: it answers %s", t.shown(), what)}
	v.Hint = "take the access address of the account's settings page"
	if h := dbtcloud.ParseHost(t.Host); h.Problem == dbtcloud.NotTheAPI {
		v.Message += "; it is " + h.Detail
		if h.Suggestion != "" {
			v.Hint = "write: " + secret.Redact(h.Suggestion)
		}
	}
	return v
}

// rejected weighs what a 401 may come of: dbt Cloud answers the same to a bad
// token and to a good one at a host that is not its account's.
func (p *Prober) rejected(t Target) *Verdict {
	token := func(likelier, do string) *Verdict {
		return &Verdict{
			Kind: TokenRejected, Field: connection.Password, Message: t.shown() + " does not know the token (401): " + likelier,
			Hint: do + "; or the tenant is not the account's, which answers the same",
		}
	}
	const renew = "make a new service token"
	host := func(likelier string) *Verdict {
		return &Verdict{
			Kind: TokenRejected, Field: connection.Host, Message: "the token is not known at " + t.shown() + " (401): likelier the wrong host, " + likelier,
			Hint: "take the access address of the account's settings page; or the token is bad, which answers the same",
		}
	}
	s := strings.TrimSpace(t.Token.Peek())
	shape := secret.ShapeOf(s)
	first, _, spaced := strings.Cut(strings.ToLower(s), " ")
	id, _ := strconv.ParseInt(t.Account, 10, 64)
	name, _ := splitHost(t.Host)
	old := dbtcloud.ParseHost(name).Problem == dbtcloud.Retired
	switch {
	case shape.Fault != "":
		return token("likelier the token is at fault, since "+shape.Fault, "copy all of it")
	case shape.Kind == secret.JWT:
		return token("likelier the token is at fault, a web token that lives for minutes", renew)
	case spaced && (first == "token" || first == "bearer"):
		return token("likelier the token is at fault, which begins with the word that the hook adds", "remove that word")
	case old && dbtcloud.IsCellAccount(id):
		return host(fmt.Sprintf("since %s is an id of an account with an address of its own", t.Account))
	case shape.Kind == secret.LegacyToken:
		return token("likelier the token is at fault, of a kind that no longer works for users", renew)
	case old:
		return host("an old address that many accounts have left")
	case dbtcloud.IsCellAccount(id) && dbtcloud.IsDbtDomain(name) && !dbtcloud.IsCellHost(name):
		return host(fmt.Sprintf("since %s is an id of an account with an address PREFIX.REGION.dbt.com", t.Account))
	case !shape.IsDbt():
		return token("likelier the token is at fault, which has not the form of one", renew)
	}
	return token("revoked, expired, or of an account at another host", renew)
}

// says is what the host said, for the end of a message.
func (p *Prober) says(t Target, a *answer) string {
	if a.text == "" {
		return ""
	}
	return " (" + p.quote(t, a.text) + ")"
}
