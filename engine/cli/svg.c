/* cli/svg: a drawing as SVG. Colours are classes; in the dark others are taken. Colours of status
 * are told apart by colour-blind readers too (Okabe and Ito). */
#include "drawing.h"

#include <math.h>

static const char style[] =
    ".rg text{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1b1f24}\n"
    ".rg .name{font-weight:600}.rg .small{fill:#5b6470}.rg .file{fill:#8a4b08}.rg "
    ".label{fill:#5b6470;stroke:#fff;"
    "stroke-width:4px;stroke-linejoin:round;paint-order:stroke}\n"
    ".rg .paper{fill:#fff}.rg .link{fill:none;stroke:#8a94a0;stroke-width:1.3}"
    ".rg .tip{fill:#8a94a0}\n"
    ".rg .box{fill:#f4f6f8;stroke:#5b6470;stroke-width:1.2}\n"
    ".rg .ran .box{fill:#e1eff8;stroke:#0072b2}.rg .cached .box{fill:#e0f4ec;stroke:#009e73}\n"
    ".rg .failed .box{fill:#fbe4d8;stroke:#d55e00;stroke-width:2.4}\n"
    ".rg .skipped .box{fill:#ececec;stroke:#777;stroke-dasharray:6 3}\n"
    ".rg .not-needed .box{fill:#fff;stroke:#999;stroke-dasharray:2 3}\n"
    ".rg .part.ran{fill:#0072b2}.rg .part.cached{fill:#009e73}.rg .part.failed{fill:#d55e00}"
    ".rg .part.skipped,.rg .part.not-needed{fill:#aaa}\n"
    "@media(prefers-color-scheme:dark){.rg text{fill:#e8eaed}.rg .small{fill:#a3abb5}"
    ".rg .file{fill:#e0a868}.rg .label{fill:#a3abb5;stroke:#16191d}.rg .paper{fill:#16191d}"
    ".rg .link{stroke:#6b7580}.rg .tip{fill:#6b7580}.rg .box{fill:#22272d;stroke:#8a94a0}"
    ".rg .ran .box{fill:#0d2a3d;stroke:#4aa3d8}.rg .cached .box{fill:#0c2f25;stroke:#2bbd93}"
    ".rg .failed .box{fill:#40210f;stroke:#f08040}.rg .skipped .box{fill:#2a2a2a}"
    ".rg .not-needed .box{fill:#16191d}}\n";

/* ---- boxes ----------------------------------------------------------------------------------- */
/* What matters most of what its instances came to; NULL: none is told. */
static const char *leading_status(const chart_box *b) {
    static const rise_instance_status order[] = {RISE_NODE_FAILED, RISE_SKIPPED, RISE_RAN,
                                                 RISE_CACHED, RISE_NOT_NEEDED};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (b->status[order[i]] > 0)
            return rise_instance_status_text(order[i]);
    return NULL;
}

static void write_title(const chart_box *b, FILE *f) {
    fputs("<title>", f);
    markup_text(f, b->name);
    const char *between = ": ";
    for (int k = 0; k <= RISE_NODE_FAILED; k++)
        if (b->status[k] > 0) {
            fprintf(f, "%s%zu %s", between, b->status[k],
                    rise_instance_status_text((rise_instance_status)k));
            between = ", ";
        }
    fputs("</title>", f);
}

/* A bar along the lower edge: which part of the instances came to what. */
static void write_parts(const chart_box *b, double x, double y, double width, FILE *f) {
    size_t total = 0;
    double at = 0;
    for (int k = 0; k <= RISE_NODE_FAILED; k++)
        total += b->status[k];
    for (int k = 0; k <= RISE_NODE_FAILED; k++) {
        double part = width * (double)b->status[k] / (double)total;
        if (part > 0 && b->status[k] < total)
            fprintf(f,
                    "<rect class=\"part %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"4\"/>",
                    rise_instance_status_text((rise_instance_status)k), x + at, y, part);
        at += part;
    }
}

static void write_line(const char *class, double size, double x, double *y, const char *before,
                       const char *text, FILE *f) {
    *y += LINE_HEIGHT;
    fprintf(f, "<text class=\"%s\" font-size=\"%.0f\" x=\"%.1f\" y=\"%.1f\">%s", class, size, x,
            *y - 3, before);
    markup_text(f, text);
    fputs("</text>", f);
}

