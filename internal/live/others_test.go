package live_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/live"
)

// other is a server that shares nothing with the fake: it writes the bytes that it
// is told, over TLS on a socket.
type other struct {
	address string
	ca      []byte
	mu      sync.Mutex
	asked   []string // request lines
}

// certificate is the servers' own, and signs itself.
var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// serveOther answers each request with what write makes of its path. The connection
// ends without a word of TLS, as that of Python's server does.
func serveOther(t *testing.T, config *tls.Config, write func(w io.Writer, path string)) *other {
	t.Helper()
	config.Certificates = []tls.Certificate{certificate()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s := &other{address: "localhost:" + port, ca: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate().Certificate[0]})}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				conn := tls.Server(c, config)
				r := bufio.NewReader(conn)
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				for header := line; strings.TrimSpace(header) != "" && err == nil; {
					header, err = r.ReadString('\n')
				}
				s.mu.Lock()
				s.asked = append(s.asked, strings.TrimSpace(line))
				s.mu.Unlock()
				write(conn, strings.Fields(line)[1])
			}()
		}
	}()
	return s
}

// options are those of a run against the server, on the real network.
func (s *other) options() live.Options {
	return live.Options{
		CA: s.ca, Agent: "test", Now: time.Now, Getenv: func(string) string { return "" }, Allow: []string{s.address}, Dial: new(net.Dialer).DialContext, Timeout: 5 * time.Second,
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		},
	}
}

func (s *other) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// manners are ways in which servers and gateways put the same answer.
var manners = map[string]func(status, body string) string{
	"plain": func(status, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
	},
	"small letters": func(status, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: %d\r\nconnection: keep-alive\r\nx-request-id: 1\r\n\r\n%s", status, len(body), body)
	},
	"capitals": func(status, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\nCONTENT-TYPE: TEXT/HTML\r\nCONTENT-LENGTH: %d\r\nCONNECTION: CLOSE\r\n\r\n%s", status, len(body), body)
	},
	"HTTP/1.0, no type, no length": func(status, body string) string { return fmt.Sprintf("HTTP/1.0 %s\r\n\r\n%s", status, body) },
	"no reason": func(status, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", status[:3], len(body), body)
	},
	"chunks": func(status, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n%x;a=b\r\n%s\r\n%x\r\n%s\r\n0\r\nX: y\r\n\r\n", status, len(body[:7]), body[:7], len(body[7:]), body[7:])
	},
	"gzip": func(status, body string) string { return packed(status, "gzip", body, gzipped(body)) },
	"deflate": func(status, body string) string {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		_, _ = io.WriteString(z, body)
		z.Close()
		return packed(status, "Deflate", body, b.String())
	},
	"early hints": func(status, body string) string {
		return fmt.Sprintf("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
	},
	"a mark and blanks around": func(status, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\n\r\n\ufeff\r\n%s\r\n\r\n", status, body)
	},
	"more keys, in another order": func(status, body string) string {
		var m map[string]any
		if json.Unmarshal([]byte(body), &m) != nil {
			return fmt.Sprintf("HTTP/1.1 %s\r\n\r\n%s", status, body)
		}
		m["AAA"], m["error_code"], m["zzz"] = map[string]any{"status": 1, "data": []int{1}}, nil, []any{nil, "x"}
		if s, ok := m["status"].(map[string]any); ok {
			s["developer_message"], s["aaa"] = map[string]any{"x": 1}, []int{1}
		}
		b, _ := json.MarshalIndent(m, "", "\t")
		return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: application/vnd.api+json\r\n\r\n%s", status, b)
	},
}

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	z.Close()
	return b.String()
}

// damaged is a text with another byte at an index, which below 0 counts from the end.
func damaged(s string, i int) string {
	b := []byte(s)
	if i < 0 {
		i += len(b)
	}
	b[i] = ^b[i]
	return string(b)
}

func packed(status, encoding, _, packed string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", status, encoding, len(packed), packed)
}

