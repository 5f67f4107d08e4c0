package project_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/dbtconn-lint/dbtconn-lint/internal/project"
)

// find is the project of an export among the files of an archive.
func find(t testing.TB, archive, export string) *project.Project {
	t.Helper()
	return (&project.Finder{FS: files(archive)}).For(export)
}

func files(archive string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

// show is a pin as a line: its name, what else it may be, and its place.
func show(p project.Pin) string {
	switch {
	case p.Unclear != "":
		return p.At.String() + " " + p.Unclear
	case len(p.Versions) == 0:
		return ""
	}
	s := p.Name
	if len(p.Versions) > 1 || p.Versions[0] != p.Name {
		s += " = " + strings.Join(p.Versions, ", ")
	}
	return s + " (" + p.At.String() + ")"
}

const (
	requirements = "-- requirements.txt --\n"
	dockerfile   = "-- Dockerfile --\n"
	compose      = "-- docker-compose.yaml --\n"
	pyproject    = "-- pyproject.toml --\n"
)

// TestPins has a real-life shape of every source of versions.
func TestPins(t *testing.T) {
	tests := []struct{ name, archive, airflow, provider, http string }{
		// Astro Runtime.
		{"old runtime", dockerfile + "FROM quay.io/astronomer/astro-runtime:11.8.0\n", "2.9.3 (Dockerfile:1)", "", "4.12.0 (Dockerfile:1)"},
		{"old runtime, suffixes", dockerfile + "FROM quay.io/astronomer/astro-runtime:13.10.0-python-3.12-slim-base\n", "2.11.2 (Dockerfile:1)", "", ""},
		{"old runtime, between known tags", dockerfile + "FROM quay.io/astronomer/astro-runtime:12.5.0\n", "2.10 = 2.10.2, 2.10.5 (Dockerfile:1)", "", ""},
		{"old runtime, behind the last known", dockerfile + "FROM quay.io/astronomer/astro-runtime:11.19.0\n", "2.9 = 2.9.3, 2.9 (Dockerfile:1)", "", ""},
		{"old runtime that has the provider", dockerfile + "FROM quay.io/astronomer/astro-runtime:7.4.3\n", "2.5.3 (Dockerfile:1)", "3.1.1 (Dockerfile:1)", "4.2.0 (Dockerfile:1)"},
		{"old runtime that has it in some version", dockerfile + "FROM quay.io/astronomer/astro-runtime:5.0.11\n", "2.3.4 (Dockerfile:1)", "2.2.0 = 2.2.0, 2.3.0 (Dockerfile:1)", ""},
		{"old runtime before it had it", dockerfile + "FROM quay.io/astronomer/astro-runtime:5.0.9\n", "2.3.4 (Dockerfile:1)", "", "4.0.0 (Dockerfile:1)"},
		{"too old", dockerfile + "FROM quay.io/astronomer/astro-runtime:3.0.4\n", "2.1.1 (Dockerfile:1)", "", ""},
		{"new runtime", dockerfile + "FROM astrocrpublic.azurecr.io/runtime:3.0-4\n", "3.0.2 (Dockerfile:1)", "", ""},
		{"new runtime, suffixes", dockerfile + "FROM astrocrpublic.azurecr.io/runtime:3.0-1-python-3.11-base\n", "3.0.0 (Dockerfile:1)", "", ""},
		{"new runtime, patch not known", dockerfile + "FROM astrocrpublic.azurecr.io/runtime:3.1-5\n", "3.1 = 3.1.0, 3.1.4 (Dockerfile:1)", "", ""},
		{"new runtime, floating", dockerfile + "FROM astrocrpublic.azurecr.io/runtime:3.1\n", "3.1 (Dockerfile:1)", "", ""},
		{"new runtime, newer than all", dockerfile + "FROM astrocrpublic.azurecr.io/runtime:3.3-9\n", "3.3 = 3.3.2, 3.3 (Dockerfile:1)", "", ""},
		{"new runtime of a new line", dockerfile + "FROM astrocrpublic.azurecr.io/runtime:3.4-1\n", "3.4 = 3.4.0, 3.4 (Dockerfile:1)", "", ""},
		{"new tag in the old repository", dockerfile + "FROM astrocrpublic.azurecr.io/astronomer/astro-runtime:3.0-10\n", "3.0.6 (Dockerfile:1)", "", ""},
		{"three numbers in the new repository", dockerfile + "FROM astrocrpublic.azurecr.io/runtime:3.0.4\n", "Dockerfile:1 has the tag 3.0.4, which names no version that is known", "", ""},
		{"remote agent", dockerfile + "FROM images.example/astro-remote-execution-agent:3.1-1-python-3.12-astro-agent-1.1.0\n", "3.1.0 (Dockerfile:1)", "", ""},
		{"Astronomer Certified", dockerfile + "FROM quay.io/astronomer/ap-airflow:2.3.0-5-onbuild\n", "2.3.0 (Dockerfile:1)", "", ""},

		// The official image.
		{"official", dockerfile + "FROM apache/airflow:2.10.5\n", "2.10.5 (Dockerfile:1)", "", ""},
		{"official, slim", dockerfile + "FROM docker.io/apache/airflow:slim-3.1.8-python3.12@sha256:0123\n", "3.1.8 (Dockerfile:1)", "", ""},
		{"mirror", dockerfile + "FROM registry.example:5000/apache/airflow:2.9.3\n", "2.9.3 (Dockerfile:1)", "", ""},
		{"latest", dockerfile + "FROM apache/airflow:latest-python3.11\n", "Dockerfile:1 has the tag latest-python3.11, which names no version that is known", "", ""},
		{"no tag", dockerfile + "FROM apache/airflow\n", "Dockerfile:1 names its image without a tag that we can read", "", ""},
		{"digest", dockerfile + "FROM apache/airflow@sha256:0123\n", "Dockerfile:1 names its image by a digest, which says no version", "", ""},
		{"1.10", dockerfile + "FROM apache/airflow:1.10.15\n", "1.10.15 (Dockerfile:1)", "", ""},
		{"another image", dockerfile + "FROM bitnami/airflow:2.10.5\n", "", "", ""},

		// Dockerfiles.
		{"argument", dockerfile + "# syntax=docker/dockerfile:1\n\nARG AIRFLOW_VERSION=2.10.5\nARG BASE=apache/airflow:${AIRFLOW_VERSION}\nFROM --platform=linux/amd64 $BASE AS x\n", "2.10.5 (Dockerfile:5)", "", ""},
		{"argument without a default", dockerfile + "ARG AIRFLOW_VERSION\nFROM apache/airflow:${AIRFLOW_VERSION}\n", "Dockerfile:2 names its image without a tag that we can read", "", ""},
		{"argument with a default in place", dockerfile + "ARG V\nfrom apache/airflow:${V:-2.9.1}\n", "2.9.1 (Dockerfile:2)", "", ""},
		{"stages", dockerfile + "FROM node:20 AS web\nRUN npm ci\nFROM apache/airflow:2.9.2 AS base\nFROM base AS prod\nCOPY --from=web /x /x\n", "2.9.2 (Dockerfile:3)", "", ""},
		{"a stage of tests behind", dockerfile + "FROM apache/airflow:2.9.2 AS prod\nFROM python:3.11\nRUN pip install apache-airflow==2.8.0\n", "2.9.2 (Dockerfile:1)", "", ""},
		{"two images", dockerfile + "FROM apache/airflow:2.9.2 AS old\nFROM apache/airflow:2.10.0\n", "2.10.0 (Dockerfile:2)", "", ""},
		{"continuation", dockerfile + "FROM \\\n  # the image\n\n  apache/airflow:2.9.2\n", "2.9.2 (Dockerfile:4)", "", ""},
		{"escape", dockerfile + "# escape=`\nFROM `\n  apache/airflow:2.9.2\n", "2.9.2 (Dockerfile:3)", "", ""},
		{"CRLF", dockerfile + "ARG V=2.9.2\r\nFROM apache/airflow:${V}\r\n", "2.9.2 (Dockerfile:2)", "", ""},
		{"commented out", dockerfile + "# FROM apache/airflow:2.9.2\nFROM python:3.11\n", "", "", ""},
		{"pip install", dockerfile + "FROM python:3.11\nENV AIRFLOW_VERSION=2.8.1\nRUN apt-get install -y gcc && \\\n    pip install -U \"apache-airflow==${AIRFLOW_VERSION}\" 'apache-airflow-providers-dbt-cloud == 3.5.1' \\\n" +
			"      --constraint \"https://example.com/constraints-${AIRFLOW_VERSION}/constraints-3.11.txt\"\n", "2.8.1 (Dockerfile:4)", "3.5.1 (Dockerfile:4)", ""},
		{"constraints URL alone", dockerfile + "FROM python:3.11\nRUN uv pip install --system apache-airflow -c https://example.com/constraints-2.9.3/constraints-3.11.txt\n", "2.9.3 (Dockerfile:2)", "", ""},
		{"JSON form", dockerfile + "FROM apache/airflow:2.9.2\nRUN [\"pip\", \"install\", \"apache-airflow-providers-dbt-cloud==3.8.1\"]\n", "2.9.2 (Dockerfile:1)", "3.8.1 (Dockerfile:2)", ""},
		{"here-document", dockerfile + "FROM apache/airflow:2.9.2\nRUN <<EOF\npip install apache-airflow-providers-dbt-cloud==3.8.1\nFROM apache/airflow:9.9.9\nEOF\nRUN pip install apache-airflow-providers-http==4.11.0\n", "2.9.2 (Dockerfile:1)", "3.8.1 (Dockerfile:3)", "4.11.0 (Dockerfile:6)"},
		{"wheel", dockerfile + "FROM apache/airflow:2.9.2\nRUN pip install /tmp/apache_airflow_providers_dbt_cloud-4.4.2-py3-none-any.whl\n", "2.9.2 (Dockerfile:1)", "4.4.2 (Dockerfile:2)", ""},
		{"copied requirements", dockerfile + "FROM apache/airflow:2.9.2\nCOPY deps/airflow.txt /tmp/airflow.txt\nRUN pip install -r /tmp/airflow.txt\n-- deps/airflow.txt --\n# x\napache-airflow-providers-dbt-cloud==3.8.1\n", "2.9.2 (Dockerfile:1)", "3.8.1 (deps/airflow.txt:2)", ""},
		{"requirement before the image's own", dockerfile + "FROM quay.io/astronomer/astro-runtime:7.4.3\n" + requirements + "apache-airflow-providers-dbt-cloud==3.3.0\n", "2.5.3 (Dockerfile:1)", "3.3.0 (requirements.txt:1)", "4.2.0 (Dockerfile:1)"},
		{"the image's own is not enough", dockerfile + "FROM quay.io/astronomer/astro-runtime:7.4.3\n" + requirements + "apache-airflow-providers-dbt-cloud>=3.2\n", "2.5.3 (Dockerfile:1)", "", "4.2.0 (Dockerfile:1)"},

		// Requirements.
		{"all forms", requirements + "\ufeff--index-url https://example.com/simple\napache-airflow[celery,dbt-cloud]==2.10.5 ; python_version >= \"3.9\"  # x\nApache_Airflow.Providers-dbt_cloud[openlineage] == 4.4.2 \\\n    --hash=sha256:00\napache-airflow-providers-http===5.3.3\n",
			"2.10.5 (requirements.txt:2)", "4.4.2 (requirements.txt:3)", "5.3.3 (requirements.txt:5)"},
		{"address", requirements + "apache-airflow-providers-dbt-cloud @ https://example.com/x/apache_airflow_providers_dbt_cloud-4.4.2-py3-none-any.whl\n", "", "4.4.2 (requirements.txt:1)", ""},
		{"two numbers", requirements + "apache-airflow-providers-dbt-cloud==4.4\n", "", "4.4 = 4.4.0 (requirements.txt:1)", ""},
		{"a line", requirements + "apache-airflow==2.10.*\napache-airflow-providers-dbt-cloud~=4.4.1\n", "2.10 (requirements.txt:1)", "4.4 (requirements.txt:2)", ""},
		{"a line as a range", requirements + "apache-airflow>=3.0,<3.1\n", "3.0 (requirements.txt:1)", "", ""},
		{"a range", requirements + "apache-airflow>=2.9,<3\napache-airflow-providers-dbt-cloud~=4.4\n", "", "", ""},
		{"build and candidate", requirements + "apache-airflow==2.10.5+composer\napache-airflow-providers-dbt-cloud==4.5.0rc1\n", "2.10.5+composer = 2.10.5 (requirements.txt:1)", "4.5.0rc1 = 4.5.0 (requirements.txt:2)", ""},
		{"by Python", requirements + "apache-airflow-providers-dbt-cloud==4.4.0; python_version < '3.10'\napache-airflow-providers-dbt-cloud==4.11.1; python_version >= '3.10'\n", "", "4.4.0 = 4.4.0, 4.11.1 (requirements.txt:1)", ""},
		{"included", requirements + "-r base.txt\n--constraint=c/limits.txt\napache-airflow\n-- base.txt --\n-r requirements.txt\napache-airflow-providers-dbt-cloud\n-- c/limits.txt --\napache-airflow==2.9.1\napache-airflow-providers-dbt-cloud==3.7.1\n", "2.9.1 (c/limits.txt:1)", "3.7.1 (c/limits.txt:2)", ""},
		{"constraints URL", requirements + "--constraint \"https://example.com/apache/airflow/constraints-2.9.3/constraints-3.11.txt\"\napache-airflow-providers-dbt-cloud\n", "2.9.3 (requirements.txt:1)", "", ""},
		{"the main file first", "-- requirements-dev.txt --\napache-airflow==2.8.0\n" + requirements + "apache-airflow==2.9.0\n", "2.9.0 (requirements.txt:1)", "", ""},
		{"another file", "-- requirements_airflow.txt --\napache-airflow==2.8.0\n", "2.8.0 (requirements_airflow.txt:1)", "", ""},
		{"constraints file", "-- constraints-3.11.txt --\napache-airflow==2.8.0\napache-airflow-providers-dbt-cloud==3.5.0\n", "2.8.0 (constraints-3.11.txt:1)", "3.5.0 (constraints-3.11.txt:2)", ""},
		{"near names", requirements + "apache-airflow-client==2.8.0\napache-airflow-providers-dbt-cloud-extras==1.0\nmy-apache-airflow==1.0\n", "", "", ""},

		// pyproject.toml.
		{"project", pyproject + "[project]\nname = \"x\"\ndependencies = [\n  'apache-airflow[celery]==3.1.8',\n]\n[project.optional-dependencies]\ncloud = [\"apache-airflow-providers-dbt-cloud==4.6.5\"]\n[dependency-groups]\ndev = [\"apache-airflow-providers-http==6.0.0\", {include-group = \"x\"}]\n", "3.1.8 (pyproject.toml:4)", "4.6.5 (pyproject.toml:7)", "6.0.0 (pyproject.toml:9)"},
		{"Poetry", pyproject + "[tool.poetry.dependencies]\npython = \"^3.11\"\napache-airflow = {version = \"2.10.5\", extras = [\"dbt-cloud\"]}\napache-airflow-providers-http = \"^4.1\"\n[tool.poetry.group.x.dependencies]\napache-airflow-providers-dbt-cloud = \"~4.4\"\n", "2.10.5 (pyproject.toml:3)", "4.4 (pyproject.toml:6)", ""},
		{"uv's constraints", pyproject + "[project]\ndependencies = [\"apache-airflow-core\"]\n[tool.uv]\nconstraint-dependencies = [\"apache-airflow-core==3.1.8\"]\n", "3.1.8 (pyproject.toml:4)", "", ""},
		{"Astro CLI 2", pyproject + "[project]\ndependencies = [\"apache-airflow==3.1.*\"]\n[tool.astro]\nruntime = \"3.1-9\"\n", "3.1.5 (pyproject.toml:4)", "", ""},
		{"broken below", pyproject + "[project]\ndependencies = [\"apache-airflow==2.9.3\"]\n[tool\n", "2.9.3 (pyproject.toml:2)", "", ""},

		// Lock files.
		{"uv.lock", "-- uv.lock --\nversion = 1\n\n[[package]]\nname = \"etl\"\nversion = \"0.1.0\"\ndependencies = [\n    { name = \"apache-airflow\" },\n]\n\n[[package]]\nname = \"apache-airflow\"\nversion = \"3.1.8\"\nsource = { registry = \"x\" }\n\n[[package]]\nname = \"apache-airflow-core\"\nversion = \"3.1.8\"\n\n[[package]]\nname = \"apache-airflow-providers-dbt-cloud\"\nversion = \"4.6.5\"\n",
			"3.1.8 (uv.lock:11)", "4.6.5 (uv.lock:20)", ""},
		{"forks in uv.lock", "-- uv.lock --\n[[package]]\nname = \"apache-airflow\"\nversion = \"2.10.5\"\nresolution-markers = [\"python_full_version < '3.10'\"]\n\n[[package]]\nname = \"apache-airflow\"\nversion = \"3.1.8\"\n", "2.10.5 = 2.10.5, 3.1.8 (uv.lock:2)", "", ""},
		{"poetry.lock", "-- poetry.lock --\r\n# generated\r\n\r\n[[package]]\r\nname = \"apache-airflow-providers-http\"\r\nversion = \"4.12.0\"\r\noptional = false\r\n\r\n[package.dependencies]\r\napache-airflow = \">=2.7.0\"\r\n", "", "", "4.12.0 (poetry.lock:4)"},
		{"lock before requirements", "-- poetry.lock --\n[[package]]\nname = \"apache-airflow\"\nversion = \"2.9.3\"\n" + requirements + "apache-airflow==2.8.0\n", "2.9.3 (poetry.lock:2)", "", ""},

		// Compose.
		{"compose", compose + "x-airflow-common:\n  &airflow-common\n  image: ${AIRFLOW_IMAGE_NAME:-apache/airflow:3.1.0}\n  environment:\n    &env\n    _PIP_ADDITIONAL_REQUIREMENTS: ${_PIP_ADDITIONAL_REQUIREMENTS:- apache-airflow-providers-dbt-cloud==4.4.4 pandas}\nservices:\n  postgres:\n    image: postgres:13\n  airflow-worker:\n    <<: *airflow-common\n", "3.1.0 (docker-compose.yaml:3)", "4.4.4 (docker-compose.yaml:6)", ""},
		{"compose with .env", compose + "services:\n  web:\n    image: ${AIRFLOW_IMAGE_NAME:-apache/airflow:3.1.0}\n-- .env --\n# x\nAIRFLOW_IMAGE_NAME='apache/airflow:2.9.3'\n", "2.9.3 (docker-compose.yaml:3)", "", ""},
		{"compose that builds elsewhere", compose + "services:\n  web:\n    image: apache/airflow:2.9.3\n    build:\n      context: ./docker\n      dockerfile: Dockerfile.airflow\n-- docker/Dockerfile.airflow --\nFROM apache/airflow:2.10.1\n", "2.10.1 (docker/Dockerfile.airflow:1)", "", ""},
		{"compose that builds beside another Dockerfile", dockerfile + "FROM node:20\n" + compose + "services:\n  web:\n    build: .\n  airflow:\n    build: ./airflow\n-- airflow/Dockerfile --\nFROM apache/airflow:2.10.1\n", "2.10.1 (airflow/Dockerfile:1)", "", ""},
		{"a Dockerfile before compose", dockerfile + "FROM apache/airflow:2.10.1\n" + compose + "services:\n  web:\n    image: apache/airflow:2.9.3\n    build: .\n", "2.10.1 (Dockerfile:1)", "", ""},

		// Helm.
		{"airflowVersion", "-- values.yaml --\n# x\nairflowVersion: 2.10.5\nexecutor: KubernetesExecutor\n", "2.10.5 (values.yaml:2)", "", ""},
		{"airflowVersion, a number", "-- values-prod.yml --\nairflow:\n  airflowVersion: 3.10\n", "3.10 (values-prod.yml:2)", "", ""},
		{"the tag runs", "-- values.yaml --\nairflowVersion: \"2.10.5\"\ndefaultAirflowTag: \"2.10.4\"\nimages:\n  airflow:\n    repository: apache/airflow\n    tag: 2.10.3-python3.11\n", "2.10.3 (values.yaml:6)", "", ""},
		{"a tag of one's own", "-- values.yaml --\nairflowVersion: \"2.10.5\"\nimages:\n  airflow:\n    repository: images.example/our-airflow\n    tag: \"42\"\n", "2.10.5 (values.yaml:1)", "", ""},
		{"the chart", "-- Chart.yaml --\nname: x\ndependencies:\n  - name: airflow\n    version: 1.15.0\n    repository: https://airflow.apache.org\n", "2.9.3 (Chart.yaml:4)", "", ""},
		{"another chart", "-- Chart.yaml --\nname: x\ndependencies:\n  - name: airflow\n    version: 8.9.0\n    repository: https://airflow-helm.example/charts\n", "", "", ""},
		{"a template", "-- values.yaml --\n{{- if .x }}\nairflowVersion: 2.10.5\n{{ end }}\n", "", "", ""},

		// Terraform.
		{"MWAA", "-- main.tf --\nresource \"aws_mwaa_environment\" \"x\" {\n  # airflow_version = \"2.2.2\"\n  airflow_version   = \"2.10.3\" # x\n}\n", "2.10.3 (main.tf:3)", "", ""},
		{"MWAA, an expression", "-- main.tf --\nresource \"aws_mwaa_environment\" \"x\" {\n  airflow_version = var.airflow_version\n}\n", "", "", ""},
		{"Composer", "-- composer.tf --\n/*\n image_version = \"composer-1\"\n*/\n  software_config {\n    image_version = \"composer-3-airflow-2.10.5-build.3\"\n    pypi_packages = {\n      apache-airflow-providers-dbt-cloud = \"==4.4.2\"\n      \"apache-airflow-providers-http\"  = \"\"\n    }\n", "2.10.5 (composer.tf:5)", "4.4.2 (composer.tf:7)", ""},
		{"Composer, an alias", "-- composer.tf --\nimage_version = \"composer-3-airflow-2\"\n", "composer.tf:1 has the image version composer-3-airflow-2, which stands for several of Airflow", "", ""},

		// A virtual environment.
		{".venv", "-- .venv/pyvenv.cfg --\n-- .venv/lib/python3.11/site-packages/apache_airflow-2.10.5.dist-info/METADATA --\n-- .venv/lib/python3.11/site-packages/apache_airflow_providers_dbt_cloud-4.4.2.dist-info/METADATA --\n", "2.10.5 (.venv/lib/python3.11/site-packages/apache_airflow-2.10.5.dist-info)", "4.4.2 (.venv/lib/python3.11/site-packages/apache_airflow_providers_dbt_cloud-4.4.2.dist-info)", ""},
		{".venv of Windows", "-- .venv/Lib/site-packages/apache_airflow_core-3.1.8.dist-info/METADATA --\n", "3.1.8 (.venv/Lib/site-packages/apache_airflow_core-3.1.8.dist-info)", "", ""},
		{".venv last", requirements + "apache-airflow==2.9.3\n-- .venv/lib/python3.11/site-packages/apache_airflow-2.10.5.dist-info/METADATA --\n", "2.9.3 (requirements.txt:1)", "", ""},

		// What does not say it leaves it to the next.
		{"latest, then requirements", dockerfile + "FROM apache/airflow:latest\n" + requirements + "apache-airflow==2.9.3\n", "2.9.3 (requirements.txt:1)", "", ""},
		{"nothing", "-- README.md --\napache-airflow==2.9.3\n", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got project.Pins
			if p := find(t, tt.archive, "connections.json"); p != nil {
				got = p.Pins
			}
			for _, c := range []struct {
				what, want string
				pin        project.Pin
			}{{"Airflow", tt.airflow, got.Airflow}, {"provider", tt.provider, got.Provider}, {"HTTP provider", tt.http, got.HTTP}} {
				if s := show(c.pin); s != c.want {
					t.Errorf("%s is %q, want %q", c.what, s, c.want)
				}
			}
		})
	}
}

