package npm

import (
	"bytes"
	"slices"
	"testing"
)

func TestCursor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, value string
		want        []string
	}{
		{"empty object", `{}`, nil},
		{"empty array", "[ \n]", nil},
		{"words", `[1,-2.5e+3 ,true,false,null]`, []string{"1", "-2.5e+3", "true", "false", "null"}},
		{"texts", `["", "a","\"]","\\"]`, []string{`""`, `"a"`, `"\"]"`, `"\\"`}},
		{"brackets", `[[1,[2]],{"a":{"b":"}"}} ,[ ]]`, []string{"[1,[2]]", `{"a":{"b":"}"}}`, "[ ]"}},
		{"members", "{ \"a\" : 1 ,\"b\":{\"c\":[]},\r\n\t\"d\":\"e\"}", []string{`"a"`, "1", `"b"`, `{"c":[]}`, `"d"`, `"e"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			c := inside([]byte(tt.value))
			for {
				e, ok := c.element()
				if !ok {
					break
				}
				got = append(got, string(e))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzCursor demands that a cursor finds what eachMember and eachElement find.
func FuzzCursor(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\"]"}],"c" : null , "\u0064":-1.5e3}`))
	f.Add([]byte("[ 1 ,[true, [] ],\n{} ]"))
	f.Fuzz(func(t *testing.T, value []byte) {
		value = bytes.TrimSpace(value)
		if len(value) == 0 {
			return
		}
		var want, got [][]byte
		c := inside(value)
		err := eachMember(value, func(m jsonMember) error {
			want = append(want, bytes.Clone(m.name), m.value)
			return nil
		})
		if value[0] == '[' {
			err = eachElement(value, func(value []byte) error {
				want = append(want, value)
				return nil
			})
		}
		if err != nil {
			return
		}
		if value[0] == '[' {
			for e, ok := c.element(); ok; e, ok = c.element() {
				got = append(got, e)
			}
		} else {
			for name, e, ok := c.member(); ok; name, e, ok = c.member() {
				got = append(got, unquoted(nil, name), e)
			}
		}
		if !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
