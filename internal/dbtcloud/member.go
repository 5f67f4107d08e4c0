// Package dbtcloud is what the dbt Cloud provider of Airflow does with a
// connection: the request that its hook would send, or the error. It also keeps
// the tables of hosts, versions and account ids.
package dbtcloud

import (
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
	switch strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s)) {
	case "dbtcloud", "dbt", "dbtapi":
		return true
	}
	return false
}

// Judge decides it by the type, or, where that is empty or unknown or the id says
// dbt Cloud, by the tenant and the token.
func Judge(c *connection.Connection) Membership {
	t := c.Type.Text.Peek()
	if c.Type.Kind == connection.Text && IsTypeSpelling(t) {
		return Yes
	}
	if !hasTenant(c) && !hasToken(c) {
		return No
	}
	_, known := conntype.Lookup(strings.TrimSpace(t))
	if t == "" || !known || strings.HasPrefix(c.ID.Text.Peek(), "dbt_cloud_") {
		return Yes
	}
	return OtherType
}

func hasTenant(c *connection.Connection) bool {
	host := c.Host.Text.Peek()
	if host == "" {
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
		for _, t := range secret.FindTokens(v.Text.Peek()) {
			if t.Kind.IsDbt() {
				return true
			}
		}
	}
	return false
}
