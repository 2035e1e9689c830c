/* cli/status: how far a graph is that pilots work on, from whatever machine sees the cache: a plan,
 * what was submitted, and what the pilots tell. Asks nothing of Slurm. */
#include "slurm.h"
#include "workers_seen.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct status_of {
    const cli_options *o;
    executor e;
    size_t total;
    jobs *submitted; /* [n]; of this graph, whatever was set */
    size_t n;
    workers w;
} status_of;

/* ---- taking ---------------------------------------------------------------------------------- */
static rise_status take_jobs(status_of *s, const jobs *place, const char *name, rise_error *err) {
    size_t n = strlen(name), folder = strlen(place->path) - strlen(place->id) - 5;
    if (n < 21 || n - 5 > ID_LENGTH || strncmp(name, place->graph_id, 16) != 0 ||
        strcmp(name + n - 5, ".json") != 0)
        return RISE_OK;
    jobs *grown = realloc(s->submitted, (s->n + 1) * sizeof *grown);
    if (!grown)
        return rise_fail_nomem(err, "the jobs");
    s->submitted = grown;
    jobs *j = &grown[s->n];
    *j = *place;
    snprintf(j->id, sizeof j->id, "%.*s", (int)(n - 5), name);
    snprintf(j->path + folder, sizeof j->path - folder, "%s.json", j->id);
    snprintf(j->folder + folder, sizeof j->folder - folder, "%s", j->id);
    rise_status found = jobs_load(j, err);
    s->n += found == RISE_OK;
    return found == RISE_E_MISS ? RISE_OK : found;
}

static rise_status take_all_jobs(status_of *s, rise_error *err) {
    jobs place;
    char folder[4300];
    rise_status status = jobs_place(s->o, &place, err);
    if (status != RISE_OK)
        return status;
    snprintf(folder, sizeof folder, "%s", place.path);
    *strrchr(folder, '/') = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && status == RISE_OK && (e = readdir(dir));)
        status = take_jobs(s, &place, e->d_name, err);
    if (dir)
        closedir(dir);
    if (status != RISE_OK)
        return status;
    *strrchr(folder, '/') = 0; /* jobs */
    return workers_read(folder, place.graph_id, &s->w, err);
}

/* Pilots that ended and were submitted before the jobs that are known are of no interest. */
static bool is_shown(const status_of *s, const worker *w) {
    bool alive = strcmp(w->state, "working") == 0;
    for (size_t i = 0; i < s->n && !alive; i++)
        for (size_t k = 0; k < s->submitted[i].n && !alive; k++)
            alive = strcmp(s->submitted[i].item[k].number, w->job) == 0;
    return alive;
}

/* ---- for people ------------------------------------------------------------------------------ */
static void print_job(const jobs *j, const job *b) {
    printf("job %s%s%s, submitted at %s on ", b->number, b->class[0] ? ", class " : "", b->class,
           j->began);
    terminal_text(stdout, j->host);
    printf(": %u pilot%s at once, %u in all%s\n", b->at_once, b->at_once == 1 ? "" : "s",
           b->elements, b->over ? "; over" : "");
}

static void print_worker(const worker *w) {
    char name[80], behind[16];
    snprintf(name, sizeof name, "%.24s%s%.24s", w->job[0] ? w->job : "-", w->task[0] ? "_" : "",
             w->task);
    text_seconds(w->behind_s, behind);
    terminal_padded(stdout, name, 14);
    putchar(' ');
    terminal_padded(stdout, w->host, 16);
    printf(" %-8.8s %5zu units  told %s before the newest  ", w->state, worker_units(w), behind);
    terminal_text(stdout, worker_running(w)[0] ? worker_running(w) : w->why);
    putchar('\n');
}

static void print_failures(const worker *w) {
    for (size_t i = 0; i < worker_failures(w); i++) {
        rise_error err = {0};
        const char *instance = "";
        worker_failure(w, i, &err, &instance);
        fflush(stdout);
        tell_failure(&err, instance[0] ? instance : NULL);
    }
}

