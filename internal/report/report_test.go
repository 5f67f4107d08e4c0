package report_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/conntype"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/inspect"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

var update = flag.Bool("update", false, "write the reports into testdata/golden")

// catalogue are rules of this test alone, so that a new word in a real one changes
// no golden file here.
var catalogue = []*lint.Rule{
	{
		ID: "DBT901", Name: "host-with-scheme", Level: lint.Error, Since: "0.1.0", Summary: "The host has a scheme", Why: "The hook puts https:// before it.", Remedy: "Write the host alone.",
		Check: func(p *lint.Pass) {
			p.Each(func(v *lint.View) {
				if s := v.Host.Text.Peek(); strings.Contains(s, "://") {
					v.Report(connection.Host, 0, strings.Index(s, "://")+3, "host %s has a scheme", v.Show(connection.Host)).Write("h.example").Related(p.Place(), "of this [connection](x)")
				}
			})
		},
	},
	{
		ID: "CON901", Name: "login-given", Level: lint.Warning, Since: "0.1.0", Summary: "There is a login", Why: "Just so.", Remedy: "Leave it out.",
		Check: func(p *lint.Pass) {
			p.Each(func(v *lint.View) {
				if v.Login.Text.Len() > 0 {
					v.ReportWhole(connection.Login, "login %s of %s", v.Show(connection.Login), lint.Show(p.ID().String()))
				}
			})
		},
	},
	{
		ID: "SEC901", Name: "password-given", Level: lint.Note, Since: "0.1.0", Summary: "There is a password", Why: "Just so.", Remedy: "Hide it.",
		Check: func(p *lint.Pass) {
			p.Each(func(v *lint.View) {
				if v.Password.Text.Len() > 0 {
					v.ReportWhole(connection.Password, "password %s", v.Show(connection.Password)).Pointer(p.ID().String())
				}
			})
		},
	},
	{
		ID: "DOC901", Name: "has-a-document", Level: lint.Note, Scope: lint.Document, Since: "0.1.0", Summary: "It is a document", Why: "Just so.", Remedy: "Nothing.",
		Check: func(p *lint.Pass) {
			if strings.Contains(p.Doc.File.Data, "# document") {
				p.Report(connection.NoField, source.Span{Start: 0, End: len(p.Doc.File.Data)}, "it has several lines")
			}
		},
	},
}

// runOf is a run over files, as the command makes it.
func runOf(tb testing.TB, files ...*source.File) *report.Run {
	tb.Helper()
	targets, _, err := consumer.Resolve(consumer.Asked{Airflow: []string{"2.11", "3.3"}, Provider: []string{"4.11"}, HTTPProvider: []string{"6.0"}, Astro: []string{"1.45"}})
	if err != nil {
		tb.Fatal(err)
	}
	run := &report.Run{Version: "1.2.3", Made: time.Date(2026, 11, 27, 9, 5, 0, 0, time.FixedZone("", 3600)), Notes: true, Stats: true}
	for _, f := range files {
		doc := export.Open(f, export.Options{Named: true, IsType: conntype.Known})
		run.Results = append(run.Results, lint.Run(context.Background(), doc, lint.Options{Rules: catalogue, Targets: targets}))
		shown := inspect.Document(doc, targets.Read(doc), inspect.Options{Targets: targets})
		run.Overviews = append(run.Overviews, shown.Overview())
	}
	return run
}

