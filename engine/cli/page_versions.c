/* cli/page_versions: what made the numbers, as a table. */
#include "page.h"

#include <string.h>

typedef struct rows {
    const page *p;
    bool nodes; /* the row of node types is open: they share one */
} rows;

static void close_nodes(rows *r) {
    if (r->nodes)
        fputs("</tr>\n", r->p->f);
    r->nodes = false;
}

/* "4 avx2": the version, then what the numerics depend on. */
static void write_type(rows *r, const char *name, const char *value) {
    FILE *f = r->p->f;
    int n = (int)strcspn(value, " ");
    fputs(r->nodes ? "<br>\n" : "<tr><td class=name>node types<td>", f);
    r->nodes = true;
    markup_text(f, name);
    fprintf(f, " %.*s", n, value);
    if (!value[n])
        return;
    fputs(" <span class=soft>", f);
    markup_text(f, value + n + 1);
    fputs("</span>", f);
}

static void write_fact(void *user, fact_kind kind, const char *name, const char *value) {
    rows *r = user;
    if (kind == FACT_NODE) {
        write_type(r, name, value);
        return;
    }
    close_nodes(r);
    fputs(kind == FACT_PLUGIN ? "<tr><td class=name>plug-in " : "<tr><td class=name>", r->p->f);
    markup_text(r->p->f, name);
    fputs("<td>", r->p->f);
    markup_text(r->p->f, value);
    fputs("</tr>\n", r->p->f);
}

void page_versions(const page *p) {
    rows r = {.p = p};
    fputs("<section><h2>Versions and machine</h2>\n<div class=wide><table>\n", p->f);
    facts_tell(p->of, write_fact, &r);
    close_nodes(&r);
    fputs("<tr><td class=name>cache<td>", p->f);
    markup_text(p->f, rise_run_cache_folder(p->of->run));
    fputs("</tr>\n</table></div></section>\n", p->f);
}
