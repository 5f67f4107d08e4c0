package rules

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

var missingToken = lint.Rule{
	ID: "DBT002", Name: "missing-token", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddToken,
	Summary: "No API token",
	Why:     "The hook reads the token from password and fails without one: \"An API token is required to connect to dbt Cloud.\"",
	Remedy:  "Put a service token into password.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt.DbtCloudHook.connection, all versions; observed.",
	Before:  settings(typeLine, hostLine, loginLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if !lacksToken(p, v) || p.SecretsElsewhere(hasToken) {
				return // SEC005
			}
			p.Report(connection.Password, p.Place(), `no API token: the hook fails with "An API token is required to connect to dbt Cloud."`).
				Hint("put it into " + into(p, v, connection.Password))
		})
	},
}

// lacksToken reports whether a dbt Cloud connection has no token, and nothing that
// was meant for one in another place (DBT003, CON001). A record need not carry
// passwords.
func lacksToken(p *lint.Pass, v *lint.View) bool {
	if p.Doc.Format.IsRecord() || unreadable(v) || v.Password.Truthy() || lost(v) {
		return false
	}
	_, _, _, misplaced := strayToken(v)
	return !misplaced && !isGiven(standIn(p, connection.Password))
}

// tokenKeys are keys of extra under which people put the token.
var tokenKeys = [...]string{"token", "api_token", "api_key", "apikey", "access_token", "service_token", "dbt_cloud_token", "password"}

// strayToken finds a token in a field that the hook does not read it from: the
// field, the value's place in the extra, and the value.
func strayToken(v *lint.View) (f connection.Field, key string, value *connection.Value, ok bool) {
	for _, f := range [...]connection.Field{connection.Login, connection.Host, connection.Schema} {
		if value := v.Field(f); holdsDbtToken(value.Text.Peek()) {
			return f, "", value, true
		}
	}
	for i := range v.ExtraObject().Items {
		item := &v.ExtraObject().Items[i]
		k := item.Key.Text.Peek()
		if item.Value.Kind != connection.Text || item.Value.Text.Len() == 0 {
			continue
		}
		if secret.Classify(item.Value.Text.Peek()).IsDbt() {
			return connection.Extra, k, &item.Value, true
		}
		for _, name := range tokenKeys {
			if strings.EqualFold(k, name) {
				return connection.Extra, k, &item.Value, true
			}
		}
	}
	return connection.NoField, "", nil, false
}

var tokenMisplaced = lint.Rule{
	ID: "DBT003", Name: "token-misplaced", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddTenant | lint.OddAccount | lint.Unread,
	Variants: []lint.Variant{{Name: "beside", Level: lint.Warning, When: "one in extra or schema, beside a password, which the hook sends"}},
	Summary:  "The API token stands in a field that the hook does not read it from",
	Why: "The hook reads the token from password and nowhere else: without a password it fails, and of a token in login or host it makes an account id or an address. " +
		"Login, host and schema are neither encrypted nor masked.",
	Remedy: "Move the token to password.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before: settings(typeLine, hostLine, loginLine, "conn_extra:", "  api_token: "+exampleToken),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) || swapped(v) {
				return
			}
			f, key, value, ok := strayToken(v)
			if !ok {
				return
			}
			d := p.Report(f, value.Span(), "an API token in %s: the hook reads it from password only", f).Cause(lint.Misplaced)
			if key != "" {
				d.Pointer(key)
			}
			if !v.Password.Truthy() {
				d.Hint("move it to " + into(p, v, connection.Password))
				return
			}
			d.Hint("remove; password has a value of its own")
			if f == connection.Extra || f == connection.Schema {
				d.Variant("beside")
			}
		})
	},
}

