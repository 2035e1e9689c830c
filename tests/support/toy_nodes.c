/* support/toy_nodes.c: see toy_nodes.h. */
#include "support/toy_nodes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define TENSOR RISE_KINDS(RISE_TENSOR)
#define TABLE RISE_KINDS(RISE_TABLE)
#define FRAMES RISE_KINDS(RISE_FRAMES)
#define END                                                                                        \
    { .name = NULL }

static rise_status no_work(rise_ctx *ctx, rise_error *err) {
    (void)ctx;
    return rise_fail(err, RISE_E_BUG, "toy nodes do not work");
}

static rise_status no_source(rise_ctx *ctx, const rise_file *file, rise_error *err) {
    (void)file;
    return no_work(ctx, err);
}

static rise_status no_map(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    return no_work(ctx, err);
}

/* ---- reader ---------------------------------------------------------------------------------- */
static const rise_port reader_out[] = {
    {.name = "frames", .kinds = FRAMES, .mode = RISE_EACH},
    {.name = "labels",
     .kinds = TENSOR,
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame]",
     .flags = RISE_PORT_PER_KEY},
    {.name = "group", .kinds = TENSOR, .mode = RISE_EACH, .dtype = RISE_I32, .shape = "[frame]"},
    END};
static const rise_param label_fields[] = {
    {.name = "file", .type = RISE_P_FILE},
    {.name = "column", .type = RISE_P_INT, .def = "1", .min = 1, .max = 100},
    END};
static const rise_param reader_params[] = {
    {.name = "paths", .type = RISE_P_FILES, .help = "input files"},
    {.name = "labels", .type = RISE_P_MAP, .def = "{}", .fields = label_fields},
    {.name = "frames", .type = RISE_P_SLICE, .def = "0:", .flags = RISE_PARAM_SELECTS},
    {.name = "pattern", .type = RISE_P_TEXT, .flags = RISE_PARAM_OPTIONAL},
    END};
static const rise_node_type reader = {.abi = RISE_NODE_ABI,
                                      .size = sizeof reader,
                                      .name = "reader",
                                      .brief = "frames from files",
                                      .version = 1,
                                      .out = reader_out,
                                      .params = reader_params,
                                      .source = no_source};

/* ---- scale ----------------------------------------------------------------------------------- */
static const rise_port scale_in[] = {{.name = "input", .kinds = FRAMES, .mode = RISE_EACH}, END};
static const rise_port scale_out[] = {{.name = "value",
                                       .kinds = TENSOR,
                                       .mode = RISE_EACH,
                                       .dtype = RISE_F64,
                                       .shape = "[frame]",
                                       .unit = "Å"},
                                      END};
static const rise_param scale_params[] = {
    {.name = "factor",
     .type = RISE_P_REAL,
     .def = "1.0",
     .min = 0,
     .max = 100,
     .unit = "Å",
     .flags = RISE_PARAM_OPEN_MIN},
    {.name = "count", .type = RISE_P_INT, .def = "3", .min = 1, .max = 10},
    {.name = "seed", .type = RISE_P_INT, .def = "0"},
    {.name = "sharp", .type = RISE_P_BOOL, .def = "false"},
    {.name = "method", .type = RISE_P_CHOICE, .def = "linear", .choices = "linear|cubic|none"},
    {.name = "label", .type = RISE_P_TEXT, .def = "\"\""},
    {.name = "sizes", .type = RISE_P_INTS, .def = "[3, 1, 1]", .min = 0, .max = INFINITY},
    {.name = "weights", .type = RISE_P_REALS, .flags = RISE_PARAM_OPTIONAL},
    {.name = "tags", .type = RISE_P_TEXTS, .def = "[]"},
    {.name = "species", .type = RISE_P_SPECIES},
    {.name = "mask", .type = RISE_P_FILE, .flags = RISE_PARAM_OPTIONAL},
    {.name = "names", .type = RISE_P_MAP, .def = "{}"},
    END};

