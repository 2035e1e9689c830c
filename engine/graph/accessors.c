/* graph/accessors.c: how a node reads its parameters. The rows say what may be asked; asking for
 * anything else is a bug of the node: it gets 0 or NULL, and the bug is kept in the ctx. */
#include "graph/load.h"

#include <stdio.h>
#include <string.h>

static void bug(rise_ctx *ctx, const char *fmt, const char *name, const char *type) {
    if (!ctx->bug) {
        ctx->bug = RISE_E_BUG;
        snprintf(ctx->bug_text, sizeof ctx->bug_text, fmt, name, type);
    }
}

#define TYPE(t) (1u << (t))

/* The row's position; SIZE_MAX is a bug: no such row, or its type is not one of `types`. */
static size_t row_of(rise_ctx *ctx, const char *name, unsigned types) {
    const graph_node *node = ctx->node;
    for (size_t p = 0; p < node->n_params; p++) {
        if (strcmp(node->param[p].row->name, name) == 0) {
            if (TYPE(node->param[p].row->type) & types) {
                return p;
            }
            bug(ctx, "parameter `%.40s` of %.40s is asked for as another type", name,
                node->type->name);
            return SIZE_MAX;
        }
    }
    bug(ctx, "parameter `%.40s` is not among the rows of %.40s", name, node->type->name);
    return SIZE_MAX;
}

static const graph_value *value_at(rise_ctx *ctx, size_t p) {
    bool elements = ctx->node->param[p].row->type == RISE_P_SPECIES;
    const graph_value *found = elements && ctx->species ? ctx->species(ctx, p) : NULL;
    return found ? found : graph_param_at(ctx->graph, ctx->node, p, ctx->instance);
}

/* NULL: a bug, or unset. */
static const graph_value *value_of(rise_ctx *ctx, const char *name, unsigned types) {
    size_t p = row_of(ctx, name, types);
    const graph_value *v = p == SIZE_MAX ? NULL : value_at(ctx, p);
    return v && v->kind != GV_UNSET ? v : NULL;
}

static const graph_value *item_of(rise_ctx *ctx, const char *name, unsigned types, size_t i) {
    const graph_value *v = value_of(ctx, name, types);
    if (!v) {
        return NULL;
    }
    if (i >= v->n) {
        bug(ctx, "parameter `%.40s` of %.40s is asked for beyond its end", name,
            ctx->node->type->name);
        return NULL;
    }
    return &v->item[i];
}

static const char *text_of(rise_ctx *ctx, const graph_value *v) {
    if (!v || v->kind != GV_TEXT) {
        return NULL;
    }
    if (!strchr(v->text, '{')) {
        return v->text;
    }
    const char *text = graph_text_at(ctx->graph, ctx->node, v->text, ctx->instance, &ctx->texts);
    if (text) {
        return text;
    }
    ctx->texts.failed = true; /* nothing that comes of the text as it is written may be used */
    return v->text;
}

static const unsigned lists = TYPE(RISE_P_INTS) | TYPE(RISE_P_REALS) | TYPE(RISE_P_TEXTS) |
                              TYPE(RISE_P_SPECIES) | TYPE(RISE_P_MAP);

bool rise_param_set(rise_ctx *ctx, const char *name) {
    return value_of(ctx, name, ~0u) != NULL;
}

bool rise_param_bool(rise_ctx *ctx, const char *name) {
    const graph_value *v = value_of(ctx, name, TYPE(RISE_P_BOOL));
    return v && v->boolean;
}

int64_t rise_param_int(rise_ctx *ctx, const char *name) {
    const graph_value *v = value_of(ctx, name, TYPE(RISE_P_INT));
    return v ? v->integer : 0;
}

double rise_param_real(rise_ctx *ctx, const char *name) {
    const graph_value *v = value_of(ctx, name, TYPE(RISE_P_REAL) | TYPE(RISE_P_INT));
    return v ? v->real : 0;
}

const char *rise_param_text(rise_ctx *ctx, const char *name) {
    return text_of(
        ctx, value_of(ctx, name, TYPE(RISE_P_TEXT) | TYPE(RISE_P_CHOICE) | TYPE(RISE_P_OUTPUT)));
}

size_t rise_param_count(rise_ctx *ctx, const char *name) {
    const graph_value *v = value_of(ctx, name, lists);
    return v ? v->n : 0;
}

int64_t rise_param_int_at(rise_ctx *ctx, const char *name, size_t i) {
    const graph_value *v = item_of(ctx, name, TYPE(RISE_P_INTS), i);
    return v ? v->integer : 0;
}

double rise_param_real_at(rise_ctx *ctx, const char *name, size_t i) {
    const graph_value *v = item_of(ctx, name, TYPE(RISE_P_REALS) | TYPE(RISE_P_INTS), i);
    return v ? v->real : 0;
}

const char *rise_param_text_at(rise_ctx *ctx, const char *name, size_t i) {
    unsigned types = TYPE(RISE_P_TEXTS) | TYPE(RISE_P_SPECIES) | TYPE(RISE_P_MAP);
    return text_of(ctx, item_of(ctx, name, types, i));
}

const char *rise_param_key_at(rise_ctx *ctx, const char *name, size_t i) {
    if (!item_of(ctx, name, TYPE(RISE_P_MAP), i)) {
        return NULL;
    }
    return value_of(ctx, name, TYPE(RISE_P_MAP))->key[i];
}

