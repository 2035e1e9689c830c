/* api/run: starting a run with what the caller left open filled in, and looking at it. */
#include "api/host.h"
#include "sched/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- where things are ------------------------------------------------------------------------ */
static char *out_folder(const char *given, const graph *g, arena *a) {
    if (given)
        return arena_text(a, given);
    const char *slash = strrchr(g->path, '/');
    char *name = arena_text(a, slash ? slash + 1 : g->path);
    char *dot = name ? strrchr(name, '.') : NULL;
    if (dot && dot != name)
        *dot = 0;
    return name ? path_join(a, "out", name) : NULL;
}

/* ---- a run ----------------------------------------------------------------------------------- */
static void store_warns(void *user, const char *text) {
    run_warn(user, "%s", text);
}

static rise_status check_only(const graph *g, const char *only, rise_error *err) {
    if (!only || graph_find_node(g, only) != SIZE_MAX)
        return RISE_OK;
    const char **name = calloc(g->n_nodes + 1, sizeof *name);
    for (size_t i = 0; name && i < g->n_nodes; i++)
        name[i] = g->node[i].name;
    const char *near = name ? text_suggest(only, name, g->n_nodes) : NULL;
    rise_fail(err, RISE_E_USAGE, "`%s`: the graph has no node of that name", only);
    if (near)
        rise_hint(err, "did you mean `%s`?", near);
    free(name);
    return RISE_E_USAGE;
}

static bool names_output(const instance *it) {
    for (size_t p = 0; p < it->node->n_params; p++)
        if (it->node->param[p].row->type == RISE_P_OUTPUT &&
            graph_param_at(it->run->graph, it->node, p, it->index)->kind != GV_UNSET)
            return true;
    return false;
}

/* A known node writes too, where its file went missing. */
static bool writes(const run *r) {
    if (r->options.plan_only || r->options.worker)
        return false;
    bool any = r->options.out_used;
    for (size_t i = 0; i < r->n_instances && !any; i++)
        any = r->instance[i].needed && names_output(&r->instance[i]);
    return any;
}

/* Told before hours of work, not after. */
static rise_status check_out_folder(const run *r, rise_error *err) {
    if (!writes(r))
        return RISE_OK;
    rise_status s = path_make_folders(r->out_folder, err);
    if (s == RISE_OK && access(r->out_folder, W_OK | X_OK) != 0)
        s = rise_fail(err, RISE_E_OUTPUT, "output folder %s: %s", r->out_folder, strerror(errno));
    if (s == RISE_OK)
        temporary_sweep(r->out_folder); /* of the caller, too */
    return s == RISE_E_OUTPUT ? rise_hint(err, "choose another with --out DIR") : s;
}

/* Bytes of values of single frames that are kept at hand. They are many and each is used by few:
 * reading one back from the store costs little beside the work on a frame, and what a run needs
 * does not grow with the number of its frames. */
#define FRAME_CACHE ((uint64_t)8 << 20)

/* Bytes of an entry that a worker keeps in its pack. */
enum { SHARED_PACK_LIMIT = 4 << 20 };

/* The store is opened while the instances are made: where there are many, each takes its time. */
static rise_status open_or_build(void *user, size_t i, rise_error *err) {
    run *r = user;
    /* many files are what a shared disk is slow with */
    store_options options = {.durable = r->options.durable,
                             .local = r->options.local_cache,
                             .pack_limit = r->options.worker ? SHARED_PACK_LIMIT : 0,
                             .warn = store_warns,
                             .user = r};
    return i == 0 ? store_open(r->cache_folder, &options, &r->store, err) : run_build(r, err);
}

/* "host 1234"; where others are at work, or may be. */
static rise_status open_leases(run *r, rise_error *err) {
    if (r->options.worker && !store_writing(r->store)) {
        rise_fail(err, RISE_E_OUTPUT, "the cache %s cannot be written", r->cache_folder);
        return rise_hint(err, "a worker that keeps nothing helps nobody");
    }
    if (r->options.plan_only || !store_writing(r->store) ||
        !(r->options.worker || leases_there(r->cache_folder)))
        return RISE_OK;
    char host[200] = "?", who[256];
    rise_id job = {{0}};
    lease_options options = {.patience_s = r->options.lease_s, .who = who};
    options.n_metadata = &r->n_metadata;
    gethostname(host, sizeof host - 1);
    snprintf(who, sizeof who, "%s %ld", host, (long)getpid());
    if (r->options.job && r->options.job[0])
        id_of(r->options.job, strlen(r->options.job), &job);
    memcpy(&options.job, job.byte, sizeof options.job);
    r->leases = leases_open(r->cache_folder, &options);
    r->news_s = r->useful_s = clock_wall();
    return r->leases ? RISE_OK : rise_fail_nomem(err, "the run");
}

