package schema

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Policy is a JSON Schema of the user's that connections of one type have to meet.
// The validator behind it is guarded: it opens nothing, ends in reasonable time,
// and none of its words are shown, because they quote values.
type Policy struct {
	schema *jsonschema.Schema
	files  map[string]*policyFile // by the URL that the validator knows them by
	steps  *budget                // of all policies that were compiled together
}

// policyFile is a schema's text.
type policyFile struct {
	*source.File
	tree *syntax.Tree
}

// Error is a policy schema that cannot be used.
type Error struct {
	Path    string
	At      source.Position
	Problem string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.At.Line, e.At.Column, e.Problem)
}

// What a policy may be made of. No policy that a person has written comes near.
const (
	maxSchemaSize    = 256 << 10
	maxSchemaObjects = 5_000
	maxSchemaDepth   = 200
)

// scheme of the URLs that the validator knows the files by. No loader has it.
const scheme = "policy:///"

// Policies compiles the schema files of a configuration, one for each connection
// type. They may refer to each other by their relative paths, and to themselves;
// nothing that the configuration does not name is opened. The error is an [Error].
func Policies(files map[string]*source.File) (map[string]*Policy, error) {
	c := jsonschema.NewCompiler()
	c.LoadURL = func(url string) (io.ReadCloser, error) { return nil, notNamed(url) }
	steps := &budget{}
	c.RegisterExtension("budget", nil, meter{steps})
	known := map[string]*policyFile{}
	types := make([]string, 0, len(files))
	for t := range files {
		types = append(types, t)
	}
	slices.Sort(types) // so that of two errors the same one is told
	for _, t := range types {
		f, err := readPolicy(files[t])
		if err != nil {
			return nil, err
		}
		known[fileURL(f.Path)] = f
		if err := c.AddResource(fileURL(f.Path), strings.NewReader(f.Data)); err != nil {
			return nil, f.fail(source.Span{}, "is no JSON that a schema can be made of")
		}
	}
	policies := make(map[string]*Policy, len(files))
	for _, t := range types {
		at := fileURL(files[t].Path)
		s, err := compile(c, at)
		if err != nil {
			return nil, known[at].explain(err, known)
		}
		// The validator calls a file by its $id, where it has one.
		id, _, _ := strings.Cut(s.Location, "#")
		known[id] = known[at]
		policies[t] = &Policy{schema: s, files: known, steps: steps}
	}
	return policies, nil
}

