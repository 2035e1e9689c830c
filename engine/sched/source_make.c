/* sched/source_make: frames that the slice takes and that no record tells of, file by file; where
 * there are several, by all threads. */
#include "sched/source.h"

#include <stdlib.h>

typedef struct making {
    const source_pass *of;
    size_t *first, n; /* first item of each file that is to be read, how many */
    atomic_size_t n_made, n_done;
} making;

/* Up to the next file. */
static size_t next_file(const source_state *st, size_t i) {
    size_t next = i + 1;
    while (next < st->n && st->item[next].file == st->item[i].file)
        next++;
    return next;
}

static bool lacks_any(const source_pass *pass, size_t first) {
    const source_state *st = pass->state;
    store_seen room;
    for (size_t i = first, end = next_file(st, first); i < end; i++)
        if (st->item[i].slot != SIZE_MAX && !source_record(pass->it, &st->item[i].key, &room))
            return true;
    return false;
}

static void tell_progress(making *m) {
    instance *it = m->of->it;
    size_t done = atomic_fetch_add(&m->n_done, 1) + 1;
    uv_mutex_lock(&it->run->lock);
    said *told = instance_said(it);
    if (told) {
        told->done = (double)done;
        told->total = (double)m->n;
    }
    uv_mutex_unlock(&it->run->lock);
}

static rise_status read_again(source_pass *pass, rise_error *err) {
    rise_file file;
    rise_id digest;
    rise_status s = files_load(pass->state->path[pass->file], &file, &digest, err);
    if (s != RISE_OK)
        return s;
    s = source_call(pass, &file, err);
    files_unload(&file);
    return s;
}

/* Another process may be at the same file. */
static rise_status make_file(void *user, size_t i, rise_error *err) {
    making *m = user;
    source_pass pass = {.it = m->of->it, .state = m->of->state, .first = m->first[i], .step = 1};
    rise_id name;
    pass.file = pass.state->item[pass.first].file;
    source_index_name(&pass, &pass.state->digest[pass.file], &name);
    instance_claim(pass.it, &name);
    rise_status s = lacks_any(&pass, pass.first) ? read_again(&pass, err) : RISE_OK;
    store_unclaim(pass.it->run->store, &name);
    atomic_fetch_add(&m->n_made, pass.n_made);
    tell_progress(m);
    return s;
}

rise_status source_make(source_pass *pass, rise_error *err) {
    const source_state *st = pass->state;
    making m = {.of = pass, .first = calloc(st->n_paths + 1, sizeof *m.first)};
    if (!m.first)
        return rise_fail_nomem(err, "the files of a source");
    for (size_t i = 0; i < st->n; i = next_file(st, i))
        if (lacks_any(pass, i))
            m.first[m.n++] = i;
    rise_status s = m.n ? source_open(pass, err) : RISE_OK;
    if (s == RISE_OK && m.n)
        s = pool_group(pass->it->run->pool, m.n, make_file, &m, err);
    pass->n_made += atomic_load(&m.n_made);
    free(m.first);
    return s;
}

bool source_plan(source_pass *pass) {
    source_state *st = pass->state;
    store_seen room;
    size_t missing = 0, chosen = 0;
    for (size_t i = 0; i < st->n; i++)
        if (st->item[i].slot != SIZE_MAX) {
            chosen++;
            missing += source_record(pass->it, &st->item[i].key, &room) == NULL;
        }
    const char *text =
        arena_format(run_memory(pass->it->run), "%zu of %zu frames are new", missing, chosen);
    pass->it->n_planned = missing;
    if (missing)
        pass->it->reason = instance_explain(pass->it, text ? text : "new frames");
    return missing > 0;
}
