package dbtcloud

import (
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	for _, c := range []struct {
		in         string
		problem    HostProblem
		shows      string // the bytes that show the problem
		suggestion string
	}{
		// Right ones.
		{"ab123.us1.dbt.com", HostFine, "", ""},
		{"AB123.US1.DBT.COM", HostFine, "", ""},
		{"ab123.us1.dbt.com.", HostFine, "", ""},
		{"abc12.us2.dbt.com", HostFine, "", ""},
		{"ab123.us3.dbt.com", HostFine, "", ""},
		{"ab123.eu1.dbt.com", HostFine, "", ""},
		{"ab123.eu2.dbt.com", HostFine, "", ""},
		{"ab123.eu3.dbt.com", HostFine, "", ""},
		{"ab123.eu4.dbt.com", HostFine, "", ""},
		{"ab123.au1.dbt.com", HostFine, "", ""},
		{"ab123.jp1.dbt.com", HostFine, "", ""},
		{"ab123.xx9.dbt.com", HostFine, "", ""},
		{"acme.custom.dbt.com", HostFine, "", ""},
		{"my-company.us1.dbt.com", HostFine, "", ""},
		{"ab123.us1.dbt.com:443", HostFine, "", ""},
		{"ab123.us1.dbt.com:8443", HostFine, "", ""},
		{"metadata1.us1.dbt.com", HostFine, "", ""},
		{"docs-team.us1.dbt.com", HostFine, "", ""},
		{"", HostFine, "", ""},
		// Old ones.
		{"cloud.getdbt.com", Retired, "cloud.getdbt.com", ""},
		{"Cloud.GetDbt.com", Retired, "Cloud.GetDbt.com", ""},
		{"emea.dbt.com", Retired, "emea.dbt.com", ""},
		{"au.dbt.com", Retired, "au.dbt.com", ""},
		{"acme.getdbt.com", SingleTenant, "acme.getdbt.com", ""},
		{"cloud.acme.getdbt.com", SingleTenant, "cloud.acme.getdbt.com", ""},
		{"acme.singletenant.getdbt.com", SingleTenant, "acme.singletenant.getdbt.com", ""},
		// Gateways.
		{"dbt.corp.example", Foreign, "dbt.corp.example", ""},
		{"dbt-gateway.internal", Foreign, "dbt-gateway.internal", ""},
		{"localhost", Foreign, "localhost", ""},
		{"mydbt.com", Foreign, "mydbt.com", ""},
		// Schemes.
		{"https://ab123.us1.dbt.com", HasScheme, "https://", "ab123.us1.dbt.com"},
		{"http://ab123.us1.dbt.com/", HasScheme, "http://", "ab123.us1.dbt.com"},
		{"HTTPS://ab123.us1.dbt.com", HasScheme, "HTTPS://", "ab123.us1.dbt.com"},
		{" https://ab123.us1.dbt.com ", HasScheme, "https://", "ab123.us1.dbt.com"},
		{"https//ab123.us1.dbt.com", HasScheme, "https//", "ab123.us1.dbt.com"},
		{"https:ab123.us1.dbt.com", HasScheme, "https:", "ab123.us1.dbt.com"},
		{"https:/ab123.us1.dbt.com", HasScheme, "https:/", "ab123.us1.dbt.com"},
		{"https://ab123.us1.dbt.com/deploy/12345/projects/1", HasScheme, "https://", "ab123.us1.dbt.com"},
		{"https://", HasScheme, "https://", ""},
		{"https://not a host", HasScheme, "https://", ""},
		{"dbt-cloud://ab123.us1.dbt.com", HasScheme, "dbt-cloud://", "ab123.us1.dbt.com"},
		// More than a host.
		{"ab123.us1.dbt.com/", HasPath, "/", "ab123.us1.dbt.com"},
		{"ab123.us1.dbt.com//", HasPath, "//", "ab123.us1.dbt.com"},
		{"ab123.us1.dbt.com/api", HasPath, "/api", "ab123.us1.dbt.com"},
		{"ab123.us1.dbt.com/api/v2", HasPath, "/api/v2", "ab123.us1.dbt.com"},
		{"ab123.us1.dbt.com?x=1", HasPath, "?x=1", "ab123.us1.dbt.com"},
		{"ab123.us1.dbt.com#x", HasPath, "#x", "ab123.us1.dbt.com"},
		{"me@ab123.us1.dbt.com", HasPath, "me@", "ab123.us1.dbt.com"},
		{"//ab123.us1.dbt.com", HasPath, "//ab123.us1.dbt.com", "ab123.us1.dbt.com"},
		{`ab123.us1.dbt.com\`, HasPath, `\`, ""},
		// No host names.
		{"ab123.us1.dbt.com ", HasBlank, " ", "ab123.us1.dbt.com"},
		{"\tab123.us1.dbt.com", HasBlank, "\t", "ab123.us1.dbt.com"},
		{"ab123.us1.dbt.com\n", HasBlank, "\n", "ab123.us1.dbt.com"},
		{"ab 123.us1.dbt.com", NotAHost, " ", ""},
		{"ab_123.us1.dbt.com", NotAHost, "_", ""},
		{"ab123..us1.dbt.com", NotAHost, ".", ""},
		{".us1.dbt.com", NotAHost, ".", ""},
		{"*.us1.dbt.com", NotAHost, "*", ""},
		{"-ab.us1.dbt.com", NotAHost, "-ab", ""},
		{"größe.us1.dbt.com", NotAHost, "ö", ""},
		{strings.Repeat("a", 64) + ".us1.dbt.com", NotAHost, strings.Repeat("a", 64), ""},
		{"10.0.0.1", IsAddress, "10.0.0.1", ""},
		{"::1", IsAddress, "::1", ""},
		{"[::1]", IsAddress, "[::1]", ""},
		{"cloud", SingleLabel, "cloud", ""},
		{"emea", SingleLabel, "emea", ""},
		// Other services.
		{"metadata.cloud.getdbt.com", NotTheAPI, "metadata.cloud.getdbt.com", "cloud.getdbt.com"},
		{"metadata.emea.dbt.com", NotTheAPI, "metadata.emea.dbt.com", "emea.dbt.com"},
		{"ab123.metadata.us1.dbt.com", NotTheAPI, "ab123.metadata.us1.dbt.com", "ab123.us1.dbt.com"},
		{"ab123.semantic-layer.us1.dbt.com", NotTheAPI, "ab123.semantic-layer.us1.dbt.com", "ab123.us1.dbt.com"},
		{"semantic-layer.cloud.getdbt.com", NotTheAPI, "semantic-layer.cloud.getdbt.com", "cloud.getdbt.com"},
		{"login.dbt.com", NotTheAPI, "login.dbt.com", ""},
		{"docs.getdbt.com", NotTheAPI, "docs.getdbt.com", ""},
		{"www.getdbt.com", NotTheAPI, "www.getdbt.com", ""},
		{"hub.getdbt.com", NotTheAPI, "hub.getdbt.com", ""},
		{"status.getdbt.com", NotTheAPI, "status.getdbt.com", ""},
		{"getdbt.com", NotTheAPI, "getdbt.com", ""},
		{"us1.dbt.com", NotTheAPI, "us1.dbt.com", ""},
		{"eu4.dbt.com", NotTheAPI, "eu4.dbt.com", ""},
		// Prefixes where there are none.
		{"ab123.cloud.getdbt.com", PrefixOnOld, "ab123.cloud.getdbt.com", ""},
		{"ab123.emea.dbt.com", PrefixOnOld, "ab123.emea.dbt.com", ""},
		{"ab123.au.dbt.com", PrefixOnOld, "ab123.au.dbt.com", ""},
		// Typos.
		{"cloud.getdbt.con", Mistyped, "cloud.getdbt.con", "cloud.getdbt.com"},
		{"cloud.getdbt.co", Mistyped, "cloud.getdbt.co", "cloud.getdbt.com"},
		{"clod.getdbt.com", Mistyped, "clod.getdbt.com", "cloud.getdbt.com"},
		{"cloud.dbt.com", Mistyped, "cloud.dbt.com", "cloud.getdbt.com"},
		{"emea.getdbt.com", Mistyped, "emea.getdbt.com", "emea.dbt.com"},
		{"emea.dbt.com.getdbt.com", Mistyped, "emea.dbt.com.getdbt.com", "emea.dbt.com"},
		{"ab123.dbt.com", Mistyped, "ab123.dbt.com", ""},
		{"us1.ab123.dbt.com", Mistyped, "us1.ab123.dbt.com", "ab123.us1.dbt.com"},
		{"ab123.us1.getdbt.com", Mistyped, "ab123.us1.getdbt.com", "ab123.us1.dbt.com"},
		{"ab123.us1.dtb.com", Mistyped, "ab123.us1.dtb.com", "ab123.us1.dbt.com"},
		{"ab123.us1.dbt.con", Mistyped, "ab123.us1.dbt.con", "ab123.us1.dbt.com"},
		{"ab123.us1dbt.com", Mistyped, "ab123.us1dbt.com", "ab123.us1.dbt.com"},
		{"account-prefix.us1.dbt.com", Mistyped, "account-prefix", ""},
		{"ACCOUNT_PREFIX.us1.dbt.com", Mistyped, "ACCOUNT_PREFIX", ""},
		{"  ", HasBlank, "  ", ""},
	} {
		h := ParseHost(c.in)
		if h.Problem != c.problem || h.Suggestion != c.suggestion {
			t.Errorf("ParseHost(%q) = %d, %q; want %d, %q", c.in, h.Problem, h.Suggestion, c.problem, c.suggestion)
		}
		if got := c.in[h.Start:h.End]; h.Problem != HostFine && got != c.shows {
			t.Errorf("ParseHost(%q) shows %q, want %q", c.in, got, c.shows)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"ab123.us1.dbt.com", "https://x/", "a@b:1", "..", "ö", "[::1]", " x ", "https//", "\xc3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h := ParseHost(s)
		if h.Start < 0 || h.Start > h.End || h.End > len(s) {
			t.Errorf("ParseHost(%q) shows %d to %d", s, h.Start, h.End)
		}
		// A suggestion is a host that is right, or old.
		if h.Suggestion != "" {
			switch again := ParseHost(h.Suggestion); again.Problem {
			case HasScheme, HasPath, HasBlank:
				t.Errorf("ParseHost(%q) suggests %q, which is wrong too", s, h.Suggestion)
			}
		}
	})
}

func TestPort(t *testing.T) {
	for _, c := range []struct {
		in, port string
		problem  HostProblem
	}{
		{"ab123.us1.dbt.com:8443", "8443", HostFine}, {"cloud.getdbt.com:443", "443", Retired}, {"localhost:8080", "8080", Foreign},
		{"ab123.us1.dbt.com:", "", HostFine}, {"ab123.us1.dbt.com:0", "", HostFine}, {"ab123.us1.dbt.com:0443", "0443", HostFine},
		{"ab123.us1.dbt.com:abc", "", NotAHost}, {"ab123.us1.dbt.com:99999", "", NotAHost}, {"ab123.us1.dbt.com:4:4", "", NotAHost}, {"ab123.us1.dbt.com:-1", "", NotAHost},
	} {
		h := ParseHost(c.in)
		if h.Problem != c.problem || h.Port != c.port {
			t.Errorf("ParseHost(%q): problem %d, port %q", c.in, h.Problem, h.Port)
		}
		if h.Port != "" && c.in[h.PortAt:] != h.Port {
			t.Errorf("ParseHost(%q): the port stands at %d", c.in, h.PortAt)
		}
	}
}

func TestOtherService(t *testing.T) {
	for in, want := range map[string]string{
		"acme.eu-west-1.snowflakecomputing.com": "Snowflake", "API.GitHub.com.": "GitHub", "github.com": "GitHub",
		"mygithub.com": "", "gw-1.eu-west-1.elb.amazonaws.com": "", "dbt.corp.example": "", "": "", "ab123.us1.dbt.com": "",
	} {
		if got := OtherService(in); got != want {
			t.Errorf("OtherService(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestIsCellHost(t *testing.T) {
	for in, want := range map[string]bool{
		"ab123.us1.dbt.com": true, "acme.jp1.dbt.com": true,
		"ab123.acme.dbt.com": false, "us1.dbt.com": false, "ab123.us1.getdbt.com": false, "a.b.us1.dbt.com": false, "emea.dbt.com": false, "": false,
	} {
		if got := IsCellHost(in); got != want {
			t.Errorf("IsCellHost(%q) = %t", in, got)
		}
	}
}
