/* cli/progress: what a run is doing, on stderr: live on a terminal, a line every 10 s elsewhere, or
 * JSON. */
#include "progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool utf8_terminal(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

progress *progress_new(progress_mode mode) {
    progress *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    bool dumb = !term || strcmp(term, "dumb") == 0;
    p->mode = mode == PROGRESS_AUTO ? PROGRESS_PLAIN : mode;
    p->live = mode == PROGRESS_AUTO && isatty(STDERR_FILENO) == 1 && !dumb;
    p->colour = p->live && !(no_colour && *no_colour);
    p->utf8 = utf8_terminal();
    p->next = mode == PROGRESS_JSON ? 1 : 10;
    return p;
}

void progress_started(progress *p, rise_run *run, const rise_graph *graph, const char *path) {
    if (p && p->mode == PROGRESS_JSON)
        json_started(run, graph, path);
}

/* ---- a moment -------------------------------------------------------------------------------- */
static double memory_in_use(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static const watched *watch(progress *p, const watched *before, size_t n_before, size_t instance,
                            const rise_instance *it) {
    watched w = {instance, it->done, it->wall_s};
    for (size_t i = 0; i < n_before; i++)
        if (before[i].instance == instance)
            w = before[i];
    p->watched[p->n_watched] = w;
    return &p->watched[p->n_watched++];
}

static struct running rate_of(const rise_instance *it, const watched *since) {
    struct running r = {.it = *it, .left_s = -1};
    double spent = it->wall_s - since->at_s, made = it->done - since->done;
    if (it->total > 0 && made > 0 && spent > 0.5) {
        r.per_s = made / spent;
        r.left_s = (it->total - it->done) / r.per_s;
    }
    return r;
}

void moment_take(progress *p, rise_run *run) {
    watched before[MAX_RUNNING];
    size_t n_before = p->n_watched;
    moment *now = &p->now;
    memcpy(before, p->watched, sizeof before);
    *now = (moment){.memory = memory_in_use(), .wall_s = process_seconds()};
    p->n_watched = 0;
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        bool settled = it.status > RISE_RUNNING && it.status != RISE_NOT_NEEDED;
        now->total += it.status != RISE_NOT_NEEDED;
        now->settled += settled;
        now->cached += it.status == RISE_CACHED;
        now->ran += it.status == RISE_RAN;
        now->failed += it.status == RISE_NODE_FAILED;
        now->skipped += it.status == RISE_SKIPPED;
        if (it.status != RISE_RUNNING || it.started_s <= 0)
            continue;
        now->running++;
        if (now->n_shown < MAX_RUNNING)
            now->shown[now->n_shown++] = rate_of(&it, watch(p, before, n_before, i, &it));
    }
}

/* ---- plain ----------------------------------------------------------------------------------- */
static void show_plain(const moment *now) {
    char spent[16], memory[16];
    text_seconds(now->wall_s, spent);
    text_bytes(now->memory, memory);
    fprintf(stderr, "%s: %zu of %zu done, %zu cached, %s", spent, now->settled, now->total,
            now->cached, memory);
    for (size_t i = 0; i < now->n_shown && i < 4; i++) {
        const rise_instance *it = &now->shown[i].it;
        fputs(i ? ", " : "; ", stderr);
        terminal_text(stderr, it->name);
        if (it->total > 0)
            fprintf(stderr, " %.0f %%", 100 * it->done / it->total);
    }
    fputc('\n', stderr);
}

/* ---- events ---------------------------------------------------------------------------------- */
void progress_tick(void *user, rise_run *run) {
    progress *p = user;
    if (!p || p->mode == PROGRESS_NONE || (!p->live && process_seconds() < p->next))
        return;
    moment_take(p, run);
    if (p->live) {
        live_show(p);
    } else if (p->mode == PROGRESS_JSON) {
        json_progress(&p->now);
        p->next = process_seconds() + 1;
    } else {
        show_plain(&p->now);
        p->next = process_seconds() + 10;
    }
}

/* One line above the live ones; only `before` may colour it. */
static void print_line(progress *p, const char *before, const char *text, const char *middle,
                       const char *after) {
    char *line = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&line, &size);
    if (!f)
        return;
    fputs(before, f);
    terminal_text(f, text);
    fputs(middle, f);
    terminal_text(f, after);
    fputc('\n', f);
    if (fclose(f) == 0)
        live_print(p, line);
    free(line);
}

void progress_ended(void *user, const rise_instance *it) {
    progress *p = user;
    if (!p || p->mode == PROGRESS_NONE)
        return;
    if (p->mode == PROGRESS_JSON) {
        json_ended(it);
        return;
    }
    if (it->status != RISE_RAN)
        return;
    char spent[16], middle[64];
    size_t columns = text_columns(it->name);
    int pad = columns < 28 ? (int)(28 - columns) : 0;
    text_seconds(it->wall_s, spent);
    snprintf(middle, sizeof middle, "%*s %9s  ", pad, "", spent);
    print_line(p, "", it->name, middle, it->reason);
}

void progress_warned(void *user, const char *text) {
    progress *p = user;
    if (!p || p->mode == PROGRESS_NONE)
        return;
    if (p->mode == PROGRESS_JSON)
        json_warning(text);
    else
        print_line(p, p->colour ? "\033[33mwarning:\033[0m " : "warning: ", text, "", "");
}

void progress_stop(progress *p, rise_run *run) {
    if (!p)
        return;
    if (p->live)
        live_clear(p);
    moment_take(p, run);
    if (p->mode == PROGRESS_PLAIN) {
        char spent[16];
        text_seconds(p->now.wall_s, spent);
        fprintf(stderr, "%zu ran, %zu cached, %s\n", p->now.ran, p->now.cached, spent);
    }
}

void progress_free(progress *p, bool started, int exit_code) {
    if (p && p->mode == PROGRESS_JSON)
        json_finished(started ? &p->now : NULL, exit_code);
    if (p)
        free(p->drawn.text);
    free(p);
}
