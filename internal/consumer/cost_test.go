package consumer_test

import (
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
)

// TestTargetsCost: to read for all versions costs at most twice what it costs to
// read for one. Allocations are the same in every run, and reading is made of
// them; BenchmarkTargets has the times.
func TestTargetsCost(t *testing.T) {
	const n = 300
	for _, e := range exports {
		doc := document(e.path, e.write(n), e.format)
		allocs := func(airflow string) float64 {
			ts := targets(t, airflow)
			return testing.AllocsPerRun(2, func() { ts.Read(doc) })
		}
		all := allocs("all")
		for _, one := range []string{"2.3", "2.11", "3.3"} {
			if a := allocs(one); all > 2*a {
				t.Errorf("%s: %.0f allocations for all versions, %.0f for %s alone", e.name, all, a, one)
			}
		}
	}
	// A value that no version reads otherwise is read once.
	for _, text := range []string{uri(0), object(0)} {
		doc := document("value", text, export.AirflowValue)
		one, all := targets(t, "3.3"), targets(t, "all")
		if a, b := testing.AllocsPerRun(10, func() { one.Read(doc) }), testing.AllocsPerRun(10, func() { all.Read(doc) }); b > 1.1*a {
			t.Errorf("%q: %.0f allocations for all versions, %.0f for one", text, b, a)
		}
	}
}
