package syntax

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// pyTag is a tag of YAML 1.1 that PyYAML's SafeLoader has a constructor for, or
// that its resolver gives.
type pyTag uint8

const (
	tagUnknown pyTag = iota
	tagNull
	tagBool
	tagInt
	tagFloat
	tagStr
	tagBinary
	tagTimestamp
	tagMerge
	tagValue
	tagSeq
	tagMap
	tagSet
	tagOmap
	tagPairs
)

// pyTagNamed is the tag with a full name.
func pyTagNamed(name string) pyTag {
	short, ok := strings.CutPrefix(name, yamlTagPrefix)
	if !ok {
		return tagUnknown
	}
	switch short {
	case "null":
		return tagNull
	case "bool":
		return tagBool
	case "int":
		return tagInt
	case "float":
		return tagFloat
	case "str":
		return tagStr
	case "binary":
		return tagBinary
	case "timestamp":
		return tagTimestamp
	case "merge":
		return tagMerge
	case "value":
		return tagValue
	case "seq":
		return tagSeq
	case "map":
		return tagMap
	case "set":
		return tagSet
	case "omap":
		return tagOmap
	case "pairs":
		return tagPairs
	}
	return tagUnknown
}

// resolvePy is what PyYAML takes a plain scalar for.
//
// Source: the implicit resolvers in yaml/resolver.py of PyYAML 6.0.3.
func resolvePy(s string) pyTag {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return tagNull
	case "<<":
		return tagMerge
	case "=":
		return tagValue
	case "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE",
		"on", "On", "ON", "off", "Off", "OFF":
		return tagBool
	}
	switch c := s[0]; {
	case c != '-' && c != '+' && c != '.' && (c < '0' || c > '9'):
		return tagStr
	case pyInt(s):
		return tagInt
	case pyFloat(s):
		return tagFloat
	case pyTimestamp(s):
		return tagTimestamp
	}
	return tagStr
}

// span is the number of leading bytes of s that are in the set.
func span(s, set string) int {
	return len(s) - len(strings.TrimLeft(s, set))
}

const (
	digits      = "0123456789"
	digitsUnder = digits + "_"
)

func unsign(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}

// sexagesimal is the length of (:[0-5]?[0-9])+ at the start of s, 0 for none.
func sexagesimal(s string) int {
	i := 0
	for i+1 < len(s) && s[i] == ':' {
		switch n := span(s[i+1:], digits); {
		case n == 1, n == 2 && s[i+1] <= '5':
			i += 1 + n
		default:
			return i
		}
	}
	return i
}

func pyInt(s string) bool {
	s = unsign(s)
	if s == "0" {
		return true
	}
	if s == "" {
		return false
	}
	if s[0] == '0' {
		switch s[1] {
		case 'b':
			return len(s) > 2 && span(s[2:], "01_") == len(s)-2
		case 'x':
			return len(s) > 2 && span(s[2:], digitsUnder+"abcdefABCDEF") == len(s)-2
		}
		return span(s, "01234567_") == len(s)
	}
	n := span(s, digitsUnder)
	return n > 0 && s[0] != '_' && (n == len(s) || sexagesimal(s[n:]) == len(s)-n)
}

func pyFloat(s string) bool {
	u := unsign(s)
	switch u {
	case ".inf", ".Inf", ".INF":
		return true
	}
	switch s {
	case ".nan", ".NaN", ".NAN":
		return true
	}
	exponent := func(s string) bool {
		return s == "" || len(s) > 2 && (s[0] == 'e' || s[0] == 'E') && (s[1] == '-' || s[1] == '+') && span(s[2:], digits) == len(s)-2
	}
	if strings.HasPrefix(s, ".") {
		n := span(s[1:], digitsUnder)
		return n > 0 && s[1] != '_' && exponent(s[1+n:])
	}
	n := span(u, digitsUnder)
	if n == 0 || u[0] == '_' {
		return false
	}
	rest := u[n:]
	sixty := sexagesimal(rest)
	rest = rest[sixty:]
	if !strings.HasPrefix(rest, ".") {
		return false
	}
	rest = rest[1:]
	rest = rest[span(rest, digitsUnder):]
	return rest == "" || sixty == 0 && exponent(rest)
}

// pyTimestamp reports whether the resolver takes a text for a date or a moment.
func pyTimestamp(s string) bool {
	p, ok := parsePyTimestamp(s)
	return ok && (p.clock || p.twoDigits)
}

