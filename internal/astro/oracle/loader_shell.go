//go:build ignore

// The Astro CLI up to 1.41, as far as it loads settings. oracle.py puts this file
// into a checkout of its release, where what it imports is.
package main

import (
	"fmt"
	"os"

	"github.com/astronomer/astro-cli/config"
	"github.com/astronomer/astro-cli/settings"
	"github.com/spf13/afero"
)

func main() {
	config.InitConfig(afero.NewOsFs())
	settings.WorkingPath = os.Args[1]
	if err := settings.ConfigSettings("container", os.Args[2], nil, 2, true, true, true); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
