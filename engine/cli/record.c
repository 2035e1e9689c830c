/* cli/record: what a run leaves: run.json for programs and run.html for people in --out, one run
 * more in the history, and where it is asked for the metadata of a crate. */
#include "crate.h"
#include "page.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *below_out(const record *r, const char *path) {
    const char *out = rise_run_out_folder(r->run);
    size_t n = strlen(out);
    if (strncmp(path, out, n) != 0)
        return path;
    path += n;
    return path + strspn(path, "/");
}

/* A power cut may take the record of a run that did nothing: running again gives it back. */
static bool did_something(const record *r) {
    size_t rest = r->tally.n[RISE_CACHED] + r->tally.n[RISE_NOT_NEEDED];
    return rest < rise_run_instances(r->run);
}

/* A run that did nothing, and nothing else than the last one of its graph, is none of history. */
static rise_status find_place(record *r, bool did, rise_error *err) {
    char graph[17];
    past p = {0};
    rise_status s = past_list(rise_run_cache_folder(r->run), &p, err);
    if (s != RISE_OK)
        return s;
    past_graph(r->o->operand[0], graph);
    const past_run *last = past_last(&p, graph, 0);
    r->kept = did || !last || strcmp(last->keys, r->tally.keys) != 0;
    if (r->kept)
        past_new(r->began, graph, r->tally.keys, &r->past);
    else
        r->past = *last;
    past_free(&p);
    return RISE_OK;
}

static rise_status write_summary(const record *r, const char *path, bool sync, rise_error *err) {
    file_out file;
    rise_status s = file_begin(&file, path, sync, err);
    if (s != RISE_OK)
        return s;
    json_out o = {.to = file.f};
    summary_put(r, &o);
    if (!json_end(&o))
        s = rise_fail_nomem(err, "the summary");
    return file_end(&file, s, err);
}

/* For programs, for who asked, and for the runs to come. */
static rise_status write_summaries(const record *r, bool sync, rise_error *err) {
    char path[4300];
    snprintf(path, sizeof path, "%s/run.json", rise_run_out_folder(r->run));
    rise_status s = write_summary(r, path, sync, err);
    if (s == RISE_OK && r->o->summary)
        s = write_summary(r, r->o->summary, true, err);
    const char *cache = rise_run_cache_folder(r->run);
    if (r->kept && past_path(cache, &r->past, path) &&
        write_summary(r, path, false, NULL) == RISE_OK)
        past_let_go(cache);
    return s;
}

static rise_status write_page(const record *r, bool sync, rise_error *err) {
    char path[4200];
    file_out file;
    snprintf(path, sizeof path, "%s/run.html", rise_run_out_folder(r->run));
    rise_status s = file_begin(&file, path, sync, err);
    if (s != RISE_OK)
        return s;
    page p = {.f = file.f, .of = r};
    return file_end(&file, page_write(&p, err), err);
}

rise_status record_write(rise_host *host, rise_run *run, const rise_graph *graph,
                         const cli_options *o, rise_status status, rise_error *err) {
    struct timespec now;
    chart c = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    record r = {.host = host, .run = run, .graph = graph, .o = o, .chart = &c, .status = status};
    r.wall_s = process_seconds();
    r.began = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - r.wall_s;
    rise_status s = chart_make(graph, &c, err);
    if (s == RISE_OK)
        s = tally_take(run, &c, &r.tally, err);
    bool did = s == RISE_OK && did_something(&r);
    if (s == RISE_OK)
        s = find_place(&r, did, err);
    if (s == RISE_OK)
        s = write_summaries(&r, did, err);
    if (s == RISE_OK)
        s = write_page(&r, did, err);
    if (s == RISE_OK && o->ro_crate)
        s = crate_write(&r, err);
    chart_free(&c);
    return s;
}
