package secret

import "strings"

// Kind is the sort of secret that a text is by its shape.
type Kind uint8

// The shapes that are known. What dbt Cloud's tokens look like is observed, not
// documented (2026): a prefix and some fifty characters of base64url.
const (
	NoToken       Kind = iota
	ServiceToken       // dbtc_…: a dbt Cloud service account token
	PersonalToken      // dbtu_…: a dbt Cloud personal access token
	LegacyToken        // 40 lower-case hex digits: an old dbt Cloud key
	JWT                // eyJ….….: an OAuth or other web token
	Fernet             // gAAAAA…: text that Airflow's own key encrypted
	AWSKey             // AKIA…, ASIA…
	GitHubToken        // ghp_…, github_pat_…
	GitLabToken        // glpat-…
	SlackToken         // xoxb-…, xoxp-…
	Databricks         // dapi and 32 hex digits
	PEM                // -----BEGIN … PRIVATE KEY-----
)

// String is what people call the kind, with its article.
func (k Kind) String() string {
	return [...]string{
		"no token", "a dbt Cloud service token", "a dbt Cloud personal token", "an old dbt Cloud key", "a JSON web token", "text encrypted by Airflow", "an AWS key",
		"a GitHub token", "a GitLab token", "a Slack token", "a Databricks token", "a private key",
	}[k]
}

// IsDbt reports whether dbt Cloud gives out secrets of this shape today.
func (k Kind) IsDbt() bool { return k == ServiceToken || k == PersonalToken }

// Token is a place in a text that has the shape of a secret.
type Token struct {
	Start, End int
	Kind       Kind
}

// prefixes start a token; what follows is a run of word characters, at least so
// many of them. dbt Cloud's own is short, since a cut-off token is a secret, too.
var prefixes = [...]struct {
	text string
	min  int
	kind Kind
}{
	{"dbtc_", 1, ServiceToken}, {"dbtu_", 1, PersonalToken}, {"eyJ", 20, JWT}, {"gAAAAA", 20, Fernet}, {"AKIA", 16, AWSKey}, {"ASIA", 16, AWSKey},
	{"ghp_", 30, GitHubToken}, {"gho_", 30, GitHubToken}, {"ghs_", 30, GitHubToken}, {"ghu_", 30, GitHubToken}, {"ghr_", 30, GitHubToken},
	{"github_pat_", 30, GitHubToken}, {"glpat-", 20, GitLabToken},
	{"xoxb-", 10, SlackToken}, {"xoxp-", 10, SlackToken}, {"xoxa-", 10, SlackToken}, {"dapi", 32, Databricks},
}

// Classify is the shape of a whole text.
func Classify(s string) Kind {
	if k := dbtKind(s); k != NoToken {
		return k
	}
	if ts := FindTokens(s); len(ts) == 1 && ts[0].Start == 0 && ts[0].End == len(s) {
		return ts[0].Kind
	}
	return NoToken
}

// dbtKind is the kind of a whole text that is one of dbt Cloud's tokens.
func dbtKind(s string) Kind {
	const prefix = len("dbt?_")
	if len(s) <= prefix || s[:3] != "dbt" || s[4] != '_' {
		return NoToken
	}
	for i := prefix; i < len(s); i++ {
		if !isTokenByte(s[i]) {
			return NoToken
		}
	}
	switch s[3] {
	case 'c':
		return ServiceToken
	case 'u':
		return PersonalToken
	}
	return NoToken
}

// dbtPrefixes begin the tokens that dbt Cloud gives out today. All public samples
// of dbtu_ have 50 characters behind it; for dbtc_ there are but patterns, which
// want 30 at least (2026).
var dbtPrefixes = [...]string{"dbtc_", "dbtu_"}

const leastBody = 30

// Incomplete says why a text that begins as a dbt Cloud token is no whole one;
// empty where it may be one, and for any other text.
func Incomplete(s string) string {
	for _, p := range dbtPrefixes {
		body, ok := strings.CutPrefix(s, p)
		if !ok {
			continue
		}
		switch {
		case strings.IndexByte(body, '_') >= 0 && (strings.Contains(body, dbtPrefixes[0]) || strings.Contains(body, dbtPrefixes[1])):
			return "it holds the prefix of a token twice"
		case strings.IndexByte(body, '*') >= 0, strings.Contains(body, "…"), strings.Contains(body, ".."), len(body) > 2 && strings.Trim(body, body[:1]) == "":
			return "a part of it is left out"
		case len(body) < leastBody:
			return "it is far too short"
		}
	}
	return ""
}

// Shape is what a text looks like, all of it.
type Shape struct {
	Kind Kind
	// Fault says why a token of dbt Cloud is no whole one; see [Incomplete].
	Fault string
}

// ShapeOf is the shape of a whole text.
func ShapeOf(s string) Shape { return Shape{Classify(s), Incomplete(s)} }

