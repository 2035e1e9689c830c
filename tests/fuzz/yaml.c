/* Graphs: text and `--set`, with the node types that come with rise. Bytes after a line of `%%%`
 * are one assignment. */
#include "fuzz.h"

#include "graph/graph.h"

#include <rise/rise.h>

#include <stdlib.h>
#include <string.h>

static const type_set *types(void) {
    static type_set set;
    rise_error err = {0};
    for (size_t i = set.n; i < rise_builtin_count; i++)
        fuzz_expect(!type_set_add(&set, rise_builtin_nodes[i], NULL, &err),
                    "built-in types are sound");
    return &set;
}

static void use(const graph *g) {
    arena a = {0};
    for (size_t n = 0; n < g->n_nodes; n++) {
        const graph_node *node = &g->node[n];
        size_t last = node->n_instances - 1;
        fuzz_expect(node->n_instances > 0, "a node has an instance");
        fuzz_expect(graph_instance_name(g, node, last, &a) != NULL, "an instance has a name");
        for (size_t p = 0; p < node->n_params; p++)
            (void)graph_param_at(g, node, p, last);
        for (size_t i = 0; i < node->n_inputs; i++)
            for (size_t k = 0; k < node->input[i].n_refs; k++) {
                const graph_node *from = &g->node[node->input[i].ref[k].node];
                fuzz_expect(from < node, "sources come first");
                size_t n_sources = graph_source_count(g, node, i, k);
                fuzz_expect(n_sources > 0 && graph_source(g, node, last, i, k, n_sources - 1) <
                                                 from->n_instances,
                            "a source is an instance");
            }
    }
    arena_free(&a);
}

static void refused(rise_status status, const error_list *errors) {
    fuzz_expect(errors->n > 0, "a refusal says why");
    size_t kept = errors->n < 100 ? errors->n : 100;
    bool found = false;
    for (size_t i = 0; i < kept; i++) {
        fuzz_expect_error(errors->item[i].status, &errors->item[i]);
        found = found || errors->item[i].status == status;
    }
    fuzz_expect(found, "the status is that of an error");
}

/* The text ends where an assignment begins. */
static size_t split(const uint8_t *bytes, size_t size, char **assignment) {
    static const char mark[] = "\n%%%\n";
    const uint8_t *at = size ? memmem(bytes, size, mark, sizeof mark - 1) : NULL;
    if (!at)
        return size;
    size_t n = (size_t)(at - bytes), rest = size - n - (sizeof mark - 1);
    *assignment = strndup((const char *)at + sizeof mark - 1, rest);
    return n;
}

void fuzz_yaml(const uint8_t *bytes, size_t size) {
    graph *g = NULL;
    error_list errors = {0};
    char *assignment = NULL;
    size_t n = split(bytes, size, &assignment);
    const char *set[] = {assignment};
    rise_status status = graph_parse((const char *)bytes, n, "a.yaml", types(), set,
                                     assignment ? 1 : 0, &g, &errors);
    if (status)
        refused(status, &errors);
    else
        use(g);
    graph_free(status ? NULL : g);
    error_list_free(&errors);
    free(assignment);
}