// TestRanges holds what follows for tags between the known ones against the ranges
// that the data gives. The data is not part of the repository.
func TestRanges(t *testing.T) {
	data, err := os.ReadFile("../../../shared/data/version-tables.json")
	if err != nil {
		t.Skip("no data beside the repository: ", err)
	}
	var in struct {
		Runtime struct {
			Ranges []struct {
				Tags string
				Min  string `json:"airflow_min"`
				Max  string `json:"airflow_max"`
			}
		} `json:"astro_runtime"`
	}
	if err := json.Unmarshal(data, &in); err != nil || len(in.Runtime.Ranges) == 0 {
		t.Fatal("no ranges", err)
	}
	for _, r := range in.Runtime.Ranges {
		first, last, ok := strings.Cut(r.Tags, "..")
		if !ok {
			last = first
		}
		for _, tag := range []string{first, last} {
			image := "quay.io/astronomer/astro-runtime:"
			if strings.Contains(tag, "-") {
				image = "astrocrpublic.azurecr.io/runtime:"
			}
			got := find(t, dockerfile+"FROM "+image+tag+"\n", "x.json").Airflow.Versions
			// Where no later tag is known, the newest patch of the line bounds it.
			if newest := got[len(got)-1]; got[0] < r.Min || newest > r.Max {
				t.Errorf("%s: %v, want %s to %s", tag, got, r.Min, r.Max)
			}
		}
	}
}

