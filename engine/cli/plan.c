/* cli/plan: what would run, and why; and whether a graph has errors at all. */
#include "cli.h"

#include <jansson.h>

int with_plan(rise_host *host, const cli_options *o, const char *only, plan_fn *show) {
    int code = 0;
    rise_error err = {0};
    rise_run *run = NULL;
    rise_graph *graph = load_graph(host, o->operand[0], o, &code);
    if (!graph)
        return code;
    rise_run_options options = o->run;
    options.plan_only = true;
    options.only = only;
    rise_status s = rise_run_start(host, graph, &options, &run, &err);
    if (s == RISE_OK)
        s = rise_run_wait(run, &err);
    if (s == RISE_OK)
        s = show(run, o, &err);
    if (s != RISE_OK)
        tell_error(&err);
    rise_run_free(run);
    rise_graph_free(graph);
    return rise_status_exit(s);
}

int command_check(rise_host *host, const cli_options *o) {
    int code = 0;
    rise_graph *graph = load_graph(host, o->operand[0], o, &code);
    if (graph)
        printf("%s: %zu nodes, %zu instances, no errors\n", o->operand[0], rise_graph_nodes(graph),
               rise_graph_instances(graph));
    rise_graph_free(graph);
    return code;
}

/* ---- what it would cost ---------------------------------------------------------------------- */
/* "1.2 s", "< 50 ms", "?" */
static void estimate_text(const rise_estimate *e, char text[16]) {
    snprintf(text, 16, "%s", e->n_small ? "< 50 ms" : "?");
    if (e->n_known)
        text_seconds(e->cpu_s, text);
}

static void print_total(rise_run *run, const rise_estimate *all) {
    char cpu[16], wall[16], peak[16];
    text_seconds(all->cpu_s, cpu);
    text_seconds(all->wall_s, wall);
    text_bytes((double)all->peak_bytes, peak);
    const char *between = "";
    if (all->n_known > 0) {
        printf("about %s of processor time, %s with --jobs %u, %s of values in nodes at work", cpu,
               wall, rise_run_jobs(run), peak);
        between = "; ";
    }
    if (all->n_small > 0) {
        printf("%s%zu took less than 50 ms", between, all->n_small);
        between = "; ";
    }
    if (all->n_unknown > 0)
        printf("%sof %zu instances the cost is not known", between, all->n_unknown);
    if (all->n_known + all->n_small + all->n_unknown > 0)
        putchar('\n');
}

static rise_status print_plan(rise_run *run, rise_error *err) {
    size_t n = 0, total = rise_run_instances(run), cached = 0;
    rise_estimate all;
    rise_status s = rise_run_estimate_all(run, &all, err);
    for (size_t i = 0; s == RISE_OK && i < total; i++) {
        rise_instance it;
        rise_estimate e;
        char cost[16];
        rise_run_instance(run, i, &it);
        cached += it.status == RISE_CACHED;
        bool rows = it.status == RISE_NOT_NEEDED;
        if (!rise_run_estimate(run, i, &e))
            continue;
        estimate_text(&e, cost);
        terminal_padded(stdout, it.name, 28);
        printf(" %9s  ", cost);
        terminal_text(stdout, rows ? "its rows are read by a node that would run" : it.reason);
        putchar('\n');
        n += !rows;
    }
    if (s != RISE_OK)
        return s;
    printf("%zu of %zu instances would run, %zu are cached\n", n, total, cached);
    print_total(run, &all);
    return RISE_OK;
}

/* ---- for programs ---------------------------------------------------------------------------- */
static json_t *known(bool is_known, json_t *value) {
    if (is_known)
        return value;
    json_decref(value);
    return json_null();
}

static json_t *instance_json(const rise_instance *it, const rise_estimate *e) {
    bool rows = it->status == RISE_NOT_NEEDED;
    const char *basis = e->n_known ? "last run" : e->n_small ? "less than 0.05 s" : "unknown";
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "instance", json_text(it->name),
                     "node", json_text(it->node), "type", json_text(it->type), "reason",
                     json_text(rows ? "its rows are read by a node that would run" : it->reason),
                     "estimate", basis, "cpu_s", known(e->n_known, json_real(e->cpu_s)), "wall_s",
                     known(e->n_known, json_real(e->wall_s)), "peak_bytes",
                     known(e->n_known, json_integer((json_int_t)e->peak_bytes)));
}

static rise_status plan_json(rise_run *run, rise_error *err) {
    json_t *list = json_array();
    rise_estimate all;
    rise_status s = rise_run_estimate_all(run, &all, err);
    size_t cached = 0, total = rise_run_instances(run);
    for (size_t i = 0; s == RISE_OK && i < total; i++) {
        rise_instance it;
        rise_estimate e;
        rise_run_instance(run, i, &it);
        cached += it.status == RISE_CACHED;
        if (rise_run_estimate(run, i, &e) &&
            json_array_append_new(list, instance_json(&it, &e)) != 0)
            s = rise_fail_nomem(err, "the plan");
    }
    if (s != RISE_OK) {
        json_decref(list);
        return s;
    }
    json_t *plan =
        json_pack("{s:o, s:I, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I}", "would_run", list,
                  "instances", (json_int_t)total, "cached", (json_int_t)cached, "jobs",
                  (json_int_t)rise_run_jobs(run), "cpu_s", all.cpu_s, "wall_s", all.wall_s,
                  "peak_bytes", (json_int_t)all.peak_bytes, "known", (json_int_t)all.n_known,
                  "small", (json_int_t)all.n_small, "unknown", (json_int_t)all.n_unknown);
    return json_print(plan) ? RISE_OK : rise_fail(err, RISE_E_OUTPUT, "stdout was not written");
}

static rise_status show_plan(rise_run *run, const cli_options *o, rise_error *err) {
    return o->json ? plan_json(run, err) : print_plan(run, err);
}

int command_plan(rise_host *host, const cli_options *o) {
    return with_plan(host, o, o->run.only, show_plan);
}
