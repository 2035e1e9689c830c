/* cli/cache: what is kept, whether it is sound, and making room. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static void tell_entry(void *user, const char *text) {
    (void)user;
    printf("%s\n", text);
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
    printf("%s\n", used);
    text_bytes((double)st.object_bytes, bytes);
    printf("  values in files of their own  %8llu  %s\n", (unsigned long long)st.n_objects, bytes);
    text_bytes((double)st.packed_bytes, bytes);
    printf("  small values in packs         %8llu  %s\n", (unsigned long long)st.n_packed, bytes);
    text_bytes((double)st.record_bytes, bytes);
    printf("  records                       %8llu  %s\n", (unsigned long long)st.n_records, bytes);
    printf("  in quarantine                 %8llu\n", (unsigned long long)st.n_quarantined);
    return 0;
}

static int verify_cache(const cli_options *o) {
    uint64_t checked = 0, damaged = 0;
    rise_error err = {0};
    rise_status s =
        rise_cache_verify(o->run.cache, o->read_data, tell_entry, NULL, &checked, &damaged, &err);
    if (s != RISE_OK) {
        tell_error(&err);
        return rise_status_exit(s);
    }
    printf("%llu values and logs %s, %llu damaged%s\n", (unsigned long long)checked,
           o->read_data ? "read" : "looked at", (unsigned long long)damaged,
           damaged ? " and moved to quarantine" : "");
    return damaged ? rise_status_exit(RISE_E_FAILED) : 0;
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
