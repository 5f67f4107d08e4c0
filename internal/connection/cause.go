package connection

// Cause says why an effective value differs from the text as it was written.
// The list is closed: `inspect -o json` shows these names.
type Cause uint8

// The causes of changes.
const (
	Unchanged Cause = iota
	YAMLOctal
	YAMLHex
	YAMLBinary
	YAMLUnderscore
	YAMLSexagesimal
	YAMLFloat
	YAMLInteger
	YAMLBoolean
	YAMLDate
	YAMLNull
	YAMLTag
	JSONNumber
	WeakBoolean
	WeakTruncated
	KeysLowerCased
	HostLowerCased
	TypeNormalised
	PortConverted
	URITyped
	URIMisread
	ExtraDumped
	Dropped
	Coerced
	Masked
	ShellUnquoted
	Generic
	causeCount // how many there are
)

var causes = [causeCount]struct{ name, text string }{
	Unchanged:       {"", ""},
	YAMLOctal:       {"yaml-octal", "a leading zero makes it an octal number in YAML"},
	YAMLHex:         {"yaml-hex", "0x makes it a hexadecimal number in YAML"},
	YAMLBinary:      {"yaml-binary", "0b makes it a binary number in YAML"},
	YAMLUnderscore:  {"yaml-underscore", "underscores between digits are dropped from a YAML number"},
	YAMLSexagesimal: {"yaml-sexagesimal", "colons make it a number of base 60 in YAML 1.1"},
	YAMLFloat:       {"yaml-float", "it is a floating-point number in YAML and is written anew"},
	YAMLInteger:     {"yaml-integer", "it is an integer in YAML and is written anew"},
	YAMLBoolean:     {"yaml-boolean", "it is a boolean in YAML"},
	YAMLDate:        {"yaml-date", "it is a date in YAML"},
	YAMLNull:        {"yaml-null", "it is null in YAML"},
	YAMLTag:         {"yaml-tag", "its tag makes it another type"},
	JSONNumber:      {"json-number", "it is a number in JSON"},
	WeakBoolean:     {"weak-boolean", "the Astro CLI turns a boolean into 1 or 0"},
	WeakTruncated:   {"weak-truncated", "the Astro CLI cuts the fraction off a port"},
	KeysLowerCased:  {"keys-lower-cased", "the Astro CLI lower-cases the keys of a map"},
	HostLowerCased:  {"host-lower-cased", "the host of a URI is lower-cased"},
	TypeNormalised:  {"type-normalised", "Airflow normalises the type of a URI or JSON value"},
	PortConverted:   {"port-converted", "Airflow converts the port with int()"},
	URITyped:        {"uri-typed", "Airflow 3.1.6 and later read each query value of a URI as JSON"},
	URIMisread:      {"uri-misread", "the text is no URI of the form that was meant, and its parts land in other fields"},
	ExtraDumped:     {"extra-dumped", "an object is stored as JSON text"},
	Dropped:         {"dropped", "the consumer does not take the value"},
	Coerced:         {"coerced", "the database turns the value into the type of its column"},
	Masked:          {"masked", "the record shows stars instead of the value"},
	ShellUnquoted:   {"shell-unquoted", "the shell takes the quotes out of the command that the Astro CLI up to 1.41 adds it with"},
	Generic:         {"generic-type", "`airflow connections add` takes a type that no installed provider has for generic"},
}

// Causes are all causes of changes.
func Causes() []Cause {
	list := make([]Cause, 0, causeCount)
	for c := Unchanged + 1; c < causeCount; c++ {
		list = append(list, c)
	}
	return list
}

// String is the name of the cause in `inspect -o json`; empty for Unchanged.
func (c Cause) String() string { return causes[c].name }

// Explain says in words what happened.
func (c Cause) Explain() string { return causes[c].text }

// Reason is the sort of a failure. Rules go by it instead of by the words of an
// exception.
type Reason uint8

// The sorts of failures.
const (
	OtherReason     Reason = iota
	BadSyntax              // the document does not parse
	NotAnObject            // the top level is no object
	BadValueType           // an entry is neither an object nor a text
	IllegalKey             // a key that is no field
	MixedURI               // uri beside other fields
	MixedExtra             // extra and extra_dejson
	MismatchedID           // conn_id differs from the key
	ManyValues             // a list of several values for one id
	InvalidURI             // the URI does not parse
	BadPort                // int() fails, or the port is out of range
	BadExtra               // extra is no JSON, or no object
	NotText                // a value of another type where a text is needed
	NoType                 // conn_type is missing
	BadID                  // the id is refused
	NoID                   // there is no id
	DuplicateID            // the id is there already
	NotSerializable        // a value that JSON cannot hold
	BadEncoding            // not UTF-8, or a lone surrogate
	BadLine                // an env line without = or without a key
	TooDeep                // nested deeper than the consumer goes
	DateValue              // a date where the Astro CLI needs text
	CollectionValue        // a list or map where text is needed
	TooLong                // longer than a column
	DatabaseError          // the database refuses the row
	BadFileName            // the file's name has no suffix that the reader knows
	BadArgument            // does not come through a command line as it is
)
