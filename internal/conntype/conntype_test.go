package conntype

import (
	"slices"
	"strings"
	"testing"
)

func TestRegistry(t *testing.T) {
	if !slices.IsSortedFunc(types, func(a, b Type) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the types are not sorted: Lookup would miss some")
	}
	for _, m := range mistakes {
		if to, ok := Lookup(m[1]); !ok || to.Removed {
			t.Errorf("the mistake %q leads to %q, which is no type", m[0], m[1])
		}
	}
	for i := range types {
		if got, ok := Lookup(types[i].ID); !ok || got != &types[i] {
			t.Errorf("Lookup(%q) finds another type", types[i].ID)
		}
	}
}

func TestFormPrefix(t *testing.T) {
	for id, want := range map[string]string{"snowflake": "snowflake", "gcpbigquery": "google_cloud_platform", "dataprep": "dataprep", "azure_batch": "azure_batch", "aws": "", "http": "", "azure_synapse_pipeline": ""} {
		if typ, ok := Lookup(id); !ok || typ.FormPrefix != want {
			t.Errorf("%s: prefix %q, want %q", id, typ.FormPrefix, want)
		}
	}
	for i := range types {
		if types[i].FormPrefix != "" && types[i].PlainSince == "" {
			t.Errorf("%s has a prefix that its provider always reads", types[i].ID)
		}
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		in, want string
		why      Reason
	}{
		{"Amazon Web Services", "aws", DisplayName},
		{"dbt Cloud", "dbt_cloud", DisplayName},
		{"Snowflake", "snowflake", DisplayName},
		{"google-cloud-platform", "google_cloud_platform", Spelling},
		{"HTTP", "http", DisplayName},
		{"Postgresql", "postgres", UsualMistake},
		{"mongodb", "mongo", DisplayName},
		{"postgress", "postgres", Typo},
		{"snowflkae", "snowflake", Typo},
		{"datahub-rest", "", NoSuggestion},
		{"my_company_api", "", NoSuggestion},
		{"postgres2", "", NoSuggestion},
		{"htp", "", NoSuggestion},
		{"", "", NoSuggestion},
	} {
		got, why := Suggest(c.in)
		if got != c.want || why != c.why && c.want != "" {
			t.Errorf("Suggest(%q) = %q, %d; want %q, %d", c.in, got, why, c.want, c.why)
		}
	}
}

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{"postgresql": "postgres", "dbt-cloud": "dbt_cloud", "a-b-c": "a_b_c", "HTTP": "HTTP"} {
		if got := Normalise(in); got != want {
			t.Errorf("Normalise(%q) = %q, want %q", in, got, want)
		}
	}
}
