package httpd

import (
	"net/http"

	"github.com/larderhq/larder/registry/rest"
)

// table is everything that is served, by Op.
type table []operation

// operations returns the table.
func operations() table {
	t := make(table, int(opCount)+len(restPaths()))
	t[opUnknown] = operation{name: "unknown", family: npmFamily}
	t[opNoRoute] = operation{name: "no_route", family: restFamily}
	t[opMalformed] = operation{name: "malformed"}
	t[opServer] = operation{name: "server", path: "*"}
	t.packages()
	t.services()
	t.people()
	t.sessions()
	t.api()
	t.pages()
	t.probes()
	for op := range t {
		t[op].allow = t[op].allowed()
	}
	return t
}

// reading is the route of a GET.
func reading(run func(*Server, *exchange) error) route {
	return route{method: http.MethodGet, access: byTarget, run: run}
}

// writing is the route of a write by somebody who signed in.
func writing(method string, body bodyClass, run func(*Server, *exchange) error) route {
	return route{method: method, mutates: true, access: signedIn, body: body, run: run}
}

// after gives a route the check that comes before its body.
func (r route) after(authorize func(*Server, *exchange) error) route {
	r.authorize = authorize
	return r
}

// packages are the operations on one package.
func (t table) packages() {
	put := writing(http.MethodPut, documentBody, (*Server).put).after((*Server).authorizePut)
	revise := writing(http.MethodPut, documentBody, (*Server).putRevision).after((*Server).authorizeRevision)
	unpublish := writing(http.MethodDelete, noBody, (*Server).deleteRevision)
	t[opRoot] = operation{name: "root", path: "/", routes: []route{reading((*Server).home)}}
	t[opPackument] = operation{name: "packument", path: "/:package", routes: []route{reading((*Server).packument), put}}
	t[opManifest] = operation{name: "manifest", path: "/:package/:version", routes: []route{reading((*Server).manifest)}}
	t[opTarball] = operation{name: "tarball", path: "/:package/-/:file", routes: []route{reading((*Server).tarball)}}
	t[opRevision] = operation{name: "revision", path: "/:package/-rev/:rev", routes: []route{revise, unpublish}}
	t[opFileRevision] = operation{name: "file_revision", path: "/:package/-/:file/-rev/:rev", routes: []route{unpublish}}
	t.properties()
}

// properties are the operations on what belongs to one package besides its
// document.
func (t table) properties() {
	setTag := writing(http.MethodPut, formBody, (*Server).setTag).after((*Server).authorizeTag)
	t[opDistTags] = operation{name: "dist_tags", path: "/-/package/:package/dist-tags",
		routes: []route{reading((*Server).distTags)}}
	t[opDistTag] = operation{name: "dist_tag", path: "/-/package/:package/dist-tags/:tag",
		routes: []route{setTag, writing(http.MethodDelete, noBody, (*Server).removeTag)}}
	t[opAccess] = operation{name: "access", path: "/-/package/:package/access",
		routes: []route{reading((*Server).visibility), writing(http.MethodPost, formBody, (*Server).setAccess)}}
	t[opVisibility] = operation{name: "visibility", path: "/-/package/:package/visibility",
		routes: []route{reading((*Server).visibility)}}
	t[opCollaborators] = operation{name: "collaborators", path: "/-/package/:package/collaborators",
		routes: []route{asking((*Server).collaborators)}}
	t[opOwners] = operation{name: "owners", path: "/-/package/:package/owners",
		routes: []route{writing(http.MethodPut, formBody, (*Server).addOwner)}}
	t[opOwner] = operation{name: "owner", path: "/-/package/:package/owners/:user",
		routes: []route{writing(http.MethodDelete, noBody, (*Server).removeOwner)}}
	t[opStar] = operation{name: "star", path: "/-/user/package/:package/star", routes: []route{
		writing(http.MethodPut, formBody, (*Server).starPackage), writing(http.MethodDelete, noBody, (*Server).starPackage)}}
}

// services are the operations of a registry that are about no package of its
// own.
func (t table) services() {
	quick := route{method: http.MethodPost, access: signedInBelow, upstream: true, body: auditBody, run: (*Server).auditQuick}
	bulk := quick
	bulk.upstream, bulk.run = false, (*Server).auditBulk

	t[opPing] = operation{name: "ping", path: "/-/ping", routes: []route{reading((*Server).empty)}}
	t[opSearch] = operation{name: "search", path: "/-/v1/search", routes: []route{reading((*Server).search)}}
	t[opAuditBulk] = operation{name: "audit_bulk", path: "/-/npm/v1/security/advisories/bulk", routes: []route{bulk}}
	t[opAuditQuick] = operation{name: "audit_quick", path: "/-/npm/v1/security/audits/quick", routes: []route{quick}}
	t[opKeys] = operation{name: "keys", path: "/-/npm/v1/keys", routes: []route{reading((*Server).keys)}}
	t[opAttestations] = operation{name: "attestations", path: "/-/npm/v1/attestations/:package@:version",
		routes: []route{reading((*Server).attestations)}}
}

