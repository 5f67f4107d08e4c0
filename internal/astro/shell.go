package astro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// arguments of `airflow connections add` in the order in which the CLI writes them.
//
// Source: prepareAirflowConnectionAddCommand of settings.go.
var arguments = [...]argument{
	{"conn_id", connection.ID},
	{"--conn-type", connection.Type},
	{"--conn-extra", connection.Extra},
	{"--conn-host", connection.Host},
	{"--conn-login", connection.Login},
	{"--conn-password", connection.Password},
	{"--conn-schema", connection.Schema},
	{"--conn-port", connection.Port},
	{"--conn-uri", connection.URI},
	{"--conn-description", connection.Description}, // never written, but known
}

type argument struct {
	name  string
	field connection.Field
}

var options = arguments[1:]

// option is the index of an option; -1 where argparse knows none of that name.
func option(name string) int {
	return slices.IndexFunc(options, func(o argument) bool { return o.name == name })
}

// delete is what comes of `airflow connections delete`, which the CLI runs where the
// id is found anywhere in what `connections list` has printed before it began: in an
// empty database that is a sentence.
func (d *decoder) delete(c *connection.Connection) {
	id := c.ID.Text.Peek()
	if !airflow.InNothingHeld(id) {
		return
	}
	fmt.Fprintf(&d.printed, "Updating Connection %q...\n", id)
	if d.Stops {
		c.Failure = &connection.Failure{
			Class: "SystemExit", Message: secret.New("Did not find a connection with `conn_id`=" + id),
			Place: c.ID.Span(), Field: connection.ID, Reason: connection.BadID,
		}
	}
}

// pass sends the values through the shell and the command line that they are written
// into: mostly they come out as they are.
func (d *decoder) pass(c *connection.Connection) {
	quoted := connection.NoField
	for _, a := range arguments {
		f := a.field
		v := c.Field(f)
		s := v.Text.Peek()
		switch {
		case v.Kind != connection.Text:
		case strings.ContainsRune(s, 0):
			i := strings.IndexByte(s, 0)
			c.Failure = badArgument("Error", v.At(i, i+1), f, "fork/exec: invalid argument")
			return
		case quoted == connection.NoField && strings.Contains(s, "'"):
			quoted = f
		}
	}
	if quoted == connection.NoField {
		for _, a := range arguments {
			if v := c.Field(a.field); v.Kind == connection.Text && isOption(v.Text.Peek()) {
				c.Failure = badArgument("SystemExit", v.At(0, 1), a.field, "airflow connections add command error: argument %s: expected one argument, see help above.", a.name)
				return
			}
		}
		return
	}
	at := quoteIn(c, quoted)
	words, outcome := wordsOf(commandOf(c))
	switch outcome {
	case unclosed:
		c.Failure = badArgument("bash", at, quoted, "unexpected EOF while looking for matching `''")
	case unforeseeable:
		c.Failure = badArgument("bash", at, quoted, "part of the value stands outside of the quotes of the command")
	default:
		if message := arrive(c, words[len(addCommand):]); message != "" {
			c.Failure = badArgument("SystemExit", at, quoted, "airflow connections add command error: %s, see help above.", message)
		}
	}
}

func badArgument(class string, at source.Span, f connection.Field, format string, args ...any) *connection.Failure {
	return &connection.Failure{Class: class, Message: secret.New(fmt.Sprintf(format, args...)), Place: at, Field: f, Reason: connection.BadArgument}
}

var addCommand = [...]string{"airflow", "connections", "add"}

// quoteIn is the place of the first ' in a field, inside a map where it is one.
func quoteIn(c *connection.Connection, f connection.Field) source.Span {
	v := c.Field(f)
	if v.Written() || f != connection.Extra {
		i := strings.IndexByte(v.Text.Peek(), '\'')
		return v.At(i, i+1)
	}
	var find func(v *connection.Value) (source.Span, bool)
	find = func(v *connection.Value) (source.Span, bool) {
		if i := strings.IndexByte(v.Text.Peek(), '\''); i >= 0 && len(v.Items) == 0 {
			return v.At(i, i+1), true
		}
		for i := range v.Items {
			for _, inner := range [...]*connection.Value{&v.Items[i].Key, &v.Items[i].Value} {
				if at, ok := find(inner); ok {
					return at, true
				}
			}
		}
		return source.Span{}, false
	}
	if at, ok := find(c.ExtraObject()); ok {
		return at
	}
	return v.Span()
}

// commandOf is the command that adds a connection.
func commandOf(c *connection.Connection) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  '%s' ", strings.Join(addCommand[:], " "), c.ID.Text.Peek())
	for _, o := range options {
		switch v := c.Field(o.field); v.Kind {
		case connection.Text:
			fmt.Fprintf(&b, "%s '%s' ", o.name, v.Text.Peek())
		case connection.Int:
			fmt.Fprintf(&b, "%s %s", o.name, v.Text.Peek())
		default:
		}
	}
	return b.String()
}