// IsDbt reports whether the text may be a token of dbt Cloud's today.
func (s Shape) IsDbt() bool { return s.Kind.IsDbt() && s.Fault == "" }

// FindTokens finds what has the shape of a secret anywhere in a text: sorted, and
// apart from each other. It takes time linear in the text.
func FindTokens(s string) []Token { return FindLongTokens(s, 1) }

// FindLongTokens is [FindTokens] for those in runs of at least so many word
// characters, and for private keys: of a large text it reads but a part.
func FindLongTokens(s string, least int) []Token {
	var ts []Token
	run := 0 // where the word characters around i begin
	key := -1
	for i := 0; i < len(s); {
		if least > 1 && key < i {
			if key = strings.Index(s[i:], "-----BEGIN "); key < 0 {
				key = len(s)
			} else {
				key += i
			}
		}
		if i == run && least > 1 && i != key {
			// No run that ends among so many characters is long enough.
			last := min(i+least, len(s), key) - 1
			for last >= i && isTokenByte(s[last]) {
				last--
			}
			if last >= i {
				i, run = last+1, last+1
				continue
			}
		}
		switch c := s[i]; {
		case !isTokenByte(c):
			i++
			run = i
			continue
		case i-run == legacyLength-1: // an old key has no prefix
		case i+1 < len(s) && mayBegin(c, s[i+1]) && begins(s[i:]):
		default:
			i++
			continue
		}
		end := len(s)
		if strings.HasPrefix(s[run:], "-----BEGIN ") && strings.Contains(s[run:min(run+60, len(s))], "PRIVATE KEY") {
			if j := strings.Index(s[run:], "-----END "); j >= 0 {
				end = run + j
			}
			ts = append(ts, Token{run, end, PEM})
		} else {
			for end = i; end < len(s) && isTokenByte(s[end]); {
				end++
			}
			if end-run >= least {
				ts = appendWord(ts, s, run, end)
			}
			if n := len(ts); n > 0 {
				end = max(end, ts[n-1].End)
			}
		}
		i, run = end, end
	}
	return ts
}

const legacyLength = 40

// begins reports whether a text begins as a token or a private key does.
func begins(s string) bool {
	for i := range prefixes {
		if strings.HasPrefix(s, prefixes[i].text) {
			return true
		}
	}
	return strings.HasPrefix(s, "-----BEGIN ")
}

// mayBegin tells quickly that no such text begins with two characters.
func mayBegin(a, b byte) bool {
	switch a {
	case '-':
		return b == '-'
	case 'A':
		return b == 'K' || b == 'S'
	case 'd':
		return b == 'a' || b == 'b'
	case 'e':
		return b == 'y'
	case 'g':
		return b == 'A' || b == 'h' || b == 'i' || b == 'l'
	case 'x':
		return b == 'o'
	}
	return false
}

// appendWord looks at one run of word characters. Of several prefixes in it the
// first counts: what follows belongs to the same secret.
func appendWord(ts []Token, s string, start, end int) []Token {
	word := s[start:end]
	if len(word) <= len("dbtc_") {
		return ts
	}
	at, kind := firstPrefix(word)
	switch kind {
	case NoToken:
		if len(word) == legacyLength && isLowerHex(word) {
			return append(ts, Token{start, end, LegacyToken})
		}
		return ts
	case JWT:
		for end < len(s) && (isTokenByte(s[end]) || s[end] == '.') {
			end++
		}
	case Fernet:
		for end < len(s) && s[end] == '=' {
			end++
		}
	}
	return append(ts, Token{start + at, end, kind})
}

// firstPrefix is the first place in a run of word characters where a token begins.
// Of each prefix but the first occurrence counts.
func firstPrefix(word string) (at int, kind Kind) {
	passed := 0 // the prefixes that begin none
	for i := range len(word) - 1 {
		if !mayBegin(word[i], word[i+1]) {
			continue
		}
		for k := range prefixes {
			p := &prefixes[k]
			switch {
			case passed&(1<<k) != 0 || !strings.HasPrefix(word[i:], p.text):
			case i > 0 && isAlnum(word[i-1]) && !p.kind.IsDbt(), len(word)-i-len(p.text) < p.min: // a dbt token that is elided after its prefix shows no secret
				passed |= 1 << k
			default:
				return i, p.kind
			}
		}
	}
	return 0, NoToken
}

func isTokenByte(c byte) bool { return tokenBytes[c] }

// tokenBytes are those that tokens are made of.
var tokenBytes = func() (set [256]bool) {
	for c := range set {
		set[c] = isAlnum(byte(c)) || c == '_' || c == '-'
	}
	return set
}()

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isLowerHex(s string) bool {
	letters := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'f':
			letters = true
		default:
			return false
		}
	}
	return letters
}