// fixture is the run that all golden files show.
func fixture(tb testing.TB) *report.Run {
	run := runOf(tb,
		&source.File{Path: "airflow_settings.yaml", Data: "airflow: # document\n  connections:\n    - conn_id: größe\n      conn_type: dbt_cloud\n      conn_host: https://ab123.us1.dbt.com # 日本\n      conn_login: 070403\n      conn_password: s3cretEXAMPLE\n"},
		&source.File{Path: "my exports/connections.json", Data: "{\"wh\": {\"conn_type\": \"postgres\", \"host\": \"db\", \"extra\": \"us1\"},\n \"odd|id\": {\"conn_type\": \"http\", \"host\": \"http://h<b>&\\\"`*_\", \"login\": \"日本\"},\n \"clean\": {\"conn_type\": \"http\"}}\n"},
		&source.File{Path: "clean.json", Data: `{"a": {"conn_type": "http", "host": "h"}, "b": "http://h"}`},
	)
	run.Errors = []report.FileError{{Path: "lost.json", Message: "permission denied"}}
	run.Tried = &report.Tried{Verified: 2, NotVerified: 1}
	run.Live = []report.Live{
		{Path: "clean.json", ConnID: "a", Host: "ab123.us1.dbt.com", AccountID: 12345, Account: "Jaffle | <Shop>", Plan: "team", Jobs: 37},
		{Path: "clean.json", ConnID: "b", Host: "ab123.us1.dbt.com", Jobs: -1, Reaches: []string{"1 (One)", "2 (Two)"}},
	}
	run.Stages = []report.Stage{{Name: "find files", Took: 4 * time.Millisecond}, {Name: report.StageCheck, Took: 1500 * time.Millisecond}}
	return run
}

