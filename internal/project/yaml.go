package project

import (
	"path"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// documents parses YAML, if it has to do with Airflow at all.
func documents(file *source.File) []syntax.Node {
	if !concerns(file.Data) {
		return nil
	}
	tree, err := syntax.ParseYAML(file.Text(), syntax.GoYAML)
	if err != nil {
		return nil // a template, such as a chart's
	}
	return tree.Documents()
}

// eachMember calls f for every member of every mapping below a node, in the order
// of the text. It does not follow aliases: what they point to is met where it
// stands.
func eachMember(root syntax.Node, f func(key string, value syntax.Node)) {
	open := []syntax.Node{root}
	for len(open) > 0 {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		var below []syntax.Node
		push := func(n syntax.Node) {
			if _, shared := n.Alias(); !shared && n.IsCollection() {
				below = append(below, n)
			}
		}
		for item := range n.Items() {
			push(item)
		}
		for k, v := range n.Written() {
			if k.Kind() == syntax.String {
				f(k.Value(), v)
			}
			push(v)
		}
		for i := len(below) - 1; i >= 0; i-- {
			open = append(open, below[i])
		}
	}
}

// readCompose takes what a service is built of or runs, which the .env beside it may
// name, and the packages that the official image installs when it starts.
func (d *folder) readCompose(file *source.File) {
	if d.saysAirflow() && !strings.Contains(file.Data, additional) {
		return
	}
	roots := documents(file)
	for _, root := range roots {
		eachMember(root, func(key string, value syntax.Node) {
			if key == "build" && len(d.images) == 0 {
				d.readBuild(value)
			}
		})
	}
	for _, root := range roots {
		eachMember(root, func(key string, value syntax.Node) {
			if !isScalar(value) {
				return
			}
			text := value.Value()
			switch key {
			case "image":
				img, pin, ok := readImage(expand(text, d.environment()), Place{file, value.Span()})
				if ok && len(d.images) == 0 {
					d.images = append(d.images, img)
				}
				if ok {
					d.airflow = append(d.airflow, pin)
				}
			case additional:
				if strings.HasPrefix(text, "$") {
					name, _, _ := reference(text)
					d.unread = d.unread || d.environment()[name] == "" // the shell may set it
				}
				for w := range strings.FieldsSeq(expand(text, d.environment())) {
					d.require(w, Required, file, func(int, int) source.Span { return value.Span() })
				}
			}
		})
	}
}

// additional is a variable of the official image: packages that it installs when it
// starts.
const additional = "_PIP_ADDITIONAL_REQUIREMENTS"

// readBuild reads the Dockerfile that a service is built of, where it is not the
// one of this directory.
func (d *folder) readBuild(build syntax.Node) {
	context, name := ".", "Dockerfile"
	if isScalar(build) {
		context = build.Value()
	} else if build.Kind() == syntax.Mapping {
		for key, into := range map[string]*string{"context": &context, "dockerfile": &name} {
			if n := build.Lookup(key); isScalar(n) {
				*into = n.Value()
			}
		}
	}
	rel := path.Join(context, name)
	if rel == "Dockerfile" {
		return // read already
	}
	file := d.open(rel, maxSize)
	if file == nil {
		d.unread = true
		return
	}
	d.readDockerfile(file)
}

// readHelm takes the version of Airflow from the values of its Helm chart: the tag
// of the image, which runs, before airflowVersion, which the chart goes by. The
// chart itself says it where the values do not.
func (d *folder) readHelm(file *source.File) {
	if d.saysAirflow() {
		return
	}
	if path.Base(file.Path) == "Chart.yaml" {
		d.readChart(file)
		return
	}
	var tag, repository, version syntax.Node
	for _, root := range documents(file) {
		eachMember(root, func(key string, value syntax.Node) {
			switch {
			case key == "airflowVersion":
				version = value
			case key == "defaultAirflowTag" && tag.IsZero():
				tag = value
			case key == "defaultAirflowRepository" && repository.IsZero():
				repository = value
			case key == "images" && value.Kind() == syntax.Mapping:
				if airflow := value.Lookup("airflow"); !airflow.IsZero() && airflow.Kind() == syntax.Mapping {
					if t := airflow.Lookup("tag"); isScalar(t) {
						tag = t
					}
					if r := airflow.Lookup("repository"); isScalar(r) {
						repository = r
					}
				}
			}
		})
	}
	// A tag of somebody's own image may be anything.
	if isScalar(tag) {
		ref := "apache/airflow"
		if isScalar(repository) {
			ref = repository.Value()
		}
		if img, pin, ok := readImage(ref+":"+tag.Value(), Place{file, tag.Span()}); ok && len(pin.Versions) > 0 {
			d.images = append(d.images, img)
			d.airflow = append(d.airflow, pin)
			return
		}
	}
	if isScalar(version) {
		pin := Pin{At: Place{file, version.Span()}}
		if pin.take(version.Value()); len(pin.Versions) > 0 {
			d.airflow = append(d.airflow, pin)
		}
	}
}

func isScalar(n syntax.Node) bool {
	return !n.IsZero() && !n.IsCollection() && n.Kind() != syntax.Null
}

// readChart takes the version of the official chart that a chart depends on.
func (d *folder) readChart(file *source.File) {
	for _, root := range documents(file) {
		dependencies := root.Lookup("dependencies")
		if dependencies.IsZero() {
			continue
		}
		for item := range dependencies.Items() {
			name, repository, version := item.Lookup("name"), item.Lookup("repository"), item.Lookup("version")
			if name.IsZero() || !name.Is("airflow") || !isScalar(repository) || !strings.Contains(repository.Value(), "airflow.apache.org") || !isScalar(version) {
				continue
			}
			for i := range charts {
				if charts[i][0] == version.Value() {
					d.airflow = append(d.airflow, Pin{Name: charts[i][1], Versions: []string{charts[i][1]}, At: Place{file, version.Span()}})
				}
			}
		}
	}
}
