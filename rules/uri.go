package rules

import (
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

var uri = []*lint.Rule{&underscoreScheme, &unencodedCharacter, &missingAtSign, &invalidURIPort, &nestedScheme, &notAURI}

// uriFault is what is wrong with a URI, told from its text. One text has one
// fault: the first that a reader meets.
type uriFault uint8

const (
	noFault uriFault = iota
	faultUnderscore
	faultUnencoded
	faultMissingAt
	faultPort
	faultNested
	faultNoScheme
	faultQuoted
)

// diagnose finds the fault of a URI that its consumer does not read as it was
// meant, and the bytes that show it. It does not parse: parsing is the
// consumer's, this is why it went wrong.
func diagnose(s string) (f uriFault, i, j int) {
	if s == "" {
		return noFault, 0, 0
	}
	if c := s[0]; c == '"' || c == '\'' || c == '`' {
		return faultQuoted, 0, 1
	}
	sep := strings.Index(s, "://")
	if sep <= 0 {
		return faultNoScheme, 0, len(s)
	}
	scheme, rest := s[:sep], s[sep+3:]
	if u := strings.IndexByte(scheme, '_'); u >= 0 && isSchemeBut(scheme) {
		return faultUnderscore, 0, sep
	}
	if !isScheme(scheme) {
		return faultNoScheme, 0, sep
	}
	base := sep + 3
	if n := strings.Index(rest, "://"); n >= 0 {
		k := n
		for k > 0 && isSchemeByte(rest[k-1]) {
			k--
		}
		return faultNested, base + k, base + n + 3
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	at := strings.LastIndexByte(authority, '@')
	if at < 0 && strings.Contains(rest[end:], "@") {
		if strings.Contains(authority, ":") {
			return faultUnencoded, base + end, base + end + 1
		}
		return noFault, 0, 0
	}
	if b := strings.IndexAny(authority, " \t"); b >= 0 && b < at {
		return faultUnencoded, base + b, base + b + 1
	}
	host := authority[at+1:]
	if strings.HasPrefix(host, "[") {
		if k := strings.IndexByte(host, ']'); k >= 0 {
			host = host[k:]
		}
	}
	colon := strings.IndexByte(host, ':')
	if colon < 0 {
		return noFault, 0, 0
	}
	port := host[colon+1:]
	if isPort(port) {
		return noFault, 0, 0
	}
	start := base + end - len(port)
	if at < 0 && (colon == 0 || isDigits(host[:colon]) || len(port) > 8 && !strings.Contains(port, ":")) {
		return faultMissingAt, base, base + end
	}
	return faultPort, start, base + end
}

func isSchemeByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

// isScheme is urllib's rule: a letter, then letters, digits, +, - and dots.
func isScheme(s string) bool {
	for i := range len(s) {
		if !isSchemeByte(s[i]) || i == 0 && (s[i] < 'A' || s[i] == '+' || s[i] == '-' || s[i] == '.') {
			return false
		}
	}
	return s != ""
}

// isSchemeBut reports whether the text is a scheme but for its underscores.
func isSchemeBut(s string) bool { return isScheme(strings.ReplaceAll(s, "_", "-")) }

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isPort is what urlsplit takes: nothing, or a number up to 65535.
func isPort(s string) bool {
	if s == "" {
		return true
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		if n = n*10 + int(s[i]-'0'); n > 65535 {
			return false
		}
	}
	return true
}

// misread reports whether the consumer of a view did not get what the URI says.
func misread(v *lint.View) bool {
	if !v.URI.IsText() {
		return false
	}
	if v.Failure != nil && (v.Failure.Reason == connection.InvalidURI || v.Failure.Reason == connection.BadPort) {
		return true
	}
	return v.Type.Text.Len() == 0 || v.Type.Cause == connection.URIMisread || v.Schema.Cause == connection.URIMisread
}

// checkURI reports a URI whose fault is f.
func checkURI(p *lint.Pass, f uriFault, report func(v *lint.View, i, j int)) {
	p.Each(func(v *lint.View) {
		if !v.URI.IsText() {
			return
		}
		fault, i, j := diagnose(v.URI.Text.Peek())
		if fault != f {
			return
		}
		// A scheme inside the URI is legal where the consumer reads it so, and
		// an unencoded slash may be read as something, just not as was meant.
		if f == faultUnencoded || misread(v) || f == faultNested && nestedGoesWrong(v) {
			report(v, i, j)
		}
	})
}

// nestedGoesWrong reports whether the second scheme of a URI did not become the
// host's, as it does in http://https://h.
func nestedGoesWrong(v *lint.View) bool {
	return !strings.Contains(v.Host.Text.Peek(), "://")
}

// uriAt is the range i to j of the URI's text, or all of it.
func reportURI(v *lint.View, i, j int, format string, args ...any) *lint.Draft {
	return v.Report(connection.URI, i, j, format, args...).Cause(lint.URIForm)
}

// who is the consumer of the view in a few words.
func who(v *lint.View) string {
	if v.Has(consumer.Astro) {
		return "the Astro CLI"
	}
	return "Airflow"
}

var underscoreScheme = lint.Rule{
	ID: "URI001", Name: "underscore-scheme", Level: lint.Error, Since: since,
	Summary: "A URI scheme with an underscore",
	Why: "No URI scheme may hold an underscore: Airflow finds none, the type comes out empty and all the rest, the token included, lands in schema, " +
		"a column that is neither encrypted nor masked. The Astro CLI swallows the parse error and creates a connection that is empty but for its id.",
	Remedy: "Write a hyphen: dbt-cloud://. Airflow makes the underscore of it.",
	Source: "airflow.models.connection._parse_from_uri, Python's urllib.parse.urlsplit; observed on 2.3 to 3.3.",
	Before: `-- .env --
AIRFLOW_CONN_DBT_CLOUD_DEFAULT=dbt_cloud://12345:dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01@ab123.us1.dbt.com
`,
	After: `-- .env --
AIRFLOW_CONN_DBT_CLOUD_DEFAULT=dbt-cloud://12345:dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01@ab123.us1.dbt.com
`,
	Check: func(p *lint.Pass) {
		checkURI(p, faultUnderscore, func(v *lint.View, i, j int) {
			scheme := v.URI.Text.Peek()[i:j]
			what := "the type comes out empty and the rest of the URI, secrets included, lands in schema"
			if v.Has(consumer.Astro) {
				what = "the Astro CLI creates a connection that is empty but for its id"
			}
			reportURI(v, i, j, "no URI scheme may hold an underscore: %s", what).Write(strings.ReplaceAll(scheme, "_", "-"))
		})
	},
}

var unencodedCharacter = lint.Rule{
	ID: "URI002", Name: "unencoded-character", Level: lint.Error, Since: since,
	Summary: "A character in the login or password that ends that part of the URI",
	Why:     "/, ? and # end the part of a URI that holds login, password and host; what follows is read as path, query or fragment, and the password's beginning as port.",
	Remedy:  "Write it percent-encoded: / as %2F, ? as %3F, # as %23, a blank as %20.",
	Source:  "urllib.parse.urlsplit; net/url for the Astro CLI; observed.",
	Before: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:exam/ple@db.internal.example:5432/dwh
`,
	After: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:exam%2Fple@db.internal.example:5432/dwh
`,
	Check: func(p *lint.Pass) {
		checkURI(p, faultUnencoded, func(v *lint.View, i, j int) {
			c := v.URI.Text.Peek()[i:j]
			encoded := map[string]string{"/": "%2F", "?": "%3F", "#": "%23", " ": "%20", "\t": "%09"}[c]
			what := "it ends the login and password, and what follows is read as something else"
			if c == " " || c == "\t" {
				if v.Failure == nil && !v.Has(consumer.Astro) {
					return // Python keeps a blank
				}
				what = "the URI is not read"
			}
			reportURI(v, i, j, "an unencoded %q in the login or password: %s", c, what).Write(encoded)
		})
	},
}

var missingAtSign = lint.Rule{
	ID: "URI003", Name: "missing-at-sign", Level: lint.Error, Since: since,
	Summary: "Credentials without @ behind them",
	Why:     "Without an @ what stands before the colon is the host and what follows the port: dbt-cloud://12345:token fails, and a short number becomes the port.",
	Remedy:  "Put @ behind the token, then the host.",
	Source:  "urllib.parse.urlsplit; observed.",
	Before: `-- .env --
AIRFLOW_CONN_DBT_CLOUD_DEFAULT=dbt-cloud://12345:dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01
`,
	After: `-- .env --
AIRFLOW_CONN_DBT_CLOUD_DEFAULT=dbt-cloud://12345:dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01@ab123.us1.dbt.com
`,
	Check: func(p *lint.Pass) {
		checkURI(p, faultMissingAt, func(v *lint.View, _, j int) {
			reportURI(v, j, j, "no @ behind the credentials: %s takes them for host and port", who(v)).Hint("put @ and the host here")
		})
	},
}

var invalidURIPort = lint.Rule{
	ID: "URI004", Name: "invalid-uri-port", Level: lint.Error, Since: since,
	Summary: "The port of a URI is no number from 0 to 65535",
	Why:     "Airflow cannot parse the URI; the connection is reported as not defined. A list of hosts (h1:27017,h2:27017) fails the same way.",
	Remedy:  "Write the port's number.",
	Source:  "urllib.parse.urlsplit; observed.",
	Before: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:example@db.internal.example:port/dwh
`,
	After: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:example@db.internal.example:5432/dwh
`,
	Check: func(p *lint.Pass) {
		checkURI(p, faultPort, func(v *lint.View, i, j int) {
			reportURI(v, i, j, "the port is no number from 0 to 65535: %s cannot read the URI", who(v))
		})
	},
}

var nestedScheme = lint.Rule{
	ID: "URI005", Name: "nested-scheme", Level: lint.Error, Since: since,
	Summary: "A second :// in a URI that the consumer refuses or mangles",
	Why: "Airflow 2.6.3 and later take type://https://host as a host with a scheme, but not after credentials, and every :// counts, also one in the query. " +
		"The Astro CLI reads https as the host.",
	Remedy: "Leave the second scheme out, or write it percent-encoded (https%3A%2F%2Fhost).",
	Source: "airflow.models.connection._parse_from_uri; astro-cli (net/url); observed.",
	Before: `-- .env --
AIRFLOW_CONN_DBT_CLOUD_DEFAULT=dbt-cloud://12345:dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01@https://ab123.us1.dbt.com
`,
	After: `-- .env --
AIRFLOW_CONN_DBT_CLOUD_DEFAULT=dbt-cloud://12345:dbtc_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXAMPLE01@ab123.us1.dbt.com
`,
	Check: func(p *lint.Pass) {
		checkURI(p, faultNested, func(v *lint.View, i, j int) {
			what := "the URI is refused"
			if v.Failure == nil {
				what = "its parts land in other fields"
			}
			reportURI(v, i, j, `a second "://" in the URI: %s`, what).Hint("remove")
		})
	},
}

var notAURI = lint.Rule{
	ID: "URI006", Name: "not-a-uri", Level: lint.Error, Since: since,
	Summary: "A text that is no URI",
	Why:     "Any text is taken: without a scheme the type comes out empty and the text, but for its first letter, becomes the schema.",
	Remedy:  "Write TYPE://LOGIN:PASSWORD@HOST, or a JSON object where one is read.",
	Source:  "airflow.models.connection._parse_from_uri; observed.",
	Before: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example"}, "lake": "lake.internal.example"}
`,
	After: `-- connections.json --
{"warehouse": {"conn_type": "postgres", "host": "db.internal.example"}, "lake": "aws://lake.internal.example"}
`,
	Check: func(p *lint.Pass) {
		checkURI(p, faultNoScheme, func(v *lint.View, _, _ int) {
			text := v.URI.Text.Peek()
			if i, j, _ := placeholder(text); i == 0 && j == len(text) || p.Doc.Format == export.AirflowEnv && looksLikeJSON(text) {
				return // VAL009, DOC013
			}
			d := v.ReportWhole(connection.URI, "no URI: the connection has no type, and the text lands in other fields").Cause(lint.URIForm)
			if scheme, _, ok := strings.Cut(text, ":"); ok {
				if _, known := conntype.Lookup(conntype.Normalise(strings.ToLower(scheme))); known {
					d.Hint("// is missing behind the scheme")
				}
			}
		})
	},
}
