package airflow

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// RESTProfile is what the REST API of an Airflow does with connections that are
// posted to it. Two releases with equal profiles answer and store the same.
//
// Source: the APIs of 2.10.5, 2.11.2, 3.0.6 and 3.3.2, run.
type RESTProfile struct {
	// V2 is the API of Airflow 3 (FastAPI, pydantic); otherwise it is the one of
	// 2.x (connexion, marshmallow).
	V2 bool
	// ChecksKeys: v1 refuses ids by validate_key. From 2.6.2 on (#31282).
	ChecksKeys bool
	// IDs are the behaviours by which the model takes an id: it drops one of other
	// characters, and the insert fails on NOT NULL. See [SanitisesID] and [RE2].
	IDs Profile
	// TeamName: team_name may be there, if it is null. From 3.2.0 on.
	TeamName bool
	// Unguarded: the check of extra runs before that of types, and dies of a body
	// that is no object and of an extra that is no text. 3.0 only.
	Unguarded bool
	// Masker knows the keys of an extra under which a `***` keeps the old value. v2
	// only.
	Masker Masker
}

// RESTFor is the profile of a line of Airflow (3.3).
func RESTFor(line string) RESTProfile {
	v, _, _ := VersionFor(line)
	r := RESTProfile{
		V2:         v.HasWorker,
		ChecksKeys: v.Server.Has(ImportChecksKeys),
		IDs:        v.Server.Only(SanitisesID | RE2),
		TeamName:   v.Server.Has(AllowsTeamName),
		Unguarded:  v.Line == "3.0",
	}
	if r.V2 {
		r.Masker = v.Masker
	}
	return r
}

// restDepth is how deep an extra may nest before the check of it raises
// RecursionError.
const restDepth = 950

// Store is what each of the profiles stores in the end of the bodies that the Astro
// CLI posts: sent is what it makes of a document. An id that is there already is
// patched with the second body, so the first entry holds both, merged field by
// field, and the second is overridden by it. The CLI stops at the first body that
// is refused.
//
// Source: AddConnections and airflowAPIUpsert of astro-cli's settings.go.
func Store(sent *connection.Reading, profiles ...RESTProfile) []*connection.Reading {
	stores := make([]store, len(profiles))
	readings := make([]*connection.Reading, len(profiles))
	for k, r := range profiles {
		st := &stores[k]
		*st = store{RESTProfile: r, sent: sent, first: map[string]int{}, merged: map[int][]int{}}
		st.out = &connection.Reading{
			Refusal:   sent.Refusal,
			RefusedBy: sent.RefusedBy,
			Further:   sent.Further,
			Outcomes:  slices.Clone(sent.Outcomes),
			Load:      sent.Load,
		}
		readings[k] = st.out
	}
	if sent.Refusal != nil {
		return readings
	}
	// What is sent takes longer to find out than what becomes of it.
	var body, c connection.Connection
	for i := range sent.Outcomes {
		if sent.Outcomes[i].Status != connection.Loaded {
			continue
		}
		body.Reset()
		ordinary := sent.Alike != nil && sent.Alike(i) == Ordinary
		if ordinary {
			body.ID.Text = sent.IDs[i]
		} else {
			sent.Load(i, &body)
		}
		for k := range stores {
			c = body
			stores[k].take(i, &c, ordinary)
		}
	}
	for k := range stores {
		st := &stores[k]
		st.out.Load = st.load
		st.out.Alike = func(i int) int {
			if st.out.Outcomes[i].Status != connection.Loaded || len(st.merged[i]) > 0 {
				return 0
			}
			return sent.Alike(i)
		}
		if sent.Alike == nil {
			st.out.Alike = nil
		}
	}
	return readings
}

// Ordinary is the number, see [connection.Reading.Alike], of a body that every
// profile stores as it is.
const Ordinary = 1

