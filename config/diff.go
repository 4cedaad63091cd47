package config

import "reflect"

// Differences returns the keys whose values differ, in the order of the file:
// "data", "cache.ttl", or "upstreams" for a list of sections. What is only read
// at the first start is not compared.
func Differences(a, b *Config) []string {
	var out []string
	if a.Data != b.Data {
		out = append(out, "data")
	}
	return append(out, differences(reflect.ValueOf(*a), reflect.ValueOf(*b), "")...)
}

func differences(a, b reflect.Value, path string) []string {
	var out []string
	for _, f := range fieldsOf(a.Type()) {
		full, av, bv := join(path, f.key), a.Field(f.index), b.Field(f.index)
		switch {
		case isSection(av.Type()):
			out = append(out, differences(av, bv, full)...)
		case !same(av, bv):
			out = append(out, full)
		}
	}
	return out
}

// same compares two settings. A list or table that is empty is the same as one
// that is not there.
func same(a, b reflect.Value) bool {
	switch {
	case a.Kind() == reflect.Map && a.Len()+b.Len() == 0:
		return true
	case a.Kind() == reflect.Slice:
		equal := a.Len() == b.Len()
		for i := 0; equal && i < a.Len(); i++ {
			equal = same(a.Index(i), b.Index(i))
		}
		return equal
	case isSection(a.Type()) && len(fieldsOf(a.Type())) > 0:
		equal := true
		for i := 0; equal && i < a.NumField(); i++ {
			equal = same(a.Field(i), b.Field(i))
		}
		return equal
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