var tokenWithPrefix = lint.Rule{
	ID: "DBT004", Name: "token-with-prefix", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddToken,
	Summary: "The API token begins with Token or Bearer",
	Why:     "The hook puts \"Token \" in front of the password; the server then sees it twice and answers 401.",
	Remedy:  "Remove the word.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt.TokenAuth, all versions; observed.",
	Before:  settings(typeLine, hostLine, loginLine, "conn_password: Token "+exampleToken),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if word := authWord(v.Password.Text.Peek()); word != "" {
				v.Report(connection.Password, 0, len(word)+1, `the hook adds "Token " itself and would send "Token %s ***"`, word).Hint("remove")
			}
		})
	},
}

// authWord is the word of an authorization scheme with which a token begins.
func authWord(token string) string {
	for _, word := range [...]string{"Token", "Bearer"} {
		if len(token) > len(word)+1 && strings.EqualFold(token[:len(word)], word) && token[len(word)] == ' ' {
			return word
		}
	}
	return ""
}

var tokenNotSendable = lint.Rule{
	ID: "DBT005", Name: "token-not-sendable", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddToken | lint.BlankEnds,
	Variants: []lint.Variant{{Name: "blank", Level: lint.Warning, When: "blanks at an end, or alone: they are sent as they are"}},
	Summary:  "The API token holds a character that no request header can",
	Why: "A line break makes every request fail before it is sent, a character outside Latin-1 all but those of deferrable tasks, and Airflow prints the token in the error. " +
		"A block scalar (|) ends with a line break.",
	Remedy: "Remove the character; write |- instead of |.",
	Source: "http.client, aiohttp; observed with all provider versions.",
	Before: settings(typeLine, hostLine, loginLine, "conn_password: |", "  "+exampleToken),
	After:  settings(typeLine, hostLine, loginLine, "conn_password: |-", "  "+exampleToken),
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			token := v.Password.Text.Peek()
			if v.Password.Kind != connection.Text {
				return
			}
			for i, r := range token {
				switch {
				case r == '\n' || r == '\r':
					d := v.Report(connection.Password, i, i+1, "a line break in the API token: the request fails, and the error shows the token").Cause(lint.Whitespace).Hint("remove")
					at := v.Password.At(i, i+1)
					if raw := p.Doc.File.Data[at.Start:at.End]; raw != "" && (raw[0] == '\n' || raw[0] == '\r') && strings.TrimRight(token, "\r\n") == token[:i] {
						d.Hint("remove; a block scalar ends without a line break when it is written |-")
					}
					return
				case r < 0x20 && r != '\t' || r == 0x7F:
					cause := lint.Control
					if lo, hi, _ := blanks(token); lo <= i && i < hi {
						cause = lint.Whitespace
					}
					v.Report(connection.Password, i, i+1, "a control character (U+%04X) in the API token: it is sent, too, or the request fails", r).Cause(cause).Hint("remove")
					return
				case r > 0xFF && v.Token().Fault != "":
					return // DBT009
				case r > 0xFF:
					_, width := utf8.DecodeRuneInString(token[i:])
					v.Report(connection.Password, i, i+width, "a character (U+%04X) in the API token that no header can hold: requests fail, but for deferrable tasks, which send it", r).Cause(lint.Control).Hint("remove")
					return
				}
			}
			if token != "" && strings.TrimSpace(token) == "" {
				v.ReportWhole(connection.Password, "the API token is a blank and nothing else: it is sent, and dbt Cloud answers 401").Cause(lint.Whitespace).Variant("blank").
					Hint("write the token")
			}
			if i, j, where := blanks(token); where != "" {
				v.Report(connection.Password, i, j, "API token %s with a blank, which is sent with it", where).Cause(lint.Whitespace).Variant("blank").Hint("remove")
			}
		})
	},
}

