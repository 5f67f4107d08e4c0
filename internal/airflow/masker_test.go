package airflow_test

import (
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/airflow"
)

// TestMasker has what should_hide_value_for_key of the releases answered.
func TestMasker(t *testing.T) {
	releases := []string{"2.3.0", "2.10.5", "2.11.0", "2.11.1", "2.11.2", "3.0.6", "3.1.5", "3.1.6", "3.1.8", "3.2.1", "3.2.2", "3.3.0", "3.3.2"}
	for name, want := range map[string]string{ // one mark for each release: + for masked
		"password":          "+++++++++++++",
		" Client_SECRET ":   "+++++++++++++",
		"token_endpoint":    "+++++++++++++",
		"proxies":           "---++--++++++",
		"aws_access_key_id": "--------+++++",
		"connection_string": "--------+++++",
		"dsn":               "----------+++",
		"api-key":           "-----------++",
		"X-OpenAI-Api-Key":  "-----------++",
		"private.--.key":    "-----------++",
		"pwd":               "-------------",
		"account_key":       "-------------",
		"":                  "-------------",
	} {
		got := ""
		for _, r := range releases {
			v, _, err := airflow.VersionFor(r)
			if err != nil {
				t.Fatal(err)
			}
			if v.Masker.Masks(name) {
				got += "+"
			} else {
				got += "-"
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
