// Command dbtconn-lint lints exports of Airflow connections.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/dbtconn-lint/dbtconn-lint/internal/cli"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what a host says unasked
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt is not waited for
	code := cli.Main(ctx, cli.System(), os.Args[1:])
	stop()
	os.Exit(code)
}
