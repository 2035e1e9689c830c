/* cli/options: the command line as rows; parsing and help come from the same table. */
#include "cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef enum { O_FLAG, O_TEXT, O_COUNT, O_SIZE, O_SET, O_PROGRESS } option_kind;

typedef struct option_row {
    const char *name, *value, *help;
    option_kind kind;
    size_t offset;
} option_row;

#define AT(field) offsetof(cli_options, field)
static const option_row rows[] = {
    {"--set", "KEY=VALUE", "node.param=value or axes.name=[...], as if it stood in the graph",
     O_SET, 0},
    {"--only", "NODE", "what this node needs, and nothing else", O_TEXT, AT(run.only)},
    {"--out", "DIR", "output files go here (./out/<graph>)", O_TEXT, AT(run.out)},
    {"--cache", "DIR", "results are kept here ($RISE_CACHE, ~/.cache/rise)", O_TEXT, AT(run.cache)},
    {"--jobs", "N", "threads (all that this process may use)", O_COUNT, AT(run.jobs)},
    {"--memory", "SIZE", "bytes to plan with, e.g. 4G (half of the machine)", O_SIZE,
     AT(run.memory)},
    {"--keep-going", NULL, "a failed node stops only what depends on it", O_FLAG,
     AT(run.keep_going)},
    {"--durable", NULL, "sync every cache file, not only outputs", O_FLAG, AT(run.durable)},
    {"--paranoid", NULL, "read input files again even if they look unchanged", O_FLAG,
     AT(run.paranoid)},
    {"--progress", "auto|plain|json|none", "how to show progress on stderr", O_PROGRESS,
     AT(progress)},
    {"--summary", "FILE.json", "what ran, what was cached, why, and how long it took", O_TEXT,
     AT(summary)},
    {"--help", NULL, "this text", O_FLAG, AT(help)},
    {"--version", NULL, "the version", O_FLAG, AT(version)},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static rise_status usage(const char *fmt, const char *a, const char *b) {
    fputs("rise-run: ", stderr);
    fprintf(stderr, fmt, a, b);
    fputs("\n  rise-run --help lists what there is\n", stderr);
    return RISE_E_USAGE;
}

static void print_help(void) {
    puts("usage: rise-run GRAPH.yaml [options]\n"
         "       rise-run plan GRAPH.yaml     what would run, and why\n"
         "       rise-run check GRAPH.yaml    errors only\n"
         "       rise-run nodes [TYPE]        the node types, their ports and parameters\n"
         "       rise-run schema              a JSON schema of graphs, for editors\n"
         "       rise-run cache stat|verify   what is kept; whether it is sound\n");
    for (size_t i = 0; i < N_ROWS; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s %s", rows[i].name, rows[i].value ? rows[i].value : "");
        printf("  %-32s %s\n", left, rows[i].help);
    }
    puts(
        "\nexit codes: 0 done, 1 a node failed, 64 usage, 65 bad input data, 66 no input, 70 bug,\n"
        "71 memory or threads, 74 output not written, 75 input changed while being read,\n"
        "78 graph error, 130 interrupted, 143 terminated");
}

static bool parse_size(const char *text, uint64_t *out) {
    char *end = NULL;
    if (!isdigit((unsigned char)text[0]))
        return false;
    double value = strtod(text, &end);
    static const char units[] = "KMGT";
    const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (unit) {
        for (const char *u = units; u <= unit; u++)
            value *= 1024;
        end++;
        if (*end == 'i')
            end++;
        if (*end == 'B')
            end++;
    }
    if (*end || value < 1 || value > 1e18)
        return false;
    *out = (uint64_t)value;
    return true;
}

static rise_status apply(cli_options *o, const option_row *row, const char *value) {
    static const char *const modes[] = {"auto", "plain", "json", "none"};
    char *field = (char *)o + row->offset, *end = NULL;
    switch (row->kind) {
    case O_FLAG:
        *(bool *)(void *)field = true;
        return RISE_OK;
    case O_TEXT:
        *(const char **)(void *)field = value;
        return RISE_OK;
    case O_COUNT: {
        unsigned long n = strtoul(value, &end, 10);
        if (!isdigit((unsigned char)value[0]) || *end || n < 1 || n > 4096)
            return usage("%s %s: a number from 1 to 4096 is needed", row->name, value);
        *(unsigned *)(void *)field = (unsigned)n;
        return RISE_OK;
    }
    case O_SIZE:
        if (!parse_size(value, (uint64_t *)(void *)field))
            return usage("%s %s: a size like 512M or 4G is needed", row->name, value);
        return RISE_OK;
    case O_SET:
        if (!strchr(value, '=') || value[0] == '=')
            return usage("%s %s: node.param=value is needed", row->name, value);
        o->set[o->n_set++] = value;
        return RISE_OK;
    case O_PROGRESS:
        for (int i = 0; i < 4; i++)
            if (strcmp(value, modes[i]) == 0) {
                o->progress = (progress_mode)i;
                return RISE_OK;
            }
        return usage("%s %s: one of auto, plain, json, none is needed", row->name, value);
    }
    return RISE_E_BUG;
}

static rise_status parse_option(cli_options *o, int argc, char **argv, int *i) {
    const char *arg = argv[*i], *equals = strchr(arg, '=');
    size_t length = equals ? (size_t)(equals - arg) : strlen(arg);
    for (size_t k = 0; k < N_ROWS; k++) {
        if (strlen(rows[k].name) != length || strncmp(rows[k].name, arg, length) != 0)
            continue;
        const char *value = equals ? equals + 1 : NULL;
        if (rows[k].kind == O_FLAG && value)
            return usage("%s takes no value%s", rows[k].name, "");
        if (rows[k].kind != O_FLAG && !value) {
            if (*i + 1 >= argc)
                return usage("%s needs a value: %s", rows[k].name, rows[k].value);
            value = argv[++*i];
        }
        return apply(o, &rows[k], value);
    }
    return usage("there is no option %s%s", arg, "");
}

static const char *const commands[] = {"plan", "check", "nodes", "schema", "cache"};

rise_status options_parse(int argc, char **argv, cli_options *out) {
    *out = (cli_options){.command = "run"};
    out->set = calloc((size_t)argc + 1, sizeof *out->set);
    if (!out->set)
        return RISE_E_NOMEM;
    for (int i = 1; i < argc; i++) {
        rise_status s = RISE_OK;
        if (argv[i][0] == '-' && argv[i][1])
            s = parse_option(out, argc, argv, &i);
        else if (out->n_operands < sizeof out->operand / sizeof *out->operand)
            out->operand[out->n_operands++] = argv[i];
        else
            s = usage("too many words: %s%s", argv[i], "");
        if (s != RISE_OK)
            return s;
    }
    for (size_t c = 0; out->n_operands && c < sizeof commands / sizeof *commands; c++)
        if (strcmp(out->operand[0], commands[c]) == 0) {
            out->command = commands[c];
            memmove(out->operand, out->operand + 1, --out->n_operands * sizeof *out->operand);
            break;
        }
    if (out->help)
        print_help();
    else if (out->version)
        puts("rise " RISE_VERSION);
    return RISE_OK;
}

void options_free(cli_options *o) {
    free(o->set);
}
