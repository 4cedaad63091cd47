package web

import (
	"bytes"
	"crypto/sha256"
	"html"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// The bounds of a README, in bytes.
const (
	// maxReadme is how much Markdown is shown; what is longer is cut.
	maxReadme = 512 << 10
	// maxRendered is how much HTML may come of it before it is sanitised.
	maxRendered = 2 << 20
)

// newMarkdown returns a renderer for what repositories commonly write. It lets
// HTML through, which is why its output is never shown as it is.
func newMarkdown() goldmark.Markdown {
	table := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))
	return goldmark.New(
		goldmark.WithExtensions(table, extension.Strikethrough, extension.Linkify, extension.TaskList),
		goldmark.WithRendererOptions(goldhtml.WithUnsafe()))
}

// Readme renders Markdown that anybody may have published as HTML that is safe
// in a page: without scripts, styles, forms and frames, and without loading
// anything. Images and relative links become what can be followed or read.
// Text that is longer than 512 KiB is cut; one that would take too long to
// format is shown as it was written. Either is said in a note.
func (p *Pages) Readme(markdown []byte) template.HTML {
	if len(markdown) == 0 {
		return ""
	}
	digest := sha256.Sum256(markdown)
	if known, ok := p.readmes.Get(digest); ok {
		return known
	}
	// Whoever asks for the same meanwhile waits: formatting may take a second.
	made, _, _ := p.formatting.Do(string(digest[:]), func() (any, error) {
		p.turns <- struct{}{}
		defer func() { <-p.turns }()
		rendered := p.readme(markdown)
		p.readmes.Add(digest, rendered)
		return rendered, nil
	})
	return made.(template.HTML) //nolint:forcetypeassert // it is made above
}

func (p *Pages) readme(markdown []byte) template.HTML {
	source, cut := prepare(markdown)
	rendered, ok := p.format(source)
	if !ok {
		rendered = note("This README is too intricate to be formatted. This is its text.") +
			"<pre>" + html.EscapeString(string(source)) + "</pre>"
	}
	if cut {
		rendered += note("This README is longer than 512 KiB. The rest is not shown.")
	}
	return template.HTML(rendered) //nolint:gosec // it went through the sanitiser
}

// note returns a paragraph of ours within a README.
func note(sentence string) string { return "<p><em>" + sentence + "</em></p>\n" }

// prepare returns valid text with plain line ends, and whether it was cut.
func prepare(markdown []byte) ([]byte, bool) {
	cut := len(markdown) > maxReadme
	if cut {
		markdown = markdown[:maxReadme]
		if end := bytes.LastIndexByte(markdown, '\n'); end > 0 {
			markdown = markdown[:end+1]
		}
	}
	markdown = bytes.TrimPrefix(markdown, []byte("\ufeff"))
	markdown = bytes.ToValidUTF8(markdown, []byte("\ufffd"))
	markdown = bytes.ReplaceAll(markdown, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(markdown, []byte("\r"), []byte("\n")), cut
}

// format renders and sanitises. It refuses what would cost too much.
func (p *Pages) format(source []byte) (string, bool) {
	if tooIntricate(source) {
		return "", false
	}
	doc := p.markdown.Parser().Parse(text.NewReader(source))
	if !nameHeadings(doc, source) {
		return "", false
	}
	var out bounded
	if err := p.markdown.Renderer().Render(&out, source, doc); err != nil || out.full {
		return "", false
	}
	return p.sanitizer.Sanitize(tidy(out.Bytes())), true
}

// bounded is a buffer that stops taking bytes when it is full, since the
// renderer does not stop at an error.
type bounded struct {
	bytes.Buffer
	full bool
}

// Write takes bytes or forgets them.
func (b *bounded) Write(p []byte) (int, error) {
	if b.full = b.full || b.Len()+len(p) > maxRendered; b.full {
		return len(p), nil
	}
	return b.Buffer.Write(p)
}
