/* graph/check.c: do ports fit, before any data move, and what the node types themselves say to
 * their parameters (check), once for every point of the parameters' own axes. */
#include "graph/load.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* ---- shapes ---------------------------------------------------------------------------------- */
/* The next name of "[frame, atom]" at *s; its length, 0 at the end. */
static size_t next_dim(const char **s) {
    *s += strspn(*s, "[, ");
    return strcspn(*s, ",] ");
}

static bool is(const char *s, size_t n, const char *name) {
    return strlen(name) == n && strncmp(s, name, n) == 0;
}

bool shape_fits(const char *out, const char *in) {
    size_t n_out = next_dim(&out), n_in = next_dim(&in);
    if (is(out, n_out, "...")) {
        return shape_fits(out + n_out, in) || (n_in && shape_fits(out, in + n_in));
    }
    if (is(in, n_in, "...")) {
        return shape_fits(out, in + n_in) || (n_out && shape_fits(out + n_out, in));
    }
    if (!n_out || !n_in) {
        return n_out == n_in;
    }
    bool same =
        is(out, n_out, "*") || is(in, n_in, "*") || (n_out == n_in && strncmp(out, in, n_out) == 0);
    return same && shape_fits(out + n_out, in + n_in);
}

/* Can the first dimension be `frame`? */
static bool has_frames(const graph_output *o) {
    if (o->kind == RISE_FRAMES || (!o->kind && o->port->kinds & RISE_KINDS(RISE_FRAMES))) {
        return true;
    }
    bool tensor = o->kind == RISE_TENSOR || (!o->kind && o->port->kinds & RISE_KINDS(RISE_TENSOR));
    return tensor && (!o->port->shape || shape_fits(o->port->shape, "[frame, ...]"));
}

/* ---- one reference against its port ---------------------------------------------------------- */
static const char *kinds_text(loader *L, unsigned kinds) {
    static const char *const name[] = {[RISE_FRAMES] = "frames",
                                       [RISE_TENSOR] = "a tensor",
                                       [RISE_TABLE] = "a table",
                                       [RISE_MODEL] = "a model",
                                       [RISE_DOCUMENT] = "a document"};
    char text[80] = "";
    size_t used = 0;
    for (int kind = RISE_FRAMES; kind <= RISE_DOCUMENT; kind++) {
        if (kinds & RISE_KINDS(kind)) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? " or " : "",
                                     name[kind]);
        }
    }
    return load_text(L, "%s", text);
}

static void mismatch(loader *L, const raw_node *r, size_t i, size_t k, const char *hint,
                     const char *wanted, const char *given) {
    const graph_ref *ref = &r->node.input[i].ref[k];
    const graph_node *from = &L->raw[ref->node].node;
    load_error(L, r->ref[i][k].at, hint, "%s.%s: takes %s, `%s.%s` is %s", r->node.name,
               r->node.input[i].port->name, wanted, from->name, from->output[ref->output].name,
               given);
}

static bool kind_fits(loader *L, const raw_node *r, size_t i, size_t k, const graph_output *o) {
    const rise_port *in = r->node.input[i].port;
    unsigned given = o->kind ? RISE_KINDS(o->kind) : o->port->kinds;
    if (given & in->kinds) {
        return true;
    }
    const graph_node *from = &L->raw[r->node.input[i].ref[k].node].node;
    const char *other = NULL; /* an output of the same node that would fit */
    for (size_t j = 0; j < from->n_outputs && !other; j++) {
        const graph_output *x = &from->output[j];
        other = (x->kind ? RISE_KINDS(x->kind) : x->port->kinds) & in->kinds ? x->name : NULL;
    }
    mismatch(L, r, i, k, other ? load_text(L, "try `%s.%s`", from->name, other) : NULL,
             kinds_text(L, in->kinds), kinds_text(L, given));
    return false;
}

static bool mode_fits(loader *L, const raw_node *r, size_t i, size_t k, const graph_output *o) {
    const rise_port *in = r->node.input[i].port;
    if (in->mode == RISE_STREAM && o->port->mode != RISE_STREAM) {
        mismatch(L, r, i, k, NULL, "a stream", "not one");
        return false;
    }
    if (in->mode == RISE_EACH && o->port->mode == RISE_WHOLE && !has_frames(o)) {
        mismatch(L, r, i, k, NULL, "one value per frame", "one value for all frames");
        return false;
    }
    return true;
}

static void compare(loader *L, const raw_node *r, size_t i, size_t k) {
    const rise_port *in = r->node.input[i].port;
    const graph_ref *ref = &r->node.input[i].ref[k];
    const graph_output *o = &L->raw[ref->node].node.output[ref->output];
    if (!kind_fits(L, r, i, k, o) || !mode_fits(L, r, i, k, o)) {
        return;
    }
    unsigned kinds = (o->kind ? RISE_KINDS(o->kind) : o->port->kinds) & in->kinds;
    if (kinds == RISE_KINDS(RISE_TENSOR)) {
        if (in->shape && o->port->shape && !shape_fits(o->port->shape, in->shape)) {
            mismatch(L, r, i, k, NULL, in->shape, o->port->shape);
            return;
        }
        if (in->dtype && o->port->dtype && in->dtype != o->port->dtype) {
            mismatch(L, r, i, k, NULL, rise_dtype_name(in->dtype), rise_dtype_name(o->port->dtype));
            return;
        }
    }
    if (in->unit && o->port->unit && strcmp(in->unit, o->port->unit) != 0) {
        mismatch(L, r, i, k, NULL, load_text(L, "values in %s", in->unit),
                 load_text(L, "in %s", o->port->unit));
    }
}

