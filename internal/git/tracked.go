package git

import (
	"context"
	"crypto/sha1" // the name that git gives to a content, and no protection
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

// File is a file that git tracks or has staged.
type File struct {
	// Path within the repository, with slashes.
	Path string
	// Staged is the content that the next commit would have, were nothing more
	// added to it.
	Staged string
	// Local is set where a change of the work tree's copy is never added: git was
	// told to leave it alone (skip-worktree, assume-unchanged), or a filter encrypts
	// it on its way.
	Local bool
}

// Repositories tells which files are tracked. Each repository is asked once, when
// there is a first question.
type Repositories struct {
	FS  source.FS
	Git Command

	mu    sync.Mutex
	known map[string]func() map[string]entry
}

// entry is a line of the index.
type entry struct {
	object string // that holds the content
	local  bool
}

// Tracked is what git has of a file; nil where it has nothing, there is no
// repository, or no git. It may be called from several goroutines.
func (r *Repositories) Tracked(ctx context.Context, f *source.File) *File {
	if r.Git == nil || f.Piped {
		return nil
	}
	// Where it stands in truth: what is below a link may be another repository's.
	name, err := filepath.EvalSymlinks(filepath.FromSlash(f.Path))
	if err != nil {
		return nil
	}
	if name, err = filepath.Abs(name); err != nil {
		return nil
	}
	root, ok := r.root(filepath.Dir(name))
	if !ok {
		return nil
	}
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return nil
	}
	rel = filepath.ToSlash(rel)
	e, ok := r.index(ctx, root)[rel]
	if !ok {
		return nil
	}
	file := File{Path: rel, Staged: f.Data, Local: e.local}
	if !isNamed(f.Data, e.object) {
		staged, err := r.Git(ctx, root, "cat-file", "blob", e.object)
		if err != nil {
			return nil
		}
		file.Staged = string(staged)
		file.Local = file.Local || isEncrypted(file.Staged)
	}
	return &file
}

// root is the top of the work tree that a directory belongs to.
func (r *Repositories) root(dir string) (string, bool) {
	for {
		if _, err := r.FS.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir, true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", false
		}
		dir = up
	}
}

// index is what the repository at root tracks; empty where git does not tell.
func (r *Repositories) index(ctx context.Context, root string) map[string]entry {
	r.mu.Lock()
	ask := r.known[root]
	if ask == nil {
		ask = sync.OnceValue(func() map[string]entry {
			out, err := r.Git(ctx, root, "ls-files", "-z", "-s", "-v")
			if err != nil {
				return nil
			}
			return parseIndex(string(out))
		})
		if r.known == nil {
			r.known = map[string]func() map[string]entry{}
		}
		r.known[root] = ask
	}
	r.mu.Unlock()
	return ask()
}

// parseIndex reads `git ls-files -z -s -v`: H 100644 OBJECT 0<tab>PATH<NUL>. The
// letter is S for skip-worktree, a small one for assume-unchanged.
func parseIndex(out string) map[string]entry {
	files := make(map[string]entry, strings.Count(out, "\x00"))
	for line := range strings.SplitSeq(out, "\x00") {
		head, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(head)
		const wanted = 4
		if !ok || len(fields) != wanted || !strings.HasPrefix(fields[1], "100") {
			continue // a link or a submodule has no content of its own
		}
		tag := fields[0]
		files[name] = entry{object: fields[2], local: tag == "S" || tag != strings.ToUpper(tag)}
	}
	return files
}

// isNamed reports whether a content has this name as an object of git's.
func isNamed(data, object string) bool {
	var h hash.Hash
	if len(object) == 2*sha256.Size {
		h = sha256.New()
	} else {
		h = sha1.New()
	}
	h.Write([]byte("blob " + strconv.Itoa(len(data)) + "\x00"))
	h.Write([]byte(data))
	return hex.EncodeToString(h.Sum(nil)) == object
}

// isEncrypted reports whether a content is that of git-crypt, transcrypt (what
// openssl writes) or another filter that leaves no text.
func isEncrypted(data string) bool {
	return strings.IndexByte(data, 0) >= 0 || strings.HasPrefix(data, "U2FsdGVkX1")
}
