package project

import (
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Kind says what a requirement does.
type Kind uint8

// The kinds of requirements.
const (
	Required    Kind = iota // installs the package
	Constrained             // says which version, should something require it
	Locked                  // what a lock file has resolved
	Installed               // what a virtual environment holds
)

// Requirement is a package that a file names, of those that concern us.
type Requirement struct {
	// Name in the normal form: lower case, one hyphen between words.
	Name   string
	Extras []Extra
	Kind   Kind
	File   *source.File
	// Span is the name with extras and versions, NameSpan the name alone.
	Span, NameSpan source.Span

	specifiers []specifier
}

// Extra is one of the words in brackets behind a package's name.
type Extra struct {
	Name string
	Span source.Span
}

// At is where the requirement stands.
func (r *Requirement) At() Place { return Place{r.File, r.Span} }

// bringsProvider reports whether the dbt Cloud provider is installed with it.
func (r *Requirement) bringsProvider() bool {
	switch {
	case r.Kind == Constrained:
		return false
	case r.Name == Provider:
		return true
	}
	return r.Name == airflow && slices.ContainsFunc(r.Extras, func(e Extra) bool { return e.Name == "dbt-cloud" || e.Name == "all" })
}

// normal is a package's name as the index compares it (PEP 503).
func normal(name string) string {
	b := make([]byte, 0, 64)
	for i := range len(name) {
		switch c := name[i]; {
		case c == '-' || c == '_' || c == '.':
			if n := len(b); n > 0 && b[n-1] != '-' {
				b = append(b, '-')
			}
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// concerns reports whether a package has to do with Airflow or dbt. Most lines of
// a file do not, and are passed over before they are read.
func concerns(s string) bool {
	for i := 0; i+3 <= len(s); i++ {
		switch s[i] | 0x20 {
		case 'd':
			if strings.EqualFold(s[i:i+3], "dbt") {
				return true
			}
		case 'a':
			if len(s) >= i+7 && strings.EqualFold(s[i:i+7], "airflow") || len(s) >= i+10 && strings.EqualFold(s[i:i+10], "astronomer") {
				return true
			}
		}
	}
	return false
}

// parseRequirement reads a requirement as pip takes it: a name, extras, versions,
// what the environment must be, or an address. at says where bytes of it stand.
func parseRequirement(s string, at func(i, j int) source.Span) (Requirement, bool) {
	if wheel, ok := strings.CutSuffix(s, ".whl"); ok && !strings.Contains(s, "@") {
		return wheelRequirement(wheel, at(0, len(s)))
	}
	i := 0
	for i < len(s) && isNameByte(s[i]) {
		i++
	}
	name := strings.TrimRight(s[:i], "-_.")
	if name == "" {
		return Requirement{}, false
	}
	r := Requirement{Name: normal(name), NameSpan: at(0, len(name))}
	end := len(name)
	rest := i + blanks(s[i:])
	if rest < len(s) && s[rest] == '[' {
		j := strings.IndexByte(s[rest:], ']')
		if j < 0 {
			return Requirement{}, false
		}
		for k := rest + 1; k <= rest+j; {
			n := strings.IndexAny(s[k:rest+j+1], ",]")
			word := strings.TrimSpace(s[k : k+n])
			from := k + blanks(s[k:])
			if word != "" {
				r.Extras = append(r.Extras, Extra{normal(word), at(from, from+len(word))})
			}
			k += n + 1
		}
		end = rest + j + 1
		rest = end + blanks(s[end:])
	}
	versions, _, _ := strings.Cut(s[rest:], ";")
	if strings.HasPrefix(versions, "@") {
		r.Span = at(0, end)
		address := strings.TrimSpace(versions[1:])
		if wheel, ok := wheelRequirement(strings.TrimSuffix(address[strings.LastIndexByte(address, '/')+1:], ".whl"), r.Span); ok && strings.HasSuffix(address, ".whl") && wheel.Name == r.Name {
			r.specifiers = wheel.specifiers
		}
		return r, true
	}
	// What stands behind the versions is pip's: --hash=…
	versions, _, _ = strings.Cut(versions, " -")
	list, ok := specifiers(versions)
	if !ok {
		return Requirement{}, false
	}
	if t := strings.TrimSpace(versions); t != "" {
		end = rest + strings.Index(versions, t) + len(t)
	}
	r.specifiers, r.Span = list, at(0, end)
	return r, true
}

// wheelRequirement is what a wheel's or an installed package's name says:
// apache_airflow_providers_dbt_cloud-4.4.2-py3-none-any.
func wheelRequirement(s string, at source.Span) (Requirement, bool) {
	s = s[strings.LastIndexByte(s, '/')+1:]
	name, version, ok := strings.Cut(s, "-")
	version, _, _ = strings.Cut(version, "-")
	if _, isVersion := versionOf(version); !ok || !isVersion {
		return Requirement{}, false
	}
	return Requirement{Name: normal(name), Span: at, NameSpan: at, specifiers: []specifier{{"==", version}}}, true
}

func isNameByte(c byte) bool {
	return c == '-' || c == '_' || c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func blanks(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// readRequirements reads a file as pip does: requirements, one a line, options,
// comments, lines that go on behind a backslash. Files that it names are read, too.
func (d *folder) readRequirements(file *source.File, kind Kind) {
	if d.seen[file.Path] {
		return
	}
	d.seen[file.Path] = true
	var includes []struct {
		name string
		kind Kind
	}
	eachLine(file.Text(), '\\', func(line source.Text) {
		s := withoutComment(line.String())
		i := blanks(s)
		s = strings.TrimRight(s, " \t")
		if i >= len(s) {
			return
		}
		if s[i] == '-' {
			name, k, ok := option(s[i:])
			switch {
			case !ok:
				d.source(s[i:])
			case strings.Contains(name, "constraints-"):
				d.constraintsURL(name, Place{file, line.Span(i, len(s))})
			default:
				if kind == Constrained {
					k = kind
				}
				includes = append(includes, struct {
					name string
					kind Kind
				}{name, k})
			}
			return
		}
		if kind == Required && isElsewhere(s[i:]) {
			d.unread = true
		}
		if !concerns(s) {
			return
		}
		d.require(s[i:], kind, file, func(a, b int) source.Span { return line.Span(i+a, i+b) })
	})
	for _, in := range includes {
		d.include(file, in.name, in.kind)
	}
}

// require takes a requirement.
func (d *folder) require(s string, kind Kind, file *source.File, at func(i, j int) source.Span) {
	r, ok := parseRequirement(s, at)
	if !ok || !concerns(r.Name) {
		return
	}
	r.Kind, r.File = kind, file
	d.take(r)
}

// take keeps a requirement, and the version of Airflow that it names.
func (d *folder) take(r Requirement) {
	d.requirements = append(d.requirements, r)
	if r.Name != airflow && r.Name != airflowCore {
		return
	}
	name, version, ok := pinned(r.specifiers)
	if !ok {
		return
	}
	if n := len(d.airflow); n > 0 && d.airflow[n-1].At.File == r.File && r.File != d.dockerfile {
		// One for each Python: all in one lock file are one pin.
		if last := &d.airflow[n-1]; !slices.Contains(last.Versions, version) {
			last.Versions = append(last.Versions, version)
		}
		return
	}
	d.airflow = append(d.airflow, Pin{Name: name, Versions: []string{version}, At: r.At()})
}

// constraintsURL takes the version of Airflow whose constraints are used:
// …/constraints-2.9.3/constraints-3.11.txt.
func (d *folder) constraintsURL(url string, at Place) {
	_, rest, _ := strings.Cut(url, "constraints-")
	name, _, _ := strings.Cut(rest, "/")
	if version, ok := versionOf(name); ok && strings.Count(name, ".") == 2 {
		d.airflow = append(d.airflow, Pin{Name: name, Versions: []string{version}, At: at})
	}
}

// source takes an option that says where packages come from: an index of somebody's
// own may hold one that requires the provider, and so may a folder.
func (d *folder) source(option string) {
	switch word, _, _ := strings.Cut(strings.ReplaceAll(option, "=", " "), " "); word {
	case "-i", "--index-url", "--extra-index-url", "-f", "--find-links":
		d.ownIndex = true
	case "-e", "--editable":
		d.unread = true
	}
}

// isElsewhere reports a requirement that is a folder or a repository: what it
// requires in turn stands there.
func isElsewhere(s string) bool {
	return strings.HasPrefix(s, ".") || strings.HasPrefix(s, "/") || strings.Contains(s, "git+") || strings.Contains(s, "file:")
}

// option is the file that an option of a requirements file names.
func option(s string) (name string, kind Kind, ok bool) {
	for _, o := range [...]struct {
		word string
		kind Kind
	}{{"--requirement", Required}, {"--constraint", Constrained}, {"-r", Required}, {"-c", Constrained}} {
		if rest, has := strings.CutPrefix(s, o.word); has {
			return unquoted(strings.TrimSpace(strings.TrimPrefix(strings.TrimLeft(rest, " \t"), "="))), o.kind, true
		}
	}
	return "", 0, false
}

// unquoted is a word without the quotes around it.
func unquoted(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// withoutComment cuts off what stands behind a # at the start or after a blank.
func withoutComment(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == '#' && (i == 0 || s[i-1] == ' ' || s[i-1] == '\t') {
			return s[:i]
		}
	}
	return s
}

// eachLine calls f for every line, one that goes on behind an escape character
// joined to the next. Line ends do not belong to it.
func eachLine(t source.Text, escape byte, f func(source.Text)) {
	s := t.String()
	if strings.HasPrefix(s, "\ufeff") {
		t, s = t.From(len("\ufeff")), s[len("\ufeff"):]
	}
	for i := 0; i < len(s); {
		end, next, goesOn := physicalLine(s, i, escape)
		if !goesOn {
			f(t.Slice(i, end))
			i = next
			continue
		}
		var pieces [][2]int
		for {
			pieces = append(pieces, [2]int{i, end})
			i = next
			if !goesOn || i >= len(s) {
				break
			}
			end, next, goesOn = physicalLine(s, i, escape)
		}
		f(joined(t, pieces))
	}
}

// joined makes one text of parts of another.
func joined(t source.Text, parts [][2]int) source.Text {
	if len(parts) == 1 {
		return t.Slice(parts[0][0], parts[0][1])
	}
	start := parts[0][0]
	return source.Decode(t.Slice(start, parts[len(parts)-1][1]), nil, func(b *source.Builder) {
		for _, p := range parts {
			b.Copy(p[0]-start, p[1]-start)
		}
	})
}

// physicalLine is the line at i: where its content ends, where the next begins,
// and whether it goes on there.
func physicalLine(s string, i int, escape byte) (end, next int, goesOn bool) {
	end = lineEnd(s, i)
	next = min(end+1, len(s))
	if end > i && s[end-1] == '\r' {
		end--
	}
	text := strings.TrimRight(s[i:end], " \t")
	if text != "" && text[len(text)-1] == escape {
		return i + len(text) - 1, next, true
	}
	return end, next, false
}
