/* cli/executor: what a graph asks of the machines that run it, with what goes without saying, and
 * what is left to do for each class of pilots. */
#include "slurm.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_JOBS = 200, POLL_S = 30, ONE_AFTER_THE_OTHER = 4 };

static size_t class_of(const executor *e, const char *name) {
    size_t i = 0;
    while (i < e->n && strcmp(e->item[i].name, name) != 0)
        i++;
    return i;
}

static rise_status add_class(executor *e, const rise_pilot *ask, const char *name,
                             rise_error *err) {
    if (class_of(e, name) < e->n)
        return RISE_OK;
    if (e->n == MAX_CLASSES)
        return rise_fail(err, RISE_E_GRAPH, "there are more than %d classes of pilots",
                         (int)MAX_CLASSES);
    pilot_class *c = &e->item[e->n++];
    *c = (pilot_class){.ask = *ask};
    snprintf(c->name, sizeof c->name, "%s", name);
    c->ask.nodes = ask->nodes ? ask->nodes : 1;
    c->ask.array = ask->array ? ask->array : ONE_AFTER_THE_OTHER * c->ask.nodes;
    if (c->ask.nodes > c->ask.array)
        c->ask.nodes = c->ask.array;
    return RISE_OK;
}

/* What nodes name without `classes` asks for what all ask for. */
rise_status executor_of(const rise_graph *graph, executor *out, rise_error *err) {
    const rise_pilot *first = rise_graph_pilot(graph, 0);
    rise_value *nodes = NULL;
    *out = (executor){.max_jobs = first->max_jobs ? first->max_jobs : MAX_JOBS,
                      .poll_s = first->poll_s > 0 ? first->poll_s : (double)POLL_S};
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < rise_graph_pilots(graph); i++)
        s = add_class(out, rise_graph_pilot(graph, i), rise_graph_pilot(graph, i)->name, err);
    if (s == RISE_OK)
        s = rise_graph_node_table(graph, &nodes, err);
    if (s != RISE_OK)
        return s;
    const rise_table *t = rise_value_table(nodes);
    const rise_column *pilot = rise_table_find(t, "pilot");
    for (size_t i = 0; s == RISE_OK && i < t->n_rows; i++)
        s = add_class(out, first, pilot->text[i], err);
    rise_value_release(nodes);
    return s;
}

/* Instances come node by node, in the order of the table of nodes. */
static void count(rise_run *run, const rise_column *pilot, executor *e) {
    const char *last = NULL;
    size_t node = 0;
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_estimate cost;
        rise_run_instance(run, i, &it);
        node += last && it.node != last;
        last = it.node;
        if (!rise_run_estimate(run, i, &cost) || it.status == RISE_NOT_NEEDED)
            continue;
        pilot_class *c = &e->item[class_of(e, pilot->text[node])];
        rise_id key;
        bool ready = rise_run_key(run, i, &key);
        c->left++;
        c->ready += ready;
        e->left++;
        e->ready += ready;
    }
}

rise_status executor_plan(rise_host *host, const rise_graph *graph, const cli_options *o,
                          executor *e, rise_error *err) {
    rise_run *run = NULL;
    rise_value *nodes = NULL;
    rise_run_options options = o->run;
    options.plan_only = true;
    rise_status s = rise_graph_node_table(graph, &nodes, err);
    if (s == RISE_OK)
        s = rise_run_start(host, graph, &options, &run, err);
    if (s == RISE_OK)
        s = rise_run_wait(run, err);
    if (s == RISE_OK) {
        e->left = e->ready = 0;
        for (size_t i = 0; i < e->n; i++)
            e->item[i].left = e->item[i].ready = 0;
        count(run, rise_table_find(rise_value_table(nodes), "pilot"), e);
    }
    rise_run_free(run);
    rise_value_release(nodes);
    return s;
}
