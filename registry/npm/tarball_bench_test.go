package npm

import (
	"bytes"
	"fmt"
	"testing"
)

// BenchmarkSurveyTar is what judging a tarball costs, with and without looking
// for files that are known.
func BenchmarkSurveyTar(b *testing.B) {
	var entries []entry
	for i := range 200 {
		entries = append(entries, entry{name: fmt.Sprintf("package/%d.js", i), body: string(bytes.Repeat([]byte{byte(i), 'x', '\n'}, 8<<10))})
	}
	archive := packed(b, entries...)
	for _, tt := range []struct {
		name  string
		limit TarLimits
	}{
		{name: "plain"},
		{"known", TarLimits{Known: func([]byte) (string, bool) { return "", false }}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				report, err := SurveyTar(bytes.NewReader(archive), tt.limit)
				if err != nil || len(report.Refusals) > 0 {
					b.Fatal(err, report.Refusals)
				}
				b.SetBytes(report.Facts.UnpackedSize)
			}
		})
	}
}
