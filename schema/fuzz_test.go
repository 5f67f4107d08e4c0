package schema_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/schema"
)

// FuzzPolicy holds that no schema and no document brings the validator down, and that
// what cannot be judged says so.
func FuzzPolicy(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"$ref": "#"}`, `{"port": 1e10000000}`},
		{`{"properties": {"host": {"pattern": "^x", "title": "t"}}, "required": ["login"], "additionalProperties": false}`, `{"host": "y", "a/b %41": 1}`},
		{`{"$defs": {"a": {"$anchor": "b", "anyOf": [{"$dynamicRef": "#b"}]}}, "allOf": [{"$ref": "#b"}], "if": true, "then": {"minItems": 1}}`, `[1, [2]]`},
		{`{"$schema": "http://json-schema.org/draft-04/schema#", "id": "x", "dependencies": {"a": ["b"]}, "format": "email"}`, `{"a": "\ud800"}`},
		{`{"patternProperties": {"^a": {"uniqueItems": true}}, "propertyNames": {"maxLength": 1}, "unevaluatedProperties": false}`, `{"abc": [1, 1.0]}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, document string) {
		p, err := policy(text)
		if err != nil {
			if e := (*schema.Error)(nil); !errors.As(err, &e) || e.At.Line < 1 || e.Problem == "" {
				t.Fatalf("no error of ours: %v", err)
			}
			return
		}
		dec := json.NewDecoder(strings.NewReader(document))
		dec.UseNumber()
		var doc any
		if dec.Decode(&doc) != nil {
			return
		}
		vs, err := p.Check(doc)
		if u := (*schema.Unjudged)(nil); err != nil && (!errors.As(err, &u) || u.Reason == "the validator failed") {
			t.Fatalf("%v", err)
		}
		for _, v := range vs {
			if v.Path == "" || v.At.Line < 1 {
				t.Fatalf("a violation from nowhere: %+v", v)
			}
		}
	})
}
