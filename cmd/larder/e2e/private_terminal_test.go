package e2e

import (
	"context"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// answer is what somebody at a terminal types when a client asks.
type answer struct {
	prompt *regexp.Regexp
	// text returns it for what the prompt matched; an empty one is nothing.
	text func(match []string) string
}

// typed answers a prompt with a line.
func typed(prompt, line string) answer {
	return answer{regexp.MustCompile(prompt), func([]string) string { return line + "\n" }}
}

// talk runs a command on a terminal, which clients want before they ask for a
// password, and answers what it asks in that order. It returns all that the
// client wrote.
func (d *desk) talk(t *testing.T, what string, w words, answers ...answer) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("there is no script on PATH, which gives a command a terminal")
	}
	ctx, cancel := context.WithTimeout(t.Context(), commandWait)
	defer cancel()
	bare := d.command(ctx, d.root, d.can.arguments(what, w)...)
	line := quoted(append([]string{bare.Path}, bare.Args[1:]...))
	cmd := exec.CommandContext(ctx, "script", "-qec", line, "/dev/null")
	cmd.Dir = bare.Dir
	cmd.Env = slices.DeleteFunc(bare.Env, func(v string) bool { return strings.HasPrefix(v, "CI=") })
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := converse(output, input, answers)
	err = cmd.Wait()
	t.Logf("%s %s\n%s", d.name, line, text)
	return text, err
}

const (
	// typingWait is between a prompt and its answer: some clients throw away
	// what was typed before they had hidden it.
	typingWait = 300 * time.Millisecond
	// silenceWait is how long a client may say nothing to an answer before it is
	// typed again, because it was thrown away after all.
	silenceWait = 8 * time.Second
)

// converse reads what a client writes until it ends and answers it.
func converse(from io.Reader, to io.Writer, answers []answer) string {
	said := make(chan []byte)
	go func() {
		defer close(said)
		for {
			room := make([]byte, 4096)
			n, err := from.Read(room)
			said <- room[:n]
			if err != nil {
				return
			}
		}
	}()
	var all, unanswered []byte
	last := ""
	for {
		select {
		case part, more := <-said:
			if !more {
				return string(all)
			}
			all, unanswered = append(all, part...), append(unanswered, part...)
		case <-time.After(silenceWait):
			_, _ = io.WriteString(to, last) // it may have ended
			continue
		}
		if line, ok := reply(answers, unanswered); ok {
			time.Sleep(typingWait)
			_, _ = io.WriteString(to, line)
			last, answers, unanswered = line, answers[1:], nil
		}
	}
}

// reply is the first answer, if its prompt has been written.
func reply(answers []answer, written []byte) (line string, ok bool) {
	if len(answers) == 0 {
		return "", false
	}
	match := answers[0].prompt.FindSubmatch(written)
	if match == nil {
		return "", false
	}
	words := make([]string, len(match))
	for i, m := range match {
		words[i] = string(m)
	}
	return answers[0].text(words), true
}

// quoted writes a command for a shell.
func quoted(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	return strings.Join(words, " ")
}
