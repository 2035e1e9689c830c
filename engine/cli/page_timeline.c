/* cli/page_timeline: a lane for each instance that ran, and one for what came from the cache. */
#include "page.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_LANES = 200, HIT_MARKS = 500 };

typedef struct span {
    size_t instance;
    double start, length;
} span;

static int longest_first(const void *a, const void *b) {
    const span *p = a, *q = b;
    return p->length > q->length ? -1 : p->length < q->length;
}

static int earliest_first(const void *a, const void *b) {
    const span *p = a, *q = b;
    if (p->start < q->start || p->start > q->start)
        return p->start < q->start ? -1 : 1;
    return p->instance < q->instance ? -1 : p->instance > q->instance;
}

/* 1, 2 or 5 times a power of ten, so that the axis has four to ten marks. */
static double step_of(double length) {
    double step = pow(10, floor(log10(length / 4)));
    if (length / step > 20)
        return 5 * step;
    return length / step > 10 ? 2 * step : step;
}

/* As fine as the steps are, so that no two labels are equal. */
static void mark_text(double at_s, double step, char text[24]) {
    double unit = step < 0.1 ? 1e-3 : 1;
    int digits = (int)fmax(0, ceil(-log10(step / unit) - 1e-9));
    if (at_s >= 60)
        text_seconds(at_s, text);
    else
        snprintf(text, 24, "%.*f %s", digits, at_s / unit, unit < 1 ? "ms" : "s");
}

static void write_marks(const page *p, double length, bool labels) {
    double step = step_of(length);
    for (int i = 0; i * step < length; i++) {
        char text[24];
        mark_text(i * step, step, text);
        fprintf(p->f, "<u style=\"left:%.2f%%\"></u>", 100 * i * step / length);
        if (labels && (i + 0.6) * step < length)
            fprintf(p->f, "<em style=\"left:%.2f%%\">%s</em>", 100 * i * step / length,
                    i ? text : "0");
    }
}

static void begin_lane(const page *p, const char *name, double length) {
    fputs("<div class=lane><span class=mono title=\"", p->f);
    markup_text(p->f, name);
    fputs("\">", p->f);
    markup_text(p->f, name);
    fputs("</span><div>", p->f);
    write_marks(p, length, false);
}

static void write_lane(const page *p, const span *s, double length) {
    rise_instance it;
    char spent[16], cpu[16];
    rise_run_instance(p->of->run, s->instance, &it);
    text_seconds(s->length, spent);
    text_seconds(it.cpu_s, cpu);
    double left = 100 * s->start / length, width = 100 * s->length / length;
    begin_lane(p, it.name, length);
    fprintf(p->f, "<i class=\"%s\" style=\"left:%.2f%%;width:%.2f%%\" title=\"processor %s",
            rise_instance_status_text(it.status), left, width, cpu);
    if (it.frames_cached > 0)
        fprintf(p->f, "; %zu frames run, %zu from the cache", it.frames_ran, it.frames_cached);
    if (left + width < 85)
        fprintf(p->f, "\"></i><em style=\"left:%.2f%%\">%s</em></div></div>\n", left + width,
                spent);
    else if (left > 15)
        fprintf(p->f, "\"></i><em class=before style=\"left:%.2f%%\">%s</em></div></div>\n", left,
                spent);
    else
        fprintf(p->f, ", %s\"></i></div></div>\n", spent);
}

/* Marks that would lie on one another are one. */
typedef struct hits {
    size_t n, first; /* how many, and one of them */
} hits;

static void count_hits(const page *p, double length, hits *at) {
    for (size_t i = 0; i < rise_run_instances(p->of->run); i++) {
        rise_instance it;
        rise_run_instance(p->of->run, i, &it);
        size_t mark = (size_t)fmin(it.settled_s / length * (double)HIT_MARKS, HIT_MARKS - 1);
        if (it.status == RISE_CACHED && at[mark].n++ == 0)
            at[mark].first = i;
    }
}

static void write_hits(const page *p, size_t n, double length) {
    char name[48];
    hits at[HIT_MARKS] = {0};
    if (n == 0)
        return;
    snprintf(name, sizeof name, "from the cache: %zu", n);
    begin_lane(p, name, length);
    count_hits(p, length, at);
    for (size_t k = 0; k < HIT_MARKS; k++) {
        rise_instance it;
        if (at[k].n == 0)
            continue;
        rise_run_instance(p->of->run, at[k].first, &it);
        fprintf(p->f, "<i class=hit style=\"left:%.1f%%\" title=\"",
                100.0 * (double)k / (double)HIT_MARKS);
        markup_text(p->f, it.name);
        if (at[k].n > 1)
            fprintf(p->f, " and %zu more", at[k].n - 1);
        fputs("\"></i>", p->f);
    }
    fputs("</div></div>\n", p->f);
}

static size_t find_spans(const page *p, span *spans, size_t room) {
    size_t n = 0;
    for (size_t i = 0; n < room && i < rise_run_instances(p->of->run); i++) {
        rise_instance it;
        rise_run_instance(p->of->run, i, &it);
        if ((it.status == RISE_RAN || it.status == RISE_NODE_FAILED) && it.started_s > 0)
            spans[n++] = (span){i, it.started_s, it.wall_s};
    }
    return n;
}

void page_timeline(const page *p) {
    const size_t *of = p->of->tally.n;
    double length = p->of->tally.length_s;
    size_t room = of[RISE_RAN] + of[RISE_NODE_FAILED];
    span *spans = calloc(room + 1, sizeof *spans);
    size_t n = spans ? find_spans(p, spans, room) : 0;
    if (length > 0) {
        fputs("<section><h2>Timeline</h2>\n<div class=\"lane axis\"><span></span><div>", p->f);
        write_marks(p, length, true);
        fputs("</div></div>\n", p->f);
        write_hits(p, of[RISE_CACHED], length);
        qsort(spans, n, sizeof *spans, longest_first);
        size_t shown = n < MOST_LANES ? n : MOST_LANES;
        qsort(spans, shown, sizeof *spans, earliest_first);
        for (size_t i = 0; i < shown; i++)
            write_lane(p, &spans[i], length);
        if (shown < n)
            fprintf(p->f, "<p class=soft>and %zu that took less time</p>\n", n - shown);
        fputs("</section>\n", p->f);
    }
    free(spans);
}
