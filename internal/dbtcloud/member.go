// Package dbtcloud is what the dbt Cloud provider of Airflow does with a
// connection: the request that its hook would send, or the error. It also keeps
// the tables of hosts, versions and account ids.
package dbtcloud

import (
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// ConnType is the provider's connection type, in all versions.
const ConnType = "dbt_cloud"

// Membership says whether a connection is a dbt Cloud connection.
type Membership uint8

// The answers. They are ordered: of several readings the greatest counts.
const (
	No        Membership = iota
	OtherType            // of another known type, but with a dbt Cloud tenant or token
	Yes
)

// IsTypeSpelling reports whether a type is dbt_cloud, however people write it.
func IsTypeSpelling(s string) bool {
	const longest = 20
	if len(s) > longest {
		return false
	}
	switch conntype.Fold(s) {
	case "dbtcloud", "dbt", "dbtapi":
		return true
	}
	return false
}

// Declared is what a user says of their connections.
type Declared struct {
	// ConnTypes are types of hooks of their own.
	ConnTypes []string
	// IsDbt tells the ids that are dbt Cloud connections whatever their type; nil for
	// none.
	IsDbt func(id string) bool
}

// Of is what the id of an entry says of it, whatever it holds.
func (d *Declared) Of(id string) Membership {
	if d.IsDbt != nil && d.IsDbt(id) {
		return Yes
	}
	return No
}

// Judge decides it by the type, or, where that is empty or unknown or the id says
// dbt Cloud, by the tenant and the token.
func (d *Declared) Judge(c *connection.Connection) Membership {
	t := c.Type.Text.Peek()
	if c.Type.Kind == connection.Text && IsTypeSpelling(t) {
		return Yes
	}
	if !hasTenant(c) && !hasToken(c) {
		return No
	}
	_, known := conntype.Lookup(strings.TrimSpace(t))
	if t == "" || !known && !slices.Contains(d.ConnTypes, t) || strings.HasPrefix(c.ID.Text.Peek(), "dbt_cloud_") {
		return Yes
	}
	return OtherType
}

// IsBare reports whether a connection has neither a tenant nor a token: nothing that
// the hook could use.
func IsBare(c *connection.Connection) bool {
	return !hasTenant(c) && !hasToken(c) && !c.Password.Truthy()
}

func hasTenant(c *connection.Connection) bool {
	host := c.Host.Text.Peek()
	if !containsFold(host, "dbt.com") {
		return false
	}
	h := ParseHost(host)
	if h.Suggestion != "" {
		host = h.Suggestion
	}
	return IsDbtDomain(host)
}

// hasToken looks for dbt's own prefixes; 40 hex digits are many other things.
func hasToken(c *connection.Connection) bool {
	for _, v := range [...]*connection.Value{&c.Password, &c.Login, &c.Host, &c.Schema, &c.Extra} {
		s := v.Text.Peek()
		if !strings.Contains(s, "dbt") {
			continue // most values: the search below takes longer
		}
		for _, t := range secret.FindTokens(s) {
			if t.Kind.IsDbt() {
				return true
			}
		}
	}
	return false
}

// containsFold reports whether a text contains a word of lower-case ASCII letters,
// in any case.
func containsFold(s, word string) bool {
	for i := 0; i+len(word) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
