/* soap/soap.c: from a frame to its vectors: neighbours by species, chunk by chunk through the
 * kernels. Knows nothing of nodes and streams. */
#include "soap.h"

#include "kernels.h"
#include "kit/cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_SPECIES 255u

struct soap_plan {
    soap_shape shape;
    double padded;
    uint8_t slot[256]; /* atomic number -> position in the species list, or NO_SPECIES */
    uint8_t number[256];
    const soap_kernels *kernels;
    soap_table *table;
    soap_harmonics harmonics;
};

struct soap_work {
    const soap_plan *plan;
    const uint8_t *species;
    cells_grid *grid;
    cells_list near;
    soap_chunk chunk;
    void *radial, *harmonic, *coefficient, *gram; /* shapes: kernels.h */
};

static size_t round_up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

static void *take(size_t count, size_t element) {
    size_t bytes = round_up(count * element + 1, 64);
    void *block = aligned_alloc(64, bytes);
    if (block != NULL)
        memset(block, 0, bytes);
    return block;
}

static soap_shape shape_of(const soap_parameters *parameters) {
    soap_shape shape = {
        .n_max = parameters->n_max, .l_max = parameters->l_max, .n_species = parameters->n_species};
    size_t vectors = round_up(shape.n_max, 8);
    shape.n_lm = (shape.l_max + 1) * (shape.l_max + 1);
    shape.n_channels = shape.n_species * shape.n_max;
    shape.gram_stride = round_up(shape.n_channels, 8);
    shape.radial_stride = round_up(shape.l_max * shape.n_max + vectors, 8);
    shape.coefficient_stride = round_up((shape.n_species - 1) * shape.n_max + vectors, 8);
    shape.n_features = shape.n_channels * (shape.n_channels + 1) / 2 * (shape.l_max + 1);
    return shape;
}

static rise_status list_species(soap_plan *plan, const soap_parameters *parameters,
                                rise_error *err) {
    bool listed[256] = {false};
    if (parameters->n_species == 0)
        return rise_fail(err, RISE_E_DATA, "the list of species is empty");
    for (size_t i = 0; i < parameters->n_species; i++) {
        uint8_t number = parameters->species[i];
        if (number == 0)
            return rise_fail(err, RISE_E_DATA, "entry %zu of the species is no element", i);
        if (listed[number])
            return rise_fail(err, RISE_E_DATA, "species %s stands twice in the list",
                             rise_element_symbol(number));
        listed[number] = true;
    }
    uint8_t slot = 0;
    for (size_t number = 0; number < 256; number++) {
        plan->slot[number] = listed[number] ? slot : NO_SPECIES;
        if (listed[number])
            plan->number[slot++] = (uint8_t)number;
    }
    return RISE_OK;
}

static const soap_kernels *choose_kernels(rise_dtype dtype, cpu_overlay overlay) {
    if (dtype == RISE_F64)
        return &soap_kernels_double;
#if defined(__x86_64__)
    if (overlay >= CPU_AVX2)
        return &soap_kernels_float_avx2;
#endif
    (void)overlay;
    return &soap_kernels_float;
}

rise_status soap_plan_new(const soap_parameters *parameters, cpu_overlay overlay, soap_plan **out,
                          rise_error *err) {
    soap_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return rise_fail_nomem(err, "SOAP plan");
    soap_basis *basis = NULL;
    plan->kernels = choose_kernels(parameters->dtype, overlay);
    rise_status status = list_species(plan, parameters, err);
    if (status == RISE_OK)
        status = soap_basis_new(parameters->r_cut, parameters->n_max, parameters->l_max,
                                parameters->sigma, &basis, err);
    if (status == RISE_OK)
        status = soap_table_new(basis, plan->kernels->element, &plan->table, err);
    if (status != RISE_OK) {
        soap_basis_free(basis);
        soap_plan_free(plan);
        return status;
    }
    plan->shape = shape_of(parameters);
    plan->padded = basis->padded;
    soap_harmonics_init(&plan->harmonics);
    soap_basis_free(basis);
    *out = plan;
    return RISE_OK;
}

void soap_plan_free(soap_plan *plan) {
    if (plan == NULL)
        return;
    soap_table_free(plan->table);
    free(plan);
}

size_t soap_plan_features(const soap_plan *plan) {
    return plan->shape.n_features;
}

double soap_plan_padded(const soap_plan *plan) {
    return plan->padded;
}

const char *soap_plan_kernels(const soap_plan *plan) {
    return plan->kernels->name;
}

