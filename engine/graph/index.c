/* graph/index.c: instances of a checked graph: where they stand, what feeds them, what they are
 * called. An instance is a row-major index over the dimensions of its node, the last one fastest.
 */
#include "graph/load.h"

#include <string.h>

size_t graph_find_node(const graph *g, const char *name) {
    uint64_t i = 0;
    return text_map_get(&g->index, name, &i) ? (size_t)i : SIZE_MAX;
}

size_t graph_find_output(const graph_node *node, const char *name) {
    for (size_t i = 0; i < node->n_outputs; i++) {
        if (strcmp(node->output[i].name, name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t graph_index_at(const graph *g, const graph_node *node, size_t instance, size_t dim) {
    for (size_t i = node->n_dims; i-- > 0;) {
        size_t size = g->dim_size[node->dim[i]];
        if (node->dim[i] == dim) {
            return instance % size;
        }
        instance /= size;
    }
    return SIZE_MAX;
}

static bool is_fixed(const graph_ref *ref, size_t dim, size_t *index) {
    for (size_t i = 0; i < ref->n_fixed; i++) {
        if (ref->fixed_dim[i] == dim) {
            *index = ref->fixed_index[i];
            return true;
        }
    }
    return false;
}

static bool is_reduced(const graph_input *in, size_t dim) {
    return in->reduces >> dim & 1u;
}

size_t graph_source_count(const graph *g, const graph_node *node, size_t input, size_t ref) {
    const graph_input *in = &node->input[input];
    const graph_node *from = &g->node[in->ref[ref].node];
    size_t n = 1, index = 0;
    for (size_t i = 0; i < from->n_dims; i++) {
        if (!is_fixed(&in->ref[ref], from->dim[i], &index) && is_reduced(in, from->dim[i])) {
            n *= g->dim_size[from->dim[i]];
        }
    }
    return n;
}

size_t graph_source(const graph *g, const graph_node *node, size_t instance, size_t input,
                    size_t ref, size_t k) {
    const graph_input *in = &node->input[input];
    const graph_node *from = &g->node[in->ref[ref].node];
    size_t source = 0, stride = 1;
    for (size_t i = from->n_dims; i-- > 0;) {
        size_t dim = from->dim[i], size = g->dim_size[dim], index = 0;
        if (!is_fixed(&in->ref[ref], dim, &index)) {
            if (is_reduced(in, dim)) {
                index = k % size;
                k /= size;
            } else {
                index = graph_index_at(g, node, instance, dim);
            }
        }
        source += index * stride;
        stride *= size;
    }
    return source;
}

const graph_value *graph_param_at(const graph *g, const graph_node *node, size_t param,
                                  size_t instance) {
    const graph_param *p = &node->param[param];
    if (p->axis == SIZE_MAX) {
        return &p->value[0];
    }
    return &p->value[graph_index_at(g, node, instance, g->axis[p->axis].dim)];
}

/* ---- texts ----------------------------------------------------------------------------------- */
bool placeholder_next(const graph *g, const char **at, placeholder *p) {
    for (const char *s = strchr(*at, '{'); s; s = strchr(s + 1, '{')) {
        size_t n = strcspn(s + 1, "{}"), n_name = strcspn(s + 1, "{}.");
        if (s[1 + n] != '}' || !n_name || n_name >= sizeof p->name) {
            continue;
        }
        memcpy(p->name, s + 1, n_name);
        p->name[n_name] = '\0';
        if (!name_valid(p->name)) {
            continue;
        }
        p->start = s;
        p->field = n_name < n ? s + 2 + n_name : NULL;
        p->n_field = n_name < n ? n - n_name - 1 : 0;
        p->axis = SIZE_MAX;
        for (size_t k = 0; k < g->n_axes; k++) {
            if (strcmp(g->axis[k].name, p->name) == 0) {
                p->axis = k;
            }
        }
        *at = s + n + 2;
        return true;
    }
    return false;
}

static bool put_value(const graph_axis *axis, size_t i, const placeholder *p, buffer *out) {
    if (!p->field) {
        buffer_text(out, axis->text[i]);
        return true;
    }
    const graph_value *v = &axis->value[i];
    for (size_t j = 0; v->kind == GV_MAP && j < v->n; j++) {
        if (strncmp(v->key[j], p->field, p->n_field) == 0 && !v->key[j][p->n_field]) {
            const graph_value *f = &v->item[j];
            char number[32];
            if (f->kind == GV_TEXT) {
                buffer_text(out, f->text);
            } else if (f->kind == GV_INT) {
                buffer_int(out, f->integer);
            } else if (f->kind == GV_REAL) {
                text_of_double(f->real, number);
                buffer_text(out, number);
            }
            return f->kind == GV_TEXT || f->kind == GV_INT || f->kind == GV_REAL;
        }
    }
    return false;
}

char *graph_text_at(const graph *g, const graph_node *node, const char *text, size_t instance,
                    arena *a) {
    if (!strchr(text, '{')) {
        return arena_text(a, text);
    }
    buffer out = {0};
    const char *at = text, *copied = text;
    placeholder p;
    while (placeholder_next(g, &at, &p)) {
        if (p.axis == SIZE_MAX) {
            continue;
        }
        size_t i = graph_index_at(g, node, instance, g->axis[p.axis].dim);
        if (i == SIZE_MAX) {
            continue;
        }
        buffer_add(&out, copied, (size_t)(p.start - copied));
        copied = put_value(&g->axis[p.axis], i, &p, &out) ? at : p.start;
    }
    buffer_text(&out, copied);
    char *result = out.failed ? NULL : arena_bytes(a, out.bytes, out.size);
    buffer_free(&out);
    return result;
}

/* The name into `at`, or, where that is NULL, how long it is. */
static size_t write_name(const graph *g, const graph_node *node, size_t instance, char *at) {
    size_t n = 0;
    const char *piece[] = {node->name, "[", NULL, "=", NULL};
    for (size_t k = 0; k < g->n_axes; k++) {
        size_t i = graph_index_at(g, node, instance, g->axis[k].dim);
        if (i == SIZE_MAX)
            continue;
        piece[2] = g->axis[k].name;
        piece[4] = g->axis[k].text[i];
        for (size_t p = n ? 1 : 0; p < sizeof piece / sizeof *piece; p++) {
            size_t size = strlen(piece[p]);
            if (at)
                memcpy(at + n, piece[p], size);
            n += size;
        }
        piece[1] = ",";
    }
    if (at)
        memcpy(at + n, "]", 2);
    return n + 1;
}

char *graph_instance_name(const graph *g, const graph_node *node, size_t instance, arena *a) {
    if (!node->n_dims)
        return arena_text(a, node->name);
    char *name = ARENA_NEW(a, char, write_name(g, node, instance, NULL) + 1);
    if (name)
        (void)write_name(g, node, instance, name);
    return name;
}
