package rules

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

var secretInTrackedFile = lint.Rule{
	ID: "SEC001", Name: "secret-in-tracked-file", Level: lint.Warning, Since: since,
	Variants: []lint.Variant{
		{Name: "password", Level: lint.Note, When: "a password of no known shape; once per file"},
		{Name: "elsewhere", Level: lint.Error, When: "a token in a file whose secrets are kept elsewhere (SEC005)"},
	},
	Summary: "A secret in a file that git tracks",
	Why: "Who can read the repository has the secret, in every clone and for as long as its history is kept. What is staged counts, also where the file itself has changed since; " +
		"a change that git was told to leave alone, or that a filter encrypts, does not. Without git, or outside of a repository, nothing is said.",
	Remedy: "Take another secret, for this one is known. Keep it in a secrets backend, in a variable of the environment, or in a file that .gitignore names.",
	Source: "git ls-files; the shapes of the tokens are documented by those who give them out.",
	Before: goodExample,
	After:  settings(typeLine, hostLine, loginLine),
	Check: func(p *lint.Pass) {
		if p.Untracked() {
			return
		}
		f, at, keys, text := foundSecret(p)
		if text == "" {
			return
		}
		file := p.Tracked()
		if file == nil || showsExamples(file.Path) || file.Local && !strings.Contains(file.Staged, text) {
			return
		}
		if f == connection.Password && p.IsDbt() && secret.Classify(text) == secret.LegacyToken {
			p.Report(f, at, "%s in a file that git tracks", secret.LegacyToken).Hint(takeAnother)
			return
		}
		p.Report(f, at, "a secret in a file that git tracks").Pointer(keys...).Variant("password").Once().Hint(takeAnother)
	},
	Document: func(p *lint.Pass) {
		if p.Doc.Format == export.Unknown || p.Untracked() {
			return
		}
		tokens := leakedTokens(p.Doc.File.Data)
		if len(tokens) == 0 && !p.HasAsked() {
			return
		}
		file := p.Tracked()
		if file == nil || showsExamples(file.Path) {
			return
		}
		entries := p.Doc.Places()
		for _, t := range tokens {
			pending := file.Staged != p.Doc.File.Data && !strings.Contains(file.Staged, p.Doc.File.Data[t.Start:t.End])
			if pending && file.Local {
				continue
			}
			at := source.Span{Start: t.Start, End: t.End}
			entry := entries.At(at)
			d := p.ReportEntry(entry, fieldAt(p.Doc, entry, at), at, "%s in a file that git tracks", t.Kind)
			if pending {
				d = d.Also("; a commit takes it along")
			}
			if p.SecretsElsewhere(hasToken) {
				d.Also(", though its secrets are kept elsewhere").Variant("elsewhere")
			}
			d.Hint(takeAnother)
		}
		reportStaged(p, file)
	},
}

const takeAnother = "take another one, and keep it out of the repository"

// reportStaged reports the first token that git has of a file and that the file
// itself has no more: nothing else shows that the next commit holds it.
func reportStaged(p *lint.Pass, file *git.File) {
	if file.Staged == p.Doc.File.Data {
		return
	}
	for _, t := range leakedTokens(file.Staged) {
		if strings.Contains(p.Doc.File.Data, file.Staged[t.Start:t.End]) {
			continue
		}
		d := p.Report(connection.NoField, p.Doc.FirstContent(), "%s in what git has staged of this file, from which it is gone", t.Kind)
		if p.SecretsElsewhere(hasToken) {
			d.Variant("elsewhere")
		}
		d.Hint("take another one, and stage the file as it is now")
		return
	}
}

// fieldAt is the field of an entry that is written at a place.
func fieldAt(d *export.Document, entry int, at source.Span) connection.Field {
	if entry < 0 {
		return connection.NoField
	}
	p := lint.Pass{Doc: d, Entry: entry}
	o := object(&p)
	if o.IsZero() {
		return connection.URI
	}
	for k, v := range o.Members() {
		if v.Span().Contains(at) {
			return fieldOf(&p, k)
		}
	}
	return connection.NoField
}

// showsExamples reports whether a file of a repository is there to show or to test
// something: by its name, or by a directory that it is in.
func showsExamples(name string) bool {
	if placeholder.ExampleName(name) {
		return true
	}
	dirs := strings.Split(strings.ToLower(name), "/")
	return slices.ContainsFunc(dirs[:len(dirs)-1], func(dir string) bool {
		switch dir {
		case "test", "tests", "testdata", "test_data", "fixtures", "example", "examples", "samples", "mocks", "unit_tests", "integration_tests":
			return true
		}
		return false
	})
}

// leakedTokens finds the secrets of a known shape in a text, whatever it is.
func leakedTokens(s string) []secret.Token {
	var leaked []secret.Token
	for _, t := range secret.FindLongTokens(s, awsKeyLength) {
		text := s[t.Start:t.End]
		switch {
		case t.Kind == secret.AWSKey:
			if of, ok := awsSecret(s, t); ok {
				leaked = append(leaked, of)
			}
		case isReal(t.Kind, text) && !strings.HasPrefix(text, publishedJWT):
			leaked = append(leaked, t)
		}
	}
	return leaked
}

