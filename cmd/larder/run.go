package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/larderhq/larder/config"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	// exitConfig is EX_CONFIG of sysexits.h, which service managers can tell
	// from a crash: starting again changes nothing.
	exitConfig = 78
)

// app is one run of the command: what it was given and where it writes.
type app struct {
	env    config.Env
	dir    string
	flags  config.Flags
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// settingFlags are the flags of every command.
type settingFlags struct {
	Config    string `help:"Configuration file (default: larder.yaml in the data folder)." placeholder:"FILE"`
	Listen    string `help:"Address to listen on (default: 127.0.0.1:4873)." placeholder:"HOST:PORT"`
	Data      string `help:"Data folder (default: ./larder-data)." placeholder:"DIR"`
	Upstream  string `help:"Registry to fetch packages from (default: the one that npm uses)." placeholder:"URL"`
	PublicURL string `help:"URL under which clients reach larder (default: as each client says)." placeholder:"URL"`
}

// commands is the command line.
type commands struct {
	settingFlags `embed:""`

	Help        helpFlag    `short:"h" help:"Show this help."`
	ShowVersion versionFlag `name:"version" help:"Print the version."`

	Serve    serveCommand    `cmd:"" default:"withargs" help:"Serve packages. This is what larder does without a command."`
	Check    checkCommand    `cmd:"" help:"Check the configuration and list every problem."`
	Explain  explainCommand  `cmd:"" help:"Tell where a package comes from and what is stored of it."`
	Fsck     fsckCommand     `cmd:"" help:"Check that records, ledger and stored bytes agree. Repairs nothing."`
	User     userCommand     `cmd:"" help:"Manage who signs in."`
	Group    groupCommand    `cmd:"" help:"Manage groups, which hold projects."`
	Project  projectCommand  `cmd:"" help:"Manage projects, which hold packages."`
	Member   memberCommand   `cmd:"" help:"Manage who may do what where."`
	Token    tokenCommand    `cmd:"" help:"Manage tokens of users, and deploy tokens."`
	Rule     ruleCommand     `cmd:"" help:"Manage what protects packages."`
	Package  packageCommand  `cmd:"" help:"Manage published packages."`
	Name     nameCommand     `cmd:"" help:"Manage whose names are whose."`
	Cache    cacheCommand    `cmd:"" help:"Manage what is stored of upstream."`
	Block    blockCommand    `cmd:"" help:"Refuse versions from now on."`
	Waive    waiveCommand    `cmd:"" help:"Let one version through that guards refuse, for a short time."`
	Order    orderCommand    `cmd:"" help:"Manage what was blocked and waived."`
	Audit    auditCommand    `cmd:"" help:"Look at who did what, who got what, and what was refused."`
	Instance instanceCommand `cmd:"" help:"Manage what holds where no group or project chose."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// helpFlag prints the help. Kong's own would end the process, tests included.
type helpFlag bool

// errHelp ends parsing once what a flag asked for is printed.
var errHelp = errors.New("help was printed")

// versionFlag does what the version command does, because people try both.
type versionFlag bool

// BeforeReset implements kong's hook that runs before values are set.
func (versionFlag) BeforeReset(a *app) error {
	if err := (versionCommand{}).Run(a); err != nil {
		return err
	}
	return errHelp
}

// BeforeReset implements kong's hook that runs before values are set.
func (helpFlag) BeforeReset(k *kong.Context) error {
	if c := k.Selected(); c != nil && !slices.Contains(k.Args, c.Name) {
		k.Path = k.Path[:1] // the default command was not asked about
	}
	if err := k.PrintUsage(false); err != nil {
		return err
	}
	return errHelp
}

// run is the whole program but for signals and the end of the process. It
// returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	a := &app{env: config.EnvOf(environ), stdin: os.Stdin, stdout: stdout, stderr: stderr}
	err := a.run(ctx, args)
	switch {
	case err == nil, errors.Is(err, errHelp):
		return exitOK
	case errors.Is(err, errReported):
	default:
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(stderr, "larder: "+line)
		}
	}
	if wrong := (*configError)(nil); errors.As(err, &wrong) {
		return exitConfig
	}
	return exitFailed
}

func (a *app) run(ctx context.Context, args []string) error {
	var err error
	if a.dir, err = os.Getwd(); err != nil {
		return fmt.Errorf("find the working folder: %w", err)
	}
	var c commands
	parser, err := kong.New(&c,
		kong.Name("larder"),
		kong.Description("A caching npm registry in front of the one that npm uses, and a private one."),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true}),
		kong.Writers(a.stdout, a.stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(a),
	)
	if err != nil {
		return fmt.Errorf("BUG: command line: %w", err)
	}
	if len(args) > 0 && args[0] == "help" { // people try the word too
		args = append(slices.Clone(args[1:]), "--help")
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		if errors.Is(err, errHelp) {
			return err
		}
		return wrongConfig(fmt.Errorf("%w (larder --help lists commands and flags)", err))
	}
	a.flags = config.Flags(c.settingFlags)
	return parsed.Run()
}

// errReported ends a command that has already printed what is wrong.
var errReported = errors.New("already reported")

// configError is a failure that only a change of the configuration mends.
type configError struct{ err error }

// Error returns the problems, one line each.
func (e *configError) Error() string { return e.err.Error() }

// Unwrap gives access to the problems.
func (e *configError) Unwrap() error { return e.err }

// wrongConfig marks an error as one of the configuration.
func wrongConfig(err error) error {
	if err == nil {
		return nil
	}
	return &configError{err}
}
