package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestInspectVectors holds `inspect -o json` to what real Airflow made of the
// inputs of testdata/vectors/airflow-readers.json.
func TestInspectVectors(t *testing.T) {
	data, err := os.ReadFile(filepath.FromSlash("../../testdata/vectors/airflow-readers.json"))
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		Conn   map[string]any
		Conns  map[string]map[string]any
		Error  *struct{ Class string }
		Lookup any
	}
	var all struct {
		Cases []struct {
			Name, Kind, Input string
			InputB64          []byte `json:"input_b64"`
			FileName          string `json:"file_name"`
			ConnID            string `json:"conn_id"`
			EnvName           string `json:"env_name"`
			Expected          *result
			ByVersion         map[string]*result `json:"expected_by_version"`
		}
	}
	decode(t, data, &all)
	t.Chdir(t.TempDir())
	formats := map[string][2]string{
		"env": {"airflow-value", "value"}, "json_file": {"airflow-json", "connections.json"}, "yaml_file": {"airflow-yaml", "connections.yaml"}, "env_file": {"airflow-env", "connections.env"},
	}
	total, passed := 0, 0
	for _, version := range []string{"2.11.2", "3.3.2"} {
		for _, c := range all.Cases {
			want := c.Expected
			if want == nil {
				want = c.ByVersion[version]
			}
			if want == nil || c.EnvName != "" || c.FileName != "" || strings.HasSuffix(c.Input, "\n") && c.Kind == "env" {
				continue // nothing recorded, or not what this command is given
			}
			format, name := formats[c.Kind][0], formats[c.Kind][1]
			if c.InputB64 != nil {
				c.Input = string(c.InputB64)
			}
			if err := os.WriteFile(name, []byte(c.Input), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"inspect", "-o", "json", "--show-secrets", "--consumer", "airflow@" + version, "--format", format, name}
			if c.ConnID != "" {
				args = append(args, "--conn-id", c.ConnID)
			}
			code, stdout, stderr := run("", args...)
			if code != 0 {
				t.Errorf("%s: exit code %d: %s", c.Name, code, stderr)
				continue
			}
			var got struct {
				Files []struct {
					Readings []struct {
						Error       *struct{ Class string }
						Connections []map[string]any
					}
				}
			}
			decode(t, []byte(stdout), &got)
			total++
			reading := got.Files[0].Readings[0]
			conns := want.Conns
			if c.Kind == "env" {
				conns = map[string]map[string]any{}
				if want.Conn != nil && want.Lookup == nil {
					id := c.ConnID
					if id == "" {
						id = "x"
					}
					conns[id] = want.Conn
				}
				if len(reading.Connections) == 1 && reading.Connections[0]["error"] != nil {
					reading.Connections = nil // not found
				}
			} else if (reading.Error != nil) != (want.Error != nil) || reading.Error != nil && reading.Error.Class != want.Error.Class {
				t.Errorf("%s %s: error %v, want %v", version, c.Name, reading.Error, want.Error)
				continue
			}
			if len(reading.Connections) != len(conns) {
				t.Errorf("%s %s: %d connections, want %d", version, c.Name, len(reading.Connections), len(conns))
				continue
			}
			ok := true
			for _, conn := range reading.Connections {
				id, _ := conn["conn_id"].(string)
				record := conns[id]
				if record == nil {
					t.Errorf("%s %s: connection %q is not wanted", version, c.Name, id)
					ok = false
					continue
				}
				for _, field := range []string{"conn_type", "description", "host", "login", "password", "schema", "port", "extra", "extra_dejson", "uri"} {
					w := record[field]
					if m, isMap := w.(map[string]any); isMap && m["$error"] != nil || field == "extra_dejson" && isEmpty(w) {
						w = nil
					}
					g := conn[field]
					if field == "extra_dejson" && isEmpty(g) {
						g = nil
					}
					if !reflect.DeepEqual(normal(g), normal(w)) {
						t.Errorf("%s %s: %s of %s is %v, want %v", version, c.Name, field, id, g, w)
						ok = false
					}
				}
			}
			if ok {
				passed++
			}
		}
	}
	t.Logf("%d of %d inputs are shown as real Airflow holds them", passed, total)
}

func isEmpty(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 0
}

// normal makes numbers of equal value and type equal.
func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			f, _ := v.Float64()
			return f
		}
		return v
	case map[string]any:
		m := map[string]any{}
		for k := range v {
			m[k] = normal(v[k])
		}
		return m
	case []any:
		list := []any{}
		for i := range v {
			list = append(list, normal(v[i]))
		}
		return list
	}
	return v
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// TestInspectTeamName: a member of the JSON is there once.
func TestInspectTeamName(t *testing.T) {
	code, stdout, stderr := run(`{"conn_type": "http", "team_name": "a"}`, "inspect", "-o", "json", "--consumer", "airflow@3.3", "--format", "airflow-value", "-")
	if n := strings.Count(stdout, `"team_name"`); code != 0 || n != 1 {
		t.Errorf("exit code %d, team_name %d times: %s", code, n, stderr)
	}
}
