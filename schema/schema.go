// Package schema holds JSON Schemas: those that are published for editors and other
// programs, and those that a configuration makes connections meet.
package schema

import _ "embed" // for what is published

//go:generate go run ./gen config.schema.json

//go:embed airflow_settings.schema.json
var airflowSettings string

//go:embed connections.schema.json
var connections string

//go:embed config.schema.json
var config string

//go:embed output.schema.json
var output string

// Published is a JSON Schema that other programs are given.
type Published struct {
	Name string
	// About says in a line what it is the schema of.
	About string
	// Text is the schema, draft 2020-12.
	Text string
}

// All are the published schemas.
func All() []Published {
	return []Published{
		{"airflow_settings", "airflow_settings.yaml, which the Astro CLI reads", airflowSettings},
		{"connections", "Airflow's connections file, in JSON or YAML", connections},
		{"config", "the configuration, .dbtconn-lint.yaml", config},
		{"output", "what check -o json and inspect -o json print", output},
	}
}