/* ---- maps of maps, files --------------------------------------------------------------------- */
static const graph_value *field_of(rise_ctx *ctx, const char *name, size_t i, const char *field) {
    const graph_value *entry = item_of(ctx, name, TYPE(RISE_P_MAP), i);
    if (!entry) {
        return NULL;
    }
    const rise_param *rows = ctx->node->param[row_of(ctx, name, ~0u)].row->fields;
    while (rows && rows->name && strcmp(rows->name, field) != 0) {
        rows++;
    }
    if (!rows || !rows->name) {
        bug(ctx, "field `%.40s` is not among the rows of `%.40s`", field, name);
        return NULL;
    }
    for (size_t k = 0; entry->kind == GV_MAP && k < entry->n; k++) {
        if (strcmp(entry->key[k], field) == 0) {
            return &entry->item[k];
        }
    }
    return NULL;
}

const char *rise_param_field(rise_ctx *ctx, const char *name, size_t i, const char *field) {
    const graph_value *v = field_of(ctx, name, i, field);
    return v && v->kind != GV_TEXT ? v->text : text_of(ctx, v);
}

/* At load a file is known by its name alone. */
static const rise_file *unread_file(rise_ctx *ctx, const graph_value *v) {
    rise_file *file = ARENA_NEW(&ctx->texts, rise_file, 1);
    if (file)
        file->path = v->text;
    return file;
}

const rise_file *rise_param_file(rise_ctx *ctx, const char *name) {
    const graph_value *v = value_of(ctx, name, TYPE(RISE_P_FILE));
    size_t n;
    if (v && ctx->checking)
        return unread_file(ctx, v);
    return v && ctx->file ? ctx->file(ctx, row_of(ctx, name, ~0u), 0, NULL, &n) : NULL;
}

const rise_file *rise_param_field_files(rise_ctx *ctx, const char *name, size_t i,
                                        const char *field, size_t *n) {
    const graph_value *v = field_of(ctx, name, i, field);
    *n = 0;
    return v && ctx->file ? ctx->file(ctx, row_of(ctx, name, ~0u), i, field, n) : NULL;
}

const rise_file *rise_param_field_file(rise_ctx *ctx, const char *name, size_t i,
                                       const char *field) {
    size_t n;
    return rise_param_field_files(ctx, name, i, field, &n);
}

/* ---- slices ---------------------------------------------------------------------------------- */
static size_t from_either_end(int64_t at, size_t n) {
    if (at < 0) { /* counted from the end */
        uint64_t back = (uint64_t)0 - (uint64_t)at;
        return back > n ? 0 : n - (size_t)back;
    }
    return (uint64_t)at > n ? n : (size_t)at;
}

void rise_param_slice(rise_ctx *ctx, const char *name, size_t n, size_t *start, size_t *step,
                      size_t *count) {
    const graph_value *v = value_of(ctx, name, TYPE(RISE_P_SLICE));
    int64_t part[3] = {0, INT64_MIN, 1};
    *start = 0;
    *step = 1;
    *count = n;
    if (!v || !slice_parse(v->text, part)) {
        return;
    }
    size_t stop = part[1] == INT64_MIN ? n : from_either_end(part[1], n);
    *start =
        from_either_end(part[0], n); /* the loader has written out where it starts, and the step */
    *step = (size_t)part[2];
    *count = stop > *start ? (stop - *start - 1) / *step + 1 : 0;
}

/* ---- errors and checks ----------------------------------------------------------------------- */
/* Where the value stands that this instance works with. */
static void place_of(rise_ctx *ctx, size_t p, rise_error *err) {
    const graph_param *param = &ctx->node->param[p];
    graph_place place = param->place;
    const char *file = ctx->graph->path;
    char set[sizeof err->file];
    if (param->axis != SIZE_MAX) {
        place = graph_param_at(ctx->graph, ctx->node, p, ctx->instance)->place;
    }
    if (!place.line && param->given) { /* it came by --set */
        snprintf(set, sizeof set, "--set %.100s.%.100s",
                 param->axis == SIZE_MAX ? ctx->node->name : "axes",
                 param->axis == SIZE_MAX ? param->row->name : ctx->graph->axis[param->axis].name);
        file = set;
    }
    snprintf(err->file, sizeof err->file, "%s", file);
    text_cut(err->file, sizeof err->file - 1);
    err->line = place.line;
    err->col = place.col;
}

rise_status rise_fail_param(rise_ctx *ctx, rise_error *err, const char *name, const char *fmt,
                            ...) {
    size_t p = row_of(ctx, name, ~0u);
    if (!err) {
        return RISE_E_GRAPH;
    }
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    rise_fail(err, RISE_E_GRAPH, "%s: %.440s", ctx->node->name, message);
    if (p != SIZE_MAX) {
        place_of(ctx, p, err);
    }
    return RISE_E_GRAPH;
}

bool rise_connected(rise_ctx *ctx, const char *port) {
    for (size_t i = 0; i < ctx->node->n_inputs; i++) {
        if (strcmp(ctx->node->input[i].port->name, port) == 0) {
            return ctx->node->input[i].n_refs > 0;
        }
    }
    bug(ctx, "input `%.40s` is not among the ports of %.40s", port, ctx->node->type->name);
    return false;
}

void rise_check_output(rise_ctx *ctx, const char *port, rise_kind kind) {
    bool known = false;
    for (const rise_port *p = ctx->node->type->out; p && p->name; p++) {
        known = known || (strcmp(p->name, port) == 0 && p->kinds & RISE_KINDS(kind));
    }
    if (!known || !ctx->checking) {
        bug(ctx,
            known ? "output `%.40s` of %.40s is narrowed outside of check"
                  : "output `%.40s` of %.40s is not there, or has not this kind",
            port, ctx->node->type->name);
        return;
    }
    for (size_t i = 0; i < ctx->node->n_outputs; i++) {
        if (strcmp(ctx->node->output[i].port->name, port) == 0) {
            ctx->node->output[i].kind = kind;
        }
    }
}
