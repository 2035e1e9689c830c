/* sched/inputs: which input files a run read, as a table. */
#include "sched/run.h"

#include <string.h>

typedef struct listing {
    const char **cell; /* [n][3]: node, path, digest */
    size_t n, capacity;
    text_map there; /* instances of one node mostly read the same files */
    arena texts;
    bool failed;
} listing;

static bool make_room(listing *l) {
    if (l->n < l->capacity)
        return true;
    size_t capacity = l->capacity ? 2 * l->capacity : 64;
    const char **grown = ARENA_NEW(&l->texts, const char *, 3 * capacity);
    if (!grown)
        return false;
    if (l->n > 0)
        memcpy(grown, l->cell, 3 * l->n * sizeof *grown);
    l->cell = grown;
    l->capacity = capacity;
    return true;
}

/* Names of files may hold any bytes, a table holds UTF-8: what is none becomes `?`. */
static void make_utf8(char *text) {
    if (text_is_utf8(text, strlen(text)))
        return;
    while (*text) {
        size_t n = 1, most = strnlen(text, 4);
        while (n <= most && !text_is_utf8(text, n))
            n++;
        if (n > most)
            *text = '?';
        text += n > most ? 1 : n;
    }
}

static void add_file(void *user, const instance *it, const char *path, const char *hex) {
    listing *l = user;
    uint64_t before;
    const char *name = it->node->name;
    char *all = arena_format(&l->texts, "%s\n%s\n%s", name, path, hex);
    if (all && text_map_get(&l->there, all, &before))
        return;
    char *copy = arena_text(&l->texts, path), *digest = arena_text(&l->texts, hex);
    if (!all || !copy || !digest || !make_room(l) || !text_map_set(&l->there, all, l->n)) {
        l->failed = true;
        return;
    }
    make_utf8(copy);
    const char **cell = l->cell + 3 * l->n++;
    cell[0] = name;
    cell[1] = copy;
    cell[2] = digest;
}

static rise_status make_table(const listing *l, rise_value **out, rise_error *err) {
    rise_column column[3] = {{.name = "node", .dtype = RISE_TEXT},
                             {.name = "path", .dtype = RISE_TEXT},
                             {.name = "digest", .dtype = RISE_TEXT}};
    rise_value *table = NULL;
    rise_status s = rise_table_new(column, 3, l->n, &table, err);
    for (size_t i = 0; s == RISE_OK && i < 3 * l->n; i++)
        s = rise_table_set_text(table, i % 3, i / 3, l->cell[i], err);
    if (s == RISE_OK)
        *out = table;
    else
        rise_value_release(table);
    return s;
}

rise_status run_inputs(run *r, rise_value **out, rise_error *err) {
    listing l = {0};
    for (size_t i = 0; i < r->n_instances; i++) {
        instance *it = &r->instance[i];
        if (it->node->type->source)
            source_files(it, add_file, &l);
        param_files(it, add_file, &l);
    }
    rise_status s =
        l.failed ? rise_fail_nomem(err, "the list of input files") : make_table(&l, out, err);
    text_map_free(&l.there);
    arena_free(&l.texts);
    return s;
}
