/* cli/options: the command line against the rows. */
#include "rows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static rise_status usage(const char *fmt, const char *a, const char *b) {
    fputs("rise-run: ", stderr);
    fprintf(stderr, fmt, a, b);
    fputs("\n  rise-run --help lists what there is\n", stderr);
    return RISE_E_USAGE;
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

/* Position of `value` among "a|b|c"; -1: it is none of them. */
static int choice_of(const char *choices, const char *value) {
    size_t n = strlen(value);
    for (int i = 0; *choices; i++) {
        size_t length = strcspn(choices, "|");
        if (length == n && strncmp(choices, value, n) == 0)
            return i;
        choices += length + (choices[length] == '|');
    }
    return -1;
}

/* Checked where the graph is loaded, as if it stood there. */
static rise_status set_executor(cli_options *o, const char *name, const char *value) {
    char *text = NULL;
    if (asprintf(&text, "executor.%s=%s", strcmp(name, "executor") == 0 ? "kind" : name, value) < 0)
        return usage("out of memory: %s %s", name, value);
    o->executor[o->n_executor++] = text;
    o->set[o->n_set++] = text;
    return RISE_OK;
}

static rise_status apply(cli_options *o, const option_row *row, const char *value) {
    void *field = (char *)o + row->offset;
    char *end = NULL;
    switch (row->kind) {
    case O_FLAG:
        *(bool *)field = true;
        return RISE_OK;
    case O_TEXT:
        *(const char **)field = value;
        return RISE_OK;
    case O_COUNT: {
        unsigned long n = strtoul(value, &end, 10);
        if (!isdigit((unsigned char)value[0]) || *end || n < 1 || n > 4096)
            return usage("%s %s: a number from 1 to 4096 is needed", row->name, value);
        *(unsigned *)field = (unsigned)n;
        return RISE_OK;
    }
    case O_SIZE:
        if (!parse_size(value, field))
            return usage("%s %s: a size like 512M or 4G is needed", row->name, value);
        return RISE_OK;
    case O_SECONDS:
    case O_DAYS: {
        double days = strtod(value, &end);
        bool whole = row->kind == O_DAYS || days >= 1;
        if (!isdigit((unsigned char)value[0]) || *end || !whole || !(days > 0 && days < 1e6))
            return usage(row->kind == O_DAYS ? "%s %s: a number of days is needed"
                                             : "%s %s: a number of seconds is needed, at least 1",
                         row->name, value);
        *(double *)(void *)field = days;
        return RISE_OK;
    }
    case O_KEEP:
        o->keep[o->n_keep++] = value;
        return RISE_OK;
    case O_LIST:
        if (!strchr(value, '=') || value[0] == '=')
            return usage("%s %s: node.param=value is needed", row->name, value);
        o->set[o->n_set++] = value;
        return RISE_OK;
    case O_PLUGIN:
        o->plugin[o->n_plugins++] = value;
        return RISE_OK;
    case O_EXECUTOR:
        return set_executor(o, row->name + 2, value);
    case O_CHOICE:
        *(int *)field = choice_of(row->value, value);
        if (*(int *)field < 0)
            return usage("%s: one of %s is needed", row->name, row->value);
        return RISE_OK;
    }
    return RISE_E_BUG;
}

static rise_status parse_option(cli_options *o, int argc, char **argv, int *i, uint64_t *given) {
    const char *arg = argv[*i], *equals = strchr(arg, '=');
    size_t length = equals ? (size_t)(equals - arg) : strlen(arg);
    const option_row *row = option_find(arg, length);
    const char *value = equals ? equals + 1 : NULL;
    if (!row)
        return usage("there is no option %s%s", arg, "");
    if (row->kind == O_FLAG && value)
        return usage("%s takes no value%s", row->name, "");
    if (row->kind != O_FLAG && !value) {
        if (*i + 1 >= argc)
            return usage("%s needs a value: %s", row->name, row->value);
        value = argv[++*i];
    }
    *given |= (uint64_t)1 << (row - option_rows);
    return apply(o, row, value);
}

/* The first word is a command, or a graph to run. */
static const command_row *take_command(cli_options *o) {
    const command_row *row = o->n_operands ? command_find(o->operand[0]) : NULL;
    if (!row)
        return command_find("run");
    o->named = true;
    memmove(o->operand, o->operand + 1, --o->n_operands * sizeof *o->operand);
    return row;
}

static rise_status check_operands(const cli_options *o) {
    const command_row *c = o->command;
    if (o->n_operands >= c->least && o->n_operands <= c->most)
        return RISE_OK;
    if (c->bit == FOR_RUN && o->n_operands > 1 && !strchr(o->operand[0], '.'))
        return usage("there is no command `%s`%s", o->operand[0], "");
    if (c->least > 1)
        return usage("%s needs %s", c->name, c->operands);
    if (c->least > 0)
        return usage("%s: exactly one %s is needed", c->name, c->operands);
    return usage("%s takes %s", c->name, c->most > 0 ? "at most one word" : "no words");
}

static rise_status check_options(const cli_options *o, uint64_t given) {
    for (size_t k = 0; k < n_option_rows; k++)
        if ((given >> k & 1) && !(option_rows[k].commands & o->command->bit) &&
            option_rows[k].commands != FOR_ALL)
            return usage("%s takes no %s", o->command->name, option_rows[k].name);
    return RISE_OK;
}

rise_status options_parse(int argc, char **argv, cli_options *out) {
    uint64_t given = 0;
    rise_status s = RISE_OK;
    *out = (cli_options){.command = command_find("run"), .words = argv};
    out->set = calloc((size_t)argc + 1, sizeof *out->set);
    out->plugin = calloc((size_t)argc + 1, sizeof *out->plugin);
    out->keep = calloc((size_t)argc + 1, sizeof *out->keep);
    out->operand = calloc((size_t)argc + 1, sizeof *out->operand);
    out->executor = calloc((size_t)argc + 1, sizeof *out->executor);
    if (!out->executor || !out->set || !out->plugin || !out->keep || !out->operand) {
        fputs("rise-run: out of memory\n", stderr);
        return RISE_E_NOMEM;
    }
    for (int i = 1; i < argc && s == RISE_OK; i++) {
        bool option = argv[i][0] == '-' && argv[i][1];
        if (option && strcmp(argv[i], "--") == 0)
            while (++i < argc)
                out->operand[out->n_operands++] = argv[i];
        else if (option)
            s = parse_option(out, argc, argv, &i, &given);
        else
            out->operand[out->n_operands++] = argv[i];
    }
    if (s != RISE_OK)
        return s;
    out->command = take_command(out);
    if (out->help || out->version)
        return RISE_OK;
    s = check_operands(out);
    return s == RISE_OK ? check_options(out, given) : s;
}

void options_free(cli_options *o) {
    for (size_t i = 0; i < o->n_executor; i++)
        free(o->executor[i]);
    free(o->executor);
    free(o->set);
    free(o->plugin);
    free(o->keep);
    free(o->operand);
}
