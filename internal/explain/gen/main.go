// Command gen writes a page for each rule, and their index, into a folder, and
// removes pages of rules that are no more:
//
//	gen docs/rules
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dbtconn-lint/dbtconn-lint/internal/explain"
	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	pages, err := explain.Pages(rules.All())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if _, still := pages[filepath.Base(file)]; !still {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
