package dbtcloud

import (
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

func TestJudge(t *testing.T) {
	const token = "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample_0-1abcd"
	text := func(s string) connection.Value {
		if s == "" {
			return connection.Value{}
		}
		return connection.Value{Kind: connection.Text, Text: secret.New(s)}
	}
	for _, c := range []struct {
		id, connType, host, password, extra string
		want                                Membership
	}{
		// Spellings of the type are enough.
		{connType: "dbt_cloud", want: Yes},
		{connType: "dbt Cloud", want: Yes},
		{connType: "dbt-cloud", want: Yes},
		{connType: "DBT_CLOUD", want: Yes},
		{connType: "dbtcloud", want: Yes},
		{connType: "dbt", want: Yes},
		{connType: "dbt_cloud ", want: Yes},
		// No type, or an unknown one, with a tenant or a token.
		{host: "ab123.us1.dbt.com", want: Yes},
		{host: "https://ab123.us1.dbt.com/", want: Yes},
		{host: "cloud.getdbt.com", want: Yes},
		{password: token, want: Yes},
		{connType: "my_dbt_hook", host: "acme.getdbt.com", want: Yes},
		{extra: `{"api_token": "` + token + `"}`, want: Yes},
		// A known type: by its id only.
		{id: "dbt_cloud_default", connType: "http", host: "ab123.us1.dbt.com", want: Yes},
		{id: "dbt_cloud_prod", connType: "http", password: token, want: Yes},
		{id: "etl", connType: "http", host: "ab123.us1.dbt.com", want: OtherType},
		{id: "etl", connType: "http", password: token, want: OtherType},
		// Nothing of dbt Cloud.
		{id: "dbt_cloud_default", connType: "http", host: "example.com", want: No},
		{id: "dbt_cloud_default", want: No},
		{id: "dbt", connType: "postgres", host: "db.example.com", password: "x", want: No},
		{connType: "datahub-rest", host: "datahub.example.com", want: No},
		{connType: "http", host: "dbt.com.example.org", want: No},
		{connType: "snowflake", password: "0123456789abcdef0123456789abcdef01234567", want: No},
	} {
		conn := &connection.Connection{ID: text(c.id), Type: text(c.connType), Host: text(c.host), Password: text(c.password), Extra: text(c.extra)}
		if got := new(Declared).Judge(conn); got != c.want {
			t.Errorf("Judge(%+v) = %d, want %d", c, got, c.want)
		}
	}
}
