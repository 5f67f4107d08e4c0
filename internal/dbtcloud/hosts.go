package dbtcloud

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/near"
)

// regions are the second labels of the access addresses PREFIX.REGION.dbt.com
// that dbt documents (access-regions-ip-addresses page, 2026). A single tenant may
// have any other, so the list tells typos from addresses, never right from wrong.
var regions = [...]string{"us1", "us2", "us3", "eu1", "eu2", "eu3", "eu4", "au1", "jp1"}

// retired are the multi-tenant hosts from before account prefixes. The page
// account-url-migration announces the end of getdbt.com addresses for 2026-11-01;
// whether it came is not established. The region table of 2026 no longer lists
// the other two.
var retired = [...]string{"cloud.getdbt.com", "emea.dbt.com", "au.dbt.com"}

// DefaultHost is what the hook takes where the connection has no host
// (DbtCloudHook._get_tenant_domain, all provider versions).
const DefaultHost = "cloud.getdbt.com"

// services are labels of dbt's hosts that are not the admin API.
var services = [...]struct{ label, what string }{
	{"metadata", "the Discovery API"}, {"semantic-layer", "the Semantic Layer"}, {"login", "the login page"}, {"docs", "the documentation"},
	{"www", "the web site"}, {"hub", "the package hub"}, {"status", "the status page"},
}

// others are the domains of services whose address is taken for the tenant's:
// warehouses, forges, chat. Source: the documentation of each (2026). Domains under
// which anybody may run a gateway (elb.amazonaws.com) are none.
var others = [...]struct{ domain, what string }{
	{"snowflakecomputing.com", "Snowflake"}, {"databricks.com", "Databricks"}, {"azuredatabricks.net", "Databricks"},
	{"redshift.amazonaws.com", "Redshift"}, {"redshift-serverless.amazonaws.com", "Redshift"}, {"rds.amazonaws.com", "a database of AWS"},
	{"googleapis.com", "Google Cloud"}, {"database.windows.net", "a database of Azure"}, {"azuresynapse.net", "Synapse"}, {"fabric.microsoft.com", "Fabric"},
	{"github.com", "GitHub"}, {"gitlab.com", "GitLab"}, {"slack.com", "Slack"}, {"astronomer.io", "Astronomer"}, {"astronomer.run", "Astronomer"},
}

// OtherService is the service whose host a name is; empty for none that we know.
func OtherService(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, o := range others {
		if host == o.domain || strings.HasSuffix(host, "."+o.domain) {
			return o.what
		}
	}
	return ""
}

// HostProblem is what is wrong with a host.
type HostProblem uint8

// The problems that a host can have; each is a rule's own.
const (
	HostFine     HostProblem = iota
	HasScheme                // https://…
	HasPath                  // a slash, path, query, fragment or userinfo
	HasBlank                 // white space at an end
	NotAHost                 // no valid host name
	IsAddress                // an IP address
	SingleLabel              // no dot: cloud, emea (the habit of provider 2.x)
	NotTheAPI                // another of dbt's services
	PrefixOnOld              // an account prefix glued to a host that has none
	Mistyped                 // a letter or two off, a region missing or swapped
	Retired                  // the old multi-tenant hosts
	SingleTenant             // another host below getdbt.com
	Foreign                  // a host of no dbt domain
)

// Host is a judgement of a tenant.
type Host struct {
	Problem HostProblem
	// Start and End are the bytes that show the problem.
	Start, End int
	// Suggestion is the host that is meant, where that is certain or likely.
	Suggestion string
	// Detail names what it is instead, for a message.
	Detail string
	// AccountID found in a pasted address, as digits.
	AccountID string
	// Port that stands behind a name and is called, as it is written, and where.
	Port   string
	PortAt int
	// Cell is the name alone, in lower case, of an account's access address; see
	// [IsCellHost].
	Cell string
}