// people are the operations on what users have and like.
func (t table) people() {
	t[opScopePackages] = operation{name: "scope_packages", path: "/-/org/:scope/package",
		routes: []route{asking((*Server).scopePackages)}}
	t[opUserPackages] = operation{name: "user_packages", path: "/-/user/:user/package",
		routes: []route{asking((*Server).userPackages)}}
	t[opStarredBy] = operation{name: "starred_by", path: "/-/_view/starredByUser", routes: []route{asking((*Server).starred)}}
	t[opStars] = operation{name: "stars", path: "/-/user/v1/star", routes: []route{
		asking((*Server).stars), writing(http.MethodPut, formBody, (*Server).starNamed)}}
}

// asking is reading by somebody who signed in.
func asking(run func(*Server, *exchange) error) route {
	return route{method: http.MethodGet, access: signedIn, run: run}
}

// unsigned opens a route to those who are about to sign in or out, and to
// probes.
func (r route) unsigned() route {
	r.access = unchecked
	return r
}

// sessions are the operations on accounts: signing in and out, tokens,
// profiles.
func (t table) sessions() {
	login := writing(http.MethodPut, formBody, (*Server).login).unsigned()
	t[opWhoami] = operation{name: "whoami", path: "/-/whoami", routes: []route{asking((*Server).whoami)}}
	t[opUser] = operation{name: "user", path: "/-/user/" + userPrefix + ":user", routes: []route{asking((*Server).user), login}}
	t[opUserRevision] = operation{name: "user_revision", path: "/-/user/" + userPrefix + ":user/-rev/:rev", routes: []route{login}}
	t[opToken] = operation{name: "token", path: "/-/user/token/:token",
		routes: []route{writing(http.MethodDelete, noBody, (*Server).logout).unsigned()}}
	t[opTokens] = operation{name: "tokens", path: "/-/npm/v1/tokens", routes: []route{
		asking((*Server).tokens), writing(http.MethodPost, formBody, (*Server).createToken)}}
	t[opTokenKey] = operation{name: "token_key", path: "/-/npm/v1/tokens/token/:key",
		routes: []route{writing(http.MethodDelete, noBody, (*Server).revokeToken)}}
	t[opProfile] = operation{name: "profile", path: "/-/npm/v1/user", routes: []route{
		asking((*Server).profile), writing(http.MethodPost, formBody, (*Server).setProfile)}}
	t[opWebLogin] = operation{name: "web_login", path: "/-/v1/login",
		routes: []route{writing(http.MethodPost, formBody, (*Server).webLogin).unsigned()}}
	t[opLoginDone] = operation{name: "login_done", path: "/-/v1/done/:id", routes: []route{reading((*Server).loginDone).unsigned()}}
	t[opLoginPage] = operation{name: "login_page", path: "/-/login", routes: []route{
		reading((*Server).showLogin).unsigned(), writing(http.MethodPost, formBody, (*Server).approveLogin).unsigned()}}
}

// api are the operations that the REST API lists itself. Their names begin with
// "api_", because both protocols have users and tokens.
func (t table) api() {
	for i, path := range restPaths() {
		o := operation{path: path, family: restFamily}
		for _, r := range rest.Routes() {
			if r.Path == path {
				o.name = "api_" + r.Name
				o.routes = append(o.routes, apiRoute(r))
			}
		}
		t[opCount+Op(i)] = o
	}
}

// apiRoute is a route of the REST API.
func apiRoute(r rest.Route) route {
	made := route{method: r.Method, mutates: r.Mutates(), access: byTarget,
		run: func(s *Server, x *exchange) error { return s.call(x, r) }}
	if r.SignedIn {
		made.access = signedIn
	}
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		made.body = formBody
	}
	return made
}

// pages are what people look at with a browser.
func (t table) pages() {
	page := func(name, path string, run func(*Server, *exchange) error) operation {
		return operation{name: name, path: path, routes: []route{reading(run).unsigned()}}
	}
	t[opSignOut] = operation{name: "sign_out", path: "/-/logout",
		routes: []route{writing(http.MethodPost, formBody, (*Server).signOut).unsigned()}}
	t[opProjectsPage] = page("projects_page", "/-/projects", (*Server).showProjects)
	t[opProjectPage] = page("project_page", "/-/projects/:project", (*Server).showProject)
	t[opGroupsPage] = page("groups_page", "/-/groups", (*Server).showGroups)
	t[opGroupPage] = page("group_page", "/-/groups/:group", (*Server).showGroup)
	t[opPackagePage] = page("package_page", "/:project/-/packages/:number", (*Server).showPackage)
	t[opPackageFile] = page("package_file", "/:project/-/packages/:number/files/:number", (*Server).downloadFile)
}

// probes are the operations of whoever runs the server.
func (t table) probes() {
	probe := reading((*Server).operate).unsigned()
	t[opHealth] = operation{name: "health", path: "/-/health", routes: []route{probe}}
	t[opLiveness] = operation{name: "liveness", path: "/-/liveness", routes: []route{probe}}
	t[opReadiness] = operation{name: "readiness", path: "/-/readiness", routes: []route{probe}}
	t[opMetrics] = operation{name: "metrics", path: "/-/metrics", routes: []route{probe}}
}
