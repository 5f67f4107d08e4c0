package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/live"
	"github.com/dbtconn-lint/dbtconn-lint/internal/report"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
)

// liveFlags say how the live test may be made.
type liveFlags struct {
	allow   []string
	ca      string
	timeout time.Duration
}

func (f *liveFlags) add(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.allow, "live-allow-host", nil, "a further host that may get its token: a `GLOB` such as gateway.example.com or localhost:8443 (repeatable)")
	fs.StringVar(&f.ca, "live-ca", "", "trust the certificates of this PEM `FILE`, too")
	fs.DurationVar(&f.timeout, "live-timeout", 10*time.Second, "how long the live test waits for one answer: a `DURATION` such as 10s")
}

func (a *app) liveCommand() *cobra.Command {
	f := checkFlags{live: true, onlyLive: true}
	c := &cobra.Command{
		Use:   "live PATH ...",
		Short: "Try dbt Cloud connections: ask each tenant whether it takes the token, and nothing else",
		Long: "live sends the token of each dbt Cloud connection to the connection's own tenant,\n" +
			"over TLS, and reads one job of the account: GET /api/v2/accounts/ID/jobs/?limit=1,\n" +
			"then GET /api/v3/accounts/ for the account's name. Nothing is changed there. Only hosts\n" +
			"of dbt Labs (*.dbt.com, *.getdbt.com) are asked, unless --live-allow-host names others.\n" +
			"A success proves that the token may list jobs, not that it may run one.",
		Example: "  dbtconn-lint live airflow_settings.yaml\n" +
			"  dbtconn-lint live --conn-id dbt_cloud_default -o json connections.json",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error { return a.check(c.Context(), &f, paths) },
	}
	f.addTo(c)
	f.liveFlags.add(c.Flags())
	return c
}

// prober checks the flags of the live test.
func (a *app) prober(f *liveFlags) (*live.Prober, error) {
	o := live.Options{
		Allow: f.allow, Timeout: f.timeout, Agent: "dbtconn-lint/" + version().Version,
		Now: a.Now, Getenv: a.Getenv, Lookup: a.Lookup, Dial: a.Dial,
	}
	if f.timeout <= 0 {
		return nil, usagef("--live-timeout: %s is no time to wait", f.timeout)
	}
	if f.ca != "" {
		var err error
		if o.CA, err = os.ReadFile(f.ca); err != nil {
			return nil, usagef("--live-ca: %w", err)
		}
	}
	p, err := live.New(o)
	if err != nil {
		return nil, usagef("live test: %w", err)
	}
	return p, nil
}

// tryAll tries the connections of all results, and adds what comes of it to them.
func (a *app) tryAll(ctx context.Context, p *live.Prober, run *report.Run, all []*lint.Rule) {
	var targets []live.Target
	refused := map[*lint.Trial]*live.Verdict{}
	tried := map[*lint.Trial]int{} // indexes of targets
	for i := range run.Results {
		trials := run.Results[i].Trials()
		for j := range trials {
			t := &trials[j]
			if t.Connection == nil {
				refused[t] = live.NothingLoads()
				continue
			}
			target, verdict := p.Target(t.Connection, t.Tenant.Peek())
			if verdict != nil {
				refused[t] = verdict
				continue
			}
			tried[t] = len(targets)
			targets = append(targets, target)
		}
	}
	verdicts := a.tryTargets(ctx, p, targets)
	run.Tried = &report.Tried{}
	for i := range run.Results {
		res := &run.Results[i]
		var told []lint.Told
		trials := res.Trials()
		for j := range trials {
			t := &trials[j]
			v := refused[t]
			if v == nil {
				v = &verdicts[tried[t]]
			}
			count(run.Tried, v.Kind)
			if v.Kind == live.Verified {
				succeed(run, res, t, targets[tried[t]].Host, v)
				continue
			}
			if k := slices.IndexFunc(all, func(r *lint.Rule) bool { return r.Scope == lint.Live && r.Name == v.Kind.String() }); k >= 0 {
				told = append(told, lint.Told{Trial: t, Rule: all[k], Field: v.Field, Message: v.Message, Hint: v.Hint})
			}
		}
		if len(told) > 0 {
			res.Tell(told)
		}
	}
}

// tryTargets has the conversations, with a sign of life for who waits.
func (a *app) tryTargets(ctx context.Context, p *live.Prober, targets []live.Target) []live.Verdict {
	var done atomic.Int64
	defer a.progress(&done, live.Distinct(targets), "connections tried")()
	return p.Try(ctx, targets, func() { done.Add(1) })
}

func count(t *report.Tried, k live.Kind) {
	switch k {
	case live.Verified:
		t.Verified++
	case live.Untried, live.RateLimited, live.HostUnreachable:
		t.NotVerified++
	case live.NotTestable:
		t.NotTested++
	default:
		t.Failed++
	}
}

// succeed notes a connection that works; readings that hold the same are one.
func succeed(run *report.Run, res *lint.Result, t *lint.Trial, host string, v *live.Verdict) {
	l := report.Live{Path: res.Doc.File.Path, ConnID: res.ConnID(t), Host: secret.Redact(host), AccountID: v.Account.ID, Account: v.Account.Name, Plan: v.Account.Plan, Jobs: v.Jobs}
	if v.Account.ID == 0 {
		for _, o := range v.Others {
			l.Reaches = append(l.Reaches, fmt.Sprintf("%d (%s)", o.ID, o.Name))
		}
	}
	// Those of one connection follow each other.
	for k := len(run.Live) - 1; k >= 0 && run.Live[k].Path == l.Path && run.Live[k].ConnID == l.ConnID; k-- {
		if run.Live[k].Same(l) {
			return
		}
	}
	run.Live = append(run.Live, l)
}
