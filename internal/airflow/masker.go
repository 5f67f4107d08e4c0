package airflow

import (
	"strings"
	"unicode"
)

// Masker is what a release knows of names whose values are secrets: what it shows
// of a connection's extra, in logs, in the UI and over the REST API, has stars
// under these names. A configuration may name more ([core]
// sensitive_var_conn_names), or switch it off.
type Masker struct {
	// known is how many of maskedWords the release has.
	known int
	// joins is set where what stands between the words of a name does not count:
	// api-key is api_key. From 3.3.0 on.
	joins bool
}

// maskedWords are the words that a sensitive name contains, in the order in which
// releases took them up. proxy_password, of 3.2.0, is left out: it contains
// password.
var maskedWords = [...]string{
	"access_token", "api_key", "apikey", "authorization", "keyfile_dict", "passphrase", "passwd", "password", "private_key", "secret", "service_account", "token",
	"proxies", "proxy",
	"access_key", "connection_string",
	"auth_header", "bearer", "dsn", "service_key", "webhook_url",
}

// maskers is what each release changed. 3.0.0 began without what 2.11.1 had.
//
// Source: DEFAULT_SENSITIVE_FIELDS and should_hide_value_for_key of
// airflow/utils/log/secrets_masker.py, since 3.1.0 airflow/_shared/secrets_masker,
// in the released wheels of 2.3.0 to 3.3.2.
var maskers = [...]struct {
	release int
	masker  Masker
}{
	{release(2, 3, 0), Masker{known: 12}},
	{release(2, 11, 1), Masker{known: 14}},
	{release(3, 0, 0), Masker{known: 12}},
	{release(3, 1, 6), Masker{known: 14}},
	{release(3, 1, 8), Masker{known: 16}},
	{release(3, 2, 2), Masker{known: 21}},
	{release(3, 3, 0), Masker{known: 21, joins: true}},
}

// maskerOf is the masker of a release.
func maskerOf(asked int) Masker {
	var m Masker
	for _, h := range maskers {
		if h.release <= asked {
			m = h.masker
		}
	}
	return m
}

// Masks reports whether values under this name are shown as stars.
func (m Masker) Masks(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	if m.joins {
		name = joined(name)
	}
	for _, word := range maskedWords[:m.known] {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// joined is a name with one underscore for each run of characters that are no
// part of a word.
func joined(name string) string {
	var b strings.Builder
	between := false
	for _, r := range name {
		if r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) {
			b.WriteRune(r)
			between = false
			continue
		}
		if !between {
			b.WriteByte('_')
		}
		between = true
	}
	return b.String()
}
