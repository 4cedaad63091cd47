package rest

import (
	"context"
	"net/http"
)

// Route is one line of the table of what the API serves.
type Route struct {
	// Name is the path's name in logs and metrics. Routes of one path share it.
	Name string
	// Method is GET, POST, PUT, PATCH or DELETE.
	Method string
	// Path is a pattern below "/api/v4": "/projects/:id/packages". The first
	// ":id" below "/projects/" and "/groups/" is a number or an escaped full
	// path; any other part with a colon is a text, which the handler reads with
	// the part's name.
	Path string
	// SignedIn refuses the anonymous before anything else is looked at.
	SignedIn bool
	// Run answers.
	Run func(*API, context.Context, *Request) (*Response, error)
}

// Mutates tells that packages, accounts or settings change.
func (r Route) Mutates() bool { return r.Method != http.MethodGet }

// Routes lists everything that the API serves.
func Routes() []Route {
	var all []Route
	for _, some := range [][]Route{
		packageRoutes(),
		userRoutes(),
		tokenRoutes(),
		settingsRoutes(),
		versionRoutes(),
		memberRoutes(),
		deployTokenRoutes(),
		ruleRoutes(),
		pipelineRoutes(),
		larderRoutes(),
		groupRoutes(),
		projectRoutes(),
		namespaceRoutes(),
	} {
		all = append(all, some...)
	}
	return all
}

// Response is what a request is answered with.
type Response struct {
	// Status is 200 where it is zero.
	Status int
	// Header has further headers, in order.
	Header []Header
	// Body is written as JSON; nil writes none.
	Body any
	// File, where set, is sent instead of a body.
	File *File
}

// Header is a header of a response.
type Header struct{ Name, Value string }

// ok is the response of most reads.
func ok(body any) *Response { return &Response{Body: body} }

// created is the response of most writes that make something.
func created(body any) *Response { return &Response{Status: http.StatusCreated, Body: body} }

// noContent is the response of most writes that remove something.
func noContent() *Response { return &Response{Status: http.StatusNoContent} }

// accepted is GitLab's response to the removal of groups and projects.
func accepted() *Response {
	return &Response{Status: http.StatusAccepted, Body: map[string]string{"message": "202 Accepted"}}
}
