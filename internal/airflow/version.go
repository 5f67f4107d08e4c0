package airflow

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
)

// Flag is a behaviour in which releases of Airflow, or the Pythons that they run
// on, differ.
type Flag uint32

// The behaviours.
const (
	// LoosePorts: the port of a URI goes through int() as it is, so "+5432",
	// " 5432", "5_432" and digits of other scripts are ports. Python up to 3.9.
	LoosePorts Flag = 1 << iota
	// LooseSchemes: a URI's scheme may begin with a digit, '-', '+' or '.'.
	// Python up to 3.10.
	LooseSchemes
	// PortIsNoScheme: in "host:443" there is no scheme. Python up to 3.9.
	PortIsNoScheme
	// ChecksBrackets: what stands in brackets in a URI must be an IPv6 address.
	// Python from 3.11.4 on.
	ChecksBrackets
	// DeepJSON: json.loads goes [jsonDepthDeep] levels deep before it raises
	// RecursionError, not [jsonDepth]. Python 3.12.
	DeepJSON
	// NamesParameter: sqlite3 says which parameter it could not bind, not which
	// type it has. Python up to 3.10.
	NamesParameter

	// SplitsParams: what follows a ";" in the last part of a URI's path is dropped
	// where the scheme is http, ftp and the like, or there is none: urlparse, not
	// urlsplit. Core up to 2.4.
	SplitsParams
	// TwoSchemes: "http://https://h" is a host with a protocol of its own, and
	// more than two "://" are refused. models/connection.py from 2.6.3 on.
	TwoSchemes
	// HidesURI: the error for such a URI does not quote it. Core from 3.2.0 on.
	HidesURI
	// TypedQuery: each query value of a URI is read as JSON where it is some.
	// Core from 3.1.6 on.
	TypedQuery

	// TypelessURIFails: get_uri() of a connection without conn_type raises
	// TypeError. Up to 2.5.0.
	TypelessURIFails
	// SlashBeforeQuery: get_uri() puts a "/" before the "?" where there is no
	// schema. From 2.3.3 on.
	SlashBeforeQuery
	// SeesAuthority: get_uri() writes a lone port as "@:443" only where no login
	// and password has brought the "@". From 2.3.3 on.
	SeesAuthority
	// SplitsHost: get_uri() takes a protocol in the host apart. From 2.6.3 on.
	SplitsHost
	// KeepsOwnProtocol: not where the protocol is the conn_type. From 3.1.0 on.
	KeepsOwnProtocol

	// ValidatesExtra: extra must be a JSON object; up to 2.11 only a warning says
	// so. From 3.0.0 on (#41762).
	ValidatesExtra
	// ExtraErrorHasID: that error names the connection; later ones say None,
	// because the id is set afterwards. Up to 3.1.
	ExtraErrorHasID

	// SanitisesID: an id of other characters, or longer than 250, is dropped
	// without a word. models/connection.py from 2.8.2 on.
	SanitisesID
	// RE2: google-re2 matches ids, comments of env files and secrets to mask. Its \w
	// and \s are ASCII, its $ is the very end, and it refuses lone surrogates. 2.6.3
	// to 2.11.
	RE2
	// RefusesTeamID: an id of the form _team___x is not looked up. 3.2.0 to 3.3.0.
	RefusesTeamID

	// LookupBuildsURI: who looks a connection up calls get_uri(), for a cache, so
	// one whose fields are no text is "not defined". Core from 2.7.0 on, workers
	// from 3.1.0 on.
	LookupBuildsURI
	// SDKClass: the connection is the Task SDK's own class, not the core's. Workers
	// from 3.2.0 on; before, the environment's backend makes one of the core.
	SDKClass
	// AllowsTeamName: team_name is a field. Core from 3.2.0 on.
	AllowsTeamName

	// PathlibSuffix: a file that is named just ".env" or ".json" has no suffix and
	// is refused. secrets/local_filesystem.py from 3.1.0 on.
	PathlibSuffix
	// ChecksEnvKeys: an env line without a key is an error, as one without a value
	// is; before, only the latter, by the name of the former. From 3.1.0 on.
	ChecksEnvKeys

	// ImportChecksKeys: `connections import` refuses ids by validate_key. From
	// 2.6.2 on (#31282).
	ImportChecksKeys
	// KeyErrorHasKey: that error names an id which is too long. From 3.0.0 on.
	KeyErrorHasKey
	// KeyNoDots: two dots in a row are refused there. From 3.3.0 on.
	KeyNoDots
	// WantsAuthority: `connections add` refuses a URI without anything between "//"
	// and the path. Up to 2.5.1.
	WantsAuthority
)