// arrive fills in what argparse makes of the words, and says what it refuses.
func arrive(c *connection.Connection, words []string) (refused string) {
	given := map[connection.Field]string{}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !isOption(w) {
			if _, has := given[connection.ID]; has {
				return "unrecognized arguments: " + w
			}
			given[connection.ID] = w
			continue
		}
		name, value, joined := strings.Cut(w, "=")
		at := option(name)
		switch {
		case at < 0:
			return "unrecognized arguments: " + w
		case joined:
		case i+1 == len(words) || isOption(words[i+1]):
			return fmt.Sprintf("argument %s: expected one argument", name)
		default:
			i++
			value = words[i]
		}
		given[options[at].field] = value
	}
	if _, has := given[connection.ID]; !has {
		return "the following arguments are required: conn_id"
	}
	place := c.ID.Place
	for _, a := range arguments {
		v := c.Field(a.field)
		value, has := given[a.field]
		switch {
		case !has && v.Kind != connection.Absent && v.Cause != connection.Dropped:
			*v = connection.Value{Place: v.Place, Src: v.Src, Cause: connection.ShellUnquoted}
		case has && v.Kind != connection.Absent && value == v.Text.Peek() || !has:
		default:
			if v.Kind == connection.Absent {
				v.Place = place
			}
			v.Kind, v.Text, v.Cause = connection.Text, secret.New(value), connection.ShellUnquoted
			if a.field == connection.Extra {
				reopen(c)
			}
		}
	}
	return ""
}

// reopen takes the extra apart that came out of the shell.
func reopen(c *connection.Connection) {
	c.SetExtraObject(connection.Value{})
	tree, err := syntax.ParseJSON(loose(c.Extra.Text.Peek()))
	if c.ExtraError = err != nil; err == nil {
		object := airflow.ValueOf(tree.Root())
		attributeAll(&object, c.Extra.Place)
		c.SetExtraObject(object)
	}
}

// isOption reports whether argparse takes a word for an option: it begins with a
// hyphen, and is no number and has no blank.
func isOption(word string) bool {
	if len(word) < 2 || word[0] != '-' {
		return false
	}
	if name, _, _ := strings.Cut(word, "="); option(name) >= 0 || strings.HasPrefix(word, "-h") {
		return true
	}
	whole, fraction, point := strings.Cut(word[1:], ".")
	if digits(whole) && digits(fraction) && (whole != "" && !point || fraction != "") {
		return false
	}
	return !strings.Contains(word, " ")
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// outcome is what bash makes of a command.
type outcome uint8

const (
	plain         outcome = iota // words, nothing else
	unclosed                     // a quote is not closed: nothing is run
	unforeseeable                // something else than words: it may run anything
)

// wordsOf splits a command into words as bash does.
func wordsOf(command string) (words []string, as outcome) {
	var word strings.Builder
	in, started := byte(0), false // the quote that is open; whether there is a word
	lines := false
	end := func() {
		if started {
			words = append(words, word.String())
			word.Reset()
			started = false
		}
	}
	for i := 0; i < len(command); i++ {
		b := command[i]
		switch {
		case in == '\'':
			if b == in {
				in = 0
				continue
			}
			word.WriteByte(b)
		case in == '"':
			switch {
			case b == in:
				in = 0
			case b == '$' || b == '`':
				as = unforeseeable
			case b == '\\' && i+1 < len(command) && strings.IndexByte("$`\"\\\n", command[i+1]) >= 0:
				i++
				if command[i] != '\n' {
					word.WriteByte(command[i])
				}
			default:
				word.WriteByte(b)
			}
		case b == '\'' || b == '"':
			in, started = b, true
		case b == ' ' || b == '\t':
			end()
		case b == '\\':
			i++
			if i < len(command) && command[i] != '\n' {
				started = true
				word.WriteByte(command[i])
			}
		case b == '#' && !started:
			for i+1 < len(command) && command[i+1] != '\n' {
				i++
			}
		case b == '~' && !started, strings.IndexByte("\n$`;&|<>()*?[{", b) >= 0:
			as = unforeseeable
			lines = lines || b == '\n'
		default:
			started = true
			word.WriteByte(b)
		}
	}
	end()
	if in != 0 && !lines {
		return nil, unclosed
	}
	return words, as
}

// set finds out whether the commands that set pools and variables fail, and with them
// everything after. A name stands in its command without quotes.
//
// Source: AddPools and AddVariables of settings.go up to v1.41.0.
func (d *decoder) set(section string, values map[string]connection.Value) {
	if !d.Stops || d.stop != nil {
		return
	}
	name, last := values["pool_name"], values["pool_description"]
	arguments, format := 3, "airflow pools set  %s "+values["pool_slot"].Text.Peek()+" '%s' "
	if section == "variables" {
		name, last = values["variable_name"], values["variable_value"]
		arguments, format = 2, "airflow variables set %s '%s'"
	}
	if name.Kind == connection.Absent || section == "pools" && values["pool_slot"].Kind == connection.Absent ||
		section == "variables" && last.Kind == connection.Absent {
		return
	}
	if !fails(fmt.Sprintf(format, name.Text.Peek(), last.Text.Peek()), arguments) {
		return
	}
	at := name.Span()
	if text := last.Text.Peek(); strings.ContainsAny(text, "'\x00") || isOption(text) {
		at = last.Span()
	}
	d.stop = badArgument("Error", at, connection.NoField, "error adding %s: error encountered while running the airflow command", section)
}

// fails reports whether a command certainly fails that is to get so many arguments.
func fails(command string, arguments int) bool {
	if strings.ContainsRune(command, 0) {
		return true
	}
	words, as := wordsOf(command)
	if as != plain {
		return as == unclosed
	}
	n := 0
	for _, w := range words[len(addCommand):] {
		if !isOption(w) {
			n++
		}
	}
	return n != arguments
}
