package astro

import "github.com/dbtconn-lint/dbtconn-lint/internal/connection"

// Body is a body that is posted to /connections.
type Body []Member

// Member is a key of a body and its value.
type Member struct {
	Key   string
	Value connection.Value
}

// keys of a body in the order in which encoding/json writes them.
var keys = [...]struct {
	name  string
	field connection.Field
}{
	{"conn_type", connection.Type},
	{"connection_id", connection.ID},
	{"extra", connection.Extra},
	{"host", connection.Host},
	{"login", connection.Login},
	{"password", connection.Password},
	{"port", connection.Port},
	{"schema", connection.Schema},
}

// Posted are the bodies that are sent, in order, keys as they are sent, of what
// [Profile.Read] made of a document.
func Posted(r *connection.Reading) []Body {
	if r.Refusal != nil {
		return nil
	}
	var bodies []Body
	var c connection.Connection
	for i, o := range r.Outcomes {
		if o.Status != connection.Loaded {
			continue
		}
		c.Reset()
		r.Load(i, &c)
		var b Body
		for _, k := range keys {
			if v := c.Field(k.field); v.Kind != connection.Absent {
				b = append(b, Member{k.name, *v})
			}
		}
		bodies = append(bodies, b)
	}
	return bodies
}