// ParseHost judges the text of a dbt Cloud connection's host: the worst problem
// first, since what follows from it is no problem of its own.
func ParseHost(s string) Host {
	switch {
	case s == "":
		return Host{}
	case strings.TrimSpace(s) == "":
		return Host{Problem: HasBlank, End: len(s)}
	}
	if h, ok := scheme(s); ok {
		return h
	}
	core := strings.TrimSpace(s)
	if at := strings.IndexAny(core, "/?#@\\"); at >= 0 {
		return path(s, core, at)
	}
	if core != s {
		h := Host{Problem: HasBlank, Start: 0, End: strings.Index(s, core), Suggestion: core}
		if end := strings.Index(s, core) + len(core); end < len(s) {
			h.Start, h.End = end, len(s)
		}
		return h
	}
	if isAddress(core) {
		return Host{Problem: IsAddress, End: len(core), Detail: "an IP address"}
	}
	name, port := core, ""
	if i := strings.IndexByte(core, ':'); i >= 0 {
		name, port = core[:i], core[i:]
	}
	if first, _, _ := strings.Cut(name, "."); strings.EqualFold(first, "ACCOUNT_PREFIX") && IsDbtDomain(name) {
		return Host{Problem: Mistyped, Detail: unfilledPrefix, End: len(first)}
	}
	if h, bad := invalid(name); bad {
		return h
	}
	if port != "" && !isPort(port[1:]) {
		return Host{Problem: NotAHost, Start: len(name) + 1, End: len(core), Detail: "a port that is no number from 0 to 65535"}
	}
	plain := strings.ToLower(strings.TrimSuffix(name, "."))
	h := judgeName(plain)
	if h.Problem == HostFine && IsCellHost(plain) {
		h.Cell = plain
	}
	if strings.Trim(port, ":0") != "" { // urllib3 drops the port 0
		h.Port, h.PortAt = port[1:], len(name)+1
	}
	if h.Problem != HostFine && h.End == 0 {
		h.End = len(name)
	}
	if h.Suggestion != "" {
		h.Suggestion += port
	}
	return h
}

// scheme finds https:// and its misspellings in front.
func scheme(s string) (Host, bool) {
	lead := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	rest := s[lead:]
	if strings.IndexByte(rest, ':') < 0 && !strings.Contains(rest, "//") {
		return Host{}, false // most hosts
	}
	lower := strings.ToLower(rest)
	for _, p := range [...]string{"https://", "http://", "https:/", "http:/", "https//", "http//", "https:", "http:"} {
		if strings.HasPrefix(lower, p) {
			h := Host{Problem: HasScheme, Start: lead, End: lead + len(p), AccountID: AccountInAddress(rest)}
			if name := hostOf(rest[len(p):]); name != "" {
				h.Suggestion = name
			}
			return h, true
		}
	}
	if i := strings.Index(rest, "://"); i > 0 {
		return Host{Problem: HasScheme, Start: lead, End: lead + i + 3, Suggestion: hostOf(rest[i+3:]), AccountID: AccountInAddress(rest)}, true
	}
	return Host{}, false
}

