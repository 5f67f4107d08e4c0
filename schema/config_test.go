package schema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/config"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

// property is what the schema says of a key, references followed.
type property struct {
	Ref        string              `json:"$ref"`
	Type       any                 `json:"type"`
	Enum       []any               `json:"enum"`
	Const      any                 `json:"const"`
	Default    any                 `json:"default"`
	Title      string              `json:"title"`
	Items      *property           `json:"items"`
	Properties map[string]property `json:"properties"`
	Closed     *any                `json:"additionalProperties"`
	Required   []string            `json:"required"`
	MinItems   int                 `json:"minItems"`
	Names      *property           `json:"propertyNames"`
	Defs       map[string]property `json:"$defs"`
}

// TestConfigurationKeys holds the schema against the table of keys: the same keys, of
// the same kinds, with the same words, defaults and what is asked for.
func TestConfigurationKeys(t *testing.T) {
	data, err := os.ReadFile("config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var root property
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	var follow func(p property) property
	follow = func(p property) property {
		if p.Ref == "" {
			return p
		}
		to, name := root.Defs, strings.TrimPrefix(p.Ref, "#/$defs/")
		if n, ok := strings.CutPrefix(p.Ref, "#/properties/"); ok {
			to, name = root.Properties, n
		}
		target, ok := to[name]
		if !ok {
			t.Fatalf("nothing at %s", p.Ref)
		}
		target = follow(target)
		target.MinItems, target.Title = max(target.MinItems, p.MinItems), p.Title+target.Title
		if p.Default != nil {
			target.Default = p.Default
		}
		return target
	}
	var compare func(at string, keys []config.Key, p property)
	compare = func(at string, keys []config.Key, p property) {
		if p.Closed == nil || *p.Closed != false {
			t.Errorf("%s takes other keys", at)
		}
		if len(p.Properties) != len(keys) {
			t.Errorf("%s: %d keys, want %d", at, len(p.Properties), len(keys))
		}
		var required []string
		for _, k := range keys {
			at := at + "." + k.Name
			got, ok := p.Properties[k.Name]
			if !ok {
				t.Errorf("no %s", at)
				continue
			}
			got = follow(got)
			if k.Required {
				required = append(required, k.Name)
			}
			if got.Title == "" {
				t.Errorf("%s: no title", at)
			}
			want := map[config.Kind]any{
				config.Text: "string", config.Day: "string", config.Texts: "array", config.Numbers: "array", config.OneText: "[string array]", config.Map: "object", config.Object: "object", config.Objects: "array",
			}[k.Kind]
			if k.Kind == config.Number || k.Kind == config.Text && k.Words != nil {
				want = nil // a constant, or words
			}
			if fmt.Sprint(got.Type) != fmt.Sprint(want) {
				t.Errorf("%s is %v, want %v", at, got.Type, want)
			}
			words := got.Enum
			if k.Kind == config.Map {
				if m, ok := (*got.Closed).(map[string]any); ok {
					words, _ = m["enum"].([]any)
				}
			}
			if !sameWords(words, k.Words) {
				t.Errorf("%s: %v, want %v", at, words, k.Words)
			}
			if k.Default != nil && strings.Trim(fmt.Sprint(got.Default), "[]") != strings.Join(k.Default, " ") {
				t.Errorf("%s: default %v, want %v", at, got.Default, k.Default)
			}
			if least := got.MinItems; (least > 0) != (k.Kind == config.OneText || k.NotEmpty || k.Required) {
				t.Errorf("%s: at least %d", at, least)
			}
			switch k.Kind {
			case config.Object:
				compare(at, k.Keys, got)
			case config.Objects:
				sub := k.Keys
				if k.Name == "overrides" {
					sub = config.OverrideKeys()
				}
				compare(at, sub, follow(*got.Items))
			}
		}
		slices.Sort(required)
		slices.Sort(p.Required)
		if !slices.Equal(required, p.Required) {
			t.Errorf("%s asks for %v, want %v", at, p.Required, required)
		}
	}
	compare("", config.Keys, root)
}

func sameWords(a []any, b []string) bool {
	var words []string
	for _, w := range a {
		words = append(words, fmt.Sprint(w))
	}
	slices.Sort(words)
	b = slices.Sorted(slices.Values(b))
	return slices.Equal(words, b)
}

// inexpressible are what the configuration refuses and its schema cannot, with the
// reason.
var inexpressible = regexp.MustCompile(`(?m): (Airflow \S+ is too old.*|.* is no pattern|until is a day .* "\d{4}-\d\d-\d\d"|this key is there twice|a second document is not read|no connection type is called .*)$`)

// TestConfigurationExamples holds the schema to the parser with all configurations of
// the scripts and of the rules' examples: it takes what the parser takes, and refuses
// what that refuses, but for what a schema cannot say.
func TestConfigurationExamples(t *testing.T) {
	s := published(t, "config", nil)
	scripts, err := filepath.Glob("../testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := filepath.Glob("../testdata/rules/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`--config[ =](\S+)`)
	good, bad := 0, 0
	judge := func(name, text string) {
		file := &source.File{Path: "c.yaml", Data: text}
		tree, fault := syntax.ParseYAML(file.Text(), syntax.GoYAML)
		if fault != nil {
			return
		}
		_, refused := config.Parse(file, ".", rules.All())
		var doc any = map[string]any{}
		if root := tree.Root(); !root.IsZero() && root.Kind() != syntax.Null {
			doc = withoutNulls(asConfigured(root))
		}
		err := s.Validate(doc)
		switch {
		case refused == nil && err != nil:
			t.Errorf("%s: the schema refuses what is in order: %s\n%s", name, firstFault(err), text)
		case refused != nil && err == nil && len(inexpressible.FindAllString(refused.Error(), -1)) < len(strings.Split(refused.Error(), "\n")):
			t.Errorf("%s: the schema takes it: %v\n%s", name, refused, text)
		case refused != nil:
			bad++
		default:
			good++
		}
	}
	for _, name := range append(scripts, cases...) {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		configs := []string{config.Name}
		for _, m := range named.FindAllStringSubmatch(string(ar.Comment), -1) {
			configs = append(configs, filepath.Base(m[1]))
		}
		for _, f := range ar.Files {
			if slices.Contains(configs, filepath.Base(f.Name)) {
				judge(name+": "+f.Name, string(f.Data))
			}
		}
	}
	for _, r := range rules.All() {
		for _, text := range []string{r.Before, r.After} {
			for _, f := range txtar.Parse([]byte(text)).Files {
				if f.Name == config.Name {
					judge(r.ID, string(f.Data))
				}
			}
		}
	}
	judge("config init", config.Commented())
	if good < 60 || bad < 9 {
		t.Errorf("only %d good ones and %d bad ones", good, bad)
	}
}

// asConfigured is a configuration as an editor's schema sees it: a date is a text.
func asConfigured(n syntax.Node) any {
	switch n.Kind() {
	case syntax.Date, syntax.Timestamp:
		return n.Raw()
	case syntax.Sequence:
		list := []any{}
		for item := range n.Items() {
			list = append(list, asConfigured(item))
		}
		return list
	case syntax.Mapping:
		object := map[string]any{}
		for k, v := range n.Members() {
			object[k.Text().String()] = asConfigured(v)
		}
		return object
	}
	return asHeld(n)
}

// withoutNulls drops the keys without a value, whose values are commented out.
func withoutNulls(doc any) any {
	switch doc := doc.(type) {
	case []any:
		for i := range doc {
			doc[i] = withoutNulls(doc[i])
		}
	case map[string]any:
		for k, v := range doc {
			if v == nil {
				delete(doc, k)
			} else {
				doc[k] = withoutNulls(v)
			}
		}
	}
	return doc
}