// TestClimb: which folders count, from an export upward.
func TestClimb(t *testing.T) {
	const archive = `
-- repo/.git/HEAD --
-- repo/uv.lock --
[[package]]
name = "apache-airflow"
version = "2.8.0"

[[package]]
name = "apache-airflow-providers-dbt-cloud"
version = "3.9.0"
-- repo/a/Dockerfile --
FROM apache/airflow:2.9.3
-- repo/a/requirements.txt --
apache-airflow-providers-dbt-cloud
-- repo/b/Dockerfile --
FROM apache/airflow:3.1.8
-- repo/c/README --
-- repo/w/pyproject.toml --
[project]
dependencies = ["apache-airflow", "apache-airflow-providers-dbt-cloud>=3"]
-- repo/l/Dockerfile --
FROM apache/airflow:latest
-- Dockerfile --
FROM apache/airflow:2.3.0
`
	f := &project.Finder{FS: files(archive)}
	for _, tt := range []struct{ export, dir, airflow, provider string }{
		{"repo/a/connections.json", "repo/a", "2.9.3 (repo/a/Dockerfile:1)", ""}, // required there, in no version
		{"repo/a/include/x/connections.yaml", "repo/a", "2.9.3 (repo/a/Dockerfile:1)", ""},
		{"repo/b/.env", "repo/b", "3.1.8 (repo/b/Dockerfile:1)", "3.9.0 (repo/uv.lock:6)"},
		{"repo/c/d/connections.json", "repo", "2.8.0 (repo/uv.lock:2)", "3.9.0 (repo/uv.lock:6)"},
		{"repo/w/connections.json", "repo/w", "2.8.0 (repo/uv.lock:2)", "3.9.0 (repo/uv.lock:6)"}, // a workspace
		{"repo/l/connections.json", "repo/l", "repo/l/Dockerfile:1 has the tag latest, which names no version that is known", "3.9.0 (repo/uv.lock:6)"},
		{"connections.json", ".", "2.3.0 (Dockerfile:1)", ""}, // no repository: the working directory
		{"-", ".", "2.3.0 (Dockerfile:1)", ""},
	} {
		p := f.For(tt.export)
		if p == nil || p.Dir != tt.dir || show(p.Airflow) != tt.airflow || show(p.Provider) != tt.provider {
			t.Errorf("%s: %+v", tt.export, p)
		}
	}
	if f.For("repo/a/connections.json") != f.For("repo/a/include/x/connections.yaml") {
		t.Error("exports below one folder have different projects")
	}
	if p := f.For("elsewhere/../../x.json"); p != nil {
		t.Errorf("outside of the working directory: %+v", p)
	}
	outside := &project.Finder{FS: files("-- top/p/Dockerfile --\nFROM apache/airflow:2.9.3\n-- top/p/q/x.json --\n"), Roots: []string{"top/p/"}}
	if p := outside.For("top/p/q/x.json"); p == nil || p.Dir != "top/p" {
		t.Errorf("in an argument: %+v", p)
	}
}

