package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
	"github.com/dbtconn-lint/dbtconn-lint/internal/astro"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
)

// buildInfo is what the build says of itself.
type buildInfo struct {
	Version, Revision, Go string
}

// version reads the build info; a build from a checkout has no version.
func version() buildInfo {
	b := buildInfo{Version: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go = info.GoVersion
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = strings.TrimPrefix(v, "v")
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	c := &cobra.Command{Use: "version", Short: "Print the version, and the versions of Airflow that are known", Args: cobra.NoArgs}
	format := tableOrJSON(c)
	c.RunE = func(*cobra.Command, []string) error {
		if err := checkTable(*format); err != nil {
			return err
		}
		b := version()
		if *format == "text" {
			_, err := fmt.Fprintf(a.Stdout, "dbtconn-lint %s\n", b.Version)
			return quiet(err)
		}
		type line struct {
			Line   string `json:"line"`
			Patch  string `json:"patch"`
			Python string `json:"python"`
		}
		out := struct {
			SchemaVersion int    `json:"schema_version"`
			Version       string `json:"version"`
			Revision      string `json:"revision,omitempty"`
			Go            string `json:"go,omitempty"`
			Airflow       []line `json:"airflow"`
			Provider      string `json:"newest_provider"`
			HTTPProvider  string `json:"newest_http_provider"`
			Astro         string `json:"newest_astro"`
		}{SchemaVersion: 1, Version: b.Version, Revision: b.Revision, Go: b.Go}
		for _, v := range airflow.Lines() {
			out.Airflow = append(out.Airflow, line{v.Line, v.Patch, v.Python})
		}
		newest := out.Airflow[len(out.Airflow)-1].Line
		out.Provider, out.HTTPProvider = dbtcloud.NewestFor(newest)
		if v, _, err := astro.VersionFor(""); err == nil {
			out.Astro = v.Line
		}
		return printJSON(a.Stdout, out)
	}
	return c
}
