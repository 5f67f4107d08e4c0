package schema

import (
	"regexp"
	"regexp/syntax"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// What the judgement of a document may cost, and more for each of its values. A
// schema that refers to one of its parts twice, and that to its own, doubles the work
// with each level: thirty lines can keep the validator busy for hours, and it knows
// no deadline.
const (
	maxSteps      = 10_000
	stepsForValue = 20
)

// maxProgram is how many instructions a pattern may have: RE2 needs time for each
// of them at each character.
const maxProgram = 5_000

// budget counts down while a document is judged, one at a time.
type budget struct {
	mu   sync.Mutex
	left int
}

// spent is the panic that ends a judgement which costs too much.
type spent struct{}

func (*spent) Error() string { return "the budget is spent" }

// tooLarge is a pattern with too many instructions.
type tooLarge struct{ pattern string }

func (*tooLarge) Error() string { return "too large a pattern" }

// meter is an extension of the validator without a keyword: it is asked for each
// schema when it is compiled, and called each time the schema is applied.
type meter struct{ *budget }

// Compile notes what one application of the schema costs.
func (m meter) Compile(_ jsonschema.CompilerContext, s map[string]any) (jsonschema.ExtSchema, error) {
	c := cost{budget: m.budget, each: 1}
	for _, word := range [...]string{"allOf", "anyOf", "oneOf", "enum", "required", "prefixItems"} {
		list, _ := s[word].([]any)
		c.each += len(list)
	}
	for _, word := range [...]string{"properties", "dependentSchemas", "dependentRequired", "dependencies"} {
		members, _ := s[word].(map[string]any)
		c.each += len(members)
	}
	if pattern, ok := s["pattern"].(string); ok {
		if c.search = program(pattern); c.search > maxProgram {
			return nil, &tooLarge{shorten(pattern)}
		}
	}
	patterns, _ := s["patternProperties"].(map[string]any)
	for pattern := range patterns {
		n := program(pattern)
		if n > maxProgram {
			return nil, &tooLarge{shorten(pattern)}
		}
		c.search += n
	}
	return c, nil
}

func shorten(pattern string) string {
	const most = 40
	if r := []rune(pattern); len(r) > most {
		return string(r[:most]) + "…"
	}
	return pattern
}

// program is the number of instructions of a pattern.
func program(pattern string) int {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0 // refused by the validator before
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return maxProgram + 1
	}
	return len(prog.Inst)
}

// matches reports whether a pattern of a compiled schema is found in a text.
func matches(pattern, text string) bool {
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(text)
}

// cost is what an application of a schema takes.
type cost struct {
	*budget
	each   int // for any value
	search int // instructions that are run for each character
}

// Validate takes the cost from the budget.
func (c cost) Validate(_ jsonschema.ValidationContext, v any) error {
	const perStep = 1_000 // instructions that take as long as a step
	n := c.each
	switch v := v.(type) {
	case string:
		n += c.search * len(v) / perStep
	case []any:
		n += len(v)
	case map[string]any:
		n += len(v)
		for k := range v {
			n += c.search * len(k) / perStep
		}
	}
	if c.left -= n; c.left < 0 {
		panic(&spent{})
	}
	return nil
}
