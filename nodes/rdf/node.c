/* rdf: radial distribution functions, total and of each pair of species, over all frames. The glue;
 * counting is in pairs.c. */
#include <rise/node.h>

#include "kit/geometry.h"
#include "pairs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_FRAMES),
                                    .mode = RISE_WHOLE,
                                    .help = "atoms in cells that are periodic along all axes"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "g",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[pair, r]",
     .help = "g(r): all atoms, then each pair of species by atomic number (A-A, A-B, B-B), mean "
             "over the frames that have the pair; coordinates of r: middles of the bins"},
    {.name = "curve",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "the same as columns: r, total, Cu-Cu, Cu-Zr, ..."},
    {0}};

static const rise_param params[] = {{.name = "r_max",
                                     .type = RISE_P_REAL,
                                     .def = "10",
                                     .min = 0,
                                     .max = INFINITY,
                                     .unit = "Å",
                                     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
                                     .help = "largest distance; more than half the box is fine"},
                                    {.name = "bins",
                                     .type = RISE_P_INT,
                                     .def = "200",
                                     .min = 1,
                                     .max = 100000,
                                     .help = "of equal width between 0 and r_max"},
                                    {0}};

/* Each block has its own counts; within one an interruption is looked for after every slice. */
enum { BLOCKS_MAX = 32, BLOCK_MIN = 64, SLICE = 64 };

typedef struct job {
    rise_ctx *ctx;
    const rise_frames *frames;
    pairs_grid grid;
    uint8_t place[256]; /* of each atomic number among the species */
    uint8_t species[256];
    size_t n_numbers; /* rows * bins */
    /* of the frame at work */
    const cells_grid *cells;
    const uint8_t *kind;
    size_t n_atoms, n_blocks;
    int64_t *count; /* [block][row][bin] */
} job;

static void find_species(job *j) {
    bool found[256] = {false};
    for (size_t f = 0; f < j->frames->n_frames; f++) {
        for (size_t i = 0; i < j->frames->frame[f].n_atoms; i++) {
            found[j->frames->frame[f].species[i]] = true;
        }
    }
    for (size_t z = 0; z < 256; z++) {
        if (found[z]) {
            j->place[z] = (uint8_t)j->grid.n_species;
            j->species[j->grid.n_species++] = (uint8_t)z;
        }
    }
}

static rise_status check_frame(job *j, size_t f, double *volume, rise_error *err) {
    const rise_cell *cell = &j->frames->frame[f].cell;
    *volume = geometry_volume(cell);
    if (!cell->periodic[0] || !cell->periodic[1] || !cell->periodic[2]) {
        rise_fail(err, RISE_E_DATA,
                  "%s is not periodic along all axes, so its g(r) has no density to refer to",
                  rise_frame_name(j->ctx, f));
        return rise_hint(err, "take periodic frames, or mark all axes as periodic: pbc=\"T T T\"");
    }
    if (j->frames->frame[f].n_atoms == 0 || !(*volume > 0)) {
        rise_fail(err, RISE_E_DATA, "%s has no %s, so its g(r) has no density to refer to",
                  rise_frame_name(j->ctx, f), *volume > 0 ? "atoms" : "volume");
        return rise_hint(err, "leave the frame out, or give it %s",
                         *volume > 0 ? "atoms" : "a cell with a volume");
    }
    return RISE_OK;
}

static rise_status one_block(void *user, size_t i, rise_error *err) {
    const job *j = user;
    size_t first = j->n_atoms * i / j->n_blocks, last = j->n_atoms * (i + 1) / j->n_blocks;
    rise_status status = RISE_OK;
    for (size_t end; first < last && status == RISE_OK; first = end) {
        end = last - first > SLICE ? first + SLICE : last;
        if (rise_cancelled(j->ctx)) {
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        }
        status =
            pairs_count(&j->grid, j->cells, j->kind, first, end, j->count + i * j->n_numbers, err);
    }
    return status;
}

/* Blocks of atoms on several threads, each with its own counts; integers add up in any order. */
static rise_status count_frame(job *j, const rise_frame *frame, uint8_t *kind, rise_error *err) {
    cells_grid *cells = NULL;
    rise_status status =
        cells_new(&frame->cell, frame->positions, frame->n_atoms, j->grid.r_max, &cells, err);
    if (status != RISE_OK) {
        return status;
    }
    for (size_t i = 0; i < frame->n_atoms; i++) {
        kind[i] = j->place[frame->species[i]];
    }
    j->cells = cells;
    j->kind = kind;
    j->n_atoms = frame->n_atoms;
    j->n_blocks = frame->n_atoms / BLOCK_MIN + 1;
    j->n_blocks = j->n_blocks > BLOCKS_MAX ? BLOCKS_MAX : j->n_blocks;
    memset(j->count, 0, j->n_blocks * j->n_numbers * sizeof *j->count);
    status = rise_parallel(j->ctx, j->n_blocks, one_block, j, err);
    for (size_t b = 1; b < j->n_blocks; b++) {
        for (size_t k = 0; k < j->n_numbers; k++) {
            j->count[k] += j->count[b * j->n_numbers + k];
        }
    }
    cells_free(cells);
    return status;
}

