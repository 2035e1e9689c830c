/* A program around librise alone, without the nodes that come with it: hosts that share a process.
 *
 *     hosts PLUGIN.so OTHER_BUILD.so TYPE_TWICE.so GRAPH.yaml CACHE
 *
 * It says what went wrong and ends with 1, or says `sound`. */
#include <rise/rise.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(int so, const char *what) {
    if (so)
        return;
    printf("not so: %s\n", what);
    exit(1);
}

static rise_host *host_with(const char *plugin) {
    rise_host *host = NULL;
    rise_error err = {0};
    need(rise_host_new(&host, &err) == RISE_OK, "a host");
    if (rise_host_add_plugin(host, plugin, &err) != RISE_OK)
        puts(err.message);
    need(err.status == RISE_OK, "the plug-in is loaded");
    return host;
}

typedef struct seen {
    rise_run *run;
    double number;
    int n_ended, early_is_a_miss;
} seen;

/* A value is there when its node has ended, and not before. */
static void on_ended(void *user, const rise_instance *it) {
    seen *s = user;
    rise_value *value = NULL;
    if (s->n_ended++ == 0)
        s->early_is_a_miss = rise_run_value(s->run, "second", &value, NULL) == RISE_E_MISS;
    need(rise_run_value(s->run, it->node, &value, NULL) == RISE_OK, "a value when its node ended");
    s->number = rise_tensor_number(rise_value_tensor(value), 0);
    rise_value_release(value);
}

static void run_graph(rise_host *host, const char *path, const char *cache) {
    rise_graph *graph = NULL;
    rise_error err = {0};
    size_t n = 0;
    seen s = {0};
    rise_run_options options = {
        .cache = cache, .out = cache, .events = {.ended = on_ended, .user = &s}};
    need(rise_graph_load(host, path, NULL, 0, &graph, &err, 1, &n) == RISE_OK, err.message);
    need(rise_run_start(host, graph, &options, &s.run, &err) == RISE_OK, err.message);
    need(rise_run_wait(s.run, &err) == RISE_OK, err.message);
    need(s.n_ended == 2 && s.early_is_a_miss, "values come one after the other");
    need(s.number == 1, "the number of the plug-in");
    rise_run_free(s.run);
    rise_graph_free(graph);
}

static void tell_of_plugin(const rise_host *host) {
    rise_plugin_info p;
    need(rise_host_plugins(host) == 1 && rise_host_count(host) == 1, "one plug-in, one type");
    rise_host_plugin(host, 0, &p);
    need(p.path[0] == '/' && strchr(p.identity, ' ') && p.n_types == 1, "what a plug-in says");
    need(rise_host_find(host, p.types[0]->name) == p.types[0], "its type is that of the host");
    rise_host_plugin(host, 1, &p);
    need(!p.types && !p.path[0], "nothing where there is no plug-in");
}

int main(int argc, char **argv) {
    need(argc == 6, "five arguments");
    rise_error err = {0};
    rise_host *first = host_with(argv[1]), *second = host_with(argv[1]);
    need(rise_host_add_plugin(first, argv[1], &err) == RISE_OK, "again is no error");
    need(rise_host_add_plugin(first, "nothing.so", NULL) == RISE_E_NOINPUT,
         "an error need not be told");
    tell_of_plugin(first);
    rise_host_free(first); /* the code stays */
    run_graph(second, argv[4], argv[5]);
    need(rename(argv[2], argv[1]) == 0, "another build takes its place");
    rise_host *third = NULL;
    need(rise_host_new(&third, &err) == RISE_OK, "a third host");
    need(rise_host_add_plugin(third, argv[1], &err) == RISE_E_CHANGED, "another build is refused");
    need(strstr(err.message, "built again") && strcmp(err.file, argv[1]) == 0, "and says why");
    need(rise_host_add_plugin(third, argv[3], &err) == RISE_E_USAGE, "a type that is there twice");
    need(rise_host_count(third) == 0 && rise_host_plugins(third) == 0, "nothing was added");
    rise_host_free(third);
    rise_host_free(second);
    puts("sound");
    return 0;
}
