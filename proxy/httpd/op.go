package httpd

// Op is what a request target asks for, whatever its method.
type Op uint16

// The operations. Their order is that of the tables.
const (
	opUnknown Op = iota // a path at the root that means nothing
	opNoRoute           // one below apiRoot
	opMalformed
	opServer

	opRoot
	opPackument
	opManifest
	opTarball
	opRevision
	opFileRevision
	opDistTags
	opDistTag
	opAccess
	opVisibility
	opCollaborators
	opOwners
	opOwner

	opPing
	opSearch
	opAuditBulk
	opAuditQuick
	opKeys
	opAttestations
	opScopePackages
	opUserPackages
	opStarredBy
	opStars
	opStar

	opWhoami
	opUser
	opUserRevision
	opToken
	opTokens
	opTokenKey
	opProfile
	opWebLogin
	opLoginDone
	opLoginPage
	opSignOut
	opProjectsPage
	opProjectPage
	opGroupsPage
	opGroupPage
	opPackagePage
	opPackageFile

	opHealth
	opLiveness
	opReadiness
	opMetrics
	opCount // and further on those of GitLab's REST API
)

// exists tells whether a path means something.
func (o Op) exists() bool { return o > opMalformed }

// isProbe tells whether it is of whoever runs the server.
func (o Op) isProbe() bool { return o >= opHealth && o < opCount }

// rootOnly tells whether an operation exists at the root alone: those of the
// server rather than of a registry.
func (o Op) rootOnly() bool {
	return o >= opLoginPage && o <= opPackageFile || o.isProbe()
}
