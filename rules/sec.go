package rules

import (
	"slices"
	"strings"
	"unicode"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

var sec = []*lint.Rule{&secretInTrackedFile, &secretInPlainColumn, &secretUnmaskedInExtra, &encryptedValue, &secretsKeptElsewhere}

var secretInPlainColumn = lint.Rule{
	ID: "SEC002", Name: "secret-in-plain-column", Level: lint.Error, Since: since,
	Summary: "A token in a field that is stored and shown as it is",
	Why:     "Airflow encrypts password and extra and masks them where it shows them. conn_id, host, schema, login and description are plain text in the database, in the UI and in logs.",
	Remedy:  "Put the token into password, and take another one: this one may have been shown already.",
	Source:  "airflow.models.connection (columns), airflow.utils.log.secrets_masker.",
	Before: `-- connections.json --
{"repository": {"conn_type": "github", "login": "ghp_EXAMPLE0example1EXAMPLE2example3EXAM"}}
`,
	After: `-- connections.json --
{"repository": {"conn_type": "github", "password": "ghp_EXAMPLE0example1EXAMPLE2example3EXAM"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) {
				return // the URI is the cause
			}
			for _, f := range [...]connection.Field{connection.ID, connection.Host, connection.Schema, connection.Login, connection.Description} {
				text := v.Field(f).Text.Peek()
				if t, ok := realToken(text); ok {
					v.Report(f, t.Start, t.End, "%s in %s, which is stored and shown unmasked", t.Kind, f).Cause(lint.Misplaced).
						Hint("move it to " + into(p, v, connection.Password))
				}
			}
		})
	},
}

// realToken finds the first token in a text of whose shape nothing else is. An AWS
// key id is no secret, and 40 hex digits are many things.
func realToken(s string) (secret.Token, bool) {
	if len(s) < shortestToken {
		return secret.Token{}, false
	}
	for _, t := range secret.FindLongTokens(s, shortestToken-1) { // of a JWT the first part alone
		if isReal(t.Kind, s[t.Start:t.End]) {
			return t, true
		}
	}
	return secret.Token{}, false
}

// shortestToken is less than any token has. A name such as dbtc_marts_2 has not
// much more.
const shortestToken = 24

// isReal tells a token from a name, an example or what is left of a token: it is
// long and looks drawn by lot.
func isReal(k secret.Kind, s string) bool {
	if len(s) < shortestToken {
		return false
	}
	var seen [128]bool
	distinct, digits, upper, lower := 0, 0, 0, 0
	for i := range len(s) {
		c := s[i]
		if c < 128 && !seen[c] {
			seen[c] = true
			distinct++
		}
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		}
	}
	switch k {
	case secret.ServiceToken, secret.PersonalToken:
		return distinct > 10 && digits > 0 && upper > 0 && lower > len("dbtc")
	case secret.GitHubToken, secret.GitLabToken, secret.SlackToken, secret.Databricks:
		return distinct > 10 && digits > 1
	case secret.JWT:
		return distinct > 10 && strings.Count(s, ".") == 2 && len(s) > 60
	case secret.PEM:
		return distinct > 20 && len(s) > 120
	}
	return false
}

var secretUnmaskedInExtra = lint.Rule{
	ID: "SEC003", Name: "secret-unmasked-in-extra", Level: lint.Note, Since: since,
	Summary: "A secret in extra under a name that Airflow does not mask",
	Why: "Airflow shows extra in the UI, over the REST API and in logs with stars under names that it takes for sensitive: password, secret, token, api_key and some more, " +
		"which grew from release to release. Under other names the value is shown. extra is encrypted in the database all the same.",
	Remedy: "Put it into password where the hook reads it from there, or add the name to [core] sensitive_var_conn_names.",
	Source: "airflow.utils.log.secrets_masker, airflow._shared.secrets_masker (DEFAULT_SENSITIVE_FIELDS), 2.3.0 to 3.3.2; observed.",
	Before: `-- connections.json --
{"lake": {"conn_type": "wasb", "login": "example", "extra": {"account_key": "EXAMPLE0example1EXAMPLE2example3EXAMPLE4example5=="}}}
`,
	After: `-- connections.json --
{"lake": {"conn_type": "wasb", "login": "example", "password": "EXAMPLE0example1EXAMPLE2example3EXAMPLE4example5=="}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if !mayHoldSecret(v.Extra.Text.Peek()) || p.IsExample() {
				return
			}
			eachLeaf(v.ExtraObject(), func(keys []string, leaf *connection.Value) {
				if leaf.Kind != connection.Text || !isSecretUnder(keys, leaf.Text.Peek()) || leaf.Text.Peek() == v.Password.Text.Peek() {
					return // the password is masked wherever it stands
				}
				shows := func(_ string, t consumer.Target) bool { return !slices.ContainsFunc(keys, t.Airflow.Masker.Masks) }
				v.Narrow(shows, func(*lint.View) {
					p.Report(connection.Extra, leaf.Span(), "a secret under %s, a name that Airflow does not mask: UI, REST API and logs show it", lint.Show(keys[len(keys)-1])).
						Cause(lint.Misplaced).Pointer(keys...).Hint("put it into password where the hook reads that, or add the name to [core] sensitive_var_conn_names")
				})
			})
		})
	},
}

