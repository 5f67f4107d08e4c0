package syntax

import (
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// Bool is the value of a Bool node.
func (n Node) Bool() bool {
	if n.Kind() != Bool {
		return false
	}
	v, _ := pyBool(n.Text().String()) // JSON and yaml.v3 have true and false, too
	return v
}

// Int is the value of an Int node, of any size: as Python's int has it for JSON
// and PyYAML, and as yaml.v3 decodes it. It is nil for any other node.
func (n Node) Int() *big.Int {
	if n.Kind() != Int {
		return nil
	}
	s := n.Text().String()
	switch {
	case n.tree.yaml == nil:
		v, _ := new(big.Int).SetString(s, 10)
		return v
	case n.tree.yaml.dialect == PyYAML:
		v, _ := pyIntValue(s)
		return v
	}
	switch v := n.goValue().(type) {
	case int:
		return big.NewInt(int64(v))
	case int64:
		return big.NewInt(v)
	case uint64:
		return new(big.Int).SetUint64(v)
	}
	return nil
}

// Float is the value of a Float node, 0 for any other. JSON's NaN and Infinity
// are numbers, as for Python; what is too large is infinite.
func (n Node) Float() float64 {
	if n.Kind() != Float {
		return 0
	}
	s := n.Text().String()
	switch {
	case n.tree.yaml == nil:
		v, _ := strconv.ParseFloat(s, 64) // an error leaves the infinity
		return v
	case n.tree.yaml.dialect == PyYAML:
		v, _ := pyFloatValue(s)
		return v
	}
	if v, ok := n.goValue().(float64); ok {
		return v
	}
	return math.NaN()
}

// Time is the value of a Date or Timestamp node; zone tells whether it has one.
// yaml.v3 gives every moment a zone.
func (n Node) Time() (t time.Time, zone bool) {
	if k := n.Kind(); k != Date && k != Timestamp {
		return time.Time{}, false
	}
	if n.tree.yaml.dialect == GoYAML {
		t, zone = n.goValue().(time.Time)
		return t, zone
	}
	p, _ := parsePyTimestamp(n.Text().String())
	return p.time(), p.zone
}

// Bytes is the value of a Binary node.
func (n Node) Bytes() []byte {
	if n.Kind() != Binary {
		return nil
	}
	s := n.Text().String()
	if n.tree.yaml.dialect == PyYAML {
		b, _ := pyBytes(s)
		return b
	}
	b, _ := base64.StdEncoding.DecodeString(s)
	return b
}

// goValue is what yaml.v3 decodes a scalar into.
func (n Node) goValue() any {
	y := yaml.Node{Kind: yaml.ScalarNode, Value: n.Text().String()}
	if p := n.tree.yaml.properties(n.i); p != nil && p.tag.end > 0 && p.name != "!" {
		y.Tag = goTag(p.name)
	}
	var v any
	if y.Decode(&v) != nil {
		return nil
	}
	return v
}
