package placeholder

import "testing"

func TestFind(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"${VAR}", "${VAR}"}, {"a-${VAR:-x}", "${VAR:-x}"}, {"$VAR", "$VAR"}, {"{{ x }}", "{{ x }}"}, {"changeme", "changeme"}, {"your-token-here", "your-token-here"},
		{"<token>", "<token>"}, {"<prefix>.us1.dbt.com", "<prefix>"}, {"https://<CLUSTER>.h.example", "<CLUSTER>"}, {"Token <API token>", "<API token>"},
		{"a$b", ""}, {"$5", ""}, {"a $VAR", ""}, {"{}", ""}, {"{{", ""}, {"yourself", ""}, {"change", ""},
		{"a < 5 and b > 3", ""}, {"<b>x</b>", ""}, {"<br/>", ""}, {"<item>x</item>", ""}, {"pa<ss>wd", ""}, {"Airflow <a@h.example>", ""}, {"<x>", ""},
	} {
		i, j, _ := Find(c.in)
		if got := c.in[i:j]; got != c.want {
			t.Errorf("Find(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
