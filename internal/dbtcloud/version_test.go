package dbtcloud

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestVersionFor(t *testing.T) {
	for _, c := range []struct {
		in, line string
		newer    bool
		profile  Profile
	}{
		{"2.0", "2.0", false, Profile{TenantInSchema: true}},
		{"2.0.1", "2.0", false, Profile{TenantInSchema: true}},
		{"2.3.0", "2.3.0", false, Profile{TenantInSchema: true}},
		{"2.3", "2.3", false, Profile{TenantInSchema: true, HostAsWell: true}},
		{"2.3.1", "2.3", false, Profile{TenantInSchema: true, HostAsWell: true}},
		{"3.0.0", "3.0", false, Profile{HostAsWell: true, HasAsync: true, AsyncTokenNone: true}},
		{"3.7.1", "3.7", false, Profile{HostAsWell: true, HasAsync: true}},
		{"3.8", "3.8", false, Profile{HostAsWell: true, HasAsync: true, TestsRoot: true}},
		{"3.10.1", "3.10", false, Profile{HostAsWell: true, HasAsync: true, TestsRoot: true}},
		{"3.11", "3.11", false, Profile{HostAsWell: true, HasAsync: true, TestsRoot: true, ReadsProxies: true}},
		{"4.6.5", "4.6", false, Profile{HostAsWell: true, HasAsync: true, TestsRoot: true, ReadsProxies: true}},
		{"4.7", "4.7", false, newestProfile},
		{"4.11.1", "4.11", false, newestProfile},
		{"4.12", "4.11", true, newestProfile},
		{"5.0.0", "4.11", true, newestProfile},
	} {
		v, newer, err := VersionFor(c.in)
		if err != nil || v.Name != c.in || v.Line != c.line || newer != c.newer || v.Profile != c.profile {
			t.Errorf("VersionFor(%q) = %+v, %v, %v", c.in, v, newer, err)
		}
	}
	for _, in := range []string{"", "4", "x", "4.x", "4.1", "4.1.0", "3.12", "2.4", "1.0.2", "4.11.1.1", "04.1", "4.-1", "v4.11", "4.11 ", "latest"} {
		if v, _, err := VersionFor(in); err == nil {
			t.Errorf("VersionFor(%q) = %+v, want an error", in, v)
		}
	}
}

var newestProfile = Profile{HostAsWell: true, HasAsync: true, TestsRoot: true, ReadsProxies: true, LoginBeforeToken: true}

func TestHTTPVersionFor(t *testing.T) {
	for in, want := range map[string]HTTPVersion{
		"4.13": {"4.13", "4.13", false}, "5.3": {"5.3", "5.3", true}, "5.3.1": {"5.3.1", "5.3.1", false}, "5.3.2": {"5.3.2", "5.3", true},
		"5.2.2": {"5.2.2", "5.2", false}, "6.3.0": {"6.3.0", "6.3", true}, "7.0": {"7.0", "6.3", true},
	} {
		if v, newer, err := HTTPVersionFor(in); err != nil || v != want || newer != strings.HasPrefix(in, "7") {
			t.Errorf("HTTPVersionFor(%q) = %+v, %v, %v", in, v, newer, err)
		}
	}
	for _, in := range []string{"", "5", "5.1", "5.1.0", "4.14", "x"} {
		if v, _, err := HTTPVersionFor(in); err == nil {
			t.Errorf("HTTPVersionFor(%q) = %+v, want an error", in, v)
		}
	}
}

// TestNewestFor compares with the minimum Airflow of each release, where the
// collected tables stand beside the repository.
func TestNewestFor(t *testing.T) {
	data, err := os.ReadFile("../../../shared/data/version-tables.json")
	if err != nil {
		t.Skip("the version tables do not stand beside the repository")
	}
	var tables struct {
		Provider []struct {
			Version    string
			MinAirflow string `json:"min_airflow"`
		} `json:"provider_releases"`
		HTTP []struct{ Version string } `json:"http_releases"`
	}
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	for _, airflow := range []string{"2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "3.0", "3.1", "3.2", "3.3"} {
		at, _ := number(airflow)
		want := ""
		for _, r := range tables.Provider {
			if minimum, _ := number(r.MinAirflow); minimum <= at {
				want = line(r.Version)
			}
		}
		provider, http := NewestFor(airflow)
		if provider != want {
			t.Errorf("NewestFor(%s) takes provider %s, want %s", airflow, provider, want)
		}
		if _, newer, err := HTTPVersionFor(http); newer || err != nil {
			t.Errorf("NewestFor(%s) takes HTTP provider %s: %v", airflow, http, err)
		}
	}
	for _, r := range tables.Provider {
		if strings.HasPrefix(r.Version, "1.") {
			continue
		}
		if _, newer, err := VersionFor(r.Version); newer || err != nil {
			t.Errorf("VersionFor(%s): newer %v, %v", r.Version, newer, err)
		}
	}
	for _, r := range tables.HTTP {
		if _, newer, err := HTTPVersionFor(r.Version); newer || err != nil {
			t.Errorf("HTTPVersionFor(%s): newer %v, %v", r.Version, newer, err)
		}
	}
}
