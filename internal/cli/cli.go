// Package cli is the command: its flags, what it prints where, and its exit
// codes. It wires the other rooms together.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/git"
	"github.com/dbtconn-lint/dbtconn-lint/internal/near"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Exit codes. Where several apply, the first of usage, failure, findings and
// nothing counts.
const (
	exitOK          = 0
	exitFindings    = 1
	exitUsage       = 2
	exitFailure     = 3
	exitNothing     = 4
	exitInterrupted = 130
)

// Env is the world that the command sees.
type Env struct {
	FS             source.FS // the machine's where it is nil
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Now is the clock.
	Now func() time.Time
	// Lookup and Dial are the network, which the live test alone uses. Dial gets
	// addresses that were looked up and checked, and the proxy of the environment.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	// Git runs git; nil where there is none.
	Git git.Command
	// OutIsTerminal and ErrIsTerminal tell whether somebody watches.
	OutIsTerminal, ErrIsTerminal bool
}

// System is the world of this process.
func System() Env {
	isTerminal := func(f *os.File) bool {
		info, err := f.Stat()
		return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	}
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Git: git.System(os.Environ()),
		Lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
		Dial:          new(net.Dialer).DialContext,
		OutIsTerminal: isTerminal(os.Stdout), ErrIsTerminal: isTerminal(os.Stderr),
	}
}

// usageError is a wrong command line: exit 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// app is one call of the command.
type app struct {
	Env
	code int
}

// exit keeps the code that counts most.
func (a *app) exit(code int) {
	order := [...]int{exitOK, exitNothing, exitFindings, exitFailure, exitUsage, exitInterrupted}
	if slices.Index(order[:], code) > slices.Index(order[:], a.code) {
		a.code = code
	}
}

// Main runs the command and answers with its exit code.
func Main(ctx context.Context, env Env, args []string) (code int) {
	// What panics says its type, never the values that it was about.
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(env.Stderr, "dbtconn-lint: internal error (%T); please report it\n%s", p, debug.Stack())
			code = exitFailure
		}
	}()
	env.Stdin = interruptible{ctx, env.Stdin}
	a := &app{Env: env}
	root := a.root()
	root.SetArgs(withCommand(root, args))
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		var usage usageError
		if errors.As(err, &usage) {
			fmt.Fprintf(env.Stderr, "dbtconn-lint: %v\n", err)
			return exitUsage
		}
		fmt.Fprintf(env.Stderr, "dbtconn-lint: %v\n", err)
		return exitFailure
	}
	return a.code
}

// withCommand puts check in front of arguments that name no command.
func withCommand(root *cobra.Command, args []string) []string {
	if len(args) == 0 {
		return []string{"check"}
	}
	switch args[0] {
	case "-h", "--help", "help", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		return args
	case "--version":
		return []string{"version"}
	}
	// Flags may come first: -q check PATH. One that takes a value may not, since
	// whose flag it is is not known yet.
	i := 0
	for i < len(args)-1 && strings.HasPrefix(args[i], "-") && args[i] != "-" {
		i++
	}
	for _, c := range root.Commands() {
		if c.Name() == args[i] {
			return slices.Concat(args[i:i+1], args[:i], args[i+1:])
		}
	}
	return append([]string{"check"}, args...)
}

// interruptible is a reader that is left when the context is done: nobody at a
// terminal should have to end an input that they do not want to give.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buf := make([]byte, len(p)) // the read may go on when this call has returned
	done := make(chan result, 1)
	go func() {
		n, err := i.r.Read(buf)
		done <- result{n, err}
	}()
	select {
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	case r := <-done:
		return copy(p, buf[:r.n]), r.err
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "dbtconn-lint",
		Short: "Lint exports of Airflow connections, dbt Cloud connections above all",
		Long: "dbtconn-lint reads exports of Airflow connections as their consumers do (Airflow's\n" +
			"file reader and environment, its workers, the Astro CLI) and says what arrives\n" +
			"there that was not meant.\n\n" +
			"dbtconn-lint PATH is short for dbtconn-lint check PATH.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError{suggestFlag(c, err)} })
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(a.checkCommand(), a.inspectCommand(), a.liveCommand(), a.baselineCommand(), a.configCommand(), a.rulesCommand(), a.explainCommand(), a.schemaCommand(), a.versionCommand(), a.completionCommand())
	for _, c := range root.Commands() {
		args := c.Args
		c.Args = func(c *cobra.Command, list []string) error {
			if args == nil {
				return nil
			}
			if err := args(c, list); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	return root
}

// suggestFlag adds the flag that is near to an unknown one.
func suggestFlag(c *cobra.Command, err error) error {
	_, name, ok := strings.Cut(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	if best, ok := near.Best(name, flagNames(c)); ok {
		return fmt.Errorf("%w; did you mean --%s?", err, best)
	}
	return fmt.Errorf("%w (dbtconn-lint %s --help lists the flags)", err, c.Name())
}

// choices says which words there are, and which one was meant.
func choices(word string, words []string) string {
	if best, ok := near.Best(word, words); ok {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "there are " + strings.Join(words, ", ")
}

// complete offers a fixed set of words as a flag's value.
func complete(c *cobra.Command, flag string, words ...string) {
	// It fails for a flag that is not there, which would be a slip of ours.
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "completion SHELL",
		Short:     "Print the completion script of bash, zsh, fish or powershell",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(c *cobra.Command, args []string) error {
			switch root := c.Root(); args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.Stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.Stdout)
			case "fish":
				return root.GenFishCompletion(a.Stdout, true)
			default:
				return root.GenPowerShellCompletionWithDesc(a.Stdout)
			}
		},
	}
}
