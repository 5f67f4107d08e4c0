package python

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
)

// TestPython compares with what the real one did.
func TestPython(t *testing.T) {
	data, err := os.ReadFile("testdata/python311.json")
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ In, Out, Error string }
	var file struct {
		Zeros                           []rune
		Int, Repr, Latin1, Upper, Lower []row
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, zero := range file.Zeros {
		for d := range rune(10) {
			if n, ok := Int(string(zero + d)); !ok || n.Int64() != int64(d) {
				t.Errorf("Int(%U) = %v, want %d", zero+d, n, d)
			}
		}
	}
	for _, c := range file.Int {
		n, ok := Int(c.In)
		switch {
		case ok != (c.Error == ""):
			t.Errorf("Int(%.40q) is taken: %v, want %v", c.In, ok, !ok)
		case !ok:
			if got := IntFault(c.In); got != c.Error {
				t.Errorf("IntFault(%.40q) = %s, want %s", c.In, got, c.Error)
			}
		case c.Out != "big" && n.String() != c.Out:
			t.Errorf("Int(%.40q) = %s, want %s", c.In, n, c.Out)
		}
	}
	for _, c := range file.Repr {
		if got := Repr(c.In); got != c.Out {
			t.Errorf("Repr(%q) = %s, want %s", c.In, got, c.Out)
		}
	}
	for _, c := range file.Upper {
		if got := Upper(c.In); got != c.Out {
			t.Errorf("Upper(%q) = %q, want %q", c.In, got, c.Out)
		}
	}
	for _, c := range file.Lower {
		if got := Lower(c.In); got != c.Out {
			t.Errorf("Lower(%q) = %q, want %q", c.In, got, c.Out)
		}
	}
	for _, c := range file.Latin1 {
		encoded, fault := Latin1(c.In)
		if fault != c.Error {
			t.Errorf("Latin1(%q) says %q, want %q", c.In, fault, c.Error)
		}
		if got := BytesRepr(encoded); c.Error == "" && got != c.Out {
			t.Errorf("BytesRepr of Latin1(%q) = %s, want %s", c.In, got, c.Out)
		}
	}
}

// TestSurrogates: a lone surrogate is a character, as in Python.
func TestSurrogates(t *testing.T) {
	if got := Repr("a\xed\xa0\x80b"); got != `'a\ud800b'` {
		t.Error(got)
	}
	if _, fault := Latin1("\xed\xb2\x80"); fault != `'latin-1' codec can't encode character '\udc80' in position 0: ordinal not in range(256)` {
		t.Error(fault)
	}
}

func FuzzInt(f *testing.F) {
	for _, s := range []string{"12", " 1_0 ", "٣", "-0", "_", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := Int(s)
		if !ok {
			IntFault(s)
			return
		}
		if plain, err := strconv.ParseInt(s, 10, 64); err == nil && plain != n.Int64() {
			t.Errorf("Int(%q) = %s", s, n)
		}
	})
}

// TestUpper: what is no letter stays as it is.
func TestUpper(t *testing.T) {
	if got := Upper("a\xed\xa0\x80b\xff\uFFFDc"); got != "A\xed\xa0\x80B\xff\uFFFDC" {
		t.Errorf("got %q", got)
	}
}
