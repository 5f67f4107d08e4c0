//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// inputs are the files that are measured. They are the same in every run.
type inputs struct {
	smallJSON, smallYAML  string // 2 KB
	tenth, large, faulty  string // 10,000 and twice 100,000 connections
	largeSize, faultySize int64
	tree                  string // a folder to walk
}

func writeInputs(dir string) (inputs, error) {
	in := inputs{
		smallJSON: filepath.Join(dir, "small", "connections.json"),
		smallYAML: filepath.Join(dir, "small", "airflow_settings.yaml"),
		tenth:     filepath.Join(dir, "tenth", "connections.json"),
		large:     filepath.Join(dir, "large", "connections.json"),
		faulty:    filepath.Join(dir, "faulty", "connections.json"),
		tree:      filepath.Join(dir, "tree"),
	}
	for _, f := range []struct {
		path  string
		write func(io.Writer) error
	}{
		{in.smallJSON, connections(7, right)},
		{in.smallYAML, settings(8)},
		{in.tenth, connections(10_000, right)},
		{in.large, connections(100_000, right)},
		{in.faulty, connections(100_000, wrong)},
	} {
		if err := writeFile(f.path, f.write); err != nil {
			return inputs{}, err
		}
	}
	for path, size := range map[string]*int64{in.large: &in.largeSize, in.faulty: &in.faultySize} {
		info, err := os.Stat(path)
		if err != nil {
			return inputs{}, err
		}
		*size = info.Size()
	}
	return in, writeTree(in.tree)
}

// writeTree makes 5,000 files in 250 folders as a repository has them: DAGs, and
// configuration of other tools. One in ten is an export.
func writeTree(root string) error {
	for i := range 5_000 {
		folder := filepath.Join(root, fmt.Sprintf("team%02d", i%25), fmt.Sprintf("service%02d", i/25%10))
		name, write := fmt.Sprintf("dag_%04d.py", i), text("from airflow import DAG\n\ndag = DAG('nightly')\n")
		switch i % 10 {
		case 0:
			name, write = fmt.Sprintf("connections_%04d.json", i), connections(7, right)
		case 1:
			name, write = fmt.Sprintf("package_%04d.json", i), text(`{"name": "ui", "version": "1.2.3", "scripts": {"build": "make"}}`)
		case 2:
			name, write = fmt.Sprintf("values_%04d.yaml", i), text("replicas: 2\nimage:\n  tag: v1.2.3\n")
		}
		if err := writeFile(filepath.Join(folder, name), write); err != nil {
			return err
		}
	}
	return nil
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// The hosts of the dbt Cloud connections in an export: as it should be, and with
// the mistake that is made most.
const (
	right = "ab123.us1.dbt.com"
	wrong = "https://ab123.us1.dbt.com"
)

// connections writes n of them as `airflow connections export` does: every field,
// two blanks of indentation, no line end at the end. Every other one is for dbt
// Cloud.
func connections(n int, host string) func(io.Writer) error {
	const format = "%s  \"conn_%06d\": {\n" +
		"    \"conn_type\": \"%s\",\n" +
		"    \"description\": \"nightly jobs of team %02d, data platform\",\n" +
		"    \"login\": \"%d\",\n" +
		"    \"password\": \"%s\",\n" +
		"    \"host\": \"%s\",\n" +
		"    \"port\": %s,\n" +
		"    \"schema\": %s,\n" +
		"    \"extra\": %s\n" +
		"  }"
	return func(w io.Writer) error {
		separator := "{\n"
		for i := range n {
			var err error
			if i%2 == 0 {
				token := fmt.Sprintf("dbtc_EXAMPLEexampleEXAMPLE%010d", i) // each account has its own
				_, err = fmt.Fprintf(w, format, separator, i, "dbt_cloud", i%97, 70_000+i, token, host, "null", "null", "null")
			} else {
				_, err = fmt.Fprintf(w, format, separator, i, "postgres", i%97, i, "EXAMPLE-password", "db.example.com", "5432", `"raw"`, `"{\"sslmode\": \"require\"}"`)
			}
			if err != nil {
				return err
			}
			separator = ",\n"
		}
		_, err := io.WriteString(w, "\n}")
		return err
	}
}

// settings writes n connections as an airflow_settings.yaml.
func settings(n int) func(io.Writer) error {
	return func(w io.Writer) error {
		const format = "    - conn_id: conn_%d\n" +
			"      conn_type: dbt_cloud\n" +
			"      conn_host: ab123.us1.dbt.com\n" +
			"      conn_schema:\n" +
			"      conn_login: \"%d\"\n" +
			"      conn_password: dbtc_EXAMPLEexampleEXAMPLE0123456789\n" +
			"      conn_port:\n" +
			"      conn_extra:\n"
		if _, err := io.WriteString(w, "airflow:\n  connections:\n"); err != nil {
			return err
		}
		for i := range n {
			if _, err := fmt.Fprintf(w, format, i, 70_000+i); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, "  pools:\n  variables:\n")
		return err
	}
}

func writeFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
