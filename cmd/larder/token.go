package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// tokenCommand manages tokens.
type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Create a token of a user and print it, this once."`
	Deploy tokenDeployCommand `cmd:"" help:"Create a deploy token of a project or group and print it, this once."`
	List   tokenListCommand   `cmd:"" help:"List the tokens of a user, or the deploy tokens of a project or group."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke a token at once."`
}

// tokenCreateCommand creates a personal token.
type tokenCreateCommand struct {
	Username string   `arg:"" help:"Name of the user."`
	Name     string   `help:"What the token is for." default:"console" placeholder:"TEXT"`
	Scope    []string `help:"What it may do: api or read_api." default:"api" placeholder:"SCOPE"`
	Package  []string `help:"Only packages of this pattern: @acme/*. Repeat for more." placeholder:"PATTERN"`
	CIDR     []string `name:"cidr" help:"Only from this network: 10.0.0.0/8. Repeat for more." placeholder:"NETWORK"`
	Expires  string   `help:"When it ends: 30d from now, or a day like 2030-01-31 (default: auth.token_ttl)." placeholder:"WHEN"`
	output
}

// Run implements the command.
func (c *tokenCreateCommand) Run(ctx context.Context, a *app) error {
	in := newToken{Username: c.Username, Name: c.Name, Scopes: c.Scope, Packages: c.Package, CIDR: c.CIDR}
	var err error
	if in.ExpiresAt, err = parseWhen(c.Expires, time.Now()); err != nil {
		return err
	}
	return a.printToken(ctx, c.output, call{name: "token.create", in: in})
}

// tokenDeployCommand creates a deploy token.
type tokenDeployCommand struct {
	Path     string   `arg:"" help:"Full path of the project or group."`
	Name     string   `help:"What the token is for." required:"" placeholder:"TEXT"`
	Username string   `help:"Name to sign in with (default: gitlab+deploy-token-NUMBER)." placeholder:"NAME"`
	Scope    []string `help:"What it may do: read_package_registry or write_package_registry." default:"read_package_registry" placeholder:"SCOPE"`
	Expires  string   `help:"When it ends: 30d from now, or a day like 2030-01-31 (default: never)." placeholder:"WHEN"`
	output
}

// Run implements the command.
func (c *tokenDeployCommand) Run(ctx context.Context, a *app) error {
	in := newToken{Path: c.Path, Name: c.Name, Username: c.Username, Scopes: c.Scope}
	var err error
	if in.ExpiresAt, err = parseWhen(c.Expires, time.Now()); err != nil {
		return err
	}
	return a.printToken(ctx, c.output, call{name: "token.deploy", in: in})
}

// printToken creates a token. Only the token goes to standard output, so that
// "$(larder token create ...)" is one.
func (a *app) printToken(ctx context.Context, o output, c call) error {
	var t createdToken
	if err := a.do(ctx, c, &t); err != nil {
		return err
	}
	if o.JSON {
		return printJSON(a.stdout, t)
	}
	fmt.Fprintln(a.stderr, visible(fmt.Sprintf("token %d of %s (%s), expires: %s; it is shown only now",
		t.ID, t.Username, words(t.Scopes), date(t.ExpiresAt, "never"))))
	_, err := fmt.Fprintln(a.stdout, t.Token)
	return err
}

// tokenListCommand lists tokens.
type tokenListCommand struct {
	Owner string `arg:"" name:"user" help:"Name of the user, full path of the project, or with --deploy that of the group."`
	// Deploy makes the owner a path where it does not look like one.
	Deploy bool `help:"List the deploy tokens of a project or group."`
	output
}

// Run implements the command.
func (c *tokenListCommand) Run(ctx context.Context, a *app) error {
	operation := "token.list"
	if c.Deploy || strings.Contains(c.Owner, "/") {
		operation = "token.list_deploy"
	}
	var list []tokenView
	if err := a.do(ctx, call{name: operation, in: named{c.Owner}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "NAME", "USERNAME", "BEGINS", "SCOPES", "PACKAGES", "NETWORKS", "EXPIRES", "LAST USED", "STATE")
		for _, t := range list {
			r.add(t.ID, t.Name, t.Username, t.Hint, words(t.Scopes), orAll(t.Packages), orAll(t.CIDR),
				date(t.ExpiresAt, "never"), date(t.LastUsedAt, "never"), t.State)
		}
	})
}

// orAll writes a list that limits nothing while it is empty.
func orAll(list []string) string {
	if len(list) == 0 {
		return "all"
	}
	return words(list)
}

// tokenRevokeCommand revokes a token.
type tokenRevokeCommand struct {
	ID int64 `arg:"" name:"id" help:"Number of the token, as token list shows it."`
}

// Run implements the command.
func (c *tokenRevokeCommand) Run(ctx context.Context, a *app) error {
	var t tokenView
	if err := a.do(ctx, call{name: "token.revoke", in: numbered{c.ID}}, &t); err != nil {
		return err
	}
	return a.say("token %d (%s) of %s does not work any more", t.ID, t.Name, t.Username)
}
