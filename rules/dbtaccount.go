package rules

import (
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

var accountIDMissing = lint.Rule{
	ID: "DBT020", Name: "account-id-missing", Level: lint.Note, Since: since, Applies: lint.DbtConnection, Needs: lint.OddAccount,
	Summary: "No account id",
	Why:     "That is legal: every operator and sensor must then pass account_id, or fails with \"Could not determine the dbt Cloud account.\"",
	Remedy:  "Put the account id into login.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt (fallback_to_default_account), all versions.",
	Before:  settings(typeLine, hostLine, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) || v.Login.Truthy() || lost(v) || leftOut(p, &v.Login) {
				return
			}
			if inExtra(v, connection.Login) {
				return // DBT030
			}
			if !standIn(p, connection.Login).IsZero() {
				return // CON001
			}
			p.Report(connection.Login, p.Place(), "no account id: every task must pass account_id itself").Hint("put it into " + into(p, v, connection.Login))
		})
	},
}

var accountIDNotNumeric = lint.Rule{
	ID: "DBT021", Name: "account-id-not-numeric", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddAccount,
	Summary: "The account id is no number",
	Why:     "The hook passes login to int(): an address, a name or a number with commas fails with \"invalid literal for int() with base 10\", which quotes the text.",
	Remedy:  "Write the digits alone.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before:  settings(typeLine, hostLine, "conn_login: https://ab123.us1.dbt.com/settings/accounts/12345", tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			login := v.Login.Text.Peek()
			if unreadable(v) || v.Login.Kind != connection.Text || login == "" || swapped(v) {
				return
			}
			if i, j, _ := placeholder.Find(login); i < j {
				return // VAL009
			}
			if i, j := controlIn(connection.Login, &v.Login); i < j {
				return // VAL010
			}
			if _, ok := python.Int(login); ok {
				return
			}
			if len(secret.FindTokens(login)) > 0 {
				return // DBT003
			}
			d := v.ReportWhole(connection.Login, "account id %s is no number: int() fails in every task without its own account_id", v.Show(connection.Login)).Hint("write the digits of the account id")
			if id := dbtcloud.AccountInAddress(login); id != "" {
				d.Write(id)
			} else if id := strings.NewReplacer(",", "", ".", "", " ", "", "#", "", "/", "").Replace(login); isDigits(id) {
				d.Write(id)
			}
		})
	},
}

var accountIDOdd = lint.Rule{
	ID: "DBT022", Name: "account-id-odd", Level: lint.Warning, Since: since, Applies: lint.DbtConnection, Needs: lint.OddAccount,
	Summary: "The account id is accepted by int() but hardly meant so",
	Why:     "int() drops blanks, underscores, a plus sign and leading zeros, and takes digits of every script; a negative number or zero is no account.",
	Remedy:  "Write the digits alone.",
	Source:  "Python's int(); airflow.providers.dbt.cloud.hooks.dbt; observed.",
	Before:  settings(typeLine, hostLine, `conn_login: "012345"`, tokenLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			login := v.Login.Text.Peek()
			if unreadable(v) || v.Login.Kind != connection.Text {
				return
			}
			n, ok := python.Int(login)
			if !ok {
				return
			}
			odd := dbtcloud.OddAccount(login, n)
			if odd == "" {
				return
			}
			if i, j, where := blanks(login); where != "" {
				v.Report(connection.Login, i, j, "account id %s with a blank, which int() drops", where).Cause(lint.Whitespace).Hint("remove")
				return
			}
			if n.Sign() <= 0 || n.BitLen() > 63 {
				v.ReportWhole(connection.Login, "account id %s is %s: no account has it", v.Show(connection.Login), odd).Hint("write the digits of the account id")
				return
			}
			v.ReportWhole(connection.Login, "account id %s has %s: the hook calls account %s", v.Show(connection.Login), odd, n).Write(n.String())
		})
	},
}

var accountIDHostMismatch = lint.Rule{
	ID: "DBT024", Name: "account-id-host-mismatch", Level: lint.Warning, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant,
	Summary: "The account id is one of a cell, the tenant is an old host",
	Why: "Ids from 2^46 on (70403103916032, ..) belong to accounts that were created in a cell and are reached at an address of their own, PREFIX.REGION.dbt.com. " +
		"The old hosts answer 401 for them, as for a wrong token. That is inferred from public samples, not documented.",
	Remedy: "Take the access address from Account settings in dbt.",
	Source: "15 public account ids with their hosts (2026); kestra-io/plugin-dbt#317.",
	Before: settings(typeLine, "conn_host: cloud.getdbt.com", `conn_login: "70403103916099"`, tokenLine),
	After:  settings(typeLine, hostLine, `conn_login: "70403103916099"`, tokenLine),
	Check: func(p *lint.Pass) {
		checkHost(p, func(v *lint.View, h dbtcloud.Host) {
			if hasCellAccount(v) {
				v.Report(connection.Host, h.Start, h.End, "tenant %s is likely not that of account %s: such ids belong to accounts with an address of their own", v.Show(connection.Host), v.Show(connection.Login)).
					Related(v.Login.Span(), "the account id").Hint(accessAddress)
			}
		}, dbtcloud.Retired)
	},
}

