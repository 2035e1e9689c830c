/* Memory that runs out, at each request in turn, while graphs are loaded and planned. */
#include "fault/shapes_at_work.h"

#include <stdio.h>

static rise_status tables(const rise_graph *graph, const char *path, rise_error *err) {
    rise_value *nodes = NULL, *links = NULL, *params = NULL, *files = NULL, *outline = NULL;
    rise_status s = rise_graph_node_table(graph, &nodes, err);
    if (s == RISE_OK)
        s = rise_graph_link_table(graph, &links, err);
    if (s == RISE_OK)
        s = rise_graph_param_table(graph, &params, err);
    if (s == RISE_OK)
        s = rise_graph_file_table(graph, &files, err);
    if (s == RISE_OK)
        s = rise_graph_outline(path, &outline, err);
    rise_value_release(files);
    rise_value_release(outline);
    rise_value_release(nodes);
    rise_value_release(links);
    rise_value_release(params);
    return s;
}

static rise_status act_load(const char *folder, rise_error *err) {
    rise_host *host = NULL;
    rise_graph *graph = NULL;
    paths p = paths_in(folder);
    rise_status s = load(p.graph, &host, &graph, err);
    if (s == RISE_OK)
        s = tables(graph, p.graph, err);
    rise_graph_free(graph);
    rise_host_free(host);
    return s;
}

/* A graph with errors of every stage, all told at once. */
static rise_status before_errors(const char *folder, rise_error *err) {
    paths p = paths_in(folder);
    FILE *f = fopen(p.graph, "w");
    if (!f)
        return rise_fail(err, RISE_E_OUTPUT, "graph not written");
    fputs("rise: 1\naxes: {factor: [1, 1]}\nnodes:\n"
          "  lines: {type: line, paths: [a.txt]}\n"
          "  total: {type: total, input: rows, factr: $facto}\n"
          "  some: {type: some, input: some}\n"
          "  both: {type: both, left: some.z, right: some.y, path: 3}\n",
          f);
    return fclose(f) == 0 ? RISE_OK : RISE_E_OUTPUT;
}

static rise_status act_errors(const char *folder, rise_error *err) {
    enum { ROOM = 16 };
    rise_host *host = NULL;
    rise_graph *graph = NULL;
    rise_error told[ROOM];
    size_t n = 0;
    paths p = paths_in(folder);
    rise_status s = make_host(&host, err);
    if (s == RISE_OK) {
        s = rise_graph_load(host, p.graph, NULL, 0, &graph, told, ROOM, &n);
        bool all = s == RISE_E_GRAPH && n >= 4 && told[0].line == 2;
        if (!all)
            *err = told[0];
        s = all ? RISE_OK : s == RISE_OK ? RISE_E_BUG : s;
    }
    rise_graph_free(graph);
    rise_host_free(host);
    return s;
}

static rise_status act_plugin(const char *folder, rise_error *err) {
    rise_host *host = NULL;
    (void)folder;
    rise_status s = rise_host_new(&host, err);
    if (s == RISE_OK)
        s = rise_host_add_plugin(host, "zig-out/fault/libcoordination.so", err);
    rise_host_free(host);
    return s;
}

static const sweep sweeps[] = {
    {"loading a graph", shapes_there, act_load, NULL, false},
    {"loading a graph with errors", before_errors, act_errors, NULL, false},
    {"loading a plug-in", NULL, act_plugin, NULL, false},
    {"loading a graph, by piece", shapes_there, act_load, NULL, true},
    {"loading a graph with errors, by piece", before_errors, act_errors, NULL, true},
    {"explaining what is known, by piece", before_warm, act_plan, after_run, true},
    {"planning", shapes_there, act_plan, NULL, false},
    {"planning and explaining what is known", before_warm, act_plan, after_run, false},
};

int main(void) {
    return sweep_all(sweeps, sizeof sweeps / sizeof *sweeps);
}
