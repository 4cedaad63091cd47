package kv

import (
	"fmt"
	"log/slog"
	"strings"
)

// logger hands badger's warnings and errors to slog. Its informational lines
// are about its own housekeeping and are dropped.
type logger struct{ slog *slog.Logger }

// Errorf logs an error.
func (l logger) Errorf(format string, args ...any) {
	l.slog.Error("database error", "detail", line(format, args))
}

// Warningf logs a warning.
func (l logger) Warningf(format string, args ...any) {
	l.slog.Warn("database warning", "detail", line(format, args))
}

// Infof drops the message.
func (logger) Infof(string, ...any) {}

// Debugf drops the message.
func (logger) Debugf(string, ...any) {}

func line(format string, args []any) string {
	return strings.TrimSpace(fmt.Sprintf(format, args...))
}
