// Command cmd runs the fake dbt Cloud on this machine, for trying the live test:
//
//	go run ./internal/live/fakecloud/cmd
//
// It writes its certificate and an export with a connection for each answer to a
// folder, and says how to try them.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/live/fakecloud"
)

func main() {
	address := flag.String("listen", "127.0.0.1:8443", "`ADDRESS` to listen on")
	dir := flag.String("dir", "", "`FOLDER` for the certificate and the export (default: a new one)")
	flag.Parse()
	if err := serve(*address, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "fakecloud:", err)
		os.Exit(1)
	}
}

func serve(address, dir string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "fakecloud-"); err != nil {
			return err
		}
	}
	c := fakecloud.New()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	host := "localhost:" + port
	ca, export := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "airflow_settings.yaml")
	if err := os.WriteFile(ca, c.CA(), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(export, []byte(settings(c, host)), 0o600); err != nil {
		return err
	}
	fmt.Printf("a fake dbt Cloud listens on %s; try\n\n  dbtconn-lint live --live-timeout 3s --live-allow-host %s --live-ca %s %s\n", l.Addr(), host, ca, export)
	return c.Serve(l)
}

// settings is an export with a connection for each account of the fake.
func settings(c *fakecloud.Cloud, host string) string {
	var b strings.Builder
	b.WriteString("airflow:\n  connections:\n")
	for _, a := range c.Sites[0].Accounts {
		fmt.Fprintf(&b, "    - {conn_id: dbt_cloud_%d, conn_type: dbt_cloud, conn_host: %q, conn_login: \"%d\", conn_password: %s}\n", a.ID, host, a.ID, a.Token)
	}
	return b.String()
}
