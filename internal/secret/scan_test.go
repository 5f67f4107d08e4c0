package secret

import (
	"strings"
	"testing"
)

// Secrets are written s3cret, or hold it; everything of it must be masked.
func TestRedact(t *testing.T) {
	const token = "dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample_0-1abcd"
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"word", "dbt_cloud", "dbt_cloud"},
		{"host", "ab123.us1.dbt.com", "ab123.us1.dbt.com"},
		{"host and port", "ab123.us1.dbt.com:443", "ab123.us1.dbt.com:443"},
		{"url", "https://ab123.us1.dbt.com:443/deploy/1/projects/2?x=12:30", "https://ab123.us1.dbt.com:443/deploy/1/projects/2?x=12:30"},
		{"url twice", "https://https://ab123.us1.dbt.com", "https://https://ab123.us1.dbt.com"},
		{"ipv6", "http://[::1]:8080/x", "http://[::1]:8080/x"},
		{"login only", "postgres://bob@h/db", "postgres://bob@h/db"},
		{"email", "bob@example.com", "bob@example.com"},
		{"account id", "70403", "70403"},
		{"pointer", "/proxies/https", "/proxies/https"},
		{"id that names a secret", "my_token", "my_token"},
		{"brokers", "kafka://h1:9092,h2:9092", "kafka://h1:9092,h2:9092"},

		{"token alone", token, "***"},
		{"token in a path", "https://h/" + token + "/x", "https://h/***/x"},

		{"yaml", "      conn_password: s3cret", "      conn_password: ***"},
		{"yaml with comment", "password: s3cret # s3cret", "password: ***"},
		{"yaml cut by a comment", "conn_password: #s3cret", "conn_password: ***"},
		{"yaml quoted", `password: "s3cret" # ours`, `password: "***" # ours`},
		{"yaml quote in quotes", `password: 's3c''ret'`, `password: '***'`},
		{"yaml apostrophe", `password: it's "s3cret", isn't it`, "password: ***"},
		{"yaml flow", "{password: s3cret, host: h, token: s3cret}", "{password: ***, host: h, token: ***}"},
		{"yaml comment", "  # conn_password: s3cret", "  # conn_password: ***"},
		{"yaml block head", "password: |-", "password: |-"},
		{"yaml null", "password: ~", "password: ~"},
		{"yaml authorization", "conn_password: Token s3cret", "conn_password: Token ***"},
		{"json", `{"password": "s3cret", "host": "h"}`, `{"password": "***", "host": "h"}`},
		{"json compact", `{"password":"s3cret","host":"h"}`, `{"password":"***","host":"h"}`},
		{"json number", `{"password": 12345, "host": "h"}`, `{"password": ***, "host": "h"}`},
		{"json null", `{"password": null, "host": "h"}`, `{"password": null, "host": "h"}`},
		{"json empty", `{"password": "", "host": "h"}`, `{"password": "", "host": "h"}`},
		{"json escaped quote", `{"password": "s3\"cret\\", "host": "h"}`, `{"password": "***", "host": "h"}`},
		{"json broken quote", `{"password": "s3"cret", "host": "h"}`, `{"password": "***", "host": "h"}`},
		{"json without end", `{"password": "s3cret`, `{"password": "***`},
		{"json object", `{"keyfile_dict": {"a": ["s3cret"], "b": {}}, "host": "h"}`, `{"keyfile_dict": {***}, "host": "h"}`},
		{"json in json", `"extra": "{\"token\": \"s3cret\", \"x\": 1}"`, `"extra": "{\"token\": \"***\", \"x\": 1}"`},
		{"json in json in json", `"{\"a\": \"{\\\"token\\\": \\\"s3\\\\\\\"cret\\\", \\\"x\\\": 1}\"}"`, `"{\"a\": \"{\\\"token\\\": \\\"***\\\", \\\"x\\\": 1}\"}"`},
		{"python", `{'password': 's3cret', 'host': 'h'}`, `{'password': '***', 'host': 'h'}`},
		{"space before colon", `"password" : "s3cret"`, `"password" : "***"`},
		{"env", "DBT_TOKEN=s3cret&more s3cret", "DBT_TOKEN=***"},
		{"export", "export DBT_API_KEY='s3cret'", "export DBT_API_KEY='***'"},
		{"query", "postgres://h/db?sslmode=x&password=s3cret&a=b", "postgres://h/db?sslmode=x&password=***&a=b"},
		{"query in json", `"uri": "postgres://h/db?token=s3cret", "x": 1`, `"uri": "postgres://h/db?token=***", "x": 1`},
		{"parameters", "Server=x;Password=s3cret;Database=d", "Server=x;Password=***;Database=d"},
		{"option", "airflow connections add x --conn-password s3cret --conn-host h", "airflow connections add x --conn-password *** --conn-host h"},
		{"option quoted", `--conn-password "s3 cret" --conn-host h`, `--conn-password "***" --conn-host h`},

		{"uri", "postgres://u:s3cret@h:5432/db", "postgres://u:***@h:5432/db"},
		{"uri without login", "dbt-cloud://:s3cret@h", "dbt-cloud://:***@h"},
		{"uri of no scheme", "dbt_cloud://:s3cret@h", "dbt_cloud://:***@h"},
		{"uri without at", "dbt-cloud://:s3cret", "dbt-cloud://:***"},
		{"uri with all sorts", "x://u:s3@cr/e?t#s3cret@h", "x://u:***@h"},
		{"uri with digits and path", "x://u:1/s3cret@h", "x://u:***@h"},
		{"uri with blanks", "dbt-cloud://1:s3 c@r et@h", "dbt-cloud://1:***@h"},
		{"uri with blanks in a line", "u: dbt-cloud://1:s3 cret@h", "u: dbt-cloud://1:***@h"},
		{"uri with a quote", `X=dbt-cloud://1:s3'c"ret@h`, `X=dbt-cloud://1:***@h`},
		{"uri with escaped slashes", `"x:\/\/u:s3cret@h"`, `"x:\/\/u:***@h"`},
		{"uri with escaped slashes without at", `"x:\/\/u:s3cret"`, `"x:\/\/u:***"`},
		{"uri in uri", "http://https://u:s3cret@h", "http://https://u:***@h"},
		{"one slash", "x:/u:s3cret@h", "x:***@h"},
		{"no slashes", "u:s3cret@h", "u:***@h"},
		{"uris in json", `{"a":"x://u:s3cret@h","b":"y://v:s3cret@i"}`, `{"a":"x://u:***@h","b":"y://v:***@i"}`},
		{"uri in json in json", `"{\"https\": \"http://u:s3cret@p:3128\"}"`, `"{\"https\": \"http://u:***@p:3128\"}"`},
		{"two uris", "x://u:s3cret@h y://v:s3cret@i", "x://u:***@h y://v:***@i"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Redact(tt.in); got != tt.want {
				t.Errorf("Redact(%q)\n got %s\nwant %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestScanIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("scans megabytes")
	}
	for _, piece := range []string{`"password": "`, "x://u:p ", `"a":{"token":[`, ":", `\"token\":\"`, "x:@", "--token ", "://", "password=?", "'"} {
		Scan(strings.Repeat(piece, 4<<20/len(piece))) // hangs where it is not
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"password": "x", "a": "p://u:v@h"}`, "token=a&b=c", `\"token\": \"x\\"`, "x://[::1", "--token", "a: 'b", "😀://:é@h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := -1
		for _, r := range Scan(s) {
			if r[0] <= last || r[0] >= r[1] || r[1] > len(s) {
				t.Fatalf("range %v after %d in %q of length %d", r, last, s, len(s))
			}
			last = r[1]
		}
	})
}
