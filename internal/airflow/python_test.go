package airflow

import (
	"math"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// What is wanted in these tables is what CPython 3.11 answered.

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		"a%41b": "aAb", "pa%ss": "pa%ss", "%": "%", "%4": "%4", "a+b": "a+b", "%C3%A9": "é",
		"%E2%82": "\uFFFD", "%E2%82a": "\uFFFDa", "%E2é": "\uFFFDé", "%FF%FE": "\uFFFD\uFFFD", "%ED%A0%80": "\uFFFD\uFFFD\uFFFD", "%F0%9F%98%80": "😀",
	} {
		if got := unquote(looseText(in)).String(); got != want {
			t.Errorf("unquote(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLower(t *testing.T) {
	for in, want := range map[string]string{
		"ABC": "abc", "İ": "i̇", "ΣΣ": "σς", "Σ": "σ", "ΑΣ'": "ας'", "STRAẞE": "straße", "\u212A": "k", "\xed\xa0\x80A": "\xed\xa0\x80a",
	} {
		if got := lower(in); got != want {
			t.Errorf("lower(%q) = %q, want %q", in, got, want)
		}
		if got := lowerText(looseText(in)).String(); got != want {
			t.Errorf("lowerText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFormatFloat(t *testing.T) {
	for want, in := range map[string]float64{
		"443.0": 443, "1.1": 1.10, "100000.0": 1e5, "1e+16": 1e16, "1e-05": 1e-5, "0.0001": 1e-4, "-0.0": math.Copysign(0, -1),
		"1.5e+300": 1.5e300, "123456789012345.0": 123456789012345, "nan": math.NaN(), "inf": math.Inf(1), "-inf": math.Inf(-1),
	} {
		if got := formatFloat(in); got != want {
			t.Errorf("formatFloat(%v) = %q, want %q", in, got, want)
		}
	}
	if got, want := truncFloat(1e20), "100000000000000000000"; got != want {
		t.Errorf("truncFloat = %s, want %s", got, want)
	}
}

func TestWriteJSONString(t *testing.T) {
	for in, want := range map[string]string{
		"a\"\\/": `"a\"\\/"`, "\b\f\n\r\t\x01\x7f": `"\b\f\n\r\t\u0001\u007f"`, "é😀": `"\u00e9\ud83d\ude00"`, "\xed\xa0\x80": `"\ud800"`,
	} {
		var b strings.Builder
		if writeJSONString(&b, in); b.String() != want {
			t.Errorf("%q is written %s, want %s", in, &b, want)
		}
	}
}

func TestURLSplit(t *testing.T) {
	old, middle, new := &Profile{flags: LoosePorts | LooseSchemes | PortIsNoScheme}, &Profile{flags: LooseSchemes}, &Profile{flags: ChecksBrackets}
	tests := []struct {
		p                             *Profile
		url                           string
		scheme, netloc, path, failure string
	}{
		{new, "HTTP://u:p@H:1/p?q#f", "http", "u:p@H:1", "/p", ""},
		{new, " \x01a\tb://h\n", "ab", "h", "", ""},
		{new, "dbt_cloud://h", "", "", "dbt_cloud://h", ""},
		{new, "1a://h", "", "", "1a://h", ""},
		{middle, "1a://h", "1a", "h", "", ""},
		{middle, "h:443", "h", "", "443", ""},
		{old, "h:443", "", "", "h:443", ""},
		{old, "http:443", "http", "", "443", ""},
		{new, "a://[h", "a", "[h", "", "Invalid IPv6 URL"},
		{new, "a://[bad]", "a", "[bad]", "", "'bad' does not appear to be an IPv4 or IPv6 address"},
		{new, "a://[1.2.3.4]", "a", "[1.2.3.4]", "", "An IPv4 address cannot be in brackets"},
		{new, "a://[v1.x]", "a", "[v1.x]", "", ""},
		{new, "a://[v.x]", "a", "[v.x]", "", "IPvFuture address is invalid"},
		{old, "a://[bad]", "a", "[bad]", "", ""},
		{new, "a://u:a＃b@h", "a", "u:a＃b@h", "", "netloc 'u:a＃b@h' contains invalid characters under NFKC normalization"},
	}
	for _, tt := range tests {
		u, err := tt.p.urlsplit(looseText(tt.url))
		failure := ""
		if err != nil {
			failure = err.message
		}
		if failure != tt.failure {
			t.Errorf("%q: failure %q, want %q", tt.url, failure, tt.failure)
		}
		if u.scheme != tt.scheme || u.netloc.String() != tt.netloc || failure == "" && u.path.String() != tt.path {
			t.Errorf("%q: %q %q %q, want %q %q %q", tt.url, u.scheme, u.netloc.String(), u.path.String(), tt.scheme, tt.netloc, tt.path)
		}
	}
}

func TestHostAt(t *testing.T) {
	for netloc, want := range map[string][2]string{
		"h": {"h", ""}, "h:1": {"h", "1"}, "u:p@h:1": {"h", "1"}, "a@b@h:": {"h", ""}, "[::1]:5": {"::1", "5"}, "::1:5": {"", ":1:5"},
		"[::1]x:1": {"::1", "1"}, "x[::1]:1": {"::1", "1"}, "": {"", ""}, "h:1:2": {"h", "1:2"},
	} {
		host, port := hostAt(netloc)
		if h, p := netloc[host.Start:host.End], netloc[port.Start:port.End]; h != want[0] || p != want[1] {
			t.Errorf("%q: %q and %q, want %q", netloc, h, p, want)
		}
	}
}

func TestHostIsEditable(t *testing.T) {
	file := &source.File{Data: "x://u@AB%2Ecd/s"}
	p := &Profile{}
	u, _ := p.urlsplit(file.Text())
	host := hostOf(&u, false)
	edit, ok := host.Src.Replace(0, 2, "a/b")
	if !ok || file.Data[:edit.Span.Start]+edit.New+file.Data[edit.Span.End:] != "x://u@a%2Fb%2Ecd/s" {
		t.Errorf("edit %+v, %v", edit, ok)
	}
}

func TestVersionFor(t *testing.T) {
	tests := []struct {
		name, patch   string
		newer, failed bool
	}{
		{"2.11", "2.11.2", false, false}, {"2.11.2", "2.11.2", false, false}, {"2.3", "2.3.4", false, false}, {"3.1.5", "3.1.5", false, false},
		{"2.11.9", "2.11.2", true, false}, {"3.9", "3.3.2", true, false}, {"4.0.0", "3.3.2", true, false},
		{"2.2", "", false, true}, {"1.10.15", "", false, true}, {"2.12", "", false, true}, {"x", "", false, true}, {"3", "", false, true}, {"3.1.", "", false, true}, {"-3.1", "", false, true},
	}
	for _, tt := range tests {
		v, newer, err := VersionFor(tt.name)
		if v.Patch != tt.patch || newer != tt.newer || (err != nil) != tt.failed || err == nil && v.Name != tt.name {
			t.Errorf("VersionFor(%q) = %q %q, %v, %v", tt.name, v.Name, v.Patch, newer, err)
		}
	}
}

func TestProfiles(t *testing.T) {
	at := func(name string) Version {
		v, _, err := VersionFor(name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if at("2.10").Server != at("2.11").Server {
		t.Error("2.10 and 2.11 read alike")
	}
	if at("3.1.5").Server.Has(TypedQuery) || !at("3.1.6").Server.Has(TypedQuery) || at("3.3").Worker.Has(TypedQuery) {
		t.Error("query values are typed in core from 3.1.6 on")
	}
	if at("3.1.8").Worker != at("3.1.8").Server || !at("3.2").Worker.Has(SDKClass) {
		t.Error("workers have a class of their own from 3.2 on")
	}
	if at("2.8.1").Server.Has(SanitisesID) || !at("2.8.2").Server.Has(SanitisesID) {
		t.Error("ids are sanitised from 2.8.2 on")
	}
	for _, v := range Lines() {
		if v.Name != v.Line || v.HasWorker != (v.Line[0] == '3') {
			t.Errorf("line %+v", v)
		}
	}
}