// hostOf is the host at the front of a pasted address; empty where it is none.
func hostOf(s string) string {
	s = strings.TrimLeft(s, "/")
	if i := strings.IndexAny(s, "/?# \t\r\n"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if _, bad := invalid(strings.TrimSuffix(s, ":443")); bad || s == "" {
		return ""
	}
	return s
}

// path judges a host that holds more than a host.
func path(s, core string, at int) Host {
	lead := strings.Index(s, core)
	h := Host{Problem: HasPath, Start: lead + at, End: lead + len(core), Suggestion: hostOf(core), AccountID: AccountInAddress(core)}
	switch core[at] {
	case '@':
		h.Start, h.End, h.Detail = lead, lead+at+1, "userinfo"
	case '/':
		h.Detail = "a path"
		if strings.Trim(core[at:], "/") == "" {
			h.Detail = "a trailing slash"
		}
	case '?':
		h.Detail = "a query"
	case '#':
		h.Detail = "a fragment"
	default:
		h.Detail = "a backslash"
	}
	return h
}

// isPort reports whether urllib3 and yarl take the text as a port. Nothing is one,
// too.
func isPort(s string) bool {
	_, err := strconv.ParseUint("0"+s, 10, 16)
	return err == nil
}

// isAddress reports whether the text is an IP address, in brackets or without.
func isAddress(s string) bool {
	if !MayBeAddress(s) {
		return false
	}
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil
}

// MayBeAddress tells quickly that a text is no IP address, as most hosts are none:
// one ends in a digit or a bracket, or holds a colon.
func MayBeAddress(s string) bool {
	if s == "" {
		return false
	}
	last := s[len(s)-1]
	return last >= '0' && last <= '9' || last == ']' || strings.IndexByte(s, ':') >= 0
}

// invalid judges whether the text can be a host name at all (RFC 1123).
func invalid(name string) (Host, bool) {
	if isAddress(name) {
		return Host{Problem: IsAddress, End: len(name), Detail: "an IP address"}, true
	}
	off := 0
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		bad := func(i, j int, what string) (Host, bool) {
			return Host{Problem: NotAHost, Start: off + i, End: off + j, Detail: what}, true
		}
		switch {
		case label == "":
			return bad(0, min(1, len(name)-off), "an empty label")
		case len(label) > 63:
			return bad(0, len(label), "a label of more than 63 characters")
		case label[0] == '-' || label[len(label)-1] == '-':
			return bad(0, len(label), "a label that begins or ends with a hyphen")
		}
		for i, r := range label {
			if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				what := "a character that no host name has"
				switch {
				case r == '_':
					what = "an underscore"
				case r > 0x7F:
					what = "a character that is not ASCII"
				}
				_, width := utf8.DecodeRuneInString(label[i:]) // of a byte that is no UTF-8: 1
				return bad(i, i+width, what)
			}
		}
		off += len(label) + 1
	}
	if !strings.Contains(strings.TrimSuffix(name, "."), ".") && !strings.EqualFold(name, "localhost") {
		return Host{Problem: SingleLabel, End: len(name), Detail: "a single label"}, true
	}
	return Host{}, false
}

// IsDbtDomain reports whether a host is one of dbt's: dbt.com or getdbt.com, or
// below them.
func IsDbtDomain(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
	return strings.HasSuffix(host, ".dbt.com") || strings.HasSuffix(host, ".getdbt.com") || host == "dbt.com" || host == "getdbt.com"
}

// IsCellHost reports whether a name in lower case is the access address of an
// account in a region that dbt documents: PREFIX.REGION.dbt.com.
func IsCellHost(name string) bool {
	_, rest, _ := strings.Cut(name, ".")
	region, rest, _ := strings.Cut(rest, ".")
	return rest == "dbt.com" && slices.Contains(regions[:], region)
}

// judgeName judges a valid name in lower case.
func judgeName(name string) Host {
	labels := strings.Split(name, ".")
	if slices.Contains(retired[:], name) {
		return Host{Problem: Retired}
	}
	if !IsDbtDomain(name) {
		if s, ok := nearMiss(name); ok {
			return Host{Problem: Mistyped, Suggestion: s}
		}
		return Host{Problem: Foreign}
	}
	for _, s := range services {
		for i, label := range labels {
			// PREFIX.metadata.REGION.dbt.com, metadata.cloud.getdbt.com, www.getdbt.com
			if label == s.label && (i == 0 || i == 1 && len(labels) > 4) {
				return Host{Problem: NotTheAPI, Detail: s.what, Suggestion: withoutService(labels, i)}
			}
		}
	}
	switch {
	case name == "dbt.com", name == "getdbt.com":
		return Host{Problem: NotTheAPI, Detail: "the web site"}
	case strings.HasSuffix(name, ".getdbt.com"):
		return judgeOld(name, labels)
	}
	return judgeCell(labels)
}

// withoutService is the API host that goes with a service's host.
func withoutService(labels []string, i int) string {
	name := strings.Join(slices.Delete(slices.Clone(labels), i, i+1), ".")
	if h := judgeName(name); h.Problem == HostFine || h.Problem == Retired {
		return name
	}
	return ""
}