// IsOrdinary reports whether every profile stores a body as it is. It may err towards
// no.
func IsOrdinary(c *connection.Connection) bool {
	const longest, longestPort, deepest = 250, 9, 50
	if !isPlainKey(&c.ID) || !c.Type.IsText() || c.Failure != nil {
		return false
	}
	for _, f := range [...]connection.Field{connection.Type, connection.Host, connection.Login, connection.Password, connection.Schema} {
		if v := c.Field(f); v.Kind != connection.Absent && (!v.IsText() || v.Text.Len() > longest || !utf8.ValidString(v.Text.Peek())) {
			return false
		}
	}
	switch {
	case c.Port.Kind != connection.Absent && (c.Port.Kind != connection.Int || c.Port.Text.Len() > longestPort):
		return false
	case c.Extra.Kind == connection.Absent:
		return true
	case !c.Extra.IsText() || !utf8.ValidString(c.Extra.Text.Peek()):
		return false
	}
	tree, err := syntax.ParseJSON(extraSource(&c.Extra))
	return err == nil && tree.Root().Kind() == syntax.Mapping && tree.Depth() <= deepest
}

// store is a table of connections while bodies come in.
type store struct {
	RESTProfile
	sent, out *connection.Reading
	first     map[string]int      // the entry that made an id's row
	merged    map[int][]int       // the entries that were patched into it
	stop      *connection.Failure // what ended the loop
}

// take sets what becomes of a body.
func (st *store) take(i int, c *connection.Connection, ordinary bool) {
	o := &st.out.Outcomes[i]
	if st.stop != nil {
		*o = connection.Outcome{Status: connection.Unreached, Failure: st.stop}
		return
	}
	id := c.ID.Text.Peek()
	at, exists := st.first[id]
	if !ordinary {
		st.stop = st.receive(c, exists)
	}
	if st.stop != nil {
		*o = connection.Outcome{Status: connection.Failed, Failure: st.stop}
		return
	}
	if exists {
		*o = connection.Outcome{Status: connection.Overridden, By: at}
		st.merged[at] = append(st.merged[at], i)
		return
	}
	st.first[id] = i
}

// load fills in what is held of entry i in the end.
func (st *store) load(i int, into *connection.Connection) {
	st.sent.Load(i, into)
	o := st.out.Outcomes[i]
	switch o.Status {
	case connection.Failed:
		into.Failure = o.Failure
		return
	case connection.Unreached:
		// What would be refused in it, too, had it been sent.
		into.Failure = st.receive(into, false)
		return
	case connection.Skipped:
		return
	case connection.Overridden:
		i = o.By
		into.Reset()
		st.sent.Load(i, into)
	}
	_ = st.receive(into, false) // it was taken before
	for _, j := range st.merged[i] {
		var next connection.Connection
		st.sent.Load(j, &next)
		body := bodyOf(&next)
		_ = st.receive(&next, true)
		st.update(into, &next, &body, nil)
	}
}

// receive turns what is posted into the row that comes of it; of an id that
// exists, the one to patch with.
func (r RESTProfile) receive(c *connection.Connection, exists bool) *connection.Failure {
	body := bodyOf(c)
	row, status, err := r.post(&body, exists)
	if err != nil && status != 409 {
		if err.Reason == connection.NoType && c.URI.Place.Len() > 0 {
			// The URI should have brought it.
			err.Place, err.Field = c.URI.Span(), connection.URI
		}
		return err
	}
	row.SetExtraObject(*c.ExtraObject())
	row.ExtraError, row.URI = c.ExtraError, c.URI
	*c = row
	return nil
}

// bodyOf is the object that stands for a connection in a request.
func bodyOf(c *connection.Connection) connection.Value {
	body := connection.Value{Kind: connection.Map, Place: c.ID.Place}
	for _, k := range restKeys {
		if v := c.Field(k.field); v.Kind != connection.Absent {
			key := connection.Value{Kind: connection.Text, Text: secret.New(k.name)}
			body.Items = append(body.Items, connection.Item{Key: key, Value: *v})
		}
	}
	return body
}

// restKeys are the keys of a body; null says whether v1 takes null.
var restKeys = [...]struct {
	name  string
	field connection.Field
	null  bool
	most  int // characters that v1 takes; 0: as many as there are
}{
	{"connection_id", connection.ID, false, 250},
	{"conn_type", connection.Type, false, 500},
	{"description", connection.Description, true, 0},
	{"host", connection.Host, true, 500},
	{"login", connection.Login, true, 0},
	{"schema", connection.Schema, true, 500},
	{"port", connection.Port, true, 0},
	{"password", connection.Password, false, 0},
	{"extra", connection.Extra, true, 0},
}

