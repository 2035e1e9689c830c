/* cli/chart_text: a graph for Graphviz and for Mermaid. Names of others are escaped as each wants
 * it. */
#include "chart.h"

/* ---- Graphviz -------------------------------------------------------------------------------- */
/* Within quotes; a backslash of its own would begin \n, \N and the like. */
static void dot_text(FILE *f, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', f);
        fputc(*text == '\n' || *text == '\r' ? ' ' : *text, f);
    }
}

static void dot_box(FILE *f, const chart_box *b, size_t i) {
    fprintf(f, "  n%zu [label=\"", i);
    dot_text(f, b->name);
    fputs("\\n", f);
    dot_text(f, b->type);
    if (b->axes[0]) {
        fputs("\\n", f);
        dot_text(f, b->axes);
    }
    fputs(b->instances > 1 ? "\", peripheries=2];\n" : "\"];\n", f);
}

static void dot_link(FILE *f, const chart_link *l) {
    fprintf(f, "  n%zu -> n%zu", l->from, l->to);
    if (l->output[0]) {
        fputs(" [taillabel=\"", f);
        dot_text(f, l->output);
        fputs("\"]", f);
    }
    if (l->input[0] || l->point[0]) {
        fputs(" [headlabel=\"", f);
        dot_text(f, l->input);
        dot_text(f, l->point);
        fputs("\"]", f);
    }
    fputs(";\n", f);
}

void chart_dot(const chart *c, FILE *f) {
    fputs("digraph \"", f);
    dot_text(f, c->title);
    fputs("\" {\n  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n"
          "  edge [fontname=\"sans-serif\", fontsize=9, labeldistance=1.8];\n  label=\"",
          f);
    dot_text(f, c->title);
    fputs("\";\n  labelloc=t;\n", f);
    for (size_t i = 0; i < c->n_boxes; i++)
        dot_box(f, &c->box[i], i);
    for (size_t i = 0; i < c->n_links; i++)
        dot_link(f, &c->link[i]);
    for (size_t i = 0; i < c->n_files; i++) {
        fprintf(f, "  f%zu [shape=note, style=\"\", label=\"", i);
        dot_text(f, c->file[i].path);
        fprintf(f, "\"];\n  n%zu -> f%zu [style=dashed];\n", c->file[i].box, i);
    }
    fputs("}\n", f);
}

/* ---- Mermaid --------------------------------------------------------------------------------- */
/* Within quotes; its own escapes are entities with # in place of &. */
static void mermaid_text(FILE *f, const char *text) {
    for (; *text; text++)
        if (*text == '\n' || *text == '\r')
            fputc(' ', f);
        else if (*text == '"' || *text == '#' || *text == '&' || *text == '<' || *text == '>' ||
                 *text == '`' || *text == '\\')
            fprintf(f, "#%d;", *text);
        else
            fputc(*text, f);
}

static void mermaid_link(FILE *f, const chart_link *l) {
    bool to = l->input[0] || l->point[0];
    fprintf(f, "  n%zu -->", l->from);
    if (l->output[0] || to) {
        fputs("|\"", f);
        mermaid_text(f, l->output);
        if (to)
            fputs(l->output[0] ? " → " : "→ ", f);
        mermaid_text(f, l->input);
        mermaid_text(f, l->point);
        fputs("\"|", f);
    }
    fprintf(f, " n%zu\n", l->to);
}

void chart_mermaid(const chart *c, FILE *f) {
    fputs("flowchart TD\n", f);
    for (size_t i = 0; i < c->n_boxes; i++) {
        const chart_box *b = &c->box[i];
        fprintf(f, "  n%zu[\"<b>", i);
        mermaid_text(f, b->name);
        fputs("</b><br/>", f);
        mermaid_text(f, b->type);
        fputs(b->axes[0] ? "<br/>" : "", f);
        mermaid_text(f, b->axes);
        fputs("\"]\n", f);
    }
    for (size_t i = 0; i < c->n_links; i++)
        mermaid_link(f, &c->link[i]);
    for (size_t i = 0; i < c->n_files; i++) {
        fprintf(f, "  n%zu -.-> f%zu[/\"", c->file[i].box, i);
        mermaid_text(f, c->file[i].path);
        fputs("\"/]\n", f);
    }
}
