/* cli/progress: what a run is doing, on stderr: live on a terminal, a line every 10 s elsewhere. */
#include "cli.h"

#include "json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MAX_LINES = 8 };

struct progress {
    progress_mode mode;
    bool live, colour;
    int lines;   /* live lines on the screen */
    double next; /* plain: when the next line is due */
    char title[128];
};

progress *progress_new(progress_mode mode, const char *title) {
    progress *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    bool terminal = isatty(STDERR_FILENO) == 1;
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    bool dumb = !term || strcmp(term, "dumb") == 0;
    p->mode = mode == PROGRESS_AUTO ? PROGRESS_PLAIN : mode;
    p->live = mode == PROGRESS_AUTO && terminal && !dumb;
    p->colour = p->live && !(no_colour && *no_colour);
    p->next = 10;
    snprintf(p->title, sizeof p->title, "%s", title);
    return p;
}

static void clear(progress *p) {
    for (; p->lines > 0; p->lines--)
        fputs("\033[1A\033[2K", stderr);
}

typedef struct counts {
    size_t total, settled, running, cached, ran;
} counts;

static counts count(rise_run *run) {
    counts c = {0};
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        c.total += it.status != RISE_NOT_NEEDED;
        c.settled +=
            it.status != RISE_WAITING && it.status != RISE_RUNNING && it.status != RISE_NOT_NEEDED;
        c.running += it.status == RISE_RUNNING;
        c.cached += it.status == RISE_CACHED;
        c.ran += it.status == RISE_RAN;
    }
    return c;
}

static void describe(const rise_instance *it, char *text, size_t size) {
    char spent[16], left[24] = "";
    text_seconds(it->wall_s, spent);
    double part = it->total > 0 ? it->done / it->total : 0;
    if (part > 0.02 && it->wall_s > 2) {
        char rest[16];
        text_seconds(it->wall_s * (1 - part) / part, rest);
        snprintf(left, sizeof left, ", %s left", rest);
    }
    if (it->total > 0)
        snprintf(text, size, "%-28s %3.0f %%  %s%s  %s", it->name, 100 * part, spent, left,
                 it->message);
    else
        snprintf(text, size, "%-28s        %s  %s", it->name, spent, it->message);
}

static void show_live(progress *p, rise_run *run) {
    struct winsize window = {0};
    size_t width =
        ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col ? window.ws_col : 80;
    counts c = count(run);
    char spent[16], text[256];
    clear(p);
    for (size_t i = 0; i < rise_run_instances(run) && p->lines < MAX_LINES; i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (it.status != RISE_RUNNING || it.started_s <= 0)
            continue;
        describe(&it, text, sizeof text);
        fprintf(stderr, "  %.*s\n", (int)(width - 4), text);
        p->lines++;
    }
    text_seconds(process_seconds(), spent);
    fprintf(stderr, "%s%zu of %zu done%s, %zu cached, %s\n", p->colour ? "\033[1m" : "", c.settled,
            c.total, p->colour ? "\033[0m" : "", c.cached, spent);
    p->lines++;
}

static void show_plain(rise_run *run) {
    char spent[16], text[256];
    counts c = count(run);
    text_seconds(process_seconds(), spent);
    fprintf(stderr, "%s: %zu of %zu done, %zu cached", spent, c.settled, c.total, c.cached);
    size_t shown = 0;
    for (size_t i = 0; i < rise_run_instances(run) && shown < 4; i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (it.status != RISE_RUNNING || it.started_s <= 0)
            continue;
        if (it.total > 0)
            snprintf(text, sizeof text, "%s %.0f %%", it.name, 100 * it.done / it.total);
        else
            snprintf(text, sizeof text, "%s", it.name);
        fprintf(stderr, "%s%s", shown++ ? ", " : "; ", text);
    }
    fputc('\n', stderr);
}

static void emit(json_t *event) {
    char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
    if (text)
        fprintf(stderr, "%s\n", text);
    free(text);
    json_decref(event);
}

void progress_tick(void *user, rise_run *run) {
    progress *p = user;
    if (!p)
        return;
    if (p->live) {
        show_live(p, run);
    } else if (p->mode != PROGRESS_NONE && process_seconds() >= p->next) {
        p->next = process_seconds() + 10;
        counts c = count(run);
        if (p->mode == PROGRESS_JSON)
            emit(json_pack("{s:s, s:f, s:I, s:I, s:I}", "event", "progress", "wall_s",
                           process_seconds(), "settled", (json_int_t)c.settled, "total",
                           (json_int_t)c.total, "cached", (json_int_t)c.cached));
        else
            show_plain(run);
    }
}

void progress_ended(void *user, const rise_instance *it) {
    progress *p = user;
    if (!p || p->mode == PROGRESS_NONE)
        return;
    if (p->mode == PROGRESS_JSON) {
        emit(json_pack("{s:s, s:o, s:s, s:o, s:f, s:f}", "event", "ended", "instance",
                       json_text(it->name), "status", rise_instance_status_text(it->status),
                       "reason", json_text(it->reason), "wall_s", it->wall_s, "cpu_s", it->cpu_s));
        return;
    }
    if (it->status != RISE_RAN)
        return;
    char spent[16];
    text_seconds(it->wall_s, spent);
    if (p->live)
        clear(p);
    fprintf(stderr, "%-28s %9s  %s\n", it->name, spent, it->reason);
}

void progress_warned(void *user, const char *text) {
    progress *p = user;
    if (!p || p->mode == PROGRESS_NONE)
        return;
    if (p->mode == PROGRESS_JSON) {
        emit(json_pack("{s:s, s:o}", "event", "warning", "text", json_text(text)));
        return;
    }
    if (p->live)
        clear(p);
    fprintf(stderr, "%swarning:%s %s\n", p->colour ? "\033[33m" : "", p->colour ? "\033[0m" : "",
            text);
}

void progress_free(progress *p, rise_run *run) {
    if (p && p->live)
        clear(p);
    if (p && run && p->mode == PROGRESS_PLAIN) {
        counts c = count(run);
        char spent[16];
        text_seconds(process_seconds(), spent);
        fprintf(stderr, "%zu ran, %zu cached, %s\n", c.ran, c.cached, spent);
    }
    free(p);
}