// fieldOf is the field of a body's key. v2 also takes the name that its model has
// for schema.
func (r RESTProfile) fieldOf(name string) connection.Field {
	if r.V2 && name == "schema_" {
		return connection.Schema
	}
	for _, k := range restKeys {
		if k.name == name {
			return k.field
		}
	}
	return connection.NoField
}

// reply is a refusal with an HTTP status.
func reply(status int, reason connection.Reason, f connection.Field, at source.Span, format string, args ...any) (int, *connection.Failure) {
	return status, failure("HTTP "+strconv.Itoa(status), reason, f, at, format, args...)
}

// crash is a refusal by an exception inside the server, which the client does not
// see.
func crash(cause *connection.Failure) (int, *connection.Failure) {
	status, err := reply(500, cause.Reason, cause.Field, cause.Place, "Internal Server Error")
	err.Cause = cause
	return status, err
}

// post answers POST /connections: the row that a body makes, the status, and why
// it is refused. A body that is good but whose id is there already (409) comes
// with its row, too, since the Astro CLI then patches with it.
func (r RESTProfile) post(body *connection.Value, exists bool) (row connection.Connection, status int, err *connection.Failure) {
	if status, err = r.validate(body, false); err != nil {
		return row, status, err
	}
	row = r.row(body)
	id := &row.ID
	if !r.V2 && r.ChecksKeys {
		if err := new(Profile).checkKey(id); err != nil {
			status, err = reply(400, err.Reason, err.Field, err.Place, "%s", err.Message.Peek())
			return row, status, err
		}
	}
	if exists {
		status, err = reply(409, connection.DuplicateID, connection.ID, id.Span(), "Connection already exist. ID: %s", id.Text.Peek())
		return row, status, err
	}
	if err := r.insert(&row); err != nil {
		status, err = crash(err)
		return row, status, err
	}
	if r.V2 {
		return row, 201, nil
	}
	return row, 200, nil
}

// insert is what can go wrong when a row is written, on SQLite.
func (r RESTProfile) insert(row *connection.Connection) *connection.Failure {
	for _, f := range connection.Fields {
		if err := encodable(row.Field(f), f); err != nil {
			return err
		}
	}
	var held connection.Connection
	if err := r.IDs.identify(row.ID, &held); err != nil {
		return err
	}
	switch {
	case held.HoldsOther && r.V2:
		return failure("ResponseValidationError", connection.BadID, connection.ID, row.ID.Span(), "1 validation error: conn_id: Input should be a valid string")
	case held.HoldsOther:
		return failure("IntegrityError", connection.BadID, connection.ID, row.ID.Span(), "NOT NULL constraint failed: connection.conn_id")
	}
	if row.Port.Kind == connection.Int {
		if _, err := strconv.ParseInt(row.Port.Text.Peek(), 10, 64); err != nil {
			return failure("OverflowError", connection.DatabaseError, connection.Port, row.Port.Span(), "Python int too large to convert to SQLite INTEGER")
		}
	}
	return nil
}

// patch answers PATCH /connections/<id>: what a body changes in a row. A mask, if
// there is one, names the fields that it may.
func (r RESTProfile) patch(row *connection.Connection, id string, body *connection.Value, mask []string) (status int, err *connection.Failure) {
	if status, err = r.validate(body, true); err != nil {
		return status, err
	}
	next := r.row(body)
	missing := row == nil || row.ID.Text.Peek() != id
	other := next.ID.Kind != connection.Absent && next.ID.Text.Peek() != id
	switch {
	case other && (r.V2 || !missing):
		return reply(400, connection.MismatchedID, connection.ID, next.ID.Span(), "The connection_id in the request body does not match the URL parameter")
	case missing:
		return reply(404, connection.NoID, connection.ID, body.Place, "The Connection with connection_id: `%s` was not found", id)
	}
	if !r.V2 {
		for _, name := range mask {
			if f := r.fieldOf(name); f == connection.NoField || f == connection.ID || !has(body, name) {
				return reply(400, connection.IllegalKey, f, body.Place, "'%s' is unknown or cannot be updated.", name)
			}
		}
	}
	r.update(row, &next, body, mask)
	return 200, nil
}