// TestRoles: what an export is in an Astro project.
func TestRoles(t *testing.T) {
	const astro = "-- Dockerfile --\nFROM astrocrpublic.azurecr.io/runtime:3.1-12\n"
	for _, tt := range []struct {
		archive, export string
		want            project.Role
	}{
		{astro, ".env", project.Environment},
		{astro, ".env.example", project.NoRole},
		{astro, "dags/.env", project.NoRole},
		{astro, "airflow_settings.yaml", project.Settings},
		{astro, "include/connections.yaml", project.File},
		{astro, "include/dev/connections.yaml", project.NoRole},
		{astro + "ENV AIRFLOW__SECRETS__BACKEND=airflow.secrets.local_filesystem.LocalFilesystemBackend\nENV AIRFLOW__SECRETS__BACKEND_KWARGS='{\"connections_file_path\": \"/usr/local/airflow/include/conns.json\"}'\n", "include/conns.json", project.Backend},
		{astro + "-- .env --\nAIRFLOW__SECRETS__BACKEND=airflow.secrets.local_filesystem.LocalFilesystemBackend\nAIRFLOW__SECRETS__BACKEND_KWARGS={\"variables_file_path\": \"v.json\", \"connections_file_path\": \"include/connections.yaml\"}\n", "include/connections.yaml", project.Backend},
		{astro + "-- .env --\nAIRFLOW__SECRETS__BACKEND=airflow.providers.hashicorp.secrets.vault.VaultBackend\n", "include/connections.yaml", project.File},
		{"-- Dockerfile --\nFROM apache/airflow:3.1.8\n", ".env", project.NoRole},
		{"-- pyproject.toml --\n[project]\ndependencies = [\"apache-airflow==3.1.*\"]\n[tool.astro]\n", ".env", project.Environment},
		{"-- pyproject.toml --\n[project]\ndependencies = [\"apache-airflow==3.1.*\"]\n[tool.astro]\n", "airflow_settings.yaml", project.NoRole},
	} {
		if got := find(t, tt.archive, tt.export).RoleOf(tt.export); got != tt.want {
			t.Errorf("%s in\n%s\nhas the role %d, want %d", tt.export, tt.archive, got, tt.want)
		}
	}
}

