package rules

import (
	"fmt"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// live are the verdicts of the live test, which come from without: the rules say
// what they mean. Each has the name of its verdict.
var live = []*lint.Rule{
	&liveHostNotFound, &liveTLSFailed, &liveNotTheAPI, &liveTokenRejected, &liveAccountNotAllowed, &liveAccountUnpaid, &liveIPRestricted, &livePermissionMissing,
	&liveRateLimited, &liveHostUnreachable, &liveNotTestable,
}

// The examples of this family are tried against the fake of internal/live/fakecloud,
// whose accounts have a token with a number each.
func liveToken(n int) string {
	return fmt.Sprintf("conn_password: dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE%02d", n)
}

func liveLogin(id int) string { return fmt.Sprintf("conn_login: %q", fmt.Sprint(id)) }

const liveSource = "What dbt Cloud was seen to answer, in the tests and issues of other tools that call its admin API (2026)"

var liveHostNotFound = lint.Rule{
	ID: "LIVE001", Name: "host-not-found", Level: lint.Error, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "No host has the name of the tenant",
	Why:     "The name does not resolve from here, so the hook reaches nothing: every operator fails with a connection error.",
	Remedy:  "Take the access address from the account's settings page. A name that only another network knows is to be tried there.",
	Source:  "The name service.",
	Before:  settings(typeLine, "conn_host: ab132.us1.dbt.com", loginLine, tokenLine),
	After:   goodExample,
}

var liveTLSFailed = lint.Rule{
	ID: "LIVE002", Name: "tls-failed", Level: lint.Error, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "The tenant has no certificate that can be trusted",
	Why: "The host has a certificate for another name, one that is out of date or of an authority that nobody here trusts, or it comes to no agreement about TLS: the hook refuses it as well. " +
		"An account prefix before a domain that has none (ab123.cloud.getdbt.com) ends so.",
	Remedy: "Write the tenant's own address. Behind a proxy that opens TLS name its authority: --live-ca FILE, and for Airflow REQUESTS_CA_BUNDLE.",
	Source: "dbt-labs/dbt-mcp #166 and #581; the certificate.",
	Before: settings(typeLine, "conn_host: ab123.cloud.getdbt.com", loginLine, tokenLine),
	After:  goodExample,
}

var liveNotTheAPI = lint.Rule{
	ID: "LIVE003", Name: "not-the-api", Level: lint.Error, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "What answers at the tenant is not the dbt Cloud API",
	Why:     "The answer is a page, a redirect or another program's JSON: a web site of dbt's, a login page, a gateway. The hook cannot read it.",
	Remedy:  "Take the access address from the account's settings page.",
	Source:  "dbt-core #2836; OpenMetadata's dbt Cloud connector. No redirect is followed.",
	Before:  settings(typeLine, "conn_host: www.getdbt.com", loginLine, tokenLine),
	After:   goodExample,
}

var liveTokenRejected = lint.Rule{
	ID: "LIVE004", Name: "token-rejected", Level: lint.Error, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "The tenant does not know the token",
	Why: "401 is the answer to a token that is revoked, expired or mistyped, and just as well to a good token at a host that is not its account's. " +
		"The finding points at the likelier of the two: the host where it is an old one or the id is of an account with an address of its own, else the token.",
	Remedy: "Compare the tenant with the account's access address first; then make a new service token.",
	Source: liveSource + ": kestra-io/plugin-dbt #317, airbyte #44498.",
	Before: settings(typeLine, hostLine, loginLine, liveToken(99)),
	After:  goodExample,
}

var liveAccountNotAllowed = lint.Rule{
	ID: "LIVE005", Name: "account-not-allowed", Level: lint.Error, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "The account is not the token's",
	Why:     "A token belongs to one account. With another id every call is refused (403, not scoped to account), one that does not exist included. A project's or job's id looks the same.",
	Remedy:  "Write the id that the finding names: it is the token's.",
	Source:  liveSource + ": OpenMetadata's tests, captured from the live API.",
	Before:  settings(typeLine, hostLine, `conn_login: "54321"`, tokenLine),
	After:   goodExample,
}

var liveAccountUnpaid = lint.Rule{
	ID: "LIVE006", Name: "account-unpaid", Level: lint.Error, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "The account has no API, or is locked",
	Why:     "The Developer plan and expired trials have no API (401, unpaid accounts). A locked account runs no jobs; the finding has its cause.",
	Remedy:  "Upgrade or unlock the account; one that has moved is found at its new access address.",
	Source:  liveSource + ": sungchun12/airflow-dbt-cloud #1; dbt-labs/dbt-cloud-openapi-spec, lock_cause.",
	Before:  settings(typeLine, hostLine, liveLogin(12346), liveToken(2)),
	After:   goodExample,
}

var liveIPRestricted = lint.Rule{
	ID: "LIVE007", Name: "ip-restricted", Level: lint.Error, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "The account takes no requests from this address",
	Why:     "The account has a list of addresses (IP restrictions), which service tokens are always subject to, and this machine's is not on it. Airflow's workers may be.",
	Remedy:  "Try from where Airflow runs, or add the address to the list.",
	Source:  "docs.getdbt.com, ip-restrictions.",
	Before:  settings(typeLine, hostLine, liveLogin(12347), liveToken(3)),
	After:   goodExample,
}

var livePermissionMissing = lint.Rule{
	ID: "LIVE008", Name: "permission-missing", Level: lint.Error, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "The token may not list the account's jobs",
	Why:     "dbt Cloud answers 404 or 403 where a permission is missing. Operators find no job by its name, and most likely may not run one.",
	Remedy:  "Give the token a permission set with Jobs: Read and Runs: Write; the least is Job Runner, dbt's own guide takes Job Admin.",
	Source:  liveSource + ": terraform-provider-dbtcloud #207; docs.getdbt.com, enterprise permissions.",
	Before:  settings(typeLine, hostLine, liveLogin(12348), liveToken(4)),
	After:   goodExample,
}

var liveRateLimited = lint.Rule{
	ID: "LIVE009", Name: "rate-limited", Level: lint.Warning, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "dbt Cloud wants fewer requests: not verified",
	Why: "After 5,000 requests in a minute an account answers 429 for five minutes, to Airflow as well. The live test then asks nothing more for that account and that token, " +
		"nor at all at an address with the account's prefix: these connections are not verified.",
	Remedy: "Wait five minutes. If it stays so, something else calls too often.",
	Source: "docs.getdbt.com, rate-limits.",
	Before: settings(typeLine, hostLine, liveLogin(12351), liveToken(7)),
	After:  goodExample,
}

var liveHostUnreachable = lint.Rule{
	ID: "LIVE010", Name: "host-unreachable", Level: lint.Warning, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "There was no answer that decides: not verified",
	Why:     "The connection was refused, broke or timed out, a proxy failed, or the server is in trouble (5xx). Whether the connection is right is open.",
	Remedy:  "Try again, from where Airflow runs; look at HTTPS_PROXY and at dbt's status page.",
	Source:  "The connection; a broken one, 502, 503 and 504 are tried once more.",
	Before:  settings(typeLine, "conn_host: down.us1.dbt.com", loginLine, tokenLine),
	After:   goodExample,
}

var liveNotTestable = lint.Rule{
	ID: "LIVE011", Name: "not-testable", Level: lint.Note, Since: since, Scope: lint.Live, Applies: lint.DbtConnection,
	Summary: "Nothing was sent for this connection",
	Why: "There is no token, or a placeholder, a masked or an encrypted one; the login is no account id; the tenant is no host, has a private address, or is none of dbt Labs' " +
		"(*.dbt.com, *.getdbt.com, port 443), which may get a token only if it is named.",
	Remedy: "Fill the values in first. A gateway of your own is named with --live-allow-host.",
	Source: "dbtconn-lint: what it sends is its own decision.",
	Before: settings(typeLine, "conn_host: gateway.internal.example", loginLine, tokenLine),
	After:  goodExample,
}