const (
	goodJobs     = `{"status":{"code":200,"is_success":true,"user_message":"Success!","developer_message":""},"data":[{"id":43167,"account_id":12345}],"extra":{"filters":{"limit":1,"offset":0,"account_id":12345},"order_by":"id","pagination":{"count":1,"total_count":37}}}`
	goodAccounts = `{"status":{"code":200,"is_success":true,"user_message":"Success!","developer_message":""},"data":[{"docs_job_id":null,"id":12345,"name":"Jaffle Shop","state":1,"plan":"team","locked":false,"lock_cause":null}],"extra":{"filters":{"pk__in":[12345]},"order_by":null,"pagination":{"count":1,"total_count":1}}}`
)

// TestOtherServers: the verdict depends on nothing but the status and what the body
// says, in whatever way a server puts it.
func TestOtherServers(t *testing.T) {
	t.Parallel()
	says := func(code int, text, data string) string {
		return fmt.Sprintf(`{"status": {"code": %d, "is_success": false, "user_message": %q, "developer_message": null}, "data": %s}`, code, text, data)
	}
	for _, tt := range []struct {
		name, status, body string
		kind               live.Kind
		field              connection.Field
		requests           int
	}{
		{"works", "200 OK", goodJobs, live.Verified, none, 2},
		{"no jobs, and no more", "200 OK", `{"data": [], "status": {"code": 200}}`, live.Verified, none, 2},
		{"invalid token", "401 Unauthorized", says(401, "Invalid token.", "null"), live.TokenRejected, connection.Password, 1},
		{"invalid token, by the framework", "401 Unauthorized", `{"detail": "Invalid token."}`, live.TokenRejected, connection.Password, 1},
		{"invalid token, under another status", "200 OK", says(401, "Invalid token.", "null"), live.TokenRejected, connection.Password, 1},
		{"unpaid", "401 Unauthorized", says(401, "The API is not accessible to unpaid accounts.", "null"), live.AccountUnpaid, connection.Login, 1},
		{"not scoped", "403 Forbidden", says(403, "Access denied: Token is not scoped to account.", "null"), live.AccountNotAllowed, connection.Login, 2},
		{"address", "403 Forbidden", says(403, "Forbidden: Access denied", `{"account_id":1,"user_id":2,"is_service_token":true,"account_access_denied":true}`), live.IPRestricted, connection.Login, 1},
		{"address, by its flag", "403 Forbidden", says(403, "No.", `{"account_access_denied":true}`), live.IPRestricted, connection.Login, 1},
		{"forbidden", "403 Forbidden", says(403, "Forbidden: You do not have permission to access this resource.", "null"), live.PermissionMissing, connection.Password, 1},
		{"not found", "404 Not Found", says(404, "The requested resource was not found. Please check that you have the proper permissions.", "null"), live.PermissionMissing, connection.Password, 1},
		{"not found, by another framework", "404 Not Found", `{"detail": "Not Found"}`, live.NotTheAPI, connection.Host, 1},
		{"bad request", "400 Bad Request", says(400, "The request was invalid.", `{"limit": "x"}`), live.HostUnreachable, connection.Host, 1},
		{"too many", "429 Too Many Requests", says(429, "Too many requests", "null"), live.RateLimited, connection.Host, 1},
		{"too many, in HTML", "429 Too Many Requests", "<html>slow down</html>", live.RateLimited, connection.Host, 1},
		{"server error", "500 Internal Server Error", says(500, "There was a server error. Please contact support!", "null"), live.HostUnreachable, connection.Host, 1},
		{"a page", "200 OK", "<!DOCTYPE html><title>dbt</title>", live.NotTheAPI, connection.Host, 1},
		{"a redirect", "301 Moved Permanently\r\nLocation: http://elsewhere.example/", "<html>moved</html>", live.NotTheAPI, connection.Host, 1},
		{"other JSON", "200 OK", `{"status": "ok", "data": [1]}`, live.NotTheAPI, connection.Host, 1},
		{"a list", "200 OK", `[{"id": 12345}]`, live.NotTheAPI, connection.Host, 1},
		{"data is no list", "200 OK", `{"status": {"code": 200, "is_success": true}, "data": {"id": 1}}`, live.NotTheAPI, connection.Host, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, put := range manners {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					s := serveOther(t, &tls.Config{}, func(w io.Writer, path string) {
						status, body := tt.status, tt.body
						if strings.HasPrefix(path, "/api/v3/accounts/") {
							status, body = "200 OK", goodAccounts
						}
						_, _ = io.WriteString(w, put(status, body))
					})
					v := try(t.Context(), prober(t, s.options()), conn(s.address, "12345", token(12345)))
					if v.Kind != tt.kind || v.Field != tt.field || s.requests() != tt.requests {
						t.Errorf("%s at %s after %d requests: %s", v.Kind, v.Field, s.requests(), v.Message)
					}
					if tt.kind == live.Verified && (v.Account.Name != "Jaffle Shop" || v.Account.Plan != "team" || v.Jobs != len(tt.body)/len(goodJobs)*37) {
						t.Errorf("got %+v", v)
					}
				})
			}
		})
	}
}

