package project

import (
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// readLock takes the packages that a lock file has resolved: name and version of
// each [[package]]. A lock file may be megabytes long and is written by a program
// in one form, so it is searched and not parsed.
func (d *folder) readLock(file *source.File) {
	s := file.Data
	const mark = "\nname = \"apache-airflow"
	for at := 0; ; {
		i := strings.Index(s[at:], mark)
		if i < 0 {
			break
		}
		at += i + 1
		block := s[at:]
		if end := strings.Index(block, "\n["); end >= 0 {
			block = block[:end]
		}
		if !follows(s, at) {
			continue // a dependency of another one
		}
		name := quotedValue(block, "name")
		version := quotedValue(block, "version")
		start := at + strings.Index(block, name)
		span := source.Span{Start: start, End: start + len(name)}
		if version != "" {
			d.require(name+"=="+version, Locked, file, func(int, int) source.Span { return span })
		}
	}
}

// follows reports whether the line at an offset is the first below [[package]].
func follows(s string, at int) bool {
	before := strings.TrimRight(s[:at], "\r\n")
	return strings.HasSuffix(before, "[[package]]") || strings.HasSuffix(before, "[[packages]]")
}

// quotedValue is the value of a key at the start of a line.
func quotedValue(block, key string) string {
	for line := range strings.SplitSeq(block, "\n") {
		if rest, ok := strings.CutPrefix(line, key+" = \""); ok {
			value, _, _ := strings.Cut(rest, `"`)
			return value
		}
	}
	return ""
}

// readPyproject takes the requirements of a pyproject.toml: those of the project,
// of its extras and groups, and Poetry's, uv's and PDM's own.
func (d *folder) readPyproject(file *source.File) {
	if !concerns(file.Data) {
		return
	}
	t := tomlReader{folder: d, file: file, before: len(d.airflow)}
	t.p.Reset([]byte(file.Data))
	var table []string
	for t.p.NextExpression() {
		n := t.p.Expression()
		switch n.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = keyPath(nil, n.Key())
			d.astro2 = d.astro2 || len(table) >= 2 && table[0] == "tool" && table[1] == "astro"
			t.manifest(table, n.Key())
			if name := strings.Join(table, "."); name == "tool.uv.index" || name == "tool.poetry.source" || name == "tool.pdm.source" {
				d.ownIndex = true
			}
		case unstable.KeyValue:
			path := keyPath(table, n.Key())
			t.manifest(path, n.Key())
			t.member(path, n)
		}
	}
	if len(d.manifests) == 0 {
		d.manifests = append(d.manifests, Place{file, firstContent(file.Data)})
	}
	// What stands before an error still counts; the file is not ours to judge.
}

type tomlReader struct {
	*folder
	file   *source.File
	p      unstable.Parser
	before int // of the folder's versions of Airflow come from other files
}

// keyPath is a dotted key below a table.
func keyPath(table []string, key unstable.Iterator) []string {
	path := append([]string(nil), table...)
	for key.Next() {
		path = append(path, string(key.Node().Data))
	}
	return path
}

// manifest notes the key of the project's dependencies.
func (t *tomlReader) manifest(path []string, key unstable.Iterator) {
	if p := strings.Join(path, "."); p != "project.dependencies" && p != "tool.poetry.dependencies" {
		return
	}
	var at source.Span
	for first := true; key.Next(); first = false {
		span := t.span(key.Node())
		if first {
			at.Start = span.Start
		}
		at.End = span.End
	}
	t.manifests = append(t.manifests, Place{t.file, at})
}

