/* What killed processes left behind. */
#include "store/inside.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_visit(const char *folder, visit_fn *fn, void *user) {
    DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? errno : 0;
    for (struct dirent *e; (e = readdir(dir));) {
        char path[PATH_MAX];
        struct stat st;
        int n = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        bool whole = n > 0 && (size_t)n < sizeof path;
        if (whole && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
            fn(user, path, e->d_name, &st);
    }
    closedir(dir);
    return 0;
}

int objects_visit(const store *s, visit_fn *fn, void *user) {
    int code = 0;
    for (unsigned i = 0; i < 256 && !code; i++) {
        char folder[PATH_MAX];
        int n = snprintf(folder, sizeof folder, "%s/%02x", s->objects, i);
        if (n > 0 && (size_t)n < sizeof folder)
            code = folder_visit(folder, fn, user);
    }
    return code;
}

static void drop(sweep_tally *t, const char *path, const struct stat *st) {
    if (!t->dry && unlink(path) != 0)
        return;
    t->n++;
    t->bytes += (uint64_t)st->st_size;
}

static void sweep_temporary(void *user, const char *path, const char *name, const struct stat *st) {
    if (temporary_name(name) && file_is_old(st) && writer_is_gone(path, st))
        drop(user, path, st);
}

static void sweep_old(void *user, const char *path, const char *name, const struct stat *st) {
    (void)name;
    if (file_is_old(st))
        drop(user, path, st);
}

void sweep_temporaries(store *s, sweep_tally *t) {
    objects_visit(s, sweep_temporary, t);
    folder_visit(s->records, sweep_temporary, t);
    folder_visit(s->quarantine, sweep_temporary, t);
}

/* Those in `folder`, and in folders of keys below it, which go when they are empty. */
static void sweep_leases_in(const char *folder, int depth, sweep_tally *t) {
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof path)
            continue;
        struct stat st;
        if (lstat(path, &st) != 0)
            continue;
        if (S_ISREG(st.st_mode))
            sweep_old(t, path, e->d_name, &st);
        else if (S_ISDIR(st.st_mode) && depth > 0)
            sweep_leases_in(path, depth - 1, t);
    }
    if (dir)
        closedir(dir);
    if (!t->dry)
        (void)rmdir(folder); /* stays where it is not empty */
}

void sweep_leases(store *s, sweep_tally *t) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/leases", s->folder);
    if (n > 0 && (size_t)n < sizeof path)
        sweep_leases_in(path, 2, t);
}

void sweep_quarantine(store *s, sweep_tally *t) {
    folder_visit(s->quarantine, sweep_old, t);
}
