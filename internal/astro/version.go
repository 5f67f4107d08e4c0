// Package astro reads airflow_settings.yaml as the Astro CLI does when it starts
// a local Airflow: through viper, mapstructure and net/url, into the bodies that
// it posts to Airflow's REST API.
//
// Source: settings/settings.go and settings/types.go of astronomer/astro-cli at
// ed93cc59 (v1.45.0), with viper 1.19.0, mapstructure 1.5.0 and yaml.v3 3.0.1.
package astro

import (
	"fmt"
	"strconv"
	"strings"
)

// Profile is how a release of the Astro CLI loads settings. Two releases with
// equal profiles post the same.
type Profile struct {
	// AllOrNothing: a value that cannot be converted to its field's type makes the
	// CLI load nothing of the file. Otherwise only that field stays empty.
	AllOrNothing bool
}

// Version is a release of the Astro CLI.
type Version struct {
	// Name is the version as it was asked for: 1.45 or 1.45.0.
	Name string
	// Line is the minor version.
	Line    string
	Profile Profile
}

// The lines that we know. Up to 1.41 the CLI ran `airflow connections add`
// through a shell; #2078 (v1.42.0) made it post to the REST API.
const (
	major       = 1
	oldestMinor = 42
	newestMinor = 45
)

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
		return Version{}, false, fmt.Errorf("Astro CLI %s is too old; the oldest that is known here is %s, the first to post connections to the REST API", name, line(oldestMinor))
	}
	newer = n[0] > major || n[1] > newestMinor
	minor := n[1]
	if newer {
		minor = newestMinor
	}
	return Version{Name: name, Line: line(minor), Profile: Profile{AllOrNothing: true}}, newer, nil
}

func line(minor int) string { return fmt.Sprintf("%d.%d", major, minor) }