// eachToken calls back with every token in password whose shape is wanted and can
// be judged. What other rules speak of cannot: a placeholder, stars, a word in front
// of it. Nor can what an example shows.
func eachToken(p *lint.Pass, wanted func(secret.Shape) bool, f func(v *lint.View, shape secret.Shape)) {
	p.Each(func(v *lint.View) {
		if !v.Password.Written() || !wanted(v.Token()) {
			return // or VAL001, VAL002, VAL004
		}
		token := strings.TrimSpace(v.Password.Text.Peek())
		if token == "" || p.IsExample() || unreadable(v) {
			return // or DBT002
		}
		if !v.Token().IsDbt() {
			if secret.IsMask(token) || authWord(token) != "" || swapped(v) {
				return // DBT004, DBT023
			}
			if strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r == 0x7F || r > 0xFF && v.Token().Fault == "" }) {
				return // DBT005
			}
			if i, j, _ := placeholder.Find(token); i < j {
				return // VAL009
			}
		}
		f(v, v.Token())
	})
}

var legacyToken = lint.Rule{
	ID: "DBT006", Name: "legacy-token", Level: lint.Note, Since: since, Applies: lint.DbtConnection, Needs: lint.OddToken,
	Summary: "The API token is of an old kind",
	Why: "40 hexadecimal digits are a user API key, a kind that dbt Cloud has ended, or a service token from before mid-2023, which may still be valid. " +
		"Only a call of the API tells the two apart.",
	Remedy: "Create a service token and use that.",
	Source: "dbt's documentation, dbt-apis/user-tokens and service-tokens (2026); the shape is that of public samples.",
	Before: settings(typeLine, hostLine, loginLine, `conn_password: "0123456789abcdef0123456789abcdef01234567"`),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		wanted := func(s secret.Shape) bool { return s.Kind == secret.LegacyToken }
		eachToken(p, wanted, func(v *lint.View, _ secret.Shape) {
			v.ReportWhole(connection.Password, "the API token has the shape of a user API key, which no longer works, or of a service token from before mid-2023").
				Hint("a service token of today begins with dbtc_")
		})
	},
}

var personalToken = lint.Rule{
	ID: "DBT007", Name: "personal-token", Level: lint.Note, Since: since, Applies: lint.DbtConnection, Needs: lint.OddToken,
	Summary: "The API token is a person's",
	Why: "A personal token (dbtu_) has the permissions of its user and ends with the account of that user; dbt advises service tokens for whatever runs in production. " +
		"On the plans Developer and Starter there is no other: their service tokens are for the Semantic Layer only.",
	Remedy: "Create a service token with the permission set Job Admin, where the plan has it.",
	Source: "dbt's documentation, dbt-apis/user-tokens and service-tokens (2026).",
	Before: settings(typeLine, hostLine, loginLine, "conn_password: dbtu_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE0"),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		wanted := func(s secret.Shape) bool { return s.Kind == secret.PersonalToken && s.Fault == "" }
		eachToken(p, wanted, func(v *lint.View, _ secret.Shape) {
			v.ReportWhole(connection.Password, "a personal API token: it ends with its user's account").Hint("use a service token (dbtc_) in production")
		})
	},
}

