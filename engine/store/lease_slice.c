/* Leases of slices: which items nobody is at, and taking some of them. */
#include "store/lease_view.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RACES = 8 }; /* lost in a row: then others are busy enough */

typedef struct entry {
    lease_name name;
    lease_view *view;
} entry;

/* What the folder of a key shows, and which of the wanted items are free. */
typedef struct slices {
    leases *of;
    const char *folder;
    const size_t *missing; /* [n] ascending */
    size_t n;
    double now;
    entry *entry; /* [n_entries] */
    size_t n_entries, max_entries;
    bool *taken; /* [n] */
    size_t n_free;
    arena memory;
} slices;

static bool list(slices *s) {
    s->n_entries = 0;
    leases_count(s->of, 1);
    DIR *dir = opendir(s->folder);
    bool ok = dir || errno == ENOENT;
    for (struct dirent *e; dir && ok && (e = readdir(dir));) {
        entry x;
        if (!lease_name_parse(e->d_name, &x.name))
            continue;
        char *path = path_join(&s->memory, s->folder, e->d_name);
        x.view = path ? view_of(s->of, path, s->now) : NULL;
        if (s->n_entries == s->max_entries) {
            size_t max = s->max_entries ? 2 * s->max_entries : 64;
            entry *more = realloc(s->entry, max * sizeof *more);
            ok = more != NULL;
            s->entry = ok ? more : s->entry;
            s->max_entries = ok ? max : s->max_entries;
        }
        ok = ok && x.view;
        if (ok)
            s->entry[s->n_entries++] = x;
    }
    if (dir)
        closedir(dir);
    return ok;
}

static size_t find(const slices *s, uint64_t item) {
    return sorted_place(s->missing, s->n, item);
}

static void item_range(const lease_name *name, uint64_t *first, uint64_t *end) {
    *first = name->index << name->level;
    *end = (name->index + 1) << name->level;
}

static void mark(slices *s) {
    memset(s->taken, 0, s->n * sizeof *s->taken);
    s->n_free = s->n;
    for (size_t i = 0; i < s->n_entries; i++) {
        uint64_t first, end;
        if (view_void(s->of, s->entry[i].view))
            continue;
        item_range(&s->entry[i].name, &first, &end);
        for (size_t k = find(s, first); k < s->n && s->missing[k] < end; k++) {
            s->n_free -= !s->taken[k];
            s->taken[k] = true;
        }
    }
}

/* Nothing is free: are those who are at it alive? The answer that follows from it if they are. */
static lease_answer look(slices *s, char *text) {
    for (size_t i = 0; i < s->n_entries; i++) {
        uint64_t first, end;
        lease_view *v = s->entry[i].view;
        item_range(&s->entry[i].name, &first, &end);
        size_t k = find(s, first);
        if (k == s->n || s->missing[k] >= end)
            continue;
        view_read(s->of, v, s->now);
        if (v->state == VIEW_FAILED) {
            snprintf(text, LEASE_TEXT, "%s", v->text ? v->text : "");
            return LEASE_FAILED;
        }
    }
    return LEASE_BUSY;
}

/* Can the slice be taken; of which generation, and after how many deaths? */
static bool open_slice(const slices *s, lease_name *name, uint8_t *deaths) {
    uint64_t first, end;
    item_range(name, &first, &end);
    name->generation = 0;
    *deaths = 0;
    for (size_t i = 0; i < s->n_entries; i++) {
        const entry *x = &s->entry[i];
        uint64_t other, other_end;
        item_range(&x->name, &other, &other_end);
        if (other_end <= first || end <= other)
            continue;
        bool same = x->name.level == name->level;
        /* what somebody died at is tried in smaller pieces */
        bool large = x->view->state == VIEW_DEAD && name->level > x->name.level;
        if (!view_void(s->of, x->view) || large || (same && name->level > 0))
            return false;
        if (same && x->name.generation >= name->generation) {
            name->generation = x->name.generation + 1;
            *deaths = view_deaths(x->view);
        }
    }
    return true;
}

/* The largest slice around a free item that is open, up to `level`. */
static lease_name choose(const slices *s, size_t item, unsigned level, uint8_t *deaths) {
    for (unsigned l = level; l > 0; l--) {
        lease_name name = {.level = l, .index = item >> l};
        if (open_slice(s, &name, deaths))
            return name;
    }
    lease_name name = {.level = 0, .index = item};
    (void)open_slice(s, &name, deaths);
    return name;
}

static size_t nth_free(const slices *s, size_t nth) {
    for (size_t k = 0; k < s->n; k++)
        if (!s->taken[k] && nth-- == 0)
            return s->missing[k];
    return SIZE_MAX;
}

static lease_answer take(slices *s, unsigned level, size_t near, lease **out, lease_range *range,
                         char *text) {
    size_t at = near == SIZE_MAX ? s->n : find(s, near);
    if (near == SIZE_MAX)
        near = nth_free(s, (size_t)(leases_random(s->of) % s->n_free));
    else if (at == s->n || s->missing[at] != near || s->taken[at])
        return LEASE_BUSY;
    uint8_t deaths;
    lease_name name = choose(s, near, level, &deaths);
    if (deaths >= LEASE_DEATHS) {
        snprintf(text, LEASE_TEXT, "item %zu", near);
        return LEASE_DEADLY;
    }
    char *path = arena_format(&s->memory, "%s/%u.%llu.%u", s->folder, name.level,
                              (unsigned long long)name.index, name.generation);
    uint64_t first, end;
    item_range(&name, &first, &end);
    *range = (lease_range){(size_t)first, (size_t)(end - first)};
    return path ? lease_make(s->of, path, deaths, s->now, out) : LEASE_OFF;
}

static lease_answer try(slices *s, unsigned level, size_t near, lease **out, lease_range *range,
                        char *text) {
    lease_answer answer = LEASE_BUSY;
    for (int race = 0; answer == LEASE_BUSY && race < RACES; race++) {
        if (!list(s))
            return LEASE_OFF;
        mark(s);
        if (s->n_free == 0) {
            answer = look(s, text);
            mark(s);
            if (answer != LEASE_BUSY || s->n_free == 0)
                return answer;
        }
        answer = take(s, level, near, out, range, text);
        if (near != SIZE_MAX)
            return answer;
    }
    return answer;
}

lease_answer lease_slice(leases *l, const rise_id *key, const size_t *missing, size_t n,
                         unsigned level, size_t near, double now, lease **out, lease_range *range,
                         char text[LEASE_TEXT]) {
    char hex[65];
    id_hex(key, hex);
    pthread_mutex_lock(&l->lock);
    slices s = {.of = l, .missing = missing, .n = n, .now = now};
    s.folder = arena_format(&s.memory, "%s/%.1s/%s", l->folder, hex, hex);
    s.taken = calloc(n + 1, sizeof *s.taken);
    lease_answer answer = LEASE_OFF;
    if (s.folder && s.taken && n)
        answer = try(&s, level, near, out, range, text);
    pthread_mutex_unlock(&l->lock);
    free(s.entry);
    free(s.taken);
    arena_free(&s.memory);
    return answer;
}
