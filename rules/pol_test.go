package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
)

// TestPolicy holds what a finding says: whose words, where, and for whom.
func TestPolicy(t *testing.T) {
	for _, c := range []struct{ name, policy, file, text, want string }{
		{"title, pointer and place", `{"properties": {"extra": {"properties": {"a/b %c": {"items": {"title": "small", "maximum": 5}}}}}}`, "connections.json",
			`{"w": {"conn_type": "t", "extra": "{\"a/b %c\": [1, 77]}"}}`,
			`error extra /a~1b %c/1 "77" small [asked for at t.schema.json:1:92] airflow@2.11,airflow@3.3,airflow-import@2.11,airflow-import@3.3`},
		{"all of one value in one", `{"properties": {"host": {"title": "own", "pattern": "^x", "maxLength": 2}, "login": {"allOf": [{"title": "a", "pattern": "1"}, {"title": "b", "pattern": "2"}]}}}`, "connections.json",
			`{"w": {"conn_type": "t", "host": "why", "login": "x"}}`,
			`error host  "why" own [asked for at t.schema.json:1:53, t.schema.json:1:72] airflow@2.11,airflow@3.3,airflow-import@2.11,airflow-import@3.3
error login  "x" a; b [asked for at t.schema.json:1:122, t.schema.json:1:154] airflow@2.11,airflow@3.3,airflow-import@2.11,airflow-import@3.3`},
		{"no title", `{"required": ["description"], "properties": {"extra": {"additionalProperties": false}, "port": {"type": "null"}}}`, "connections.yaml",
			"w: {conn_type: t, port: 5, extra: {key: c4nary}}\n",
			`error description  "w" "description" is missing, which the policy asks for [asked for at t.schema.json:1:14] airflow@2.11,airflow@3.3,airflow-import@2.11,airflow-import@3.3
error port  "5" "port" is not of the type that the policy asks for [asked for at t.schema.json:1:105] airflow@2.11,airflow@3.3,airflow-import@2.11,airflow-import@3.3
error extra /key "key" "extra.key" is no key that the policy allows [asked for at t.schema.json:1:80] airflow@2.11,airflow@3.3,airflow-import@2.11,airflow-import@3.3`},
		{"those that loaded", `{"title": "no host", "not": {"required": ["host"]}}`, "connections.json",
			`{"w": {"conn_type": "t", "host": "h"}, "v": {"conn_type": "t", "host": "h", "extra": "[1"}}`,
			"error   \"w\" no host (Airflow 2.11 only) [asked for at t.schema.json:1:29] airflow@2.11,airflow-import@2.11\nerror   \"v\" no host (Airflow 2.11 only) [asked for at t.schema.json:1:29] airflow@2.11,airflow-import@2.11"},
		{"a deep extra", `{"properties": {"extra": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "array", "items": {"$ref": "#/$defs/x"}}}}`, "connections.json",
			`{"w": {"conn_type": "t", "extra": {"a": ` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}}}`,
			"warning extra  \"{\\\"a\\\": [[[…\" the policy for \"t\" cannot be judged: it is nested deeper than 100 [] airflow@2.11,airflow@3.3,airflow-import@2.11,airflow-import@3.3"},
		{"the policy of another type", `{"title": "x", "not": {}}`, "connections.json", `{"w": {"conn_type": "T"}}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bound, _ := policies(t, []txtar.File{{Name: "t.schema.json", Data: []byte(c.policy)}})
			res := checkFor(t, c.file, c.text, export.Unknown, lint.Options{Targets: resolve(t, consumer.Asked{Airflow: []string{"2.11", "3.3"}}), Schemas: bound})
			var lines []string
			for _, f := range res.Findings {
				if f.Rule.ID != "POL001" {
					continue
				}
				at := res.Doc.File.Data[f.Span.Start:f.Span.End]
				if len(at) > 60 {
					at = at[:9] + "…"
				}
				lines = append(lines, fmt.Sprintf("%s %s %s %q %s [%s] %s", f.Level, f.Field, f.Pointer, at, f.Message, f.Hint, strings.Join(f.Consumers, ",")))
			}
			if got := strings.Join(lines, "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
