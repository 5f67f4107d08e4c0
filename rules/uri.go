package rules

import (
	"fmt"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

var uri = []*lint.Rule{
	&underscoreScheme, &unencodedCharacter, &missingAtSign, &invalidURIPort, &nestedScheme, &notAURI, &fragmentDropped, &repeatedQueryKey, &quotedURI,
	&badPercentEscape, &driverInScheme, &invalidIPv6, &uriSwallowed,
}

// misread reports whether the consumer of a view did not get what the URI says.
func misread(v *lint.View) bool {
	if !v.URI.IsText() {
		return false
	}
	if v.Failure != nil && (v.Failure.Reason == connection.InvalidURI || v.Failure.Reason == connection.BadPort) {
		return true
	}
	return v.Type.Text.Len() == 0 || v.Type.Cause == connection.URIMisread || v.Schema.Cause == connection.URIMisread || lacksSlashes(v.URI.Text.Peek())
}

// lacksSlashes reports whether a URI says more than a type and has no // behind
// it: dbt-cloud:12345:token@host. All of that is read as a path.
func lacksSlashes(s string) bool {
	s, _, _ = strings.Cut(s, "?")
	scheme, rest, ok := strings.Cut(s, ":")
	return ok && isScheme(scheme) && rest != "" && !strings.HasPrefix(rest, "//")
}

// isAstro reports whether the URIs of the document are read by Go's rules.
func isAstro(p *lint.Pass) bool { return p.Doc.Format == export.AstroSettings }

// checkURI reports a URI whose fault is f.
func checkURI(p *lint.Pass, f uriFault, report func(v *lint.View, i, j int)) {
	p.Each(func(v *lint.View) {
		if !v.URI.IsText() {
			return
		}
		s := v.URI.Text.Peek()
		fault, i, j := diagnose(s, isAstro(p))
		if fault != f || f != faultMissingAt && insidePlaceholder(s, i) {
			return // VAL009: what is filled in may be right, but for an @ that is not there
		}
		if goesWrong(v, f, s[i:j]) {
			report(v, i, j)
		}
	})
}

// goesWrong reports whether a fault does harm to the view: readers differ, and take
// some of it as it was meant.
func goesWrong(v *lint.View, f uriFault, what string) bool {
	switch {
	case f == faultUnencoded || misread(v):
		return true
	case f == faultNested:
		return nestedGoesWrong(v)
	case f == faultPort:
		return isDigits(what) // Go takes any number
	}
	return false
}

// nestedGoesWrong reports whether the second scheme of a URI became neither the
// host's, as it does in http://https://h, nor a part of the extra, as it does in
// aws://?endpoint_url=http://h for whom reads it by RFC 3986.
func nestedGoesWrong(v *lint.View) bool {
	if strings.Contains(v.Host.Text.Peek(), "://") {
		return false
	}
	s := v.URI.Text.Peek()
	a := authorityOf(s, strings.Index(s, "://"))
	lostHost := v.Host.Text.Len() == 0 && a.host() < a.hi
	return lostHost || !strings.Contains(v.Extra.Text.Peek(), "://")
}

// reportURI reports the bytes i to j of the URI's text.
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
	ID: "URI001", Name: "underscore-scheme", Level: lint.Error, Since: since, Needs: lint.OddForm,
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
				what = "the Astro CLI cannot read the URI, and only the id of the connection arrives"
			}
			reportURI(v, i, j, "no URI scheme may hold an underscore: %s", what).Write(strings.ReplaceAll(scheme, "_", "-"))
		})
	},
}

var unencodedCharacter = lint.Rule{
	ID: "URI002", Name: "unencoded-character", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A character in the login or password that ends that part of the URI",
	Why: "/, ? and # end the part of a URI that holds login, password and host; what follows is read as path, query or fragment, and the password's beginning as port. " +
		"Python takes a bracket there for an IPv6 address; Go, which reads for the Astro CLI, refuses blanks, quotes, brackets, braces and whatever is not ASCII.",
	Remedy: "Write it percent-encoded: / as %2F, ? as %3F, # as %23, a blank as %20.",
	Source: "urllib.parse.urlsplit; net/url for the Astro CLI; observed.",
	Before: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:exam/ple@db.internal.example:5432/dwh
`,
	After: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:exam%2Fple@db.internal.example:5432/dwh
`,
	Check: func(p *lint.Pass) {
		checkURI(p, faultUnencoded, func(v *lint.View, i, j int) {
			c := v.URI.Text.Peek()[i:j]
			part := map[string]string{"/": "path", "?": "query", "#": "fragment"}[c]
			if part == "" {
				reportURI(v, i, j, "an unencoded %s in the login or password: %s cannot read the URI", lint.Show(c), who(v)).Write(percentEncoded(c))
				return
			}
			reportURI(v, i, j, "an unencoded %s ends the login and password: the rest is read as a %s", lint.Show(c), part).Write(percentEncoded(c))
		})
	},
}

