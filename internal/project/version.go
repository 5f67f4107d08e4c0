package project

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run ./gen ../../../shared/data/version-tables.json tables.go

// release is a version of Airflow with the providers that go with it; empty where
// they are not known.
type release struct {
	airflow, provider, http string
}

// runtimeTag is a tag of Astro Runtime, as numbers, and what the image carries.
type runtimeTag struct {
	tag [3]int
	release
}

// Constraints are the versions of the dbt Cloud and the HTTP provider that the
// constraints file of an Airflow release names; empty where we do not know it.
func Constraints(airflow string) (provider, http string) {
	for i := range constraints {
		if c := &constraints[i]; c.airflow == airflow {
			return c.provider, c.http
		}
	}
	return "", ""
}

// numbers are those that a version begins with: three of 2.10.5rc1. ok is false
// where there is none, or a text that is no version.
func numbers(s string) (n []int, rest string) {
	for len(n) < 4 {
		i := 0
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		v, err := strconv.Atoi(s[:i])
		if err != nil {
			break
		}
		n, rest = append(n, v), s[i:]
		if !strings.HasPrefix(rest, ".") {
			break
		}
		s = rest[1:]
	}
	return n, rest
}

// versionOf is a full version of three numbers, for one that a file names. What
// stands behind them (a build, a candidate's number) changes nothing of what we
// look at. Two numbers mean a first patch, as they do to pip.
func versionOf(s string) (string, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "v")
	n, rest := numbers(s)
	if len(n) == 0 || strings.ContainsAny(rest, " */$") {
		return "", false
	}
	for len(n) < 3 {
		n = append(n, 0)
	}
	return dotted(n[:3]), true
}

func dotted(n []int) string {
	parts := make([]string, len(n))
	for i, v := range n {
		parts[i] = strconv.Itoa(v)
	}
	return strings.Join(parts, ".")
}

// specifier is one comparison of a requirement: an operator and a version.
type specifier struct{ op, version string }

// specifiers reads the versions of a requirement: ">=3.0, <3.1". The operators are
// Python's, with those of Poetry: ^ and a lone ~.
func specifiers(s string) ([]specifier, bool) {
	var list []specifier
	for part := range strings.SplitSeq(strings.Trim(s, "()"), ",") {
		if part = strings.TrimSpace(part); part == "" || part == "*" {
			continue
		}
		op := part[:len(part)-len(strings.TrimLeft(part, "=<>!~^"))]
		v := strings.TrimSpace(part[len(op):])
		if n, _ := numbers(strings.TrimPrefix(v, "v")); len(n) == 0 {
			return nil, false
		}
		list = append(list, specifier{op, strings.TrimPrefix(v, "v")})
	}
	return list, true
}

// pinned is the version that the specifiers leave: a release, or a line of which
// it is the newest patch. name is how it is written.
func pinned(list []specifier) (name, version string, ok bool) {
	var from, below []int
	for _, s := range list {
		n, rest := numbers(s.version)
		exact := s.op == "==" || s.op == "===" || s.op == "" || s.op == "="
		switch {
		case exact && rest == "" || exact && rest != ".*":
			if v, ok := versionOf(s.version); ok {
				return shown(s.version), v, true
			}
		case exact && len(n) >= 3:
			return dotted(n[:3]), dotted(n[:3]), true
		case exact && len(n) == 2:
			return dotted(n), dotted(n), true
		case s.op == "~=" && len(n) == 3, s.op == "~" && len(n) >= 2:
			return dotted(n[:2]), dotted(n[:2]), true
		case s.op == ">=" && len(n) >= 2:
			from = n
		case s.op == "<" && rest == "":
			below = n
		}
	}
	// >=3.0,<3.1 leaves a line, too.
	if len(from) >= 2 && len(below) >= 2 && from[0] == below[0] && from[1]+1 == below[1] && (len(below) == 2 || below[2] == 0) {
		return dotted(from[:2]), dotted(from[:2]), true
	}
	return "", "", false
}

// allow reports whether a version meets the specifiers.
func allow(list []specifier, version string) bool {
	v, _ := numbers(version)
	if len(v) == 0 {
		return false
	}
	return !slices.ContainsFunc(list, func(s specifier) bool { return !s.allows(v) })
}

func (s specifier) allows(v []int) bool {
	n, rest := numbers(s.version)
	if len(n) == 0 {
		return true
	}
	prefix := func(k int) bool { return k <= len(v) && slices.Equal(v[:k], n[:k]) }
	switch c := compare(v, n); s.op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	case "!=":
		if rest == ".*" {
			return !prefix(len(n))
		}
		return c != 0
	case "~=":
		return c >= 0 && len(n) > 1 && prefix(len(n)-1)
	case "^":
		return c >= 0 && prefix(1)
	case "~":
		return c >= 0 && prefix(min(len(n), 2))
	default:
		if rest == ".*" {
			return prefix(len(n))
		}
		return c == 0
	}
}

// compare compares versions; numbers that are left out are 0.
func compare(a, b []int) int {
	at := func(n []int, i int) int {
		if i < len(n) {
			return n[i]
		}
		return 0
	}
	for i := range max(len(a), len(b)) {
		if c := cmp.Compare(at(a, i), at(b, i)); c != 0 {
			return c
		}
	}
	return 0
}