// update takes over into a row what a good body has; next is the body's own row.
// What it lacks is kept. A password can be replaced, but not cleared.
func (r RESTProfile) update(row, next *connection.Connection, body *connection.Value, mask []string) {
	masked := func(name string) bool {
		for _, m := range mask {
			if m == name {
				return false
			}
		}
		return len(mask) > 0
	}
	for _, k := range restKeys {
		if masked(k.name) || k.field == connection.ID {
			continue
		}
		given := has(body, k.name) || k.field == connection.Schema && has(body, "schema_")
		switch v := next.Field(k.field); {
		case k.field == connection.Extra && (given || r.V2 && len(mask) > 0):
			r.updateExtra(row, next)
		case !given:
		case k.field == connection.Password && (v.Kind == connection.Absent || r.V2 && v.Text.Peek() == secret.Mask):
		default:
			*row.Field(k.field) = *v
		}
	}
}

// updateExtra replaces the extra of a row. v2 merges it with the one that is
// there, which writes it anew.
func (r RESTProfile) updateExtra(row, next *connection.Connection) {
	old, object := extraObject(row), extraObject(next)
	if !r.V2 || !row.Extra.IsText() || !next.Extra.IsText() || old.Kind != connection.Map || object.Kind != connection.Map {
		row.SetExtraObject(*next.ExtraObject())
		row.Extra, row.ExtraError = next.Extra, next.ExtraError
		return
	}
	merged := r.unmask(object, old, false, 0)
	var b strings.Builder
	dumpValue(&b, &merged)
	row.Extra = next.Extra
	row.SetExtraObject(merged)
	if b.String() != row.Extra.Text.Peek() {
		row.Extra.Text = secret.New(b.String())
		if row.Extra.Cause == connection.Unchanged {
			row.Extra.Cause = connection.ExtraDumped
		}
	}
}

// maskDepth is how deep the masker looks.
const maskDepth = 5

// unmask is SecretsMasker.merge: a value with the stars under sensitive keys
// replaced by what the old value has there.
func (r RESTProfile) unmask(v, old *connection.Value, sensitive bool, depth int) connection.Value {
	merged := *v
	switch {
	case depth > maskDepth:
	case v.Kind == connection.Map && old.Kind == connection.Map:
		merged.Items = make([]connection.Item, len(v.Items))
		for i, it := range v.Items {
			key := it.Key.Text.Peek()
			it.Value = r.unmask(&it.Value, old.Get(key), sensitive || r.Masker.Masks(key), depth+1)
			merged.Items[i] = it
		}
	case v.Kind == connection.List && old.Kind == connection.List:
		merged.Items = append([]connection.Item(nil), v.Items...)
		for i := range min(len(v.Items), len(old.Items)) {
			merged.Items[i].Value = r.unmask(&v.Items[i].Value, &old.Items[i].Value, sensitive, depth+1)
		}
	case sensitive && v.Kind == connection.Text && v.Text.Peek() == secret.Mask && old.Kind != connection.Absent:
		return *old
	}
	return merged
}

// has reports whether an object has a key, be it null.
func has(body *connection.Value, name string) bool {
	for i := range body.Items {
		if body.Items[i].Key.Text.Peek() == name {
			return true
		}
	}
	return false
}

// row is the connection that a good body stands for.
func (r RESTProfile) row(body *connection.Value) connection.Connection {
	var c connection.Connection
	for i := range body.Items {
		v := body.Items[i].Value
		switch f := r.fieldOf(body.Items[i].Key.Text.Peek()); f {
		case connection.NoField:
			continue
		case connection.Port:
			if text, ok := laxInt(&v); ok {
				if v.Kind != connection.Int && v.Cause == connection.Unchanged {
					v.Cause = connection.PortConverted
				}
				v.Kind, v.Text = connection.Int, secret.New(text)
			}
			c.Port = v
		case connection.Password:
			if !v.Truthy() {
				v.Kind = connection.Absent
			}
			c.Password = v
		case connection.Extra:
			if r.V2 && v.Kind == connection.Text && v.Text.Len() == 0 {
				v.Text, v.Cause = secret.New("{}"), connection.ExtraDumped
			}
			c.Extra = v
		default:
			*c.Field(f) = v
		}
	}
	return c
}

// validate checks the form of a body.
func (r RESTProfile) validate(body *connection.Value, patch bool) (int, *connection.Failure) {
	if r.V2 {
		return r.validateV2(body)
	}
	return r.validateV1(body, patch)
}

