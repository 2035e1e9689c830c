/* cli/record: what a run leaves in --out: run.json for programs, run.html for people: what ran and
 * why, when, and from what. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* ---- text that grows ------------------------------------------------------------------------- */
typedef struct page {
    char *text;
    size_t size;
    FILE *file;
} page;

static void escaped(FILE *f, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '&':
            fputs("&amp;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        default:
            fputc(*text, f);
        }
}

static const char style[] =
    ":root{--ink:#1b1f24;--soft:#5b6470;--line:#d7dce2;--paper:#fff;--ran:#0072b2;--cached:#009e73;"
    "--failed:#d55e00;--skipped:#999}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a3abb5;--line:#3a4048;--paper:#"
    "16191d}}"
    "body{font:15px/1.5 "
    "system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:70rem;"
    "margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem "
    "0 .5rem}"
    "p.lead{color:var(--soft);margin:.2rem 0 "
    "1.5rem}table{border-collapse:collapse;width:100%;font-size:.88rem}"
    "th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid "
    "var(--line);vertical-align:top}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{font-size:."
    "9em}"
    ".bar{height:.7rem;border-radius:2px;background:var(--ran);min-width:2px}.lane{display:flex;"
    "align-items:center;font-size:.8rem;margin:2px 0}.lane b{width:16rem;flex:none;font-weight:400;"
    "overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.lane "
    "div.t{position:relative;flex:1;"
    "height:.8rem;border-left:1px solid var(--line)}.lane .bar{position:absolute}"
    ".ran{color:var(--ran)}.cached{color:var(--cached)}.failed{color:var(--failed)}"
    ".skipped,.not-needed{color:var(--skipped)}pre{white-space:pre-wrap;border:1px solid "
    "var(--line);"
    "padding:.6rem;border-radius:4px}";

static void write_timeline(FILE *f, rise_run *run, double wall_s) {
    size_t shown = 0;
    fputs("<h2>When</h2>\n", f);
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if ((it.status != RISE_RAN && it.status != RISE_NODE_FAILED) || it.started_s <= 0)
            continue;
        char spent[16];
        text_seconds(it.wall_s, spent);
        fputs("<div class=lane><b>", f);
        escaped(f, it.name);
        fprintf(f,
                "</b><div class=t title=\"%s\"><div class=bar style=\"left:%.2f%%;width:%.2f%%\">"
                "</div></div></div>\n",
                spent, 100 * it.started_s / wall_s, 100 * it.wall_s / wall_s);
        shown++;
    }
    if (shown == 0)
        fputs("<p>Nothing had to run.</p>\n", f);
}

static void write_instances(FILE *f, rise_run *run) {
    fputs("<h2>What, and why</h2>\n<table><tr><th>node<th>type<th>status<th>reason<th>frames "
          "run<th>frames "
          "cached<th>wall<th>processor<th>stored</tr>\n",
          f);
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        char wall[16], cpu[16], stored[16];
        rise_run_instance(run, i, &it);
        const char *status = rise_instance_status_text(it.status);
        text_seconds(it.wall_s, wall);
        text_seconds(it.cpu_s, cpu);
        text_bytes((double)it.stored_bytes, stored);
        fputs("<tr><td>", f);
        escaped(f, it.name);
        fprintf(f, "<td>%s<td class=\"%s\">%s<td>", it.type, status, status);
        if (it.error) {
            char text[1200];
            rise_error_format(it.error, text, sizeof text);
            escaped(f, text);
        } else {
            escaped(f, it.reason);
        }
        fprintf(f,
                "<td class=n>%zu<td class=n>%zu<td class=n>%s<td class=n>%s<td class=n>%s</tr>\n",
                it.frames_ran, it.frames_cached, wall, cpu, stored);
    }
    fputs("</table>\n", f);
}

static void write_graph(FILE *f, const cli_options *o) {
    FILE *graph = fopen(o->operand[0], "r");
    char line[4096];
    fputs("<h2>From what</h2>\n<pre><code>", f);
    while (graph && fgets(line, sizeof line, graph))
        escaped(f, line);
    if (graph)
        fclose(graph);
    fputs("</code></pre>\n", f);
    for (size_t i = 0; i < o->n_set; i++) {
        fputs("<p>--set <code>", f);
        escaped(f, o->set[i]);
        fputs("</code></p>\n", f);
    }
}

static void write_page(FILE *f, rise_run *run, const rise_graph *graph, const cli_options *o,
                       rise_status status, double wall_s) {
    struct utsname host = {0};
    char spent[16];
    uname(&host);
    text_seconds(wall_s, spent);
    fputs("<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport "
          "content=\"width=device-width\"><title>",
          f);
    escaped(f, rise_graph_title(graph));
    fprintf(f, "</title>\n<style>%s</style>\n<h1>", style);
    escaped(f, rise_graph_title(graph)[0] ? rise_graph_title(graph) : o->operand[0]);
    fprintf(f, "</h1>\n<p class=lead>%s: %s, %s; rise %s on %s, %s %s</p>\n", o->operand[0],
            status == RISE_OK ? "done" : rise_status_text(status), spent, RISE_VERSION,
            host.nodename, host.sysname, host.machine);
    write_timeline(f, run, wall_s > 0 ? wall_s : 1);
    write_instances(f, run);
    if (rise_run_warnings(run) > 0)
        fputs("<h2>Warnings</h2>\n<ul>", f);
    for (size_t i = 0; i < rise_run_warnings(run); i++) {
        fputs("<li>", f);
        escaped(f, rise_run_warning(run, i));
    }
    if (rise_run_warnings(run) > 0)
        fputs("</ul>\n", f);
    write_graph(f, o);
    fputs("</html>\n", f);
}

rise_status record_write(rise_run *run, const rise_graph *graph, const cli_options *o,
                         rise_status status, double wall_s, rise_error *err) {
    char path[4200];
    const char *out = rise_run_out_folder(run);
    snprintf(path, sizeof path, "%s/run.json", out);
    rise_status s = summary_write(run, status, wall_s, path, err);
    if (s != RISE_OK)
        return s;
    page p = {0};
    p.file = open_memstream(&p.text, &p.size);
    if (!p.file)
        return rise_fail_nomem(err, "run.html");
    write_page(p.file, run, graph, o, status, wall_s);
    bool whole = fclose(p.file) == 0;
    snprintf(path, sizeof path, "%s/run.html", out);
    s = whole ? write_text(path, p.text, p.size, err) : rise_fail_nomem(err, "run.html");
    free(p.text);
    return s;
}