// hasCellAccount reports whether the account id is one that only a cell gives out.
func hasCellAccount(v *lint.View) bool {
	n, ok := accountID(v)
	return ok && dbtcloud.IsCellAccount(n)
}

// accountID is the number that the hook makes of a login, where it is one that an
// account can have and no reader has made another one of it.
func accountID(v *lint.View) (int64, bool) {
	if !v.Login.Written() {
		return 0, false // VAL001, VAL004
	}
	login := v.Login.Text.Peek()
	if dbtcloud.IsPlainAccount(login) {
		n, err := strconv.ParseInt(login, 10, 64)
		return n, err == nil
	}
	n, ok := python.Int(login)
	if !ok || n.Sign() <= 0 || !n.IsInt64() {
		return 0, false
	}
	return n.Int64(), true
}

// accountKey is that number as a text to compare by.
func accountKey(v *lint.View) (secret.Text, bool) {
	if v.Login.Written() && dbtcloud.IsPlainAccount(v.Login.Text.Peek()) {
		return v.Login.Text, true
	}
	n, ok := accountID(v)
	return secret.New(strconv.FormatInt(n, 10)), ok
}

var oneTokenTwoAccounts = lint.Rule{
	ID: "DBT026", Name: "one-token-two-accounts", Level: lint.Warning, Since: since, Scope: lint.AllFiles, Applies: lint.DbtConnection,
	Summary: "One API token with two account ids",
	Why: "A token of dbt Cloud, a service's or a person's, belongs to one account: with the id of another one every call is answered with 403. " +
		"All files of a run are compared; examples are left out.",
	Remedy: "Give each account its own token, or both connections the same id.",
	Source: "dbt's documentation, dbt-apis/user-tokens and service-tokens (2026); an answer that open-metadata/OpenMetadata has captured.",
	Before: twoConnections(`conn_login: "12345"`, `conn_login: "67890"`),
	After:  twoConnections(`conn_login: "12345"`, `conn_login: "12345"`),
	Check: func(p *lint.Pass) {
		eachToken(p, secret.Shape.IsDbt, func(v *lint.View, _ secret.Shape) {
			if account, ok := accountKey(v); ok {
				v.Keep(connection.Login, secret.New(strings.TrimSpace(v.Password.Text.Peek())), account)
			}
		})
	},
	Across: func(g *lint.Group) {
		eachClash(g, func(first, k *lint.Kept) {
			g.Report(k, "account %s with an API token that another connection has for account %s: a token belongs to one account", k.Value.Peek(), first.Value.Peek()).
				Hint("give each account its own").
				Beside(first.At(), "the other account with this token")
		})
	},
}

// eachClash calls back for every further value under a key, where it is met first,
// up to a number: what has many more is one mistake, or no real token.
func eachClash(g *lint.Group, f func(first, k *lint.Kept)) {
	const most = 5
	first := g.Kept[0]
	seen := map[secret.Text]bool{first.Value: true}
	for _, k := range g.Kept[1:] {
		if len(seen) > most {
			return
		}
		if !seen[k.Value] && !k.SameEntry(first) {
			seen[k.Value] = true
			f(first, k)
		}
	}
}

var oneAccountTwoHosts = lint.Rule{
	ID: "DBT027", Name: "one-account-two-hosts", Level: lint.Warning, Since: since, Scope: lint.AllFiles, Applies: lint.DbtConnection,
	Summary: "One account id on two hosts",
	Why: "An account is reached at its own address, PREFIX.REGION.dbt.com: at that of another one its token is answered with 401. All files of a run are compared; " +
		"old hosts, gateways and single tenants, whose ids begin anew, are left out.",
	Remedy: "Take the access address from Account settings in dbt.",
	Source: "dbt's documentation, access-regions-ip-addresses (2026); kestra-io/plugin-dbt#317.",
	Before: twoConnections(hostLine, "conn_host: cd456.eu1.dbt.com"),
	After:  twoConnections(hostLine, hostLine),
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			cell := v.Tenant().Cell
			if cell == "" || v.Host.Kind != connection.Text || p.IsExample() || unreadable(v) {
				return
			}
			if account, ok := accountKey(v); ok {
				v.Keep(connection.Host, account, secret.New(cell))
			}
		})
	},
	Across: func(g *lint.Group) {
		eachClash(g, func(first, k *lint.Kept) {
			g.Report(k, "host %s for account %s, which another connection calls at %s", lint.Show(k.Value.Peek()), k.Key.Peek(), lint.Show(first.Value.Peek())).
				Beside(first.At(), "the other host for this account").Hint(accessAddress)
		})
	},
}
