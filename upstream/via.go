package upstream

import (
	"context"
	"strings"
)

// maxMarks bounds the marks that are passed on; a chain of larders this long is
// a mistake by itself.
const maxMarks = 8

// viaMark is how a larder names itself in Via.
const viaMark = "larder-"

type viaKey struct{}

// WithVia returns a context whose calls carry on the marks of larders that a
// client's request came through (its Via headers), so that each larder of a
// ring recognises its own.
func WithVia(ctx context.Context, via []string) context.Context {
	marks := marksOf(via)
	if len(marks) == 0 {
		return ctx
	}
	return context.WithValue(ctx, viaKey{}, marks)
}

// CarryVia returns a context of parent with the marks that from carries: for
// work that outlives the request it was started for.
func CarryVia(parent, from context.Context) context.Context {
	if marks, ok := from.Value(viaKey{}).([]string); ok {
		return context.WithValue(parent, viaKey{}, marks)
	}
	return parent
}

// marksOf picks the last marks of larders out of Via headers. Anything else in
// them stays here: it names machines of the client's side.
func marksOf(via []string) []string {
	var marks []string
	for _, line := range via {
		for entry := range strings.SplitSeq(line, ",") {
			fields := strings.Fields(entry)
			if len(fields) > 1 && isMark(fields[1]) {
				marks = append(marks, fields[1])
			}
		}
	}
	return marks[max(0, len(marks)-maxMarks):]
}

func isMark(s string) bool {
	id, ok := strings.CutPrefix(s, viaMark)
	return ok && len(id) <= 64 && isToken(id)
}

// viaOf is the Via header of a call: the marks it carries and our own.
func (r *Registry) viaOf(ctx context.Context) string {
	marks, _ := ctx.Value(viaKey{}).([]string)
	var b strings.Builder
	for _, mark := range marks {
		b.WriteString("1.1 " + mark + ", ")
	}
	return b.String() + "1.1 " + r.via
}
