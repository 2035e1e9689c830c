/* embed: rise inside another program. The program has a libuv loop of its own; a graph runs beside
 * whatever else that loop does. When the errors of the model are known they are printed, as arrays;
 * then one parameter is changed and the graph runs again: only what depends on it. */
#include <rise/rise.h>

#include <stdio.h>
#include <string.h>
#include <uv.h>

typedef struct app {
    uv_loop_t loop;
    uv_timer_t heartbeat; /* stands for the rest of the program */
    unsigned beats;
    rise_host *host;
    const char *path;
    rise_graph *graph;
    rise_run *run;
    size_t n_ran, n_cached;
    int round, failed;
} app;

static void start(app *a, const char *set);

static void tell(const rise_error *err) {
    char text[1200];
    rise_error_format(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

/* ---- values ---------------------------------------------------------------------------------- */
/* Columns are arrays that belong to the value. */
static void show_table(const rise_table *t) {
    const rise_column *part = rise_table_find(t, "part"), *rmse = rise_table_find(t, "rmse");
    for (size_t row = 0; part && rmse && row < t->n_rows; row++)
        printf("    rmse of %-10s %.4f %s\n", part->text[row], rmse->f64[row], rmse->unit);
}

static void show_value(app *a, const char *reference) {
    rise_value *value = NULL;
    rise_error err;
    if (rise_run_value(a->run, reference, &value, &err) != RISE_OK) {
        tell(&err);
        a->failed = 1;
        return;
    }
    const rise_tensor *t = rise_value_tensor(value); /* NULL: it is none */
    if (t && t->rank == 2)
        printf("    %s: %zu x %zu numbers, the first is %g\n", reference, t->dim[0].size,
               t->dim[1].size, rise_tensor_number(t, 0));
    if (rise_value_table(value))
        show_table(rise_value_table(value));
    rise_value_release(value);
}

/* ---- callbacks: on the thread of the loop ---------------------------------------------------- */
/* A value is there as soon as its node has ended, long before the run is over. */
static void on_ended(void *user, const rise_instance *it) {
    app *a = user;
    a->n_ran += it->status == RISE_RAN;
    a->n_cached += it->status == RISE_CACHED;
    printf("  %-10s %s%s%s\n", it->name, rise_instance_status_text(it->status),
           it->reason[0] ? ": " : "", it->reason);
    if (it->error)
        tell(it->error);
    else if (strcmp(it->node, "spectrum") == 0)
        show_value(a, "spectrum.frequencies");
    else if (strcmp(it->node, "energy") == 0)
        show_value(a, "energy.metrics");
}

static void on_ticked(void *user, rise_run *run) {
    (void)user;
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (it.status == RISE_RUNNING)
            fprintf(stderr, "  ... %s %zu of %zu frames\n", it.name, it.frames_ran,
                    it.frames_total);
    }
}

/* The last callback of a run: it may be freed here, and another may be started. */
static void on_finished(void *user, rise_run *run, rise_status status) {
    app *a = user;
    printf("  %s: %zu ran, %zu cached\n", rise_status_text(status), a->n_ran, a->n_cached);
    a->failed = a->failed || status != RISE_OK;
    rise_run_free(run);
    rise_graph_free(a->graph);
    a->run = NULL;
    a->graph = NULL;
    if (++a->round == 1 && !a->failed)
        start(a, "energy.lambda=0.5");
    else
        uv_timer_stop(&a->heartbeat); /* nothing is left: the loop ends */
}

static void on_heartbeat(uv_timer_t *timer) {
    ((app *)timer->data)->beats++;
}

/* ---- runs ------------------------------------------------------------------------------------ */
static int load(app *a, const char *set) {
    rise_error errors[8];
    size_t n = 0;
    rise_status s = rise_graph_load(a->host, a->path, &set, set ? 1 : 0, &a->graph, errors, 8, &n);
    for (size_t i = 0; s != RISE_OK && i < n && i < 8; i++)
        tell(&errors[i]);
    return s == RISE_OK;
}

static void start(app *a, const char *set) {
    rise_error err;
    rise_run_options options = {
        .loop = &a->loop,
        .events = {.ended = on_ended, .ticked = on_ticked, .finished = on_finished, .user = a}};
    printf("%s\n", set ? set : "as the graph says");
    a->n_ran = a->n_cached = 0;
    if (load(a, set) && rise_run_start(a->host, a->graph, &options, &a->run, &err) == RISE_OK)
        return; /* it works on threads of its own from here on */
    if (a->graph)
        tell(&err);
    a->failed = 1;
    uv_timer_stop(&a->heartbeat);
}

int main(int argc, char **argv) {
    app a = {.path = argc > 1 ? argv[1] : "embed.yaml"};
    rise_error err;
    if (rise_host_new(&a.host, &err) != RISE_OK ||
        rise_host_add(a.host, rise_builtin_nodes, rise_builtin_count, &err) != RISE_OK) {
        tell(&err);
        return 1;
    }
    uv_loop_init(&a.loop);
    uv_timer_init(&a.loop, &a.heartbeat);
    a.heartbeat.data = &a;
    uv_timer_start(&a.heartbeat, on_heartbeat, 10, 10);
    start(&a, NULL);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&a.heartbeat, NULL);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    printf("the loop beat %s meanwhile\n", a.beats > 0 ? "on" : "never");
    rise_graph_free(a.graph);
    rise_host_free(a.host);
    return uv_loop_close(&a.loop) != 0 || a.failed;
}