/* Adds the distributions of one frame to the sums, and to n_frames[row] where it has the pair. */
static rise_status add_frame(job *j, size_t f, uint8_t *kind, double *own, double *g,
                             size_t *n_frames, rise_error *err) {
    const rise_frame *frame = &j->frames->frame[f];
    size_t n[256] = {0};
    double volume = 0;
    rise_status status = check_frame(j, f, &volume, err);
    if (status == RISE_OK) {
        status = count_frame(j, frame, kind, err);
    }
    if (status != RISE_OK) {
        return status;
    }
    for (size_t i = 0; i < frame->n_atoms; i++) {
        n[kind[i]]++;
    }
    memset(own, 0, j->n_numbers * sizeof *own);
    pairs_distribution(&j->grid, n, volume, j->count, own);
    for (size_t k = 0; k < j->n_numbers; k++) {
        g[k] += own[k];
    }
    n_frames[0]++;
    for (size_t a = 0; a < j->grid.n_species; a++) {
        for (size_t b = a; b < j->grid.n_species; b++) {
            n_frames[pairs_row(&j->grid, a, b)] += pairs_present(n, a, b);
        }
    }
    return RISE_OK;
}

static rise_status add_all(job *j, double *g, rise_error *err) {
    size_t most = 0, n_rows = pairs_number(&j->grid);
    for (size_t f = 0; f < j->frames->n_frames; f++) {
        most = j->frames->frame[f].n_atoms > most ? j->frames->frame[f].n_atoms : most;
    }
    uint8_t *kind = malloc(most + 1);
    double *own = malloc(j->n_numbers * sizeof *own);
    size_t *n_frames = calloc(n_rows, sizeof *n_frames);
    j->count = malloc(BLOCKS_MAX * j->n_numbers * sizeof *j->count);
    rise_status status =
        kind && own && n_frames && j->count ? RISE_OK : rise_fail_nomem(err, "counts of pairs");
    for (size_t f = 0; f < j->frames->n_frames && status == RISE_OK; f++) {
        rise_progress(j->ctx, (double)f, (double)j->frames->n_frames, "frames");
        status = add_frame(j, f, kind, own, g, n_frames, err);
    }
    for (size_t k = 0; k < j->n_numbers && status == RISE_OK; k++) {
        size_t n = n_frames[k / j->grid.n_bins]; /* 0: species that never meet in one frame */
        g[k] = n ? g[k] / (double)n : 0;
    }
    free(kind);
    free(own);
    free(n_frames);
    free(j->count);
    return status;
}

static double middle(const pairs_grid *grid, size_t k) {
    return ((double)k + 0.5) * grid->r_max / (double)grid->n_bins;
}

static rise_status put_curve(job *j, const double *g, rise_error *err) {
    size_t n_rows = pairs_number(&j->grid), n_bins = j->grid.n_bins;
    rise_column *column = rise_scratch(j->ctx, (n_rows + 1) * sizeof *column);
    if (!column) {
        return rise_fail_nomem(err, "columns");
    }
    column[0] = (rise_column){.name = "r", .unit = "Å", .dtype = RISE_F64};
    column[1] = (rise_column){.name = "total", .dtype = RISE_F64};
    for (size_t a = 0; a < j->grid.n_species; a++) {
        for (size_t b = a; b < j->grid.n_species; b++) {
            rise_column *c = &column[1 + pairs_row(&j->grid, a, b)];
            snprintf(c->name, sizeof c->name, "%s-%s", rise_element_symbol(j->species[a]),
                     rise_element_symbol(j->species[b]));
            c->dtype = RISE_F64;
        }
    }
    rise_value *table = NULL;
    rise_status status = rise_table_new(column, n_rows + 1, n_bins, &table, err);
    if (status != RISE_OK) {
        return status;
    }
    for (size_t k = 0; k < n_bins; k++) {
        rise_table_f64(table, 0)[k] = middle(&j->grid, k);
    }
    for (size_t row = 0; row < n_rows; row++) {
        memcpy(rise_table_f64(table, row + 1), g + row * n_bins, n_bins * sizeof *g);
    }
    return rise_output(j->ctx, "curve", table, err);
}

static rise_status rdf_whole(rise_ctx *ctx, rise_error *err) {
    job j = {.ctx = ctx,
             .frames = rise_value_frames(rise_input(ctx, "input")),
             .grid = {rise_param_real(ctx, "r_max"), (size_t)rise_param_int(ctx, "bins"), 0}};
    find_species(&j);
    if (j.grid.n_species == 0) {
        rise_fail(err, RISE_E_DATA, "there are no atoms");
        return rise_hint(err, "a radial distribution needs at least one frame with atoms");
    }
    j.n_numbers = pairs_number(&j.grid) * j.grid.n_bins;
    double *coords = rise_scratch(ctx, j.grid.n_bins * sizeof *coords);
    if (!coords) {
        return rise_fail_nomem(err, "radii");
    }
    for (size_t k = 0; k < j.grid.n_bins; k++) {
        coords[k] = middle(&j.grid, k);
    }
    const rise_dim dim[] = {{.name = "pair", .size = pairs_number(&j.grid)},
                            {.name = "r", .size = j.grid.n_bins, .coords = coords}};
    rise_value *value = NULL;
    void *g = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 2, dim, "", &value, &g, err);
    if (status == RISE_OK) {
        status = add_all(&j, g, err);
    }
    if (status == RISE_OK) {
        status = put_curve(&j, g, err);
    }
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(ctx, "g", value, err);
}

const rise_node_type rise_node_rdf = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "rdf",
    .brief = "radial distribution functions, total and of each pair of species",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .whole = rdf_whole,
};
