/* The step as a node in a plug-in. */
#include <rise/plugin.h>

#include "step.h"

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_TENSOR),
                                    .mode = RISE_WHOLE,
                                    .dtype = RISE_F64,
                                    .flags = RISE_PORT_MANY | RISE_PORT_OPTIONAL,
                                    .help = "rows of earlier steps"},
                                   {0}};
static const rise_port outputs[] = {{.name = "row",
                                     .kinds = RISE_KINDS(RISE_TENSOR),
                                     .mode = RISE_WHOLE,
                                     .dtype = RISE_F64,
                                     .shape = "[place]",
                                     .help = "the logistic map of their mean"},
                                    {0}};
static const rise_param params[] = {
    {.name = "factor", .type = RISE_P_REAL, .help = "factor of the map"}, {0}};

static rise_status whole(rise_ctx *ctx, rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_dim place = {.name = "place", .size = STEP_WIDTH};
    rise_status status = rise_tensor_new(RISE_F64, 1, &place, "", &value, &data, err);
    if (status)
        return status;
    double *row = data;
    size_t n = rise_over_count(ctx, "input");
    if (n == 0)
        step_seed(row);
    for (size_t k = 0; k < n; k++) {
        const double *from = rise_value_tensor(rise_over_input(ctx, "input", k))->data;
        for (int i = 0; i < STEP_WIDTH; i++)
            row[i] += from[i];
    }
    step_turn(row, n ? n : 1, rise_param_real(ctx, "factor"));
    return rise_output(ctx, "row", value, err);
}

static const rise_node_type step = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "step",
    .brief = "the mean of some rows, then one turn of the logistic map",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .whole = whole,
};
static const rise_node_type *const types[] = {&step};
RISE_PLUGIN("steps", "1.0", types);
