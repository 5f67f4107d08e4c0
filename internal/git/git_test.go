package git_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// repository is a fresh one, with the working directory in it.
func repository(t *testing.T) (run func(args ...string), write func(name, data string)) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git: ", err)
	}
	t.Chdir(t.TempDir())
	t.Setenv("HOME", t.TempDir())
	run = func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=e", "-c", "user.email=e@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write = func(name, data string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run("init", "-q", ".")
	return run, write
}

func repositories() (r *git.Repositories, asked *[]string) {
	asked = new([]string)
	run := git.System(os.Environ())
	return &git.Repositories{FS: source.OS{}, Git: func(ctx context.Context, dir string, args ...string) ([]byte, error) {
		*asked = append(*asked, args[0])
		return run(ctx, dir, args...)
	}}, asked
}

func read(t *testing.T, name string) *source.File {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return &source.File{Path: name, Data: string(data)}
}

func TestTracked(t *testing.T) {
	run, write := repository(t)
	for _, name := range []string{"committed.json", "staged.json", "sub/ä b.json", "changed.json", "skipped.json", "assumed.json", "gone.json", "sealed.json", "untracked.json"} {
		write(name, name)
	}
	write("sealed.json", "\x00GITCRYPT\x00")
	run("add", "committed.json", "gone.json")
	run("commit", "-q", "-m", "x")
	run("add", "staged.json", "sub", "changed.json", "skipped.json", "assumed.json", "sealed.json")
	run("rm", "-q", "--cached", "gone.json")
	run("update-index", "--skip-worktree", "skipped.json")
	run("update-index", "--assume-unchanged", "assumed.json")
	write("changed.json", "other")
	write("sealed.json", "plain")
	if err := os.Symlink("staged.json", "link.json"); err != nil {
		t.Fatal(err)
	}
	run("add", "link.json")

	repos, asked := repositories()
	for name, want := range map[string]*git.File{
		"committed.json":        {Path: "committed.json", Staged: "committed.json"},
		"staged.json":           {Path: "staged.json", Staged: "staged.json"},
		"sub/ä b.json":          {Path: "sub/ä b.json", Staged: "sub/ä b.json"},
		"./sub/../changed.json": {Path: "changed.json", Staged: "changed.json"},
		"skipped.json":          {Path: "skipped.json", Staged: "skipped.json", Local: true},
		"assumed.json":          {Path: "assumed.json", Staged: "assumed.json", Local: true},
		"sealed.json":           {Path: "sealed.json", Staged: "\x00GITCRYPT\x00", Local: true},
		"link.json":             {Path: "staged.json", Staged: "staged.json"},
		"gone.json":             nil,
		"untracked.json":        nil,
	} {
		got := repos.Tracked(t.Context(), read(t, name))
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if n := strings.Count(strings.Join(*asked, " "), "ls-files"); n != 1 {
		t.Errorf("git was asked %d times: %v", n, *asked)
	}
}

// Objects may have longer names.
func TestSHA256(t *testing.T) {
	run, write := repository(t)
	if err := os.RemoveAll(".git"); err != nil {
		t.Fatal(err)
	}
	run("init", "-q", "--object-format=sha256", ".")
	write("a.json", "x")
	run("add", "a.json")
	repos, asked := repositories()
	if f := repos.Tracked(t.Context(), read(t, "a.json")); f == nil || f.Staged != "x" {
		t.Errorf("%+v", f)
	}
	if len(*asked) != 1 {
		t.Errorf("asked %v: the content is the file's", *asked)
	}
}

// A hook sees the index that is committed, which may not be the usual one.
func TestHook(t *testing.T) {
	run, write := repository(t)
	write("a.json", "first")
	run("add", "a.json")
	run("commit", "-q", "-m", "x")
	write("a.json", "second")
	seen := filepath.Join(t.TempDir(), "seen")
	write(".git/hooks/pre-commit", "#!/bin/sh\nprintf %s \"$GIT_INDEX_FILE\" >"+seen+"\ncp \"$GIT_INDEX_FILE\" "+seen+".index\n")
	run("commit", "-q", "-a", "-m", "y")
	index, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the hook's index is %s", index)
	run("reset", "-q", "HEAD~")
	t.Setenv("GIT_INDEX_FILE", seen+".index")
	t.Setenv("GIT_DIR", "/nowhere")
	repos, _ := repositories()
	file := read(t, "a.json")
	if f := repos.Tracked(t.Context(), file); f == nil || f.Staged != "second" {
		t.Errorf("%+v", f)
	}
	// It is not the index of a repository that the hook is not in.
	name, err := filepath.Abs("a.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	repos, _ = repositories()
	if f := repos.Tracked(t.Context(), read(t, name)); f == nil || f.Staged != "first" {
		t.Errorf("%+v", f)
	}
}

// A checkout that names programs has none of them run.
func TestHostile(t *testing.T) {
	run, write := repository(t)
	trap := filepath.Join(t.TempDir(), "sprung")
	script := filepath.Join(t.TempDir(), "trap")
	write(script, "#!/bin/sh\ntouch "+trap+"\n")
	write("a.json", "x")
	write(".gitattributes", "*.json filter=evil diff=evil\n")
	run("add", "a.json", ".gitattributes")
	write("a.json", "changed")
	for _, key := range []string{
		"core.fsmonitor", "core.pager", "pager.ls-files", "pager.cat-file", "core.sshCommand", "core.askPass", "core.gitProxy", "core.editor", "credential.helper", "diff.external",
		"diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "alias.ls-files", "alias.cat-file", "core.alternateRefsCommand", "gpg.program",
	} {
		value := script
		if strings.HasPrefix(key, "alias.") {
			value = "!" + script
		}
		run("config", key, value)
	}
	write(".git/hooks/post-index-change", "#!/bin/sh\ntouch "+trap+"\n")
	repos, _ := repositories()
	if f := repos.Tracked(t.Context(), read(t, "a.json")); f == nil || f.Staged != "x" {
		t.Errorf("%+v", f)
	}
	if _, err := os.Stat(trap); !errors.Is(err, os.ErrNotExist) {
		t.Error("a program of the repository was run")
	}
}

func TestSilent(t *testing.T) {
	file := &source.File{Path: "a.json", Data: "x"}
	t.Run("outside of a repository", func(t *testing.T) {
		_, write := repository(t)
		t.Chdir(t.TempDir())
		write("a.json", "x")
		repos, asked := repositories()
		if f := repos.Tracked(t.Context(), file); f != nil || len(*asked) > 0 {
			t.Errorf("%+v, asked %v", f, *asked)
		}
	})
	t.Run("without git", func(t *testing.T) {
		_, write := repository(t)
		write("a.json", "x")
		t.Setenv("PATH", "")
		repos, _ := repositories()
		if f := repos.Tracked(t.Context(), file); f != nil {
			t.Errorf("%+v", f)
		}
	})
	t.Run("of standard input", func(t *testing.T) {
		run, write := repository(t)
		write("a.json", "x")
		run("add", "a.json")
		repos, asked := repositories()
		if f := repos.Tracked(t.Context(), &source.File{Path: "a.json", Data: "x", Piped: true}); f != nil || len(*asked) > 0 {
			t.Errorf("%+v, asked %v", f, *asked)
		}
	})
}