// publishedJWT begins the token that every introduction to the format shows.
const publishedJWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lI"

// awsKeyLength is the length of the id of an AWS key, the shortest of what leaks.
const awsKeyLength = 20

// awsSecret is the secret that belongs to an AWS key id, which is none itself: 40
// characters of base64 near it.
func awsSecret(s string, id secret.Token) (secret.Token, bool) {
	const (
		length = 40
		reach  = 300
	)
	key := s[id.Start:id.End]
	if len(key) != awsKeyLength || strings.ToUpper(key) != key || key == "AKIAIOSFODNN7EXAMPLE" { // AWS's own example
		return secret.Token{}, false
	}
	for _, near := range [...]source.Span{{Start: id.End, End: min(len(s), id.End+reach)}, {Start: max(0, id.Start-reach), End: id.Start}} {
		for i := near.Start; i < near.End; {
			j := i
			for j < near.End && (isBase64(s[j]) || s[j] == '%' || s[j] == '\\') {
				j++
			}
			text := strings.NewReplacer("%2F", "/", "%2f", "/", "%2B", "+", "%2b", "+", `\`, "").Replace(s[i:j])
			if len(text) == length && isMixed(text) && !strings.HasSuffix(text, "EXAMPLEKEY") {
				return secret.Token{Start: i, End: j, Kind: secret.AWSKey}, true
			}
			i = j + 1
		}
	}
	return secret.Token{}, false
}

func isBase64(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '+' || c == '/'
}

// isMixed reports whether a text has small and capital letters and digits.
func isMixed(s string) bool {
	return strings.ToLower(s) != s && strings.ToUpper(s) != s && strings.ContainsAny(s, "0123456789")
}

// foundSecret is the first secret of an entry that is no token of a known shape,
// which are looked for in the whole text of the file; an old key of dbt Cloud is
// one where it is a dbt Cloud connection's. The text is empty where there is none.
func foundSecret(p *lint.Pass) (f connection.Field, at source.Span, keys []string, text string) {
	p.Each(func(v *lint.View) {
		if text != "" || isLocalHost(v.Host.Text.Peek()) || unreadable(v) {
			return
		}
		filled := func(value *connection.Value) bool { // from the environment
			at := value.Span()
			i, j, _ := placeholder.Find(p.Doc.File.Data[at.Start:at.End])
			return i < j
		}
		if s := strings.TrimSpace(v.Password.Text.Peek()); v.Password.Kind == connection.Text && isPassword(v, s) && !filled(&v.Password) {
			f, at, text = connection.Password, v.Password.Span(), s
			return
		}
		if !mayHoldSecret(v.Extra.Text.Peek()) {
			return
		}
		eachLeaf(v.ExtraObject(), func(path []string, leaf *connection.Value) {
			s := leaf.Text.Peek()
			if _, known := realToken(s); text == "" && leaf.Kind == connection.Text && !known && isSecretUnder(path, s) && !filled(leaf) {
				f, at, keys, text = connection.Extra, leaf.Span(), path, s
			}
		})
	})
	return f, at, keys, text
}

// isPassword reports whether the password of a connection is one that somebody
// would keep to themselves, and no token of a known shape.
func isPassword(v *lint.View, s string) bool {
	const shortest = 4
	if len(s) < shortest || secret.IsMask(s) || isStockPassword(s) || isStockWord(s) || standsForSecret(s) {
		return false
	}
	if _, known := realToken(s); known || secret.Classify(s) == secret.Fernet || secret.Incomplete(s) != "" {
		return false
	}
	for _, f := range [...]connection.Field{connection.ID, connection.Type, connection.Host, connection.Login, connection.Schema} {
		if strings.EqualFold(s, v.Field(f).Text.Peek()) {
			return false
		}
	}
	return true
}

// isStockWord reports whether a password is one that images of databases and the
// like come with, or no more than a word for one.
func isStockWord(s string) bool {
	s = strings.ToLower(strings.TrimRight(s, "0123456789!@#"))
	switch s {
	case "", "admin", "root", "user", "test", "testing", "tester", "demo", "guest", "default", "pass", "pwd", "postgres", "postgresql", "mysql", "mariadb", "mssql", "oracle", "redis", "mongo",
		"mongodb", "minio", "minioadmin", "rabbitmq", "elastic", "clickhouse", "trino", "presto", "hive", "spark", "hadoop", "neo4j", "cassandra", "vertica", "exasol", "localstack",
		"token", "dummy", "fake", "foo", "bar", "foobar", "none", "null", "empty", "todo", "tbd", "abc", "qwerty", "letmein", "welcome", "hunter", "xyz", "string", "value", "key":
		return true
	}
	return strings.Trim(s, s[:1]) == "" || slices.ContainsFunc(stockPrefixes[:], func(prefix string) bool { return strings.HasPrefix(s, prefix) })
}

var stockPrefixes = [...]string{"dummy", "fake", "mock", "test_", "test-", "my_", "my-", "some_", "some-", "insert", "enter_", "enter-", "replace"}

// standsForSecret reports whether a text is no secret but says where one comes
// from: a placeholder, in whatever tool's form, a file, an address.
func standsForSecret(s string) bool {
	if i, j, _ := placeholder.Find(s); i < j {
		return true
	}
	if isWebhook(s) {
		return false
	}
	first, last := s[0], s[len(s)-1]
	switch {
	case first == '/' || first == '~', strings.Contains(s, "://"), strings.Contains(s, "$("), strings.Contains(s, "#{"), strings.HasPrefix(s, "@Microsoft."), strings.HasPrefix(s, "!"):
		return true
	case first == '%' && last == '%', first == '_' && last == '_', first == '[' && last == ']', first == '{' && last == '}', first == '@' && last == '@', first == '<' && last == '>':
		return true
	}
	return len(s) > len("SECRET") && strings.Contains(s, "_") && placeholder.IsShellName(s) || isDescription(s)
}

// isWebhook reports whether a text is the address of a Slack webhook, or the path of
// one: whoever has it may post. Source: Slack's docs, Sending messages using incoming
// webhooks; SlackWebhookHook takes either as password.
func isWebhook(s string) bool {
	if _, rest, ok := strings.Cut(s, "hooks.slack.com/services"); ok {
		s = rest
	}
	const shortest, key = 9, 24
	parts := strings.Split(strings.TrimPrefix(s, "/"), "/")
	return len(parts) == 3 && len(parts[0]) >= shortest && parts[0][0] == 'T' && len(parts[1]) >= shortest && parts[1][0] == 'B' && len(parts[2]) >= key && isMixed(parts[2])
}

// isDescription reports whether a text is words that say which secret belongs here:
// slack-your-token, azure key.
func isDescription(s string) bool {
	words := strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(s, "%20", " ")), func(r rune) bool { return r == '-' || r == '_' || r == ' ' || r == '.' })
	if len(words) < 2 || strings.ContainsAny(s, "0123456789") {
		return false
	}
	switch words[len(words)-1] {
	case "key", "token", "secret", "password", "pass", "pwd", "credentials", "here":
		return true
	}
	return slices.Contains(words, "your")
}

// isLocalHost reports whether a host is the machine itself or a neighbour that has
// but a bare name, as the services of a Compose file do.
func isLocalHost(host string) bool {
	if _, rest, ok := strings.Cut(host, "://"); ok {
		host = rest
	}
	local := func(host string) (is, known bool) {
		if !dbtcloud.MayBeAddress(host) {
			return false, false
		}
		addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
		return err == nil && (addr.IsLoopback() || addr.IsUnspecified()), err == nil
	}
	if is, known := local(host); known {
		return is
	}
	host, _, _ = strings.Cut(host, "/")
	host, _, _ = strings.Cut(host, ":")
	host = strings.ToLower(host)
	if is, known := local(host); known {
		return is
	}
	return host != "" && !strings.Contains(host, ".") || host == "host.docker.internal" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".localdomain")
}

// hasToken reports whether a dbt Cloud connection has something for a token, in
// whatever field: what is empty, stars or a placeholder is none.
func hasToken(v *lint.View) bool {
	is := func(value *connection.Value) bool {
		s := strings.TrimSpace(value.Text.Peek())
		return value.Truthy() && !secret.IsMask(s) && (s == "" || !standsForSecret(s))
	}
	if is(&v.Password) {
		return true
	}
	if _, ok := realToken(v.URI.Text.Peek()); ok {
		return true
	}
	_, _, value, ok := strayToken(v)
	return ok && is(value)
}

var secretsKeptElsewhere = lint.Rule{
	ID: "SEC005", Name: "secrets-kept-elsewhere", Level: lint.Note, Since: since,
	Summary: "The secrets of this file are filled in elsewhere, and are not judged here",
	Why: "A file that git tracks should hold no secret. Where none of its dbt Cloud connections has a token, or only a placeholder, that is no mistake: something fills it in later. " +
		"Missing tokens and placeholders for secrets are then not reported. The configuration can say the same of a file (secrets: elsewhere).",
	Remedy: "Nothing; lint what the file becomes, too. A token that was forgotten is missed at the first call of the API.",
	Source: "git ls-files.",
	Before: settings(typeLine, hostLine, loginLine, "conn_password: ${DBT_CLOUD_TOKEN}"),
	After:  settings("conn_type: http", "conn_host: https://api.internal.example"),
	Check: func(p *lint.Pass) {
		missing := false
		p.Each(func(v *lint.View) {
			missing = missing || p.IsDbt() && lacksToken(p, v) || slices.ContainsFunc(placeholders(v), gap.ofSecret) && !p.IsExample()
		})
		if missing && p.SecretsElsewhere(hasToken) {
			p.ReportEntry(-1, connection.NoField, p.Doc.FirstContent(), "the secrets of this file are kept elsewhere: they are not judged here").Hint("where they are filled in, dbtconn-lint live tries them").Once()
		}
	},
}