// member takes one key with its value.
func (t *tomlReader) member(path []string, n *unstable.Node) {
	value := n.Value()
	switch value.Kind {
	case unstable.InlineTable:
		if t.isPoetry(path) {
			t.poetry(n, path)
			return
		}
		for it := value.Children(); it.Next(); {
			t.member(keyPath(path, it.Node().Key()), it.Node())
		}
	case unstable.Array:
		kind, ok := listKind(path)
		if !ok {
			return
		}
		for it := value.Children(); it.Next(); {
			if item := it.Node(); item.Kind == unstable.String && concerns(string(item.Data)) {
				t.require(string(item.Data), kind, t.file, t.inside(item))
			}
		}
	case unstable.String:
		switch {
		case strings.Join(path, ".") == "tool.astro.runtime":
			t.runtime(value)
		case t.isPoetry(path):
			t.poetry(n, path)
		}
	}
}

// runtime takes the build of Astro Runtime that a project of the Astro CLI 2 names.
// It is what runs, so it counts before the requirement of Airflow beside it.
func (t *tomlReader) runtime(value *unstable.Node) {
	word := string(value.Data)
	at := Place{t.file, t.inside(value)(0, len(word))}
	img, pin := Image{Ref: word, At: at, Public: true, astro: true}, Pin{At: at}
	if img.runtime(&pin, word, false); len(pin.Versions) > 0 {
		t.images = append(t.images, img)
		t.airflow = slices.Insert(t.airflow, t.before, pin)
	}
}

// listKind says whether a list is one of requirements.
func listKind(path []string) (Kind, bool) {
	switch p := strings.Join(path, "."); {
	case p == "project.dependencies",
		len(path) == 3 && strings.HasPrefix(p, "project.optional-dependencies."),
		len(path) == 2 && strings.HasPrefix(p, "dependency-groups."),
		p == "tool.uv.dev-dependencies",
		len(path) == 4 && strings.HasPrefix(p, "tool.pdm.dev-dependencies."):
		return Required, true
	case p == "tool.uv.constraint-dependencies", p == "tool.uv.override-dependencies":
		return Constrained, true
	}
	return 0, false
}

// isPoetry reports whether a key is a package in one of Poetry's tables.
func (t *tomlReader) isPoetry(path []string) bool {
	n := len(path)
	if n < 4 || path[0] != "tool" || path[1] != "poetry" {
		return false
	}
	return n == 4 && (path[2] == "dependencies" || path[2] == "dev-dependencies") || n == 6 && path[2] == "group" && path[4] == "dependencies"
}

// poetry takes a package of Poetry's: a version, or a table with version and
// extras.
func (t *tomlReader) poetry(n *unstable.Node, path []string) {
	name := path[len(path)-1]
	if !concerns(name) {
		return
	}
	var key *unstable.Node
	for it := n.Key(); it.Next(); {
		key = it.Node()
	}
	r := Requirement{Name: normal(name), File: t.file, NameSpan: t.span(key)}
	r.Span = source.Span{Start: r.NameSpan.Start, End: max(r.NameSpan.End, t.span(n).End)}
	version := ""
	if value := n.Value(); value.Kind == unstable.String {
		version = string(value.Data)
	} else {
		for it := value.Children(); it.Next(); {
			switch member := it.Node(); strings.Join(keyPath(nil, member.Key()), ".") {
			case "version":
				version = string(member.Value().Data)
			case "extras":
				for items := member.Value().Children(); items.Next(); {
					word := string(items.Node().Data)
					r.Extras = append(r.Extras, Extra{normal(word), t.inside(items.Node())(0, len(word))})
				}
			}
		}
	}
	if list, ok := specifiers(version); ok {
		r.specifiers = list
	}
	t.take(r)
}

// span is the bytes of a node.
func (t *tomlReader) span(n *unstable.Node) source.Span {
	return source.Span{Start: int(n.Raw.Offset), End: int(n.Raw.Offset + n.Raw.Length)}
}

// inside gives places within a string; all of it, where it holds escapes.
func (t *tomlReader) inside(n *unstable.Node) func(i, j int) source.Span {
	at := t.span(n)
	if i := strings.Index(t.file.Data[at.Start:at.End], string(n.Data)); i >= 0 {
		return func(a, b int) source.Span { return source.Span{Start: at.Start + i + a, End: at.Start + i + b} }
	}
	return func(int, int) source.Span { return at }
}
