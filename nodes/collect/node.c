/* collect: one table or one tensor out of the points of the reduced axes. The glue: which kind
 * comes in, who puts it together. */
#include <rise/node.h>

#include "collect.h"

#include <string.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE),
                                    .mode = RISE_WHOLE,
                                    .flags = RISE_PORT_OVER,
                                    .help = "tables of equal columns, or tensors of equal shape"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "collected",
     .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "tables: their rows in axis order, the values of the axes in columns in front; "
             "tensors: stacked, the axes as leading dimensions"},
    {0}};

static const rise_param params[] = {
    {.name = "where",
     .type = RISE_P_TEXT,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "tables: keep only rows whose text column has this value, as in part=test"},
    {0}};

static rise_status collect_check(rise_ctx *ctx, rise_error *err) {
    const char *where = rise_param_set(ctx, "where") ? rise_param_text(ctx, "where") : NULL;
    const char *equals = where ? strchr(where, '=') : NULL;
    if (where && (!equals || equals == where)) {
        rise_fail_param(ctx, err, "where", "where: '%s' is not of the form column=value", where);
        return rise_hint(err, "as in part=test");
    }
    return RISE_OK;
}

static rise_status collect_whole(rise_ctx *ctx, rise_error *err) {
    size_t n = rise_over_count(ctx, "input");
    if (n == 0) {
        rise_fail(err, RISE_E_DATA, "input: nothing to collect");
        return rise_hint(err, "connect a table or a tensor");
    }
    rise_kind kind = rise_value_kind(rise_over_input(ctx, "input", 0));
    for (size_t i = 1; i < n; i++) {
        rise_kind other = rise_value_kind(rise_over_input(ctx, "input", i));
        if (other != kind) {
            rise_fail(err, RISE_E_DATA, "input: a %s at the first point, a %s at point %zu",
                      rise_kind_name(kind), rise_kind_name(other), i + 1);
            return rise_hint(err, "collect tables alone, or tensors alone");
        }
    }
    return kind == RISE_TABLE ? collect_tables(ctx, n, err) : collect_tensors(ctx, n, err);
}

const rise_node_type rise_node_collect = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "collect",
    .brief = "gathers a value over axes: one table or one stacked tensor",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .check = collect_check,
    .whole = collect_whole,
};
