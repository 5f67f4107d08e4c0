package dbtcloud

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Profile is how a provider behaves: a flag for each behaviour in which versions
// differ. Source: the provider's hooks/dbt.py of each version; all were run.
type Profile struct {
	TenantInSchema   bool // 2.x: schema is the tenant, with .getdbt.com behind it
	HostAsWell       bool // 2.3.1 and later: host is read (in 2.3.1 where schema is empty)
	HasAsync         bool // 3.0 and later: deferrable tasks
	AsyncTokenNone   bool // 3.0 to 3.6: without a password they send "Token None"
	TestsRoot        bool // 3.8.0 and later: the connection test fetches the web root
	ReadsProxies     bool // 3.11.0 and later: extra.proxies
	LoginBeforeToken bool // 4.7.0 and later: a bad login is reported before a missing token
}

// Version is a version of the dbt Cloud provider.
type Version struct {
	Name    string // as it was asked for
	Line    string // the line or version whose behaviour it has: 4.11
	Profile Profile
}

// HTTPVersion is a version of the HTTP provider.
type HTTPVersion struct {
	Name, Line string
	// DropsOptions is set from 5.3.2 on: what the dbt Cloud hook passes for the
	// synchronous path (proxies, timeout) is dropped.
	DropsOptions bool
}

// The newest versions that were looked at.
const (
	newestProvider = "4.11"
	newestHTTP     = "6.3"
)

// number makes versions comparable; a line without patch stands for its newest.
func number(name string) (int, error) {
	parts := strings.Split(name, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, fmt.Errorf("%q is no version; write 4.11 or 4.11.1", name)
	}
	n := 0
	for i := range 3 {
		p := 999
		if i < len(parts) {
			v, err := strconv.Atoi(parts[i])
			if err != nil || v < 0 || v > 998 || parts[i] != strconv.Itoa(v) {
				return 0, fmt.Errorf("%q is no version; write 4.11 or 4.11.1", name)
			}
			p = v
		}
		n = n*1000 + p
	}
	return n, nil
}

// line cuts the patch off.
func line(name string) string {
	parts := strings.Split(name, ".")
	return parts[0] + "." + parts[1]
}

// providerLines and httpLines are the lines that were released, up to the newest
// that was looked at (package index, 2026-11): dbt Cloud 4.1 was withdrawn, HTTP
// 5.1 never came.
var (
	providerLines = [...]string{
		"2.0", "2.1", "2.2", "2.3", "3.0", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11",
		"4.0", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", newestProvider,
	}
	httpLines = [...]string{
		"1.0", "1.1", "2.0", "2.1", "3.0", "4.0", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13",
		"5.0", "5.2", "5.3", "5.4", "5.5", "5.6", "6.0", "6.1", "6.2", newestHTTP,
	}
)

// Lines are the lines of the provider that are known, oldest first.
func Lines() []string { return providerLines[:] }

// profileOf is how the provider of a version behaves.
func profileOf(n int) Profile {
	return Profile{
		TenantInSchema:   n < 3_000_000,
		HostAsWell:       n >= 2_003_001,
		HasAsync:         n >= 3_000_000,
		AsyncTokenNone:   n >= 3_000_000 && n < 3_007_000,
		TestsRoot:        n >= 3_008_000,
		ReadsProxies:     n >= 3_011_000,
		LoginBeforeToken: n >= 4_007_000,
	}
}

// VersionFor finds a version of the dbt Cloud provider, from 2.0 on. A newer one
// than was looked at behaves as the newest, and newer is set.
func VersionFor(name string) (v Version, newer bool, err error) {
	n, err := number(name)
	if err != nil {
		return Version{}, false, fmt.Errorf("dbt Cloud provider: %w", err)
	}
	newest, _ := number(newestProvider)
	v = Version{Name: name, Line: line(name), Profile: profileOf(n)}
	switch {
	case n < 2_000_000:
		return Version{}, false, fmt.Errorf("the dbt Cloud provider %s is too old: 2.0 is the first that is known", name)
	case n > newest:
		v.Line = newestProvider
		return v, true, nil
	case !slices.Contains(providerLines[:], v.Line):
		return Version{}, false, fmt.Errorf("there is no dbt Cloud provider %s; the lines are %s", name, strings.Join(providerLines[:], ", "))
	}
	if last, _ := number(v.Line); profileOf(last) != v.Profile {
		v.Line = name // 2.3.0 is not what 2.3 became
	}
	return v, false, nil
}

// dropsOptions is how the HTTP provider of a version behaves.
func dropsOptions(n int) bool { return n >= 5_003_002 }

// HTTPVersionFor finds a version of the HTTP provider.
func HTTPVersionFor(name string) (v HTTPVersion, newer bool, err error) {
	n, err := number(name)
	if err != nil {
		return HTTPVersion{}, false, fmt.Errorf("HTTP provider: %w", err)
	}
	newest, _ := number(newestHTTP)
	v = HTTPVersion{Name: name, Line: line(name), DropsOptions: dropsOptions(n)}
	switch {
	case n > newest:
		v.Line = newestHTTP
		return v, true, nil
	case !slices.Contains(httpLines[:], v.Line):
		return HTTPVersion{}, false, fmt.Errorf("there is no HTTP provider %s; the lines are %s", name, strings.Join(httpLines[:], ", "))
	}
	if last, _ := number(v.Line); dropsOptions(last) != v.DropsOptions {
		v.Line = name // 5.3.1 is not what 5.3 became
	}
	return v, false, nil
}

// NewestFor is the newest pair of providers that an Airflow line takes. Source:
// the provider's minimum Airflow at each release (provider.yaml, pyproject).
func NewestFor(airflow string) (provider, http string) {
	switch airflow {
	case "2.3":
		return "3.1", "4.3"
	case "2.4":
		return "3.3", "4.5"
	case "2.5":
		return "3.4", "4.6"
	case "2.6":
		return "3.7", "4.10"
	case "2.7":
		return "3.9", "4.12"
	case "2.8":
		return "3.11", "4.13"
	case "2.9":
		return "4.3", "5.2"
	case "2.10":
		return "4.5", "5.5"
	}
	return newestProvider, newestHTTP
}