// TestManifest: where a requirement would stand.
func TestManifest(t *testing.T) {
	const image = "-- Dockerfile --\nFROM apache/airflow:2.9.3\n"
	for _, tt := range []struct{ archive, want string }{
		{image, "Dockerfile:1"},
		{image + "COPY dbt.txt .\nRUN pip install -r dbt.txt\n-- dbt.txt --\nx\n-- requirements.txt --\n# x\n\npandas\n", "requirements.txt:3"},
		{image + "COPY . .\nRUN pip install -r deps/dbt.txt\n-- deps/dbt.txt --\nx\n", "deps/dbt.txt:1"},
		{image + "-- requirements-dev.txt --\nx\n-- pyproject.toml --\n[project]\ndependencies = [\"apache-airflow\"]\n", "requirements-dev.txt:1"},
		{image + "-- pyproject.toml --\n[project]\nname = \"airflow\"\n\ndependencies = []\n", "pyproject.toml:4"},
		{image + "-- pyproject.toml --\n[tool.ruff]\nline-length = 100\n", "Dockerfile:1"},
	} {
		if at, ok := find(t, tt.archive, "x.json").Manifest(); !ok || at.String() != tt.want {
			t.Errorf("%s in\n%s", at, tt.archive)
		}
	}
}

// TestVariables: the connections of a Dockerfile, of the stages that count.
func TestVariables(t *testing.T) {
	p := find(t, dockerfile+"FROM node AS web\nENV AIRFLOW_CONN_NO=x\nFROM apache/airflow:3.1.8\nENV AIRFLOW_CONN_A=http://h B=1 \\\n  AIRFLOW_CONN_B='{\"conn_type\": \"http\"}'\nENV AIRFLOW_CONN_C http://h\nENV AIRFLOW_CONN_EMPTY=\n", "x.json")
	var got []string
	for _, v := range p.Variables {
		got = append(got, fmt.Sprintf("%s %s %s", v.ID, v.At, v.At.File.Data[v.At.Span.Start:v.At.Span.End]))
	}
	want := "a Dockerfile:4 AIRFLOW_CONN_A, b Dockerfile:5 AIRFLOW_CONN_B, c Dockerfile:6 AIRFLOW_CONN_C"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
}

