/* Paths and globs to lists of files, in an order that depends neither on the locale nor on the file
 * system. Component by component: * ? [a-z] [!a-z] within a name, ** for any number of folders. */
#include "files/inside.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 }; /* of ** : deeper folders are cycles */

/* Texts from the arena, growing. */
typedef struct list {
    arena *a;
    const char **item;
    size_t n, capacity;
    bool failed; /* memory is short */
} list;

static void list_add(list *l, const char *item) {
    if (l->n == l->capacity && !l->failed) {
        size_t capacity = l->capacity ? 2 * l->capacity : 16;
        const char **more = ARENA_NEW(l->a, const char *, capacity);
        if (more && l->n)
            memcpy(more, l->item, l->n * sizeof *more);
        if (more)
            l->item = more;
        if (more)
            l->capacity = capacity;
        l->failed = !more;
    }
    if (!item)
        l->failed = true;
    if (!l->failed)
        l->item[l->n++] = item;
}

static int natural(const void *a, const void *b) {
    return text_natural_compare(*(const char *const *)a, *(const char *const *)b);
}

static bool is_glob(const char *text) {
    return strpbrk(text, "*?[") != NULL;
}

/* ---- matching a name ------------------------------------------------------------------------- */

/* A set [...] at p against c: behind the set, or NULL if it is not closed. *in: c is in it. */
static const char *match_set(const char *p, unsigned char c, bool *in) {
    bool negated = *++p == '!' || *p == '^', found = false;
    if (negated)
        p++;
    for (bool first = true; *p && (*p != ']' || first); first = false) {
        unsigned char low = (unsigned char)*p++, high = low;
        if (*p == '-' && p[1] && p[1] != ']') {
            high = (unsigned char)p[1];
            p += 2;
        }
        if (c >= low && c <= high)
            found = true;
    }
    *in = found != negated;
    return *p ? p + 1 : NULL;
}

/* Linear in time but for the last star, which is all that backtracking needs. */
static bool match(const char *pattern, const char *name) {
    const char *p = pattern, *n = name, *star = NULL, *from = NULL;
    if (*n == '.' && *p != '.')
        return false;
    for (;;) {
        bool ok = false;
        if (*p == '*') {
            star = ++p;
            from = n;
            continue;
        }
        if (!*n && !*p)
            return true;
        if (*n && *p == '?') {
            ok = true;
            p++;
        } else if (*n && *p == '[') {
            const char *behind = match_set(p, (unsigned char)*n, &ok);
            if (!behind)
                ok = *n == '['; /* not closed: a bracket like any other letter */
            p = behind ? behind : p + 1;
        } else if (*n && *p == *n) {
            ok = true;
            p++;
        }
        if (ok) {
            n++;
            continue;
        }
        if (!star || !*from)
            return false;
        p = star;
        n = ++from;
    }
}

