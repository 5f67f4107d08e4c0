// Package git asks git what a repository tracks. A checkout may be hostile, and
// its configuration can name programs: none of them is run, nothing is fetched,
// nothing is written.
package git

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Command runs git with arguments in a directory and answers with what it prints.
type Command func(ctx context.Context, dir string, args ...string) ([]byte, error)

// Limits of one question. Who has no answer by then does without.
const (
	patience = 5 * time.Second
	mostText = 256 << 20
)

// settings are stronger than what a repository says of itself: no program of its
// choice is a monitor, a hook, a pager, a filter of credentials or a transport.
var settings = [...]string{
	"core.fsmonitor=false", "core.hooksPath=" + os.DevNull, "core.pager=cat", "core.askPass=", "core.sshCommand=false", "core.gitProxy=", "core.alternateRefsCommand=false",
	"credential.helper=", "diff.external=", "protocol.allow=never", "submodule.recurse=false", "safe.bareRepository=explicit",
}

// System runs the git of this machine with these variables.
func System(environ []string) Command {
	return func(ctx context.Context, dir string, args ...string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		all := []string{"--no-pager", "--no-replace-objects", "--literal-pathspecs"}
		for _, s := range settings {
			all = append(all, "-c", s)
		}
		cmd := exec.CommandContext(ctx, "git", slices.Concat(all, args)...)
		cmd.Dir, cmd.Env, cmd.WaitDelay = dir, variables(environ, dir), time.Second
		out := limited{left: mostText}
		cmd.Stdout = &out
		err := cmd.Run()
		return out.Bytes(), err
	}
}

// variables are the process's without what points git to another repository or to
// programs. A hook's index stays, in its own repository: `git commit -a` and
// `git commit FILE` commit another one than the usual.
func variables(environ []string, dir string) []string {
	var kept []string
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		switch {
		case name == "GIT_INDEX_FILE" && value != "" && isHere(dir):
			if file, err := filepath.Abs(value); err == nil {
				kept = append(kept, name+"="+file)
			}
		case !strings.HasPrefix(strings.ToUpper(name), "GIT_"):
			kept = append(kept, v)
		}
	}
	return append(kept, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1")
}

// isHere reports whether a directory is the one that we were started in: git
// starts its hooks at the top of the work tree.
func isHere(dir string) bool {
	here, err := os.Stat(".")
	if err != nil {
		return false
	}
	there, err := os.Stat(dir)
	return err == nil && os.SameFile(here, there)
}

// limited is a buffer that refuses to grow without end.
type limited struct {
	bytes.Buffer
	left int
}

var errTooMuch = errors.New("git prints too much")

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, errTooMuch
	}
	return l.Buffer.Write(p)
}
