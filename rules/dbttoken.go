package rules

import (
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

var missingToken = lint.Rule{
	ID: "DBT002", Name: "missing-token", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "No API token",
	Why:     "The hook reads the token from password and fails without one: \"An API token is required to connect to dbt Cloud.\"",
	Remedy:  "Put a service token into password.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt.DbtCloudHook.connection, all versions; observed.",
	Before:  settings(typeLine, hostLine, loginLine),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		if p.Doc.Format.IsRecord() {
			return // a record need not carry passwords
		}
		p.Each(func(v *lint.View) {
			if unreadable(v) || v.Password.Truthy() || lost(v) {
				return
			}
			if _, _, _, misplaced := strayToken(v); misplaced || isGiven(standIn(p, connection.Password)) {
				return // DBT003, CON001
			}
			p.Report(connection.Password, p.Place(), `no API token: the hook fails with "An API token is required to connect to dbt Cloud."`).Cause(lint.Missing)
		})
	},
}

// tokenKeys are keys of extra under which people put the token.
var tokenKeys = [...]string{"token", "api_token", "api_key", "apikey", "access_token", "service_token", "dbt_cloud_token", "password"}

// strayToken finds a token in a field that the hook does not read it from: the
// field, the value's place in the extra, and the value.
func strayToken(v *lint.View) (f connection.Field, key string, value *connection.Value, ok bool) {
	for _, f := range [...]connection.Field{connection.Login, connection.Host, connection.Schema} {
		value := v.Field(f)
		for _, t := range secret.FindTokens(value.Text.Peek()) {
			if t.Kind.IsDbt() {
				return f, "", value, true
			}
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
	ID: "DBT003", Name: "token-misplaced", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The API token stands in a field that the hook does not read it from",
	Why:     "The hook reads the token from password and nowhere else. Login, host and schema are neither encrypted nor masked.",
	Remedy:  "Move the token to password.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before:  settings(typeLine, hostLine, loginLine, "conn_extra:", "  api_token: "+exampleToken),
	After:   goodExample,
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
			if v.Password.Truthy() {
				d.Hint("remove; password has a value of its own")
			} else {
				d.Hint("move it to " + fieldKey(connection.Password, p.Doc.Format == export.AstroSettings))
			}
		})
	},
}

var tokenWithPrefix = lint.Rule{
	ID: "DBT004", Name: "token-with-prefix", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The API token begins with Token or Bearer",
	Why:     "The hook puts \"Token \" in front of the password; the server then sees it twice and answers 401.",
	Remedy:  "Remove the word.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt.TokenAuth, all versions; observed.",
	Before:  settings(typeLine, hostLine, loginLine, "conn_password: Token "+exampleToken),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			token := v.Password.Text.Peek()
			for _, word := range [...]string{"Token", "Bearer"} {
				if len(token) > len(word)+1 && strings.EqualFold(token[:len(word)], word) && token[len(word)] == ' ' {
					v.Report(connection.Password, 0, len(word)+1, `the hook adds "Token " itself and would send "Token %s ***"`, word).Hint("remove")
				}
			}
		})
	},
}

var tokenNotSendable = lint.Rule{
	ID: "DBT005", Name: "token-not-sendable", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Variants: []lint.Variant{{Name: "blank", Level: lint.Warning, When: "blanks at an end: they are sent as they are"}},
	Summary:  "The API token holds a character that no request header can",
	Why:      "A line break or a character outside Latin-1 makes the request fail before it is sent, and Airflow prints the token in the error. A block scalar (|) ends with a line break.",
	Remedy:   "Remove the character; write |- instead of |.",
	Source:   "http.client, aiohttp; observed with all provider versions.",
	Before:   settings(typeLine, hostLine, loginLine, "conn_password: |", "  "+exampleToken),
	After:    settings(typeLine, hostLine, loginLine, "conn_password: |-", "  "+exampleToken),
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			token := v.Password.Text.Peek()
			if v.Password.Kind != connection.Text {
				return
			}
			for i, r := range token {
				switch {
				case r == '\n' || r == '\r':
					d := v.Report(connection.Password, i, i+1, "a line break in the token: the request fails, and the error shows the token").Cause(lint.Whitespace).Hint("remove")
					if strings.TrimRight(token, "\r\n") == token[:i] {
						d.Hint("remove; a block scalar ends without a line break when it is written |-")
					}
					return
				case r < 0x20 && r != '\t' || r == 0x7F:
					v.Report(connection.Password, i, i+1, "a control character (U+%04X) in the token", r).Cause(lint.Control).Hint("remove")
					return
				case r > 0xFF:
					_, width := utf8.DecodeRuneInString(token[i:])
					v.Report(connection.Password, i, i+width, "a character (U+%04X) in the token that a request header cannot hold: the request fails", r).Cause(lint.Control).Hint("remove")
					return
				}
			}
			if i, j, where := blanks(token); where != "" {
				v.Report(connection.Password, i, j, "the token %s with a blank, which is sent with it", where).Cause(lint.Whitespace).Variant("blank").Hint("remove")
			}
		})
	},
}

// swapped reports whether token and account id stand in each other's field.
func swapped(v *lint.View) bool {
	return secret.Classify(v.Login.Text.Peek()).IsDbt() && isDigits(v.Password.Text.Peek())
}

var tokenAndAccountSwapped = lint.Rule{
	ID: "DBT023", Name: "token-and-account-swapped", Level: lint.Error, Since: since, Applies: lint.DbtConnection,
	Summary: "The token is in login and the account id in password",
	Why:     "The hook passes login to int(), which fails and quotes the token in the task's log, and sends the account id as token.",
	Remedy:  "Swap them: login is the account id, password the token.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, all versions; observed.",
	Before:  settings(typeLine, hostLine, "conn_login: "+exampleToken, `conn_password: "12345"`),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if swapped(v) && !unreadable(v) {
				v.ReportWhole(connection.Login, "login holds a token and password digits: they are swapped").Cause(lint.Misplaced).
					Related(v.Password.Span(), "the account id").Hint("swap login and password")
			}
		})
	},
}
