/* tests/support/vit_case.c: see vit_case.h. */
#include "vit_case.h"

#include "vit/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long n = ftell(f);
    assert_true(n > 0);
    rewind(f);
    void *bytes = malloc((size_t)n);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)n, f), n);
    fclose(f);
    *size = (size_t)n;
    return bytes;
}

static void allocate(vit_case *c) {
    c->params = calloc(c->net.n_params, sizeof *c->params);
    c->transposed = calloc(c->net.n_params, sizeof *c->transposed);
    assert_non_null(c->params);
    assert_non_null(c->transposed);
}

void vit_case_golden(vit_case *c, size_t r) {
    const vit_shape shape = {.channels = 2,
                             .grid = {32, 32, 32},
                             .patch = 2,
                             .embedding = 64,
                             .heads = 2,
                             .layers = 2,
                             .block = r};
    rise_error err = {0};
    assert_int_equal(vit_net_init(&c->net, &shape, &err), RISE_OK);
    allocate(c);
    size_t size;
    void *bytes = read_file("tests/golden/data/vit/weights.safetensors", &size);
    safetensors *file = NULL;
    assert_int_equal(safetensors_parse(bytes, size, &file, &err), RISE_OK);
    assert_int_equal(vit_params_load(&c->net, file, c->params, &err), RISE_OK);
    safetensors_free(file);
    free(bytes);
    vit_case_update(c);
}

void vit_case_fresh(vit_case *c, const vit_shape *shape, uint64_t seed) {
    rise_error err = {0};
    if (vit_net_init(&c->net, shape, &err) != RISE_OK)
        fail_msg("%s", err.message);
    allocate(c);
    vit_params_init(&c->net, seed, c->params);
    for (size_t i = 0; i < vit_tensor_count(&c->net); i++) {
        vit_tensor t;
        vit_tensor_at(&c->net, i, &t);
        bool gain = strstr(t.name, "ln") != NULL || strncmp(t.name, "norm", 4) == 0;
        for (size_t j = 0; j < t.count; j++) {
            double wave = sin(0.7 * (double)(i + 1) + 1.3 * (double)(j + 1));
            c->params[t.offset + j] = gain ? c->params[t.offset + j] + (float)(0.3 * wave)
                                           : 1.5f * c->params[t.offset + j] + (float)(0.05 * wave);
        }
    }
    vit_case_update(c);
}

void vit_case_update(vit_case *c) {
    vit_weights_set(&c->net, c->params, c->transposed, &c->weights);
}

void vit_case_free(vit_case *c) {
    free(c->params);
    free(c->transposed);
}

void assert_close(const char *what, const float *found, const float *expected, size_t n,
                  double absolute, double relative) {
    double norm_f = 0, norm_e = 0, top = 0, worst = -1;
    size_t place = 0;
    for (size_t i = 0; i < n; i++) {
        double f = found[i], e = expected[i], off = fabs(f - e);
        norm_f += f * f;
        norm_e += e * e;
        top = fabs(e) > top ? fabs(e) : top;
        if (!(off <= worst)) { /* NaN counts as worst */
            worst = off;
            place = i;
        }
    }
    if (worst <= absolute + relative * top)
        return;
    fail_msg("%s: norms %.9g found, %.9g expected; worst at %zu of %zu: %.9g found, %.9g expected "
             "(allowed %.3g)",
             what, sqrt(norm_f), sqrt(norm_e), place, n, (double)found[place],
             (double)expected[place], absolute + relative * top);
}
