/* cli/help: what there is, from the rows: for a terminal of 80 columns, and as a manual page. */
#include "rows.h"

#include <string.h>

static void print_options(unsigned commands) {
    for (int g = 0; g < N_GROUPS; g++) {
        bool titled = false;
        for (size_t i = 0; i < n_option_rows; i++) {
            const option_row *row = &option_rows[i];
            if (row->group != (option_group)g || !(row->commands & commands))
                continue;
            if (!titled)
                printf("\n%s:\n", option_groups[g]);
            titled = true;
            char left[64];
            snprintf(left, sizeof left, "%s %s", row->name, row->value ? row->value : "");
            if (strlen(left) <= 22)
                printf("  %-22s %s\n", left, row->help);
            else
                printf("  %s\n  %-22s %s\n", left, "", row->help);
        }
    }
}

/* Lines of a text, each begun with `before`. */
static void print_lines(const char *text, const char *before) {
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        printf("%s%.*s\n", before, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void print_exit_codes(void) {
    static const struct {
        int code;
        const char *text;
    } codes[] = {
#define X(name, value, exit_code, words) {exit_code, words},
        RISE_STATUS_MAP(X)
#undef X
    };
    fputs("\nexit codes:\n", stdout);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told = told || codes[k].code == codes[i].code;
        if (!told)
            printf("  %3d %s\n", codes[i].code, codes[i].text);
    }
}

static void print_overview(void) {
    puts("usage: rise-run GRAPH.yaml [options]\n       rise-run COMMAND ...\n\ncommands:");
    for (size_t i = 0; i < n_command_rows; i++) {
        const command_row *c = &command_rows[i];
        char left[64];
        snprintf(left, sizeof left, "%s %s", c->name, c->operands);
        if (!c->hidden)
            printf("  %-22s %s\n", left, c->brief);
    }
    print_options(FOR_RUN);
    puts("\nexamples:\n"
         "  rise-run new mine.yaml                        a graph of your own\n"
         "  rise-run mine.yaml                            run it\n"
         "  rise-run plan mine.yaml --set soap.sigma=0.4  what an edit would run, and why\n"
         "  rise-run help graph                           what a command takes");
    print_exit_codes();
}

static void print_command(const command_row *c) {
    printf("usage: rise-run %s %s [options]\n\n", c->name, c->operands);
    puts(c->text);
    print_options(c->bit);
    if (c->examples)
        puts("\nexamples:");
    print_lines(c->examples, "  ");
}

int command_help(rise_host *host, const cli_options *o) {
    (void)host;
    const command_row *c = o->command;
    bool overview = !o->named;
    if (o->named && c->bit == FOR_HELP && !o->help) {
        overview = o->n_operands == 0;
        c = overview ? c : command_find(o->operand[0]);
    }
    if (!c) {
        fprintf(stderr, "rise-run: there is no command `%s`\n  rise-run --help lists them\n",
                o->operand[0]);
        return rise_status_exit(RISE_E_USAGE);
    }
    if (overview)
        print_overview();
    else
        print_command(c);
    return fflush(stdout) == 0 ? 0 : rise_status_exit(RISE_E_OUTPUT);
}
