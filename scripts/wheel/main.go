// Command wheel packs a built dbtconn-lint into a Python wheel, so that pip puts the
// program on the PATH of an environment:
//
//	go run ./scripts/wheel -os linux -arch arm64 -version 0.1.0 -out dist/wheels BINARY
//
// goreleaser calls it for each program that it has built. The same program, version
// and SOURCE_DATE_EPOCH give the same bytes. The format is that of
// https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func main() {
	var p pack
	flag.StringVar(&p.os, "os", "", "GOOS of the program")
	flag.StringVar(&p.arch, "arch", "", "GOARCH of the program")
	flag.StringVar(&p.version, "version", "", "semantic version of the release, without v")
	flag.StringVar(&p.root, "root", ".", "folder of the repository, for README.md and LICENSE")
	out := flag.String("out", "dist/wheels", "folder for the wheel")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	name, err := p.writeTo(*out, flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "wheel:", err)
		os.Exit(1)
	}
	fmt.Println(name)
}

// pack is what a wheel is made for.
type pack struct {
	os, arch, version, root string
}

// platforms are the tags of what Go 1.26 builds for: macOS 12 is the oldest that its
// programs run on. A program for Linux that needs no library runs with every one, so
// glibc's tag and musl's stand in one name.
var platforms = map[string]string{
	"linux/amd64":   "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
	"linux/arm64":   "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
	"darwin/amd64":  "macosx_12_0_x86_64",
	"darwin/arm64":  "macosx_12_0_arm64",
	"windows/amd64": "win_amd64",
	"windows/arm64": "win_arm64",
}

// home is where the repository lies.
const home = "https://github.com/dbtconn-lint/dbtconn-lint"

// writeTo packs a program and says how the wheel is called.
func (p *pack) writeTo(dir, binary string) (name string, err error) {
	platform, ok := platforms[p.os+"/"+p.arch]
	if !ok {
		return "", fmt.Errorf("no wheel is for %s/%s", p.os, p.arch)
	}
	version, err := pythonVersion(p.version)
	if err != nil {
		return "", err
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	if p.os == "linux" {
		if err := isStatic(program); err != nil {
			return "", fmt.Errorf("%s: %w", binary, err)
		}
	}
	at, err := sourceDate()
	if err != nil {
		return "", err
	}
	readme, err := os.ReadFile(filepath.Join(p.root, "README.md"))
	if err != nil {
		return "", err
	}
	license, err := os.ReadFile(filepath.Join(p.root, "LICENSE"))
	if err != nil {
		return "", err
	}
	command := "dbtconn-lint"
	if p.os == "windows" {
		command += ".exe"
	}
	stem := "dbtconn_lint-" + version
	var w wheel
	w.at, w.info = at, stem+".dist-info/"
	w.zip = zip.NewWriter(&w.bytes)
	w.add(stem+".data/scripts/"+command, 0o755, program)
	w.add(w.info+"METADATA", 0o644, metadata(version, p.version, string(readme)))
	w.add(w.info+"WHEEL", 0o644, tags(platform))
	w.add(w.info+"licenses/LICENSE", 0o644, license)
	if err := w.close(); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	name = filepath.Join(dir, stem+"-py3-none-"+platform+".whl")
	return name, os.WriteFile(name, w.bytes.Bytes(), 0o644)
}

// semantic takes a semantic version apart: numbers, pre-release, build.
var semantic = regexp.MustCompile(`^(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$`)

// pythonVersion is a semantic version as Python writes it (PEP 440).
func pythonVersion(v string) (string, error) {
	m := semantic.FindStringSubmatch(v)
	if m == nil {
		return "", fmt.Errorf("%q is no semantic version", v)
	}
	version := m[1]
	if m[2] != "" {
		pre := regexp.MustCompile(`^(alpha|beta|rc|dev)\.?(\d*)$`).FindStringSubmatch(m[2])
		if pre == nil {
			return "", fmt.Errorf("%s: Python knows alpha, beta, rc and dev, not %q", v, m[2])
		}
		if pre[2] == "" {
			pre[2] = "0"
		}
		version += map[string]string{"alpha": "a", "beta": "b", "rc": "rc", "dev": ".dev"}[pre[1]] + pre[2]
	}
	if m[3] != "" {
		version += "+" + strings.ReplaceAll(m[3], "-", ".")
	}
	return version, nil
}

// isStatic refuses a program that needs libraries of the system: it would run with
// glibc alone, or with musl alone.
func isStatic(program []byte) error {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return err
	}
	for _, s := range f.Progs {
		if s.Type == elf.PT_INTERP {
			return errors.New("it is linked dynamically; build with CGO_ENABLED=0")
		}
	}
	return nil
}

