// Package export finds out what kind of export a file is and takes it apart into
// entries. It asks syntax to read the text in the dialect of the format; it does
// not know what values mean.
package export

import (
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/repeat"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// Format is one of the formats that connections are kept in.
type Format uint8

// The formats.
const (
	Unknown       Format = iota
	AirflowJSON          // {conn_id: {..} or "uri" or [..]}
	AirflowYAML          // the same in YAML
	AirflowEnv           // conn_id=uri lines
	AirflowValue         // one value, URI or JSON
	AirflowURI           // one bare URI
	Dotenv               // AIRFLOW_CONN_<ID>=value lines among others
	AirflowList          // connections list/get -o json|yaml: a record
	AirflowREST          // an answer of the REST API: a record
	AstroSettings        // airflow_settings.yaml
)

var formatNames = [...]string{"", "airflow-json", "airflow-yaml", "airflow-env", "airflow-value", "airflow-uri", "dotenv", "airflow-list", "airflow-rest", "astro-settings"}

func (f Format) String() string { return formatNames[f] }

// FormatNamed is the format with this name; Unknown for another name.
func FormatNamed(name string) Format {
	for f, n := range formatNames {
		if n == name && n != "" {
			return Format(f)
		}
	}
	return Unknown
}

// FormatNames are the names of all formats.
func FormatNames() []string { return append([]string(nil), formatNames[1:]...) }

// IsRecord reports whether the format shows what Airflow holds instead of being
// loaded by anything.
func (f Format) IsRecord() bool { return f == AirflowList || f == AirflowREST }

// Document is one export, taken apart.
type Document struct {
	File   *source.File
	Format Format
	// Named is set where the user named the file, or its format, instead of a
	// directory that holds it.
	Named bool
	// Log is how many bytes at the beginning are the log of the program that came
	// before in a pipe: the document, JSON then, begins behind it.
	Log int
	// Tree of a JSON or YAML document; nil for the others, and where Err is set.
	Tree *syntax.Tree
	// Lines of an env file.
	Lines []syntax.EnvLine
	// Value of an airflow-value or airflow-uri: all but one final line end.
	Value source.Text
	// ConnID is the id by which such a value is asked for, as the user named it;
	// empty: x.
	ConnID string
	// Err is set where the document does not parse; there are no entries then.
	// Format is the one whose reader refuses it.
	Err *syntax.Error
	// Entries in the order of the document.
	Entries []Entry
	// Shape says what a document is that is no export (Format is Unknown), or
	// how it departs from its format.
	Shape Shape
	// ShapeAt is the place that shows it.
	ShapeAt source.Span

	compared sync.Once
	repeated [][2]int
}

// NeverRead reports whether entry i is a variable that is not called as the capitals of
// any id. Source: airflow.secrets.environment_variables (conn_id.upper()).
func (d *Document) NeverRead(i int) bool {
	if d.Format != Dotenv {
		return false
	}
	name := d.Lines[d.Entries[i].Line].Key.From(len(connPrefix)).String()
	return name != python.Upper(name)
}

// Repeated are the entries whose id, as a text, an earlier one has, in their order:
// the first one with the id, and the entry. Those that are no connections, templates
// and what is never read, are left out.
func (d *Document) Repeated() [][2]int {
	d.compared.Do(func() {
		id := func(i int) (string, bool) {
			return d.IDText(i).String(), !d.Entries[i].Template && !d.NeverRead(i)
		}
		repeat.Each(len(d.Entries), id, func(first, i int) { d.repeated = append(d.repeated, [2]int{first, i}) })
	})
	return d.repeated
}

// Entry is one connection as it is written.
type Entry struct {
	// Key is the node of the id: the member's key, or the value of conn_id or
	// connection_id. Zero where there is none or the format is no tree.
	Key syntax.Node
	// Node is the value: an object, a text, a list. Zero for lines and values.
	Node syntax.Node
	// Line is the index into Lines of an env file's entry, else -1.
	Line int
	// Template is set for the untouched entry of `astro dev init`.
	Template bool
}

// Shape is what a document resembles.
type Shape uint8

// Shapes of documents that are not, or not quite, one of the formats. Those up
// to NothingToRead have no format, unless one was asked for.
const (
	Plain           Shape = iota // nothing to say
	NotAnExport                  // resembles nothing that we know
	EmptyDocument                // nothing but blanks or comments
	BareConnection               // one connection object: --format airflow-value
	VariablesExport              // airflow variables export
	PoolsExport                  // airflow pools export
	ComposeFile                  // a Compose file
	VaultSecret                  // a Vault or AWS Secrets Manager body
	AirflowConfig                // airflow.cfg
	ShellScript                  // airflow connections add, export AIRFLOW_CONN_…
	OtherSource                  // a Dockerfile, Terraform or the like that defines AIRFLOW_CONN_…
	NothingToRead                // a .env without connections: silence
	ProjectFile                  // a Dockerfile or the like beside the exports

	MissingAirflow   // settings sections without `airflow:` above
	EmptySections    // the same, with nothing in them
	NotAnObject      // a list or scalar where an object is wanted
	SeveralDocuments // more than one YAML document, which Airflow refuses
	ListOfEntries    // [{conn_id: ..}] where an object is wanted
	WrappedEntries   // {"connections": ..} where an object is wanted
	KeyedEntries     // {id: {..}} in settings, where a list is wanted
	MixedEnvKeys     // an airflow-env file some of whose keys begin AIRFLOW_CONN_
)

// Beside is a file that stands beside exports and that findings may point into.
func Beside(f *source.File) *Document {
	return &Document{File: f, Shape: ProjectFile, Named: true}
}
