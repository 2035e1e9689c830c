/* tests/unit/energy_case.h: ninety samples of three features for the nodes that learn energies. */
#ifndef TESTS_UNIT_ENERGY_CASE_H
#define TESTS_UNIT_ENERGY_CASE_H

#include "unit/node_host.h"

/* Targets: 2 x1 + 0.3 x0 - 9300. Of five frames three train, one validates, one tests. */
static inline void connect_samples(rise_ctx *c, const rise_node_type *type) {
    void *x, *y, *s;
    c->type = type;
    c->n_frames = N;
    connect(c, "input", new_tensor(RISE_F64, "frame", N, "leader", FEATURES, &x));
    connect(c, "target", new_tensor(RISE_F64, "frame", N, NULL, 0, &y));
    connect(c, "split", new_tensor(RISE_I32, "frame", N, NULL, 0, &s));
    for (size_t f = 0; f < N; f++) {
        double *row = (double *)x + f * FEATURES;
        for (size_t k = 0; k < FEATURES; k++) {
            row[k] = wave(FEATURES * f + k);
        }
        ((double *)y)[f] = -9300 + 2 * row[1] + 0.3 * row[0];
        ((int32_t *)s)[f] = (int32_t)(f % 5 < 3 ? 0 : f % 5 - 2);
    }
}

/* Folds by the number of the frame: 0, 1, 2, 3, 0, ... */
static inline void deal_folds(rise_ctx *c, int32_t n_folds) {
    rise_dim dim = {.name = "frame", .size = N};
    rise_value *value = NULL;
    void *data = NULL;
    assert_int_equal(rise_tensor_new(RISE_I32, 1, &dim, "fold", &value, &data, NULL), RISE_OK);
    for (size_t f = 0; f < N; f++) {
        ((int32_t *)data)[f] = (int32_t)f % n_folds;
    }
    rise_value_release(c->in[2].value[0]);
    c->in[2].value[0] = value;
}

static inline void leave_out_single(rise_ctx *c) {
    c->unwanted[0] = "model";
    c->unwanted[1] = "shap";
}

#endif