static rise_status scale_check(rise_ctx *ctx, rise_error *err) {
    if (rise_param_int(ctx, "count") == 7 && rise_param_bool(ctx, "sharp")) {
        rise_fail_param(ctx, err, "count", "seven cannot be sharp");
        return rise_hint(err, "take six");
    }
    return RISE_OK;
}

static const rise_node_type scale = {.abi = RISE_NODE_ABI,
                                     .size = sizeof scale,
                                     .name = "scale",
                                     .brief = "a number for each frame",
                                     .version = 1,
                                     .in = scale_in,
                                     .out = scale_out,
                                     .params = scale_params,
                                     .check = scale_check,
                                     .map = no_map};

/* ---- vectors, leaders, match ----------------------------------------------------------------- */
static const rise_port vectors_in[] = {{.name = "input", .kinds = FRAMES, .mode = RISE_EACH}, END};
static const rise_port vectors_out[] = {
    {.name = "vectors", .kinds = TENSOR, .mode = RISE_STREAM, .shape = "[frame, atom, feature]"},
    END};
static const rise_param vectors_params[] = {{.name = "r_cut",
                                             .type = RISE_P_REAL,
                                             .min = 1,
                                             .max = INFINITY,
                                             .unit = "Å",
                                             .flags = RISE_PARAM_OPEN_MIN,
                                             .help = "cutoff"},
                                            {.name = "sigma", .type = RISE_P_REAL, .def = "0.5"},
                                            END};
static const rise_node_type vectors = {.abi = RISE_NODE_ABI,
                                       .size = sizeof vectors,
                                       .name = "vectors",
                                       .brief = "a stream",
                                       .version = 1,
                                       .in = vectors_in,
                                       .out = vectors_out,
                                       .params = vectors_params,
                                       .map = no_map};

static const rise_port leaders_in[] = {
    {.name = "input", .kinds = TENSOR, .mode = RISE_STREAM, .shape = "[frame, atom, feature]"},
    END};
static const rise_port leaders_out[] = {
    {.name = "leaders", .kinds = TENSOR, .mode = RISE_WHOLE, .shape = "[leader, feature]"},
    {.name = "origins", .kinds = TABLE, .mode = RISE_WHOLE},
    END};
static const rise_param leaders_params[] = {{.name = "seed", .type = RISE_P_INT, .def = "0"}, END};
static const rise_node_type leaders = {.abi = RISE_NODE_ABI,
                                       .size = sizeof leaders,
                                       .name = "leaders",
                                       .brief = "from a stream",
                                       .version = 1,
                                       .in = leaders_in,
                                       .out = leaders_out,
                                       .params = leaders_params,
                                       .whole = no_work};

static const rise_port match_in[] = {
    {.name = "input", .kinds = TENSOR, .mode = RISE_STREAM, .shape = "[frame, atom, feature]"},
    {.name = "leaders", .kinds = TENSOR, .mode = RISE_WHOLE, .shape = "[leader, feature]"},
    END};
static const rise_port match_out[] = {
    {.name = "frequencies", .kinds = TENSOR, .mode = RISE_EACH, .shape = "[frame, leader]"},
    {.name = "labels",
     .kinds = TENSOR,
     .mode = RISE_EACH,
     .dtype = RISE_I32,
     .shape = "[frame, atom]"},
    END};
static const rise_node_type match = {.abi = RISE_NODE_ABI,
                                     .size = sizeof match,
                                     .name = "match",
                                     .brief = "a spectrum for each frame",
                                     .version = 1,
                                     .in = match_in,
                                     .out = match_out,
                                     .map = no_map};

/* ---- fit ------------------------------------------------------------------------------------- */
static const rise_port fit_in[] = {
    {.name = "input", .kinds = TENSOR, .mode = RISE_WHOLE, .shape = "[frame, *]"},
    {.name = "target",
     .kinds = TENSOR,
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[frame]",
     .unit = "eV"},
    {.name = "prior",
     .kinds = RISE_KINDS(RISE_MODEL),
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_OPTIONAL},
    {.name = "weight",
     .kinds = TENSOR,
     .mode = RISE_EACH,
     .shape = "[...]",
     .flags = RISE_PORT_OPTIONAL},
    END};