// sourceDate is the time that stands in the archive. Zip knows none before 1980.
func sourceDate() (time.Time, error) {
	earliest := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	text, ok := os.LookupEnv("SOURCE_DATE_EPOCH")
	if !ok {
		return earliest, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return earliest, fmt.Errorf("SOURCE_DATE_EPOCH: %q is no number of seconds", text)
	}
	if at := time.Unix(seconds, 0).UTC(); at.After(earliest) {
		return at, nil
	}
	return earliest, nil
}

// metadata is what the package index shows: README, with links that work there.
func metadata(version, release, readme string) []byte {
	return fmt.Appendf(nil, `Metadata-Version: 2.4
Name: dbtconn-lint
Version: %s
Summary: Lint exports of Airflow connections, dbt Cloud connections above all
License-Expression: Apache-2.0
License-File: LICENSE
Keywords: airflow,connections,dbt,dbt-cloud,astro,linter
Classifier: Development Status :: 4 - Beta
Classifier: Environment :: Console
Classifier: Framework :: Apache Airflow
Classifier: Intended Audience :: Developers
Classifier: Programming Language :: Go
Classifier: Topic :: Software Development :: Quality Assurance
Project-URL: Source, %s
Project-URL: Changelog, %[2]s/blob/v%[3]s/CHANGELOG.md
Project-URL: Rules, %[2]s/blob/v%[3]s/docs/rules/README.md
Requires-Python: >=3.7
Description-Content-Type: text/markdown

%[4]s`, version, home, release, absolute(readme, release))
}

// link is one in Markdown that leads to a file of the repository.
var link = regexp.MustCompile(`(!?)(\[[^\]\n]*\])\(([^)\s:#][^)\s:]*)\)`)

// absolute lets links within the repository lead to the release's files.
func absolute(readme, release string) string {
	return link.ReplaceAllStringFunc(readme, func(s string) string {
		m := link.FindStringSubmatch(s)
		kind := "blob"
		if m[1] != "" {
			kind = "raw"
		}
		return m[1] + m[2] + "(" + home + "/" + kind + "/v" + release + "/" + m[3] + ")"
	})
}

// tags is the file WHEEL: one tag for each platform.
func tags(platform string) []byte {
	text := "Wheel-Version: 1.0\nGenerator: dbtconn-lint\nRoot-Is-Purelib: false\n"
	for p := range strings.SplitSeq(platform, ".") {
		text += "Tag: py3-none-" + p + "\n"
	}
	return []byte(text)
}

// wheel is an archive with a record of what is in it.
type wheel struct {
	bytes  bytes.Buffer
	zip    *zip.Writer
	record strings.Builder
	at     time.Time
	info   string // folder of the metadata
	err    error
}

func (w *wheel) add(name string, mode fs.FileMode, content []byte) {
	sum := sha256.Sum256(content)
	fmt.Fprintf(&w.record, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(content))
	w.write(name, mode, content)
}

func (w *wheel) write(name string, mode fs.FileMode, content []byte) {
	h := zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.at}
	h.SetMode(mode)
	f, err := w.zip.CreateHeader(&h)
	if err == nil {
		_, err = io.Copy(f, bytes.NewReader(content))
	}
	w.err = errors.Join(w.err, err)
}

// close ends the archive with the record, which has no sum of itself.
func (w *wheel) close() error {
	name := w.info + "RECORD"
	w.write(name, 0o644, []byte(w.record.String()+name+",,\n"))
	return errors.Join(w.err, w.zip.Close())
}
