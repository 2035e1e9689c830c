/* cli/page_tables: what ran and why, what failed, and with which parameters. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

void page_failures(const page *p) {
    size_t failed = p->of->tally.n[RISE_NODE_FAILED];
    for (size_t i = 0, told = 0; told < failed; i++) {
        rise_instance it;
        rise_run_instance(p->of->run, i, &it);
        if (it.status != RISE_NODE_FAILED)
            continue;
        char text[1200];
        rise_error_format(it.error, text, sizeof text);
        fprintf(p->f, "%s<div class=failure><code>",
                told++ == 0 ? "<section><h2>What failed</h2>\n" : "");
        markup_text(p->f, it.name);
        fputs("</code>\n", p->f);
        markup_text(p->f, text);
        fputs("</div>\n", p->f);
    }
}

static void write_count(const page *p, size_t n) {
    if (n > 0)
        fprintf(p->f, "<td class=n>%zu", n);
    else
        fputs("<td class=n>", p->f);
}

static void write_costs(const page *p, const rise_instance *it) {
    char wall[16] = "", cpu[16] = "", stored[16] = "", peak[16] = "";
    if (it->started_s > 0) {
        text_seconds(it->wall_s, wall);
        text_seconds(it->cpu_s, cpu);
    }
    if (it->stored_bytes > 0)
        text_bytes((double)it->stored_bytes, stored);
    if (it->peak_bytes > 0)
        text_bytes((double)it->peak_bytes, peak);
    fprintf(p->f, "<td class=n>%s<td class=n>%s<td class=n>%s<td class=n>%s</tr>\n", wall, cpu,
            stored, peak);
}

static void write_instance(const page *p, const rise_instance *it) {
    const char *status = rise_instance_status_text(it->status);
    fputs("<tr><td class=\"name mono\">", p->f);
    markup_text(p->f, it->name);
    fputs("<td class=name>", p->f);
    markup_text(p->f, it->type);
    fprintf(p->f, "<td class=\"%s\">%s<td class=why>", status, status);
    markup_text(p->f, it->reason);
    write_count(p, it->frames_ran);
    write_count(p, it->frames_cached);
    write_costs(p, it);
}

/* Of very many, those that came from the cache or were not needed are left out first. */
void page_instances(const page *p) {
    enum { MOST = 5000, MOST_QUIET = 1000 };
    const size_t *of = p->of->tally.n;
    size_t n = rise_run_instances(p->of->run), shown = 0, quiet = 0;
    size_t loud = of[RISE_RAN] + of[RISE_NODE_FAILED];
    size_t most = loud + (n - loud < MOST_QUIET ? n - loud : MOST_QUIET);
    most = most < MOST ? most : MOST;
    fputs("<section><h2>What ran, and why</h2>\n<div class=wide><table><tr><th>instance<th>type"
          "<th>status<th>reason<th class=n>frames run<th class=n>frames cached<th class=n>wall"
          "<th class=n>processor<th class=n>stored<th class=n>peak</tr>\n",
          p->f);
    for (size_t i = 0; i < n && shown < most; i++) {
        rise_instance it;
        rise_run_instance(p->of->run, i, &it);
        bool is_quiet = it.status != RISE_RAN && it.status != RISE_NODE_FAILED;
        quiet += is_quiet;
        if (is_quiet && quiet > MOST_QUIET)
            continue;
        write_instance(p, &it);
        shown++;
    }
    fputs("</table></div>\n", p->f);
    if (shown < n)
        fprintf(p->f, "<p class=soft>%zu more are in <a href=\"run.json\">run.json</a></p>\n",
                n - shown);
    fputs("</section>\n", p->f);
}

/* ---- parameters ------------------------------------------------------------------------------ */
static const char *cell(const rise_table *t, const char *column, size_t row) {
    return rise_table_find(t, column)->text[row];
}

static void write_param(const page *p, const rise_table *t, size_t row) {
    const char *source = cell(t, "source", row), *axis = cell(t, "axis", row);
    fprintf(p->f, "<span class=\"%s\"><code>", source);
    markup_text(p->f, cell(t, "parameter", row));
    fputs("</code> ", p->f);
    markup_text(p->f, cell(t, "value", row)[0] ? cell(t, "value", row) : "none");
    if (cell(t, "unit", row)[0])
        fputs(" ", p->f);
    markup_text(p->f, cell(t, "unit", row));
    if (axis[0]) {
        fputs(" <span class=soft>along ", p->f);
        markup_text(p->f, axis);
        fputs("</span>", p->f);
    }
    fputs(strcmp(source, "set") == 0 ? " <span class=soft>--set</span></span> " : "</span> ", p->f);
}

/* Rows of one node follow each other: what was given first, then the defaults. */
static size_t write_node_params(const page *p, const rise_table *t, size_t row, size_t node) {
    const int64_t *of = rise_table_find(t, "node_row")->i64;
    size_t end = row;
    while (end < t->n_rows && (size_t)of[end] == node)
        end++;
    for (int defaults = 0; defaults < 2; defaults++)
        for (size_t i = row; i < end; i++)
            if ((strcmp(cell(t, "source", i), "default") == 0) == defaults)
                write_param(p, t, i);
    return end;
}

void page_parameters(const page *p) {
    const rise_table *t = rise_value_table(p->of->chart->table[2]);
    fputs("<section><h2>Parameters</h2>\n<p class=soft>As they were in this run: first what the "
          "graph or <code>--set</code> gives, then defaults, paler.</p>\n"
          "<div class=wide><table><tr><th>node<th>type<th>parameters</tr>\n",
          p->f);
    for (size_t b = 0, row = 0; b < p->of->chart->n_boxes; b++) {
        fputs("<tr><td class=\"name mono\">", p->f);
        markup_text(p->f, p->of->chart->box[b].name);
        fputs("<td class=name>", p->f);
        markup_text(p->f, p->of->chart->box[b].type);
        fputs("<td class=params>", p->f);
        row = write_node_params(p, t, row, b);
        fputs("</tr>\n", p->f);
    }
    fputs("</table></div></section>\n", p->f);
}

/* ---- the graph's text ------------------------------------------------------------------------ */
void page_source(const page *p) {
    FILE *graph = fopen(p->of->o->operand[0], "r");
    char *line = NULL;
    size_t room = 0;
    fputs("<section><h2>Graph file</h2>\n<details open><summary><code>", p->f);
    markup_text(p->f, p->of->o->operand[0]);
    fputs("</code></summary>\n<pre><code>", p->f);
    while (graph && getline(&line, &room, graph) >= 0)
        markup_text(p->f, line);
    if (graph)
        fclose(graph);
    free(line);
    fputs("</code></pre></details></section>\n", p->f);
}
