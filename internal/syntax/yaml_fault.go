package syntax

import (
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// Mark is the place as PyYAML shows it.
func (m mark) Mark() Mark { return Mark{m.line, m.col} }

// markAt counts the lines and columns up to an offset.
func markAt(s string, off int) mark {
	p := newYAMLScanner(s, PyYAML)
	for p.at.off < off {
		if breakLen(s, p.at.off) > 0 {
			p.skipBreak()
		} else {
			p.skip()
		}
	}
	return p.at
}

// explain puts what was found into plain words.
func (l *yamlLayout) explain(text source.Text) *Error {
	f := l.fault
	s := text.String()
	start, end := f.mark.off, f.end
	if end == 0 && start < len(s) {
		_, n := utf8.DecodeRuneInString(s[start:])
		end = start + n
	}
	end = max(start, end)
	e := &Error{Span: text.Span(start, end), Kind: f.kind, Message: f.problem, Problem: f.problem, Mark: f.mark.Mark(), Context: f.context}
	if f.context != "" {
		e.ContextMark = f.contextMark.Mark()
	}
	return e
}