// TestGolden: each format shows the fixture as testdata/golden has it.
func TestGolden(t *testing.T) {
	run := fixture(t)
	for _, f := range report.Formats {
		var b bytes.Buffer
		if err := f.Write(&b, run); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("testdata", "golden", f.Name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != string(want) {
			t.Errorf("%s is not as in %s (-update writes it):\n%s", f.Name, name, got)
		}
		if strings.Contains(b.String(), "s3cret") {
			t.Errorf("%s shows a password", f.Name)
		}
		checkForm(t, f.Name, b.String(), run)
	}
}

// hostileText is made to break out of every format.
const hostileText = "::error::x\n::stop-commands::y\r\n##[add-mask]z ##vso[task.setvariable variable=x]y </script><script>alert(1)</script> ]]> --> <img src=x onerror=alert(1)> \" ' ` ``` ~~~ " +
	"\x1b[31m\x1b]8;;http://evil\x1b\\ \u202e\u2066\u200f \u009b31m \x00\x07\b\xff\xfe \u2028 | [a](http://evil) @everyone #1 &amp; &#60; %0A%25 ${x} {{y}} *b* _i_ \\ \ufeff \ud7ff\U000e0041 "

// TestHostile: what others put into ids, names of files and values stays a text,
// whatever the format is.
func TestHostile(t *testing.T) {
	long := strings.Repeat("A", 1<<20)
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	id, value := quoted(hostileText+long), quoted("http://"+hostileText+long)
	run := runOf(t,
		&source.File{Path: hostileText + "/connections.json", Data: "{" + id + ": {\"conn_type\": " + value + ", \"host\": " + value + ", \"login\": " + value + ", \"password\": " + value + "}}"},
		&source.File{Path: "  ::error::/##[error].env", Data: "AIRFLOW_CONN_A=http://" + strings.NewReplacer("\n", "", "\r", "").Replace(hostileText) + "@h\nAIRFLOW_CONN_B='http://u:p@http://##[stop-commands]x'\n"},
		&source.File{Path: long + ".yaml", Data: "# document\n::error::x: {conn_type: http, host: \"http://::error::\"}\n##[error]: {conn_type: http}\n"},
		&source.File{Path: "::warning::.json", Data: "{" + quoted("::notice::") + ": {\"conn_type\": \"http\", \"login\": " + quoted("##[set-output name=a]b") + "}}"},
	)
	run.Errors = []report.FileError{{Path: hostileText, Message: hostileText + long}}
	run.Tried = &report.Tried{Verified: 2}
	run.Live = []report.Live{
		{Path: "::warning::.json", ConnID: hostileText, Host: hostileText, AccountID: 1, Account: hostileText, Plan: hostileText},
		{Path: hostileText, ConnID: "::error::" + long, Host: "h", Jobs: -1, Reaches: []string{hostileText, "##[error]"}},
	}
	run.Root, run.Dir = "/r", "/r/d"
	for _, f := range report.Formats {
		var b bytes.Buffer
		if err := f.Write(&b, run); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		checkForm(t, f.Name, out, run)
		for _, r := range out {
			if r != '\n' && r != '\u200b' && (!unicode.IsPrint(r) && r != ' ' || unicode.Is(unicode.Bidi_Control, r)) {
				t.Errorf("%s writes %U", f.Name, r)
				break
			}
		}
		if strings.Contains(out, "##[") || strings.Contains(out, "##vso[") {
			t.Errorf("%s holds a command of the runner, ##[", f.Name)
		}
		for line := range strings.Lines(out) {
			if f.Name != "github" && strings.HasPrefix(strings.TrimSpace(line), "::") {
				t.Errorf("%s: a line is a command: %.80q", f.Name, line)
			}
		}
	}
}

// checkForm reads a report back: it is well-formed, and its findings are as many as
// the run's and say the same.
func checkForm(t *testing.T, format, out string, run *report.Run) {
	t.Helper()
	var messages []string
	for i := range run.Results {
		for j := range run.Results[i].Findings {
			messages = append(messages, run.Results[i].Findings[j].Message)
		}
	}
	sum := run.Summary()
	total, read := len(messages), -1
	switch format {
	case "json":
		var v struct{ Findings []struct{ Message string } }
		decode(t, format, out, &v)
		read = len(v.Findings)
		for i, f := range v.Findings {
			if f.Message != messages[i] {
				t.Errorf("%s: finding %d says %q, not %q", format, i, f.Message, messages[i])
			}
		}
	case "jsonl", "rdjsonl":
		read = 0
		for line := range strings.Lines(out) {
			var v struct{ Type, Message string }
			decode(t, format, line, &v)
			if v.Type == "finding" || v.Type == "" && !strings.HasPrefix(v.Message, "cannot be read") {
				if !strings.HasPrefix(v.Message, messages[read]) {
					t.Errorf("%s: finding %d says %q, not %q", format, read, v.Message, messages[read])
				}
				read++
			}
		}
	case "sarif":
		var v struct {
			Runs []struct {
				Results []struct{ Message struct{ Text string } }
			}
		}
		decode(t, format, out, &v)
		read = len(v.Runs[0].Results)
		link := regexp.MustCompile(`\]\(([^)]*)\)`)
		for _, r := range v.Runs[0].Results {
			for _, to := range link.FindAllStringSubmatch(r.Message.Text, -1) {
				if strings.Trim(to[1], "0123456789") != "" {
					t.Errorf("%s: a message links to %q", format, to[1])
				}
			}
		}
	case "gitlab":
		var v []struct{ Fingerprint, Description string }
		decode(t, format, out, &v)
		read = len(v) - len(run.Errors)
		seen := map[string]bool{}
		for _, i := range v {
			if seen[i.Fingerprint] {
				t.Errorf("%s: two issues with one fingerprint", format)
			}
			seen[i.Fingerprint] = true
		}
	case "github":
		read = -len(run.Errors)
		for line := range strings.Lines(out) {
			if !regexp.MustCompile(`^::(error|warning|notice) title=[^:,]*,file=[^:,]*(,line=\d+,endLine=\d+(,col=\d+,endColumn=\d+)?)?::`).MatchString(line) {
				t.Errorf("%s: no annotation: %.200q", format, line)
			}
			read++
		}
	case "concise":
		read = strings.Count(out, "\n") - len(run.Live)
	case "text":
		read = len(regexp.MustCompile(`(?m)^  \d+ \| `).FindAllString(out, -1))
	case "junit":
		elements := readXML(t, format, out)
		read = elements["failure"] + elements["skipped"]
	case "checkstyle":
		read = readXML(t, format, out)["error"] - len(run.Errors)
	case "html":
		elements := readXML(t, format, out)
		read = elements["article"]
		for name := range elements {
			if name == "img" || name == "a" && elements[name] > 1000 {
				t.Errorf("%s: there is <%s>", format, name)
			}
		}
		if elements["script"] != 1 {
			t.Errorf("%s: %d scripts", format, elements["script"])
		}
	case "markdown":
		read = len(regexp.MustCompile(`(?m)^\*\*(error|warning|note)\*\* `).FindAllString(out, -1))
		if len(out) > 65536 {
			t.Errorf("%s: %d bytes are too many for a comment", format, len(out))
		}
		checkFences(t, out)
	}
	if read != total {
		t.Errorf("%s: %d findings of %d (%+v)", format, read, total, sum)
	}
}

func decode(t *testing.T, format, out string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(out), v); err != nil {
		t.Errorf("%s: %v", format, err)
	}
}

