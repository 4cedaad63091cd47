// Package httpd is larder's front end: it parses raw request targets, refuses
// ambiguous requests, negotiates, turns answers and errors of the floor below
// into HTTP, and keeps the access log. It refuses to know where answers come
// from, and it alone knows fasthttp, whose context never leaves it.
package httpd
