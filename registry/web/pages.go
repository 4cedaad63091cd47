// Package web renders the pages that people look at: plain HTML from plain
// structs. It knows no HTTP, reads no store and runs no script.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"runtime"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"golang.org/x/sync/singleflight"

	"github.com/larderhq/larder/cache/memory"
)

//go:embed templates
var files embed.FS

//go:embed style.css
var sheet string

// pageNames are the pages; each has a file of its name in templates.
var pageNames = [...]string{"package", "project", "group", "home", "login", "error"}

// Options shape the pages.
type Options struct {
	// Version is larder's own, shown at the foot of each page; empty shows none.
	Version string
}

// Pages renders every page. It is safe for concurrent use.
type Pages struct {
	pages     map[string]*template.Template
	policy    string
	markdown  goldmark.Markdown
	sanitizer *bluemonday.Policy
	// readmes are READMEs that were rendered lately, by what they were made of.
	readmes    *memory.Cache[[32]byte, template.HTML]
	formatting singleflight.Group
	// turns are for those READMEs that are being formatted: half of the machine is
	// left for everything else, however many are asked for.
	turns chan struct{}
}

// readmeMemory is the budget of rendered READMEs, in bytes.
const readmeMemory = 8 << 20

// New parses the pages that are part of the program.
func New(options Options) (*Pages, error) {
	base := template.New("frame.html").Funcs(functions(options))
	if _, err := base.ParseFS(files, "templates/frame.html", "templates/parts.html"); err != nil {
		return nil, fmt.Errorf("parse frame of pages: %w", err)
	}
	p := &Pages{pages: make(map[string]*template.Template, len(pageNames)), markdown: newMarkdown(), sanitizer: newSanitizer(),
		turns: make(chan struct{}, max(runtime.GOMAXPROCS(0)/2, 1))}
	var err error
	p.readmes, err = memory.New(readmeMemory, func(_ [32]byte, html template.HTML) int64 { return int64(len(html)) })
	if err != nil {
		return nil, fmt.Errorf("make room for READMEs: %w", err)
	}
	for _, name := range pageNames {
		page, err := base.Clone()
		if err == nil {
			page, err = page.ParseFS(files, "templates/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
		p.pages[name] = page
	}
	sum := sha256.Sum256([]byte(sheet))
	p.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return p, nil
}

// Policy returns the Content-Security-Policy that goes with every page: the one
// style sheet inside, forms to ourselves, and nothing else. No image is loaded,
// so that a README cannot tell who reads it.
func (p *Pages) Policy() string { return p.policy }

// render writes a whole page or nothing.
func (p *Pages) render(w io.Writer, name string, view any) error {
	var page bytes.Buffer
	if err := p.pages[name].Execute(&page, view); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	if _, err := w.Write(page.Bytes()); err != nil {
		return fmt.Errorf("write page %s: %w", name, err)
	}
	return nil
}