var tokenUnrecognised = lint.Rule{
	ID: "DBT008", Name: "token-unrecognised", Level: lint.Note, Since: since, Applies: lint.DbtConnection, Needs: lint.OddToken,
	Variants: []lint.Variant{
		{Name: "jwt", Level: lint.Warning, When: "a JSON web token"},
		{Name: "github", Level: lint.Warning, When: "a token of GitHub or GitLab"},
		{Name: "warehouse", Level: lint.Warning, When: "a token of Databricks"},
		{Name: "service", Level: lint.Warning, When: "a key of AWS or a token of Slack"},
		{Name: "wrapped", Level: lint.Warning, When: "a dbt Cloud token among other characters"},
	},
	Summary: "The API token has no shape of dbt Cloud's tokens",
	Why: "dbt Cloud's tokens begin with dbtc_ or dbtu_, old ones are 40 hexadecimal digits; what service tokens from before mid-2023 look like is not documented. " +
		"A token of another service is answered with 401, and dbt gets to know it.",
	Remedy: "Put a service token into password.",
	Source: "dbt's documentation, dbt-apis (2026), and public samples; the formats of the other services are documented by them.",
	Before: settings(typeLine, hostLine, loginLine, "conn_password: ghp_EXAMPLEexampleEXAMPLEexampleEXAMPLE0123"),
	After:  goodExample,
	Check: func(p *lint.Pass) {
		wanted := func(s secret.Shape) bool { return !s.IsDbt() && s.Fault == "" }
		eachToken(p, wanted, func(v *lint.View, shape secret.Shape) {
			const hint = "a service token of dbt Cloud begins with dbtc_"
			switch variant := foreignToken(shape.Kind); {
			case variant != "":
				v.ReportWhole(connection.Password, "the API token is %s: dbt Cloud answers 401", shape.Kind).Variant(variant).Hint(hint)
			case shape.Kind == secret.NoToken && holdsDbtToken(v.Password.Text.Peek()):
				v.ReportWhole(connection.Password, "an API token among other characters, which are sent with it: dbt Cloud answers 401").Variant("wrapped").Hint("leave the token alone")
			case shape.Kind == secret.NoToken:
				v.ReportWhole(connection.Password, "the API token has no shape that dbt Cloud is known to give out").Hint(hint)
			}
		})
	},
}

// foreignToken is the variant of DBT008 for a token of another service.
func foreignToken(k secret.Kind) string {
	switch k {
	case secret.JWT:
		return "jwt"
	case secret.GitHubToken, secret.GitLabToken:
		return "github"
	case secret.Databricks:
		return "warehouse"
	case secret.AWSKey, secret.SlackToken:
		return "service"
	}
	return ""
}

// holdsDbtToken reports whether a text has a token of dbt Cloud's in it.
func holdsDbtToken(s string) bool {
	if strings.IndexByte(s, '_') < 0 {
		return false // their prefixes have one, and most hosts and logins do not
	}
	return slices.ContainsFunc(secret.FindTokens(s), func(t secret.Token) bool { return t.Kind.IsDbt() })
}

var tokenIncomplete = lint.Rule{
	ID: "DBT009", Name: "token-incomplete", Level: lint.Warning, Since: since, Applies: lint.DbtConnection, Needs: lint.OddToken,
	Summary: "The API token is cut off, elided or there twice",
	Why:     "It begins as a token of dbt Cloud does, but is no whole one: dbt Cloud answers 401. All known tokens have some fifty characters behind the prefix.",
	Remedy:  "Copy the token anew; dbt Cloud shows it once, when it is created.",
	Source:  "Public samples and patterns of dbt Cloud's tokens (2026): 50 characters behind dbtu_, patterns for dbtc_ want 30 at least.",
	Before:  settings(typeLine, hostLine, loginLine, "conn_password: dbtc_EXAMPLE"),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		eachToken(p, func(s secret.Shape) bool { return s.Fault != "" }, func(v *lint.View, shape secret.Shape) {
			v.ReportWhole(connection.Password, "the API token begins as one of dbt Cloud's, but %s", shape.Fault).Hint("copy it anew")
		})
	},
}

// swapped reports whether token and account id stand in each other's field.
func swapped(v *lint.View) bool {
	return isDigits(v.Password.Text.Peek()) && secret.Classify(v.Login.Text.Peek()).IsDbt()
}

var tokenAndAccountSwapped = lint.Rule{
	ID: "DBT023", Name: "token-and-account-swapped", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.OddToken,
	Summary: "The token is in login and the account id in password",
	Why:     "The hook passes login to int(), which fails and quotes the token in the task's log, and sends the account id as token.",
	Remedy:  "Swap them: login is the account id, password the token.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before:  settings(typeLine, hostLine, "conn_login: "+exampleToken, `conn_password: "12345"`),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if swapped(v) && !unreadable(v) {
				v.ReportWhole(connection.Login, "login holds the API token and password the account id: they are swapped").Cause(lint.Misplaced).
					Related(v.Password.Span(), "the account id").Hint("swap login and password")
			}
		})
	},
}