/* ---- walking --------------------------------------------------------------------------------- */

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Not through a link: ** would walk in circles. */
static bool is_own_folder(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_there(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

/* Names in a folder, in natural order; "" is the working directory. */
static rise_status names_in(const char *folder, list *names, rise_error *err) {
    DIR *dir = opendir(folder[0] ? folder : ".");
    if (!dir && (errno == ENOENT || errno == ENOTDIR))
        return RISE_OK;
    if (!dir && errno == ENOMEM)
        return rise_fail_nomem(err, "the names in a folder");
    if (!dir)
        return rise_fail(err, errno == EMFILE || errno == ENFILE ? RISE_E_SYSTEM : RISE_E_NOINPUT,
                         "cannot look into the folder '%s': %s", folder, strerror(errno));
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            list_add(names, arena_text(names->a, e->d_name));
    closedir(dir);
    if (names->failed)
        return rise_fail_nomem(err, "the names in a folder");
    if (names->n)
        qsort(names->item, names->n, sizeof *names->item, natural);
    return RISE_OK;
}

static const char *below(arena *a, const char *folder, const char *name) {
    return folder[0] ? path_join(a, folder, name) : arena_text(a, name);
}

/* All that matches `pattern` (relative) below `folder`. */
static rise_status walk(const char *folder, const char *pattern, int depth, list *found,
                        rise_error *err) {
    while (*pattern == '/')
        pattern++;
    size_t n = strcspn(pattern, "/");
    const char *rest = pattern + n + strspn(pattern + n, "/");
    char *part = arena_bytes(found->a, pattern, n);
    if (!part)
        return rise_fail_nomem(err, "a glob");
    bool deep = strcmp(part, "**") == 0;
    if (!is_glob(part)) {
        const char *path = below(found->a, folder, part);
        if (!path)
            return rise_fail_nomem(err, "a path");
        if (*rest)
            return is_folder(path) ? walk(path, rest, depth, found, err) : RISE_OK;
        if (is_there(path))
            list_add(found, path);
        return RISE_OK;
    }
    rise_status status = RISE_OK;
    if (deep && *rest)
        status = walk(folder, rest, depth, found, err); /* no folder at all */
    list names = {.a = found->a};
    if (status == RISE_OK)
        status = names_in(folder, &names, err);
    for (size_t i = 0; status == RISE_OK && i < names.n; i++) {
        if (!match(deep ? "*" : part, names.item[i]))
            continue;
        const char *path = below(found->a, folder, names.item[i]);
        if (!path)
            return rise_fail_nomem(err, "a path");
        if (deep && is_own_folder(path)) {
            if (depth < DEPTH_MAX)
                status = walk(path, pattern, depth + 1, found, err);
        } else if (deep) {
            if (!*rest)
                list_add(found, path);
        } else if (!*rest) {
            list_add(found, path);
        } else if (is_folder(path)) {
            status = walk(path, rest, depth, found, err);
        }
    }
    return status;
}

/* ---- what is not there ----------------------------------------------------------------------- */

static rise_status missing(arena *a, const char *path, rise_error *err) {
    /* the first part of the path that is not there, and what is there in its stead */
    const char *folder = path[0] == '/' ? "/" : "", *at = path;
    for (;;) {
        at += strspn(at, "/");
        size_t n = strcspn(at, "/");
        char *name = arena_bytes(a, at, n);
        const char *next = name ? below(a, folder, name) : NULL;
        if (!next)
            return rise_fail_nomem(err, "a path");
        if (!n || !is_there(next))
            break;
        folder = next;
        at += n;
    }
    size_t n = strcspn(at, "/");
    char *name = arena_bytes(a, at, n);
    list names = {.a = a};
    errno = 0;
    rise_fail(err, RISE_E_NOINPUT, "%s '%s'",
              !is_there(path) && errno == EACCES ? "no permission to reach" : "there is no file",
              path);
    if (!name || names_in(folder, &names, NULL) != RISE_OK)
        return RISE_E_NOINPUT;
    const char *nearest = text_suggest(name, names.item, names.n);
    const char *full = nearest ? below(a, folder, nearest) : NULL;
    if (folder[0] && !is_folder(folder))
        rise_hint(err, "'%s' is a file, not a folder", folder);
    else if (full && strcmp(nearest, name) == 0)
        rise_hint(err, "'%s' is a link to what is not there", full);
    else if (full)
        rise_hint(err, "did you mean '%s'?", full);
    else if (at[n])
        rise_hint(err, "the folder '%s' is not there", name);
    else if (names.n == 0)
        rise_hint(err, "the folder '%s' is empty", folder[0] ? folder : ".");
    return RISE_E_NOINPUT;
}

/* ---- patterns -------------------------------------------------------------------------------- */

/* The files of a folder, not deeper. */
static rise_status files_in(const char *folder, list *files, rise_error *err) {
    list names = {.a = files->a};
    rise_status status = names_in(folder, &names, err);
    for (size_t i = 0; status == RISE_OK && i < names.n; i++) {
        if (names.item[i][0] == '.')
            continue;
        const char *path = below(files->a, folder, names.item[i]);
        if (!path || !is_folder(path))
            list_add(files, path);
    }
    return status;
}

/* "a//b/./c" and "./a/b/c" are "a/b/c": one spelling, so that duplicates are seen. */
static char *tidy(arena *a, const char *path) {
    char *text = arena_text(a, path), *to = text;
    for (const char *p = path; text && *p;) {
        bool start = p == path || p[-1] == '/';
        if (start && p[0] == '.' && p[1] == '/')
            p += 2;
        else if (start && p[0] == '/' && p != path)
            p++;
        else
            *to++ = *p++;
    }
    if (text)
        *to = '\0';
    return text;
}

static rise_status expand_one(const char *folder, const char *pattern, list *files,
                              rise_error *err) {
    char *joined = path_join(files->a, folder, pattern);
    char *path = joined ? tidy(files->a, joined) : NULL;
    if (!path)
        return rise_fail_nomem(err, "a path");
    size_t before = files->n;
    /* a file may be called "run[1].xyz" */
    if (!is_glob(path) || is_there(path)) {
        if (!is_there(path))
            return missing(files->a, path, err);
        if (!is_folder(path)) {
            list_add(files, path);
            return RISE_OK;
        }
        rise_status status = files_in(path, files, err);
        if (status == RISE_OK && files->n == before && !files->failed)
            return rise_fail(err, RISE_E_NOINPUT, "there are no files in the folder '%s'", path);
        return status;
    }
    /* the folder itself is no pattern, whatever it is called */
    bool absolute = pattern[0] == '/' || !folder[0] || strcmp(folder, ".") == 0;
    const char *root = absolute ? (path[0] == '/' ? "/" : "") : tidy(files->a, folder);
    char *relative = tidy(files->a, pattern);
    if (!root || !relative)
        return rise_fail_nomem(err, "a path");
    list found = {.a = files->a};
    rise_status status = walk(root, relative, 0, &found, err);
    if (found.failed)
        files->failed = true;
    for (size_t i = 0; status == RISE_OK && i < found.n; i++)
        if (!is_folder(found.item[i]))
            list_add(files, found.item[i]);
    bool only_folders = files->n == before;
    for (size_t i = 0; only_folders && status == RISE_OK && i < found.n; i++)
        status = files_in(found.item[i], files, err);
    if (status != RISE_OK || files->failed)
        return status;
    if (files->n == before)
        return rise_fail(err, RISE_E_NOINPUT, "no file matches '%s'", path);
    qsort(files->item + before, files->n - before, sizeof *files->item, natural);
    return RISE_OK;
}

rise_status files_expand(const char *folder, const char *const *pattern, size_t n_patterns,
                         arena *a, const char *const **path, size_t *n_paths, rise_error *err) {
    list files = {.a = a};
    rise_status status = RISE_OK;
    for (size_t i = 0; status == RISE_OK && i < n_patterns; i++)
        status = expand_one(folder, pattern[i], &files, err);
    if (status != RISE_OK)
        return status;
    text_map seen = {0};
    size_t n = 0;
    for (size_t i = 0; i < files.n && !files.failed; i++) {
        if (text_map_get(&seen, files.item[i], NULL))
            continue;
        files.failed = !text_map_set(&seen, files.item[i], 1);
        files.item[n++] = files.item[i];
    }
    text_map_free(&seen);
    if (files.failed)
        return rise_fail_nomem(err, "the list of input files");
    *path = files.item;
    *n_paths = n;
    return RISE_OK;
}