static void write_box(const drawing *d, size_t i, size_t *file, FILE *f) {
    const chart_box *b = &d->c->box[i];
    const layout_spot *spot = &d->l.spot[i];
    const char *status = leading_status(b);
    double x = spot->x - spot->width / 2, y = d->top[spot->layer];
    double stack = b->instances > 1 ? STACK : 0, height = d->height[i] - stack;
    const char *rect = "<rect class=\"box\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                       "rx=\"5\"/>";
    fprintf(f, "<g class=\"%s\">", status ? status : "plain");
    write_title(b, f);
    if (stack > 0)
        fprintf(f, rect, x + stack, y + stack, spot->width, height);
    fprintf(f, rect, x, y, spot->width, height);
    if (status)
        write_parts(b, x + 4, y + height - 6, spot->width - 8, f);
    double left = x + PADDING, line = y + PADDING;
    write_line("name", NAME_SIZE, left, &line, "", b->name, f);
    write_line("small", SMALL_SIZE, left, &line, "", b->type, f);
    if (b->axes[0])
        write_line("small", SMALL_SIZE, left, &line, "", b->axes, f);
    for (; *file < d->c->n_files && d->c->file[*file].box == i; (*file)++)
        write_line("file", SMALL_SIZE, left, &line, "&gt; ", d->c->file[*file].path, f);
    fputs("</g>\n", f);
}

/* ---- links ----------------------------------------------------------------------------------- */
static void write_link(const drawing *d, const layout_line *line, FILE *f) {
    const layout_spot *from = &d->l.spot[line->from], *to = &d->l.spot[line->to];
    double x0 = from->x + line->from_offset, x1 = to->x + line->to_offset;
    bool box = line->from < d->c->n_boxes, ends = line->link != SIZE_MAX;
    double y = box ? d->top[from->layer] + d->height[line->from] : d->top[from->layer];
    double y0 = d->bottom[from->layer], y1 = d->top[to->layer] - (ends ? 6 : 0);
    double bend = (y1 - y0) * 0.55;
    fprintf(f, "<path class=\"link\" d=\"M%.1f %.1fV%.1fC%.1f %.1f %.1f %.1f %.1f %.1f\"/>", x0, y,
            y0, x0, y0 + bend, x1, y1 - bend, x1, y1);
    if (ends)
        fprintf(f, "<path class=\"tip\" d=\"M%.1f %.1fl-3.5 -7h7z\"/>", x1, y1 + 6);
    fputc('\n', f);
}

static void write_label(const drawing *d, const drawing_port *p, FILE *f) {
    if (!p->name[0] && !p->point[0])
        return;
    const layout_spot *spot = &d->l.spot[p->box];
    double y = p->arrives ? d->top[spot->layer] - 11 : d->top[spot->layer] + d->height[p->box] + 14;
    fprintf(
        f, "<text class=\"label\" font-size=\"%.0f\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">",
        LABEL_SIZE, spot->x + p->offset, y);
    markup_text(f, p->name);
    markup_text(f, p->point);
    fputs("</text>\n", f);
}

rise_status chart_svg(const chart *c, FILE *f, rise_error *err) {
    enum { MARGIN = 12 };
    drawing d = {0};
    rise_status s = drawing_make(c, &d, err);
    if (s != RISE_OK)
        return s;
    double width = ceil(d.width + 2 * MARGIN + 4), height = ceil(d.total_height + 2 * MARGIN + 4);
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"rg\" role=\"img\" width=\"%.0f\" "
            "height=\"%.0f\" viewBox=\"%d %d %.0f %.0f\">\n<title>",
            width, height, -MARGIN, -MARGIN, width, height);
    markup_text(f, c->title);
    fprintf(f, "</title>\n<style>\n%s</style>\n", style);
    fprintf(f, "<rect class=\"paper\" x=\"%d\" y=\"%d\" width=\"%.0f\" height=\"%.0f\"/>\n",
            -MARGIN, -MARGIN, width, height);
    for (size_t i = 0; i < d.l.n_lines; i++)
        write_link(&d, &d.l.line[i], f);
    size_t file = 0;
    for (size_t i = 0; i < c->n_boxes; i++)
        write_box(&d, i, &file, f);
    for (size_t i = 0; i < d.n_ports; i++)
        write_label(&d, &d.port[i], f);
    fputs("</svg>\n", f);
    drawing_free(&d);
    return RISE_OK;
}
