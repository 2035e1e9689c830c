/* cli/diff: two runs side by side. */
#include "diff.h"

#include <jansson.h>
#include <string.h>

/* "last" after another run is the last of its graph. */
static void graph_of_run(const json_t *run, char graph[17]) {
    const char *path = json_string_value(json_object_get(run, "graph_file"));
    graph[0] = 0;
    if (path)
        past_graph(path, graph);
}

static rise_status read_run(const past *p, const char *name, const char *graph, json_t **out,
                            rise_error *err) {
    char path[4300];
    rise_status s = past_find(p, name, graph, path, sizeof path, err);
    return s == RISE_OK ? past_load(path, out, err) : s;
}

/* Without names: the last two of the graph that ran last; with one: that, then the last of its
 * graph. */
static rise_status read_both(const past *p, const cli_options *o, json_t *run[2], rise_error *err) {
    char graph[17] = "";
    const past_run *last = past_last(p, "", 0);
    const char *first = o->n_operands > 0 ? o->operand[0] : "last~1";
    const char *second = o->n_operands > 1 ? o->operand[1] : "last";
    if (last)
        memcpy(graph, last->graph, sizeof graph);
    rise_status s = read_run(p, first, graph, &run[0], err);
    if (s != RISE_OK)
        return s;
    if (o->n_operands == 1)
        graph_of_run(run[0], graph);
    return read_run(p, second, graph, &run[1], err);
}

int command_diff(rise_host *host, const cli_options *o) {
    (void)host;
    char folder[4200];
    rise_error err = {0};
    past p = {0};
    json_t *run[2] = {NULL, NULL}, *diff = NULL;
    rise_status s = rise_cache_folder(o->run.cache, folder, sizeof folder, &err);
    if (s == RISE_OK)
        s = past_list(folder, &p, &err);
    if (s == RISE_OK)
        s = read_both(&p, o, run, &err);
    if (s == RISE_OK && !(diff = diff_make(run[0], run[1])))
        s = rise_fail_nomem(&err, "the differences");
    if (s != RISE_OK)
        tell_error(&err);
    else if (o->json)
        s = json_print(json_incref(diff)) ? RISE_OK : RISE_E_OUTPUT;
    else
        diff_print(diff);
    json_decref(diff);
    json_decref(run[0]);
    json_decref(run[1]);
    past_free(&p);
    return fflush(stdout) == 0 ? rise_status_exit(s) : rise_status_exit(RISE_E_OUTPUT);
}
