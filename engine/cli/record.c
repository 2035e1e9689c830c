/* cli/record: what a run leaves in --out: run.json for programs, run.html for people. */
#include "page.h"

#include <stdlib.h>

static void take_status(chart *c, rise_run *run) {
    size_t box = 0; /* instances come node by node, in the order of the boxes */
    const char *last = NULL;
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        box += last && it.node != last;
        last = it.node;
        if (box < c->n_boxes)
            c->box[box].status[it.status]++;
    }
}

/* A power cut may take the record of a run that did nothing: running again gives it back. */
static bool did_something(rise_run *run) {
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (it.status != RISE_CACHED && it.status != RISE_NOT_NEEDED)
            return true;
    }
    return false;
}

static rise_status write_page(const page *p, const char *path, bool sync, rise_error *err) {
    char *text = NULL;
    size_t size = 0;
    page with = *p;
    chart c = {0};
    rise_status s = chart_make(p->graph, &c, err);
    with.chart = &c;
    with.f = s == RISE_OK ? open_memstream(&text, &size) : NULL;
    if (s == RISE_OK && !with.f)
        s = rise_fail_nomem(err, "run.html");
    if (s == RISE_OK) {
        take_status(&c, p->run);
        s = page_write(&with, err);
        if (fclose(with.f) != 0 && s == RISE_OK)
            s = rise_fail_nomem(err, "run.html");
    }
    if (s == RISE_OK)
        s = write_text(path, text, size, sync, err);
    free(text);
    chart_free(&c);
    return s;
}

rise_status record_write(rise_host *host, rise_run *run, const rise_graph *graph,
                         const cli_options *o, rise_status status, double wall_s, rise_error *err) {
    char path[4200];
    const char *out = rise_run_out_folder(run);
    bool sync = did_something(run);
    snprintf(path, sizeof path, "%s/run.json", out);
    rise_status s = summary_write(run, status, wall_s, path, sync, err);
    if (s != RISE_OK)
        return s;
    page p = {.host = host, .run = run, .graph = graph, .o = o, .status = status, .wall_s = wall_s};
    snprintf(path, sizeof path, "%s/run.html", out);
    return write_page(&p, path, sync, err);
}
