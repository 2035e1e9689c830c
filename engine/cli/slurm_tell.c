/* cli/slurm_tell: what the head says on stderr. */
#include "slurm_head.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static bool is_silent(const head *h) {
    return h->o->progress == PROGRESS_NONE || h->o->progress == PROGRESS_JSON;
}

void head_warn(const head *h, const char *text) {
    if (h->o->progress == PROGRESS_JSON)
        json_line(json_pack("{s:s, s:o}", "event", "warning", "text", json_text(text)));
    else if (h->o->progress != PROGRESS_NONE)
        fprintf(stderr, "warning: %s\n", text);
}

/* ---- the beginning --------------------------------------------------------------------------- */
void head_tell_submitted(const head *h, const pilot_class *c) {
    const job *b = jobs_of_class(&h->j, c->name);
    if (is_silent(h) || !b)
        return;
    fprintf(stderr,
            "submitted job %s%s%s: %u pilot%s at once, %u in all; %zu of %zu instances are left\n",
            b->number, b->class[0] ? ", class " : "", b->class, b->at_once,
            b->at_once == 1 ? "" : "s", b->elements, h->e.left, rise_graph_instances(h->graph));
}

void head_tell_attached(const head *h) {
    char numbers[1024], text[1600];
    jobs_numbers(&h->j, false, " ", numbers, sizeof numbers);
    if (!is_silent(h))
        fprintf(stderr, "job %s, submitted on %s at %s, is there for this graph\n", numbers,
                h->j.host, h->j.began);
    if (h->j.text == file_digest(h->j.graph))
        return;
    snprintf(text, sizeof text,
             "the graph was edited since: its pilots work on what it was when they began. To begin "
             "anew: scancel %s, then run it again",
             numbers);
    head_warn(h, text);
}

static void tell_path(const char *before, const char *path) {
    fputs(before, stderr);
    terminal_text(stderr, path);
}

void head_tell_follow(const head *h) {
    char numbers[1024];
    if (is_silent(h))
        return;
    jobs_numbers(&h->j, false, " ", numbers, sizeof numbers);
    tell_path("the pilots go on by themselves\n  to see how far they are:  rise-run status ",
              h->o->operand[0]);
    if (h->o->run.cache)
        tell_path(" --cache ", h->o->run.cache);
    tell_path("\n  to wait for the results:  rise-run ", h->o->operand[0]);
    fprintf(stderr, " --executor slurm, as before\n  to end them:              scancel %s\n",
            numbers);
}

/* ---- how far they are ------------------------------------------------------------------------ */
static const worker *at_work(const head *h) {
    for (size_t i = 0; i < h->w.n; i++)
        if (head_owns(h, &h->w.item[i]) && strcmp(h->w.item[i].state, "working") == 0 &&
            worker_running(&h->w.item[i])[0])
            return &h->w.item[i];
    return NULL;
}

static void tell_json_state(const head *h, unsigned runs, unsigned waits, const char *reason) {
    json_line(json_pack("{s:s, s:f, s:i, s:i, s:s, s:I, s:I, s:I}", "event", "pilots", "wall_s",
                        process_seconds(), "running", (int)runs, "waiting", (int)waits, "reason",
                        reason, "done", (json_int_t)h->done, "left", (json_int_t)h->e.left, "total",
                        (json_int_t)rise_graph_instances(h->graph)));
}

void head_tell_state(head *h) {
    unsigned waits = 0, runs = 0;
    const char *reason = "";
    char line[sizeof h->line];
    for (size_t i = 0; i < h->j.n; i++) {
        waits += h->j.item[i].waits;
        runs += h->j.item[i].runs;
        reason = h->j.item[i].waits ? h->j.item[i].reason : reason;
    }
    const worker *w = at_work(h);
    snprintf(line, sizeof line,
             "%u pilot%s at work, %u wait%s%s%s; %zu units done by them, %zu of %zu instances left "
             "at the "
             "last plan%s%.100s",
             runs, runs == 1 ? "" : "s", waits, reason[0] ? " (" : "", reason, reason[0] ? ")" : "",
             h->done, h->e.left, rise_graph_instances(h->graph), w ? "; " : "",
             w ? worker_running(w) : "");
    double now = process_seconds();
    if (h->o->progress == PROGRESS_NONE || now < h->next_line || strcmp(line, h->line) == 0)
        return;
    h->next_line = now + 10;
    strcpy(h->line, line);
    if (h->o->progress == PROGRESS_JSON) {
        tell_json_state(h, runs, waits, reason);
        return;
    }
    terminal_text(stderr, line);
    fputc('\n', stderr);
}

/* ---- failures -------------------------------------------------------------------------------- */
bool head_tell_failures(const head *h, rise_status *status) {
    const char *told[20];
    size_t n = 0;
    for (size_t i = 0; i < h->w.n; i++)
        for (size_t k = 0; head_owns(h, &h->w.item[i]) && k < worker_failures(&h->w.item[i]); k++) {
            rise_error err = {0};
            const char *instance = "";
            bool known = n == sizeof told / sizeof *told;
            worker_failure(&h->w.item[i], k, &err, &instance);
            for (size_t t = 0; t < n; t++)
                known = known || strcmp(told[t], instance) == 0;
            if (known)
                continue;
            if (n == 0)
                *status = err.status;
            told[n++] = instance;
            tell_failure(&err, instance[0] ? instance : NULL);
        }
    return n > 0;
}
