/* soap/soap.h: smooth overlap of atomic positions, on plain pointers.
 *
 * A plan holds what depends on parameters alone (basis, table, kernels): built once, read-only,
 * shared by threads. A work holds what depends on one frame (neighbour cells) and the buffers of
 * one thread. The vector of an atom depends on nothing but plan and frame: the same bits for any
 * tile size, order of asking, or number of threads.
 *
 * Convention: DScribe, rbf = gto, no weighting, no normalisation:
 *   p[Z, Z', l, n, n'] = pi sqrt(8/(2l+1)) sum_m c^Z_nlm c^Z'_n'lm
 * in the order Z, Z' >= Z, l, n, n' (n' >= n only where Z = Z'), Z by atomic number. Lengths in Å.
 */
#ifndef RISE_SOAP_H
#define RISE_SOAP_H

#include <rise/value.h>

#include "kit/cpu.h"

typedef struct soap_parameters {
    double r_cut;           /* > 1 */
    double sigma;           /* > 0 */
    size_t n_max;           /* 2..32 */
    size_t l_max;           /* 0..30 */
    const uint8_t *species; /* [n_species] atomic numbers, any order, each once */
    size_t n_species;
    rise_dtype dtype; /* RISE_F32 or RISE_F64: of the computation and of the rows */
} soap_parameters;

typedef struct soap_plan soap_plan;
typedef struct soap_work soap_work;

/* RISE_E_DATA for parameters that cannot be, RISE_E_NOMEM. `overlay` is at most cpu_best(). */
rise_status soap_plan_new(const soap_parameters *parameters, cpu_overlay overlay, soap_plan **out,
                          rise_error *err) RISE_MUST_USE;
/* The same; after RISE_E_DATA from numbers within their bounds `*at` names the parameter to mend:
 * species, n_max, r_cut or sigma. */
rise_status soap_plan_new_placed(const soap_parameters *parameters, cpu_overlay overlay,
                                 soap_plan **out, const char **at, rise_error *err) RISE_MUST_USE;
void soap_plan_free(soap_plan *plan); /* NULL is fine */
size_t soap_plan_features(const soap_plan *plan);
double soap_plan_padded(const soap_plan *plan); /* where neighbours end: r_cut + 3.717 sigma, Å */
const char *soap_plan_kernels(const soap_plan *plan); /* "reference" or the overlay's name */

/* Begin a frame. positions and species are borrowed until soap_work_free. RISE_E_DATA for a species
 * that the plan does not have, an impossible cell or position; RISE_E_NOMEM. No atoms is fine. */
rise_status soap_work_new(const soap_plan *plan, const rise_cell *cell,
                          const double (*positions)[3], const uint8_t *species, size_t n_atoms,
                          soap_work **out, rise_error *err) RISE_MUST_USE;
void soap_work_free(soap_work *work); /* NULL is fine */

/* Vectors of the atoms first .. first + n_rows - 1 into rows[n_rows][stride] of the plan's dtype,
 * stride >= features; columns from features to stride are left alone. RISE_E_NOMEM. */
rise_status soap_rows(soap_work *work, size_t first, size_t n_rows, void *rows, size_t stride,
                      rise_error *err) RISE_MUST_USE;

#endif
