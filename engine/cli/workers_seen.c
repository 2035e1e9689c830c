/* cli/workers_seen: see workers_seen.h. */
#include "workers_seen.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *text_of(const json_t *o, const char *key) {
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

/* ---- the folder ------------------------------------------------------------------------------ */
static bool is_status_file(const char *name) {
    size_t n = strlen(name);
    return n == 37 && strspn(name, "0123456789abcdef") == 32 && strcmp(name + 32, ".json") == 0;
}

/* False: memory is short. */
static bool take(workers *w, const char *path, const char *graph, double changed) {
    json_error_t why;
    json_t *said = json_load_file(path, 0, &why);
    if (!said || strcmp(text_of(said, "graph_id"), graph) != 0) {
        json_decref(said);
        return true;
    }
    worker *grown = realloc(w->item, (w->n + 1) * sizeof *grown);
    if (!grown) {
        json_decref(said);
        return false;
    }
    w->item = grown;
    grown[w->n++] = (worker){.said = said,
                             .host = text_of(said, "host"),
                             .job = text_of(said, "job"),
                             .task = text_of(said, "task"),
                             .pilot = text_of(said, "pilot"),
                             .state = text_of(said, "state"),
                             .why = text_of(said, "why"),
                             .behind_s = changed};
    return true;
}

static int by_job(const void *a_, const void *b_) {
    const worker *a = a_, *b = b_;
    long long job_a = atoll(a->job), job_b = atoll(b->job);
    int task_a = atoi(a->task), task_b = atoi(b->task);
    if (job_a != job_b)
        return job_a < job_b ? -1 : 1;
    return task_a != task_b ? (task_a < task_b ? -1 : 1) : strcmp(a->host, b->host);
}

rise_status workers_read(const char *cache, const char *graph, workers *out, rise_error *err) {
    char folder[4200], path[4500];
    double newest = 0;
    bool room = true;
    workers w = {0};
    snprintf(folder, sizeof folder, "%.4096s/workers", cache);
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && room && (e = readdir(dir));) {
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (!is_status_file(e->d_name) || stat(path, &st) != 0)
            continue;
        double changed = (double)st.st_mtim.tv_sec + 1e-9 * (double)st.st_mtim.tv_nsec;
        newest = changed > newest ? changed : newest;
        room = take(&w, path, graph, changed);
    }
    if (dir)
        closedir(dir);
    if (!room) {
        workers_free(&w);
        return rise_fail_nomem(err, "what pilots tell");
    }
    for (size_t i = 0; i < w.n; i++)
        w.item[i].behind_s = newest - w.item[i].behind_s;
    if (w.n > 0)
        qsort(w.item, w.n, sizeof *w.item, by_job);
    *out = w;
    return RISE_OK;
}

void workers_free(workers *w) {
    for (size_t i = 0; i < w->n; i++)
        json_decref(w->item[i].said);
    free(w->item);
    *w = (workers){0};
}

size_t worker_units(const worker *w) {
    json_int_t n = json_integer_value(json_object_get(json_object_get(w->said, "units"), "done"));
    return n > 0 ? (size_t)n : 0;
}

const char *worker_running(const worker *w) {
    const char *name = json_string_value(json_array_get(json_object_get(w->said, "running"), 0));
    return name ? name : "";
}

/* ---- failures -------------------------------------------------------------------------------- */
size_t worker_failures(const worker *w) {
    return json_array_size(json_object_get(w->said, "failed"));
}

static long number_of(const json_t *o, const char *key) {
    return (long)json_integer_value(json_object_get(o, key));
}

/* As a local run would end. */
static rise_status status_of(long code) {
    static const rise_status known[] = {RISE_E_DATA,   RISE_E_NOINPUT, RISE_E_BUG,  RISE_E_SYSTEM,
                                        RISE_E_OUTPUT, RISE_E_CHANGED, RISE_E_GRAPH};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (rise_status_exit(known[i]) == code)
            return known[i];
    return RISE_E_FAILED;
}

void worker_failure(const worker *w, size_t i, rise_error *err, const char **instance) {
    const json_t *f = json_array_get(json_object_get(w->said, "failed"), i);
    rise_fail_at(err, status_of(number_of(f, "exit")), text_of(f, "file"), number_of(f, "line"),
                 number_of(f, "col"), "%s", text_of(f, "message"));
    if (text_of(f, "hint")[0])
        rise_hint(err, "%s", text_of(f, "hint"));
    *instance = text_of(f, "instance");
}
