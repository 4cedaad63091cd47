package names

import (
	"context"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// maxMentions bounds the names that one text is searched for.
const maxMentions = 100

// MentionsPublished tells whether a text that is about to be sent upstream
// holds a name that is private because it is or was published here. It finds
// whole names, in any case and escaped too; MentionsPrivate does the same for
// what is declared. When in doubt it says yes.
func (l *Ledger) MentionsPublished(ctx context.Context, text string) (bool, error) {
	for range maxDecodings {
		private, err := l.mentionsPublished(ctx, strings.ToLower(text))
		if private || err != nil {
			return private, err
		}
		decoded := decodeOnce(text)
		if decoded == text {
			return false, nil
		}
		text = decoded
	}
	return true, nil // nobody searches for a text that is escaped so often
}

func (l *Ledger) mentionsPublished(ctx context.Context, text string) (bool, error) {
	list := candidates(text)
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > maxMentions {
		return true, nil // nor for so many words
	}
	for _, part := range list {
		name, err := npm.ParseName(part)
		if err != nil {
			continue
		}
		origin, err := l.Origin(ctx, name)
		if err != nil || origin == record.Private {
			return origin == record.Private, err
		}
	}
	return false, nil
}
