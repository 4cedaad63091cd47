package config

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// Print writes the configuration as a file that Load would read back, with
// the origin of each value as a comment. Secrets are not part of it.
func (l *Loaded) Print(w io.Writer) error {
	p := printer{origins: l.Origins}
	p.line(0, "# data: "+plain(l.Data), "data")
	p.section(reflect.ValueOf(l.Config), "", 0)
	_, err := io.WriteString(w, p.out.String())
	return err
}

// printer writes settings line by line.
type printer struct {
	origins map[string]string
	out     strings.Builder
}

// line writes one setting with its origin in a column of its own.
func (p *printer) line(indent int, text, path string) {
	origin := p.origins[path]
	if origin == "" {
		origin = "default"
	}
	fmt.Fprintf(&p.out, "%-52s # %s\n", strings.Repeat("  ", indent)+text, origin)
}

func (p *printer) section(v reflect.Value, path string, indent int) {
	for _, f := range fieldsOf(v.Type()) {
		full, fv := join(path, f.key), v.Field(f.index)
		switch {
		case isSection(fv.Type()):
			fmt.Fprintf(&p.out, "%s%s:\n", strings.Repeat("  ", indent), f.key)
			p.section(fv, full, indent+1)
		case isSectionList(fv.Type()):
			p.list(fv, full, indent)
		default:
			p.line(indent, f.key+": "+valueText(f.key, fv), full)
		}
	}
}

// list writes a list of sections: the first key of each carries the dash.
func (p *printer) list(v reflect.Value, path string, indent int) {
	key := path[strings.LastIndexByte(path, '.')+1:]
	if v.Len() == 0 {
		p.line(indent, key+": []", path)
		return
	}
	p.line(indent, key+":", path)
	for i := range v.Len() {
		item := v.Index(i)
		full := fmt.Sprintf("%s[%d]", path, i)
		for n, f := range fieldsOf(item.Type()) {
			dash := "  "
			if n == 0 {
				dash = "- "
			}
			p.line(indent+1, dash+f.key+": "+valueText(f.key, item.Field(f.index)), join(full, f.key))
		}
	}
}

// valueText writes a setting as YAML. What a URL should not hold, or only a
// proxy's, is masked.
func valueText(key string, v reflect.Value) string {
	switch key {
	case "url", "public_url", "proxy":
		return plain(Redact(v.String()))
	}
	if s, ok := v.Interface().(fmt.Stringer); ok {
		return cmp.Or(s.String(), `""`)
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			text := v.Index(i).String()
			if key == "tarball_hosts" {
				text = Redact(text)
			}
			items[i] = plain(text)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return plain(v.String())
}

// plain writes a text without quotes where YAML reads it back as that text.
func plain(s string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./"
	const first = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/."
	address := strings.Contains(s, ":") && s != "" && s[0] >= '0' && s[0] <= '9'
	rest := strings.ReplaceAll(s, ":", "")
	switch {
	case s == "", strings.Trim(rest, safe) != "", strings.HasSuffix(s, ":"):
		return strconv.Quote(s)
	case !strings.Contains(first, s[:1]) && !address:
		return strconv.Quote(s)
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n":
		return strconv.Quote(s)
	}
	return s
}
