/* cli/complete: what may come next on a command line. The scripts in docs/completions ask for it,
 * so that what they offer is what this program takes.
 *
 * The words after `--` are those of the line without the program's name; the last is being written.
 * Each answer is a line "word<tab>what it is". A line that begins with a colon says what else may
 * come: ":files SUFFIX" (names of files, all where there is no suffix), ":folders", ":nospace"
 * (nothing follows a word by itself). */
#include "chart.h"
#include "history.h"
#include "rows.h"

#include <string.h>

typedef struct line {
    const command_row *command;
    const char *graph;      /* NULL: none is given yet */
    const option_row *open; /* the option whose value is being written */
    const char *word;       /* being written */
    char before[48];        /* what stands before it in one word, as "--format=" */
    size_t n_operands;      /* before it */
} line;

static void offer(const line *at, const char *word, const char *what) {
    if (strncmp(word, at->word, strlen(at->word)) == 0)
        printf("%s%s\t%s\n", at->before, word, what);
}

/* "--format=s": the value of an option in one word with it. */
static void open_option(line *at) {
    size_t n = strcspn(at->word, "=");
    const option_row *row = at->word[n] ? option_find(at->word, n) : NULL;
    if (!row || !row->value || at->open)
        return;
    at->open = row;
    snprintf(at->before, sizeof at->before, "%.*s=", (int)n, at->word);
    at->word += n + 1;
}

/* Shells break words at `=`: "--only", "=", "so" is `--only=so`. */
static void take_words(const cli_options *o, line *at) {
    *at = (line){.command = command_find("run"), .word = ""};
    bool named = false;
    for (size_t i = 0; i < o->n_operands; i++) {
        const char *word = o->operand[i];
        bool last = i + 1 == o->n_operands;
        if (strcmp(word, "=") == 0 && at->open && !last)
            continue;
        at->word = strcmp(word, "=") == 0 ? "" : word;
        if (last) {
            open_option(at);
            return;
        }
        const option_row *row = option_find(word, strlen(word));
        if (at->open) {
            at->open = NULL;
        } else if (row) {
            at->open = row->value ? row : NULL;
        } else if (word[0] != '-' && !named && at->n_operands == 0 && command_find(word)) {
            at->command = command_find(word);
            named = true;
        } else if (word[0] != '-') {
            at->graph = at->command->word == W_GRAPH && !at->graph ? word : at->graph;
            at->n_operands++;
        }
    }
}

static void offer_choices(const line *at, const char *choices) {
    while (*choices) {
        char word[32];
        size_t n = strcspn(choices, "|");
        snprintf(word, sizeof word, "%.*s", (int)n, choices);
        offer(at, word, "");
        choices += n + (choices[n] == '|');
    }
}

/* ---- of the graph that is named -------------------------------------------------------------- */
static void offer_nodes(const line *at, const chart *c) {
    for (size_t i = 0; i < c->n_boxes; i++)
        offer(at, c->box[i].name, c->box[i].type);
}

static void offer_params(const line *at, const chart *c) {
    const rise_table *t = rise_value_table(c->table[2]);
    const rise_column *node = rise_table_find(t, "node"), *name = rise_table_find(t, "parameter");
    const rise_column *value = rise_table_find(t, "value");
    puts(":nospace");
    for (size_t i = 0; i < t->n_rows; i++) {
        char word[256];
        int n = snprintf(word, sizeof word, "%s.%s=", node->text[i], name->text[i]);
        if (n > 0 && (size_t)n < sizeof word && !strpbrk(value->text[i], "\t\n"))
            offer(at, word, value->text[i]);
    }
}

/* Of a graph with errors: the nodes that the file names, and the parameters of their types. */
static void offer_of_file(rise_host *host, const line *at, bool params) {
    rise_value *value = NULL;
    if (rise_graph_outline(at->graph, &value, NULL) != RISE_OK)
        return;
    const rise_table *t = rise_value_table(value);
    if (params)
        puts(":nospace");
    for (size_t i = 0; i < t->n_rows; i++) {
        const char *node = t->column[0].text[i];
        const rise_node_type *type = rise_host_find(host, t->column[1].text[i]);
        if (!params)
            offer(at, node, t->column[1].text[i]);
        for (const rise_param *p = params && type ? type->params : NULL; p && p->name; p++) {
            char word[256];
            snprintf(word, sizeof word, "%.120s.%.120s=", node, p->name);
            offer(at, word, p->def ? p->def : "");
        }
    }
    rise_value_release(value);
}