// TestHostile: what a checkout may hold to trip us.
func TestHostile(t *testing.T) {
	for _, archive := range []string{
		dockerfile + "FROM\nFROM \nFROM ${\nFROM ${A:-${B:-${C}}}\nENV\nARG\nARG =\nRUN <<\nRUN pip install\nRUN pip install -r\nRUN pip install '' \"\" -c\nRUN [\n",
		dockerfile + "FROM a AS a\nFROM a AS a\nFROM a\n",
		dockerfile + "FROM apache/airflow:" + strings.Repeat("9", 100) + ".1.1\n",
		requirements + "-r requirements.txt\n-c requirements.txt\n-r\n-c\napache-airflow[\napache-airflow==\napache-airflow==$X\n\\\n",
		"-- uv.lock --\n[[package]]\nname = \"apache-airflow\n\n[[package]]\nname = \"apache-airflow\"\n",
		pyproject + "[tool.poetry.dependencies]\napache-airflow = {extras = 1, version = [\"x\"]}\n[project]\ndependencies = [1, [\"apache-airflow==1\"], {a = 1}]\noptional-dependencies = 1\n",
		compose + "image: apache/airflow\nbuild: {context: 1, dockerfile: [x]}\nx: &a [*a]\n",
		"-- values.yaml --\nimages: airflow\n---\nimages: {airflow: tag}\nairflowVersion: [2]\n",
		"-- Chart.yaml --\ndependencies: airflow\n---\n- airflow\n",
		"-- main.tf --\nairflow_version = \"\nimage_version = \"composer-airflow-\"\napache-airflow-providers-dbt-cloud = \"==\"\n",
		"-- .venv/lib/python3.11/site-packages/apache_airflow.dist-info/x --\n-- .venv/lib/python3.11/site-packages/apache_airflow-.dist-info/x --\n",
	} {
		find(t, archive, "x.json") // does not panic, does not hang
	}
}

