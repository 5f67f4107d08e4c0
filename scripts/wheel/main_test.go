package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// program builds a small one, static as a release is or not.
func program(t *testing.T, goos, goarch string) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-o", name, source)
	build.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// TestWheel: each file is in the record with its sum and size, the program can be
// run, and the same input gives the same bytes.
func TestWheel(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1790000000")
	binary := program(t, "linux", "amd64")
	p := pack{os: "linux", arch: "amd64", version: "1.2.3-rc.1", root: "../.."}
	name, err := p.writeTo(t.TempDir(), binary)
	if err != nil {
		t.Fatal(err)
	}
	if want := "dbtconn_lint-1.2.3rc1-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64.whl"; filepath.Base(name) != want {
		t.Errorf("it is called %s, not %s", filepath.Base(name), want)
	}
	again, err := p.writeTo(t.TempDir(), binary)
	if err != nil {
		t.Fatal(err)
	}
	first, second := read(t, name), read(t, again)
	if !bytes.Equal(first, second) {
		t.Error("two wheels of the same program differ")
	}

	archive, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		if f.Modified.Unix() != 1790000000 {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
		if run := f.Mode()&0o111 != 0; run != strings.HasSuffix(f.Name, ".data/scripts/dbtconn-lint") {
			t.Errorf("%s has mode %s", f.Name, f.Mode())
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	record := files["dbtconn_lint-1.2.3rc1.dist-info/RECORD"]
	rows, err := csv.NewReader(strings.NewReader(record)).ReadAll()
	if err != nil || len(rows) != len(files) {
		t.Fatalf("%d files, and the record is %v\n%s", len(files), err, record)
	}
	for _, row := range rows {
		content, ok := files[row[0]]
		sum := sha256.Sum256([]byte(content))
		want := []string{row[0], "sha256=" + base64.RawURLEncoding.EncodeToString(sum[:]), strconv.Itoa(len(content))}
		if strings.HasSuffix(row[0], "/RECORD") {
			want = []string{row[0], "", ""}
		}
		if !ok || strings.Join(row, ",") != strings.Join(want, ",") {
			t.Errorf("the record says %q, not %q", row, want)
		}
	}
	if files["dbtconn_lint-1.2.3rc1.data/scripts/dbtconn-lint"] != string(read(t, binary)) {
		t.Error("the program is not the one that was given")
	}
	about := files["dbtconn_lint-1.2.3rc1.dist-info/METADATA"]
	for _, part := range []string{"\nVersion: 1.2.3rc1\n", "/blob/v1.2.3-rc.1/docs/rules/README.md#dbt)", "(https://github.com/dbtconn-lint/dbtconn-lint/blob/v1.2.3-rc.1/LICENSE)"} {
		if !strings.Contains(about, part) {
			t.Errorf("METADATA lacks %q", part)
		}
	}
	if strings.Contains(about, "](docs/") {
		t.Error("METADATA has a link that leads nowhere")
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRefused: no wheel that would not run where its name says so.
func TestRefused(t *testing.T) {
	windows := program(t, "windows", "amd64")
	for _, c := range []struct {
		p    pack
		want string
	}{
		{pack{os: "linux", arch: "amd64", version: "1.0.0"}, "bad magic number"},
		{pack{os: "plan9", arch: "amd64", version: "1.0.0"}, "no wheel is for plan9/amd64"},
		{pack{os: "windows", arch: "amd64", version: "v1.0.0"}, `"v1.0.0" is no semantic version`},
		{pack{os: "windows", arch: "amd64", version: "1.0.0-nightly"}, `not "nightly"`},
	} {
		c.p.root = "../.."
		if name, err := c.p.writeTo(t.TempDir(), windows); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %s, %v; want %q", c.p, name, err, c.want)
		}
	}
}

func TestPythonVersion(t *testing.T) {
	for v, want := range map[string]string{
		"0.1.0": "0.1.0", "1.0.0-alpha.2": "1.0.0a2", "1.0.0-beta": "1.0.0b0", "1.0.0-rc.10": "1.0.0rc10", "0.1.1-dev+b906553": "0.1.1.dev0+b906553",
	} {
		if got, err := pythonVersion(v); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", v, got, err, want)
		}
	}
}