// pyTime are the parts of a timestamp.
type pyTime struct {
	year, month, day, hour, minute, second, nano int
	offset                                       int // seconds
	clock, zone, twoDigits                       bool
}

// parsePyTimestamp splits a timestamp by the constructor's expression, which
// takes 2001-1-1 too.
//
// Source: SafeConstructor.timestamp_regexp of PyYAML 6.0.3.
func parsePyTimestamp(s string) (p pyTime, ok bool) {
	number := func(least, most int) (int, bool) {
		n := min(span(s, digits), most)
		if n < least {
			return 0, false
		}
		v, _ := strconv.Atoi(s[:n])
		s = s[n:]
		return v, true
	}
	lit := func(set string) bool {
		if s == "" || !strings.Contains(set, s[:1]) {
			return false
		}
		s = s[1:]
		return true
	}
	if p.year, ok = number(4, 4); !ok || !lit("-") {
		return p, false
	}
	before := s
	if p.month, ok = number(1, 2); !ok || !lit("-") {
		return p, false
	}
	if p.day, ok = number(1, 2); !ok {
		return p, false
	}
	p.twoDigits = len(before)-len(s) == 5
	if s == "" {
		return p, true
	}
	if n := span(s, " \t"); n > 0 {
		s = s[n:]
	} else if !lit("Tt") {
		return p, false
	}
	p.clock = true
	if p.hour, ok = number(1, 2); !ok || !lit(":") {
		return p, false
	}
	if p.minute, ok = number(2, 2); !ok || !lit(":") {
		return p, false
	}
	if p.second, ok = number(2, 2); !ok {
		return p, false
	}
	if lit(".") {
		n := span(s, digits)
		p.nano, _ = strconv.Atoi((s[:min(n, 6)] + "000000")[:6])
		p.nano *= 1000
		s = s[n:]
	}
	if s == "" {
		return p, true
	}
	s = strings.TrimLeft(s, " \t")
	if s == "Z" {
		p.zone = true
		return p, true
	}
	if s == "" {
		return p, false
	}
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	if !lit("+-") {
		return p, false
	}
	h, ok := number(1, 2)
	if !ok {
		return p, false
	}
	m := 0
	if lit(":") {
		if m, ok = number(2, 2); !ok {
			return p, false
		}
	}
	p.zone, p.offset = true, sign*(h*3600+m*60)
	return p, s == ""
}

// check is the message of the ValueError that Python's date or datetime raises.
func (p pyTime) check() string {
	switch {
	case p.year < 1:
		return "year 0 is out of range"
	case p.month < 1 || p.month > 12:
		return "month must be in 1..12"
	case p.day < 1 || p.day > time.Date(p.year, time.Month(p.month)+1, 0, 0, 0, 0, 0, time.UTC).Day():
		return "day is out of range for month"
	case p.hour > 23:
		return "hour must be in 0..23"
	case p.minute > 59:
		return "minute must be in 0..59"
	case p.second > 59:
		return "second must be in 0..59"
	case p.offset <= -86400 || p.offset >= 86400:
		return "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24)"
	}
	return ""
}

func (p pyTime) time() time.Time {
	zone := time.UTC
	if p.offset != 0 {
		zone = time.FixedZone("", p.offset)
	}
	return time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nano, zone)
}

// pyIntValue is SafeConstructor.construct_yaml_int.
func pyIntValue(s string) (*big.Int, *pyFault) {
	s = strings.ReplaceAll(s, "_", "")
	if s == "" {
		return nil, &pyFault{IndexError, "string index out of range"}
	}
	negative := s[0] == '-'
	if s = unsign(s); s == "" {
		return nil, &pyFault{IndexError, "string index out of range"}
	}
	v, fault := new(big.Int), (*pyFault)(nil)
	switch {
	case s == "0":
	case strings.HasPrefix(s, "0b"):
		v, fault = pythonInt(s[2:], 2)
	case strings.HasPrefix(s, "0x"):
		v, fault = pythonInt(s[2:], 16)
	case s[0] == '0':
		v, fault = pythonInt(s, 8)
	case strings.Contains(s, ":"):
		for part := range strings.SplitSeq(s, ":") {
			d, f := pythonInt(part, 10)
			if f != nil {
				return nil, f
			}
			v.Mul(v, big.NewInt(60)).Add(v, d)
		}
	default:
		v, fault = pythonInt(s, 10)
	}
	if fault != nil {
		return nil, fault
	}
	if negative {
		v.Neg(v)
	}
	return v, nil
}

