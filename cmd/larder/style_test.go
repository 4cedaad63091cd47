package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The bounds of the house style, in lines.
const (
	maxFileLines = 400
	maxFuncLines = 50
)

// TestHouseStyle checks what a reader relies on: files and functions that fit
// into a head, and a comment on everything that another package may use.
func TestHouseStyle(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			checkFile(t, filepath.Join(p.Dir, name))
		}
	}
}

func checkFile(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n > maxFileLines {
		t.Errorf("%s has %d lines; more than %d hide what it is about", path, n, maxFileLines)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			checkFunc(t, files, d)
		case *ast.GenDecl:
			checkGroup(t, files, d)
		}
	}
}

func checkFunc(t *testing.T, files *token.FileSet, f *ast.FuncDecl) {
	t.Helper()
	start := files.Position(f.Pos())
	if n := files.Position(f.End()).Line - start.Line + 1; n > maxFuncLines {
		t.Errorf("%s: %s has %d lines, more than %d", start, f.Name.Name, n, maxFuncLines)
	}
	if f.Name.IsExported() && exportedReceiver(f) && f.Doc == nil {
		t.Errorf("%s: %s has no comment", start, f.Name.Name)
	}
	if f.Name.Name == "init" && f.Recv == nil {
		t.Errorf("%s: init functions hide work from whoever reads main", start)
	}
}

// exportedReceiver tells whether a function or method can be reached from
// other packages.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if generic, ok := receiver.(*ast.IndexExpr); ok {
		receiver = generic.X
	}
	name, ok := receiver.(*ast.Ident)
	return ok && name.IsExported()
}

// checkGroup looks at types, constants and variables. The comment of a group
// counts for all in it.
func checkGroup(t *testing.T, files *token.FileSet, d *ast.GenDecl) {
	t.Helper()
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
				t.Errorf("%s: %s has no comment", files.Position(s.Pos()), s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && s.Doc == nil && d.Doc == nil && s.Comment == nil {
					t.Errorf("%s: %s has no comment", files.Position(s.Pos()), name.Name)
				}
			}
		}
	}
}
