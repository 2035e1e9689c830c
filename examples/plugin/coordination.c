/* coordination: how many neighbours each atom has within a cutoff. A node in a plug-in of its own.
 */
#include <rise/plugin.h>

#include <math.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_FRAMES),
                                    .mode = RISE_EACH,
                                    .help = "atoms in a cell"},
                                   {0}};
static const rise_port outputs[] = {{.name = "neighbours",
                                     .kinds = RISE_KINDS(RISE_TENSOR),
                                     .mode = RISE_EACH,
                                     .dtype = RISE_I32,
                                     .shape = "[frame, atom]",
                                     .help = "number of atoms nearer than r_cut"},
                                    {0}};
static const rise_param params[] = {{.name = "r_cut",
                                     .type = RISE_P_REAL,
                                     .max = INFINITY,
                                     .flags = RISE_PARAM_OPEN_MIN,
                                     .unit = "Å",
                                     .help = "neighbours are nearer than this"},
                                    {0}};

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* to[i] . d is the i-th fractional coordinate of d. Returns half the least distance between
 * opposite periodic faces: below it the nearest image of a neighbour is the only one. */
static double fractional(const rise_cell *cell, double to[3][3]) {
    const double(*v)[3] = cell->vector;
    double reach = INFINITY;
    for (int i = 0; i < 3; i++) {
        const double *a = v[(i + 1) % 3], *b = v[(i + 2) % 3];
        double n[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                       a[0] * b[1] - a[1] * b[0]};
        for (int x = 0; x < 3; x++)
            to[i][x] = cell->periodic[i] ? n[x] / dot(v[i], n) : 0;
        if (cell->periodic[i])
            reach = fmin(reach, 0.5 / sqrt(dot(to[i], to[i])));
    }
    return reach;
}

static double distance(const rise_cell *cell, const double to[3][3], const double *a,
                       const double *b) {
    double d[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    for (int i = 0; i < 3; i++) {
        double n = nearbyint(dot(to[i], d));
        for (int x = 0; x < 3; x++)
            d[x] -= n * cell->vector[i][x];
    }
    return sqrt(dot(d, d));
}

static rise_status map_coordination(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state; /* there is no `open`: frames share nothing */
    const rise_frames *frames = rise_value_frames(rise_input(ctx, "input"));
    if (!frames)
        return rise_fail(err, RISE_E_FAILED, "the frame cannot be read");
    const rise_frame *f = &frames->frame[0];
    double to[3][3], r_cut = rise_param_real(ctx, "r_cut"), reach = fractional(&f->cell, to);
    if (!(r_cut <= reach))
        return rise_fail_param(ctx, err, "r_cut", "at most %.4g Å in this cell, found %g", reach,
                               r_cut);
    rise_value *value = NULL;
    void *data = NULL;
    rise_dim atoms = {.name = "atom", .size = f->n_atoms};
    rise_status status = rise_tensor_new(RISE_I32, 1, &atoms, "", &value, &data, err);
    int32_t *n = data;
    for (size_t i = 0; status == RISE_OK && i < f->n_atoms; i++) {
        for (size_t j = 0; j < i; j++)
            if (distance(&f->cell, to, f->positions[i], f->positions[j]) < r_cut)
                n[i]++, n[j]++; /* both see each other */
        if (i % 256 == 0 && rise_cancelled(ctx))
            status = rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    }
    if (status == RISE_OK)
        return rise_output(ctx, "neighbours", value, err); /* takes `value` over */
    rise_value_release(value);
    return status;
}

static const rise_node_type coordination = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "coordination",
    .brief = "number of neighbours of each atom",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .map = map_coordination,
};
static const rise_node_type *const types[] = {&coordination};
RISE_PLUGIN("coordination", "1.0", types);
