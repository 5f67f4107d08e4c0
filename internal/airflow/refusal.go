package airflow

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/export"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
	"github.com/dbtconn-lint/dbtconn-lint/internal/syntax"
)

// parseError is a FileSyntaxError of airflow/exceptions.py.
type parseError struct {
	line    int // 0: not said
	message string
}

// parseFailure is an AirflowFileParseException, as which most errors of a file's
// syntax end.
func parseFailure(doc *export.Document, reason connection.Reason, at source.Span, errs ...parseError) *connection.Failure {
	var b strings.Builder
	fmt.Fprintf(&b, "Failed to load the secret file.\nFilename: %s\n\n", doc.File.Path)
	for i, e := range errs {
		fmt.Fprintf(&b, "==================== Parse error %3d ====================\n%s\n", i+1, e.message)
		if e.line > 0 {
			fmt.Fprintf(&b, "Line number:  %d\n", e.line)
		}
	}
	return failure("AirflowFileParseException", reason, connection.NoField, at, "%s", b.String())
}

// syntaxFailure is what becomes of the parser's refusal of a document.
func syntaxFailure(doc *export.Document) *connection.Failure {
	err := doc.Err
	fail := func(class, message string) *connection.Failure {
		reason := connection.BadSyntax
		switch err.Kind {
		case syntax.EncodingError:
			reason = connection.BadEncoding
		case syntax.DepthError:
			reason = connection.TooDeep
		}
		return failure(class, reason, connection.NoField, err.Span, "%s", message)
	}
	text := doc.File.Text().String() // where placeholders are filled in, not the bytes of the file
	switch err.Kind {
	case syntax.EncodingError:
		return fail("UnicodeDecodeError", decodeError(text, err.Offset))
	case syntax.CharacterError:
		r, _ := utf8.DecodeRuneInString(text[err.Offset:])
		before := strings.ReplaceAll(text[:err.Offset], "\r\n", "\n")
		return fail("ReaderError", fmt.Sprintf("unacceptable character #x%04x: %s\n  in \"<unicode string>\", position %d", r, err.Message, utf8.RuneCountInString(before)))
	case syntax.ValueError:
		return fail("ValueError", err.Message)
	case syntax.KeyError:
		return fail("KeyError", err.Message)
	case syntax.IndexError:
		return fail("IndexError", err.Message)
	case syntax.AttributeError:
		return fail("AttributeError", err.Message)
	case syntax.DepthError:
		return fail(recursionError, err.Message)
	}
	switch {
	case text == "":
		return parseFailure(doc, connection.BadSyntax, err.Span, parseError{1, err.Message})
	case doc.Format == export.AirflowYAML:
		return parseFailure(doc, connection.BadSyntax, err.Span, parseError{err.Mark.Line, err.PyYAML()})
	}
	line, _, _ := pythonPosition(text, err.Offset)
	return parseFailure(doc, connection.BadSyntax, err.Span, parseError{line, err.Message})
}

// pythonPosition is the line and column, from 1, and the character, from 0, of an
// offset. A CRLF is one character, since files are opened as text.
func pythonPosition(s string, off int) (line, column, char int) {
	s = strings.ReplaceAll(s[:off], "\r\n", "\n")
	last := strings.LastIndexByte(s, '\n') + 1
	return strings.Count(s, "\n") + 1, utf8.RuneCountInString(s[last:]) + 1, utf8.RuneCountInString(s)
}

// decodeError is the message of the UnicodeDecodeError for the byte at i.
func decodeError(s string, i int) string {
	n, why := 1, "invalid start byte"
	if s[i] >= 0xC2 && s[i] <= 0xF4 {
		why = "invalid continuation byte"
		for i+n < len(s) && !utf8.FullRuneInString(s[i:i+n+1]) {
			n++
		}
		if i+n == len(s) {
			why = "unexpected end of data"
		}
	}
	if n > 1 {
		return fmt.Sprintf("'utf-8' codec can't decode bytes in position %d-%d: %s", i, i+n-1, why)
	}
	return fmt.Sprintf("'utf-8' codec can't decode byte 0x%02x in position %d: %s", s[i], i, why)
}

// badLines refuses an env file for the lines that define nothing; all of them are
// told.
func (r *fileReader) badLines(out *connection.Reading) *connection.Failure {
	var errs []parseError
	var at source.Span
	line, counted := 1, 0
	for i := range r.doc.Lines {
		l := &r.doc.Lines[i]
		message := r.badLine(l)
		if message == "" {
			continue
		}
		if errs == nil {
			at = l.Span
		}
		line += lineBreaks(r.doc.File.Data[counted:l.Span.Start])
		counted = l.Span.Start
		said := parseError{line, "Invalid line format. " + message}
		if errs = append(errs, said); len(errs) > 1 {
			out.Also(parseFailure(r.doc, connection.BadLine, l.Span, said), -1)
		}
	}
	if errs == nil {
		return nil
	}
	return parseFailure(r.doc, connection.BadLine, at, errs...)
}

// badLine says what is wrong with a line; empty if nothing is.
func (r *fileReader) badLine(l *syntax.EnvLine) string {
	switch key, value := l.Key.Len() > 0, l.Value.Len() > 0; {
	case r.isComment(l):
		return ""
	case l.NoEquals:
		return `The line should contain at least one equal sign ("=").`
	case !key && value:
		// Releases that do not look at the key take the line.
		if r.p.Has(ChecksEnvKeys) {
			return "Key is empty."
		}
		return ""
	case key && value:
		return ""
	case key && r.p.Has(ChecksEnvKeys):
		return "Value is empty."
	}
	return "Key is empty."
}

// lineBreaks counts what str.splitlines() splits at.
func lineBreaks(s string) int {
	n := 0
	for i, r := range s {
		switch r {
		case '\n':
			if i == 0 || s[i-1] != '\r' {
				n++
			}
		case '\r', '\v', '\f', 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029:
			n++
		}
	}
	return n
}

// secondDocument refuses a stream of several YAML documents.
func secondDocument(doc *export.Document) *connection.Failure {
	data, at := doc.File.Data, doc.ShapeAt
	mark := strings.LastIndex(data[:at.Start], "\n---") + 1
	line, column, _ := pythonPosition(data, mark)
	first, firstColumn, _ := pythonPosition(data, doc.Tree.Root().Span().Start)
	err := syntax.Error{
		Context: "expected a single document in the stream", ContextMark: syntax.Mark{Line: first - 1, Column: firstColumn - 1},
		Message: "but found another document", Mark: syntax.Mark{Line: line - 1, Column: column - 1},
	}
	return parseFailure(doc, connection.BadSyntax, at, parseError{line - 1, err.PyYAML()})
}
