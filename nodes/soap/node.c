/* soap/node.c: the node `soap`: frames in, a stream of SOAP vectors out, tile by tile. */
#include <rise/node.h>

#include "soap.h"

#include <math.h>
#include <string.h>

/* A tile stays in cache between us and whoever reads it. */
#define TILE_BYTES (256u * 1024u)
#define TILE_ROWS_MIN 16u
#define TILE_ROWS_MAX 64u
#define WIDE_ROW_BYTES (1024u * 1024u) /* rows as long as this go one by one */

static const rise_port IN[] = {{"input", RISE_KINDS(RISE_FRAMES), RISE_EACH, 0, NULL, NULL, 0,
                                "Frames whose atoms are described."},
                               {0}};

static const rise_port OUT[] = {
    {"vectors", RISE_KINDS(RISE_TENSOR), RISE_STREAM, 0, "[frame, atom, feature]", NULL, 0,
     "Power spectrum of each atom, not normalised; features in the order Z, Z' >= Z, l, n, n'."},
    {0}};

static const rise_param PARAMS[] = {
    {.name = "species",
     .type = RISE_P_SPECIES,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "Elements that get channels; another one in a frame is an error. Default: all found."},
    {.name = "r_cut",
     .type = RISE_P_REAL,
     .min = 1,
     .max = INFINITY,
     .unit = "Å",
     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "Cutoff of the radial basis. Neighbours count up to r_cut + 3.717 sigma."},
    {.name = "n_max",
     .type = RISE_P_INT,
     .def = "11",
     .min = 2,
     .max = 32,
     .help = "Number of radial functions."},
    {.name = "l_max",
     .type = RISE_P_INT,
     .def = "12",
     .min = 0,
     .max = 30,
     .help = "Highest degree of the spherical harmonics."},
    {.name = "sigma",
     .type = RISE_P_REAL,
     .def = "0.5",
     .min = 0,
     .max = INFINITY,
     .unit = "Å",
     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "Width of the Gaussian that stands for an atom."},
    {.name = "precision",
     .type = RISE_P_CHOICE,
     .def = "float",
     .choices = "float|double",
     .help = "Arithmetic and element type of the vectors; double takes about twice as long."},
    {0}};

static const char *fingerprint(void) {
    return cpu_overlay_name(cpu_best());
}

static rise_dtype dtype_of(rise_ctx *ctx) {
    const char *precision = rise_param_text(ctx, "precision");
    return precision != NULL && strcmp(precision, "double") == 0 ? RISE_F64 : RISE_F32;
}

static rise_status read_species(rise_ctx *ctx, uint8_t species[256], size_t *n, rise_error *err) {
    *n = rise_param_count(ctx, "species");
    if (*n > 118)
        return rise_fail_param(ctx, err, "species", "%zu species; there are only 118 elements", *n);
    for (size_t i = 0; i < *n; i++) {
        const char *symbol = rise_param_text_at(ctx, "species", i);
        int number = symbol != NULL ? rise_element_number(symbol) : 0;
        if (number == 0)
            return rise_fail_param(ctx, err, "species", "`%s` is not the symbol of an element",
                                   symbol != NULL ? symbol : "");
        species[i] = (uint8_t)number;
    }
    return RISE_OK;
}

static rise_status open_soap(rise_ctx *ctx, void **state, rise_error *err) {
    uint8_t species[256];
    soap_parameters parameters = {.r_cut = rise_param_real(ctx, "r_cut"),
                                  .sigma = rise_param_real(ctx, "sigma"),
                                  .n_max = (size_t)rise_param_int(ctx, "n_max"),
                                  .l_max = (size_t)rise_param_int(ctx, "l_max"),
                                  .species = species,
                                  .dtype = dtype_of(ctx)};
    rise_status status = read_species(ctx, species, &parameters.n_species, err);
    if (status != RISE_OK)
        return status;
    soap_plan *plan = NULL;
    rise_error why = {0};
    const char *at = NULL;
    status = soap_plan_new_placed(&parameters, cpu_best(), &plan, &at, &why);
    if (status == RISE_E_DATA) {
        /* what the rows of parameters cannot tell: place it in the graph */
        status = rise_fail_param(ctx, err, at, "%s", why.message);
        return why.hint[0] != '\0' ? rise_hint(err, "%s", why.hint) : status;
    }
    if (status != RISE_OK) {
        if (err != NULL)
            *err = why;
        return status;
    }
    *state = plan;
    return RISE_OK;
}

static void close_soap(void *state) {
    soap_plan_free(state);
}

static size_t tile_rows(size_t row_bytes) {
    size_t rows = TILE_BYTES / row_bytes;
    if (row_bytes >= WIDE_ROW_BYTES)
        return 1;
    return rows < TILE_ROWS_MIN ? TILE_ROWS_MIN : rows > TILE_ROWS_MAX ? TILE_ROWS_MAX : rows;
}

static rise_status put_tiles(rise_ctx *ctx, const soap_plan *plan, soap_work *work, size_t n_atoms,
                             rise_error *err) {
    rise_dtype dtype = dtype_of(ctx);
    size_t element = rise_dtype_size(dtype), columns = soap_plan_features(plan);
    size_t stride = (columns * element + 63) / 64 * 64 / element;
    size_t rows = tile_rows(stride * element);
    void *block = rise_scratch(ctx, rows * stride * element);
    if (block == NULL)
        return rise_fail_nomem(err, "a tile of SOAP vectors");
    for (size_t first = 0; first < n_atoms; first += rows) {
        if (rise_cancelled(ctx))
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        rise_tile tile = {.first_row = first,
                          .n_rows = n_atoms - first < rows ? n_atoms - first : rows,
                          .n_columns = columns,
                          .stride = stride,
                          .dtype = dtype,
                          .rows = block};
        rise_status status = soap_rows(work, first, tile.n_rows, block, stride, err);
        if (status == RISE_OK)
            status = rise_tile_put(ctx, "vectors", &tile, err);
        if (status != RISE_OK)
            return status;
    }
    return RISE_OK;
}

static rise_status map_soap(rise_ctx *ctx, void *state, rise_error *err) {
    const rise_frames *frames = rise_value_frames(rise_input(ctx, "input"));
    const soap_plan *plan = state;
    const rise_frame *frame = &frames->frame[0]; /* an `each` port holds one */
    soap_work *work = NULL;
    rise_status status = soap_work_new(plan, &frame->cell, frame->positions, frame->species,
                                       frame->n_atoms, &work, err);
    if (status == RISE_OK)
        status = put_tiles(ctx, plan, work, frame->n_atoms, err);
    soap_work_free(work);
    return status;
}

const rise_node_type rise_node_soap = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "soap",
    .brief = "Smooth overlap of atomic positions: what each atom sees up to a cutoff.",
    .version = 2,
    .in = IN,
    .out = OUT,
    .params = PARAMS,
    .fingerprint = fingerprint,
    .open = open_soap,
    .close = close_soap,
    .map = map_soap,
};