// Profile is how one Airflow reads connections: the behaviours that it has. Two
// releases with equal profiles read every export alike. The readers never look at
// a version.
type Profile struct {
	flags Flag
	// asked, if it is there, takes down what was asked for: profiles that would give
	// the same answers would have got the same result. So readers ask only where it
	// matters, after all else is decided.
	asked *Flag
}

// Has reports whether the profile has a behaviour.
func (p Profile) Has(f Flag) bool {
	if p.asked != nil {
		*p.asked |= f
	}
	return p.flags&f != 0
}

// Only is the profile without all other behaviours.
func (p Profile) Only(f Flag) Profile {
	p.flags &= f
	return p
}

// ForURI are the behaviours that [GetURI] goes by.
const ForURI = TypelessURIFails | SlashBeforeQuery | SeesAuthority | SplitsHost | KeepsOwnProtocol | RE2

// set and drop are for the table of releases.
func (p *Profile) set(f Flag)  { p.flags |= f }
func (p *Profile) drop(f Flag) { p.flags &^= f }

// How deep json.loads goes, near enough: the frames of the program around it count,
// too.
const (
	jsonDepth     = 975
	jsonDepthDeep = 1490
)

// isTooDeep reports whether json.loads raises RecursionError.
func (p *Profile) isTooDeep(depth int) bool {
	return depth > jsonDepth && (depth > jsonDepthDeep || !p.Has(DeepJSON))
}

// Version is a release of Airflow.
type Version struct {
	// Name is the version as it was asked for: 2.11 or 2.11.2.
	Name string
	// Line is the minor version, Patch the full one: 2.11 and 2.11.2. A line
	// stands for its newest patch.
	Line, Patch string
	// Python is the one that we take the release to run on.
	Python string
	// Masker knows which keys of an extra the release masks.
	Masker Masker
	// Server reads files and the environment in the server and the CLI.
	Server Profile
	// Worker reads the environment in a 3.x worker, where HasWorker is set.
	Worker    Profile
	HasWorker bool
	// LongColumns: login and password may be of any length in the table. From 2.8.0
	// on (#32815).
	LongColumns bool
}

// ColumnLimit is how many characters of a field the table of connections takes,
// where the database counts them as PostgreSQL and MySQL do; 0 means any number.
// Of a password, whose Fernet text is what is stored, it is a number of bytes.
// Longer ids are refused before.
//
// Source: models/connection.py of 2.3 to 3.3; the format of Fernet tokens.
func (v Version) ColumnLimit(f connection.Field) int {
	switch f {
	case connection.Type, connection.Host, connection.Schema:
		return 500
	case connection.Login:
		if !v.LongColumns {
			return 500
		}
	case connection.Password:
		if !v.LongColumns {
			return 3679 // 5000 characters of base64
		}
	}
	return 0
}

// line is a minor version with its newest patch.
type line struct {
	major, minor, patch int
	python              string
}

// lines are the minor versions that we know, oldest first. The newest patches
// are those of November 2026; the Python is the one that a release was run on to
// find out what it does, or that of its neighbour where it was only read.
var lines = [...]line{
	{2, 3, 4, "3.8"}, {2, 4, 3, "3.8"}, {2, 5, 3, "3.10"}, {2, 6, 3, "3.10"}, {2, 7, 3, "3.11"},
	{2, 8, 4, "3.11"}, {2, 9, 3, "3.11"}, {2, 10, 5, "3.11"}, {2, 11, 2, "3.11"},
	{3, 0, 6, "3.12"}, {3, 1, 8, "3.12"}, {3, 2, 2, "3.12"}, {3, 3, 2, "3.11"},
}

