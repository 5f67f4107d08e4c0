//go:build !windows

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbtconn-lint/dbtconn-lint/internal/live/fakecloud"
)

// TestInterrupt: an interrupt of the process in the middle of a live test ends it at
// once, with what is known.
func TestInterrupt(t *testing.T) {
	cloud := fakecloud.New()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { _ = cloud.Serve(l) }()
	dir := t.TempDir()
	ca, export := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "c.json")
	entry := func(id string, account, token int) string {
		return fmt.Sprintf(`%q: {"conn_type": "dbt_cloud", "host": %q, "login": "%d", "password": %q}`, id, l.Addr(), account, fakecloud.Token(token))
	}
	for name, text := range map[string][]byte{ca: cloud.CA(), export: []byte("{" + entry("good", 12345, 1) + ", " + entry("slow", 12359, 15) + "}")} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("dbtconn-lint", "live", "--live-timeout", "1h", "--live-allow-host", l.Addr().String(), "--live-ca", ca, export)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer stuck.Stop()
	for start := time.Now(); len(cloud.Requests()) < 3 && time.Since(start) < 30*time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // for the last answer to arrive
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	interrupted := time.Now()
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("ends with %v\n%s", err, stderr.String())
	}
	if took := time.Since(interrupted); took > 5*time.Second {
		t.Errorf("ends after %s", took)
	}
	if want := "Live: 1 verified, 1 not verified."; !strings.Contains(stdout.String(), want) || !strings.Contains(stdout.String(), `good: account 12345 "Jaffle Shop"`) {
		t.Errorf("no %q in\n%s", want, stdout.String())
	}
}
