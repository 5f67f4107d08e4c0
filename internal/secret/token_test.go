package secret

import (
	"slices"
	"strings"
	"testing"
)

const (
	exampleService  = "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample_0-1abcd"
	examplePersonal = "dbtu_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample_0-1abcd"
)

func TestClassify(t *testing.T) {
	hex := strings.Repeat("0123456789", 3) + "abcdef0123"
	for in, want := range map[string]Kind{
		exampleService: ServiceToken, examplePersonal: PersonalToken, "dbtc_x": ServiceToken, hex: LegacyToken,
		"eyJ" + strings.Repeat("EXAMPLE", 4) + ".eyJ" + strings.Repeat("EXAMPLE", 4) + ".EXAMPLE": JWT,
		"gAAAAA" + strings.Repeat("EXAMPLE_", 8) + "==":                                           Fernet,
		"AKIA" + strings.Repeat("EXAM", 4):                                                        AWSKey,
		"ghp_" + strings.Repeat("EXAMPLE", 6):                                                     GitHubToken,
		"github_pat_" + strings.Repeat("EXAMPLE", 6):                                              GitHubToken,
		"xoxb-" + strings.Repeat("EXAMPLE-", 3) + "x":                                             SlackToken,
		"dapi" + strings.Repeat("0123abcd", 4):                                                    Databricks,

		// Whole texts only, and no near misses.
		"": NoToken, "dbtc_": NoToken, "dbtu_": NoToken, "dbt_cloud": NoToken, "dbt_cloud_default": NoToken, "dbts_x": NoToken, "DBTC_X": NoToken,
		"Token " + exampleService: NoToken, exampleService + " ": NoToken, exampleService + " " + examplePersonal: NoToken,
		strings.ToUpper(hex): NoToken, hex[1:]: NoToken, hex + "0": NoToken, strings.Repeat("1", 40): NoToken,
		"eyJ": NoToken, "AKIA": NoToken, "ghp_short": NoToken, "xoxb-": NoToken, "dapi": NoToken, "password": NoToken, "12345": NoToken,
		"ab123.us1.dbt.com": NoToken, "***": NoToken, "${TOKEN}": NoToken,
	} {
		if got := Classify(in); got != want {
			t.Errorf("Classify(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFindTokens(t *testing.T) {
	key := "-----BEGIN RSA PRIVATE KEY-----\nEXAMPLE\n"
	for _, c := range []struct {
		in   string
		want []string // what is found, in order
	}{
		{"no secret at all", nil},
		{`{"password": "` + exampleService + `"}`, []string{exampleService}},
		{"dbt-cloud://1:" + exampleService + "@h", []string{exampleService}},
		{"Token " + exampleService, []string{exampleService}},
		{"a=" + exampleService + "&b=" + examplePersonal, []string{exampleService, examplePersonal}},
		{exampleService + exampleService, []string{exampleService + exampleService}},
		{examplePersonal + exampleService, []string{examplePersonal + exampleService}},
		{"x" + exampleService, []string{exampleService}},
		{"%22" + exampleService + "%22", []string{exampleService}},
		{`\n` + exampleService + `\n`, []string{exampleService}},
		{"dbtc_ab…", []string{"dbtc_ab"}},
		{"dbtc_…", nil},
		{"-" + exampleService, []string{exampleService}},
		{key + "-----END RSA PRIVATE KEY-----", []string{key}},
		{"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", nil},
		{key, []string{key}},
		{"ö" + exampleService + "ö", []string{exampleService}},
	} {
		var got []string
		for _, tok := range FindTokens(c.in) {
			got = append(got, c.in[tok.Start:tok.End])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("FindTokens(%q) finds %q, want %q", c.in, got, c.want)
		}
	}
}

// findSlowly is FindTokens without its quick look at where a token may begin.
func findSlowly(s string) []Token {
	var ts []Token
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && isTokenByte(s[end]) {
			end++
		}
		switch {
		case end == i:
			i++
			continue
		case strings.HasPrefix(s[i:], "-----BEGIN ") && strings.Contains(s[i:min(i+60, len(s))], "PRIVATE KEY"):
			end = len(s)
			if j := strings.Index(s[i:], "-----END "); j >= 0 {
				end = i + j
			}
			ts = append(ts, Token{i, end, PEM})
		default:
			ts = appendWord(ts, s, i, end)
			if n := len(ts); n > 0 {
				end = max(end, ts[n-1].End)
			}
		}
		i = end
	}
	return ts
}

// wordLength is the length of the run of word characters that a token begins in.
func wordLength(s string, t Token) int {
	i, j := t.Start, t.Start
	for i > 0 && isTokenByte(s[i-1]) {
		i--
	}
	for j < len(s) && isTokenByte(s[j]) {
		j++
	}
	return j - i
}

func FuzzFindTokens(f *testing.F) {
	for _, p := range prefixes {
		f.Add("x_" + p.text + strings.Repeat("aB3-", 12) + "=." + p.text)
	}
	for _, s := range []string{exampleService, "x" + examplePersonal + ".", "eyJ" + strings.Repeat("a", 30) + ".b", "-----BEGIN PRIVATE KEY-----", "dbtc_dbtu_", "-----BEGIN RSA PRIVATE KEY----- dbtc_ -----END x-eyJ", strings.Repeat("0a", 20) + "-" + strings.Repeat("0a", 20) + " " + strings.Repeat("0a", 20)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := FindTokens(s), findSlowly(s); !slices.Equal(got, want) {
			t.Errorf("FindTokens(%q) finds %+v, want %+v", s, got, want)
		}
		long := slices.DeleteFunc(findSlowly(s), func(t Token) bool { return t.Kind != PEM && wordLength(s, t) < 20 })
		if got := FindLongTokens(s, 20); !slices.Equal(got, long) {
			t.Errorf("FindLongTokens(%q) finds %+v, want %+v", s, got, long)
		}
		end := 0
		for _, tok := range FindTokens(s) {
			if tok.Start < end || tok.End <= tok.Start || tok.End > len(s) || tok.Kind == NoToken {
				t.Errorf("FindTokens(%q) finds %+v after %d", s, tok, end)
			}
			end = tok.End
		}
		// Nothing after a dbt prefix is left to see.
		for _, prefix := range []string{"dbtc_", "dbtu_"} {
			if masked := Redact(s); strings.Contains(masked, prefix+"EXAMPLE") {
				t.Errorf("Redact(%q) shows a token", s)
			}
		}
	})
}

func TestSensitiveKey(t *testing.T) {
	for _, name := range []string{
		"password", "Password", "PASSWORD", "passwd", "secret", "client_secret", "clientSecret", "api_key", "apiKey", "api-key", "apikey", "APIKEY",
		"access_token", "token", "api_token", "API Token", "private_key", "private.key", "sasl.password", "ssl.key.password", "ssl.key.pem", "passphrase",
		"keyfile_dict", "service_account", "proxies", "proxy", "aws_secret_access_key", "connection_string", "dsn", "bearer", "auth_header", "webhook_url",
		"authorization", "Authorization", "extra__google_cloud_platform__keyfile_dict", "kube_config", "keytab", "key_json", "account_key", "AccountKey",
		"credential", "credentials", "certificate_data", "write_key", "routing_key", "app_key", "consumer_key", "cert_key_pem", "session_key", "pwd",
		"oauth", "jwt", "pat", "pass", "sas_token", "shared_access_key", "webhook_endpoint",
	} {
		if !SensitiveKey(name) {
			t.Errorf("SensitiveKey(%q) = false", name)
		}
	}
	for _, name := range []string{"", "host", "login", "port", "schema", "conn_type", "conn_id", "account_id", "tenant", "region", "region_name", "path", "patch", "compass", "bypass", "database", "warehouse", "role", "key", "keys", "timeout", "verify"} {
		if SensitiveKey(name) {
			t.Errorf("SensitiveKey(%q) = true", name)
		}
	}
}

func TestIncomplete(t *testing.T) {
	const body = "EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01"
	for s, want := range map[string]bool{
		"dbtc_" + body: false, "dbtu_" + body[:50]: false, "dbtc_" + body[:30]: false, body: false, "": false, "ab…": false,
		"dbtc_" + body[:29]: true, "dbtc_": true, "dbtc_ab…": true, "dbtc_" + body + "...": true, "dbtu_" + strings.Repeat("x", 50): true,
		"dbtc_" + body + "dbtc_" + body: true, "dbtc_dbtu_" + body: true, "dbtc_****************************************": true,
	} {
		if got := Incomplete(s) != ""; got != want {
			t.Errorf("Incomplete(%q) = %q", s, Incomplete(s))
		}
	}
}