static void print_advice(const status_of *s, bool failed) {
    char numbers[1024];
    bool over = true;
    for (size_t i = 0; i < s->n; i++)
        over = over && jobs_over(&s->submitted[i]);
    if (s->e.left == 0)
        printf("everything is known: `rise-run ");
    else if (failed)
        printf("mend what failed, then `rise-run ");
    else if (over)
        printf("nothing is known to be at work: `rise-run ");
    else
        printf("to wait for the results: `rise-run ");
    terminal_text(stdout, s->o->operand[0]);
    puts(s->e.left == 0 ? "` writes the output files" : " --executor slurm`");
    for (size_t i = 0; i < s->n; i++) {
        jobs_numbers(&s->submitted[i], false, " ", numbers, sizeof numbers);
        if (numbers[0])
            printf("to end the pilots: `scancel %s`\n", numbers);
    }
}

static void print_status(const status_of *s) {
    bool failed = false;
    terminal_text(stdout, s->o->operand[0]);
    printf(": %zu of %zu instances are left\n", s->e.left, s->total);
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->submitted[i].n; k++)
            print_job(&s->submitted[i], &s->submitted[i].item[k]);
    for (size_t i = 0; i < s->w.n; i++)
        if (is_shown(s, &s->w.item[i])) {
            print_worker(&s->w.item[i]);
            failed = failed || worker_failures(&s->w.item[i]) > 0;
        }
    for (size_t i = 0; i < s->w.n; i++)
        if (is_shown(s, &s->w.item[i]))
            print_failures(&s->w.item[i]);
    print_advice(s, failed);
}

/* ---- for programs ---------------------------------------------------------------------------- */
static json_t *job_json(const jobs *j, const job *b) {
    return json_pack("{s:s, s:s, s:s, s:o, s:i, s:i, s:b, s:o}", "job", b->number, "class",
                     b->class, "submitted", j->began, "host", json_text(j->host), "elements",
                     (int)b->elements, "at_once", (int)b->at_once, "over", (int)b->over, "folder",
                     json_text(j->folder));
}

static rise_status status_json(const status_of *s, rise_error *err) {
    json_t *list = json_array(), *pilots = json_array();
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->submitted[i].n; k++)
            json_array_append_new(list, job_json(&s->submitted[i], &s->submitted[i].item[k]));
    for (size_t i = 0; i < s->w.n; i++)
        if (is_shown(s, &s->w.item[i])) {
            json_t *said = json_deep_copy(s->w.item[i].said);
            json_object_set_new(said, "behind_s", json_real(s->w.item[i].behind_s));
            json_array_append_new(pilots, said);
        }
    json_t *all = json_pack("{s:i, s:o, s:I, s:I, s:o, s:o}", "rise", 1, "graph",
                            json_text(s->o->operand[0]), "instances", (json_int_t)s->total, "left",
                            (json_int_t)s->e.left, "jobs", list, "pilots", pilots);
    return json_print(all) ? RISE_OK : rise_fail(err, RISE_E_OUTPUT, "stdout was not written");
}

/* ---------------------------------------------------------------------------------------------- */
static rise_status show(rise_host *host, const rise_graph *graph, status_of *s, rise_error *err) {
    s->total = rise_graph_instances(graph);
    rise_status status = executor_of(graph, &s->e, err);
    if (status == RISE_OK)
        status = executor_plan(host, graph, s->o, &s->e, err);
    if (status == RISE_OK)
        status = take_all_jobs(s, err);
    if (status == RISE_OK && s->o->json)
        status = status_json(s, err);
    else if (status == RISE_OK)
        print_status(s);
    return status;
}

int command_status(rise_host *host, const cli_options *o) {
    int code = 0;
    rise_error err = {0};
    status_of s = {.o = o};
    rise_graph *graph = load_graph(host, o->operand[0], o, &code);
    if (!graph)
        return code;
    rise_status status = show(host, graph, &s, &err);
    if (status != RISE_OK)
        tell_error(&err);
    for (size_t i = 0; i < s.n; i++)
        jobs_free(&s.submitted[i]);
    free(s.submitted);
    workers_free(&s.w);
    rise_graph_free(graph);
    return rise_status_exit(status);
}
