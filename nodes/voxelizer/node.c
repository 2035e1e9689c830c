/* voxelizer: frames into voxel grids. The glue; the counting is in voxels.c. */
#include <rise/node.h>

#include "voxels.h"

#include <stdlib.h>
#include <string.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_FRAMES),
                                    .mode = RISE_EACH,
                                    .help = "atoms in a cell"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "voxels",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_U8,
     .shape = "[frame, channel, x, y, z]",
     .help =
         "one channel per species (coordinates: atomic numbers, ascending), axes along the cell "
         "vectors; carries the cells"},
    {0}};

static const rise_param params[] = {
    {.name = "grid",
     .type = RISE_P_INT,
     .def = "32",
     .min = 2,
     .max = 512,
     .help = "voxels along each cell vector; even"},
    {.name = "mode",
     .type = RISE_P_CHOICE,
     .def = "count",
     .choices = "count|binary",
     .help = "number of atoms in a voxel, or 1 where there are any"},
    {.name = "species",
     .type = RISE_P_SPECIES,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "elements that get channels; another one in a frame is an error. Default: all found"},
    {0}};

typedef struct voxelizer {
    size_t n, n_species;
    bool binary;
    uint8_t species[118];
    double numbers[118]; /* the same as coordinates */
} voxelizer;

static rise_status check_voxelizer(rise_ctx *ctx, rise_error *err) {
    int64_t n = rise_param_int(ctx, "grid");
    if (n % 2 == 0)
        return RISE_OK;
    rise_fail_param(ctx, err, "grid", "%lld voxels along an axis; the number must be even",
                    (long long)n);
    return rise_hint(err, "%lld or %lld", (long long)n - 1, (long long)n + 1);
}

static int by_number(const void *a, const void *b) {
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

static rise_status read_species(rise_ctx *ctx, voxelizer *v, rise_error *err) {
    v->n_species = rise_param_count(ctx, "species");
    if (v->n_species == 0 || v->n_species > 118)
        return rise_fail_param(ctx, err, "species", "%zu species; between 1 and 118 have channels",
                               v->n_species);
    for (size_t i = 0; i < v->n_species; i++) {
        const char *symbol = rise_param_text_at(ctx, "species", i);
        int number = symbol != NULL ? rise_element_number(symbol) : 0;
        if (number == 0)
            return rise_fail_param(ctx, err, "species", "`%s` is not the symbol of an element",
                                   symbol != NULL ? symbol : "");
        v->species[i] = (uint8_t)number;
    }
    qsort(v->species, v->n_species, 1, by_number);
    for (size_t i = 0; i < v->n_species; i++) {
        v->numbers[i] = v->species[i];
        if (i > 0 && v->species[i] == v->species[i - 1])
            return rise_fail_param(ctx, err, "species", "%s is given twice",
                                   rise_element_symbol(v->species[i]));
    }
    return RISE_OK;
}

static rise_status open_voxelizer(rise_ctx *ctx, void **state, rise_error *err) {
    voxelizer *v = calloc(1, sizeof *v);
    if (v == NULL)
        return rise_fail_nomem(err, "the list of species");
    const char *mode = rise_param_text(ctx, "mode");
    v->n = (size_t)rise_param_int(ctx, "grid");
    v->binary = mode != NULL && strcmp(mode, "binary") == 0;
    rise_status status = read_species(ctx, v, err);
    if (status != RISE_OK) {
        free(v);
        return status;
    }
    *state = v;
    return RISE_OK;
}

static void close_voxelizer(void *state) {
    free(state);
}

static rise_status map_voxelizer(rise_ctx *ctx, void *state, rise_error *err) {
    const voxelizer *v = state;
    const rise_frames *frames = rise_value_frames(rise_input(ctx, "input"));
    const char *name = rise_frame_name(ctx, rise_frame_index(ctx));
    const rise_dim dim[] = {{.name = "channel", .size = v->n_species, .coords = v->numbers},
                            {.name = "x", .size = v->n},
                            {.name = "y", .size = v->n},
                            {.name = "z", .size = v->n}};
    rise_value *value = NULL;
    void *grid = NULL;
    /* the unit tells those who use the voxels that they count atoms */
    rise_status status =
        rise_tensor_new(RISE_U8, 4, dim, v->binary ? "" : "atoms", &value, &grid, err);
    if (status != RISE_OK)
        return status;
    voxels_result result;
    rise_error why = {0};
    status = voxels_fill(&frames->frame[0], v->species, v->n_species, v->n, v->binary, grid,
                         &result, &why);
    if (status != RISE_OK) {
        rise_value_release(value);
        rise_fail(err, status, "frame %s: %s", name, why.message);
        return why.hint[0] != 0 ? rise_hint(err, "%s", why.hint) : status;
    }
    if (result.shared > 0)
        rise_warn(ctx, "frame %s: %zu voxels hold several atoms of one species (up to %zu)", name,
                  result.shared, result.fullest);
    status = rise_tensor_set_cells(value, &frames->frame[0].cell, 1, err);
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(ctx, "voxels", value, err);
}

const rise_node_type rise_node_voxelizer = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "voxelizer",
    .brief = "counts atoms in the cells of a grid, one channel per species",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .check = check_voxelizer,
    .open = open_voxelizer,
    .close = close_voxelizer,
    .map = map_voxelizer,
};