/* ---- what the node type says ----------------------------------------------------------------- */
enum { TOLD = 20 }; /* errors of one node that are worth reading */

static void tell_once(loader *L, const raw_node *r, rise_error *err, size_t first) {
    if (err->status == RISE_E_NOMEM) {
        L->nomem = true;
        return;
    }
    err->status = err->status == RISE_E_BUG ? RISE_E_BUG : RISE_E_GRAPH;
    if (!err->file[0]) {
        snprintf(err->file, sizeof err->file, "%s", L->path);
        text_cut(err->file, sizeof err->file - 1);
        err->line = r->at.place.line;
        err->col = r->at.place.col;
    }
    size_t kept = L->errors->n < 100 ? L->errors->n : 100;
    for (size_t i = first; i < kept; i++) {
        const rise_error *e = &L->errors->item[i];
        if (e->line == err->line && e->col == err->col && !strcmp(e->message, err->message)) {
            return;
        }
    }
    if (!error_list_keep(L->errors, err)) {
        L->nomem = true;
    }
}

static void ask(loader *L, raw_node *r, size_t instance, size_t first) {
    rise_error err = {0};
    rise_ctx *ctx = calloc(1, sizeof *ctx);
    if (!ctx) {
        L->nomem = true;
        return;
    }
    ctx->graph = L->g;
    ctx->node = &r->node;
    ctx->instance = instance;
    ctx->checking = true;
    rise_status status = r->node.type->check(ctx, &err);
    if (ctx->texts.failed) {
        L->nomem = true;
    } else if (ctx->bug) {
        rise_fail(&err, RISE_E_BUG, "%s: %s", r->node.name, ctx->bug_text);
        tell_once(L, r, &err, first);
    } else if (status) {
        if (!err.status) {
            rise_fail(&err, status, "%s: %s", r->node.name, rise_status_text(status));
        }
        tell_once(L, r, &err, first);
    }
    arena_free(&ctx->texts);
    free(ctx);
}

/* The instance at point `i` of the parameters' own axes, 0 along all others. */
static size_t instance_of_point(const graph *g, const graph_node *node, uint32_t own, size_t i) {
    size_t instance = 0, stride = 1;
    for (size_t d = node->n_dims; d-- > 0;) {
        size_t size = g->dim_size[node->dim[d]];
        if (own >> node->dim[d] & 1u) {
            instance += i % size * stride;
            i /= size;
        }
        stride *= size;
    }
    return instance;
}

static void narrowed(loader *L, const raw_node *r, const rise_kind *before, bool first_point) {
    for (size_t j = 0; j < r->node.n_outputs && !first_point; j++) {
        if (before[j] != r->node.output[j].kind) {
            load_error(L, r->at, "make two nodes of it",
                       "%s: output `%s` is of another kind at other values of its axes",
                       r->node.name, r->node.output[j].name);
            return;
        }
    }
}

static void ask_all(loader *L, raw_node *r) {
    graph_node *node = &r->node;
    uint32_t own = 0;
    size_t points = 1, first = L->errors->n < 100 ? L->errors->n : 100, begin = L->errors->n;
    for (size_t p = 0; p < node->n_params; p++) {
        own |= node->param[p].axis == SIZE_MAX ? 0
                                               : (uint32_t)1 << L->g->axis[node->param[p].axis].dim;
    }
    for (size_t d = 0; d < node->n_dims; d++) {
        points *= own >> node->dim[d] & 1u ? L->g->dim_size[node->dim[d]] : 1;
    }
    rise_kind *kind = LOAD_NEW(L, rise_kind, 2 * node->n_outputs);
    for (size_t i = 0; kind && i < points && !L->nomem && L->errors->n < begin + TOLD; i++) {
        for (size_t j = 0; j < node->n_outputs; j++) {
            if (!i) {
                kind[j] = node->output[j].kind;
            }
            kind[node->n_outputs + j] = node->output[j].kind;
            node->output[j].kind = kind[j];
        }
        ask(L, r, instance_of_point(L->g, node, own, i), first);
        if (L->errors->n == begin) { /* who refuses its values may not have come so far */
            narrowed(L, r, kind + node->n_outputs, i == 0);
        }
    }
}

void check_nodes(loader *L) {
    for (size_t n = 0; n < L->n_ordered && !L->nomem; n++) {
        raw_node *r = &L->raw[L->order[n]];
        for (size_t i = 0; i < r->node.n_inputs; i++) {
            for (size_t k = 0; k < r->node.input[i].n_refs; k++) {
                compare(L, r, i, k);
            }
        }
        if (r->known && r->sound && r->placed && r->node.type->check) {
            ask_all(L, r);
        }
    }
}
