/* density: atoms per volume in every frame, of all species or of some. */
#include <rise/node.h>

#include <math.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_FRAMES),
                                    .mode = RISE_EACH,
                                    .help = "atoms in a cell"},
                                   {0}};

static const rise_port outputs[] = {{.name = "density",
                                     .kinds = RISE_KINDS(RISE_TENSOR),
                                     .mode = RISE_EACH,
                                     .dtype = RISE_F64,
                                     .shape = "[frame]",
                                     .unit = "1/Å^3",
                                     .help = "number of the counted atoms over the cell's volume"},
                                    {0}};

static const rise_param params[] = {{.name = "species",
                                     .type = RISE_P_SPECIES,
                                     .flags = RISE_PARAM_OPTIONAL,
                                     .help = "elements that are counted. Default: all found"},
                                    {0}};

static double volume(const double v[3][3]) { /* |a . (b x c)|, Å^3 */
    return fabs(v[0][0] * (v[1][1] * v[2][2] - v[1][2] * v[2][1]) -
                v[0][1] * (v[1][0] * v[2][2] - v[1][2] * v[2][0]) +
                v[0][2] * (v[1][0] * v[2][1] - v[1][1] * v[2][0]));
}

static size_t count_atoms(rise_ctx *ctx, const rise_frame *frame) {
    bool counted[256] = {false};
    size_t n = 0;
    for (size_t i = 0; i < rise_param_count(ctx, "species"); i++)
        counted[rise_element_number(rise_param_text_at(ctx, "species", i))] = true;
    for (size_t a = 0; a < frame->n_atoms; a++)
        n += counted[frame->species[a]];
    return n;
}

static rise_status map_density(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state; /* there is no `open`: frames share nothing */
    const rise_frames *frames = rise_value_frames(rise_input(ctx, "input"));
    if (!frames)
        return rise_fail(err, RISE_E_FAILED, "the frame cannot be read");
    const rise_frame *frame = &frames->frame[0];
    double v = volume(frame->cell.vector);
    if (!(v > 0)) {
        rise_fail(err, RISE_E_DATA, "the cell has no volume");
        return rise_hint(err, "a density needs three cell vectors, as in Lattice=\"...\"");
    }
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 0, NULL, "1/Å^3", &value, &data, err);
    if (status != RISE_OK)
        return status;
    *(double *)data = (double)count_atoms(ctx, frame) / v;
    return rise_output(ctx, "density", value, err); /* takes `value` over */
}

const rise_node_type rise_node_density = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "density",
    .brief = "atoms per volume in every frame",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .map = map_density,
};