static void offer_of_graph(rise_host *host, const line *at, bool params) {
    rise_graph *graph = NULL;
    chart c = {0};
    size_t n_errors = 0;
    if (!at->graph)
        return;
    if (rise_graph_load(host, at->graph, NULL, 0, &graph, NULL, 0, &n_errors) != RISE_OK) {
        offer_of_file(host, at, params);
        return;
    }
    if (chart_make(graph, &c, NULL) == RISE_OK) {
        if (params)
            offer_params(at, &c);
        else
            offer_nodes(at, &c);
    }
    chart_free(&c);
    rise_graph_free(graph);
}

/* ---- runs of the past ------------------------------------------------------------------------ */
static void offer_runs(const line *at) {
    enum { MOST = 20 };
    char folder[4200];
    past p = {0};
    const past_run *run;
    if (rise_cache_folder(NULL, folder, sizeof folder, NULL) != RISE_OK ||
        past_list(folder, &p, NULL) != RISE_OK)
        return;
    offer(at, "last", "");
    for (size_t i = 0; i < MOST && (run = past_last(&p, "", i)); i++) {
        char when[32]; /* as in the name: 20261127T115012.123 */
        snprintf(when, sizeof when, "%.4s-%.2s-%.2s %.2s:%.2s UTC", run->file, run->file + 4,
                 run->file + 6, run->file + 9, run->file + 11);
        offer(at, run->id, when);
    }
    past_free(&p);
    puts(":files .json");
}

/* ---- words ----------------------------------------------------------------------------------- */
static void offer_value(rise_host *host, const line *at) {
    const char *value = at->open->value;
    if (strchr(value, '|'))
        offer_choices(at, value);
    else if (strcmp(value, "NODE") == 0)
        offer_of_graph(host, at, false);
    else if (at->open->kind == O_LIST)
        offer_of_graph(host, at, true);
    else if (strcmp(value, "DIR") == 0)
        puts(":folders");
    else if (strcmp(value, "GLOB") == 0 || strncmp(value, "FILE", 4) == 0)
        puts(":files");
    else if (strcmp(value, "GRAPH.yaml") == 0)
        puts(":files .yaml");
}

static void offer_commands(const line *at) {
    for (size_t i = 0; i < n_command_rows; i++)
        if (!command_rows[i].hidden)
            offer(at, command_rows[i].name, command_rows[i].brief);
}

static void offer_operand(rise_host *host, const line *at) {
    if (at->n_operands == 1 && at->command->most > 1 && at->graph)
        offer_of_graph(host, at, false);
    if (at->n_operands < at->command->most && at->command->word == W_PAST)
        offer_runs(at);
    switch (at->n_operands ? W_NONE : at->command->word) {
    case W_GRAPH:
    case W_NEW_GRAPH:
        puts(":files .yaml");
        break;
    case W_TYPE:
        for (size_t i = 0; i < rise_host_count(host); i++)
            offer(at, rise_host_type(host, i)->name, rise_host_type(host, i)->brief);
        break;
    case W_CACHE:
        offer_choices(at, at->command->operands);
        break;
    case W_COMMAND:
        offer_commands(at);
        break;
    case W_PAST:
    case W_NONE:
        break;
    }
}

int command_complete(rise_host *host, const cli_options *o) {
    line at;
    take_words(o, &at);
    bool first = o->n_operands <= 1;
    if (at.open)
        offer_value(host, &at);
    else if (at.word[0] == '-') {
        for (size_t i = 0; i < n_option_rows; i++)
            if (option_rows[i].commands & at.command->bit)
                offer(&at, option_rows[i].name, option_rows[i].help);
    } else {
        if (first)
            offer_commands(&at);
        offer_operand(host, &at);
    }
    return fflush(stdout) == 0 ? 0 : rise_status_exit(RISE_E_OUTPUT);
}
