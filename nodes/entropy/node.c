/* entropy: the pair entropy S2 of every atom. The glue; the mathematics is in entropy.c. */
#include <rise/node.h>

#include "entropy.h"
#include "kit/geometry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_FRAMES),
                                    .mode = RISE_EACH,
                                    .help = "atoms, periodic or not"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "s2",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame, atom]",
     .help =
         "pair entropy of every atom in units of k_B, all species alike; 0: as in an ideal gas"},
    {0}};

static const rise_param params[] = {
    {.name = "sigma",
     .type = RISE_P_REAL,
     .def = "0.3",
     .min = 0,
     .max = INFINITY,
     .unit = "Å",
     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "width of the Gaussian around each neighbour, and step of the integral"},
    {.name = "r_max",
     .type = RISE_P_REAL,
     .def = "7",
     .min = 0,
     .max = INFINITY,
     .unit = "Å",
     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "upper limit of the integral; neighbours nearer than this count"},
    {.name = "density",
     .type = RISE_P_CHOICE,
     .def = "local",
     .choices = "local|global",
     .help = "atoms per volume: neighbours over the sphere of r_max, or all atoms over the cell"},
    {0}};

static rise_status check(rise_ctx *ctx, rise_error *err) {
    double sigma = rise_param_real(ctx, "sigma"), r_max = rise_param_real(ctx, "r_max");
    if (!(r_max >= sigma)) {
        rise_fail_param(ctx, err, "r_max", "an integral to %g Å in steps of %g Å has no point",
                        r_max, sigma);
        return rise_hint(err, "r_max is several Å, sigma about 0.3 Å");
    }
    if (!(r_max / sigma < ENTROPY_POINTS_MAX)) {
        rise_fail_param(ctx, err, "sigma", "%g Å in steps of %g Å are more than %g points", r_max,
                        sigma, ENTROPY_POINTS_MAX);
        return rise_hint(err, "sigma is about 0.3 Å");
    }
    if (!isfinite(r_max * r_max * r_max)) {
        rise_fail_param(ctx, err, "r_max", "a sphere of %g Å has a volume beyond all numbers",
                        r_max);
        return rise_hint(err, "r_max is several Å");
    }
    return RISE_OK;
}

/* Atoms are taken in blocks, whatever the number of threads; one is done within milliseconds, so
 * that an interruption need not wait. */
enum { BLOCK = 16 };

typedef struct job {
    rise_ctx *ctx;
    const cells_grid *grid;
    entropy_settings settings;
    size_t n_atoms;
    double *s2;
} job;

static rise_status one_block(void *user, size_t i, rise_error *err) {
    const job *j = user;
    size_t first = i * BLOCK, last = first + BLOCK < j->n_atoms ? first + BLOCK : j->n_atoms;
    if (rise_cancelled(j->ctx)) {
        return rise_fail(err, RISE_E_INTERRUPTED, "interrupted at atom %zu", first);
    }
    double *work = malloc(entropy_work_size(&j->settings) * sizeof *work);
    if (!work) {
        return rise_fail_nomem(err, "distribution around an atom");
    }
    rise_status status =
        entropy_atoms(j->grid, &j->settings, first, last, work, j->s2 + first, err);
    free(work);
    return status;
}

static rise_status read_settings(rise_ctx *ctx, const rise_frame *frame, entropy_settings *s,
                                 rise_error *err) {
    *s = (entropy_settings){rise_param_real(ctx, "sigma"), rise_param_real(ctx, "r_max"), 0};
    if (strcmp(rise_param_text(ctx, "density"), "local") == 0 || frame->n_atoms == 0) {
        return RISE_OK;
    }
    double volume = geometry_volume(&frame->cell);
    if (!(volume > 0)) {
        rise_fail(err, RISE_E_DATA, "the cell has no volume, so there is no global density");
        return rise_hint(err, "give the frame a cell, or take `density: local`");
    }
    s->density = (double)frame->n_atoms / volume;
    return RISE_OK;
}

static rise_status map_entropy(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    const rise_frame *frame = &rise_value_frames(rise_input(ctx, "input"))->frame[0];
    job j = {.ctx = ctx, .n_atoms = frame->n_atoms};
    rise_status status = read_settings(ctx, frame, &j.settings, err);
    if (status != RISE_OK) {
        return status;
    }
    const rise_dim dim = {.name = "atom", .size = frame->n_atoms};
    cells_grid *grid = NULL;
    rise_value *value = NULL;
    void *data = NULL;
    status = rise_tensor_new(RISE_F64, 1, &dim, "", &value, &data, err);
    if (status == RISE_OK) {
        status =
            cells_new(&frame->cell, frame->positions, frame->n_atoms, j.settings.r_max, &grid, err);
    }
    if (status == RISE_OK) {
        j.grid = grid;
        j.s2 = data;
        status = rise_parallel(ctx, (frame->n_atoms + BLOCK - 1) / BLOCK, one_block, &j, err);
    }
    cells_free(grid);
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(ctx, "s2", value, err);
}

const rise_node_type rise_node_entropy = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "entropy",
    .brief = "pair entropy S2 of every atom",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .check = check,
    .map = map_entropy,
};