static const rise_port fit_out[] = {
    {.name = "metrics", .kinds = TABLE, .mode = RISE_WHOLE},
    {.name = "model", .kinds = RISE_KINDS(RISE_MODEL), .mode = RISE_WHOLE},
    END};
static const rise_param fit_params[] = {
    {.name = "rounds", .type = RISE_P_INT, .def = "100", .min = 1, .max = 1000000},
    {.name = "seed", .type = RISE_P_INT, .def = "0"},
    END};
static const rise_node_type fit = {.abi = RISE_NODE_ABI,
                                   .size = sizeof fit,
                                   .name = "fit",
                                   .brief = "a model",
                                   .version = 1,
                                   .in = fit_in,
                                   .out = fit_out,
                                   .params = fit_params,
                                   .whole = no_work};

/* ---- gather, sheet, sink --------------------------------------------------------------------- */
static const rise_port gather_in[] = {
    {.name = "input", .kinds = TENSOR | TABLE, .mode = RISE_WHOLE, .flags = RISE_PORT_OVER}, END};
static const rise_port gather_out[] = {
    {.name = "table", .kinds = TENSOR | TABLE, .mode = RISE_WHOLE}, END};
static const rise_param gather_params[] = {
    {.name = "form", .type = RISE_P_CHOICE, .def = "table", .choices = "table|tensor"}, END};

static rise_status gather_check(rise_ctx *ctx, rise_error *err) {
    (void)err;
    bool table = strcmp(rise_param_text(ctx, "form"), "table") == 0;
    rise_check_output(ctx, "table", table ? RISE_TABLE : RISE_TENSOR);
    return RISE_OK;
}

static const rise_node_type gather = {.abi = RISE_NODE_ABI,
                                      .size = sizeof gather,
                                      .name = "gather",
                                      .brief = "one of many",
                                      .version = 1,
                                      .in = gather_in,
                                      .out = gather_out,
                                      .params = gather_params,
                                      .check = gather_check,
                                      .whole = no_work};

static const rise_port sheet_in[] = {
    {.name = "input",
     .kinds = RISE_ANY_KIND,
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_MANY | RISE_PORT_OVER},
    {.name = "beside", .kinds = TABLE, .mode = RISE_WHOLE, .flags = RISE_PORT_OPTIONAL},
    END};
static const rise_port sheet_out[] = {
    {.name = "page", .kinds = RISE_KINDS(RISE_DOCUMENT), .mode = RISE_WHOLE}, END};
static const rise_param sheet_params[] = {
    {.name = "path", .type = RISE_P_OUTPUT, .flags = RISE_PARAM_OPTIONAL},
    {.name = "title", .type = RISE_P_TEXT, .def = "\"\""},
    END};
static const rise_node_type sheet = {.abi = RISE_NODE_ABI,
                                     .size = sizeof sheet,
                                     .name = "sheet",
                                     .brief = "a page",
                                     .version = 1,
                                     .in = sheet_in,
                                     .out = sheet_out,
                                     .params = sheet_params,
                                     .whole = no_work};

static const rise_port sink_in[] = {{.name = "input", .kinds = RISE_ANY_KIND, .mode = RISE_WHOLE},
                                    END};
static const rise_param sink_params[] = {{.name = "path", .type = RISE_P_OUTPUT}, END};
static const rise_node_type sink = {.abi = RISE_NODE_ABI,
                                    .size = sizeof sink,
                                    .name = "sink",
                                    .brief = "a file",
                                    .version = 1,
                                    .in = sink_in,
                                    .params = sink_params,
                                    .whole = no_work};

void toy_types(type_set *set) {
    static const rise_node_type *const all[] = {&reader, &scale,  &vectors, &leaders, &match,
                                                &fit,    &gather, &sheet,   &sink};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        rise_error err = {0};
        if (type_set_add(set, all[i], NULL, &err)) {
            fail_msg("toy node refused: %s", err.message);
        }
    }
}
