package dbtcloud

import (
	"math/big"
	"strings"
	"unicode"
)

// IsPlainAccount reports whether a login is an account id as nearly all are written: a
// number of digits, of which an int64 has room for as many.
func IsPlainAccount(s string) bool {
	const most = 18
	if s == "" || len(s) > most || s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// OddAccount says what is odd about a login that int() takes but that is no plain
// positive number; empty for a plain one.
func OddAccount(s string, n *big.Int) string {
	switch {
	case strings.TrimFunc(s, unicode.IsSpace) != s:
		return "blanks around it"
	case strings.HasPrefix(s, "+"):
		return "a plus sign"
	case n.Sign() < 0:
		return "a negative number"
	case n.Sign() == 0:
		return "zero"
	case strings.Contains(s, "_"):
		return "underscores"
	case n.BitLen() > 63:
		return "a number of more than 64 bits"
	}
	for i := range len(s) {
		if s[i] >= 0x80 {
			return "digits of another script"
		}
	}
	if s[0] == '0' {
		return "leading zeros"
	}
	return ""
}

// cellBase is where the ids of accounts in cells begin, which have addresses of
// their own: in all public samples of 14 digits it is 2^46 + cell * 2^35 + n
// (2026; inferred, dbt documents nothing of it). Older accounts have small ids, and
// keep them when they move.
const cellBase = 1 << 46

// IsCellAccount reports whether an id is one that only a cell gives out.
func IsCellAccount(n int64) bool { return n >= cellBase }

// AccountInAddress is the account id in a text pasted from the browser, as
// digits; empty where there is none. The forms are those of the account settings
// and of the deploy pages (https://HOST/settings/accounts/ID/, /deploy/ID/…).
func AccountInAddress(s string) string {
	for _, route := range [...]string{"/settings/accounts/", "/accounts/", "/deploy/"} {
		i := strings.Index(s, route)
		if i < 0 {
			continue
		}
		rest := s[i+len(route):]
		j := 0
		for j < len(rest) && rest[j] >= '0' && rest[j] <= '9' {
			j++
		}
		if j > 0 {
			return rest[:j]
		}
	}
	return ""
}