// TestStrangeServers: what answers and is no API, or ends before it has answered.
func TestStrangeServers(t *testing.T) {
	t.Parallel()
	bomb := gzipped(`{"status": "` + strings.Repeat("x", 8<<20))
	for _, tt := range []struct {
		name, raw string
		kind      live.Kind
		says      string
	}{
		{"no body at all", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", live.NotTheAPI, "200 and nothing else"},
		{"no body, said to be packed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", live.NotTheAPI, "200 and nothing else"},
		{"401 without a body", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Token\r\nContent-Length: 0\r\n\r\n", live.TokenRejected, "does not know the token"},
		{"429, and come at once", "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", live.RateLimited, "429"},
		{"429, and come yesterday", "HTTP/1.1 429 Too Many Requests\r\nRetry-After: -99999999999999999999\r\n\r\n", live.RateLimited, "429"},
		{"403 without a body", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", live.NotTheAPI, "403 and nothing else"},
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", live.NotTheAPI, "204"},
		{"redirect without a place", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", live.NotTheAPI, "a redirect (302)"},
		{"redirect to itself", "HTTP/1.1 308 Permanent Redirect\r\nLocation: /api/v2/accounts/12345/jobs/?limit=1\r\nContent-Length: 0\r\n\r\n", live.NotTheAPI, "a redirect (308)"},
		{"redirect to no place", "HTTP/1.1 302 Found\r\nLocation: http://[x\r\nContent-Length: 0\r\n\r\n", live.NotTheAPI, "a redirect (302)"},
		{"no HTTP", "220 mail.example ready\r\n", live.NotTheAPI, "no HTTP"},
		{"no header", "HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n{}", live.NotTheAPI, "no HTTP"},
		{"headers without end", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Y: "+strings.Repeat("z", 1000)+"\r\n", 100) + "\r\n{}", live.NotTheAPI, "no HTTP"},
		{"a bomb", packed("200 OK", "gzip", "", bomb), live.NotTheAPI, "more than 1 MiB"},
		{"a body without end", "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat(" ", 2<<20), live.NotTheAPI, "more than 1 MiB"},
		{"said to be packed", packed("200 OK", "gzip", "", goodJobs), live.HostUnreachable, "does not unpack"},
		{"said to be packed otherwise", packed("200 OK", "deflate", "", gzipped(goodJobs)), live.HostUnreachable, "does not unpack"},
		{"damaged on the way", packed("200 OK", "gzip", "", damaged(gzipped(goodJobs), -6)), live.HostUnreachable, "does not unpack"},
		{"damaged within", packed("200 OK", "gzip", "", damaged(gzipped(goodJobs), 10)), live.HostUnreachable, "does not unpack"},
		{"a refusal that is said to be packed", packed("401 Unauthorized", "gzip", "", goodJobs), live.HostUnreachable, "does not unpack"},
		{"429 that is said to be packed", packed("429 Too Many Requests", "gzip", "", goodJobs), live.RateLimited, "429"},
		{"packed by what nobody knows", packed("200 OK", "br", "", "\x0b\x02\x80"), live.NotTheAPI, "200 and no JSON"},
		{"deep", "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("[", 1<<19), live.NotTheAPI, "no JSON"},
		{"ends at once", "", live.HostUnreachable, "broke"},
		{"ends within the headers", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", live.HostUnreachable, "broke"},
		{"ends within the body", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", live.HostUnreachable, "broke"},
		{"ends within a refusal", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\n{", live.HostUnreachable, "broke within its answer (401)"},
		{"ends within a 429", "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 1000\r\n\r\n{", live.RateLimited, "429"},
		{"ends within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{", live.HostUnreachable, "broke"},
		{"ends within what is packed", packed("200 OK", "gzip", "", gzipped(goodJobs)[:40]), live.HostUnreachable, "broke"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serveOther(t, &tls.Config{}, func(w io.Writer, _ string) { _, _ = io.WriteString(w, tt.raw) })
			v := try(t.Context(), prober(t, s.options()), conn(s.address, "12345", token(12345)))
			if v.Kind != tt.kind || !strings.Contains(v.Message, tt.says) {
				t.Errorf("%s: %s; want %s: …%s…", v.Kind, v.Message, tt.kind, tt.says)
			}
			want := 1
			if tt.kind == live.HostUnreachable && !strings.Contains(tt.raw, " 401 ") { // what was refused is not asked again
				want = 2
			}
			if s.requests() != want {
				t.Errorf("%d requests, want %d", s.requests(), want)
			}
		})
	}
}

// TestUnnamedAccounts: the second question may fail; the verdict is that of the
// first.
func TestUnnamedAccounts(t *testing.T) {
	t.Parallel()
	first := map[live.Kind]string{
		live.Verified:          "HTTP/1.1 200 OK\r\n\r\n" + goodJobs,
		live.AccountNotAllowed: "HTTP/1.1 403 Forbidden\r\n\r\n" + `{"status": {"code": 403, "user_message": "Access denied: Token is not scoped to account."}}`,
	}
	for name, second := range map[string]string{
		"not found": "HTTP/1.1 404 Not Found\r\n\r\n", "forbidden": "HTTP/1.1 403 Forbidden\r\n\r\n" + `{"status": {"code": 403, "user_message": "Forbidden: Access denied"}}`,
		"a page": "HTTP/1.1 200 OK\r\n\r\n<html>", "too many": "HTTP/1.1 429 Too Many Requests\r\n\r\n", "nothing": "", "none": "HTTP/1.1 200 OK\r\n\r\n" + `{"status": {"code": 200}, "data": []}`,
		"of other types": "HTTP/1.1 200 OK\r\n\r\n" + `{"status": {"code": 200}, "data": [{"id": "x", "name": 5, "plan": {}, "locked": "no", "lock_cause": []}, {}]}`,
		"of no type":     "HTTP/1.1 200 OK\r\n\r\n" + `{"status": {"code": 200}, "data": [null, 5, "x"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, raw := range first {
				s := serveOther(t, &tls.Config{}, func(w io.Writer, path string) {
					answer := raw
					if strings.HasPrefix(path, "/api/v3/accounts/") {
						answer = second
					}
					_, _ = io.WriteString(w, answer)
				})
				v := try(t.Context(), prober(t, s.options()), conn(s.address, "12345", token(12345)))
				if v.Kind != kind || strings.Contains(v.Hint, "write: 0") || strings.Contains(v.Message, `""`) {
					t.Errorf("%s: %s; %s", v.Kind, v.Message, v.Hint)
				}
			}
		})
	}
}

// TestSlowBody: the time limit is for all of an answer, which a host may send byte by
// byte; it is not tried again.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{"body": "HTTP/1.1 200 OK\r\n\r\n", "headers": "HTTP/1.1 200 OK\r\nX: "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveOther(t, &tls.Config{}, func(w io.Writer, _ string) {
				_, err := io.WriteString(w, raw)
				for err == nil {
					time.Sleep(20 * time.Millisecond)
					_, err = io.WriteString(w, "z")
				}
			})
			o := s.options()
			o.Timeout = 300 * time.Millisecond
			start := time.Now()
			v := try(t.Context(), prober(t, o), conn(s.address, "12345", token(12345)))
			if took := time.Since(start); v.Kind != live.HostUnreachable || !strings.Contains(v.Message, "within 300ms") || took > 4*time.Second || s.requests() != 1 {
				t.Errorf("%s after %s and %d requests: %s", v.Kind, took, s.requests(), v.Message)
			}
		})
	}
}

// TestOtherTLS: a host with which there is no agreement about TLS.
func TestOtherTLS(t *testing.T) {
	for name, config := range map[string]*tls.Config{
		"old":                {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, //nolint:gosec // that is the case
		"wants one, TLS 1.3": {ClientAuth: tls.RequireAnyClientCert},
		"wants one, TLS 1.2": {ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveOther(t, config, func(w io.Writer, _ string) { _, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n"+goodJobs) })
			v := try(t.Context(), prober(t, s.options()), conn(s.address, "12345", token(12345)))
			if v.Kind != live.TLSFailed || v.Field != connection.Host || s.requests() != 0 {
				t.Errorf("%s: %s", v.Kind, v.Message)
			}
		})
	}
}

// TestEcho: what a host says is shown without the token that it was sent, in
// whatever form it says it, and without what steers a terminal.
func TestEcho(t *testing.T) {
	t.Parallel()
	tok := token(12345)
	var percent, unicode strings.Builder
	for _, r := range tok {
		fmt.Fprintf(&percent, "%%%02x", r)
		fmt.Fprintf(&unicode, `\u%04x`, r)
	}
	for name, said := range map[string]string{
		"as it is": tok, "in the header": "Authorization: Token " + tok, "capitals": strings.ToUpper(tok), "broken in two": tok[:30] + "\n  " + tok[30:], "spelled": strings.Join(strings.Split(tok, ""), "-"),
		"a part": tok[10:40], "percent": percent.String(), "percent twice": url.QueryEscape(percent.String()), "JSON": unicode.String(), "HTML": html.EscapeString("<b>" + tok + "</b>"),
		"HTML in numbers": "&#" + strings.Join(strings.Split(strings.Trim(fmt.Sprint([]byte(tok)), "[]"), " "), ";&#") + ";",
		"base64":          base64.StdEncoding.EncodeToString([]byte(tok)), "base64 of the header": base64.RawURLEncoding.EncodeToString([]byte("Token " + tok)),
		"base64 of a user": base64.StdEncoding.EncodeToString([]byte("u1:" + tok)), "hex": hex.EncodeToString([]byte(tok)),
		"steering": "\x1b[31mred\u202e\r\n::error::x\x00\x7f\u2028", "long": strings.Repeat("long ", 200_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(said)
			if err != nil {
				t.Fatal(err)
			}
			for _, raw := range []string{
				"HTTP/1.1 401 Unauthorized\r\n\r\n" + fmt.Sprintf(`{"status": {"code": 401, "user_message": %s}}`, text),
				"HTTP/1.1 403 Forbidden\r\n\r\n" + fmt.Sprintf(`{"status": {"code": 403, "user_message": %s}}`, text),
				"HTTP/1.1 500 Oops\r\n\r\n" + fmt.Sprintf(`{"detail": %s}`, text),
				"HTTP/1.1 200 OK\r\n\r\n<html>" + said,
				"HTTP/1.1 302 Found\r\nLocation: https://" + strings.Map(func(r rune) rune {
					if r <= ' ' || r > '~' {
						return -1
					}
					return r
				}, said[:min(len(said), 500)]) + ".example/" + tok + "\r\n\r\n",
				"HTTP/1.1 200 " + tok + "\r\n" + tok + "\r\n\r\n",
				"", // success, with names
			} {
				s := serveOther(t, &tls.Config{}, func(w io.Writer, path string) {
					switch {
					case raw != "":
						_, _ = io.WriteString(w, raw)
					case strings.HasPrefix(path, "/api/v3/"):
						fmt.Fprintf(w, "HTTP/1.1 200 OK\r\n\r\n"+`{"status": {"code": 200}, "data": [{"id": 12345, "name": %s, "plan": %[1]s, "lock_cause": %[1]s}]}`, text)
					default:
						_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n"+goodJobs)
					}
				})
				shown := fmt.Sprintf("%+v", try(t.Context(), prober(t, s.options()), conn(s.address, "12345", tok)))
				squeezed := strings.NewReplacer("-", "", "\uFFFD", "", " ", "", "\n", "").Replace(strings.ToLower(shown))
				if strings.Contains(squeezed, "example") && strings.Contains(squeezed, "exampleexample") || strings.ContainsAny(shown, "\x1b\r\n\u202e\u2028\x00") || len(shown) > 900 {
					t.Errorf("%.20q: shows %q", raw, shown)
				}
				for _, part := range []string{"64627463", "%64%62", `\u0064`, "&#100;", base64.StdEncoding.EncodeToString([]byte(tok))[4:16], base64.StdEncoding.EncodeToString([]byte("u1:" + tok))[12:28]} {
					if strings.Contains(shown, part) {
						t.Errorf("%.20q: shows %q", raw, shown)
					}
				}
			}
		})
	}
}
