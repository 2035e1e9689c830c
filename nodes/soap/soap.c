/* soap/soap.c: from a frame to its vectors: neighbours by species, chunk by chunk through the
 * kernels. Knows nothing of nodes and streams. */
#include "soap.h"

#include "kernels.h"
#include "kit/cells.h"

#include <float.h>
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
    size_t *order; /* [order_capacity] neighbours by species */
    size_t order_capacity;
    soap_chunk chunk;
    void *coefficient, *room; /* shapes: kernels.h */
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

soap_shape soap_shape_of(size_t n_max, size_t l_max, size_t n_species) {
    soap_shape shape = {.n_max = n_max, .l_max = l_max, .n_species = n_species};
    shape.n_lm = (l_max + 1) * (l_max + 1);
    shape.n_channels = n_species * n_max;
    shape.coefficient_stride = round_up((n_species - 1) * n_max + round_up(n_max, 8), 8);
    shape.n_features = shape.n_channels * (shape.n_channels + 1) / 2 * (l_max + 1);
    return shape;
}

static rise_status list_species(soap_plan *plan, const soap_parameters *parameters,
                                rise_error *err) {
    bool listed[256] = {false};
    if (parameters->n_species == 0)
        return rise_fail(err, RISE_E_DATA,
                         "the list of species is empty; it must be one element at least");
    for (size_t i = 0; i < parameters->n_species; i++) {
        uint8_t number = parameters->species[i];
        if (number == 0)
            return rise_fail(err, RISE_E_DATA,
                             "entry %zu of the species is no element; it must be 1 or more", i);
        if (listed[number]) {
            rise_fail(err, RISE_E_DATA, "species %s stands twice in the list",
                      rise_element_symbol(number));
            return rise_hint(err, "list each species once");
        }
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
#if defined(__x86_64__)
    if (overlay >= CPU_AVX2)
        return dtype == RISE_F64 ? &soap_kernels_double_avx2 : &soap_kernels_float_avx2;
#endif
    (void)overlay;
    return dtype == RISE_F64 ? &soap_kernels_double : &soap_kernels_float;
}

/* Vectors of thin atoms go with the sixth power of sigma: they must be numbers of the element type,
 * with some room on both sides. */
static rise_status check_size(const soap_parameters *parameters, const soap_table *table,
                              rise_error *err) {
    bool single = parameters->dtype == RISE_F32;
    double square = table->largest * table->largest, room = 1e-6;
    double least = single ? (double)FLT_MIN : DBL_MIN, most = single ? (double)FLT_MAX : DBL_MAX;
    if (square > least / room && square < most * room)
        return RISE_OK;
    rise_fail(err, RISE_E_DATA, "sigma = %g Å makes vectors too %s to be held as %s",
              parameters->sigma, square < 1 ? "small" : "large", single ? "float" : "double");
    return rise_hint(err, "take a sigma of the order of an atom, such as 0.5 Å");
}

rise_status soap_plan_new(const soap_parameters *parameters, cpu_overlay overlay, soap_plan **out,
                          rise_error *err) {
    const char *unused;
    return soap_plan_new_placed(parameters, overlay, out, &unused, err);
}

rise_status soap_plan_new_placed(const soap_parameters *parameters, cpu_overlay overlay,
                                 soap_plan **out, const char **at, rise_error *err) {
    soap_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return rise_fail_nomem(err, "SOAP plan");
    soap_basis *basis = NULL;
    plan->kernels = choose_kernels(parameters->dtype, overlay);
    *at = "species";
    rise_status status = list_species(plan, parameters, err);
    if (status == RISE_OK) {
        *at = "n_max";
        status = soap_basis_new(parameters->r_cut, parameters->n_max, parameters->l_max,
                                parameters->sigma, &basis, err);
    }
    if (status == RISE_OK) {
        *at = "r_cut";
        status = soap_table_new(basis, plan->kernels->element, &plan->table, err);
    }
    if (status == RISE_OK) {
        *at = "sigma";
        status = check_size(parameters, plan->table, err);
    }
    if (status != RISE_OK) {
        soap_basis_free(basis);
        soap_plan_free(plan);
        return status;
    }
    plan->shape = soap_shape_of(parameters->n_max, parameters->l_max, parameters->n_species);
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
    const soap_kernels *kernels = work->plan->kernels;
    work->coefficient =
        take(shape->n_lm * shape->coefficient_stride + SOAP_SLACK, kernels->element);
    work->room = take(kernels->room(shape), kernels->element);
    return work->coefficient && work->room;
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
    free(work->order);
    free(work->coefficient);
    free(work->room);
    free(work);
}

static bool reserve_order(soap_work *work) {
    if (work->near.n <= work->order_capacity)
        return true;
    free(work->order);
    work->order_capacity = 2 * work->near.n;
    work->order = malloc(work->order_capacity * sizeof *work->order);
    if (work->order == NULL)
        work->order_capacity = 0;
    return work->order != NULL;
}

/* Neighbours by species, those of one in the order of the list: begin[z] .. begin[z + 1] - 1. */
static void sort_by_species(soap_work *work, size_t begin[257]) {
    const soap_plan *plan = work->plan;
    size_t n_species = plan->shape.n_species;
    for (size_t z = 0; z <= n_species; z++)
        begin[z] = 0;
    for (size_t i = 0; i < work->near.n; i++)
        begin[plan->slot[work->species[work->near.atom[i]]] + 1]++;
    for (size_t z = 0; z < n_species; z++)
        begin[z + 1] += begin[z];
    for (size_t i = 0; i < work->near.n; i++)
        work->order[begin[plan->slot[work->species[work->near.atom[i]]]]++] = i;
    for (size_t z = n_species; z > 0; z--)
        begin[z] = begin[z - 1];
    begin[0] = 0;
}

static void fill_chunk(const cells_list *near, const size_t *order, size_t n, soap_chunk *chunk) {
    chunk->n = n;
    for (size_t j = 0; j < n; j++) {
        size_t i = order[j];
        chunk->x[j] = near->x[i];
        chunk->y[j] = near->y[i];
        chunk->z[j] = near->z[i];
        chunk->r2[j] = near->r2[i];
    }
}

/* Coefficients of one species from its neighbours, in chunks of about equal size. Without any, an
 * empty chunk sets them to zero. */
static void expand_species(soap_work *work, size_t species, const size_t *order, size_t n) {
    const soap_plan *plan = work->plan;
    size_t chunks = n > 0 ? (n + SOAP_CHUNK - 1) / SOAP_CHUNK : 1;
    for (size_t i = 0; i < chunks; i++) {
        size_t begin = i * n / chunks, end = (i + 1) * n / chunks;
        fill_chunk(&work->near, order + begin, end - begin, &work->chunk);
        plan->kernels->expand(&plan->shape, plan->table, &plan->harmonics, &work->chunk, species,
                              i == 0, work->room, work->coefficient);
    }
}

rise_status soap_rows(soap_work *work, size_t first, size_t n_rows, void *rows, size_t stride,
                      rise_error *err) {
    const soap_plan *plan = work->plan;
    size_t begin[257];
    for (size_t row = 0; row < n_rows; row++) {
        rise_status status = cells_around(work->grid, first + row, &work->near, err);
        if (status == RISE_OK && !reserve_order(work))
            status = rise_fail_nomem(err, "neighbours by species");
        if (status != RISE_OK)
            return status;
        sort_by_species(work, begin);
        for (size_t z = 0; z < plan->shape.n_species; z++)
            expand_species(work, z, work->order + begin[z], begin[z + 1] - begin[z]);
        plan->kernels->power(&plan->shape, work->coefficient, work->room,
                             (char *)rows + row * stride * plan->kernels->element);
    }
    return RISE_OK;
}