// validateV1 is what connexion, the audit log and marshmallow refuse, in this
// order.
//
// Source: api_connexion/openapi/v1.yaml, api_connexion/schemas/connection_schema.py
// and www/decorators.py of 2.11.
func (r RESTProfile) validateV1(body *connection.Value, patch bool) (int, *connection.Failure) {
	if body.Kind != connection.Map {
		return reply(400, connection.NotAnObject, connection.NoField, body.Place, "%s is not of type 'object'", body.Repr())
	}
	for _, k := range restKeys {
		v, want, kind := body.Get(k.name), "string", connection.Text
		if k.field == connection.Port {
			want, kind = "integer", connection.Int
		}
		if has(body, k.name) && v.Kind != kind && !(k.null && v.Kind == connection.Absent) {
			return reply(400, connection.NotText, k.field, v.Span(), "%s is not of type '%s' - '%s'", v.Repr(), want, k.name)
		}
	}
	if err := auditable(body.Get("extra")); err != nil {
		return crash(err)
	}
	for i := range body.Items {
		if key := &body.Items[i].Key; r.fieldOf(key.Text.Peek()) == connection.NoField {
			return reply(400, connection.IllegalKey, connection.NoField, key.Span(), "{%s: ['Unknown field.']}", python.Repr(key.Text.Peek()))
		}
	}
	for _, k := range restKeys {
		v := body.Get(k.name)
		switch {
		case !patch && !has(body, k.name) && (k.field == connection.ID || k.field == connection.Type):
			return missing(400, k.field, body.Place, "{'"+k.name+"': ['Missing data for required field.']}")
		case k.most > 0 && utf8.RuneCountInString(v.Text.Peek()) > k.most:
			return reply(400, connection.TooLong, k.field, v.Span(), "{'%s': ['Longer than maximum length %d.']}", k.name, k.most)
		}
	}
	return 0, nil
}

func missing(status int, f connection.Field, at source.Span, message string) (int, *connection.Failure) {
	reason := connection.NoType
	if f == connection.ID {
		reason = connection.NoID
	}
	return reply(status, reason, f, at, "%s", message)
}

// auditable is what the audit log does to extra before anything else: it takes
// JSON for an object. What is no JSON it leaves alone.
func auditable(extra *connection.Value) *connection.Failure {
	if extra.Kind != connection.Text {
		return nil
	}
	tree, _ := syntax.ParseJSON(extraSource(extra))
	switch {
	case tree == nil:
	case tree.Depth() > restDepth:
		return tooDeep(extra)
	case tree.Root().Kind() != syntax.Mapping:
		v := ValueOf(tree.Root())
		return failure("AttributeError", connection.BadExtra, connection.Extra, extra.Span(), "'%s' object has no attribute 'items'", v.Kind.Class())
	}
	return nil
}

// extraSource is the text of an extra, with its places where it has them.
func extraSource(v *connection.Value) source.Text {
	if v.Written() {
		return v.Src
	}
	return looseText(v.Text.Peek())
}

// validateV2 is what pydantic refuses.
//
// Source: api_fastapi/core_api/datamodels/connections.py of 3.0.6 and 3.3.2.
func (r RESTProfile) validateV2(body *connection.Value) (int, *connection.Failure) {
	if body.Kind != connection.Map {
		if r.Unguarded {
			return crash(failure("AttributeError", connection.NotAnObject, connection.NoField, body.Place, "'%s' object has no attribute 'items'", body.Kind.Class()))
		}
		return reply(422, connection.NotAnObject, connection.NoField, body.Place, "Input should be a valid dictionary or object to extract fields from")
	}
	if extra := body.Get("extra"); r.Unguarded && extra.Truthy() && extra.Kind != connection.Text {
		return crash(failure("TypeError", connection.BadExtra, connection.Extra, extra.Span(), "the JSON object must be str, bytes or bytearray, not %s", extra.Kind.Class()))
	}
	for _, k := range restKeys {
		required := k.field == connection.ID || k.field == connection.Type
		v := body.Get(k.name)
		switch {
		case v.Kind == connection.Absent && required && !has(body, k.name):
			return missing(422, k.field, body.Place, "Field required")
		case v.Kind == connection.Absent && !required:
		case k.field == connection.Port:
			if _, ok := laxInt(v); !ok {
				return reply(422, connection.BadPort, k.field, v.Span(), "Input should be a valid integer")
			}
		case v.Kind != connection.Text:
			return reply(422, connection.NotText, k.field, v.Span(), "Input should be a valid string")
		case k.field == connection.ID && utf8.RuneCountInString(v.Text.Peek()) > maxKey:
			return reply(422, connection.BadID, k.field, v.Span(), "String should have at most %d characters", maxKey)
		case k.field == connection.ID && !idOf(v.Text.Peek(), isRustWord, ".-"):
			return reply(422, connection.BadID, k.field, v.Span(), `String should match pattern '^[\w.-]+$'`)
		case k.field == connection.Extra && v.Text.Len() > 0:
			if status, err := jsonObject(v); err != nil {
				return status, err
			}
		}
	}
	for i := range body.Items {
		it := &body.Items[i]
		switch key := it.Key.Text.Peek(); {
		case key == "team_name" && r.TeamName:
			if it.Value.Kind != connection.Absent {
				return reply(422, connection.IllegalKey, connection.NoField, it.Value.Span(), "team_name cannot be set when multi_team mode is disabled")
			}
		case r.fieldOf(key) == connection.NoField:
			return reply(422, connection.IllegalKey, connection.NoField, it.Key.Span(), "Extra inputs are not permitted")
		}
	}
	return 0, nil
}