// FuzzProject: whatever stands in a file, nothing panics, and places are in the file.
func FuzzProject(f *testing.F) {
	names := []string{"Dockerfile", "uv.lock", "requirements.txt", "constraints.txt", "pyproject.toml", "docker-compose.yaml", "values.yaml", "Chart.yaml", "main.tf", ".env"}
	for i := range names {
		f.Add(i, "FROM apache/airflow:${V:-2.10.5}\nRUN pip install -r x 'apache-airflow[dbt]==2.10.5' \\\n && x <<A\nA\n")
		f.Add(i, "[[package]]\nname = \"apache-airflow\"\nversion = \"2.10.5\"\n[tool.poetry.dependencies]\napache-airflow = {version = \"1\", extras = [\"dbt\"]}\n")
		f.Add(i, "airflowVersion: 2.10\nimages: {airflow: {tag: 2.10.5}}\nx: {image: 'apache/airflow:2.10.5', build: {context: x}}\n")
		f.Add(i, "airflow_version = \"2.10.3\"\nimage_version = \"composer-3-airflow-2.10.5\"\napache-airflow-providers-dbt-cloud = \"==4.4.2\"\n")
	}
	f.Fuzz(func(t *testing.T, which int, data string) {
		fsys := fstest.MapFS{names[uint(which)%uint(len(names))]: &fstest.MapFile{Data: []byte(data)}, "airflow_settings.yaml": &fstest.MapFile{}}
		p := (&project.Finder{FS: fsys}).For("x.json")
		check := func(at project.Place) {
			if at.File != nil && (at.Span.Start < 0 || at.Span.Start > at.Span.End || at.Span.End > len(at.File.Data)) {
				t.Errorf("%v is not in a file of %d bytes", at.Span, len(at.File.Data))
			}
		}
		for _, pin := range []project.Pin{p.Airflow, p.Provider, p.HTTP} {
			check(pin.At)
		}
		for i := range p.Requirements {
			r := &p.Requirements[i]
			check(r.At())
			check(project.Place{File: r.File, Span: r.NameSpan})
			for _, e := range r.Extras {
				check(project.Place{File: r.File, Span: e.Span})
			}
		}
		for _, v := range p.Variables {
			check(v.At)
		}
		if at, ok := p.Manifest(); ok {
			check(at)
		}
		p.Brings()
	})
}
