/* cli/manual: rise-run(1), made from the rows. docs/make-manual puts it into docs/rise-run.1. */
#include "rows.h"

#include <string.h>

/* Text of a line: what troff would take as its own is escaped. */
static void roff(const char *text) {
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++)
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
}

static void roff_line(const char *text) {
    roff(text);
    putchar('\n');
}

static void roff_item(const char *name, const char *value) {
    fputs(".TP\n.B ", stdout);
    roff(name);
    if (*value)
        putchar(' ');
    roff_line(value);
}

static void roff_example(const char *text) {
    puts(".nf\n.RS");
    while (*text) {
        char line[160];
        size_t n = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        roff_line(line);
        text += n + (text[n] == '\n');
    }
    puts(".RE\n.fi\n.sp");
}

static void manual_commands(void) {
    puts(".SH COMMANDS");
    for (size_t i = 0; i < n_command_rows; i++) {
        const command_row *c = &command_rows[i];
        if (c->hidden)
            continue;
        roff_item(c->name, c->operands);
        roff(c->brief);
        puts(".");
        for (const char *t = c->text; *t;) {
            char line[160];
            size_t n = strcspn(t, "\n");
            snprintf(line, sizeof line, "%.*s", (int)n, t);
            roff_line(line);
            t += n + (t[n] == '\n');
        }
    }
}

static void option_commands(const option_row *row) {
    const char *between = "Commands: ";
    for (size_t i = 0; row->commands != FOR_ALL && i < n_command_rows; i++)
        if (row->commands & command_rows[i].bit) {
            printf("%s%s", between, command_rows[i].name);
            between = ", ";
        }
    if (row->commands != FOR_ALL)
        puts(".");
}

static void manual_options(void) {
    puts(".SH OPTIONS");
    for (int g = 0; g < N_GROUPS; g++)
        for (size_t i = 0; i < n_option_rows; i++) {
            const option_row *row = &option_rows[i];
            if (row->group != (option_group)g)
                continue;
            roff_item(row->name, row->value ? row->value : "");
            roff(row->help);
            puts(".");
            option_commands(row);
        }
}

static void manual_exit_status(void) {
    puts(".SH EXIT STATUS");
#define X(name, value, exit_code, text)                                                            \
    if (RISE_##name != RISE_E_TIMEOUT && RISE_##name != RISE_E_MISS &&                             \
        RISE_##name != RISE_E_NOMEM)                                                               \
        printf(".TP\n.B %d\n%s\n", exit_code, text);
    RISE_STATUS_MAP(X)
#undef X
}

static void manual_rest(void) {
    puts(".SH ENVIRONMENT\n"
         ".TP\n.B RISE_CACHE\nWhere results are kept, unless \\-\\-cache says it.\n"
         ".TP\n.B XDG_CACHE_HOME\nWithout RISE_CACHE: results are kept in its folder rise.\n"
         ".TP\n.B NO_COLOR\nIf set and not empty, progress is not coloured.\n"
         ".SH FILES\n"
         ".TP\n.I ~/.cache/rise\nThe cache. It may be deleted at any time.\n"
         ".TP\n.I ./out/<graph>\nOutput files, run.html and run.json.\n"
         ".SH EXAMPLES");
    for (size_t i = 0; i < n_command_rows; i++)
        if (command_rows[i].examples)
            roff_example(command_rows[i].examples);
}

int command_manual(rise_host *host, const cli_options *o) {
    (void)host;
    (void)o;
    puts(".\\\" Made by docs/make-manual from the rows of the command line; do not edit.\n"
         ".TH RISE\\-RUN 1 \"\" \"rise " RISE_VERSION "\" \"rise\"\n"
         ".SH NAME\nrise\\-run \\- run a graph of steps on atomistic samples\n"
         ".SH SYNOPSIS\n.B rise\\-run\n.I GRAPH.yaml\n.RI [ options ]\n.br\n"
         ".B rise\\-run\n.I COMMAND\n.RI [ operand ]\n.RI [ options ]\n"
         ".SH DESCRIPTION\n"
         "A graph is a YAML file of nodes that read frames, describe atoms, learn, explain\n"
         "and plot. Every result is kept under a key of what determined it: after an edit,\n"
         "the next run computes what the edit changed, and says why. docs/graphs.md\n"
         "describes the language of graphs, docs/nodes.md and\n.B rise\\-run nodes\n"
         "the node types.");
    manual_commands();
    manual_options();
    manual_exit_status();
    manual_rest();
    return fflush(stdout) == 0 ? 0 : rise_status_exit(RISE_E_OUTPUT);
}