// percentEncoded is a text as it can stand in any part of a URI.
func percentEncoded(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

var missingAtSign = lint.Rule{
	ID: "URI003", Name: "missing-at-sign", Level: lint.Error, Since: since, Needs: lint.OddForm,
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
	ID: "URI004", Name: "invalid-uri-port", Level: lint.Error, Since: since, Needs: lint.OddForm,
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
			what := who(v) + " cannot read the URI"
			if !misread(v) {
				what = "the Astro CLI hands it on as it is"
			}
			if strings.Contains(v.URI.Text.Peek()[i:j], ",") {
				reportURI(v, i, j, "a list of hosts, which is read as a port: %s", what).Hint("write fields instead of the URI: host may be a list")
				return
			}
			hint := "write the number alone"
			if !strings.Contains(v.URI.Text.Peek()[:i], "@") {
				hint += ", or @ behind it where it is a password"
			}
			reportURI(v, i, j, "the port is no number from 0 to 65535: %s", what).Hint(hint)
		})
	},
}

var nestedScheme = lint.Rule{
	ID: "URI005", Name: "nested-scheme", Level: lint.Error, Since: since, Needs: lint.OddForm,
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
			d := reportURI(v, i, j, `a second "://" in the URI: %s`, what).Hint("remove")
			if s := v.URI.Text.Peek(); !isAstro(p) && !p.IsDbt() {
				d.Write(strings.ReplaceAll(s[i:j], "://", "%3A%2F%2F"))
			}
		})
	},
}

var notAURI = lint.Rule{
	ID: "URI006", Name: "not-a-uri", Level: lint.Error, Since: since, Needs: lint.OddForm,
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
			if p.Doc.Format == export.AirflowEnv && looksLikeJSON(text) {
				return // DOC013
			}
			what := "the connection has no type, and the text lands in other fields"
			switch {
			case lacksSlashes(text) && isAstro(p):
				what = "without // behind the type the Astro CLI drops all the rest"
			case lacksSlashes(text):
				what = "without // behind the type all the rest is read as a path, secrets included"
			}
			d := reportURI(v, 0, len(text), "no URI: %s", what).Hint("write TYPE://LOGIN:PASSWORD@HOST")
			if scheme, _, ok := strings.Cut(text, ":"); ok {
				if _, known := conntype.Lookup(conntype.Normalise(strings.ToLower(scheme))); known {
					d.Hint("// is missing behind the scheme")
				}
			}
		})
	},
}

var fragmentDropped = lint.Rule{
	ID: "URI007", Name: "fragment-dropped", Level: lint.Warning, Since: since, Needs: lint.OddForm,
	Summary: "An unencoded # in a URI, from which on all is dropped",
	Why:     "# begins the fragment of a URI, and no consumer looks at that: a schema, a query value or a comment behind the URI is cut there without a word.",
	Remedy:  "Write # as %23; put a comment on a line of its own.",
	Source:  "airflow.models.connection._parse_from_uri, astro-cli parseConnectionURI: both ignore the fragment; observed.",
	Before: `-- connections.json --
{"warehouse": "postgres://etl:example@db.internal.example/dwh?options=a#b"}
`,
	After: `-- connections.json --
{"warehouse": "postgres://etl:example@db.internal.example/dwh?options=a%23b"}
`,
	Check: func(p *lint.Pass) {
		eachReadURI(p, func(v *lint.View, s string) {
			i := strings.IndexByte(s, '#')
			if i <= 0 || insidePlaceholder(s, i) {
				return
			}
			d := v.Report(connection.URI, i, i+1, "an unencoded # in the URI: %s drops it and all behind it", who(v)).Write("%23")
			if strings.HasSuffix(s[:i], " ") {
				d.Hint("put a comment on a line of its own")
			}
		})
	},
}

// eachReadURI calls back for every view whose URI is read as it was meant, so far
// as it is read.
func eachReadURI(p *lint.Pass, f func(v *lint.View, s string)) {
	p.Each(func(v *lint.View) {
		if !v.URI.IsText() || misread(v) {
			return
		}
		s := v.URI.Text.Peek()
		if fault, i, j := diagnose(s, isAstro(p)); fault == noFault || !goesWrong(v, fault, s[i:j]) {
			f(v, s)
		}
	})
}

