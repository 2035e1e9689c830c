/* cli/page_files: the files that the run wrote, as links from where run.html stands. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

static bool ends(const char *path, const char *suffix) {
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcmp(path + n - m, suffix) == 0;
}

static int by_path(const void *a, const void *b) {
    const rise_output_file *p = a, *q = b;
    return strcmp(p->path, q->path);
}

/* Do both have the same name before the dot? */
static bool same_figure(const char *a, const char *b) {
    size_t n = strlen(a);
    return n == strlen(b) && n > 4 && strncmp(a, b, n - 3) == 0;
}

static void write_link(const page *p, const char *path, const char *text) {
    fputs("<a href=\"", p->f);
    markup_link(p->f, below_out(p->of, path));
    fputs("\">", p->f);
    markup_text(p->f, text);
    fputs("</a>", p->f);
}

/* Of a figure in both formats the SVG is shown, with a link to the other. */
static void write_picture(const page *p, const char *path, const char *png) {
    fputs("<figure><img loading=lazy alt=\"", p->f);
    markup_text(p->f, below_out(p->of, path));
    fputs("\" src=\"", p->f);
    markup_link(p->f, below_out(p->of, path));
    fputs("\"><figcaption>", p->f);
    write_link(p, path, below_out(p->of, path));
    if (png) {
        fputs(", ", p->f);
        write_link(p, png, ".png");
    }
    fputs("</figcaption></figure>\n", p->f);
}

/* By path, figure.png comes right before figure.svg. */
static void write_pictures(const page *p, const rise_output_file *file, size_t n) {
    fputs("<div class=pictures>\n", p->f);
    for (size_t i = 0; i < n; i++) {
        bool png = ends(file[i].path, ".png"), svg = ends(file[i].path, ".svg");
        bool before = svg && i > 0 && same_figure(file[i - 1].path, file[i].path);
        bool after = png && i + 1 < n && same_figure(file[i].path, file[i + 1].path);
        if (svg || (png && !after))
            write_picture(p, file[i].path, before ? file[i - 1].path : NULL);
    }
    fputs("</div>\n", p->f);
}

static void write_others(const page *p, const rise_output_file *file, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (ends(file[i].path, ".svg") || ends(file[i].path, ".png"))
            continue;
        fputs("<p>", p->f);
        write_link(p, file[i].path, below_out(p->of, file[i].path));
        fputs(" <span class=soft>by ", p->f);
        markup_text(p->f, file[i].name);
        fputs("</span></p>\n", p->f);
    }
}

void page_files(const page *p) {
    size_t n = rise_run_files(p->of->run);
    rise_output_file *file = calloc(n + 1, sizeof *file);
    if (n == 0 || !file) {
        free(file);
        return;
    }
    for (size_t i = 0; i < n; i++)
        rise_run_file(p->of->run, i, &file[i]);
    qsort(file, n, sizeof *file, by_path);
    fputs("<section><h2>Output files</h2>\n", p->f);
    write_others(p, file, n);
    write_pictures(p, file, n);
    fputs("</section>\n", p->f);
    free(file);
}
