package registry

import (
	"context"
	"io"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// Put is a write of a name's document that was authorised and whose body is
// still to be read.
type Put struct {
	s       *Service
	caller  Caller
	place   Place
	name    npm.Name
	project *accounts.Project
	// rev is the revision that the write changes; empty where any will do.
	rev string
	// pushes are the projects that own the name and that the caller may publish
	// to.
	pushes map[int64]bool
}

// Written says what a write did.
type Written struct {
	// ID is the number of the package that was published; zero otherwise.
	ID int64
	// Rev is the name's new revision.
	Rev uint64
	// Done says in a few words what was done, for the log.
	Done string
	// Notice is a line of ASCII for whoever wrote, or empty.
	Notice string
}

// BeginPut authorises "PUT /name" before its body is read. What the body says
// may need more than publishing does; Run checks that.
func (s *Service) BeginPut(ctx context.Context, c Caller, p Place, name npm.Name) (*Put, error) {
	kind := pushing
	switch c.Command {
	case "deprecate", "undeprecate":
		kind = changing
	case "star", "unstar":
		kind = starring
	}
	pr, err := s.target(ctx, c, p, name, kind)
	if err != nil {
		return nil, err
	}
	return &Put{s: s, caller: c, place: p, name: name, project: pr}, nil
}

// Body is the body of a write.
type Body struct {
	io.Reader
	// Grow is told before memory for it grows; nil where nobody counts.
	Grow func(n int64) error
}

// Run reads the body and does what it says: a document with attachments is a
// publish, one without changes what is there.
func (p *Put) Run(ctx context.Context, b Body) (Written, error) {
	u := &upload{s: p.s, ctx: ctx}
	defer u.close()
	doc, err := npm.ReadPublish(b, npm.PublishOptions{
		Attachment: func(key string) (io.Writer, error) {
			// What was authorised is what a header claims this to be. No byte of
			// a tarball is taken from somebody who may not publish.
			if err := p.again(ctx, pushing); err != nil {
				return nil, err
			}
			return u.attach(key)
		},
		MaxDocument:   p.s.opts.DocumentLimit,
		MaxAttachment: p.s.opts.PackageLimit,
		Grow:          b.Grow,
	})
	if err != nil {
		return Written{}, err
	}
	if doc.HasAttachments || p.isPublish(doc) {
		return p.publish(ctx, doc, u)
	}
	return p.change(ctx, doc)
}

// isPublish tells whether a document without attachments is a publish that
// lacks them rather than a change. Commands that change say so in their header,
// and those that do not send the document that they got, which has a _rev.
func (p *Put) isPublish(doc *npm.PublishDocument) bool {
	return p.caller.Command == "publish" || p.caller.Command == "" && doc.Rev == "" &&
		len(doc.Deprecations()) == 0 && doc.Users == nil && doc.Maintainers == nil
}
