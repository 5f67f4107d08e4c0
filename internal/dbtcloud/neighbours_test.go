package dbtcloud

import "testing"

// TestNoFalseAlarm: hosts that are as they should be, and those that are near a
// dbt host without being meant as one.
func TestNoFalseAlarm(t *testing.T) {
	for want, hosts := range map[HostProblem][]string{
		HostFine: {
			"kv271.us1.dbt.com", "ok531.us1.dbt.com", "a.us1.dbt.com", "ab123.us1.dbt.com.", "ab123.us4.dbt.com", "ab123.eu9.dbt.com", "ab123.in1.dbt.com",
			"ab123.sg1.dbt.com", "ab123.ca1.dbt.com", "acme.prod.dbt.com", "acme-prod.eu1.dbt.com", "acme.bank.dbt.com", "x1.y2.z3.dbt.com",
			"123.us1.dbt.com", "abc123.us1.dbt.com", "a-b-c.jp1.dbt.com", "us1.us1.dbt.com", "cloud.us1.dbt.com", "AB123.EU1.DBT.COM:443",
		},
		SingleTenant: {
			"acme.getdbt.com", "cloud.acme.getdbt.com", "acme-prod.getdbt.com", "club.getdbt.com", "coup.getdbt.com", "my-tenant.getdbt.com",
			"acme.singletenant.getdbt.com", "dbt.acme.getdbt.com", "eu.getdbt.com", "us1.getdbt.com",
		},
		Retired: {"cloud.getdbt.com", "emea.dbt.com", "au.dbt.com", "CLOUD.getdbt.com", "cloud.getdbt.com.", "cloud.getdbt.com:443"},
		Foreign: {
			"dbt.corp.example", "gateway.example.org", "dbt-proxy.internal.acme.com", "x.eu1.ibm.com", "x.us1.abc.com", "api.us1.corp.com", "a.db.com",
			"au.dot.com.au", "cloud.example.com", "cloud.google.com", "getdbt.example.com", "dbt.com.example.org", "cloud.getdbt.com.proxy.acme.com",
			"ab123.us1.dbt.com.proxy.acme.com", "notdbt.com", "thegetdbt.com", "localhost", "proxy-1.local", "api.acme.io", "emea.acme.com", "mydbt.co",
		},
	} {
		for _, host := range hosts {
			if got := ParseHost(host); got.Problem != want {
				t.Errorf("ParseHost(%q) = %d with %q, want %d", host, got.Problem, got.Suggestion, want)
			}
		}
	}
}
