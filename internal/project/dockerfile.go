package project

import (
	"path"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Variable is a connection that a Dockerfile defines: ENV AIRFLOW_CONN_X=….
type Variable struct {
	// ID of the connection, in lower case.
	ID string
	// At is the variable's name.
	At Place
}

// stage is one FROM of a Dockerfile and what follows it.
type stage struct {
	name, image string
	at          source.Span
	base        *stage // the stage that it goes on from
	args        map[string]string
	runs        []command
	copies      [][]string // the words of COPY and ADD
	variables   []Variable
	backend     string // value of AIRFLOW__SECRETS__BACKEND and its arguments
}

// command is what a RUN has the shell do.
type command struct {
	text source.Text
	args map[string]string
}

// dockerfile reads as much of a Dockerfile as says what is in the image: FROM with
// its arguments, ENV, and what RUN has pip install.
//
// Source: Docker's Dockerfile reference.
type dockerfile struct {
	file   *source.File
	global map[string]string
	stages []*stage
}

// readDockerfile takes what the image of a Dockerfile's last stage is and holds. A
// stage of tests may follow: then it is the last one that Airflow is in.
func (d *folder) readDockerfile(file *source.File) {
	d.dockerfile = file
	df := dockerfile{file: file, global: map[string]string{}}
	df.parse()
	if len(df.stages) == 0 {
		return
	}
	target := df.stages[len(df.stages)-1]
	for i := len(df.stages) - 1; i >= 0; i-- {
		root := df.stages[i].root()
		img, pin, ok := readImage(root.image, Place{file, root.at})
		if !ok {
			continue
		}
		target = df.stages[i]
		d.images = append(d.images, img)
		d.airflow = append(d.airflow, pin)
		break
	}
	for _, s := range target.chain() {
		d.variables = append(d.variables, s.variables...)
		d.backends += s.backend
		for _, c := range s.runs {
			d.readCommand(c, file, s)
		}
	}
}

// root is the stage whose image is not another stage.
func (s *stage) root() *stage {
	for s.base != nil {
		s = s.base
	}
	return s
}

// chain are the stages that the image is made of, the first one first.
func (s *stage) chain() []*stage {
	var list []*stage
	for ; s != nil; s = s.base {
		list = append([]*stage{s}, list...)
	}
	return list
}

func (df *dockerfile) parse() {
	escape := byte('\\')
	s := strings.TrimPrefix(df.file.Data, "\ufeff")
	if line, _, _ := strings.Cut(s, "\n"); strings.HasPrefix(line, "#") {
		if key, value, ok := strings.Cut(line[1:], "="); ok && strings.EqualFold(strings.TrimSpace(key), "escape") && strings.TrimSpace(value) == "`" {
			escape = '`'
		}
	}
	text := df.file.Text()
	var pending [][2]int // of an instruction that goes on, without comments
	var until []string   // the ends of here-documents
	all := text.String()
	for i := len(all) - len(s); i < len(all); {
		end, next, goesOn := physicalLine(all, i, escape)
		line := strings.TrimSpace(all[i:end])
		n := len(df.stages)
		switch {
		case len(until) > 0 && line == until[0]:
			until = until[1:]
		case len(until) > 0 && n > 0:
			df.stages[n-1].runs = append(df.stages[n-1].runs, command{text.Slice(i, end), df.stages[n-1].args})
		case strings.HasPrefix(line, "#"), line == "" && len(pending) > 0:
		default:
			pending = append(pending, [2]int{i, end})
			if !goesOn {
				until = df.instruction(joined(text, pending))
				pending = nil
			}
		}
		i = next
	}
	if len(pending) > 0 {
		df.instruction(joined(text, pending))
	}
}

// instruction takes an instruction in, and answers with the ends of the
// here-documents that follow it.
func (df *dockerfile) instruction(t source.Text) []string {
	t = trimmed(t)
	s := t.String()
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return nil
	}
	args := trimmed(t.From(i))
	if len(df.stages) == 0 {
		switch strings.ToUpper(s[:i]) {
		case "FROM":
			df.from(args)
		case "ARG":
			assign(df.global, args.String(), df.global)
		}
		return nil
	}
	st := df.stages[len(df.stages)-1]
	switch strings.ToUpper(s[:i]) {
	case "FROM":
		df.from(args)
	case "ARG":
		for name, value := range pairs(args.String()) {
			if v, ok := df.global[name]; ok && value == nil {
				st.args[name] = v
			} else if value != nil {
				st.args[name] = expand(*value, st.args)
			}
		}
	case "ENV":
		df.env(st, args)
	case "RUN":
		st.runs = append(st.runs, command{args, st.args})
		return hereDocuments(args.String())
	case "COPY", "ADD":
		var words []string
		for _, w := range shellWords(args.String()) {
			if !strings.HasPrefix(w.text, "--") {
				words = append(words, expand(w.text, st.args))
			}
		}
		st.copies = append(st.copies, words)
	}
	return nil
}

