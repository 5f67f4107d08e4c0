package consumer_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
)

// TestResolve: flags come first, then what the project says, then Airflow's own
// constraints; what nobody says is assumed.
func TestResolve(t *testing.T) {
	const pinned = "apache-airflow-providers-dbt-cloud==4.4.2\n"
	tests := []struct {
		name, dockerfile, requirements string
		asked                          consumer.Asked
		want                           string
	}{
		{name: "nothing", want: "2.11 3.3 (assumed) | 4.11 (assumed) | 6.3 (assumed)"},
		{name: "flags", asked: consumer.Asked{Airflow: []string{"2.10"}, Provider: []string{"4.0"}, HTTPProvider: []string{"5.0"}}, dockerfile: "apache/airflow:3.1.8", requirements: pinned,
			want: "known 2.10 (--airflow) | 4.0 (--provider) | 5.0 (--http-provider)"},
		{name: "a flag's Airflow with the project's provider", asked: consumer.Asked{Airflow: []string{"2.10"}}, dockerfile: "apache/airflow:3.1.8", requirements: pinned,
			want: "known 2.10 (--airflow) | 4.4.2 (requirements.txt:1) | 5.0.0 (Airflow's constraints)"},
		{name: "a flag alone", asked: consumer.Asked{Airflow: []string{"2.9.3", "3.3"}}, want: "known 2.9.3 3.3 (--airflow) | 3.9.0 4.9.3 (Airflow's constraints) | 4.12.0 6.3 (Airflow's constraints or assumed)"},
		{name: "project", dockerfile: "apache/airflow:2.10.5", requirements: pinned, want: "known 2.10.5 (Dockerfile:1) | 4.4.2 (requirements.txt:1) | 5.0.0 (Airflow's constraints)"},
		{name: "not pinned", dockerfile: "apache/airflow:2.10.5", requirements: "apache-airflow-providers-dbt-cloud\n", want: "known 2.10.5 (Dockerfile:1) | 4.0.0 (Airflow's constraints) | 5.0.0 (Airflow's constraints)"},
		{name: "not what the constraints have", dockerfile: "apache/airflow:2.10.5", requirements: "apache-airflow-providers-dbt-cloud>=4.4\n", want: "known 2.10.5 (Dockerfile:1) | 4.5 (assumed) | 5.0.0 (Airflow's constraints)"},
		{name: "a patch that behaves as its neighbours", dockerfile: "quay.io/astronomer/astro-runtime:12.5.0", want: "known 2.10 (Dockerfile:1) | 4.0.0 (Airflow's constraints) | 5.0.0 (Airflow's constraints)"},
		{name: "a patch that may be one of two", dockerfile: "astrocrpublic.azurecr.io/runtime:3.1-10", want: "3.1.5 3.1.8 (Dockerfile:1 names no patch) | 4.6.0 4.6.5 (Airflow's constraints) | 5.6.0 6.0.0 (Airflow's constraints)"},
		{name: "the provider of an image", dockerfile: "quay.io/astronomer/astro-runtime:6.5.0", want: "known 2.4.3 (Dockerfile:1) | 3.2.0 (Dockerfile:1) | 4.0.0 (Dockerfile:1)"},
		{name: "a provider for each Python", dockerfile: "apache/airflow:2.10.5", requirements: "apache-airflow-providers-dbt-cloud==3.10.1; python_version < '3.9'\napache-airflow-providers-dbt-cloud==4.4.2; python_version >= '3.9'\n",
			want: "2.10.5 (Dockerfile:1) | 3.10.1 4.4.2 (requirements.txt:1) | 5.0.0 (Airflow's constraints)"},
		{name: "latest", dockerfile: "apache/airflow:latest", requirements: pinned, want: "2.11 3.3 (assumed; Dockerfile:1 has the tag latest, which names no version that is known) | 4.4.2 (requirements.txt:1) | 6.3 (assumed)"},
		{name: "1.10", dockerfile: "apache/airflow:1.10.15", want: "2.11 3.3 (assumed; Dockerfile:1: Airflow 1.10.15 is too old; the oldest that is known here is 2.3) | 4.11 (assumed) | 6.3 (assumed)"},
		{name: "constraints that are too old", dockerfile: "apache/airflow:2.3.0", want: "known 2.3.0 (Dockerfile:1) | 3.1 (assumed) | 2.1.2 (Airflow's constraints)"},
		{name: "a provider that never was", dockerfile: "apache/airflow:2.10.5", requirements: "apache-airflow-providers-dbt-cloud==4.1.0\n", want: "known 2.10.5 (Dockerfile:1) | 4.5 (assumed; requirements.txt:1: there is no dbt Cloud provider 4.1.0; the lines are"},
		{name: "newer", dockerfile: "apache/airflow:3.9.1", requirements: "apache-airflow-providers-dbt-cloud==5.0.0\n", want: "known 3.9.1 (Dockerfile:1) | 5.0.0 (requirements.txt:1) | 6.3 (assumed) | Airflow 3.9.1 is newer than what this version knows; it is read as 3.3 | dbt Cloud provider 5.0.0 is newer"},
		{name: "constraints that nobody wrote down", dockerfile: "apache/airflow:3.2.2", want: "known 3.2.2 (Dockerfile:1) | 4.11 (assumed) | 6.3 (assumed)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			if tt.dockerfile != "" {
				fsys["Dockerfile"] = &fstest.MapFile{Data: []byte("FROM " + tt.dockerfile + "\n")}
			}
			if tt.requirements != "" {
				fsys["requirements.txt"] = &fstest.MapFile{Data: []byte(tt.requirements)}
			}
			tt.asked.Project = (&project.Finder{FS: fsys}).For("connections.json")
			targets, notices, err := consumer.Resolve(tt.asked)
			if err != nil {
				t.Fatal(err)
			}
			known := ""
			if targets.Known {
				known = "known "
			}
			got := fmt.Sprintf("%s%s (%s) | %s (%s) | %s (%s)", known, strings.Join(targets.Airflows(), " "), targets.From.Airflow,
				strings.Join(targets.Providers(), " "), targets.From.Provider, strings.Join(targets.HTTPProviders(), " "), targets.From.HTTPProvider)
			if len(notices) > 0 {
				got += " | " + strings.Join(notices, " | ")
			}
			if !strings.HasPrefix(got, tt.want) || len(got) > len(tt.want) && !strings.Contains(tt.want, "lines are") && !strings.Contains(tt.want, "newer") {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	if _, _, err := consumer.Resolve(consumer.Asked{Airflow: []string{"1.10"}}); err == nil {
		t.Error("a flag with a version that is too old is no error")
	}
}
