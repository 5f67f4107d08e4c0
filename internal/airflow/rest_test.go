package airflow

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// restCase is a case of airflow-rest.json; the key `about` there says what the
// members mean.
type restCase struct {
	Name       string                `json:"name"`
	Op         string                `json:"op"`
	Body       json.RawMessage       `json:"body"`
	BodyText   *string               `json:"body_text"`
	Body2      json.RawMessage       `json:"body2"`
	PathID     string                `json:"path_id"`
	UpdateMask []string              `json:"update_mask"`
	Expected   *restAnswer           `json:"expected"`
	ByVersion  map[string]restAnswer `json:"expected_by_version"`
}

type restAnswer struct {
	Status           int                        `json:"status"`
	PostStatus       int                        `json:"post_status"`
	SecondPostStatus int                        `json:"second_post_status"`
	Stored           map[string]json.RawMessage `json:"stored"`
}

// TestRESTVectors compares status and stored row with the real APIs'.
func TestRESTVectors(t *testing.T) {
	data, err := os.ReadFile("../../testdata/vectors/airflow-rest.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []restCase `json:"cases"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{"2.10.5": "2.10", "2.11.2": "2.11", "3.0.6": "3.0", "3.3.2": "3.3"}
	passed, out := 0, 0
	for _, c := range file.Cases {
		text := string(c.Body)
		if c.BodyText != nil {
			text = *c.BodyText
		}
		first, ok := jsonBody(text)
		if c.Op == "bulk" || !ok {
			// The Astro CLI sends no bulk request, and nothing but JSON.
			out++
			continue
		}
		for version, line := range lines {
			want, ok := c.ByVersion[version]
			if !ok {
				want = *c.Expected
			}
			r := RESTFor(line)
			got := restAnswer{}
			row, status, _ := r.post(&first, false)
			stored := &row
			if status >= 300 {
				stored = nil
			}
			got.Status = status
			if c.Op == "post_patch" {
				second, _ := jsonBody(string(c.Body2))
				id := c.PathID
				if id == "" {
					id = first.Get("connection_id").Text.Peek()
				}
				exists := stored != nil && second.Get("connection_id").Text.Peek() == stored.ID.Text.Peek()
				_, got.SecondPostStatus, _ = r.post(&second, exists)
				got.PostStatus = status
				got.Status, _ = r.patch(stored, id, &second, c.UpdateMask)
			}
			if got.Status != want.Status || got.PostStatus != want.PostStatus || got.SecondPostStatus != want.SecondPostStatus {
				t.Errorf("%s on %s: status %d (post %d, second %d), want %d (%d, %d)", c.Name, version,
					got.Status, got.PostStatus, got.SecondPostStatus, want.Status, want.PostStatus, want.SecondPostStatus)
				continue
			}
			if diff := storedDiff(stored, want.Stored); diff != "" {
				t.Errorf("%s on %s: %s", c.Name, version, diff)
				continue
			}
			passed++
		}
	}
	t.Logf("%d answers agree; %d cases are out of scope (bulk, or no JSON)", passed, out)
}

func jsonBody(text string) (connection.Value, bool) {
	tree, err := syntax.ParseJSON((&source.File{Data: text}).Text())
	if err != nil {
		return connection.Value{}, false
	}
	return ValueOf(tree.Root()), true
}

// storedDiff says where a row is not the one that was stored.
func storedDiff(row *connection.Connection, want map[string]json.RawMessage) string {
	if row == nil {
		if want != nil {
			return "nothing is stored"
		}
		return ""
	}
	if want == nil {
		return "something is stored"
	}
	for _, k := range restKeys {
		if k.field == connection.ID {
			continue
		}
		v, wanted := row.Field(k.field), "null"
		if raw, ok := want[k.name]; ok {
			wanted = string(raw)
		}
		got := "null"
		switch v.Kind {
		case connection.Int:
			got = v.Text.Peek()
		case connection.Text:
			b, _ := json.Marshal(v.Text.Peek())
			got = string(b)
			var s string
			if json.Unmarshal([]byte(wanted), &s) == nil && wanted != "null" {
				b, _ := json.Marshal(s)
				wanted = string(b)
			}
		}
		if got != wanted {
			return k.name + " is " + got + ", want " + wanted
		}
	}
	return ""
}

// posted makes a reading of connections as the Astro CLI posts them.
func posted(cs ...connection.Connection) *connection.Reading {
	return &connection.Reading{
		RefusedBy: -1,
		Outcomes:  make([]connection.Outcome, len(cs)),
		Load:      func(i int, into *connection.Connection) { *into = cs[i] },
	}
}

func connOf(pairs ...string) connection.Connection {
	var c connection.Connection
	for i := 0; i < len(pairs); i += 2 {
		f := connection.FieldNamed(pairs[i])
		src := (&source.File{Data: pairs[i+1]}).Text()
		*c.Field(f) = connection.Value{Kind: connection.Text, Text: secret.New(pairs[i+1]), Src: src, Place: src.Whole()}
	}
	return c
}

func TestStoreMerges(t *testing.T) {
	sent := posted(
		connOf("conn_id", "a", "conn_type", "http", "host", "h1", "extra", `{"token":"old","x":1}`),
		connOf("conn_id", "b", "conn_type", "http"),
		connOf("conn_id", "a", "conn_type", "http", "login", "l", "extra", `{"token": "***"}`),
		connOf("conn_id", "a b", "conn_type", "http"),
		connOf("conn_id", "c", "conn_type", "http"),
	)
	for _, tt := range []struct{ line, extra string }{
		{"2.11", `{"token": "***"}`},
		{"3.3", `{"token": "old"}`},
	} {
		r := Store(sent, RESTFor(tt.line))[0]
		var status []connection.Status
		for _, o := range r.Outcomes {
			status = append(status, o.Status)
		}
		want := []connection.Status{connection.Loaded, connection.Loaded, connection.Overridden, connection.Failed, connection.Unreached}
		for i := range want {
			if status[i] != want[i] {
				t.Errorf("%s: entry %d is %d, want %d", tt.line, i, status[i], want[i])
			}
		}
		if r.Outcomes[4].Failure != r.Outcomes[3].Failure {
			t.Errorf("%s: the last entry does not say what stopped the CLI", tt.line)
		}
		for _, i := range []int{0, 2} {
			var c connection.Connection
			r.Load(i, &c)
			if c.Host.Text.Peek() != "h1" || c.Login.Text.Peek() != "l" || c.Extra.Text.Peek() != tt.extra {
				t.Errorf("%s: entry %d holds host %q, login %q, extra %q", tt.line, i, c.Host.Text.Peek(), c.Login.Text.Peek(), c.Extra.Text.Peek())
			}
		}
		if n := r.Lost(); n != 2 {
			t.Errorf("%s: %d lost", tt.line, n)
		}
	}
}

func TestStoreKeepsRefusal(t *testing.T) {
	sent := posted(connOf("conn_id", "a", "conn_type", "http"))
	sent.Refusal, sent.RefusedBy = &connection.Failure{Class: "Error"}, 0
	if r := Store(sent, RESTFor("3.3"))[0]; r.Refusal != sent.Refusal || r.RefusedBy != 0 {
		t.Error("what the CLI refuses never reaches the API")
	}
}

func FuzzREST(f *testing.F) {
	f.Add(`{"connection_id": "c", "conn_type": "http", "port": "4_43", "extra": "{\"a\": [1.0, null]}"}`)
	f.Add(`{"connection_id": "café", "conn_type": "", "extra": "[1]"}`)
	f.Add("[]")
	f.Add(`{"connection_id": "a b", "conn_type": "x", "port": 9223372036854775808, "password": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		body, ok := jsonBody(text)
		if !ok {
			return
		}
		for _, line := range []string{"2.3", "2.11", "3.0", "3.3"} {
			r := RESTFor(line)
			row, status, err := r.post(&body, false)
			if (err == nil) != (status < 300) {
				t.Fatalf("%s: status %d with error %v", line, status, err)
			}
			if err != nil {
				continue
			}
			before := row
			if status, err := r.patch(&row, row.ID.Text.Peek(), &body, nil); err != nil {
				t.Fatalf("%s: a body that was posted is refused as a patch with %d", line, status)
			}
			if strings.Contains(row.Extra.Text.Peek(), secret.Mask) {
				return
			}
			if row.Host.Text != before.Host.Text || row.Port.Text != before.Port.Text {
				t.Fatalf("%s: patching with the same body changes the row", line)
			}
		}
	})
}
