package httpd

// Op is what a request target asks for, whatever its method.
type Op uint8

// The operations. Their order is that of the table below.
const (
	opUnknown Op = iota
	opRoot
	opServer
	opPackument
	opManifest
	opTarball
	opRevision
	opDistTags
	opDistTag
	opPing
	opSearch
	opAuditBulk
	opAuditQuick
	opKeys
	opAttestations
	opHealth
	opLiveness
	opReadiness
	opMetrics
	opMalformed
	opCount
)

// operation is what the front end knows about an Op before it looks at the
// request.
type operation struct {
	// route names the operation in logs and metrics.
	route string
	// allow is the Allow header: the methods that exist there.
	allow string
	// read and post tell which methods of that header are served.
	read, post bool
	// limit is the most bytes that a request's body may have, as sent and as
	// decoded; 0 where no body is taken.
	limit int64
}

const (
	allowRead  = "GET, HEAD, OPTIONS"
	allowPost  = "POST, OPTIONS"
	allowNone  = "OPTIONS"
	auditLimit = 16 << 20
)

func reading(route string) operation { return operation{route: route, allow: allowRead, read: true} }

func auditing(route string) operation {
	return operation{route: route, allow: allowPost, post: true, limit: auditLimit}
}

// operations returns the table of all operations, indexed by Op.
func operations() [opCount]operation {
	return [opCount]operation{
		opUnknown:      {route: "unknown"},
		opRoot:         reading("root"),
		opServer:       {route: "server", allow: allowNone},
		opPackument:    reading("packument"),
		opManifest:     reading("manifest"),
		opTarball:      reading("tarball"),
		opRevision:     {route: "revision", allow: allowNone},
		opDistTags:     reading("dist_tags"),
		opDistTag:      {route: "dist_tag", allow: allowNone},
		opPing:         reading("ping"),
		opSearch:       reading("search"),
		opAuditBulk:    auditing("audit_bulk"),
		opAuditQuick:   auditing("audit_quick"),
		opKeys:         reading("keys"),
		opAttestations: reading("attestations"),
		opHealth:       reading("health"),
		opLiveness:     reading("liveness"),
		opReadiness:    reading("readiness"),
		opMetrics:      reading("metrics"),
		opMalformed:    {route: "malformed"},
	}
}
