package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the scripts print into testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dbtconn-lint": main})
}

// TestScript runs testdata/script: each file is a session at a terminal.
func TestScript(t *testing.T) {
	exports, err := filepath.Abs("../../testdata/exports")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXPORTS", exports)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "repeat": repeat},
	})
}

// exits runs a program that must exit with a code: exits 1 dbtconn-lint check x.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG ...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// repeat writes a file of a text many times over, between two others; \n and \0
// stand for themselves: repeat FILE TIMES TEXT [BEFORE [AFTER]].
func repeat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 5 {
		ts.Fatalf("usage: repeat FILE TIMES TEXT [BEFORE [AFTER]]")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	args = append(args, "", "")
	text := args[3] + strings.Repeat(args[2], n) + args[4]
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.NewReplacer(`\n`, "\n", `\0`, "\x00").Replace(text)), 0o600))
}