// judgeOld judges a name below getdbt.com: old, and a single tenant's where it is
// none of the others.
func judgeOld(name string, labels []string) Host {
	first := labels[:len(labels)-2]
	switch {
	case len(first) > 1 && first[len(first)-1] == "cloud":
		return Host{Problem: PrefixOnOld, Detail: "cloud.getdbt.com"}
	case strings.HasSuffix(name, ".dbt.com.getdbt.com"):
		return Host{Problem: Mistyped, Suggestion: strings.TrimSuffix(name, ".getdbt.com")}
	case len(first) == 1 && (first[0] == "emea" || first[0] == "au"):
		return Host{Problem: Mistyped, Suggestion: first[0] + ".dbt.com"}
	case len(first) == 2 && slices.Contains(regions[:], first[1]):
		return Host{Problem: Mistyped, Suggestion: strings.Join(first, ".") + ".dbt.com"}
	}
	if s, ok := nearMiss(name); ok {
		return Host{Problem: Mistyped, Suggestion: s}
	}
	return Host{Problem: SingleTenant}
}

// unfilledPrefix is what is wrong with ACCOUNT_PREFIX.us1.dbt.com, as dbt's
// documentation writes it.
const unfilledPrefix = "the account prefix is not filled in"

// judgeCell judges a name below dbt.com.
func judgeCell(labels []string) Host {
	first := labels[:len(labels)-2]
	switch {
	case len(first) == 1 && slices.Contains(regions[:], first[0]):
		return Host{Problem: NotTheAPI, Detail: "the login page of a region"}
	case len(first) == 1 && first[0] == "cloud":
		return Host{Problem: Mistyped, Suggestion: "cloud.getdbt.com"}
	case len(first) == 1:
		return Host{Problem: Mistyped, Detail: "the region is missing"}
	case len(first) == 2 && (first[1] == "emea" || first[1] == "au"):
		return Host{Problem: PrefixOnOld, Detail: first[1] + ".dbt.com"}
	case len(first) == 2 && (first[0] == "account-prefix" || first[0] == "prefix"):
		return Host{Problem: Mistyped, Detail: unfilledPrefix, End: len(first[0])}
	case len(first) == 2 && slices.Contains(regions[:], first[0]) && !slices.Contains(regions[:], first[1]):
		return Host{Problem: Mistyped, Suggestion: first[1] + "." + first[0] + ".dbt.com"}
	}
	return Host{}
}

// nearMiss finds the dbt host that a name misses by a letter or two: in its last
// labels for a cell's, as a whole for the old ones. Where a name is short, or all
// but one word of it is right, it is one letter: club.getdbt.com may be a tenant,
// us1.ibm.com a gateway.
func nearMiss(name string) (string, bool) {
	for _, old := range retired {
		most := 2
		if strings.HasSuffix(name, ".getdbt.com") || len(old) <= len("emea.dbt.com") {
			most = 1
		}
		if d := near.Distance(name, old); d > 0 && d <= most {
			return old, true
		}
	}
	// ab123.us1.dbt.con, ab123.us1.dtb.com, ab123.us1dbt.com
	labels := strings.Split(name, ".")
	if len(labels) == 4 && slices.Contains(regions[:], labels[1]) {
		most := 1
		if isUsualPrefix(labels[0]) {
			most = 2
		}
		if d := near.Distance(labels[2]+"."+labels[3], "dbt.com"); d > 0 && d <= most {
			return labels[0] + "." + labels[1] + ".dbt.com", true
		}
	}
	for _, region := range regions {
		if rest, ok := strings.CutSuffix(name, "."+region+"dbt.com"); ok && rest != "" {
			return rest + "." + region + ".dbt.com", true
		}
	}
	return "", false
}

// isUsualPrefix reports whether a label looks as dbt's account prefixes do: two
// letters and three digits in all public samples (2026).
func isUsualPrefix(label string) bool {
	return len(label) == 5 && strings.Trim(label[:2], "abcdefghijklmnopqrstuvwxyz") == "" && strings.Trim(label[2:], "0123456789") == ""
}