var repeatedQueryKey = lint.Rule{
	ID: "URI008", Name: "repeated-query-key", Level: lint.Warning, Since: since, Needs: lint.OddForm,
	Summary: "A key of the query is there twice",
	Why:     "The query of a URI becomes extra, in which a key has one value: of several Airflow keeps the last, the Astro CLI joins them with commas.",
	Remedy:  "Keep one of them; write a list as JSON in __extra__.",
	Source:  "airflow.models.connection._parse_from_uri (dict of parse_qsl), astro-cli queryToJSONPairs; observed.",
	Before: `-- connections.json --
{"warehouse": "postgres://etl:example@db.internal.example/dwh?sslmode=require&sslmode=disable"}
`,
	After: `-- connections.json --
{"warehouse": "postgres://etl:example@db.internal.example/dwh?sslmode=require"}
`,
	Check: func(p *lint.Pass) {
		eachReadURI(p, func(v *lint.View, _ string) {
			items := v.ExtraObject().Items
			for i := range items {
				item := &items[i]
				if item.Earlier == (source.Span{}) {
					continue
				}
				what := "the last value wins"
				if v.Has(consumer.Astro) {
					what = "the Astro CLI joins the values with commas"
				}
				p.Report(connection.Extra, item.Key.Span(), "%s is there twice in the query: %s", v.ShowText(connection.Extra, item.Key.Text.Peek()), what).
					Pointer(item.Key.Text.Peek()).Related(item.Earlier, "the first one").Hint("keep one")
			}
		})
	},
}

var quotedURI = lint.Rule{
	ID: "URI009", Name: "quoted-uri", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "Quotes inside the value, around the URI",
	Why:     "The quotes belong to the value: no scheme begins with one, so the type comes out empty and all of the URI, secrets included, lands in schema.",
	Remedy:  "Remove the quotes inside; those of JSON, YAML or the shell are enough.",
	Source:  "airflow.models.connection._parse_from_uri; net/url for the Astro CLI; observed.",
	Before: `-- connections.json --
{"warehouse": "'postgres://etl:example@db.internal.example/dwh'"}
`,
	After: `-- connections.json --
{"warehouse": "postgres://etl:example@db.internal.example/dwh"}
`,
	Check: func(p *lint.Pass) {
		if keepsQuotes(p) {
			return // DOC015
		}
		checkURI(p, faultQuoted, func(v *lint.View, i, j int) {
			what := "the type comes out empty, and the rest lands in schema"
			if isAstro(p) {
				what = "the Astro CLI cannot read the URI, and only the id of the connection arrives"
			}
			reportURI(v, i, j, "the URI begins with a quote: %s", what).Hint("remove the quotes around the URI")
		})
	},
}

// keepsQuotes reports whether the entry is a line of an env file whose reader
// leaves quotes in the value that the author took for its own.
func keepsQuotes(p *lint.Pass) bool {
	i := p.Doc.Entries[p.Entry].Line
	if i < 0 || strings.HasPrefix(p.Doc.Lines[i].Value.String(), "`") {
		return false
	}
	return p.Doc.Format == export.AirflowEnv || p.Doc.Lines[i].Quote == 0
}

var badPercentEscape = lint.Rule{
	ID: "URI010", Name: "bad-percent-escape", Level: lint.Warning, Since: since, Needs: lint.OddForm,
	Summary: "A percent sign that begins no escape",
	Why: "Python keeps it as it is, until two characters that are hexadecimal digits happen to follow it. Go refuses the URI, so the Astro CLI creates a connection " +
		"that is empty but for its id; in the query it drops the parameter.",
	Remedy: "Write % as %25.",
	Source: "urllib.parse.unquote; net/url for the Astro CLI; observed.",
	Before: `-- connections.json --
{"warehouse": "postgres://etl:100%@db.internal.example/dwh"}
`,
	After: `-- connections.json --
{"warehouse": "postgres://etl:100%25@db.internal.example/dwh"}
`,
	Check: func(p *lint.Pass) {
		report := func(v *lint.View, i int, what string) {
			reportURI(v, i, i+1, "%% begins no escape: %s", what).Write("%25")
		}
		checkURI(p, faultEscape, func(v *lint.View, i, _ int) {
			report(v, i, "the Astro CLI cannot read the URI, and only the id of the connection arrives")
		})
		eachReadURI(p, func(v *lint.View, s string) {
			i := badEscape(s, '#')
			switch {
			case i < 0 || insidePlaceholder(s, i):
			case isAstro(p):
				report(v, i, "the Astro CLI drops the parameter")
			default:
				report(v, i, "Airflow keeps it as it is")
			}
		})
	},
}

