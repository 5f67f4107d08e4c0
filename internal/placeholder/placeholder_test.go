package placeholder

import "testing"

func TestFind(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"${VAR}", "${VAR}"}, {"a-${VAR:-x}", "${VAR:-x}"}, {"$VAR", "$VAR"}, {"{{ x }}", "{{ x }}"}, {"changeme", "changeme"}, {"your-token-here", "your-token-here"},
		{"<token>", "<token>"}, {"<prefix>.us1.dbt.com", "<prefix>"}, {"https://<CLUSTER>.h.example", "<CLUSTER>"}, {"Token <API token>", "<API token>"},
		{"<<<YOUR HOST HERE>>>", "<<<YOUR HOST HERE>>>"}, {"https://<<CLUSTER>>.h.example", "<<CLUSTER>>"}, {"a < b: <token>", "<token>"}, {"REPLACE_WITH_ACCESS_KEY", "REPLACE_WITH_ACCESS_KEY"},
		{"enter-your-password", "enter-your-password"}, {"<from `pass show x`>", "<from `pass show x`>"}, {"<the address, e.g. h.example>", "<the address, e.g. h.example>"},
		{"a$b", ""}, {"$5", ""}, {"a $VAR", ""}, {"{}", ""}, {"{{", ""}, {"yourself", ""}, {"change", ""},
		{"a < 5 and b > 3", ""}, {"<b>x</b>", ""}, {"<br/>", ""}, {"<item>x</item>", ""}, {"pa<ss>wd", ""}, {"Airflow <a@h.example>", ""}, {"<x>", ""},
		{"1 << 2 >> 3", ""}, {"a<<b>>c", ""}, {"pa<<ss>>wd", ""}, {"replacement", ""}, {"replace_within", ""},
		{"<br />", ""}, {`<a href="x">`, ""}, {"<a> and b>", ""}, {"enter", ""},
	} {
		i, j, _ := Find(c.in)
		if got := c.in[i:j]; got != c.want {
			t.Errorf("Find(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