// readXML counts the elements of a document that must be well-formed. No comment or
// section may stand in it, and no attribute that runs something.
func readXML(t *testing.T, format, out string) map[string]int {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(out))
	elements := map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Errorf("%s: %v", format, err)
			return elements
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" || a.Name.Local == "style" {
					t.Errorf("%s: <%s %s>", format, token.Name.Local, a.Name.Local)
				}
				if a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#") && !strings.HasPrefix(a.Value, "https://github.com/dbtconn-lint/") {
					t.Errorf("%s: a link to %q", format, a.Value)
				}
			}
		case xml.Comment:
			t.Errorf("%s: a comment", format)
		}
	}
}

// checkFences: outside of its blocks of code a comment has no markup but ours.
func checkFences(t *testing.T, out string) {
	t.Helper()
	fence := ""
	s := bufio.NewScanner(strings.NewReader(out))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		line := s.Text()
		switch {
		case fence != "":
			if line == fence {
				fence = ""
			}
		case strings.HasPrefix(line, "```"):
			fence = strings.TrimSuffix(line, "text")
		default:
			plain := regexp.MustCompile(`\\[[:punct:]]\x{200b}?`).ReplaceAllString(line, "")
			plain = regexp.MustCompile(`\]\(https://github\.com/dbtconn-lint/[^ ()]*\)`).ReplaceAllString(plain, "]")
			if strings.ContainsAny(plain, "<>`@~(") {
				t.Errorf("markdown: markup in %.300q", line)
			}
		}
	}
	if fence != "" {
		t.Error("markdown: a block of code does not end")
	}
}

// manyFindings is a run with 25,000 of them.
func manyFindings(tb testing.TB) *report.Run {
	var b strings.Builder
	b.WriteString("{")
	for i := range 12500 {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `"connection_%d": {"conn_type": "dbt_cloud", "host": "https://ab%d.us1.dbt.com", "login": "%d", "extra": {"x": "größe"}}`, i, i, 70000+i)
	}
	b.WriteString("}")
	return runOf(tb, &source.File{Path: "connections.json", Data: b.String()})
}

// TestMany: every format is written in under a second, and does not hold more than
// a part of what there is to write.
func TestMany(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures")
	}
	run := manyFindings(t)
	if n := run.Summary(); n.Errors+n.Warnings != 25000 {
		t.Fatalf("%+v", n)
	}
	for _, f := range report.Formats {
		var best time.Duration
		for try := range 3 { // other programs may have the machine for a while
			w := &meter{}
			runtime.GC()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			w.base = before.HeapAlloc
			start := time.Now()
			if err := f.Write(w, run); err != nil {
				t.Fatal(err)
			}
			took := time.Since(start) - w.spent
			if w.most > 64<<20 {
				t.Errorf("%s holds %d MB", f.Name, w.most>>20)
			}
			if try == 0 || took < best {
				best = took
			}
			if best < time.Second {
				t.Logf("%-10s %8s  %9d bytes, %3d MB held", f.Name, best.Round(time.Millisecond), w.written, w.most>>20)
				break
			}
		}
		if best > 5*time.Second { // a second, and what a busy machine makes of it
			t.Errorf("%s takes %s", f.Name, best)
		}
	}
}