static rise_status prepare(run *r, rise_error *err) {
    if (!r->cache_folder || !r->out_folder)
        return rise_fail_nomem(err, "the run");
    if (r->options.jobs == 0)
        r->options.jobs = machine_cores(MACHINE_LIMITS);
    if (r->options.lease_s <= 0)
        r->options.lease_s = 30;
    if (r->options.memory == 0)
        r->options.memory = machine_memory(MACHINE_LIMITS) / 2;
    rise_status s = pool_new(r->options.jobs, &r->pool, err);
    if (s != RISE_OK)
        return s;
    uint64_t share = r->options.memory / 4;
    r->cache = memory_cache_new(share);
    r->frame_cache = memory_cache_new(share < FRAME_CACHE ? share : FRAME_CACHE);
    if (!r->cache || !r->frame_cache)
        return rise_fail_nomem(err, "the run");
    s = pool_group(r->pool, 2, open_or_build, r, err);
    if (s == RISE_OK)
        s = open_leases(r, err);
    if (s == RISE_OK)
        s = check_out_folder(r, err);
    pool_on_rest(r->pool, run_rest, r);
    return s == RISE_OK ? runner_start(r, err) : s;
}

rise_status rise_run_start(rise_host *host, const rise_graph *g, const rise_run_options *options,
                           rise_run **out, rise_error *err) {
    (void)host;
    rise_run_options defaults = {0};
    rise_status s = check_only(graph_of(g), options ? options->only : NULL, err);
    if (s != RISE_OK)
        return s;
    run *r = calloc(1, sizeof *r);
    if (!r)
        return rise_fail_nomem(err, "the run");
    r->start = clock_wall();
    r->graph = graph_of(g);
    r->options = options ? *options : defaults;
    if (uv_mutex_init(&r->lock)) {
        free(r);
        return rise_fail_nomem(err, "the run");
    }
    r->cache_folder = cache_folder(r->options.cache, &r->texts);
    r->out_folder = out_folder(r->options.out, r->graph, &r->texts);
    r->only = arena_text(&r->texts, r->options.only);
    r->options.only = r->only;
    r->options.pilot = arena_text(&r->texts, r->options.pilot);
    s = prepare(r, err);
    if (s != RISE_OK) {
        rise_run_free(r);
        return s;
    }
    *out = r;
    return RISE_OK;
}

rise_status rise_run_wait(rise_run *r, rise_error *err) {
    if (!r->owns_loop)
        return rise_fail(err, RISE_E_BUG, "rise_run_wait needs a run with a loop of its own");
    runner_wait(r);
    if (r->status != RISE_OK && err)
        *err = r->first_error;
    return r->status;
}

void rise_run_free(rise_run *r) {
    if (r && r->owns_loop && r->open_handles > 0) { /* nobody waited for it */
        rise_run_cancel(r, RISE_E_INTERRUPTED);
        runner_wait(r);
    }
    if (!r || !runner_free(r))
        return;
    pool_free(r->pool);
    run_unbuild(r);
    memory_cache_free(r->cache);
    memory_cache_free(r->frame_cache);
    leases_close(r->leases);
    store_close(r->store);
    uv_mutex_destroy(&r->lock);
    free(r->warning);
    free(r->file);
    text_map_free(&r->warned);
    text_map_free(&r->written);
    text_map_free(&r->swept);
    arena_free(&r->texts);
    free(r);
}

/* ---- looking at it --------------------------------------------------------------------------- */
const char *rise_instance_status_text(rise_instance_status status) {
    static const char *const text[] = {"waiting",    "running", "ran",   "cached",
                                       "not-needed", "skipped", "failed"};
    return (size_t)status < sizeof text / sizeof *text ? text[status] : "?";
}

void rise_run_share(const rise_run *r, rise_share *out) {
    *out = (rise_share){
        .shared = r->leases != NULL,
        .idle = r->idle,
        .units = atomic_load(&r->n_units),
        .wholes = atomic_load(&r->units_n_wholes),
        .frames = atomic_load(&r->units_n_frames),
        .put_off = r->n_put_off,
        .n_metadata = atomic_load(&r->n_metadata) + store_names(r->store),
    };
}

size_t rise_run_instances(const rise_run *r) {
    return r->n_instances;
}

void rise_run_instance(rise_run *r, size_t i, rise_instance *out) {
    instance_look(&r->instance[i], out);
}

static instance *identified(rise_run *r, size_t i, rise_error *err) {
    instance *it = i < r->n_instances && r->finished ? &r->instance[i] : NULL;
    if (it && it->identified)
        return it;
    rise_fail(err, RISE_E_MISS, "its key is not known before what it reads is there");
    return NULL;
}

