// Package site composes the pages that people look at: it finds out what
// somebody may see and hands that to registry/web, which renders it. It changes
// nothing and refuses to know how requests travel.
package site
