/* cli/look: what was read: of each node that reads frames, composition, cell, density, distances
 * and labels. A node of type overview is added behind each of them, and its table told in few
 * lines. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 4 }; /* different texts that are told */

/* ---- a column in a line ---------------------------------------------------------------------- */
typedef struct word_count {
    const char *text;
    size_t n;
} word_count;

static int most_first(const void *a, const void *b) {
    const word_count *p = a, *q = b;
    return p->n != q->n ? (p->n < q->n ? 1 : -1) : strcmp(p->text, q->text);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_words(const word_count *word, size_t n, size_t n_rows) {
    if (n == 1) {
        terminal_text(stdout, word[0].text[0] ? word[0].text : "none");
        fputs(n_rows > 1 ? " in all" : "", stdout);
        return;
    }
    for (size_t i = 0; i < n && i < WORDS; i++) {
        fputs(i ? ", " : "", stdout);
        terminal_text(stdout, word[i].text[0] ? word[i].text : "none");
        printf(" (%zu)", word[i].n);
    }
    if (n > WORDS)
        printf(" and %zu more", n - WORDS);
}

static bool print_texts(const rise_column *c, size_t n_rows) {
    const char **text = malloc((n_rows + 1) * sizeof *text);
    word_count *word = malloc((n_rows + 1) * sizeof *word);
    size_t n = 0;
    if (text && word) {
        memcpy(text, c->text, n_rows * sizeof *text);
        qsort(text, n_rows, sizeof *text, by_text);
        for (size_t i = 0; i < n_rows; i++) {
            if (n == 0 || strcmp(word[n - 1].text, text[i]) != 0)
                word[n++] = (word_count){text[i], 0};
            word[n - 1].n++;
        }
        qsort(word, n, sizeof *word, most_first);
        print_words(word, n, n_rows);
    }
    bool fits = text && word;
    free(text);
    free(word);
    return fits;
}

static int by_size(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static bool print_numbers(const rise_column *c, size_t n_rows) {
    double *x = malloc((n_rows + 1) * sizeof *x), sum = 0;
    size_t different = 0;
    if (!x)
        return false;
    for (size_t i = 0; i < n_rows; i++) {
        x[i] = c->dtype == RISE_F64 ? c->f64[i] : (double)c->i64[i];
        sum += x[i];
    }
    qsort(x, n_rows, sizeof *x, by_size);
    for (size_t i = 0; i < n_rows; i++)
        different += i == 0 || x[i] > x[i - 1];
    const char *blank = c->unit[0] ? " " : "";
    if (different == 1)
        printf("%.8g%s%s%s", x[0], blank, c->unit, n_rows > 1 ? " in all" : "");
    else
        printf("%.8g to %.8g%s%s, mean %.8g, %zu different values", x[0], x[n_rows - 1], blank,
               c->unit, sum / (double)n_rows, different);
    free(x);
    return true;
}

static bool print_table(const char *name, const rise_table *t) {
    bool fits = true;
    terminal_text(stdout, name);
    printf(": %zu frame%s\n", t->n_rows, t->n_rows == 1 ? "" : "s");
    for (size_t c = 0; fits && c < t->n_columns; c++) {
        fputs("  ", stdout);
        terminal_padded(stdout, t->column[c].name, 16);
        fputs("  ", stdout);
        fits = t->column[c].dtype == RISE_TEXT ? print_texts(&t->column[c], t->n_rows)
                                               : print_numbers(&t->column[c], t->n_rows);
        putchar('\n');
    }
    return fits;
}

/* ---- the nodes that are added ---------------------------------------------------------------- */
typedef struct looker {
    rise_host *host;
    cli_options o;         /* with the nodes that are added among its `set` */
    const char **set;      /* [o.n_set] */
    char **reader, **look; /* [n] names */
    size_t n;
} looker;

static const char *cell(const rise_table *t, const char *column, size_t row) {
    return rise_table_find(t, column)->text[row];
}

static bool reads_frames(rise_host *host, const char *type) {
    const rise_node_type *t = rise_host_find(host, type);
    return t && t->source && (t->out[0].kinds & RISE_KINDS(RISE_FRAMES));
}

/* Is there something in its map of labels? */
static bool has_labels(const rise_table *params, const char *node) {
    for (size_t i = 0; i < params->n_rows; i++)
        if (strcmp(cell(params, "node", i), node) == 0 &&
            strcmp(cell(params, "parameter", i), "labels") == 0)
            return cell(params, "value", i)[0] != '\0';
    return false;
}

static bool add_look(looker *l, const char *node, bool labels) {
    char *set = NULL;
    l->reader[l->n] = strdup(node);
    if (!l->reader[l->n] || asprintf(&l->look[l->n], "%s_overview", node) < 0)
        return false;
    const char *more = labels ? ", labels: " : "", *from = labels ? node : "";
    if (asprintf(&set, "nodes.%s={type: overview, input: %s%s%s%s}", l->look[l->n], node, more,
                 from, labels ? ".label_table" : "") < 0)
        return false;
    l->n++;
    l->set[l->o.n_set++] = set;
    return true;
}

static rise_status find_readers(looker *l, const rise_graph *graph, rise_error *err) {
    rise_value *nodes = NULL, *params = NULL;
    rise_status s = rise_graph_node_table(graph, &nodes, err);
    if (s == RISE_OK)
        s = rise_graph_param_table(graph, &params, err);
    const rise_table *t = s == RISE_OK ? rise_value_table(nodes) : NULL;
    size_t n = t ? t->n_rows : 0;
    l->set = calloc(l->o.n_set + n + 1, sizeof *l->set);
    l->reader = calloc(n + 1, sizeof *l->reader);
    l->look = calloc(n + 1, sizeof *l->look);
    bool fits = l->set && l->reader && l->look;
    for (size_t i = 0; fits && i < l->o.n_set; i++)
        l->set[i] = l->o.set[i];
    for (size_t i = 0; fits && i < n; i++)
        if (reads_frames(l->host, cell(t, "type", i)))
            fits = add_look(l, cell(t, "node", i),
                            has_labels(rise_value_table(params), cell(t, "node", i)));
    if (s == RISE_OK && !fits)
        s = rise_fail_nomem(err, "the nodes that read");
    l->o.set = l->set;
    rise_value_release(nodes);
    rise_value_release(params);
    return s;
}

static void let_go(looker *l, size_t n_given) {
    for (size_t i = n_given; l->set && i < l->o.n_set; i++)
        free((void *)(uintptr_t)l->set[i]);
    for (size_t i = 0; i < l->n; i++) {
        free(l->reader[i]);
        free(l->look[i]);
    }
    free(l->set);
    free(l->reader);
    free(l->look);
}

/* ---- the command ----------------------------------------------------------------------------- */
/* One line for each point that it has; most readers have one. */
static rise_status print_points(looker *l, rise_run *run, size_t k, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_value *value = NULL;
        char name[512], reference[512];
        rise_run_instance(run, i, &it);
        if (strcmp(it.node, l->look[k]) != 0)
            continue;
        const char *point = it.name + strlen(it.node);
        snprintf(reference, sizeof reference, "%s", it.name);
        snprintf(name, sizeof name, "%s%s", l->reader[k], point);
        s = rise_run_value(run, reference, &value, err);
        if (s == RISE_OK && !print_table(name, rise_value_table(value)))
            s = rise_fail_nomem(err, "the table");
        rise_value_release(value);
    }
    return s;
}

static rise_status look_at(looker *l, const rise_graph *graph, size_t k) {
    rise_error err = {0};
    rise_run *run = NULL;
    rise_run_options options = l->o.run;
    progress *p = progress_new(l->o.progress);
    options.only = l->look[k];
    options.events = (rise_events){
        .ended = progress_ended, .warned = progress_warned, .ticked = progress_tick, .user = p};
    rise_status s = rise_run_start(l->host, graph, &options, &run, &err);
    bool started = s == RISE_OK;
    if (started) {
        progress_started(p, run, graph, l->o.operand[0]);
        s = rise_run_wait(run, &err);
        progress_stop(p, run);
    }
    if (s == RISE_OK)
        s = print_points(l, run, k, &err);
    if (s != RISE_OK)
        tell_error(&err);
    progress_free(p, started, rise_status_exit(s));
    rise_run_free(run);
    return s;
}

int command_look(rise_host *host, const cli_options *o) {
    int code = 0;
    rise_error err = {0};
    looker l = {.host = host, .o = *o};
    rise_graph *graph = load_graph(host, o->operand[0], o, &code);
    rise_status s = graph ? find_readers(&l, graph, &err) : RISE_OK;
    rise_graph_free(graph);
    graph = graph && s == RISE_OK ? load_graph(host, o->operand[0], &l.o, &code) : NULL;
    if (graph && l.n == 0)
        s = rise_fail(&err, RISE_E_USAGE, "%s: no node of the graph reads frames", o->operand[0]);
    if (s != RISE_OK)
        tell_error(&err);
    for (size_t k = 0; graph && s == RISE_OK && k < l.n; k++)
        s = look_at(&l, graph, k);
    if (s != RISE_OK)
        code = rise_status_exit(s);
    rise_graph_free(graph);
    let_go(&l, o->n_set);
    return code;
}