rise_status rise_run_parts(rise_run *r, size_t i, rise_value **table, rise_error *err) {
    instance *it = identified(r, i, err);
    rise_status s = it ? instance_need_parts(it, err) : RISE_E_MISS;
    return s == RISE_OK ? instance_parts(it, table, err) : s;
}

rise_status rise_run_kept(rise_run *r, size_t i, rise_value **table, rise_error *err) {
    instance *it = identified(r, i, err);
    return it ? instance_kept(it, table, err) : RISE_E_MISS;
}

bool rise_run_estimate(rise_run *r, size_t i, rise_estimate *out) {
    return i < r->n_instances && r->finished && instance_estimate(&r->instance[i], out);
}

rise_status rise_run_estimate_all(rise_run *r, rise_estimate *out, rise_error *err) {
    if (!r->finished)
        return rise_fail(err, RISE_E_MISS, "what would run is known after the end of the plan");
    return run_estimate(r, out, err);
}

unsigned rise_run_jobs(const rise_run *r) {
    return r->options.jobs;
}

bool rise_run_key(rise_run *r, size_t i, rise_id *key) {
    instance *it = identified(r, i, NULL);
    if (it)
        *key = it->base_key;
    return it != NULL;
}

rise_status rise_run_inputs(rise_run *r, rise_value **table, rise_error *err) {
    if (!r->finished)
        return rise_fail(err, RISE_E_MISS, "what was read is known after the end of the run");
    return run_inputs(r, table, err);
}

rise_status rise_run_at_hand(rise_run *r, size_t i, const char *output, uint64_t max_bytes,
                             rise_value **out, rise_error *err) {
    instance *it = i < r->n_instances && r->instance[i].over ? &r->instance[i] : NULL;
    size_t o = it ? graph_find_output(it->node, output) : SIZE_MAX;
    rise_value *value = o == SIZE_MAX ? NULL : offer_at_hand(it, o, max_bytes);
    if (!value)
        return rise_fail(err, RISE_E_MISS, "`%s` is not at hand", output);
    *out = value;
    return RISE_OK;
}

size_t rise_run_files(const rise_run *r) {
    return r->n_files;
}

void rise_run_file(const rise_run *r, size_t i, rise_output_file *out) {
    out->name = i < r->n_files ? r->file[i].name : "";
    out->path = i < r->n_files ? r->file[i].path : "";
}

size_t rise_run_warnings(const rise_run *r) {
    return r->n_warnings;
}

const char *rise_run_warning(const rise_run *r, size_t i) {
    return i < r->n_warnings ? r->warning[i] : "";
}

const char *rise_run_cache_folder(const rise_run *r) {
    return r->cache_folder;
}

const char *rise_run_out_folder(const rise_run *r) {
    return r->out_folder;
}

/* ---- values by reference --------------------------------------------------------------------- */
/* "name[a=1,b=2]" names the instance whose own name is the same; without brackets the node's only
 * one. */
static instance *find_instance(run *r, const char *node, size_t n, const char *brackets) {
    for (size_t i = 0; i < r->n_instances; i++) {
        const char *name = r->instance[i].name;
        if (strncmp(name, node, n) == 0 && strcmp(name + n, brackets) == 0)
            return &r->instance[i];
    }
    return NULL;
}

/* The output that stands between the dot and the brackets; the first where there is no dot. */
static size_t find_output(const instance *it, const char *dot, const char *brackets) {
    char name[256];
    if (!dot)
        return 0;
    int n = snprintf(name, sizeof name, "%.*s", (int)(brackets - dot - 1), dot + 1);
    return (size_t)n < sizeof name ? graph_find_output(it->node, name) : SIZE_MAX;
}

rise_status rise_run_value(rise_run *r, const char *reference, rise_value **out, rise_error *err) {
    const char *brackets = reference + strcspn(reference, "[");
    const char *dot = memchr(reference, '.', (size_t)(brackets - reference));
    instance *it =
        find_instance(r, reference, (size_t)((dot ? dot : brackets) - reference), brackets);
    if (!it)
        return rise_fail(err, RISE_E_USAGE, "`%.80s`: the run has no such node or point",
                         reference);
    size_t o = find_output(it, dot, brackets);
    if (o >= it->node->n_outputs)
        return rise_fail(err, RISE_E_USAGE, "`%.80s`: node type `%s` has no such output", reference,
                         it->node->type->name);
    if (!it->over || !it->out[o].known)
        return rise_fail(err, RISE_E_MISS, "`%.80s` was not computed in this run", reference);
    if (r->finished) /* a request to stop that came late is void */
        atomic_store(&r->cancel, 0);
    return offer_fetch(it, o, RISE_WHOLE_VALUE, out, err);
}
