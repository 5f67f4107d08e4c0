package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
)

func paths(inputs []Input) []string {
	var ps []string
	for _, in := range inputs {
		ps = append(ps, in.Path)
	}
	return ps
}

func TestFindNamesAndOrder(t *testing.T) {
	tree := fstest.MapFS{}
	for _, name := range []string{
		"airflow_settings.yaml", "a-b/x.json", "a/x.json", "a/b.YML", "a/.env", "a/.env.example", "a/prod.env", "a/env", "a/x.py", ".gitignore",
		".git/x.json", "node_modules/x.json", "venv/x.json", "my-env/pyvenv.cfg", "my-env/x.json", "sub/target/x.json", "sub/dbt_packages/x.json",
		"logs/x.json", ".terraform/x.json", "x.json/inside.json", ".hidden/x.json", "é.json",
	} {
		tree[name] = &fstest.MapFile{Data: []byte("{}")}
	}
	tree["pipe.json"] = &fstest.MapFile{Mode: fs.ModeNamedPipe}
	tree["socket.env"] = &fstest.MapFile{Mode: fs.ModeSocket}
	tree["device.yaml"] = &fstest.MapFile{Mode: fs.ModeDevice | fs.ModeCharDevice}
	w := Walker{FS: tree}
	l := w.Find(t.Context(), []string{"."})
	want := []string{
		".hidden/x.json", "a-b/x.json", "a/.env", "a/.env.example", "a/b.YML", "a/prod.env", "a/x.json", "airflow_settings.yaml", "x.json/inside.json", "é.json",
	}
	if got := paths(l); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if w.LookedAt != len(want) {
		t.Errorf("%d looked at", w.LookedAt)
	}
	for _, in := range l {
		if in.Named {
			t.Errorf("%s is not named", in.Path)
		}
	}
}

func TestFindNamed(t *testing.T) {
	tree := fstest.MapFS{
		"d/a.json":       &fstest.MapFile{Data: []byte("{}")},
		"d/b.json":       &fstest.MapFile{Data: []byte("{}")},
		"d/x.py":         &fstest.MapFile{Data: []byte("x")},
		".git/conn.json": &fstest.MapFile{Data: []byte("{}")},
		"pipe":           &fstest.MapFile{Mode: fs.ModeNamedPipe},
	}
	w := Walker{FS: tree, Exclude: []string{"**/*.py", "d/b.json"}, Stdin: strings.NewReader("{}")}
	l := w.Find(t.Context(), []string{"d/x.py", "d", "d/a.json", "d/b.json", ".git/conn.json", "none.json", "pipe", "-", "-"})
	want := []string{"d/x.py", "d/a.json", "d/b.json", ".git/conn.json", "none.json", "pipe", "-"}
	if got := paths(l); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, in := range l {
		if !in.Named {
			t.Errorf("%s is named", in.Path)
		}
		_, err := w.Read(in)
		switch in.Path {
		case "none.json":
			if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "none.json") {
				t.Errorf("%s: %v", in.Path, err)
			}
		case "pipe":
			if !errors.Is(err, errNotRegular) {
				t.Errorf("%s: %v", in.Path, err)
			}
		case "-":
		default:
			if err != nil {
				t.Errorf("%s: %v", in.Path, err)
			}
		}
	}
}

func TestFindLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	dir := t.TempDir()
	write(t, dir, "real/a.json", "{}")
	write(t, dir, "real/b.json", "[]")
	for link, target := range map[string]string{
		"real/loop":      "..",
		"real/self.json": "self.json",
		"real/gone.json": "nowhere",
		"real/dup.json":  "a.json",
		"out.json":       "real/b.json",
		"all":            "real",
	} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(dir, "real", "a.json"), filepath.Join(dir, "real", "hard.json")); err != nil {
		t.Fatal(err)
	}
	var w Walker
	l := w.Find(t.Context(), []string{dir})
	var got []string
	for _, in := range l {
		rel, _ := filepath.Rel(dir, filepath.FromSlash(in.Path))
		got = append(got, rel)
		if _, err := w.Read(in); err != nil {
			t.Errorf("%s: %v", rel, err)
		}
	}
	if len(got) != 2 {
		t.Errorf("two files under several names, got %q", got)
	}
	if l := w.Find(t.Context(), []string{filepath.Join(dir, "all")}); len(l) != 2 {
		t.Errorf("a directory that is named is walked through its link, got %q", paths(l))
	}
}

func TestFindUnreadable(t *testing.T) {
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("everything is readable here")
	}
	dir := t.TempDir()
	write(t, dir, "a.json", "{}")
	write(t, dir, "shut/b.json", "{}")
	write(t, dir, "z.json", "{}")
	for _, name := range []string{"a.json", "shut"} {
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "shut"), 0o700) })
	failed := 0
	var w Walker
	l := w.Find(t.Context(), []string{dir})
	for _, in := range l {
		if _, err := w.Read(in); errors.Is(err, fs.ErrPermission) {
			failed++
		}
	}
	if len(l) != 3 || failed != 2 {
		t.Errorf("%d inputs, %d failed", len(l), failed)
	}
}

func TestReadLimits(t *testing.T) {
	tree := fstest.MapFS{
		"a.json": &fstest.MapFile{Data: []byte("0123456789")},
		"a.yaml": &fstest.MapFile{Data: make([]byte, MaxYAMLSize+1)},
		"b.json": &fstest.MapFile{Data: make([]byte, MaxYAMLSize+1)},
	}
	for _, c := range []struct {
		args  string
		max   int64
		stdin string
		fails string
	}{
		{"a.json", 0, "", ""},
		{"a.json", 10, "", ""},
		{"a.json", 9, "", "larger than 9 bytes"},
		{"a.yaml", 0, "", "larger than 64 MiB"},
		{"a.yaml", 1 << 30, "", ""},
		{"b.json", 0, "", ""},
		{"-", 4, "1234", ""},
		{"-", 4, "12345", "larger than 4 bytes"},
	} {
		w := Walker{FS: tree, MaxSize: c.max, Stdin: iotest.OneByteReader(strings.NewReader(c.stdin)), StdinName: "c.json"}
		l := w.Find(t.Context(), []string{c.args})
		f, err := w.Read(l[0])
		switch {
		case c.fails == "" && err != nil:
			t.Errorf("%s: %v", c.args, err)
		case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%s with limit %d: %v, want %q", c.args, c.max, err, c.fails)
		case c.args == "-" && err == nil && (f.Path != "c.json" || f.Data != c.stdin):
			t.Errorf("standard input: %q %q", f.Path, f.Data)
		}
	}
}

func TestFindStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if l := new(Walker).Find(ctx, []string{"."}); len(l) != 0 {
		t.Errorf("got %q", paths(l))
	}
}

func TestExclude(t *testing.T) {
	if CheckPattern("a[") || !CheckPattern("**/*.{json,yaml}") {
		t.Error("a bad pattern is refused")
	}
	w := Walker{Exclude: []string{"tests/**", "**/*.bak.json", "x"}}
	for name, want := range map[string]bool{"tests": true, "tests/a/b.json": true, "a/tests/b.json": false, "a.bak.json": true, "a/b/c.bak.json": true, "x": true, "a/x": false} {
		if w.excluded(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