static rise_status refuse_species(const soap_plan *plan, size_t atom, uint8_t number,
                                  rise_error *err) {
    char known[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < plan->shape.n_species && used + 8 < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 rise_element_symbol(plan->number[i]));
    rise_fail(err, RISE_E_DATA, "atom %zu is %s, which is not among the species of soap (%s)", atom,
              rise_element_symbol(number), known);
    return rise_hint(err, "add it to `species`, or leave `species` out to take all found");
}

static bool take_buffers(soap_work *work) {
    const soap_shape *shape = &work->plan->shape;
    size_t element = work->plan->kernels->element;
    work->radial = take(SOAP_CHUNK * shape->radial_stride, element);
    work->harmonic = take(SOAP_CHUNK * shape->n_lm, element);
    work->coefficient = take(shape->n_lm * shape->coefficient_stride, element);
    work->gram = take(shape->gram_stride * shape->gram_stride, element);
    return work->radial && work->harmonic && work->coefficient && work->gram;
}

rise_status soap_work_new(const soap_plan *plan, const rise_cell *cell,
                          const double (*positions)[3], const uint8_t *species, size_t n_atoms,
                          soap_work **out, rise_error *err) {
    for (size_t i = 0; i < n_atoms; i++)
        if (plan->slot[species[i]] == NO_SPECIES)
            return refuse_species(plan, i, species[i], err);
    soap_work *work = take(1, sizeof *work);
    if (work == NULL)
        return rise_fail_nomem(err, "SOAP buffers");
    work->plan = plan;
    work->species = species;
    rise_status status = take_buffers(work) ? RISE_OK : rise_fail_nomem(err, "SOAP buffers");
    if (status == RISE_OK)
        status = cells_new(cell, positions, n_atoms, plan->padded, &work->grid, err);
    if (status != RISE_OK)
        soap_work_free(work);
    else
        *out = work;
    return status;
}

void soap_work_free(soap_work *work) {
    if (work == NULL)
        return;
    cells_free(work->grid);
    cells_list_free(&work->near);
    free(work->radial);
    free(work->harmonic);
    free(work->coefficient);
    free(work->gram);
    free(work);
}

/* A neighbour at the centre itself has no direction and needs none: R_nl(0) = 0 for l > 0. */
static void add_neighbour(const soap_table *table, const cells_list *near, size_t i,
                          soap_chunk *chunk) {
    double r = sqrt(near->r2[i]), inverse = r > 0 ? 1 / r : 0, t;
    size_t j = chunk->n++;
    chunk->x[j] = near->x[i] * inverse;
    chunk->y[j] = near->y[i] * inverse;
    chunk->z[j] = near->z[i] * inverse;
    chunk->interval[j] = soap_table_interval(table, r, &t);
    soap_hermite(t, chunk->weight[j]);
}

static void expand_chunk(soap_work *work, size_t species, bool first) {
    const soap_plan *plan = work->plan;
    const soap_kernels *kernels = plan->kernels;
    kernels->radial(&plan->shape, plan->table, &work->chunk, work->radial);
    kernels->harmonic(&plan->shape, &plan->harmonics, &work->chunk, work->harmonic);
    kernels->expand(&plan->shape, species, work->chunk.n, first, work->radial, work->harmonic,
                    work->coefficient);
    work->chunk.n = 0;
}

/* Coefficients of one species from its neighbours, in the order of the list. */
static void expand_species(soap_work *work, size_t species) {
    const soap_plan *plan = work->plan;
    bool first = true;
    work->chunk.n = 0;
    for (size_t i = 0; i < work->near.n; i++) {
        if (plan->slot[work->species[work->near.atom[i]]] != species)
            continue;
        add_neighbour(plan->table, &work->near, i, &work->chunk);
        if (work->chunk.n == SOAP_CHUNK) {
            expand_chunk(work, species, first);
            first = false;
        }
    }
    if (work->chunk.n > 0 || first)
        expand_chunk(work, species, first);
}

rise_status soap_rows(soap_work *work, size_t first, size_t n_rows, void *rows, size_t stride,
                      rise_error *err) {
    const soap_plan *plan = work->plan;
    for (size_t row = 0; row < n_rows; row++) {
        rise_status status = cells_around(work->grid, first + row, &work->near, err);
        if (status != RISE_OK)
            return status;
        for (size_t z = 0; z < plan->shape.n_species; z++)
            expand_species(work, z);
        plan->kernels->power(&plan->shape, work->coefficient, work->gram,
                             (char *)rows + row * stride * plan->kernels->element);
    }
    return RISE_OK;
}
