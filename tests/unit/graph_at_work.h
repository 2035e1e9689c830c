/* tests/unit/graph_at_work.h: graphs that must load, and what their nodes see. */
#ifndef RISE_TEST_GRAPH_AT_WORK_H
#define RISE_TEST_GRAPH_AT_WORK_H

#include "support/toy_nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static inline graph *load(const char *text, const char *const *set, size_t n_set) {
    type_set types = {0};
    error_list errors = {0};
    graph *g = NULL;
    toy_types(&types);
    rise_status status =
        graph_parse(text, strlen(text), "folder/g.yaml", &types, set, n_set, &g, &errors);
    for (size_t i = 0; i < errors.n && i < 100; i++) {
        char line[1200];
        rise_error_format(&errors.item[i], line, sizeof line);
        print_error("%s\n", line);
    }
    assert_int_equal(errors.n, 0);
    assert_int_equal(status, RISE_OK);
    error_list_free(&errors);
    type_set_free(&types);
    return g;
}

static inline const graph_node *node_of(const graph *g, const char *name) {
    size_t i = graph_find_node(g, name);
    assert_true(i < g->n_nodes);
    return &g->node[i];
}

/* What a node sees at one of its instances. */
static inline rise_ctx at(const graph *g, const char *name, size_t instance) {
    const graph_node *node = node_of(g, name);
    return (rise_ctx){.graph = g, .node = (graph_node *)(uintptr_t)node, .instance = instance};
}

static inline size_t input_of(const graph_node *node, const char *port) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (strcmp(node->input[i].port->name, port) == 0) {
            return i;
        }
    }
    fail_msg("no input %s", port);
    return 0;
}

static inline void expect_name(const graph *g, const char *node, size_t instance,
                               const char *expected) {
    arena a = {0};
    char *name = graph_instance_name(g, node_of(g, node), instance, &a);
    assert_string_equal(name, expected);
    arena_free(&a);
}

#define HEAD                                                                                       \
    "rise: 1\nnodes:\n  glass: {type: reader, paths: [b.xyz, 'a*.xyz'], labels: {energy: E}}\n"

#endif
