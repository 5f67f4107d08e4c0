package airflow_test

import (
	"fmt"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
)

func TestMessages(t *testing.T) {
	versions, cases := readVectors(t)
	seen := map[string]bool{}
	for _, name := range versions {
		version, _, _ := airflow.VersionFor(name)
		for i := range cases {
			v := &cases[i]
			want := v.Expected
			if want == nil {
				want = v.ByVersion[name]
			}
			if want == nil || want.Error == nil {
				continue
			}
			r := version.Server.Read(v.document())
			f := r.Refusal
			if v.Kind == "env" {
				f = r.Outcomes[0].Failure.Cause
			}
			if f.Message.Peek() != want.Error.Message && !seen[v.Name] {
				seen[v.Name] = true
				fmt.Printf("%s %s\n   got  %.200s\n   want %.200s\n", name, v.Name, f.Message.Peek(), want.Error.Message)
			}
		}
	}
}