// TestMarkdownLimit: all that is written fits into a comment on GitHub, and what is
// left out is counted.
func TestMarkdownLimit(t *testing.T) {
	markdown, _ := report.Named("markdown")
	run := manyFindings(t)
	odd := strings.Repeat("@", 120)
	for range 100 {
		run.Errors = append(run.Errors, report.FileError{Path: odd, Message: odd})
		run.Live = append(run.Live, report.Live{ConnID: odd, Path: odd, Host: "ab123.us1.dbt.com", Account: odd})
	}
	for _, head := range []func(){
		func() {},
		func() { run.Tried = &report.Tried{Verified: len(run.Live)} },
		func() { run.Errors = nil },
		func() { run.Tried = nil },
	} {
		head()
		var b strings.Builder
		if err := markdown.Write(&b, run); err != nil {
			t.Fatal(err)
		}
		shown, more := strings.Count(b.String(), "\n**"), 0
		i := strings.LastIndex(b.String(), "… and ")
		if _, err := fmt.Sscanf(b.String()[max(0, i):], "… and %d findings more", &more); err != nil {
			t.Error(err)
		}
		const limit = 65536
		if n := b.Len(); n > limit || n < limit-2000 || shown-1+more != 25000 { // one is the sum
			t.Errorf("%d bytes, %d findings and %d more", n, shown-1, more)
		}
		t.Logf("%d bytes, %d findings", b.Len(), shown-1)
	}
}

// TestSARIFLimit: of more results than GitHub takes, those that are left out are not
// worse than one that is there, and the report says so.
func TestSARIFLimit(t *testing.T) {
	for _, copies := range []int{4_500, 9_000, 13_000} {
		run := fixture(t)
		run.Errors, run.Results = nil, slices.Repeat(run.Results, copies)
		sum, left := run.Summary(), 25_000
		total, want := sum.Errors+sum.Warnings+sum.Notes, map[string]int{}
		if total <= left {
			t.Fatalf("%d findings are too few", total)
		}
		for _, level := range []string{"error", "warning", "note"} {
			if n := min(left, map[string]int{"error": sum.Errors, "warning": sum.Warnings, "note": sum.Notes}[level]); n > 0 {
				want[level] = n
				left -= n
			}
		}
		f, _ := report.Named("sarif")
		var b bytes.Buffer
		if err := f.Write(&b, run); err != nil {
			t.Fatal(err)
		}
		var v struct {
			Runs []struct {
				Results     []struct{ Level string }
				Invocations []struct {
					ExecutionSuccessful        bool
					ToolExecutionNotifications []struct{ Message struct{ Text string } }
				}
			}
		}
		decode(t, "sarif", b.String(), &v)
		got := map[string]int{}
		for _, r := range v.Runs[0].Results {
			got[r.Level]++
		}
		notice := fmt.Sprintf("25000 findings of %d are here, no worse one is left out: GitHub takes no more", total)
		in := v.Runs[0].Invocations[0]
		if !maps.Equal(got, want) || !in.ExecutionSuccessful || len(in.ToolExecutionNotifications) != 1 || in.ToolExecutionNotifications[0].Message.Text != notice {
			t.Errorf("%d: %v, want %v; %+v, want %s", copies, got, want, in, notice)
		}
	}
}

// meter is a writer that looks at the memory now and then.
type meter struct {
	written, next int
	base, most    uint64
	spent         time.Duration
}

func (m *meter) Write(b []byte) (int, error) {
	m.written += len(b)
	if m.written >= m.next {
		m.next = m.written + 8<<20
		start := time.Now()
		var now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&now)
		if now.HeapAlloc > m.base {
			m.most = max(m.most, now.HeapAlloc-m.base)
		}
		m.spent += time.Since(start)
	}
	return len(b), nil
}

// BenchmarkFormats writes 25,000 findings.
func BenchmarkFormats(b *testing.B) {
	run := manyFindings(b)
	for _, f := range report.Formats {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := f.Write(io.Discard, run); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
