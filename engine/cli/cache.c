/* cli/cache: what is kept, whether it is sound, and making room. */
#include "history.h"
#include "worker.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void tell_entry(void *user, const char *text) {
    (void)user;
    printf("%s\n", text);
}

/* ---- the runs of the past -------------------------------------------------------------------- */
static void put_aside(const char *folder, const char *path, const char *file) {
    char aside[4400];
    snprintf(aside, sizeof aside, "%.4096s/quarantine/%s", folder, file);
    (void)rename(path, aside);
}

/* With `damaged`: each is read, and those that cannot be are told, counted and put aside. */
static rise_status look_at_runs(const char *folder, uint64_t *n, uint64_t *bytes, uint64_t *damaged,
                                rise_error *err) {
    past p;
    rise_status s = past_list(folder, &p, err);
    if (s != RISE_OK)
        return s;
    for (size_t i = 0; i < p.n; i++) {
        char path[4300], text[1200];
        rise_error why = {0};
        json_t *run = NULL;
        snprintf(path, sizeof path, "%s/%s", p.folder, p.run[i].file);
        *bytes += past_bytes(path);
        if (damaged && past_load(path, &run, &why) != RISE_OK) {
            rise_error_format(&why, text, sizeof text);
            tell_entry(NULL, text);
            ++*damaged;
            put_aside(folder, path, p.run[i].file);
        }
        json_decref(run);
    }
    *n = p.n;
    past_free(&p);
    return RISE_OK;
}

static int stat_cache(const char *folder) {
    rise_cache_stats st;
    rise_error err = {0};
    char used[1024] = "", bytes[16];
    rise_status s = rise_cache_stat(folder, &st, used, sizeof used, &err);
    if (s != RISE_OK) {
        tell_error(&err);
        return rise_status_exit(s);
    }
    uint64_t n_runs = 0, run_bytes = 0;
    s = look_at_runs(used, &n_runs, &run_bytes, NULL, &err);
    if (s != RISE_OK) {
        tell_error(&err);
        return rise_status_exit(s);
    }
    printf("%s\n", used);
    text_bytes((double)st.object_bytes, bytes);
    printf("  values in files of their own  %8llu  %s\n", (unsigned long long)st.n_objects, bytes);
    text_bytes((double)st.packed_bytes, bytes);
    printf("  small values in packs         %8llu  %s\n", (unsigned long long)st.n_packed, bytes);
    text_bytes((double)st.record_bytes, bytes);
    printf("  records                       %8llu  %s\n", (unsigned long long)st.n_records, bytes);
    text_bytes((double)run_bytes, bytes);
    printf("  runs of the past              %8llu  %s\n", (unsigned long long)n_runs, bytes);
    printf("  in quarantine                 %8llu\n", (unsigned long long)st.n_quarantined);
    return 0;
}

static int verify_cache(const cli_options *o) {
    uint64_t checked = 0, damaged = 0, runs = 0, run_bytes = 0, lost_runs = 0;
    char folder[4200];
    rise_error err = {0};
    rise_status s =
        rise_cache_verify(o->run.cache, o->read_data, tell_entry, NULL, &checked, &damaged, &err);
    if (s == RISE_OK)
        s = rise_cache_folder(o->run.cache, folder, sizeof folder, &err);
    if (s == RISE_OK)
        s = look_at_runs(folder, &runs, &run_bytes, &lost_runs, &err);
    if (s != RISE_OK) {
        tell_error(&err);
        return rise_status_exit(s);
    }
    printf("%llu values and logs %s, %llu damaged%s\n", (unsigned long long)checked,
           o->read_data ? "read" : "looked at", (unsigned long long)damaged,
           damaged ? " and moved to quarantine" : "");
    printf("%llu runs of the past read, %llu damaged\n", (unsigned long long)runs,
           (unsigned long long)lost_runs);
    return damaged || lost_runs ? rise_status_exit(RISE_E_FAILED) : 0;
}

/* ---- making room ----------------------------------------------------------------------------- */

static void print_bytes(const char *what, uint64_t n, uint64_t size) {
    char bytes[16];
    text_bytes((double)size, bytes);
    printf("  %-32s %8llu  %s\n", what, (unsigned long long)n, bytes);
}

static void print_gc(const rise_gc_result *r, bool dry_run) {
    char bytes[16];
    print_bytes(dry_run ? "values that would go" : "values that went", r->n_evicted,
                r->evicted_bytes);
    print_bytes("left by others, and quarantine", r->n_swept, r->swept_bytes);
    text_bytes((double)r->dead_bytes, bytes);
    printf("  %-32s %8s  %s\n", "lost room in packs", "", bytes);
    print_bytes("values that stay", r->n_kept, r->kept_bytes);
    if (r->n_pinned)
        print_bytes("of these needed by --keep", r->n_pinned, r->pinned_bytes);
}

/* Runs older than --age go as values do. */
static rise_status sweep_runs(const cli_options *o, rise_gc_result *result, rise_error *err) {
    char folder[4200];
    past p = {0};
    rise_status s = rise_cache_folder(o->run.cache, folder, sizeof folder, err);
    if (s == RISE_OK)
        s = past_list(folder, &p, err);
    if (s == RISE_OK)
        past_sweep(&p, o->gc.max_age_days * 24 * 3600, o->gc.dry_run, &result->n_swept,
                   &result->swept_bytes);
    if (s == RISE_OK)
        worker_files_sweep(folder, o->gc.dry_run, &result->n_swept, &result->swept_bytes);
    past_free(&p);
    return s;
}

static int gc_cache(rise_host *host, const cli_options *o) {
    rise_graph **graph = calloc(o->n_keep + 1, sizeof *graph);
    rise_gc_options options = o->gc;
    rise_gc_result result;
    rise_error err = {0};
    int code = graph ? 0 : rise_status_exit(RISE_E_NOMEM);
    while (!code && options.n_keep < o->n_keep) {
        graph[options.n_keep] = load_graph(host, o->keep[options.n_keep], o, &code);
        options.n_keep += !code;
    }
    options.keep = (const rise_graph *const *)graph;
    if (!code) {
        rise_status s = rise_cache_gc(host, o->run.cache, &options, &result, &err);
        if (s == RISE_OK)
            s = sweep_runs(o, &result, &err);
        code = rise_status_exit(s);
        if (s == RISE_OK)
            print_gc(&result, options.dry_run);
        else
            tell_error(&err);
    }
    for (size_t i = 0; graph && i < options.n_keep; i++)
        rise_graph_free(graph[i]);
    free(graph);
    return code;
}

int command_cache(rise_host *host, const cli_options *o) {
    const char *what = o->n_operands == 1 ? o->operand[0] : "";
    if (strcmp(what, "stat") == 0)
        return stat_cache(o->run.cache);
    if (strcmp(what, "verify") == 0)
        return verify_cache(o);
    if (strcmp(what, "gc") == 0)
        return gc_cache(host, o);
    fputs("rise-run: cache stat, cache verify, or cache gc\n", stderr);
    return rise_status_exit(RISE_E_USAGE);
}
