/* cli/progress_live: a line for each running instance, and one for the run, drawn over what stood
 * there. A frame is one write, between the marks of a synchronised update, so that no terminal
 * shows half of it; no line is as wide as the terminal, so that none breaks. */
#include "progress.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDE = 76, NARROW = 60 }; /* columns: a bar has room; less than that is left out */

static void write_all(const char *text, size_t size) {
    while (size > 0) {
        ssize_t n = write(STDERR_FILENO, text, size);
        if (n < 0 && errno != EINTR)
            return; /* a terminal that is gone is no reason to stop a run */
        text += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
}

static void window_size(size_t *width, size_t *height) {
    struct winsize window = {0};
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
    *width = known ? window.ws_col : 80;
    *height = known && window.ws_row > 0 ? window.ws_row : 24;
}

/* Back to where the live lines begin. A terminal that became narrower has broken them. */
static void go_back(const live_frame *drawn, FILE *f) {
    size_t width = 0, height = 0, rows = 0;
    window_size(&width, &height);
    for (size_t i = 0; i < drawn->n_lines; i++)
        rows += drawn->columns[i] > width ? (drawn->columns[i] + width - 1) / width : 1;
    if (rows > 0)
        fprintf(f, "\033[%zuA", rows);
    fputc('\r', f);
}

/* Cursor back, `above` if any, the live lines, nothing below: in one write. */
static void put_frame(const live_frame *drawn, const char *above, const live_frame *frame) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return;
    fputs("\033[?2026h", f);
    go_back(drawn, f);
    for (const char *line = above; line && *line;) {
        size_t n = strcspn(line, "\n");
        fprintf(f, "%.*s\033[K\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
    fwrite(frame->text ? frame->text : "", 1, frame->size, f);
    fputs("\033[J\033[?2026l", f);
    if (fclose(f) == 0)
        write_all(text, size);
    free(text);
}

/* ---- one line -------------------------------------------------------------------------------- */
static void bar_text(const progress *p, double part, char text[64]) {
    enum { CELLS = 12 };
    int full = (int)lround(fmin(fmax(part, 0), 1) * (double)CELLS);
    text[0] = 0;
    for (int i = 0; i < CELLS; i++)
        strcat(text, i < full ? (p->utf8 ? "█" : "#") : (p->utf8 ? "░" : "."));
}

static void rate_text(const struct running *r, char text[48]) {
    char left[16];
    text[0] = 0;
    if (r->per_s <= 0)
        return;
    double shown = r->per_s >= 0.1 ? r->per_s : 60 * r->per_s;
    const char *unit = r->per_s >= 0.1 ? "s" : "min";
    text_seconds(r->left_s, left);
    snprintf(text, 48, shown < 10 ? "%.1f/%s, %s left" : "%.0f/%s, %s left", shown, unit, left);
}

static void describe(const progress *p, const struct running *r, size_t width, char *text,
                     size_t size) {
    const rise_instance *it = &r->it;
    char spent[16], bar[64] = "", rate[48], count[40], name[256];
    size_t room = width >= WIDE ? 26 : 18;
    snprintf(name, sizeof name, "%s", it->name);
    size_t columns = text_fit(name, room);
    int pad = (int)(room - columns);
    text_seconds(it->wall_s, spent);
    if (it->total <= 0) {
        snprintf(text, size, "  %s%*s  %s  %s", name, pad, "", spent, it->message);
        return;
    }
    rate_text(r, rate);
    if (width < NARROW) {
        snprintf(text, size, "  %s%*s  %3.0f %%  %s", name, pad, "", 100 * it->done / it->total,
                 rate[0] ? rate : spent);
        return;
    }
    if (width >= WIDE)
        bar_text(p, it->done / it->total, bar);
    snprintf(count, sizeof count, "%.0f/%.0f", it->done, it->total);
    snprintf(text, size, "  %s%*s  %s%s%3.0f %%  %-9s  %s  %s", name, pad, "", bar,
             bar[0] ? " " : "", 100 * it->done / it->total, count, rate[0] ? rate : spent,
             it->message);
}

static void add_line(live_frame *frame, FILE *f, char *text, size_t width) {
    size_t columns = text_fit(text, width > 1 ? width - 1 : 1);
    fprintf(f, "%s\033[K\n", text);
    frame->columns[frame->n_lines++] = columns;
}

static void add_summary(const progress *p, live_frame *frame, FILE *f, size_t width) {
    const moment *now = &p->now;
    char text[256], memory[16], spent[16];
    text_bytes(now->memory, memory);
    text_seconds(now->wall_s, spent);
    if (width < NARROW)
        snprintf(text, sizeof text, "%zu of %zu done, %s, %s", now->settled, now->total, memory,
                 spent);
    else
        snprintf(text, sizeof text, "%zu of %zu done, %zu cached, %zu running, %s, %s",
                 now->settled, now->total, now->cached, now->running, memory, spent);
    fputs(p->colour ? "\033[1m" : "", f);
    add_line(frame, f, text, width);
    fputs(p->colour ? "\033[0m" : "", f);
}

static bool build_frame(const progress *p, live_frame *frame) {
    size_t width = 0, height = 0;
    FILE *f = open_memstream(&frame->text, &frame->size);
    if (!f)
        return false;
    window_size(&width, &height);
    size_t most = height >= MAX_LINES + 2 ? MAX_LINES : height > 3 ? height - 2 : 1;
    for (size_t i = 0; i < p->now.n_shown && i < most; i++) {
        char text[1024];
        describe(p, &p->now.shown[i], width, text, sizeof text);
        add_line(frame, f, text, width);
    }
    add_summary(p, frame, f, width);
    return fclose(f) == 0;
}

static void take_frame(progress *p, live_frame frame) {
    put_frame(&p->drawn, NULL, &frame);
    free(p->drawn.text);
    p->drawn = frame;
}

void live_show(progress *p) {
    live_frame frame = {0};
    if (build_frame(p, &frame))
        take_frame(p, frame);
    else
        free(frame.text);
}

void live_print(progress *p, const char *text) {
    if (p->live)
        put_frame(&p->drawn, text, &p->drawn);
    else
        fputs(text, stderr);
}

void live_clear(progress *p) {
    take_frame(p, (live_frame){0});
}