// jsonObject checks that an extra is the JSON of an object.
func jsonObject(extra *connection.Value) (int, *connection.Failure) {
	const message = "Value error, The `extra` field must be a valid JSON object (e.g., {'key': 'value'})"
	tree, err := syntax.ParseJSON(extraSource(extra))
	switch {
	case err != nil:
		return reply(422, connection.BadExtra, connection.Extra, extra.Span(), message+", but encountered non-JSON in `extra` field")
	case tree.Depth() > restDepth:
		return crash(tooDeep(extra))
	case tree.Root().Kind() != syntax.Mapping:
		return reply(422, connection.BadExtra, connection.Extra, extra.Span(), message)
	}
	return 0, nil
}

// laxInt is what pydantic takes for an int: a boolean, a float without fraction,
// and a text of digits that may have blanks around it, a sign, single
// underscores inside and a fraction of zeros.
func laxInt(v *connection.Value) (string, bool) {
	text := v.Text.Peek()
	switch v.Kind {
	case connection.Int:
		return text, true
	case connection.Bool:
		if text == "True" {
			return "1", true
		}
		return "0", true
	case connection.Float:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f != float64(int64(f)) {
			return "", false
		}
		return strconv.FormatInt(int64(f), 10), true
	case connection.Text:
	default:
		return "", false
	}
	text = strings.TrimSpace(text)
	if whole, zeros, ok := strings.Cut(text, "."); ok && strings.Trim(zeros, "0") == "" {
		text = whole
	}
	digits, negative := strings.CutPrefix(text, "-")
	if !negative {
		digits = strings.TrimPrefix(text, "+")
	}
	for i := range len(digits) {
		inside := i > 0 && i < len(digits)-1 && digits[i-1] != '_'
		if c := digits[i]; (c < '0' || c > '9') && !(c == '_' && inside) {
			return "", false
		}
	}
	if digits == "" {
		return "", false
	}
	digits = strings.TrimLeft(strings.ReplaceAll(digits, "_", ""), "0")
	switch {
	case digits == "":
		return "0", true
	case negative:
		return "-" + digits, true
	}
	return digits, true
}

// isRustWord is \w of Rust's regex, which pydantic uses: unlike Python's it has
// combining marks and joiners, and no fractions or superscript digits.
func isRustWord(r rune) bool {
	return isASCIIWord(r) || r >= utf8.RuneSelf && unicode.In(r, unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)
}

// dumpValue writes a value that came from JSON as json.dumps does.
func dumpValue(b *strings.Builder, v *connection.Value) {
	switch v.Kind {
	case connection.Absent:
		b.WriteString("null")
	case connection.Text:
		writeJSONString(b, v.Text.Peek())
	case connection.Map, connection.List:
		brackets := "{}"
		if v.Kind == connection.List {
			brackets = "[]"
		}
		b.WriteByte(brackets[0])
		for i := range v.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			if v.Kind == connection.Map {
				writeJSONString(b, v.Items[i].Key.Text.Peek())
				b.WriteString(": ")
			}
			dumpValue(b, &v.Items[i].Value)
		}
		b.WriteByte(brackets[1])
	default:
		// A boolean, an int or a float.
		b.WriteString(jsonKey(v))
	}
}
