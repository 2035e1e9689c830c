/* cli/runs: the runs of the past as a table, newest first. */
#include "past_brief.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL = 20 };

static void print_head(void) {
    printf("%-8s  %-19s  %-28s %6s %7s  %9s  %-11s  %s\n", "run", "when", "graph", "ran", "cached",
           "time", "outcome", "changed");
}

/* A path that is long is known by its end. */
static const char *end_of(const char *path, size_t columns) {
    size_t n = strlen(path);
    while (n > columns && (path[n - columns] & 0xc0) == 0x80)
        columns--;
    return n > columns ? path + n - columns : path;
}

static void print_run(json_t *run) {
    past_brief b;
    char spent[16], set[sizeof b.set];
    past_brief_of(run, &b);
    text_seconds(b.wall_s, spent);
    memcpy(set, b.set, sizeof set);
    text_fit(set, sizeof set);
    printf("%-8s  %-19s  ", b.id, b.when);
    terminal_padded(stdout, end_of(b.graph, 28), 28);
    printf(" %6zu %7zu  %9s  %-11s  ", b.ran, b.cached, spent, b.status);
    terminal_text(stdout, set);
    putchar('\n');
}

static int print_runs(const past *p, const char *graph, size_t limit) {
    int code = 0;
    size_t shown = 0;
    const past_run *run;
    for (; shown < limit && (run = past_last(p, graph, shown)); shown++) {
        char path[4300];
        json_t *record = NULL;
        rise_error err = {0};
        snprintf(path, sizeof path, "%s/%s", p->folder, run->file);
        if (shown == 0)
            print_head();
        if (past_load(path, &record, &err) == RISE_OK) {
            print_run(record);
        } else {
            printf("%-8s  is damaged\n", run->id);
            tell_error(&err);
            code = rise_status_exit(err.status);
        }
        json_decref(record);
    }
    if (shown == 0)
        puts(graph[0] ? "no runs of that graph are kept" : "no runs are kept");
    else if (past_last(p, graph, shown))
        puts("older ones: --limit N");
    return code;
}

static int print_json(const past *p, const char *graph, size_t limit) {
    json_t *all = json_array();
    int code = 0;
    const past_run *run;
    for (size_t k = 0; k < limit && (run = past_last(p, graph, k)); k++) {
        char path[4300];
        json_t *record = NULL;
        rise_error err = {0};
        snprintf(path, sizeof path, "%s/%s", p->folder, run->file);
        if (past_load(path, &record, &err) == RISE_OK) {
            json_array_append_new(all, past_brief_json(record));
        } else {
            tell_error(&err);
            code = rise_status_exit(err.status);
        }
        json_decref(record);
    }
    return json_print(all) ? code : rise_status_exit(RISE_E_OUTPUT);
}

int command_runs(rise_host *host, const cli_options *o) {
    (void)host;
    char folder[4200], graph[17] = "";
    rise_error err = {0};
    past p = {0};
    size_t limit = o->limit ? o->limit : USUAL;
    rise_status s = rise_cache_folder(o->run.cache, folder, sizeof folder, &err);
    if (s == RISE_OK)
        s = past_list(folder, &p, &err);
    if (s != RISE_OK) {
        tell_error(&err);
        return rise_status_exit(s);
    }
    if (o->n_operands > 0)
        past_graph(o->operand[0], graph);
    int code = o->json ? print_json(&p, graph, limit) : print_runs(&p, graph, limit);
    past_free(&p);
    return fflush(stdout) == 0 ? code : rise_status_exit(RISE_E_OUTPUT);
}
