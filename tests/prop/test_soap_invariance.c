/* What must not change a SOAP vector: rotation, translation, order of atoms, choice of cell,
 * replication, tile size; what must, and by how much; all kernel sets against double over many
 * shapes; frames without atoms, single atoms, atoms at the same place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soap/soap.h"

#define MAX_ATOMS 96

typedef struct sample {
    rise_cell cell;
    size_t n;
    double r[MAX_ATOMS][3];
    uint8_t species[MAX_ATOMS];
} sample;

typedef struct vectors {
    size_t n, features, stride;
    rise_dtype dtype;
    void *rows;
} vectors;

static const uint8_t ELEMENTS[] = {40, 13, 29, 14};
static uint64_t random_state;

static double uniform(double low, double high) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(random_state >> 11) * 0x1p-53;
}

/* A random triclinic sample with atoms inside and outside the cell. */
static sample draw(uint64_t seed, size_t n, size_t n_species) {
    sample s = {.cell = {{{7.1, 0.4, -0.3}, {1.2, 6.3, 0.5}, {-0.8, 0.9, 6.8}}, {true, true, true}},
                .n = n};
    random_state = seed;
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++)
            s.r[i][k] = uniform(-3, 9);
        s.species[i] = ELEMENTS[i % n_species];
    }
    return s;
}

static soap_parameters standard(rise_dtype dtype) {
    return (soap_parameters){.r_cut = 4.3,
                             .sigma = 0.45,
                             .n_max = 6,
                             .l_max = 7,
                             .species = ELEMENTS,
                             .n_species = 3,
                             .dtype = dtype};
}

static soap_plan *plan_for(const soap_parameters *parameters, cpu_overlay overlay) {
    soap_plan *plan = NULL;
    rise_error err;
    if (soap_plan_new(parameters, overlay, &plan, &err) != RISE_OK)
        fail_msg("%s", err.message);
    return plan;
}

static vectors room_for(const soap_plan *plan, size_t n, rise_dtype dtype) {
    vectors v = {.n = n, .features = soap_plan_features(plan), .dtype = dtype};
    v.stride = (v.features + 15) / 16 * 16;
    size_t bytes = (n + 1) * v.stride * rise_dtype_size(dtype);
    v.rows = aligned_alloc(64, bytes);
    assert_non_null(v.rows);
    memset(v.rows, 0, bytes);
    return v;
}

static void *row_of(const vectors *v, size_t row) {
    return (char *)v->rows + row * v->stride * rise_dtype_size(v->dtype);
}

