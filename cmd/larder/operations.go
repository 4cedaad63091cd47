package main

import (
	"context"
	"maps"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
)

// operations are all that commands may ask for, by name.
func operations() map[string]operation {
	known := map[string]operation{
		"user.create":       operate(createUser),
		"user.list":         operate(listUsers),
		"user.show":         operate(showUser),
		"user.block":        operate(blockUser),
		"user.unblock":      operate(unblockUser),
		"user.remove":       operate(removeUser),
		"user.password":     operate(setPassword),
		"group.create":      operate(createGroup),
		"group.list":        operate(listGroups),
		"group.show":        operate(showGroup),
		"group.set":         operate(setGroup),
		"group.remove":      operate(removeGroup),
		"project.create":    operate(createProject),
		"project.list":      operate(listProjects),
		"project.show":      operate(showProject),
		"project.set":       operate(setProject),
		"project.remove":    operate(removeProject),
		"member.add":        operate(addMember),
		"member.list":       operate(listMembers),
		"member.remove":     operate(removeMember),
		"token.create":      operate(createToken),
		"token.deploy":      operate(createDeployToken),
		"token.list":        operate(listTokens),
		"token.list_deploy": operate(listDeployTokens),
		"token.revoke":      operate(revokeToken),
		"rule.add":          operate(addRule),
		"rule.list":         operate(listRules),
		"rule.remove":       operate(removeRule),
		"package.list":      operate(listPackages),
		"package.show":      operate(showPackage),
		"package.delete":    operate(deletePackage),
		"package.restore":   operate(restorePackage),
		"name.list":         operate(listNames),
		"name.show":         operate(showName),
		"name.release":      operate(releaseName),
		"cache.list":        operate(listCached),
		"cache.show":        operate(showCached),
		"cache.usage":       operate(cacheUsage),
		"cache.purge":       operate(purgeCached),
		"cache.refresh":     operate(refreshCached),
		"audit.log":         operate(auditLog),
		"instance.show":     operate(showInstance),
		"instance.set":      operate(setInstance),
		"fsck":              operate(fsck),
	}
	maps.Copy(known, policyOperations())
	return known
}

// policyOperations are those of what is blocked, waived and refused.
func policyOperations() map[string]operation {
	return map[string]operation{
		"name.acknowledge": operate(acknowledgeName),
		"order.give":       operate(giveOrder),
		"order.list":       operate(listOrders),
		"order.end":        operate(endOrder),
		"audit.served":     operate(auditServed),
		"audit.decisions":  operate(auditDecisions),
		"audit.verify":     operate(auditVerify),
	}
}

// console is who the audit log says did what a command did: who may open the
// data folder or its socket may do everything.
const console = "console"

func consoleActor() accounts.Actor { return accounts.Actor{Name: console} }

// caller is the same for the registry.
func (d *desk) caller() registry.Caller { return registry.Caller{Principal: accounts.Console()} }

// named is the input that names one thing, numbered that which numbers one.
type named struct {
	Name string `json:"name"`
}

type numbered struct {
	ID int64 `json:"id"`
}

// page is how many records one transaction of a list reads.
const page = 500

// all reads a list to its end, a page at a time.
func all[T any](read func(after int64) ([]T, error), id func(T) int64) ([]T, error) {
	out := []T{}
	for after := int64(0); ; {
		list, err := read(after)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if len(list) < page {
			return out, nil
		}
		after = id(list[len(list)-1])
	}
}

func fsck(ctx context.Context, d *desk, _ struct{}) (registry.FsckReport, error) {
	return registry.Fsck(ctx, registry.FsckDeps{Store: d.registry, Blobs: d.packages, Dual: d.ledger.Dual},
		func(p registry.FsckProgress) { d.tell(p) })
}
