/* cli/page: run.html from top to bottom. */
#include "page.h"

#include <time.h>

/* ---- the head -------------------------------------------------------------------------------- */
static void write_head(const page *p) {
    const char *title = rise_graph_title(p->of->graph);
    title = title[0] ? title : p->of->o->operand[0];
    fputs("<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
          "<meta name=viewport content=\"width=device-width,initial-scale=1\"><title>",
          p->f);
    markup_text(p->f, title);
    fputs("</title>\n<style>", p->f);
    for (const char *const *piece = page_style; *piece; piece++)
        fputs(*piece, p->f);
    fputs("</style></head>\n<body>\n<header><h1>", p->f);
    markup_text(p->f, title);
    fputs("</h1>\n<p class=soft>", p->f);
    for (char *const *word = p->of->o->words; *word; word++) {
        fputs(word == p->of->o->words ? "<code>rise-run" : " ", p->f);
        if (word > p->of->o->words)
            markup_text(p->f, *word);
    }
    fputs("</code></p>\n", p->f);
}

static void write_fact(const page *p, const char *class, const char *value, const char *what) {
    fprintf(p->f, "<div class=\"fact %s\"><b>%s</b>%s</div>\n", class, value, what);
}

static void write_counts(const page *p) {
    const size_t *n = p->of->tally.n;
    char text[32], spent[16];
    static const rise_instance_status shown[] = {RISE_RAN, RISE_CACHED, RISE_NODE_FAILED,
                                                 RISE_SKIPPED, RISE_NOT_NEEDED};
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        const char *status = rise_instance_status_text(shown[k]);
        snprintf(text, sizeof text, "%zu", n[shown[k]]);
        if (k < 2 || n[shown[k]] > 0)
            write_fact(p, status, text, status);
    }
    text_seconds(p->of->wall_s, spent);
    write_fact(p, "", spent, "in all");
    text_seconds(p->of->tally.cpu_s, spent);
    write_fact(p, "", spent, "processor time");
}

static void write_lead(const page *p) {
    char when[64] = "";
    time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S %z", &local);
    const char *status = p->of->status == RISE_OK ? "done" : rise_status_text(p->of->status);
    fprintf(p->f, "<div class=facts>\n<div class=\"fact %s\"><b>%s</b>%s</div>\n",
            p->of->status == RISE_OK ? "done" : "failed", status, when);
    write_counts(p);
    fputs("</div></header>\n", p->f);
}

/* ---- the graph ------------------------------------------------------------------------------- */
static void write_key(const page *p) {
    static const rise_instance_status keys[] = {RISE_RAN, RISE_CACHED, RISE_NODE_FAILED,
                                                RISE_SKIPPED, RISE_NOT_NEEDED};
    fputs("<p class=key>", p->f);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const char *text = rise_instance_status_text(keys[k]);
        fprintf(p->f, "<span class=\"%s\"><i></i>%s</span>", text, text);
    }
    fputs("</p>\n", p->f);
}

/* A drawing of thousands of boxes helps nobody, and takes long. */
static rise_status write_graph(const page *p, rise_error *err) {
    enum { MOST = 300 };
    fputs("<section><h2>Graph</h2>\n", p->f);
    rise_status s = RISE_OK;
    if (p->of->chart->n_boxes <= MOST) {
        write_key(p);
        fputs("<figure class=drawing tabindex=0>\n", p->f);
        s = chart_svg(p->of->chart, p->f, err);
        fputs("</figure>\n", p->f);
    } else {
        fprintf(p->f, "<p>%zu nodes: <code>rise-run graph</code> draws them.</p>\n",
                p->of->chart->n_boxes);
    }
    fputs("</section>\n", p->f);
    return s;
}

static void write_warnings(const page *p) {
    if (rise_run_warnings(p->of->run) == 0)
        return;
    fputs("<section><h2>Warnings</h2>\n<ul>", p->f);
    for (size_t i = 0; i < rise_run_warnings(p->of->run); i++) {
        fputs("<li>", p->f);
        markup_text(p->f, rise_run_warning(p->of->run, i));
    }
    fputs("</ul></section>\n", p->f);
}

rise_status page_write(const page *p, rise_error *err) {
    write_head(p);
    write_lead(p);
    page_failures(p);
    write_warnings(p);
    page_files(p);
    rise_status s = write_graph(p, err);
    page_timeline(p);
    page_instances(p);
    page_parameters(p);
    page_versions(p);
    page_source(p);
    fputs("</body></html>\n", p->f);
    return s;
}