// shortestSecret is the length from which on a text is taken for a secret.
const shortestSecret = 16

// mayHoldSecret tells quickly that there is none in an extra: to take it apart
// costs more than all other fields. What is a secret here has a long word with a
// digit in it, or is a URL with a password.
func mayHoldSecret(s string) bool {
	for i := 0; i+shortestSecret <= len(s); {
		// A word that is long enough and begins here reaches this far.
		last := i + shortestSecret - 1
		for last >= i && isSecretByte(s[last]) {
			last--
		}
		if last >= i {
			i = last + 1
			continue
		}
		for digit := false; i < len(s) && isSecretByte(s[i]); i++ {
			digit = digit || s[i] >= '0' && s[i] <= '9'
			if digit && i >= last+shortestSecret {
				return true
			}
		}
	}
	return strings.IndexByte(s, '@') >= 0 && strings.Contains(s, "://")
}

// isSecretByte reports whether a character may be in the middle of a secret.
func isSecretByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '-' || c == '+' || c == '/' || c == '=' || c == '.'
}

// isSecretUnder reports whether a text that stands under these keys of an extra is
// a secret beyond doubt: by its own shape, as the password of a URL, or because
// the key says so and the text is no word.
func isSecretUnder(keys []string, s string) bool {
	if len(keys) == 0 || len(s) < shortestSecret {
		return false
	}
	if i, j, _ := placeholder.Find(s); i < j {
		return false
	}
	if _, ok := realToken(s); ok {
		return true
	}
	if hasURLPassword(s) {
		return true
	}
	key := strings.ToLower(keys[len(keys)-1])
	if !secret.SensitiveKey(key) || strings.HasSuffix(key, "_id") {
		return false
	}
	return isRandom(s) || strings.ContainsAny(s, "{;") && holdsRandom(s)
}

// holdsRandom reports whether what a scan finds in a structured text (JSON, a
// connection string) is a secret.
func holdsRandom(s string) bool {
	return slices.ContainsFunc(secret.Scan(s), func(r secret.Range) bool { return isRandom(s[r[0]:r[1]]) })
}

// isRandom reports whether a text is one long word that nobody thought up: letters
// and digits mixed, no path, no name.
func isRandom(s string) bool {
	if len(s) < shortestSecret || strings.Count(s, "/") > len(s)/10 || s[0] == '/' {
		return false
	}
	digits, letters, turns := 0, 0, 0
	was := false
	for i, r := range s {
		digit := unicode.IsDigit(r)
		switch {
		case digit:
			digits++
		case r < 128 && unicode.IsLetter(r):
			letters++
		case r != '+' && r != '/' && r != '=':
			return false
		}
		if i > 0 && digit != was {
			turns++
		}
		was = digit
	}
	return digits > 2 && letters > 2 && turns > 4
}

// hasURLPassword reports whether a text is a URL with a password that is not just
// the usual one of a program on the same machine.
func hasURLPassword(s string) bool {
	_, rest, ok := strings.Cut(s, "://")
	if !ok || strings.ContainsAny(s, " \n\t") {
		return false
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return false
	}
	user, password, ok := strings.Cut(rest[:at], ":")
	host, _, _ := strings.Cut(rest[at+1:], ":")
	const shortest = 6
	return ok && len(password) >= shortest && !strings.EqualFold(user, password) && !isStockPassword(password) && strings.Contains(host, ".") && host != "127.0.0.1" && host != "0.0.0.0"
}

// isStockPassword reports whether a password is one that stands in every example.
func isStockPassword(s string) bool {
	s = strings.ToLower(s)
	return s == secret.Mask || slices.ContainsFunc([]string{"password", "passwd", "secret", "example", "changeme", "airflow"}, func(word string) bool { return strings.Contains(s, word) })
}

var encryptedValue = lint.Rule{
	ID: "SEC004", Name: "encrypted-value", Level: lint.Error, Since: since, Needs: lint.LongText,
	Summary: "Text that Airflow's own key encrypted",
	Why: "In the database password and extra are encrypted with the key [core] fernet_key and look like gAAAAAB…. `airflow connections export` decrypts them; who copies rows of the table " +
		"gets the encrypted text, and another Airflow takes it for the password itself.",
	Remedy: "Export with `airflow connections export` on the Airflow that has the key.",
	Source: "airflow.models.connection, airflow.models.crypto; cryptography.fernet (the format); observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "gAAAAABEXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE=="}}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example", "login": "etl", "password": "example"}}
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			for _, f := range [...]connection.Field{connection.Password, connection.Extra} {
				if isFernet(v.Field(f)) {
					v.ReportWhole(f, "encrypted %s, as a dump of the database has it: it is of no use without that Airflow's key", f).
						Hint("export with `airflow connections export`")
				}
			}
		})
	},
}

// isFernet reports whether a value is a whole Fernet token: base64 of 73 bytes at
// least.
func isFernet(v *connection.Value) bool {
	const least = 100
	s := v.Text.Peek()
	return v.Kind == connection.Text && len(s) >= least && len(s)%4 == 0 && secret.Classify(s) == secret.Fernet
}
