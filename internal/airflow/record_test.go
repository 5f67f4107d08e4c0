package airflow

import (
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// recordOf reads objects of a JSON list as a record.
func recordOf(t *testing.T, text string) (*connection.Reading, *source.File) {
	t.Helper()
	file := &source.File{Path: "r.json", Data: text}
	tree, err := syntax.ParseJSON(file.Text())
	if err != nil {
		t.Fatal(err)
	}
	doc := &export.Document{File: file, Format: export.AirflowList, Tree: tree}
	for n := range tree.Root().Items() {
		doc.Entries = append(doc.Entries, export.Entry{Node: n, Line: -1})
	}
	return ReadRecord(doc), file
}

func TestReadRecord(t *testing.T) {
	r, file := recordOf(t, `[
  {"id": "1", "conn_id": "a", "conn_type": "dbt_cloud", "description": null, "host": "h", "schema": "", "login": "12345", "password": "***",
   "port": "443", "is_encrypted": "True", "is_extra_encrypted": "True", "extra_dejson": {"a": "True", "token": "***"}, "get_uri": "dbt-cloud://12345:***@h:443"},
  {"connection_id": "b", "conn_type": "http", "port": 0, "extra": "{\"x\": {\"token\": \"***\"}}"},
  {"conn_id": "c", "conn_type": "http", "extra_dejson": "***"},
  "d"
]`)
	if r.Refusal != nil || r.Lost() != 1 || r.Outcomes[3].Status != connection.Skipped {
		t.Errorf("refusal %v, outcomes %v", r.Refusal, r.Outcomes)
	}
	var c connection.Connection
	r.Load(0, &c)
	if got := c.ID.Text.Peek() + " " + c.Login.Text.Peek() + " " + c.Port.Text.Peek() + " " + c.Extra.Text.Peek(); got != `a 12345 443 {"a": "True", "token": "***"}` {
		t.Error(got)
	}
	if c.Port.Kind != connection.Int || c.Password.Cause != connection.Masked || c.ExtraObject().Get("token").Cause != connection.Masked {
		t.Errorf("port is %v, password %v, token %v", c.Port.Kind, c.Password.Cause, c.ExtraObject().Get("token").Cause)
	}
	if c.Description.Kind != connection.Absent || c.Schema.Kind != connection.Text {
		t.Error("null is absent, an empty text is there")
	}
	if s := c.Login.At(0, 2); file.Data[s.Start:s.End] != "12" {
		t.Errorf("login is found at %v", s)
	}
	c.Reset()
	r.Load(1, &c)
	token := c.ExtraObject().Get("x").Get("token")
	if token.Cause != connection.Masked || c.ID.Text.Peek() != "b" || c.Port.Text.Peek() != "0" {
		t.Errorf("the second is %q with token %v", c.ID.Text.Peek(), token.Cause)
	}
	if s := token.Span(); file.Data[s.Start:s.End] != "***" {
		t.Errorf("a token within text within text is found at %v", s)
	}
	c.Reset()
	r.Load(2, &c)
	if c.Extra.Cause != connection.Masked {
		t.Error("extra as a whole may be masked")
	}
}