// from begins a stage.
func (df *dockerfile) from(args source.Text) {
	st := &stage{args: map[string]string{}}
	words := shellWords(args.String())
	for len(words) > 0 && strings.HasPrefix(words[0].text, "--") {
		words = words[1:]
	}
	if len(words) == 0 {
		return
	}
	st.image, st.at = expand(words[0].text, df.global), args.Span(words[0].start, words[0].end)
	if len(words) == 3 && strings.EqualFold(words[1].text, "as") {
		st.name = words[2].text
	}
	for _, s := range df.stages {
		if s.name != "" && strings.EqualFold(s.name, st.image) {
			st.base = s
			for k, v := range s.args {
				st.args[k] = v
			}
		}
	}
	df.stages = append(df.stages, st)
}

// env takes ENV in: NAME=value pairs, or one name and the rest of the line.
func (df *dockerfile) env(st *stage, args source.Text) {
	s := args.String()
	words := shellWords(s)
	if len(words) > 1 && !strings.Contains(words[0].text, "=") {
		words = []word{{words[0].text + "=" + strings.TrimSpace(s[words[0].end:]), words[0].start, words[0].end}}
	}
	for _, w := range words {
		name, value, ok := strings.Cut(w.text, "=")
		if !ok {
			continue
		}
		st.args[name] = expand(value, st.args)
		if id, ok := strings.CutPrefix(name, connPrefix); ok && id != "" && value != "" {
			st.variables = append(st.variables, Variable{strings.ToLower(id), Place{df.file, args.Span(w.start, w.start+len(name))}})
		}
		if strings.HasPrefix(name, backendPrefix) {
			st.backend += value + "\n"
		}
	}
}

const (
	connPrefix    = "AIRFLOW_CONN_"
	backendPrefix = "AIRFLOW__SECRETS__BACKEND"
)

// readCommand takes what a RUN has pip install.
func (d *folder) readCommand(c command, file *source.File, st *stage) {
	text := c.text.String()
	if strings.HasPrefix(text, "[") { // ["pip", "install", "x"]
		text = strings.NewReplacer("[", " ", "]", " ", `",`, `" `).Replace(text)
	}
	words := shellWords(text)
	pip, installs := false, false
	for i := 0; i < len(words); i++ {
		w := &words[i]
		switch {
		case w.text == ";" || w.text == "&&" || w.text == "||" || w.text == "|" || w.text == "&":
			pip, installs = false, false
			continue
		case !installs:
			pip = pip || strings.HasPrefix(path.Base(w.text), "pip")
			installs = pip && w.text == "install"
			d.unread = d.unread || isInstaller(words[:i+1]) && !d.hasLock() || strings.HasSuffix(w.text, ".sh") || w.text == "make"
			continue
		}
		w.text = expand(w.text, c.args)
		if !strings.HasPrefix(w.text, "-") {
			d.installed(c, file, *w, text[w.start:w.end])
			continue
		}
		name, kind, isFile := option(w.text)
		if isFile && name == "" || takesValue(w.text) {
			if i++; i == len(words) {
				return
			}
			name = expand(words[i].text, c.args)
		}
		switch {
		case !isFile:
			d.source(w.text)
		case strings.Contains(name, "constraints-"):
			d.constraintsURL(name, Place{file, c.text.Span(words[i].start, words[i].end)})
		default:
			d.include(file, st.copiedFrom(name), kind)
		}
	}
}

// isInstaller reports whether the words end with a command of uv or Poetry that
// installs what a lock file says.
func isInstaller(words []word) bool {
	n := len(words)
	if n < 2 || words[n-1].text != "sync" && words[n-1].text != "install" {
		return false
	}
	return words[n-2].text == "uv" || words[n-2].text == "poetry"
}

// installed takes a requirement among the arguments of pip install; raw is how it
// is written.
func (d *folder) installed(c command, file *source.File, w word, raw string) {
	if isElsewhere(w.text) || strings.Contains(w.text, "$") {
		d.unread = d.unread || !strings.HasSuffix(w.text, ".whl") || strings.Contains(w.text, "*")
	}
	at := func(int, int) source.Span { return c.text.Span(w.start, w.end) }
	if j := strings.Index(raw, w.text); j >= 0 { // no variable in it
		at = func(a, b int) source.Span { return c.text.Span(w.start+j+a, w.start+j+b) }
	}
	d.require(w.text, Required, file, at)
}

