package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// Image is what a project runs in.
type Image struct {
	// Ref is the image as it is named, arguments filled in.
	Ref string
	At  Place
	// Public is set for an image whose content is known: Astro Runtime or the
	// official one of Airflow.
	Public bool
	// MayBring is set where the image carries the dbt Cloud provider, or may.
	MayBring bool

	astro          bool
	provider, http Pin // what it carries; empty where it is not known or nothing
}

// readImage judges an image: whether Airflow is in it, and which. Sources: the
// vendor's release notes and version catalog for Astro Runtime, the tags of
// apache/airflow for the official image.
func readImage(ref string, at Place) (Image, Pin, bool) {
	img := Image{Ref: ref, At: at}
	name, digest, _ := strings.Cut(ref, "@")
	repo, tag := name, ""
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		repo, tag = name[:i], name[i+1:]
	}
	repo = strings.ToLower(repo)
	host, _, _ := strings.Cut(repo, "/")
	pin := Pin{At: at}
	switch {
	case repo == "apache/airflow" || strings.HasSuffix(repo, "/apache/airflow"):
		img.Public = true
		version, _, _ := strings.Cut(strings.TrimPrefix(tag, "slim-"), "-")
		pin.take(version)
	case repo == "astro-runtime" || strings.HasSuffix(repo, "/astro-runtime"), host == "astrocrpublic.azurecr.io" && strings.HasSuffix(repo, "/runtime"):
		img.Public, img.astro = true, true
		img.runtime(&pin, tag, strings.HasSuffix(repo, "/runtime"))
	case strings.HasSuffix(repo, "/astro-remote-execution-agent"):
		img.astro = true
		img.runtime(&pin, tag, true)
	case strings.HasSuffix(repo, "/ap-airflow"):
		// Astronomer Certified: the tag begins with the version of Airflow. What it
		// carries was never collected.
		img.astro, img.MayBring = true, true
		version, _, _ := strings.Cut(tag, "-")
		pin.take(version)
	default:
		return Image{}, Pin{}, false
	}
	if len(pin.Versions) == 0 && pin.Unclear == "" {
		switch {
		case tag == "" && digest != "":
			pin.Unclear = "names its image by a digest, which says no version"
		case tag == "" || strings.Contains(tag, "$"):
			pin.Unclear = "names its image without a tag that we can read"
		default:
			pin.Unclear = fmt.Sprintf("has the tag %s, which names no version that is known", shown(tag))
		}
	}
	return img, pin, true
}

// take takes a version with two or three numbers, if it is one.
func (p *Pin) take(s string) {
	n, rest := numbers(s)
	version, ok := versionOf(s)
	switch {
	case !ok || len(n) < 2 || strings.HasPrefix(rest, "."):
	case len(n) == 2:
		p.Name, p.Versions = dotted(n), []string{dotted(n)}
	default:
		p.Name, p.Versions = shown(s), []string{version}
	}
}

// shown is a version or a tag for a report: what is longer than any of them, or
// looks like a secret, is not shown.
func shown(s string) string {
	const most = 60
	if s = secret.Redact(s); len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// runtime reads a tag of Astro Runtime. Up to 13 it is three numbers, of which the
// first tells Airflow 2's minor version; from Airflow 3 on it is Airflow's own
// minor version and the number of a build. So 3.0.4 carries Airflow 2.1.1, and
// 3.0-4 carries 3.0.2.
func (img *Image) runtime(pin *Pin, tag string, newOnly bool) {
	n, rest := numbers(tag)
	switch {
	case len(n) == 2:
		line := dotted(n)
		build, _ := numbers(strings.TrimPrefix(rest, "-"))
		if !strings.HasPrefix(rest, "-") || len(build) == 0 {
			// Without a build, the tag is moved to each new one.
			pin.Name, pin.Versions = line, []string{line}
			return
		}
		img.tagged(pin, newRuntimes[:], [3]int{n[0], n[1], build[0]}, line, 2)
	case len(n) == 3 && !newOnly && n[0] >= 3 && n[0] <= 13:
		img.tagged(pin, oldRuntimes[:], [3]int{n[0], n[1], n[2]}, fmt.Sprintf("2.%d", n[0]-2), 1)
	}
}

// tagged finds a tag between those that we know. Those that share its first
// numbers carry the same line of Airflow.
func (img *Image) tagged(pin *Pin, table []runtimeTag, tag [3]int, line string, shared int) {
	pin.Name = line
	oldest, newest := line+".0", line
	var above, bounded bool // a later tag was met, one that tells the provider
	provider := Pin{At: pin.At}
	for i := range table {
		t := &table[i]
		if !slices.Equal(t.tag[:shared], tag[:shared]) {
			continue
		}
		order := compare(t.tag[:], tag[:])
		if order <= 0 {
			oldest = t.airflow
		}
		if order >= 0 && !above {
			above, newest = true, t.airflow
		}
		if order == 0 && t.http != "" {
			img.http = Pin{Name: t.http, Versions: []string{t.http}, At: pin.At}
		}
		// The provider was in the images of 5.0.10 to 7.6.0, and in none later.
		switch {
		case t.provider == "":
		case order <= 0:
			provider.Name, provider.Versions = t.provider, []string{t.provider}
			bounded = order == 0
		case provider.Name != "" && !bounded:
			bounded = true
			if t.provider != provider.Name {
				provider.Versions = append(provider.Versions, t.provider)
			}
		}
	}
	if pin.Versions = []string{oldest}; newest != oldest {
		pin.Versions = append(pin.Versions, newest)
	} else {
		pin.Name = oldest
	}
	if provider.Name != "" {
		img.MayBring, img.provider = true, provider
	}
}

// composer reads an image version of Cloud Composer:
// composer-2.9.7-airflow-2.9.3-build.4. Its images carry the dbt Cloud provider,
// since when nobody has written down.
func composer(s string, at Place) (Image, Pin, bool) {
	rest, ok := strings.CutPrefix(s, "composer-")
	_, rest, found := strings.Cut(rest, "-airflow-")
	if !ok || !found {
		return Image{}, Pin{}, false
	}
	pin := Pin{At: at}
	version, _, _ := strings.Cut(rest, "-")
	if pin.take(version); len(pin.Versions) == 0 {
		pin.Unclear = fmt.Sprintf("has the image version %s, which stands for several of Airflow", shown(s))
	}
	return Image{Ref: s, At: at, MayBring: true}, pin, true
}
