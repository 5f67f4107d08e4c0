// Package astro reads airflow_settings.yaml as the Astro CLI does when it starts
// a local Airflow: through viper and mapstructure, and then through net/url into the
// bodies that it posts to Airflow's REST API, or, up to 1.41, into the commands that
// a shell runs.
//
// Source: settings/settings.go, settings/types.go and docker/docker.go of
// astronomer/astro-cli from v1.24.0 to ed93cc59 (v1.45.0), with viper 1.15.0 and
// 1.19.0, mapstructure 1.5.0 and yaml.v3 3.0.1.
package astro

import (
	"fmt"
	"strconv"
	"strings"
)

// Profile is how a release of the Astro CLI loads settings. Two releases with
// equal profiles load the same.
type Profile struct {
	// AllOrNothing: a value that cannot be converted to its field's type makes the
	// CLI load nothing of the file. Otherwise only that field stays empty.
	AllOrNothing bool
	// Shell: each connection is added by `airflow connections add`, which bash runs
	// in the container, with the values in single quotes. Otherwise it is posted to
	// the REST API.
	Shell bool
	// Stops: the first command that fails ends the loading. Otherwise nobody looks
	// at what comes of one.
	Stops bool
	// DropsMaps: conn_extra is taken if it is a text, and a map is passed over: viper
	// reads another type of map than the CLI looks for (#1610).
	DropsMaps bool
	// PrintsNoExtra: that there is no conn_extra is printed as an error (#1648).
	PrintsNoExtra bool
}

// Version is a release of the Astro CLI.
type Version struct {
	// Name is the version as it was asked for: 1.45 or 1.45.0.
	Name string
	// Line is the minor version.
	Line    string
	Profile Profile
}

// The lines that we know. Releases before 1.24.0 read the file with yaml.v2, which
// types scalars otherwise.
const (
	major       = 1
	oldestMinor = 24
	newestMinor = 45
)

// firstForAirflow3 is the line that can start an Airflow 3.
const firstForAirflow3 = 34

// history is what each line changed, all of it seen in running releases; see the
// folder oracle.
var history = [...]struct {
	minor  int
	change func(*Profile)
}{
	{24, func(p *Profile) { *p = Profile{AllOrNothing: true, Shell: true, DropsMaps: true} }},
	{25, func(p *Profile) { p.DropsMaps, p.PrintsNoExtra = false, true }},
	{27, func(p *Profile) { p.PrintsNoExtra = false }},
	{34, func(p *Profile) { p.Stops = true }},
	{36, func(p *Profile) { p.AllOrNothing = false }},
	{42, func(p *Profile) { *p = Profile{AllOrNothing: true} }}, // #2078
}

// StartsAirflow3 reports whether the release can start an Airflow 3.
func (v Version) StartsAirflow3() bool {
	_, minor, _ := strings.Cut(v.Line, ".")
	n, _ := strconv.Atoi(minor)
	return n >= firstForAirflow3
}

// VersionFor is the version of this name, a line (1.45) or a release (1.45.0);
// the newest for an empty name. For a release that is newer than we know it is
// the newest that we know, and newer is set.
func VersionFor(name string) (v Version, newer bool, err error) {
	if name == "" {
		name = line(newestMinor)
	}
	parts := strings.Split(name, ".")
	var n [3]int
	ok := len(parts) == 2 || len(parts) == 3
	for i := 0; ok && i < len(parts); i++ {
		d, err := strconv.ParseUint(parts[i], 10, 16)
		n[i], ok = int(d), err == nil
	}
	switch {
	case !ok:
		return Version{}, false, fmt.Errorf("%q is no version of the Astro CLI; write it as %s or %s.0", name, line(newestMinor), line(newestMinor))
	case n[0] < major || n[0] == major && n[1] < oldestMinor:
		return Version{}, false, fmt.Errorf("Astro CLI %s is too old; the oldest that is known here is %s, because those before read YAML by other rules", name, line(oldestMinor))
	}
	newer = n[0] > major || n[1] > newestMinor
	minor := n[1]
	if newer {
		minor = newestMinor
	}
	v = Version{Name: name, Line: line(minor)}
	for _, h := range history {
		if h.minor <= minor {
			h.change(&v.Profile)
		}
	}
	return v, newer, nil
}

func line(minor int) string { return fmt.Sprintf("%d.%d", major, minor) }