// fileURL is what the validator calls a file.
func fileURL(name string) string {
	u := url.URL{Path: path.Clean("/" + strings.ReplaceAll(name, `\`, "/"))}
	return scheme + strings.TrimPrefix(u.EscapedPath(), "/")
}

// notNamed is the URL of a schema that the configuration does not name.
type notNamed string

func (notNamed) Error() string { return "not named by the configuration" }

// errPanicked stands for a panic of the validator, whose words may quote values.
var errPanicked = errors.New("the validator failed")

func compile(c *jsonschema.Compiler, url string) (s *jsonschema.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			if err, _ = r.(error); !errors.As(err, new(*tooLarge)) {
				err = errPanicked
			}
		}
	}()
	return c.Compile(url)
}

// readPolicy parses a schema, for its places, and refuses what the validator
// cannot bear.
func readPolicy(file *source.File) (*policyFile, error) {
	f := &policyFile{File: file}
	if len(file.Data) > maxSchemaSize {
		return nil, f.fail(source.Span{}, fmt.Sprintf("is larger than the %d KiB that a policy may have", maxSchemaSize>>10))
	}
	tree, fault := syntax.ParseJSON(file.Text())
	if fault != nil {
		return nil, f.fail(fault.Span, fault.Problem)
	}
	f.tree = tree
	switch root := tree.Root(); {
	case root.Kind() != syntax.Mapping && root.Kind() != syntax.Bool:
		return nil, f.fail(root.Span(), "is no JSON Schema: that is an object, true or false")
	case tree.Depth() > maxSchemaDepth:
		return nil, f.fail(root.Span(), fmt.Sprintf("is nested deeper than %d, which no policy needs", maxSchemaDepth))
	}
	objects := 0
	for n := range descendants(tree.Root()) {
		switch n.Kind() {
		case syntax.Mapping:
			objects++
		case syntax.Int, syntax.Float:
			if problem := unfitNumber(n.Raw()); problem != "" {
				return nil, f.fail(n.Span(), problem)
			}
		}
	}
	if objects > maxSchemaObjects {
		return nil, f.fail(source.Span{}, fmt.Sprintf("has more than the %d objects that a policy may have", maxSchemaObjects))
	}
	return f, nil
}

// descendants are a node and all below it. The depth is known to be bearable.
func descendants(n syntax.Node) func(yield func(syntax.Node) bool) {
	return func(yield func(syntax.Node) bool) {
		var walk func(n syntax.Node) bool
		walk = func(n syntax.Node) bool {
			if !yield(n) {
				return false
			}
			for item := range n.Items() {
				if !walk(item) {
					return false
				}
			}
			for _, v := range n.Members() {
				if !walk(v) {
					return false
				}
			}
			return true
		}
		walk(n)
	}
}

// unfitNumber says why the validator, which computes with exact fractions, cannot
// be given a number; empty where it can. It panics at exponents of millions.
func unfitNumber(s string) string {
	const maxDigits, maxExponent = 64, 400
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return "is no number that JSON has"
	}
	digits, exponent, _ := strings.Cut(strings.ToLower(digits), "e")
	if n, err := strconv.Atoi(cmp.Or(exponent, "0")); len(digits) > maxDigits || err != nil || n > maxExponent || n < -maxExponent {
		return "is a number too large to compute with"
	}
	return ""
}

func (f *policyFile) fail(at source.Span, problem string) *Error {
	return &Error{Path: f.Path, At: f.Position(at.Start), Problem: problem}
}

// explain says in our own words why a schema does not compile.
func (f *policyFile) explain(err error, known map[string]*policyFile) *Error {
	var remote notNamed
	var invalid *jsonschema.ValidationError
	var loop jsonschema.InfiniteLoopError
	var large *tooLarge
	switch {
	case errors.As(err, &remote):
		in, at, _ := findReference(f, known, string(remote))
		return in.fail(at, "refers to a schema that the configuration does not name; it is not loaded")
	case errors.As(err, &loop):
		return f.fail(source.Span{}, "refers to itself without end")
	case errors.As(err, &large):
		return f.fail(source.Span{}, "has a pattern that is too large to search with: "+large.pattern)
	case errors.As(err, &invalid):
		leaf := firstLeaf(invalid)
		keys := pointerKeys(leaf.InstanceLocation)
		n := f.tree.Root()
		for _, k := range keys {
			if n = child(n, k); n.IsZero() {
				return f.fail(source.Span{}, "is no valid JSON Schema")
			}
		}
		if strings.HasSuffix(leaf.KeywordLocation, "/format") && n.Kind() == syntax.String {
			return f.fail(n.Span(), "is no regular expression that can be used here (RE2: without lookahead and back-references)")
		}
		return f.fail(n.Span(), fmt.Sprintf("%s is not what JSON Schema allows there", strings.Join(keys, "/")))
	}
	// "jsonschema: policy:///a.json#/$defs/x not found" has no type of its own.
	for _, word := range strings.Fields(err.Error()) {
		if in, at, ok := findReference(f, known, word); ok {
			return in.fail(at, "refers to something that is not there")
		}
	}
	return f.fail(source.Span{}, "is no JSON Schema that can be used")
}

// findReference finds the place of a reference by the URL that it was resolved to.
func findReference(f *policyFile, known map[string]*policyFile, target string) (*policyFile, source.Span, bool) {
	files := []*policyFile{f}
	for _, u := range slices.Sorted(func(yield func(string) bool) {
		for u := range known {
			if !yield(u) {
				return
			}
		}
	}) {
		files = append(files, known[u])
	}
	for _, f := range files {
		for n := range descendants(f.tree.Root()) {
			for k, v := range n.Members() {
				switch {
				case v.Kind() != syntax.String || !strings.HasPrefix(k.Text().String(), "$"):
				case !k.Is("$ref") && !k.Is("$schema") && !k.Is("$dynamicRef") && !k.Is("$recursiveRef"):
				default:
					ref := v.Text().String()
					file, _, _ := strings.Cut(ref, "#")
					for _, end := range [...]string{ref, file, path.Base(file)} {
						if end != "" && end != "." && strings.HasSuffix(target, end) {
							return f, v.Span(), true
						}
					}
				}
			}
		}
	}
	return f, source.Span{}, false
}

// firstLeaf is the same one in every run.
func firstLeaf(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	var best *jsonschema.ValidationError
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 && (best == nil || cmp.Or(strings.Compare(e.InstanceLocation, best.InstanceLocation), strings.Compare(e.KeywordLocation, best.KeywordLocation)) < 0) {
			best = e
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(e)
	return best
}

// pointerKeys takes a pointer of the validator's apart: a JSON pointer whose keys
// are percent-encoded besides.
func pointerKeys(pointer string) []string {
	if pointer == "" {
		return nil
	}
	keys := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, k := range keys {
		if plain, err := url.PathUnescape(k); err == nil {
			k = plain
		}
		keys[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(k)
	}
	return keys
}

// child is the member or the item of a node with this key.
func child(n syntax.Node, key string) syntax.Node {
	if n.Kind() == syntax.Mapping {
		return n.Lookup(key)
	}
	i := 0
	for item := range n.Items() {
		if strconv.Itoa(i) == key {
			return item
		}
		i++
	}
	return syntax.Node{}
}

// Violation is one thing in a document that its policy does not allow.
type Violation struct {
	// Keys lead from the document to the value.
	Keys []string
	// Missing is set where there is no such value, and the policy asks for it;
	// Unknown where the policy has no such key.
	Missing, Unknown bool
	// Says is the title or the description of the schema that is not met, or of the
	// nearest one around it; may be empty.
	Says string
	// Keyword that is not met ("pattern"), and where it stands.
	Keyword string
	Path    string
	At      source.Position
}

// Unjudged says why a document cannot be judged by its policy.
type Unjudged struct {
	// Keys lead to the value that is the reason; empty for the document as a whole.
	Keys   []string
	Reason string
}

func (u *Unjudged) Error() string { return u.Reason }

// Check judges a document: nil, bool, string, json.Number, []any and map[string]any.
// The violations are in the order of their keys. The error is an [Unjudged].
func (p *Policy) Check(doc any) ([]Violation, error) {
	values, unfit := bearable(doc)
	if unfit != nil {
		return nil, unfit
	}
	err := p.validate(doc, maxSteps+values*stepsForValue)
	var invalid *jsonschema.ValidationError
	var loop jsonschema.InfiniteLoopError
	var spent *spent
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &invalid):
	case errors.As(err, &loop):
		return nil, &Unjudged{Reason: "the policy refers to itself without end"}
	case errors.As(err, &spent):
		return nil, &Unjudged{Reason: "the policy takes too long"}
	default:
		return nil, &Unjudged{Reason: "the validator failed"}
	}
	var vs []Violation
	p.collect(invalid, nil, doc, &vs)
	slices.SortFunc(vs, func(a, b Violation) int {
		return cmp.Or(slices.Compare(a.Keys, b.Keys), strings.Compare(a.Path, b.Path), cmp.Compare(a.At.Offset, b.At.Offset), strings.Compare(a.Says, b.Says))
	})
	return slices.CompactFunc(vs, func(a, b Violation) bool {
		return slices.Equal(a.Keys, b.Keys) && a.Path == b.Path && a.At == b.At && a.Says == b.Says
	}), nil
}

func (p *Policy) validate(doc any, steps int) (err error) {
	p.steps.mu.Lock()
	defer p.steps.mu.Unlock()
	p.steps.left = steps
	defer func() {
		if r := recover(); r != nil {
			if err, _ = r.(error); !errors.As(err, new(*spent)) {
				err = errPanicked
			}
		}
	}()
	return p.schema.Validate(doc)
}

// bearable counts the values of a document, or says why it would be too much for the
// validator.
func bearable(doc any) (values int, u *Unjudged) {
	const maxDepth, maxValues, maxText = 100, 10_000, 256 << 10 // less than what readers unfold
	text := 0
	var walk func(v any, keys []string) *Unjudged
	walk = func(v any, keys []string) *Unjudged {
		if values++; values > maxValues {
			return &Unjudged{Reason: fmt.Sprintf("it has more than %d values", maxValues)}
		}
		if len(keys) > maxDepth {
			return &Unjudged{Keys: keys[:1], Reason: fmt.Sprintf("it is nested deeper than %d", maxDepth)}
		}
		switch v := v.(type) {
		case string:
			text += len(v)
		case json.Number:
			if unfitNumber(string(v)) != "" {
				return &Unjudged{Keys: keys, Reason: "it is no number that can be computed with"}
			}
		case []any:
			for i, item := range v {
				if u := walk(item, append(keys[:len(keys):len(keys)], strconv.Itoa(i))); u != nil {
					return u
				}
			}
		case map[string]any:
			names := make([]string, 0, len(v))
			for k := range v {
				names = append(names, k)
				text += len(k)
			}
			slices.Sort(names)
			for _, k := range names {
				if u := walk(v[k], append(keys[:len(keys):len(keys)], k)); u != nil {
					return u
				}
			}
		}
		if text > maxText {
			return &Unjudged{Keys: keys[:min(1, len(keys))], Reason: fmt.Sprintf("it is longer than %d KiB", maxText>>10)}
		}
		return nil
	}
	u = walk(doc, nil)
	return values, u
}

// collect makes violations of the validator's errors. Of an anyOf that nothing
// meets it is the anyOf that is told, not what each branch would want.
func (p *Policy) collect(e *jsonschema.ValidationError, around []*jsonschema.ValidationError, doc any, vs *[]Violation) {
	keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
	if len(e.Causes) > 0 && keyword != "anyOf" && keyword != "oneOf" && keyword != "minContains" {
		for _, c := range e.Causes {
			p.collect(c, append(around, e), doc, vs)
		}
		return
	}
	f, pointer := p.fileOf(e)
	for i := len(around) - 1; f == nil && i >= 0; i-- { // inside JSON Schema's own schema
		f, pointer = p.fileOf(around[i])
	}
	at := p.find(f, pointerKeys(pointer))
	keys := pointerKeys(e.InstanceLocation)
	v := Violation{Keys: keys, Says: p.says(e, around), Keyword: keyword, Path: f.Path, At: f.Position(at.Span().Start)}
	object, _ := valueAt(doc, keys).(map[string]any)
	names := []string{}
	switch steps := pointerKeys(e.KeywordLocation); {
	case keyword == "required" && at.Kind() == syntax.Sequence:
		v.Missing = true
		for name := range at.Items() {
			if _, there := object[name.Text().String()]; !there {
				names = append(names, name.Text().String())
			}
		}
	case len(steps) > 2 && (steps[len(steps)-3] == "dependentRequired" || steps[len(steps)-3] == "dependencies") && at.Kind() == syntax.String:
		v.Missing, v.Keyword = true, steps[len(steps)-3]
		names = append(names, at.Text().String())
	case keyword == "additionalProperties" && at.Kind() == syntax.Bool && object != nil:
		v.Unknown = true
		names = unnamed(p.find(f, pointerKeys(pointer[:strings.LastIndexByte(pointer, '/')])), object)
	case judgesKey(steps):
		v.Unknown = true
	case at.Kind() == syntax.Bool && keyword != "uniqueItems": // nothing is allowed here
		v.Keyword = ""
	}
	if len(names) == 0 {
		*vs = append(*vs, v)
		return
	}
	for _, name := range names {
		v.Keys = slices.Concat(keys, []string{name})
		*vs = append(*vs, v)
	}
}

// judgesKey reports whether a way through a schema leads to what it says of the keys
// of an object.
func judgesKey(steps []string) bool {
	i := slices.Index(steps, "propertyNames")
	return i >= 0 && (i == 0 || steps[i-1] != "properties")
}

// fileOf is the file that an error's schema stands in, and where.
func (p *Policy) fileOf(e *jsonschema.ValidationError) (f *policyFile, pointer string) {
	base, pointer, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	return p.files[base], pointer
}

func (p *Policy) find(f *policyFile, keys []string) syntax.Node {
	n := f.tree.Root()
	for _, k := range keys {
		if c := child(n, k); !c.IsZero() {
			n = c
		}
	}
	return n
}

// unnamed are the keys of an object that the schema does not speak of.
func unnamed(s syntax.Node, object map[string]any) []string {
	var names []string
	patterns := s.Lookup("patternProperties")
next:
	for name := range object {
		if !s.Lookup("properties").Lookup(name).IsZero() {
			continue
		}
		for pattern := range patterns.Members() {
			if matches(pattern.Text().String(), name) {
				continue next
			}
		}
		names = append(names, name)
	}
	return names
}

func valueAt(doc any, keys []string) any {
	for _, k := range keys {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[k]
		case []any:
			if i, err := strconv.Atoi(k); err == nil && i >= 0 && i < len(v) {
				doc = v[i]
			}
		}
	}
	return doc
}

// says is the title or description of the schema that is not met: its own, else
// that of the nearest schema around it, on the way by which the validator came.
func (p *Policy) says(e *jsonschema.ValidationError, around []*jsonschema.ValidationError) string {
	for i := len(around); i >= 0; i-- {
		outer := ""
		if i > 0 {
			outer = around[i-1].KeywordLocation
		}
		if f, pointer := p.fileOf(e); f != nil {
			keys := pointerKeys(pointer)
			// A reference leads elsewhere: above its target nothing is around the value.
			steps := min(len(pointerKeys(e.KeywordLocation))-len(pointerKeys(outer)), len(keys))
			for up := 0; up <= steps; up++ {
				n := p.find(f, keys[:len(keys)-up])
				for _, word := range [...]string{"title", "description"} {
					if t := n.Lookup(word); t.Kind() == syntax.String && strings.TrimSpace(t.Text().String()) != "" {
						return t.Text().String()
					}
				}
			}
		}
		if i > 0 {
			e = around[i-1]
		}
	}
	return ""
}