// takesValue reports whether the word behind an option of pip is its value.
func takesValue(option string) bool {
	switch option {
	case "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target", "--prefix", "--root", "--platform", "--python-version", "--python", "-p",
		"--no-binary", "--only-binary", "--cache-dir", "--timeout", "--retries", "--proxy", "--trusted-host", "--cert", "--progress-bar", "--index-strategy", "--src", "--log":
		return true
	}
	return false
}

// copiedFrom is the file beside the Dockerfile that a file of the image was copied
// from. Where no COPY names it, all was copied: a relative name is the same there.
func (s *stage) copiedFrom(name string) string {
	base := path.Base(name)
	for ; s != nil; s = s.base {
		for _, words := range s.copies {
			for _, w := range words[:max(0, len(words)-1)] {
				if path.Base(w) == base {
					return w
				}
			}
		}
	}
	if !path.IsAbs(name) {
		return name
	}
	return base
}

// assign takes NAME=value pairs into a map.
func assign(into map[string]string, s string, known map[string]string) {
	for name, value := range pairs(s) {
		if value != nil {
			into[name] = expand(*value, known)
		}
	}
}

// pairs are the names and values of ARG; nil for a name without one.
func pairs(s string) func(yield func(string, *string) bool) {
	return func(yield func(string, *string) bool) {
		for _, w := range shellWords(s) {
			name, value, ok := strings.Cut(w.text, "=")
			var v *string
			if ok {
				v = &value
			}
			if !yield(name, v) {
				return
			}
		}
	}
}

// hereDocuments are the words that end those of a command: RUN <<EOF.
func hereDocuments(s string) []string {
	var ends []string
	for {
		_, rest, ok := strings.Cut(s, "<<")
		if !ok {
			return ends
		}
		s = strings.TrimPrefix(rest, "-")
		name := strings.TrimLeft(s, `"'`)
		n := 0
		for n < len(name) && (isNameByte(name[n]) && name[n] != '-') {
			n++
		}
		if n > 0 {
			ends = append(ends, name[:n])
		}
	}
}

// expand fills in $NAME, ${NAME} and ${NAME:-default}. What has no value stays as
// it is written.
func expand(s string, values map[string]string) string {
	if strings.IndexByte(s, '$') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '$' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		name, fallback, n := reference(s[i:])
		value, ok := values[name]
		switch {
		case n == 0:
			b.WriteByte(s[i])
			continue
		case ok && (value != "" || fallback == nil):
			b.WriteString(value)
		case fallback != nil:
			b.WriteString(expand(*fallback, values))
		default:
			b.WriteString(s[i : i+n])
		}
		i += n - 1
	}
	return b.String()
}

// reference reads the reference to a variable, $NAME or ${NAME:-default}, that a
// text begins with: the name, what stands for an unset one, and how long it is.
func reference(s string) (name string, fallback *string, n int) {
	if !strings.HasPrefix(s, "${") {
		i := 1
		for i < len(s) && isNameByte(s[i]) && s[i] != '-' && s[i] != '.' {
			i++
		}
		if i == 1 {
			return "", nil, 0
		}
		return s[1:i], nil, i
	}
	depth := 0
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				inner := s[2:i]
				j := strings.IndexAny(inner, ":-+?")
				if j < 0 {
					return inner, nil, i + 1
				}
				if value, ok := strings.CutPrefix(strings.TrimPrefix(inner[j:], ":"), "-"); ok {
					fallback = &value
				}
				return inner[:j], fallback, i + 1
			}
		}
	}
	return "", nil, 0
}

// word is a word of a command without its quotes, and where it stands.
type word struct {
	text       string
	start, end int
}

// shellWords splits a command as a shell does, separators being words of their
// own. It does not expand anything.
func shellWords(s string) []word {
	var words []word
	var b []byte
	start := -1
	end := func(i int) {
		if start >= 0 {
			words = append(words, word{string(b), start, i})
			b, start = b[:0], -1
		}
	}
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '\'' || quote == '"' && (c != '\\' || i+1 == len(s)):
			b = append(b, c)
		case c == '\\' && i+1 < len(s):
			if start < 0 {
				start = i
			}
			i++
			b = append(b, s[i])
		case c == '\'' || c == '"':
			if start < 0 {
				start = i
			}
			quote = c
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			end(i)
		case c == ';' || c == '|' || c == '&':
			end(i)
			n := 1
			if i+1 < len(s) && s[i+1] == c {
				n = 2
			}
			words = append(words, word{s[i : i+n], i, i + n})
			i += n - 1
		default:
			if start < 0 {
				start = i
			}
			b = append(b, c)
		}
	}
	end(len(s))
	return words
}

// trimmed is a text without blanks around it.
func trimmed(t source.Text) source.Text {
	s := t.String()
	i := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	return t.Slice(i, max(i, len(strings.TrimRight(s, " \t\r\n"))))
}
