/* sched/program: programs that a node runs: where they are, what they see, and what becomes of what
 * they leave. */
#include "sched/process.h"
#include "sched/run.h"
#include "sched/workplace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VARIABLES = 32, ARGUMENTS = 64, VARIABLE = 4096 };

static bool is_program(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* As a shell would, without one; empty entries and relative ones are passed over. */
static bool find_on_path(const char *name, char path[WORKPLACE_PATH]) {
    const char *at = getenv("PATH");
    for (size_t n; at && *at; at += n + (at[n] == ':')) {
        n = strcspn(at, ":");
        int written = snprintf(path, WORKPLACE_PATH, "%.*s/%s", (int)n, at, name);
        if (at[0] == '/' && written < WORKPLACE_PATH && is_program(path))
            return true;
    }
    return false;
}

static rise_status find(const char *name, char path[WORKPLACE_PATH], rise_error *err) {
    if (name[0] == '/') {
        bool fits = snprintf(path, WORKPLACE_PATH, "%s", name) < WORKPLACE_PATH;
        return fits && is_program(path)
                   ? RISE_OK
                   : rise_fail(err, RISE_E_SYSTEM, "%s: there is no such program", name);
    }
    if (!name[0] || strchr(name, '/'))
        return rise_fail(err, RISE_E_SYSTEM,
                         "`%s` is neither the name of a program nor an absolute path", name);
    return find_on_path(name, path)
               ? RISE_OK
               : rise_fail(err, RISE_E_SYSTEM, "`%s` is not found on PATH", name);
}

/* ---- what it sees ---------------------------------------------------------------------------- */
/* What a batch system or mpirun put into our environment must not reach it: it would take itself
 * for a part of that job. */
static const char *const inherited[] = {"PATH", "HOME", "USER", "LOGNAME", "LD_LIBRARY_PATH"};

static bool fill_environment(const rise_program *p, const char *folder, arena *a,
                             const char *out[VARIABLES]) {
    size_t n = 0;
    out[n++] = "LC_ALL=C";
    out[n++] = arena_format(a, "TMPDIR=%s", folder);
    for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++) {
        const char *value = getenv(inherited[i]);
        if (value)
            out[n++] = arena_format(a, "%s=%s", inherited[i], value);
    }
    for (size_t i = 0; p->environment && p->environment[i]; i++) {
        if (n + 1 == VARIABLES)
            return false;
        out[n++] = p->environment[i];
    }
    out[n] = NULL;
    return true;
}

static bool fill_arguments(const rise_program *p, const char *out[ARGUMENTS]) {
    size_t n = 0;
    out[n++] = p->name;
    for (size_t i = 0; p->argument && p->argument[i]; i++) {
        if (n + 1 == ARGUMENTS)
            return false;
        out[n++] = p->argument[i];
    }
    out[n] = NULL;
    return true;
}

/* ---- a run of it ----------------------------------------------------------------------------- */
typedef struct watcher {
    rise_ctx *ctx;
    const rise_program *program;
} watcher;

static void hand_line(void *user, const char *text) {
    const watcher *w = user;
    if (w->program->line)
        w->program->line(w->program->user, text);
}

static bool is_to_stop(void *user) {
    const watcher *w = user;
    return rise_cancelled(w->ctx);
}

static rise_status run_in(rise_ctx *ctx, const rise_program *p, const char *file,
                          const workplace *w, process_end *end, rise_error *err) {
    const char *environment[VARIABLES], *argument[ARGUMENTS];
    job *j = (job *)ctx;
    arena a = {0};
    watcher watch = {ctx, p};
    process what = {.file = file,
                    .argument = argument,
                    .environment = environment,
                    .folder = w->path,
                    .line = hand_line,
                    .stop = is_to_stop,
                    .user = &watch};
    rise_status s = RISE_OK;
    if (!fill_environment(p, w->path, &a, environment) || !fill_arguments(p, argument))
        s = rise_fail(err, RISE_E_BUG, "%s: too many arguments or variables", p->name);
    else if (a.failed)
        s = rise_fail_nomem(err, "the environment of a program");
    if (s == RISE_OK)
        s = process_run(&what, end, err);
    if (s == RISE_OK) {
        atomic_fetch_add(&j->programs_ns, (uint_fast64_t)(end->cpu_s * 1e9));
        atomic_fetch_add(&j->it->act->cpu_ns, (uint_fast64_t)(end->cpu_s * 1e9));
    }
    if (s == RISE_OK && end->stopped)
        s = rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    arena_free(&a);
    return s;
}

static rise_status take_files(const rise_program *p, const workplace *w, rise_program_end *out,
                              rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && p->take && p->take[i]; i++) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        if (i == RISE_PROGRAM_FILES)
            return rise_fail(err, RISE_E_BUG, "%s: too many files are asked for", p->name);
        s = workplace_take(w, p->take[i], &bytes, &size, err);
        out->taken[i] = (rise_file){p->take[i], bytes, size};
    }
    return s;
}

/* Who lets no code in that a graph names means programs too. */
static rise_status may_run(const char *name, rise_error *err) {
    const char *off = getenv("RISE_NO_PLUGINS");
    if (!off || !off[0] || strcmp(off, "0") == 0)
        return RISE_OK;
    rise_fail(err, RISE_E_SYSTEM, "`%s` is not run: RISE_NO_PLUGINS is set", name);
    return rise_hint(err, "without it, what a graph names is run");
}

rise_status rise_program_run(rise_ctx *ctx, const rise_program *p, rise_program_end *out,
                             rise_error *err) {
    char file[WORKPLACE_PATH];
    workplace w;
    process_end end;
    *out = (rise_program_end){0};
    if (rise_cancelled(ctx))
        return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    rise_status s = may_run(p->name, err);
    if (s == RISE_OK)
        s = find(p->name, file, err);
    if (s == RISE_OK)
        s = workplace_open(&w, err);
    if (s != RISE_OK)
        return s;
    for (size_t i = 0; s == RISE_OK && i < p->n_give; i++)
        s = workplace_put(&w, &p->give[i], err);
    if (s == RISE_OK)
        s = run_in(ctx, p, file, &w, &end, err);
    if (s == RISE_OK) {
        out->code = end.code;
        out->signal = end.signal;
        s = take_files(p, &w, out, err);
    }
    if (s != RISE_OK)
        rise_program_end_free(out);
    workplace_close(&w);
    return s;
}

void rise_program_end_free(rise_program_end *end) {
    for (size_t i = 0; i < RISE_PROGRAM_FILES; i++)
        free((void *)(uintptr_t)end->taken[i].bytes);
    *end = (rise_program_end){0};
}
