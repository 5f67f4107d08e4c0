package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// The shapes of SARIF 2.1.0, as far as GitHub's code scanning and the viewers of
// editors look at them.
type (
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifRule struct {
		ID                   string         `json:"id"`
		Name                 string         `json:"name"`
		ShortDescription     sarifText      `json:"shortDescription"`
		FullDescription      sarifText      `json:"fullDescription"`
		Help                 sarifText      `json:"help"`
		HelpURI              string         `json:"helpUri"`
		DefaultConfiguration sarifLevel     `json:"defaultConfiguration"`
		Properties           sarifRuleProps `json:"properties"`
	}
	sarifRuleProps struct {
		Tags             []string `json:"tags"`
		Precision        string   `json:"precision"`
		ProblemSeverity  string   `json:"problem.severity,omitempty"`
		SecuritySeverity string   `json:"security-severity,omitempty"`
	}
	sarifDriver struct {
		Name            string      `json:"name"`
		Version         string      `json:"version"`
		SemanticVersion string      `json:"semanticVersion,omitempty"`
		InformationURI  string      `json:"informationUri"`
		Rules           []sarifRule `json:"rules"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifText         `json:"message"`
		Locations           []sarifLocation   `json:"locations"`
		RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
		Properties          sarifResultProps  `json:"properties"`
	}
	sarifResultProps struct {
		Field     string   `json:"field,omitempty"`
		Pointer   string   `json:"pointer,omitempty"`
		Consumers []string `json:"consumers,omitempty"`
	}
	sarifLocation struct {
		ID       int            `json:"id,omitempty"`
		Message  *sarifText     `json:"message,omitempty"`
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
)

// home is where people find out what this program is.
const home = "https://github.com/dbtconn-lint/dbtconn-lint"

// mostResults is how many results of a run GitHub takes; it refuses a file with more
// ("SARIF results exceed limits" in its documentation).
const mostResults = 25_000

// writeSARIF is for code scanning. There are no snippets: GitHub has the file, and
// others need not see a line with a masked secret.
func writeSARIF(w io.Writer, r *Run) error {
	rules, _ := r.rules()
	index := map[*lint.Rule]int{}
	driver := sarifDriver{Name: "dbtconn-lint", Version: r.Version, InformationURI: home, Rules: []sarifRule{}}
	if r.Version != "" && r.Version[0] >= '0' && r.Version[0] <= '9' {
		driver.SemanticVersion = r.Version
	}
	for i, rule := range rules {
		index[rule] = i
		driver.Rules = append(driver.Rules, toSARIFRule(rule))
	}
	s := newStream(w)
	s.open('{')
	s.key("$schema").value("https://json.schemastore.org/sarif-2.1.0.json")
	s.key("version").value("2.1.0")
	s.key("runs").open('[')
	s.open('{')
	s.key("tool").value(map[string]sarifDriver{"driver": driver})
	s.key("automationDetails").value(map[string]string{"id": "dbtconn-lint/"})
	from, left, notice := r.worst(mostResults)
	s.key("invocations").value([]sarifInvocation{r.invocation(notice)})
	s.key("columnKind").value("unicodeCodePoints")
	s.key("results").open('[')
	for res, f := range r.all() {
		if f.Level < from || f.Level == from && left == 0 {
			continue
		}
		if f.Level == from {
			left--
		}
		s.value(r.toSARIF(res, f, index[f.Rule]))
	}
	s.close(']')
	s.close('}')
	s.close(']')
	s.close('}')
	return s.flush()
}

// worst says which findings are the worst of a run where it has more than so many:
// all above a level, and the first ones of that level. A notice tells of the cut.
func (r *Run) worst(most int) (from lint.Level, ofFrom int, notice string) {
	sum := r.Summary()
	total := sum.Errors + sum.Warnings + sum.Notes
	if total <= most {
		return lint.Note, total, ""
	}
	notice = fmt.Sprintf("%d findings of %d are here, no worse one is left out: GitHub takes no more", most, total)
	left := most
	for _, l := range [...]struct {
		level lint.Level
		n     int
	}{{lint.Error, sum.Errors}, {lint.Warning, sum.Warnings}} {
		if l.n >= left {
			return l.level, left, notice
		}
		left -= l.n
	}
	return lint.Note, left, notice
}

func toSARIFRule(r *lint.Rule) sarifRule {
	text := r.Why + "\n\nWhat to do: " + r.Remedy
	s := sarifRule{
		ID: r.ID, Name: r.Name, ShortDescription: sarifText{Text: r.Summary}, FullDescription: sarifText{Text: brief(r.Summary)}, HelpURI: r.URL(),
		Help:                 sarifText{text, escapeMarkdown(r.Why) + "\n\n**What to do:** " + escapeMarkdown(r.Remedy) + "\n\n[" + r.ID + "](" + r.URL() + ")"},
		DefaultConfiguration: sarifLevel{r.Level.String()},
		Properties:           sarifRuleProps{Tags: []string{"airflow", "connections", strings.ToLower(r.Family())}, Precision: "high"},
	}
	if isSecurity(r) {
		// It makes a security alert of the finding: 7 and more is high, 4 medium.
		s.Properties.Tags = append(s.Properties.Tags, "security")
		s.Properties.SecuritySeverity = map[lint.Level]string{lint.Note: "3.0", lint.Warning: "6.0", lint.Error: "8.0"}[r.Level]
	} else {
		s.Properties.ProblemSeverity = map[lint.Level]string{lint.Note: "recommendation", lint.Warning: "warning", lint.Error: "error"}[r.Level]
	}
	return s
}

// isSecurity reports whether a rule is about secrets.
func isSecurity(r *lint.Rule) bool { return r.Family() == "SEC" }

func (r *Run) toSARIF(res *lint.Result, f *lint.Finding, rule int) sarifResult {
	file := res.Doc.File
	at := r.location(file, f.Span)
	if f.ConnID != "" {
		at.Logical = []sarifLogical{{f.ConnID, "member"}}
	}
	s := sarifResult{
		RuleID: f.Rule.ID, RuleIndex: rule, Level: f.Level.String(), Locations: []sarifLocation{at},
		PartialFingerprints: map[string]string{"dbtconnLint/v1": f.Fingerprint},
		Properties:          sarifResultProps{f.Field.String(), f.Pointer, f.Consumers},
	}
	var b strings.Builder
	b.WriteString(withoutLinks(full(f)))
	for i, rel := range f.Related {
		to := r.location(rel.In(file), rel.Span)
		to.ID, to.Message = i+1, &sarifText{Text: withoutLinks(rel.Message)}
		s.RelatedLocations = append(s.RelatedLocations, to)
		fmt.Fprintf(&b, " ([%s](%d))", strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(withoutLinks(rel.Message)), i+1) // else GitHub shows it nowhere
	}
	s.Message.Text = b.String()
	return s
}

// withoutLinks is a text for a message of SARIF, in which [text](target) is a link.
func withoutLinks(s string) string { return strings.ReplaceAll(s, "](", "] (") }

func (r *Run) location(f *source.File, at source.Span) sarifLocation {
	from, to := f.Position(at.Start), f.Position(at.End)
	return sarifLocation{Physical: sarifPhysical{r.artifact(f.Path), &sarifRegion{from.Line, from.Column, to.Line, to.Column}}}
}

func (r *Run) artifact(p string) sarifArtifact {
	p = r.inRepository(p)
	if !isAbsolute(p) {
		return sarifArtifact{percentEncoded(p), "%SRCROOT%"}
	}
	return sarifArtifact{URI: "file:///" + percentEncoded(strings.TrimPrefix(p, "/"))}
}

// percentEncoded is a path as a URI's path.
func percentEncoded(p string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(p) {
		switch c := p[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// invocation tells of inputs that could not be read, and of findings that are left
// out.
func (r *Run) invocation(notice string) sarifInvocation {
	in := sarifInvocation{ExecutionSuccessful: len(r.Errors) == 0}
	if notice != "" {
		in.Notifications = append(in.Notifications, sarifNotification{Level: "warning", Message: sarifText{Text: notice}})
	}
	for _, e := range r.Errors {
		in.Notifications = append(in.Notifications, sarifNotification{
			Level: "error", Message: sarifText{Text: withoutLinks(e.Message)}, Locations: []sarifLocation{{Physical: sarifPhysical{Artifact: r.artifact(e.Path)}}},
		})
	}
	return in
}