static double at(const vectors *v, size_t row, size_t i) {
    const void *p = row_of(v, row);
    return v->dtype == RISE_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

static soap_work *begin(const soap_plan *plan, const sample *s) {
    soap_work *work = NULL;
    rise_error err;
    if (soap_work_new(plan, &s->cell, (const double(*)[3])s->r, s->species, s->n, &work, &err) !=
        RISE_OK)
        fail_msg("%s", err.message);
    return work;
}

static vectors describe(const soap_plan *plan, const sample *s, rise_dtype dtype) {
    vectors v = room_for(plan, s->n, dtype);
    soap_work *work = begin(plan, s);
    assert_int_equal(soap_rows(work, 0, s->n, v.rows, v.stride, NULL), RISE_OK);
    soap_work_free(work);
    for (size_t i = 0; i < v.n; i++)
        for (size_t k = 0; k < v.features; k++)
            assert_true(isfinite(at(&v, i, k)));
    return v;
}

static double distance(const vectors *a, size_t i, const vectors *b, size_t j) {
    double off = 0, norm = 0;
    assert_int_equal(a->features, b->features);
    for (size_t k = 0; k < a->features; k++) {
        double p = at(a, i, k), q = at(b, j, k);
        off += (p - q) * (p - q);
        norm += q * q;
    }
    return sqrt(off / norm);
}

/* The kernel sets, each with a plan of standard parameters, made once. */
enum { N_SETS = 4 };
static struct {
    rise_dtype dtype;
    soap_plan *plan;
} set[N_SETS];

static int make_plans(void **state) {
    (void)state;
    for (int i = 0; i < N_SETS; i++) {
        set[i].dtype = i < 2 ? RISE_F32 : RISE_F64;
        soap_parameters parameters = standard(set[i].dtype);
        set[i].plan = plan_for(&parameters, i % 2 == 0 ? CPU_REFERENCE : cpu_best());
    }
    return 0;
}

static int free_plans(void **state) {
    (void)state;
    for (int i = 0; i < N_SETS; i++)
        soap_plan_free(set[i].plan);
    return 0;
}

/* Atom map[i] of `changed` must see what atom i of `original` sees. */
static void same_vectors(const char *what, const sample *original, const sample *changed,
                         const size_t *map, size_t n_map) {
    for (int which = 0; which < N_SETS; which++) {
        rise_dtype dtype = set[which].dtype;
        double allowed = dtype == RISE_F32 ? 2e-6 : 1e-9;
        const soap_plan *plan = set[which].plan;
        vectors a = describe(plan, original, dtype), b = describe(plan, changed, dtype);
        for (size_t i = 0; i < n_map; i++) {
            double off = distance(&b, map[i], &a, i % original->n);
            if (!(off <= allowed))
                print_error("%s, %s, %s kernels: atom %zu differs by %.3g, allowed %.3g\n", what,
                            rise_dtype_name(dtype), soap_plan_kernels(plan), i, off, allowed);
            assert_true(off <= allowed);
        }
        free(a.rows);
        free(b.rows);
    }
}

static size_t identity[MAX_ATOMS];

/* Any proper or improper rotation: three plane turns and a mirror. */
static void turn(double v[3], double a, double b, double c, bool mirror) {
    double angle[3] = {a, b, c};
    for (int k = 0; k < 3; k++) {
        int p = k, q = (k + 1) % 3;
        double vp = cos(angle[k]) * v[p] - sin(angle[k]) * v[q];
        v[q] = sin(angle[k]) * v[p] + cos(angle[k]) * v[q];
        v[p] = vp;
    }
    if (mirror)
        v[0] = -v[0];
}

static void rotation(void **state) {
    (void)state;
    for (int trial = 0; trial < 2; trial++) {
        sample s = draw(3, 20, 3), turned = s;
        for (int k = 0; k < 3; k++)
            turn(turned.cell.vector[k], 0.7, -1.9, 2.6, trial == 1);
        for (size_t i = 0; i < s.n; i++)
            turn(turned.r[i], 0.7, -1.9, 2.6, trial == 1);
        same_vectors(trial == 1 ? "mirror" : "rotation", &s, &turned, identity, s.n);
    }
}

static void translation(void **state) {
    (void)state;
    sample s = draw(5, 20, 3), moved = s;
    for (size_t i = 0; i < s.n; i++)
        for (int k = 0; k < 3; k++) /* the whole, and each atom by its own lattice vectors */
            moved.r[i][k] += 1.37 * (k + 1) + (double)(i % 4) * s.cell.vector[0][k] -
                             (double)(i % 3) * s.cell.vector[2][k];
    same_vectors("translation", &s, &moved, identity, s.n);
}

static void permutation(void **state) {
    (void)state;
    sample s = draw(7, 20, 3), mixed = s;
    size_t map[MAX_ATOMS];
    for (size_t i = 0; i < s.n; i++) {
        map[i] = (7 * i + 3) % s.n;
        memcpy(mixed.r[map[i]], s.r[i], sizeof s.r[i]);
        mixed.species[map[i]] = s.species[i];
    }
    same_vectors("permutation", &s, &mixed, map, s.n);
}

static void replication(void **state) {
    (void)state;
    sample s = draw(9, 12, 3), big = {.cell = s.cell, .n = 6 * s.n};
    for (int k = 0; k < 3; k++) {
        big.cell.vector[0][k] *= 2;
        big.cell.vector[2][k] *= 3;
    }
    for (size_t i = 0; i < big.n; i++) {
        size_t copy = i / s.n, a = copy % 2, c = copy / 2;
        for (int k = 0; k < 3; k++)
            big.r[i][k] =
                s.r[i % s.n][k] + (double)a * s.cell.vector[0][k] + (double)c * s.cell.vector[2][k];
        big.species[i] = s.species[i % s.n];
    }
    same_vectors("replication", &s, &big, identity, big.n);
}

static void choice_of_cell(void **state) {
    (void)state;
    sample s = draw(11, 15, 3), other = s;
    for (int k = 0; k < 3; k++) { /* the same lattice: determinant 1, strongly skewed */
        other.cell.vector[0][k] = s.cell.vector[0][k] + 2 * s.cell.vector[1][k];
        other.cell.vector[2][k] = s.cell.vector[2][k] - other.cell.vector[0][k];
    }
    same_vectors("choice of cell", &s, &other, identity, s.n);
    sample swapped = s; /* left-handed */
    memcpy(swapped.cell.vector[0], s.cell.vector[1], sizeof s.cell.vector[0]);
    memcpy(swapped.cell.vector[1], s.cell.vector[0], sizeof s.cell.vector[0]);
    same_vectors("exchanged cell vectors", &s, &swapped, identity, s.n);
}

static void free_axes(void **state) {
    (void)state;
    /* a slab that is far from its images is the same with and without periodicity there */
    sample s = draw(13, 20, 3), open = s;
    for (int k = 0; k < 3; k++)
        s.cell.vector[2][k] *= 20;
    open.cell = s.cell;
    open.cell.periodic[2] = false;
    memset(open.cell.vector[2], 0, sizeof open.cell.vector[2]);
    same_vectors("free axis", &s, &open, identity, s.n);
}

static void tile_size(void **state) {
    (void)state;
    sample s = draw(17, 40, 3);
    for (int which = 0; which < N_SETS; which++) {
        rise_dtype dtype = set[which].dtype;
        const soap_plan *plan = set[which].plan;
        vectors whole = describe(plan, &s, dtype), parts = room_for(plan, s.n, dtype);
        for (size_t rows = 1; rows <= 17; rows += 8) {
            soap_work *work = begin(plan, &s);
            for (size_t end = s.n; end > 0;) { /* last tile first */
                size_t n = end < rows ? end : rows;
                end -= n;
                assert_int_equal(soap_rows(work, end, n, row_of(&parts, end), parts.stride, NULL),
                                 RISE_OK);
            }
            soap_work_free(work);
            for (size_t i = 0; i < s.n; i++)
                assert_memory_equal(row_of(&whole, i), row_of(&parts, i),
                                    whole.features * rise_dtype_size(dtype));
        }
        free(whole.rows);
        free(parts.rows);
    }
}

/* Every way in which channels can fill vectors: each set against the double reference. */
static void shapes(void **state) {
    (void)state;
    static const size_t N_MAX[] = {2, 3, 5, 6, 7, 8, 9, 11, 12, 16, 19}, L_MAX[] = {0, 1, 4, 9, 20};
    for (size_t i = 0; i < sizeof N_MAX / sizeof *N_MAX; i++) {
        for (size_t n_species = 1 + i % 2; n_species <= 4; n_species += 2) {
            soap_parameters parameters = {.r_cut = 6,
                                          .sigma = 0.5,
                                          .n_max = N_MAX[i],
                                          .l_max = L_MAX[(i + n_species) % 5],
                                          .species = ELEMENTS,
                                          .n_species = n_species,
                                          .dtype = RISE_F64};
            if (parameters.n_max > 9 && parameters.l_max > 4)
                parameters.l_max = 5; /* their bases take long to make */
            sample s = draw(100 + i, 24, n_species);
            soap_plan *plan = plan_for(&parameters, CPU_REFERENCE);
            vectors exact = describe(plan, &s, RISE_F64);
            soap_plan_free(plan);
            for (size_t other = 0; other < 3; other++) {
                parameters.dtype = other < 2 ? RISE_F32 : RISE_F64;
                double allowed = other < 2 ? 2e-6 : 1e-12;
                plan = plan_for(&parameters, other == 0 ? CPU_REFERENCE : cpu_best());
                vectors v = describe(plan, &s, parameters.dtype);
                for (size_t atom = 0; atom < s.n; atom++) {
                    double off = distance(&v, atom, &exact, atom);
                    if (!(off < allowed))
                        print_error("n_max %zu, l_max %zu, %zu species, %s %s: atom %zu off by "
                                    "%.3g\n",
                                    parameters.n_max, parameters.l_max, n_species,
                                    rise_dtype_name(parameters.dtype), soap_plan_kernels(plan),
                                    atom, off);
                    assert_true(off < allowed);
                }
                free(v.rows);
                soap_plan_free(plan);
            }
            free(exact.rows);
        }
    }
}

/* The order of the list does not matter, and species that are absent add blocks of zeros. */
static void species_list(void **state) {
    (void)state;
    static const uint8_t SORTED[] = {13, 29, 40}, WIDER[] = {13, 14, 29, 40};
    sample s = draw(19, 15, 3);
    soap_parameters parameters = standard(RISE_F32);
    soap_plan *plan = plan_for(&parameters, cpu_best());
    vectors mixed = describe(plan, &s, RISE_F32);
    soap_plan_free(plan);
    parameters.species = SORTED;
    plan = plan_for(&parameters, cpu_best());
    vectors sorted = describe(plan, &s, RISE_F32);
    soap_plan_free(plan);
    assert_memory_equal(mixed.rows, sorted.rows, s.n * sorted.stride * sizeof(float));

    parameters.species = WIDER;
    parameters.n_species = 4;
    plan = plan_for(&parameters, cpu_best());
    vectors wide = describe(plan, &s, RISE_F32);
    soap_plan_free(plan);
    size_t like = 8 * 6 * 7 / 2, unlike = 8 * 6 * 6, from = 0, to = 0;
    for (size_t z = 0; z < 4; z++) {
        for (size_t z2 = z; z2 < 4; z2++) {
            size_t block = z == z2 ? like : unlike;
            bool absent = z == 1 || z2 == 1;
            for (size_t k = 0; k < block; k++) {
                double expected = absent ? 0 : at(&sorted, 3, from + k);
                assert_true(at(&wide, 3, to + k) == expected);
            }
            to += block;
            from += absent ? 0 : block;
        }
    }
    assert_int_equal(to, wide.features);
    free(mixed.rows);
    free(sorted.rows);
    free(wide.rows);
}

static void few_atoms(void **state) {
    (void)state;
    for (int which = 0; which < N_SETS; which++) {
        rise_dtype dtype = set[which].dtype;
        const soap_plan *plan = set[which].plan;
        sample none = {.n = 0}, one = {.n = 1, .r = {{4, 5, 6}}, .species = {29}};
        sample same = {.n = 2, .r = {{4, 5, 6}, {4, 5, 6}}, .species = {29, 29}};
        vectors empty = describe(plan, &none, dtype), single = describe(plan, &one, dtype);
        vectors twice = describe(plan, &same, dtype);
        double l0 = 0, rest = 0;
        for (size_t k = 0; k < single.features; k++) {
            /* Cu is the second of three: blocks AlAl, AlCu, AlZr, then CuCu with l outermost */
            size_t start = 8 * 21 + 2 * 8 * 36;
            double p = at(&single, 0, k);
            if (k >= start && k < start + 21)
                l0 += fabs(p);
            else
                rest += fabs(p);
            /* two atoms at one place: twice the coefficients, four times the product */
            assert_true(fabs(at(&twice, 1, k) - 4 * p) <= 1e-5 * fabs(p));
        }
        assert_true(l0 > 0);
        assert_true(rest == 0); /* an atom alone looks the same from all sides */
        free(empty.rows);
        free(single.rows);
        free(twice.rows);
    }
}

static void refusals(void **state) {
    (void)state;
    rise_error err = {0};
    soap_parameters parameters = standard(RISE_F32);
    soap_plan *plan = plan_for(&parameters, cpu_best()), *other = NULL;
    soap_work *work = NULL;
    sample s = draw(23, 5, 3);
    s.species[3] = 8;
    assert_int_equal(
        soap_work_new(plan, &s.cell, (const double(*)[3])s.r, s.species, s.n, &work, &err),
        RISE_E_DATA);
    assert_non_null(strstr(err.message, "atom 3 is O"));
    assert_non_null(strstr(err.message, "Al, Cu, Zr"));
    s.species[3] = 29;
    s.r[2][0] = (double)NAN;
    assert_int_equal(
        soap_work_new(plan, &s.cell, (const double(*)[3])s.r, s.species, s.n, &work, &err),
        RISE_E_DATA);
    assert_non_null(strstr(err.message, "atom 2"));
    assert_null(work);
    soap_plan_free(plan);
    static const uint8_t DOUBLED[] = {29, 40, 29};
    parameters.species = DOUBLED;
    assert_int_equal(soap_plan_new(&parameters, CPU_REFERENCE, &other, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "Cu stands twice"));
    parameters.n_species = 0;
    assert_int_equal(soap_plan_new(&parameters, CPU_REFERENCE, &other, &err), RISE_E_DATA);
    parameters = standard(RISE_F32);
    parameters.r_cut = 1;
    assert_int_equal(soap_plan_new(&parameters, CPU_REFERENCE, &other, &err), RISE_E_DATA);
    assert_null(other);
}

int main(void) {
    for (size_t i = 0; i < MAX_ATOMS; i++)
        identity[i] = i;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotation),       cmocka_unit_test(translation),
        cmocka_unit_test(permutation),    cmocka_unit_test(replication),
        cmocka_unit_test(choice_of_cell), cmocka_unit_test(free_axes),
        cmocka_unit_test(tile_size),      cmocka_unit_test(shapes),
        cmocka_unit_test(species_list),   cmocka_unit_test(few_atoms),
        cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, make_plans, free_plans);
}