var driverInScheme = lint.Rule{
	ID: "URI011", Name: "driver-in-scheme", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A SQLAlchemy URL instead of a connection's URI",
	Why:     "The scheme is the connection type, to the letter: no hook is called postgresql+psycopg2. get_hook(), the Test button and SQL operators fail.",
	Remedy:  "Write the type alone; the hook knows its driver.",
	Source:  "airflow.models.connection._normalize_conn_type; observed.",
	Before: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgresql+psycopg2://etl:example@db.internal.example:5432/dwh
`,
	After: `-- .env --
AIRFLOW_CONN_WAREHOUSE=postgres://etl:example@db.internal.example:5432/dwh
`,
	Check: func(p *lint.Pass) {
		eachReadURI(p, func(v *lint.View, s string) {
			scheme, _, _ := strings.Cut(s, ":")
			id, ok := withoutDriver(scheme)
			if !ok {
				return
			}
			d := v.Report(connection.URI, 0, len(scheme), "%s is no connection type but names a driver, too: no hook is found", lint.Show(scheme)).
				Cause(lint.TypeName)
			writeType(p, v, d, id)
			if id == "mongo" && strings.HasSuffix(strings.ToLower(scheme), "+srv") {
				d.Hint("write: mongo, and srv=true into the query")
			}
		})
	},
}

// writeType says which type to write, as the place takes it: a scheme has hyphens,
// of which Airflow makes underscores and the Astro CLI nothing.
func writeType(p *lint.Pass, v *lint.View, d *lint.Draft, id string) {
	switch {
	case !v.URI.IsText():
		d.Write(id)
	case isAstro(p) && strings.Contains(id, "_"):
		d.Hint("write conn_type: " + id + " and the other fields instead of conn_uri; no scheme can hold the underscore")
	default:
		d.Write(strings.ReplaceAll(id, "_", "-"))
	}
}

// withoutDriver is the connection type that is meant by dialect+driver.
func withoutDriver(s string) (id string, ok bool) {
	dialect, _, ok := strings.Cut(strings.ToLower(s), "+")
	if !ok {
		return "", false
	}
	id = conntype.Normalise(dialect)
	if _, known := conntype.Lookup(id); known {
		return id, true
	}
	id, why := conntype.Suggest(dialect)
	return id, why != conntype.NoSuggestion
}

var invalidIPv6 = lint.Rule{
	ID: "URI012", Name: "invalid-ipv6", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "Brackets that hold no IPv6 address, or an address without them",
	Why: "Python refuses a URI whose brackets are not paired, and from 3.11.4 on one whose brackets hold no address. Without brackets the first colon of the address " +
		"ends the host, and what follows is no port.",
	Remedy: "Write the address in brackets: [::1].",
	Source: "urllib.parse.urlsplit; net/url for the Astro CLI; observed.",
	Before: `-- connections.json --
{"warehouse": "postgres://etl:example@::1:5432/dwh"}
`,
	After: `-- connections.json --
{"warehouse": "postgres://etl:example@[::1]:5432/dwh"}
`,
	Check: func(p *lint.Pass) {
		checkURI(p, faultIPv6, func(v *lint.View, i, j int) {
			what, hint := "a bracket without its other one", "an address is written [::1], a bracket of another kind %5B or %5D"
			switch text := v.URI.Text.Peek()[i:j]; {
			case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
				what = "no IPv6 address in the brackets"
			case j-i > 1:
				what, hint = "an IPv6 address without brackets", "put the address in brackets: [::1]"
			}
			reportURI(v, i, j, "%s: %s cannot read the URI", what, who(v)).Hint(hint)
		})
	},
}

var uriSwallowed = lint.Rule{
	ID: "URI013", Name: "uri-swallowed", Level: lint.Error, Since: since, Needs: lint.OddForm,
	Summary: "A URI that the Astro CLI does not read and says nothing about",
	Why: "The CLI reads conn_uri by Go's rules. Where they refuse it, the error is swallowed and a connection is created that has its id and nothing else; " +
		"an escape in the host (http://https%3A%2F%2Fh), which Airflow takes, is such a case.",
	Remedy: "Write the connection as fields: conn_type, conn_host, conn_login, conn_password.",
	Source: "astro-cli parseConnectionURI (net/url), observed.",
	Before: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: service
      conn_uri: http://https%3A%2F%2Fapi.internal.example
`,
	After: `-- airflow_settings.yaml --
airflow:
  connections:
    - conn_id: service
      conn_type: http
      conn_host: https://api.internal.example
`,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if !isAstro(p) || !v.URI.IsText() || v.URI.Cause != connection.Dropped {
				return
			}
			s := v.URI.Text.Peek()
			if fault, _, _ := diagnose(s, true); fault != noFault {
				return // the rule of that fault
			}
			what, i, j := refusedByGo(s)
			if insidePlaceholder(s, i) {
				return // VAL009
			}
			d := reportURI(v, i, j, "the Astro CLI cannot read the URI (%s), and only the id of the connection arrives", what).
				Hint("write conn_type, conn_host, conn_login and conn_password instead")
			if strings.TrimRight(s, "\r\n") == s[:i] {
				d.Hint("remove the line break; a block scalar ends without one when it is written |-")
			}
		})
	},
}