// maxPythonDigits is sys.int_info.default_max_str_digits.
const maxPythonDigits = 4300

// pythonInt is Python's int(s, base), underscores apart.
func pythonInt(s string, base int) (*big.Int, *pyFault) {
	t := asciiDigits(strings.TrimFunc(s, unicode.IsSpace))
	bad := &pyFault{ValueError, "invalid literal for int() with base " + strconv.Itoa(base)}
	body := unsign(t)
	if prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]; prefix != "" && strings.HasPrefix(strings.ToLower(body), prefix) {
		t = t[:len(t)-len(body)] + body[2:]
		body = body[2:]
	}
	if body == "" || body[0] == '-' || body[0] == '+' {
		return nil, bad
	}
	if base == 10 && len(body) > maxPythonDigits {
		if span(body, digits) != len(body) {
			return nil, bad
		}
		return nil, &pyFault{ValueError, "Exceeds the limit (4300 digits) for integer string conversion"}
	}
	v, ok := new(big.Int).SetString(t, base)
	if !ok {
		return nil, bad
	}
	return v, nil
}

// asciiDigits replaces the decimal digits of other scripts, which Python takes.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 || !unicode.Is(unicode.Nd, r) {
			return r
		}
		zero := r // blocks of ten begin at a zero
		for unicode.Is(unicode.Nd, zero-1) && r-zero < 9 {
			zero--
		}
		return '0' + (r - zero)
	}, s)
}

// pyFloatValue is SafeConstructor.construct_yaml_float.
func pyFloatValue(s string) (float64, *pyFault) {
	s = strings.ToLower(strings.ReplaceAll(s, "_", ""))
	if s == "" {
		return 0, &pyFault{IndexError, "string index out of range"}
	}
	sign := 1.0
	if s[0] == '-' {
		sign = -1
	}
	s = unsign(s)
	switch {
	case s == ".inf":
		return math.Inf(int(sign)), nil
	case s == ".nan":
		return math.NaN(), nil
	case strings.Contains(s, ":"):
		// Python adds the parts from the last on.
		parts := strings.Split(s, ":")
		v, base := 0.0, 1.0
		for i := len(parts) - 1; i >= 0; i-- {
			d, fault := pythonFloat(parts[i])
			if fault != nil {
				return 0, fault
			}
			v += d * base
			base *= 60
		}
		return sign * v, nil
	}
	v, fault := pythonFloat(s)
	return sign * v, fault
}

// pythonFloat is Python's float(s), underscores apart.
func pythonFloat(s string) (float64, *pyFault) {
	t := asciiDigits(strings.TrimFunc(s, unicode.IsSpace))
	v, err := strconv.ParseFloat(t, 64)
	if err != nil && !math.IsInf(v, 0) || strings.ContainsAny(t, "xXpP") {
		return 0, &pyFault{ValueError, "could not convert string to float"}
	}
	return v, nil
}

// pyBool is what SafeConstructor.bool_values has for a text.
func pyBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "yes", "true", "on":
		return true, true
	case "no", "false", "off":
		return false, true
	}
	return false, false
}

// pyBytes is Python's base64.decodebytes of the text: what is no base64 is passed
// over, and all after a complete padding.
func pyBytes(s string) ([]byte, *pyFault) {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return nil, &pyFault{SyntaxError, "failed to convert base64 data into ascii"}
		}
	}
	var data []byte
	pads := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '=':
			if q := len(data) % 4; q >= 2 {
				if pads++; q+pads >= 4 {
					out, _ := base64.RawStdEncoding.DecodeString(string(data))
					return out, nil
				}
			}
		case isBase64(c):
			data = append(data, c)
			pads = 0
		}
	}
	switch len(data) % 4 {
	case 0:
		out, _ := base64.RawStdEncoding.DecodeString(string(data))
		return out, nil
	case 1:
		return nil, &pyFault{SyntaxError, "failed to decode base64 data: Invalid base64-encoded string"}
	}
	return nil, &pyFault{SyntaxError, "failed to decode base64 data: Incorrect padding"}
}

func isBase64(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '+' || c == '/'
}

// pyFault is an exception that a constructor of a scalar raises.
type pyFault struct {
	kind    ErrorKind
	message string // without the value
}