// history is what each release changed, in core and in workers. All of it was seen
// in running releases, those on both sides of each change included (see the
// folder oracle).
var history = [...]struct {
	release int
	change  func(core, worker *Profile)
}{
	{release(2, 3, 0), func(p, _ *Profile) { p.set(ExtraErrorHasID | TypelessURIFails | SplitsParams | WantsAuthority) }},
	{release(2, 3, 3), func(p, _ *Profile) { p.set(SlashBeforeQuery | SeesAuthority) }},
	{release(2, 5, 0), func(p, _ *Profile) { p.drop(SplitsParams) }},
	{release(2, 5, 1), func(p, _ *Profile) { p.drop(TypelessURIFails) }},
	{release(2, 5, 2), func(p, _ *Profile) { p.drop(WantsAuthority) }},
	{release(2, 6, 2), func(p, _ *Profile) { p.set(ImportChecksKeys) }},
	{release(2, 6, 3), func(p, _ *Profile) { p.set(TwoSchemes | SplitsHost | RE2) }},
	{release(2, 7, 0), func(p, _ *Profile) { p.set(LookupBuildsURI) }},
	{release(2, 8, 2), func(p, _ *Profile) { p.set(SanitisesID) }},
	{release(3, 0, 0), func(p, w *Profile) {
		p.set(ValidatesExtra | KeyErrorHasKey)
		p.drop(RE2)
		// A 3.0 or 3.1 worker reads the environment with the core's class.
		*w = *p
		w.drop(LookupBuildsURI)
	}},
	{release(3, 1, 0), func(p, w *Profile) {
		p.set(PathlibSuffix | ChecksEnvKeys | KeepsOwnProtocol)
		*w = *p
	}},
	{release(3, 1, 6), func(p, w *Profile) { p.set(TypedQuery); w.set(TypedQuery) }},
	{release(3, 2, 0), func(p, w *Profile) {
		p.drop(ExtraErrorHasID)
		p.set(RefusesTeamID)
		*w = *p
		w.set(SDKClass)
		w.drop(ValidatesExtra | SanitisesID | TypedQuery)
		p.set(HidesURI | AllowsTeamName)
	}},
	{release(3, 3, 0), func(p, _ *Profile) { p.set(KeyNoDots) }},
	{release(3, 3, 1), func(p, w *Profile) { p.drop(RefusesTeamID); w.drop(RefusesTeamID) }},
}

func release(major, minor, patch int) int { return major<<16 | minor<<8 | patch }

// onPython sets what depends on the interpreter.
func (p *Profile) onPython(version string) {
	switch version {
	case "3.8":
		p.set(LoosePorts | PortIsNoScheme)
		fallthrough
	case "3.10":
		p.set(LooseSchemes | NamesParameter)
	default:
		p.set(ChecksBrackets)
	}
	if version == "3.12" {
		p.set(DeepJSON)
	}
}

// at is the patch release of a line.
func (l line) at(patch int) Version {
	v := Version{Line: fmt.Sprintf("%d.%d", l.major, l.minor), Python: l.python, HasWorker: l.major >= 3}
	v.Patch = fmt.Sprintf("%s.%d", v.Line, patch)
	v.Name = v.Patch
	v.LongColumns = release(l.major, l.minor, patch) >= release(2, 8, 0)
	v.Server.onPython(l.python)
	for _, h := range history {
		if h.release <= release(l.major, l.minor, patch) {
			h.change(&v.Server, &v.Worker)
		}
	}
	v.Masker = maskerOf(release(l.major, l.minor, patch))
	return v
}

// Lines are the newest patches of all minor versions that we know, oldest first,
// named by their lines.
func Lines() []Version {
	vs := make([]Version, len(lines))
	for i, l := range lines {
		vs[i] = l.at(l.patch)
		vs[i].Name = vs[i].Line
	}
	return vs
}

// VersionFor is the version of this name, a line (2.11) or a release (2.11.2).
// For a release that is newer than our table it is the newest that we know, and
// newer is set.
func VersionFor(name string) (v Version, newer bool, err error) {
	parts := strings.Split(name, ".")
	var n [3]int
	ok := len(parts) == 2 || len(parts) == 3
	for i := 0; ok && i < len(parts); i++ {
		d, err := strconv.ParseUint(parts[i], 10, 16)
		n[i], ok = int(d), err == nil
	}
	if !ok {
		return Version{}, false, fmt.Errorf("%q is no version of Airflow; write it as 2.11 or 2.11.2", name)
	}
	oldest, newest := lines[0], lines[len(lines)-1]
	switch asked := release(n[0], n[1], 0); {
	case asked < release(oldest.major, oldest.minor, 0):
		return Version{}, false, fmt.Errorf("Airflow %s is too old; the oldest that is known here is %d.%d", name, oldest.major, oldest.minor)
	case asked > release(newest.major, newest.minor, 0):
		v, newer = newest.at(newest.patch), true
	default:
		// Between the lines of the table there is nothing but versions of a
		// series that ended: 2.12.
		found := false
		for _, l := range lines {
			if found = l.major == n[0] && l.minor == n[1]; !found {
				continue
			}
			patch := l.patch
			if len(parts) == 3 {
				newer = n[2] > l.patch
				patch = min(n[2], l.patch)
			}
			v = l.at(patch)
			break
		}
		if !found {
			return Version{}, false, fmt.Errorf("there is no Airflow %s", name)
		}
	}
	v.Name = name
	return v, newer, nil
}
