/* cli/nodes: the reference of node types, from their own rows. */
#include "cli.h"

#include <math.h>
#include <string.h>

static const char *mode_text(rise_mode mode) {
    return mode == RISE_EACH ? "each frame" : mode == RISE_STREAM ? "stream" : "whole";
}

static void print_kinds(unsigned kinds) {
    if (kinds == RISE_ANY_KIND) {
        fputs("anything", stdout);
        return;
    }
    const char *between = "";
    for (int k = RISE_FRAMES; k <= RISE_DOCUMENT; k++)
        if (kinds & RISE_KINDS(k)) {
            printf("%s%s", between, rise_kind_name((rise_kind)k));
            between = " or ";
        }
}

static void print_port(const rise_port *p) {
    printf("  %-18s ", p->name);
    print_kinds(p->kinds);
    if (p->shape)
        printf(" %s", p->shape);
    if (p->unit && p->unit[0])
        printf(" (%s)", p->unit);
    printf(", %s%s%s%s\n", mode_text(p->mode), p->flags & RISE_PORT_OPTIONAL ? ", optional" : "",
           p->flags & RISE_PORT_OVER ? ", over axes" : "",
           p->flags & RISE_PORT_MANY ? ", list" : "");
    if (p->help)
        printf("  %-18s   %s\n", "", p->help);
}

static const char *type_text(rise_param_type type) {
    static const char *const text[] = {
        "?",           "true or false", "integer",         "number",          "text",
        "one of",      "integers",      "numbers",         "texts",           "input file",
        "input files", "output file",   "element symbols", "START:STOP:STEP", "map"};
    return (size_t)type < sizeof text / sizeof *text ? text[type] : "?";
}

static void print_bounds(const rise_param *p) {
    if (p->min == 0 && p->max == 0)
        return;
    if (isfinite(p->min))
        printf(", %s %g", p->flags & RISE_PARAM_OPEN_MIN ? "more than" : "at least", p->min);
    if (isfinite(p->max))
        printf(", %s %g", p->flags & RISE_PARAM_OPEN_MAX ? "less than" : "at most", p->max);
}

static void print_param(const rise_param *p, int indent) {
    printf("%*s%-18s %s", indent, "", p->name, type_text(p->type));
    if (p->choices)
        printf(" %s", p->choices);
    print_bounds(p);
    if (p->unit)
        printf(", %s", p->unit);
    if (p->def)
        printf(", default %s", p->def);
    else
        fputs(p->flags & RISE_PARAM_OPTIONAL ? ", optional" : ", required", stdout);
    printf("\n%*s%-18s   %s\n", indent, "", "", p->help ? p->help : "");
    for (const rise_param *f = p->fields; f && f->name; f++)
        print_param(f, indent + 4);
}

static void print_type(const rise_node_type *t) {
    printf("%s: %s\n", t->name, t->brief);
    if (t->in && t->in->name)
        puts(" inputs");
    for (const rise_port *p = t->in; p && p->name; p++)
        print_port(p);
    if (t->out && t->out->name)
        puts(" outputs (the first is the default)");
    for (const rise_port *p = t->out; p && p->name; p++)
        print_port(p);
    if (t->params && t->params->name)
        puts(" parameters");
    for (const rise_param *p = t->params; p && p->name; p++)
        print_param(p, 2);
}

int command_nodes(rise_host *host, const cli_options *o) {
    if (o->check)
        return command_check_plugin(host, o);
    if (o->n_operands > 0) {
        const rise_node_type *t = rise_host_find(host, o->operand[0]);
        if (t) {
            print_type(t);
            return 0;
        }
        fprintf(stderr, "rise-run: there is no node type `%s`; rise-run nodes lists them\n",
                o->operand[0]);
        return rise_status_exit(RISE_E_USAGE);
    }
    for (size_t i = 0; i < rise_host_count(host); i++) {
        const rise_node_type *t = rise_host_type(host, i);
        printf("%-16s %s\n", t->name, t->brief);
    }
    return 0;
}
