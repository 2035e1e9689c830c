/* api/cache: where the cache is, and looking after it without a run. */
#include "api/host.h"
#include "sched/run.h"

#include <stdio.h>
#include <stdlib.h>

static char *environment_folder(arena *a) {
    const char *rise = getenv("RISE_CACHE"), *xdg = getenv("XDG_CACHE_HOME"),
               *home = getenv("HOME");
    if (rise && *rise)
        return arena_text(a, rise);
    if (xdg && *xdg)
        return path_join(a, xdg, "rise");
    return path_join(a, home && *home ? home : "/tmp", ".cache/rise");
}

char *cache_folder(const char *given, arena *a) {
    return given ? arena_text(a, given) : environment_folder(a);
}

rise_status rise_cache_folder(const char *given, char *text, size_t size, rise_error *err) {
    arena a = {0};
    const char *folder = cache_folder(given, &a);
    rise_status s = folder ? RISE_OK : rise_fail_nomem(err, "the cache");
    if (s == RISE_OK && (size_t)snprintf(text, size, "%s", folder) >= size)
        s = rise_fail(err, RISE_E_USAGE, "cache folder: a path of more than %zu bytes", size - 1);
    arena_free(&a);
    return s;
}

static rise_status open_cache(const char *folder, bool read_only, store **out, rise_error *err) {
    store_options options = {.read_only = read_only};
    return folder ? store_open(folder, &options, out, err) : rise_fail_nomem(err, "the cache");
}

rise_status rise_cache_stat(const char *folder, rise_cache_stats *out, char *used, size_t used_size,
                            rise_error *err) {
    store *s = NULL;
    store_stats st;
    arena a = {0};
    char *path = cache_folder(folder, &a);
    rise_status status = open_cache(path, true, &s, err);
    if (status == RISE_OK) {
        store_stat(s, &st);
        *out = (rise_cache_stats){st.n_objects, st.object_bytes, st.n_packed,     st.packed_bytes,
                                  st.n_records, st.record_bytes, st.n_quarantined};
        if (used)
            snprintf(used, used_size, "%s", path);
    }
    store_close(s);
    arena_free(&a);
    return status;
}

rise_status rise_cache_verify(const char *folder, bool read_data,
                              void (*told)(void *user, const char *text), void *user,
                              uint64_t *n_checked, uint64_t *n_damaged, rise_error *err) {
    store *s = NULL;
    arena a = {0};
    rise_status status = open_cache(cache_folder(folder, &a), false, &s, err);
    if (status == RISE_OK)
        status = store_verify(s, read_data, told, user, n_checked, n_damaged, err);
    store_close(s);
    arena_free(&a);
    return status;
}

/* ---- making room ----------------------------------------------------------------------------- */

/* What the graph needs of what is there: a plan finds it. */
static rise_status pin_graph(rise_host *host, const rise_graph *graph, const char *folder,
                             id_map *pins, rise_error *err) {
    rise_run *r = NULL;
    rise_run_options options = {.cache = folder, .plan_only = true};
    rise_status s = rise_run_start(host, graph, &options, &r, err);
    if (s == RISE_OK)
        s = rise_run_wait(r, err);
    if (s == RISE_OK && !run_pins(r, pins))
        s = rise_fail_nomem(err, "what a graph needs of the cache");
    rise_run_free(r);
    return s;
}

static rise_status collect(const char *folder, const rise_gc_options *options, const id_map *pins,
                           rise_gc_result *out, rise_error *err) {
    store *s = NULL;
    store_gc_result r;
    store_gc_options what = {.max_bytes = options->max_bytes,
                             .max_age_s = options->max_age_days * 24 * 3600,
                             .pinned = pins,
                             .dry_run = options->dry_run};
    rise_status status = open_cache(folder, options->dry_run, &s, err);
    if (status == RISE_OK)
        status = store_gc(s, &what, &r, err);
    if (status == RISE_OK)
        *out = (rise_gc_result){r.n_evicted,  r.evicted_bytes, r.n_kept,
                                r.kept_bytes, r.n_pinned,      r.pinned_bytes,
                                r.n_swept,    r.swept_bytes,   r.dead_bytes};
    store_close(s);
    return status;
}

rise_status rise_cache_gc(rise_host *host, const char *folder, const rise_gc_options *options,
                          rise_gc_result *out, rise_error *err) {
    arena a = {0};
    id_map pins = {0};
    char *path = cache_folder(folder, &a);
    rise_status s = path ? RISE_OK : rise_fail_nomem(err, "the cache");
    for (size_t i = 0; s == RISE_OK && i < options->n_keep; i++)
        s = pin_graph(host, options->keep[i], path, &pins, err);
    if (s == RISE_OK)
        s = collect(path, options, &pins, out, err);
    id_map_free(&pins);
    arena_free(&a);
    return s;
}
